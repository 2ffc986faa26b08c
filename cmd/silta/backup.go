package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"silta/config"
	"silta/store"
)

type backupCommand struct {
	File  string `arg:"" help:"The file to write; sealed as the database is."`
	Force bool   `help:"Write over a file that is there."`
}

// Run writes a backup whole or not at all.
func (b *backupCommand) Run(s *surroundings) (err error) {
	c, err := s.load()
	if err != nil {
		return err
	}
	if _, err := os.Stat(b.File); !errors.Is(err, fs.ErrNotExist) && !b.Force {
		return fmt.Errorf("%s is there already; `--force` writes over it", b.File)
	}
	file, err := os.CreateTemp(filepath.Dir(b.File), ".silta-backup-*") // readable by its owner only
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	defer os.Remove(file.Name()) // gone already when all went well
	progress := newProgress(s.err)
	out := bufio.NewWriterSize(file, 1<<20)
	err = store.Backup(s.ctx, store.Options{DSN: c.Database.DSN, Progress: progress.show}, out)
	progress.close()
	err = errors.Join(err, out.Flush())
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), b.File); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	_, err = fmt.Fprintf(s.out, "Wrote %s. It can be read with the key only (%s), which is not in it.\n", b.File, c.KeyFile)
	return err
}

type restoreCommand struct {
	File string `arg:"" help:"A file that silta backup wrote."`
}

// Run makes the database from a backup; it never writes over one that is there.
func (r *restoreCommand) Run(s *surroundings) error {
	c, err := s.load()
	if err != nil {
		return err
	}
	keys, err := loadKeys(c, s.lookup)
	if err != nil {
		return err
	}
	file, err := os.Open(r.File)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	defer file.Close()
	progress := newProgress(s.err)
	err = store.Restore(s.ctx, store.Options{DSN: c.Database.DSN, Keys: keys, Progress: progress.show}, bufio.NewReaderSize(file, 1<<20))
	progress.close()
	if errors.Is(err, store.ErrNotEmpty) {
		return fmt.Errorf("%w\n%s", err, emptyFirst(c))
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, "Restored. What happened after the backup is gone; messages that were on their way are not in it.\nNow: silta run")
	return err
}

// emptyFirst is what to do about a database that has something in it.
func emptyFirst(c *config.Config) string {
	if c.Database.Postgres() {
		return "Make a new, empty PostgreSQL database, name it in database.dsn, and restore into that."
	}
	path, _, _ := strings.Cut(strings.TrimPrefix(c.Database.DSN, "file:"), "?")
	return fmt.Sprintf("Stop the service, move %[1]s away, with %[1]s-wal and %[1]s-shm if they are there, and try again.", path)
}
