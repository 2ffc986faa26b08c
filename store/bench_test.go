package store_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"silta/mentoring"
	"silta/store"
	"silta/store/pgtest"
)

// writers is how many goroutines hand steps to the gate at the same time.
const writers = 64

// BenchmarkRelay is what the store does for one message: the intake keeps it,
// a step makes it a message with a copy to be sent, and the copy gets its event.
func BenchmarkRelay(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		relayAll(b, store.Options{DSN: filepath.Join(b.TempDir(), "silta.db")}, 1000)
	})
	b.Run("sqlite/sync=1ms", func(b *testing.B) {
		relayAll(b, store.Options{DSN: filepath.Join(b.TempDir(), "silta.db"), SlowSync: time.Millisecond}, 1000)
	})
	b.Run("postgres", func(b *testing.B) { relayAll(b, store.Options{DSN: pgtest.DSN(b)}, 1000) })
}

func relayAll(b *testing.B, o store.Options, conversations int64) {
	o.Keys = newKeys(b)
	s, err := store.Open(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	relayOn(b, s, conversations)
}

// relayOn relays b.N messages, each in one of the conversations.
func relayOn(b *testing.B, s *store.Store, conversations int64) {
	in, out := make([]byte, 700), make([]byte, 400)
	var next atomic.Int64
	var group sync.WaitGroup
	b.ResetTimer()
	for range writers {
		group.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				conv := mentoring.ConversationID(uint64(i)*0x9e3779b97f4a7c15%uint64(conversations) + 1)
				if err := relayOne(b.Context(), s, conv, in, out); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

func relayOne(ctx context.Context, s *store.Store, conv mentoring.ConversationID, in, out []byte) error {
	source, sent := newEvent(), newEvent()
	room := fmt.Sprintf("!%d:example.org", conv)
	row := store.Row{Lane: s.Lane(store.LaneIn, room, "@someone:example.org"), Kind: store.LaneIn, Payload: in}
	err := s.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Seen(source); err != nil {
			return err
		}
		return tx.Enqueue(&row)
	})
	if err != nil {
		return err
	}
	copied := store.Row{Lane: s.Lane(store.LaneOut, room, "2"), Kind: store.LaneOut, Payload: out}
	err = s.Write(ctx, func(tx *store.Tx) error {
		m := store.Message{Conversation: conv, Source: source, Author: 1, Copies: []store.Copy{{Number: 2}}}
		if err := tx.PutMessage(&m); err != nil {
			return err
		}
		if err := tx.Enqueue(&copied); err != nil {
			return err
		}
		return tx.Done(row.ID)
	})
	if err != nil {
		return err
	}
	return s.Write(ctx, func(tx *store.Tx) error {
		if err := tx.SetCopy(conv, source, 2, sent); err != nil {
			return err
		}
		return tx.Done(copied.ID)
	})
}

// newEvent is an event ID of the newer room versions.
func newEvent() string {
	var raw [32]byte
	if _, err := rand.Read(raw[:]); err != nil {
		panic(err)
	}
	return "$" + base64.RawURLEncoding.EncodeToString(raw[:])
}

func newKeys(t testing.TB) *store.Keyring {
	t.Helper()
	path := filepath.Join(t.TempDir(), "silta.key")
	if err := store.NewKeyFile(path); err != nil {
		t.Fatal(err)
	}
	keys, err := store.LoadKeyring(path)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// BenchmarkGrowth compares small and large: rate and look-ups with 1,000 and
// with 100,000 conversations of 50 messages each, and how long the start takes.
func BenchmarkGrowth(b *testing.B) {
	for _, conversations := range []int64{1_000, 100_000} {
		b.Run(fmt.Sprint(conversations), func(b *testing.B) { growth(b, conversations, 50) })
	}
}

func growth(b *testing.B, conversations int64, each int) {
	o := store.Options{DSN: filepath.Join(b.TempDir(), "silta.db"), Keys: newKeys(b)}
	samples := grow(b, o, conversations, each)
	begin := time.Now()
	s, err := store.Open(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Heads(b.Context()); err != nil {
		b.Fatal(err)
	}
	start := time.Since(begin)
	b.Run("relay", func(b *testing.B) { relayOn(b, s, conversations) })
	for name, find := range map[string]func(store.Message) (int, string){
		"source": func(m store.Message) (int, string) { return m.Author, m.Source },
		"copy":   func(m store.Message) (int, string) { return m.Copies[0].Number, m.Copies[0].Event },
	} {
		b.Run("message by "+name, func(b *testing.B) {
			err := s.Read(b.Context(), func(tx *store.Tx) error {
				for i := range b.N {
					m := samples[i*7919%len(samples)]
					number, event := find(m)
					if _, err := tx.Message(m.Conversation, number, event); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Error(err)
			}
		})
	}
	b.Run("start", func(b *testing.B) {
		for range b.N { // measured above: it is done once
		}
		b.ReportMetric(start.Seconds(), "s/start")
	})
}

// grow fills a database, one conversation after the other because that is
// quick, and returns some of the messages.
func grow(b *testing.B, o store.Options, conversations int64, each int) []store.Message {
	s, err := store.Open(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	var samples []store.Message
	const perStep = 100 // conversations
	for first := int64(0); first < conversations; first += perStep {
		var batch []store.Message
		err := s.Write(b.Context(), func(tx *store.Tx) error {
			batch = batch[:0]
			for i := first; i < min(first+perStep, conversations); i++ {
				c, err := act(tx, fmt.Sprint(i), time.Now())
				if err != nil {
					return err
				}
				for n := range each {
					batch = append(batch, store.Message{
						Conversation: c.conversation.ID, Source: newEvent(), Author: 1 + n%2,
						Copies: []store.Copy{{Number: 2 - n%2, Event: newEvent()}},
					})
					if err := tx.PutMessage(&batch[len(batch)-1]); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		samples = append(samples, batch[0], batch[len(batch)/2])
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	return samples
}
