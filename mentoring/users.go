package mentoring

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// PeopleFilter says whom to list; its zero value is everybody who has joined.
type PeopleFilter struct {
	Roles  []Role          // any of them
	State  MembershipState // in which one of their memberships is
	Trial  bool            // only those who try the service out
	Words  string          // in their nickname, in whatever case
	Before MemberID        // the rest of a list that ended with this one; 0: from the newest on
}

// Person is what staff see of a member: their nickname and roles, and nothing of
// what they write or with whom (feature T1).
type Person struct {
	ID          MemberID
	Alias       string
	Language    Language
	Trial       bool
	Joined      time.Time
	LastSign    time.Time // the day
	Memberships []Membership
	// Conversations is how many they have going on; only of a single person.
	Conversations int
}

const (
	peoplePage = 20
	// peopleScan bounds how many members a search for a nickname looks at: the
	// nicknames are sealed, so that the database cannot search them.
	peopleScan = 5000
)

func personOf(m *Member) Person {
	return Person{ID: m.ID, Alias: m.Alias, Language: m.Language, Trial: m.Trial, Joined: m.Created, LastSign: m.Changed}
}

// People lists a page of members, the newest first. more says that there may be
// others.
func (a *Act) People(staff Member, f PeopleFilter) (page []Person, more bool, err error) {
	if err := a.can(staff, DoUsers); err != nil {
		return nil, false, err
	}
	words := strings.ToLower(strings.TrimSpace(f.Words))
	limit := peoplePage + 1
	if words != "" {
		limit = peopleScan
	}
	list, err := a.Tx.People(f, limit)
	if err != nil {
		return nil, false, fmt.Errorf("people: %w", err)
	}
	for i := range list {
		if !strings.Contains(strings.ToLower(list[i].Alias), words) {
			continue
		}
		if len(page) == peoplePage {
			return page, true, nil
		}
		p := personOf(&list[i])
		if p.Memberships, err = a.Tx.Memberships(p.ID); err != nil {
			return nil, false, fmt.Errorf("memberships: %w", err)
		}
		page = append(page, p)
	}
	return page, words != "" && len(list) == peopleScan, nil
}

// Person is one member, by number.
func (a *Act) Person(staff Member, id MemberID) (Person, error) {
	if err := a.can(staff, DoUsers); err != nil {
		return Person{}, err
	}
	m, err := a.known(id)
	if err != nil {
		return Person{}, err
	}
	p := personOf(&m)
	if p.Memberships, err = a.Tx.Memberships(id); err != nil {
		return p, fmt.Errorf("memberships: %w", err)
	}
	list, err := a.Tx.ConversationsOf(id)
	if err != nil {
		return p, fmt.Errorf("conversations: %w", err)
	}
	for _, c := range list {
		if c.Live() && c.Kind == KindMentoring {
			p.Conversations++
		}
	}
	return p, a.audit(staff.ID, AuditLook, id)
}

// known finds a member who has joined, by number.
func (a *Act) known(id MemberID) (Member, error) {
	m, err := a.Tx.Member(id)
	if errors.Is(err, ErrNotFound) || err == nil && !m.Joined() {
		return m, Refuse("user.unknown", "number", int64(id))
	}
	if err != nil {
		return m, fmt.Errorf("member: %w", err)
	}
	return m, nil
}
