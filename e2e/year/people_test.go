package year

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"silta/mentoring"
)

// mentor is one of those who help.
type mentor struct {
	id     mentoring.MembershipID
	member mentoring.Member
	hours  mentoring.Hours
	pace   time.Duration // how soon they answer when they have read something
	lazy   float64       // how often they forget to
	away   time.Time     // until then
	gone   bool
	talks  []mentoring.ConversationID
	topics []string
}

// mentee is one of those who look for help.
type mentee struct {
	member mentoring.Member
	alias  string
	topic  string
	tries  int
	trial  bool
	gone   bool
	talks  []mentoring.ConversationID
}

// talk is a conversation as the two of them have it.
type talk struct {
	id       mentoring.ConversationID
	mentor   *mentor
	mentee   *mentee
	me, them mentoring.ParticipantID // of the mentee, of the mentor
	opened   bool
	over     bool
	waiting  []struct{} // messages of the mentee that the mentor has not been shown
	delivery time.Time  // when the first of them will be
	replying bool
	last     time.Time
}

// hires makes a mentor with a card, hours and a limit.
func (w *world) hires(n int) {
	m := &mentor{pace: time.Duration(1+w.rand.IntN(8)) * time.Hour / 2, lazy: 0.01 + 0.05*w.rand.Float64()}
	m.member = w.joins(fmt.Sprintf("@mentor%d:example.org", n), "Mentori-"+fmt.Sprint(n), func(a *mentoring.Act, member *mentoring.Member) error {
		code, err := a.NewMentorCode(w.staff)
		if err != nil {
			return err
		}
		s, err := a.RedeemCode(member, code)
		m.id = s.ID
		return err
	})
	w.hired = append(w.hired, m)
	w.mentors[m.id], w.byID[m.member.ID] = m, m
	about := slices.Clone(topics())
	w.rand.Shuffle(len(about), func(i, j int) { about[i], about[j] = about[j], about[i] })
	limit := 4 + w.rand.IntN(5)
	var spans []mentoring.Span
	switch { // most have some evenings; some the whole day; a few nothing at all, which is day and night
	case w.yes(0.15) && w.yes(0.8):
		for day := range time.Weekday(7) {
			if *always {
				break
			}
			spans = append(spans, mentoring.Span{Day: day, From: 9 * 60, To: 22 * 60})
		}
	case w.yes(0.96):
		for range 3 + w.rand.IntN(3) {
			from := 16 + w.rand.IntN(4)
			spans = append(spans, mentoring.Span{Day: time.Weekday(w.rand.IntN(7)), From: from * 60, To: (from + 2 + w.rand.IntN(3)) * 60})
		}
	}
	m.hours = mentoring.NewHours(spans)
	w.journal.line(w.now, jMentor, m.id)
	w.journal.line(w.now, jLimit, m.id, limit)
	w.journal.line(w.now, jHours, m.id, written(m.hours))
	w.act(func(a *mentoring.Act) error {
		m.topics = about[:2+w.rand.IntN(2)]
		card := mentoring.Card{Alias: "Mentori-" + fmt.Sprint(n), AgeBand: "25–34", Area: "Oulu", Story: "Kuuntelen.",
			Topics: m.topics, Languages: []mentoring.Language{"fi"}}
		for _, do := range []func() error{
			func() error { return a.SaveCard(m.member, &card) },
			func() error { return a.SubmitCard(m.member) },
			func() error { return a.ApproveCard(w.staff, m.id) },
			func() error { return a.SetHours(m.member, m.hours) },
			func() error { return a.SetCapacity(m.member, limit) },
		} {
			if err := do(); err != nil {
				return err
			}
		}
		return nil
	})
	if w.figures {
		w.trains(m, n)
	}
	w.plansHolidays(m)
	w.after(time.Duration(w.rand.IntN(7*24))*time.Hour, func() { w.tidies(m) })
}

func written(h mentoring.Hours) string {
	if len(h) == 0 {
		return "-"
	}
	parts := make([]string, len(h))
	for i, s := range h {
		parts[i] = fmt.Sprintf("%d-%d-%d", s.Day, s.From, s.To)
	}
	return strings.Join(parts, ",")
}

// plansHolidays: a few weeks in summer, and some days now and then.
func (w *world) plansHolidays(m *mentor) {
	leave := func(at time.Time, d time.Duration) {
		w.at(at, func() {
			if m.gone || m.away.After(w.now) {
				return
			}
			until := w.now.Add(d)
			if w.act(func(a *mentoring.Act) error { return a.GoAway(m.member, until, "Loma") }) {
				m.away = until
				w.journal.line(w.now, jAway, m.id)
			}
		})
	}
	leave(w.begin.AddDate(0, 5, 15+w.rand.IntN(40)), time.Duration(10+w.rand.IntN(14))*24*time.Hour)
	for range w.rand.IntN(3) {
		leave(w.begin.AddDate(0, 0, w.rand.IntN(360)), time.Duration(3+w.rand.IntN(6))*24*time.Hour)
	}
}

