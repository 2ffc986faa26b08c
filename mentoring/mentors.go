package mentoring

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// makeMentor gives the member a mentor's membership, and lets them past the
// question of age if that is where they are.
func (a *Act) makeMentor(m *Member, p Programme, u Unit) (Membership, error) {
	s := Membership{Member: m.ID, Programme: p, Unit: u, Role: Mentor, Created: a.Now}
	if err := a.beginMembership(&s, StepInvite); err != nil {
		return Membership{}, err
	}
	if _, ok := JoinMachine().Next(m.Join, StepVouch); ok {
		return s, a.joinStep(m, StepVouch)
	}
	return s, nil
}

// mentorIn finds the member's mentor membership there, nil if there is none
// that has not ended.
func (a *Act) mentorIn(m Member, p Programme, u Unit) (*Membership, error) {
	list, err := a.Tx.Memberships(m.ID)
	if err != nil {
		return nil, fmt.Errorf("memberships: %w", err)
	}
	for i := range list {
		if s := &list[i]; s.Role == Mentor && s.State != Ended && s.Programme == p && s.Unit == u {
			return s, nil
		}
	}
	return nil, nil
}

// InviteMentor asks a person in as a mentor by address. Its answer is the same
// whether or not Silta knows the person, and whatever they are.
func (a *Act) InviteMentor(staff Member, address string) error {
	s, err := a.canIn(staff, DoInvite, DefaultProgramme, DefaultUnit)
	if err != nil {
		return err
	}
	if !wellFormedAddress(address) {
		return Refuse("address.malformed")
	}
	m, err := a.know(address)
	if err != nil {
		return err
	}
	if err := a.notSuspended(m); err != nil {
		return instead(err, Refuse("measure.banned_staff"))
	}
	a.Do(Welcome{m.ID})
	already, err := a.mentorIn(m, s.Programme, s.Unit)
	if err != nil || already != nil {
		return err
	}
	if _, err := a.makeMentor(&m, s.Programme, s.Unit); err != nil {
		return err
	}
	if m.Language != "" {
		a.Do(Notify{Member: m.ID, Text: T("mentor.invited")})
	}
	return a.audit(staff.ID, AuditInvite, m.ID)
}

// wellFormedAddress says whether s looks like a person's address: "@", a name,
// ":", a server; at most 255 bytes.
func wellFormedAddress(s string) bool {
	name, server, ok := strings.Cut(s, ":")
	return ok && len(s) <= 255 && len(name) > 1 && name[0] == '@' && server != "" &&
		!strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\ufffd' })
}

// MentorMembership is the member's own membership as a mentor, in whatever
// state but ended.
func (a *Act) MentorMembership(m Member) (Membership, error) {
	s, err := a.mentorIn(m, DefaultProgramme, DefaultUnit)
	if err != nil {
		return Membership{}, err
	}
	if s == nil {
		return Membership{}, Refuse("mentor.not_one")
	}
	return *s, nil
}

// ownMentor is MentorMembership for an action that the policy must allow.
func (a *Act) ownMentor(m Member, action Action) (Membership, error) {
	s, err := a.MentorMembership(m)
	if err != nil {
		return s, err
	}
	if _, err := a.canIn(m, action, s.Programme, s.Unit); err != nil {
		return s, err
	}
	return s, nil
}

// MentorRecord is one mentor as staff see them.
type MentorRecord struct {
	Membership   Membership
	Card         Card // without State when none was saved
	Availability Availability
	Open         int // conversations that are placed or going on
	Preparation  Preparation
	CheckedBy    string // nickname of whoever saw the background check
	Lacks        []Text // before they can be listed
}

