package bridge

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"silta/bot"
	"silta/bridge/rewrite"
	"silta/mentoring"
	"silta/store"
)

// showQuestion asks somebody a question in their own room: as a numbered menu
// with reactions, which every client shows, and where the service wants it as a
// poll, too. The first answer counts, however it came.
func (s *step) showQuestion(k mentoring.Prompt) error {
	membership, err := s.tx.Membership(k.Membership)
	if err != nil {
		return err
	}
	member, err := s.tx.Member(membership.Member)
	if err != nil {
		return err
	}
	q, err := s.act.QuestionShown(k)
	if err != nil {
		return err
	}
	shown, question, options := s.b.bot.Question(member.Language, &k, &q)
	err = s.line(store.RoomManagement, int64(member.ID), line{text: shown.Text, menu: shown.Menu, buttons: shown.Buttons, loud: shown.Loud})
	if err != nil || len(options) == 0 || !s.b.config.Load().Programmes.Mentoring.Questions.Polls {
		return err
	}
	return s.pollLine(store.RoomManagement, int64(member.ID), shown.Menu, question, options)
}

const pollPrefix = "poll/"

// pollLine asks something of the bot's own as a poll.
func (s *step) pollLine(kind store.RoomKind, owner, menu int64, question string, options []string) error {
	state, err := s.lineState(kind, owner)
	if err != nil {
		return err
	}
	eventType, content, err := rewrite.Render(&rewrite.Message{
		Kind: rewrite.PollStart, Body: question,
		Poll: &rewrite.Poll{Question: question, Answers: options, Secret: true, Ballot: rewrite.Ballot{Max: 1}},
	}, rewrite.View{})
	var unsupported *rewrite.Unsupported
	if errors.As(err, &unsupported) {
		return nil // too long for a poll: the menu says it all
	}
	if err != nil {
		return err
	}
	raw, err := json.Marshal(content)
	if err != nil {
		return fmt.Errorf("write poll: %w", err)
	}
	return s.enqueue(s.b.lineLane(kind, owner), store.LaneRoom, state, parcel{
		Kind: kind, Owner: owner, Op: opSend, Type: eventType, Content: raw, Key: pollPrefix + strconv.FormatInt(menu, 10),
	})
}

// voted reads a vote in a poll of the bot's.
func (s *step) voted(room store.Room) (in bot.Input, ok bool, err error) {
	m := s.ev.Message
	menu, ok, err := s.numberAt(room, m.Relation.Event, pollPrefix)
	if err != nil || !ok || len(m.Choices) != 1 {
		return in, false, err
	}
	return bot.Input{Kind: bot.Button, Menu: menu, Key: m.Choices[0], Poll: true}, true, nil
}

const remarkPrefix = "remark/"

func remarkKey(id int64) string { return remarkPrefix + strconv.FormatInt(id, 10) }

// showRemark makes the head message of a remark's thread in the staff room, or
// edits it.
func (s *step) showRemark(id int64) error {
	language := s.b.staffLanguage()
	l := line{loud: true, key: remarkKey(id), edits: remarkKey(id)}
	programme, unit := mentoring.DefaultProgramme, mentoring.DefaultUnit
	r, err := s.tx.Remark(id)
	switch {
	case errors.Is(err, mentoring.ErrNotFound):
		l.text = s.b.bot.RemarkGone(language, id)
	case err != nil:
		return err
	default:
		l.text, programme, unit = s.b.bot.Remark(language, &r), r.Programme, r.Unit
	}
	room, ok, err := s.staffRoom(programme, unit)
	if err != nil || !ok {
		return err
	}
	return s.line(store.RoomStaff, int64(room.ID), l)
}

// remarkOfThread is the remark in whose thread of a staff room somebody wrote; 0
// when it is none.
func (s *step) remarkOfThread(room store.Room) (int64, error) {
	m := s.ev.Message
	if m == nil || m.Relation.Kind != rewrite.Thread {
		return 0, nil
	}
	id, _, err := s.numberAt(room, m.Relation.Event, remarkPrefix)
	return id, err
}
