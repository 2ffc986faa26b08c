package bot

import (
	"slices"

	"silta/mentoring"
)

// The choices of a mentee whose mentor does not go on.
const (
	goOnWith   = "with"
	goOnTell   = "tell" // with the same, who may know that there was another mentor
	goOnChoose = "choose"
	goOnAlone  = "alone"
)

// handOver answers the question how to go on, if one is open; else it is a
// mentor who wants one of their conversations to be taken over.
func (t *turn) handOver(rest string) error {
	open, err := t.act.Proposals(*t.member)
	if err != nil {
		return err
	}
	if len(open) > 0 {
		if t.place == Leg { // numbers are answered in the own room only
			t.say("handover.there")
			return nil
		}
		t.askHandOver(&open[0])
		return nil
	}
	all, err := t.act.Chats(*t.member)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(c *mentoring.Conversation) bool {
		return c.Kind != mentoring.KindMentoring || c.State != mentoring.Open || c.ByMember(t.member.ID).Role != mentoring.Mentor
	})
	return t.among("handover", rest, "handover.none", all)
}

func (t *turn) askHandOver(p *mentoring.Proposal) {
	q := question{Kind: askHandOver, ID: int64(p.HandOver.Conversation)}
	var lines []string
	add := func(choice, key string, args ...any) {
		q.Words, lines = append(q.Words, choice), append(lines, t.text(key, args...))
	}
	head := t.text("handover.head_none", "alias", p.Former)
	if p.Mentor != nil {
		head = t.text("handover.head", "alias", p.Former, "other", p.Mentor.Card.Alias) + "\n\n" + t.cardText(&p.Mentor.Card)
		q.Chosen = []int{int(p.Mentor.Membership.ID)}
		add(goOnWith, "handover.with", "alias", p.Mentor.Card.Alias)
		add(goOnTell, "handover.with_tell", "alias", p.Mentor.Card.Alias)
	}
	add(goOnChoose, "handover.choose")
	add(goOnAlone, "handover.alone")
	t.ask(q, head+"\n\n"+t.menu(1, lines), keycaps(1, len(lines))...)
}

func (t *turn) answerHandOver(q *question, r reply) (bool, error) {
	if r.number < 1 || r.number > len(q.Words) {
		return false, nil
	}
	t.forget()
	former := mentoring.ConversationID(q.ID)
	switch choice := q.Words[r.number-1]; choice {
	case goOnWith, goOnTell:
		c, err := t.act.AcceptHandOver(*t.member, former, mentoring.MembershipID(q.Chosen[0]), choice == goOnTell)
		if err == nil {
			t.say("choose.done", "alias", t.others(c))
		}
		return true, err
	case goOnChoose:
		if err := t.act.DeclineHandOver(*t.member, former); err != nil {
			return true, err
		}
		return true, t.mentors("")
	default:
		err := t.act.DeclineHandOver(*t.member, former)
		if err == nil {
			t.say("handover.declined")
		}
		return true, err
	}
}

func (t *turn) sureOffer(c *mentoring.Conversation) error {
	t.askYesNo(question{Kind: askOffer, ID: int64(c.ID)}, t.text("handover.sure", "alias", t.others(c)))
	return nil
}

func (t *turn) answerOffer(q *question, r reply) (bool, error) {
	if yes, heard := t.confirmed(r); !yes {
		return heard, nil
	}
	c, err := t.byID(q.ID)
	if err != nil {
		return true, err
	}
	if err = t.act.OfferHandOver(*t.member, c.ID); err == nil {
		t.say("handover.asked", "alias", t.others(c))
	}
	return true, err
}
