package bot

import (
	"slices"
	"strconv"
	"strings"

	"silta/mentoring"
)

// users lists people for staff, the newest first: their numbers, nicknames and
// roles, and nothing of what they write or with whom.
func (t *turn) users(rest string) error {
	f := mentoring.PeopleFilter{}
	var kept, names []string
	for w := range strings.FieldsSeq(rest) {
		if n := number(w); n > 0 {
			f.Before = mentoring.MemberID(n)
			continue
		}
		kept = append(kept, w)
		switch part := t.b.parts[word(w)]; part {
		case "mentees":
			f.Roles = add(f.Roles, mentoring.Mentee)
		case "mentors":
			f.Roles = add(f.Roles, mentoring.Mentor)
		case "workers":
			f.Roles = add(f.Roles, mentoring.StaffRoles()...)
		case "coordinator", "admin", "evaluator", "professional":
			f.Roles = add(f.Roles, mentoring.Role(part))
		case "paused", "suspended":
			f.State = mentoring.MembershipState(part)
		case "trial":
			f.Trial = true
		case "all", "everybody", "filler":
		default:
			names = append(names, w)
		}
	}
	f.Words = strings.Join(names, " ")
	page, more, err := t.act.People(*t.member, f)
	if err != nil {
		return err
	}
	if len(page) == 0 {
		t.say("users.none")
		return nil
	}
	lines := []string{t.text("users.head")}
	for i := range page {
		lines = append(lines, t.personLine(&page[i]))
	}
	if more {
		kept = append(kept, strconv.FormatInt(int64(page[len(page)-1].ID), 10))
		lines = append(lines, t.text("users.more", "filter", strings.Join(kept, " ")))
	}
	t.line(strings.Join(lines, "\n"))
	return nil
}

func (t *turn) personLine(p *mentoring.Person) string {
	parts := []string{t.text("menu.item", "number", int64(p.ID), "words", p.Alias)}
	if roles := t.rolesText(p.Memberships); roles != "" {
		parts = append(parts, roles)
	}
	if p.Trial {
		parts = append(parts, t.text("users.trial"))
	}
	return strings.Join(parts, " – ")
}

// rolesText names the roles that go on, with their states where they are not
// the usual one.
func (t *turn) rolesText(list []mentoring.Membership) string {
	var roles []string
	for _, s := range list {
		if s.State == mentoring.Ended {
			continue
		}
		name := t.text("role." + string(s.Role))
		if s.State != mentoring.Active {
			name += " (" + t.text("mentor.state."+string(s.State)) + ")"
		}
		roles = append(roles, name)
	}
	return strings.Join(roles, ", ")
}

// user shows one person to staff.
func (t *turn) user(rest string) error {
	n := t.numberIn(rest)
	if n == 0 {
		t.say("user.number")
		return nil
	}
	p, err := t.act.Person(*t.member, mentoring.MemberID(n))
	if err != nil {
		return err
	}
	lines := []string{
		t.personLine(&p),
		t.text("user.since", "at", p.Joined, "until", p.LastSign),
		t.text("user.language", "word", t.b.cat.Name(string(p.Language))),
		t.text("user.conversations", "n", p.Conversations),
	}
	for _, s := range p.Memberships {
		if s.State != mentoring.Ended && (s.Role == mentoring.Mentee || s.Role == mentoring.Mentor) {
			lines = append(lines, t.text("user.membership", "role", mentoring.T("role."+string(s.Role)), "number", int64(s.ID)))
		}
	}
	t.line(strings.Join(lines, "\n"))
	return nil
}

// role gives a role to somebody, named by number or by address, or takes it.
func (t *turn) role(rest string) error {
	first, after := cutWord(rest)
	take := t.b.parts[word(first)] == "end"
	if take {
		first, after = cutWord(after)
	}
	role := mentoring.Role(t.b.parts[word(after)])
	n := number(first)
	address := strings.HasPrefix(first, "@")
	if !slices.Contains(mentoring.StaffRoles(), role) || n == 0 && (!address || take) {
		t.helpOf("help.role")
		return nil
	}
	if t.unsigned {
		t.say("device.unsigned")
		return nil
	}
	q := question{Kind: askRole, ID: int64(n), Words: []string{string(role), "", ""}}
	who := t.text("role.somebody")
	if address {
		q.Words[1] = first
	} else {
		p, err := t.act.Person(*t.member, mentoring.MemberID(n))
		if err != nil {
			return err
		}
		who = t.text("menu.item", "number", n, "words", p.Alias)
	}
	key := "role.give_sure"
	if take {
		q.Words[2], key = "take", "role.take_sure"
	}
	t.ask(q, t.text(key, "words", who, "role", mentoring.T("role."+string(role)))+"\n\n"+t.text("confirm.in_words"))
	return nil
}

func (t *turn) answerRole(q *question, r reply) (bool, error) {
	if yes, heard := t.confirmed(r); !yes || len(q.Words) != 3 {
		return heard, nil
	}
	if t.unsigned {
		t.say("device.unsigned")
		return true, nil
	}
	role := mentoring.Role(q.Words[0])
	var err error
	switch {
	case q.Words[2] != "":
		err = t.act.Dismiss(*t.member, mentoring.MemberID(q.ID), role)
	case q.Words[1] != "":
		err = t.act.AppointByAddress(*t.member, q.Words[1], role)
	default:
		err = t.act.Appoint(*t.member, mentoring.MemberID(q.ID), role)
	}
	if err != nil {
		return true, err
	}
	t.say("role.done", "n", int(mentoring.UndoWithin.Minutes()))
	return true, nil
}
