package mentoring

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// SupervisionID numbers a meeting.
type SupervisionID int64

// SupervisionRules are a programme's settings of the mentors' meetings (feature A8).
type SupervisionRules struct {
	// Every is from one meeting to the next, which is set up by itself; 0: staff
	// set up each.
	Every time.Duration
	// Reminders are how long before a meeting mentors are reminded.
	Reminders []time.Duration
	Lasts     time.Duration
	// Missed: staff are told when a mentor was missing so many times in a row; 0: never.
	Missed int
	// Known: mentors go by the alias of their card, so that they know who of the
	// list is who.
	Known bool
}

// SupervisionState is the state of a meeting; see docs/states.md.
type SupervisionState string

// The states of a meeting.
const (
	SupervisionPlanned   SupervisionState = "planned"
	SupervisionRunning   SupervisionState = "running"
	SupervisionHeld      SupervisionState = "held"
	SupervisionCancelled SupervisionState = "cancelled"
)

// Supervision is one meeting of the mentors of a programme and unit with staff.
// It is held in their group, a conversation that goes on from one to the next.
type Supervision struct {
	ID           SupervisionID
	Programme    Programme
	Unit         Unit
	Leader       MemberID // who set it up
	Conversation ConversationID
	State        SupervisionState
	At, Until    time.Time
	Due          time.Time // when tick looks at it
}

// SeatState is what a mentor has said of a meeting, or whether they were there;
// see docs/states.md.
type SeatState string

// The states of a seat.
const (
	SeatCalled  SeatState = "called"
	SeatComing  SeatState = "coming"
	SeatExcused SeatState = "excused" // said that they cannot come
	SeatPresent SeatState = "present"
	SeatMissed  SeatState = "missed"
	SeatOff     SeatState = "let_off" // away, paused, no mentor any more: nobody counts it
)

// Seat is one mentor's part in one meeting.
type Seat struct {
	Supervision SupervisionID
	Membership  MembershipID
	Member      MemberID
	State       SeatState
	Menu        int64     // of the last line that asks about it
	Due         time.Time // of the next reminder; zero: none
}

// SupervisionMachine is what becomes of a meeting.
func SupervisionMachine() Machine[SupervisionState] {
	return Machine[SupervisionState]{
		Name:  "supervision",
		About: "What becomes of a meeting of the mentors. Plan in planned is another date. What is over is followed by the next one by itself, unless the programme says otherwise.",
		Moves: []Move[SupervisionState]{
			{"", StepPlan, SupervisionPlanned},
			{SupervisionPlanned, StepPlan, SupervisionPlanned},
			{SupervisionPlanned, StepBegin, SupervisionRunning},
			{SupervisionPlanned, StepCancel, SupervisionCancelled},
			{SupervisionRunning, StepOver, SupervisionHeld},
		},
	}
}

// SeatMachine is what becomes of a mentor's part in a meeting.
func SeatMachine() Machine[SeatState] {
	return Machine[SeatState]{
		Name:  "seat",
		About: "A mentor's part in a meeting. Plan is another date, after which everybody is asked anew; show up is a tap, a word or a message in the group while the meeting goes on. Who is away, paused or no mentor any more is let off. Excused and missed both count as not having been there.",
		Moves: []Move[SeatState]{
			{"", StepCall, SeatCalled},
			{SeatCalled, StepPlan, SeatCalled},
			{SeatComing, StepPlan, SeatCalled},
			{SeatExcused, StepPlan, SeatCalled},
			{SeatOff, StepPlan, SeatCalled},
			{SeatCalled, StepAccept, SeatComing},
			{SeatCalled, StepDecline, SeatExcused},
			{SeatComing, StepDecline, SeatExcused},
			{SeatExcused, StepAccept, SeatComing},
			{SeatCalled, StepShow, SeatPresent},
			{SeatComing, StepShow, SeatPresent},
			{SeatExcused, StepShow, SeatPresent},
			{SeatOff, StepShow, SeatPresent},
			{SeatCalled, StepOver, SeatMissed},
			{SeatComing, StepOver, SeatMissed},
			{SeatCalled, StepLetOff, SeatOff},
			{SeatComing, StepLetOff, SeatOff},
			{SeatExcused, StepLetOff, SeatOff},
		},
	}
}

