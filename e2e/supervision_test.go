package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"silta/dev"
	"silta/mentoring"
)

// supervision: the mentors' meeting with clients of three libraries. Its
// beginning is lived through by the program's own parts while the program is down.
func supervision(t *testing.T, w *world) {
	cards := []dev.Card{w.card(), w.card(), w.card()}
	mentors := []*dev.Person{
		w.Mentor(dev.Nio(t, w.account(t), dev.Encrypted()), "fi", cards[0]),
		w.Mentor(dev.JSSDK(t, w.account(t), dev.Encrypted()), "sv", cards[1]),
		w.Mentor(dev.Plain(t, w.account(t)), "en", cards[2]),
	}
	at := time.Now().Add(50 * time.Hour).In(finland(t)).Truncate(time.Minute)
	w.StaffRoom.Asks("!"+w.Words.Command("fi", "supervision")+" "+at.Format("2.1.2006 15.04"), "supervision.set")
	legs := make([]string, 3)
	desk := w.Staff.Mark()
	for i, p := range mentors[:2] {
		mark := p.Mark()
		p.Command("supervision", "", "supervision.own")
		p.Yes("supervision.is.coming")
		legs[i] = p.AwaitLeg(mark)
	}
	group := w.Staff.Await(desk, "the room of the group", func(e dev.Event) bool {
		return dev.Membership("", "invite")(e) && e.Room != w.StaffRoom.Room
	}).Room
	w.Staff.Join(group)
	nobody := func(e dev.Event) {
		t.Helper()
		for i, p := range mentors {
			for _, real := range []string{p.UserID, localpart(p.Client), profileName(p.Client), cards[i].Alias} {
				if strings.Contains(string(e.Raw), real) {
					t.Errorf("the group tells who is who: %q", real)
				}
			}
		}
		if !strings.HasPrefix(e.Sender, "@silta_") {
			t.Errorf("said by %s", e.Sender)
		}
	}
	mentors[0].Text(legs[0], "hei kaikille")
	nobody(mentors[1].AwaitText(legs[1], "hei kaikille"))
	nobody(w.Staff.AwaitText(group, "hei kaikille"))
	marks := []int{mentors[0].Mark(), mentors[1].Mark(), mentors[2].Mark()}
	staff := w.StaffRoom.Mark()
	w.Term()
	err := besides(t.Context(), w.ConfigFile(), func() time.Time { return at }, func(a *mentoring.Act) error {
		_, err := a.Tick()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Start()
	w.StaffRoom.HearsIn(w.StaffRoom.Room, staff, "supervision.begins")
	for i, p := range mentors {
		line, _ := p.HearsIn(p.Room, marks[i], "supervision.now")
		p.Tap(line.ID, "👍")
		p.Hears("supervision.is.present")
	}
	legs[2] = mentors[2].AwaitLeg(marks[2]) // comes without having answered
	mentors[2].Text(legs[2], "I am here, too")
	nobody(mentors[0].AwaitText(legs[0], "I am here, too"))
	nobody(mentors[1].AwaitText(legs[1], "I am here, too"))
	w.Staff.Text(group, "aloitetaan")
	for i, p := range mentors {
		nobody(p.AwaitText(legs[i], "aloitetaan"))
	}
	// Leaving it is nobody else's end.
	here := mentors[0].Mark()
	mentors[1].Text(legs[1], "!"+w.Words.Command("sv", "end"))
	mentors[1].HearsIn(legs[1], marks[1], "group.leave_sure")
	mentors[1].Text(legs[1], "!"+w.Words.Answer("sv", "yes"))
	mentors[0].HearsIn(legs[0], here, "chat.left")
	mentors[2].Text(legs[2], "bye")
	mentors[0].AwaitText(legs[0], "bye")
	staff = w.StaffRoom.Mark()
	w.StaffRoom.Asks("!"+w.Words.Command("fi", "supervision")+" "+w.Words.Answer("fi", "end"), "supervision.end_sure")
	w.StaffRoom.Asks("!"+w.Words.Answer("fi", "yes"), "supervision.ended.held")
	_, figures := w.StaffRoom.HearsIn(w.StaffRoom.Room, staff, "supervision.over")
	if !slices.Contains(figures, "3") {
		t.Errorf("were there: %v", figures)
	}
}

func finland(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}
