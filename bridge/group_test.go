package bridge_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"silta/mentoring"
)

// supervisor and mentors of a service, by their memberships.
func (w *world) staffAndMentors(names ...string) (people []*talker, members []mentoring.Member) {
	w.t.Helper()
	w.do(func(a *mentoring.Act) error {
		people, members = nil, nil
		for i, name := range names {
			role := mentoring.Mentor
			if i == 0 {
				role = mentoring.Coordinator
			}
			p := &talker{Person: w.hs.Person("real-" + name), alias: "Alias-" + name}
			m := mentoring.Member{Address: p.ID, Language: "en", Alias: p.alias, Join: mentoring.JoinDone, Consent: 1, Created: a.Now}
			if err := a.Tx.PutMember(&m); err != nil {
				return err
			}
			s := mentoring.Membership{Member: m.ID, Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit, Role: role, State: mentoring.Active, Created: a.Now}
			if err := a.Tx.PutMembership(&s); err != nil {
				return err
			}
			people, members = append(people, p), append(members, m)
		}
		_, err := a.Supervise(members[0], a.Now.Add(time.Hour), time.Time{})
		return err
	})
	return people, members
}

func (w *world) attends(p *talker, m mentoring.Member) {
	w.t.Helper()
	w.do(func(a *mentoring.Act) error {
		_, _, err := a.Attend(m, true)
		return err
	})
	w.do(func(a *mentoring.Act) error {
		all, err := a.Tx.ConversationsOf(m.ID)
		if err == nil {
			p.id = all[len(all)-1].ByMember(m.ID).ID
		}
		return err
	})
	w.invited(p)
	w.join(p)
}

// TestMentorsGroup: whoever comes later is in the rooms of those who are there,
// under a name of the group; whoever leaves is in none of them any more. The
// rooms' names and topics name nobody and nothing of what the group is about.
func TestMentorsGroup(t *testing.T) {
	w := newWorld(t)
	people, members := w.staffAndMentors("sari", "kaisa", "liisa", "maija")
	staff, kaisa, liisa, maija := people[0], people[1], people[2], people[3]
	w.attends(kaisa, members[1])
	w.do(func(a *mentoring.Act) error {
		c, err := a.Tx.ConversationOf(kaisa.id)
		if err == nil {
			staff.id = c.ByMember(members[0].ID).ID
		}
		return err
	})
	w.invited(staff)
	w.join(staff)
	must(kaisa.Say(kaisa.room, "olen täällä"))
	w.sees(staff, "olen täällä")
	w.attends(liisa, members[2])
	w.attends(maija, members[3])
	ghosts := func(p *talker) (n int) {
		for _, user := range w.hs.Members(p.room, "join") {
			if strings.HasPrefix(user, "@silta_") {
				n++
			}
		}
		return n
	}
	for _, p := range people {
		w.until("everybody is in everybody's room", func() bool { return ghosts(p) == 3 })
		name, _ := w.hs.State(p.room, "m.room.name", "")["name"].(string)
		topic, _ := w.hs.State(p.room, "m.room.topic", "")["topic"].(string)
		if name != "Silta – group" || strings.Contains(strings.ToLower(topic), "mentor") || strings.Contains(name+topic, "Alias") {
			t.Errorf("the room is called %q, %q", name, topic)
		}
	}
	must(maija.Say(maija.room, "minäkin"))
	w.sees(staff, "olen täällä", "minäkin")
	w.sees(kaisa, "minäkin")
	w.sees(liisa, "minäkin")
	must(liisa.Say(liisa.room, "!end"))
	w.told(liisa, "Leave this group")
	must(liisa.Say(liisa.room, "!yes"))
	for _, p := range []*talker{staff, kaisa, maija} {
		w.until("their ghost is gone", func() bool { return ghosts(p) == 2 })
	}
	w.until("they are out", func() bool { return !slices.Contains(w.hs.Members(liisa.room, "join"), liisa.ID) })
	must(staff.Say(staff.room, "aloitetaan"))
	w.sees(maija, "aloitetaan")
	w.sees(kaisa, "minäkin", "aloitetaan")
}
