package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

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
