package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"silta/dev"
)

// leaving: going away in every way there is, and coming back.
func leaving(t *testing.T, w *world) {
	p := w.pair(t)
	t.Run("and coming back", func(t *testing.T) { leaveAndReturn(t, p) })
	t.Run("kicked", func(t *testing.T) { kicked(t, w, p) })
	t.Run("the room is lost", func(t *testing.T) { roomLost(t, w, p) })
	t.Run("refusing", func(t *testing.T) { refusing(t, w) })
}

// leaveAndReturn: the other gets one neutral line, what is written meanwhile
// waits, and coming back brings it.
func leaveAndReturn(t *testing.T, p *pair) {
	here, own := p.mentee.Mark(), p.mentor.Mark()
	p.mentor.Leave(p.mentorLeg)
	p.mentee.HearsIn(p.menteeLeg, here, "chat.left")
	p.mentor.HearsIn(p.mentor.Room, own, "chat.way_back")

	p.mentee.Text(p.menteeLeg, "tämä odottaa")
	back := p.mentor.Mark()
	p.mentor.Command("open", "", "open.done")
	p.mentor.Await(back, "an invitation back", dev.Membership(p.mentorLeg, "invite"))
	p.mentor.Join(p.mentorLeg)
	p.mentor.AwaitText(p.mentorLeg, "tämä odottaa")
	p.mentee.HearsIn(p.menteeLeg, here, "chat.came_back")
	p.mentor.Text(p.mentorLeg, "takaisin ollaan")
	p.mentee.AwaitText(p.menteeLeg, "takaisin ollaan")
}

// kicked: an administrator of the homeserver takes over the room and removes
// the person from it.
func kicked(t *testing.T, w *world, p *pair) {
	here := p.mentee.Mark()
	for _, step := range []struct {
		path string
		body map[string]string
	}{
		{"/_synapse/admin/v1/rooms/" + p.mentorLeg + "/make_room_admin", map[string]string{"user_id": w.admin.UserID}},
		{"/_matrix/client/v3/rooms/" + p.mentorLeg + "/join", map[string]string{}},
		{"/_matrix/client/v3/rooms/" + p.mentorLeg + "/kick", map[string]string{"user_id": p.mentor.UserID, "reason": "syy jota ei kerrota"}},
		{"/_matrix/client/v3/rooms/" + p.mentorLeg + "/leave", map[string]string{}},
	} {
		if err := w.admin.Do(context.Background(), "POST", step.path, step.body, nil); err != nil {
			t.Fatalf("%s: %v", step.path, err)
		}
	}
	p.mentee.HearsIn(p.menteeLeg, here, "chat.left")
	back := p.mentor.Mark()
	p.mentor.Command("open", "", "open.done")
	p.mentor.Await(back, "an invitation back", dev.Membership(p.mentorLeg, "invite"))
	p.mentor.Join(p.mentorLeg)
	p.mentor.Text(p.mentorLeg, "minut poistettiin vahingossa")
	p.mentee.AwaitText(p.menteeLeg, "minut poistettiin vahingossa")
	for _, e := range p.mentee.Events(0) {
		if strings.Contains(string(e.Raw), "syy jota ei kerrota") {
			t.Errorf("the reason of a kick reached the other: %s", e.Raw)
		}
	}
}

// roomLost: an administrator of the homeserver deletes the room; the person
// gets another one, and the conversation goes on in it.
func roomLost(t *testing.T, w *world, p *pair) {
	own := p.mentor.Mark()
	eventually(t, time.Minute, func() error { // an event that is being stored meanwhile makes it fail
		return w.admin.Do(context.Background(), "DELETE", "/_synapse/admin/v1/rooms/"+p.mentorLeg, map[string]bool{"purge": true}, nil)
	})
	p.mentee.Text(p.menteeLeg, "minne menit?")
	p.mentor.HearsIn(p.mentor.Room, own, "chat.room_lost")
	p.mentor.Command("open", "", "open.done")
	leg := p.mentor.AwaitLeg(own)
	if leg == p.mentorLeg {
		t.Fatalf("the lost room came back")
	}
	p.mentorLeg = leg
	p.mentor.AwaitText(leg, "minne menit?")
	p.mentor.Text(leg, "täällä taas")
	p.mentee.AwaitText(p.menteeLeg, "täällä taas")
}

// refusing: the mentor does not take the invitation; the mentee gets one neutral
// line, and the mentor can come later.
func refusing(t *testing.T, w *world) {
	mentee := w.mentee(t)
	mentor, alias := w.mentor(t)
	leg := w.Chooses(mentee, alias)
	invited, here := mentor.Mark(), mentee.Mark()
	mentee.Text(leg, "olisiko sinulla aikaa?")
	e := mentor.Await(invited, "an invitation", func(e dev.Event) bool { return dev.Membership("", "invite")(e) })
	mentor.Leave(e.Room)
	mentee.HearsIn(leg, here, "chat.not_now")
	mentor.Never(invited, 300*time.Millisecond, "a message in a room they refused", dev.Message(e.Room, "olisiko sinulla aikaa?"))

	back := mentor.Mark()
	mentor.Command("open", "", "open.done")
	mentor.Await(back, "an invitation", dev.Membership(e.Room, "invite"))
	mentor.Join(e.Room)
	mentor.AwaitText(e.Room, "olisiko sinulla aikaa?")
	mentor.Text(e.Room, "nyt on")
	mentee.AwaitText(leg, "nyt on")
}
