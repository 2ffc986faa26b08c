package mentoring_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"silta/mentoring"
)

// happening is what has been seen of one question with one person.
type happening struct {
	what  string // shown, skip, later, answer, never
	at    time.Time
	value int
	sent  int // messages by then
}

// expected says, from nothing but what has happened, whether a question should
// be shown now: the rule as people would tell it, apart from the hours of the day,
// other questions and what the person is in the middle of.
func expected(s mentoring.Schedule, registered time.Time, sent int, seen []happening, now time.Time) bool {
	day := func(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }
	var shown time.Time
	answers, reminders := 0, 0
	last := happening{}
	for _, h := range seen {
		switch {
		case h.what == "shown" && (last.what == "skip" || last.what == "shown"):
			reminders++
		case h.what == "answer":
			answers++
			reminders = 0
		}
		if h.what == "shown" {
			shown = h.at
		}
		last = h
	}
	if !shown.IsZero() && now.Before(shown.Add(day(7))) {
		return false
	}
	every := day(max(1, s.RemindEvery))
	switch last.what {
	case "":
		if s.MaxAge > 0 && now.After(registered.Add(day(s.MaxAge))) {
			return false
		}
		return s.Days > 0 && !now.Before(registered.Add(day(s.Days))) || s.Messages > 0 && sent >= s.Messages || s.Days == 0 && s.Messages == 0
	case "shown", "skip":
		return reminders < s.Reminders && !now.Before(last.at.Add(every))
	case "later":
		return !now.Before(last.at.Add(day(7)))
	case "answer":
		switch s.Repeat {
		case mentoring.RepeatNever:
			return false
		case mentoring.RepeatTimes:
			if answers > s.Times {
				return false
			}
		case mentoring.RepeatUntil:
			v, want := last.value, s.Until.Value
			if s.Until.Is == "least" && v >= want || s.Until.Is == "most" && v <= want || s.Until.Is == "is" && v == want {
				return false
			}
		}
		if now.Before(last.at.Add(day(s.RepeatLeast))) {
			return false
		}
		return s.RepeatDays > 0 && !now.Before(last.at.Add(day(s.RepeatDays))) || s.RepeatMessages > 0 && sent-last.sent >= s.RepeatMessages
	}
	return false
}

func anySchedule(r *rapid.T) mentoring.Schedule {
	number := func(name string, of ...int) int { return rapid.SampledFrom(of).Draw(r, name) }
	return mentoring.Schedule{
		Days: number("days", 0, 1, 10), Messages: number("messages", 0, 3), MaxAge: number("age", 0, 0, 12),
		Reminders: number("reminders", 0, 1, 3), RemindEvery: number("every", 0, 2, 7, 10),
		Repeat: rapid.SampledFrom([]mentoring.Repeat{"", mentoring.RepeatTimes, mentoring.RepeatUntil}).Draw(r, "repeat"),
		Times:  number("times", 1, 2), Until: mentoring.Condition{Is: rapid.SampledFrom([]string{"is", "least", "most"}).Draw(r, "is"), Value: number("value", 0, 50, 100)},
		RepeatDays: number("again days", 0, 3, 7, 20), RepeatMessages: number("again messages", 0, 4), RepeatLeast: number("least", 0, 9),
	}
}

func scale(s mentoring.Schedule) *mentoring.Question {
	return &mentoring.Question{Role: mentoring.Mentee, Schedule: s, Wording: mentoring.Wording{
		Kind: mentoring.QuestionScale, Text: mentoring.Words{"fi": "Kuinka tyytyväinen olet luottamuksellisiin suhteisiisi?"}, Max: 100, Step: 10,
	}}
}

// started writes a question by the use cases and starts it.
func (w *world) started(staff mentoring.Member, like *mentoring.Question) (number int64) {
	w.t.Helper()
	w.must(func(a *mentoring.Act) error {
		q, err := a.NewQuestion(staff)
		if err != nil {
			return err
		}
		q.Role, q.Wording, q.Schedule = like.Role, like.Wording, like.Schedule
		if err := a.SaveQuestion(staff, &q); err != nil {
			return err
		}
		number = q.Number
		return a.StartQuestion(staff, number)
	})
	return number
}

