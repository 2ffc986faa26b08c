package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"silta/dev/hs"
	"silta/e2e/inside"
	"silta/mentoring"
)

// actor is a person with a will of their own.
type actor struct {
	*hs.Person
	w         *world
	n         int
	alias     string
	mentor    bool
	dice      *rand.Rand
	said      int
	choice    int    // of a mentee: number of the mentor in the list
	elsewhere string // the room in which they first met the bot

	mu   sync.Mutex
	gone map[string]bool // legs that they have left and mean to come back to
}

// token marks one message so that it can be found in whatever leg it is.
type token struct {
	by   *actor
	room string // where it was said

	// versions are what its author wrote, the last one first, when a contact was
	// ever in it: then it comes when its author says so, or not at all. late says
	// that it refers to such a one, and comes after it.
	versions []string
	late     bool
	// may says what its author has said to the questions about it.
	may map[mentoring.Decision]bool
	// changed: it has been edited, so that several questions were perhaps asked.
	changed bool
}

// The localparts are searched for in every room: they must be found nowhere
// but in the rooms of their owners.
func (w *world) newActor(n int, alias string, mentor bool) *actor {
	a := &actor{
		Person: w.hs.Person(fmt.Sprintf("realperson%dxq", n)), w: w, n: n, alias: alias, mentor: mentor, choice: 1,
		dice: rand.New(rand.NewPCG(w.plan.seed, uint64(1000+n))), gone: map[string]bool{},
	}
	return a
}

// populate starts the bridge and makes staff and mentors, with all of them in
// their rooms; mentees come later, through the bot.
func (w *world) populate() {
	w.staff = w.newActor(0, "Staff", true)
	w.start()
	w.wait.Go(w.supervise)
	w.until("the bridge is ready", func() bool { return w.alive().Bridge.Ready() == nil })
	w.wait.Go(w.staff.answerDoor)
	for i := range w.plan.mentors {
		a := w.newActor(100+i, "Helper-"+string(rune('a'+i)), true)
		w.actors = append(w.actors, a)
		w.do(func(act *mentoring.Act) error { return w.enrol(act, a) })
		w.wait.Go(a.answerDoor)
	}
	for i := range w.plan.mentees {
		a := w.newActor(1+i, "Seeker-"+string(rune('a'+i)), false)
		a.choice = 1 + a.dice.IntN(w.plan.mentors)
		w.actors = append(w.actors, a)
		w.wait.Go(a.answerDoor)
	}
	if err := w.settled(); err != nil {
		w.wrong("after the first start: %v", err)
		w.stop()
	}
}

// enrol makes a mentor whose card staff have approved.
func (w *world) enrol(act *mentoring.Act, a *actor) error {
	if _, err := act.Tx.MemberByAddress(a.ID); err == nil {
		return nil // done, before a crash
	}
	staff, err := act.Enlist(w.staff.ID)
	if err != nil {
		return err
	}
	m, err := act.Meet(a.ID)
	if err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return act.SetLanguage(&m, "en") },
		func() error { return act.AnswerAge(&m, true) },
		func() error { return act.AnswerConsent(&m, true) },
		func() error { return act.TakeNickname(&m, a.alias) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	code, err := act.NewMentorCode(staff)
	if err != nil {
		return err
	}
	s, err := act.RedeemCode(&m, code)
	if err != nil {
		return err
	}
	card := mentoring.Card{Alias: a.alias, AgeBand: mentoring.AgeBands()[1], Area: "Turku", Story: "A story.",
		Topics: act.Rules.Topics[:1], Languages: []mentoring.Language{"en"}}
	if err := act.SaveCard(m, &card); err != nil {
		return err
	}
	if err := act.SubmitCard(m); err != nil {
		return err
	}
	return act.ApproveCard(staff, s.ID)
}

