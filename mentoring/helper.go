package mentoring

import "fmt"

// HelperShown is what stands about the mentor over a mentee's room of a
// conversation (feature F12): what they are called there and what kind of helper
// staff say they are. It is zero for everybody else, and as long as there is no
// card. It is in clear for the homeserver, so its words say nothing of what the
// service is about.
func (a *Act) HelperShown(c *Conversation, to *Participant) (Text, error) {
	mentor := c.mentorOf()
	if mentor == nil || to.Role != Mentee {
		return Text{}, nil
	}
	card, err := a.Tx.Card(mentor.Membership)
	if err = unfound(err); err != nil {
		return Text{}, fmt.Errorf("card: %w", err)
	}
	if card.Kind == "" {
		return Text{}, nil
	}
	return T("room.helper."+string(card.Kind), "alias", mentor.Alias), nil
}

// relabel has the rooms of a mentor's mentees say the kind of helper anew.
func (a *Act) relabel(s Membership) error {
	live, err := a.liveOf(s)
	if err != nil {
		return err
	}
	for _, c := range live {
		if mentee := c.menteeOf(); mentee != nil {
			a.Do(RenewLeg{mentee.ID})
		}
	}
	return nil
}
