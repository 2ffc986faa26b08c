package store

import (
	"fmt"
	"strings"
	"time"

	"silta/mentoring"
)

const caseColumns = "id, kind, programme, unit, state, opener, opener_role, conversation, claimed_by, talk, created, changed, " +
	"about, reason, contact, outcome, joint, due, reminded, closed"

const caseReason = "cases.reason"

func (t *Tx) scanCase(r record) (c mentoring.Case, err error) {
	c = mentoring.Case{
		ID:           mentoring.CaseID(r.int(0)),
		Kind:         mentoring.CaseKind(r.text(1)),
		Programme:    mentoring.Programme(r.text(2)),
		Unit:         mentoring.Unit(r.text(3)),
		State:        mentoring.CaseState(r.text(4)),
		Opener:       mentoring.MemberID(r.int(5)),
		OpenerRole:   mentoring.Role(r.text(6)),
		Conversation: mentoring.ConversationID(r.int(7)),
		ClaimedBy:    mentoring.MemberID(r.int(8)),
		Talk:         mentoring.ConversationID(r.int(9)),
		Created:      r.time(10),
		Changed:      r.time(11),
		About:        mentoring.MemberID(r.int(12)),
		Contact:      r.flag(14),
		Outcome:      mentoring.Outcome(r.text(15)),
		Joint:        mentoring.ConversationID(r.int(16)),
		Due:          r.time(17),
		Reminded:     int(r.int(18)),
		Closed:       r.time(19),
	}
	c.Reason, err = t.openText(place{column: caseReason, id: r.int(0)}, r.view(13))
	return c, err
}

// Case implements [mentoring.Tx].
func (t *Tx) Case(id mentoring.CaseID) (mentoring.Case, error) {
	c, err := single(t, "SELECT "+caseColumns+" FROM cases WHERE id = $1", t.scanCase, id)
	return c, doing("case", err)
}

// Cases implements [mentoring.Tx]. Without states it lists all cases.
func (t *Tx) Cases(states ...mentoring.CaseState) ([]mentoring.Case, error) {
	where, args := inStates(states)
	list, err := collect(t, "SELECT "+caseColumns+" FROM cases"+where+" ORDER BY id", t.scanCase, args...)
	return list, doing("cases", err)
}

// CasesOf implements [mentoring.Tx].
func (t *Tx) CasesOf(m mentoring.MemberID) ([]mentoring.Case, error) {
	list, err := collect(t, "SELECT "+caseColumns+" FROM cases WHERE (opener = $1 OR about = $1) AND state <> $2 ORDER BY id", t.scanCase, m, mentoring.CaseExpired)
	return list, doing("cases of a member", err)
}

// DueCases implements [mentoring.Tx]; the longest due come first.
func (t *Tx) DueCases(now time.Time, limit int) ([]mentoring.Case, error) {
	list, err := collect(t, "SELECT "+caseColumns+" FROM cases WHERE due > 0 AND due <= $1 ORDER BY due, id LIMIT $2", t.scanCase, now, limit)
	return list, doing("due cases", err)
}

