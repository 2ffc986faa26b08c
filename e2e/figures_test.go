package e2e

import (
	"bytes"
	"context"
	"image/png"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"silta/dev"
	"silta/figures"
	"silta/mentoring"
	"silta/store"
)

// TestFigures: staff ask for figures in a web client and see them in words and in
// a picture, in an encrypted room; the report's link opens once, a page that is as
// it should be for everybody.
func TestFigures(t *testing.T) {
	t.Parallel()
	v := dev.NewVisitor(t)
	hs := dev.NewSynapse(t)
	program := dev.NewSilta(t, hs, dev.WithPage(), dev.PageSet("client_url", v.ClientURL))
	hs.Start()
	account := hs.Register("staff", "salasana")
	staff := dev.Plain(t, account)
	program.Start()
	s := program.Open(staff)
	program.Term()
	year := lastYear(t, program)
	program.Start()

	v.Visit(dev.Desktop("fi"), strings.ReplaceAll(v.ClientURL, "{homeserver}", account.Homeserver))
	v.Fill("#username", "staff")
	v.Fill("#password", "salasana")
	v.Click(`.PasswordLoginView button[type="submit"]`)
	v.Click(".RoomList li >> text=staff")
	mark := s.StaffRoom.Mark()
	v.Fill(".MessageComposer_input textarea", "!tilastot "+year)
	v.Press("Enter")
	v.Shows("text=Rekisteröityneitä 240")
	image := s.StaffRoom.Await(mark, "a picture", func(e dev.Event) bool { return e.Room == s.StaffRoom.Room && e.Text("msgtype") == "m.image" })
	file, sealed := image.Content["file"].(map[string]any)
	if !sealed || !strings.HasPrefix(image.Body(), "Rekisteröityneet ja") {
		t.Fatalf("%v %s", sealed, image.Body())
	}
	picture, err := png.Decode(bytes.NewReader(staff.Fetch(file)))
	if err != nil || picture.Bounds().Dx() != figures.Width {
		t.Fatalf("the picture: %v", err)
	}
	v.Shows(`.Timeline img[alt^="Rekisteröityneet ja"]`)
	v.Shows(`.Timeline img[alt^="Keskustelut kuukausittain"][src^="blob:"]`) // it has been decrypted
	v.Shows(`.Timeline img[alt^="Kirjoittaneet kuukausittain"][src^="blob:"]`)
	v.Screenshot("figures-staff-room")

	mark = s.StaffRoom.Mark()
	s.StaffRoom.Text(s.StaffRoom.Room, "!luvut "+year)
	said, _ := s.StaffRoom.HearsIn(s.StaffRoom.Room, mark, "figures.link")
	link := regexp.MustCompile(`http\S+/figures/\S+`).FindString(said.Body())
	for _, device := range []dev.Device{dev.Desktop("fi"), dev.Phone("fi")} {
		if device.Mobile {
			mark = s.StaffRoom.Mark()
			s.StaffRoom.Text(s.StaffRoom.Room, "!luvut "+year)
			said, _ = s.StaffRoom.HearsIn(s.StaffRoom.Room, mark, "figures.link")
			link = regexp.MustCompile(`http\S+/figures/\S+`).FindString(said.Body())
			device.Dark = true
		}
		v.Visit(device, link)
		look(t, v, "figures-button")
		v.Click(`button[type="submit"]`)
		v.Shows("text=Mentorille kirjoitti")
		name := "figures-report"
		if device.Mobile {
			name += "-phone"
		}
		look(t, v, name)
	}
	v.Visit(dev.Desktop("fi"), link)
	v.Shows("#none")
}

// lastYear lets things have happened in the year that is over, while the program
// does not run, and names it.
func lastYear(t *testing.T, program *dev.Program) string {
	t.Helper()
	keys, err := store.LoadKeyring(filepath.Join(program.Dir, "silta.key"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(context.Background(), store.Options{DSN: filepath.Join(program.Dir, "silta.db"), Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	year := time.Now().Year() - 1
	err = db.Write(context.Background(), func(tx *store.Tx) error {
		count := func(name mentoring.CounterName, month, about string, n int) error {
			return tx.Count(mentoring.Counter{Name: name, Month: month, About: about,
				Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit}, int64(n))
		}
		for i, month := range mentoring.YearTerm(year).Months() {
			for name, n := range map[mentoring.CounterName]int{
				mentoring.CountRegistered: 20, mentoring.CountWroteSoon: 12 + i%3, mentoring.CountOpened: 15, mentoring.CountEnded: 14,
				mentoring.CountMessages: 700 + i, mentoring.CountTalkDays: 180, mentoring.CountMentees: 30 + i,
			} {
				if err := count(name, month, "", n); err != nil {
					return err
				}
			}
			for about, n := range map[string]int{"h0002": 4, "h0012": 6, "h0048": 2} {
				if err := count(mentoring.CountFirstReply, month, about, n); err != nil {
					return err
				}
			}
			if err := count(mentoring.CountSearched, month, "studies", 25); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return mentoring.YearTerm(year).Name()
}
