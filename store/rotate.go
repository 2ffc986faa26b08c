package store

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"silta/mentoring"
)

// sealedColumn is a column whose values are sealed, and the column that names
// its rows; a name is a number everywhere but in settings.
type sealedColumn struct{ table, column, key string }

func sealedColumns() []sealedColumn {
	return []sealedColumn{
		{"setting", "value", "name"},
		{"member", "address", "id"},
		{"member", "alias", "id"},
		{"member", "account", "id"},
		{"phrase", "hash", "member"},
		{"totp", "link", "member"},
		{"card", "words", "membership"},
		{"card_history", "words", "id"},
		{"preparation", "round", "membership"},
		{"asking", "words", "id"},
		{"canned", "words", "id"},
		{"measure", "words", "id"},
		{"service", "words", "id"},
		{"announcement", "words", "id"},
		{"undone", "what", "member"},
		{"cases", "reason", "id"},
		{"case_note", "words", "id"},
		{"duty", "words", "case_id"},
		{"snapshot", "words", "id"},
		{"availability", "away_text", "membership"},
		{"participant", "alias", "id"},
		{"dialogue", "state", "member"},
		{"question", "words", "id"},
		{"prompt", "trail", "id"},
		{"questioned", "state", "member"},
		{"remark", "words", "id"},
		{"remark", "way_back", "id"},
		{"topic", "words", "id"},
		{"text_override", "words", "id"},
		{"upload", "address", "id"},
		{"upload", "opens", "id"},
		{"poll", "state", "id"},
		{"audit_reason", "words", "number"},
		{"queue", "payload", "id"},
	}
}

func (c sealedColumn) byName() bool { return c.key == "name" }

// old is the condition for what is sealed under another key than the newest,
// which is the argument with that number. A text that is empty is not sealed.
func (c sealedColumn) old(argument int) string {
	return fmt.Sprintf("length(%[1]s) > 0 AND substr(%[1]s, 1, 1) <> $%[2]d", c.column, argument)
}

// rotateStep is how many values one step of Rotate seals anew.
const rotateStep = 200

// Rotate seals everything anew that is not sealed under the newest key, in steps
// of a bounded size. It may be stopped at any point and run again: it goes on
// with what is left. done is how many values it sealed; progress (nil: nobody
// wants to know) is told of them, too.
//
// The keyed hashes stay as they are: their key is in the database and is sealed
// anew like everything else.
func (s *Store) Rotate(ctx context.Context, progress func(done, total int64)) (done int64, err error) {
	var total int64
	err = s.Read(ctx, func(t *Tx) (err error) {
		total, err = outdated(t.l, s.keys)
		return err
	})
	if err != nil {
		return 0, doing("rotate", err)
	}
	for _, c := range sealedColumns() {
		for after := c.first(); ; {
			var n int64
			next := after
			err := s.Write(ctx, func(t *Tx) (err error) {
				n, next, err = t.rotate(c, after)
				return err
			})
			if err != nil {
				return done, fmt.Errorf("rotate %s.%s: %w", c.table, c.column, err)
			}
			if done, after = done+n, next; n > 0 && progress != nil {
				progress(min(done, total), total)
			}
			if n < rotateStep {
				break
			}
		}
	}
	if done == 0 {
		return 0, nil
	}
	return done, doing("rotate", s.Write(ctx, func(t *Tx) error {
		return t.latch(errors.Join(t.writing(), auditSystem(t.l, s.now(), mentoring.AuditRotate)))
	}))
}

// first is before the first row's key.
func (c sealedColumn) first() any {
	if c.byName() {
		return ""
	}
	return int64(-1)
}

