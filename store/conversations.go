package store

import (
	"errors"
	"time"

	"silta/mentoring"
)

const conversationColumns = "id, kind, programme, unit, state, case_id, trial, created, due, last_talk, ended, wait_since, wait_done, purge"

func scanConversation(r record) (*mentoring.Conversation, error) {
	return &mentoring.Conversation{
		ID:        mentoring.ConversationID(r.int(0)),
		Kind:      mentoring.Kind(r.text(1)),
		Programme: mentoring.Programme(r.text(2)),
		Unit:      mentoring.Unit(r.text(3)),
		State:     mentoring.ConversationState(r.text(4)),
		Case:      mentoring.CaseID(r.int(5)),
		Trial:     r.flag(6),
		Created:   r.time(7),
		Due:       r.time(8),
		LastTalk:  r.time(9),
		Ended:     r.time(10),
		WaitSince: r.time(11),
		WaitDone:  mentoring.Told(r.int(12)),
		Purge:     r.time(13),
	}, nil
}

func (t *Tx) scanParticipant(r record) (p mentoring.Participant, err error) {
	p = mentoring.Participant{
		ID:         mentoring.ParticipantID(r.int(0)),
		Number:     int(r.int(1)),
		Member:     mentoring.MemberID(r.int(2)),
		Membership: mentoring.MembershipID(r.int(3)),
		Role:       mentoring.Role(r.text(4)),
		Presence:   mentoring.Presence(r.text(6)),
		AwakeUntil: r.time(7),
		Archived:   r.time(8),
		Blocking:   r.time(9),
		Thanked:    r.time(10),
		Wrote:      r.time(11),
		Barred:     r.time(12),
	}
	p.Alias, err = t.openText(place{column: "participant.alias", id: r.int(0)}, r.view(5))
	return p, err
}

// Conversation implements [mentoring.Tx]. The value is shared: never change it.
func (t *Tx) Conversation(id mentoring.ConversationID) (*mentoring.Conversation, error) {
	c, err := cached(t.caches.conversations, id, func() (*mentoring.Conversation, error) {
		return t.loadConversation(id)
	})
	return c, doing("conversation", err)
}

func (t *Tx) loadConversation(id mentoring.ConversationID) (*mentoring.Conversation, error) {
	c, err := single(t, "SELECT "+conversationColumns+" FROM conversation WHERE id = $1", scanConversation, id)
	if err != nil {
		return nil, err
	}
	c.Participants, err = collect(t, "SELECT id, number, member, membership, role, alias, presence, awake_until, archived, blocking, thanked, wrote, barred FROM participant WHERE conversation = $1 ORDER BY number",
		t.scanParticipant, id)
	if err != nil {
		return nil, err
	}
	for i := range c.Participants {
		t.caches.conversationOf.put(c.Participants[i].ID, id)
	}
	return c, nil
}

// ConversationOf implements [mentoring.Tx]. The value is shared: never change it.
func (t *Tx) ConversationOf(p mentoring.ParticipantID) (*mentoring.Conversation, error) {
	id, err := cached(t.caches.conversationOf, p, func() (mentoring.ConversationID, error) {
		return single(t, "SELECT conversation FROM participant WHERE id = $1", func(r record) (mentoring.ConversationID, error) {
			return mentoring.ConversationID(r.int(0)), nil
		}, p)
	})
	if err != nil {
		return nil, doing("conversation of a participant", err)
	}
	return t.Conversation(id)
}

// ConversationsOf implements [mentoring.Tx].
func (t *Tx) ConversationsOf(m mentoring.MemberID) ([]*mentoring.Conversation, error) {
	list, err := t.conversationsByID(`SELECT DISTINCT c.id FROM conversation c JOIN participant p ON p.conversation = c.id
		WHERE p.member = $1 AND c.emptied = 0 ORDER BY c.id`, m)
	return list, doing("conversations of a member", err)
}

// DueConversations implements [mentoring.Tx]; the longest due come first.
func (t *Tx) DueConversations(now time.Time, limit int) ([]*mentoring.Conversation, error) {
	list, err := t.conversationsByID("SELECT id FROM conversation WHERE due > 0 AND due <= $1 ORDER BY due, id LIMIT $2", now, limit)
	return list, doing("due conversations", err)
}

