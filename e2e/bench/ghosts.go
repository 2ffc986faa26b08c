package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	_ "github.com/mattn/go-sqlite3" // the crypto tables are grown by SQL
	"github.com/rs/zerolog"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"silta/bridge/machine"
	"silta/dev"
	"silta/e2e/inside"
	"silta/store"
)

// manyGhosts is a service of many conversations, two ghosts each: rows that are
// cloned from those of real ones, made at a real homeserver.
type manyGhosts struct {
	conversations, real, cold int

	scope   *dev.Scope
	hs      *dev.Homeserver
	program *dev.Program
	talks   []sealed
}

// ghosts is the program with encryption, in a process of its own, on the tables
// of a large service: how long it takes to start, its memory, and what the first
// message of a ghost costs that nobody has needed since the start, nor ever
// before.
func (b *bench) ghosts(ctx context.Context) error {
	g := &manyGhosts{conversations: 100_000, real: 1000, cold: 12, scope: dev.NewScope()}
	if b.sample {
		g.conversations, g.real, g.cold = 5000, 100, 3
	}
	defer g.scope.Close()
	g.hs = dev.NewSynapse(g.scope)
	g.program = dev.NewSilta(g.scope, g.hs)
	g.hs.Start()
	g.program.Start()
	g.converse()
	g.program.Term()
	if err := errors.Join(g.growConversations(ctx), g.growAccounts(ctx)); err != nil {
		return fmt.Errorf("grow: %w", err)
	}
	began := time.Now()
	g.program.Start()
	start := time.Since(began)
	first, firstWork := g.replies("first")
	second, secondWork := g.replies("second")
	memory, err := resident(g.program.PID())
	if err != nil {
		return err
	}
	size := fmt.Sprintf("with %d ghosts", 2*g.conversations)
	b.bound("ghosts: start", fmt.Sprintf("%s %.2f s", size, start.Seconds()), start.Seconds(), false, 2)
	b.bound("ghosts: memory", fmt.Sprintf("%s %.0f MB after the messages", size, memory), memory, false, 150)
	b.bound("ghosts: first message", fmt.Sprintf("%s %.1f ms of CPU, the next %.1f; wait %.0f and %.0f ms", size, firstWork, secondWork, first, second),
		firstWork, false, 30)
	return nil
}

// converse makes real conversations, in which the mentors have said nothing yet.
func (g *manyGhosts) converse() {
	service := g.program.Open(dev.Plain(g.scope, g.hs.Register("staff", "password")))
	for i := range g.cold {
		alias := "Halla" + number(i)
		mentor := service.Mentor(dev.Plain(g.scope, g.hs.Register("mentor"+number(i), "password"), dev.Signed()), "en", dev.Card{
			Alias: alias, AgeBand: 2, Area: "Turku", Story: "A story.", Topics: "1", Languages: "1 3",
		})
		mentee := service.Mentee(dev.Plain(g.scope, g.hs.Register("mentee"+number(i), "password"), dev.Signed()), "en", "Seeker")
		t := sealed{writer: mentor, reader: mentee}
		t.to, t.from = service.Conversation(mentee, mentor, alias, "hello")
		g.talks = append(g.talks, t)
	}
}

// replies has each mentor write once: the median wait from client to client and
// the processor time of a message, both in milliseconds.
func (g *manyGhosts) replies(which string) (wait, work float64) {
	before := cpu(g.program)
	var waits []float64
	for i, t := range g.talks {
		body := textPrefix + which + number(i)
		from := t.reader.Mark()
		began := time.Now()
		t.writer.Text(t.from, body)
		t.reader.Await(from, "a message", dev.Message(t.to, body))
		waits = append(waits, float64(time.Since(began).Microseconds())/1000)
	}
	return median(waits), (cpu(g.program) - before) * 1000 / float64(len(g.talks))
}

// open opens the program's main database, while it is not running.
func (g *manyGhosts) open(ctx context.Context) (*store.Store, *store.Keyring, error) {
	keys, err := store.LoadKeyring(filepath.Join(g.program.Dir, "silta.key"))
	if err != nil {
		return nil, nil, err
	}
	s, err := store.Open(ctx, store.Options{DSN: g.main(), Keys: keys})
	return s, keys, err
}

func (g *manyGhosts) main() string { return filepath.Join(g.program.Dir, "silta.db") }

