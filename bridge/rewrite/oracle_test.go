package rewrite

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/net/html"
)

var (
	budget = flag.Duration("budget", 0, "how long the oracle may look (default: 2s; 60s for a planted leak)")
	seed   = flag.Uint64("seed", 0, "seed of the generator (default: the time)")
)

func seedOf() uint64 {
	if *seed != 0 {
		return *seed
	}
	return uint64(time.Now().UnixNano())
}

// TestOracle makes hostile events for a while and looks for what should not
// have come out. With a fault planted it must fail, see TestPlantedLeaks.
func TestOracle(t *testing.T) {
	limit, s := *budget, seedOf()
	if limit == 0 {
		limit = 2 * time.Second
	}
	n, carried, err := search(limit, s)
	if err != nil {
		t.Fatalf("LEAK after %d events (-seed=%d): %v", n, s, err)
	}
	if testing.CoverMode() != "" {
		flat(t, limit, s)
	}
	if carried*3 < n {
		t.Errorf("only %d of %d events were carried: the generator has lost its aim", carried, n)
	}
	t.Logf("%d events, %d carried, seed %d", n, carried, s)
}

// flat goes on searching and says since when nothing new has been reached;
// with -cover only, as in
//
//	go test ./bridge/rewrite -run TestOracle -cover -v -budget=10m
func flat(t *testing.T, limit time.Duration, seed uint64) {
	covered, events, grew := testing.Coverage(), 0, 0
	for i := range uint64(10) {
		n, _, err := search(limit/10, seed+1+i)
		if err != nil {
			t.Fatalf("LEAK after %d events (-seed=%d): %v", n, seed+1+i, err)
		}
		events += n
		if c := testing.Coverage(); c > covered {
			covered, grew = c, events
		}
	}
	t.Logf("%.1f %% of the coverage counters set; the last %d of %d events set no new one", 100*covered, events-grew, events)
}

// search judges events until the time is over or one of them leaks.
func search(budget time.Duration, seed uint64) (events, carried int, err error) {
	rng := rand.New(rand.NewPCG(seed, 1))
	for end := time.Now().Add(budget); events < 1000 || time.Now().Before(end); events++ {
		ok, err := judge(newGen(newChoices(rng.Uint64())))
		if err != nil {
			return events, carried, err
		}
		if ok {
			carried++
		}
	}
	return events, carried, nil
}

// judge sends one event to every other person and says what leaked. ok: it was
// carried.
func judge(g *gen) (ok bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, g.event.Content)
		}
	}()
	m, err := Parse(g.event)
	if err != nil {
		return false, g.refused(err)
	}
	if m.Relation.Kind != Annotation && m.Relation.Kind != Redacts && g.n(6) == 0 {
		m = g.hide(m)
	}
	if (m.Poll != nil || m.New != nil && m.New.Poll != nil) && g.n(4) == 0 {
		m, g.mentioned, g.event.Type = PollText(m, "(Vastaa numerolla.)"), nil, "m.room.message"
	}
	for viewer := 1; viewer < len(g.people); viewer++ {
		o := g.outcome(viewer)
		eventType, content, err := o.render(m)
		if err != nil {
			if err = g.refused(err); err != nil {
				return false, err
			}
			continue
		}
		if !g.carried {
			return false, fmt.Errorf("a %q was carried\n%s", g.event.Type, g.event.Content)
		}
		ok = true
		content = o.attach(m, content)
		if content = Relate(content, m.Relation, o.target, o.reply); content == nil {
			if o.target != "" {
				return false, errors.New("a relation with a target was refused")
			}
			continue
		}
		raw, err := json.Marshal(content)
		if err != nil {
			return false, err
		}
		if err = o.judge(eventType, raw); err != nil {
			return false, fmt.Errorf("%w\nin:  %s\nout: %s", err, g.event.Content, raw)
		}
		if err = o.tripwire(eventType, raw); err != nil {
			return false, fmt.Errorf("%w\nout: %s", err, raw)
		}
	}
	return ok, nil
}

// hide takes some words out of a message, as the contact guard does.
func (g *gen) hide(m *Message) *Message {
	var parts [][2]int
	text := m.Readable()
	for from := 0; from < len(text); {
		to := from
		for to < len(text) && !space(text[to]) {
			to++
		}
		if to > from && g.n(4) == 0 {
			parts = append(parts, [2]int{from, to})
		}
		from = to + 1
	}
	return m.Hide(parts, "(piilotettu)")
}

