package bridge_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"silta/config"
	"silta/dev/hs"
	"silta/mentoring"
)

// asker is a world in which aino can be asked, and sari of staff reads what
// people write.
type asker struct {
	*mover
	sari  *hs.Person
	staff mentoring.Member
	room  string // of staff
}

func newAsker(t *testing.T) *asker {
	w := &asker{mover: newMover(newWorld(t, func(w *world) {
		w.prepare = func(c *config.Config) {
			c.Programmes.Mentoring.Questions.Hours, c.Programmes.Mentoring.Questions.Polls = nil, true
		}
	}))}
	w.sari = w.hs.Person("sari")
	w.do(func(a *mentoring.Act) error {
		m := mentoring.Member{Address: w.sari.ID, Language: "en", Alias: "Alias-sari", Join: mentoring.JoinDone, Consent: 1}
		if err := a.Tx.PutMember(&m); err != nil {
			return err
		}
		var err error
		w.staff, err = a.Enlist(w.sari.ID)
		return err
	})
	w.until("staff are asked into their room", func() bool { w.room = w.commonRoom(w.sari, "invite"); return w.room != "" })
	must("", w.sari.Join(w.room))
	return w
}

// counted waits until so many were counted of what begins with a name.
func (w *asker) counted(name mentoring.CounterName, about string, want int64) {
	w.t.Helper()
	w.until(fmt.Sprintf("%d %s %s are counted", want, name, about), func() bool {
		var got int64
		w.do(func(a *mentoring.Act) error {
			all, err := a.Tx.Counters(name)
			got = 0
			for _, c := range all {
				if c.About == about || about == "" {
					got += c.Value
				}
			}
			return err
		})
		if got > want {
			w.t.Fatalf("%d %s %s were counted", got, name, about)
		}
		return got == want
	})
}

// asks lets aino be asked whether they got help, and gives what the question is
// counted by.
func (w *asker) asks(schedule mentoring.Schedule) (about string) {
	w.t.Helper()
	w.do(func(a *mentoring.Act) error {
		q, err := a.NewQuestion(w.staff)
		if err != nil {
			return err
		}
		about = fmt.Sprintf("%d.1", q.Number)
		q.Wording = mentoring.Wording{Kind: mentoring.QuestionYesNo, Text: mentoring.Words{"en": "Have you got help?"}}
		q.Schedule = schedule
		if err := a.SaveQuestion(w.staff, &q); err != nil {
			return err
		}
		return a.StartQuestion(w.staff, q.Number)
	})
	w.ticks()
	return about
}

func (w *asker) ticks() {
	w.t.Helper()
	for range 3 {
		if err := w.bridge.Tick(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
	}
}

// TestQuestionAsPoll: a question comes as a menu and as a poll, encrypted or not
// the same; a vote counts as one that came by a poll, once, whatever is tapped or
// voted afterwards, and over a restart.
func TestQuestionAsPoll(t *testing.T) {
	w := newAsker(t)
	about := w.asks(mentoring.Schedule{})
	var poll hs.Poll
	w.until("the poll is there", func() bool {
		for _, p := range hs.Polls(w.own.Timeline(w.own.room)) {
			poll = p
		}
		return poll.Event != ""
	})
	if poll.Question != "Have you got help?" || !slices.Equal(poll.Answers, []string{"yes", "no"}) {
		t.Errorf("the poll asks %+v", poll)
	}
	menu := w.said("the menu is there", func(v hs.Message) bool { return strings.Contains(v.Body, "Have you got help?") && len(v.Reactions) > 0 })
	w.counted(mentoring.CountAsked, about, 2) // kaisa, too
	w.stop()
	w.start()
	vote := func(answers ...string) {
		must(w.own.Send(w.own.room, pollType+"response", map[string]any{
			"m.relates_to":        map[string]any{"rel_type": "m.reference", "event_id": poll.Event},
			pollType + "response": map[string]any{"answers": answers},
		}))
	}
	vote("1", "2") // two at once is none
	vote()         // and taking one's vote away is nothing
	vote("7")
	vote("1")
	w.hears(w.own, "Your answer was counted")
	w.counted(mentoring.CountAnswered, about+"/poll/1", 1)
	vote("2")
	must(w.own.React(w.own.room, menu.Event, menu.Reactions[1].Key))
	must(w.own.Say(w.own.room, "feedback all is well")) // comes after them
	w.hears(w.own, "Your message is number")
	w.counted(mentoring.CountAnswered, "", 1)
}

// TestRemarkThread: what somebody writes to staff is a thread of theirs, and the
// answer comes back; staff learn nothing of who it was, not in their room nor by
// what comes when; after a month there is no way back.
func TestRemarkThread(t *testing.T) {
	w := newAsker(t)
	must(w.own.Say(w.own.room, "feedback it is good here"))
	w.hears(w.own, "Your message is number")
	seen := func(text string) (found hs.Message) {
		w.until("staff see "+text, func() bool {
			for _, v := range w.sari.View(w.room) {
				if strings.Contains(v.Body, text) {
					found = v
				}
			}
			return found.Event != ""
		})
		return found
	}
	head := seen("it is good here")
	w.counted(mentoring.CountFeedback, "written", 1)
	say := func(text string) {
		must(w.sari.Send(w.room, "m.room.message", map[string]any{
			"msgtype": "m.text", "body": text, "m.relates_to": map[string]any{"rel_type": "m.thread", "event_id": head.Event},
		}))
	}
	say("!remarks answer glad to hear")
	w.hears(w.own, "(?s)They do not know who you are.*glad to hear")
	seen("was passed on")
	w.stop()
	w.start()
	number := strings.Fields(strings.SplitN(head.Body, "number ", 2)[1])[0]
	must(w.own.Say(w.own.room, "feedback "+number+" and one thing more"))
	w.hears(w.own, "was added to number")
	seen("one thing more")
	for _, ev := range w.sari.Timeline(w.room) {
		for _, secret := range []string{w.own.ID, w.aino.ID, w.aino.alias, "real-aino"} {
			if strings.Contains(fmt.Sprint(ev.Content), secret) || ev.Sender == w.own.ID {
				t.Errorf("staff see %q: %v", secret, ev.Content)
			}
		}
	}
	w.skew.Add(int64(31 * 24 * time.Hour))
	w.ticks()
	say("!remarks answer are you there")
	seen("the way back to whoever wrote it has ended")
	for _, v := range w.own.View(w.own.room) {
		if strings.Contains(v.Body, "are you there") {
			t.Error("it came all the same")
		}
	}
}

// TestClosingTaps: at the end of a conversation one tap says whether it helped,
// another why it ended.
func TestClosingTaps(t *testing.T) {
	w := newAsker(t)
	w.do(func(a *mentoring.Act) error {
		c, err := makeMentoring(a, w.aino.id)
		if err != nil {
			return err
		}
		m, err := a.Tx.Member(w.id)
		if err != nil {
			return err
		}
		return a.End(m, c.ID)
	})
	tap := func(question string, n int) {
		menu := w.said(question, func(v hs.Message) bool { return strings.Contains(v.Body, question) && len(v.Reactions) > n })
		must(w.own.React(w.own.room, menu.Event, menu.Reactions[n].Key))
	}
	tap("with Alias-kaisa has ended. Did it help you?", 1)
	w.counted(mentoring.CountHelped, "mentee/2/tap", 1)
	tap("Why did it end?", 0)
	w.counted(mentoring.CountWhyEnded, "mentee/1/tap", 1)
	w.hears(w.own, "Your answer was counted")
	w.counted(mentoring.CountHelped, "", 1)
}
