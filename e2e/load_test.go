package e2e

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"silta/dev"
	"silta/mentoring"
)

// load: what a mentor's time and load does to a conversation, with clients of
// two libraries: hours, being away, handing over, archive, thanks.
func load(t *testing.T, w *world) {
	first, second := w.card(), w.card()
	mentor := w.Mentor(dev.Nio(t, w.account(t), dev.Encrypted()), "fi", first)
	successor := w.Mentor(dev.Plain(t, w.account(t)), "en", second)
	mentee := w.Mentee(dev.JSSDK(t, w.account(t), dev.Encrypted()), "sv", w.nickname())
	menteeLeg, mentorLeg := w.Conversation(mentee, mentor, first.Alias, "hej, det första")
	mentor.Text(mentorLeg, "hei, vastaus")
	mentee.AwaitText(menteeLeg, "hei, vastaus")
	t.Run("hours", func(t *testing.T) { quietHours(t, mentee, mentor, menteeLeg, mentorLeg) })

	here := mentee.Mark()
	mentor.Command("away", "Loma", "away.done")
	mentee.HearsIn(menteeLeg, here, "chat.mentor_away")
	mentor.Command("back", "", "back.done")
	mentee.HearsIn(menteeLeg, here, "chat.mentor_back")

	own := mentee.Mark()
	mentor.Command("handover", "", "handover.sure")
	mentor.Yes("handover.asked")
	mentee.HearsIn(mentee.Room, own, "handover.ask")
	mentee.Command("handover", "", "handover.head")
	mentee.Asks("3", "mentors.head") // chooses for herself
	mentor.HearsIn(mentorLeg, 0, "handover.over")
	mentee.Text(menteeLeg, "tänne ei enää voi kirjoittaa")
	mentee.HearsIn(menteeLeg, own, "chat.is_over")

	newLeg, successorLeg := w.Conversation(mentee, successor, second.Alias, "hej, jag kommer från en annan")
	t.Run("archive", func(t *testing.T) { archived(t, w, mentee, successor, newLeg, successorLeg) })
	mark := successor.Mark()
	mentee.Text(newLeg, "!"+w.Words.Command("sv", "thanks"))
	successor.HearsIn(successor.Room, mark, "thanks.got")
}

// quietHours: a message outside of the mentor's hours waits until they write.
func quietHours(t *testing.T, mentee, mentor *dev.Person, menteeLeg, mentorLeg string) {
	zone, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		t.Fatal(err)
	}
	days := []string{"su", "ma", "ti", "ke", "to", "pe", "la"}
	away := time.Now().In(zone).AddDate(0, 0, 3).Weekday()
	mentor.Command("hours", days[away]+" 17-20", "hours.done")
	here, there := mentee.Mark(), mentor.Mark()
	mentee.Text(menteeLeg, "väntar detta?")
	mentee.HearsIn(menteeLeg, here, "wait.hours")
	mentor.Never(there, 500*time.Millisecond, "a message outside of the hours", dev.Message(mentorLeg, "väntar detta?"))
	mentor.Text(mentorLeg, "katson nyt kuitenkin")
	mentor.AwaitText(mentorLeg, "väntar detta?")
	mentee.AwaitText(menteeLeg, "katson nyt kuitenkin")
	mentee.Text(menteeLeg, "tack!")
	mentor.AwaitText(mentorLeg, "tack!") // open for a while
	mentor.Command("hours", "-", "hours.always")
}

// archived: what comes to an archived room is a notice, until its person writes.
func archived(t *testing.T, w *world, mentee, mentor *dev.Person, menteeLeg, mentorLeg string) {
	mark := mentee.Mark()
	mentee.Text(menteeLeg, "!"+w.Words.Command("sv", "archive"))
	mentee.HearsIn(menteeLeg, mark, "archive.done")
	mentor.Text(mentorLeg, "this is quiet")
	if e := mentee.AwaitText(menteeLeg, "this is quiet"); e.Text("msgtype") != "m.notice" {
		t.Errorf("came as %s", e.Text("msgtype"))
	}
	mentee.Text(menteeLeg, "jag är här igen")
	mentor.AwaitText(mentorLeg, "jag är här igen")
	mentor.Text(mentorLeg, "this rings")
	if e := mentee.AwaitText(menteeLeg, "this rings"); e.Text("msgtype") != "m.text" {
		t.Errorf("came as %s", e.Text("msgtype"))
	}
}

var groupSize = flag.Int("group", 4, "how many people are in the group of TestService/group; 40 is the most there can be")

// group: a conversation of many is the same conversation. A message reaches
// everybody with one send each, in order.
func group(t *testing.T, w *world) {
	n := *groupSize
	people, names := make([]*dev.Person, n), make([]string, n)
	for i := range people {
		names[i] = w.nickname()
		people[i] = w.Mentee(dev.Plain(t, w.account(t)), "en", names[i])
	}
	marks := make([]int, n)
	for i, p := range people {
		marks[i] = p.Mark()
	}
	w.Term()
	err := besides(t.Context(), w.ConfigFile(), nil, func(a *mentoring.Act) error {
		if err := putJoint(a, people, names); err != nil {
			return err
		}
		list, err := a.Chats(memberOf(t, a, people[0]))
		if err != nil {
			return err
		}
		c := list[len(list)-1].Clone()
		c.Kind = mentoring.KindGroup
		return a.Tx.PutConversation(c)
	})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	w.Start()
	legs := make([]string, n)
	for i, p := range people {
		eventually(t, 10*time.Minute, func() error { // forty rooms with forty in each take their time
			if !slices.ContainsFunc(p.Events(marks[i]), func(e dev.Event) bool { return e.Room != p.Room && dev.Membership("", "invite")(e) }) {
				return fmt.Errorf("person %d was not asked in", i)
			}
			return nil
		})
		legs[i] = p.AwaitLeg(marks[i])
	}
	t.Logf("%d legs with %d pseudonyms each made and joined in %v", n, n-1, time.Since(began).Round(time.Second))
	const messages = 10
	began = time.Now()
	for k := range messages {
		people[k%2].Text(legs[k%2], fmt.Sprintf("ryhmälle %02d", k))
		people[(k+1)%2].AwaitText(legs[(k+1)%2], fmt.Sprintf("ryhmälle %02d", k)) // so that they have one order
	}
	for i, p := range people {
		last := messages - 1
		if i != last%2 {
			p.AwaitText(legs[i], fmt.Sprintf("ryhmälle %02d", last))
		}
	}
	took := time.Since(began)
	t.Logf("%d messages to %d people each: %d sends in %v", messages, n-1, messages*(n-1), took.Round(time.Millisecond))
	for i, p := range people {
		var seen []string
		for _, e := range p.Events(marks[i]) {
			if e.Room == legs[i] && e.Type == "m.room.message" && e.Sender != p.Bot {
				seen = append(seen, e.Body())
			}
		}
		if len(seen) != messages || !slices.IsSorted(seen) {
			t.Errorf("person %d sees %q", i, seen)
		}
	}
}

func memberOf(t *testing.T, a *mentoring.Act, p *dev.Person) mentoring.Member {
	t.Helper()
	m, err := a.Tx.MemberByAddress(p.UserID)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
