package mentoring_test

import (
	"slices"
	"testing"
	"time"

	"silta/mentoring"
)

// TestUndo: what can be taken back is as it was before, whatever it is, and only
// the last thing, by whoever did it, for ten minutes.
func TestUndo(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	mentor, listed := w.mentor(staff, "Kanerva")
	mentee := w.mentee("Kuu")
	undo := func() (kind mentoring.UndoKind) {
		t.Helper()
		w.must(func(a *mentoring.Act) (err error) { kind, err = a.Undo(staff); return err })
		return kind
	}
	card := func() (topics []string) {
		w.put(func(tx mentoring.Tx) error {
			c, err := tx.Card(listed)
			topics = c.Topics
			return err
		})
		return topics
	}
	topics := card()
	from, into := w.number(topics[0]), w.other(topics[0])
	steps := []struct {
		kind mentoring.UndoKind
		do   func(a *mentoring.Act) error
		same func() any
	}{
		{mentoring.UndoText, func(a *mentoring.Act) error { return a.SetText(staff, "welcome", "fi", "Hei") }, func() any { return w.words(staff, "welcome") }},
		{mentoring.UndoCanned, func(a *mentoring.Act) error { return a.SetCanned(staff, "moi", "fi", "Hei") }, func() any { return len(w.canned(staff)) }},
		{mentoring.UndoTopics, func(a *mentoring.Act) error { return a.RetireTopic(staff, 1, false) }, func() any { return w.retired() }},
		{mentoring.UndoTopics, func(a *mentoring.Act) error { return a.MergeTopic(staff, from, into) }, func() any { return slices.Concat(card(), w.retired()) }},
		{mentoring.UndoService, func(a *mentoring.Act) error { _, err := a.AddService(staff, "fi", "Apua"); return err }, func() any { return len(w.services()) }},
		{mentoring.UndoAnnounce, func(a *mentoring.Act) error {
			_, err := a.Announce(staff, mentoring.ToMentees, map[mentoring.Language]string{"fi": "Hei"}, w.now)
			return err
		}, func() any { return w.waiting(staff) }},
		{mentoring.UndoJoining, func(a *mentoring.Act) error { return a.OpenJoining(staff, false) }, func() any { return w.open() }},
		{mentoring.UndoPause, func(a *mentoring.Act) error { return a.PauseMentor(staff, listed) }, func() any { return w.memberships(mentor)[0].State }},
		{mentoring.UndoRole, func(a *mentoring.Act) error { return a.Appoint(staff, mentee.ID, mentoring.Coordinator) }, func() any { return w.isStaff(mentee) }},
	}
	for _, s := range steps {
		before := s.same()
		w.must(s.do)
		if sameValue(before, s.same()) {
			t.Errorf("%s: nothing was done", s.kind)
		}
		if got := undo(); got != s.kind {
			t.Errorf("taken back: %s, want %s", got, s.kind)
		}
		if after := s.same(); !sameValue(before, after) {
			t.Errorf("%s: %v, want %v", s.kind, after, before)
		}
		w.refused("undo.nothing", func(a *mentoring.Act) error { _, err := a.Undo(staff); return err })
		w.must(s.do)
		w.now = w.now.Add(mentoring.UndoWithin + time.Second)
		w.refused("undo.nothing", func(a *mentoring.Act) error { _, err := a.Undo(staff); return err })
		if s.kind == mentoring.UndoTopics { // so that the next one has something to do
			w.now = w.now.Add(-mentoring.UndoWithin)
			undo()
		}
	}
	// Somebody else's doing is not taken back.
	second := w.staff()
	w.must(func(a *mentoring.Act) error { return a.OpenJoining(staff, true) })
	w.refused("undo.nothing", func(a *mentoring.Act) error { _, err := a.Undo(second); return err })
}

func sameValue(a, b any) bool {
	x, xs := a.([]string)
	y, ys := b.([]string)
	if xs && ys {
		return slices.Equal(x, y)
	}
	return a == b
}

