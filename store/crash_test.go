package store_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"silta/mentoring"
	"silta/store"
)

// TestKilled: a child process writes as fast as it can and says what was
// committed; it is killed with SIGKILL in the middle, several times. All that
// it said must be there, in order, and of each step everything or nothing.
func TestKilled(t *testing.T) {
	if dsn := os.Getenv("STORE_CHILD"); dsn != "" {
		writeUntilKilled(dsn)
		return
	}
	everywhere(t, func(t *testing.T, w *world) {
		keys := t.TempDir() + "/silta.key"
		if err := store.NewKeyFile(keys); err != nil {
			t.Fatal(err)
		}
		var err error
		if w.Keys, err = store.LoadKeyring(keys); err != nil {
			t.Fatal(err)
		}
		said := make(map[int]int) // goroutine → the last step it was told of
		for round := range 3 {
			for g, last := range killed(t, w.DSN, keys, time.Duration(round*70+40)*time.Millisecond) {
				said[round*childWriters+g] = last
			}
			checkKilled(t, w, round, said)
		}
		total := 0
		for _, last := range said {
			total += last
		}
		if total < 100 {
			t.Errorf("only %d steps were committed: the test shows nothing", total)
		}
	})
}

const childWriters = 8

// writeUntilKilled is the child: each goroutine writes numbered steps into its
// own lane, with a marker of the process.
func writeUntilKilled(dsn string) {
	keys, err := store.LoadKeyring(os.Getenv("STORE_CHILD_KEYS"))
	if err != nil {
		panic(err)
	}
	s, err := store.Open(context.Background(), store.Options{DSN: dsn, Keys: keys})
	if err != nil {
		panic(err)
	}
	out := make(chan string, 1000)
	for g := range childWriters {
		go func() {
			for i := 1; ; i++ {
				err := s.Write(context.Background(), func(tx *store.Tx) error { return childStep(tx, g, i) })
				if err != nil {
					panic(err)
				}
				out <- fmt.Sprintf("%d %d\n", g, i)
			}
		}()
	}
	for line := range out {
		_, _ = os.Stdout.WriteString(line)
	}
}

func childStep(tx *store.Tx, g, i int) error {
	payload := binary.BigEndian.AppendUint32(nil, uint32(i))
	if err := tx.Enqueue(&store.Row{Lane: store.Lane(g), Kind: store.LaneWork, Payload: payload}); err != nil {
		return err
	}
	m := store.Message{Conversation: mentoring.ConversationID(g + 1), Source: fmt.Sprintf("$%d.%d:x", g, i), Author: 1, Copies: []store.Copy{{Number: 2}}}
	if err := tx.PutMessage(&m); err != nil {
		return err
	}
	if _, err := tx.Seen(m.Source); err != nil {
		return err
	}
	return tx.Count(mentoring.Counter{Name: mentoring.CounterName(fmt.Sprint("g", g))}, 1)
}

// killed runs a child for a while and returns what it said.
func killed(t *testing.T, dsn, keys string, after time.Duration) map[int]int {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilled$")
	child.Env = append(os.Environ(), "STORE_CHILD="+dsn, "STORE_CHILD_KEYS="+keys)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	said := make(map[int]int)
	var timer *time.Timer
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if timer == nil { // it has begun
			timer = time.AfterFunc(after, func() { _ = child.Process.Kill() })
		}
		g, i, ok := strings.Cut(lines.Text(), " ")
		goroutine, err1 := strconv.Atoi(g)
		step, err2 := strconv.Atoi(i)
		if ok && err1 == nil && err2 == nil { // the last line may be cut off
			said[goroutine] = max(said[goroutine], step)
		}
	}
	_ = child.Wait()
	return said
}

// checkKilled looks whether everything the last child said is there, and
// clears the lanes for the next one.
func checkKilled(t *testing.T, w *world, round int, said map[int]int) {
	t.Helper()
	s := w.open()
	defer s.Close()
	for g := range childWriters {
		rows, err := s.Next(t.Context(), store.Lane(g), 0, 1_000_000)
		if err != nil {
			t.Fatal(err)
		}
		if last := said[round*childWriters+g]; len(rows) < last {
			t.Errorf("round %d: %d steps of lane %d were committed, %d are there", round, last, g, len(rows))
		}
		s.write(func(tx *store.Tx) error {
			for i, row := range rows {
				if got := binary.BigEndian.Uint32(row.Payload); int(got) != i+1 {
					t.Errorf("round %d: lane %d has step %d at place %d", round, g, got, i+1)
				}
				source := fmt.Sprintf("$%d.%d:x", g, i+1)
				if _, err := tx.MessageBySource(mentoring.ConversationID(g+1), source); err != nil {
					t.Errorf("round %d: half a step: %v", round, err)
				}
				if already, err := tx.Seen(source); err != nil || !already {
					t.Errorf("round %d: the event of step %d of lane %d was not seen (%v)", round, i+1, g, err)
				}
				if err := tx.Done(row.ID); err != nil {
					return err
				}
			}
			return nil
		})
	}
}