// MentorRecords lists the mentors of the staff member's programme and unit,
// those who have ended left out.
func (a *Act) MentorRecords(staff Member) ([]MentorRecord, error) {
	of, err := a.canIn(staff, DoSeeMentors, DefaultProgramme, DefaultUnit)
	if err != nil {
		return nil, err
	}
	list, err := a.Tx.MembershipsOf(of.Programme, Mentor)
	if err != nil {
		return nil, fmt.Errorf("mentors: %w", err)
	}
	var records []MentorRecord
	for _, s := range list {
		if s.Unit != of.Unit {
			continue
		}
		r := MentorRecord{Membership: s}
		if r.Card, err = a.Tx.Card(s.ID); err != nil && !errors.Is(err, ErrNotFound) {
			return nil, fmt.Errorf("card: %w", err)
		}
		if r.Availability, err = a.availability(s.ID); err != nil {
			return nil, err
		}
		live, err := a.liveOf(s)
		if err != nil {
			return nil, err
		}
		r.Open = len(live)
		if err := a.prepared(&r); err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, nil
}

// prepared fills in how far a mentor is on the way.
func (a *Act) prepared(r *MentorRecord) (err error) {
	if r.Preparation, err = a.preparation(r.Membership.ID); err != nil {
		return err
	}
	if r.Membership.State == Invited || r.Membership.State == Training {
		r.Lacks = a.lacks(r.Membership, r.Preparation, r.Card.State)
	}
	if r.Preparation.CheckedBy == 0 {
		return nil
	}
	by, err := a.Tx.Member(r.Preparation.CheckedBy)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("who saw the check: %w", err)
	}
	r.CheckedBy = by.Alias
	return nil
}

// mentorFor finds a mentor that a staff member may act on.
func (a *Act) mentorFor(staff Member, id MembershipID, action Action) (Membership, error) {
	if err := a.can(staff, action); err != nil {
		return Membership{}, err
	}
	unknown := Refuse("mentor.unknown", "number", int64(id))
	s, err := a.Tx.Membership(id)
	if err != nil {
		return s, missing(err, "membership", unknown)
	}
	if s.Role != Mentor {
		return s, unknown
	}
	if _, err := a.canIn(staff, action, s.Programme, s.Unit); err != nil {
		return s, instead(err, unknown)
	}
	return s, nil
}

// PauseMentor takes a mentor off the list. What they talk about goes on, and
// each mentee is told that they may choose somebody else; places that nobody has
// written in yet are given back.
func (a *Act) PauseMentor(staff Member, id MembershipID) error {
	if err := a.moveMentor(staff, id, StepPause, AuditPause); err != nil {
		return err
	}
	return a.undoable(staff, Undone{Kind: UndoPause, ID: int64(id)})
}

// ResumeMentor ends a pause.
func (a *Act) ResumeMentor(staff Member, id MembershipID) error {
	return a.moveMentor(staff, id, StepResume, AuditResume)
}

// EndMentor ends a mentor's membership and their conversations; each mentee is
// told, with a way on.
func (a *Act) EndMentor(staff Member, id MembershipID) error {
	return a.moveMentor(staff, id, StepEnd, AuditEnd)
}

func (a *Act) moveMentor(staff Member, id MembershipID, by Step, as AuditAction) error {
	s, err := a.mentorFor(staff, id, DoMoveMentor)
	if err != nil {
		return err
	}
	next, ok := MembershipMachine().Next(s.State, by)
	if !ok {
		return Refuse("mentor.cannot_now", "number", int64(id), "state", T("mentor.state."+string(s.State)))
	}
	live, err := a.liveOf(s)
	if err != nil {
		return err
	}
	s.State = next
	if err := a.putMembership(&s); err != nil {
		return err
	}
	own := map[Step]string{StepPause: "mentor.paused", StepResume: "mentor.resumed", StepEnd: "mentor.ended"}[by]
	a.Do(Notify{Member: s.Member, Text: T(own)})
	if err := a.audit(staff.ID, as, id); err != nil {
		return err
	}
	switch by {
	case StepResume:
		return nil
	case StepEnd:
		return a.stopMentoring(s)
	}
	if err := a.leaveGroups(s); err != nil {
		return err
	}
	for _, c := range live {
		mentor := c.byMembership(id)
		if c.State == Placed {
			if err := a.finish(c, StepWithdraw, mentor.ID, "chat.mentor_stopped"); err != nil {
				return err
			}
			continue
		}
		for _, o := range c.others(mentor.ID) {
			a.Do(Tell{o, T("chat.mentor_paused", "alias", mentor.Alias)})
		}
	}
	return nil
}

