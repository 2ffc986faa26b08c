package bridge

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"silta/bridge/rewrite"
	"silta/mentoring"
	"silta/store"
)

// The contact guard. What it holds are the copies themselves: rows of the outbox
// that stepped aside, so that later ones pass. Each carries the text without the
// contact, too, ready for its viewer; both are gone when the writer has decided.
// What refers to a held message (an answer, a reaction) steps aside behind it.

// read understands an event and looks for contacts in it: before the step, for
// the store's gate does one step at a time.
func (b *Bridge) read(ev *incoming) {
	ev.parse()
	if ev.Message != nil && b.guard != nil {
		ev.Found = b.guard.Find(ev.Message.Readable())
	}
	if ev.Message != nil && b.danger != nil && b.rules().AnyDangerWords() {
		ev.Danger = b.danger.Danger(ev.Message.Readable())
	}
}

// ownMessage is a message of somebody's about to be relayed.
type ownMessage struct {
	room   store.Room
	from   *mentoring.Participant
	m      *rewrite.Message
	target *store.Message // what it relates to; nil: nothing
	link   *relation
	what   mentoring.Utterance
	// parts of what is readable are hidden; nil: nothing is.
	parts [][2]int
}

// shown is the message as somebody who reads a language sees it.
func (s *step) shown(o *ownMessage, language mentoring.Language) *rewrite.Message {
	if len(o.parts) == 0 {
		return o.m
	}
	if language == "" {
		language = s.b.staffLanguage()
	}
	return o.m.Hide(o.parts, s.b.bot.Render(language, mentoring.T("guard.word")))
}

// guarded does what the programme wants with a message in which contacts were
// found. done says that it is not to be relayed now; rendered may be changed, and
// what of the message is hidden.
func (s *step) guarded(o *ownMessage, rendered map[int]content) (done bool, err error) {
	if o.m.Relation.Kind == rewrite.Replace {
		if done, err = s.heldAnew(*o); done || err != nil {
			return done, err
		}
	}
	if err = s.behind(*o); err != nil {
		return false, err
	}
	found, err := s.contacts(*o, rendered)
	if err != nil {
		return false, err
	}
	kinds := kindsOf(found)
	policy, err := s.act.Guarding(o.from.ID, kinds)
	if err != nil || policy == mentoring.GuardOff {
		return false, err
	}
	if policy == mentoring.GuardBlock {
		return false, mentoring.RefuseContacts("guard.blocked", kinds)
	}
	without, parts, err := s.renderWithout(*o, found)
	if err != nil {
		return false, err
	}
	if policy == mentoring.GuardHide {
		o.parts = parts
		for number, made := range without {
			rendered[number] = made
		}
		s.refused = append(s.refused, "guard.hidden")
		s.act.Do(mentoring.Tell{Participant: o.from.ID, Text: mentoring.ContactsText("guard.hidden", kinds)})
		return false, s.act.ContactsFound(o.from.ID, kinds)
	}
	return true, s.holdBack(*o, rendered, without, parts, kinds)
}

func kindsOf(found []mentoring.Finding) []mentoring.ContactKind {
	kinds := make([]mentoring.ContactKind, 0, len(found))
	for _, f := range found {
		kinds = append(kinds, f.Kind)
	}
	return kinds
}

// contacts are what was found, but for what is none here: the alias of somebody
// in the conversation, and what the rewriting has already taken out for all.
func (s *step) contacts(o ownMessage, rendered map[int]content) ([]mentoring.Finding, error) {
	if len(s.ev.Found) == 0 {
		return nil, nil
	}
	c, err := s.tx.Conversation(o.room.Conversation)
	if err != nil {
		return nil, err
	}
	text := o.m.Readable()
	return slices.DeleteFunc(slices.Clone(s.ev.Found), func(f mentoring.Finding) bool {
		if f.Kind == mentoring.ContactHandle {
			name := strings.TrimPrefix(text[f.Start:], "@")
			return slices.ContainsFunc(c.Participants, func(p mentoring.Participant) bool {
				return p.Alias != "" && len(name) >= len(p.Alias) && strings.EqualFold(name[:len(p.Alias)], p.Alias)
			}) || takenOut(text[f.Start:f.End], rendered)
		}
		return f.Kind == mentoring.ContactMatrix && takenOut(text[f.Start:f.End], rendered)
	}), nil
}

