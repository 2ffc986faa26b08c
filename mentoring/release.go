package mentoring

// What leaves the house is released by one rule, so that no report, and no two
// reports together, say how many there were where there were fewer than five
// (docs/adr/0009-release-in-fives.md).
//
// The figures of one kind form a series: one cell a month (or week), or several
// in a fixed order. What is released of it is its running total, rounded down to
// fives. A cell is the difference of two of those, and what is left of it below
// five goes on into the next cell. Longer periods are sums of released cells and
// so say nothing new; a cell that is over never changes. Whoever has all of it
// knows each running total but for 0 to 4, and each cell not better than that.

// releaseBase is the least that is told.
const releaseBase = 5

// cell is one number of a series. Of what people do, by is how many did it: while
// there were fewer than releaseBase of them, it waits for the next cell in which
// there were enough.
type cell struct {
	n, by int64
}

// release is a rule; see released.
type release func(cells []cell, done bool) []int64

// released gives what may be told of each cell of a series; done says that a cell
// counts what people did, and not people.
func released(cells []cell, done bool) []int64 {
	out := make([]int64, len(cells))
	var total, told int64
	for i, c := range cells {
		total += c.n
		if done && c.by < releaseBase {
			continue
		}
		now := total - (total%releaseBase+releaseBase)%releaseBase
		out[i], told = now-told, now
	}
	return out
}
