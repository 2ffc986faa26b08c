package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lockNumber marks Silta's advisory locks in a PostgreSQL database.
const lockNumber = 0x53494c54

// own takes the ownership of the database; release gives it back.
//
// SQLite: a lock on the file <database>.lock, which the system lets go when the
// process ends, however it ends. PostgreSQL: an advisory lock of the session
// that the gate writes with. If that connection is lost, so is the lock, and
// with it the only way to write: the store fails closed.
func own(db database, gate *link) (release func() error, err error) {
	if !db.sqlite {
		got := false
		err := gate.one("SELECT pg_try_advisory_lock($1::int, hashtext(current_schema()))::int::bigint",
			func(r record) error {
				got = r.flag(0)
				return nil
			}, int64(lockNumber))
		if err != nil {
			return nil, fmt.Errorf("owner's lock: %w", err)
		}
		if !got {
			return nil, ErrInUse
		}
		return func() error { return nil }, nil // ends with the connection
	}
	file, err := os.OpenFile(db.path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("owner's lock: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, ErrInUse
		}
		return nil, fmt.Errorf("owner's lock: %w", err)
	}
	return file.Close, nil
}

// openOwned makes the connection that writes and takes the ownership.
func openOwned(ctx context.Context, db database) (*link, func() error, error) {
	if err := db.prepareFile(); err != nil {
		return nil, nil, err
	}
	if db.sqlite {
		// The lock first: to open the file already means to write a little.
		release, err := own(db, nil)
		if err != nil {
			return nil, nil, err
		}
		if err := db.format(); err != nil {
			return nil, nil, errors.Join(err, release())
		}
		gate, err := db.connect(ctx, false)
		if err != nil {
			return nil, nil, errors.Join(err, release())
		}
		return gate, release, nil
	}
	gate, err := db.connect(ctx, false)
	if err != nil {
		return nil, nil, err
	}
	release, err := own(db, gate)
	if err != nil {
		return nil, nil, errors.Join(err, gate.close())
	}
	return gate, release, nil
}
