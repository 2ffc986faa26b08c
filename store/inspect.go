package store

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// State is what [Inspect] found out about a database.
type State struct {
	Schema int // number of its schema; 0: empty, or not there yet
	Newest int // the schema that this program makes
}

// Inspect looks whether [Open] would succeed, without changing anything: the
// database answers, nobody else owns it, it can be written, its schema is not
// a newer one, and the keys fit. Its errors are those of Open.
func Inspect(ctx context.Context, o Options) (state State, err error) {
	state.Newest = len(upgradeTable())
	if o.Keys == nil {
		return state, errNoKeys
	}
	db, err := parseDSN(o.DSN)
	if err != nil {
		return state, err
	}
	if db.sqlite {
		if _, err := os.Stat(db.path); errors.Is(err, os.ErrNotExist) {
			release, err := lockFile(db.path + ".lock") // shows that the folder can be written
			if err != nil {
				return state, err
			}
			return state, errors.Join(release(), os.Remove(db.path+".lock"))
		}
	}
	l, give, err := openOwned(ctx, db)
	if err != nil {
		return state, err
	}
	defer func() { err = errors.Join(err, give()) }()
	found, err := readSchema(l)
	if err != nil {
		return state, err
	}
	state.Schema = found.version
	if found.oldest > state.Newest {
		return state, newerSchema(found.version, state.Newest)
	}
	if err := l.beginWrite(); err != nil {
		return state, fmt.Errorf("write: %w", err)
	}
	defer func() { err = errors.Join(err, l.control("ROLLBACK")) }()
	if state.Schema > 0 {
		_, err = loadLookupKey(l, o.Keys) // made in the transaction, if it was missing, and undone
	}
	return state, err
}
