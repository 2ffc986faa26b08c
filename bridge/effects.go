package bridge

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"silta/bot"
	"silta/mentoring"
	"silta/store"
)

// apply keeps everything the domain asked for in the step's transaction: as
// lines in the outbox, or as resumable work.
func (s *step) apply() error {
	for i := 0; i < len(s.act.Effects); i++ { // an effect may add another
		if err := s.effect(s.act.Effects[i]); err != nil {
			return fmt.Errorf("%T: %w", s.act.Effects[i], err)
		}
	}
	s.act.Effects = nil
	return nil
}

// hideFirst takes lines away before others are said anew under the same keys.
func (s *step) hideFirst() error {
	var rest []mentoring.Effect
	for _, e := range s.act.Effects {
		hide, ok := e.(mentoring.HideLine)
		if !ok {
			rest = append(rest, e)
			continue
		}
		if err := s.hideLine(hide); err != nil {
			return err
		}
	}
	s.act.Effects = rest
	return nil
}

func (s *step) effect(e mentoring.Effect) error {
	switch e := e.(type) {
	case mentoring.Notify:
		return s.notify(e)
	case mentoring.Tell:
		return s.tell(e)
	case mentoring.OpenLeg:
		return s.openLeg(e.Participant)
	case mentoring.CloseLeg:
		return s.job(job{Op: opClose, Kind: store.RoomLeg, Owner: int64(e.Participant)}, "room", roomName(store.RoomLeg, int64(e.Participant)))
	case mentoring.RenewLeg:
		return s.renewLeg(e.Participant)
	case mentoring.EmptyConversation:
		return s.job(job{Op: opEmpty, Owner: int64(e.Conversation)}, "empty", fmt.Sprint(e.Conversation))
	case mentoring.BarLeg:
		return s.barLeg(e)
	case mentoring.WakeLeg:
		return s.wakeLeg(e.Participant)
	case mentoring.ReleaseHeld:
		return s.releaseHeld(e)
	case mentoring.TellStaff:
		return s.staffLine(e)
	case mentoring.ShowCase:
		return s.showCase(e.Case)
	case mentoring.ShowQuestion:
		return s.showQuestion(e.Prompt)
	case mentoring.ShowRemark:
		return s.showRemark(e.Remark)
	case mentoring.Collect:
		return s.job(job{Op: opCollect, Collect: &e}, "collect", fmt.Sprint(e.Snapshot))
	case mentoring.HideLine:
		return s.hideLine(e)
	case mentoring.ShowJoint:
		return s.showJoint(e)
	case mentoring.ShowOffer:
		return s.showOffer(e.Offer)
	case mentoring.AdmitStaff:
		return s.job(job{Op: opAdmit, Kind: store.RoomStaff, Owner: int64(e.Room), Member: e.Member}, "staff", fmt.Sprint(e.Room, e.Member))
	case mentoring.DismissStaff:
		return s.job(job{Op: opDismiss, Kind: store.RoomStaff, Owner: int64(e.Room), Member: e.Member}, "staff", fmt.Sprint(e.Room, e.Member))
	case mentoring.ForgetMember:
		return s.forgetMember(e.Member)
	case mentoring.MoveMember:
		return s.moveMember(e)
	case mentoring.ShowFigures:
		return s.job(job{Op: opFigures, Figures: &e}, "figures", fmt.Sprint(e.Member))
	case mentoring.EraseMember:
		return s.eraseMember(e.Member)
	case mentoring.ExportChats:
		return s.job(job{Op: opExport, Member: e.Member}, "export", fmt.Sprint(e.Member))
	case mentoring.ShowPhrase:
		return s.phraseJob(opShowPhrase, e.Member)
	case mentoring.ShowSecret:
		return s.showSecret(e)
	case mentoring.ReadBack:
		return s.job(job{Op: opReadBack, Owner: int64(e.Access)}, "readback", fmt.Sprint(e.Access))
	case mentoring.ShowTotp:
		return s.job(job{Op: opTotp, Member: e.Member, Since: int64(e.For)}, "totp", fmt.Sprint(e.Member))
	case mentoring.HideSecret:
		if err := s.job(job{Op: opFileGone, Member: e.Member, Key: totpFile(e.Member)}, "totp", fmt.Sprint(e.Member)); err != nil {
			return err
		}
		// A lane of its own: in that of the secret the job waits that hides it in its time.
		return s.job(job{Op: opHideLine, Member: e.Member, Key: e.Key}, "secret now", fmt.Sprint(e.Member), e.Key)
	case mentoring.ShowDuty:
		return s.job(job{Op: opDuty, Owner: int64(e.Case), Member: e.Member}, "duty", fmt.Sprint(e.Member))
	case mentoring.DutyGone:
		return s.job(job{Op: opDutyGone, Member: e.Member}, "duty", fmt.Sprint(e.Member))
	case mentoring.HidePhrase:
		return s.phraseJob(opHidePhrase, e.Member)
	case mentoring.RewordTexts:
		s.reworded = true
		return nil
	case mentoring.Welcome:
		return s.planRoom(store.RoomManagement, int64(e.Member), 0, 0)
	default:
		return fmt.Errorf("unknown effect")
	}
}

