package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"silta/dev"
)

const (
	claimButton = "✋"
	moreButton  = "📋"
)

// wholeCase: a mentee (matrix-js-sdk) reports what their mentor (matrix-nio) wrote;
// staff take it from the first line to the outcome without leaving their room.
func (d *desk) wholeCase(t *testing.T) {
	p := d.pair(dev.JSSDK(d.t, d.account(t), dev.Encrypted()), dev.Nio(d.t, d.account(t), dev.Encrypted()))
	peers := []seat{{p.mentee, p.menteeLeg, ""}, {p.mentor, p.mentorLeg, p.alias}}
	d.passes(t, peers[0], "moi mentori", peers[1])
	bad := d.words("kerro osoitteesi, tai " + p.alias + " suuttuu")
	p.mentor.Text(p.mentorLeg, bad)
	staff := d.StaffRoom.Mark()
	number := d.reports(t, p, p.mentee.AwaitText(p.menteeLeg, bad))
	head, found := d.StaffRoom.HearsIn(d.StaffRoom.Room, staff, "case.head.report")
	if d.reported, d.number = p, number; found[0] != number {
		t.Errorf("staff see case %s, the reporter %s", found[0], number)
	}
	d.buttons(t, head, claimButton, moreButton)
	if n := heads(d.StaffRoom.Events(staff), d.Bot, head.Body()); n != 1 {
		t.Errorf("the case is %d messages in the room", n)
	}

	own, desk := p.mentee.Mark(), d.Staff.Mark()
	d.StaffRoom.Tap(head.ID, claimButton)
	if e, _ := d.StaffRoom.Hears("case.claimed_now"); !inThread(e, head) {
		t.Errorf("not in the thread: %s", e.Raw)
	}
	p.mentee.HearsIn(p.mentee.Room, own, "case.claimed")
	d.becomes(t, staff, head, "case.head.claimed")
	d.buttons(t, head, moreButton)
	talk := []seat{{p.mentee, p.mentee.AwaitLeg(own), ""}, d.enters(t, desk)}
	shown := d.readsReport(t, p, head, bad)

	const note = "vain muistiossa sirkutusmuistio"
	d.thread(t, head, d.command("note", note), "case.noted")
	const said = "olen päivystäjä, ja tämä lähtee sinulle sirkutussano"
	d.thread(t, head, d.command("say", said), "case.said")
	e := p.mentee.AwaitText(talk[0].leg, said)
	if !strings.HasPrefix(e.Sender, "@silta_") || e.Shield != "NONE" {
		t.Errorf("staff speak as %s, shield %s", e.Sender, e.Shield)
	}
	d.passes(t, talk[0], "voitteko auttaa", talk[1])
	d.passes(t, talk[1], "voimme kyllä", talk[0])
	joint := d.together(t, p, head)
	d.passes(t, joint[0], "nyt olemme kolmisin", joint[1], joint[2])
	d.passes(t, joint[1], "olen pahoillani", joint[0], joint[2])
	d.passes(t, joint[2], "kiitos molemmille", joint[0], joint[1])
	d.passes(t, peers[0], "tämä on vain meille", peers[1]) // the peers' own goes on

	d.closes(t, p, head, talk[0].leg, shown)
	d.passes(t, peers[1], "ja tämäkin", peers[0])
	neverLeft(t, p, note, said)
	edited, back := d.StaffRoom.Mark(), p.mentee.Mark()
	d.thread(t, head, d.command("reopen"), "case.reopened_now")
	p.mentee.HearsIn(p.mentee.Room, back, "case.reopened")
	d.becomes(t, edited, head, "case.head.open")
	d.buttons(t, head, claimButton, moreButton)
	if n := heads(d.StaffRoom.Events(staff), d.Bot, head.Body()); n != 1 {
		t.Errorf("in the end the case is %d messages in the room", n)
	}
}

// heads counts the messages that begin like a case's head and are neither an edit
// of it nor in its thread.
func heads(events []dev.Event, bot, body string) (n int) {
	first, _, _ := strings.Cut(body, "\n")
	for _, e := range events {
		if e.Sender == bot && strings.HasPrefix(e.Body(), first) && e.Text("m.relates_to", "rel_type") == "" {
			n++
		}
	}
	return n
}

