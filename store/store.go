package store

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"silta/mentoring"
)

// Options say which database to open and how.
type Options struct {
	// DSN is a file name or "file:…" for SQLite, "postgres://…" for PostgreSQL.
	DSN string
	// Keys open and seal what is private; never nil (see [LoadKeyring]).
	Keys *Keyring
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Progress is told how far long work is (stages "migrate", "backup",
	// "restore"); nil means nobody wants to know.
	Progress func(stage string, done, total int64)
	// SlowSync is added to each group commit. For benchmarks only.
	SlowSync time.Duration
	// CommitHook is called around the n-th commit (from 1), before it and, with
	// committed, after it. An error is as if the process died there: what has
	// not been committed is undone, nobody is told of what has, and everything
	// returns [ErrClosed] from then on. For tests only.
	CommitHook func(n int64, committed bool) error
	// Committed is told of each group commit: how many steps were in it, and how
	// long they and the commit took. It must not block; nil: nobody counts.
	Committed func(steps int, took time.Duration)
}

func (o *Options) progress(stage string, done, total int64) {
	if o.Progress != nil {
		o.Progress(stage, done, total)
	}
}

// ErrClosed says that the store has been closed, or has failed for good: the
// connection that held the ownership of the database is lost.
var ErrClosed = errors.New("the store is closed")

var errNoKeys = errors.New("no keys to open the database with")

// readerCount bounds how many read transactions run at the same time.
const readerCount = 4

// Store is an open database, owned by this process. Safe for concurrent use.
type Store struct {
	keys    *Keyring
	hashes  *hasher
	now     func() time.Time
	gate    *gate
	readers *readers
	give    func() error // closes the gate's connection

	committed func(steps int, took time.Duration)
	proofs    chan struct{} // who is making one, see Prove
	closing   sync.Once
	closeErr  error
	readyMu   sync.RWMutex
	readyFunc func([]Head)
}

// Open opens the database, makes or migrates its schema, and takes its
// ownership. Errors: [ErrInUse], [ErrNewerSchema], [ErrKeyMissing], [ErrTampered].
func Open(ctx context.Context, o Options) (_ *Store, err error) {
	if o.Keys == nil {
		return nil, errNoKeys
	}
	db, err := parseDSN(o.DSN)
	if err != nil {
		return nil, err
	}
	writer, give, err := openOwned(ctx, db)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, give())
		}
	}()
	if err := migrate(ctx, db, upgradeTable(), o.progress); err != nil {
		return nil, err
	}
	s := &Store{keys: o.Keys, now: o.Now, committed: o.Committed, give: give, readers: newReaders(db, readerCount),
		proofs: make(chan struct{}, proofsAtOnce)}
	if s.now == nil {
		s.now = time.Now
	}
	if s.committed == nil {
		s.committed = func(int, time.Duration) {}
	}
	lookup, err := loadLookupKey(writer, o.Keys)
	if err != nil {
		return nil, err
	}
	s.hashes = newHasher(lookup)
	if s.gate, err = newGate(s, writer, o.SlowSync); err != nil {
		return nil, err
	}
	s.gate.hook = o.CommitHook // before anything can be written
	return s, nil
}

// Close runs the steps that are waiting, then gives the database back. Do not
// call it from a step or from a function that the store calls.
func (s *Store) Close() error {
	s.closing.Do(func() {
		s.gate.stop()
		s.closeErr = errors.Join(s.readers.close(), s.give())
	})
	return s.closeErr
}

// Failed is closed when the connection that held the ownership of the database
// has been lost. Nothing can be written any more: end the process and start
// anew.
func (s *Store) Failed() <-chan struct{} { return s.gate.failed }

// Read runs fn on one consistent snapshot, concurrently with writes. Its Tx
// refuses to write. It sees every Write that returned before it began.
func (s *Store) Read(ctx context.Context, fn func(*Tx) error) error {
	l, err := s.reader(ctx)
	if err != nil {
		return err
	}
	defer s.readers.give(l)
	t := &Tx{s: s, l: l, ctx: ctx, caches: &caches{}}
	defer t.end()
	return fn(t)
}

func (s *Store) reader(ctx context.Context) (*link, error) {
	select {
	case <-s.gate.failed:
		return nil, ErrClosed
	case <-s.gate.stopped:
		return nil, ErrClosed
	default:
		return s.readers.take(ctx)
	}
}

// OnReady sets who is told, after each commit, which lanes got a row that may
// be done (by Enqueue, Release or Retry). Set it before the first Write. The
// function must not block; it is called from one goroutine, in order of commit.
func (s *Store) OnReady(fn func([]Head)) {
	s.readyMu.Lock()
	defer s.readyMu.Unlock()
	s.readyFunc = fn
}

func (s *Store) tellReady(heads []Head) {
	s.readyMu.RLock()
	fn := s.readyFunc
	s.readyMu.RUnlock()
	if fn != nil && len(heads) > 0 {
		fn(heads)
	}
}

// Lane is the lane with that name: a keyed hash of 63 bits.
func (s *Store) Lane(kind LaneKind, parts ...string) Lane {
	sum := s.hashes.sum(append([]string{"lane", string(rune('0' + kind))}, parts...)...)
	return Lane(binary.BigEndian.Uint64(sum[:8]) >> 1)
}

// Hash is a keyed hash of 16 bytes, different for each domain.
func (s *Store) Hash(domain, value string) []byte {
	sum := s.hashes.sum("hash", domain, value)
	return sum[:16]
}

// Ping proves that the database can be written, by writing.
func (s *Store) Ping(ctx context.Context) error {
	done := make(chan error, 1)
	s.WriteAsync(func(t *Tx) error {
		_, err := t.exec("INSERT INTO high_water (name, reserved) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET reserved = excluded.reserved",
			"ping", millis(s.now()))
		return err
	}, func(err error) { done <- err })
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("the database does not answer: %w", ctx.Err())
	}
}

// lookupSetting is the row that holds the key of the keyed hashes, sealed: it
// stays when the master key is changed, for all hashes would change with it.
const lookupSetting = ".lookup"

func lookupPlace() place { return place{column: "setting.value", name: lookupSetting} }

func loadLookupKey(l *link, keys *Keyring) ([]byte, error) {
	var sealed []byte
	err := l.one("SELECT value FROM setting WHERE name = $1", func(r record) error {
		sealed = r.bytes(0)
		return nil
	}, lookupSetting)
	if err == nil {
		key, err := keys.open(lookupPlace(), sealed)
		if err != nil {
			return nil, fmt.Errorf("the key file does not fit this database: %w", err)
		}
		return key, nil
	}
	if !errors.Is(err, mentoring.ErrNotFound) {
		return nil, fmt.Errorf("look-up key: %w", err)
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("look-up key: %w", err)
	}
	if _, err := l.exec("INSERT INTO setting (name, value) VALUES ($1, $2)", lookupSetting, keys.seal(lookupPlace(), key)); err != nil {
		return nil, fmt.Errorf("look-up key: %w", err)
	}
	return key, nil
}
