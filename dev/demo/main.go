// Command demo brings up a whole service to look at: a real Synapse, the built
// Silta, and people who have joined it by writing to the bot – staff, three
// mentors with approved cards, two mentees – and somebody who has an account and
// has not been there yet. It goes on until Ctrl-C.
//
//	go run ./dev/demo          (make demo)
//
// All of its state is in the folder demo; a later start goes on from there.
// demo/demo.json tells programs what the last lines of the output tell people.
// Remove the folder to begin anew.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"silta/dev"
)

func main() {
	dir := flag.String("dir", "demo", "folder of the demo's state")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	scope := dev.NewScope()
	defer scope.Close()
	run(ctx, scope, *dir, os.Stdout)
}

// person is somebody of the demo, as demo.json has them.
type person struct {
	UserID   string `json:"user_id"`
	Password string `json:"password"`
	Alias    string `json:"alias,omitempty"`
}

// description is demo.json.
type description struct {
	Homeserver string   `json:"homeserver"`
	ServerName string   `json:"server_name"`
	Web        string   `json:"web"` // the page on which people join
	Bot        string   `json:"bot"`
	Staff      []person `json:"staff"`
	Mentors    []person `json:"mentors"`
	Mentees    []person `json:"mentees"`
	New        []person `json:"new"` // have not written to the bot yet
}

// run is the demo; it returns when ctx ends.
func run(ctx context.Context, t dev.T, dir string, out io.Writer) {
	started := time.Now()
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatalf("the demo's folder: %v", err)
	}
	file := filepath.Join(dir, "demo.json")
	known, err := read(file)
	switch {
	case errors.Is(err, os.ErrNotExist): // begun and not finished, or never begun
		if err := os.RemoveAll(dir); err != nil {
			t.Fatalf("the demo's folder: %v", err)
		}
	case err != nil:
		t.Fatalf("%v\nremove %s to begin anew", err, dir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatalf("the demo's folder: %v", err)
	}

	fmt.Fprintln(out, "Starting the homeserver and Silta …")
	hs := dev.NewSynapse(t, dev.InDir(filepath.Join(dir, "synapse"), port(t, dir)))
	program := dev.NewSilta(t, hs, dev.KeptIn(folder(t, dir, "silta")), dev.WithPage(), dev.Staff(hs.User("staff")))
	hs.Start()
	if known == nil {
		known = populate(t, hs, program, out)
		if err := write(file, known); err != nil {
			t.Fatalf("%v", err)
		}
	} else {
		program.Start()
	}
	tell(out, known, dir, time.Since(started))
	wait(ctx, t, program)
	fmt.Fprintln(out, "\nStopping …")
	program.Term()
	hs.Stop()
}

// wait returns when ctx ends; a program that ends by itself is a fault.
func wait(ctx context.Context, t dev.T, program *dev.Program) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
			if !program.Running() {
				t.Fatalf("Silta has ended; the end of its log is:\n%s", program.LogTail())
			}
		}
	}
}

// folder makes a folder in the demo's.
func folder(t dev.T, dir, name string) string {
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(path, 0o700); err != nil {
		t.Fatalf("the demo's folder: %v", err)
	}
	return path
}

// port is where the homeserver is to be found: the usual 8008 if it is free at
// the first start, and the same one ever after.
func port(t dev.T, dir string) int {
	file := filepath.Join(dir, "port.json")
	var port int
	data, err := os.ReadFile(file)
	if err == nil && json.Unmarshal(data, &port) == nil {
		return port
	}
	port = dev.PortOrFree(t, 8008)
	if data, err = json.Marshal(port); err == nil {
		err = os.WriteFile(file, data, 0o600)
	}
	if err != nil {
		t.Fatalf("the demo's folder: %v", err)
	}
	return port
}

func read(file string) (*description, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var d description
	if err := json.Unmarshal(data, &d); err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	return &d, nil
}

func write(file string, d *description) error {
	data, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return os.WriteFile(file, append(data, '\n'), 0o600)
}

// tell says who can log in where.
func tell(out io.Writer, d *description, dir string, took time.Duration) {
	line := func(who string, people []person) {
		for _, p := range people {
			known := ""
			if p.Alias != "" {
				known = "known as " + p.Alias
			}
			fmt.Fprintf(out, "  %-8s %-22s password %-12s %s\n", who, p.UserID, p.Password, known)
		}
	}
	fmt.Fprintf(out, "\nThe demo is up (%.0f s). Log in with any Matrix client, for example Element.\n", took.Seconds())
	fmt.Fprintf(out, "Homeserver: %s   The service: %s   Join here: %s\n\n", d.Homeserver, d.Bot, d.Web)
	line("new", d.New)
	line("mentee", d.Mentees)
	line("mentor", d.Mentors)
	line("staff", d.Staff)
	fmt.Fprintf(out, `
Try this: as the new one, write to the service and join. Then write "mentors", "choose 1",
and a message in the room that appears. As that mentor, answer in another client.
Everything is encrypted, so what people were told before you logged in stays unreadable
for you; whatever comes from now on is not. "help" shows what there is.
Everything is in %s. Ctrl-C ends the demo.
`, strings.TrimSuffix(dir, "/"))
}
