package bot

import (
	"encoding/json"
	"fmt"
	"time"

	"silta/mentoring"
)

// listAge is how long the numbers of a list shown are obeyed by commands that
// name them (`choose 3`). What was shown longer ago may have been about others.
const listAge = 24 * time.Hour

// memory is what the bot keeps of a member between two inputs. It is kept by
// the store (sealed), so that it survives a restart, and belongs to the member:
// two people who answer at the same time in one room do not meet.
type memory struct {
	Room  *question `json:"r,omitempty"` // asked in the management room
	Leg   *question `json:"l,omitempty"` // asked in a leg
	Staff *question `json:"s,omitempty"` // asked in the staff room

	// Help is the last line that showed help because of what the person wrote,
	// until they answer it.
	Help *question `json:"h,omitempty"`

	// Welcomed: the bot has told them that they are in, and what next.
	Welcomed bool `json:"w,omitempty"`

	Popular *popular `json:"p,omitempty"` // topics that the welcome offers

	Mentors *list `json:"m,omitempty"` // last list of mentors shown
	Chats   *list `json:"c,omitempty"` // last list of conversations shown
}

// question is what is being asked. It is left by any other command.
type question struct {
	Kind   askKind                 `json:"k"`
	Menu   int64                   `json:"i"`
	Leg    mentoring.ParticipantID `json:"p,omitempty"`
	Step   string                  `json:"t,omitempty"`
	ID     int64                   `json:"d,omitempty"` // what it is about
	Words  []string                `json:"w,omitempty"` // the choices, by number
	Chosen []int                   `json:"n,omitempty"` // of several
}

// list is a numbered list that was shown: the ID behind each number and the
// name that was shown with it.
type list struct {
	Menus  []int64          `json:"i"` // one for each page
	Shown  int64            `json:"t"` // Unix ms
	IDs    []int64          `json:"d"`
	Names  []string         `json:"n"`
	Filter mentoring.Filter `json:"f,omitzero"` // that the mentors were looked for by
}

// load reads the member's memory. What cannot be read (an older program's) is
// forgotten: people are then asked again.
func (t *turn) load() error {
	data, err := t.act.Tx.Dialogue(t.member.ID)
	if err != nil {
		return fmt.Errorf("read dialogue: %w", err)
	}
	t.kept = string(data)
	if len(data) > 0 && json.Unmarshal(data, &t.mem) != nil {
		t.mem = memory{}
	}
	return nil
}

// save keeps the memory if it changed.
func (t *turn) save() error {
	var data []byte
	if t.mem != (memory{}) {
		var err error
		if data, err = json.Marshal(t.mem); err != nil {
			return fmt.Errorf("keep dialogue: %w", err)
		}
	}
	if string(data) == t.kept {
		return nil
	}
	if err := t.act.Tx.PutDialogue(t.member.ID, data); err != nil {
		return fmt.Errorf("keep dialogue: %w", err)
	}
	return nil
}

// asked is the place where this room's question is kept.
func (t *turn) asked() **question {
	switch t.place {
	case Leg:
		return &t.mem.Leg
	case Staff:
		return &t.mem.Staff
	}
	return &t.mem.Room
}

// question is what is being asked in this room, or nil.
func (t *turn) question() *question {
	q := *t.asked()
	if q == nil || t.place == Leg && q.Leg != t.participant {
		return nil
	}
	return q
}

// forget leaves this room's question.
func (t *turn) forget() { *t.asked() = nil }

// ask shows a question with its buttons and remembers it.
func (t *turn) ask(q question, text string, buttons ...string) {
	q.Menu = t.act.Tx.NewID()
	q.Leg = t.participant
	*t.asked() = &q
	line := Line{Text: text}
	if len(buttons) > 0 { // without them a tap on it is nothing to the bot
		line.Menu, line.Buttons = q.Menu, buttons
	}
	t.out.Lines = append(t.out.Lines, line)
}

// at finds a number or a name in a list shown not too long ago. ok is false
// when the list is old or has no such number.
func (l *list) at(now time.Time, r reply) (id int64, ok bool) {
	if l.old(now) {
		return 0, false
	}
	if r.number > 0 {
		if r.number > len(l.IDs) {
			return 0, false
		}
		return l.IDs[r.number-1], true
	}
	if n := pick(l.Names, r.text); n > 0 {
		return l.IDs[n-1], true
	}
	return 0, false
}

// old says whether there is no list, or it was shown too long ago.
func (l *list) old(now time.Time) bool {
	return l == nil || now.Sub(time.UnixMilli(l.Shown)) > listAge
}

// pick finds the one choice that was named: whole, or by how it begins; 0 when
// none or several are meant.
func pick(choices []string, text string) int {
	w := word(text)
	if w == "" {
		return 0
	}
	found := 0
	for i, c := range choices {
		if word(c) == w {
			if found != 0 {
				return 0
			}
			found = i + 1
		}
	}
	return found
}
