package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"silta/mentoring"
	"silta/store"
)

// TestRotate: a child process that seals everything anew is killed in the
// middle; the next run goes on. Afterwards everything can be read with the new
// key alone, and nothing with the old one.
func TestRotate(t *testing.T) {
	if dsn := os.Getenv("STORE_ROTATE"); dsn != "" {
		rotateUntilKilled(dsn)
		return
	}
	everywhere(t, func(t *testing.T, w *world) {
		file := filepath.Join(t.TempDir(), "silta.key")
		if err := store.NewKeyFile(file); err != nil {
			t.Fatal(err)
		}
		w.Keys = load(t, file)
		s := w.open()
		c := s.fill(w.now())
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		w.outdated(0)
		if number, err := store.AddKey(file); number != 2 || err != nil {
			t.Fatalf("add: %d, %v", number, err)
		}
		w.Keys = load(t, file)
		all, err := store.Outdated(t.Context(), w.Options)
		if err != nil || all < 2*filled {
			t.Fatalf("%d values, %v", all, err)
		}

		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRotate$")
		child.Env = append(os.Environ(), "STORE_ROTATE="+w.DSN, "STORE_ROTATE_KEYS="+file)
		if out, err := child.CombinedOutput(); err == nil || !strings.Contains(err.Error(), "killed") {
			t.Fatalf("%v\n%s", err, out)
		}
		left, err := store.Outdated(t.Context(), w.Options)
		if err != nil || left == 0 || left == all {
			t.Fatalf("%d of %d are left (%v): it was not killed in the middle", left, all, err)
		}
		half := w.open()
		half.filled(c)
		done, err := half.Rotate(t.Context(), nil)
		if err != nil || done != left {
			t.Errorf("the second run sealed %d of %d (%v)", done, left, err)
		}
		if done, err = half.Rotate(t.Context(), nil); err != nil || done != 0 {
			t.Errorf("a third run sealed %d (%v)", done, err)
		}
		if err := half.Close(); err != nil {
			t.Fatal(err)
		}
		w.outdated(0)

		without(t, file, 1)
		w.Keys = load(t, file)
		w.open().filled(c)
	})
}

func rotateUntilKilled(dsn string) {
	keys, err := store.LoadKeyring(os.Getenv("STORE_ROTATE_KEYS"))
	if err != nil {
		panic(err)
	}
	s, err := store.Open(context.Background(), store.Options{DSN: dsn, Keys: keys})
	if err != nil {
		panic(err)
	}
	_, err = s.Rotate(context.Background(), func(done, total int64) {
		if done > total/2 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
	})
	panic(fmt.Sprint("it ended: ", err))
}

func load(t *testing.T, file string) *store.Keyring {
	t.Helper()
	keys, err := store.LoadKeyring(file)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func (w *world) outdated(want int64) {
	w.t.Helper()
	if n, err := store.Outdated(w.t.Context(), w.Options); n != want || err != nil {
		w.t.Errorf("%d values are sealed with an old key (%v), want %d", n, err, want)
	}
}

// without removes a key from a key file.
func without(t *testing.T, file string, number int) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for line := range strings.Lines(string(content)) {
		if !strings.HasPrefix(line, fmt.Sprint(number, " ")) {
			kept = append(kept, line)
		}
	}
	if err := os.WriteFile(file, []byte(strings.Join(kept, "")), 0o600); err != nil {
		t.Fatal(err)
	}
}

// filled is how many members and rows fill makes, more than one step of Rotate.
const filled = 450

