package bot

import (
	"errors"
	"strings"

	"silta/mentoring"
)

// The steps of a report. All but the first word of it are in the person's own
// room, where nothing can slip to the other side.
const (
	stepCount   = "count"   // how many messages
	stepWait    = "wait"    // they are being read
	stepReason  = "reason"  //
	stepContact = "contact" // may staff talk with them
)

// report tells staff of a conversation in which something is wrong. The others
// in it learn nothing. In a leg it may answer the message that it is about, or
// say how many of the last ones, and why.
func (t *turn) report(rest string) error {
	if t.place == Leg {
		c, err := t.here()
		if err != nil {
			return err
		}
		return t.reportHere(c, rest)
	}
	all, err := t.act.Readable(*t.member)
	if err != nil {
		return err
	}
	return t.among("report", rest, "report.none", all)
}

func (t *turn) reportHere(c *mentoring.Conversation, rest string) error {
	last := 0
	if n := t.numberIn(rest); n > 0 && t.about == "" {
		last = n
		_, rest = cutWord(rest)
	}
	q := question{Kind: askReport, Step: stepCount, Chosen: []int{int(c.ID)}, Words: []string{rest}}
	if t.about == "" && last == 0 {
		t.askLater(q)
		t.act.Do(mentoring.Notify{Member: t.member.ID, Loud: true,
			Text: mentoring.T("report.count", "alias", t.others(c), "max", mentoring.MostExcerpts)})
		t.say("report.there")
		return nil
	}
	s, err := t.act.BeginReport(*t.member, c.ID, t.about, last)
	if err != nil {
		return err
	}
	q.ID, q.Step = int64(s.ID), stepWait
	t.askLater(q)
	t.say("report.there")
	return nil
}

// askLater remembers a question of the person's own room that is asked there by
// other means.
func (t *turn) askLater(q question) {
	q.Menu = t.act.Tx.NewID()
	t.mem.Room = &q
}

// reportThis begins a report from the person's own room.
func (t *turn) reportThis(c *mentoring.Conversation) error {
	t.ask(question{Kind: askReport, Step: stepCount, Chosen: []int{int(c.ID)}, Words: []string{""}},
		t.text("report.count", "alias", t.others(c), "max", mentoring.MostExcerpts), keySkip)
	return nil
}

// collected goes on when the messages have been read: the person sees what they
// would give.
func (t *turn) collected(id mentoring.SnapshotID) error {
	q := t.mem.Room
	if q == nil || q.Kind != askReport || q.ID != int64(id) || q.Step != stepWait {
		return nil // they do something else now; what was read goes by itself
	}
	s, err := t.act.Tx.Snapshot(id)
	if errors.Is(err, mentoring.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(s.Excerpts) == 0 {
		t.say("report.nothing_read")
	} else if err := t.preview(&s); err != nil {
		return err
	}
	return t.askReason(q)
}

// preview shows the person what they would give to staff, under the names that
// they know.
func (t *turn) preview(s *mentoring.Snapshot) error {
	c, err := t.act.Tx.Conversation(s.Conversation)
	if err != nil {
		return err
	}
	name := func(n int) string {
		if p := c.ByNumber(n); p != nil && p.Member != t.member.ID {
			return p.Alias
		}
		return t.text("excerpt.you")
	}
	lines := []string{t.text("report.preview", "n", len(s.Excerpts))}
	for i := range s.Excerpts {
		lines = append(lines, t.excerpt(&s.Excerpts[i], name(s.Excerpts[i].Author), name))
	}
	t.line(strings.Join(lines, "\n"))
	return nil
}

func (t *turn) askReason(q *question) error {
	next := *q
	if len(next.Words) > 0 && next.Words[0] != "" { // said with the command
		t.askContact(next)
		return nil
	}
	next.Step = stepReason
	t.ask(next, t.text("report.reason"))
	return nil
}

func (t *turn) askContact(q question) {
	q.Step = stepContact
	t.askYesNo(q, t.text("report.contact"))
}

// answerReport takes an answer of the dialogue.
func (t *turn) answerReport(q *question, r reply) (bool, error) {
	switch q.Step {
	case stepCount:
		return t.answerCount(q, r)
	case stepWait:
		t.say("report.wait")
		return true, nil
	case stepReason:
		if r.text == "" {
			return false, nil
		}
		next := *q
		next.Words = []string{r.text}
		t.askContact(next)
		return true, nil
	case stepContact:
		yes, heard := r.decision()
		if !heard {
			return false, nil
		}
		next := *q
		next.Step, next.Chosen = stepSure, []int{0}
		key := "report.no_contact"
		if yes {
			next.Chosen[0], key = 1, "report.with_contact"
		}
		s, err := t.act.Tx.Snapshot(mentoring.SnapshotID(q.ID))
		if err != nil && !errors.Is(err, mentoring.ErrNotFound) {
			return true, err
		}
		t.askYesNo(next, t.text("report.sure", "n", len(s.Excerpts), "words", q.Words)+"\n"+t.text(key))
		return true, nil
	}
	if yes, heard := t.confirmed(r); !yes {
		return heard, nil
	}
	if len(q.Words) == 0 || len(q.Chosen) == 0 {
		return true, nil
	}
	c, err := t.act.FileReport(*t.member, mentoring.SnapshotID(q.ID), q.Words[0], q.Chosen[0] == 1)
	if err != nil {
		return true, err
	}
	t.line(t.text("report.done", "number", int64(c.ID)) + t.by(&c))
	return true, nil
}

func (t *turn) answerCount(q *question, r reply) (bool, error) {
	none := r.skip || r.no || fold(r.text) == "0"
	if !none && (r.number < 1 || r.number > mentoring.MostExcerpts) || len(q.Chosen) == 0 {
		t.say("report.count_unclear", "max", mentoring.MostExcerpts)
		return true, nil
	}
	s, err := t.act.BeginReport(*t.member, mentoring.ConversationID(q.Chosen[0]), "", r.number)
	if err != nil {
		return true, err
	}
	next := *q
	next.ID = int64(s.ID)
	if none {
		return true, t.askReason(&next)
	}
	next.Step = stepWait
	t.askLater(next)
	t.say("report.wait")
	return true, nil
}

func isRefusal(err error) bool {
	_, refused := errors.AsType[*mentoring.Refusal](err)
	return refused
}
