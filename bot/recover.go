package bot

import "silta/mentoring"

// phrase tells whether the person has a recovery phrase, and gives a new one.
func (t *turn) phrase(rest string) error {
	since, err := t.act.PhraseSince(*t.member)
	if err != nil {
		return err
	}
	if t.b.parts[word(rest)] != "new" {
		if since.IsZero() {
			t.say("phrase.none")
		} else {
			t.say("phrase.since", "since", since)
		}
		return nil
	}
	if t.unsigned {
		t.say("device.unsigned")
		return nil
	}
	if err := t.act.OfferPhrase(*t.member); err != nil {
		return err
	}
	t.ask(question{Kind: askPhrase}, t.text("phrase.coming"), keyDone)
	return nil
}

// answerPhrase: they have written the phrase down, so it goes.
func (t *turn) answerPhrase(r reply) (bool, error) {
	if !r.done && !r.yes {
		return false, nil
	}
	t.forget()
	t.act.Do(mentoring.HidePhrase{Member: t.member.ID})
	t.say("phrase.hidden")
	return true, nil
}

// secret takes away what may be a phrase or a code, whatever comes of it, and
// says what to do with a phrase that nobody asked for.
func (t *turn) secret(body string) (done bool, err error) {
	if t.place != Management {
		return false, nil
	}
	_, phrase := mentoring.ParsePhrase(body)
	if !phrase {
		t.out.RedactInput = t.out.RedactInput || mentoring.LikeSecret(body)
		return false, nil
	}
	t.out.RedactInput = true
	if q := t.question(); q != nil && q.Kind == askMove && t.proof != nil {
		return true, t.moveWith()
	}
	t.say("phrase.not_asked")
	return true, nil
}
