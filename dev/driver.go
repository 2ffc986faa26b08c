package dev

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// lines is a driver that runs a program and speaks JSON lines with it.
type lines struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	next int

	mu      sync.Mutex // one command at a time
	answers chan answer
	once    sync.Once
}

type answer struct {
	ID    int             `json:"id"`
	OK    json.RawMessage `json:"ok"`
	Error string          `json:"error"`
}

var errClientEnded = errors.New("the client's program has ended")

// runLines starts the program; what it tells unasked goes to the client.
func runLines(t T, c *Client, name string, args ...string) *lines {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatalf("start a client: %v", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatalf("start a client: %v", err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start a client: %v", err)
	}
	d := &lines{cmd: cmd, in: in, answers: make(chan answer, 16)}
	go d.read(c, out)
	return d
}

// read handles what the program writes until it ends.
func (d *lines) read(c *Client, out io.Reader) {
	defer close(d.answers)
	scan := bufio.NewScanner(out)
	scan.Buffer(nil, 256<<20)
	for scan.Scan() {
		var line struct {
			answer
			Event      json.RawMessage `json:"event"`
			Membership *struct {
				Room, Membership, Inviter string
			} `json:"membership"`
		}
		if err := json.Unmarshal(scan.Bytes(), &line); err != nil {
			fmt.Fprintf(os.Stderr, "a client said something else than JSON: %.200s\n", scan.Bytes())
			continue
		}
		switch {
		case line.Event != nil:
			c.add(decodeEvent(line.Event))
		case line.Membership != nil:
			c.add(membershipChange(line.Membership.Room, line.Membership.Membership, line.Membership.Inviter))
		case line.ID != 0:
			d.answers <- line.answer
		}
	}
}

// decodeEvent reads an event; what has another form than events have is left empty.
func decodeEvent(raw json.RawMessage) Event {
	var e Event
	// Other people's clients may send anything: a field of another kind stays empty.
	_ = json.Unmarshal(raw, &e)
	e.Raw = append(json.RawMessage(nil), raw...)
	return e
}

// membershipChange is the entry that tells of this person's own membership.
func membershipChange(room, membership, inviter string) Event {
	return Event{Type: membershipEvent, Room: room, Content: map[string]any{"membership": membership, "inviter": inviter}}
}

// commandTime is how long one command may take, creation of keys included.
const commandTime = time.Minute

func (d *lines) call(cmd string, args map[string]any) (json.RawMessage, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.next++
	request := map[string]any{"id": d.next, "cmd": cmd}
	for key, value := range args {
		request[key] = value
	}
	line, err := json.Marshal(request)
	if err != nil {
		return nil, fmt.Errorf("command: %w", err)
	}
	if _, err := d.in.Write(append(line, '\n')); err != nil {
		return nil, errClientEnded
	}
	timeout := time.After(commandTime)
	for {
		select {
		case a, ok := <-d.answers:
			if !ok {
				return nil, errClientEnded
			}
			if a.ID != d.next {
				continue // of a command that was given up
			}
			if a.Error != "" {
				return nil, errors.New(a.Error)
			}
			return a.OK, nil
		case <-timeout:
			return nil, fmt.Errorf("no answer within %v", commandTime)
		}
	}
}

func (d *lines) close() {
	d.once.Do(func() {
		d.in.Close()
		_ = syscall.Kill(-d.cmd.Process.Pid, syscall.SIGKILL) // it may have ended by itself
		_ = d.cmd.Wait()                                      // killed: how it ended says nothing
	})
}