// takenOut says whether no viewer would read a part of the text.
func takenOut(part string, rendered map[int]content) bool {
	for _, made := range rendered {
		body := bodyOf(made.raw)
		if body == "" { // a poll
			body = string(made.raw)
		}
		if strings.Contains(body, part) {
			return false
		}
	}
	return len(rendered) > 0
}

// bodyOf is the text of a content as its viewer reads it.
func bodyOf(raw json.RawMessage) string {
	if fresh := gjson.GetBytes(raw, `m\.new_content.body`); fresh.Exists() {
		return fresh.Str
	}
	return gjson.GetBytes(raw, "body").Str
}

// renderWithout builds a message without the contacts, in every viewer's
// language.
func (s *step) renderWithout(o ownMessage, found []mentoring.Finding) (all map[int]content, parts [][2]int, err error) {
	c, err := s.tx.Conversation(o.room.Conversation)
	if err != nil {
		return nil, nil, err
	}
	o.parts = make([][2]int, len(found))
	for i, f := range found {
		o.parts[i] = [2]int{f.Start, f.End}
	}
	all = make(map[int]content, len(c.Participants)-1)
	for i := range c.Participants {
		viewer := &c.Participants[i]
		if viewer.Number == o.from.Number {
			continue
		}
		language, err := s.languageOf(viewer)
		if err != nil {
			return nil, nil, err
		}
		one, err := s.render(o.room, o.from, s.shown(&o, language))
		if err != nil {
			return nil, nil, err
		}
		all[viewer.Number] = one[viewer.Number]
	}
	return all, o.parts, nil
}

// holdBack keeps the copies of a message aside and asks its writer. Of no kinds
// it is their first voice message.
func (s *step) holdBack(o ownMessage, rendered, without map[int]content, parts [][2]int, kinds []mentoring.ContactKind) error {
	held, c, to, err := s.act.Hold(o.from.ID, o.what, kinds)
	if err != nil {
		return err
	}
	edits := ""
	if o.m.Relation.Kind == rewrite.Replace {
		edits = o.target.Source
	}
	if err = s.holdCopies(holding{s.ev.ID, edits, held.ID}, c, o.from, to, o.link, rendered, without); err != nil {
		return err
	}
	if o.m.Kind == rewrite.PollStart {
		if err = s.startPoll(c, to, o, &heldPoll{held.ID, parts}); err != nil {
			return err
		}
	}
	return s.askAbout(o, held, kinds)
}

// holding is a message that is kept aside: its source, what it edits, and the
// question that it waits for.
type holding struct {
	source, edits string
	held          int64
}

// holdCopies keeps the copies of a message aside.
func (s *step) holdCopies(h holding, c *mentoring.Conversation, from *mentoring.Participant, to []mentoring.ParticipantID, link *relation, rendered, without map[int]content) error {
	record := store.Message{Conversation: c.ID, Source: h.source, Author: from.Number, Edits: h.edits}
	for _, id := range to {
		viewer := c.Participant(id)
		record.Copies = append(record.Copies, store.Copy{Number: viewer.Number})
		made := rendered[viewer.Number]
		err := s.enqueue(s.b.copyLane(id, from.ID), store.LaneOut, store.RowAside, parcel{
			Kind: store.RoomLeg, Owner: int64(id), Author: from.ID, Op: opSend, Type: made.eventType, Content: made.raw, File: made.file, Quiet: made.quiet,
			Conversation: c.ID, Number: viewer.Number, Source: h.source, Relation: link, Held: h.held, Without: without[viewer.Number].raw,
		})
		if err != nil {
			return err
		}
		if made.file != nil {
			s.wanted, s.wantedOf = made.file, fileKey{c.ID, h.source}
		}
	}
	if len(record.Copies) == 0 {
		return nil
	}
	return s.tx.PutMessage(&record)
}

// askAbout asks a message's writer, as an answer to the message.
func (s *step) askAbout(o ownMessage, held mentoring.Held, kinds []mentoring.ContactKind) error {
	s.refused = append(s.refused, "guard.ask")
	member, err := s.tx.Member(o.from.Member)
	if err != nil {
		return err
	}
	question := s.b.bot.HeldQuestion(member.Language, held, kinds)
	return s.line(o.room.Kind, o.room.Owner, line{
		text: question.Text, menu: question.Menu, buttons: question.Buttons, loud: question.Loud, answers: s.ev.ID,
	})
}

