package bridge

import (
	"strings"
	"time"

	"silta/mentoring"
	"silta/store"
)

// hasty asks whether somebody writes too fast. told says that they know already,
// and the message goes nowhere.
func (s *step) hasty(room store.Room, from *mentoring.Participant) (told bool, err error) {
	c, err := s.tx.Conversation(room.Conversation)
	if err != nil {
		return false, err
	}
	told, err = s.b.pace.Hasty(s.act.Rules, c, from.ID, s.ev.ID, s.written())
	if told {
		s.refused = append(s.refused, "limit.messages")
	}
	return told, err
}

// written is when an event was written: what waited for us while we were away did
// not come fast. The time of another homeserver's user is their homeserver's word,
// so theirs is when it came.
func (s *step) written() time.Time {
	_, domain, _ := strings.Cut(s.ev.Sender, ":")
	if at := time.UnixMilli(s.ev.Time); domain == s.b.hs.domain && at.Before(s.now) {
		return at
	}
	if s.came.IsZero() {
		return s.now
	}
	return s.came
}