// reports answers a message of the other with the command, and goes on in the
// person's own room; yes is tapped where it can be, and written.
func (d *desk) reports(t *testing.T, p *pair, about dev.Event) (number string) {
	t.Helper()
	mark := p.mentee.Mark()
	p.mentee.Reply(p.menteeLeg, about.ID, d.command("report"))
	p.mentee.HearsIn(p.menteeLeg, mark, "report.there")
	preview, _ := p.mentee.HearsIn(p.mentee.Room, mark, "report.preview")
	if !strings.Contains(preview.Body(), "osoitteesi") || strings.Contains(preview.Body(), "moi mentori") {
		t.Errorf("what would be given:\n%s", preview.Body())
	}
	p.mentee.HearsIn(p.mentee.Room, mark, "report.reason")
	contact, _ := p.mentee.Asks("se pelotti minua", "report.contact")
	p.mentee.Tap(contact.ID, "👍")
	p.mentee.Hears("report.sure")
	_, found := p.mentee.Yes("report.done")
	return found[0]
}

// readsReport reads the snapshot in the thread: the message, with roles for names.
func (d *desk) readsReport(t *testing.T, p *pair, head dev.Event, bad string) (shown dev.Event) {
	t.Helper()
	mark := d.StaffRoom.Mark()
	reason, _ := d.thread(t, head, d.command("messages"), "case.reason")
	if !strings.Contains(reason.Body(), "se pelotti minua") {
		t.Errorf("the reason:\n%s", reason.Body())
	}
	before, _, _ := strings.Cut(bad, ",")
	shown = d.StaffRoom.Await(mark, "what was reported", func(e dev.Event) bool {
		return e.Room == d.StaffRoom.Room && strings.Contains(e.Body(), before)
	})
	if !inThread(shown, head) || !strings.Contains(shown.Body(), d.Words.Text("fi", "excerpt.role.mentor")) || strings.Contains(shown.Body(), p.alias) {
		t.Errorf("staff read %s", shown.Raw)
	}
	return shown
}

// together has staff ask for a conversation of three; the mentee agrees by a tap,
// the mentor, who is asked only then, in words.
func (d *desk) together(t *testing.T, p *pair, head dev.Event) []seat {
	t.Helper()
	mentee, mentor, staff, desk := p.mentee.Mark(), p.mentor.Mark(), d.StaffRoom.Mark(), d.Staff.Mark()
	d.thread(t, head, d.command("joint"), "joint.asked_now")
	card, _ := p.mentee.HearsIn(p.mentee.Room, mentee, "joint.card_how")
	p.mentee.Tap(card.ID, "👍")
	p.mentee.Hears("joint.agreed")
	p.mentor.HearsIn(p.mentor.Room, mentor, "joint.card_peer")
	p.mentor.Command("joint", d.Words.Answer("fi", "yes"), "joint.agreed")
	d.StaffRoom.HearsIn(d.StaffRoom.Room, staff, "joint.begun_staff")
	return []seat{{p.mentee, p.mentee.AwaitLeg(mentee), ""}, {p.mentor, p.mentor.AwaitLeg(mentor), p.alias}, d.enters(t, desk)}
}

// closes the case: how it ended is asked, a tap is not enough, and with it goes
// what was shown of the report, and the talk.
func (d *desk) closes(t *testing.T, p *pair, head dev.Event, talk string, shown dev.Event) {
	t.Helper()
	mark, own := d.StaffRoom.Mark(), p.mentee.Mark()
	d.thread(t, head, d.command("close"), "case.which_outcome")
	sure, _ := d.thread(t, head, "!3", "case.close_sure")
	d.StaffRoom.React(d.StaffRoom.Room, sure.ID, "👍")
	d.thread(t, head, d.command("case"), "case.is_yours") // still
	d.thread(t, head, d.command("close", d.Words.Text("fi", "case.outcome.measure")), "case.close_sure")
	d.thread(t, head, "!"+d.Words.Answer("fi", "yes"), "case.closed_now")
	p.mentee.HearsIn(p.mentee.Room, own, "case.closed")
	d.becomes(t, mark, head, "case.head.outcome")
	d.buttons(t, head)
	eventually(t, time.Minute, func() error { return d.redacted(shown.ID) })
	p.mentee.In(talk).Asks("vielä yksi asia", "chat.is_over")
}

