package bot

import (
	"errors"
	"fmt"
	"strings"

	"silta/mentoring"
)

// chats lists the person's conversations.
func (t *turn) chats(string) error {
	return t.showChats("chats.head", "chats.how", question{Kind: askChats})
}

// showChats shows the list for a question, between two texts.
func (t *turn) showChats(head, how string, q question) error {
	all, err := t.act.Chats(*t.member)
	if err != nil {
		return err
	}
	return t.showThese(all, "chats.none", head, how, q)
}

// showThese shows some conversations; none is what to say when there are none.
func (t *turn) showThese(all []*mentoring.Conversation, none, head, how string, q question) error {
	if len(all) == 0 {
		t.mem.Chats = nil
		t.say(none)
		return nil
	}
	l := &list{Shown: t.act.Now.UnixMilli()}
	lines := make([]string, 0, len(all))
	for _, c := range all {
		me := c.ByMember(t.member.ID)
		name := strings.Join(c.Aliases(me.ID), ", ")
		l.IDs, l.Names = append(l.IDs, int64(c.ID)), append(l.Names, name)
		lines = append(lines, t.chatLine(c, me, name))
	}
	text := t.text(head) + "\n\n" + t.menu(1, lines) + "\n\n" + t.text(how)
	t.ask(q, text, keycaps(1, len(lines))...)
	l.Menus = []int64{t.mem.Room.Menu}
	t.mem.Chats = l
	return nil
}

// chatLine is a conversation in one line, with what the person may want to know.
func (t *turn) chatLine(c *mentoring.Conversation, me *mentoring.Participant, name string) string {
	if c.Kind == mentoring.KindGroup {
		name += " – " + t.text("chats.group")
	}
	if c.Case != 0 {
		name += " – " + t.text("chats.case", "number", int64(c.Case))
	}
	switch {
	case me.Presence == mentoring.Away:
		name += " – " + t.text("chats.left")
	case me.Presence == mentoring.Asked:
		name += " – " + t.text("chats.asked")
	case !c.Live():
		name += " – " + t.text("chats.over")
	case !me.Archived.IsZero():
		name += " – " + t.text("chats.archived")
	case c.State == mentoring.Placed:
		name += " – " + t.text("chats.placed", "until", c.Due)
	}
	return name
}

