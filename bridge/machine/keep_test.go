//go:build goolm

package machine

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/id"

	"silta/store/pgtest"
)

// TestExpire: what is older than the limit cannot be read by us any more, what
// is newer can, and a session that goes on goes on.
func TestExpire(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		device := w.ensure()
		a := newClient(t, w.h, aino, "AINO1", true, nil)
		w.join(leg, aino)
		w.join("!muu:x", aino)
		old := a.says(leg, text("vanha"), bot)
		other := a.says("!muu:x", text("muualla"), bot)
		w.deliver(device)
		w.hears(old, "vanha")
		w.hears(other, "muualla")
		w.after(3 * 24 * time.Hour)
		fresh := a.says(leg, text("uusi"), bot)
		w.hears(fresh, "uusi")

		expire := func(age time.Duration, rooms ...id.RoomID) {
			t.Helper()
			_, err := w.m.Expire(t.Context(), w.m.o.Now().Add(-age), rooms...)
			w.must(err)
		}
		expire(24*time.Hour, leg)
		_, err := w.m.Decrypt(t.Context(), bot, old)
		wantNoKey(t, err)
		w.hears(fresh, "uusi")
		w.hears(other, "muualla") // another programme keeps for longer
		w.deliver(device)         // the key again, as a catch-up may bring it: it was handled
		_, err = w.m.Decrypt(t.Context(), bot, old)
		wantNoKey(t, err)

		w.after(2 * 24 * time.Hour)
		expire(24 * time.Hour)
		for _, e := range []Envelope{fresh, other} {
			_, err = w.m.Decrypt(t.Context(), bot, e)
			wantNoKey(t, err)
		}
		later := a.says(leg, text("yhä sama istunto"), bot)
		w.hears(later, "yhä sama istunto")

		w.after(clientSession)
		expire(24 * time.Hour)
		if n := w.rows("crypto_inbound") + w.rows("crypto_index"); n > 0 {
			t.Errorf("%d rows are left of sessions that no client uses any more", n)
		}
		w.after(seenAge)
		expire(24 * time.Hour)
		if n := w.rows("crypto_olm_seen"); n > 0 {
			t.Errorf("%d Olm messages are remembered for ever", n)
		}
	})
}

// TestUnusedKeysStay: a key that came but was not used yet is not old.
func TestUnusedKeysStay(t *testing.T) {
	w := newWorld(t)
	device := w.ensure()
	a := newClient(t, w.h, aino, "AINO1", true, nil)
	w.join(leg, aino)
	e := a.says(leg, text("viipyy matkalla"), bot)
	w.deliver(device)
	w.after(2 * 24 * time.Hour)
	_, err := w.m.Expire(t.Context(), w.m.o.Now().Add(-24*time.Hour))
	w.must(err)
	w.hears(e, "viipyy matkalla")
}

func TestForget(t *testing.T) {
	w := newWorld(t)
	device := w.ensure()
	a := newClient(t, w.h, aino, "AINO1", true, nil)
	w.join(leg, aino)
	e := w.saidAnew(a, device, "hei")
	w.hears(e, "hei")
	w.speak(ghost, leg, "hei")
	w.must(w.m.ForgetRoom(t.Context(), leg))
	w.must(w.m.ForgetSender(t.Context(), ghost))
	w.must(w.m.ForgetPerson(t.Context(), aino))
	for _, table := range []string{"crypto_inbound", "crypto_index", "crypto_outbound", "crypto_person"} {
		if n := w.rows(table); n > 0 {
			t.Errorf("%s has %d rows", table, n)
		}
	}
	_, err := w.m.Decrypt(t.Context(), bot, e)
	wantNoKey(t, err)
	if _, err := w.m.Encrypt(t.Context(), ghost, leg, "m.room.message", text("hei")); !errors.Is(err, ErrUnknownAccount) {
		t.Errorf("a ghost that was forgotten: %v, want ErrUnknownAccount", err)
	}
}

func TestRotateKeys(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		device := w.ensure()
		a := newClient(t, w.h, aino, "AINO1", true, nil)
		w.join(leg, aino)
		session := w.speak(ghost, leg, "hei").SessionID
		e := w.saidAnew(a, device, "hei")
		for range 3 * mostRotated / 2 { // more than one page
			a.saysAnew("hei")
		}
		w.deliver(device)
		w.keys.mu.Lock()
		w.keys.newest = 2
		w.keys.mu.Unlock()
		outdated := func() int64 {
			t.Helper()
			n, err := Outdated(t.Context(), w.dsn, w.keys)
			w.must(err)
			return n
		}
		all := outdated()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		n, err := Rotate(ctx, w.dsn, w.keys, func(done, total int64) {
			if total != all {
				t.Errorf("%d of %d; there are %d", done, total, all)
			}
			if done > mostRotated {
				stop() // the program is stopped in the middle
			}
		})
		if err == nil || n == 0 {
			t.Fatalf("%d rows, %v; want to have been stopped in the middle", n, err)
		}
		if left := outdated(); left != all-n || left == 0 {
			t.Errorf("%d of %d were sealed anew, %d are left", n, all, left)
		}
		k, err := Rotate(t.Context(), w.dsn, w.keys, nil)
		w.must(err)
		if left := outdated(); left != 0 {
			t.Errorf("%d are left", left)
		}
		rows := int64(0)
		for _, table := range tables() {
			found, err := w.m.db.sql.Query(`SELECT sealed FROM ` + table.name)
			w.must(err)
			for found.Next() {
				var sealed []byte
				w.must(found.Scan(&sealed))
				if rows++; !w.keys.Newest(sealed) {
					t.Errorf("a row of %s is sealed under the old key", table.name)
				}
			}
			w.must(found.Err())
			w.must(found.Close())
		}
		if n+k != rows || all != rows {
			t.Errorf("%d + %d of %d rows were sealed anew, want %d, each once", n, k, all, rows)
		}
		w.reopen()
		w.hears(e, "hei")
		if w.speak(ghost, leg, "hei").SessionID != session {
			t.Error("the session did not survive")
		}
	})
}