// redacted says whether an event of the staff room has been taken away.
func (d *desk) redacted(event string) error {
	for _, s := range d.StaffRoom.View(d.StaffRoom.Room) {
		if s.ID == event && !s.Redacted {
			return fmt.Errorf("it is still shown: %q", s.Body)
		}
	}
	return nil
}

// neverLeft looks through all that the two were told for a note of staff, and
// through all that the mentor was for what staff say to the mentee.
func neverLeft(t *testing.T, p *pair, note, said string) {
	t.Helper()
	for _, who := range []*dev.Person{p.mentee, p.mentor} {
		for _, e := range who.Events(0) {
			if strings.Contains(string(e.Raw), note) || who == p.mentor && strings.Contains(string(e.Raw), said) {
				t.Errorf("what was written in the staff room reached %s: %s", who.UserID, e.Raw)
			}
		}
	}
}

// quietReport: the mentor gives their last three messages and wants no talk; a
// case that is claimed in words, and closed with its outcome at once.
func (d *desk) quietReport(t *testing.T) {
	p := d.pair(dev.Plain(d.t, d.account(t)), dev.Plain(d.t, d.account(t)))
	d.other = p
	peers := []seat{{p.mentee, p.menteeLeg, ""}, {p.mentor, p.mentorLeg, p.alias}}
	for _, text := range []string{"yksi", "kaksi", "kolme", "neljä"} {
		d.passes(t, peers[0], text, peers[1])
	}
	staff, mark := d.StaffRoom.Mark(), p.mentor.Mark()
	p.mentor.Text(p.mentorLeg, d.command("report", "3"))
	p.mentor.HearsIn(p.mentorLeg, mark, "report.there")
	p.mentor.HearsIn(p.mentor.Room, mark, "report.reason")
	p.mentor.Asks("en jaksa enää", "report.contact")
	p.mentor.Asks(d.Words.Answer("fi", "no"), "report.sure")
	_, number := p.mentor.Yes("report.done")
	head, _ := d.StaffRoom.HearsIn(d.StaffRoom.Room, staff, "case.head.no_contact")
	own := p.mentor.Mark()
	d.StaffRoom.Asks(d.command("claim", number[0]), "case.claimed_now_quiet")
	p.mentor.HearsIn(p.mentor.Room, own, "case.claimed_quiet")
	read := d.StaffRoom.Mark()
	d.thread(t, head, d.command("messages"), "case.reason")
	shown := d.StaffRoom.Await(read, "what was reported", func(e dev.Event) bool {
		return e.Room == d.StaffRoom.Room && strings.Contains(e.Body(), "neljä")
	})
	for text, there := range map[string]bool{"yksi": false, "kaksi": true, "kolme": true, "neljä": true, p.mentor.UserID: false, p.alias: false} {
		if strings.Contains(shown.Body(), text) != there {
			t.Errorf("%q is there: %v, in\n%s", text, !there, shown.Body())
		}
	}
	d.StaffRoom.Asks(d.command("close", number[0], d.Words.Text("fi", "case.outcome.nothing")), "case.close_sure")
	d.StaffRoom.Asks("!"+d.Words.Answer("fi", "yes"), "case.closed_now")
	p.mentor.HearsIn(p.mentor.Room, own, "case.closed")
	eventually(t, time.Minute, func() error { return d.redacted(shown.ID) })
	p.mentee.Never(0, 0, "a word of the report", func(e dev.Event) bool {
		return e.Room == p.mentee.Room && strings.Contains(strings.ToLower(e.Body()), "ilmoitu")
	})
}

// reworded: a text that staff write anew is said from then on.
func (d *desk) reworded(t *testing.T) {
	who := d.mentee(t)
	const words = "Sinulla ei ole nyt keskusteluja (uusi teksti)."
	who.Command("chats", "", "chats.none")
	d.StaffRoom.Asks(d.command("text", "chats.none", "fi", words), "text.sure")
	d.StaffRoom.Asks("!"+d.Words.Answer("fi", "yes"), "text.changed_now")
	who.Say(d.Words.Command("fi", "chats"))
	who.HearsWords("(uusi teksti)")
	d.StaffRoom.Asks(d.command("undo"), "undo.done")
	who.Command("chats", "", "chats.none")
}
