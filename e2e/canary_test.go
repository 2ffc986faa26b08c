package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"silta/dev"
)

// canaries are things that nobody must ever find in logs, metrics, database or
// backup. They are ASCII, so that no escaping hides them from the search.
func canaries() map[string]string {
	return map[string]string{
		"a localpart":          "kanarialintu",
		"a mentor's localpart": "viherpeippo",
		"a display name":       "Sirkutusnimi",
		"a device name":        "Munintapuhelin",
		"a text":               "livertelyteksti",
		"a text that waits":    "odotussirkutus",
		"a text that is held":  "piilopesakyhja",
		"an edit":              "korjauslurittelu",
		"a nickname":           "Visertelija",
		"a mentor's alias":     "Pesapuulainen",
		"a story":              "untuvatarina",
		"an area":              "Haavikkoseutu",
		"a status":             "hautomistilanne",
		"an away text":         "muuttomatkalla",
		"a note of staff":      "sulkasatohuomio",
		"a command":            "rastasrimpuilu",
		"a file name":          "pulmussuotokuva",
		"a camera":             "Kottaraiskamera",
		"a caption":            "harakkakuvateksti",
	}
}

// TestLeak69Canary runs the whole program with things that must not be found, kills
// it in the middle, and then searches everything that it has left behind.
func TestLeak69Canary(t *testing.T) {
	t.Parallel()
	c := canaries()
	hs := dev.NewSynapse(t, dev.WithoutAutoAccept())
	options := append(allMedia("tmp"), dev.Set("log", map[string]any{"level": "trace", "format": "json"}))
	program := dev.NewSilta(t, hs, options...)
	if err := os.MkdirAll(filepath.Join(program.Dir, "tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	hs.Start()
	staff := dev.Plain(t, hs.Register("staff", "salasana"))
	program.Start()
	s := program.Open(staff)

	mentor := s.Mentor(dev.Plain(t, named(t, hs, c["a mentor's localpart"], c["a display name"])), "fi", dev.Card{
		Alias: c["a mentor's alias"], AgeBand: 2, Area: c["an area"], Story: c["a story"], Topics: "1", Languages: "1"})
	mentor.Command("status", c["a status"], "status.done")
	mentee := s.Mentee(dev.Plain(t, named(t, hs, c["a localpart"], c["a display name"])), "fi", c["a nickname"])
	menteeLeg, mentorLeg := s.Conversation(mentee, mentor, c["a mentor's alias"], c["a text"]+" alku")
	first := mentee.Text(menteeLeg, c["a text"])
	mentor.AwaitText(mentorLeg, c["a text"])
	mentee.Edit(menteeLeg, first, c["an edit"])
	asked := mentee.Mark()
	mentee.Text(menteeLeg, c["a text that is held"]+" 040 1234567")
	mentee.HearsIn(menteeLeg, asked, "guard.ask")
	mentor.AwaitText(mentorLeg, "* "+c["an edit"])
	picture := map[string]any{"msgtype": "m.image", "filename": c["a file name"] + ".jpg", "body": c["a caption"],
		"url": mentee.UploadPlain(photoBy(t, c["a camera"]))}
	mentee.Send(menteeLeg, "m.room.message", picture)
	mentor.AwaitText(mentorLeg, c["a caption"])
	mentee.Text(menteeLeg, "!"+c["a command"])
	mentor.Command("away", c["an away text"], "away.done")
	s.StaffRoom.Say("!" + s.Words.Command("fi", "return") + " 1 " + c["a note of staff"])
	s.StaffRoom.HearsEither("card.nothing_to_judge", "mentor.unknown")

	// Something waits in the queue, and something is on its way, when it is killed.
	mentor.Leave(mentorLeg)
	mentee.HearsIn(menteeLeg, 0, "chat.left")
	mentee.Send(menteeLeg, "m.room.message", picture) // fetched at once, and waits
	for i := range 5 {
		mentee.Text(menteeLeg, fmt.Sprintf("%s %d", c["a text that waits"], i))
	}
	metrics := page(t, program.HealthURL()+"/metrics")
	backup := filepath.Join(program.Dir, "backup")
	if out, err := program.Run("backup", backup); err != nil {
		t.Fatalf("silta backup: %v\n%s", err, out)
	}
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for i := range 30 {
			_, _ = mentee.Try("text", map[string]any{"room": menteeLeg, "body": fmt.Sprintf("%s %d", c["a text that waits"], 5+i)})
		}
	}()
	time.Sleep(300 * time.Millisecond)
	program.Kill9()
	<-sent

	if len(traces(t, hs.Dir, map[string]string{"a localpart": c["a localpart"]})) == 0 {
		t.Fatal("the search finds nothing, not even in the homeserver's database, where it all is")
	}
	nothing(t, program, metrics)

	program.Start()
	back := mentor.Mark()
	mentor.Command("open", "", "open.done")
	mentor.Await(back, "an invitation back", dev.Membership(mentorLeg, "invite"))
	mentor.Join(mentorLeg)
	for i := range 35 {
		mentor.AwaitText(mentorLeg, fmt.Sprintf("%s %d", c["a text that waits"], i))
	}
	program.Term()
	nothing(t, program, "")
}

// named makes an account whose Matrix ID and profile name are canaries.
func named(t *testing.T, hs *dev.Homeserver, localpart, name string) dev.Account {
	t.Helper()
	a := hs.Register(localpart, "salasana")
	err := dev.NewUser(a).Do(t.Context(), http.MethodPut, "/_matrix/client/v3/profile/"+a.UserID+"/displayname",
		map[string]string{"displayname": name}, nil)
	if err != nil {
		t.Fatalf("set a display name: %v", err)
	}
	err = dev.NewUser(a).Do(t.Context(), http.MethodPut, "/_matrix/client/v3/devices/"+a.Device,
		map[string]string{"display_name": canaries()["a device name"]}, nil)
	if err != nil {
		t.Fatalf("name a device: %v", err)
	}
	return a
}

// page is the text of a page.
func page(t *testing.T, url string) string {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatalf("read a page: %v", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("read a page: %v", err)
	}
	return string(body)
}

// nothing searches the program's folder (database, its journals, backup, log)
// and a metrics page.
func nothing(t *testing.T, program *dev.Program, metrics string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(program.Dir, "metrics"), []byte(metrics), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, trace := range traces(t, program.Dir, canaries()) {
		t.Error(trace)
	}
	matrixID := regexp.MustCompile(`[@!#][A-Za-z0-9._=/+-]+:localhost|\$[A-Za-z0-9_-]{30,}|mxc://|matrix\.to`)
	for what, text := range map[string]string{"log": program.Log(), "metrics": metrics} {
		for line := range strings.Lines(text) {
			if id := matrixID.FindString(line); id != "" {
				t.Errorf("%s in the %s: %s", id, what, line)
			}
		}
	}
}

// traces looks for each of the needles, in whatever coding, in every file of a
// folder, and tells what it found where.
func traces(t *testing.T, dir string, needles map[string]string) (found []string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		data = bytes.ToLower(data)
		for what, needle := range needles {
			for coding, coded := range codings(needle) {
				if bytes.Contains(data, bytes.ToLower(coded)) {
					found = append(found, fmt.Sprintf("%s (%s) is in %s as %s", what, needle, filepath.Base(path), coding))
				}
			}
		}
		return nil
	})
	if err != nil || files < 2 {
		t.Fatalf("search %s: %d files, %v", dir, files, err)
	}
	return found
}

// codings are the forms in which a text may stand in a file.
func codings(text string) map[string][]byte {
	wide := make([]byte, 0, 2*len(text))
	for _, b := range []byte(text) {
		wide = append(wide, b, 0)
	}
	all := map[string][]byte{
		"plain text":  []byte(text),
		"hexadecimal": []byte(hex.EncodeToString([]byte(text))),
		"UTF-16":      wide,
	}
	for shift := range 3 { // what stays the same wherever the text begins
		coded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat(" ", shift) + text))
		all[fmt.Sprintf("base64/%d", shift)] = []byte(strings.TrimRight(coded, "=")[[]int{0, 2, 3}[shift] : len(coded)-4])
	}
	return all
}
