package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// lockNumber marks Silta's advisory locks in a PostgreSQL database.
const lockNumber = 0x53494c54

// How long another session's lock on PostgreSQL is waited for: the server may
// take a moment to notice that a process has ended.
const (
	lockWait = time.Second
	lockPoll = 50 * time.Millisecond
)

// openOwned takes the ownership of the database and makes the connection that
// writes; give closes that and gives the ownership back.
//
// SQLite: a lock on the file <database>.lock, which the system lets go when the
// process ends, however it ends. PostgreSQL: an advisory lock of the session
// that the gate writes with. If that connection is lost, so is the lock, and
// with it the only way to write: the store fails closed.
func openOwned(ctx context.Context, db database) (l *link, give func() error, err error) {
	if db.sqlite {
		return openLocked(ctx, db)
	}
	l, err = db.connect(ctx, false)
	if err != nil {
		return nil, nil, err
	}
	for deadline := time.Now().Add(lockWait); ; time.Sleep(lockPoll) {
		got, err := l.number("SELECT pg_try_advisory_lock($1::int, hashtext(current_schema()))::int::bigint", int64(lockNumber))
		if err == nil && got == 0 {
			err = ErrInUse
		}
		switch {
		case err == nil:
			return l, func() error {
				unlock := l.control("SELECT pg_advisory_unlock_all()")
				if !l.alive() {
					unlock = nil // gone with the connection
				}
				return errors.Join(unlock, l.close())
			}, nil
		case !errors.Is(err, ErrInUse), time.Now().After(deadline), ctx.Err() != nil:
			return nil, nil, errors.Join(doing("owner's lock", err), l.close())
		}
	}
}

func openLocked(ctx context.Context, db database) (*link, func() error, error) {
	if err := db.prepareFile(); err != nil {
		return nil, nil, err
	}
	release, err := lockFile(db.path + ".lock") // first: to open the file already means to write a little
	if err != nil {
		return nil, nil, err
	}
	if err := db.format(); err != nil {
		return nil, nil, errors.Join(err, release())
	}
	l, err := db.connect(ctx, false)
	if err != nil {
		return nil, nil, errors.Join(err, release())
	}
	return l, func() error { return errors.Join(l.close(), release()) }, nil
}

func lockFile(path string) (release func() error, err error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("owner's lock: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("owner's lock: %w", ErrInUse)
		}
		return nil, fmt.Errorf("owner's lock: %w", err)
	}
	return file.Close, nil
}
