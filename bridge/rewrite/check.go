package rewrite

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"golang.org/x/net/html"
)

// Allowed is what may be named in one room: the user IDs seen there, the
// events of that room that a relation may point to, the answer IDs of a poll
// that somebody there has made, the media that were made for it, and for later
// kinds rooms of ours.
type Allowed struct {
	Users, Events, Answers, Rooms, Media []string
	// Sealed says that files must be encrypted, as the room is.
	Sealed bool
}

// Violation is the error of [Check]. It names the rule and nothing of the
// message, so that it may be logged and shown.
type Violation struct{ Rule string }

func (e *Violation) Error() string { return "deny-check: " + e.Rule }

const maxChecked = 48000 // bytes; see maxText

// The forms of what may not be named. A server needs a dot, a port or a known
// name: "@Kanerva:lle" is an inflected word.
var (
	sigilPattern   = regexp.MustCompile(`[@!#$][^\s:@]*:(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z](?:[0-9A-Za-z.-]*[0-9A-Za-z])?)(:[0-9]+)?`)
	opaquePattern  = regexp.MustCompile(`[!$][0-9A-Za-z_+/-]{40,}`)
	linkPattern    = regexp.MustCompile(`(?i)matrix\.to|mxc:/|matrix:[a-z]*/|/_matrix/`)
	percentPattern = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
	domainPattern  = regexp.MustCompile(`^[^.]*\..*[^0-9.]|^(?:[0-9]+\.){3}[0-9]+$`)
)

// Check is the last look at what is about to be sent (a *[Violation] stops it).
// It trusts nothing that was done before: unknown keys, wrong types, identifiers
// that are not allowed anywhere in any string, HTML that is not ours.
func Check(eventType string, content []byte, a Allowed) error {
	c := checker{allowed: &a}
	var f map[string]any
	switch {
	case len(content) > maxChecked:
		c.fail("size")
	case json.Unmarshal(content, &f) != nil || f == nil:
		c.fail("json")
	default:
		switch eventType {
		case "m.room.message":
			c.message(f, true)
		case "m.reaction":
			c.keys(f, "m.relates_to")
			c.relation(f["m.relates_to"], "m.annotation")
		case "m.room.redaction":
			c.keys(f)
		default:
			c.poll(eventType, f)
		}
	}
	if c.rule != "" {
		return &Violation{Rule: c.rule}
	}
	return nil
}

// checker remembers the first rule that was broken.
type checker struct {
	allowed *Allowed
	rule    string
}

func (c *checker) fail(rule string) {
	if c.rule == "" {
		c.rule = rule
	}
}

// keys refuses keys that were not named.
func (c *checker) keys(f map[string]any, known ...string) {
	for key := range f {
		if !slices.Contains(known, key) {
			c.fail("unknown key")
		}
	}
}

// message checks a text, or (outer is false) the new content of an edit.
func (c *checker) message(f map[string]any, outer bool) {
	known := []string{"msgtype", "body", "format", "formatted_body", "m.mentions", "com.beeper.linkpreviews"}
	if outer {
		known = append(known, "m.relates_to", "m.new_content")
	}
	switch f["msgtype"] {
	case "m.audio":
		known = append(known, "org.matrix.msc3245.voice", "org.matrix.msc1767.audio")
		fallthrough
	case "m.image", "m.video", "m.file":
		known = append(known, "filename", "url", "file", "info")
		c.media(f)
	}
	c.keys(f, known...)
	switch f["msgtype"] {
	case "m.text", "m.emote", "m.notice", "m.image", "m.audio", "m.video", "m.file":
	default:
		c.fail("msgtype")
	}
	body, ok := f["body"].(string)
	if !ok {
		c.fail("body")
	}
	c.text(body)
	if previews, ok := f["com.beeper.linkpreviews"]; ok {
		if list, ok := previews.([]any); !ok || len(list) > 0 {
			c.fail("link previews")
		}
	}
	c.formatted(f)
	c.mentions(f["m.mentions"])
	fresh, edits := f["m.new_content"]
	if relation, ok := f["m.relates_to"]; ok {
		c.relation(relation, map[bool]string{true: "m.replace", false: "m.thread"}[edits])
	} else if edits {
		c.fail("edit of nothing")
	}
	if edits {
		inner, ok := fresh.(map[string]any)
		if !ok {
			c.fail("new content")
			return
		}
		c.message(inner, false)
	}
}

// formatted checks that formatted text has only tags that Render writes.
func (c *checker) formatted(f map[string]any) {
	format, hasFormat := f["format"]
	value, has := f["formatted_body"]
	if !has && !hasFormat {
		return
	}
	s, ok := value.(string)
	if !ok || format != "org.matrix.custom.html" {
		c.fail("format")
		return
	}
	var text strings.Builder
	z := html.NewTokenizer(strings.NewReader(s))
	for {
		kind := z.Next()
		switch kind {
		case html.ErrorToken:
			c.text(text.String())
			return
		case html.TextToken:
			text.Write(z.Text())
		case html.StartTagToken, html.EndTagToken:
			c.tag(z.Token())
		default:
			c.fail("html")
		}
	}
}