// until waits for something that must come about within a simulated hour.
func (w *world) until(what string, ok func() bool) bool {
	ctx, cancel := context.WithTimeout(w.ctx, time.Hour)
	defer cancel()
	for !ok() {
		if !w.sleep(200 * time.Millisecond) {
			return false
		}
		if ctx.Err() != nil {
			w.t.Errorf("seed %d: after an hour not yet: %s", w.plan.seed, what)
			w.stop()
			return false
		}
	}
	return true
}

// answerDoor accepts every invitation, after a while.
func (a *actor) answerDoor() {
	dice := rand.New(rand.NewPCG(a.w.plan.seed, uint64(5000+a.n)))
	for {
		changed := a.w.hs.Changed()
		for _, room := range a.Rooms("invite") {
			if !a.w.plan.shortly && !a.w.sleep(time.Duration(dice.IntN(15000))*time.Millisecond) {
				return
			}
			if a.Join(room) == nil {
				a.mu.Lock()
				delete(a.gone, room)
				a.mu.Unlock()
			}
		}
		select {
		case <-changed:
		case <-a.w.ctx.Done():
			return
		}
	}
}

// outside says whether the person has left a leg and is not back.
func (a *actor) outside() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.gone) > 0
}

// legs are the rooms in which the person is with a ghost.
func (a *actor) legs() []string {
	var out []string
	for _, room := range a.Rooms("join") {
		if a.w.isLeg(room) {
			out = append(out, room)
		}
	}
	return out
}

func (w *world) isGhost(user string) bool { return w.hs.Ours(user) && user != inside.Bot }

func (w *world) isLeg(room string) bool {
	for _, user := range w.hs.Members(room, "join") {
		if w.isGhost(user) {
			return true
		}
	}
	return false
}

// own is the person's room with the bot; "" before there is one.
func (a *actor) own() string {
	for _, room := range a.Rooms("join") {
		create := a.w.hs.Events(room)[0]
		if create.Sender == inside.Bot && !a.w.isLeg(room) {
			return room
		}
	}
	return ""
}

// say is what they say to the bot.
func (a *actor) say(texts ...string) {
	room := a.own()
	for _, text := range texts {
		if _, err := a.Say(room, text); err != nil {
			a.w.t.Errorf("say to the bot: %v", err)
		}
		a.pause(3000)
	}
}

func (a *actor) pause(ms int) { a.w.sleep(time.Duration(a.dice.IntN(ms)) * time.Millisecond) }

// arrive is the way of a mentee from the first contact to a conversation. All
// answers are given without waiting for the questions: they are one lane.
func (a *actor) arrive() bool {
	room, err := a.Direct(inside.Bot)
	if err != nil {
		a.w.t.Errorf("invite the bot: %v", err)
		return false
	}
	a.elsewhere = room
	if !a.w.until(a.alias+" has a room with the bot", func() bool { return a.own() != "" }) {
		return false
	}
	a.say("3", "yes", "yes", a.alias, "mentors", fmt.Sprintf("choose %d", a.choice))
	return a.w.until(a.alias+" has a conversation", func() bool { return len(a.legs()) > 0 })
}

// live is what a person does.
func (a *actor) live() {
	if !a.mentor && !a.arrive() {
		return
	}
	for range a.w.plan.actions {
		a.pause(a.w.plan.pace)
		if legs := a.legs(); len(legs) > 0 {
			a.act(legs[a.dice.IntN(len(legs))])
		}
	}
	a.comeBack()
}

