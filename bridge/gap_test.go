package bridge

import (
	"testing"
	"time"
)

// came plays transactions, refusing what is refused; it returns what was kept,
// in order.
func came(g *gaps, now time.Time, numbers ...int64) (kept, refused []int64) {
	for _, n := range numbers {
		if g.accept(n, now) {
			g.kept(n)
			kept = append(kept, n)
		} else {
			refused = append(refused, n)
		}
	}
	return kept, refused
}

func TestAStrandedTransactionComesInOrder(t *testing.T) {
	g := &gaps{}
	now := time.Now()
	// 3 was stranded; 4 is refused, and the recovery sends 3, 4, 5.
	kept, refused := came(g, now, 1, 2, 4, 3, 4, 5)
	if len(refused) != 1 || refused[0] != 4 {
		t.Errorf("refused %v, want 4 once", refused)
	}
	for i, n := range kept {
		if n != int64(i+1) {
			t.Fatalf("kept %v, want 1 to 5 in order", kept)
		}
	}
}

func TestAGapOfAnotherAppserviceIsLetPass(t *testing.T) {
	g := &gaps{}
	now := time.Now()
	kept, refused := came(g, now, 1, 5, 5, 6)
	if len(refused) != 1 || len(kept) != 3 {
		t.Errorf("kept %v, refused %v; want 5 refused once and then kept", kept, refused)
	}
	// A homeserver with other appservices is soon left in peace …
	_, refused = came(g, now, 9, 9, 12, 12, 20, 30, 40)
	if len(refused) != 2 {
		t.Errorf("refused %v, want 9 and 12 only", refused)
	}
	// … but asked again after a while.
	_, refused = came(g, now.Add(groundlessPause), 50)
	if len(refused) != 1 {
		t.Error("a gap is never looked at again")
	}
}

func TestASequenceMayBeginAnew(t *testing.T) {
	g := &gaps{}
	g.begin("1000")
	kept, refused := came(g, time.Now(), 1001, 3, 4, 5)
	if len(refused) != 0 || len(kept) != 4 {
		t.Errorf("kept %v, refused %v; want all kept", kept, refused)
	}
	if _, refused = came(g, time.Now(), 8); len(refused) != 1 {
		t.Error("a gap in the new sequence is not seen")
	}
	g = &gaps{}
	g.begin("")
	if _, refused = came(g, time.Now(), 77); len(refused) != 0 {
		t.Error("the first transaction ever is refused")
	}
}