// TestRotateNothing: where there are no crypto tables, none are made.
func TestRotateNothing(t *testing.T) {
	keys := &testKeys{newest: 2}
	file := filepath.Join(t.TempDir(), "silta-crypto.db")
	for _, dsn := range []string{file, pgtest.DSN(t)} {
		n, err := Outdated(t.Context(), dsn, keys)
		if n != 0 || err != nil {
			t.Errorf("outdated: %d, %v", n, err)
		}
		if n, err = Rotate(t.Context(), dsn, keys, nil); n != 0 || err != nil {
			t.Errorf("rotated: %d, %v", n, err)
		}
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a database was made: %v", err)
	}
}

// TestEpoch: a main database from a backup never meets the ratchets of later.
func TestEpoch(t *testing.T) {
	w := newWorld(t)
	w.must(w.m.Close())
	w.open("ensimmäinen")
	device := w.ensure()
	w.must(w.m.Close())
	w.open("ensimmäinen")
	if again := w.ensure(); again != device {
		t.Error("another device although nothing was restored")
	}
	w.must(w.m.Close())
	w.open("toinen")
	for _, table := range tables() {
		if n := w.rows(table.name); n > 0 {
			t.Errorf("%s still has %d rows", table.name, n)
		}
	}
	if fresh := w.ensure(); fresh == device {
		t.Error("the device of another life")
	}
}

// TestCommitTogether: a unit that cannot be committed does not take others with it.
func TestCommitTogether(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		var ok []chan error
		bad := make(chan error, 1)
		hold := make(chan bool)
		first := true
		w.m.db.fault = func([]change) error {
			if first {
				first = false
				<-hold // so that the rest gathers
			}
			return nil
		}
		put := func(key string, result chan error, query string) {
			go func() { result <- w.m.db.commit([]change{{query, []any{key, []byte("x")}}}) }()
		}
		const insert = `INSERT INTO crypto_meta (key, value) VALUES ($1, $2)`
		lead := make(chan error, 1)
		put("lead", lead, insert)
		time.Sleep(20 * time.Millisecond)
		for i := range 5 {
			c := make(chan error, 1)
			ok = append(ok, c)
			put(strings.Repeat("k", i+1), c, insert)
		}
		put("bad", bad, `INSERT INTO crypto_nothing (key, value) VALUES ($1, $2)`)
		time.Sleep(50 * time.Millisecond)
		close(hold)
		w.must(<-lead)
		for _, c := range ok {
			w.must(<-c)
		}
		if err := <-bad; err == nil {
			t.Error("a unit that cannot be was committed")
		}
		if n := w.rows("crypto_meta"); n != 6 {
			t.Errorf("%d rows, want 6", n)
		}
	})
}

func TestClosed(t *testing.T) {
	w := newWorld(t)
	w.ensure()
	w.must(w.m.Close())
	if err := w.m.db.commit([]change{{query: `DELETE FROM crypto_meta`}}); !errors.Is(err, errClosed) {
		t.Errorf("commit after Close = %v, want errClosed", err)
	}
}

func TestAttachment(t *testing.T) {
	plain := bytes.Repeat([]byte("kuva "), 50_000)
	seal := func() ([]byte, *Attachment) {
		s := SealAttachment(bytes.NewReader(plain))
		sealed, err := io.ReadAll(s)
		if err == nil {
			err = s.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		return sealed, s.File("mxc://x/1")
	}
	sealed, file := seal()
	other, otherFile := seal()
	if bytes.Equal(sealed, other) || file.Key.Key == otherFile.Key.Key || bytes.Contains(sealed, []byte("kuva kuva")) {
		t.Error("two legs got the same ciphertext or key")
	}
	open := func(file *Attachment, sealed []byte) ([]byte, error) {
		r, err := OpenAttachment(file, bytes.NewReader(sealed))
		if err != nil {
			return nil, err
		}
		out, err := io.ReadAll(r)
		return out, errors.Join(err, r.Close())
	}
	if out, err := open(file, sealed); err != nil || !bytes.Equal(out, plain) {
		t.Errorf("opened %d bytes, %v", len(out), err)
	}
	sealed[7] ^= 1
	if _, err := open(file, sealed); !errors.Is(err, ErrAttachment) {
		t.Errorf("a changed attachment: %v, want ErrAttachment", err)
	}
	bad := *file
	bad.Version = "v1"
	for _, f := range []*Attachment{nil, {}, &bad} {
		if _, err := open(f, sealed); !errors.Is(err, ErrAttachment) {
			t.Errorf("%+v: %v, want ErrAttachment", f, err)
		}
	}
}

func TestDSN(t *testing.T) {
	for main, want := range map[string]string{
		"silta.db": "silta-crypto.db", "file:/var/lib/silta.db?x=1": "file:/var/lib/silta-crypto.db?x=1",
		"silta": "silta-crypto.db", "postgres://u@h/d": "postgres://u@h/d",
	} {
		if got := DSN(main); got != want {
			t.Errorf("DSN(%q) = %q, want %q", main, got, want)
		}
	}
}
