package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"silta/dev"
)

// seat is one participant of a conversation: a client and its room.
type seat struct {
	*dev.Person
	leg   string
	alias string // by which the others know this participant
}

// said is one message of the conversation, as everybody shall see it.
type said struct {
	author    int
	ids       []string // its event ID in each seat's leg
	body      string
	html      string
	msgtype   string
	replyTo   int // index of the message; -1: none
	edited    bool
	redacted  bool
	reactions map[string]int
}

// talk is a conversation of n people and what was said in it.
type talk struct {
	t      *testing.T
	seats  []seat
	said   []*said
	ghosts []map[int]string   // by viewer: author → the user ID that speaks for them
	stores map[int]bool       // whose client can tell what it has kept
	sdk    int                // whose client is matrix-js-sdk
	files  [][]map[string]any // by seat: what they uploaded
	looked map[string]bool    // files that have been looked at
	silent []int              // marks before what nobody gets and nobody is told of
}

// conversation: a mentee with matrix-js-sdk and a mentor with matrix-nio.
func conversation(t *testing.T, w *world) {
	card := w.card()
	mentor := w.Mentor(dev.Nio(t, w.account(t), dev.Encrypted()), "fi", card)
	alias := w.nickname()
	mentee := w.Mentee(dev.JSSDK(t, w.account(t), dev.Encrypted()), "sv", alias)
	menteeLeg, mentorLeg := w.Conversation(mentee, mentor, card.Alias, "aivan ensimmäinen")
	c := newTalk(t, seat{mentee, menteeLeg, alias}, seat{mentor, mentorLeg, card.Alias})
	c.twentyMessages()
	c.edits()
	c.reactions()
	c.redactions()
	c.everyoneSeesTheSame()
	c.sdk, c.stores = 0, map[int]bool{0: true, 1: true}
	c.kinds()
	c.polls()
	c.nobodyKnowsAnybody()
}

func newTalk(t *testing.T, seats ...seat) *talk {
	c := &talk{t: t, seats: seats, ghosts: make([]map[int]string, len(seats)), files: make([][]map[string]any, len(seats)), looked: map[string]bool{}}
	for i := range c.ghosts {
		c.ghosts[i] = map[int]string{}
	}
	return c
}

// twentyMessages has everybody write in turn: texts, formatted ones, emotes,
// notices, replies to others and to themselves.
func (c *talk) twentyMessages() {
	c.t.Helper()
	for i := range 20 {
		author := i % len(c.seats)
		m := &said{author: author, msgtype: "m.text", replyTo: -1, body: fmt.Sprintf("viesti %02d: ÄÄ ööö 🙂 <&>", i)}
		switch i % 7 {
		case 2:
			m.html = fmt.Sprintf("viesti %02d <strong>lihava</strong> &amp; <em>vino</em>", i)
			m.body = fmt.Sprintf("viesti %02d lihava & vino", i)
		case 3:
			m.msgtype = "m.emote"
		case 4:
			m.replyTo = i - 1 // somebody else's
		case 5:
			m.replyTo = i - len(c.seats) // their own
		case 6:
			m.body = fmt.Sprintf("viesti %02d\nkahdella rivillä", i)
		}
		if i == 17 {
			m.msgtype = "m.notice"
		}
		c.say(m)
	}
}

// say sends a message and waits until everybody has it.
func (c *talk) say(m *said) {
	c.t.Helper()
	m.ids, m.reactions = make([]string, len(c.seats)), map[string]int{}
	s := c.seats[m.author]
	var event string
	switch {
	case m.replyTo >= 0:
		event = s.Reply(s.leg, c.said[m.replyTo].ids[m.author], m.body)
	case m.html != "":
		event = s.HTML(s.leg, m.body, m.html)
	case m.msgtype == "m.emote":
		event = s.Emote(s.leg, m.body)
	case m.msgtype == "m.notice":
		event = s.Notice(s.leg, m.body)
	default:
		event = s.Text(s.leg, m.body)
	}
	m.ids[m.author] = event
	c.said = append(c.said, m)
	for viewer := range c.seats {
		if viewer != m.author {
			c.arrives(m, viewer)
		}
	}
}

// arrives waits for a message at a viewer and notes its event ID and its sender.
func (c *talk) arrives(m *said, viewer int) {
	c.t.Helper()
	v := c.seats[viewer]
	e := v.AwaitText(v.leg, m.body)
	m.ids[viewer] = e.ID
	if e.ID == m.ids[m.author] {
		c.t.Errorf("the copy has the event ID of the source")
	}
	if !e.Encrypted || e.Shield != "" && e.Shield != "NONE" {
		c.t.Errorf("a message came with encryption %v, shield %s (%s)", e.Encrypted, e.Shield, e.Reason)
	}
	if !strings.HasPrefix(e.Sender, "@silta_") {
		c.t.Errorf("a message was sent by %s, which is no ghost", e.Sender)
	}
	if known := c.ghosts[viewer][m.author]; known != "" && known != e.Sender {
		c.t.Errorf("one participant speaks as %s and as %s", known, e.Sender)
	}
	c.ghosts[viewer][m.author] = e.Sender
}

