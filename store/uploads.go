package store

import (
	"time"

	"silta/mentoring"
)

// UploadState is how far an upload is.
type UploadState int16

const (
	UploadBegun  UploadState = 0 // its address was minted; the file may or may not be there
	UploadWhole  UploadState = 1 // the file is there and its message goes, or has gone, out
	UploadDoomed UploadState = 2 // to be deleted at the homeserver
)

// Upload is a file of ours at the homeserver: part of one copy of a message.
// It is kept so that it can be deleted with the copy, and outlives the message
// map for that.
type Upload struct {
	ID           int64
	Conversation mentoring.ConversationID
	Source       string // of the message
	Number       int    // the leg's participant number
	State        UploadState
	Address      string // mxc URI; sealed
	// Opens is what puts the file into a message again, its key included: opaque
	// here, sealed, and empty where it is not needed (a thumbnail) or too old.
	Opens   []byte
	Created time.Time
}

const uploadColumns = "id, conversation, source, number, state, address, opens, created"

func uploadPlace(column string, id int64) place { return place{column: "upload." + column, id: id} }

func (t *Tx) scanUpload(r record) (Upload, error) {
	u := Upload{
		ID: r.int(0), Conversation: mentoring.ConversationID(r.int(1)), Source: unpackEvent(r.bytes(2)), Number: int(r.int(3)),
		State: UploadState(r.int(4)), Created: r.time(7),
	}
	address, err := t.openText(uploadPlace("address", u.ID), r.view(5))
	if err != nil {
		return u, err
	}
	u.Address = address
	if sealed := r.view(6); len(sealed) > 0 {
		u.Opens, err = t.s.keys.open(uploadPlace("opens", u.ID), sealed)
	}
	return u, err
}

// PutUpload inserts an upload when its ID is zero (and sets it), else changes
// its state and what opens it. One that is doomed already stays so.
func (t *Tx) PutUpload(u *Upload) error {
	if err := t.writing(); err != nil {
		return err
	}
	source, err := packEvent(u.Source)
	if err != nil {
		return doing("put upload", err)
	}
	fresh := u.ID == 0
	if fresh {
		u.ID = t.newID(seqUpload)
		t.undo(func() { u.ID = 0 })
	}
	opens := []byte{}
	if len(u.Opens) > 0 {
		opens = t.s.keys.seal(uploadPlace("opens", u.ID), u.Opens)
	}
	if fresh {
		_, err = t.exec("INSERT INTO upload ("+uploadColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
			u.ID, u.Conversation, source, u.Number, u.State, t.sealText(uploadPlace("address", u.ID), u.Address), opens, u.Created)
	} else {
		err = t.change("UPDATE upload SET state = $2, opens = $3 WHERE id = $1 AND state <> $4", u.ID, u.State, opens, UploadDoomed)
	}
	return doing("put upload", err)
}

// UploadOf finds the file of a message's copy in one leg, while it can still be
// opened.
func (t *Tx) UploadOf(c mentoring.ConversationID, source string, number int) (Upload, error) {
	packed, err := packEvent(source)
	if err != nil {
		return Upload{}, mentoring.ErrNotFound // such an event was never kept
	}
	u, err := single(t, "SELECT "+uploadColumns+` FROM upload
		WHERE conversation = $1 AND source = $2 AND number = $3 AND state = $4 AND length(opens) > 0 ORDER BY id DESC LIMIT 1`,
		t.scanUpload, c, packed, number, UploadWhole)
	return u, doing("upload", err)
}

// DoomUploads lets the files of a message's copy in one leg be deleted, and
// forgets what opens them.
func (t *Tx) DoomUploads(c mentoring.ConversationID, source string, number int) error {
	packed, err := packEvent(source)
	if err != nil {
		return nil // such an event was never kept
	}
	_, err = t.exec("UPDATE upload SET state = $4, opens = $5 WHERE conversation = $1 AND source = $2 AND number = $3",
		c, packed, number, UploadDoomed, []byte{})
	return doing("doom uploads", err)
}

// doomPicture lets the picture of a participant's ghost be deleted.
func (t *Tx) doomPicture(c mentoring.ConversationID, p mentoring.ParticipantID) error {
	g, err := t.Ghost(p)
	if isNotFound(err) || err == nil && g.Avatar == "" {
		return nil
	}
	if err != nil {
		return err
	}
	id := t.newID(seqUpload)
	_, err = t.exec("INSERT INTO upload ("+uploadColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		id, c, []byte{}, 0, UploadDoomed, t.sealText(uploadPlace("address", id), g.Avatar), []byte{}, t.s.now())
	return err
}

// DoomBegun lets everything be deleted whose upload was begun and never noted
// as done. It is for the start, when nothing is under way.
func (t *Tx) DoomBegun() error {
	_, err := t.exec("UPDATE upload SET state = $1, opens = $2 WHERE state = $3", UploadDoomed, []byte{}, UploadBegun)
	return doing("doom uploads", err)
}

// DoomedUploads lists what is to be deleted at the homeserver, from an ID on.
func (t *Tx) DoomedUploads(after int64, limit int) ([]Upload, error) {
	list, err := collect(t, "SELECT "+uploadColumns+" FROM upload WHERE state = $1 AND id > $2 ORDER BY id LIMIT $3",
		t.scanUpload, UploadDoomed, after, limit)
	return list, doing("doomed uploads", err)
}

// DropUpload forgets an upload that is not there any more.
func (t *Tx) DropUpload(id int64) error {
	_, err := t.exec("DELETE FROM upload WHERE id = $1", id)
	return doing("drop upload", err)
}

// LockUploads forgets what opens the files that were made before a moment:
// they stay until their message goes, but can no longer be read from here.
func (t *Tx) LockUploads(before time.Time) error {
	_, err := t.exec("UPDATE upload SET opens = $1 WHERE created < $2 AND length(opens) > 0", []byte{}, before)
	return doing("lock uploads", err)
}