// GoAway keeps new conversations from a mentor, until a time (the zero time:
// until ComeBack). Running conversations go on and are told, again only when
// the date changes. The text is for the mentees.
func (a *Act) GoAway(m Member, until time.Time, text string) error {
	s, err := a.ownMentor(m, DoAway)
	if err != nil {
		return err
	}
	if !until.IsZero() && !until.After(a.Now) {
		return Refuse("away.past")
	}
	if text, err = fit(text, NoteMax); err != nil {
		return err
	}
	if err := a.noContacts(s.Programme, Mentor, text); err != nil {
		return err
	}
	v, err := a.availability(s.ID)
	if err != nil {
		return err
	}
	news := !v.AwayAt(a.Now) || !v.AwayUntil.Equal(until)
	v.Away, v.AwayUntil, v.AwayText = true, until, text
	if err := a.putAvailability(&v); err != nil {
		return err
	}
	if !news {
		return nil
	}
	if until.IsZero() {
		return a.tellMentees(s, func(alias string) Text { return T("chat.mentor_away", "alias", alias, "text", text) })
	}
	return a.tellMentees(s, func(alias string) Text {
		return T("chat.mentor_away_until", "alias", alias, "text", text, "until", until)
	})
}

// ComeBack ends being away.
func (a *Act) ComeBack(m Member) error {
	s, err := a.ownMentor(m, DoAway)
	if err != nil {
		return err
	}
	v, err := a.availability(s.ID)
	if err != nil {
		return err
	}
	if !v.Away {
		return Refuse("away.not")
	}
	return a.back(s, v)
}

func (a *Act) back(s Membership, v Availability) error {
	v.Away, v.AwayUntil, v.AwayText = false, time.Time{}, ""
	if err := a.putAvailability(&v); err != nil {
		return err
	}
	if err := a.rewait(s); err != nil {
		return err
	}
	return a.tellMentees(s, func(alias string) Text { return T("chat.mentor_back", "alias", alias) })
}

func (a *Act) putAvailability(v *Availability) error {
	if err := a.Tx.PutAvailability(v); err != nil {
		return fmt.Errorf("put availability: %w", err)
	}
	return nil
}

// tellMentees says something in each active conversation of a mentor.
func (a *Act) tellMentees(s Membership, line func(alias string) Text) error {
	live, err := a.liveOf(s)
	if err != nil {
		return err
	}
	for _, c := range live {
		mentor := c.byMembership(s.ID)
		if c.State != Open {
			continue
		}
		for _, o := range c.others(mentor.ID) {
			a.Do(Tell{o, line(mentor.Alias)})
		}
	}
	return nil
}

// SetStatus changes the line under the mentor's alias; it needs no approval.
// Empty takes it away. Those who talk with the mentor read it in their rooms: a
// line there is encrypted, which a room's topic, where it might stand, is not.
func (a *Act) SetStatus(m Member, text string) error {
	s, err := a.ownMentor(m, DoAway)
	if err != nil {
		return err
	}
	if text, err = fitLine(text, NoteMax); err != nil {
		return err
	}
	if err := a.noContacts(s.Programme, Mentor, text); err != nil {
		return err
	}
	c, err := a.Tx.Card(s.ID)
	if err != nil {
		return missing(err, "card", Refuse("card.none"))
	}
	changed := text != "" && text != c.Status
	c.Status = text
	if err := a.putCard(&c); err != nil || !changed {
		return err
	}
	return a.tellMentees(s, func(alias string) Text { return T("chat.mentor_status", "alias", alias, "text", text) })
}

func (a *Act) putCard(c *Card) error {
	if err := a.Tx.PutCard(c); err != nil {
		return fmt.Errorf("put card: %w", err)
	}
	return nil
}

// AgeBands are what a card may say of the mentor's age, in years.
func AgeBands() []string {
	return []string{"18–24", "25–34", "35–44", "45–54", "55–64", "65–74", "75+"}
}

// ageBand gives the band in the form it is kept in; a plain hyphen will do.
func ageBand(s string) (string, bool) {
	s = strings.ReplaceAll(strings.TrimSpace(s), "-", "–")
	return s, s == "" || slices.Contains(AgeBands(), s)
}
