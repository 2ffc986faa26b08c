package store_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"silta/mentoring"
	"silta/store"
)

// TestCachesAreCoherent does random things in random groups, some of which
// fail, and compares what the gate's caches say with what the database says.
func TestCachesAreCoherent(t *testing.T) {
	w := newWorld(t, filepath.Join(t.TempDir(), "silta.db"))
	s := w.open()
	round := 0
	rapid.Check(t, func(r *rapid.T) {
		round++
		var casts []*cast
		for i := range 2 {
			casts = append(casts, s.cast(fmt.Sprintf("r%d-%d", round, i), w.now()))
		}
		lanes := []store.Lane{store.Lane(1000*round + 1), store.Lane(1000*round + 2)}
		events := &eventLog{}
		for range rapid.IntRange(1, 6).Draw(r, "groups") {
			free := s.occupy()
			var group sync.WaitGroup
			for range rapid.IntRange(1, 5).Draw(r, "steps") {
				var actions []func(*store.Tx) error
				for range rapid.IntRange(1, 3).Draw(r, "actions") {
					actions = append(actions, drawAction(r, w, casts, lanes, events))
				}
				fails := rapid.IntRange(0, 3).Draw(r, "fails") == 0
				group.Go(func() {
					err := s.Write(context.Background(), func(tx *store.Tx) error {
						for _, action := range actions {
							if err := action(tx); err != nil && !errors.Is(err, mentoring.ErrNotFound) {
								return err
							}
						}
						if fails {
							return errBroken
						}
						return nil
					})
					if err != nil && !errors.Is(err, errBroken) {
						t.Errorf("step: %v", err)
					}
				})
			}
			free()
			group.Wait()
			compareCaches(s, casts, lanes, events)
		}
	})
}

// eventLog remembers the messages that were tried, committed or not.
type eventLog struct {
	mu   sync.Mutex
	list []store.Message
}

func (l *eventLog) add(m store.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, m)
}

func (l *eventLog) all() []store.Message {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.list)
}

// drawAction draws one thing a step can do. It must bear being run again.
func drawAction(r *rapid.T, w *world, casts []*cast, lanes []store.Lane, events *eventLog) func(*store.Tx) error {
	c := casts[rapid.IntRange(0, len(casts)-1).Draw(r, "cast")]
	side := rapid.IntRange(0, 1).Draw(r, "side")
	lane := lanes[rapid.IntRange(0, len(lanes)-1).Draw(r, "lane")]
	n := rapid.IntRange(0, 1000).Draw(r, "n")
	at := w.now().Add(time.Duration(n) * time.Second)
	switch rapid.IntRange(0, 13).Draw(r, "action") {
	case 10, 11, 12, 13:
		return func(tx *store.Tx) error { return changeListing(tx, c, n, at) }
	case 0:
		return func(tx *store.Tx) error { return changeMember(tx, c.mentee.ID, n) }
	case 1:
		return func(tx *store.Tx) error {
			conv, err := tx.Conversation(c.conversation.ID)
			if err != nil {
				return err
			}
			conv = conv.Clone()
			conv.LastTalk, conv.Participants[side].Alias = at, fmt.Sprint("alias ", n)
			return tx.PutConversation(conv)
		}
	case 2:
		return func(tx *store.Tx) error {
			room, err := tx.Room(c.legs[side].ID)
			if err != nil {
				return err
			}
			room.State, room.Changed = store.RoomState(n%7), at
			return tx.PutRoom(&room)
		}
	case 3:
		return func(tx *store.Tx) error {
			return tx.PutGhost(&store.Ghost{Participant: c.ghosts[side].Participant, Localpart: c.ghosts[side].Localpart, Device: fmt.Sprint(n)})
		}
	case 4:
		return func(tx *store.Tx) error { return tx.PutBlock(c.mentee.ID, casts[n%len(casts)].mentor.ID, at) }
	case 5:
		m := store.Message{Conversation: c.conversation.ID, Source: newEvent(), Author: side + 1, Copies: []store.Copy{{Number: 2 - side}}}
		events.add(m)
		return func(tx *store.Tx) error { return tx.PutMessage(&m) }
	case 6:
		return func(tx *store.Tx) error { return changeSomeMessage(tx, events.all(), n) }
	case 7, 8:
		return func(tx *store.Tx) error {
			state := store.RowState(0)
			if n%5 == 0 {
				state = store.RowHeld
			}
			return tx.Enqueue(&store.Row{Lane: lane, Kind: store.LaneOut, State: state, Hold: store.HoldJoin * store.Hold(state), Payload: []byte(fmt.Sprint(n)), Due: at})
		}
	default:
		return func(tx *store.Tx) error { return changeSomeRow(tx, lane, n) }
	}
}

