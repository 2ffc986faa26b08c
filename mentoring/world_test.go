package mentoring_test

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"silta/mentoring"
	"silta/store"
)

// backing is the real store, on a real SQLite file.
type backing struct{ *store.Store }

func openStore(t testing.TB) backing {
	t.Helper()
	keys, err := store.ParseKeyring("1 " + base64.StdEncoding.EncodeToString(make([]byte, 32)))
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(context.Background(), store.Options{DSN: filepath.Join(memoryDir(t), "silta.db"), Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return backing{s}
}

// memoryDir is a folder in memory where there is such a thing: these tests are
// about decisions, and the disk's would be most of their time.
func memoryDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "silta-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func (b backing) write(fn func(mentoring.Tx) error) error {
	return b.Write(context.Background(), func(tx *store.Tx) error { return fn(tx) })
}

// figures reads all counters of those names; of none, the ones kept for ever.
func (w *world) figures(names ...mentoring.CounterName) map[mentoring.Counter]int64 {
	w.t.Helper()
	all := map[mentoring.Counter]int64{}
	if len(names) == 0 {
		names = []mentoring.CounterName{
			mentoring.CountRegistered, mentoring.CountFirstMessages, mentoring.CountMessages, mentoring.CountTalkDays,
		}
	}
	err := w.store.Read(context.Background(), func(tx *store.Tx) error {
		for _, name := range names {
			list, err := tx.Counters(name)
			if err != nil {
				return err
			}
			for _, c := range list {
				all[c.Counter] = c.Value
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// tester is what a world needs of testing.TB; rapid.T has it too.
type tester interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Fatal(args ...any)
}

// world is a service with its people, made by the use cases themselves.
type world struct {
	t      tester
	store  backing
	now    time.Time
	rules  mentoring.Rules
	random io.Reader
	people int
}

func newWorld(t testing.TB) *world {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		t.Fatalf("time zone data: %v (apt-get install tzdata)", err)
	}
	return &world{
		t:     t,
		store: openStore(t),
		now:   time.Date(2026, 11, 2, 12, 0, 0, 0, zone),
		rules: mentoring.Rules{
			MinimumAge: 17, ConsentVersion: 1, PlaceHeld: 24 * time.Hour, MentorCapacity: 3,
			CodeLifetime: 14 * 24 * time.Hour, Retention: 90 * 24 * time.Hour, RetentionNotice: 72 * time.Hour,
			JoiningRetention: 30 * 24 * time.Hour,
			Programmes: map[mentoring.Programme]*mentoring.ProgrammeRules{mentoring.DefaultProgramme: {
				Awake: time.Hour, ForgetAfter: 7 * 24 * time.Hour, FewMentors: 2,
				Supervision: mentoring.SupervisionRules{
					Every: 28 * 24 * time.Hour, Lasts: 90 * time.Minute, Missed: 2,
					Reminders: []time.Duration{7 * 24 * time.Hour, 24 * time.Hour},
				},
				Waiting: mentoring.Waiting{Remind: 24 * time.Hour, Offer: 48 * time.Hour, Staff: 72 * time.Hour},
			}},
			Zone: zone, Topics: []string{"study", "work", "family"}, StaffAlias: "Silta",
		},
		random: rand.NewChaCha8([32]byte{1}),
	}
}

// watched counts what is written.
type watched struct {
	mentoring.Tx
	writes int
}

func (w *watched) PutMember(m *mentoring.Member) error { w.writes++; return w.Tx.PutMember(m) }
func (w *watched) PutMembership(m *mentoring.Membership) error {
	w.writes++
	return w.Tx.PutMembership(m)
}
func (w *watched) PutCard(c *mentoring.Card) error { w.writes++; return w.Tx.PutCard(c) }
func (w *watched) PutAvailability(v *mentoring.Availability) error {
	w.writes++
	return w.Tx.PutAvailability(v)
}
func (w *watched) PutConversation(c *mentoring.Conversation) error {
	w.writes++
	return w.Tx.PutConversation(c)
}
func (w *watched) PutCase(c *mentoring.Case) error { w.writes++; return w.Tx.PutCase(c) }
func (w *watched) AppendAudit(e *mentoring.AuditEntry) error {
	w.writes++
	return w.Tx.AppendAudit(e)
}
func (w *watched) PutSupervision(m *mentoring.Supervision) error {
	w.writes++
	return w.Tx.PutSupervision(m)
}
func (w *watched) PutSeat(s *mentoring.Seat) error           { w.writes++; return w.Tx.PutSeat(s) }
func (w *watched) PutStaffRoom(r *mentoring.StaffRoom) error { w.writes++; return w.Tx.PutStaffRoom(r) }
func (w *watched) PutCode(s string, c *mentoring.Code) error { w.writes++; return w.Tx.PutCode(s, c) }
func (w *watched) PutBlock(by, whom mentoring.MemberID, at time.Time) error {
	w.writes++
	return w.Tx.PutBlock(by, whom, at)
}
func (w *watched) Tally(s mentoring.MembershipID, m string, n mentoring.TallyName, v int64) error {
	w.writes++
	return w.Tx.Tally(s, m, n, v)
}
func (w *watched) Count(c mentoring.Counter, n int64) error { w.writes++; return w.Tx.Count(c, n) }

// do is one act in one transaction. A refusal must have written nothing and
// must have no effect; a fault fails the test.
func (w *world) do(fn func(a *mentoring.Act) error) ([]mentoring.Effect, *mentoring.Refusal) {
	w.t.Helper()
	var effects []mentoring.Effect
	var refusal *mentoring.Refusal
	err := w.store.write(func(tx mentoring.Tx) error {
		refusal = nil
		rules := w.rules
		watch := &watched{Tx: tx}
		a := &mentoring.Act{Tx: watch, Now: w.now, Rules: &rules, Random: w.random}
		err := fn(a)
		if errors.As(err, &refusal) {
			if watch.writes > 0 || len(a.Effects) > 0 {
				return fmt.Errorf("%w, but %d writes and effects %v", err, watch.writes, a.Effects)
			}
			return nil
		}
		effects = a.Effects
		return err
	})
	if err != nil {
		w.t.Fatalf("fault: %v", err)
	}
	return effects, refusal
}

// must is an act that has to go through.
func (w *world) must(fn func(a *mentoring.Act) error) []mentoring.Effect {
	w.t.Helper()
	effects, refusal := w.do(fn)
	if refusal != nil {
		w.t.Fatalf("unexpected: %v", refusal)
	}
	return effects
}

// refused is an act that has to be refused with that text.
func (w *world) refused(key string, fn func(a *mentoring.Act) error) *mentoring.Refusal {
	w.t.Helper()
	_, refusal := w.do(fn)
	if refusal == nil {
		w.t.Fatalf("went through; want refusal %q", key)
		return nil // the linter does not know Fatalf of this field
	}
	if refusal.Text.Key != key {
		w.t.Fatalf("refused with %q, want %q", refusal.Text.Key, key)
	}
	return refusal
}

func (w *world) address() string {
	w.people++
	return fmt.Sprintf("@person%d:example.org", w.people)
}

// met is somebody who has just come to the bot.
func (w *world) met() mentoring.Member {
	w.t.Helper()
	var m mentoring.Member
	w.must(func(a *mentoring.Act) (err error) { m, err = a.Meet(w.address()); return err })
	return m
}

// joins takes a member through joining, from wherever they are.
func (w *world) joins(m *mentoring.Member, nickname string) {
	w.t.Helper()
	w.must(func(a *mentoring.Act) error {
		if err := a.SetLanguage(m, "fi"); err != nil {
			return err
		}
		if m.Join == mentoring.JoinAge {
			if err := a.AnswerAge(m, true); err != nil {
				return err
			}
		}
		if err := a.AnswerConsent(m, true); err != nil {
			return err
		}
		return a.TakeNickname(m, nickname)
	})
}

func (w *world) mentee(nickname string) mentoring.Member {
	w.t.Helper()
	m := w.met()
	w.joins(&m, nickname)
	return m
}

func (w *world) staff() mentoring.Member {
	w.t.Helper()
	var m mentoring.Member
	w.must(func(a *mentoring.Act) (err error) { m, err = a.Enlist(w.address()); return err })
	return m
}

// invited is a member who has redeemed a mentor code and joined.
func (w *world) invited(staff mentoring.Member, nickname string) (mentoring.Member, mentoring.Membership) {
	w.t.Helper()
	m := w.met()
	var s mentoring.Membership
	w.must(func(a *mentoring.Act) error {
		code, err := a.NewMentorCode(staff)
		if err != nil {
			return err
		}
		r, err := a.RedeemCode(&m, code)
		s = r.Membership
		return err
	})
	w.joins(&m, nickname)
	return m, s
}

func wholeCard() mentoring.Card {
	return mentoring.Card{
		Alias: "Kanerva", AgeBand: "25–34", Area: "Oulu", Story: "Kuuntelen.",
		Topics: []string{"study", "work"}, Languages: []mentoring.Language{"fi", "en"},
	}
}

// mentor is a listed mentor.
func (w *world) mentor(staff mentoring.Member, alias string) (mentoring.Member, mentoring.MembershipID) {
	w.t.Helper()
	m, _ := w.invited(staff, alias)
	return m, w.list(staff, m, alias)
}

// list takes an invited mentor's card through to the list.
func (w *world) list(staff, m mentoring.Member, alias string) (id mentoring.MembershipID) {
	w.t.Helper()
	card := wholeCard()
	card.Alias = alias
	for _, s := range w.memberships(m) {
		if s.Role == mentoring.Mentor {
			id = s.ID
		}
	}
	w.must(func(a *mentoring.Act) error {
		return cmp.Or(a.SaveCard(m, &card), a.SubmitCard(m), a.ApproveCard(staff, id))
	})
	return id
}

// choose begins a conversation; the mentee has come into their leg.
func (w *world) choose(m mentoring.Member, mentor mentoring.MembershipID) *mentoring.Conversation {
	w.t.Helper()
	var c *mentoring.Conversation
	w.must(func(a *mentoring.Act) (err error) {
		if c, err = a.Choose(m, mentor); err != nil {
			return err
		}
		return a.Arrived(c.Participants[0].ID)
	})
	return w.conversation(c.ID)
}

// talking is a conversation in which the mentee has written and both are there.
func (w *world) talking(m mentoring.Member, mentor mentoring.MembershipID) *mentoring.Conversation {
	w.t.Helper()
	c := w.choose(m, mentor)
	w.says(c.Participants[0].ID)
	w.must(func(a *mentoring.Act) error { return a.Arrived(c.Participants[1].ID) })
	return w.conversation(c.ID)
}

func (w *world) says(p mentoring.ParticipantID) []mentoring.Effect {
	w.t.Helper()
	return w.must(func(a *mentoring.Act) error { _, _, err := a.Speak(p, mentoring.Says); return err })
}

func (w *world) conversation(id mentoring.ConversationID) *mentoring.Conversation {
	w.t.Helper()
	var c *mentoring.Conversation
	w.look(func(a *mentoring.Act) (err error) { c, err = a.Tx.Conversation(id); return err })
	return c.Clone()
}

func (w *world) membership(id mentoring.MembershipID) mentoring.Membership {
	w.t.Helper()
	var s mentoring.Membership
	w.look(func(a *mentoring.Act) (err error) { s, err = a.Tx.Membership(id); return err })
	return s
}

func (w *world) memberships(m mentoring.Member) []mentoring.Membership {
	w.t.Helper()
	var list []mentoring.Membership
	w.look(func(a *mentoring.Act) (err error) { list, err = a.Tx.Memberships(m.ID); return err })
	return list
}

func (w *world) member(id mentoring.MemberID) mentoring.Member {
	w.t.Helper()
	var m mentoring.Member
	w.look(func(a *mentoring.Act) (err error) { m, err = a.Tx.Member(id); return err })
	return m
}

func (w *world) caseOf(id mentoring.CaseID) mentoring.Case {
	w.t.Helper()
	var c mentoring.Case
	w.look(func(a *mentoring.Act) (err error) { c, err = a.CaseOf(id); return err })
	return c
}

// look is an act that only reads.
func (w *world) look(fn func(a *mentoring.Act) error) {
	w.t.Helper()
	rules := w.rules
	err := w.store.Read(context.Background(), func(tx *store.Tx) error {
		return fn(&mentoring.Act{Tx: tx, Now: w.now, Rules: &rules, Random: w.random})
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// put writes past the use cases, for states that none of them leads to yet.
func (w *world) put(fn func(tx mentoring.Tx) error) {
	w.t.Helper()
	w.must(func(a *mentoring.Act) error { return fn(a.Tx) })
}

// tick is what time brings, without the months' digests: they are tested apart.
func (w *world) tick() []mentoring.Effect {
	w.t.Helper()
	all := w.must(func(a *mentoring.Act) error { _, err := a.Tick(); return err })
	return slices.DeleteFunc(all, func(e mentoring.Effect) bool {
		n, ok := e.(mentoring.Notify)
		return ok && (strings.HasPrefix(n.Text.Key, "digest.") || n.Text.Key == "summary.ask")
	})
}

func (w *world) later(d time.Duration) { w.now = w.now.Add(d) }

// figure is a counter's sum over all months, programmes and units.
func (w *world) figure(name mentoring.CounterName, trial bool) (sum int64) {
	w.t.Helper()
	for c, n := range w.figures() {
		if c.Name == name && c.Trial == trial {
			sum += n
		}
	}
	return sum
}

// of filters effects by their type.
func of[E mentoring.Effect](effects []mentoring.Effect) (list []E) {
	for _, e := range effects {
		if v, ok := e.(E); ok {
			list = append(list, v)
		}
	}
	return list
}

// same fails the test when the effects are not exactly these, texts by key and
// values.
func (w *world) same(got []mentoring.Effect, want ...mentoring.Effect) {
	w.t.Helper()
	if len(got) == 0 && len(want) == 0 {
		return
	}
	if got, want := plain(got), plain(want); !reflect.DeepEqual(got, want) {
		w.t.Errorf("effects:\n got  %+v\n want %+v", got, want)
	}
}

// plain puts the times in effects into one zone, so that they can be compared.
func plain(effects []mentoring.Effect) (list []mentoring.Effect) {
	utc := func(t mentoring.Text) mentoring.Text {
		args := maps.Clone(t.Args)
		for name, v := range args {
			if at, ok := v.(time.Time); ok {
				args[name] = at.UTC()
			}
		}
		return mentoring.Text{Key: t.Key, Args: args}
	}
	for _, e := range effects {
		switch v := e.(type) {
		case mentoring.Tell:
			v.Text = utc(v.Text)
			e = v
		case mentoring.Notify:
			v.Text = utc(v.Text)
			e = v
		}
		list = append(list, e)
	}
	return list
}

func asRefusal(err error) *mentoring.Refusal {
	refusal, _ := errors.AsType[*mentoring.Refusal](err)
	return refusal
}

var errUndo = errors.New("undo")

// undone runs an act in a transaction that is rolled back.
func (w *world) undone(fn func(a *mentoring.Act) error) error {
	err := w.store.write(func(tx mentoring.Tx) error {
		rules := w.rules
		if err := fn(&mentoring.Act{Tx: tx, Now: w.now, Rules: &rules, Random: w.random}); err != nil {
			return err
		}
		return errUndo
	})
	if errors.Is(err, errUndo) {
		return nil
	}
	return err
}

// emptied is what the bridge does when a conversation has been emptied.
func (w *world) emptied(id mentoring.ConversationID) {
	w.t.Helper()
	if err := w.store.Write(context.Background(), func(tx *store.Tx) error { return tx.EmptyConversation(id) }); err != nil {
		w.t.Fatal(err)
	}
}