// The longest a meeting can last, and how far ahead one can be set up.
const (
	supervisionLongest = 8 * time.Hour
	supervisionAhead   = 366 * 24 * time.Hour
)

// keepSupervisions is for how long it is known who was there.
const keepSupervisions = 400 * 24 * time.Hour

// Supervise sets up a meeting of the mentors, or gives the one that is set up
// another date. The zero until is the programme's usual length. Every active
// mentor is asked, in their hours.
func (a *Act) Supervise(staff Member, at, until time.Time) (Supervision, error) {
	s, err := a.canIn(staff, DoSupervise, DefaultProgramme, DefaultUnit)
	if err != nil {
		return Supervision{}, err
	}
	if until.IsZero() {
		until = at.Add(a.Rules.Programme(s.Programme).Supervision.Lasts)
	}
	switch lasts := until.Sub(at); {
	case !at.After(a.Now):
		return Supervision{}, Refuse("supervision.past")
	case at.Sub(a.Now) > supervisionAhead || lasts <= 0 || lasts > supervisionLongest:
		return Supervision{}, Refuse("supervision.bounds")
	}
	m, err := a.supervision(s.Programme, s.Unit)
	if err != nil {
		return m, err
	}
	switch m.State {
	case SupervisionRunning:
		return m, Refuse("supervision.goes_on")
	case SupervisionHeld, SupervisionCancelled, "":
		m = Supervision{Programme: s.Programme, Unit: s.Unit, Conversation: m.Conversation}
	}
	m.Leader, m.At, m.Until = staff.ID, at, until
	if err := a.plan(&m); err != nil {
		return m, err
	}
	return m, a.audit(staff.ID, AuditSupervision)
}

// supervision is the newest meeting; one without a state when there was none.
func (a *Act) supervision(p Programme, u Unit) (Supervision, error) {
	list, err := a.Tx.SupervisionsOf(p, u, 1)
	if err != nil {
		return Supervision{}, fmt.Errorf("supervisions: %w", err)
	}
	if len(list) == 0 {
		return Supervision{Programme: p, Unit: u}, nil
	}
	return list[0], nil
}

// plan keeps the date of a meeting, and has every mentor asked.
func (a *Act) plan(m *Supervision) error {
	if err := SupervisionMachine().shift(&m.State, StepPlan); err != nil {
		return err
	}
	m.Due = m.At
	if err := a.putSupervision(m); err != nil {
		return err
	}
	seats, err := a.Tx.Seats(m.ID)
	if err != nil {
		return fmt.Errorf("seats: %w", err)
	}
	for i := range seats {
		if err := SeatMachine().shift(&seats[i].State, StepPlan); err != nil {
			return err
		}
		if seats[i].Due, err = a.asksFrom(&seats[i]); err != nil {
			return err
		}
		if err := a.putSeat(&seats[i]); err != nil {
			return err
		}
	}
	return a.callAll(m, seats)
}

// leader is who set a meeting up; nobody when they were deleted.
func (a *Act) leader(m *Supervision) (Member, error) {
	if m.Leader == 0 {
		return Member{}, nil
	}
	who, err := a.Tx.Member(m.Leader)
	if err != nil {
		return who, fmt.Errorf("leader: %w", err)
	}
	return who, nil
}

// callAll gives a seat to every active mentor who has none. Who is on trial
// meets others on trial only.
func (a *Act) callAll(m *Supervision, seats []Seat) error {
	leader, err := a.leader(m)
	if err != nil {
		return err
	}
	mentors, err := a.Tx.MembershipsOf(m.Programme, Mentor)
	if err != nil {
		return fmt.Errorf("mentors: %w", err)
	}
	for _, s := range mentors {
		if s.State != Active || s.Unit != m.Unit || slices.ContainsFunc(seats, func(x Seat) bool { return x.Membership == s.ID }) {
			continue
		}
		if apart, err := a.apart(leader, s.Member); err != nil || apart {
			if err != nil {
				return err
			}
			continue
		}
		if _, err := a.call(m, s); err != nil {
			return err
		}
	}
	return nil
}

func (a *Act) call(m *Supervision, s Membership) (Seat, error) {
	seat := Seat{Supervision: m.ID, Membership: s.ID, Member: s.Member}
	if err := SeatMachine().shift(&seat.State, StepCall); err != nil {
		return seat, err
	}
	var err error
	if seat.Due, err = a.asksFrom(&seat); err != nil {
		return seat, err
	}
	return seat, a.putSeat(&seat)
}