// conversation finds what a command is about: the leg's own conversation, the
// one named, or the only one. When it is not clear the person is asked, and nil
// is returned.
func (t *turn) conversation(c string, rest string) (*mentoring.Conversation, error) {
	if t.place == Leg {
		return t.here()
	}
	all, err := t.act.Chats(*t.member)
	if err != nil {
		return nil, err
	}
	if rest != "" {
		id, ok := t.mem.Chats.at(t.act.Now, t.b.typed(rest))
		if !ok && t.mem.Chats == nil && len(all) == 1 && t.b.typed(rest).number == 1 {
			return all[0], nil // no list was shown, but there is only one they can mean
		}
		if !ok {
			return nil, t.showChats("menu.no_such", "chats.which", question{Kind: askWhich, Step: c})
		}
		return t.byID(id)
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return nil, t.showChats("chats.head", "chats.which", question{Kind: askWhich, Step: c})
}

func (t *turn) here() (*mentoring.Conversation, error) {
	c, err := t.act.Tx.ConversationOf(t.participant)
	if err != nil {
		return nil, fmt.Errorf("conversation of the leg: %w", err)
	}
	return c, nil
}

func (t *turn) byID(id int64) (*mentoring.Conversation, error) {
	c, err := t.act.Tx.Conversation(mentoring.ConversationID(id))
	if errors.Is(err, mentoring.ErrNotFound) {
		return nil, mentoring.Refuse("chat.unknown") // emptied since the list was shown
	}
	if err != nil {
		return nil, fmt.Errorf("conversation: %w", err)
	}
	return c, nil
}

// others is what the other people of a conversation are called.
func (t *turn) others(c *mentoring.Conversation) []string {
	if me := c.ByMember(t.member.ID); me != nil {
		return c.Aliases(me.ID)
	}
	return nil
}

// open asks the person back into a conversation.
func (t *turn) open(rest string) error {
	c, err := t.conversation("open", rest)
	if c == nil || err != nil {
		return err
	}
	return t.reopen(c)
}

func (t *turn) reopen(c *mentoring.Conversation) error {
	if err := t.act.Return(*t.member, c.ID); err != nil {
		return err
	}
	t.forget()
	t.say("open.done", "alias", t.others(c))
	return nil
}

// end and block ask first.
func (t *turn) end(rest string) error {
	c, err := t.conversation("end", rest)
	if c == nil || err != nil {
		return err
	}
	return t.sure(c, askEnd)
}

func (t *turn) block(rest string) error {
	c, err := t.conversation("block", rest)
	if c == nil || err != nil {
		return err
	}
	return t.sure(c, askBlock)
}

func (t *turn) sure(c *mentoring.Conversation, k askKind) error {
	key := "end.sure"
	switch {
	case k == askBlock:
		key = "block.sure"
	case c.Kind == mentoring.KindGroup:
		key = "group.leave_sure"
	}
	t.askYesNo(question{Kind: k, ID: int64(c.ID)}, t.text(key, "alias", t.others(c)))
	return nil
}

// confirmed reads the answer to a question of yes or no, and ends it: with no,
// nothing is done and the person is told so. heard is false when it was neither.
func (t *turn) confirmed(r reply) (yes, heard bool) {
	yes, heard = r.decision()
	if !heard {
		return false, false
	}
	t.forget()
	if !yes {
		t.say("cancel.done")
	}
	return yes, true
}

// answerSureOf ends or blocks once the person has said yes.
func (t *turn) answerSureOf(q *question, r reply) (bool, error) {
	if yes, heard := t.confirmed(r); !yes {
		return heard, nil
	}
	c, err := t.byID(q.ID)
	if err != nil {
		return true, err
	}
	does, key := t.act.End, "end.done"
	if q.Kind == askBlock {
		does, key = t.act.Block, "block.done"
	}
	if c.Kind == mentoring.KindGroup && q.Kind == askEnd {
		key = "group.left"
	}
	if err := does(*t.member, c.ID); err != nil {
		return true, err
	}
	t.say(key, "alias", t.others(c))
	return true, nil
}

// answerChat takes a number or a name of the list of conversations, for the
// command that asked.
func (t *turn) answerChat(q *question, r reply) (bool, error) {
	id, ok := t.mem.Chats.at(t.act.Now, r)
	if !ok {
		return t.tooOld(t.mem.Chats, r), nil
	}
	c, err := t.byID(id)
	if err != nil {
		return true, err
	}
	if does := t.chatCommand(q.Step); does != nil {
		return true, does(c)
	}
	return true, t.reopen(c)
}

// answer takes an answer to a question that is open; done is false when it is
// none.
func (t *turn) answer(q *question, r reply) (done bool, err error) {
	switch q.Kind {
	case askLanguage:
		return t.answerLanguage(r)
	case askMentors:
		return t.answerMentors(q, r)
	case askChats, askWhich:
		return t.answerChat(q, r)
	case askEnd, askBlock:
		return t.answerSureOf(q, r)
	case askMyCard:
		return t.answerMyCard(q, r)
	case askAnyone:
		return t.answerAsking(q, r)
	case askChange:
		return t.answerChange(q, r)
	case askSigns:
		return t.answerSigns(q, r)
	case askGuide:
		return t.answerGuide(q, r)
	case askRetire:
		return t.answerRetire(q, r)
	case askMeasure:
		return t.answerMeasure(q, r)
	case askTotp:
		return t.answerTotp(q, r)
	case askAccess:
		return t.answerAccess(q, r)
	case askForget:
		return t.answerForget(q, r)
	case askHandOver:
		return t.answerHandOver(q, r)
	case askHours:
		return t.answerHours(q, r)
	case askThemes:
		return t.answerThemes(q, r)
	case askOffer:
		return t.answerOffer(q, r)
	case askSupervision:
		if q.Step == stepSure {
			return t.answerEndSupervision(r)
		}
		return t.answerSupervision(r)
	case askMove:
		return t.answerMove(r)
	case askExport:
		return t.answerExport(r)
	case askDelete:
		return t.answerDelete(r)
	case askText:
		return t.answerText(q, r)
	case askAnnounce:
		return t.answerAnnounce(q, r)
	case askRole:
		return t.answerRole(q, r)
	case askPhrase:
		return t.answerPhrase(r)
	case askQuestion:
		return t.answerQuestionStep(q, r)
	case askWords:
		return t.answerWords(q, r)
	case askWhy:
		return t.answerWhy(q, r)
	case askRemark:
		return t.answerRemark(q, r)
	case askRelease:
		return t.answerRelease(q, r)
	case askCodesign:
		return t.answerCodesign(r)
	case askDropRemark:
		return t.answerDropRemark(q, r)
	case askReport, askClose, askHand, askGuest, askDuty:
		return t.answerCase(q, r)
	}
	t.forget() // asked by an older program, or about a step of joining that is over
	return false, nil
}

// choices is how many numbers there are to choose from.
func (t *turn) choices(q *question) int {
	switch {
	case q.Kind == askGuide:
		return t.b.GuideSteps()
	case q.Kind == askReport && q.Step == stepCount:
		return mentoring.MostExcerpts
	case q.Kind == askMentors && t.mem.Mentors != nil:
		return len(t.mem.Mentors.IDs)
	case (q.Kind == askChats || q.Kind == askWhich) && t.mem.Chats != nil:
		return len(t.mem.Chats.IDs)
	}
	return len(q.Words)
}
