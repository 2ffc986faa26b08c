package bot

import (
	"slices"

	"silta/mentoring"
)

// chatCommand is what a command does with the conversation that was meant; nil
// for those that are answered elsewhere.
func (t *turn) chatCommand(name string) func(*mentoring.Conversation) error {
	switch name {
	case "change":
		return t.sureChange
	case "end":
		return func(c *mentoring.Conversation) error { return t.sure(c, askEnd) }
	case "block":
		return func(c *mentoring.Conversation) error { return t.sure(c, askBlock) }
	case "archive":
		return t.archiveThis
	case "restore":
		return t.restoreThis
	case "unblock":
		return t.unblockThis
	case "forget":
		return t.sureForget
	case "thanks":
		return t.thankFor
	case "handover":
		return t.sureOffer
	case "report":
		return t.reportThis
	}
	return nil
}

// among finds the conversation that a command is about among some, and does it:
// the leg's own, the one that was named, or the only one. When it is not clear
// the person is asked.
func (t *turn) among(name, rest, none string, some []*mentoring.Conversation) error {
	does := t.chatCommand(name)
	if t.place == Leg {
		c, err := t.here()
		if err != nil {
			return err
		}
		return does(c)
	}
	which := question{Kind: askWhich, Step: name}
	if rest != "" {
		if id, ok := t.mem.Chats.at(t.act.Now, t.b.typed(rest)); ok {
			c, err := t.byID(id)
			if err != nil {
				return err
			}
			return does(c)
		}
		if t.mem.Chats == nil && len(some) == 1 && t.b.typed(rest).number == 1 {
			return does(some[0]) // no list was shown, but there is only one they can mean
		}
		return t.showThese(some, none, "menu.no_such", "chats.which", which)
	}
	if len(some) == 1 {
		return does(some[0])
	}
	return t.showThese(some, none, "chats.head", "chats.which", which)
}

// archive makes a conversation quiet for this person.
func (t *turn) archive(rest string) error {
	all, err := t.act.Chats(*t.member)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(c *mentoring.Conversation) bool { return !c.ByMember(t.member.ID).Archived.IsZero() })
	return t.among("archive", rest, "archive.none", all)
}

func (t *turn) archiveThis(c *mentoring.Conversation) error {
	if err := t.act.Archive(*t.member, c.ID); err != nil {
		return err
	}
	t.forget()
	t.say("archive.done", "alias", t.others(c))
	return nil
}

// restore ends that.
func (t *turn) restore(rest string) error {
	all, err := t.act.Chats(*t.member)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(c *mentoring.Conversation) bool { return c.ByMember(t.member.ID).Archived.IsZero() })
	return t.among("restore", rest, "restore.none", all)
}

func (t *turn) restoreThis(c *mentoring.Conversation) error {
	if err := t.act.Restore(*t.member, c.ID); err != nil {
		return err
	}
	t.forget()
	t.say("restore.done", "alias", t.others(c))
	return nil
}

// unblock takes a block back.
func (t *turn) unblock(rest string) error {
	all, err := t.act.Blocking(*t.member)
	if err != nil {
		return err
	}
	return t.among("unblock", rest, "unblock.none", all)
}

func (t *turn) unblockThis(c *mentoring.Conversation) error {
	if err := t.act.Unblock(*t.member, c.ID); err != nil {
		return err
	}
	t.forget()
	t.say("unblock.done", "alias", t.others(c))
	return nil
}

// forgetChat has a conversation go for good, once the person is sure.
func (t *turn) forgetChat(rest string) error {
	all, err := t.act.Readable(*t.member)
	if err != nil {
		return err
	}
	return t.among("forget", rest, "forget.none", all)
}

func (t *turn) sureForget(c *mentoring.Conversation) error {
	t.askYesNo(question{Kind: askForget, ID: int64(c.ID)}, t.text("forget.sure", "alias", t.others(c)))
	return nil
}

func (t *turn) answerForget(q *question, r reply) (bool, error) {
	if yes, heard := t.confirmed(r); !yes {
		return heard, nil
	}
	c, err := t.byID(q.ID)
	if err != nil {
		return true, err
	}
	until, err := t.act.Forget(*t.member, c.ID)
	if err == nil {
		t.say("forget.done", "alias", t.others(c), "until", until)
	}
	return true, err
}

// thanks tells the other that it helped.
func (t *turn) thanks(rest string) error {
	all, err := t.act.Readable(*t.member)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(c *mentoring.Conversation) bool {
		return c.Kind != mentoring.KindMentoring || c.LastTalk.IsZero()
	})
	return t.among("thanks", rest, "thanks.none", all)
}

func (t *turn) thankFor(c *mentoring.Conversation) error {
	if err := t.act.Thank(*t.member, c.ID); err != nil {
		return err
	}
	t.forget()
	t.say("thanks.done", "alias", t.others(c))
	return nil
}
