package mentoring

import (
	"errors"
	"fmt"
	"time"
)

// OwnSeat is a mentor's part in the meeting that is set up or goes on. Whoever
// became a mentor after it was set up gets one now.
func (a *Act) OwnSeat(m Member) (Supervision, Seat, error) {
	s, err := a.ownMentor(m, DoAttend)
	if err != nil {
		return Supervision{}, Seat{}, err
	}
	meeting, err := a.supervision(s.Programme, s.Unit)
	if err != nil {
		return meeting, Seat{}, err
	}
	if meeting.State != SupervisionPlanned && meeting.State != SupervisionRunning {
		return meeting, Seat{}, Refuse("supervision.none")
	}
	seats, err := a.Tx.Seats(meeting.ID)
	if err != nil {
		return meeting, Seat{}, fmt.Errorf("seats: %w", err)
	}
	for _, seat := range seats {
		if seat.Membership == s.ID {
			return meeting, seat, nil
		}
	}
	leader, err := a.leader(&meeting)
	if err != nil {
		return meeting, Seat{}, err
	}
	if leader.Trial != m.Trial {
		return meeting, Seat{}, Refuse("supervision.none")
	}
	return meeting, Seat{Supervision: meeting.ID, Membership: s.ID, Member: m.ID, State: SeatCalled}, nil
}

// Attend is a mentor saying that they come to the meeting or cannot; while it
// goes on, that they are there. Who comes is asked into the group.
func (a *Act) Attend(m Member, comes bool) (Supervision, Seat, error) {
	meeting, seat, err := a.OwnSeat(m)
	if err != nil {
		return meeting, seat, err
	}
	by := StepDecline
	switch {
	case comes && meeting.State == SupervisionRunning:
		by = StepShow
	case comes:
		by = StepAccept
	}
	next, ok := SeatMachine().Next(seat.State, by)
	if !ok { // said before
		return meeting, seat, nil
	}
	if comes {
		if err := a.enterGroup(&meeting, seat.Membership, m); err != nil {
			return meeting, seat, err
		}
	}
	seat.State = next
	if next == SeatExcused || next == SeatPresent {
		seat.Due = time.Time{}
	}
	return meeting, seat, a.putSeat(&seat)
}

// AttendUnder is Attend by a tap on a line about a meeting. ok is false when no
// line of theirs has that menu.
func (a *Act) AttendUnder(m Member, menu int64, comes bool) (meeting Supervision, seat Seat, ok bool, err error) {
	seat, err = a.Tx.SeatUnder(m.ID, menu)
	if errors.Is(err, ErrNotFound) {
		return meeting, seat, false, nil
	}
	if err != nil {
		return meeting, seat, false, fmt.Errorf("seat: %w", err)
	}
	if meeting, err = a.Tx.Supervision(seat.Supervision); err != nil {
		return meeting, seat, false, fmt.Errorf("supervision: %w", err)
	}
	if meeting.State != SupervisionPlanned && meeting.State != SupervisionRunning {
		return meeting, seat, true, Refuse("supervision.is_over")
	}
	meeting, seat, err = a.Attend(m, comes)
	return meeting, seat, true, err
}

// heardInGroup counts somebody as present who says something in the mentors'
// group while a meeting goes on.
func (a *Act) heardInGroup(c *Conversation, me *Participant) error {
	meeting, err := a.supervision(c.Programme, c.Unit)
	if err != nil || meeting.State != SupervisionRunning || meeting.Conversation != c.ID {
		return err
	}
	seats, err := a.Tx.Seats(meeting.ID)
	if err != nil {
		return fmt.Errorf("seats: %w", err)
	}
	for _, seat := range seats {
		if seat.Membership != me.Membership {
			continue
		}
		if next, ok := SeatMachine().Next(seat.State, StepShow); ok {
			seat.State, seat.Due = next, time.Time{}
			return a.putSeat(&seat)
		}
	}
	return nil
}

