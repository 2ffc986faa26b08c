package bot

import (
	"slices"

	"silta/mentoring"
)

// signSets are what a person can choose to show, by number; none when the
// programme carries no sign.
func (t *turn) signSets() [][]mentoring.Sign {
	carried := t.act.Rules.Programme(mentoring.DefaultProgramme).Shows
	sets := [][]mentoring.Sign{{}}
	for _, sign := range mentoring.Signs() {
		if carried[sign] {
			sets = append(sets, []mentoring.Sign{sign})
		}
	}
	if len(sets) == 1 {
		return nil
	}
	if len(sets) > 2 {
		sets = append(sets, mentoring.Signs())
	}
	return sets
}

// signWords names a set of signs.
func (t *turn) signWords(signs []mentoring.Sign) string {
	switch len(signs) {
	case 0:
		return t.text("signs.none")
	case 1:
		return t.text("signs." + string(signs[0]))
	}
	return t.text("signs.both")
}

// signs tells what the others see of the person besides what they write, and
// asks what they shall see.
func (t *turn) signs(rest string) error {
	_, chosen, err := t.act.OfferedSigns(*t.member)
	if err != nil {
		return err
	}
	sets := t.signSets()
	if len(sets) == 0 {
		return mentoring.Refuse("signs.off")
	}
	var words []string
	for _, set := range sets {
		words = append(words, t.signWords(set))
	}
	q := question{Kind: askSigns, Words: words}
	if rest != "" {
		if done, err := t.answerSigns(&q, t.b.typed(rest)); done || err != nil {
			return err
		}
	}
	text := t.text("signs.ask", "now", t.signWords(chosen)) + "\n\n" + t.menu(1, words)
	t.ask(q, text, keycaps(1, len(words))...)
	return nil
}

func (t *turn) answerSigns(q *question, r reply) (bool, error) {
	n := r.number
	if n == 0 {
		n = pick(q.Words, r.text)
	}
	sets := t.signSets()
	if n < 1 || n > len(q.Words) || n > len(sets) {
		return false, nil
	}
	i := slices.IndexFunc(sets, func(set []mentoring.Sign) bool { return t.signWords(set) == q.Words[n-1] })
	if i < 0 { // the programme has changed since it was asked
		return false, nil
	}
	t.forget()
	if err := t.act.ShowSigns(*t.member, sets[i]...); err != nil {
		return true, err
	}
	t.say("signs.done", "now", q.Words[n-1])
	return true, nil
}
