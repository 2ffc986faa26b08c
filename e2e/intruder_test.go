package e2e

import (
	"net/http"
	"testing"
	"time"

	"silta/dev"
)

// waiting opens a case that nobody has claimed.
func (d *desk) waiting(t *testing.T) (caller *dev.Person, head dev.Event, number string) {
	t.Helper()
	caller = d.mentee(d.t)
	mark := d.StaffRoom.Mark()
	_, called := caller.Command("staff", "", "staff.called")
	head, _ = d.StaffRoom.HearsIn(d.StaffRoom.Room, mark, "case.head.help")
	d.buttons(t, head, claimButton, moreButton)
	return caller, head, called[0]
}

// intruders: an administrator of the homeserver makes themselves the highest of the
// staff room and comes in, and brings a mentee in, too. Whatever they write and tap,
// nothing happens, and no line of the bot from then on is for their eyes.
func (d *desk) intruders(t *testing.T) {
	caller, head, number := d.waiting(t)
	mole := d.Mentee(dev.Plain(t, d.hs.Register("myyra", "salasana")), "fi", d.nickname())
	root := dev.Plain(t, d.admin.Account, dev.Signed())
	room := d.StaffRoom.Room
	admin := "/_synapse/admin/v1/"
	if err := d.admin.Do(t.Context(), http.MethodPost, admin+"rooms/"+room+"/make_room_admin", map[string]any{"user_id": root.UserID}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := root.Try("join", map[string]any{"room": room}); err != nil {
		t.Fatal(err)
	}
	if err := d.admin.Do(t.Context(), http.MethodPost, admin+"join/"+room, map[string]any{"user_id": mole.UserID}, nil); err != nil {
		t.Fatal(err)
	}
	root.Await(0, "being in the staff room", dev.Membership(room, "join"))
	mole.Await(0, "being in the staff room", dev.Membership(room, "join"))
	staff, own := d.StaffRoom.Mark(), caller.Mark()
	marks := map[*dev.Client]int{root: root.Mark(), mole.Client: mole.Mark()}
	for _, who := range []*dev.Client{root, mole.Client} {
		for _, text := range []string{
			d.command("claim", number), d.command("cases"), d.command("case", number), d.command("close", number),
			"!" + d.Words.Answer("fi", "yes"), d.command("users"), d.command("help"), d.command("suspend", "1", "syy"),
		} {
			_, _ = who.Try("text", map[string]any{"room": room, "body": text}) // the bot may have shown them out already
		}
		_, _ = who.Try("react", map[string]any{"room": room, "to": head.ID, "key": claimButton})
	}
	// What comes after it in every lane, and is answered.
	d.StaffRoom.Asks(d.command("case", number), "case.head.open")
	d.waiting(t)
	caller.Never(own, 300*time.Millisecond, "a word of their case", func(e dev.Event) bool { return e.Room == caller.Room && e.Sender == d.Bot })
	d.StaffRoom.Asks(d.command("case", number), "case.head.open")
	for who, from := range marks {
		for _, e := range who.Events(from) {
			if e.Room == room && e.Sender == d.Bot && e.Type == "m.room.message" {
				t.Errorf("%s reads in the staff room: %s", who.UserID, e.Body())
			}
		}
	}
	for _, e := range d.StaffRoom.Events(staff) {
		if e.Room == room && e.Text("m.relates_to", "rel_type") == "m.replace" && e.Text("m.relates_to", "event_id") == head.ID {
			t.Errorf("the case has changed: %s", e.Body())
		}
	}
}

// removed: one of the staff is removed from the room by an administrator, in the
// middle of a dialogue in their own room: it comes to nothing, and their case is
// given back.
func (d *desk) removed(t *testing.T) {
	caller, head, number := d.waiting(t)
	d.second.Command("claim", number, "case.claimed_now")
	caller.HearsIn(caller.Room, 0, "case.claimed")
	d.second.Command("close", number+" "+d.Words.Text("fi", "case.outcome.mistake"), "case.close_sure")
	mark := d.StaffRoom.Mark()
	if err := d.admin.Kick(t.Context(), d.StaffRoom.Room, d.second.UserID); err != nil {
		t.Fatal(err)
	}
	d.StaffRoom.HearsIn(d.StaffRoom.Room, mark, "case.released_staff")
	from := d.second.Mark()
	d.second.Say(d.Words.Answer("fi", "yes"))
	d.second.HearsIn(d.second.Room, from, "not_allowed")
	d.becomes(t, mark, head, "case.head.open")
	d.second.Say(d.Words.Command("fi", "cases"))
	d.second.HearsIn(d.second.Room, from, "unknown.help")
	d.StaffRoom.Asks(d.command("case", number), "case.head.open")
}