// edits: everybody changes a message of theirs, one of them twice.
func (c *talk) edits() {
	c.t.Helper()
	for i := range c.seats {
		c.edit(c.said[i], fmt.Sprintf("viesti %02d, korjattu", i))
	}
	c.edit(c.said[0], "viesti 00, korjattu toisen kerran")
}

func (c *talk) edit(m *said, body string) {
	c.t.Helper()
	s := c.seats[m.author]
	s.Edit(s.leg, m.ids[m.author], body)
	m.body, m.html, m.edited = body, "", true
	for viewer, v := range c.seats {
		if viewer == m.author {
			continue
		}
		v.Await(0, "an edit", func(e dev.Event) bool {
			return e.Room == v.leg && e.Text("m.new_content", "body") == body &&
				e.Text("m.relates_to", "event_id") == m.ids[viewer] && e.Text("m.relates_to", "rel_type") == "m.replace"
		})
	}
}

// reactions: everybody reacts to another's message; one reaction is taken back.
func (c *talk) reactions() {
	c.t.Helper()
	for i := range c.seats {
		m := c.said[4+i]
		by := (m.author + 1) % len(c.seats)
		c.react(m, by, "👍")
	}
	m := c.said[10]
	by := (m.author + 1) % len(c.seats)
	c.react(m, m.author, "❤️")
	taken := c.react(m, by, "😀")
	c.seats[by].Redact(c.seats[by].leg, taken, "")
	delete(m.reactions, "😀")
}

func (c *talk) react(m *said, by int, key string) (event string) {
	c.t.Helper()
	event = c.seats[by].React(c.seats[by].leg, m.ids[by], key)
	m.reactions[key]++
	for viewer, v := range c.seats {
		if viewer == by {
			continue
		}
		v.Await(0, "a reaction", func(e dev.Event) bool {
			return e.Room == v.leg && e.Type == "m.reaction" && e.Sender == c.ghosts[viewer][by] &&
				e.Text("m.relates_to", "event_id") == m.ids[viewer] && plain(e.Text("m.relates_to", "key")) == plain(key)
		})
	}
	return event
}

// plain is a reaction without what clients add as they like: the variation
// selector and the colour of the skin.
func plain(key string) string {
	return strings.Map(func(r rune) rune {
		if r == '\ufe0f' || r >= 0x1f3fb && r <= 0x1f3ff {
			return -1
		}
		return r
	}, key)
}

// redactions: everybody takes a message back; the reason is nobody's business.
func (c *talk) redactions() {
	c.t.Helper()
	for i := range c.seats {
		m := c.said[7+i]
		s := c.seats[m.author]
		s.Redact(s.leg, m.ids[m.author], "luki nimeni "+profileName(s.Client))
		m.redacted, m.body, m.html, m.msgtype, m.replyTo = true, "", "", "", -1
	}
}

// everyoneSeesTheSame compares what each client shows with what was said.
func (c *talk) everyoneSeesTheSame() {
	c.t.Helper()
	for viewer := range c.seats {
		eventually(c.t, 20*time.Second, func() error { return c.compare(viewer) })
	}
}

func (c *talk) compare(viewer int) error {
	v := c.seats[viewer]
	var shown []dev.Shown
	first := c.said[0].ids[viewer]
	for _, s := range v.View(v.leg) {
		known := len(shown) > 0 || s.ID == first                                            // what was written before the twenty is left out
		message := s.Type == "m.room.message" || s.Redacted && s.Type == "m.room.encrypted" // its kind is gone, too
		if known && message && s.Sender != v.Bot {
			shown = append(shown, s)
		}
	}
	if len(shown) != len(c.said) {
		return fmt.Errorf("%s shows %d messages, want %d", v.UserID, len(shown), len(c.said))
	}
	for i, m := range c.said {
		if err := c.compareOne(viewer, shown[i], m); err != nil {
			return fmt.Errorf("%s, message %d: %w (shown: %+v)", v.UserID, i, err, shown[i])
		}
	}
	return nil
}

