package mentoring

import (
	"fmt"
	"slices"
)

// Sign is something small that the others in a conversation may see of a
// person besides what they write. Nobody shows any unless the programme carries
// it and they have asked for it themself.
type Sign string

// The signs.
const (
	Typing  Sign = "typing"  // is writing just now
	Reading Sign = "reading" // has read so far
)

// Signs lists them.
func Signs() []Sign { return []Sign{Typing, Reading} }

// ShowsSigns says whether any programme carries a sign at all.
func (r *Rules) ShowsSigns() bool {
	for _, p := range r.Programmes {
		for _, sign := range Signs() {
			if p.Shows[sign] {
				return true
			}
		}
	}
	return false
}

// OfferedSigns are the signs that a member may choose to show, and Chosen those
// of them that they do.
func (a *Act) OfferedSigns(m Member) (offered, chosen []Sign, err error) {
	if err = a.can(m, DoTalk); err != nil {
		return nil, nil, err
	}
	shown, err := a.Tx.Shows(m.ID)
	if err != nil {
		return nil, nil, fmt.Errorf("signs: %w", err)
	}
	for _, sign := range Signs() {
		if !a.Rules.Programme(DefaultProgramme).Shows[sign] {
			continue
		}
		offered = append(offered, sign)
		if slices.Contains(shown, sign) {
			chosen = append(chosen, sign)
		}
	}
	return offered, chosen, nil
}

// ShowSigns is a member choosing which signs the others see of them, in all
// their conversations; none takes all back.
func (a *Act) ShowSigns(m Member, signs ...Sign) error {
	offered, _, err := a.OfferedSigns(m)
	if err != nil {
		return err
	}
	if len(offered) == 0 {
		return Refuse("signs.off")
	}
	for _, sign := range signs {
		if !slices.Contains(offered, sign) {
			return Refuse("signs.off")
		}
	}
	if err := a.Tx.PutShows(m.ID, signs); err != nil {
		return fmt.Errorf("put signs: %w", err)
	}
	return nil
}

// SeenBy lists who may see a sign of a participant's now; most of the time
// nobody. It is never a refusal: nobody has asked for anything. A sign tells
// when somebody is there, so there is none outside of a mentor's hours, of them
// or to them; and none where a room is quiet, or somebody is kept apart.
func (a *Act) SeenBy(from ParticipantID, sign Sign) (*Conversation, []ParticipantID, error) {
	c, err := a.Tx.ConversationOf(from)
	if err != nil {
		return nil, nil, fmt.Errorf("conversation: %w", err)
	}
	me := c.Participant(from)
	if me == nil || c.State != Open || !a.Rules.Programme(c.Programme).Shows[sign] {
		return c, nil, nil
	}
	shown, err := a.Tx.Shows(me.Member)
	if err != nil {
		return nil, nil, fmt.Errorf("signs: %w", err)
	}
	if !slices.Contains(shown, sign) {
		return c, nil, nil
	}
	if there, err := a.signsReach(c, me); err != nil || !there {
		return c, nil, err
	}
	var to []ParticipantID
	for i := range c.Participants {
		p := &c.Participants[i]
		if p.ID == from {
			continue
		}
		apart, err := a.Tx.Blocked(me.Member, p.Member)
		if err != nil {
			return nil, nil, fmt.Errorf("blocked: %w", err)
		}
		if apart {
			continue
		}
		there, err := a.signsReach(c, p)
		if err != nil {
			return nil, nil, err
		}
		if there {
			to = append(to, p.ID)
		}
	}
	return c, to, nil
}

// signsReach says whether a participant shows and sees signs now at all.
func (a *Act) signsReach(c *Conversation, p *Participant) (bool, error) {
	if p.Presence != Here || !p.Archived.IsZero() {
		return false, nil
	}
	s, err := a.Tx.Membership(p.Membership)
	if err != nil {
		return false, fmt.Errorf("membership: %w", err)
	}
	if s.State == Suspended || s.State == Ended {
		return false, nil
	}
	l, err := a.Listening(c, p)
	return err == nil && !l.From(a.Now).After(a.Now), err
}