// tidies is a mentor ending, once a week, what has been quiet for two weeks.
func (w *world) tidies(m *mentor) {
	if m.gone {
		return
	}
	for _, id := range slices.Clone(m.talks) {
		if c := w.talks[id]; c.over {
			m.talks = without(m.talks, id)
		} else if c.opened && w.now.Sub(c.last) > 14*24*time.Hour {
			w.ends(c, m.member)
		}
	}
	w.after(7*24*time.Hour, func() { w.tidies(m) })
}

func (w *world) ends(c *talk, by mentoring.Member) {
	if !c.over && w.act(func(a *mentoring.Act) error { return a.End(by, c.id) }) {
		w.over(c)
	}
}

// comes is a mentee who registers; one in five only looks around.
func (w *world) comes(n int) {
	p := &mentee{alias: alias(n), topic: topics()[w.rand.IntN(5)]}
	p.member = w.joins(fmt.Sprintf("@mentee%d:example.org", n), p.alias, w.tries(p))
	w.mentees[p.member.ID] = p
	if p.trial {
		w.journal.line(w.now, jTrial, p.member.ID)
	}
	w.journal.line(w.now, jMentee, p.member.ID)
	if w.figures {
		w.lives(p)
		if w.yes(0.1) { // they look around, and come back much later
			w.after(time.Duration(20+w.rand.IntN(100))*24*time.Hour, func() { w.looks(p) })
			return
		}
	}
	if w.yes(0.8) {
		w.after(time.Duration(w.rand.IntN(30))*time.Minute, func() { w.looks(p) })
	}
}

// looks is a mentee choosing among the first who are free now.
func (w *world) looks(p *mentee) {
	if p.gone {
		return
	}
	var list []*mentoring.Listing
	w.read(func(a *mentoring.Act) (err error) {
		list, err = a.Find(p.member, &mentoring.Filter{Topics: []string{p.topic}})
		return err
	})
	if w.figures {
		w.searched(p, len(list))
	}
	if len(list) == 0 {
		w.journal.line(w.now, jNobody, p.member.ID)
		if p.tries++; p.tries > 20 {
			w.journal.line(w.now, jGone, p.member.ID)
			return
		}
		w.at(w.soon(5*time.Hour), func() { w.looks(p) })
		return
	}
	page := list[:min(5, len(list))]
	chosen := page[min(w.rand.IntN(len(page)), w.rand.IntN(len(page)))]
	var c *mentoring.Conversation
	if !w.act(func(a *mentoring.Act) (err error) { c, err = a.Choose(p.member, chosen.Membership.ID); return err }) {
		w.at(w.soon(time.Hour), func() { w.looks(p) })
		return
	}
	w.begins(p, c)
}

// begins is a new conversation, in which most write soon.
func (w *world) begins(p *mentee, conversation *mentoring.Conversation) {
	m := w.mentors[conversation.Participants[1].Membership]
	c := &talk{id: conversation.ID, mentor: m, mentee: p, me: conversation.Participants[0].ID, them: conversation.Participants[1].ID, last: w.now}
	w.talks[c.id] = c
	w.of[c.me], w.of[c.them] = c.id, c.id
	m.talks, p.talks = append(m.talks, c.id), append(p.talks, c.id)
	w.journal.line(w.now, jPlace, c.id, m.id, p.member.ID)
	if w.yes(0.93) {
		w.after(time.Duration(w.rand.IntN(40))*time.Minute, func() { w.writes(c) })
	}
}

// writes is a mentee writing several short messages in a row.
func (w *world) writes(c *talk) {
	at := time.Duration(0)
	for range 1 + w.rand.IntN(5) {
		w.after(at, func() { w.menteeSays(c) })
		at += time.Duration(10+w.rand.IntN(170)) * time.Second
	}
}

func (w *world) menteeSays(c *talk) {
	if c.over || !w.act(func(a *mentoring.Act) error { _, _, err := a.Speak(c.me, mentoring.Says); return err }) {
		return
	}
	if !c.opened {
		c.opened = true
		w.journal.line(w.now, jOpen, c.id)
	}
	w.journal.line(w.now, jSay, c.id, "mentee")
	c.last = w.now
	c.waiting = append(c.waiting, struct{}{})
	w.deliver(c)
}
