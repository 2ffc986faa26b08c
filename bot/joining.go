package bot

// openJoining opens or closes joining for those whom nobody has invited; without
// a word it tells which of the two it is.
func (t *turn) openJoining(rest string) error {
	first, _ := cutWord(rest)
	switch t.b.parts[word(first)] {
	case "open":
		if err := t.act.OpenJoining(*t.member, true); err != nil {
			return err
		}
		t.say("joining.opened")
	case "shut":
		if err := t.act.OpenJoining(*t.member, false); err != nil {
			return err
		}
		t.say("joining.closed")
	default:
		open, err := t.act.JoiningOpen()
		if err != nil {
			return err
		}
		if open {
			t.say("joining.is_open")
		} else {
			t.say("joining.is_closed")
		}
	}
	return nil
}