func (w *world) words(staff mentoring.Member, key string) (words string) {
	w.must(func(a *mentoring.Act) error {
		list, err := a.TextHistory(staff, key, "fi")
		if len(list) > 0 {
			words = list[0].Words
		}
		return err
	})
	return words
}

func (w *world) canned(staff mentoring.Member) (list []mentoring.Canned) {
	w.must(func(a *mentoring.Act) (err error) { list, err = a.CannedTexts(staff); return err })
	return list
}

func (w *world) topics() (list []mentoring.Topic) {
	w.must(func(a *mentoring.Act) (err error) { list, err = a.Topics(mentoring.DefaultProgramme); return err })
	return list
}

// retired are the keys of the topics that are not offered.
func (w *world) retired() (keys []string) {
	for _, t := range w.topics() {
		if t.Retired {
			keys = append(keys, t.Key)
		}
	}
	return keys
}

func (w *world) number(key string) int {
	for _, t := range w.topics() {
		if t.Key == key {
			return t.Position
		}
	}
	return 0
}

// other is the number of some topic that is not that one.
func (w *world) other(key string) int {
	for _, t := range slices.Backward(w.topics()) {
		if t.Key != key {
			return t.Position
		}
	}
	return 0
}

func (w *world) services() (list []mentoring.Service) {
	w.must(func(a *mentoring.Act) (err error) {
		list, err = a.Directory(mentoring.DefaultProgramme, nil, "")
		return err
	})
	return list
}

func (w *world) waiting(staff mentoring.Member) int {
	n := 0
	w.must(func(a *mentoring.Act) error {
		list, err := a.Announcements(staff)
		n = len(list)
		return err
	})
	return n
}

func (w *world) open() (open bool) {
	w.must(func(a *mentoring.Act) (err error) { open, err = a.JoiningOpen(); return err })
	return open
}

func (w *world) isStaff(m mentoring.Member) (is bool) {
	w.must(func(a *mentoring.Act) (err error) { is, err = a.IsStaff(m); return err })
	return is
}

// TestAnnouncementOnce: everybody gets it once, also when it goes out in many
// parts, and staff hear of it at the end; its words are gone then.
func TestAnnouncementOnce(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	people := map[mentoring.MemberID]int{}
	for range 230 {
		people[w.mentee("Kuu").ID] = 0
	}
	w.mentor(staff, "Kanerva")
	w.must(func(a *mentoring.Act) error {
		_, err := a.Announce(staff, mentoring.ToMentees, map[mentoring.Language]string{"fi": "Hei", "sv": "Hej"}, time.Time{})
		return err
	})
	sent := 0
	tick := func() (more bool) {
		effects := w.must(func(a *mentoring.Act) error {
			next, err := a.Tick()
			more = !next.After(w.now)
			return err
		})
		for _, e := range effects {
			switch e := e.(type) {
			case mentoring.Notify:
				if e.Text.Key == "announce.said" {
					people[e.Member]++
				}
			case mentoring.TellStaff:
				if e.Text.Key == "announce.sent" {
					sent++
				}
			}
		}
		return more
	}
	tick()
	for id, n := range people {
		if n > 0 {
			t.Fatalf("%d was told before its time", id)
		}
	}
	w.now = w.now.Add(mentoring.UndoWithin)
	for range 20 {
		if !tick() {
			break
		}
	}
	tick()
	for id, n := range people {
		if n != 1 {
			t.Errorf("%d was told %d times", id, n)
		}
	}
	if len(people) != 230 || sent != 1 {
		t.Errorf("%d people, staff told %d times", len(people), sent)
	}
	w.put(func(tx mentoring.Tx) error {
		n, err := tx.Announcement(1)
		if len(n.Words) > 0 || n.Told != 230 {
			t.Errorf("afterwards %+v", n)
		}
		return err
	})
}
