package e2e

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"silta/dev"
	"silta/locale"
)

// TestEncryption runs the service as it is by default: every room encrypted,
// with clients that no one here wrote.
func TestEncryption(t *testing.T) {
	t.Parallel()
	inOneWorld(t, []part{
		{"no shield for the strict", noShieldStrict},
		{"plain text", plainText},
		{"no device", noDevice},
		{"browser", browser},
		{"two with matrix-js-sdk", twoJS}, // restarts the program
		{"nothing is plain", nothingPlain},
		{"tables", tables}, // kills the program: last
	})
}

// jsPair is a mentee and a mentor with matrix-js-sdk, in a conversation that
// has begun. Each of them has answered the bot's questions, encrypted.
func (w *world) jsPair(t *testing.T, option dev.ClientOption) *pair {
	t.Helper()
	card := w.card()
	p := &pair{alias: card.Alias}
	p.mentor = w.Mentor(dev.JSSDK(t, w.account(t), option), "fi", card)
	p.mentee = w.Mentee(dev.JSSDK(t, w.account(t), option), "fi", w.nickname())
	p.menteeLeg, p.mentorLeg = w.Conversation(p.mentee, p.mentor, p.alias, "hei, ensimmäinen viesti")
	return p
}

// twoJS: what befalls a conversation of two with matrix-js-sdk.
func twoJS(t *testing.T, w *world) {
	p := w.jsPair(t, dev.Encrypted())
	t.Run("no shield", func(t *testing.T) { noShield(t, p) })
	t.Run("program down", func(t *testing.T) { programDown(t, w, p) })
	t.Run("keys lost", func(t *testing.T) { keysLost(t, w, p) })
}

// noShield: fifty messages each way, read without a warning by matrix-js-sdk as
// it is by default, and by matrix-nio, which is the mentee's other device.
func noShield(t *testing.T, p *pair) {
	account := p.mentee.Account
	account.Token, account.Device = "", ""
	other := dev.Nio(t, account, dev.Encrypted())
	p.fifty(t)
	p.fiftyReadBy(t, other)
}

// noShieldStrict: the same with clients that refuse every device that its owner
// has not signed.
func noShieldStrict(t *testing.T, w *world) { w.jsPair(t, dev.OnlySigned()).fifty(t) }

// fifty has both write fifty messages, the first of the conversation counted,
// and looks at what the clients say of each: it came encrypted, it could be
// read, and no shield stands beside it, neither when it came nor afterwards.
func (p *pair) fifty(t *testing.T) {
	t.Helper()
	for i := range 50 {
		if i > 0 {
			p.mentee.Text(p.menteeLeg, fmt.Sprintf("kysymys %02d", i))
		}
		p.mentor.Text(p.mentorLeg, fmt.Sprintf("vastaus %02d", i))
	}
	p.mentee.AwaitText(p.menteeLeg, "vastaus 49")
	p.mentor.AwaitText(p.mentorLeg, "kysymys 49")
	p.noWarning(t, p.mentor, p.mentorLeg, 50)
	p.noWarning(t, p.mentee, p.menteeLeg, 50)
}

func (p *pair) noWarning(t *testing.T, reader *dev.Person, leg string, want int) {
	t.Helper()
	relayed := 0
	for _, e := range reader.Judged(leg) {
		if e.Sender == reader.UserID {
			continue
		}
		if e.Sender != reader.Bot {
			relayed++
		}
		if e.Shield != "NONE" || e.Failure != "" || e.Wire != "m.room.encrypted" {
			t.Errorf("%q came as %s with the shield %q (%s) %s", e.Body(), e.Wire, e.Shield, e.Reason, e.Failure)
		}
	}
	if relayed != want {
		t.Errorf("%s reads %d messages of the other, want %d", reader.UserID, relayed, want)
	}
	for _, e := range reader.Events(0) {
		if e.Room == leg && e.Encrypted && e.Sender != reader.UserID && (e.Shield != "NONE" || e.Failure != "") {
			t.Errorf("%q had the shield %q (%s) when it came %s", e.Body(), e.Shield, e.Reason, e.Failure)
		}
	}
}

