package bridge

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"silta/bot"
	"silta/bridge/rewrite"
	"silta/config"
	"silta/mentoring"
	"silta/store"
)

func caseRules(c *config.Cases) mentoring.CaseRules {
	return mentoring.CaseRules{
		Target: map[mentoring.CaseKind]time.Duration{
			mentoring.CaseHelp: c.Target.Help.Std(), mentoring.CaseUrgent: c.Target.Urgent.Std(),
			mentoring.CaseReport: c.Target.Report.Std(), mentoring.CaseSupport: c.Target.Support.Std(),
		},
		Finish: c.Finish.Std(), Keep: c.Keep.Std(), Guest: c.Guest.Std(), Duty: c.Duty.Std(),
	}
}

// The buttons of a case are reactions of the bot to its head message, each known
// by a key of its own, so that one that was used can be taken away and put there
// again later.

func buttonKey(id mentoring.CaseID, button string) string {
	return "button/" + caseKey(id) + "/" + button
}

// showButtons puts the buttons on a case's head that it has now, and takes the
// others away. One that is there already is put there once.
func (s *step) showButtons(room int64, c *mentoring.Case) error {
	all := bot.CaseButtons(c)
	for _, button := range slices.Sorted(maps.Keys(all)) {
		key := buttonKey(c.ID, button)
		if !all[button] {
			if err := s.takeAway(store.RoomStaff, room, key); err != nil {
				return err
			}
			continue
		}
		err := s.enqueue(s.b.lineLane(store.RoomStaff, room), store.LaneRoom, store.RowReady, parcel{
			Kind: store.RoomStaff, Owner: room, Op: opButton, Type: "m.reaction", Key: key, Thread: caseKey(c.ID), Buttons: []string{button},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// usedButton takes a button away that was tapped, and puts it there anew if the case
// has it still: whoever taps next finds it untouched.
func (s *step) usedButton(room store.Room, id mentoring.CaseID, button string) error {
	if err := s.takeAway(room.Kind, room.Owner, buttonKey(id, button)); err != nil {
		return err
	}
	c, err := s.tx.Case(id)
	if err != nil {
		return notFoundIsFine(err)
	}
	return s.showButtons(room.Owner, &c)
}

// takeAway redacts the line or button that is known by a key, once what is before
// it in its lane has been sent.
func (s *step) takeAway(kind store.RoomKind, owner int64, key string) error {
	return s.enqueue(s.b.lineLane(kind, owner), store.LaneRoom, store.RowReady, parcel{Kind: kind, Owner: owner, Op: opRedact, Key: key})
}

func (s *step) hideLine(e mentoring.HideLine) error {
	room, ok, err := s.staffRoom(e.Programme, e.Unit)
	if err != nil || !ok {
		return err
	}
	return s.takeAway(store.RoomStaff, int64(room.ID), e.Key)
}

// react makes the content of a button; errGone: it is there already, or what it
// belongs to is not.
func (s *step) react(p *parcel) (json.RawMessage, error) {
	if _, err := s.tx.LineByKey(p.Key); err == nil {
		return nil, errGone
	} else if err = notFoundIsFine(err); err != nil {
		return nil, err
	}
	to, err := s.tx.LineByKey(p.Thread)
	if errors.Is(err, mentoring.ErrNotFound) || err == nil && len(p.Buttons) != 1 {
		return nil, errGone
	}
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(rewrite.Relate(rewrite.Content{}, rewrite.Relation{Kind: rewrite.Annotation, Key: p.Buttons[0]}, to.Event, ""))
	if err != nil {
		return nil, fmt.Errorf("write button: %w", err)
	}
	return raw, nil
}

// showJoint makes the card of a question in a person's own room, or edits it.
func (s *step) showJoint(e mentoring.ShowJoint) error {
	j, err := s.tx.Joint(e.Joint)
	if err != nil {
		return notFoundIsFine(err)
	}
	for _, c := range j.Consents {
		if c.Menu != e.Menu {
			continue
		}
		member, err := s.tx.Member(c.Member)
		if err != nil {
			return err
		}
		card, err := s.act.ReadJoint(c.Member, e.Menu)
		if err != nil {
			return err
		}
		text, buttons := s.b.bot.JointCard(member.Language, card)
		return s.line(store.RoomManagement, int64(c.Member), line{
			text: text, buttons: buttons, loud: card.Waits, menu: e.Menu, edits: menuKey(e.Menu),
		})
	}
	return nil
}