// refused checks that an error is one of ours and says nothing of the message.
func (g *gen) refused(err error) error {
	var u *Unsupported
	var i *Ignored
	switch {
	case errors.As(err, &u):
		if !slices.Contains([]string{"location", "call", "file_broken", "verification", "unknown", "empty", "too_long"}, u.What) {
			return fmt.Errorf("refused with %q", u.What)
		}
		return nil
	case errors.As(err, &i):
		return nil
	}
	return fmt.Errorf("an error of no known kind: %w", err)
}

// outcome is what one viewer may be shown.
type outcome struct {
	g             *gen
	viewer        int
	view          View
	target, reply string
	allowed       Allowed
	eventType     string // of what is being judged
}

func (g *gen) outcome(viewer int) *outcome {
	o := &outcome{g: g, viewer: viewer, view: View{From: g.people[0], Viewer: g.people[viewer], Redacted: "[poistettu]"}}
	o.allowed.Users = append(o.allowed.Users, g.people[viewer].Real)
	for i, p := range g.people {
		if i != viewer {
			o.allowed.Users = append(o.allowed.Users, p.Ghost)
			if i != 0 {
				o.view.Others = append(o.view.Others, p)
			}
		}
	}
	if g.relatable {
		o.target, o.reply = "$target00000000000000000000000000000000000000", "$reply000000000000000000000000000000000000000"
		o.allowed.Events = []string{o.target, o.reply}
	}
	return o
}

// outKeys is every key that may be in a content, at any depth.
func outKeys() []string {
	return []string{"msgtype", "body", "format", "formatted_body", "m.mentions", "user_ids", "com.beeper.linkpreviews",
		"m.relates_to", "m.new_content", "m.in_reply_to", "rel_type", "event_id", "is_falling_back", "key",
		"filename", "url", "file", "info", "v", "iv", "hashes", "sha256", "kty", "alg", "ext", "k", "key_ops", "mimetype", "size", "w", "h",
		"duration", "thumbnail_url", "thumbnail_file", "thumbnail_info", "org.matrix.msc3245.voice", "org.matrix.msc1767.audio"}
}

func (o *outcome) judge(eventType string, raw []byte) error {
	var content map[string]any
	if err := json.Unmarshal(raw, &content); err != nil {
		return err
	}
	if len(raw) > 48000 {
		return fmt.Errorf("%d bytes", len(raw))
	}
	if want := map[string]string{"m.room.message": "m.room.message", "m.sticker": "m.room.message", "m.reaction": "m.reaction", "m.room.redaction": "m.room.redaction"}[o.g.event.Type]; eventType != want && !isPoll(eventType) {
		return fmt.Errorf("sent as %q", eventType)
	}
	if eventType == "m.room.redaction" && len(content) > 0 {
		return errors.New("a redaction says something")
	}
	if err := o.mentions(content); err != nil {
		return err
	}
	o.eventType = eventType
	if err := o.walk("", content); err != nil {
		return err
	}
	if err := Check(eventType, raw, o.allowed); err != nil {
		return fmt.Errorf("the deny-check refuses what Render gives: %w", err)
	}
	return nil
}

// mentions checks who is notified and takes the list away: it is the only place
// where user IDs belong.
func (o *outcome) mentions(content map[string]any) error {
	place := content
	if inner, ok := content["m.new_content"].(map[string]any); ok {
		if err := o.takeMentions(content, []int{}); err != nil {
			return err
		}
		place = inner
	}
	_, text := place["body"]
	if _, named := place["m.mentions"]; !text && !named {
		return nil
	}
	return o.takeMentions(place, o.g.mentioned)
}

func (o *outcome) takeMentions(place map[string]any, people []int) error {
	f, ok := place["m.mentions"].(map[string]any)
	if !ok {
		return errors.New("no m.mentions")
	}
	got, _ := f["user_ids"].([]any)
	delete(f, "user_ids")
	for _, user := range got {
		if !slices.Contains(o.allowed.Users, fmt.Sprint(user)) {
			return errors.New("a mention of somebody who is not here")
		}
	}
	if people == nil {
		return nil
	}
	var want []any
	for _, i := range people {
		if i == o.viewer {
			want = append(want, o.g.people[i].Real)
		} else {
			want = append(want, o.g.people[i].Ghost)
		}
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("mentions %v, want %v", got, want)
	}
	return nil
}