// asksFrom is when a mentor can be asked: now, in their hours.
func (a *Act) asksFrom(seat *Seat) (time.Time, error) {
	v, err := a.availability(seat.Membership)
	if err != nil {
		return time.Time{}, err
	}
	return v.ReadsAgain(a.Now, a.zone()), nil
}

// remindsNext is when a mentor is reminded next of a meeting: in their hours,
// never before or after it; the zero time: not again.
func (a *Act) remindsNext(m *Supervision, v *Availability) (next time.Time) {
	for _, before := range a.Rules.Programme(m.Programme).Supervision.Reminders {
		at := m.At.Add(-before)
		if !at.After(a.Now) {
			continue
		}
		if at = v.ReadsAgain(at, a.zone()); at.Before(m.At) && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next
}

// CancelSupervision calls the meeting off that is set up, or ends the one that
// goes on.
func (a *Act) CancelSupervision(staff Member) (Supervision, error) {
	s, err := a.canIn(staff, DoSupervise, DefaultProgramme, DefaultUnit)
	if err != nil {
		return Supervision{}, err
	}
	m, err := a.supervision(s.Programme, s.Unit)
	if err != nil {
		return m, err
	}
	switch m.State {
	case SupervisionRunning:
		m.Until = a.Now
		if err := a.overSupervision(&m); err != nil {
			return m, err
		}
		return m, a.audit(staff.ID, AuditSupervision)
	case SupervisionPlanned:
	default:
		return m, Refuse("supervision.none_staff")
	}
	seats, err := a.Tx.Seats(m.ID)
	if err != nil {
		return m, fmt.Errorf("seats: %w", err)
	}
	if err := SupervisionMachine().shift(&m.State, StepCancel); err != nil {
		return m, err
	}
	m.Due = time.Time{}
	if err := a.putSupervision(&m); err != nil {
		return m, err
	}
	for i := range seats {
		seats[i].Due = time.Time{}
		if err := a.putSeat(&seats[i]); err != nil {
			return m, err
		}
		if seats[i].Menu != 0 && seats[i].State != SeatOff { // they know of it
			a.Do(Notify{Member: seats[i].Member, Text: T("supervision.cancelled", "at", m.At)})
		}
	}
	return m, a.audit(staff.ID, AuditSupervision)
}

// SeatView is a mentor's part in a meeting as staff see it.
type SeatView struct {
	Seat
	Alias  string // of their card
	Absent int    // how many meetings in a row they were not at, before this one
}

// SupervisionView is the newest meeting as staff see it: whoever was missing
// most often comes first.
func (a *Act) SupervisionView(staff Member) (Supervision, []SeatView, error) {
	s, err := a.canIn(staff, DoSupervise, DefaultProgramme, DefaultUnit)
	if err != nil {
		return Supervision{}, nil, err
	}
	m, err := a.supervision(s.Programme, s.Unit)
	if err != nil || m.State == "" {
		return m, nil, err
	}
	seats, err := a.Tx.Seats(m.ID)
	if err != nil {
		return m, nil, fmt.Errorf("seats: %w", err)
	}
	all := make([]SeatView, 0, len(seats))
	for _, seat := range seats {
		if seat.State == SeatOff {
			continue
		}
		view := SeatView{Seat: seat}
		if card, err := a.Tx.Card(seat.Membership); err == nil {
			view.Alias = card.Alias
		} else if err = unfound(err); err != nil {
			return m, nil, fmt.Errorf("card: %w", err)
		}
		if view.Absent, err = a.absences(seat.Membership); err != nil {
			return m, nil, err
		}
		all = append(all, view)
	}
	slices.SortStableFunc(all, func(x, y SeatView) int { return -cmp.Compare(x.Absent, y.Absent) })
	return m, all, nil
}

func (a *Act) putSupervision(m *Supervision) error {
	if err := a.Tx.PutSupervision(m); err != nil {
		return fmt.Errorf("put supervision: %w", err)
	}
	return nil
}

func (a *Act) putSeat(s *Seat) error {
	if err := a.Tx.PutSeat(s); err != nil {
		return fmt.Errorf("put seat: %w", err)
	}
	return nil
}
