package mentoring

// Carry says whether the programme of a participant's conversation passes on
// what they want to send besides text, size being what its client says in
// bytes. The refusal says what to do instead.
func (a *Act) Carry(from ParticipantID, what Content, size int64) error {
	rules, err := a.carries(from)
	if err != nil {
		return err
	}
	switch {
	case !rules.Carries[what]:
		return Refuse("media.off." + string(what))
	case rules.MaxFile > 0 && size > rules.MaxFile:
		return a.TooBig(from)
	}
	return nil
}

// TooBig is the refusal of a file that is larger than a programme allows.
func (a *Act) TooBig(from ParticipantID) error {
	rules, err := a.carries(from)
	if err != nil {
		return err
	}
	return Refuse("media.refused.too_big", "megabytes", rules.MaxFile>>20)
}

func (a *Act) carries(from ParticipantID) (*ProgrammeRules, error) {
	c, err := a.Tx.ConversationOf(from)
	if err != nil {
		return nil, missing(err, "conversation", Refuse("chat.unknown"))
	}
	return a.Rules.Programme(c.Programme), nil
}

// toldVoice is what a member is told before their first voice message goes out.
const toldVoice = "voice"

// FirstVoice says whether this is the first voice message that a participant
// wants to send in all their conversations: they must know then that a voice can
// identify them. Asked once, it is the first no more.
func (a *Act) FirstVoice(from ParticipantID) (first bool, err error) {
	c, err := a.Tx.ConversationOf(from)
	if err != nil {
		return false, missing(err, "conversation", Refuse("chat.unknown"))
	}
	member := c.Participant(from).Member
	told, err := a.Tx.Told(member, toldVoice)
	if err != nil || told {
		return false, err
	}
	return true, a.Tx.PutTold(member, toldVoice)
}
