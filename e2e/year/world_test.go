package year

import (
	"container/heap"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"silta/mentoring"
	"silta/store"
)

// tickEvery is how often the service looks at the time here. It does so every
// minute in truth; a year has half a million of those.
const tickEvery = 10 * time.Minute

// world is the service, its clock and what is going to happen.
type world struct {
	t       *testing.T
	store   *store.Store
	rules   *mentoring.Rules
	rand    *rand.Rand
	chance  *rand.ChaCha8
	journal *journal
	now     time.Time
	begin   time.Time
	end     time.Time
	agenda  agenda
	seq     int
	staff   mentoring.Member

	hired   []*mentor
	mentors map[mentoring.MembershipID]*mentor
	byID    map[mentoring.MemberID]*mentor
	mentees map[mentoring.MemberID]*mentee
	talks   map[mentoring.ConversationID]*talk
	of      map[mentoring.ParticipantID]mentoring.ConversationID
	faults  int
	// figures: the year is for figures; see figures_test.go.
	figures bool
	cases   map[mentoring.CaseID]mentoring.MemberID // that are open, and whose
	options store.Options
	ideas   []int64 // that everybody sees
}

// happening is something that is going to happen.
type happening struct {
	at  time.Time
	seq int
	do  func()
}

type agenda []happening

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	return a[i].at.Before(a[j].at) || a[i].at.Equal(a[j].at) && a[i].seq < a[j].seq
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)   { *a = append(*a, x.(happening)) }
func (a *agenda) Pop() any {
	old := *a
	last := old[len(old)-1]
	*a = old[:len(old)-1]
	return last
}

// at has something happen later; what would be after the end does not.
func (w *world) at(when time.Time, do func()) {
	if when.Before(w.now) {
		when = w.now
	}
	w.seq++
	heap.Push(&w.agenda, happening{when, w.seq, do})
}

func (w *world) after(d time.Duration, do func()) { w.at(w.now.Add(d), do) }

// run lets everything happen in order, with the service looking at the time in
// between.
func (w *world) run() {
	next := w.begin
	for w.agenda.Len() > 0 && !w.agenda[0].at.After(w.end) {
		for !next.After(w.agenda[0].at) {
			w.now = next
			w.tick()
			next = next.Add(tickEvery)
		}
		h := heap.Pop(&w.agenda).(happening)
		w.now = h.at
		h.do()
	}
}

func (w *world) tick() {
	for {
		var next time.Time
		w.act(func(a *mentoring.Act) (err error) { next, err = a.Tick(); return err })
		if next.After(w.now) {
			return
		}
	}
}

