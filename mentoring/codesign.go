package mentoring

import (
	"fmt"
	"strconv"
)

// The co-design group (feature I14) is a group in which people think about the
// service together with staff: mentees and mentors, each under a name that
// nobody in it has had and that is used nowhere else. Which conversation it is
// stands in a setting; there is one in each programme and unit.

func settingCodesign(p Programme, u Unit) string { return "codesign/" + string(p) + "/" + string(u) }

// StartCodesign opens the group. Whoever opens it is in it.
func (a *Act) StartCodesign(staff Member) error {
	s, err := a.allowed(staff, DoQuestion, anywhere)
	if err != nil {
		return err
	}
	c, err := a.codesign(s)
	if err != nil {
		return err
	}
	if c != nil {
		return Refuse("codesign.open_already")
	}
	c = &Conversation{Kind: KindGroup, Programme: s.Programme, Unit: s.Unit, Created: a.Now, Trial: staff.Trial}
	if err := ConversationMachine().shift(&c.State, StepGather); err != nil {
		return err
	}
	name := staff.Alias
	if name == "" {
		name = a.Rules.StaffAlias
	}
	if err := a.joinGroup(c, Participant{Member: staff.ID, Membership: s.ID, Role: s.Role, Alias: name}, "codesign.hello_staff"); err != nil {
		return err
	}
	if err := a.Tx.PutSetting(settingCodesign(s.Programme, s.Unit), strconv.FormatInt(int64(c.ID), 10)); err != nil {
		return fmt.Errorf("put setting: %w", err)
	}
	return a.audit(staff.ID, AuditCodesign, c.ID)
}

// EndCodesign ends the group for everybody in it.
func (a *Act) EndCodesign(staff Member) error {
	s, err := a.allowed(staff, DoQuestion, anywhere)
	if err != nil {
		return err
	}
	c, err := a.codesign(s)
	if err != nil {
		return err
	}
	if c == nil {
		return Refuse("codesign.closed")
	}
	if err := a.finish(c, StepWithdraw, 0, "chat.ended"); err != nil {
		return err
	}
	if err := a.Tx.PutSetting(settingCodesign(s.Programme, s.Unit), ""); err != nil {
		return fmt.Errorf("put setting: %w", err)
	}
	return a.audit(staff.ID, AuditCodesign, c.ID)
}

// codesign is the group of a programme and unit; nil when there is none.
func (a *Act) codesign(s Membership) (*Conversation, error) {
	kept, err := a.Tx.Setting(settingCodesign(s.Programme, s.Unit))
	if err != nil || kept == "" {
		return nil, wrapped("setting", err)
	}
	id, err := strconv.ParseInt(kept, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("setting of the co-design group: %w", err)
	}
	c, err := a.Tx.Conversation(ConversationID(id))
	if err = unfound(err); err != nil {
		return nil, fmt.Errorf("co-design group: %w", err)
	}
	if c == nil || !c.Live() {
		return nil, nil
	}
	return c, nil
}

// CodesignOpen says whether a member can join the group: it is there, and they
// are not in it.
func (a *Act) CodesignOpen(m Member) error {
	_, _, err := a.codesignFor(m)
	return err
}

func (a *Act) codesignFor(m Member) (s Membership, c *Conversation, err error) {
	if s, err = a.allowed(m, DoQuestions, anywhere); err != nil {
		return s, nil, err
	}
	if c, err = a.codesign(s); err != nil {
		return s, nil, err
	}
	switch {
	case c == nil || c.Trial != m.Trial:
		return s, nil, Refuse("codesign.closed")
	case c.present(s.ID) != nil:
		return s, nil, Refuse("codesign.in_already", "alias", c.present(s.ID).Alias)
	case c.count() >= GroupMax:
		return s, nil, Refuse("codesign.full", "max", GroupMax)
	}
	return s, c, nil
}

// JoinCodesign makes a member a participant of the group, under a name of this
// group only, and gives the name.
func (a *Act) JoinCodesign(m Member) (alias string, err error) {
	s, c, err := a.codesignFor(m)
	if err != nil {
		return "", err
	}
	c = c.Clone()
	alias = a.freshName(c)
	return alias, a.joinGroup(c, Participant{Member: m.ID, Membership: s.ID, Role: s.Role, Alias: alias}, "codesign.hello")
}

// joinGroup adds a participant to a group and asks them in; the rooms of the
// others learn of them.
func (a *Act) joinGroup(c *Conversation, p Participant, hello string) error {
	if err := a.seated(c, p); err != nil {
		return err
	}
	mine := c.present(p.Membership)
	if err := PresenceMachine().shift(&mine.Presence, StepAsk); err != nil {
		return err
	}
	if err := a.putConversation(c); err != nil {
		return err
	}
	mine = c.present(p.Membership)
	a.Do(OpenLeg{mine.ID}, Tell{mine.ID, T(hello, "alias", mine.Alias)})
	for _, o := range c.others(mine.ID) {
		a.Do(RenewLeg{o})
	}
	return nil
}