func (c *talk) compareOne(viewer int, s dev.Shown, m *said) error {
	sender, replyTo := c.seats[viewer].UserID, ""
	if viewer != m.author {
		sender = c.ghosts[viewer][m.author]
	}
	if m.replyTo >= 0 {
		replyTo = c.said[m.replyTo].ids[viewer]
	}
	reactions := map[string]int{}
	for key, n := range s.Reactions {
		reactions[plain(key)] += n
	}
	switch {
	case s.ID != m.ids[viewer]:
		return fmt.Errorf("is another message: out of order")
	case s.Sender != sender:
		return fmt.Errorf("is by %s, want %s", s.Sender, sender)
	case s.Redacted != m.redacted:
		return fmt.Errorf("redacted %v, want %v", s.Redacted, m.redacted)
	case viewer == m.author && m.replyTo >= 0 && !m.edited: // with the fallback of the writer's own client
	case s.Body != m.body:
		return fmt.Errorf("says %q, want %q", s.Body, m.body)
	}
	switch {
	case s.Edited != m.edited && !m.redacted:
		return fmt.Errorf("edited %v, want %v", s.Edited, m.edited)
	case s.ReplyTo != replyTo:
		return fmt.Errorf("answers %q, want %q", s.ReplyTo, replyTo)
	case s.MsgType != m.msgtype:
		return fmt.Errorf("is a %s, want %s", s.MsgType, m.msgtype)
	case m.html != "" && s.HTML != m.html:
		return fmt.Errorf("is formatted as %q, want %q", s.HTML, m.html)
	case len(m.reactions) != len(reactions):
		return fmt.Errorf("has the reactions %v, want %v", reactions, m.reactions)
	}
	for key, n := range m.reactions {
		if reactions[plain(key)] != n {
			return fmt.Errorf("has the reactions %v, want %v", reactions, m.reactions)
		}
	}
	return nil
}

// nobodyKnowsAnybody searches everything that each participant's homeserver
// gives them for what would tell who the others are.
func (c *talk) nobodyKnowsAnybody() {
	c.t.Helper()
	for viewer := range c.seats {
		seen := c.rawOf(viewer)
		if !strings.Contains(seen, c.seats[viewer].UserID) || len(c.said) > 3 && !strings.Contains(seen, c.said[3].ids[viewer]) {
			c.t.Fatalf("the search would find nothing, not even a person's own things")
		}
		for other := range c.seats {
			if other == viewer {
				continue
			}
			for what, secret := range c.secretsOf(other) {
				if strings.Contains(seen, secret) {
					at := strings.Index(seen, secret)
					c.t.Errorf("%s of %s reached %s: …%s…", what, c.seats[other].UserID, c.seats[viewer].UserID,
						seen[max(0, at-200):min(len(seen), at+200)])
				}
			}
		}
	}
}

// secretsOf is what nobody else may see of a participant.
func (c *talk) secretsOf(who int) map[string]string {
	s := c.seats[who]
	secrets := map[string]string{
		"the Matrix ID": s.UserID, "the localpart": localpart(s.Client), "the display name": profileName(s.Client),
		"the first name": strings.Fields(profileName(s.Client))[0],
		"the leg":        s.leg, "the management room": s.Room, "the device": s.Device,
	}
	for i, file := range c.files[who] {
		key, _ := file["key"].(map[string]any)
		secrets[fmt.Sprintf("the address of file %d", i)] = fmt.Sprint(file["url"])
		secrets[fmt.Sprintf("the key of file %d", i)] = fmt.Sprint(key["k"])
	}
	for i, m := range c.said {
		secrets[fmt.Sprintf("the event ID of message %d", i)] = m.ids[who]
	}
	for i, e := range s.Events(0) {
		if e.ID != "" {
			secrets[fmt.Sprintf("the event ID of event %d (%s)", i, e.Type)] = e.ID
		}
	}
	return secrets
}

// rawOf is all that a participant's account can read, as the homeserver gives it.
func (c *talk) rawOf(viewer int) string {
	c.t.Helper()
	v := c.seats[viewer]
	u := dev.NewUser(v.Account)
	ctx := c.t.Context()
	all, err := u.Everything(ctx)
	if err != nil {
		c.t.Fatalf("full sync: %v", err)
	}
	const room = "/_matrix/client/v3/rooms/"
	paths := []string{
		room + v.leg + "/state", room + v.leg + "/members", room + v.leg + "/joined_members",
		room + v.leg + "/messages?dir=b&limit=1000", room + v.leg + "/aliases",
	}
	ghosts := make([]string, 0, len(c.ghosts[viewer]))
	for _, ghost := range c.ghosts[viewer] {
		ghosts = append(ghosts, ghost)
	}
	slices.Sort(ghosts)
	for _, ghost := range ghosts {
		paths = append(paths, "/_matrix/client/v3/profile/"+ghost)
	}
	var seen strings.Builder
	seen.Write(all)
	for _, e := range v.Events(0) { // and what encryption hides from the homeserver
		content, err := json.Marshal(e.Content)
		if err != nil {
			c.t.Fatalf("write an event: %v", err)
		}
		seen.Write(content)
		seen.Write(e.Raw)
	}
	if c.stores[viewer] {
		seen.WriteString(v.Store())
	}
	for _, path := range paths {
		raw, err := u.Raw(ctx, path)
		if err != nil {
			c.t.Fatalf("read %s: %v", path, err)
		}
		seen.Write(raw)
	}
	return seen.String()
}
