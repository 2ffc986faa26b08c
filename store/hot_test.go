package store

import (
	"fmt"
	"slices"
	"testing"
)

func newHot() *hotQueue {
	return &hotQueue{lanes: make(map[Lane][]Row), where: make(map[int64]Lane), cold: map[Lane]uint64{1: 0}}
}

func idsOf(t *testing.T, h *hotQueue, lane Lane) string {
	t.Helper()
	rows, _, cold := h.next(lane, 0, 100)
	if cold {
		return "cold"
	}
	list := []int64{}
	for _, r := range rows {
		list = append(list, r.ID)
	}
	if !slices.IsSorted(list) {
		t.Errorf("not in order: %v", list)
	}
	return fmt.Sprint(list)
}

// TestWarming: a reader has read lane 1, which is cold, and then the gate
// applies a group before the reader hands over what it has, or after.
func TestWarming(t *testing.T) {
	row := func(id int64) Row { return Row{ID: id, Lane: 1} }
	read := []Row{row(1), row(2)}
	tests := []struct {
		name          string
		group         changes
		seen          []Row // what the reader has read, if its snapshot had the group in it
		before, after string
	}{
		{"enqueued", changes{fresh: []Row{row(3)}}, []Row{row(1), row(2), row(3)}, "cold", "[1 2 3]"},
		{"enqueued, not read", changes{fresh: []Row{row(3)}}, read, "cold", "[1 2 3]"},
		{"done", changes{gone: []int64{1}}, read, "cold", "[2]"},
		{"done, read so", changes{gone: []int64{1}}, []Row{row(2)}, "cold", "[2]"},
		{"held", changes{touched: []Lane{1}}, read, "cold", "cold"},
		{"of another lane", changes{fresh: []Row{{ID: 3, Lane: 2}}}, read, "[1 2]", "[1 2]"},
		{"enqueued aside", changes{fresh: []Row{{ID: 3, Lane: 1, State: RowAside}}}, read, "[1 2]", "[1 2]"},
	}
	for _, test := range tests {
		h := newHot()
		_, group, cold := h.next(1, 0, 100)
		if !cold {
			t.Fatal("the lane is not cold")
		}
		h.apply(&test.group)
		h.warm(1, test.seen, group)
		if got := idsOf(t, h, 1); got != test.before {
			t.Errorf("%s before the lane was handed over: %s, want %s", test.name, got, test.before)
		}
		h = newHot()
		_, group, _ = h.next(1, 0, 100)
		h.warm(1, test.seen, group)
		h.apply(&test.group)
		if got := idsOf(t, h, 1); got != test.after {
			t.Errorf("%s after the lane was handed over: %s, want %s", test.name, got, test.after)
		}
	}
}

// TestHotLimit: what is too much is left to the database, and comes back into
// memory when there is room.
func TestHotLimit(t *testing.T) {
	h := newHot()
	delete(h.cold, 1)
	big := Row{ID: 1, Lane: 1, Payload: make([]byte, hotLimit)}
	h.apply(&changes{fresh: []Row{big, {ID: 2, Lane: 2}, {ID: 3, Lane: 2}}})
	if got := idsOf(t, h, 1) + idsOf(t, h, 2); got != "[1]cold" {
		t.Errorf("over the limit: %s", got)
	}
	h.apply(&changes{gone: []int64{1, 2, 3}})
	_, group, _ := h.next(2, 0, 100)
	h.warm(2, nil, group)
	if got := idsOf(t, h, 1) + idsOf(t, h, 2); got != "[][]" || h.size != 0 || len(h.where) != 0 {
		t.Errorf("afterwards: %s, size %d, %d rows", got, h.size, len(h.where))
	}
}