// changeListing changes one of the things that the catalogue shows, or looks at
// it in the middle of the step.
func changeListing(tx *store.Tx, c *cast, n int, at time.Time) error {
	id := c.memberships[1].ID
	switch n % 6 {
	case 0, 1:
		states := []mentoring.CardState{mentoring.CardApproved, mentoring.CardApproved, mentoring.CardSubmitted}
		return tx.PutCard(&mentoring.Card{Membership: id, State: states[n%3], Alias: fmt.Sprint("alias ", n), Updated: at})
	case 2:
		return tx.PutAvailability(&mentoring.Availability{Membership: id, Capacity: n, AwayText: fmt.Sprint(n)})
	case 3:
		m, err := tx.Membership(id)
		if err != nil {
			return err
		}
		m.State = []mentoring.MembershipState{mentoring.Active, mentoring.Active, mentoring.Paused}[n%3]
		return tx.PutMembership(&m)
	case 4:
		conv, err := tx.Conversation(c.conversation.ID)
		if err != nil {
			return err
		}
		conv = conv.Clone()
		conv.State = []mentoring.ConversationState{mentoring.Placed, mentoring.Open, mentoring.Closed}[n%3]
		return tx.PutConversation(conv)
	}
	_, err := tx.Listings(mentoring.DefaultProgramme)
	return err
}

func changeMember(tx *store.Tx, id mentoring.MemberID, n int) error {
	m, err := tx.Member(id)
	if err != nil {
		return err
	}
	m.Alias = fmt.Sprint("nick ", n)
	if n%2 == 0 {
		m.Address = fmt.Sprintf("@m%d-%d:example.org", id, n)
	}
	return tx.PutMember(&m)
}

func changeSomeMessage(tx *store.Tx, list []store.Message, n int) error {
	if len(list) == 0 {
		return nil
	}
	m := list[n%len(list)]
	if n%3 == 0 {
		return tx.DropCopy(m.Conversation, m.Source, m.Copies[0].Number)
	}
	return tx.SetCopy(m.Conversation, m.Source, m.Copies[0].Number, copyOf(m))
}

// copyOf is the event that the copy of a message becomes.
func copyOf(m store.Message) string { return m.Source[:20] + "x" + m.Source[21:43] + "A" }

func changeSomeRow(tx *store.Tx, lane store.Lane, n int) error {
	if n%6 == 0 {
		_, err := tx.Release(lane, store.HoldJoin, time.Time{})
		return err
	}
	rows, err := tx.Rows(lane)
	if err != nil || len(rows) == 0 {
		return err
	}
	id := rows[n%len(rows)].ID
	switch n % 6 {
	case 1:
		return tx.HoldRow(id, store.HoldJoin)
	case 2:
		return tx.SetAside(id, store.HoldGuard)
	case 3:
		return tx.Retry(id, time.Time{}, n)
	case 4:
		return tx.Rewrite(id, []byte(fmt.Sprint("again ", n)))
	default:
		return tx.Done(id)
	}
}

