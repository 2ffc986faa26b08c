package bot

import (
	"strings"
	"time"

	"silta/mentoring"
)

// mentorNote keeps what staff note of a mentor: the training round, that it is
// done, a background check, the kind of helper; it lists the mentor and shows
// the history of the card.
func (t *turn) mentorNote(part string, id mentoring.MembershipID, rest string) error {
	var err error
	switch part {
	case "round":
		err = t.act.NoteRound(*t.member, id, rest)
	case "trained", "check":
		day, refusal := t.dayBehind(rest)
		if refusal != "" {
			t.say(refusal)
			return nil
		}
		if part == "trained" {
			err = t.act.NoteTrained(*t.member, id, day)
		} else {
			err = t.act.NoteCheck(*t.member, id, day)
		}
	case "kind":
		return t.mentorKind(id, rest)
	case "history":
		return t.cardHistory(id)
	case "list":
		if err = t.act.ListMentor(*t.member, id); err != nil {
			return err
		}
		t.say("mentor.listed_now", "number", int64(id))
		return nil
	}
	if err != nil {
		return err
	}
	return t.showRecord(id)
}

func (t *turn) mentorKind(id mentoring.MembershipID, rest string) error {
	var names []string
	for _, kind := range mentoring.HelperKinds() {
		names = append(names, t.text("helper."+string(kind)))
		if t.b.parts[word(rest)] == string(kind) {
			if err := t.act.SetKind(*t.member, id, kind); err != nil {
				return err
			}
			return t.showRecord(id)
		}
	}
	t.say("mentor.kind_which", "kinds", names, "number", int64(id))
	return nil
}

// cardHistory shows staff what a card has been, the newest last.
func (t *turn) cardHistory(id mentoring.MembershipID) error {
	list, err := t.act.CardHistory(*t.member, id)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		t.say("mentor.no_history", "number", int64(id))
		return nil
	}
	parts := []string{t.text("mentor.history", "number", int64(id))}
	for i := len(list) - 1; i >= 0; i-- {
		v := &list[i]
		parts = append(parts, t.text("mentor.version", "at", v.At, "what", mentoring.T("card.step."+string(v.Step)))+"\n"+t.cardText(&v.Card))
	}
	t.line(strings.Join(parts, "\n\n"))
	return nil
}

// recordText is how far a mentor is on the way, for staff.
func (t *turn) recordText(r *mentoring.MentorRecord) string {
	p := &r.Preparation
	var lines []string
	if total := t.b.GuideSteps(); p.GuideDone.IsZero() {
		read := 0
		for n := range total {
			read += int(p.Guide >> n & 1)
		}
		lines = append(lines, t.text("mentor.guide", "step", read, "n", total))
	} else {
		lines = append(lines, t.text("mentor.guide_done", "at", p.GuideDone))
	}
	if p.Round != "" {
		lines = append(lines, t.text("mentor.round", "round", p.Round))
	}
	if !p.Trained.IsZero() {
		lines = append(lines, t.text("mentor.trained", "at", p.Trained))
	}
	if !p.Checked.IsZero() {
		lines = append(lines, t.text("mentor.checked", "at", p.Checked, "alias", r.CheckedBy))
	}
	if len(r.Lacks) > 0 {
		lines = append(lines, t.text("mentor.lacks", "number", int64(r.Membership.ID), "parts", r.Lacks))
	} else if r.Membership.State == mentoring.Training {
		lines = append(lines, t.text("mentor.can_list", "number", int64(r.Membership.ID)))
	}
	return strings.Join(lines, "\n")
}

// dayBehind reads a day that has been; today when none is named. refusal is the
// key of what to say when it cannot be read.
func (t *turn) dayBehind(text string) (day time.Time, refusal string) {
	zone := t.b.cfg.Location
	now := t.act.Now.In(zone)
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, zone)
	if strings.TrimSpace(text) == "" {
		return today, ""
	}
	y, m, d, ok := dayParts(text)
	if !ok {
		return day, "date.unclear"
	}
	year := y
	if y == 0 {
		year = now.Year()
	}
	day = time.Date(year, time.Month(m), d, 0, 0, 0, 0, zone)
	if y == 0 && day.After(today) {
		day = time.Date(year-1, time.Month(m), d, 0, 0, 0, 0, zone)
	}
	switch {
	case m < 1 || m > 12 || day.Day() != d || day.Month() != time.Month(m):
		return day, "date.bad"
	case day.After(today):
		return day, "date.future"
	}
	return day, ""
}
