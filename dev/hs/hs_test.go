package hs

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// service is an appservice of a test: it keeps what it is sent and makes
// requests as its users.
type service struct {
	t      *testing.T
	s      *Server
	client *http.Client
	base   string

	mu     sync.Mutex
	events []string // type of each event, in order of coming
	ids    []string
	txns   []string
	direct int
	refuse int // so many transactions are answered with 500
}

func newService(t *testing.T, change func(*Options)) *service {
	t.Helper()
	as := &service{t: t, base: "http://hs"}
	o := Options{Name: "example.org", Appservice: Appservice{
		ID: "a", Token: "as", HSToken: "hs", Sender: "silta", Users: regexp.MustCompile(`^@silta_.*:example\.org$`), Handler: as,
	}}
	if change != nil {
		change(&o)
	}
	as.s = New(o)
	as.client = &http.Client{Transport: as.s.Link()}
	t.Cleanup(as.s.Close)
	return as
}

func (as *service) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	var txn struct {
		Events []struct {
			Type string `json:"type"`
			ID   string `json:"event_id"`
		}
		ToDevice []any `json:"de.sorunome.msc2409.to_device"`
	}
	if err := json.NewDecoder(req.Body).Decode(&txn); err != nil || req.Header.Get("Authorization") != "Bearer hs" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	as.mu.Lock()
	defer as.mu.Unlock()
	as.txns = append(as.txns, req.URL.Path[strings.LastIndexByte(req.URL.Path, '/')+1:])
	as.direct += len(txn.ToDevice)
	if as.refuse > 0 {
		as.refuse--
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	for _, ev := range txn.Events {
		as.events, as.ids = append(as.events, ev.Type), append(as.ids, ev.ID)
	}
}

