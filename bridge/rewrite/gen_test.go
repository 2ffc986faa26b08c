package rewrite

import (
	"encoding/json"
	"fmt"
	"html"
	"math/rand/v2"
	"net/url"
	"strings"
)

// choices decides everything about a generated event: by a generator of its own,
// or by the bytes that a fuzzing engine gives it. When those are used up it takes
// the last of everything (the plainest, and no to every question), so that a
// changed byte changes one choice rather than all that follow.
type choices struct {
	data   []byte
	fuzzed bool
	rng    *rand.Rand // of the identifying values, too
}

func newChoices(seed uint64) *choices { return &choices{rng: rand.New(rand.NewPCG(seed, 7))} }

// fuzzedChoices are made by a fuzzing engine; the same bytes are the same event.
func fuzzedChoices(data []byte) *choices {
	return &choices{data: data, fuzzed: true, rng: rand.New(rand.NewPCG(1, 7))}
}

// n gives a number below limit.
func (c *choices) n(limit int) int {
	switch {
	case !c.fuzzed:
		return c.rng.IntN(limit)
	case len(c.data) == 0:
		return limit - 1
	}
	v := int(c.data[0])
	c.data = c.data[1:]
	if limit > 256 && len(c.data) > 0 { // a place in something long
		v += 256 * int(c.data[0])
		c.data = c.data[1:]
	}
	return v % limit
}

// one in n.
func (c *choices) one(n int) bool { return c.n(n) == 0 }

func pick[T any](c *choices, of ...T) T { return of[c.n(len(of))] }

// gen makes one hostile event of one of the people of a conversation, and
// remembers every identifying value that it put in: none of them may come out.
type gen struct {
	*choices
	marks  []string // each is a part of one identifying value
	people []Person // people[0] is the author

	event Event
	// relatable: the outbox knows the target in the viewer's room.
	relatable bool
	// mentioned are the people that a well-formed m.mentions or the pills name;
	// nil when the event was made ill-formed.
	mentioned []int
	// torn: something inside a value was changed, so that what was an
	// identifier may have become a word.
	torn bool
	// Of a vote: the ballot of the poll, and whose poll it is (an index).
	ballot *Ballot
	owner  int
	// answers: only an answer can have been written like that.
	answers bool
	// carried: the event is of a kind that may be relayed.
	carried bool
}

func newGen(c *choices) *gen {
	g := &gen{choices: c}
	for i := range 2 + c.n(3) {
		g.people = append(g.people, Person{
			Real:  "@" + g.mark() + g.home(),
			Ghost: "@_silta_" + g.mark() + ":" + pick(c, "silta.example", "silta"),
			Alias: pick(c, "Kanerva", "Tammi", "Öinen & <b>Susi</b>", "Lumi")[:] + fmt.Sprint(i),
		})
	}
	g.relatable = !c.one(4)
	g.make()
	return g
}

// mark gives a new letters-and-digits value that appears nowhere else.
func (g *gen) mark() string {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	b := []byte("qz")
	for range 7 {
		b = append(b, letters[g.rng.IntN(len(letters))])
	}
	g.marks = append(g.marks, string(b))
	return string(b)
}

// home is the server of a person of the conversation, which may be one that
// does not look like a server.
func (g *gen) home() string {
	if g.one(4) {
		return ":" + g.mark()
	}
	return ":" + g.server()
}

func (g *gen) server() string {
	return pick(g.choices, g.mark()+".example", g.mark()+".example:8448", "127.0.0.1:80"+fmt.Sprint(10+g.n(80)), "localhost", "[2001:db8::1]:443", g.mark()+".a.example")
}

func (g *gen) opaque() string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	b := make([]byte, 34)
	for i := range b {
		b[i] = letters[g.rng.IntN(len(letters))]
	}
	at := g.rng.IntN(len(b))
	return string(b[:at]) + g.mark() + string(b[at:])
}

func (g *gen) eventID() string {
	return "$" + pick(g.choices, g.opaque(), g.mark()+":"+g.server(), strings.Replace(g.opaque(), "_", "/", 1))
}

