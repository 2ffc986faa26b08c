package bot

// deleteMe asks, in words and from a device of theirs only, whether everything
// of a person is to go.
func (t *turn) deleteMe(rest string) error {
	if t.b.parts[word(rest)] != "me" {
		t.say("delete.how")
		return nil
	}
	if t.unsigned {
		t.say("device.unsigned")
		return nil
	}
	// No buttons: what cannot be undone is confirmed in words (design §6).
	t.ask(question{Kind: askDelete}, t.text("delete.sure")+"\n\n"+t.text("confirm.in_words"))
	return nil
}

func (t *turn) answerDelete(r reply) (bool, error) {
	if yes, heard := t.confirmed(r); !yes {
		return heard, nil
	}
	if t.unsigned {
		t.say("device.unsigned")
		return true, nil
	}
	if err := t.act.DeleteMe(t.member); err != nil {
		return true, err
	}
	t.mem = memory{}
	t.say("delete.done")
	return true, nil
}