// inOwnRoom is a member to whom something is to be said in their own room, which
// is made where there is none.
func (s *step) inOwnRoom(id mentoring.MemberID) (mentoring.Member, error) {
	member, err := s.tx.Member(id)
	if err != nil {
		return member, err
	}
	_, err = s.tx.RoomOf(store.RoomManagement, int64(id))
	if errors.Is(err, mentoring.ErrNotFound) {
		err = s.planRoom(store.RoomManagement, int64(id), 0, 0)
	}
	return member, err
}

func (s *step) notify(e mentoring.Notify) error {
	member, err := s.inOwnRoom(e.Member)
	if err != nil {
		return err
	}
	l := line{text: s.b.bot.Render(member.Language, e.Text), loud: e.Loud, menu: e.Menu}
	l = l.called()
	if e.No {
		l.buttons = bot.YesNo()
	}
	return s.line(store.RoomManagement, int64(e.Member), l)
}

func (s *step) tell(e mentoring.Tell) error {
	c, err := s.tx.ConversationOf(e.Participant)
	if err != nil {
		return err
	}
	p := c.Participant(e.Participant)
	member, err := s.tx.Member(p.Member)
	if err != nil {
		return err
	}
	return s.line(store.RoomLeg, int64(e.Participant), line{text: s.b.bot.Render(member.Language, e.Text)})
}

// openLeg makes a participant's leg, or asks them back into it.
func (s *step) openLeg(id mentoring.ParticipantID) error {
	c, err := s.tx.ConversationOf(id)
	if err != nil {
		return err
	}
	return s.planRoom(store.RoomLeg, int64(id), c.ID, c.Participant(id).Number)
}

// renewLeg brings the ghosts of a leg to who is in the conversation now. A leg
// that is not there yet is made with them.
func (s *step) renewLeg(id mentoring.ParticipantID) error {
	s.stale = true // who may be named there has changed
	if _, err := s.tx.RoomOf(store.RoomLeg, int64(id)); err != nil {
		return notFoundIsFine(err)
	}
	return s.job(job{Op: opRenew, Kind: store.RoomLeg, Owner: int64(id)}, "room", roomName(store.RoomLeg, int64(id)))
}

// planRoom writes the row of a room that is to be, and the work that makes it
// so. For a room that exists the work only asks the person in, if they are not.
func (s *step) planRoom(kind store.RoomKind, owner int64, c mentoring.ConversationID, number int) error {
	_, err := s.tx.RoomOf(kind, owner)
	if errors.Is(err, mentoring.ErrNotFound) {
		s.stale = true
		err = s.tx.PutRoom(&store.Room{
			Kind: kind, Owner: owner, State: store.RoomPlanned, Marker: randomName(16),
			Reader: string(s.b.botID), Conversation: c, Number: number, Changed: s.now,
		})
	}
	if err != nil {
		return err
	}
	return s.roomJob(kind, owner)
}

