package bridge_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"silta/config"
	"silta/mentoring"
	"silta/store"
)

// signed makes a world whose programme carries both signs, people who talk with
// each other, and a witness in another conversation who shows everything.
func signed(t *testing.T, names ...string) (w *world, people []*talker, witness *talker) {
	w = newWorld(t, func(w *world) {
		w.prepare = func(c *config.Config) { c.Programmes.Mentoring.Signs = config.Signs{Typing: true, Reading: true} }
	})
	people = w.talk(names...)
	others := w.talk("meri", "pia")
	w.join(people...)
	w.join(others...)
	w.shows(others[0], mentoring.Signs()...)
	return w, people, others[0]
}

// shows has a person show signs.
func (w *world) shows(p *talker, signs ...mentoring.Sign) {
	w.t.Helper()
	w.do(func(a *mentoring.Act) error {
		m, err := a.Tx.MemberByAddress(p.ID)
		if err != nil {
			return err
		}
		return a.ShowSigns(m, signs...)
	})
}

// edu hands the bridge what a homeserver tells and does not keep.
func (w *world) edu(kind, room string, content map[string]any) {
	w.t.Helper()
	body, err := json.Marshal(map[string]any{"events": []any{}, "ephemeral": []any{map[string]any{"type": kind, "room_id": room, "content": content}}})
	if err != nil {
		w.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPut, "/_matrix/app/v1/transactions/of-a-test", bytes.NewReader(body))
	r.Header.Set("Authorization", "Bearer hs")
	answer := httptest.NewRecorder()
	w.bridge.Handler().ServeHTTP(answer, r)
	if answer.Code != http.StatusOK {
		w.t.Fatalf("the bridge answers %d", answer.Code)
	}
}

func (w *world) typing(p *talker, users ...string) {
	w.t.Helper()
	w.edu("m.typing", p.room, map[string]any{"user_ids": users})
}

func (w *world) read(p *talker, kind, event string) {
	w.t.Helper()
	w.edu("m.receipt", p.room, map[string]any{event: map[string]any{kind: map[string]any{p.ID: map[string]any{"ts": 1700000000123, "thread_id": "main"}}}})
}

// outgoing is what the bridge says of writing, reading and being there, a line
// each, with people's names for rooms and ghosts; that of the witness apart.
type outgoing struct {
	w       *world
	witness *talker
	said    []string
	times   int // that the witness was shown
}

