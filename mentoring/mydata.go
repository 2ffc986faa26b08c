package mentoring

import "fmt"

// Kept is one thing that is kept about a member: what it is, and what is known
// of it. What is a key of the texts under "mydata.", the name of a fact one
// under "mydata.of.".
type Kept struct {
	What  string
	Facts []Fact
}

// Fact is one value that is kept. A value is a string, an int64, a bool, a
// time.Time, [Hours], a [Card] or one of the named strings of the domain.
type Fact struct {
	Name  string
	Value any
}

// MyData is everything that is kept about a member (feature P3).
func (a *Act) MyData(m Member) ([]Kept, error) {
	all, err := a.Tx.KeptOf(m.ID)
	if err != nil {
		return nil, fmt.Errorf("what is kept of a member: %w", err)
	}
	return all, nil
}
