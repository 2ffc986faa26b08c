package bridge

import (
	"silta/bridge/rewrite"
	"silta/mentoring"
)

// contentOf is what the domain calls a kind of file.
func contentOf(k rewrite.Kind) mentoring.Content {
	switch k {
	case rewrite.Image:
		return mentoring.Images
	case rewrite.Voice:
		return mentoring.Voice
	case rewrite.Audio:
		return mentoring.Audio
	case rewrite.Video:
		return mentoring.Video
	}
	return mentoring.Files
}

// carry refuses a file.
func (s *step) carry(from *mentoring.Participant, m *rewrite.Message) error {
	what := contentOf(m.Kind)
	if err := s.act.Carry(from.ID, what); err != nil {
		return err
	}
	return mentoring.Refuse("media.off." + string(what))
}