// PutCase implements [mentoring.Tx].
func (t *Tx) PutCase(c *mentoring.Case) error {
	if err := t.writing(); err != nil {
		return err
	}
	var err error
	if c.ID == 0 {
		c.ID = mentoring.CaseID(t.newID(seqCase))
		t.undo(func() { c.ID = 0 })
		_, err = t.exec("INSERT INTO cases ("+caseColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
			$13, $14, $15, $16, $17, $18, $19, $20)`, t.caseValues(c)...)
	} else {
		err = t.change(`UPDATE cases SET kind = $2, programme = $3, unit = $4, state = $5, opener = $6, opener_role = $7,
			conversation = $8, claimed_by = $9, talk = $10, created = $11, changed = $12, about = $13, reason = $14, contact = $15,
			outcome = $16, joint = $17, due = $18, reminded = $19, closed = $20 WHERE id = $1`, t.caseValues(c)...)
	}
	return doing("put case", err)
}

func (t *Tx) caseValues(c *mentoring.Case) []any {
	return []any{
		c.ID, c.Kind, c.Programme, c.Unit, c.State, orNull(c.Opener), c.OpenerRole,
		orNull(c.Conversation), orNull(c.ClaimedBy), orNull(c.Talk), c.Created, c.Changed,
		orNull(c.About), t.sealText(place{column: caseReason, id: int64(c.ID)}, c.Reason), c.Contact,
		c.Outcome, orNull(c.Joint), c.Due, c.Reminded, c.Closed,
	}
}

// StaffRooms implements [mentoring.Tx].
func (t *Tx) StaffRooms() ([]mentoring.StaffRoom, error) {
	list, err := collect(t, "SELECT id, programme, unit FROM staff_room ORDER BY id", func(r record) (mentoring.StaffRoom, error) {
		return mentoring.StaffRoom{ID: mentoring.StaffRoomID(r.int(0)), Programme: mentoring.Programme(r.text(1)), Unit: mentoring.Unit(r.text(2))}, nil
	})
	return list, doing("staff rooms", err)
}

// PutStaffRoom implements [mentoring.Tx].
func (t *Tx) PutStaffRoom(s *mentoring.StaffRoom) error {
	if err := t.writing(); err != nil {
		return err
	}
	var err error
	if s.ID == 0 {
		s.ID = mentoring.StaffRoomID(t.newID(seqStaffRoom))
		t.undo(func() { s.ID = 0 })
		_, err = t.exec("INSERT INTO staff_room (id, programme, unit) VALUES ($1, $2, $3)", s.ID, s.Programme, s.Unit)
	} else {
		err = t.change("UPDATE staff_room SET programme = $2, unit = $3 WHERE id = $1", s.ID, s.Programme, s.Unit)
	}
	return doing("put staff room", err)
}

// codeHash is what a code is found by: people write it with spaces, dashes and
// in either case.
func (t *Tx) codeHash(code string) []byte {
	plain := strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, strings.ToLower(code))
	return t.s.Hash("code", plain)
}

// Code implements [mentoring.Tx]. Case, spaces and dashes in the code do not count.
func (t *Tx) Code(code string) (mentoring.Code, error) {
	c, err := single(t, "SELECT "+codeColumns+" FROM code WHERE hash = $1", scanCode, t.codeHash(code))
	return c, doing("code", err)
}

const codeColumns = "kind, programme, unit, topic, created, expires, used, giver"

func scanCode(r record) (mentoring.Code, error) {
	return mentoring.Code{
		Kind: mentoring.CodeKind(r.text(0)), Programme: mentoring.Programme(r.text(1)), Unit: mentoring.Unit(r.text(2)),
		Topic: r.text(3), Created: r.time(4), Expires: r.time(5), Used: r.flag(6), Giver: mentoring.MemberID(r.int(7)),
	}, nil
}

// CodesBy implements [mentoring.Tx].
func (t *Tx) CodesBy(giver mentoring.MemberID, limit int) ([]mentoring.Code, error) {
	list, err := collect(t, "SELECT "+codeColumns+" FROM code WHERE giver = $1 ORDER BY created DESC, hash LIMIT $2", scanCode, giver, limit)
	return list, doing("codes of a giver", err)
}

// PutCode implements [mentoring.Tx].
func (t *Tx) PutCode(code string, c *mentoring.Code) error {
	_, err := t.exec(`INSERT INTO code (hash, kind, programme, unit, topic, created, expires, used, giver) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (hash) DO UPDATE SET kind = excluded.kind, programme = excluded.programme, unit = excluded.unit, topic = excluded.topic,
		created = excluded.created, expires = excluded.expires, used = excluded.used, giver = excluded.giver`,
		t.codeHash(code), c.Kind, c.Programme, c.Unit, c.Topic, c.Created, c.Expires, c.Used, c.Giver)
	return doing("put code", err)
}

// PutBlock implements [mentoring.Tx]. A second block changes nothing.
func (t *Tx) PutBlock(by, whom mentoring.MemberID, at time.Time) error {
	_, err := t.exec("INSERT INTO block (blocker, blocked, since) VALUES ($1, $2, $3) ON CONFLICT (blocker, blocked) DO NOTHING", by, whom, at)
	if err == nil {
		t.caches.blocks.put(pair(by, whom), true)
	}
	return doing("put block", err)
}

// DropBlock implements [mentoring.Tx].
func (t *Tx) DropBlock(by, whom mentoring.MemberID) error {
	_, err := t.exec("DELETE FROM block WHERE blocker = $1 AND blocked = $2", by, whom)
	t.caches.blocks.drop(pair(by, whom))
	return doing("drop block", err)
}

// Blocks implements [mentoring.Tx], by ID.
func (t *Tx) Blocks(m mentoring.MemberID) ([]mentoring.MemberID, error) {
	list, err := collect(t, "SELECT blocked FROM block WHERE blocker = $1 UNION SELECT blocker FROM block WHERE blocked = $1 ORDER BY 1",
		func(r record) (mentoring.MemberID, error) { return mentoring.MemberID(r.int(0)), nil }, m)
	return list, doing("blocks", err)
}

// Count implements [mentoring.Tx]. Counts are gathered and written once for a
// group of steps.
func (t *Tx) Count(c mentoring.Counter, n int64) error {
	if err := t.writing(); err != nil {
		return err
	}
	t.g.batch.count(c, n)
	return nil
}

// Counted is a counter with its value.
type Counted = mentoring.Counted

// Counters implements [mentoring.Tx].
func (t *Tx) Counters(name mentoring.CounterName) ([]Counted, error) {
	if err := t.settle(); err != nil {
		return nil, err
	}
	list, err := collect(t, "SELECT month, programme, unit, trial, value, about FROM counter WHERE name = $1 ORDER BY month, about, programme, unit, trial", func(r record) (Counted, error) {
		return Counted{
			Counter: mentoring.Counter{
				Name: name, Month: r.text(0), Programme: mentoring.Programme(r.text(1)), Unit: mentoring.Unit(r.text(2)), Trial: r.flag(3),
				About: r.text(5),
			},
			Value: r.int(4),
		}, nil
	}, name)
	return list, doing("counters", err)
}

// settle writes what the group has gathered, so that a query sees it.
func (t *Tx) settle() error {
	if t.g == nil {
		return nil
	}
	if err := t.usable(); err != nil {
		return err
	}
	return t.latch(t.g.batch.flush(t.l))
}

// Dialogue implements [mentoring.Tx].
func (t *Tx) Dialogue(m mentoring.MemberID) ([]byte, error) {
	state, err := single(t, "SELECT state FROM dialogue WHERE member = $1", func(r record) ([]byte, error) {
		return t.s.keys.open(place{column: "dialogue.state", id: int64(m)}, r.view(0))
	}, m)
	if isNotFound(err) {
		return nil, nil
	}
	return state, doing("dialogue", err)
}

// PutDialogue implements [mentoring.Tx]; nil ends the dialogue.
func (t *Tx) PutDialogue(m mentoring.MemberID, state []byte) error {
	if state == nil {
		_, err := t.exec("DELETE FROM dialogue WHERE member = $1", m)
		return doing("end dialogue", err)
	}
	_, err := t.exec("INSERT INTO dialogue (member, state) VALUES ($1, $2) ON CONFLICT (member) DO UPDATE SET state = excluded.state",
		m, t.s.keys.seal(place{column: "dialogue.state", id: int64(m)}, state))
	return doing("put dialogue", err)
}

const settingColumn = "setting.value"

// Setting is the value kept under a key, "" when there is none. Sealed at rest.
func (t *Tx) Setting(key string) (string, error) {
	value, err := single(t, "SELECT value FROM setting WHERE name = $1", func(r record) (string, error) {
		return t.openText(place{column: settingColumn, name: key}, r.view(0))
	}, key)
	if isNotFound(err) {
		return "", nil
	}
	return value, doing("setting", err)
}

// DeviceSetting begins the keys of settings that have to do with devices. They
// are left out of backups, because a restored service makes new devices.
const DeviceSetting = "device/"

// PutSetting keeps a value under a key; "" removes it.
func (t *Tx) PutSetting(key, value string) error {
	if strings.HasPrefix(key, ".") {
		return fmt.Errorf("put setting: keys that begin with a dot are the store's own")
	}
	if value == "" {
		_, err := t.exec("DELETE FROM setting WHERE name = $1", key)
		return doing("put setting", err)
	}
	_, err := t.exec("INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
		key, t.sealText(place{column: settingColumn, name: key}, value))
	return doing("put setting", err)
}
