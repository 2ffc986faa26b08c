package bridge

import (
	"errors"
	"strconv"
	"strings"

	"silta/bot"
	"silta/bridge/rewrite"
	"silta/mentoring"
	"silta/store"
)

// handleManagement gives what a person writes or taps in their own room with
// the bot to the bot.
func (s *step) handleManagement(room store.Room) error {
	person, err := s.person(room)
	if err != nil {
		return err
	}
	if s.ev.Sender != person.Address {
		return nil
	}
	if refused, err := s.unencrypted(room); refused || err != nil {
		return err
	}
	input, _, ok, err := s.input(room)
	if err != nil {
		return err
	}
	if !ok {
		return nil
	}
	if err := s.offerHelp(room, person, nil); err != nil {
		return err
	}
	return s.ask(room, bot.Request{Act: s.act, Member: &person, Place: bot.Management, Input: input})
}

// handleStaff obeys commands in a staff room. What staff say to each other
// there is theirs.
func (s *step) handleStaff(room store.Room) error {
	member, err := s.tx.MemberByAddress(s.ev.Sender)
	if errors.Is(err, mentoring.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if refused, err := s.unencrypted(room); refused || err != nil {
		return err
	}
	input, about, ok, err := s.input(room)
	if err != nil {
		return err
	}
	if !ok || input.Kind == bot.Text && !s.b.bot.IsCommand(input.Text) {
		return nil
	}
	remark, err := s.remarkOfThread(room)
	if err != nil {
		return err
	}
	return s.ask(room, bot.Request{Act: s.act, Member: &member, Place: bot.Staff, Case: about, Remark: remark, Input: input})
}

// ask hands a request to the bot and keeps its answer.
func (s *step) ask(room store.Room, request bot.Request) error {
	request.Unsigned = s.b.machines != nil && !s.ev.Signed
	request.Proof = s.ev.Proof
	answer, err := s.b.bot.Handle(request)
	if err != nil {
		return err
	}
	if answer.RedactInput {
		err = s.enqueue(s.b.lineLane(room.Kind, room.Owner), store.LaneRoom, store.RowReady, parcel{
			Kind: room.Kind, Owner: room.Owner, Op: opRedact, Event: s.ev.ID,
		})
		if err != nil {
			return err
		}
	}
	about := request.Case
	if answer.Case != 0 {
		about = answer.Case
	}
	if answer.Used != "" {
		if err := s.usedButton(room, about, answer.Used); err != nil {
			return err
		}
	}
	if answer.Say != "" {
		said := s.sayFor
		if answer.SayAs != 0 {
			request.Participant, said = answer.SayAs, s.sayFrom
		}
		if refused, err := said(room, request, answer.Say); refused || err != nil {
			return err
		}
	}
	if err := s.hideFirst(); err != nil {
		return err
	}
	thread := ""
	switch {
	case about != 0:
		thread = caseKey(about)
	case request.Remark != 0:
		thread = remarkKey(request.Remark)
	}
	return s.answerInThread(room, answer, thread)
}

// sayFrom says a text in a conversation as a participant's own that was given in
// another room: a staff room, where they are known by what they are.
func (s *step) sayFrom(room store.Room, request bot.Request, text string) (refused bool, err error) {
	leg, err := s.tx.RoomOf(store.RoomLeg, int64(request.Participant))
	if err != nil {
		return false, err
	}
	// What was found in the command is none of the text's: staff give numbers knowingly.
	command := s.ev
	plain := *command
	plain.Found = nil
	s.ev = &plain
	defer func() { s.ev = command }()
	if refused, err = s.sayIn(leg, room, request, text); refused || err != nil {
		return refused, err
	}
	return false, s.tx.PutLine(&store.Line{Key: saidKey(command.ID), Room: room.ID, Event: command.ID})
}

// saidKey names a command by which something was said in a conversation from
// another room than the speaker's leg of it: nothing in that leg can refer to it.
func saidKey(event string) string { return "said/" + event }

// sayFor says a text in a conversation as a participant's own. The command's
// event is its source: taken back, the text goes with it.
func (s *step) sayFor(room store.Room, request bot.Request, text string) (refused bool, err error) {
	return s.sayIn(room, room, request, text)
}

// sayIn says a text in a leg as its participant's own; a refusal is told in the
// room where it was given.
func (s *step) sayIn(leg, given store.Room, request bot.Request, text string) (refused bool, err error) {
	conversation, err := s.tx.ConversationOf(request.Participant)
	if err != nil {
		return false, err
	}
	err = s.relay(leg, conversation.Participant(request.Participant), &rewrite.Message{Kind: rewrite.Text, Body: text})
	var refusal *mentoring.Refusal
	if errors.As(err, &refusal) {
		s.refused = append(s.refused, refusal.Text.Key)
		return true, s.line(given.Kind, given.Owner, line{text: s.b.bot.Render(request.Member.Language, refusal.Text)})
	}
	return false, err
}

func (s *step) answer(room store.Room, answer bot.Answer) error {
	return s.answerInThread(room, answer, "")
}

func (s *step) answerInThread(room store.Room, answer bot.Answer, thread string) error {
	for _, l := range answer.Lines {
		out := line{text: l.Text, menu: l.Menu, buttons: l.Buttons, loud: l.Loud, thread: thread, key: l.Key}
		if err := s.line(room.Kind, room.Owner, out); err != nil {
			return err
		}
	}
	return nil
}

// input reads what the bot may act on: a text of their own, or a tap on a menu.
// Edits of old commands, quoted text and notices of other bots run nothing.
func (s *step) input(room store.Room) (in bot.Input, about mentoring.CaseID, ok bool, err error) {
	m := s.ev.Message
	if m == nil {
		var unsupported *rewrite.Unsupported
		if errors.As(s.ev.ParseErr, &unsupported) && room.Kind == store.RoomManagement {
			return bot.Input{Kind: bot.Text, Text: ""}, 0, true, nil
		}
		return in, 0, false, nil
	}
	if m.Media != nil && room.Kind == store.RoomManagement {
		return bot.Input{Kind: bot.Text, Text: ""}, 0, true, nil // a picture says nothing to the bot
	}
	switch m.Kind {
	case rewrite.Text:
		if m.Relation.Kind == rewrite.Replace {
			return in, 0, false, nil
		}
		if m.Relation.Kind == rewrite.Thread || m.Relation.Kind == rewrite.Reply { // clients without threads answer the head
			about, err = s.caseOfThread(room, m.Relation.Event)
		}
		return bot.Input{Kind: bot.Text, Text: m.Body}, about, err == nil, err
	case rewrite.PollVote:
		in, ok, err := s.voted(room)
		return in, 0, ok, err
	case rewrite.Reaction:
		if room.Kind == store.RoomStaff {
			if about, err = s.caseOfThread(room, m.Relation.Event); err != nil || about != 0 {
				return bot.Input{Kind: bot.Button, Key: m.Relation.Key}, about, err == nil, err
			}
		}
		menu, ok, err := s.menuAt(room, m.Relation.Event)
		return bot.Input{Kind: bot.Button, Menu: menu, Key: m.Relation.Key}, 0, ok, err
	}
	return in, 0, false, nil
}

// menuAt finds the menu of the bot's that an event of the room is.
func (s *step) menuAt(room store.Room, event string) (menu int64, ok bool, err error) {
	return s.numberAt(room, event, menuPrefix)
}

// numberAt is the number in the key of the bot's line that an event of the room
// is, when the key begins like that.
func (s *step) numberAt(room store.Room, event, prefix string) (number int64, ok bool, err error) {
	l, err := s.tx.LineByEvent(room.ID, event)
	if err != nil {
		return 0, false, notFoundIsFine(err)
	}
	id, found := strings.CutPrefix(l.Key, prefix)
	if !found {
		return 0, false, nil
	}
	number, err = strconv.ParseInt(id, 10, 64)
	return number, err == nil, err
}

// caseOfThread returns the case whose head message an event of the room is: the
// root of a thread, what is answered or tapped on; 0 when it is another's.
func (s *step) caseOfThread(room store.Room, root string) (mentoring.CaseID, error) {
	l, err := s.tx.LineByEvent(room.ID, root)
	if errors.Is(err, mentoring.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	id, found := strings.CutPrefix(l.Key, casePrefix)
	if !found {
		return 0, nil
	}
	n, err := strconv.ParseInt(id, 10, 64)
	return mentoring.CaseID(n), err
}

const (
	menuPrefix = "menu/"
	casePrefix = "case/"
)

func menuKey(menu int64) string          { return menuPrefix + strconv.FormatInt(menu, 10) }
func caseKey(id mentoring.CaseID) string { return casePrefix + strconv.FormatInt(int64(id), 10) }