// fiftyReadBy: another client of the mentee reads what the mentor wrote since
// it was there.
func (p *pair) fiftyReadBy(t *testing.T, other *dev.Client) {
	t.Helper()
	for i := range 50 {
		e := other.AwaitText(p.menteeLeg, fmt.Sprintf("vastaus %02d", i))
		if !e.Encrypted {
			t.Errorf("%q came unencrypted", e.Body())
		}
	}
}

// plainText in an encrypted room is neither relayed nor obeyed: anybody with
// power over a homeserver could have written it. Its sender is told once.
func plainText(t *testing.T, w *world) {
	p := w.pair(t)
	bare := dev.NewUser(p.mentee.Account)
	write := func(room, text string) {
		t.Helper()
		if _, err := bare.Text(t.Context(), room, text); err != nil {
			t.Fatalf("write plain text: %v", err)
		}
	}
	here, there, staff := p.mentee.Mark(), p.mentor.Mark(), w.StaffRoom.Mark()
	write(p.menteeLeg, "paljas teksti")
	write(p.menteeLeg, "toinen paljas teksti")
	write(p.menteeLeg, "!"+w.Words.Command("fi", "urgent"))
	write(p.mentee.Room, w.Words.Command("fi", "end"))
	p.mentee.HearsIn(p.menteeLeg, here, "crypt.plain_text")
	p.mentee.HearsIn(p.mentee.Room, here, "crypt.plain_text")
	p.mentee.Text(p.menteeLeg, "sinetöity teksti")
	p.mentor.AwaitText(p.mentorLeg, "sinetöity teksti")
	p.mentor.Never(there, 0, "plain text", func(e dev.Event) bool { return strings.Contains(e.Body(), "paljas") })
	w.StaffRoom.Never(staff, 0, "an alarm", func(e dev.Event) bool { return e.Sender == w.Bot && e.Type == "m.room.message" })
	told := map[string]int{}
	for _, e := range p.mentee.Events(here) {
		if e.Sender == w.Bot && e.Type == "m.room.message" {
			told[e.Room]++
		}
	}
	if told[p.menteeLeg] != 1 || told[p.mentee.Room] != 1 {
		t.Errorf("the sender was told %d times in the conversation and %d times in their own room, want once each", told[p.menteeLeg], told[p.mentee.Room])
	}
}

// noDevice: somebody whose client cannot encrypt is not written to in plain
// text; what is said to them waits until one can.
func noDevice(t *testing.T, w *world) {
	account := w.account(t)
	bare := dev.NewUser(account)
	ctx := t.Context()
	if _, err := bare.Create(ctx, map[string]any{"preset": "trusted_private_chat", "is_direct": true, "invite": []string{w.Bot}}); err != nil {
		t.Fatal(err)
	}
	room := invitation(t, bare)
	if err := bare.Join(ctx, room); err != nil {
		t.Fatal(err)
	}
	time.Sleep(3 * time.Second) // it would have been greeted
	var page struct {
		Chunk []struct{ Type string }
	}
	read(t, bare, "/_matrix/client/v3/rooms/"+url.PathEscape(room)+"/messages?dir=b&limit=100", &page)
	for _, e := range page.Chunk {
		if e.Type == "m.room.message" || e.Type == "m.room.encrypted" {
			t.Errorf("something was said (%s) to somebody who cannot read it", e.Type)
		}
	}
	account.Token, account.Device = "", ""
	client := dev.JSSDK(t, account, dev.Encrypted())
	words, err := w.Words.Pattern("fi", "language.ask")
	if err != nil {
		t.Fatal(err)
	}
	client.Await(0, "the first question", func(e dev.Event) bool {
		return e.Room == room && e.Sender == w.Bot && words.MatchString(e.Body())
	})
	eventually(t, 10*time.Second, func() error { // the client asks whose device it is
		for _, e := range client.Judged(room) {
			if e.Shield != "NONE" {
				return fmt.Errorf("%q has the shield %s (%s)", e.Body(), e.Shield, e.Reason)
			}
		}
		return nil
	})
}