func (g *gen) roomID() string { return "!" + pick(g.choices, g.opaque(), g.mark()+":"+g.server()) }

func (g *gen) mxc() string { return "mxc://" + g.server() + "/" + g.mark() }

func (g *gen) stranger() string { return "@" + g.mark() + ":" + g.server() }

func (g *gen) someone() string {
	if g.one(4) {
		return g.stranger()
	}
	p := g.people[g.n(len(g.people))]
	return pick(g.choices, p.Real, p.Ghost)
}

// identifier is any value that names a person, a room, an event or a server,
// in one of the forms in which people and clients write it.
func (g *gen) identifier() string {
	target := pick(g.choices, g.someone(), g.someone(), g.roomID(), g.roomID()+"/"+g.eventID(), "#"+g.mark()+":"+g.server())
	bare := target[1:]
	switch g.n(12) {
	case 0:
		return "https://matrix.to/#/" + target + "?via=" + g.server()
	case 1:
		return "https://matrix.to/#/" + url.PathEscape(target)
	case 2:
		return "HTTPS://Matrix.To/#/" + url.QueryEscape(url.QueryEscape(target))
	case 3:
		return pick(g.choices, "matrix:u/", "matrix:r/", "matrix:roomid/", "MATRIX:U/", "matrix://h/u/") + bare
	case 4:
		return "https://app.example/#/room/" + pick(g.choices, url.PathEscape(target), target+"?via="+g.server()+"&via="+g.mark(), target+"?VIA="+g.mark())
	case 5:
		return pick(g.choices, "https://"+g.server()+"/_matrix/media/v3/download/"+g.mark(), g.server()+"/_Matrix/client/v1/"+g.mark(), g.mxc(), g.mxc(), g.mxc())
	case 6:
		return g.eventID()
	case 7:
		return strings.ToUpper(target)
	case 8:
		return "https://app.example/" + url.QueryEscape(url.QueryEscape(target))
	}
	return target
}

// pill is an address of a person as clients write it.
func (g *gen) pill() string {
	user := g.someone()
	switch g.n(6) {
	case 0:
		return "matrix:u/" + user[1:] + "?action=chat"
	case 1:
		return "https://matrix.to/#/" + url.QueryEscape(user)
	case 2:
		return "https://app.example/#/user/" + user
	case 3:
		return "https://matrix.to/#/" + user + "?via=" + g.server()
	case 4:
		return "HTTPS://MATRIX.TO/#/" + user
	}
	return "https://matrix.to/#/" + user
}

// invisible characters that somebody may strew in.
func (g *gen) invisible() string {
	return pick(g.choices, "\u200b", "\u202e", "\u2066", "\u0000", "\u0007", "\ufeff", "\u00ad", "\u200d", "\ufe0f", "\U000e0041", "\u2060", "\u009f", "\u3164")
}

