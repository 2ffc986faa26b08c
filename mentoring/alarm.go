package mentoring

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Alarm is the calling of staff because of an urgent case, until somebody
// answers (feature S8): one on-call person after another, each some times, then
// everybody, again and again. It is kept, so that a restart changes nothing, and
// a call and the alarm's next due time are one transaction: none is made twice.
type Alarm struct {
	Case CaseID
	Wave int       // calls made so far
	Due  time.Time // of the next one
}

// everybodyOften is how often everybody is called at the usual pace; after that
// it is done once in everybodyRarely.
const (
	everybodyOften  = 12
	everybodyRarely = time.Hour
)

// sound begins to call staff for a case, or goes on with it. Outside of the
// hours in which somebody is there the room is told at once, and people are
// called when the hours begin.
func (a *Act) sound(c Case) error {
	_, err := a.Tx.Alarm(c.ID)
	if err == nil {
		return nil // they are being called
	}
	if !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("alarm: %w", err)
	}
	o, err := a.OnCall(c.Programme, c.Unit)
	if err != nil {
		return err
	}
	there := o.Hours.Next(a.Now, a.zone())
	if there.After(a.Now) {
		if err := a.callRoom(c, T("alarm.after_hours", "number", int64(c.ID), "until", there)); err != nil {
			return err
		}
		return a.putAlarm(Alarm{Case: c.ID, Due: there})
	}
	return a.wave(c, Alarm{Case: c.ID}, o)
}

// wave makes one call and says when the next is due.
func (a *Act) wave(c Case, l Alarm, o OnCall) error {
	rules := &a.Rules.Programme(c.Programme).OnCall
	tries := max(1, rules.Tries)
	all, err := a.staffOf(c.Programme, c.Unit)
	if err != nil {
		return err
	}
	called, everybody := a.whom(c, o, all, l.Wave, tries)
	number := int64(c.ID)
	switch {
	case l.Wave == 0:
		err = a.callRoom(c, T("case.urgent", "number", number))
	case everybody > 0 || l.Wave%tries == 0:
		err = a.callRoom(c, T("alarm.unanswered", "number", number))
	}
	if err != nil {
		return err
	}
	for _, s := range called {
		menu, err := a.alarmMenu(c)
		if err != nil {
			return err
		}
		a.Do(Notify{Member: s.Member, Text: T("alarm.call", "number", number), Loud: true, Menu: menu})
	}
	if everybody == 1 && l.Wave > 0 { // whoever was to answer has not
		a.Do(Notify{Member: c.Opener, Text: T("alarm.nobody", "number", number), Loud: true})
	}
	next := max(time.Minute, rules.Repeat)
	if everybody > everybodyOften {
		next = max(next, everybodyRarely)
	}
	l.Wave, l.Due = l.Wave+1, a.Now.Add(next)
	return a.putAlarm(l)
}

// whom says who is called now: those on the list who can still work on cases,
// and did not call themselves, one after another. everybody counts the calls to
// everybody, this one included.
func (a *Act) whom(c Case, o OnCall, all []Membership, wave, tries int) (called []Membership, everybody int) {
	var list, others []Membership
	for _, id := range o.People {
		for _, s := range all {
			if s.ID == id && s.Member != c.Opener {
				list = append(list, s)
			}
		}
	}
	if n := wave / tries; n < len(list) {
		return list[n : n+1], 0
	}
	for _, s := range all {
		known := slices.ContainsFunc(others, func(o Membership) bool { return o.Member == s.Member }) // by another role
		if s.Member != c.Opener && !known {
			others = append(others, s)
		}
	}
	return others, wave - len(list)*tries + 1
}

// callRoom says something in the staff room, to be answered with a tap.
func (a *Act) callRoom(c Case, text Text) error {
	menu, err := a.alarmMenu(c)
	if err != nil {
		return err
	}
	a.Do(TellStaff{Programme: c.Programme, Unit: c.Unit, Case: c.ID, Text: text, Loud: true, Menu: menu})
	return nil
}

// alarmMenu gives a line of the alarm its number.
func (a *Act) alarmMenu(c Case) (int64, error) {
	menu := a.Tx.NewID()
	if err := a.Tx.PutAlarmCall(menu, c.ID); err != nil {
		return 0, fmt.Errorf("put alarm call: %w", err)
	}
	return menu, nil
}

func (a *Act) putAlarm(l Alarm) error {
	if err := a.Tx.PutAlarm(&l); err != nil {
		return fmt.Errorf("put alarm: %w", err)
	}
	return nil
}

// Acknowledge is a staff member saying that they look into an urgent case: the
// calling ends, and the person is told that somebody does.
func (a *Act) Acknowledge(staff Member, id CaseID) error {
	c, _, err := a.caseFor(staff, id)
	if err != nil {
		return err
	}
	number := int64(id)
	if c.Opener == staff.ID {
		return Refuse("case.own", "number", number)
	}
	if _, err := a.Tx.Alarm(id); err != nil {
		return missing(err, "alarm", Refuse("alarm.none", "number", number))
	}
	if c.State != CaseOpen { // whoever claimed it has answered
		return Refuse("case.claimed_already", "number", number)
	}
	if err := a.hush(id); err != nil {
		return err
	}
	a.Do(
		TellStaff{Programme: c.Programme, Unit: c.Unit, Case: id, Text: T("alarm.answered", "number", number, "alias", staff.Alias)},
		Notify{Member: c.Opener, Text: T("alarm.seen", "number", number)},
	)
	return a.audit(staff.ID, AuditAcknowledge, id)
}

// hush ends the calling for a case, if there is any.
func (a *Act) hush(id CaseID) error {
	if err := a.Tx.DropAlarm(id); err != nil {
		return fmt.Errorf("drop alarm: %w", err)
	}
	return nil
}

// dueAlarms makes the calls that are due; a case that is not open any more has
// been answered.
func (a *Act) dueAlarms() (more bool, err error) {
	due, err := a.Tx.DueAlarms(a.Now, tickBatch)
	if err != nil {
		return false, fmt.Errorf("due alarms: %w", err)
	}
	for _, l := range due {
		c, err := a.Tx.Case(l.Case)
		if err != nil {
			return false, fmt.Errorf("case: %w", err)
		}
		if c.State != CaseOpen {
			if err := a.hush(l.Case); err != nil {
				return false, err
			}
			continue
		}
		o, err := a.OnCall(c.Programme, c.Unit)
		if err != nil {
			return false, err
		}
		if err := a.wave(c, l, o); err != nil {
			return false, err
		}
	}
	return len(due) == tickBatch, nil
}

// dueSafety does what time brings for alarms, cases, measures and troubles.
func (a *Act) dueSafety() (more bool, err error) {
	if err := a.dueTroubles(); err != nil {
		return false, err
	}
	reviewed, err := a.dueMeasures()
	if err != nil {
		return false, err
	}
	called, err := a.dueWork()
	return called || reviewed, err
}
