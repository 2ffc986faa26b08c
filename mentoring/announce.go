package mentoring

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Audience is whom an announcement is for.
type Audience string

// The audiences.
const (
	ToEverybody Audience = "everybody" // mentees and mentors
	ToMentees   Audience = "mentees"
	ToMentors   Audience = "mentors"
	ToStaff     Audience = "staff"
)

// Roles are the roles that an audience takes in.
func (u Audience) Roles() []Role {
	switch u {
	case ToMentees:
		return []Role{Mentee}
	case ToMentors:
		return []Role{Mentor}
	case ToStaff:
		return []Role{Coordinator, Admin, Professional}
	}
	return []Role{Mentee, Mentor}
}

// Announcement is a message of staff to many people, each of whom gets it once
// in their own room with the bot (feature T4). It goes out in parts; Reached is
// how far it has come.
type Announcement struct {
	ID        int64
	Programme Programme
	Unit      Unit
	Audience  Audience
	Words     map[Language]string // sealed at rest; gone when it has been sent
	Author    MemberID
	Due       time.Time // the next part; zero when it is over
	Reached   MemberID  // everybody up to here has it
	Told      int       // how many people
	Created   time.Time
}

const (
	announceMax = 2000
	// announceLater is how long after its command an announcement is sent at the
	// earliest: it can be taken back until then.
	announceLater = UndoWithin
	announceBatch = 100 // people told in one step
)

// AnnounceTo says how many people an announcement would reach.
func (a *Act) AnnounceTo(staff Member, to Audience) (int, error) {
	s, err := a.canIn(staff, DoAnnounce, DefaultProgramme, DefaultUnit)
	if err != nil {
		return 0, err
	}
	n, err := a.Tx.CountAudience(s.Programme, s.Unit, to.Roles())
	if err != nil {
		return 0, fmt.Errorf("count audience: %w", err)
	}
	return n, nil
}

// Announce plans an announcement, for a time not sooner than ten minutes from
// now. People get it in their language, else in that of the service, else in
// any that it has.
func (a *Act) Announce(staff Member, to Audience, words map[Language]string, at time.Time) (Announcement, error) {
	s, err := a.canIn(staff, DoAnnounce, DefaultProgramme, DefaultUnit)
	if err != nil {
		return Announcement{}, err
	}
	kept := map[Language]string{}
	for lang, text := range words {
		if text, err = fit(text, announceMax); err != nil {
			return Announcement{}, err
		}
		if text != "" {
			kept[lang] = text
		}
	}
	if len(kept) == 0 {
		return Announcement{}, Refuse("announce.say_words")
	}
	if first := a.Now.Add(announceLater); at.Before(first) {
		at = first
	}
	n := Announcement{
		Programme: s.Programme, Unit: s.Unit, Audience: to, Words: kept, Author: staff.ID, Due: at, Created: a.Now,
	}
	if err := a.Tx.PutAnnouncement(&n); err != nil {
		return n, fmt.Errorf("put announcement: %w", err)
	}
	if err := a.audit(staff.ID, AuditAnnounce); err != nil {
		return n, err
	}
	return n, a.undoable(staff, Undone{Kind: UndoAnnounce, ID: n.ID})
}

// Announcements lists those that are planned or on their way.
func (a *Act) Announcements(staff Member) ([]Announcement, error) {
	if err := a.can(staff, DoAnnounce); err != nil {
		return nil, err
	}
	list, err := a.Tx.Announcements()
	if err != nil {
		return nil, fmt.Errorf("announcements: %w", err)
	}
	return list, nil
}

// CancelAnnouncement stops an announcement; whoever has it keeps it.
func (a *Act) CancelAnnouncement(staff Member, id int64) error {
	if _, err := a.canIn(staff, DoAnnounce, DefaultProgramme, DefaultUnit); err != nil {
		return err
	}
	n, err := a.Tx.Announcement(id)
	if errors.Is(err, ErrNotFound) || err == nil && n.Due.IsZero() {
		return Refuse("announce.over", "number", id)
	}
	if err != nil {
		return fmt.Errorf("announcement: %w", err)
	}
	n.Due, n.Words = time.Time{}, nil
	if err := a.Tx.PutAnnouncement(&n); err != nil {
		return fmt.Errorf("put announcement: %w", err)
	}
	return a.audit(staff.ID, AuditAnnounce)
}

// announcements sends the next part of each that is due and says whether there
// is more. Who is told and how far it has come are one transaction: nobody is
// told twice or left out.
func (a *Act) announcements() (more bool, err error) {
	due, err := a.Tx.DueAnnouncements(a.Now, tickBatch)
	if err != nil {
		return false, fmt.Errorf("due announcements: %w", err)
	}
	for _, n := range due {
		people, err := a.Tx.Audience(n.Programme, n.Unit, n.Audience.Roles(), n.Reached, announceBatch)
		if err != nil {
			return false, fmt.Errorf("audience: %w", err)
		}
		for i := range people {
			a.Do(Notify{Member: people[i].ID, Text: T("announce.said", "text", n.In(people[i].Language, a.Rules.Language))})
			n.Reached = people[i].ID
		}
		n.Told += len(people)
		if len(people) < announceBatch {
			n.Due, n.Words = time.Time{}, nil
			a.Do(TellStaff{Programme: n.Programme, Unit: n.Unit, Text: T("announce.sent", "number", n.ID, "n", n.Told)})
		}
		if err := a.Tx.PutAnnouncement(&n); err != nil {
			return false, fmt.Errorf("put announcement: %w", err)
		}
		more = more || !n.Due.IsZero()
	}
	return more, nil
}

// In is the announcement for somebody who reads that language.
func (n *Announcement) In(lang, otherwise Language) string {
	for _, l := range []Language{lang, otherwise} {
		if words := n.Words[l]; words != "" {
			return words
		}
	}
	for _, l := range slices.Sorted(maps.Keys(n.Words)) {
		return n.Words[l]
	}
	return ""
}
