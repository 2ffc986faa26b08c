package store

import (
	"slices"
	"sync"
)

// hotLimit bounds the memory that waiting rows take.
const hotLimit = 32 << 20

// rowOverhead is about what a row takes besides its payload.
const rowOverhead = 256

// hotQueue keeps the rows of lanes in memory as they are committed, so that
// what was just enqueued need not be read and opened again. It is only ever a
// copy: a lane is hot when all of its rows that are not aside are here, cold
// when the database must be asked, and empty when it is neither.
//
// The gate applies each group between its commit and its answers. A reader may
// make a cold lane hot with what it has read, if nothing touched the lane since
// before it began to read.
type hotQueue struct {
	mu    sync.Mutex
	lanes map[Lane][]Row  // by ID
	where map[int64]Lane  // of the rows in lanes
	cold  map[Lane]uint64 // the group that touched it last
	size  int             // of the rows in lanes
	group uint64          // the last that was applied
	loose uint64          // the last that deleted rows of lanes it did not know
}

func loadHot(l *link) (*hotQueue, error) {
	h := &hotQueue{lanes: make(map[Lane][]Row), where: make(map[int64]Lane), cold: make(map[Lane]uint64)}
	err := l.query("SELECT DISTINCT lane FROM queue WHERE state <> 2", func(r record) error {
		h.cold[Lane(r.int(0))] = 0
		return nil
	})
	return h, err
}

// changes are what a group did to the queue.
type changes struct {
	fresh   []Row
	gone    []int64
	touched []Lane // rows held, released, set aside, rewritten …
}

func (c *changes) reset() {
	clear(c.fresh)
	c.fresh, c.gone, c.touched = c.fresh[:0], c.gone[:0], c.touched[:0]
}

// apply takes over what a group did. It is called after its commit.
func (h *hotQueue) apply(c *changes) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.group++
	for i := range c.fresh {
		h.add(&c.fresh[i])
	}
	for _, id := range c.gone {
		h.remove(id)
	}
	for _, lane := range c.touched {
		h.chill(lane)
	}
}

func (h *hotQueue) add(r *Row) {
	if r.State == RowAside {
		return
	}
	if _, cold := h.cold[r.Lane]; cold {
		h.cold[r.Lane] = h.group
		return
	}
	if _, known := h.where[r.ID]; known { // a reader has just brought it here
		return
	}
	if h.size > hotLimit {
		h.chill(r.Lane)
		return
	}
	rows := h.lanes[r.Lane]
	at := len(rows)
	if at > 0 && rows[at-1].ID > r.ID {
		at, _ = slices.BinarySearchFunc(rows, r.ID, compareID)
	}
	h.lanes[r.Lane] = slices.Insert(rows, at, *r)
	h.where[r.ID] = r.Lane
	h.size += len(r.Payload) + rowOverhead
}

func compareID(r Row, id int64) int {
	switch {
	case r.ID < id:
		return -1
	case r.ID > id:
		return 1
	}
	return 0
}

func (h *hotQueue) remove(id int64) {
	lane, known := h.where[id]
	if !known {
		h.loose = h.group
		return
	}
	rows := h.lanes[lane]
	i, _ := slices.BinarySearchFunc(rows, id, compareID)
	h.forget(&rows[i])
	if len(rows) == 1 {
		delete(h.lanes, lane)
		return
	}
	if i == 0 { // nearly always: the head is done first
		rows[0] = Row{}
		h.lanes[lane] = rows[1:]
		return
	}
	h.lanes[lane] = slices.Delete(rows, i, i+1)
}

func (h *hotQueue) forget(r *Row) {
	delete(h.where, r.ID)
	h.size -= len(r.Payload) + rowOverhead
}

// chill makes a lane cold.
func (h *hotQueue) chill(lane Lane) {
	rows := h.lanes[lane]
	for i := range rows {
		h.forget(&rows[i])
	}
	delete(h.lanes, lane)
	h.cold[lane] = h.group
}

// next returns rows of a lane that is not cold; else the group after which a
// read of the database may begin.
func (h *hotQueue) next(lane Lane, after int64, limit int) (rows []Row, group uint64, cold bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, cold := h.cold[lane]; cold {
		return nil, h.group, true
	}
	all := h.lanes[lane]
	first, found := slices.BinarySearchFunc(all, after, compareID)
	if found {
		first++
	}
	return slices.Clone(all[first:min(len(all), first+limit)]), h.group, false
}

// warm makes a cold lane hot with all of its rows, read after group.
func (h *hotQueue) warm(lane Lane, rows []Row, group uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	touched, cold := h.cold[lane]
	if !cold || touched > group || h.loose > group || h.size > hotLimit {
		return
	}
	delete(h.cold, lane)
	if len(rows) == 0 {
		return
	}
	h.lanes[lane] = slices.Clone(rows)
	for i := range rows {
		h.where[rows[i].ID] = lane
		h.size += len(rows[i].Payload) + rowOverhead
	}
}
