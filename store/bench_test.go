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
