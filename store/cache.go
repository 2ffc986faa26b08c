package store

import "silta/mentoring"

// cache is a bounded map that forgets what was not used for longest. It
// belongs to the gate's goroutine, which is what makes it coherent: everything
// that is written passes there. What was put in since the last commit is
// dropped when the group is rolled back. A nil cache is always empty.
type cache[K comparable, V any] struct {
	limit   int
	entries map[K]*entry[K, V]
	root    entry[K, V] // of the ring; root.next was used last
	touched []K
}

type entry[K comparable, V any] struct {
	key        K
	value      V
	prev, next *entry[K, V]
}

func newCache[K comparable, V any](limit int) *cache[K, V] {
	c := &cache[K, V]{limit: limit, entries: make(map[K]*entry[K, V])}
	c.root.prev, c.root.next = &c.root, &c.root
	return c
}

func (e *entry[K, V]) unlink() {
	e.prev.next, e.next.prev = e.next, e.prev
}

func (c *cache[K, V]) front(e *entry[K, V]) {
	e.prev, e.next = &c.root, c.root.next
	e.prev.next, e.next.prev = e, e
}

func (c *cache[K, V]) get(key K) (value V, ok bool) {
	if c == nil {
		return value, false
	}
	e, ok := c.entries[key]
	if !ok {
		return value, false
	}
	if c.root.next != e {
		e.unlink()
		c.front(e)
	}
	return e.value, true
}

func (c *cache[K, V]) put(key K, value V) {
	if c == nil {
		return
	}
	c.touched = append(c.touched, key)
	if e, ok := c.entries[key]; ok {
		e.value = value
		e.unlink()
		c.front(e)
		return
	}
	e := &entry[K, V]{key: key, value: value}
	c.entries[key] = e
	c.front(e)
	if len(c.entries) > c.limit {
		c.drop(c.root.prev.key)
	}
}

func (c *cache[K, V]) drop(key K) {
	if c == nil {
		return
	}
	if e, ok := c.entries[key]; ok {
		e.unlink()
		delete(c.entries, key)
	}
}

// dropIf drops the entries that match; it looks at all of them.
func (c *cache[K, V]) dropIf(match func(K, V) bool) {
	if c == nil {
		return
	}
	for key, e := range c.entries {
		if match(key, e.value) {
			c.drop(key)
		}
	}
}

func (c *cache[K, V]) commit() { c.touched = c.touched[:0] }

func (c *cache[K, V]) rollback() {
	for _, key := range c.touched {
		c.drop(key)
	}
	c.touched = c.touched[:0]
}

// cached returns the entry of key, loading it when it is not there.
func cached[K comparable, V any](c *cache[K, V], key K, load func() (V, error)) (V, error) {
	if value, ok := c.get(key); ok {
		return value, nil
	}
	value, err := load()
	if err == nil {
		c.put(key, value)
	}
	return value, err
}

type ownerKey struct {
	kind  RoomKind
	owner int64
}

// caches hold what a relay step needs, so that it reads nothing from the
// database when the conversation has been used lately. The zero value has no
// caches at all: that is what read transactions use.
type caches struct {
	members        *cache[mentoring.MemberID, mentoring.Member]
	addresses      *cache[string, mentoring.MemberID]
	memberships    *cache[mentoring.MembershipID, mentoring.Membership]
	availabilities *cache[mentoring.MembershipID, mentoring.Availability]
	blocks         *cache[[2]mentoring.MemberID, bool]
	conversations  *cache[mentoring.ConversationID, *mentoring.Conversation]
	conversationOf *cache[mentoring.ParticipantID, mentoring.ConversationID]
	rooms          *cache[int64, Room]
	roomByMatrix   *cache[string, int64]
	roomOf         *cache[ownerKey, int64]
	legs           *cache[mentoring.ConversationID, []Room]
	ghosts         *cache[mentoring.ParticipantID, Ghost]
	messages       *cache[messageKey, *Message]
	listings       *listings
}

func newCaches() *caches {
	return &caches{
		members:        newCache[mentoring.MemberID, mentoring.Member](8192),
		addresses:      newCache[string, mentoring.MemberID](8192),
		memberships:    newCache[mentoring.MembershipID, mentoring.Membership](8192),
		availabilities: newCache[mentoring.MembershipID, mentoring.Availability](8192),
		blocks:         newCache[[2]mentoring.MemberID, bool](8192),
		conversations:  newCache[mentoring.ConversationID, *mentoring.Conversation](8192),
		conversationOf: newCache[mentoring.ParticipantID, mentoring.ConversationID](16384),
		rooms:          newCache[int64, Room](16384),
		roomByMatrix:   newCache[string, int64](16384),
		roomOf:         newCache[ownerKey, int64](16384),
		legs:           newCache[mentoring.ConversationID, []Room](8192),
		ghosts:         newCache[mentoring.ParticipantID, Ghost](16384),
		messages:       newCache[messageKey, *Message](16384),
		listings:       newListings(),
	}
}

// transactional is what every cache can do, whatever it holds.
type transactional interface {
	commit()
	rollback()
}

func (c *caches) all() [14]transactional {
	return [...]transactional{
		c.members, c.addresses, c.memberships, c.availabilities, c.blocks, c.conversations, c.conversationOf,
		c.rooms, c.roomByMatrix, c.roomOf, c.legs, c.ghosts, c.messages, c.listings,
	}
}

func (c *caches) commit() {
	for _, one := range c.all() {
		one.commit()
	}
}

func (c *caches) rollback() {
	for _, one := range c.all() {
		one.rollback()
	}
}
