package store

import (
	"time"

	"silta/mentoring"
)

// codeKept is how long a code is remembered after it expired, so that whoever
// uses it late is told that, and not that it never was.
const codeKept = 30 * 24 * time.Hour

// pruneLimit bounds what one call of Prune deletes of each kind.
const pruneLimit = 1000

// Prune deletes what has outlived its use: the marks of events seen more than
// a week ago, codes that expired a month ago, wrong tries that count no more. It
// does a bounded part; more says that there is some left.
func (t *Tx) Prune(now time.Time) (more bool, err error) {
	if err := t.writing(); err != nil {
		return false, err
	}
	for _, old := range []struct {
		table, key, where string
		before            any
	}{
		{"seen", "id", "hour < $1", t.g.seen.forget(now)},
		{"code", "hash", "expires < $1", now.Add(-codeKept)},
		{"attempt", "hash", "changed < $1", now.Add(-attemptsKept)},
	} {
		n, err := t.exec("DELETE FROM "+old.table+" WHERE "+old.key+" IN (SELECT "+old.key+" FROM "+old.table+
			" WHERE "+old.where+" ORDER BY "+old.key+" LIMIT $2)", old.before, pruneLimit)
		if err != nil {
			return false, doing("prune", err)
		}
		more = more || n == pruneLimit
	}
	return more, t.forgetBans(now)
}

// EmptyConversation deletes what a conversation leaves behind: the message
// map, the rooms with their lines, the ghosts and the aliases. The
// conversation itself stays, without words, so that figures stay right; it is
// no longer listed for its members, and no longer due.
func (t *Tx) EmptyConversation(id mentoring.ConversationID) error {
	if err := t.settle(); err != nil {
		return err
	}
	old, err := t.Conversation(id)
	if err != nil {
		return doing("empty conversation", err)
	}
	for i := range old.Participants {
		if err := t.doomPicture(id, old.Participants[i].ID); err != nil {
			return doing("empty conversation", err)
		}
	}
	for _, statement := range []string{
		"DELETE FROM message WHERE conversation = $1",
		"DELETE FROM copy_ref WHERE conversation = $1",
		"DELETE FROM handover WHERE conversation = $1 AND due = 0", // a mentee who was just asked can still answer
		"DELETE FROM held WHERE participant IN (SELECT id FROM participant WHERE conversation = $1)",
		"DELETE FROM poll WHERE conversation = $1",
		"DELETE FROM line WHERE room IN (SELECT id FROM room WHERE conversation = $1)",
		"DELETE FROM room WHERE conversation = $1",
		"DELETE FROM ghost WHERE participant IN (SELECT id FROM participant WHERE conversation = $1)",
	} {
		if _, err := t.exec(statement, id); err != nil {
			return doing("empty conversation", err)
		}
	}
	// What was uploaded must still be deleted at the homeserver.
	if _, err := t.exec("UPDATE upload SET state = $2, source = $3, opens = $3 WHERE conversation = $1", id, UploadDoomed, []byte{}); err != nil {
		return doing("empty conversation", err)
	}
	if _, err := t.exec("UPDATE participant SET alias = $2, presence = $3, wrote = 0 WHERE conversation = $1", id, []byte{}, mentoring.Removed); err != nil {
		return doing("empty conversation", err)
	}
	if err := t.change("UPDATE conversation SET emptied = 1, due = 0 WHERE id = $1", id); err != nil {
		return doing("empty conversation", err)
	}
	t.forgetConversation(old)
	return nil
}

func (t *Tx) forgetConversation(old *mentoring.Conversation) {
	c, id := t.caches, old.ID
	for i := range old.Participants {
		c.ghosts.drop(old.Participants[i].ID)
	}
	c.conversations.drop(id)
	c.legs.drop(id)
	c.messages.dropIf(func(k messageKey, _ *Message) bool { return k.conversation == id })
	var gone []Room
	c.rooms.dropIf(func(_ int64, r Room) bool {
		if r.Conversation == id {
			gone = append(gone, r)
		}
		return r.Conversation == id
	})
	for _, r := range gone {
		c.roomByMatrix.drop(r.Matrix)
		c.roomOf.drop(ownerKey{r.Kind, r.Owner})
	}
}
