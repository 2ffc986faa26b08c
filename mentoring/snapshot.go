package mentoring

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// SnapshotID identifies a [Snapshot].
type SnapshotID int64

// SnapshotState is the state of a snapshot; see docs/states.md.
type SnapshotState string

// asked → ready → given.
const (
	SnapshotAsked SnapshotState = "asked" // being read
	SnapshotReady SnapshotState = "ready" // its giver is asked whether to give it
	SnapshotGiven SnapshotState = "given" // staff have it, with a case
)

// Snapshot is what somebody who reports chose to give: some messages of one of
// their conversations, as they read them. Until it is given it is nobody's but
// theirs, and goes after a day.
type Snapshot struct {
	ID           SnapshotID
	Case         CaseID // 0: not given yet
	Member       MemberID
	Conversation ConversationID
	State        SnapshotState
	Excerpts     []Excerpt // sealed at rest
	Shown        int       // lines in the staff room that show it now
	Created      time.Time
}

// Excerpt is one message of a snapshot. In Words the names of the people in the
// conversation are marks, which [Excerpt.Text] makes names again.
type Excerpt struct {
	Author int       `json:"n"` // participant number
	Role   Role      `json:"r"`
	At     time.Time `json:"t"`
	Words  string    `json:"w"`
	Edited bool      `json:"e,omitempty"`
	// Lost says that it could not be read any more: taken back, or its key is gone.
	Lost bool `json:"l,omitempty"`
	File bool `json:"f,omitempty"` // there was a file, which is not given
}

// Collect has the bridge read what was chosen for a snapshot, in the leg of the
// participant who reports: the message that was answered, or the Last ones.
type Collect struct {
	Snapshot    SnapshotID
	Participant ParticipantID
	Event       string
	Last        int
}

// HideLine takes a line of the bot's away from a staff room. Key is what the line
// was said under.
type HideLine struct {
	Programme Programme
	Unit      Unit
	Key       string
}

func (Collect) effect()  {}
func (HideLine) effect() {}

const (
	draftKept = 24 * time.Hour
	reasonMax = 1000 // letters
	// MostExcerpts is how many messages one report can hold.
	MostExcerpts = 20
)

// SnapshotMachine is what becomes of a snapshot.
func SnapshotMachine() Machine[SnapshotState] {
	return Machine[SnapshotState]{
		Name:  "snapshot",
		About: "What becomes of the messages that somebody chose for a report. Arrive is that they have been read. What is not given is deleted after a day, what is given with its case.",
		Moves: []Move[SnapshotState]{
			{"", StepAsk, SnapshotAsked},
			{SnapshotAsked, StepArrive, SnapshotReady},
			{SnapshotReady, StepGive, SnapshotGiven},
		},
	}
}

// BeginReport begins a report about a conversation: with the message of an event
// of the reporter's own leg, with the last ones, or with none.
func (a *Act) BeginReport(m Member, id ConversationID, event string, last int) (Snapshot, error) {
	if err := a.can(m, DoCallStaff); err != nil {
		return Snapshot{}, err
	}
	c, p, err := a.mine(m, id)
	if err != nil {
		return Snapshot{}, err
	}
	if err := a.Tx.DropDrafts(m.ID, a.Now); err != nil {
		return Snapshot{}, fmt.Errorf("drop drafts: %w", err)
	}
	s := Snapshot{Member: m.ID, Conversation: c.ID, Created: a.Now}
	if err := SnapshotMachine().shift(&s.State, StepAsk); err != nil {
		return s, err
	}
	nothing := event == "" && last <= 0
	if nothing {
		if err := SnapshotMachine().shift(&s.State, StepArrive); err != nil {
			return s, err
		}
	}
	if err := a.Tx.PutSnapshot(&s); err != nil {
		return s, fmt.Errorf("put snapshot: %w", err)
	}
	if !nothing {
		a.Do(Collect{Snapshot: s.ID, Participant: p.ID, Event: event, Last: min(last, MostExcerpts)})
	}
	return s, nil
}

// Collected is the bridge giving what it read for a snapshot. ErrNotFound: nobody
// waits for it any more.
func (a *Act) Collected(id SnapshotID, found []Excerpt) (Snapshot, error) {
	s, err := a.Tx.Snapshot(id)
	if err != nil {
		return s, fmt.Errorf("snapshot: %w", err)
	}
	if err := SnapshotMachine().shift(&s.State, StepArrive); err != nil {
		return s, fmt.Errorf("snapshot: %w", ErrNotFound)
	}
	c, err := a.Tx.Conversation(s.Conversation)
	if err != nil {
		return s, fmt.Errorf("conversation: %w", err)
	}
	for _, e := range found {
		if p := c.ByNumber(e.Author); p != nil {
			e.Role = p.Role
		}
		e.Words = c.marked(e.Words)
		s.Excerpts = append(s.Excerpts, e)
	}
	if err := a.Tx.PutSnapshot(&s); err != nil {
		return s, fmt.Errorf("put snapshot: %w", err)
	}
	return s, nil
}

// mark stands for a participant's name in a snapshot: a rune that means nothing
// to anybody.
func mark(number int) rune { return rune(0xE000 + number) }

func isMark(r rune) bool { return r >= 0xE000 && r <= 0xE000+100 }

// marked replaces the names of a conversation's people in a text, however they
// are written and inflected.
func (c *Conversation) marked(text string) string {
	text = strings.Map(func(r rune) rune {
		if isMark(r) {
			return -1
		}
		return r
	}, text)
	var out strings.Builder
	begins := true // here a word may begin
	for len(text) > 0 {
		found := false
		for i := range c.Participants {
			p := &c.Participants[i]
			if n := prefixFold(text, p.Alias); begins && n > 0 {
				out.WriteRune(mark(p.Number))
				text, begins, found = text[n:], false, true
				break
			}
		}
		if found {
			continue
		}
		r, size := utf8.DecodeRuneInString(text)
		out.WriteString(text[:size])
		text = text[size:]
		begins = !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}
	return out.String()
}

