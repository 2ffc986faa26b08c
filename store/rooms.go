package store

import (
	"slices"
	"strings"
	"unicode/utf8"

	"silta/mentoring"
)

// plain says whether a text can be in a text column at all. What comes from
// outside and cannot is not found, rather than a fault of PostgreSQL.
func plain(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

const roomColumns = "id, kind, owner, matrix, state, marker, reader, conversation, number, changed"

func scanRoom(r record) (Room, error) {
	return Room{
		ID:           r.int(0),
		Kind:         RoomKind(r.int(1)),
		Owner:        r.int(2),
		Matrix:       r.text(3),
		State:        RoomState(r.int(4)),
		Marker:       r.text(5),
		Reader:       r.text(6),
		Conversation: mentoring.ConversationID(r.int(7)),
		Number:       int(r.int(8)),
		Changed:      r.time(9),
	}, nil
}

// Room finds a room by its ID, also one that is gone.
func (t *Tx) Room(id int64) (Room, error) {
	r, err := cached(t.caches.rooms, id, func() (Room, error) {
		return single(t, "SELECT "+roomColumns+" FROM room WHERE id = $1", scanRoom, id)
	})
	return r, doing("room", err)
}

// RoomByMatrix finds a room by its Matrix ID, also one that is gone.
func (t *Tx) RoomByMatrix(matrix string) (Room, error) {
	if !plain(matrix) {
		return Room{}, mentoring.ErrNotFound
	}
	id, err := cached(t.caches.roomByMatrix, matrix, func() (int64, error) {
		return single(t, "SELECT id FROM room WHERE matrix = $1", scanID, matrix)
	})
	if err != nil {
		return Room{}, doing("room by Matrix ID", err)
	}
	return t.Room(id)
}

func scanID(r record) (int64, error) { return r.int(0), nil }

// RoomOf finds the room of an owner that is not gone.
func (t *Tx) RoomOf(kind RoomKind, owner int64) (Room, error) {
	id, err := cached(t.caches.roomOf, ownerKey{kind, owner}, func() (int64, error) {
		return single(t, "SELECT id FROM room WHERE kind = $1 AND owner = $2 AND state <> $3 ORDER BY id DESC LIMIT 1", scanID, kind, owner, RoomGone)
	})
	if err != nil {
		return Room{}, doing("room of an owner", err)
	}
	return t.Room(id)
}

// RoomByMarker finds a room by the marker in its create event.
func (t *Tx) RoomByMarker(marker string) (Room, error) {
	if !plain(marker) || marker == "" {
		return Room{}, mentoring.ErrNotFound
	}
	r, err := single(t, "SELECT "+roomColumns+" FROM room WHERE marker = $1", scanRoom, marker)
	return r, doing("room by marker", err)
}

// PutRoom inserts a room when its ID is zero (and sets it), else updates it.
func (t *Tx) PutRoom(r *Room) error {
	if err := t.writing(); err != nil {
		return err
	}
	var err error
	if r.ID == 0 {
		r.ID = t.newID(seqRoom)
		t.undo(func() { r.ID = 0 })
		_, err = t.exec("INSERT INTO room ("+roomColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", roomValues(r)...)
	} else {
		var old Room
		if old, err = t.Room(r.ID); err == nil {
			t.forgetRoom(old)
			err = t.change(`UPDATE room SET kind = $2, owner = $3, matrix = $4, state = $5, marker = $6, reader = $7,
				conversation = $8, number = $9, changed = $10 WHERE id = $1`, roomValues(r)...)
		}
	}
	if err != nil {
		return doing("put room", err)
	}
	t.forgetRoom(*r)
	same := *r
	same.Changed = fromMillis(millis(r.Changed))
	t.caches.rooms.put(r.ID, same)
	if r.Matrix != "" {
		t.caches.roomByMatrix.put(r.Matrix, r.ID)
	}
	return nil
}

// forgetRoom drops what the caches derive from a room.
func (t *Tx) forgetRoom(r Room) {
	t.caches.rooms.drop(r.ID)
	t.caches.roomByMatrix.drop(r.Matrix)
	t.caches.roomOf.drop(ownerKey{r.Kind, r.Owner})
	t.caches.legs.drop(r.Conversation)
}

func roomValues(r *Room) []any {
	return []any{
		r.ID, r.Kind, r.Owner, textOrNull(r.Matrix), r.State, textOrNull(r.Marker), r.Reader,
		orNull(r.Conversation), r.Number, r.Changed,
	}
}

// Rooms lists the rooms of a kind, gone ones included.
func (t *Tx) Rooms(kind RoomKind) ([]Room, error) {
	list, err := collect(t, "SELECT "+roomColumns+" FROM room WHERE kind = $1 ORDER BY id", scanRoom, kind)
	return list, doing("rooms", err)
}

// RoomsOf lists all rooms that an owner has had, gone ones included.
func (t *Tx) RoomsOf(kind RoomKind, owner int64) ([]Room, error) {
	list, err := collect(t, "SELECT "+roomColumns+" FROM room WHERE kind = $1 AND owner = $2 ORDER BY id", scanRoom, kind, owner)
	return list, doing("rooms of an owner", err)
}

// LegsOf lists the legs of a conversation that are not gone, by number.
func (t *Tx) LegsOf(conv mentoring.ConversationID) ([]Room, error) {
	list, err := cached(t.caches.legs, conv, func() ([]Room, error) {
		return collect(t, "SELECT "+roomColumns+" FROM room WHERE conversation = $1 AND kind = $2 AND state <> $3 ORDER BY number, id",
			scanRoom, conv, RoomLeg, RoomGone)
	})
	return slices.Clone(list), doing("legs", err)
}

func scanGhost(r record) (Ghost, error) {
	return Ghost{
		Participant: mentoring.ParticipantID(r.int(0)), Localpart: r.text(1), Device: r.text(2), Ready: r.flag(3), Avatar: r.text(4),
	}, nil
}

// Ghost finds the ghost of a participant.
func (t *Tx) Ghost(p mentoring.ParticipantID) (Ghost, error) {
	g, err := cached(t.caches.ghosts, p, func() (Ghost, error) {
		return single(t, "SELECT participant, localpart, device, ready, avatar FROM ghost WHERE participant = $1", scanGhost, p)
	})
	return g, doing("ghost", err)
}

// GhostByLocalpart finds a ghost by the localpart of its Matrix ID.
func (t *Tx) GhostByLocalpart(localpart string) (Ghost, error) {
	if !plain(localpart) {
		return Ghost{}, mentoring.ErrNotFound
	}
	g, err := single(t, "SELECT participant, localpart, device, ready, avatar FROM ghost WHERE localpart = $1", scanGhost, localpart)
	return g, doing("ghost by localpart", err)
}

// PutGhost inserts or changes the ghost of a participant, who has one only.
func (t *Tx) PutGhost(g *Ghost) error {
	_, err := t.exec(`INSERT INTO ghost (participant, localpart, device, ready, avatar) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (participant) DO UPDATE SET localpart = excluded.localpart, device = excluded.device, ready = excluded.ready, avatar = excluded.avatar`,
		g.Participant, g.Localpart, g.Device, g.Ready, g.Avatar)
	if err == nil {
		t.caches.ghosts.put(g.Participant, *g)
	}
	return doing("put ghost", err)
}

func scanLine(r record) (Line, error) {
	return Line{Key: r.text(0), Room: r.int(1), Event: unpackEvent(r.bytes(2))}, nil
}

// PutLine inserts or changes a line by its key.
func (t *Tx) PutLine(l *Line) error {
	event, err := packEvent(l.Event)
	if err != nil {
		return doing("put line", err)
	}
	_, err = t.exec(`INSERT INTO line (name, room, event) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET room = excluded.room, event = excluded.event`, l.Key, l.Room, event)
	return doing("put line", err)
}

// LineByEvent finds a line by its event; of several, the first by key.
func (t *Tx) LineByEvent(room int64, event string) (Line, error) {
	packed, err := packEvent(event)
	if err != nil {
		return Line{}, mentoring.ErrNotFound
	}
	l, err := single(t, "SELECT name, room, event FROM line WHERE room = $1 AND event = $2 ORDER BY name", scanLine, room, packed)
	return l, doing("line by event", err)
}

// LineByKey finds a line by its key.
func (t *Tx) LineByKey(key string) (Line, error) {
	l, err := single(t, "SELECT name, room, event FROM line WHERE name = $1", scanLine, key)
	return l, doing("line", err)
}

// DropLine deletes a line; one that is not there is no error.
func (t *Tx) DropLine(key string) error {
	_, err := t.exec("DELETE FROM line WHERE name = $1", key)
	return doing("drop line", err)
}
