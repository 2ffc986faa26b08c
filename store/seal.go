package store

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// Errors of sealing. Neither says anything of the content.
var (
	// ErrKeyMissing says that a value was sealed with a key that the keyring lacks.
	ErrKeyMissing = errors.New("sealed with a key that is not in the key file")
	// ErrTampered says that a sealed value was changed, or moved to another row
	// or column, or that the key of that number is another one.
	ErrTampered = errors.New("a sealed value does not open: changed, moved, or another key")
)

const (
	masterKeySize = 32
	nonceSize     = 12
)

// Keyring holds the master keys. The one with the highest number seals; the
// others only open what was sealed before (rotation). Safe for concurrent use.
//
// The key file is text, one key a line, a number from 1 to 255 and 32 bytes in
// base64; lines that begin with # are comments:
//
//	# Silta's master keys. Losing them loses the data; keep a copy apart from backups.
//	1 3q2+7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
//	2 yv66vgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
type Keyring struct {
	aeads  map[byte]cipher.AEAD
	newest byte
	// Nonces: 4 random bytes, then a counter that starts at a random 64-bit
	// number. Unlike random nonces this has no birthday bound in sight, and it
	// costs no system call.
	prefix [4]byte
	count  atomic.Uint64
}

// LoadKeyring reads a keyring from a file, or from the content itself when
// source is not a path but lines of keys (from an environment variable; commas
// may stand for line ends there). A file that group or others may read is an
// error.
func LoadKeyring(source string) (*Keyring, error) {
	if trimmed := strings.TrimSpace(source); looksLikeKeys(trimmed) {
		return ParseKeyring(trimmed)
	}
	info, err := os.Stat(source)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && !isCredential(source) {
		return nil, fmt.Errorf("key file %s can be read by others than its owner (mode %04o): run chmod 600 %s", source, mode, source)
	}
	content, err := os.ReadFile(source)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	keys, err := ParseKeyring(string(content))
	if err != nil {
		return nil, fmt.Errorf("key file %s: %w", source, err)
	}
	return keys, nil
}

// isCredential says whether a file was handed over by systemd, which protects
// it by an access list that shows in the group's bits.
func isCredential(path string) bool {
	dir := os.Getenv("CREDENTIALS_DIRECTORY")
	return dir != "" && filepath.Dir(filepath.Clean(path)) == filepath.Clean(dir)
}

func looksLikeKeys(s string) bool {
	if strings.HasPrefix(s, "#") {
		return true
	}
	number, _, found := strings.Cut(s, " ")
	_, err := strconv.Atoi(number)
	return found && err == nil
}

// ParseKeyring makes a keyring of the content of a key file.
func ParseKeyring(content string) (*Keyring, error) {
	k := &Keyring{aeads: make(map[byte]cipher.AEAD)}
	if !strings.Contains(content, "\n") {
		content = strings.ReplaceAll(content, ",", "\n") // from an environment variable
	}
	lines := bufio.NewScanner(strings.NewReader(content))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := k.addLine(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(k.aeads) == 0 {
		return nil, errors.New("no key in it")
	}
	var start [12]byte
	if _, err := rand.Read(start[:]); err != nil {
		return nil, fmt.Errorf("random nonce: %w", err)
	}
	copy(k.prefix[:], start[:4])
	k.count.Store(binary.BigEndian.Uint64(start[4:]))
	return k, nil
}

// addLine adds one "number base64" line; its errors never show the key.
func (k *Keyring) addLine(line string) error {
	number, encoded, _ := strings.Cut(line, " ")
	id, err := strconv.ParseUint(number, 10, 8)
	if err != nil || id == 0 {
		return errors.New("a key line is a number from 1 to 255, a space, and 32 bytes in base64")
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil || len(key) != masterKeySize {
		return fmt.Errorf("key %d is not 32 bytes in base64", id)
	}
	if _, twice := k.aeads[byte(id)]; twice {
		return fmt.Errorf("key %d is there twice", id)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return err
	}
	k.aeads[byte(id)] = aead
	k.newest = max(k.newest, byte(id))
	return nil
}

// NewKeyFile writes a fresh key file that only its owner may read. A file that
// is there already is never touched: the error then is [os.ErrExist].
func NewKeyFile(path string) error {
	var key [masterKeySize]byte
	if _, err := rand.Read(key[:]); err != nil {
		return fmt.Errorf("random key: %w", err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	_, err = fmt.Fprintf(file, "# Silta's master keys. Without them the database cannot be read: keep a copy, apart from the backups.\n1 %s\n",
		base64.StdEncoding.EncodeToString(key[:]))
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	return nil
}

// place is where a sealed value lives; it cannot be opened anywhere else.
type place struct {
	column string // "table.column"
	id     int64
	name   string // where the row has a name and no number
}

func (p place) bytes() []byte {
	ad := make([]byte, 0, 64)
	ad = append(ad, p.column...)
	ad = append(ad, 0)
	ad = binary.BigEndian.AppendUint64(ad, uint64(p.id))
	return append(ad, p.name...)
}

// seal returns key number, nonce and ciphertext.
func (k *Keyring) seal(p place, plain []byte) []byte {
	aead := k.aeads[k.newest]
	out := make([]byte, 1+nonceSize, 1+nonceSize+len(plain)+aead.Overhead())
	out[0] = k.newest
	copy(out[1:5], k.prefix[:])
	binary.BigEndian.PutUint64(out[5:13], k.count.Add(1))
	return aead.Seal(out, out[1:1+nonceSize], plain, p.bytes())
}

func (k *Keyring) open(p place, sealed []byte) ([]byte, error) {
	if len(sealed) < 1+nonceSize {
		return nil, fmt.Errorf("%s: %w", p.column, ErrTampered)
	}
	aead, ok := k.aeads[sealed[0]]
	if !ok {
		return nil, fmt.Errorf("%s, key %d: %w", p.column, sealed[0], ErrKeyMissing)
	}
	plain, err := aead.Open(nil, sealed[1:1+nonceSize], sealed[1+nonceSize:], p.bytes())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.column, ErrTampered)
	}
	return plain, nil
}

// hasher makes keyed hashes, by which sealed values are found.
type hasher struct{ pool sync.Pool }

func newHasher(key []byte) *hasher {
	key = bytes.Clone(key)
	return &hasher{pool: sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}}
}

// sum is HMAC-SHA256 over the parts, each with its length before it, so that
// no two lists of parts give the same input.
func (h *hasher) sum(parts ...string) [sha256.Size]byte {
	mac := h.pool.Get().(hash.Hash)
	mac.Reset()
	buf := make([]byte, 0, 192)
	for _, p := range parts {
		buf = binary.AppendUvarint(buf, uint64(len(p)))
		buf = append(buf, p...)
	}
	mac.Write(buf)
	var out [sha256.Size]byte
	mac.Sum(out[:0])
	h.pool.Put(mac)
	return out
}