// text is what a person may type, identifiers among it.
func (g *gen) text() string {
	var b strings.Builder
	for range 1 + g.n(6) {
		switch g.n(8) {
		case 0, 1:
			id := g.identifier()
			if g.one(4) {
				at := 1 + g.n(len(id)-1)
				id = id[:at] + g.invisible() + id[at:]
			}
			b.WriteString(pick(g.choices, "", "", "(", "<", "„", "hei:", "@", "!") + id + pick(g.choices, " ", " ", ", ", ". ", ") ", ":n ", "> ", "? "))
		case 2:
			b.WriteString(g.invisible())
		case 3:
			b.WriteString(pick(g.choices, "\n", "\n\n", "\t", "\r\n", "\u2028", "\u00a0"))
		case 4:
			b.WriteString(pick(g.choices, "❤️‍🔥", "👍🏽", "1️⃣", "ä", "<b>", "&lt;", "100%", "%41", "https://apu.example/a?b=c#d", "50 % @ klo 17:30.", "@Kanerva:lle", "$100", "C#", "hei!"))
		default:
			b.WriteString(pick(g.choices, "hei", "mitä kuuluu", "kiitos", "Viljami", "> ", "* ", "- "))
		}
		if g.one(2) {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// markup is HTML around texts: tags that are carried and that are not,
// attributes with identifying values, pills, pictures, what is left open.
func (g *gen) markup(depth int) string {
	var b strings.Builder
	for range 1 + g.n(4) {
		switch g.n(10) {
		case 0:
			// What a pill shows is a name; what another link shows was written.
			if g.one(2) {
				fmt.Fprintf(&b, `<a%s href="%s">%s</a>`, g.attribute(), html.EscapeString(g.pill()), g.mark())
			} else {
				id := html.EscapeString(g.identifier())
				fmt.Fprintf(&b, `<a%s href="%s">%s </a>`, g.attribute(), id, pick(g.choices, "linkki", id))
			}
		case 1:
			fmt.Fprintf(&b, `<img src="%s" %s alt="%s" title="%s">`, g.mxc(), g.attribute(), html.EscapeString(g.text()), html.EscapeString(g.identifier()))
		case 2:
			fmt.Fprintf(&b, `<!-- %s --><%s%s>%s`, g.mark(), pick(g.choices, "script", "style", "title", "svg", "textarea", "mx-reply"), g.attribute(), g.mark())
			b.WriteString(pick(g.choices, "</script></style></title></svg></textarea></mx-reply>", "</script></style></title></svg></textarea></mx-reply>", ""))
		case 3:
			id := g.identifier()
			at := g.n(len(id))
			t := pick(g.choices, "b", "i", "u", "code", "span", "font", "sub")
			fmt.Fprintf(&b, "%s<%s>%s</%s> ", html.EscapeString(id[:at]), t, html.EscapeString(id[at:]), t)
		case 4:
			fmt.Fprintf(&b, `<span data-mx-spoiler="%s">%s</span>`, html.EscapeString(g.text()), html.EscapeString(g.text()))
		case 5, 6, 7:
			if depth > 4 {
				continue
			}
			t := pick(g.choices, "p", "ul", "ol", "li", "blockquote", "pre", "code", "strong", "em", "del", "table", "tr", "td", "h1", "div", "details", "font", "marquee", "a", "x-y")
			fmt.Fprintf(&b, "<%s%s>%s", t, g.attribute(), g.markup(depth+1))
			if !g.one(5) {
				fmt.Fprintf(&b, "</%s>", t)
			}
		default:
			text := html.EscapeString(g.text())
			if g.one(3) {
				text = strings.NewReplacer("@", "&#64;", "!", "&#x21;", ":", "&colon;").Replace(text)
			}
			b.WriteString(text)
		}
	}
	return b.String()
}

// attribute is one that tells something of the writer or their client.
func (g *gen) attribute() string {
	if g.one(2) {
		return ""
	}
	name := pick(g.choices, "class", "style", "id", "data-md", "data-mx-color", "data-mx-maths", "title", "onclick", "start", "lang", "data-"+g.mark())
	return fmt.Sprintf(` %s="%s"`, name, g.mark())
}

// junk is any JSON full of identifying values.
func (g *gen) junk(depth int) any {
	switch g.n(6) {
	case 0:
		return g.identifier()
	case 1:
		return []any{g.mark(), g.n(100), nil, true}
	case 2:
		return g.mark()
	case 3, 4:
		if depth > 2 {
			return nil
		}
		m := map[string]any{g.mark(): g.junk(depth + 1)}
		m[pick(g.choices, "user_ids", "event_id", "body", "displayname", "url", "key", "info", "via", "room_id", "device_id")] = g.junk(depth + 1)
		return m
	}
	return g.n(1000)
}

// object is JSON written by hand, so that it may have a key twice.
type object struct{ b strings.Builder }

func (o *object) set(key string, value any) {
	raw, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	if raw2, ok := value.(json.RawMessage); ok {
		raw = raw2
	}
	name, _ := json.Marshal(key)
	if o.b.Len() > 0 {
		o.b.WriteByte(',')
	}
	fmt.Fprintf(&o.b, "%s:%s", name, raw)
}

func (o *object) raw() json.RawMessage { return json.RawMessage("{" + o.b.String() + "}") }

func (g *gen) make() {
	g.event = Event{Sender: g.people[0].Real, Room: g.roomID(), ID: g.eventID()}
	switch g.n(14) {
	case 0, 1:
		g.reaction()
	case 2:
		g.redaction()
	case 3:
		g.otherType()
	case 4, 5:
		g.poll()
	default:
		g.message()
	}
	if g.one(12) && g.event.Type != "m.room.redaction" {
		g.damage()
	}
}

func (g *gen) reaction() {
	g.event.Type, g.carried = "m.reaction", true
	key := pick(g.choices, "👍", "👍️", "❤", "👩‍👩‍👧‍👧", g.mark(), g.mxc(), "👍"+g.mark(), "1️⃣", "🇫🇮", "🅰️", "🔟", "a", "👍👍", "👍\U000e0041\U000e0042", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "e\u0301")
	var o object
	o.set("m.relates_to", map[string]any{"rel_type": "m.annotation", "event_id": g.eventID(), "key": key, "shortcode": g.mark(), g.mark(): g.junk(0)})
	o.set("shortcode", ":"+g.mark()+":")
	o.set("com.beeper.reaction.shortcode", g.mark())
	g.event.Content = o.raw()
}

func (g *gen) redaction() {
	g.event.Type, g.carried = "m.room.redaction", true
	var o object
	o.set("reason", g.text()+g.mark())
	if g.one(2) {
		o.set("redacts", g.eventID())
	} else {
		g.event.Redacts = g.eventID()
	}
	o.set("org.matrix.msc3912.with_relations", []string{g.mark()})
	g.event.Content = o.raw()
}

func (g *gen) otherType() {
	if g.one(8) {
		g.sticker()
		return
	}
	g.event.Type = pick(g.choices, "m.sticker", "m.poll.hologram", "m.call.invite", "m.beacon",
		"m.room.encrypted", "m.room.member", "m.receipt", "m.typing", "io.element."+g.mark(), "", "m.room.message ", "M.ROOM.MESSAGE")
	var o object
	o.set("msgtype", "m.text")
	o.set("body", g.mark())
	o.set(g.mark(), g.junk(0))
	g.event.Content = o.raw()
}

func (g *gen) message() {
	g.event.Type, g.carried = "m.room.message", true
	if g.one(20) {
		key := ""
		g.event.StateKey, g.carried = &key, false
	}
	if g.one(3) {
		g.edit()
		return
	}
	var o object
	g.content(&o)
	if g.one(2) {
		o.set("m.relates_to", g.relation())
	}
	g.event.Content = o.raw()
}

func (g *gen) edit() {
	var inner, o object
	g.content(&inner)
	mentioned := g.mentioned
	inner.set("m.relates_to", g.relation())
	// What the outer part of an edit says is for old clients; nothing of it is
	// used, whatever it says.
	o.set("msgtype", pick(g.choices, "m.text", "m.image", g.mark()))
	o.set("body", "* "+g.mark())
	o.set("format", "org.matrix.custom.html")
	o.set("formatted_body", "<b>"+g.mark()+"</b>")
	o.set("m.new_content", inner.raw())
	o.set("m.relates_to", map[string]any{"rel_type": "m.replace", "event_id": g.eventID(), g.mark(): g.junk(0)})
	g.mentioned = mentioned
	g.event.Content = o.raw()
}

func (g *gen) relation() map[string]any {
	r := map[string]any{g.mark(): g.junk(0), "via": []string{g.server()}, "room_id": g.roomID()}
	if g.answers || g.one(2) {
		r["m.in_reply_to"] = map[string]any{"event_id": g.eventID(), "room_id": g.roomID(), g.mark(): g.junk(0)}
	}
	if g.one(2) {
		r["rel_type"] = pick(g.choices, "m.thread", "m.reference", "m.annotation", g.mark())
		r["event_id"] = g.eventID()
		r["is_falling_back"] = g.one(2)
		r["key"] = g.mark()
	}
	return r
}

// content fills in a text with everything that clients add.
func (g *gen) content(o *object) {
	kind := pick(g.choices, g.mark(), "m.emote", "m.notice", "m.location", "m.key.verification.request", "m.text", "m.text", "m.text")
	body := "hei " + g.text()
	if g.one(8) {
		g.media(o)
		return
	}
	if kind != "m.text" && kind != "m.emote" && kind != "m.notice" {
		g.carried = false
		body = g.mark() + ".jpg"
	}
	name := "Aino " + g.mark()
	if g.one(4) {
		body = fmt.Sprintf("> <%s> %s\n> %s\n\n%s", g.someone(), g.mark(), g.mark(), body)
	} else if g.one(8) {
		body = fmt.Sprintf("> %s<%s> %s\n\n%s", pick(g.choices, "* ", ""), name, g.mark(), body)
		g.answers = true
		o.set("m.relates_to", g.relation())
	} else if g.one(5) {
		body = name + ": " + body
		o.set(pick(g.choices, "m.per_message_profile", "com.beeper.per_message_profile"), map[string]any{"id": g.mark(), "displayname": name, "avatar_url": g.mxc(), "has_fallback": true})
	}
	o.set("msgtype", kind)
	o.set("body", body)
	if g.one(2) {
		o.set("format", "org.matrix.custom.html")
		// Where there is formatting, the body of the sender is not used.
		o.set("formatted_body", pick(g.choices, "", "<mx-reply><blockquote>"+g.mark()+"</blockquote></mx-reply>", "<strong data-mx-profile-fallback>"+g.mark()+": </strong>")+"moi "+g.markup(0))
	}
	g.mentions(o)
	g.clutter(o)
}

func (g *gen) mentions(o *object) {
	if g.one(3) {
		g.mentioned = nil
		return
	}
	users, named := []string{g.stranger()}, []int{}
	for i, p := range g.people {
		if g.one(2) {
			users = append(users, pick(g.choices, p.Ghost, p.Real))
			named = append(named, i)
		}
	}
	g.mentioned = named
	o.set("m.mentions", map[string]any{"user_ids": users, "room": g.one(2), g.mark(): g.junk(0)})
}

// clutter are keys of clients' own.
func (g *gen) clutter(o *object) {
	for range g.n(4) {
		key := pick(g.choices, "com.beeper.linkpreviews", "m.url_previews", "io.element.session", "fi.mau.meta", "info", "file", "url", "filename",
			"org.matrix.msc1767.text", "org.matrix.msc1767.html", "geo_uri", "sender_key", "device_id", "session_id", "to", "from_device", "unsigned", "m.room", "displayname", "BODY", "Msgtype", g.mark())
		o.set(key, g.junk(0))
	}
}

// damage puts something wrong into a content that was well-formed.
func (g *gen) damage() {
	g.mentioned = nil
	raw := []byte(g.event.Content)
	switch g.n(4) {
	case 0: // a key of a wrong type
		var o object
		o.b.Write(raw[1 : len(raw)-1])
		key := pick(g.choices, "msgtype", "body", "formatted_body", "m.mentions", "m.relates_to", "m.new_content", "format")
		if key == "m.relates_to" { // what was the unused part of an edit is a message now
			g.torn, g.carried = true, true
		}
		o.set(key,
			pick[any](g.choices, []any{g.mark()}, 7, nil, true, any(map[string]any{"body": g.mark(), g.mark(): g.junk(0)})))
		raw = o.raw()
	case 1:
		raw = raw[:g.n(len(raw))]
	case 2:
		raw[g.n(len(raw))] = byte(g.n(256))
		g.torn, g.carried = true, true
	case 3:
		g.carried = true
		raw = []byte(pick(g.choices, "", "null", "[]", `"x"`, "{}", "1", `{"body":"\ud800"}`, "{\"msgtype\":\"m.text\",\"body\":\"\xff\xfe\"}"))
	}
	g.event.Content = raw
}
