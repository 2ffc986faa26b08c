package bot

// export gives a person their own conversations, after they have said yes.
func (t *turn) export(string) error {
	if t.unsigned {
		t.say("device.unsigned")
		return nil
	}
	// No buttons: a copy that is out of here cannot be taken back (design §6).
	t.ask(question{Kind: askExport}, t.text("export.sure", "keys", int(t.act.Rules.KeysKept.Hours()/24))+"\n\n"+t.text("confirm.in_words"))
	return nil
}

func (t *turn) answerExport(r reply) (bool, error) {
	if yes, heard := t.confirmed(r); !yes {
		return heard, nil
	}
	if t.unsigned {
		t.say("device.unsigned")
		return true, nil
	}
	if err := t.act.Export(*t.member); err != nil {
		return true, err
	}
	t.say("export.coming")
	return true, nil
}