// rotate seals the next values of a column anew, and says where it came to.
func (t *Tx) rotate(c sealedColumn, after any) (n int64, next any, err error) {
	type value struct {
		key    any
		sealed []byte
	}
	next = after
	query := fmt.Sprintf("SELECT %[1]s, %[2]s FROM %[3]s WHERE %[1]s > $1 AND %[4]s ORDER BY %[1]s LIMIT %[5]d",
		c.key, c.column, c.table, c.old(2), rotateStep)
	found, err := collect(t, query, func(r record) (value, error) {
		p := place{column: c.table + "." + c.column}
		v := value{key: r.int(0)}
		if p.id = r.int(0); c.byName() {
			p.name, v.key = r.text(0), r.text(0)
		}
		plain, err := t.s.keys.open(p, r.view(1))
		if err == nil {
			v.sealed = t.s.keys.seal(p, plain)
		}
		return v, err
	}, after, []byte{t.s.keys.newest})
	if err != nil {
		return 0, next, err
	}
	update := fmt.Sprintf("UPDATE %s SET %s = $2 WHERE %s = $1", c.table, c.column, c.key)
	for _, v := range found {
		if err := t.change(update, v.key, v.sealed); err != nil {
			return 0, next, err
		}
		next = v.key
	}
	return int64(len(found)), next, nil
}

// Outdated is how many values are not sealed under the newest key; 0 where there
// is no database yet. It changes nothing, and another process may own the
// database. While it is not 0, older keys are needed.
func Outdated(ctx context.Context, o Options) (n int64, err error) {
	db, err := parseDSN(o.DSN)
	if err != nil {
		return 0, err
	}
	if db.sqlite {
		if _, err := os.Stat(db.path); errors.Is(err, os.ErrNotExist) {
			return 0, nil
		}
	}
	l, err := db.connect(ctx, true)
	if err != nil {
		return 0, err
	}
	n, err = outdated(l, o.Keys)
	return n, doing("look for older keys", errors.Join(err, l.close()))
}

func outdated(l *link, keys *Keyring) (total int64, err error) {
	for _, c := range sealedColumns() {
		exists, err := hasTable(l, c.table) // not in every older schema
		if err != nil {
			return 0, err
		}
		if !exists {
			continue
		}
		n, err := l.number("SELECT count(*) FROM "+c.table+" WHERE "+c.old(1), []byte{keys.newest})
		if total += n; err != nil {
			return total, err
		}
	}
	return total, nil
}

// Numbers are those of the keys, the newest last.
func (k *Keyring) Numbers() []int {
	var all []int
	for number := range k.aeads {
		all = append(all, int(number))
	}
	slices.Sort(all)
	return all
}

// AddKey adds a fresh key to a key file and gives its number; everything that
// is written after the file has been read again is sealed with it. The file is
// replaced whole, or stays as it was.
func AddKey(path string) (number int, err error) {
	path, err = filepath.EvalSymlinks(path) // a link to the file stays one
	if err != nil {
		return 0, fmt.Errorf("key file: %w", err)
	}
	keys, err := LoadKeyring(path)
	if err != nil {
		return 0, err
	}
	number = int(keys.newest) + 1
	content, err := os.ReadFile(path)
	if err != nil {
		return 0, fmt.Errorf("key file: %w", err)
	}
	if len(content) > 0 && content[len(content)-1] != '\n' {
		content = append(content, '\n')
	}
	var key [masterKeySize]byte
	if _, err := rand.Read(key[:]); err != nil {
		return 0, fmt.Errorf("random key: %w", err)
	}
	content = fmt.Appendf(content, "%d %s\n", number, base64.StdEncoding.EncodeToString(key[:]))
	if _, err := ParseKeyring(string(content)); err != nil {
		return 0, fmt.Errorf("key file %s, with key %d added: %w", path, number, err)
	}
	if err := replaceFile(path, content); err != nil {
		return 0, fmt.Errorf("key file: %w", err)
	}
	return number, nil
}

// replaceFile puts a new file in the place of one, for the same owner and
// readable by that owner only.
func replaceFile(path string, content []byte) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".silta-key-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // gone already when all went well
	_, err = file.Write(content)
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && int(owner.Uid) != os.Geteuid() {
		err = errors.Join(err, file.Chown(int(owner.Uid), int(owner.Gid)))
	}
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close()) // the key must not be lost after something is sealed with it
}
