package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"silta/bridge/media"
	"silta/bridge/rewrite"
	"silta/mentoring"
	"silta/store"
)

// filePart is the file of a copy: where it came from and, once it has been made
// anew and uploaded for this leg, where it is. It is sealed with its row.
type filePart struct {
	Kind      rewrite.Kind        `json:"k"`
	Media     rewrite.Media       `json:"m"`
	Programme mentoring.Programme `json:"p"`
	Legs      int                 `json:"l"` // that it goes to
	Ready     *rewrite.Upload     `json:"r,omitempty"`
}

// fileKey is which file: that of which message.
type fileKey struct {
	conversation mentoring.ConversationID
	source       string
}

func (p *parcel) fileKey() fileKey { return fileKey{p.Conversation, p.Source} }

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

// cleanKind is what the cleaning calls a kind of file, kindOf the reverse.
func cleanKind(k rewrite.Kind) media.Kind {
	switch k {
	case rewrite.Image:
		return media.Image
	case rewrite.Voice:
		return media.Voice
	case rewrite.Audio:
		return media.Audio
	case rewrite.Video:
		return media.Video
	}
	return media.File
}

func kindOf(k media.Kind) rewrite.Kind {
	switch k {
	case media.Image:
		return rewrite.Image
	case media.Voice:
		return rewrite.Voice
	case media.Audio:
		return rewrite.Audio
	case media.Video:
		return rewrite.Video
	}
	return rewrite.File
}

// file says whether a message's file may go where the message goes, and gives
// what its copies need of it; nil for a message that has none.
func (s *step) file(c *mentoring.Conversation, from *mentoring.Participant, m *rewrite.Message) (*filePart, error) {
	if m.Media == nil {
		return nil, nil
	}
	if err := s.act.Carry(from.ID, contentOf(m.Kind), m.Media.Size); err != nil {
		return nil, err
	}
	return &filePart{Kind: m.Kind, Media: *m.Media, Programme: c.Programme, Legs: len(c.Participants) - 1}, nil
}

// firstVoice holds a message back that is the first voice message of its writer:
// they are told what a voice tells, and asked whether to send it. One that is
// held already is told about only.
func (s *step) firstVoice(o ownMessage, rendered map[int]content, held bool) (asked bool, err error) {
	if o.m.Kind != rewrite.Voice || o.m.Media == nil || o.m.Relation.Kind == rewrite.Replace {
		return false, nil
	}
	first, err := s.act.FirstVoice(o.from.ID)
	if err != nil || !first {
		return false, err
	}
	if held {
		s.act.Do(mentoring.Tell{Participant: o.from.ID, Text: mentoring.T("media.voice_known")})
		return true, nil
	}
	return true, s.holdBack(o, rendered, rendered, nil, nil)
}

// editsCaption says whether an edit of a file's caption can be carried: what is
// edited must be a file, and one that can still be put into a message.
func (s *step) editsCaption(m *rewrite.Message, target *store.Message) error {
	if m.New == nil || m.New.Media == nil {
		return nil
	}
	for _, c := range target.Copies {
		if c.Event == "" {
			return nil // not sent yet: its lane will tell
		}
		_, err := s.tx.UploadOf(target.Conversation, target.Source, c.Number)
		if err == nil {
			return nil
		}
		if err = notFoundIsFine(err); err != nil {
			return err
		}
	}
	return mentoring.Refuse("relay.edit_unknown")
}

// captioned puts the file of the message that an edit changes into the edit,
// where it is a file: its caption is all that changes.
func (b *Bridge) captioned(ctx context.Context, p *parcel, content rewrite.Content) (rewrite.Content, []string, error) {
	var upload rewrite.Upload
	err := b.store.Read(ctx, func(tx *store.Tx) error {
		kept, err := tx.UploadOf(p.Conversation, p.Relation.Source, p.Number)
		if err != nil {
			return err
		}
		return json.Unmarshal(kept.Opens, &upload)
	})
	if errors.Is(err, mentoring.ErrNotFound) {
		inner, _ := content["m.new_content"].(map[string]any)
		switch inner["msgtype"] {
		case "m.image", "m.audio", "m.video", "m.file":
			return nil, nil, errGone // the caption of a file that is not there
		}
		return content, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("file of an edit: %w", err)
	}
	return rewrite.Attach(content, &upload), upload.Addresses(), nil
}

// refuseFile takes a message back whose file cannot be carried: the copies that
// wait go away, its writer gets one line, and later messages go on.
func (b *Bridge) refuseFile(ctx context.Context, key fileKey, why error) error {
	return b.run(ctx, func(s *step) error {
		m, err := s.tx.MessageBySource(key.conversation, key.source)
		if err != nil {
			return notFoundIsFine(err) // taken back meanwhile
		}
		c, err := s.tx.Conversation(key.conversation)
		if err != nil {
			return notFoundIsFine(err)
		}
		author := c.ByNumber(m.Author)
		if author == nil {
			return nil
		}
		dropped := 0
		for _, one := range m.Copies {
			viewer := c.ByNumber(one.Number)
			if viewer == nil || one.Event != "" {
				continue
			}
			n, err := s.dropCopies(s.b.copyLane(viewer.ID, author.ID), key.source)
			if err == nil {
				err = s.doomCopy(key.conversation, key.source, one.Number)
			}
			if err == nil {
				err = notFoundIsFine(s.tx.DropCopy(key.conversation, key.source, one.Number))
			}
			if err != nil {
				return err
			}
			dropped += n
		}
		if dropped == 0 {
			return nil
		}
		text, err := s.refusedText(author.ID, why)
		if err != nil {
			return err
		}
		s.refused = append(s.refused, text.Key)
		s.act.Do(mentoring.Tell{Participant: author.ID, Text: text})
		return nil
	})
}

// dropCopies removes a message's copies from one lane.
func (s *step) dropCopies(lane store.Lane, source string) (n int, err error) {
	rows, err := s.tx.Rows(lane)
	if err != nil {
		return 0, err
	}
	for _, row := range rows {
		p, err := readParcel(row)
		if err != nil {
			return n, err
		}
		if p.Op != opSend || p.Source != source {
			continue
		}
		if err = errors.Join(s.tx.Done(row.ID), s.withdrawn(p)); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// refusedText is what the writer of a file is told.
func (s *step) refusedText(author mentoring.ParticipantID, why error) (mentoring.Text, error) {
	var refused *media.Refused
	var refusal *mentoring.Refusal
	if errors.As(why, &refused) && refused.Why == media.WhyTooBig {
		why = s.act.TooBig(author)
	}
	switch {
	case errors.As(why, &refusal):
		return refusal.Text, nil
	case errors.As(why, &refused):
		return mentoring.T("media.refused." + refused.Why), nil
	}
	return mentoring.Text{}, why
}

// doomCopy lets the files of one copy be deleted.
func (s *step) doomCopy(c mentoring.ConversationID, source string, number int) error {
	s.doomed = true
	return s.tx.DoomUploads(c, source, number)
}