// questions are those that the tick shows.
func (w *world) questions() []mentoring.ShowQuestion {
	w.t.Helper()
	var shown []mentoring.ShowQuestion
	for {
		var next time.Time
		for _, e := range w.must(func(a *mentoring.Act) (err error) { next, err = a.Tick(); return err }) {
			if s, ok := e.(mentoring.ShowQuestion); ok {
				shown = append(shown, s)
			}
		}
		if next.After(w.now) {
			return shown
		}
	}
}

func (w *world) sends(id mentoring.MembershipID, n int) {
	w.t.Helper()
	for range n {
		w.put(func(tx mentoring.Tx) error { return tx.AddSent(id) })
	}
}

// asked is one person and one question in the tests of the schedule.
type asked struct {
	*world
	r    *rapid.T
	m    mentoring.Member
	s    mentoring.Membership
	sent int
	seen map[int64][]happening // by question
	// of several questions
	from   int // the hour from which they may be asked
	last   time.Time
	off    bool
	urgent mentoring.CaseID
}

func (p *asked) note(number int64, h happening) {
	h.at, h.sent = p.now, p.sent
	p.seen[number] = append(p.seen[number], h)
}

// does is what the person does with what is open.
func (p *asked) does() {
	var open []mentoring.OpenQuestion
	p.must(func(a *mentoring.Act) (err error) { open, err = a.OpenQuestions(p.m, false); return err })
	for _, o := range open {
		number, menu := o.Question.Number, o.Prompt.Menu
		what := rapid.SampledFrom([]string{"nothing", "nothing", "answer", "answer", "answer", "skip", "later", "never"}).Draw(p.r, "does")
		value := 10 * rapid.IntRange(0, 10).Draw(p.r, "answer")
		p.must(func(a *mentoring.Act) error {
			switch what {
			case "answer":
				return a.AnswerQuestion(p.m, menu, value, "", mentoring.WayTap)
			case "skip":
				return a.SkipQuestion(p.m, menu)
			case "later":
				return a.PostponeQuestion(p.m, menu)
			case "never":
				return a.RefuseQuestion(p.m, menu)
			}
			return nil
		})
		if what != "nothing" {
			p.note(number, happening{what: what, value: value})
		}
	}
}

// TestScheduleExactly: one question and one person, looked at every few hours:
// it is shown exactly when its rules say so, no more and no less.
func TestScheduleExactly(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(t)
		w.t = r
		defer func() {
			if err := w.store.Close(); err != nil {
				r.Error(err)
			}
		}()
		staff := w.staff()
		schedule := anySchedule(r)
		if schedule.RepeatDays == 0 && schedule.RepeatMessages == 0 {
			schedule.Repeat = mentoring.RepeatNever
		}
		number := w.started(staff, scale(schedule))
		p := &asked{world: w, r: r, m: w.mentee("Kuu"), seen: map[int64][]happening{}}
		p.s = w.memberships(p.m)[0]
		for range rapid.IntRange(5, 60).Draw(r, "steps") {
			shown := w.questions()
			if want := expected(schedule, p.s.Created, p.sent, p.seen[number], w.now); want != (len(shown) == 1) || len(shown) > 1 {
				r.Fatalf("shown %d times, want %v, of %+v after %+v; registered %v, %d sent, now %v", len(shown), want, schedule, p.seen[number], p.s.Created, p.sent, w.now)
			}
			if len(shown) == 1 {
				p.note(number, happening{what: "shown"})
			}
			p.does()
			if n := rapid.SampledFrom([]int{0, 0, 1, 4}).Draw(r, "sends"); n > 0 {
				p.sent += n
				w.sends(p.s.ID, n)
			}
			w.now = w.now.Add(time.Duration(rapid.SampledFrom([]int{2, 20, 24, 72, 168, 300}).Draw(r, "hours")) * time.Hour)
		}
	})
}

// between are the same hours of every day.
func between(from, to int) mentoring.Hours {
	var spans []mentoring.Span
	for d := range 7 {
		spans = append(spans, mentoring.Span{Day: time.Weekday(d), From: from * 60, To: to * 60})
	}
	return mentoring.NewHours(spans)
}

// spared are several people and several questions.
type spared struct {
	*world
	r         *rapid.T
	staff     mentoring.Member
	people    []*asked
	schedules map[int64]mentoring.Schedule
	stopped   map[int64]bool
}