// dueSupervisions does what time brings to the mentors' meetings.
func (a *Act) dueSupervisions() (more bool, err error) {
	due, err := a.Tx.DueSupervisions(a.Now, tickBatch)
	if err != nil {
		return false, fmt.Errorf("due supervisions: %w", err)
	}
	for i := range due {
		if due[i].State == SupervisionPlanned {
			err = a.beginSupervision(&due[i])
		} else {
			err = a.overSupervision(&due[i])
		}
		if err != nil {
			return false, err
		}
	}
	seats, err := a.Tx.DueSeats(a.Now, tickBatch)
	if err != nil {
		return false, fmt.Errorf("due seats: %w", err)
	}
	for i := range seats {
		if err := a.remindOf(&seats[i]); err != nil {
			return false, err
		}
	}
	return len(seats) == tickBatch, nil
}

// counted says whether a mentor is expected at a meeting: active, and not away.
func (a *Act) counted(seat *Seat, at time.Time) (bool, Availability, error) {
	s, err := a.Tx.Membership(seat.Membership)
	if err != nil {
		return false, Availability{}, fmt.Errorf("membership: %w", err)
	}
	v, err := a.availability(seat.Membership)
	return s.State == Active && !v.AwayAt(at), v, err
}

// remindOf tells a mentor of a meeting, in their hours, and asks whether they come.
func (a *Act) remindOf(seat *Seat) error {
	meeting, err := a.Tx.Supervision(seat.Supervision)
	if err != nil {
		return fmt.Errorf("supervision: %w", err)
	}
	expected, v, err := a.counted(seat, meeting.At)
	if err != nil {
		return err
	}
	if reads := v.ReadsAgain(a.Now, a.zone()); reads.After(a.Now) && reads.Before(meeting.At) {
		seat.Due = reads // their hours have changed
		return a.putSeat(seat)
	}
	seat.Due = time.Time{}
	if !expected || meeting.State != SupervisionPlanned || seat.State != SeatCalled && seat.State != SeatComing {
		return a.putSeat(seat)
	}
	seat.Due = a.remindsNext(&meeting, &v)
	key := "supervision.ask"
	if seat.State == SeatComing {
		key = "supervision.remind"
	}
	return a.tellOf(seat, T(key, "at", meeting.At), true)
}

// tellOf tells a mentor something of a meeting that they can answer.
func (a *Act) tellOf(seat *Seat, text Text, loud bool) error {
	seat.Menu = a.Tx.NewID()
	a.Do(Notify{Member: seat.Member, Text: text, Loud: loud, Menu: seat.Menu, No: true})
	return a.putSeat(seat)
}

// beginSupervision begins a meeting: who comes is in the group, everybody else
// who has not said that they cannot come is told, whatever their hours.
func (a *Act) beginSupervision(m *Supervision) error {
	seats, err := a.Tx.Seats(m.ID)
	if err != nil {
		return fmt.Errorf("seats: %w", err)
	}
	if err := a.callAll(m, seats); err != nil {
		return err
	}
	if seats, err = a.Tx.Seats(m.ID); err != nil {
		return fmt.Errorf("seats: %w", err)
	}
	if err := SupervisionMachine().shift(&m.State, StepBegin); err != nil {
		return err
	}
	m.Due = m.Until
	if err := a.putSupervision(m); err != nil {
		return err
	}
	coming := 0
	for i := range seats {
		seat := &seats[i]
		expected, _, err := a.counted(seat, m.At)
		if err != nil {
			return err
		}
		seat.Due = time.Time{}
		if !expected || seat.State != SeatCalled && seat.State != SeatComing {
			if err := a.putSeat(seat); err != nil {
				return err
			}
			continue
		}
		if seat.State == SeatComing {
			coming++
			who, err := a.Tx.Member(seat.Member)
			if err != nil {
				return fmt.Errorf("member: %w", err)
			}
			if err := unrefused(a.enterGroup(m, seat.Membership, who)); err != nil { // it may have been emptied
				return err
			}
		}
		if err := a.tellOf(seat, T("supervision.now", "until", m.Until), true); err != nil {
			return err
		}
	}
	a.Do(TellStaff{Programme: m.Programme, Unit: m.Unit, Text: T("supervision.begins", "n", coming)})
	return nil
}

