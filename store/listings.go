package store

import (
	"cmp"
	"slices"

	"silta/mentoring"
)

// listings is the catalogue in memory, what [Tx.Listings] gives, so that a look
// at it costs no more with a thousand mentors than what is done with them. What
// changes a mentor marks them stale, and only they are read anew. It belongs to
// the gate's goroutine, like the caches; read transactions have none.
type listings struct {
	lists   map[mentoring.Programme][]*mentoring.Listing // by membership; those that were asked for
	stale   map[mentoring.MembershipID]struct{}
	touched []mentoring.MembershipID // since the last commit
}

// manyStale is from where on all are read at once.
const manyStale = 64

func newListings() *listings {
	return &listings{lists: map[mentoring.Programme][]*mentoring.Listing{}, stale: map[mentoring.MembershipID]struct{}{}}
}

func (l *listings) commit() { l.touched = l.touched[:0] }

// rollback: what was read of them since may have been of the lost transaction.
func (l *listings) rollback() {
	for _, id := range l.touched {
		l.stale[id] = struct{}{}
	}
	l.touched = l.touched[:0]
}

// stale says that a mentor is listed otherwise, or perhaps no longer.
func (t *Tx) stale(id mentoring.MembershipID) {
	l := t.caches.listings
	if l == nil || id == 0 {
		return
	}
	l.stale[id] = struct{}{}
	l.touched = append(l.touched, id)
}

// Listings implements [mentoring.Tx]. A mentor who has not said anything of
// their time has an Availability with the membership only.
func (t *Tx) Listings(p mentoring.Programme) ([]*mentoring.Listing, error) {
	l := t.caches.listings
	if l == nil {
		list, err := t.listingsWhere("m.programme = $5", p)
		return list, doing("listings", err)
	}
	if err := t.usable(); err != nil {
		return nil, doing("listings", err)
	}
	if len(l.stale) > manyStale {
		clear(l.lists)
		clear(l.stale)
	}
	for id := range l.stale {
		fresh, err := t.listingsWhere("m.id = $5", id)
		if err != nil {
			return nil, doing("listings", err)
		}
		l.replace(id, fresh)
		delete(l.stale, id)
	}
	list, ok := l.lists[p]
	if !ok {
		var err error
		if list, err = t.listingsWhere("m.programme = $5", p); err != nil {
			return nil, doing("listings", err)
		}
		l.lists[p] = list
	}
	return list, nil
}

// replace puts what is listed of one mentor now in the place of what was. Lists
// that were given out stay as they are.
func (l *listings) replace(id mentoring.MembershipID, fresh []*mentoring.Listing) {
	for p, list := range l.lists {
		at, found := slices.BinarySearchFunc(list, id, func(one *mentoring.Listing, id mentoring.MembershipID) int {
			return cmp.Compare(one.Membership.ID, id)
		})
		next := at
		if found {
			next++
		}
		var now []*mentoring.Listing
		if len(fresh) == 1 && fresh[0].Membership.Programme == p {
			now = fresh
		}
		if found || now != nil {
			l.lists[p] = slices.Concat(list[:at], now, list[next:])
		}
	}
}

func (t *Tx) listingsWhere(condition string, arg any) ([]*mentoring.Listing, error) {
	return collect(t, `SELECT m.id, m.member, m.programme, m.unit, m.role, m.state, m.created, m.first_message, m.wrote,
		c.membership, c.state, c.kind, c.words, c.updated,
		(SELECT count(*) FROM participant p JOIN conversation v ON v.id = p.conversation
			WHERE p.membership = m.id AND (v.state = $3 OR v.state = $4)),
		coalesce(w.listed, 0), `+availabilityColumns+`
		FROM membership m JOIN card c ON c.membership = m.id LEFT JOIN availability a ON a.membership = m.id
		LEFT JOIN preparation w ON w.membership = m.id
		WHERE m.role = $1 AND m.state = $2 AND c.state = $6 AND `+condition+` ORDER BY m.id`,
		func(r record) (_ *mentoring.Listing, err error) {
			l := &mentoring.Listing{Membership: membershipAt(r, 0), Open: int(r.int(14)), Since: r.time(15)}
			if l.Card, err = t.cardAt(r, 9); err != nil {
				return nil, err
			}
			l.Availability, err = t.availabilityAt(r, 16, l.Membership.ID)
			return l, err
		}, mentoring.Mentor, mentoring.Active, mentoring.Placed, mentoring.Open, arg, mentoring.CardApproved)
}