// look sees that whatever is asked now may be.
func (l *spared) look() {
	for _, s := range l.questions() {
		for _, p := range l.people {
			if p.s.ID != s.Prompt.Membership {
				continue
			}
			number, hour := s.Prompt.Question, l.now.In(l.rules.Zone).Hour()
			switch {
			case hour < max(9, p.from) || hour >= 21:
				l.r.Fatalf("asked at %v", l.now)
			case !p.last.IsZero() && l.now.Sub(p.last) < 7*24*time.Hour:
				l.r.Fatalf("asked %v after the last question", l.now.Sub(p.last))
			case p.off || p.urgent != 0 || l.stopped[number]:
				l.r.Fatalf("asked: off %v, urgent %v, stopped %v", p.off, p.urgent, l.stopped[number])
			case !expected(l.schedules[number], p.s.Created, p.sent, p.seen[number], l.now):
				l.r.Fatalf("question %+v is not due after %+v, %d sent", l.schedules[number], p.seen[number], p.sent)
			}
			p.last = l.now
			p.note(number, happening{what: "shown"})
		}
	}
}

// event is something that happens besides.
func (l *spared) event(p *asked) {
	switch rapid.IntRange(0, 11).Draw(l.r, "event") {
	case 0:
		p.off = !p.off
		l.must(func(a *mentoring.Act) error { return a.SetQuestions(p.m, p.off, between(p.from, 24)) })
	case 1:
		l.must(func(a *mentoring.Act) error {
			if p.urgent != 0 {
				_, err := a.CloseCase(l.staff, p.urgent, mentoring.OutcomeHelped)
				p.urgent = 0
				return err
			}
			c, err := a.CallStaff(p.m, mentoring.CaseUrgent, 0)
			p.urgent = c.ID
			return err
		})
	case 2:
		number := rapid.SampledFrom(slices.Sorted(maps.Keys(l.schedules))).Draw(l.r, "stop")
		stop := !l.stopped[number]
		l.stopped[number] = stop
		l.must(func(a *mentoring.Act) error {
			if stop {
				return a.StopQuestion(l.staff, number)
			}
			return a.StartQuestion(l.staff, number)
		})
	}
}

// TestQuestionsSparePeople: several questions and people over random histories:
// whatever the rules are, nobody is asked twice in a week, in quiet hours, after
// they said never, while in an urgent case, or about what staff have stopped; and
// nothing comes that its rules do not call for.
func TestQuestionsSparePeople(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(t)
		w.t = r
		defer func() {
			if err := w.store.Close(); err != nil {
				r.Error(err)
			}
		}()
		staff := w.staff()
		w.rules.Programmes[mentoring.DefaultProgramme].QuestionHours = between(9, 21)
		l := &spared{world: w, r: r, staff: staff, schedules: map[int64]mentoring.Schedule{}, stopped: map[int64]bool{}}
		for range rapid.IntRange(1, 3).Draw(r, "questions") {
			s := anySchedule(r)
			if s.RepeatDays == 0 && s.RepeatMessages == 0 {
				s.Repeat = mentoring.RepeatNever
			}
			l.schedules[w.started(staff, scale(s))] = s
		}
		for _, name := range []string{"Kuu", "Suo"} {
			p := &asked{world: w, r: r, m: w.mentee(name), seen: map[int64][]happening{}}
			p.s = w.memberships(p.m)[0]
			p.from = rapid.SampledFrom([]int{0, 12}).Draw(r, "own hours")
			l.people = append(l.people, p)
			w.must(func(a *mentoring.Act) error { return a.SetQuestions(p.m, false, between(p.from, 24)) })
		}
		for range rapid.IntRange(5, 50).Draw(r, "steps") {
			l.look()
			p := l.people[rapid.IntRange(0, 1).Draw(r, "who")]
			p.does()
			if rapid.IntRange(0, 3).Draw(r, "sends") == 0 {
				p.sent += 2
				w.sends(p.s.ID, 2)
			}
			l.event(p)
			w.now = w.now.Add(time.Duration(rapid.SampledFrom([]int{1, 5, 20, 24, 100, 168, 400}).Draw(r, "hours")) * time.Hour)
		}
	})
}