// invitation waits for an invitation and returns the room.
func invitation(t *testing.T, u *dev.User) (room string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	u.SyncOn(ctx, "", func(s *dev.Sync) {
		for room = range s.Rooms.Invite {
			cancel()
		}
	})
	if room == "" {
		t.Fatalf("%s was not invited anywhere", u.UserID)
	}
	return room
}

func read(t *testing.T, u *dev.User, path string, answer any) {
	t.Helper()
	if err := u.Do(t.Context(), http.MethodGet, path, nil, answer); err != nil {
		t.Fatalf("read: %v", err)
	}
}

// programDown: while Silta is down, a client writes and rotates its session
// twice; the homeserver repeats the transactions that failed without the keys.
func programDown(t *testing.T, w *world, p *pair) {
	w.Kill9()
	const messages = 20
	for i := range messages {
		if i == 7 || i == 14 {
			p.mentee.Rotate(p.menteeLeg)
		}
		p.mentee.Text(p.menteeLeg, fmt.Sprintf("katkon aikana %02d", i))
	}
	w.Start()
	p.mentor.AwaitText(p.mentorLeg, fmt.Sprintf("katkon aikana %02d", messages-1))
	next := 0
	for _, e := range p.mentor.Events(0) {
		if e.Room != p.mentorLeg || !strings.HasPrefix(e.Body(), "katkon aikana ") {
			continue
		}
		if want := fmt.Sprintf("katkon aikana %02d", next); e.Body() != want {
			t.Fatalf("%q came where %q was due", e.Body(), want)
		}
		next++
	}
	if next != messages {
		t.Errorf("%d of %d messages came", next, messages)
	}
}

