package store

import (
	"time"

	"silta/mentoring"
)

const supervisionColumns = "id, programme, unit, leader, conversation, state, at, until, due"

func scanSupervision(r record) (mentoring.Supervision, error) {
	return mentoring.Supervision{
		ID:           mentoring.SupervisionID(r.int(0)),
		Programme:    mentoring.Programme(r.text(1)),
		Unit:         mentoring.Unit(r.text(2)),
		Leader:       mentoring.MemberID(r.int(3)),
		Conversation: mentoring.ConversationID(r.int(4)),
		State:        mentoring.SupervisionState(r.text(5)),
		At:           r.time(6),
		Until:        r.time(7),
		Due:          r.time(8),
	}, nil
}

// Supervision implements [mentoring.Tx].
func (t *Tx) Supervision(id mentoring.SupervisionID) (mentoring.Supervision, error) {
	m, err := single(t, "SELECT "+supervisionColumns+" FROM supervision WHERE id = $1", scanSupervision, id)
	return m, doing("supervision", err)
}

// SupervisionsOf implements [mentoring.Tx].
func (t *Tx) SupervisionsOf(p mentoring.Programme, u mentoring.Unit, limit int) ([]mentoring.Supervision, error) {
	list, err := collect(t, "SELECT "+supervisionColumns+" FROM supervision WHERE programme = $1 AND unit = $2 ORDER BY id DESC LIMIT $3",
		scanSupervision, p, u, limit)
	return list, doing("supervisions", err)
}

// DueSupervisions implements [mentoring.Tx].
func (t *Tx) DueSupervisions(now time.Time, limit int) ([]mentoring.Supervision, error) {
	list, err := collect(t, "SELECT "+supervisionColumns+" FROM supervision WHERE due > 0 AND due <= $1 ORDER BY due, id LIMIT $2",
		scanSupervision, now, limit)
	return list, doing("due supervisions", err)
}

// PutSupervision implements [mentoring.Tx].
func (t *Tx) PutSupervision(m *mentoring.Supervision) error {
	if err := t.writing(); err != nil {
		return err
	}
	if m.ID == 0 {
		m.ID = mentoring.SupervisionID(t.newID(seqSupervision))
		t.undo(func() { m.ID = 0 })
	}
	_, err := t.exec("INSERT INTO supervision ("+supervisionColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (id) DO UPDATE SET leader = excluded.leader, conversation = excluded.conversation, state = excluded.state,
		at = excluded.at, until = excluded.until, due = excluded.due`,
		m.ID, m.Programme, m.Unit, orNull(m.Leader), m.Conversation, m.State, m.At, m.Until, m.Due)
	return doing("put supervision", err)
}

// ForgetSupervisions implements [mentoring.Tx].
func (t *Tx) ForgetSupervisions(p mentoring.Programme, u mentoring.Unit, before time.Time) error {
	const over = " (SELECT id FROM supervision WHERE programme = $1 AND unit = $2 AND due = 0 AND until < $3)"
	if _, err := t.exec("DELETE FROM supervision_seat WHERE supervision IN"+over, p, u, before); err != nil {
		return doing("forget seats", err)
	}
	_, err := t.exec("DELETE FROM supervision WHERE id IN"+over, p, u, before)
	return doing("forget supervisions", err)
}

const seatColumns = "supervision, membership, member, state, menu, due"

func scanSeat(r record) (mentoring.Seat, error) {
	return mentoring.Seat{
		Supervision: mentoring.SupervisionID(r.int(0)),
		Membership:  mentoring.MembershipID(r.int(1)),
		Member:      mentoring.MemberID(r.int(2)),
		State:       mentoring.SeatState(r.text(3)),
		Menu:        r.int(4),
		Due:         r.time(5),
	}, nil
}

// Seats implements [mentoring.Tx].
func (t *Tx) Seats(id mentoring.SupervisionID) ([]mentoring.Seat, error) {
	list, err := collect(t, "SELECT "+seatColumns+" FROM supervision_seat WHERE supervision = $1 ORDER BY membership", scanSeat, id)
	return list, doing("seats", err)
}

// SeatUnder implements [mentoring.Tx].
func (t *Tx) SeatUnder(m mentoring.MemberID, menu int64) (mentoring.Seat, error) {
	s, err := single(t, "SELECT "+seatColumns+" FROM supervision_seat WHERE member = $1 AND menu = $2", scanSeat, m, menu)
	return s, doing("seat under a menu", err)
}

// SeatsOf implements [mentoring.Tx].
func (t *Tx) SeatsOf(s mentoring.MembershipID, limit int) ([]mentoring.Seat, error) {
	list, err := collect(t, "SELECT "+seatColumns+" FROM supervision_seat WHERE membership = $1 ORDER BY supervision DESC LIMIT $2",
		scanSeat, s, limit)
	return list, doing("seats of a mentor", err)
}

// DueSeats implements [mentoring.Tx].
func (t *Tx) DueSeats(now time.Time, limit int) ([]mentoring.Seat, error) {
	list, err := collect(t, "SELECT "+seatColumns+" FROM supervision_seat WHERE due > 0 AND due <= $1 ORDER BY due, supervision, membership LIMIT $2",
		scanSeat, now, limit)
	return list, doing("due seats", err)
}

// PutSeat implements [mentoring.Tx].
func (t *Tx) PutSeat(s *mentoring.Seat) error {
	_, err := t.exec("INSERT INTO supervision_seat ("+seatColumns+`) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (supervision, membership) DO UPDATE SET state = excluded.state, menu = excluded.menu, due = excluded.due`,
		s.Supervision, s.Membership, s.Member, s.State, s.Menu, s.Due)
	return doing("put seat", err)
}
