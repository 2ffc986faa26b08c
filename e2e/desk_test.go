package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"silta/dev"
)

// desk is a world in which staff work as issue 7 has it: their room is encrypted,
// the first of them has matrix-js-sdk and a verified device, and what the program
// sends goes through a place where it can be seen.
type desk struct {
	*world
	t      *testing.T  // of the whole world: people's clients outlive its parts
	second *dev.Person // another of the staff
	wire   *wire

	reported, other *pair  // who talk with each other
	number          string // of the case about the first of them
	alarm           *alarm

	said    []string          // what people wrote in conversations
	aliases map[string]string // alias or nickname in a conversation → whose
}

// TestStaff goes through the work of staff on a real homeserver, in one world.
func TestStaff(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, part := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"urgent", d.alarms}, // the next call is a minute later
		{"case", d.wholeCase},
		{"quiet report", d.quietReport},
		{"handed", d.handed},
		{"looks", d.looks},
		{"text", d.reworded},
		{"suspend", d.suspended},
		{"nobody answers", d.unanswered},
		{"intruders", d.intruders},
		{"removed", d.removed},
		{"the whole room", d.wholeRoom},
		{"announcement", d.announced}, // restarts the program at a later time: last
	} {
		if !t.Run(part.name, part.run) {
			break // what follows builds on it
		}
	}
	d.noPanic(t)
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	hs := dev.NewSynapse(t, dev.WithoutAutoAccept())
	wire := newWire(t, hs.URL())
	staff := []string{hs.User("staff"), hs.User("toinen")}
	program := dev.NewSilta(t, hs, dev.Staff(staff...),
		dev.Set("homeserver", map[string]any{"address": wire.URL, "domain": hs.Name()}),
		dev.Set("programmes", map[string]any{"mentoring": map[string]any{
			"mentors":             map[string]any{"guide": false, "training": false, "background_check": false},
			"messages_per_minute": 0,
			"on_call":             map[string]any{"people": []string{staff[1], staff[0]}, "repeat": "1m", "tries": 1},
		}}))
	hs.Start()
	first := dev.JSSDK(t, hs.Register("staff", "salasana"), dev.Encrypted())
	next := dev.Plain(t, hs.Register("toinen", "salasana"), dev.Signed())
	program.Start()
	d := &desk{
		world: &world{Service: program.Open(first), hs: hs, admin: dev.NewUser(hs.RegisterAdmin("root", "salasana"))},
		t:     t, wire: wire, aliases: map[string]string{},
	}
	if room := next.AwaitInvited(0); room != d.StaffRoom.Room {
		t.Fatalf("the second of the staff is asked into %s", room)
	}
	d.second = d.Meet(next, d.Words)
	d.second.Joins("fi", "Varahenkilö")
	return d
}

// pair is a mentee and a mentor who are talking, with whatever clients.
func (d *desk) pair(mentee, mentor *dev.Client) *pair {
	d.t.Helper()
	card, nickname := d.card(), d.nickname()
	p := &pair{alias: card.Alias, mentor: d.Mentor(mentor, "fi", card), mentee: d.Mentee(mentee, "fi", nickname)}
	d.aliases[card.Alias], d.aliases[nickname] = "a mentor", "a mentee"
	p.menteeLeg, p.mentorLeg = d.Conversation(p.mentee, p.mentor, p.alias, d.words("aivan ensimmäinen"))
	return p
}

// words makes a text that nobody else writes, to be looked for in the end.
func (d *desk) words(text string) string {
	text = fmt.Sprintf("%s, sirkutus%dxq", text, len(d.said))
	d.said = append(d.said, text)
	return text
}

// passes has somebody write in their leg, and waits until the others read it.
func (d *desk) passes(t *testing.T, from seat, text string, to ...seat) {
	t.Helper()
	text = d.words(text)
	from.Text(from.leg, text)
	for _, other := range to {
		e := other.AwaitText(other.leg, text)
		if !strings.HasPrefix(e.Sender, "@silta_") || !e.Encrypted {
			t.Errorf("%q came from %s, encrypted %v", text, e.Sender, e.Encrypted)
		}
	}
}

// thread writes in the thread of a line of the staff room and waits for the bot's
// answer, which must be in the same thread.
func (d *desk) thread(t *testing.T, head dev.Event, text, key string) (dev.Event, []string) {
	t.Helper()
	return d.threadOf(t, d.StaffRoom, head, text, key)
}

// threadOf is thread for any of the staff.
func (d *desk) threadOf(t *testing.T, who *dev.Person, head dev.Event, text, key string) (dev.Event, []string) {
	t.Helper()
	mark := who.Mark()
	who.Send(d.StaffRoom.Room, "m.room.message", map[string]any{
		"msgtype": "m.text", "body": text, "m.relates_to": map[string]any{"rel_type": "m.thread", "event_id": head.ID},
	})
	e, found := who.HearsIn(d.StaffRoom.Room, mark, key)
	if !inThread(e, head) {
		t.Errorf("the answer %s to %q is not in the thread: %s", key, text, e.Raw)
	}
	return e, found
}

func inThread(e, head dev.Event) bool {
	return e.Text("m.relates_to", "rel_type") == "m.thread" && e.Text("m.relates_to", "event_id") == head.ID
}

// command is a command as it is written in rooms of several.
func (d *desk) command(name string, rest ...string) string {
	return strings.Join(append([]string{"!" + d.Words.Command("fi", name)}, rest...), " ")
}