// prefixFold is how many bytes of a text a name at its beginning takes, in
// whatever case; 0: it does not begin with it.
func prefixFold(text, name string) int {
	if name == "" {
		return 0
	}
	n := 0
	for _, want := range name {
		got, size := utf8.DecodeRuneInString(text[n:])
		if size == 0 || unicode.ToLower(got) != unicode.ToLower(want) {
			return 0
		}
		n += size
	}
	return n
}

// Text is the words with names for the marks.
func (e *Excerpt) Text(name func(number int) string) string {
	var out strings.Builder
	for _, r := range e.Words {
		if isMark(r) {
			out.WriteString(name(int(r - 0xE000)))
		} else {
			out.WriteRune(r)
		}
	}
	return out.String()
}

// FileReport gives staff what a member chose, with the reason. While a report of the
// same conversation is not closed, this is a part of it.
func (a *Act) FileReport(m Member, id SnapshotID, reason string, contact bool) (Case, error) {
	gone := Refuse("report.gone")
	s, err := a.Tx.Snapshot(id)
	if err != nil {
		return Case{}, missing(err, "snapshot", gone)
	}
	if s.Member != m.ID || s.Case != 0 || a.Now.Sub(s.Created) > draftKept {
		return Case{}, gone
	}
	if err := SnapshotMachine().shift(&s.State, StepGive); err != nil {
		return Case{}, gone
	}
	if reason, err = fit(reason, reasonMax); err != nil {
		return Case{}, err
	}
	if reason == "" {
		return Case{}, Refuse("report.reason_first")
	}
	c, err := a.reportCase(m, s.Conversation, reason, contact)
	if err != nil {
		return Case{}, instead(err, gone)
	}
	s.Case = c.ID
	if err := a.Tx.PutSnapshot(&s); err != nil {
		return Case{}, fmt.Errorf("put snapshot: %w", err)
	}
	return c, nil
}

// reportCase finds the report of a conversation that is going on, or opens one.
func (a *Act) reportCase(m Member, in ConversationID, reason string, contact bool) (Case, error) {
	c := Case{Kind: CaseReport, Opener: m.ID, Conversation: in, Reason: reason, Contact: contact, Created: a.Now, Changed: a.Now}
	if err := a.whereCalled(m, &c); err != nil {
		return c, err
	}
	conv, err := a.Tx.Conversation(in)
	if err != nil {
		return c, fmt.Errorf("conversation: %w", err)
	}
	if len(conv.Participants) == 2 {
		c.About = conv.otherThan(m.ID).Member
	}
	going, err := a.Tx.Cases(CaseOpen, CaseClaimed)
	if err != nil {
		return c, fmt.Errorf("cases: %w", err)
	}
	i := slices.IndexFunc(going, func(g Case) bool {
		return g.Kind == CaseReport && g.Opener == m.ID && g.Conversation == in
	})
	if i < 0 {
		return c, a.openCase(&c)
	}
	g := going[i]
	g.Reason, g.Contact = g.Reason+"\n"+reason, g.Contact || contact
	if err := a.putCase(&g); err != nil {
		return g, err
	}
	a.Do(ShowCase{g.ID}, TellStaff{Programme: g.Programme, Unit: g.Unit, Case: g.ID, Text: T("case.reported_again", "number", int64(g.ID))})
	return g, nil
}

// otherThan is a participant who is not that member.
func (c *Conversation) otherThan(m MemberID) *Participant {
	for i := range c.Participants {
		if c.Participants[i].Member != m {
			return &c.Participants[i]
		}
	}
	return nil
}

// ReadReport gives what was reported to the staff member who has claimed the
// case. lines says how many lines the staff room will show of each snapshot, so
// that they can be taken away again.
func (a *Act) ReadReport(staff Member, id CaseID, lines func(Snapshot) int) (Case, []Snapshot, error) {
	c, _, err := a.claimed(staff, id)
	if err != nil {
		return c, nil, err
	}
	given, err := a.Tx.Snapshots(id)
	if err != nil {
		return c, nil, fmt.Errorf("snapshots: %w", err)
	}
	if len(given) == 0 {
		return c, nil, Refuse("case.no_messages", "number", int64(id))
	}
	if err := a.hideSnapshots(id); err != nil { // shown before: once is enough
		return c, nil, err
	}
	for i := range given {
		given[i].Shown = lines(given[i])
		if err := a.Tx.PutSnapshot(&given[i]); err != nil {
			return c, nil, fmt.Errorf("put snapshot: %w", err)
		}
	}
	return c, given, a.audit(staff.ID, AuditReadReport, id, c.Conversation)
}

// LineKey names a line of the staff room that shows a part of a snapshot.
func (s *Snapshot) LineKey(n int) string { return fmt.Sprintf("snapshot/%d/%d", s.ID, n) }

// hideSnapshots takes from the staff room what was shown of a case's snapshots.
func (a *Act) hideSnapshots(id CaseID) error {
	c, err := a.Tx.Case(id)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("case: %w", err)
	}
	given, err := a.Tx.Snapshots(id)
	if err != nil {
		return fmt.Errorf("snapshots: %w", err)
	}
	for i := range given {
		s := &given[i]
		if s.Shown == 0 {
			continue
		}
		for n := range s.Shown {
			a.Do(HideLine{c.Programme, c.Unit, s.LineKey(n)})
		}
		s.Shown = 0
		if err := a.Tx.PutSnapshot(s); err != nil {
			return fmt.Errorf("put snapshot: %w", err)
		}
	}
	return nil
}