// act is one random thing in one leg.
func (a *actor) act(leg string) {
	view := a.people(leg)
	var own []hs.Message
	for _, m := range view {
		if m.Sender == a.ID {
			own = append(own, m)
		}
	}
	var err error
	switch roll := a.dice.IntN(100); {
	case roll < 4:
		a.tellNumber(leg, "", a.words(leg))
		return
	case roll < 45 || len(view) == 0:
		_, err = a.Say(leg, a.words(leg))
	case roll < 60:
		m := view[a.dice.IntN(len(view))]
		_, err = a.Reply(leg, m.Event, a.after(m, a.words(leg)))
	case roll < 64:
		m := view[a.dice.IntN(len(view))]
		err = a.thread(leg, m.Event, a.after(m, a.words(leg)))
	case roll < 66:
		err = a.poll(leg)
	case roll < 70:
		err = a.vote(leg)
	case roll < 75:
		a.react(leg, view[a.dice.IntN(len(view))])
	case roll < 77:
		a.leave(leg)
		return
	case len(own) == 0:
		_, err = a.Say(leg, a.words(leg))
	case roll < 90:
		m := own[a.dice.IntN(len(own))]
		a.said++
		words := fmt.Sprintf("%s edited %d", tokenOf(m.Body), a.said)
		if roll >= 88 {
			a.tellNumber(leg, m.Event, words)
			return
		}
		a.changes(words, m.Body)
		_, err = a.Edit(leg, m.Event, words)
	default:
		err = a.Redact(leg, own[a.dice.IntN(len(own))].Event)
	}
	if err != nil && !strings.Contains(err.Error(), "not in room") {
		a.w.t.Errorf("%s: %v", a.alias, err)
	}
}

// people are the messages of people in a leg, the bot's left out.
func (a *actor) people(leg string) []hs.Message {
	var out []hs.Message
	for _, m := range a.View(leg) {
		if m.Sender != inside.Bot && !isPollText(m) {
			out = append(out, m)
		}
	}
	return out
}

// words are a text that nobody else has.
func (a *actor) words(leg string) string {
	a.said++
	name := fmt.Sprintf("token-%d-%d", a.n, a.said)
	a.w.mu.Lock()
	a.w.tokens[name] = &token{by: a, room: leg}
	a.w.mu.Unlock()
	return name + " first"
}

func tokenOf(body string) string {
	name, _, _ := strings.Cut(body, " ")
	return name
}

// react puts a reaction, or takes one back that is there.
func (a *actor) react(leg string, m hs.Message) {
	for _, r := range m.Reactions {
		if r.Sender == a.ID && a.dice.IntN(2) == 0 {
			_ = a.Redact(leg, r.Event) // may be gone by now
			return
		}
	}
	_, _ = a.React(leg, m.Event, []string{"👍", "❤️", "😊"}[a.dice.IntN(3)]) // the same twice is refused
}

func (a *actor) leave(leg string) {
	a.mu.Lock()
	a.gone[leg] = true
	a.mu.Unlock()
	_ = a.Leave(leg) // then they are out already
	if a.dice.IntN(2) == 0 {
		a.pause(60000)
		a.comeBack()
	}
}

// comeBack asks the bot for the way back into each leg that was left.
func (a *actor) comeBack() {
	for a.outside() {
		a.mu.Lock()
		var leg string
		for leg = range a.gone {
			break
		}
		a.mu.Unlock()
		other, _ := a.w.hs.State(leg, "m.room.name", "")["name"].(string)
		own := a.own()
		before := len(a.View(own))
		a.say("chats")
		number := ""
		ok := a.w.until(a.alias+" sees their conversations", func() bool {
			for _, m := range a.View(own)[before:] {
				for line := range strings.Lines(m.Body) {
					// A list of mentors may come late and has the same names.
					if strings.HasPrefix(m.Body, "Your conversations") && strings.Contains(line, other) && strings.ContainsAny(line, "0123456789") {
						number = strings.TrimRight(strings.Fields(line)[0], ".)")
					}
				}
			}
			return number != ""
		})
		if !ok {
			return
		}
		a.say("open " + number)
		if !a.w.until(a.alias+" is back", func() bool {
			a.mu.Lock()
			defer a.mu.Unlock()
			return !a.gone[leg]
		}) {
			a.w.t.Logf("their own room:\n%stheir leg:\n%s", a.w.history(own), a.w.history(leg))
			return
		}
	}
}
