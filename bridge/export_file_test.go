package bridge_test

import "testing"

// TestFileAfterACrash: whenever the service dies, a person has the file once in
// the end, and no other of it is left at the homeserver, where it would outlive the
// message that it can be taken away with.
func TestFileAfterACrash(t *testing.T) {
	for _, committed := range []bool{false, true} {
		for at := int64(1); at < 20; at++ {
			if !fileWithCrash(t, at, committed) {
				if at == 1 {
					t.Error("it did not die once")
				}
				break
			}
		}
	}
}

func fileWithCrash(t *testing.T, at int64, committed bool) (died bool) {
	t.Helper()
	d := &death{at: at, committed: committed}
	m := newMover(newWorld(t, d.waits))
	shown := func() (n int) {
		for _, v := range m.own.View(m.own.room) {
			if v.Kind == "m.file" {
				n++
			}
		}
		return n
	}
	before := m.wholeFiles()
	m.exports()
	d.armed.Store(true)
	m.until("the end or the crash", func() bool { return m.crashed.Load() || shown() == 1 })
	died = d.passes(m.world)
	m.until("the file is there, and nothing else is left", func() bool {
		return shown() == 1 && m.doomed() == 0 && m.wholeFiles() == before+1
	})
	m.stop()
	return died
}

// wholeFiles is how many files are at the homeserver; an address alone, that
// nothing was sent to, is none.
func (w *world) wholeFiles() (n int) {
	for _, f := range w.hs.Media() {
		if f.Whole {
			n++
		}
	}
	return n
}