// call makes a request as a user ("" for the sender) and expects a status.
func (as *service) call(want int, user, method, path string, body any) map[string]any {
	as.t.Helper()
	raw, _ := json.Marshal(body)
	query := ""
	if user != "" {
		query = "?user_id=" + url.QueryEscape(strings.Split(user, "/")[0])
		if _, device, ok := strings.Cut(user, "/"); ok {
			query += "&device_id=" + device
		}
	}
	req, err := http.NewRequest(method, as.base+"/_matrix/client/v3/"+path+query, bytes.NewReader(raw))
	if err != nil {
		as.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer as")
	resp, err := as.client.Do(req)
	if err != nil {
		as.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != want {
		as.t.Fatalf("%s %s as %q: HTTP %d %s; want %d", method, path, user, resp.StatusCode, answer, want)
	}
	var out map[string]any
	_ = json.Unmarshal(answer, &out)
	return out
}

const ghost = "@silta_g:example.org"

// leg makes a room of the appservice with a ghost in it and a person asked in.
func (as *service) leg(p *Person) string {
	as.t.Helper()
	as.call(200, "", "POST", "register", object{"username": "silta_g", "type": "m.login.application_service", "inhibit_login": true})
	room := as.call(200, "", "POST", "createRoom", object{"preset": "private_chat", "invite": []string{p.ID, ghost}})["room_id"].(string)
	as.call(200, ghost, "POST", "join/"+url.PathEscape(room), nil)
	return url.PathEscape(room)
}

func TestMembershipRules(t *testing.T) {
	as := newService(t, nil)
	aino, other := as.s.Person("aino"), as.s.Person("other")
	room := as.leg(aino)
	id, _ := url.PathUnescape(room)
	hello := object{"msgtype": "m.text", "body": "hei"}

	as.call(403, "@silta_new:example.org", "GET", "account/whoami", nil) // not registered
	as.call(403, "@aino:example.org", "GET", "account/whoami", nil)      // not ours
	as.call(200, "@silta_other:example.org", "POST", "register", object{"username": "silta_other", "inhibit_login": true})
	as.call(403, "@silta_other:example.org", "PUT", "rooms/"+room+"/send/m.room.message/1", hello) // not in the room
	if _, err := aino.Say(id, "too early"); err == nil {
		t.Error("a person who is only invited could write")
	}
	if other.Join(id) == nil {
		t.Error("a stranger could join")
	}
	if err := aino.Join(id); err != nil {
		t.Fatal(err)
	}
	if _, err := aino.Say(id, "hei"); err != nil {
		t.Error(err)
	}
	if aino.SetState(id, "m.room.name", "", object{"name": "x"}) == nil {
		t.Error("a person without power could rename the room")
	}
	if err := aino.Leave(id); err != nil {
		t.Fatal(err)
	}
	if _, err := aino.Say(id, "too late"); err == nil {
		t.Error("a person who has left could write")
	}
	as.call(403, "", "POST", "rooms/"+room+"/invite", object{"user_id": ghost}) // already in
	for range 2 {                                                               // the same invitation again is no second event
		as.call(200, "", "POST", "rooms/"+room+"/invite", object{"user_id": aino.ID})
	}
	invitations := 0
	for _, ev := range as.s.Events(id) {
		if ev.StateKey != nil && *ev.StateKey == aino.ID && ev.Content["membership"] == "invite" {
			invitations++
		}
	}
	if invitations != 2 {
		t.Errorf("%d invitations, want one from before and one anew", invitations)
	}
	if !slices.Equal(aino.Rooms("invite"), []string{id}) {
		t.Error("the second invitation did not arrive")
	}
}

func TestPowerLevels(t *testing.T) {
	for _, version := range []string{"11", "12"} {
		as := newService(t, func(o *Options) { o.RoomVersion = version })
		aino := as.s.Person("aino")
		users := object{"@silta:example.org": 100}
		if version == "12" {
			as.call(400, "", "POST", "createRoom", object{"power_level_content_override": object{"users": users}})
			users = object{}
		}
		room := as.call(200, "", "POST", "createRoom", object{"preset": "private_chat", "invite": []string{aino.ID},
			"power_level_content_override": object{"users": users, "invite": 100, "state_default": 100}})["room_id"].(string)
		if (strings.Contains(room, ":")) != (version == "11") {
			t.Errorf("room version %s has the ID %s", version, room)
		}
		if err := aino.Join(room); err != nil {
			t.Fatal(err)
		}
		if aino.Invite(room, as.s.Person("other").ID) == nil {
			t.Errorf("version %s: a person could invite", version)
		}
		if aino.Kick(room, "@silta:example.org") == nil {
			t.Errorf("version %s: a person could kick the bot", version)
		}
	}
}

func TestTransactionIDs(t *testing.T) {
	as := newService(t, nil)
	aino := as.s.Person("aino")
	room := as.leg(aino)
	as.call(200, ghost, "PUT", "devices/D", object{})
	send := func(as *service, user, txn string) string {
		return as.call(200, user, "PUT", "rooms/"+room+"/send/m.room.message/"+txn, object{"body": "x"})["event_id"].(string)
	}
	first := send(as, ghost, "1")
	if len(first) != 44 || first[0] != '$' {
		t.Errorf("event ID %q", first)
	}
	if send(as, ghost, "1") != first || send(as, ghost, "2") == first {
		t.Error("the transaction ID does not decide what is the same")
	}
	with := send(as, ghost+"/D", "3")
	as.s.Restart()
	if send(as, ghost+"/D", "3") != with {
		t.Error("with a device the ID must outlive a restart")
	}
	if send(as, ghost, "1") == first {
		t.Error("without a device the ID is forgotten at a restart")
	}
	as.call(400, ghost+"/E", "PUT", "rooms/"+room+"/send/m.room.message/4", object{})
}

func TestTransactionsOrderedRepeatedAndBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		as := newService(t, nil)
		aino := as.s.Person("aino")
		room := as.leg(aino)
		id, _ := url.PathUnescape(room)
		if err := aino.Join(id); err != nil {
			t.Fatal(err)
		}
		var want []string
		for i := range 250 {
			ev, err := aino.Say(id, fmt.Sprint(i))
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, ev)
		}
		as.refuse = 2
		as.s.Start()
		start := time.Now()
		for !as.s.Quiet() {
			time.Sleep(time.Second)
		}
		synctest.Wait()
		if took := time.Since(start); took < 6*time.Second {
			t.Errorf("two refusals must cost 2 and 4 seconds, took %v", took)
		}
		if as.txns[0] != "1" || as.txns[2] != "1" || as.txns[3] != "2" {
			t.Errorf("transactions came as %v", as.txns)
		}
		if n := len(as.ids); n < 250 || !slices.Equal(as.ids[n-250:], want) {
			t.Errorf("%d events came, not in order", n)
		}
		as.s.Close()
	})
}

func TestStrandedTransactionsComeFirstAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		as := newService(t, func(o *Options) {
			o.PerEvent = true
			o.PushFault = func(p Push) PushFault { return PushFault{Strand: p.N == 2} }
		})
		as.s.Start()
		room := as.leg(as.s.Person("aino"))
		time.Sleep(time.Minute)
		if as.s.Quiet() {
			t.Error("a transaction stayed behind, and the server is quiet")
		}
		as.mu.Lock()
		as.refuse = 1
		as.mu.Unlock()
		as.call(200, ghost, "PUT", "rooms/"+room+"/send/m.room.message/1", object{"body": "x"})
		time.Sleep(time.Minute)
		synctest.Wait()
		n := len(as.txns)
		if !as.s.Quiet() || as.txns[1] == "2" || as.txns[n-2] != "2" || as.txns[n-1] != as.txns[n-3] {
			t.Errorf("transactions came as %v", as.txns)
		}
		as.s.Close()
	})
}

func TestToDeviceIsLostWhenATransactionFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		as := newService(t, nil)
		as.leg(as.s.Person("aino"))
		as.call(200, ghost, "PUT", "devices/D", object{})
		message := object{"messages": object{ghost: object{"D": object{"x": 1}}}}
		as.refuse = 1
		as.s.Start()
		as.call(200, ghost, "PUT", "sendToDevice/m.room_key/1", message)
		time.Sleep(time.Minute)
		synctest.Wait()
		if as.direct != 1 { // seen in the failed attempt only
			t.Errorf("%d to-device messages came, want 1", as.direct)
		}
		inbox := as.call(200, ghost+"/D", "GET", "sync", nil)["to_device"].(map[string]any)["events"].([]any)
		if len(inbox) != 1 {
			t.Errorf("%d in the inbox, want 1", len(inbox))
		}
		as.s.Close()
	})
}

func TestFaults(t *testing.T) {
	var fault Fault
	as := newService(t, func(o *Options) { o.Fault = func(Call) Fault { return fault } })
	aino := as.s.Person("aino")
	room := as.leg(aino)
	path := "rooms/" + room + "/send/m.room.message/"
	id, _ := url.PathUnescape(room)
	before := len(as.s.Events(id))

	fault = Fault{Status: 429, RetryAfter: 1500 * time.Millisecond}
	if got := as.call(429, ghost, "PUT", path+"1", object{})["retry_after_ms"]; got != 1500.0 {
		t.Errorf("retry_after_ms is %v", got)
	}
	if n := len(as.s.Events(id)); n != before {
		t.Error("a refused send took effect")
	}
	fault = Fault{Cut: true, After: true}
	req, _ := http.NewRequest("PUT", as.base+"/_matrix/client/v3/"+path+"2?user_id="+url.QueryEscape(ghost), strings.NewReader("{}"))
	req.Header.Set("Authorization", "Bearer as")
	if resp, err := as.client.Do(req); err == nil {
		resp.Body.Close()
		t.Error("the connection was not cut")
	}
	if n := len(as.s.Events(id)); n != before+1 {
		t.Error("the send did not take effect before the cut")
	}
}