// keysLost: without its crypto tables Silta makes new identities for the bot
// and the ghosts, and the conversation goes on, without a warning for people
// who had verified nobody.
func keysLost(t *testing.T, w *world, p *pair) {
	w.Term()
	files, err := filepath.Glob(filepath.Join(w.Dir, "*-crypto.db*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no crypto tables in %s (%v)", w.Dir, err)
	}
	for _, file := range files {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	w.Start()
	here, there := p.mentee.Mark(), p.mentor.Mark()
	p.mentee.Text(p.menteeLeg, "avaimet katosivat")
	p.mentor.Text(p.mentorLeg, "mutta jutellaan silti")
	fresh := func(c *dev.Person, from int, leg, body string) {
		t.Helper()
		e := c.Await(from, body, dev.Message(leg, body))
		if e.Shield != "NONE" {
			t.Errorf("%q has the shield %s (%s)", body, e.Shield, e.Reason)
		}
	}
	fresh(p.mentor, there, p.mentorLeg, "avaimet katosivat")
	fresh(p.mentee, here, p.menteeLeg, "mutta jutellaan silti")
	p.mentee.Command("help", "", "help.answers")
}

// nothingPlain reads every room of the service as the bot and looks for events
// that are not encrypted, from the first one on.
func nothingPlain(t *testing.T, w *world) {
	own := w.Own()
	as := "user_id=" + url.QueryEscape(w.Bot)
	var joined struct {
		Rooms []string `json:"joined_rooms"`
	}
	read(t, own, "/_matrix/client/v3/joined_rooms?"+as, &joined)
	rooms, sealed := 0, 0
	for _, room := range joined.Rooms {
		var made map[string]any
		read(t, own, "/_matrix/client/v3/rooms/"+url.PathEscape(room)+"/state/m.room.create/?"+as, &made)
		if made["silta"] == nil {
			continue // somebody else's, in which the bot says that it has invited them elsewhere
		}
		rooms++
		topicHelps(t, w, room, as)
		sealed += onlySealed(t, own, room, as)
	}
	if rooms < 12 || sealed < 300 {
		t.Errorf("only %d events in %d rooms were looked at", sealed, rooms)
	}
}

// topicHelps: somebody whose client cannot encrypt sees no message; the topic
// tells them what to do.
func topicHelps(t *testing.T, w *world, room, as string) {
	t.Helper()
	var state struct{ Topic string }
	read(t, w.Own(), "/_matrix/client/v3/rooms/"+url.PathEscape(room)+"/state/m.room.topic/?"+as, &state)
	for _, language := range locale.Languages() {
		pattern, err := w.Words.Pattern(language, "room.topic")
		if err != nil {
			t.Fatal(err)
		}
		if pattern.MatchString(state.Topic) {
			return
		}
	}
	t.Errorf("the topic of a room says %q", state.Topic)
}

// onlySealed counts the encrypted events of a room and complains of others.
// What people wrote in plain text in the tests of that is theirs.
func onlySealed(t *testing.T, own *dev.User, room, as string) (sealed int) {
	t.Helper()
	for from := ""; ; {
		var page struct {
			Chunk []dev.Event
			End   string
		}
		path := "/_matrix/client/v3/rooms/" + url.PathEscape(room) + "/messages?dir=f&limit=500&" + as
		if from != "" {
			path += "&from=" + url.QueryEscape(from)
		}
		read(t, own, path, &page)
		for _, e := range page.Chunk {
			switch {
			case e.Type == "m.room.encrypted":
				sealed++
			case e.StateKey != nil, e.Type == "m.reaction", e.Type == "m.room.redaction":
			case strings.HasPrefix(e.Sender, "@silta"):
				t.Errorf("%s said something plain: a %s", e.Sender, e.Type)
			}
		}
		if from = page.End; from == "" || len(page.Chunk) == 0 {
			return sealed
		}
	}
}

// tables: nothing of what the program keeps, its crypto tables included, tells
// whose devices it encrypts for, not even when it is killed. People's keys are
// public: whoever knew one of them could ask whose it is.
func tables(t *testing.T, w *world) {
	p := w.jsPair(t, dev.Encrypted())
	needles := map[string]string{}
	for _, c := range []*dev.Person{p.mentee, p.mentor} {
		needles["the localpart of "+c.UserID], needles["the device of "+c.UserID] = localpart(c.Client), c.Device
		for name, key := range deviceKeys(t, c) {
			raw, err := base64.RawStdEncoding.DecodeString(key)
			if err != nil {
				t.Fatalf("key %s: %v", name, err)
			}
			needles["the key "+name], needles["the raw key "+name] = key, string(raw)
		}
	}
	for name, needle := range needles {
		if !strings.HasPrefix(name, "the raw") && len(traces(t, w.hs.Dir, map[string]string{name: needle})) == 0 {
			t.Fatalf("the search does not find %s even in the homeserver's database, where it is", name)
		}
	}
	needles["a text"] = "varasto-tekstia"
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for range 30 {
			_, _ = p.mentee.Try("text", map[string]any{"room": p.menteeLeg, "body": needles["a text"]})
		}
	}()
	p.mentor.AwaitText(p.mentorLeg, needles["a text"])
	w.Kill9()
	<-sent
	for _, trace := range traces(t, w.Dir, needles) {
		t.Error(trace)
	}
}

// deviceKeys are the public keys of a person's device, by name, in base64.
func deviceKeys(t *testing.T, p *dev.Person) map[string]string {
	t.Helper()
	var answer struct {
		Devices map[string]map[string]struct {
			Keys map[string]string
		} `json:"device_keys"`
	}
	err := dev.NewUser(p.Account).Do(t.Context(), http.MethodPost, "/_matrix/client/v3/keys/query",
		map[string]any{"device_keys": map[string]any{p.UserID: []string{}}}, &answer)
	if err != nil {
		t.Fatalf("ask for keys: %v", err)
	}
	keys := answer.Devices[p.UserID][p.Device].Keys
	if len(keys) < 2 {
		t.Fatalf("%s has %d keys", p.UserID, len(keys))
	}
	return keys
}