// becomes waits until a case's head is edited to say a text.
func (d *desk) becomes(t *testing.T, from int, head dev.Event, key string) {
	t.Helper()
	says, err := d.Words.Pattern("fi", key)
	if err != nil {
		t.Fatal(err)
	}
	d.StaffRoom.Await(from, "the case's head to say "+key, func(e dev.Event) bool {
		return e.Text("m.relates_to", "rel_type") == "m.replace" && e.Text("m.relates_to", "event_id") == head.ID &&
			says.MatchString(e.Text("m.new_content", "body"))
	})
}

// buttons waits until the head has these buttons of the bot's and no other
// reaction.
func (d *desk) buttons(t *testing.T, head dev.Event, want ...string) {
	t.Helper()
	eventually(t, time.Minute, func() error {
		for _, s := range d.StaffRoom.View(d.StaffRoom.Room) {
			if s.ID != head.ID {
				continue
			}
			got := slices.Sorted(maps.Keys(s.Reactions))
			for _, n := range s.Reactions {
				if n != 1 {
					return fmt.Errorf("the case's head has the reactions %v", s.Reactions)
				}
			}
			if !slices.Equal(got, slices.Sorted(slices.Values(want))) {
				return fmt.Errorf("the case's head has the reactions %q, want %q", got, want)
			}
			return nil
		}
		return fmt.Errorf("the case's head is not shown")
	})
}

// enters waits until staff are asked into another room, and goes in.
func (d *desk) enters(t *testing.T, from int) seat {
	t.Helper()
	e := d.Staff.Await(from, "the room of a talk", func(e dev.Event) bool {
		return dev.Membership("", "invite")(e) && e.Room != d.StaffRoom.Room
	})
	d.Staff.Join(e.Room)
	d.Staff.Await(from, "having joined", dev.Membership(e.Room, "join"))
	return seat{d.Staff, e.Room, "Päivystäjä"}
}

// addressPattern finds a Matrix ID of the homeserver, also inside of JSON.
var addressPattern = regexp.MustCompile(`@[a-z0-9._=/+-]+:localhost`)

// wholeRoom reads all that there is of the staff room at the end: the raw events
// and state, and what is inside of each event that is not redacted. Nothing that
// people wrote to each other is in it, no name that they have in a conversation,
// and no Matrix ID but those of who is in the room.
func (d *desk) wholeRoom(t *testing.T) {
	type rawEvent struct {
		ID       string          `json:"event_id"`
		Type     string          `json:"type"`
		Content  json.RawMessage `json:"content"`
		Unsigned struct {
			Redacted json.RawMessage `json:"redacted_because"`
		} `json:"unsigned"`
	}
	room := "/_matrix/client/v3/rooms/" + d.StaffRoom.Room
	var page struct {
		Chunk []json.RawMessage
		End   string
	}
	reader := dev.NewUser(d.Staff.Account)
	reader.Token = d.Staff.Token
	if err := reader.Do(t.Context(), http.MethodGet, room+"/messages?dir=b&limit=1000", nil, &page); err != nil {
		t.Fatal(err)
	}
	state, err := reader.Raw(t.Context(), room+"/state")
	if err != nil {
		t.Fatal(err)
	}
	opened := map[string]dev.Event{}
	for _, e := range d.Staff.Events(0) {
		if e.Room == d.StaffRoom.Room && e.ID != "" && e.Failure == "" {
			opened[e.ID] = e
		}
	}
	d.clean(t, "the state", string(state), false)
	read, redacted := 0, 0
	for _, raw := range page.Chunk {
		var e rawEvent
		if err := json.Unmarshal(raw, &e); err != nil {
			t.Fatal(err)
		}
		d.clean(t, "an event of type "+e.Type, string(raw), false)
		switch {
		case len(e.Unsigned.Redacted) > 0:
			redacted++
			if string(e.Content) != "{}" {
				t.Errorf("something is left of a redacted event: %s", e.Content)
			}
		case e.Type == "m.room.encrypted":
			inside, known := opened[e.ID]
			if !known || inside.Type == "m.room.encrypted" {
				t.Errorf("an event of the staff room could not be read: %.300s", raw)
				continue
			}
			read++
			content, err := json.Marshal(inside.Content)
			if err != nil {
				t.Fatal(err)
			}
			d.clean(t, "a line", string(content), d.isCard(inside))
		}
	}
	if read < 40 || redacted < 4 {
		t.Errorf("only %d lines were read and %d are taken away: that is not the whole room", read, redacted)
	}
	t.Logf("the staff room: %d events, %d read, %d redacted", len(page.Chunk), read, redacted)
}

// isCard says whether a line shows a mentor's card to be approved, which is what
// staff see of a mentor: their alias.
func (d *desk) isCard(e dev.Event) bool {
	card, err := d.Words.Pattern("fi", "card.for_staff")
	return err == nil && e.Sender == d.Bot && card.MatchString(e.Body())
}

// clean looks for what must not be in a text of the staff room.
func (d *desk) clean(t *testing.T, what, text string, card bool) {
	t.Helper()
	for _, said := range d.said {
		if _, secret, _ := strings.Cut(said, ", "); strings.Contains(text, secret) {
			t.Errorf("%s has what somebody wrote in a conversation, %q: %.600s", what, said, text)
		}
	}
	for alias, whose := range d.aliases {
		if strings.Contains(text, alias) && (!card || whose != "a mentor") {
			t.Errorf("%s has the alias of %s: %.600s", what, whose, text)
		}
	}
	for _, address := range addressPattern.FindAllString(text, -1) {
		switch address {
		case d.Bot, d.Staff.UserID, d.second.UserID, d.hs.User("root"), d.hs.User("myyra"):
		default:
			t.Errorf("%s has the Matrix ID %s: %.600s", what, address, text)
		}
	}
}