func (s *step) staffRoom(programme mentoring.Programme, unit mentoring.Unit) (mentoring.StaffRoom, bool, error) {
	rooms, err := s.tx.StaffRooms()
	if err != nil {
		return mentoring.StaffRoom{}, false, err
	}
	for _, room := range rooms {
		if room.Programme == programme && room.Unit == unit {
			return room, true, nil
		}
	}
	if len(rooms) > 0 {
		return rooms[0], true, nil // better the wrong unit's staff than nobody
	}
	return mentoring.StaffRoom{}, false, nil
}

func (s *step) staffLine(e mentoring.TellStaff) error {
	room, ok, err := s.staffRoom(e.Programme, e.Unit)
	if err != nil || !ok {
		return err
	}
	l := line{text: s.b.bot.Render(s.b.staffLanguage(), e.Text), loud: e.Loud, menu: e.Menu}
	if e.Case != 0 {
		l.thread = caseKey(e.Case)
	}
	if e.Remark != 0 {
		l.thread = remarkKey(e.Remark)
	}
	return s.line(store.RoomStaff, int64(room.ID), l.called())
}

// called puts the reaction on a line that asks for an answer with one tap.
func (l line) called() line {
	if l.menu != 0 {
		l.buttons = bot.Called()
	}
	return l
}

// showCase makes the head message of a case, or edits it. Which of the two is
// decided when it is sent: the lane keeps them in order.
func (s *step) showCase(id mentoring.CaseID) error {
	c, err := s.tx.Case(id)
	if err != nil {
		return err
	}
	room, ok, err := s.staffRoom(c.Programme, c.Unit)
	if err != nil || !ok {
		return err
	}
	err = s.line(store.RoomStaff, int64(room.ID), line{
		text: s.b.bot.CaseHead(s.b.staffLanguage(), c), loud: true, key: caseKey(id), edits: caseKey(id),
	})
	if err != nil {
		return err
	}
	return s.showButtons(int64(room.ID), &c)
}

// showOffer makes the card of an asking in a mentor's own room, or edits it; as
// with cases, which of the two is decided when it is sent.
func (s *step) showOffer(o mentoring.AskingOffer) error {
	q, err := s.tx.Asking(o.Asking)
	if err != nil {
		return err
	}
	member, err := s.tx.Member(o.Member)
	if err != nil {
		return err
	}
	topics, err := s.act.Topics(q.Programme)
	if err != nil {
		return err
	}
	text, buttons := s.b.bot.Offer(member.Language, topics, &q)
	return s.line(store.RoomManagement, int64(o.Member), line{
		text: text, buttons: buttons, loud: q.Waits(), menu: o.Menu, edits: menuKey(o.Menu),
	})
}

// job keeps a piece of resumable work. Its lane is named after the thing it is
// about, so that two works on one thing never run at once.
func (s *step) job(j job, thing ...string) error { return s.jobAt(time.Time{}, j, thing...) }

// jobAt is job for work that is due later.
func (s *step) jobAt(due time.Time, j job, thing ...string) error {
	payload, err := json.Marshal(j)
	if err != nil {
		return fmt.Errorf("write job: %w", err)
	}
	return s.tx.Enqueue(&store.Row{Lane: s.b.store.Lane(store.LaneWork, thing...), Kind: store.LaneWork, Due: due, Payload: payload})
}

func (s *step) roomJob(kind store.RoomKind, owner int64) error {
	return s.job(job{Op: opRoom, Kind: kind, Owner: owner}, "room", roomName(kind, owner))
}

func roomName(kind store.RoomKind, owner int64) string { return fmt.Sprintf("%d/%d", kind, owner) }