// compareCaches asks the gate and the database the same things.
func compareCaches(s *opened, casts []*cast, lanes []store.Lane, events *eventLog) {
	for _, c := range casts {
		m := both(s, "member", func(tx *store.Tx) (mentoring.Member, error) { return tx.Member(c.mentee.ID) })
		both(s, "address", func(tx *store.Tx) (mentoring.Member, error) { return tx.MemberByAddress(m.Address) })
		both(s, "conversation", func(tx *store.Tx) (*mentoring.Conversation, error) { return tx.Conversation(c.conversation.ID) })
		both(s, "legs", func(tx *store.Tx) ([]store.Room, error) { return tx.LegsOf(c.conversation.ID) })
		for side := range 2 {
			both(s, "room", func(tx *store.Tx) (store.Room, error) { return tx.RoomByMatrix(c.legs[side].Matrix) })
			both(s, "ghost", func(tx *store.Tx) (store.Ghost, error) { return tx.Ghost(c.ghosts[side].Participant) })
			both(s, "owner", func(tx *store.Tx) (store.Room, error) {
				r, err := tx.RoomOf(store.RoomLeg, c.legs[side].Owner)
				return r, maybe(err)
			})
		}
		for _, d := range casts {
			both(s, "blocked", func(tx *store.Tx) (bool, error) { return tx.Blocked(c.mentee.ID, d.mentor.ID) })
		}
	}
	both(s, "listings", func(tx *store.Tx) ([]*mentoring.Listing, error) { return tx.Listings(mentoring.DefaultProgramme) })
	for _, m := range events.all() {
		both(s, "message", func(tx *store.Tx) (*store.Message, error) {
			found, err := tx.Message(m.Conversation, m.Author, m.Source)
			return found, maybe(err)
		})
		both(s, "message by copy", func(tx *store.Tx) (*store.Message, error) {
			found, err := tx.Message(m.Conversation, m.Copies[0].Number, copyOf(m))
			return found, maybe(err)
		})
	}
	for _, lane := range lanes {
		compareLane(s, lane)
	}
}

// compareLane: what Next says, hot or cold, is what is in the database.
func compareLane(s *opened, lane store.Lane) {
	var all []store.Row
	s.read(func(tx *store.Tx) (err error) { all, err = tx.Rows(lane); return err })
	all = slices.DeleteFunc(all, func(r store.Row) bool { return r.State == store.RowAside })
	slices.SortFunc(all, func(a, b store.Row) int { return cmp.Compare(a.ID, b.ID) })
	if len(all) == 0 {
		all = nil
	}
	for range 2 { // the first may make the lane hot
		got := s.next(lane, 0)
		if len(got) == 0 {
			got = nil
		}
		same(s.t, "lane", got, all)
		if len(all) > 1 {
			same(s.t, "lane after its first row", s.next(lane, all[0].ID), all[1:])
		}
	}
}

// maybe lets "not found" pass as an answer like others.
func maybe(err error) error {
	if errors.Is(err, mentoring.ErrNotFound) {
		return nil
	}
	return err
}

// TestRunAgainWithTheSameValues: a step that was undone because of another one
// inserts its values again, though they had got their IDs.
func TestRunAgainWithTheSameValues(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		free := s.occupy()
		m := mentoring.Member{Address: address("again")}
		row := store.Row{Lane: 1, Kind: store.LaneWork}
		room := mentoring.StaffRoom{Unit: "u"}
		runs := 0
		var group sync.WaitGroup
		group.Go(func() {
			err := s.Write(context.Background(), func(tx *store.Tx) error {
				runs++
				return errors.Join(tx.PutMember(&m), tx.Enqueue(&row), tx.PutStaffRoom(&room))
			})
			if err != nil {
				t.Error(err)
			}
		})
		time.Sleep(50 * time.Millisecond)
		group.Go(func() {
			_ = s.Write(context.Background(), func(tx *store.Tx) error {
				return errors.Join(tx.PutSetting("a", "b"), errBroken)
			})
		})
		time.Sleep(50 * time.Millisecond)
		free()
		group.Wait()
		same(t, "runs", runs, 2)
		same(t, "member", both(s, "member", func(tx *store.Tx) (mentoring.Member, error) { return tx.MemberByAddress(address("again")) }), m)
		same(t, "rows", ids(s.next(1, 0)), []int64{row.ID})
		if m.ID == 0 || room.ID == 0 {
			t.Error("no ID after success")
		}
	})
}

// TestNextFromMemory: what Next returns right after an Enqueue is the row that
// was enqueued, Value included; after a restart it is the same without Value.
func TestNextFromMemory(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		type parsed struct{ text string }
		row := store.Row{Lane: 7, Kind: store.LaneOut, Payload: []byte("hei"), Value: &parsed{"hei"}}
		s.write(func(tx *store.Tx) error { return tx.Enqueue(&row) })
		row.Created = w.now()
		same(t, "hot", s.next(7, 0), []store.Row{row})
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = w.open()
		row.Value = nil
		same(t, "cold", s.next(7, 0), []store.Row{row})
		same(t, "warmed", s.next(7, 0), []store.Row{row})
		s.write(func(tx *store.Tx) error { return tx.Done(row.ID) })
		same(t, "done", len(s.next(7, 0)), 0)
	})
}