// walk looks at every key and every string.
func (o *outcome) walk(key string, value any) error {
	switch v := value.(type) {
	case map[string]any:
		for k, inner := range v {
			if known := outKeys(); isPoll(o.eventType) && !slices.Contains(pollKeys(), k) || !isPoll(o.eventType) && !slices.Contains(known, k) {
				return fmt.Errorf("unknown key %q", k)
			}
			if err := o.walk(k, inner); err != nil {
				return err
			}
		}
	case []any:
		for _, inner := range v {
			if err := o.walk(key, inner); err != nil {
				return err
			}
		}
	case string:
		return o.look(key, v)
	}
	return nil
}

func (o *outcome) look(key, s string) error {
	if isPoll(o.eventType) {
		if done, err := o.lookPoll(o.eventType, key, s); done {
			return err
		}
	}
	switch key {
	case "url", "thumbnail_url", "k", "iv", "sha256", "kty", "alg", "key_ops", "v", "mimetype", "filename":
		return lookMedia(key, s)
	case "event_id":
		if s != o.target && s != o.reply {
			return fmt.Errorf("an event of another room: %q", s)
		}
		return nil
	case "key":
		return lookEmoji(s)
	case "msgtype", "format", "rel_type":
		if !slices.Contains([]string{"m.text", "m.emote", "m.notice", "org.matrix.custom.html", "m.replace", "m.annotation", "m.thread", "m.reference",
			"m.image", "m.audio", "m.video", "m.file"}, s) {
			return fmt.Errorf("%s %q", key, s)
		}
		return nil
	case "formatted_body":
		text, err := lookHTML(s)
		if err != nil {
			return err
		}
		return o.lookText(s, text)
	}
	return o.lookText(s, s)
}

// lookEmoji says whether a reaction can be read.
func lookEmoji(s string) error {
	for _, r := range s {
		if r < 0x2000 || unicode.IsLetter(r) || unicode.IsNumber(r) || r == 0x20e3 || r >= 0x1f1e6 && r <= 0x1f1ff || r == 0x1f170 || r == 0x1f51f || r >= 0xe0000 {
			return fmt.Errorf("a reaction that spells: %q", s)
		}
	}
	if len([]rune(s)) > 16 {
		return fmt.Errorf("a long reaction: %q", s)
	}
	return nil
}

// lookHTML gives the text of a formatted body, all in one.
func lookHTML(s string) (string, error) {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(s))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) {
				return "", z.Err()
			}
			return b.String(), nil
		case html.TextToken:
			b.Write(z.Text())
		case html.CommentToken, html.DoctypeToken, html.SelfClosingTagToken:
			return "", errors.New("a comment in the HTML")
		case html.StartTagToken:
			t := z.Token()
			for _, a := range t.Attr {
				if a.Key != "data-mx-spoiler" || a.Val != "" {
					return "", fmt.Errorf("an attribute %q", a.Key)
				}
			}
			if slices.Contains([]string{"a", "img", "font", "script", "style", "details", "mx-reply", "marquee", "x-y"}, t.Data) {
				return "", fmt.Errorf("a tag %q", t.Data)
			}
		}
	}
}

// identifierForm is the form in which an identifier would still be one. A server
// here has a dot, a port or brackets, as all strangers' have in these tests.
var identifierForm = regexp.MustCompile(`(?i)matrix\.to|mxc:|matrix:u/|[!$][0-9a-z_-]{43}|[@!#$][0-9a-z]+:[0-9a-z-]+(\.[0-9a-z-]*[a-z]|:[0-9])`)

// lookText searches everything that is readable, and all that a patient reader
// could decode, for identifying values.
func (o *outcome) lookText(raw, text string) error {
	for _, r := range text {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' ||
			r == '\u200b' || r == '\ufeff' || r == '\u00ad' || r == '\u2060' || r >= 0xe0000 {
			return fmt.Errorf("an invisible character %U", r)
		}
	}
	if o.g.torn {
		return nil
	}
	for _, form := range []string{raw, text} {
		for range 4 {
			form = strings.ToLower(form)
			for i := strings.Index(form, "qz"); i >= 0; i = indexFrom(form, "qz", i+1) {
				if i+9 <= len(form) && slices.Contains(o.g.marks, form[i:i+9]) {
					return fmt.Errorf("the identifying value %q came out", form[max(0, i-20):min(len(form), i+30)])
				}
			}
			if found := identifierForm.FindString(form); found != "" && form != strings.ToLower(raw) {
				return fmt.Errorf("an identifier came out: %q", found)
			}
			decoded, err := url.PathUnescape(form)
			if err != nil {
				break
			}
			form = decoded
		}
	}
	return nil
}

