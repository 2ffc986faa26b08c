package mentoring

// RawReport is a report in which everything is told as it is.
func RawReport(a *Act, p Programme, term Term, units ...Unit) (*Report, error) {
	return a.report(p, term, func(cells []cell, _ bool) []int64 {
		out := make([]int64, len(cells))
		for i, c := range cells {
			out[i] = c.n
		}
		return out
	}, units...)
}

// Released is the rule, for numbers of people.
func Released(numbers []int64) []int64 {
	cells := make([]cell, len(numbers))
	for i, n := range numbers {
		cells[i].n = n
	}
	return released(cells, false)
}

// ReleasedDone is the rule, for what people do: by is how many did it.
func ReleasedDone(numbers, by []int64) []int64 {
	cells := make([]cell, len(numbers))
	for i, n := range numbers {
		cells[i] = cell{n, by[i]}
	}
	return released(cells, true)
}
