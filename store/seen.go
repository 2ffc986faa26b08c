package store

import (
	"encoding/binary"
	"time"
)

const (
	// seenAge and seenLimit bound how long an event that came in is
	// remembered: whichever is reached first. A homeserver repeats what was not
	// acknowledged, and has one transaction under way at a time.
	seenAge   = 7 * 24 * time.Hour
	seenLimit = 500_000
)

// seenEvents remembers which events came in, by keyed hash. Looking is done in
// memory; the table only lets the memory come back after a restart. A table
// that is searched would be touched at a random place for each event, and that
// costs a page of writing for eight bytes; this one grows at its end, by one
// row for a group.
type seenEvents struct {
	known   map[int64]struct{}
	order   []int64 // oldest first
	buckets []bucket
	lastRow int64
	group   []int64 // of the group that runs
	written int     // how many of the group are in the table
}

// bucket is how many of the events in order came in one hour.
type bucket struct {
	hour  int64
	count int
}

func hourOf(at time.Time) int64 { return at.Unix() / 3600 }

func loadSeen(l *link, now time.Time) (*seenEvents, error) {
	s := &seenEvents{known: make(map[int64]struct{})}
	err := l.query("SELECT id, hour, hashes FROM seen ORDER BY id", func(r record) error {
		s.lastRow = r.int(0)
		for packed := r.view(2); len(packed) >= 8; packed = packed[8:] {
			s.keep(int64(binary.BigEndian.Uint64(packed)), r.int(1))
		}
		return nil
	})
	s.forget(now)
	return s, err
}

func (s *seenEvents) keep(hash, hour int64) {
	s.known[hash] = struct{}{}
	s.order = append(s.order, hash)
	if n := len(s.buckets); n == 0 || s.buckets[n-1].hour != hour {
		s.buckets = append(s.buckets, bucket{hour: hour})
	}
	s.buckets[len(s.buckets)-1].count++
}

// see marks an event and says whether it was known.
func (s *seenEvents) see(hash int64) bool {
	if _, ok := s.known[hash]; ok {
		return true
	}
	s.known[hash] = struct{}{}
	s.group = append(s.group, hash)
	return false
}

// flush writes the group's events that are not in the table yet.
func (s *seenEvents) flush(l *link, now time.Time) error {
	fresh := s.group[s.written:]
	if len(fresh) == 0 {
		return nil
	}
	packed := make([]byte, 0, 8*len(fresh))
	for _, hash := range fresh {
		packed = binary.BigEndian.AppendUint64(packed, uint64(hash))
	}
	s.lastRow++
	s.written = len(s.group)
	_, err := l.exec("INSERT INTO seen (id, hour, hashes) VALUES ($1, $2, $3)", s.lastRow, hourOf(now), packed)
	return err
}

func (s *seenEvents) committed(now time.Time) {
	for _, hash := range s.group {
		s.keep(hash, hourOf(now))
	}
	s.group, s.written = s.group[:0], 0
}

func (s *seenEvents) rolledBack() {
	for _, hash := range s.group {
		delete(s.known, hash)
	}
	s.group, s.written = s.group[:0], 0
}

// forget drops what is too old or too much, by whole hours, and returns the
// first hour that is kept.
func (s *seenEvents) forget(now time.Time) (first int64) {
	first = hourOf(now.Add(-seenAge))
	for len(s.buckets) > 1 && (s.buckets[0].hour < first || len(s.order) > seenLimit) {
		n := s.buckets[0].count
		for _, hash := range s.order[:n] {
			delete(s.known, hash)
		}
		s.order = s.order[n:]
		s.buckets = s.buckets[1:]
	}
	if len(s.buckets) > 0 {
		first = max(first, s.buckets[0].hour)
	}
	return first
}
