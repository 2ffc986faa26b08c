package bridge

import (
	"slices"

	"silta/bridge/rewrite"
	"silta/mentoring"
)

// Polls that the guard holds. A poll and its text are held together. What an
// edit makes of a poll is kept beside what it is, until the edit is sent.

// heldPoll is a start, or an edit of one, that is held: by which question, and
// what is hidden of it if its writer wants that.
type heldPoll struct {
	id    int64
	parts [][2]int
}

// waitingPoll is what becomes of a poll when an edit is sent.
type waitingPoll struct {
	Held   int64          `json:"u"`
	Ballot rewrite.Ballot `json:"b"`
	Secret bool           `json:"h,omitempty"`
}

// pollHeld says whether a poll is held itself: nobody but its author has it.
func (s *step) pollHeld(from mentoring.ParticipantID, source string) (bool, error) {
	all, err := s.waitingOf(from)
	return slices.ContainsFunc(all, func(w waiting) bool { return w.p.Source == source && len(w.p.Without) > 0 }), err
}

// pollAnew does for a held poll what an edit of it changes besides its copies:
// what its answers are called, and its text for those whose clients may have no
// polls, which is added to the texts. parts are what would be hidden.
func (s *step) pollAnew(o ownMessage, all []waiting, parts [][2]int, texts map[string]anew) error {
	if o.m.Kind != rewrite.PollStart {
		return nil
	}
	row, state, err := s.pollAt(o.target)
	if err != nil {
		return err
	}
	state.Ballot, state.Secret = o.m.Poll.Ballot, o.m.Poll.Secret
	if err = s.putPoll(&row, &state); err != nil {
		return err
	}
	c, err := s.tx.Conversation(o.room.Conversation)
	if err != nil {
		return err
	}
	text := textOf(o.target.Source)
	var plain []mentoring.ParticipantID
	for _, w := range all {
		if viewer := c.ByNumber(w.p.Number); w.p.Source == text && viewer != nil {
			plain = append(plain, viewer.ID)
		}
	}
	o.parts = nil
	whole, err := s.pollTexts(c, plain, o)
	if err != nil {
		return err
	}
	o.parts = parts
	without, err := s.pollTexts(c, plain, o)
	texts[text] = anew{whole, without}
	return err
}

// releasePoll follows what becomes of held polls. An edit that comes too late,
// since somebody has voted meanwhile, is dropped after all.
func (s *step) releasePoll(c *mentoring.Conversation, all []waiting, e mentoring.ReleaseHeld) (mentoring.Decision, error) {
	rows, states, err := s.polls(c.ID)
	if err != nil {
		return e.Decision, err
	}
	for i := range states {
		row, state := &rows[i], &states[i]
		starts := slices.ContainsFunc(all, func(w waiting) bool {
			return w.p.Held == e.ID && w.p.Source == row.Source && len(w.p.Without) > 0
		})
		edit := state.Waits
		switch {
		case starts && e.Decision == mentoring.DropIt:
			err = s.tx.DropPoll(row.ID)
		case edit == nil || edit.Held != e.ID:
			continue
		default:
			if e.Decision != mentoring.DropIt && (state.Voted || state.End != "") {
				e.Decision = mentoring.DropIt
				s.act.Do(mentoring.Tell{Participant: e.Participant, Text: mentoring.T("relay.poll_edit")})
			}
			if e.Decision != mentoring.DropIt {
				state.Ballot, state.Secret = edit.Ballot, edit.Secret
			}
			state.Waits = nil
			err = s.putPoll(row, state)
		}
		if err != nil {
			return e.Decision, err
		}
	}
	return e.Decision, nil
}
