package rewrite

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// vectors is a file of testdata: what must happen to one row of the table of
// leaks (docs/privacy.md).
type vectors struct {
	Row   int      `json:"row"`
	Leak  string   `json:"leak"`
	Cases []vector `json:"cases"`
}

// vector is an event of Kanerva (@aino:example.org) as Tammi (@otso:koti.example)
// is to see it, or as somebody else of the conversation is.
type vector struct {
	Name     string          `json:"name"`
	Type     string          `json:"type"` // default: m.room.message
	StateKey *string         `json:"state_key"`
	Redacts  string          `json:"redacts"`
	Content  json.RawMessage `json:"content"`
	Viewer   int             `json:"viewer"`   // 1: Tammi (default), 2: Lumi
	Unmapped bool            `json:"unmapped"` // the viewer has no copy of what it relates to

	// Of a vote: the poll's answers, and whose poll it is.
	Ballot     *Ballot `json:"ballot"`
	AuthorOwns bool    `json:"author_owns"`
	ViewerOwns bool    `json:"viewer_owns"`

	// One of these three.
	Want    map[string]any `json:"want"`
	Refused string         `json:"refused"`
	Ignored bool           `json:"ignored"`
}

func goldenPeople() []Person {
	return []Person{
		{Real: "@aino:example.org", Ghost: "@_silta_k3v9:silta.example", Alias: "Kanerva"},
		{Real: "@otso:koti.example", Ghost: "@_silta_p7x2:silta.example", Alias: "Tammi"},
		{Real: "@hilla:tyo.example", Ghost: "@_silta_m1q8:silta.example", Alias: "Lumi"},
	}
}

const (
	goldenTarget = "$copy-of-the-target-in-the-viewers-room-000000"
	goldenReply  = "$copy-of-the-reply-in-the-viewers-room-0000000"
)

func TestGolden(t *testing.T) {
	paths, err := filepath.Glob("testdata/leak-*.json")
	if err != nil || len(paths) < 20 {
		t.Fatalf("%d vectors: %v", len(paths), err)
	}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var file vectors
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.DisallowUnknownFields()
		if err = decoder.Decode(&file); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if fmt.Sprintf("leak-%02d", file.Row) != filepath.Base(path)[:7] || len(file.Cases) == 0 {
			t.Fatalf("%s: row %d, %d cases", path, file.Row, len(file.Cases))
		}
		for _, v := range file.Cases {
			t.Run(fmt.Sprintf("%02d/%s", file.Row, v.Name), v.run)
		}
	}
}

func (v vector) run(t *testing.T) {
	got, err := v.outcome(t)
	var u *Unsupported
	var i *Ignored
	switch {
	case v.Ignored:
		if !errors.As(err, &i) {
			t.Fatalf("not ignored: %v, %v", got, err)
		}
	case v.Refused != "":
		if !errors.As(err, &u) || u.What != v.Refused {
			t.Fatalf("got %v, %v, want it refused as %q", got, err, v.Refused)
		}
	case err != nil:
		t.Fatal(err)
	case !reflect.DeepEqual(got, v.Want):
		g, _ := json.Marshal(got)
		w, _ := json.Marshal(v.Want)
		t.Errorf("got  %s\nwant %s", g, w)
	}
}

// outcome is what the viewer gets: the content with its type as "type".
func (v vector) outcome(t *testing.T) (map[string]any, error) {
	if v.Type == "" {
		v.Type = "m.room.message"
	}
	m, err := Parse(Event{Type: v.Type, Sender: "@aino:example.org", StateKey: v.StateKey, Redacts: v.Redacts, Content: v.Content})
	if err != nil {
		return nil, err
	}
	people := goldenPeople()
	viewer, other := 1, 2
	if v.Viewer == 2 {
		viewer, other = 2, 1
	}
	allowed := Allowed{Users: []string{people[viewer].Real, people[0].Ghost, people[other].Ghost}, Events: []string{goldenTarget, goldenReply},
		Media: []string{goldenMedia, goldenThumb}}
	eventType, content, err := Render(m, View{From: people[0], Viewer: people[viewer], Others: people[other : other+1], Redacted: "[tunnus poistettu]"})
	switch {
	case m.Kind == PollVote && v.Ballot != nil:
		eventType, content = v.Ballot.Vote(v.Ballot.Read(m.Choices, v.AuthorOwns), v.ViewerOwns)
		if v.ViewerOwns {
			allowed.Answers = v.Ballot.IDs
		}
	case m.Kind == PollEnd:
		eventType, content = EndPoll("Äänestys on päättynyt.")
	case err != nil:
		return nil, err
	}
	content = goldenAttach(m, content, v.Name)
	target, reply := goldenTarget, goldenReply
	if v.Unmapped {
		target, reply = "", ""
	}
	if m.Relation.Reply == "" {
		reply = ""
	}
	raw, err := json.Marshal(Relate(content, m.Relation, target, reply))
	if err != nil {
		t.Fatal(err)
	}
	if err = Check(eventType, raw, allowed); err != nil && !bytes.Equal(raw, []byte("null")) {
		t.Errorf("deny-check: %v", err)
	}
	var got map[string]any
	if err = json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	if got != nil {
		got["type"] = eventType
	}
	return got, nil
}
