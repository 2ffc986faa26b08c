package store_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"silta/mentoring"
	"silta/store"
)

// canaries are things that name or quote people. They are written to every
// column that could hold such a thing.
func canaries() []string {
	return []string{
		"@kanarialintu.aino:salainen.example", "Kanarialintu-Alias", "Kanarialintu kertoo: en jaksa enää", "kanarialintu-koodi-99", "Kanarian saaret",
	}
}

func plantCanaries(tx *store.Tx, w *world) error {
	c := canaries()
	m := mentoring.Member{Address: c[0], Alias: c[1], Join: mentoring.JoinDone, Created: w.now(), Account: c[4]}
	if err := tx.PutMember(&m); err != nil {
		return err
	}
	ms := mentoring.Membership{Member: m.ID, Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit, Role: mentoring.Mentor, State: mentoring.Active}
	if err := tx.PutMembership(&ms); err != nil {
		return err
	}
	conv := mentoring.Conversation{Kind: mentoring.KindMentoring, Participants: []mentoring.Participant{{Number: 1, Member: m.ID, Alias: c[1]}}}
	if err := tx.PutConversation(&conv); err != nil {
		return err
	}
	if _, err := tx.Seen(c[2]); err != nil {
		return err
	}
	call := mentoring.Case{Kind: mentoring.CaseReport, State: mentoring.CaseClaimed, Opener: m.ID, Conversation: conv.ID, Reason: c[2]}
	if err := tx.PutCase(&call); err != nil {
		return err
	}
	return errors.Join(
		tx.PutCard(&mentoring.Card{Membership: ms.ID, Alias: c[1], Area: c[4], Story: c[2], Status: c[2], AgeBand: c[4], Topics: []string{c[4]}}),
		tx.PutCanned(&mentoring.Canned{Key: "k", Words: map[mentoring.Language]string{"fi": c[2]}}),
		tx.PutQuestion(&mentoring.Question{Wording: mentoring.Wording{Text: mentoring.Words{"fi": c[2]}}}),
		tx.PutPrompt(&mentoring.Prompt{Membership: ms.ID, PromptTrail: mentoring.PromptTrail{About: []string{c[1]}}}),
		tx.PutRemark(&mentoring.Remark{Text: c[2], Answer: c[4], Writer: m.ID}),
		tx.PutAsking(&mentoring.Asking{Member: m.ID, Words: c[2]}),
		tx.PutPreparation(&mentoring.Preparation{Membership: ms.ID, Round: c[2]}),
		tx.PutCardVersion(&mentoring.CardVersion{Card: mentoring.Card{Membership: ms.ID, Story: c[2]}}),
		tx.PutAvailability(&mentoring.Availability{Membership: ms.ID, AwayText: c[2]}),
		tx.PutNote(&mentoring.Note{Case: call.ID, Author: m.ID, Words: c[2]}),
		tx.PutSnapshot(&mentoring.Snapshot{Case: call.ID, Member: m.ID, Conversation: conv.ID, Excerpts: []mentoring.Excerpt{{Words: c[2]}}}),
		tx.PutDuty(&mentoring.Duty{Case: call.ID, Writer: m.ID, Parts: map[mentoring.DutyPart]string{mentoring.DutyName: c[4], mentoring.DutyConcern: c[2]}}),
		tx.PutDialogue(m.ID, []byte(c[2])),
		tx.PutCode(c[3], &mentoring.Code{Kind: mentoring.CodeMentor}),
		tx.PutPhrase(c[3], mentoring.PhraseRecord{Member: m.ID, Hash: []byte(c[2])}),
		tx.PutTotp(&mentoring.Totp{Member: m.ID, Link: c[2]}),
		tx.PutAttempts(c[0], mentoring.Attempts{Wrong: 1}),
		tx.PutSetting("welcome", c[2]),
		tx.PutTopic(&mentoring.Topic{Key: "t", Words: map[mentoring.Language]string{"fi": c[4]}}),
		tx.PutText(&mentoring.TextVersion{Key: "k", Words: c[2]}),
		tx.PutUpload(&store.Upload{Conversation: conv.ID, Source: "$source", State: store.UploadWhole, Address: c[0], Opens: []byte(c[2])}),
		tx.PutPoll(&store.Poll{Conversation: conv.ID, Source: "$x:y", State: []byte(c[2])}),
		tx.Enqueue(&store.Row{Lane: 5, Kind: store.LaneIn, Payload: []byte(c[0] + c[2])}),
	)
}

// traces are the forms in which a text could be found again.
func traces(text string) [][]byte {
	wide := new(bytes.Buffer)
	for _, unit := range utf16.Encode([]rune(text)) {
		wide.Write([]byte{byte(unit), byte(unit >> 8)})
	}
	return [][]byte{
		[]byte(text), []byte(strings.ToLower(text)), []byte(hex.EncodeToString([]byte(text))),
		[]byte(base64.StdEncoding.EncodeToString([]byte(text)))[:12], wide.Bytes(),
	}
}

func searchFor(t *testing.T, where string, content []byte) {
	t.Helper()
	if len(content) == 0 {
		t.Errorf("%s: nothing to search", where)
	}
	for _, canary := range append(canaries(), "kanarialintu", "salainen.example") {
		for _, trace := range traces(canary) {
			if bytes.Contains(content, trace) {
				t.Errorf("%s holds %q", where, trace)
			}
		}
	}
}

// TestStolenFiles: whoever has the database files and a backup finds no name,
// no Matrix ID and no text; while it is open, after it was closed.
func TestStolenFiles(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.open()
		s.write(func(tx *store.Tx) error { return plantCanaries(tx, w) })
		var rows []store.Row
		for range 2 { // a row that is done and one that was rewritten leave nothing either
			rows = s.put(store.Row{Lane: 6, Kind: store.LaneIn, Payload: []byte(canaries()[2])})
		}
		s.write(func(tx *store.Tx) error { return tx.Rewrite(rows[0].ID, []byte(canaries()[0])) })
		s.write(func(tx *store.Tx) error { return tx.Done(rows[0].ID) })
		s.read(func(tx *store.Tx) error { // it is really there
			_, err := tx.MemberByAddress(canaries()[0])
			return err
		})
		searchFiles(t, w, "while open")
		searchFor(t, "the backup", unpacked(t, backupOf(t, w)))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		searchFiles(t, w, "after closing")
	})
}

func searchFiles(t *testing.T, w *world, when string) {
	t.Helper()
	if !w.sqlite() {
		searchFor(t, "a dump, "+when, dump(t, w))
		return
	}
	for _, suffix := range []string{"", "-wal"} {
		content, err := os.ReadFile(w.file(suffix))
		if suffix == "-wal" && when == "after closing" && errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		searchFor(t, filepath.Base(w.file(suffix))+", "+when, content)
	}
}

// TestSearchFinds: the search would find a canary that is there.
func TestSearchFinds(t *testing.T) {
	for _, canary := range canaries() {
		for _, trace := range traces(canary) {
			inner := &testing.T{}
			searchFor(inner, "x", append([]byte("before"), trace...))
			if !inner.Failed() {
				t.Errorf("%q is not found", trace)
			}
		}
	}
}
