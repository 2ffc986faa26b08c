package mentoring

import (
	"errors"
	"fmt"
	"time"
)

// UndoWithin is for how long staff can take back what they did last.
const UndoWithin = 10 * time.Minute

// UndoKind says what can be taken back.
type UndoKind string

// What can be taken back.
const (
	UndoText     UndoKind = "text"     // a text was rewritten
	UndoCanned   UndoKind = "canned"   // a canned text was written or removed
	UndoTopics   UndoKind = "topics"   // the list of topics was changed
	UndoService  UndoKind = "service"  // help elsewhere was changed or removed
	UndoAnnounce UndoKind = "announce" // an announcement is about to be sent
	UndoJoining  UndoKind = "joining"  // joining was opened or closed
	UndoPause    UndoKind = "pause"    // a mentor was paused
	UndoRole     UndoKind = "role"     // a role was given or taken
)

// Undone is what a staff member did last and how it was before, so that they can
// take it back. It is sealed at rest.
type Undone struct {
	Kind     UndoKind
	At       time.Time
	ID       int64                     `json:",omitempty"` // of what it was about
	Key      string                    `json:",omitempty"`
	Language Language                  `json:",omitempty"`
	Text     string                    `json:",omitempty"`
	Words    map[Language]string       `json:",omitempty"`
	Open     bool                      `json:",omitempty"`
	Topics   []Topic                   `json:",omitempty"`
	Cards    map[MembershipID][]string `json:",omitempty"`
	Service  *Service                  `json:",omitempty"`
}

// undoable remembers what a staff member has just done, in place of what they
// did before it.
func (a *Act) undoable(staff Member, u Undone) error {
	u.At = a.Now
	if err := a.Tx.PutUndone(staff.ID, &u); err != nil {
		return fmt.Errorf("remember what was done: %w", err)
	}
	return nil
}

// Undo takes back what a staff member did last, if that was not too long ago and
// they may still do such things. It says what it was.
func (a *Act) Undo(staff Member) (UndoKind, error) {
	u, err := a.Tx.Undone(staff.ID)
	if errors.Is(err, ErrNotFound) || err == nil && a.Now.Sub(u.At) > UndoWithin {
		return "", Refuse("undo.nothing", "n", int(UndoWithin.Minutes()))
	}
	if err != nil {
		return "", fmt.Errorf("what was done: %w", err)
	}
	if err := a.takeBack(staff, &u); err != nil {
		return "", err
	}
	if err := a.Tx.PutUndone(staff.ID, nil); err != nil {
		return "", fmt.Errorf("forget what was done: %w", err)
	}
	return u.Kind, nil
}

func (a *Act) takeBack(staff Member, u *Undone) error {
	switch u.Kind {
	case UndoText:
		_, err := a.putText(staff, u.Key, u.Language, u.Text)
		return err
	case UndoCanned:
		return a.restoreCanned(staff, u.Key, u.Words)
	case UndoTopics:
		return a.restoreTopics(staff, u.Topics, u.Key, u.Cards)
	case UndoService:
		return a.restoreService(staff, u.ID, u.Service)
	case UndoAnnounce:
		return a.CancelAnnouncement(staff, u.ID)
	case UndoJoining:
		return a.openJoining(staff, u.Open)
	case UndoPause:
		return a.ResumeMentor(staff, MembershipID(u.ID))
	case UndoRole:
		return a.restoreRole(staff, MembershipID(u.ID), MembershipState(u.Key))
	}
	return fmt.Errorf("cannot take back %q", u.Kind)
}