// act is one use case in one transaction; it says whether it went through. What
// follows from it is done at once.
func (w *world) act(do func(*mentoring.Act) error) bool {
	w.t.Helper()
	var effects []mentoring.Effect
	var refusal *mentoring.Refusal
	err := w.store.Write(context.Background(), func(tx *store.Tx) error {
		a := &mentoring.Act{Tx: tx, Now: w.now, Rules: w.rules, Random: w.chance}
		refusal = nil
		if err := do(a); err != nil && !errors.As(err, &refusal) {
			return err
		}
		effects = a.Effects
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range effects {
		w.effect(e)
	}
	return refusal == nil
}

// read is an act that only looks; in a writing transaction, as the program does
// it, which has the store's caches.
func (w *world) read(do func(*mentoring.Act) error) {
	w.t.Helper()
	err := w.store.Write(context.Background(), func(tx *store.Tx) error {
		return do(&mentoring.Act{Tx: tx, Now: w.now, Rules: w.rules, Random: w.chance})
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// effect writes down what is told, and has people act on it.
func (w *world) effect(e mentoring.Effect) {
	switch e := e.(type) {
	case mentoring.Tell:
		w.told(e)
	case mentoring.Notify:
		w.notified(e)
	case mentoring.TellStaff:
		if e.Text.Key == "wait.staff" {
			w.journal.line(w.now, jStaff, e.Text.Args["number"])
		}
	case mentoring.WakeLeg:
		if c := w.talks[w.of[e.Participant]]; c != nil {
			w.deliver(c)
		}
	case mentoring.ShowQuestion:
		w.questioned(e.Prompt)
	case mentoring.EmptyConversation:
		if w.figures {
			w.emptied(e.Conversation)
		}
	case mentoring.EraseMember:
		w.erased(e.Member)
	case mentoring.OpenLeg:
		w.act(func(a *mentoring.Act) error { return a.Arrived(e.Participant) })
	}
}

func (w *world) told(e mentoring.Tell) {
	c := w.talks[w.of[e.Participant]]
	if c == nil {
		return
	}
	switch e.Text.Key {
	case "wait.hours":
		w.journal.line(w.now, jHoursTold, c.id)
	case "wait.offer":
		w.journal.line(w.now, jOffer, c.id)
		w.offered(c)
	case "chat.ended", "handover.over", "chat.mentor_stopped":
		w.over(c)
	}
}

// notified is what comes to people's own rooms. A reminder does not say which
// conversation it is about but by the alias, so it is found by that.
func (w *world) notified(e mentoring.Notify) {
	switch e.Text.Key {
	case "wait.remind":
		m := w.byID[e.Member]
		for _, id := range m.talks {
			if c := w.talks[id]; !c.over && c.mentee.alias == e.Text.Args["alias"] {
				w.journal.line(w.now, jRemind, c.id)
				w.reminded(c)
				return
			}
		}
		w.faults++
	case "handover.ask":
		w.asked(w.mentees[e.Member])
	case "chat.place_is_gone":
		for _, id := range w.mentees[e.Member].talks {
			w.over(w.talks[id])
		}
	case "away.over":
		w.journal.line(w.now, jBack, w.byID[e.Member].id)
	}
}

// deliver shows the mentor what waits for them in a conversation, as far as they
// may be written to now; the bridge does the same when it is about to send.
func (w *world) deliver(c *talk) {
	if len(c.waiting) == 0 {
		return
	}
	var from time.Time
	w.read(func(a *mentoring.Act) error {
		conversation, err := a.Tx.Conversation(c.id)
		if err != nil {
			return err
		}
		l, err := a.Listening(conversation, &conversation.Participants[1])
		from = l.From(a.Now)
		return err
	})
	if from.After(w.now) {
		if !c.delivery.Equal(from) {
			c.delivery = from
			w.at(from, func() { w.deliver(c) })
		}
		return
	}
	for range c.waiting {
		w.journal.line(w.now, jShow, c.id)
	}
	c.waiting, c.delivery = nil, time.Time{}
	w.seen(c)
}

// over notes that a conversation takes no place any more.
func (w *world) over(c *talk) {
	if !c.over {
		c.over = true
		w.journal.line(w.now, jOver, c.id)
	}
}

// start makes the service with its staff.
func start(t *testing.T, seed uint64, j *journal) *world {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "silta-year-")
	if err != nil {
		dir = t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	zone, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := store.ParseKeyring("1 " + base64.StdEncoding.EncodeToString(make([]byte, 32)))
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Date(2027, 1, 1, 0, 0, 0, 0, zone)
	w := &world{
		t: t, journal: j, begin: begin, now: begin, end: begin.AddDate(1, 0, 0),
		rand: rand.New(rand.NewPCG(seed, 2)), chance: rand.NewChaCha8([32]byte{byte(seed)}),
		mentors: map[mentoring.MembershipID]*mentor{}, byID: map[mentoring.MemberID]*mentor{},
		mentees: map[mentoring.MemberID]*mentee{}, talks: map[mentoring.ConversationID]*talk{},
		of:    map[mentoring.ParticipantID]mentoring.ConversationID{},
		cases: map[mentoring.CaseID]mentoring.MemberID{},
		rules: &mentoring.Rules{
			MinimumAge: 17, ConsentVersion: 1, PlaceHeld: 24 * time.Hour, MentorCapacity: 8,
			CodeLifetime: 14 * 24 * time.Hour, Retention: 90 * 24 * time.Hour, RetentionNotice: 72 * time.Hour,
			JoiningRetention: 30 * 24 * time.Hour, Zone: zone, Topics: topics(), StaffAlias: "Silta",
			Programmes: map[mentoring.Programme]*mentoring.ProgrammeRules{mentoring.DefaultProgramme: {
				Awake: time.Hour, ForgetAfter: 7 * 24 * time.Hour, FewMentors: 2,
				Waiting: mentoring.Waiting{Remind: 24 * time.Hour, Offer: 48 * time.Hour, Staff: 72 * time.Hour},
			}},
		},
	}
	w.options = store.Options{DSN: filepath.Join(dir, "silta.db"), Keys: keys, Now: func() time.Time { return w.now }}
	w.store, err = store.Open(context.Background(), w.options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.store.Close(); err != nil {
			t.Error(err)
		}
	})
	j.line(w.now, jZone, zone.String())
	j.line(w.now, jTick, int(tickEvery/time.Minute))
	w.act(func(a *mentoring.Act) (err error) { w.staff, err = a.Enlist("@staff:example.org"); return err })
	return w
}

func topics() []string { return []string{"independence", "aftercare", "studies", "work", "parenthood"} }

// joins takes somebody through joining.
func (w *world) joins(address, alias string, before func(*mentoring.Act, *mentoring.Member) error) (m mentoring.Member) {
	w.t.Helper()
	ok := w.act(func(a *mentoring.Act) (err error) {
		if m, err = a.Meet(address); err != nil {
			return err
		}
		if before != nil {
			if err := before(a, &m); err != nil {
				return err
			}
		}
		if err := a.SetLanguage(&m, "fi"); err != nil {
			return err
		}
		if m.Join == mentoring.JoinAge {
			if err := a.AnswerAge(&m, true); err != nil {
				return err
			}
		}
		if err := a.AnswerConsent(&m, true); err != nil {
			return err
		}
		return a.TakeNickname(&m, alias)
	})
	if !ok {
		w.t.Fatal("joining was refused")
	}
	return m
}

// hour is a moment on a day when people write: most do in the evening.
func (w *world) hour(midnight time.Time) time.Time {
	weights := [24]float64{2, 1, .5, .3, .2, .2, .4, 1, 1.5, 2, 2, 2, 2.2, 2.4, 2.6, 3, 4.5, 5, 5.5, 6, 7, 7, 6, 4}
	pick := w.rand.Float64() * sum(weights[:])
	for h, weight := range weights {
		if pick -= weight; pick < 0 {
			y, m, d := midnight.Date()
			return time.Date(y, m, d, h, w.rand.IntN(60), w.rand.IntN(60), 0, midnight.Location())
		}
	}
	return midnight
}

func sum(list []float64) (total float64) {
	for _, v := range list {
		total += v
	}
	return total
}

// soon is a moment about d from now at which people are awake, shaped like hour.
func (w *world) soon(d time.Duration) time.Time {
	at := w.now.Add(time.Duration(w.rand.ExpFloat64() * float64(d)))
	if h := at.In(w.rules.Zone).Hour(); h >= 9 || d < 20*time.Minute {
		return at
	}
	day := at.In(w.rules.Zone)
	shaped := w.hour(time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, w.rules.Zone))
	if shaped.Before(at) {
		return at.Add(8 * time.Hour)
	}
	return shaped
}

func (w *world) yes(p float64) bool { return w.rand.Float64() < p }

func alias(n int) string { return fmt.Sprintf("Nimi-%d", n) }

func without(list []mentoring.ConversationID, id mentoring.ConversationID) []mentoring.ConversationID {
	return slices.DeleteFunc(list, func(c mentoring.ConversationID) bool { return c == id })
}
