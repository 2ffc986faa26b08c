package e2e

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"silta/dev"
	"silta/store"
)

// TestGoing: somebody takes their conversations along, goes on with another
// account, and has everything of them deleted, while the program is killed.
func TestGoing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dev.WithPage())
	if err := w.admin.Do(t.Context(), http.MethodPut, "/_synapse/admin/v1/users/"+w.Bot+"/admin", map[string]any{"admin": true}, nil); err != nil {
		t.Fatalf("make the bot an administrator: %v", err)
	}
	// What cannot be undone is done from signed devices only.
	p := &pair{mentee: w.Mentee(dev.JSSDK(t, w.account(t), dev.Encrypted()), "fi", w.nickname())}
	p.mentor, p.alias = w.mentor(t)
	p.menteeLeg, p.mentorLeg = w.Conversation(p.mentee, p.mentor, p.alias, "hei, ensimmäinen viesti")
	const mine, theirs = "lintukotosirkutus yksi", "lintukotosirkutus kaksi"
	p.mentee.Text(p.menteeLeg, mine)
	p.mentor.AwaitText(p.mentorLeg, mine)
	p.mentor.Text(p.mentorLeg, theirs)
	p.mentee.AwaitText(p.menteeLeg, theirs)
	takesAlong(t, w, p, mine, theirs)
	next := movesOn(t, w, p)
	goes(t, w, p, next, "lintukotosirkutus")
	w.noPanic(t)
}

// takesAlong: the link works once, and what comes has both sides' words as the
// person read them, encrypted as they were, and nobody's name.
func takesAlong(t *testing.T, w *world, p *pair, mine, theirs string) {
	p.mentee.Command("export", "", "export.sure")
	mark := p.mentee.Mark()
	p.mentee.Say(w.Words.Answer("fi", "yes"))
	p.mentee.Hears("export.coming")
	_, found := p.mentee.HearsIn(p.mentee.Room, mark, "export.ready")
	link := found[len(found)-1]
	if !strings.HasPrefix(link, w.PageURL()+"/export/fi/") {
		t.Fatalf("the link is %q", link)
	}
	if form := page(t, link); !strings.Contains(form, "<form method=\"post\">") {
		t.Fatalf("the page is\n%s", form)
	}
	fetch := func() (int, []byte) {
		answer, err := http.Post(link, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, body
	}
	status, file := fetch()
	again, _ := fetch()
	if status != http.StatusOK || again != http.StatusNotFound {
		t.Fatalf("answers %d, then %d", status, again)
	}
	r, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil || len(r.File) != 2 {
		t.Fatalf("%v: %d files", err, len(r.File))
	}
	for _, f := range r.File {
		part, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"hei, ensimmäinen viesti", mine, theirs, p.alias} {
			if !strings.Contains(string(content), text) {
				t.Errorf("%s has no %q:\n%s", f.Name, text, content)
			}
		}
		for _, canary := range []string{"@", ":localhost", "silta_", "!", "$", "mxc:", localpart(p.mentee.Client), localpart(p.mentor.Client),
			profileName(p.mentee.Client), profileName(p.mentor.Client)} {
			if strings.Contains(string(content), canary) {
				t.Errorf("%s has %q:\n%s", f.Name, canary, content)
			}
		}
	}
}

// movesOn: another account of the person's goes on with the conversation; the
// first one is cut off.
func movesOn(t *testing.T, w *world, p *pair) *dev.Person {
	mark := p.mentee.Mark()
	p.mentee.Say(w.Words.Command("fi", "phrase") + " " + w.Words.Answer("fi", "new"))
	_, found := p.mentee.HearsIn(p.mentee.Room, mark, "phrase.shown")
	next := w.Meet(dev.JSSDK(t, w.account(t), dev.Encrypted()), w.Words)
	came := next.Mark()
	next.Say(w.Words.Command("fi", "move") + " " + strings.TrimSpace(found[0]))
	next.Language = "fi"
	next.Hears("move.done")
	leg := next.AwaitLeg(came)
	if leg != p.menteeLeg {
		t.Errorf("the room of the conversation is another one")
	}
	p.mentee.HearsIn(p.mentee.Room, mark, "move.told")
	gone := p.mentee.Mark()
	p.mentor.Text(p.mentorLeg, "kuuletko vielä")
	next.AwaitText(leg, "kuuletko vielä")
	next.Text(leg, "kuulen, uudelta tililtä")
	p.mentor.AwaitText(p.mentorLeg, "kuulen, uudelta tililtä")
	p.mentee.Await(0, "the end of the old account's part", dev.Membership(leg, "leave"))
	for _, e := range p.mentee.Events(gone) {
		if strings.Contains(e.Body(), "kuuletko") || strings.Contains(e.Body(), "uudelta") {
			t.Errorf("the old account reads %q", e.Body())
		}
	}
	return next
}