// growConversations adds conversations with two ghosts and two rooms each.
func (g *manyGhosts) growConversations(ctx context.Context) error {
	s, _, err := g.open(ctx)
	if err != nil {
		return err
	}
	pairs := stubPairs(g.conversations)
	for from := 0; from < len(pairs) && err == nil; from += perStep {
		err = s.Write(ctx, func(tx *store.Tx) error {
			for i := from; i < min(from+perStep, len(pairs)); i++ {
				if _, err := inside.Talk(tx, talkOf(pairs[i], i), time.Now()); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return errors.Join(err, s.Close())
}

// growAccounts makes real ghosts at the homeserver, each with its device, its
// Olm account and its identity, and clones their rows.
func (g *manyGhosts) growAccounts(ctx context.Context) error {
	s, keys, err := g.open(ctx)
	if err != nil {
		return err
	}
	err = g.makeGhosts(ctx, s, keys)
	if err = errors.Join(err, s.Close()); err != nil {
		return err
	}
	path, _, _ := strings.Cut(machine.DSN(g.main()), "?")
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		return err
	}
	defer db.Close()
	// Nearly every ghost has spoken: it has an outbound session, and an Olm
	// session with its person's device.
	clone := []struct{ table, query string }{
		{"crypto_account", `INSERT INTO crypto_account SELECT randomblob(16), sealed FROM (SELECT sealed FROM crypto_account LIMIT ?)`},
		{"crypto_olm", `INSERT INTO crypto_olm SELECT randomblob(16), peer, session, used, sealed FROM (SELECT * FROM crypto_olm LIMIT ?)`},
		{"crypto_outbound", `INSERT INTO crypto_outbound SELECT randomblob(16), randomblob(16), sealed FROM (SELECT sealed FROM crypto_outbound LIMIT ?)`},
		{"crypto_person", `INSERT INTO crypto_person SELECT randomblob(16), changed, fetched, sealed FROM (SELECT * FROM crypto_person LIMIT ?)`},
	}
	for _, c := range clone {
		for {
			var rows int
			if err := db.QueryRowContext(ctx, `SELECT COUNT(*) FROM `+c.table).Scan(&rows); err != nil {
				return err
			}
			missing := 2*g.conversations - rows
			if missing <= 0 {
				break
			}
			if rows == 0 {
				return fmt.Errorf("%s has no row to clone", c.table)
			}
			if _, err := db.ExecContext(ctx, c.query, min(missing, rows)); err != nil { // doubles it
				return err
			}
		}
	}
	return nil
}

func (g *manyGhosts) makeGhosts(ctx context.Context, s *store.Store, keys machine.Sealer) error {
	as := g.program.Own()
	m, err := machine.Open(ctx, machine.Options{
		DSN: machine.DSN(g.main()), Keys: keys, Hash: s.Hash, Log: zerolog.Nop(),
		Client: func(user id.UserID, device id.DeviceID) *mautrix.Client {
			base, err := mautrix.ParseAndNormalizeBaseURL(g.hs.URL())
			if err != nil {
				g.scope.Fatalf("the homeserver's address: %v", err)
			}
			return &mautrix.Client{
				HomeserverURL: base, UserID: user, DeviceID: device, AccessToken: as.Token,
				SetAppServiceUserID: user != "", SetAppServiceDeviceID: device != "",
				Client: http.DefaultClient, Log: zerolog.New(io.Discard), IgnoreRateLimit: true,
			}
		},
	})
	if err != nil {
		return err
	}
	for n := range g.real {
		name := "silta_real" + number(n)
		err = as.Do(ctx, http.MethodPost, "/_matrix/client/v3/register",
			map[string]any{"type": "m.login.application_service", "username": name, "inhibit_login": true}, nil)
		if err == nil {
			_, err = m.EnsureSender(ctx, id.UserID(g.hs.User(name)), "")
		}
		if err != nil {
			return errors.Join(fmt.Errorf("ghost %d: %w", n, err), m.Close())
		}
	}
	return m.Close()
}

// resident is the memory of a process in MB.
func resident(pid int) (float64, error) {
	status, err := os.ReadFile("/proc/" + number(pid) + "/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if kb, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(kb), " kB"), 64)
			return n / 1000, err
		}
	}
	return 0, errors.New("no VmRSS in /proc")
}
