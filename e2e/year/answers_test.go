package year

import (
	"time"

	"silta/mentoring"
)

// seen is a mentor having been shown new messages: they answer in a while, or
// forget.
func (w *world) seen(c *talk) {
	if c.replying || w.yes(c.mentor.lazy) || c.mentor.away.After(w.now) && w.yes(0.6) {
		return
	}
	w.replies(c)
}

func (w *world) replies(c *talk) {
	c.replying = true
	at := w.now.Add(time.Duration(w.rand.ExpFloat64() * float64(c.mentor.pace)))
	if !w.yes(0.05) { // now and then somebody writes outside of their own hours
		at = c.mentor.hours.Next(at, w.rules.Zone)
	}
	w.at(at, func() {
		c.replying = false
		for range 1 + w.rand.IntN(3) {
			w.mentorSays(c)
		}
		if !c.over {
			w.hears(c)
		}
	})
}

func (w *world) mentorSays(c *talk) {
	if c.over || c.mentor.gone {
		return
	}
	// The line comes first: what waited is shown because they write.
	w.journal.line(w.now, jSay, c.id, "mentor")
	if !w.act(func(a *mentoring.Act) error { _, _, err := a.Speak(c.them, mentoring.Says); return err }) {
		w.faults++
	}
	c.last = w.now
}

// hears is a mentee having got an answer: they go on, or have had enough.
func (w *world) hears(c *talk) {
	switch {
	case w.yes(0.82):
		w.at(w.soon(16*time.Hour), func() { w.writes(c) })
	case w.yes(0.15):
		if w.act(func(a *mentoring.Act) error { return a.Thank(c.mentee.member, c.id) }) && w.figures {
			w.journal.line(w.now, jThank, c.mentee.member.ID)
		}
		fallthrough
	case w.yes(0.5):
		w.at(w.soon(3*24*time.Hour), func() { w.ends(c, c.mentee.member) })
	default:
		w.at(w.soon(5*24*time.Hour), func() {
			if !c.mentor.gone {
				w.ends(c, c.mentor.member)
			}
		})
	}
}

// reminded is a mentor who forgot: most answer then.
func (w *world) reminded(c *talk) {
	if !c.replying && w.yes(0.8) {
		w.replies(c)
	}
}

// offered is a mentee who may choose somebody else: some do.
func (w *world) offered(c *talk) {
	if w.yes(0.4) {
		w.at(w.soon(2*time.Hour), func() {
			if !c.over {
				w.ends(c, c.mentee.member)
				w.looks(c.mentee)
			}
		})
	}
}

// stops is a mentor who leaves: staff end their work.
func (w *world) stops(m *mentor) {
	m.gone = true
	w.journal.line(w.now, jStop, m.id)
	if !w.act(func(a *mentoring.Act) error { return a.EndMentor(w.staff, m.id) }) {
		w.faults++
	}
	for _, id := range m.talks { // places that were not written in
		w.over(w.talks[id])
	}
}

// asked is a mentee whose mentor has stopped: they go on with who is proposed,
// choose, or do not answer.
func (w *world) asked(p *mentee) {
	var open []mentoring.Proposal
	w.read(func(a *mentoring.Act) (err error) { open, err = a.Proposals(p.member); return err })
	for _, proposal := range open {
		c := w.talks[proposal.HandOver.Conversation]
		if proposal.HandOver.Reminded {
			continue
		}
		w.journal.line(w.now, jAsk, c.id)
		w.at(w.soon(5*time.Hour), func() { w.goesOn(p, c.id) })
	}
}

func (w *world) goesOn(p *mentee, former mentoring.ConversationID) {
	if w.yes(0.15) {
		return
	}
	var open []mentoring.Proposal
	w.read(func(a *mentoring.Act) (err error) { open, err = a.Proposals(p.member); return err })
	for _, proposal := range open {
		if proposal.HandOver.Conversation != former {
			continue
		}
		var next *mentoring.Conversation
		if proposal.Mentor != nil && w.yes(0.7) && w.act(func(a *mentoring.Act) (err error) {
			next, err = a.AcceptHandOver(p.member, former, proposal.Mentor.Membership.ID, w.yes(0.5))
			return err
		}) {
			w.begins(p, next)
			return
		}
		w.act(func(a *mentoring.Act) error { return a.DeclineHandOver(p.member, former) })
		w.looks(p)
	}
}