func indexFrom(s, sub string, from int) int {
	if i := strings.Index(s[from:], sub); i >= 0 {
		return from + i
	}
	return -1
}

// tripwire plants one identifying value in a clean content; Check must see it
// and must not repeat it.
func (o *outcome) tripwire(eventType string, raw []byte) error {
	var content map[string]any
	if err := json.Unmarshal(raw, &content); err != nil {
		return err
	}
	place := content
	if inner, ok := content["m.new_content"].(map[string]any); ok && o.g.one(2) {
		place = inner
	}
	var what string
	if isPoll(eventType) && !o.g.one(4) {
		what = o.plantPoll(content, eventType)
	} else {
		what = o.plant(place, content, eventType)
	}
	dirty, err := json.Marshal(content)
	if err != nil {
		return err
	}
	err = Check(eventType, dirty, o.allowed)
	var v *Violation
	if !errors.As(err, &v) {
		return fmt.Errorf("the deny-check (%w) let pass: %s\n%s", err, what, dirty)
	}
	for _, mark := range o.g.marks {
		if strings.Contains(strings.ToLower(err.Error()), mark) {
			return errors.New("the deny-check quotes the message")
		}
	}
	return nil
}

// plant puts one identifying value somewhere and says what it did.
func (o *outcome) plant(place, content map[string]any, eventType string) string {
	g := o.g
	key := pick(g.choices, "url", "info", "displayname", "m.url_previews", "BODY", g.mark())
	_, related := content["m.relates_to"].(map[string]any)
	_, text := place["body"].(string)
	if eventType == "m.room.redaction" || !text && (!related || g.one(3)) {
		place[key] = g.junk(0)
		return "an unknown key"
	}
	if !text {
		relation := content["m.relates_to"].(map[string]any)
		relation[pick(g.choices, "key", "event_id", "shortcode")] = pick(g.choices, g.mark(), g.eventID(), "1️⃣", "🇫🇮")
		return "a reaction"
	}
	typed := g.stranger() + " " + pick(g.choices, g.roomID(), g.mxc(), "https://matrix.to/#/"+g.mark(), url.QueryEscape(g.stranger()), g.eventID())
	if _, file := place["filename"]; file && g.one(2) {
		return g.plantMedia(place)
	}
	switch g.n(8) {
	case 0:
		place[key] = g.junk(0)
		return "an unknown key"
	case 1:
		place["body"] = fmt.Sprint(place["body"], " ", typed)
		return "an identifier in the body"
	case 2:
		place["format"], place["formatted_body"] = htmlFormat, "<p>hei "+html.EscapeString(typed)+"</p>"
		return "an identifier in the formatted body"
	case 3:
		place["format"] = htmlFormat
		place["formatted_body"] = pick(g.choices, `<a href="https://x.example">x</a>`, `<img src="mxc://x/y">`, "<!-- x -->", `<p class="x">`, "<mx-reply>x</mx-reply>", `<span data-mx-spoiler="x">y</span>`, "<script>x</script>")
		return "HTML that is not ours"
	case 4:
		place["m.mentions"] = pick[any](g.choices, (map[string]any{"user_ids": []string{g.people[0].Real}}), map[string]any{"room": true}, "x", map[string]any{"user_ids": []string{g.stranger()}})
		return "a mention of somebody"
	case 5:
		content["m.relates_to"] = pick[any](g.choices, (map[string]any{"m.in_reply_to": map[string]any{"event_id": g.eventID()}}),
			map[string]any{"rel_type": "m.reference", "event_id": o.target}, map[string]any{"rel_type": "m.thread", "event_id": g.eventID(), "is_falling_back": true},
			map[string]any{"rel_type": "m.replace", "event_id": g.eventID()}, "x")
		return "a foreign relation"
	case 6:
		place["msgtype"] = pick[any](g.choices, "m.location", "m.key.verification.request", g.mark(), 7)
		return "a msgtype"
	}
	place["com.beeper.linkpreviews"] = []any{g.junk(0)}
	return "a link preview"
}
