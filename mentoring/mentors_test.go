package mentoring_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"silta/mentoring"
)

func (w *world) newCode(staff mentoring.Member) (code string) {
	w.t.Helper()
	w.must(func(a *mentoring.Act) (err error) { code, err = a.NewMentorCode(staff); return err })
	return code
}

func TestMentorCode(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	shape := regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$`) // 16 × 5 = 80 bits
	seen := map[string]bool{}
	for range 200 {
		code := w.newCode(staff)
		if !shape.MatchString(code) || seen[code] {
			t.Fatalf("code %q (seen: %v)", code, seen[code])
		}
		seen[code] = true
	}
}

// TestRedeem: however the code is typed, and the one answer for all that is not
// valid.
func TestRedeem(t *testing.T) {
	for _, c := range []struct {
		name string
		typo func(string) string
	}{
		{"as given", func(s string) string { return s }},
		{"small letters", strings.ToLower},
		{"no dashes", func(s string) string { return strings.ReplaceAll(s, "-", "") }},
		{"spaces", func(s string) string { return " " + strings.ReplaceAll(s, "-", " ") + "\n" }},
		{"long dashes", func(s string) string { return strings.ReplaceAll(s, "-", "–") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			code := w.newCode(w.staff())
			m := w.met()
			var s mentoring.Redeemed
			w.must(func(a *mentoring.Act) (err error) { s, err = a.RedeemCode(&m, c.typo(code)); return err })
			if s.Role != mentoring.Mentor || s.State != mentoring.Invited || s.Member != m.ID {
				t.Errorf("became %+v", s)
			}
		})
	}
}

// TestMisreadLetters: O is read as 0, and I and l as 1.
func TestMisreadLetters(t *testing.T) {
	w := newWorld(t)
	m := w.met()
	w.put(func(tx mentoring.Tx) error {
		return tx.PutCode("0011ABCDEFGHJKMN", &mentoring.Code{Kind: mentoring.CodeMentor, Programme: mentoring.DefaultProgramme,
			Unit: mentoring.DefaultUnit, Created: w.now, Expires: w.now.Add(time.Hour)})
	})
	w.must(func(a *mentoring.Act) error { _, err := a.RedeemCode(&m, "Oo1l-abcd-efgh-jkmn"); return err })
	other := w.met()
	w.refused("code.wrong", func(a *mentoring.Act) error { _, err := a.RedeemCode(&other, "ooIL-abcd-efgh-jkmn"); return err })
}

func TestRedeemRefusals(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	code, unused, other := w.newCode(staff), w.newCode(staff), w.newCode(staff)
	w.invited(staff, "Kaisla")
	first, second := w.met(), w.met()
	redeem := func(m *mentoring.Member, code string) func(a *mentoring.Act) error {
		return func(a *mentoring.Act) error { _, err := a.RedeemCode(m, code); return err }
	}
	w.must(redeem(&first, code))
	var answers []mentoring.Text
	answers = append(answers, w.refused("code.wrong", redeem(&second, code)).Text) // used
	answers = append(answers, w.refused("code.wrong", redeem(&second, "")).Text)
	answers = append(answers, w.refused("code.wrong", redeem(&second, "0000-0000-0000-0000")).Text)
	w.refused("mentor.already", redeem(&first, other)) // and the code stays good
	w.must(redeem(&second, other))
	third := w.met()
	w.put(func(tx mentoring.Tx) error {
		return tx.PutCode("TR1A10000000000X", &mentoring.Code{Kind: "another", Programme: mentoring.DefaultProgramme,
			Unit: mentoring.DefaultUnit, Created: w.now, Expires: w.now.Add(time.Hour)})
	})
	answers = append(answers, w.refused("code.wrong", redeem(&third, "TR1A10000000000X")).Text) // of another kind
	w.later(w.rules.CodeLifetime)
	answers = append(answers, w.refused("code.wrong", redeem(&third, unused)).Text) // too old
	for _, a := range answers {
		if a.Key != answers[0].Key || len(a.Args) != 0 {
			t.Errorf("answers differ: %v", answers)
		}
	}
}

// TestInviteMentor: the answer and the welcome are the same for an unknown
// person, a member, a mentor.
func TestInviteMentor(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	invite := func(address string) []mentoring.Effect {
		return w.must(func(a *mentoring.Act) error { return a.InviteMentor(staff, address) })
	}
	effects := invite("@uusi:example.org")
	var m mentoring.Member
	w.must(func(a *mentoring.Act) (err error) { m, err = a.Tx.MemberByAddress("@uusi:example.org"); return err })
	w.same(effects, mentoring.Welcome{Member: m.ID})
	if list := w.memberships(m); len(list) != 1 || list[0].Role != mentoring.Mentor || list[0].State != mentoring.Invited {
		t.Errorf("invited as %+v", list)
	}
	w.same(invite("@uusi:example.org"), mentoring.Welcome{Member: m.ID})
	if n := len(w.memberships(m)); n != 1 {
		t.Errorf("%d memberships after a second invitation", n)
	}
	mentee := w.mentee("Kuu")
	w.same(invite(mentee.Address), mentoring.Welcome{Member: mentee.ID},
		mentoring.Notify{Member: mentee.ID, Text: mentoring.T("mentor.invited")})
	if n := len(w.memberships(mentee)); n != 2 {
		t.Errorf("%d memberships of a mentee who was invited", n)
	}
	for _, bad := range []string{"", "uusi", "@uusi", "uusi:example.org", "@:x", "@a:", "@a b:c", "@a:b\n", "@" + strings.Repeat("a", 260) + ":b"} {
		w.refused("address.malformed", func(a *mentoring.Act) error { return a.InviteMentor(staff, bad) })
	}
}

// TestMentorMoves: every state of a mentor's membership × what staff do.
func TestMentorMoves(t *testing.T) {
	table := map[mentoring.MembershipState][3]mentoring.MembershipState{ // pause, resume, end
		mentoring.Invited:   {"", "", mentoring.Ended},
		mentoring.Training:  {"", "", mentoring.Ended},
		mentoring.Active:    {mentoring.Paused, "", mentoring.Ended},
		mentoring.Paused:    {"", mentoring.Active, mentoring.Ended},
		mentoring.Suspended: {"", "", mentoring.Ended},
		mentoring.Ended:     {"", "", ""},
	}
	told := [3]string{"mentor.paused", "mentor.resumed", "mentor.ended"}
	for from, row := range table {
		for i, to := range row {
			w := newWorld(t)
			staff := w.staff()
			m, id := w.mentor(staff, "Kanerva")
			s := w.membership(id)
			s.State = from
			w.put(func(tx mentoring.Tx) error { return tx.PutMembership(&s) })
			move := func(a *mentoring.Act) error {
				return []func(mentoring.Member, mentoring.MembershipID) error{a.PauseMentor, a.ResumeMentor, a.EndMentor}[i](staff, id)
			}
			if to == "" {
				w.refused("mentor.cannot_now", move)
				to = from
			} else {
				w.same(w.must(move), mentoring.Notify{Member: m.ID, Text: mentoring.T(told[i])})
			}
			if got := w.membership(id).State; got != to {
				t.Errorf("%s: %s → %s, want %s", told[i], from, got, to)
			}
		}
	}
	w := newWorld(t)
	staff := w.staff()
	mentee := w.memberships(w.mentee("Kuu"))[0].ID
	w.refused("mentor.unknown", func(a *mentoring.Act) error { return a.EndMentor(staff, mentee) })
}

// TestMenteesOfAMentorWhoStops: nobody is left without a word and a way on.
func TestMenteesOfAMentorWhoStops(t *testing.T) {
	type result struct {
		placed, open mentoring.ConversationState
		toOpen       string
	}
	for name, want := range map[string]result{
		"pause": {mentoring.Expired, mentoring.Open, "chat.mentor_paused"},
		"end":   {mentoring.Expired, mentoring.Closed, "chat.mentor_stopped"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			staff := w.staff()
			m, id := w.mentor(staff, "Kanerva")
			open := w.talking(w.mentee("Kuu"), id)
			placed := w.choose(w.mentee("Suo"), id)
			over := w.mentee("Puro")
			before := w.talking(over, id)
			w.must(func(a *mentoring.Act) error { return a.End(over, before.ID) })
			effects := w.must(func(a *mentoring.Act) error {
				if name == "pause" {
					return a.PauseMentor(staff, id)
				}
				return a.EndMentor(staff, id)
			})
			args := func(key string) mentoring.Text {
				if key == "chat.mentor_paused" {
					return mentoring.T(key, "alias", "Kanerva")
				}
				return mentoring.T(key, "alias", []string{"Kanerva"})
			}
			asked := of[mentoring.Notify](effects)
			if last := asked[len(asked)-1]; name == "end" && (last.Text.Key != "handover.ask" || last.Member != open.Participants[0].Member) {
				t.Errorf("not asked how to go on: %+v", asked)
			}
			effects = slices.DeleteFunc(effects, func(e mentoring.Effect) bool {
				v, ok := e.(mentoring.Notify)
				return ok && v.Text.Key == "handover.ask"
			})
			w.same(effects,
				mentoring.Notify{Member: m.ID, Text: mentoring.T("mentor." + name + map[string]string{"pause": "d", "end": "ed"}[name])},
				mentoring.Tell{Participant: open.Participants[0].ID, Text: args(want.toOpen)},
				mentoring.Tell{Participant: placed.Participants[0].ID, Text: args("chat.mentor_stopped")})
			if a, b := w.conversation(open.ID).State, w.conversation(placed.ID).State; a != want.open || b != want.placed {
				t.Errorf("active became %s, placed %s", a, b)
			}
		})
	}
}

// TestAway: new conversations are kept away, running ones told once for each
// date; it ends by `back` or by itself.
func TestAway(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	m, id := w.mentor(staff, "Kanerva")
	open := w.talking(w.mentee("Kuu"), id)
	w.choose(w.mentee("Suo"), id) // not written in yet: not told
	mentee := open.Participants[0].ID
	away := func(until time.Time, text string) []mentoring.Effect {
		t.Helper()
		return w.must(func(a *mentoring.Act) error { return a.GoAway(m, until, text) })
	}
	back := mentoring.Tell{Participant: mentee, Text: mentoring.T("chat.mentor_back", "alias", "Kanerva")}

	w.same(away(time.Time{}, " Loma\u200b "), mentoring.Tell{Participant: mentee, Text: mentoring.T("chat.mentor_away", "alias", "Kanerva", "text", "Loma")})
	w.same(away(time.Time{}, "Loma jatkuu"))
	until := w.now.Add(48 * time.Hour)
	w.same(away(until, ""), mentoring.Tell{Participant: mentee, Text: mentoring.T("chat.mentor_away_until", "alias", "Kanerva", "text", "", "until", until)})
	w.same(w.must(func(a *mentoring.Act) error { return a.ComeBack(m) }), back)
	w.refused("away.not", func(a *mentoring.Act) error { return a.ComeBack(m) })

	away(until, "")
	w.later(48*time.Hour - time.Millisecond)
	for _, e := range w.tick() { // only the place that ran out
		if _, ok := e.(mentoring.Tell); ok {
			t.Errorf("came back early: %+v", e)
		}
	}
	w.says(open.Participants[1].ID) // so that nobody waits for an answer
	w.later(time.Millisecond)
	w.same(w.tick(), back, mentoring.Notify{Member: m.ID, Text: mentoring.T("away.over")})
	w.same(w.tick())

	for _, past := range []time.Time{w.now, w.now.Add(-time.Hour)} {
		w.refused("away.past", func(a *mentoring.Act) error { return a.GoAway(m, past, "") })
	}
	w.refused("text.too_long", func(a *mentoring.Act) error { return a.GoAway(m, time.Time{}, strings.Repeat("ä", 281)) })
	away(time.Time{}, strings.Repeat("ä", 280))
	w.must(func(a *mentoring.Act) error { return a.PauseMentor(staff, id) })
	w.must(func(a *mentoring.Act) error { return a.ComeBack(m) })
}

// TestAwayEndsForAPausedMentor without telling them that they can be chosen.
func TestAwayEndsForAPausedMentor(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	m, id := w.mentor(staff, "Kanerva")
	w.must(func(a *mentoring.Act) error { return a.GoAway(m, w.now.Add(time.Hour), "") })
	w.must(func(a *mentoring.Act) error { return a.PauseMentor(staff, id) })
	w.later(time.Hour)
	w.same(w.tick())
	w.refused("away.not", func(a *mentoring.Act) error { return a.ComeBack(m) })
}

func TestStatus(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	m, id := w.mentor(staff, "Kanerva")
	status := func() string {
		var c mentoring.Card
		w.must(func(a *mentoring.Act) (err error) { c, err = a.Tx.Card(id); return err })
		if c.State != mentoring.CardApproved {
			t.Errorf("the card is %s now", c.State)
		}
		return c.Status
	}
	w.must(func(a *mentoring.Act) error { return a.SetStatus(m, " Paikalla\niltaisin\u202e ") })
	if got := status(); got != "Paikalla iltaisin" {
		t.Errorf("status %q", got)
	}
	w.refused("text.too_long", func(a *mentoring.Act) error { return a.SetStatus(m, strings.Repeat("x", 281)) })
	w.must(func(a *mentoring.Act) error { return a.SetStatus(m, "") })
	if got := status(); got != "" {
		t.Errorf("status %q", got)
	}
	w.put(func(tx mentoring.Tx) error {
		s := mentoring.Membership{Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit, Role: mentoring.Mentor, State: mentoring.Active}
		other := mentoring.Member{Address: w.address(), Join: mentoring.JoinDone, Alias: "Kaisla", Consent: 1}
		if err := tx.PutMember(&other); err != nil {
			return err
		}
		s.Member, m = other.ID, other
		return tx.PutMembership(&s)
	})
	w.refused("card.none", func(a *mentoring.Act) error { return a.SetStatus(m, "Hei") })
}

func TestMentorRecords(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	w.invited(staff, "Kaisla")
	_, listed := w.mentor(staff, "Kanerva")
	_, gone := w.mentor(staff, "Kielo")
	w.must(func(a *mentoring.Act) error { return a.EndMentor(staff, gone) })
	w.choose(w.mentee("Kuu"), listed)
	elsewhere := w.met()
	w.put(func(tx mentoring.Tx) error {
		return tx.PutMembership(&mentoring.Membership{
			Member: elsewhere.ID, Programme: mentoring.DefaultProgramme, Unit: "other", Role: mentoring.Mentor, State: mentoring.Active,
		})
	})
	w.must(func(a *mentoring.Act) error {
		list, err := a.MentorRecords(staff)
		if len(list) != 2 {
			return fmt.Errorf("%d records: %+v", len(list), list)
		}
		if r := list[0]; r.Card.State != "" || r.Membership.State != mentoring.Invited || r.Open != 0 {
			t.Errorf("invited: %+v", r)
		}
		if r := list[1]; r.Membership.ID != listed || r.Card.Alias != "Kanerva" || r.Open != 1 || r.Availability.Limit(a.Rules) != 3 {
			t.Errorf("listed: %+v", r)
		}
		return err
	})
}
