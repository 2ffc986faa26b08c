package store

// Seal seals a value of another database under the newest key. column
// ("table.column") and row are where it lives: it cannot be opened elsewhere.
func (k *Keyring) Seal(column, row string, plain []byte) []byte {
	return k.seal(place{column: column, name: row}, plain)
}

// Open is the reverse of [Keyring.Seal].
func (k *Keyring) Open(column, row string, sealed []byte) ([]byte, error) {
	return k.open(place{column: column, name: row}, sealed)
}

// Newest says whether a value is sealed under the newest key.
func (k *Keyring) Newest(sealed []byte) bool { return len(sealed) > 0 && sealed[0] == k.newest }
