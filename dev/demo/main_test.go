package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"silta/dev"
)

// output is what the demo has printed so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// begin starts the demo and waits until it is up.
func begin(t *testing.T, dir string) (printed string, end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, done := &output{}, make(chan struct{})
	go func() {
		defer close(done)
		run(ctx, t, dir, out)
	}()
	deadline := time.After(4 * time.Minute)
	for !strings.Contains(out.String(), "Ctrl-C") {
		select {
		case <-done:
			t.Fatalf("the demo ended by itself:\n%s", out)
		case <-deadline:
			t.Fatalf("the demo is not up after four minutes:\n%s", out)
		case <-time.After(20 * time.Millisecond):
		}
	}
	return out.String(), func() { cancel(); <-done }
}

// TestDemo: the demo comes up, its people can log in and use the service, and
// the next start goes on where the first ended.
func TestDemo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	printed, end := begin(t, dir)
	d, err := read(filepath.Join(dir, "demo.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Staff) != 1 || len(d.Mentors) != 3 || len(d.Mentees) != 2 || len(d.New) != 1 || d.Bot == "" {
		t.Fatalf("demo.json: %+v", d)
	}
	words := dev.LoadWords(t)
	enter := func(p person) *dev.Client {
		if !strings.Contains(printed, p.UserID) || !strings.Contains(printed, p.Alias) {
			t.Errorf("the demo does not say that %s can log in", p.UserID)
		}
		return dev.Plain(t, dev.Account{Homeserver: d.Homeserver, UserID: p.UserID, Password: p.Password})
	}
	mentor := enter(d.Mentors[0])
	mentee := dev.Known(t, enter(d.Mentees[1]), d.Bot, "Silta", "en", words)
	mentee.Command("mentors", "", "mentors.head")
	mark := mentee.Mark()
	mentee.Command("choose", d.Mentors[0].Alias, "choose.done")
	leg := mentee.AwaitLeg(mark)
	mentee.Text(leg, "Hello, do you have a moment?")
	e := mentor.Await(0, "the mentee's message", func(e dev.Event) bool { return e.Body() == "Hello, do you have a moment?" })
	if e.Sender == d.Mentees[1].UserID {
		t.Errorf("the message came from the mentee's own account")
	}
	mentee.Close()
	mentor.Close()
	end()

	again := time.Now()
	_, end = begin(t, dir)
	t.Logf("the second start took %v", time.Since(again).Round(100*time.Millisecond))
	mentor = enter(d.Mentors[0])
	mentee = dev.Known(t, enter(d.Mentees[1]), d.Bot, "Silta", "en", words)
	mentor.Text(e.Room, "Yes, after the night, too.")
	mentee.AwaitText(leg, "Yes, after the night, too.")
	end()
}
