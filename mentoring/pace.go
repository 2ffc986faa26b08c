package mentoring

import (
	"slices"
	"sync"
	"time"
)

// paceWindow is what messages are counted over, and how long nothing goes through
// after there were too many.
const paceWindow = time.Minute

// Pace remembers how fast people write, in memory only (feature S12). It belongs
// to a process; the same message is counted once, however often it is asked
// about. Safe for concurrent use.
type Pace struct {
	mu    sync.Mutex
	of    map[ParticipantID]*burst
	asked int
}

// burst is the last minute of one participant.
type burst struct {
	said   []utterance // in the order in which they came
	until  time.Time   // nothing goes through before
	toldBy string      // the message upon which they were told
}

type utterance struct {
	event string
	at    time.Time
}

// paceSwept is after how many messages those are forgotten who write no more.
const paceSwept = 1000

// Hasty says whether a participant writes faster than the programme allows: the
// message then goes to nobody. They are told with the first such message, by the
// refusal; told is true for those after it, until the minute is over. Talk with
// staff is never held up, nor is what staff write, nor what takes something back.
//
// at is when they wrote it, event what names the message.
func (p *Pace) Hasty(r *Rules, c *Conversation, from ParticipantID, event string, at time.Time) (told bool, refusal error) {
	me, most := c.Participant(from), r.Programme(c.Programme).PerMinute
	if me == nil || most <= 0 || c.Kind == KindCase || me.Role != Mentee && me.Role != Mentor {
		return false, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.burst(from, at)
	if slices.ContainsFunc(b.said, func(u utterance) bool { return u.event == event }) {
		return false, nil
	}
	tell := func() error { // of a whole minute, as people are told the time
		return Refuse("limit.messages", "n", most, "until", b.until.Add(time.Minute-1).Truncate(time.Minute))
	}
	switch {
	case b.toldBy == event && at.Before(b.until):
		return false, tell()
	case at.Before(b.until):
		return true, nil
	}
	b.said = slices.DeleteFunc(b.said, func(u utterance) bool { return at.Sub(u.at) >= paceWindow })
	if len(b.said) < most {
		b.said = append(b.said, utterance{event, at})
		return false, nil
	}
	b.until, b.toldBy = at.Add(paceWindow), event
	return false, tell()
}

// burst is that of a participant; now and then those are forgotten whose minute
// is long over. p.mu is held.
func (p *Pace) burst(from ParticipantID, now time.Time) *burst {
	if p.of == nil {
		p.of = map[ParticipantID]*burst{}
	}
	if p.asked++; p.asked%paceSwept == 0 {
		for id, b := range p.of {
			idle := len(b.said) == 0 || now.Sub(b.said[len(b.said)-1].at) > 10*paceWindow
			if idle && now.After(b.until) {
				delete(p.of, id)
			}
		}
	}
	if p.of[from] == nil {
		p.of[from] = &burst{}
	}
	return p.of[from]
}