// goes: deleted, killed in the middle, and nothing is left of them: not in the
// database, not in what the homeserver still has, where the bot may purge rooms.
func goes(t *testing.T, w *world, p *pair, next *dev.Person, canary string) {
	own := p.mentor.Mark()
	next.Say(w.Words.Command("fi", "delete") + " " + w.Words.Answer("fi", "me"))
	next.Hears("delete.sure")
	next.Say(w.Words.Answer("fi", "yes"))
	next.Hears("delete.done")
	for range 3 { // wherever it is by then
		w.Kill9()
		w.Start()
		time.Sleep(150 * time.Millisecond)
	}
	p.mentor.HearsIn(p.mentor.Room, own, "delete.told")
	rooms := []string{p.menteeLeg, p.mentorLeg, next.Room, p.mentee.Room}
	eventually(t, 3*time.Minute, func() error { return purged(t.Context(), w, rooms) })
	ghosts := everybody(t, w, "/_synapse/admin/v2/users?deactivated=false&limit=5000&name=silta_")
	if strings.Contains(ghosts, "silta_") {
		t.Errorf("pseudonyms are left: %s", ghosts)
	}
	// What can be found: by name among people, in every room that there still is.
	whole := everybody(t, w, "/_synapse/admin/v2/users?deactivated=true&limit=5000")
	for _, room := range listed(t, w) {
		whole += everybody(t, w, "/_synapse/admin/v1/rooms/"+room+"/messages?dir=b&limit=1000") +
			everybody(t, w, "/_synapse/admin/v1/rooms/"+room+"/state") + everybody(t, w, "/_synapse/admin/v1/rooms/"+room)
	}
	for what, needle := range map[string]string{"a text": canary, "the mentor's alias": p.alias + `"`} {
		if strings.Contains(whole, needle) {
			t.Errorf("%s (%s) is still at the homeserver", what, needle)
		}
	}
	w.Term()
	for _, trace := range traces(t, w.Dir, map[string]string{"a text": canary, "a Matrix ID": localpart(next.Client), "the old one": localpart(p.mentee.Client)}) {
		t.Error(trace)
	}
	leftInDatabase(t, w, next.UserID, p.mentee.UserID)
}

// purged says which of the rooms the homeserver still has.
func purged(ctx context.Context, w *world, rooms []string) error {
	for _, room := range rooms {
		if err := w.admin.Do(ctx, http.MethodGet, "/_synapse/admin/v1/rooms/"+room, nil, nil); err == nil {
			return fmt.Errorf("%s is still there", room)
		}
	}
	return nil
}

func everybody(t *testing.T, w *world, path string) string {
	t.Helper()
	var raw rawJSON
	if err := w.admin.Do(t.Context(), http.MethodGet, path, nil, &raw); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return string(raw)
}

// rawJSON is an answer as it came.
type rawJSON []byte

func (r *rawJSON) UnmarshalJSON(data []byte) error { *r = append((*r)[:0], data...); return nil }

func listed(t *testing.T, w *world) (rooms []string) {
	t.Helper()
	var answer struct {
		Rooms []struct {
			ID string `json:"room_id"`
		}
	}
	if err := w.admin.Do(t.Context(), http.MethodGet, "/_synapse/admin/v1/rooms?limit=1000", nil, &answer); err != nil {
		t.Fatal(err)
	}
	for _, r := range answer.Rooms {
		rooms = append(rooms, r.ID)
	}
	return rooms
}

// leftInDatabase looks for the person with the program's own keys: nobody is
// known by their addresses, and no conversation of theirs has anything in it.
func leftInDatabase(t *testing.T, w *world, addresses ...string) {
	t.Helper()
	keys, err := store.LoadKeyring(filepath.Join(w.Dir, "silta.key"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), store.Options{DSN: filepath.Join(w.Dir, "silta.db"), Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Read(t.Context(), func(tx *store.Tx) error {
		for _, a := range addresses {
			if m, err := tx.MemberByAddress(a); err == nil {
				t.Errorf("a member is known by an address that is gone: %v", m.Join)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
