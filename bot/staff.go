package bot

import (
	"fmt"
	"regexp"
	"strings"

	"silta/mentoring"
)

// mentor is the staff command about mentors: inviting, listing, and everything
// about one of them, whose number may come before or after what is to be done.
func (t *turn) mentor(rest string) error {
	first, after := cutWord(rest)
	part, n := t.b.parts[word(first)], 0
	if m := number(first); m > 0 {
		n = m
		first, after = cutWord(after)
		part = t.b.parts[word(first)]
	} else if m := t.numberIn(after); m > 0 {
		n = m
		_, after = cutWord(after)
	}
	if part == "invite" && t.numberIn(rest) > 0 { // "3 invite" means nothing
		part = ""
	}
	switch part {
	case "invite":
		return t.invite(strings.TrimSpace(rest[len(first):]))
	case "show", "pause", "resume", "end", "round", "trained", "check", "kind", "history":
		if n == 0 {
			t.say("mentor.number")
			return nil
		}
	case "list":
		if n == 0 {
			return t.mentorList()
		}
	default:
		if n > 0 && first == "" {
			return t.showRecord(mentoring.MembershipID(n))
		}
		t.helpOf("help.mentor")
		return nil
	}
	switch part {
	case "show", "pause", "resume", "end":
		return t.mentorDo(part, mentoring.MembershipID(n))
	}
	return t.mentorNote(part, mentoring.MembershipID(n), after)
}

// numberIn is the number that a text begins with; 0 if there is none.
func (t *turn) numberIn(text string) int {
	first, _ := cutWord(text)
	return number(first)
}

// invite makes a code, or asks in a person by address. The command that holds
// an address is taken away at once.
func (t *turn) invite(rest string) error {
	if first, after := cutWord(rest); t.b.parts[word(first)] == "in" && !strings.HasPrefix(first, "@") {
		rest = after
	}
	if rest != "" {
		t.out.RedactInput = true
		if err := t.act.InviteMentor(*t.member, rest); err != nil {
			return err
		}
		t.say("mentor.invited_now")
		return nil
	}
	code, err := t.act.NewMentorCode(*t.member)
	if err != nil {
		return err
	}
	t.say("mentor.code", "code", code, "until", t.act.Now.Add(t.act.Rules.CodeLifetime))
	return nil
}

// mentorList lists the mentors with their numbers, which stay the same.
func (t *turn) mentorList() error {
	records, err := t.act.MentorRecords(*t.member)
	if err != nil {
		return err
	}
	if len(records) == 0 {
		t.say("mentor.none")
		return nil
	}
	lines := []string{t.text("mentor.head")}
	for i := range records {
		lines = append(lines, t.recordLine(&records[i]))
	}
	t.line(strings.Join(lines, "\n"))
	return nil
}

func (t *turn) recordLine(r *mentoring.MentorRecord) string {
	name := r.Card.Alias
	if name == "" {
		name = t.text("mentor.no_card")
	}
	parts := []string{
		t.text("menu.item", "number", int64(r.Membership.ID), "words", name),
		t.text("mentor.state." + string(r.Membership.State)),
	}
	if r.Card.State != "" {
		parts = append(parts, t.text("card.state."+string(r.Card.State)))
	}
	parts = append(parts, t.text("mentor.open", "n", r.Open))
	if r.Availability.AwayAt(t.act.Now) {
		if r.Availability.AwayUntil.IsZero() {
			parts = append(parts, t.text("mentor.away"))
		} else {
			parts = append(parts, t.text("mentor.away_until", "until", r.Availability.AwayUntil))
		}
	}
	return strings.Join(parts, " – ")
}

// mentorDo does one thing with one mentor; ending is asked first.
func (t *turn) mentorDo(part string, id mentoring.MembershipID) error {
	switch part {
	case "show":
		return t.showRecord(id)
	case "end":
		if t.unsigned {
			t.say("device.unsigned")
			return nil
		}
		// No buttons: what cannot be undone is confirmed in words (design §6).
		t.ask(question{Kind: askRetire, ID: int64(id)}, t.text("mentor.end_sure", "number", int64(id))+"\n\n"+t.text("confirm.in_words"))
		return nil
	case "pause":
		if err := t.act.PauseMentor(*t.member, id); err != nil {
			return err
		}
		t.say("mentor.paused_now", "number", int64(id))
		return nil
	}
	if err := t.act.ResumeMentor(*t.member, id); err != nil {
		return err
	}
	t.say("mentor.resumed_now", "number", int64(id))
	return nil
}