func (t *Tx) conversationsByID(query string, args ...any) ([]*mentoring.Conversation, error) {
	ids, err := collect(t, query, func(r record) (mentoring.ConversationID, error) {
		return mentoring.ConversationID(r.int(0)), nil
	}, args...)
	if err != nil {
		return nil, err
	}
	list := make([]*mentoring.Conversation, len(ids))
	for i, id := range ids {
		if list[i], err = t.Conversation(id); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// PutConversation implements [mentoring.Tx]. It writes only what differs from
// what is there. Participants are added and changed, never taken away.
func (t *Tx) PutConversation(c *mentoring.Conversation) error {
	if err := t.writing(); err != nil {
		return err
	}
	var old *mentoring.Conversation
	var err error
	if c.ID == 0 {
		c.ID = mentoring.ConversationID(t.newID(seqConversation))
		t.undo(func() { c.ID = 0 })
		_, err = t.exec("INSERT INTO conversation ("+conversationColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
			c.ID, c.Kind, c.Programme, c.Unit, c.State, c.Case, c.Trial, c.Created, c.Due, c.LastTalk, c.Ended, c.WaitSince, c.WaitDone, c.Purge)
	} else if old, err = t.Conversation(c.ID); err == nil {
		err = t.change(`UPDATE conversation SET kind = $2, programme = $3, unit = $4, state = $5, case_id = $6, trial = $7,
			created = $8, due = $9, last_talk = $10, ended = $11, wait_since = $12, wait_done = $13, purge = $14 WHERE id = $1`,
			c.ID, c.Kind, c.Programme, c.Unit, c.State, c.Case, c.Trial, c.Created, c.Due, c.LastTalk, c.Ended, c.WaitSince, c.WaitDone, c.Purge)
	}
	if err != nil {
		return doing("put conversation", err)
	}
	for i := range c.Participants {
		if p := &c.Participants[i]; p.Role == mentoring.Mentor && (old == nil || old.State != c.State) {
			t.stale(p.Membership)
		}
		if err := t.putParticipant(c, &c.Participants[i], old); err != nil {
			return doing("put participant", err)
		}
	}
	if old != nil && len(old.Participants) > len(c.Participants) {
		return t.latch(errors.New("put conversation: a participant is missing"))
	}
	same := c.Clone()
	for _, at := range []*time.Time{&same.Created, &same.Due, &same.LastTalk, &same.Ended, &same.WaitSince, &same.Purge} {
		*at = fromMillis(millis(*at))
	}
	for i := range same.Participants {
		p := &same.Participants[i]
		for _, at := range []*time.Time{&p.AwakeUntil, &p.Archived, &p.Blocking, &p.Thanked, &p.Wrote, &p.Barred} {
			*at = fromMillis(millis(*at))
		}
	}
	t.caches.conversations.put(c.ID, same)
	return nil
}

func (t *Tx) putParticipant(c *mentoring.Conversation, p *mentoring.Participant, old *mentoring.Conversation) error {
	if p.ID == 0 {
		p.ID = mentoring.ParticipantID(t.newID(seqParticipant))
		t.undo(func() { p.ID = 0 })
		_, err := t.exec("INSERT INTO participant (id, conversation, number, member, membership, role, alias, presence, awake_until, archived, blocking, thanked, wrote, barred) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
			p.ID, c.ID, p.Number, p.Member, orNull(p.Membership), p.Role,
			t.sealText(place{column: "participant.alias", id: int64(p.ID)}, p.Alias), p.Presence, p.AwakeUntil, p.Archived, p.Blocking, p.Thanked, p.Wrote, p.Barred)
		t.caches.conversationOf.put(p.ID, c.ID)
		return err
	}
	if old == nil {
		return mentoring.ErrNotFound
	}
	if before := old.Participant(p.ID); before != nil && *before == *p {
		return nil
	}
	return t.change("UPDATE participant SET number = $3, member = $4, membership = $5, role = $6, alias = $7, presence = $8, awake_until = $9, archived = $10, blocking = $11, thanked = $12, wrote = $13, barred = $14 WHERE id = $1 AND conversation = $2",
		p.ID, c.ID, p.Number, p.Member, orNull(p.Membership), p.Role,
		t.sealText(place{column: "participant.alias", id: int64(p.ID)}, p.Alias), p.Presence, p.AwakeUntil, p.Archived, p.Blocking, p.Thanked, p.Wrote, p.Barred)
}