// waiting is a row that the guard holds.
type waiting struct {
	row store.Row
	p   *parcel
}

// waitingOf lists what the guard holds of an author, leg by leg, in order.
func (s *step) waitingOf(author mentoring.ParticipantID) ([]waiting, error) {
	c, err := s.tx.ConversationOf(author)
	if err != nil {
		return nil, err
	}
	var all []waiting
	for _, viewer := range c.Participants {
		if viewer.ID == author {
			continue
		}
		rows, err := s.tx.Rows(s.b.copyLane(viewer.ID, author))
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			if row.State != store.RowAside || row.Hold != store.HoldGuard {
				continue
			}
			p, err := readParcel(row)
			if err != nil {
				return nil, err
			}
			same := *p // the parcel in memory is shared
			all = append(all, waiting{row, &same})
		}
	}
	return all, nil
}

// behind notes what a message must wait behind: a message of its own writer
// that is held.
func (s *step) behind(o ownMessage) error {
	if o.link == nil {
		return nil
	}
	mayWait := func(m *store.Message) bool {
		return m.Author == o.from.Number && slices.ContainsFunc(m.Copies, func(c store.Copy) bool { return c.Event == "" })
	}
	waits := o.target != nil && mayWait(o.target)
	if o.link.Reply != "" && !waits {
		reply, err := s.tx.MessageBySource(o.room.Conversation, o.link.Reply)
		if err = notFoundIsFine(err); err != nil {
			return err
		}
		waits = reply != nil && mayWait(reply)
	}
	if !waits {
		return nil
	}
	all, err := s.waitingOf(o.from.ID)
	if err != nil {
		return err
	}
	s.waitsBehind = heldBefore(all, o.link)
	return nil
}

// heldBefore finds the question that the target of a relation waits for; 0 when
// it does not.
func heldBefore(all []waiting, link *relation) int64 {
	if link == nil {
		return 0
	}
	for _, w := range all {
		if w.p.Source == link.Source || link.Reply != "" && w.p.Source == link.Reply {
			return w.p.Held
		}
	}
	return 0
}

// heldAnew does what an edit changes for what is held. An edit of a held
// message takes its place, looked through like any other, so that nobody ever
// sees what its writer thought better of. An edit of a message that was sent
// ends the wait of an earlier one.
func (s *step) heldAnew(o ownMessage) (done bool, err error) {
	if slices.ContainsFunc(o.target.Copies, func(c store.Copy) bool { return c.Event != "" }) {
		return false, s.dropHeldEdits(o)
	}
	all, err := s.waitingOf(o.from.ID)
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(all, func(w waiting) bool { return w.p.Source == o.target.Source && len(w.p.Without) > 0 })
	if i < 0 || o.m.New == nil {
		return false, nil
	}
	isPoll, wasPoll := o.m.Kind == rewrite.PollStart, all[i].p.Type != "m.room.message"
	if isPoll != wasPoll || (o.m.New.Media != nil) != (all[i].p.File != nil) {
		return true, mentoring.Refuse("relay.edit_unknown") // of a picture, a text; or the reverse
	}
	old := all[i].p.Held
	whole := o
	whole.m = o.m.New
	rendered, err := s.render(o.room, o.from, whole.m)
	if err != nil {
		return true, err
	}
	found, err := s.contacts(whole, rendered)
	if err != nil {
		return true, err
	}
	kinds := kindsOf(found)
	policy, err := s.act.Guarding(o.from.ID, kinds)
	if err != nil {
		return true, err
	}
	before, err := s.tx.Held(old)
	if err != nil {
		return true, err
	}
	texts := map[string]anew{o.target.Source: {rendered, rendered}}
	if policy == mentoring.GuardOff {
		if err = errors.Join(s.pollAnew(whole, all, nil, texts), s.rewriteHeld(all, old, old, texts)); err != nil || before.Voice {
			return true, err // of a voice message it is still asked
		}
		return true, s.act.Withdraw(old, mentoring.SendAnyway)
	}
	without, parts, err := s.renderWithout(whole, found)
	if err != nil {
		return true, err
	}
	texts[o.target.Source] = anew{rendered, without}
	held, _, _, err := s.act.Hold(o.from.ID, before.What, kinds)
	if err != nil {
		return true, err
	}
	if err = errors.Join(s.pollAnew(whole, all, parts, texts), s.rewriteHeld(all, old, held.ID, texts)); err != nil {
		return true, err
	}
	if err = s.act.Withdraw(old, mentoring.DropIt); err != nil { // nothing waits for it any more
		return true, err
	}
	return true, s.askAbout(o, held, kinds)
}

