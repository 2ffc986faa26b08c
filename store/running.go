package store

import (
	"errors"
	"strings"
	"time"

	"silta/mentoring"
)

const serviceColumns = "id, programme, unit, words, checked, warned, changed"

// serviceWords is what of a service is sealed.
type serviceWords struct {
	Words  map[mentoring.Language]string
	Topics []string `json:",omitempty"`
	Area   string   `json:",omitempty"`
}

// Services implements [mentoring.Tx].
func (t *Tx) Services(p mentoring.Programme) ([]mentoring.Service, error) {
	list, err := collect(t, "SELECT "+serviceColumns+" FROM service WHERE programme = $1 ORDER BY id",
		func(r record) (mentoring.Service, error) {
			s := mentoring.Service{
				ID: r.int(0), Programme: mentoring.Programme(r.text(1)), Unit: mentoring.Unit(r.text(2)),
				Checked: r.time(4), Warned: r.time(5), Changed: r.time(6),
			}
			var w serviceWords
			err := t.openJSON(place{column: "service.words", id: s.ID}, r.view(3), &w)
			s.Words, s.Topics, s.Area = w.Words, w.Topics, w.Area
			return s, err
		}, p)
	return list, doing("services", err)
}

// PutService implements [mentoring.Tx]. One that was deleted is there again
// under its number.
func (t *Tx) PutService(s *mentoring.Service) error {
	if err := t.writing(); err != nil {
		return err
	}
	if s.ID == 0 {
		s.ID = t.newID(seqService)
		t.undo(func() { s.ID = 0 })
	}
	words, err := t.sealJSON(place{column: "service.words", id: s.ID}, serviceWords{s.Words, s.Topics, s.Area})
	if err != nil {
		return doing("put service", err)
	}
	_, err = t.exec("INSERT INTO service ("+serviceColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO UPDATE SET words = excluded.words, checked = excluded.checked, warned = excluded.warned, changed = excluded.changed`,
		s.ID, s.Programme, s.Unit, words, s.Checked, s.Warned, s.Changed)
	return doing("put service", err)
}

// DeleteService implements [mentoring.Tx].
func (t *Tx) DeleteService(id int64) error {
	return doing("delete service", t.change("DELETE FROM service WHERE id = $1", id))
}

const announcementColumns = "id, programme, unit, audience, words, author, due, reached, told, created"

func (t *Tx) scanAnnouncement(r record) (n mentoring.Announcement, err error) {
	n = mentoring.Announcement{
		ID: r.int(0), Programme: mentoring.Programme(r.text(1)), Unit: mentoring.Unit(r.text(2)), Audience: mentoring.Audience(r.text(3)),
		Author: mentoring.MemberID(r.int(5)), Due: r.time(6), Reached: mentoring.MemberID(r.int(7)), Told: int(r.int(8)), Created: r.time(9),
	}
	if len(r.view(4)) > 0 {
		err = t.openJSON(place{column: "announcement.words", id: n.ID}, r.view(4), &n.Words)
	}
	return n, err
}

// Announcement implements [mentoring.Tx].
func (t *Tx) Announcement(id int64) (mentoring.Announcement, error) {
	n, err := single(t, "SELECT "+announcementColumns+" FROM announcement WHERE id = $1", t.scanAnnouncement, id)
	return n, doing("announcement", err)
}

// Announcements implements [mentoring.Tx].
func (t *Tx) Announcements() ([]mentoring.Announcement, error) {
	list, err := collect(t, "SELECT "+announcementColumns+" FROM announcement WHERE due > 0 ORDER BY id", t.scanAnnouncement)
	return list, doing("announcements", err)
}

// DueAnnouncements implements [mentoring.Tx].
func (t *Tx) DueAnnouncements(now time.Time, limit int) ([]mentoring.Announcement, error) {
	list, err := collect(t, "SELECT "+announcementColumns+" FROM announcement WHERE due > 0 AND due <= $1 ORDER BY id LIMIT $2", t.scanAnnouncement, now, limit)
	return list, doing("due announcements", err)
}

// PutAnnouncement implements [mentoring.Tx].
func (t *Tx) PutAnnouncement(n *mentoring.Announcement) error {
	if err := t.writing(); err != nil {
		return err
	}
	if n.ID == 0 {
		n.ID = t.newID(seqAnnouncement)
		t.undo(func() { n.ID = 0 })
	}
	words := []byte{}
	if len(n.Words) > 0 {
		var err error
		if words, err = t.sealJSON(place{column: "announcement.words", id: n.ID}, n.Words); err != nil {
			return doing("put announcement", err)
		}
	}
	_, err := t.exec("INSERT INTO announcement ("+announcementColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (id) DO UPDATE SET words = excluded.words, due = excluded.due, reached = excluded.reached, told = excluded.told`,
		n.ID, n.Programme, n.Unit, n.Audience, words, orNull(n.Author), n.Due, n.Reached, n.Told, n.Created)
	return doing("put announcement", err)
}