// showRecord shows a mentor's card to staff, who judge it.
func (t *turn) showRecord(id mentoring.MembershipID) error {
	records, err := t.act.MentorRecords(*t.member)
	if err != nil {
		return err
	}
	for i := range records {
		r := &records[i]
		if r.Membership.ID != id {
			continue
		}
		text := t.recordLine(r) + "\n" + t.recordText(r)
		if r.Card.State != "" {
			text += "\n\n" + t.cardText(&r.Card)
		}
		if r.Card.State == mentoring.CardSubmitted {
			text += "\n\n" + t.text("mentor.judge", "number", int64(id))
		}
		t.line(text)
		return nil
	}
	return mentoring.Refuse("mentor.unknown", "number", int64(id))
}

func (t *turn) answerRetire(q *question, r reply) (bool, error) {
	if yes, heard := t.confirmed(r); !yes {
		return heard, nil
	}
	if t.unsigned {
		t.say("device.unsigned")
		return true, nil
	}
	if err := t.act.EndMentor(*t.member, mentoring.MembershipID(q.ID)); err != nil {
		return true, err
	}
	t.say("mentor.ended_now", "number", q.ID)
	return true, nil
}

// approve lists a mentor whose card has been read.
func (t *turn) approve(rest string) error {
	n := t.numberIn(rest)
	if n == 0 {
		t.say("mentor.number")
		return nil
	}
	if err := t.act.ApproveCard(*t.member, mentoring.MembershipID(n)); err != nil {
		return err
	}
	s, err := t.act.Tx.Membership(mentoring.MembershipID(n))
	if err != nil {
		return fmt.Errorf("membership: %w", err)
	}
	if s.State == mentoring.Training {
		parts, err := t.act.Lacks(s)
		if err != nil {
			return err
		}
		t.say("mentor.approved_only", "number", n, "parts", parts)
		return nil
	}
	t.say("mentor.approved_now", "number", n)
	return nil
}

// giveBack returns a card to its mentor with the reason.
func (t *turn) giveBack(rest string) error {
	n := t.numberIn(rest)
	if n == 0 {
		t.say("mentor.number")
		return nil
	}
	_, why := cutWord(rest)
	if err := t.act.ReturnCard(*t.member, mentoring.MembershipID(n), why); err != nil {
		return err
	}
	t.say("mentor.returned_now", "number", n)
	return nil
}

// codePattern finds what may be a one-time code: four groups of four, or all of
// it in one with at least one digit in it.
var codePattern = regexp.MustCompile(`^(?:\pL+:?\s+)?([0-9A-Za-z]{4}(?:[-–‑ ]?[0-9A-Za-z]{4}){3})\.?$`)

// code takes a one-time code, whatever is being asked. It is said to nobody and
// taken away at once, right or wrong.
func (t *turn) code(body string) (bool, error) {
	if t.place != Management || len(body) > 60 {
		return false, nil
	}
	found := codePattern.FindStringSubmatch(body)
	if found == nil || !strings.ContainsAny(found[1], "0123456789-–‑") {
		return false, nil
	}
	t.out.RedactInput = true
	what, err := t.act.RedeemCode(t.member, found[1])
	if err != nil {
		return true, err
	}
	if t.memberships, err = t.act.Tx.Memberships(t.member.ID); err != nil {
		return true, err
	}
	t.forget()
	return true, t.redeemed(what.Kind)
}

// begin is what a mentor-to-be does first: the guide where it is asked for, else
// the card.
func (t *turn) begin() error {
	if t.act.Rules.Programme(mentoring.DefaultProgramme).NeedGuide && mentoring.May(t.memberships, mentoring.DoGuide) {
		return t.guide("")
	}
	return t.myCard()
}