func (w *world) outgoing(people []*talker, witness *talker) *outgoing {
	o := &outgoing{w: w, witness: witness}
	var pairs []string
	for _, p := range people {
		pairs = append(pairs, p.room, p.alias)
		for _, ghost := range w.ghostsIn(p.room) {
			name, _, _ := w.hs.Profile(ghost)
			pairs = append(pairs, ghost, name)
		}
	}
	named := strings.NewReplacer(pairs...)
	answer := func(r *http.Request) *http.Response {
		path := strings.TrimPrefix(r.URL.Path, "/_matrix/client/v3/")
		if !regexp.MustCompile("/typing/|/receipt|presence/|/read_markers").MatchString(path) {
			return nil
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		line := named.Replace(fmt.Sprintf("%s by %s %s", path, r.URL.Query().Get("user_id"), body))
		w.mu.Lock()
		defer w.mu.Unlock()
		if strings.Contains(line, "Alias-") {
			o.said = append(o.said, line)
		} else {
			o.times++
		}
		return nil
	}
	w.mu.Lock()
	w.answer = answer
	w.mu.Unlock()
	o.shown(witness.ID)
	return o
}

// shown lets the witness begin or end to write, and waits until that is told.
func (o *outgoing) shown(users ...string) {
	o.w.t.Helper()
	_, before := o.list()
	o.w.typing(o.witness, users...)
	o.w.until("the witness is shown", func() bool { _, times := o.list(); return times > before })
}

func (o *outgoing) list() (said []string, times int) {
	o.w.mu.Lock()
	defer o.w.mu.Unlock()
	return slices.Clone(o.said), o.times
}

// settle waits until everything that came before has been looked at (signs are
// taken one by one, and the witness's last), and lets two minutes go by twice.
func (o *outgoing) settle() {
	o.w.t.Helper()
	o.shown() // now, since a sign that comes late is none
	for range 2 {
		o.w.pass(2 * time.Minute)
		o.shown(o.witness.ID)
	}
}

// are waits until so much was said, and it is these, in any order.
func (o *outgoing) are(want ...string) {
	o.w.t.Helper()
	o.w.until("enough was said", func() bool { said, _ := o.list(); return len(said) >= len(want) })
	said, _ := o.list()
	slices.Sort(said)
	if slices.Sort(want); !slices.Equal(said, want) {
		o.w.t.Fatalf("was said:\n%s\nwanted:\n%s", strings.Join(said, "\n"), strings.Join(want, "\n"))
	}
}

func begins(leg, ghost string) string {
	return fmt.Sprintf(`rooms/Alias-%s/typing/Alias-%s by Alias-%[2]s {"timeout":60000,"typing":true}`, leg, ghost)
}

func ends(leg, ghost string) string {
	return fmt.Sprintf(`rooms/Alias-%s/typing/Alias-%s by Alias-%[2]s {"typing":false}`, leg, ghost)
}

func TestLeak55PresenceIsNobodysBusiness(t *testing.T) {
	w, people, witness := signed(t, "aino", "oskar")
	for _, p := range people {
		w.shows(p, mentoring.Signs()...)
	}
	out := w.outgoing(people, witness)
	for _, p := range people {
		w.edu("m.presence", p.room, map[string]any{"presence": "online", "user_id": p.ID, "user_ids": []string{p.ID},
			"last_active_ago": 5, "currently_active": true, "status_msg": "Ainon luona"})
	}
	w.chatter(people)
	out.settle()
	out.are()
	requests := w.watch()
	w.stop()
	w.start() // asks for what it missed, as the bot
	asked := 0
	for _, r := range requests() {
		if strings.HasSuffix(r.path, "/sync") {
			asked++
			if !strings.Contains(r.query, "set_presence=offline") {
				t.Errorf("asking makes the bot seem to be there: %s", r.query)
			}
		}
		if strings.Contains(r.path, "/presence/") {
			t.Errorf("%s %s", r.method, r.path)
		}
	}
	if asked == 0 {
		t.Error("nothing was asked")
	}
}

// TestLeak56Typing: that somebody writes is shown by their ghost only, when the
// programme and they want it, and coarsely.
func TestLeak56Typing(t *testing.T) {
	w, people, witness := signed(t, "aino", "oskar", "kaisa")
	aino, oskar := people[0], people[1]
	out := w.outgoing(people, witness)
	w.shows(oskar, mentoring.Reading)
	for _, p := range people {
		w.typing(p, p.ID)
		w.typing(p)
	}
	out.settle()
	out.are() // nobody has asked for it

	w.shows(aino, mentoring.Typing)
	ghost := w.ghostsIn(aino.room)[0]
	w.typing(aino, aino.ID, ghost)
	w.typing(aino, aino.ID)
	first := []string{begins("oskar", "aino"), begins("kaisa", "aino")}
	out.are(first...)
	w.typing(aino, ghost) // the ghost does, she does not any more
	first = append(first, ends("oskar", "aino"), ends("kaisa", "aino"))
	out.are(first...)
	w.typing(aino, aino.ID) // too soon: a rhythm would tell
	w.typing(aino)
	w.typing(oskar, aino.ID) // who is not there cannot write there
	out.settle()
	out.are(first...)
	w.typing(aino, aino.ID)
	first = append(first, begins("oskar", "aino"), begins("kaisa", "aino"))
	out.are(first...)
	w.shows(aino)
	out.settle()
	w.typing(aino, aino.ID)
	out.settle()
	out.are(first...)

	w.shows(aino, mentoring.Signs()...) // and now the programme changes its mind
	c := config.Default()
	c.Homeserver, c.DefaultLanguage = config.Homeserver{Address: "http://homeserver.test", Domain: domain}, "en"
	c.Programmes.Mentoring.Signs.Reading = true
	w.bridge.Reload(c)
	w.typing(aino, aino.ID)
	w.pass(2 * time.Minute)
	c.Programmes.Mentoring.Signs.Typing = true
	w.bridge.Reload(c)
	out.settle()
	out.are(first...)
}

// TestLeak57Receipts: what was read is told in rounds, in the events of each
// leg, only of who wants it, and never what they read privately.
func TestLeak57Receipts(t *testing.T) {
	w, people, witness := signed(t, "aino", "oskar", "kaisa")
	aino, oskar, kaisa := people[0], people[1], people[2]
	w.shows(oskar, mentoring.Reading)
	w.shows(kaisa, mentoring.Typing)
	first := must(aino.Say(aino.room, "yksi"))
	second := must(aino.Say(aino.room, "kaksi"))
	of := map[*talker][]string{}
	for _, p := range []*talker{oskar, kaisa} {
		for _, m := range w.sees(p, "yksi", "kaksi") {
			of[p] = append(of[p], m.Event)
		}
		w.until("the bridge knows what was sent", func() bool {
			err := w.store.Read(t.Context(), func(tx *store.Tx) error {
				c, err := tx.ConversationOf(p.id)
				if err == nil {
					_, err = tx.Message(c.ID, c.Participant(p.id).Number, of[p][1])
				}
				return err
			})
			return err == nil
		})
	}
	out := w.outgoing(people, witness)
	w.read(oskar, "m.read", of[oskar][0])
	w.read(oskar, "m.read", of[oskar][1])
	w.read(oskar, "m.read.private", of[oskar][0]) // does not count
	w.read(oskar, "m.fully_read", of[oskar][0])   // nor does that
	w.read(kaisa, "m.read", of[kaisa][1])         // did not ask for it
	w.edu("m.receipt", aino.room, map[string]any{second: map[string]any{"m.read": map[string]any{oskar.ID: map[string]any{}}}})
	w.edu("m.receipt", oskar.room, map[string]any{of[oskar][0]: map[string]any{"m.read": map[string]any{aino.ID: map[string]any{}}}}) // who is not there
	out.settle()
	want := []string{
		"rooms/Alias-aino/receipt/m.read/" + second + " by Alias-oskar {}",
		"rooms/Alias-kaisa/receipt/m.read/" + of[kaisa][1] + " by Alias-oskar {}",
	}
	out.are(want...)

	again := slices.Clone(want)
	w.read(oskar, "m.read", of[oskar][0])
	w.pass(2 * time.Minute)
	want = append(want, "rooms/Alias-aino/receipt/m.read/"+first+" by Alias-oskar {}",
		"rooms/Alias-kaisa/receipt/m.read/"+of[kaisa][0]+" by Alias-oskar {}")
	out.are(want...)
	w.read(oskar, "m.read", of[oskar][1])
	for range 3 { // the next round is not due
		w.pass(6 * time.Second)
		out.shown(witness.ID)
		w.pass(6 * time.Second)
		out.shown()
		out.are(want...)
	}
	w.pass(6 * time.Second)
	out.shown(witness.ID)
	out.settle()
	want = append(want, again...)
	out.are(want...)

	own := must(oskar.Say(oskar.room, "oma"))
	w.until("it has come", func() bool { return strings.Contains(w.readable(aino.room), "oma") })
	for _, event := range []string{own, first, "$unknown"} { // their own; of another leg; none
		w.read(oskar, "m.read", event)
		out.settle()
	}
	out.are(want...)
}
