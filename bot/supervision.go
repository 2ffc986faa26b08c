package bot

import (
	"strings"
	"time"

	"silta/mentoring"
)

// askSupervision is whether a mentor comes to the meeting; with a step, whether
// staff want to end it.
const askSupervision askKind = "supervision"

// YesNo are the reactions that answer a line of yes or no.
func YesNo() []string { return []string{keyYes, keyNo} }

// GroupNames are what people are called in a group, in the service's language.
func (b *Bot) GroupNames(lang mentoring.Language) []string { return b.cat.Nicknames(string(lang)) }

// supervision is the mentors' meeting: staff set it up and see who comes, a
// mentor says whether they do, or that they are there.
func (t *turn) supervision(rest string) error {
	r := t.b.typed(rest)
	supervises := mentoring.May(t.memberships, mentoring.DoSupervise)
	switch {
	case supervises && rest == "":
		return t.showSupervision()
	case supervises && !r.yes && !r.no:
		return t.setSupervision(rest)
	case r.yes || r.no:
		return t.attend(r.yes)
	case rest != "":
		t.say("supervision.how")
		return nil
	}
	meeting, seat, err := t.act.OwnSeat(*t.member)
	if err != nil {
		return err
	}
	if meeting.State == mentoring.SupervisionRunning {
		return t.attend(true)
	}
	t.askYesNo(question{Kind: askSupervision}, t.text("supervision.own", "at", meeting.At)+"\n"+t.text("supervision.own."+string(seat.State)))
	return nil
}

// attend keeps what a mentor says of the meeting.
func (t *turn) attend(comes bool) error {
	meeting, seat, err := t.act.Attend(*t.member, comes)
	if err == nil {
		t.saySeat(&meeting, &seat)
	}
	return err
}

func (t *turn) saySeat(meeting *mentoring.Supervision, seat *mentoring.Seat) {
	t.say("supervision.is."+string(seat.State), "at", meeting.At, "until", meeting.Until)
}

func (t *turn) answerSupervision(r reply) (bool, error) {
	yes, heard := r.decision()
	if !heard {
		return false, nil
	}
	t.forget()
	return true, t.attend(yes)
}

// tapSupervision takes a tap on a line about a meeting.
func (t *turn) tapSupervision(menu int64, r reply) (bool, error) {
	yes, heard := r.decision()
	if !heard {
		return false, nil
	}
	meeting, seat, known, err := t.act.AttendUnder(*t.member, menu, yes)
	if known && err == nil {
		t.saySeat(&meeting, &seat)
	}
	return known, err
}

// setSupervision sets a meeting up: "supervision 3.12. 17-18.30"; or calls it
// off: "supervision end".
func (t *turn) setSupervision(rest string) error {
	first, after := cutWord(rest)
	if t.b.parts[word(first)] == "end" && after == "" {
		t.askYesNo(question{Kind: askSupervision, Step: stepSure}, t.text("supervision.end_sure"))
		return nil
	}
	date, why, ok := day(first, t.act.Now, t.b.cfg.Location)
	switch {
	case ok:
	case why == badDate:
		t.say("date.bad")
		return nil
	case why == pastDate:
		t.say("date.past")
		return nil
	}
	times := hourWords(after)
	if !ok || len(times) != 1 {
		t.say("supervision.how_staff")
		return nil
	}
	from, to, isSpan := timeSpan(times[0])
	if !isSpan {
		if from, isSpan = minuteOfDay(times[0]); !isSpan || strings.Contains(times[0], "-") {
			t.say("supervision.how_staff")
			return nil
		}
	}
	at := func(minute int) time.Time {
		return time.Date(date.Year(), date.Month(), date.Day(), 0, minute, 0, 0, t.b.cfg.Location)
	}
	var until time.Time
	if to > 0 {
		until = at(to)
	}
	meeting, err := t.act.Supervise(*t.member, at(from), until)
	if err == nil {
		t.say("supervision.set", "at", meeting.At, "until", meeting.Until)
	}
	return err
}

func (t *turn) answerEndSupervision(r reply) (bool, error) {
	if yes, heard := t.confirmed(r); !yes {
		return heard, nil
	}
	meeting, err := t.act.CancelSupervision(*t.member)
	if err == nil {
		t.say("supervision.ended."+string(meeting.State), "at", meeting.At)
	}
	return true, err
}

// showSupervision shows staff the newest meeting, and who comes or was there.
func (t *turn) showSupervision() error {
	meeting, seats, err := t.act.SupervisionView(*t.member)
	if err != nil {
		return err
	}
	if meeting.State == "" {
		t.say("supervision.none_staff")
		return nil
	}
	counts := map[mentoring.SeatState]int{}
	var lines []string
	for i := range seats {
		seat := &seats[i]
		counts[seat.State]++
		parts := []string{
			t.text("menu.item", "number", int64(seat.Membership), "words", seat.Alias),
			t.text("supervision.seat." + string(seat.State)),
		}
		if seat.Absent > 1 {
			parts = append(parts, t.text("supervision.absent", "n", seat.Absent))
		}
		lines = append(lines, strings.Join(parts, " – "))
	}
	head := t.text("supervision.view."+string(meeting.State), "at", meeting.At, "until", meeting.Until,
		"coming", counts[mentoring.SeatComing], "called", counts[mentoring.SeatCalled], "excused", counts[mentoring.SeatExcused],
		"present", counts[mentoring.SeatPresent], "all", len(seats))
	t.line(strings.Join(append([]string{head}, lines...), "\n"))
	return nil
}