func (c *checker) tag(t html.Token) {
	const tags = " br hr p div h1 h2 h3 h4 h5 h6 blockquote pre ul ol li table caption thead tbody tr th td strong em u del sub sup code span "
	if !strings.Contains(tags, " "+t.Data+" ") {
		c.fail("html tag")
	}
	spoiler := t.Data == "span" && len(t.Attr) == 1 && t.Attr[0].Key == "data-mx-spoiler" && t.Attr[0].Val == ""
	if len(t.Attr) > 0 && !spoiler {
		c.fail("html attribute")
	}
}

func (c *checker) mentions(value any) {
	f, ok := value.(map[string]any)
	if !ok {
		c.fail("mentions")
		return
	}
	c.keys(f, "user_ids")
	listed, has := f["user_ids"]
	users, ok := listed.([]any)
	if has && !ok {
		c.fail("mentions")
	}
	for _, user := range users {
		if id, ok := user.(string); !ok || !slices.Contains(c.allowed.Users, id) {
			c.fail("user")
		}
	}
}

// relation checks m.relates_to. Only a message that is no edit may be a plain
// reply or belong to a thread.
func (c *checker) relation(value any, kind string) {
	f, ok := value.(map[string]any)
	if !ok {
		c.fail("relation")
		return
	}
	switch kind {
	case "m.annotation":
		c.keys(f, "rel_type", "event_id", "key")
		key, _ := f["key"].(string)
		c.reaction(key)
	case "m.replace", "m.reference":
		c.keys(f, "rel_type", "event_id")
	case "m.thread":
		c.keys(f, "rel_type", "event_id", "is_falling_back", "m.in_reply_to")
		if inner, ok := f["m.in_reply_to"].(map[string]any); ok {
			c.keys(inner, "event_id")
			c.event(inner["event_id"])
		} else {
			c.fail("relation")
		}
		if _, threaded := f["rel_type"]; !threaded {
			c.keys(f, "m.in_reply_to")
			return
		}
		if _, ok := f["is_falling_back"].(bool); !ok {
			c.fail("relation")
		}
	}
	if f["rel_type"] != kind {
		c.fail("relation")
	}
	c.event(f["event_id"])
}

func (c *checker) event(value any) {
	if id, ok := value.(string); !ok || id == "" || !slices.Contains(c.allowed.Events, id) {
		c.fail("event")
	}
}

// reaction refuses whatever could be read rather than looked at.
func (c *checker) reaction(key string) {
	if key == "" || len(key) > maxKey || uniseg.GraphemeClusterCount(key) != 1 {
		c.fail("reaction")
	}
	for _, r := range key {
		if r < 0x200d || r == keycap || r == utf8.RuneError || unicode.In(r, unicode.L, unicode.N) ||
			r >= 0x1f100 && r <= 0x1f196 && r != 0x1f192 && r != 0x1f193 && r != 0x1f195 || r >= 0x1f1e6 && r <= 0x1f1ff || r == 0x24c2 || r == 0x1f51f || r >= 0xe0000 {
			c.fail("reaction")
		}
	}
}

// text refuses identifiers in what can be read, also where percent codes hide
// them.
func (c *checker) text(s string) {
	for range 4 {
		c.identifiers(s)
		next := unescaped(s)
		if next == s {
			return
		}
		s = next
	}
}

func (c *checker) identifiers(s string) {
	if !strings.ContainsAny(s, "@!#$:mM") {
		return
	}
	if linkPattern.MatchString(s) {
		c.fail("matrix link")
	}
	if opaquePattern.MatchString(s) {
		c.fail("room or event")
	}
	for _, m := range sigilPattern.FindAllStringSubmatch(s, -1) {
		if !slices.Contains(c.allowed.Users, m[0]) && c.names(m[1], m[2]) {
			c.fail("identifier")
		}
	}
}

// names says whether a host and port, read after a sigil, name a server.
func (c *checker) names(host, port string) bool {
	if domainPattern.MatchString(host) || host[0] == '[' || strings.EqualFold(host, "localhost") {
		return true
	}
	if port != "" && strings.Trim(host, "0123456789") != "" {
		return true
	}
	for _, user := range c.allowed.Users {
		if _, server, _ := strings.Cut(user, ":"); strings.EqualFold(server, host+port) {
			return true
		}
	}
	return false
}

// unescaped decodes what percent codes there are.
func unescaped(s string) string {
	return percentPattern.ReplaceAllStringFunc(s, func(code string) string {
		decoded, _ := url.PathUnescape(code) // the pattern leaves no code that fails
		return decoded
	})
}