// fill puts something into every sealed column.
func (o *opened) fill(at time.Time) *cast {
	o.t.Helper()
	c := o.cast("a", at)
	o.write(func(tx *store.Tx) error {
		mentor := c.memberships[1].ID
		for i := range filled {
			m := mentoring.Member{Address: address(fmt.Sprint("m", i)), Alias: "Halla", Language: "fi", Join: mentoring.JoinDone}
			if i%2 == 0 {
				m.Alias = "" // is not sealed, and is nothing old
			}
			err := errors.Join(tx.PutMember(&m),
				tx.Enqueue(&store.Row{Lane: store.Lane(i), Kind: store.LaneWork, Payload: []byte("work")}))
			if err != nil {
				return err
			}
		}
		return errors.Join(
			tx.PutSetting("greeting", "hei"),
			tx.PutCard(&mentoring.Card{Membership: mentor, State: mentoring.CardDraft, Story: "tarina"}),
			tx.PutAvailability(&mentoring.Availability{Membership: mentor, AwayText: "lomalla"}),
			tx.PutCanned(&mentoring.Canned{Programme: mentoring.DefaultProgramme, Key: "moi", Words: map[mentoring.Language]string{"fi": "hei"}}),
			tx.PutAsking(&mentoring.Asking{Member: c.mentee.ID, Words: "hei", State: mentoring.AskingOpen}),
			tx.PutPreparation(&mentoring.Preparation{Membership: mentor, Round: "kevät"}),
			fillCase(tx, c),
			tx.PutCardVersion(&mentoring.CardVersion{Card: mentoring.Card{Membership: mentor, Story: "ennen"}}),
			tx.PutDialogue(c.mentee.ID, []byte("kesken")),
			tx.PutQuestion(&mentoring.Question{Programme: mentoring.DefaultProgramme, Wording: mentoring.Wording{Text: mentoring.Words{"fi": "Autoiko?"}}}),
			tx.PutPrompt(&mentoring.Prompt{Membership: mentor, PromptTrail: mentoring.PromptTrail{About: []string{"Kuu"}}}),
			tx.PutQuestioned(&mentoring.Questioned{Member: c.mentee.ID, Off: true}),
			tx.PutRemark(&mentoring.Remark{State: mentoring.RemarkOpen, Text: "hyvä", Writer: c.mentee.ID}),
			tx.PutTopic(&mentoring.Topic{Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit, Key: "suru",
				Words: map[mentoring.Language]string{"fi": "Suru"}}),
			tx.PutText(&mentoring.TextVersion{Key: "hello", Language: "fi", Words: "Terve"}),
			tx.PutUpload(&store.Upload{Conversation: c.conversation.ID, Source: "$image", Number: 2, State: store.UploadWhole, Address: "mxc://x/y", Opens: []byte("avain")}),
			tx.PutPoll(&store.Poll{Conversation: c.conversation.ID, Source: newEvent(), State: []byte("kysely")}),
		)
	})
	return c
}