// overSupervision ends a meeting: who was missing too often is told to staff,
// and the next one is set up.
func (a *Act) overSupervision(m *Supervision) error {
	if err := SupervisionMachine().shift(&m.State, StepOver); err != nil {
		return err
	}
	m.Due = time.Time{}
	if err := a.putSupervision(m); err != nil {
		return err
	}
	seats, err := a.Tx.Seats(m.ID)
	if err != nil {
		return fmt.Errorf("seats: %w", err)
	}
	present, expected := 0, 0
	var missing []int64
	for i := range seats {
		seat := &seats[i]
		flag, err := a.seatOver(m, seat)
		if err != nil {
			return err
		}
		if seat.State == SeatPresent {
			present++
		}
		if seat.State != SeatOff {
			expected++
		}
		if flag {
			missing = append(missing, int64(seat.Membership))
		}
	}
	a.Do(TellStaff{Programme: m.Programme, Unit: m.Unit, Text: T("supervision.over", "present", present, "n", expected)})
	if len(missing) > 0 {
		a.Do(TellStaff{Programme: m.Programme, Unit: m.Unit, Loud: true,
			Text: T("supervision.missed", "numbers", missing, "n", a.Rules.Programme(m.Programme).Supervision.Missed)})
	}
	if err := a.Tx.ForgetSupervisions(m.Programme, m.Unit, a.Now.Add(-keepSupervisions)); err != nil {
		return fmt.Errorf("forget supervisions: %w", err)
	}
	return a.planNext(m)
}

// seatOver ends a mentor's part in a meeting, and says whether staff are to be
// told that they were missing again.
func (a *Act) seatOver(m *Supervision, seat *Seat) (flag bool, err error) {
	expected, _, err := a.counted(seat, m.At)
	if err != nil {
		return false, err
	}
	by := StepOver
	if !expected {
		by = StepLetOff
	}
	if next, ok := SeatMachine().Next(seat.State, by); ok {
		seat.State = next
	}
	seat.Due = time.Time{}
	if err := a.putSeat(seat); err != nil {
		return false, err
	}
	most := a.Rules.Programme(m.Programme).Supervision.Missed
	if most == 0 || seat.State != SeatMissed && seat.State != SeatExcused {
		return false, nil
	}
	n, err := a.absences(seat.Membership)
	return n > 0 && n%most == 0, err
}

// absencesSeen bounds how far back absences are counted.
const absencesSeen = 24

// absences is how many meetings that are over a mentor was not at, up to the
// last at which they were.
func (a *Act) absences(id MembershipID) (n int, err error) {
	seats, err := a.Tx.SeatsOf(id, absencesSeen)
	if err != nil {
		return 0, fmt.Errorf("seats: %w", err)
	}
	for _, seat := range seats {
		if seat.State == SeatPresent {
			break
		}
		if seat.State != SeatMissed && seat.State != SeatExcused {
			continue
		}
		meeting, err := a.Tx.Supervision(seat.Supervision)
		if err != nil {
			return 0, fmt.Errorf("supervision: %w", err)
		}
		if meeting.State == SupervisionHeld {
			n++
		}
	}
	return n, nil
}

// planNext sets up the meeting after one that is over, at the same time of day.
func (a *Act) planNext(last *Supervision) error {
	days := int(a.Rules.Programme(last.Programme).Supervision.Every / (24 * time.Hour))
	if days < 1 {
		return nil
	}
	at, until := last.At.In(a.zone()), last.Until.Sub(last.At)
	for !at.After(a.Now) {
		at = at.AddDate(0, 0, days)
	}
	next := Supervision{
		Programme: last.Programme, Unit: last.Unit, Leader: last.Leader, Conversation: last.Conversation,
		At: at, Until: at.Add(max(until, a.Rules.Programme(last.Programme).Supervision.Lasts)),
	}
	if err := a.plan(&next); err != nil {
		return err
	}
	a.Do(TellStaff{Programme: next.Programme, Unit: next.Unit, Text: T("supervision.next", "at", next.At)})
	return nil
}
