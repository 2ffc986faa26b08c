package bridge_test

import (
	"testing"

	"silta/mentoring"
)

// TestStrangersInTheStaffRoom: whoever an administrator of the homeserver puts into
// the staff room is shown out, and staff are told once.
func TestStrangersInTheStaffRoom(t *testing.T) {
	w := newAtWork(t)
	came := func(who string) {
		w.hs.Inject(map[string]any{"event_id": newEvent(), "type": "m.room.member", "state_key": who, "room_id": w.room, "sender": who,
			"content": map[string]any{"membership": "join"}})
	}
	kicked := func() int { return w.hs.Calls()["POST rooms/*/kick"] }
	before := kicked()
	came(w.sari.ID) // a change of name
	came(w.hs.Person("root").ID)
	w.until("a stranger is shown out", func() bool { return kicked() == before+1 })
	came(w.caller.ID)
	w.until("a member is shown out", func() bool { return kicked() == before+2 })
	w.until("the second is counted", func() bool {
		known, more := w.troubles(mentoring.TroubleStranger)
		return known && more == 1
	})
}
