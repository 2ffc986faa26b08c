package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"silta/bridge/machine"
	"silta/config"
	"silta/store"
)

// keySource says where the master keys are: the content itself or a path, as
// store.LoadKeyring takes it, and a name for it that may be shown.
func keySource(c *config.Config, lookup func(string) (string, bool)) (source, shown string) {
	if content, ok := lookup("SILTA_KEY"); ok && content != "" {
		return content, "$SILTA_KEY"
	}
	if folder, ok := lookup("CREDENTIALS_DIRECTORY"); ok && folder != "" {
		path := filepath.Join(folder, "silta.key")
		if _, err := os.Stat(path); err == nil {
			return path, path
		}
	}
	return c.KeyFile, c.KeyFile
}

// loadKeys reads the master keys; the error says what to do when there are none.
func loadKeys(c *config.Config, lookup func(string) (string, bool)) (*store.Keyring, error) {
	source, shown := keySource(c, lookup)
	keys, err := store.LoadKeyring(source)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no key file %s: `silta registration` makes one for a new service; for an old one put its copy there", shown)
	case err != nil && shown == "$SILTA_KEY":
		return nil, fmt.Errorf("$SILTA_KEY: %w", err)
	}
	return keys, err
}

type keysCommand struct {
	Add    keysAddCommand    `cmd:"" help:"Add a fresh key to the key file."`
	Rotate keysRotateCommand `cmd:"" help:"Seal everything anew under the newest key; the service must not run. May be interrupted and run again."`
}

type keysAddCommand struct{}

// Run adds a key to the key file.
func (keysAddCommand) Run(s *surroundings) error {
	c, err := s.load()
	if err != nil {
		return err
	}
	if _, shown := keySource(c, s.lookup); shown != c.KeyFile {
		return fmt.Errorf("the keys come from %s, which silta does not change: add a line there yourself, a number higher than the others, "+
			"a space, and what `openssl rand -base64 32` prints", shown)
	}
	number, err := store.AddKey(c.KeyFile)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, `Added key %d to %s. Everything written from the next start on is sealed with it.
Now: copy %[2]s to where its other copies are. Then stop the service, and silta keys rotate.
`, number, c.KeyFile)
	return err
}

type keysRotateCommand struct{}

// Run seals everything anew: the main database, which it owns all the while,
// and the crypto tables.
func (keysRotateCommand) Run(s *surroundings) (err error) {
	c, err := s.load()
	if err != nil {
		return err
	}
	keys, err := loadKeys(c, s.lookup)
	if err != nil {
		return err
	}
	if left, err := outdated(s.ctx, c, keys); err != nil {
		return err
	} else if left == 0 {
		_, err = fmt.Fprintf(s.out, "Everything is sealed with the newest key already.\n%s", oldKeys(keys))
		return err
	}
	progress := newProgress(s.err)
	defer progress.close()
	db, err := store.Open(s.ctx, store.Options{DSN: c.Database.DSN, Keys: keys, Progress: progress.show})
	if errors.Is(err, store.ErrInUse) {
		return fmt.Errorf("%w: stop the service first", err)
	}
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	stage := func(name string) func(done, total int64) {
		return func(done, total int64) { progress.show(name, done, total) }
	}
	_, err = db.Rotate(s.ctx, stage("rotate"))
	if err == nil {
		_, err = machine.Rotate(s.ctx, machine.DSN(c.Database.DSN), keys, stage("rotate crypto tables"))
	}
	progress.close()
	if err != nil {
		return fmt.Errorf("%w\nWhat has been sealed anew stays so; `silta keys rotate` goes on with the rest", err)
	}
	_, err = fmt.Fprintf(s.out, "Everything is sealed with the newest key.\n%sNow: silta run\n", oldKeys(keys))
	return err
}

// outdated is how many values are sealed with another key than the newest.
func outdated(ctx context.Context, c *config.Config, keys *store.Keyring) (int64, error) {
	n, err := store.Outdated(ctx, store.Options{DSN: c.Database.DSN, Keys: keys})
	if err != nil {
		return 0, err
	}
	more, err := machine.Outdated(ctx, machine.DSN(c.Database.DSN), keys)
	return n + more, err
}

// oldKeys says what may become of keys that nothing is sealed with any more.
func oldKeys(keys *store.Keyring) string {
	numbers := keys.Numbers()
	if len(numbers) < 2 {
		return ""
	}
	return fmt.Sprintf("The database needs none but key %d. Backups made before need the old ones: remove those from the key file, "+
		"and destroy them, when no such backup is kept any more.\n", numbers[len(numbers)-1])
}
