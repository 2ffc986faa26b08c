package store

import (
	"silta/mentoring"
)

// Poll is what has to be known of a poll while its conversation lasts. Whoever
// keeps it gives its state a form; it is sealed at rest, for it has the IDs
// that a client of the author's made up.
type Poll struct {
	ID           int64 // 0: not kept yet
	Conversation mentoring.ConversationID
	Source       string // event ID in the author's leg
	State        []byte
}

func pollPlace(id int64) place { return place{column: "poll.state", id: id} }

// PutPoll keeps a poll; a new one is given its ID.
func (t *Tx) PutPoll(p *Poll) error {
	if err := t.writing(); err != nil {
		return err
	}
	if p.ID != 0 {
		return doing("put poll", t.change("UPDATE poll SET state = $2 WHERE id = $1", p.ID, t.s.keys.seal(pollPlace(p.ID), p.State)))
	}
	source, err := packEvent(p.Source)
	if err != nil {
		return doing("put poll", err)
	}
	id := t.newID(seqPoll)
	_, err = t.exec("INSERT INTO poll (id, conversation, source, state) VALUES ($1, $2, $3, $4)",
		id, p.Conversation, source, t.s.keys.seal(pollPlace(id), p.State))
	if err == nil {
		p.ID = id
	}
	return doing("put poll", err)
}

// Polls lists the polls of a conversation, the oldest first.
func (t *Tx) Polls(conv mentoring.ConversationID) ([]Poll, error) {
	list, err := collect(t, "SELECT id, conversation, source, state FROM poll WHERE conversation = $1 ORDER BY id", func(r record) (Poll, error) {
		p := Poll{ID: r.int(0), Conversation: mentoring.ConversationID(r.int(1)), Source: unpackEvent(r.view(2))}
		plain, err := t.s.keys.open(pollPlace(p.ID), r.view(3))
		p.State = plain
		return p, err
	}, conv)
	return list, doing("polls", err)
}

// DropPoll forgets a poll; one that is not there is no error.
func (t *Tx) DropPoll(id int64) error {
	_, err := t.exec("DELETE FROM poll WHERE id = $1", id)
	return doing("drop poll", err)
}
