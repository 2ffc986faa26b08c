package mentoring

// Carry says whether the programme of a participant's conversation passes on
// what they want to send besides text. The refusal says what to do instead.
func (a *Act) Carry(from ParticipantID, what Content) error {
	c, err := a.Tx.ConversationOf(from)
	if err != nil {
		return missing(err, "conversation", Refuse("chat.unknown"))
	}
	if !a.Rules.Programme(c.Programme).Carries[what] {
		return Refuse("media.off." + string(what))
	}
	return nil
}