// filled reads all that fill has put there.
func (o *opened) filled(c *cast) {
	o.t.Helper()
	t := o.t
	o.read(func(tx *store.Tx) error {
		mentor := c.memberships[1].ID
		card, err1 := tx.Card(mentor)
		same(t, "card", card.Story, "tarina")
		away, err2 := tx.Availability(mentor)
		same(t, "away text", away.AwayText, "lomalla")
		dialogue, err3 := tx.Dialogue(c.mentee.ID)
		same(t, "dialogue", string(dialogue), "kesken")
		setting, err4 := tx.Setting("greeting")
		same(t, "setting", setting, "hei")
		talk, err5 := tx.Conversation(c.conversation.ID)
		same(t, "participant", talk.Participants[1].Alias, "Kanerva")
		topics, err6 := tx.Topics(mentoring.DefaultProgramme)
		texts, err7 := tx.Texts()
		if len(topics) != 1 || topics[0].Words["fi"] != "Suru" || len(texts) != 1 || texts[0].Words != "Terve" {
			t.Errorf("topics %v, texts %v", topics, texts)
		}
		upload, err8 := tx.UploadOf(c.conversation.ID, "$image", 2)
		same(t, "upload", upload.Address+string(upload.Opens), "mxc://x/yavain")
		polls, err9 := tx.Polls(c.conversation.ID)
		if len(polls) != 1 || string(polls[0].State) != "kysely" {
			t.Errorf("polls %v", polls)
		}
		prepared, err10 := tx.Preparation(mentor)
		versions, err11 := tx.CardVersions(mentor)
		if prepared.Round != "kevät" || len(versions) != 1 || versions[0].Card.Story != "ennen" {
			t.Errorf("preparation %v, versions %v", prepared, versions)
		}
		asking, err12 := tx.AskingOf(c.mentee.ID)
		same(t, "asking", asking.Words, "hei")
		canned, err13 := tx.CannedTexts(mentoring.DefaultProgramme)
		if len(canned) != 1 || canned[0].Words["fi"] != "hei" || err13 != nil {
			t.Errorf("canned %v, %v", canned, err13)
		}
		questions, err14 := tx.Questions(mentoring.DefaultProgramme)
		prompts, err15 := tx.PromptsOf(mentor)
		questioned, err16 := tx.Questioned(c.mentee.ID)
		remarks, err17 := tx.Remarks("", "", 5, mentoring.RemarkOpen)
		if len(questions) != 1 || questions[0].Wording.Text["fi"] != "Autoiko?" || len(prompts) != 1 || prompts[0].About[0] != "Kuu" ||
			!questioned.Off || len(remarks) != 1 || remarks[0].Text != "hyvä" || remarks[0].Writer != c.mentee.ID {
			t.Errorf("questions %v, prompts %v, questioned %v, remarks %v, %v", questions, prompts, questioned, remarks,
				errors.Join(err14, err15, err16, err17))
		}
		filledCase(t, tx, c)
		err := errors.Join(err12, err10, err11, err1, err2, err3, err4, err5, err6, err7, err8, err9)
		for i := range filled {
			m, wrong := tx.MemberByAddress(address(fmt.Sprint("m", i)))
			err = errors.Join(err, wrong)
			same(t, "address", m.Address, address(fmt.Sprint("m", i)))
		}
		return err
	})
	for i := range filled {
		rows, err := o.Next(t.Context(), store.Lane(i), 0, 10)
		if err != nil || len(rows) != 1 || string(rows[0].Payload) != "work" {
			t.Fatalf("row %d: %d rows, %v", i, len(rows), err)
		}
	}
}

func TestAddKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "silta.key")
	if _, err := store.AddKey(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a key file that is not there: %v", err)
	}
	if err := store.NewKeyFile(file); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	sealed := load(t, file).Seal("a.b", "c", []byte("hei"))
	if number, err := store.AddKey(link); number != 2 || err != nil {
		t.Errorf("%d, %v", number, err)
	}
	keys := load(t, file)
	same(t, "numbers", keys.Numbers(), []int{1, 2})
	if plain, err := keys.Open("a.b", "c", sealed); string(plain) != "hei" || err != nil {
		t.Errorf("the old key: %s, %v", plain, err)
	}
	if fresh := keys.Seal("a.b", "c", nil); fresh[0] != 2 || keys.Newest(sealed) {
		t.Errorf("sealed with key %d", fresh[0])
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if to, err := os.Readlink(link); to != file || err != nil {
		t.Errorf("the link has gone: %v", err)
	}
	others, err := os.ReadDir(filepath.Dir(file))
	if err != nil || len(others) != 1 {
		t.Errorf("%d files, %v", len(others), err)
	}

	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	last := strings.Replace(strings.TrimSuffix(string(content), "\n"), "\n2 ", "\n255 ", 1)
	if err := os.WriteFile(file, []byte(last), 0o600); err != nil {
		t.Fatal(err)
	}
	if number, err := store.AddKey(file); err == nil {
		t.Errorf("key %d", number)
	}
	if after, err := os.ReadFile(file); string(after) != last || err != nil {
		t.Errorf("the file was changed by an error: %v", err)
	}
}
