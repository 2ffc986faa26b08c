package bridge

import (
	"context"
	"slices"
	"sync"
	"time"

	"maunium.net/go/mautrix/id"

	"silta/bridge/rewrite"
	"silta/mentoring"
	"silta/store"
)

// route is where a parcel goes and who sends it.
type route struct {
	id    int64 // row of the room
	room  string
	state store.RoomState
	as    actor
	// unready is set when the ghost has to be made (again) before it can speak:
	// a restored database knows of no devices.
	unready *ghostPlan
	allowed rewrite.Allowed // whom a copy may name in this leg
	settled time.Time       // nothing is said before
	// listens is when the person of a leg may be written to.
	listens mentoring.Listening
	// barred: nothing goes from the author, or to the reader; bars is the epoch of
	// that, see bars.go.
	barred bool
	bars   uint64
	// replaced: it is not the first room of its leg.
	replaced bool
}

type routeKey struct {
	kind   store.RoomKind
	owner  int64
	author mentoring.ParticipantID
}

// maxRoutes bounds the cache; it is emptied when full, which costs one look-up
// per leg.
const maxRoutes = 20_000

// routes remembers where parcels go. Whatever changes a room or a ghost drops
// the whole of it after its commit; a look-up that began before that is not
// remembered.
type routes struct {
	mu    sync.Mutex
	epoch uint64
	known map[routeKey]*route
	off   int // steps that change rooms and are about to be committed
}

// suspend lets every look-up ask the store until resume: from before a commit
// that changes a room until the cache has been dropped after it. Without, a lane
// that the commit wakes could still send to where a person was before.
func (r *routes) suspend() {
	r.mu.Lock()
	r.off++
	r.mu.Unlock()
	r.drop()
}

func (r *routes) resume() {
	r.drop()
	r.mu.Lock()
	r.off--
	r.mu.Unlock()
}

func (r *routes) drop() {
	r.mu.Lock()
	r.epoch++
	r.known = nil
	r.mu.Unlock()
}

func (r *routes) find(key routeKey) (*route, uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known[key], r.epoch
}

func (r *routes) remember(key routeKey, to *route, epoch uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.epoch != epoch || r.off > 0 {
		return
	}
	if r.known == nil || len(r.known) >= maxRoutes {
		r.known = map[routeKey]*route{}
	}
	r.known[key] = to
}

// route finds the room of a parcel and who is to speak in it. A room that is
// not there yet gives a route without one.
func (b *Bridge) route(ctx context.Context, p *parcel) (*route, error) {
	key := routeKey{p.Kind, p.Owner, p.Author}
	to, epoch := b.routes.find(key)
	if to != nil && b.bars.current(to.bars) {
		return to, nil
	}
	to = &route{as: b.botActor(), bars: b.bars.epoch()}
	err := b.store.Read(ctx, func(tx *store.Tx) error {
		room, err := tx.RoomOf(p.Kind, p.Owner)
		if err != nil {
			return notFoundIsFine(err)
		}
		to.id, to.room, to.state = room.ID, room.Matrix, room.State
		to.settled = b.settles(room)
		if to.listens, err = b.listening(tx, room); err != nil || p.Author == 0 {
			return err
		}
		ghost, err := tx.Ghost(p.Author)
		if err != nil {
			return notFoundIsFine(err)
		}
		to.as = b.ghostActor(ghost)
		s := b.newStep(tx, nil)
		c, err := tx.Conversation(room.Conversation)
		if err != nil {
			return err
		}
		if to.replaced, err = wasReplaced(tx, room); err != nil {
			return err
		}
		to.barred = barredIn(c, room.Number, p.Author)
		if !ghost.Ready {
			to.unready = &ghostPlan{participant: p.Author, alias: c.Participant(p.Author).Alias, ghost: ghost}
		}
		people, err := s.people(c)
		if err != nil {
			return err
		}
		for number, person := range people {
			if number == room.Number {
				to.allowed.Users = append(to.allowed.Users, person.Real)
			} else if person.Ghost != "" {
				to.allowed.Users = append(to.allowed.Users, person.Ghost)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	b.routes.remember(key, to, epoch)
	return to, nil
}

func (b *Bridge) botActor() actor { return actor{user: b.botID, device: b.botDevice()} }

func (b *Bridge) ghostActor(g store.Ghost) actor {
	return actor{user: id.UserID(b.ghostID(g.Localpart)), device: g.Device}
}

// settles is when a room may be spoken in after its person came.
func (b *Bridge) settles(room store.Room) time.Time {
	if b.machines == nil || room.Kind == store.RoomStaff || room.State != store.RoomJoined {
		return time.Time{}
	}
	return room.Changed.Add(arrivalTime)
}

// wasReplaced says whether a leg had another room before this one.
func wasReplaced(tx *store.Tx, room store.Room) (bool, error) {
	rooms, err := tx.RoomsOf(room.Kind, room.Owner)
	return slices.ContainsFunc(rooms, func(r store.Room) bool { return r.ID != room.ID && r.Matrix != "" }), err
}