// audienceWhere is the condition of the members who are addressed: who have a
// membership that is going on of one of the roles.
func audienceWhere(roles []mentoring.Role) string {
	return `join_state = 'joined' AND EXISTS (SELECT 1 FROM membership s WHERE s.member = m.id AND s.programme = $1 AND s.unit = $2
		AND s.state IN ('active', 'paused', 'training') AND s.role IN ` + listed(roles) + `)`
}

// listed writes constants of the domain as a list in SQL.
func listed[T ~string](values []T) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = "'" + strings.ReplaceAll(string(v), "'", "''") + "'"
	}
	return "(" + strings.Join(quoted, ", ") + ")"
}

// Audience implements [mentoring.Tx].
func (t *Tx) Audience(p mentoring.Programme, u mentoring.Unit, roles []mentoring.Role, after mentoring.MemberID, limit int) ([]mentoring.Member, error) {
	list, err := collect(t, "SELECT "+memberColumns+" FROM member m WHERE "+audienceWhere(roles)+" AND id > $3 ORDER BY id LIMIT $4",
		t.scanMember, p, u, after, limit)
	return list, doing("audience", err)
}

// CountAudience implements [mentoring.Tx].
func (t *Tx) CountAudience(p mentoring.Programme, u mentoring.Unit, roles []mentoring.Role) (int, error) {
	n, err := single(t, "SELECT count(*) FROM member m WHERE "+audienceWhere(roles), func(r record) (int, error) { return int(r.int(0)), nil }, p, u)
	return n, doing("count audience", err)
}

// People implements [mentoring.Tx].
func (t *Tx) People(f mentoring.PeopleFilter, limit int) ([]mentoring.Member, error) {
	where := "join_state = 'joined'"
	if len(f.Roles) > 0 || f.State != "" {
		inner := "s.state <> 'ended'"
		if len(f.Roles) > 0 {
			inner += " AND s.role IN " + listed(f.Roles)
		}
		if f.State != "" {
			inner += " AND s.state IN " + listed([]mentoring.MembershipState{f.State})
		}
		where += " AND EXISTS (SELECT 1 FROM membership s WHERE s.member = m.id AND " + inner + ")"
	}
	if f.Trial {
		where += " AND trial = 1"
	}
	list, err := collect(t, "SELECT "+memberColumns+" FROM member m WHERE "+where+" AND ($1 = 0 OR id < $1) ORDER BY id DESC LIMIT $2",
		t.scanMember, f.Before, limit)
	return list, doing("people", err)
}

// Undone implements [mentoring.Tx].
func (t *Tx) Undone(m mentoring.MemberID) (mentoring.Undone, error) {
	u, err := single(t, "SELECT what FROM undone WHERE member = $1", func(r record) (u mentoring.Undone, err error) {
		return u, t.openJSON(place{column: "undone.what", id: int64(m)}, r.view(0), &u)
	}, m)
	return u, doing("what was done", err)
}

// PutUndone implements [mentoring.Tx].
func (t *Tx) PutUndone(m mentoring.MemberID, u *mentoring.Undone) error {
	if err := t.writing(); err != nil {
		return err
	}
	if u == nil {
		err := t.change("DELETE FROM undone WHERE member = $1", m)
		if errors.Is(err, mentoring.ErrNotFound) {
			err = nil
		}
		return doing("forget what was done", err)
	}
	what, err := t.sealJSON(place{column: "undone.what", id: int64(m)}, u)
	if err != nil {
		return doing("remember what was done", err)
	}
	_, err = t.exec("INSERT INTO undone (member, what) VALUES ($1, $2) ON CONFLICT (member) DO UPDATE SET what = excluded.what", m, what)
	return doing("remember what was done", err)
}