func TestViewAndRedaction(t *testing.T) {
	as := newService(t, nil)
	aino := as.s.Person("aino")
	room := as.leg(aino)
	id, _ := url.PathUnescape(room)
	if err := aino.Join(id); err != nil {
		t.Fatal(err)
	}
	must := func(ev string, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return ev
	}
	one := must(aino.Say(id, "one"))
	two := must(aino.Reply(id, one, "two"))
	must(aino.Edit(id, one, "ONE"))
	must(aino.React(id, two, "👍"))
	gone := must(aino.Say(id, "gone"))
	if _, err := aino.React(id, two, "👍"); err == nil {
		t.Error("the same reaction twice was accepted")
	}
	if err := aino.Redact(id, gone); err != nil {
		t.Fatal(err)
	}
	theirs := as.call(200, ghost, "PUT", "rooms/"+room+"/send/m.room.message/1", object{"body": "x"})["event_id"].(string)
	if aino.Redact(id, theirs) == nil {
		t.Error("a person could redact another's message")
	}
	got := fmt.Sprint(aino.View(id))
	want := fmt.Sprint([]Message{
		{Event: one, Sender: aino.ID, Kind: "m.text", Body: "ONE", Edited: true},
		{Event: two, Sender: aino.ID, Kind: "m.text", Body: "two", ReplyTo: one, Reactions: aino.View(id)[1].Reactions},
		{Event: theirs, Sender: ghost, Kind: "m.room.message", Body: "x"},
	})
	if got != want || len(aino.View(id)[1].Reactions) != 1 {
		t.Errorf("view:\n%s\nwant\n%s", got, want)
	}
}

func TestHistoryOnlyForThoseWhoWereThere(t *testing.T) {
	as := newService(t, nil)
	aino := as.s.Person("aino")
	room := as.call(200, "", "POST", "createRoom", object{"invite": []string{aino.ID}, "initial_state": []any{
		object{"type": "m.room.history_visibility", "content": object{"history_visibility": "joined"}}}})["room_id"].(string)
	say := func(txn string) {
		as.call(200, "", "PUT", "rooms/"+url.PathEscape(room)+"/send/m.room.message/"+txn, object{"msgtype": "m.text", "body": txn})
	}
	say("before")
	if err := aino.Join(room); err != nil {
		t.Fatal(err)
	}
	say("during")
	if err := aino.Leave(room); err != nil {
		t.Fatal(err)
	}
	say("after")
	if v := aino.View(room); len(v) != 1 || v[0].Body != "during" {
		t.Errorf("sees %v", v)
	}
}

func TestOverTCPAndFast(t *testing.T) {
	as := newService(t, nil)
	var err error
	if as.base, err = as.s.Listen(); err != nil {
		t.Fatal(err)
	}
	as.client = &http.Client{Transport: &http.Transport{}}
	room := as.leg(as.s.Person("aino"))
	as.call(404, "", "GET", "nonsense", nil)

	as.client = &http.Client{Transport: &http.Transport{}} // new connections are fast ones
	var seen []string
	as.s.Fast(&Fast{OnSend: func(room, kind, _, body []byte) { seen = append(seen, string(room)+string(kind)+string(body)) }})
	one := as.call(200, ghost, "PUT", "rooms/"+room+"/send/m.room.message/1", object{"a": 1})["event_id"].(string)
	two := as.call(200, ghost, "PUT", "rooms/"+room+"/send/m.room.message/1", object{"a": 2})["event_id"].(string)
	if one == two || len(one) != 44 {
		t.Errorf("fast event IDs %q, %q", one, two)
	}
	if want := []string{room + `m.room.message{"a":1}`, room + `m.room.message{"a":2}`}; !slices.Equal(seen, want) {
		t.Errorf("seen %q, want %q", seen, want)
	}
	if as.call(200, "", "GET", "account/whoami", nil)["user_id"] != "@silta:example.org" {
		t.Error("other requests must work as ever")
	}
}

func TestPingEndsTheBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		as := newService(t, nil)
		as.refuse = 1
		as.s.Start()
		as.leg(as.s.Person("aino"))
		synctest.Wait()
		start := time.Now()
		req, _ := http.NewRequestWithContext(context.Background(), "POST", as.base+"/_matrix/client/v1/appservice/a/ping", strings.NewReader(`{}`))
		req.Header.Set("Authorization", "Bearer as")
		resp, err := as.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		synctest.Wait()
		if !as.s.Quiet() || time.Since(start) > time.Second {
			t.Errorf("not delivered at once after the ping (status %d)", resp.StatusCode)
		}
		as.s.Close()
	})
}