// anew is what takes the place of a held text, by participant number: all of it,
// and without the contact.
type anew struct{ whole, without map[int]content }

// rewriteHeld gives held copies other texts, by the source of each, and lets all
// that wait for one question wait for another.
func (s *step) rewriteHeld(all []waiting, from, to int64, texts map[string]anew) error {
	for _, w := range all {
		if w.p.Held != from {
			continue
		}
		w.p.Held = to
		text := texts[w.p.Source]
		if made, ok := text.whole[w.p.Number]; ok && len(w.p.Without) > 0 {
			w.p.Type, w.p.Content, w.p.Without = made.eventType, made.raw, text.without[w.p.Number].raw
		}
		if err := s.putWaiting(w); err != nil {
			return err
		}
	}
	return nil
}

func (s *step) putWaiting(w waiting) error {
	payload, err := json.Marshal(w.p)
	if err != nil {
		return fmt.Errorf("write parcel: %w", err)
	}
	return s.tx.Rewrite(w.row.ID, payload)
}

// dropHeldEdits ends the wait of earlier edits of a message that is edited again.
func (s *step) dropHeldEdits(o ownMessage) error {
	held, err := s.tx.HeldOf(o.from.ID)
	if err != nil || len(held) == 0 {
		return err
	}
	all, err := s.waitingOf(o.from.ID)
	if err != nil {
		return err
	}
	for _, h := range held {
		edits := slices.ContainsFunc(all, func(w waiting) bool {
			return w.p.Held == h.ID && len(w.p.Without) > 0 && w.p.Relation != nil && w.p.Relation.Kind == rewrite.Replace && w.p.Relation.Source == o.target.Source
		})
		if edits {
			if err := s.act.Withdraw(h.ID, mentoring.DropIt); err != nil {
				return err
			}
		}
	}
	return nil
}

// withdrawn ends the question about a message whose copies were taken back.
func (s *step) withdrawn(p *parcel) error {
	if len(p.Without) == 0 {
		return nil
	}
	err := s.act.Withdraw(p.Held, mentoring.DropIt)
	if refusalIsFine(err) == nil {
		return nil // of another of its copies
	}
	return err
}

// releaseHeld ends a wait: the copies go on, with or without the contact, or are
// dropped; what waited behind them goes on, or waits behind the next.
func (s *step) releaseHeld(e mentoring.ReleaseHeld) error {
	all, err := s.waitingOf(e.Participant)
	if err != nil {
		return err
	}
	c, err := s.tx.ConversationOf(e.Participant)
	if err != nil {
		return err
	}
	if e.Decision, err = s.releasePoll(c, all, e); err != nil {
		return err
	}
	for i, w := range all {
		if w.p.Held != e.ID {
			continue
		}
		viewer := c.ByNumber(w.p.Number)
		asked := len(w.p.Without) > 0
		if asked && e.Decision == mentoring.DropIt || viewer == nil || viewer.Presence == mentoring.Removed {
			w.p.Held = 0
			err := errors.Join(s.tx.Done(w.row.ID), s.doomCopy(w.p.Conversation, w.p.Source, w.p.Number), notFoundIsFine(s.tx.DropCopy(w.p.Conversation, w.p.Source, w.p.Number)))
			if err != nil {
				return err
			}
			w.p.Source = "" // nothing waits behind it
			continue
		}
		if asked && e.Decision == mentoring.HidePart {
			w.p.Content = w.p.Without
		}
		w.p.Without = nil
		w.p.Held = 0
		if !asked {
			w.p.Held = heldBefore(stillWaiting(all[:i], w), w.p.Relation)
		}
		if err := s.putWaiting(w); err != nil {
			return err
		}
		if w.p.Held == 0 {
			if err := s.tx.Retry(w.row.ID, s.now, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// stillWaiting are the rows of the same leg that go on waiting.
func stillWaiting(all []waiting, of waiting) []waiting {
	var list []waiting
	for _, w := range all {
		if w.p.Number == of.p.Number && w.p.Held != 0 {
			list = append(list, w)
		}
	}
	return list
}
