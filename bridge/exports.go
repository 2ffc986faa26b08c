package bridge

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"sync"
	"time"

	"silta/mentoring"
)

const (
	// exportKept is how long a copy waits for its person.
	exportKept = time.Hour
	// exportsAtOnce bounds how many wait; then the oldest goes.
	exportsAtOnce = 100
)

// Exports are the copies that wait for their people, each behind a token that
// opens it once. They lie in spools: on disk without a name, encrypted under a
// key that only this process has. When it ends they are gone, and their people
// ask again. Tokens are kept hashed.
type Exports struct {
	now func() time.Time

	mu      sync.Mutex
	waiting map[[sha256.Size]byte]*waitingExport
}

type waitingExport struct {
	of    mentoring.MemberID
	until time.Time
	spool *spool
	timer *time.Timer
}

func newExports(now func() time.Time) *Exports {
	return &Exports{now: now, waiting: map[[sha256.Size]byte]*waitingExport{}}
}

// put keeps a copy, in place of the person's former one.
func (x *Exports) put(of mentoring.MemberID, data []byte) (token string, err error) {
	s, err := newSpool("")
	if err != nil {
		return "", err
	}
	if _, err = s.Write(data); err != nil {
		_ = s.Close()
		return "", err
	}
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // never fails (crypto/rand)
	token = base64.RawURLEncoding.EncodeToString(secret[:])
	key := sha256.Sum256([]byte(token))
	x.drop(of)
	x.mu.Lock()
	defer x.mu.Unlock()
	for len(x.waiting) >= exportsAtOnce {
		x.dropOldest()
	}
	x.waiting[key] = &waitingExport{
		of: of, until: x.now().Add(exportKept), spool: s, timer: time.AfterFunc(exportKept, func() { x.expire(key) }),
	}
	return token, nil
}

func (x *Exports) dropOldest() {
	var oldest [sha256.Size]byte
	var first *waitingExport
	for key, one := range x.waiting {
		if first == nil || one.until.Before(first.until) {
			oldest, first = key, one
		}
	}
	x.end(oldest, first)
}

// end lets one go; x.mu is held.
func (x *Exports) end(key [sha256.Size]byte, one *waitingExport) {
	one.timer.Stop()
	_ = one.spool.Close() // it has no name: nothing is left of it either way
	delete(x.waiting, key)
}

func (x *Exports) expire(key [sha256.Size]byte) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if one := x.waiting[key]; one != nil {
		x.end(key, one)
	}
}

// drop takes away what waits for a member.
func (x *Exports) drop(of mentoring.MemberID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for key, one := range x.waiting {
		if one.of == of {
			x.end(key, one)
		}
	}
}

// Waits says whether there is a copy behind a token. It uses nothing up: apps
// and their servers look at links, too.
func (x *Exports) Waits(token string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	one := x.waiting[sha256.Sum256([]byte(token))]
	return one != nil && x.now().Before(one.until)
}

// Take hands over the copy behind a token, once; nil when there is none.
func (x *Exports) Take(token string) ([]byte, error) {
	key := sha256.Sum256([]byte(token))
	x.mu.Lock()
	defer x.mu.Unlock()
	one := x.waiting[key]
	if one == nil {
		return nil, nil
	}
	defer x.end(key, one)
	if !x.now().Before(one.until) {
		return nil, nil
	}
	data, err := io.ReadAll(one.spool.reader())
	if err != nil {
		return nil, fmt.Errorf("read export: %w", err)
	}
	return data, nil
}

// close lets all of them go.
func (x *Exports) close() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for key, one := range x.waiting {
		x.end(key, one)
	}
}
