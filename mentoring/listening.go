package mentoring

import "time"

// Listening tells when a participant may be written to. Only mentors have hours;
// everybody else, and every conversation that is no mentoring, listens always.
type Listening struct {
	hours *Availability
	awake time.Time
	zone  *time.Location
}

// Listening is when a participant of a conversation may be written to.
func (a *Act) Listening(c *Conversation, p *Participant) (Listening, error) {
	if c.Kind != KindMentoring || p.Role != Mentor {
		return Listening{}, nil
	}
	v, err := a.availability(p.Membership)
	return Listening{hours: &v, awake: p.AwakeUntil, zone: a.zone()}, err
}

// From is the first moment from now on in which the participant may be written
// to: now itself, unless it is outside of a mentor's hours and they have not
// opened the conversation by writing in it.
func (l *Listening) From(now time.Time) time.Time {
	if l.hours == nil || l.awake.After(now) {
		return now
	}
	return l.hours.ReadsAgain(now, l.zone)
}

// Stir opens a mentor's leg for a while because of something that they did in
// it, whatever their hours.
func (a *Act) Stir(from ParticipantID) error {
	c, err := a.Tx.ConversationOf(from)
	if err != nil {
		return missing(err, "conversation", Refuse("chat.unknown"))
	}
	me := c.Participant(from)
	if stirs, err := a.stirs(c, me); err != nil || !stirs {
		return err
	}
	c = c.Clone()
	a.stir(c.Participant(from))
	return a.putConversation(c)
}

// stirs says whether a participant's doing opens their leg for longer than it
// is open now. What is set lasts for a while, so that not every message is a
// write.
func (a *Act) stirs(c *Conversation, me *Participant) (bool, error) {
	awake := a.Rules.Programme(c.Programme).Awake
	if c.Kind != KindMentoring || me.Role != Mentor || !c.Live() || me.AwakeUntil.After(a.Now.Add(awake/2)) {
		return false, nil
	}
	v, err := a.availability(me.Membership)
	if err != nil {
		return false, err
	}
	return !v.Reads(a.Now, a.zone()) || !v.Reads(a.Now.Add(awake), a.zone()), nil
}

func (a *Act) stir(me *Participant) {
	me.AwakeUntil = a.Now.Add(a.Rules.Programme(DefaultProgramme).Awake)
	a.Do(WakeLeg{me.ID})
}
