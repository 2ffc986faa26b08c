package bridge

import (
	"sync"
	"time"

	"silta/bot"
	"silta/bridge/rewrite"
	"silta/mentoring"
	"silta/store"
)

// helped remembers to whom help was shown lately because of what they wrote. It
// is in memory only: that somebody wrote such words is kept nowhere. After a
// restart help is shown once more, which harms nobody.
type helped struct {
	mu    sync.Mutex
	shown map[mentoring.MemberID]showing
}

type showing struct {
	event string // for which it was: the same step may be run again
	at    time.Time
}

// mostHelped bounds the memory; what is oldest anyway goes then.
const mostHelped = 10_000

// may says whether help is shown now, and remembers it.
func (h *helped) may(m mentoring.MemberID, event string, now time.Time, again time.Duration) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if last, ok := h.shown[m]; ok && last.event != event && now.Sub(last.at) < again {
		return false
	}
	if h.shown == nil || len(h.shown) >= mostHelped {
		h.shown = map[mentoring.MemberID]showing{}
	}
	h.shown[m] = showing{event, now}
	return true
}

// offerHelp shows help to the writer of something that sounds of danger, before
// anything else is done with it.
func (s *step) offerHelp(room store.Room, person mentoring.Member, from *mentoring.Participant) error {
	if !s.ev.Danger {
		return s.unmarked(room, person, from)
	}
	programme, role, place := mentoring.DefaultProgramme, mentoring.Mentee, bot.Management
	request := bot.Request{Act: s.act, Member: &person, Input: bot.Input{Kind: bot.Danger}}
	if from != nil {
		c, err := s.tx.Conversation(room.Conversation)
		if err != nil {
			return err
		}
		programme, role, place = c.Programme, from.Role, bot.Leg
		request.Participant = from.ID
	} else if staff, err := s.act.IsStaff(person); err != nil || staff {
		return err
	}
	request.Place = place
	if !s.act.ShowsHelp(programme, role) || !s.b.helped.may(person.ID, s.ev.ID, s.now, s.act.HelpAgain(programme)) {
		return nil
	}
	return s.ask(room, request)
}

// unmarked tells somebody in a conversation who wrote a word for help without the
// mark of commands that only the other reads it.
func (s *step) unmarked(room store.Room, person mentoring.Member, from *mentoring.Participant) error {
	m := s.ev.Message
	if from == nil || m == nil || m.Kind != rewrite.Text || from.Role != mentoring.Mentee && from.Role != mentoring.Mentor {
		return nil
	}
	name := s.b.bot.Unmarked(m.Body)
	if name == "" {
		return nil
	}
	return s.ask(room, bot.Request{Act: s.act, Member: &person, Place: bot.Leg, Participant: from.ID, Input: bot.Input{Kind: bot.Unmarked, Text: name}})
}