// TestRealServiceQuestions: the questions that are known of the service that Silta
// comes from, as its staff set them. Two are: how satisfied people are with their
// confidential relationships, and whether they have had help. What else its rules
// can say (other recipients, a choice, not to older accounts, once) is in a third
// one, which is ours.
func TestRealServiceQuestions(t *testing.T) {
	day := 24 * time.Hour
	satisfied := scale(mentoring.Schedule{ // twice more after 30 days or 100 messages
		Days: 7, Messages: 20, MaxAge: 60, Reminders: 2, RemindEvery: 7,
		Repeat: mentoring.RepeatTimes, Times: 2, RepeatDays: 30, RepeatMessages: 100, RepeatLeast: 7,
	})
	helped := &mentoring.Question{Role: mentoring.Mentee, Wording: mentoring.Wording{
		Kind: mentoring.QuestionYesNo, Text: mentoring.Words{"fi": "Oletko saanut apua mentorilta?"},
	}, Schedule: mentoring.Schedule{ // weekly until yes
		Days: 7, Reminders: 1, RemindEvery: 7, Repeat: mentoring.RepeatUntil, Until: mentoring.Condition{Is: "is", Value: 1}, RepeatDays: 7,
	}}
	coping := &mentoring.Question{Role: mentoring.Mentor, Wording: mentoring.Wording{
		Kind: mentoring.QuestionChoice, Text: mentoring.Words{"fi": "Miten jaksat?"}, Choices: []mentoring.Words{{"fi": "hyvin"}, {"fi": "huonosti"}},
	}, Schedule: mentoring.Schedule{MaxAge: 10}} // once, to new ones only
	w := newWorld(t)
	staff := w.staff()
	m := w.mentee("Kuu")
	mentor, _ := w.mentor(staff, "Kanerva")
	one, two, three := w.started(staff, satisfied), w.started(staff, helped), w.started(staff, coping)
	sees := func(want ...int64) {
		t.Helper()
		var got []int64
		for _, s := range w.questions() {
			got = append(got, s.Prompt.Question)
		}
		if len(got) != len(want) || len(got) == 1 && got[0] != want[0] {
			t.Fatalf("%v: shown %v, want %v", w.now, got, want)
		}
	}
	answer := func(who mentoring.Member, value int) {
		t.Helper()
		w.must(func(a *mentoring.Act) error {
			open, err := a.OpenQuestions(who, false)
			if err != nil {
				return err
			}
			return a.AnswerQuestion(who, open[0].Prompt.Menu, value, "", mentoring.WayText)
		})
	}
	sees(three)
	answer(mentor, 1)
	w.now = w.now.Add(7 * day)
	sees(one) // it was due first; the other waits for its week
	answer(m, 60)
	w.now = w.now.Add(7 * day)
	sees(two)
	answer(m, 0) // no: asked again in a week
	w.now = w.now.Add(7 * day)
	sees(two)
	answer(m, 1)
	w.now = w.now.Add(8 * day)
	sees()
	w.sends(w.memberships(m)[0].ID, 100)
	sees(one) // a hundred messages, before the thirty days
	answer(m, 80)
	w.now = w.now.Add(30 * day)
	sees(one)
	w.now = w.now.Add(7 * day)
	sees(one) // nobody answered: the first reminder
	answer(m, 100)
	w.now = w.now.Add(400 * day)
	sees()
	about := map[string]int64{}
	for c, n := range w.figures(mentoring.CountAnswered) {
		about[c.About] += n
	}
	if about["1.1/text/60"] != 1 || about["1.1/text/80"] != 1 || about["2.1/text/0"] != 1 || about["2.1/text/1"] != 1 || about["3.1/text/1"] != 1 {
		t.Errorf("counted %v", about)
	}
}

// TestRemindersBeginAnew: who has answered is reminded of the next time as often
// as of the first.
func TestRemindersBeginAnew(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	m := w.mentee("Kuu")
	w.started(staff, scale(mentoring.Schedule{Reminders: 1, RemindEvery: 7, Repeat: mentoring.RepeatTimes, Times: 1, RepeatDays: 7}))
	for i, step := range []struct {
		shown, answer bool
	}{{true, false}, {true, true}, {true, false}, {true, false}, {false, false}} {
		if shown := w.questions(); (len(shown) == 1) != step.shown {
			t.Fatalf("step %d: shown %d times, want %v", i, len(shown), step.shown)
		}
		w.must(func(a *mentoring.Act) error {
			open, err := a.OpenQuestions(m, false)
			switch {
			case err != nil || len(open) == 0:
				return err
			case step.answer:
				return a.AnswerQuestion(m, open[0].Prompt.Menu, 50, "", mentoring.WayTap)
			}
			return a.SkipQuestion(m, open[0].Prompt.Menu)
		})
		w.now = w.now.Add(7 * 24 * time.Hour)
	}
}
