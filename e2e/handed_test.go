package e2e

import (
	"strings"
	"testing"

	"silta/dev"
)

// handed: a case that the first of the staff has taken goes to the second, who asks
// an outside professional (matrix-js-sdk) in for a time, and then lets go of it.
// Each time the caller talks with those who have it now, and with nobody else.
func (d *desk) handed(t *testing.T) {
	caller, head, _ := d.waiting(t)
	own, desk := caller.Mark(), d.Staff.Mark()
	d.thread(t, head, d.command("claim"), "case.claimed_now")
	first := []seat{{caller, caller.AwaitLeg(own), ""}, d.enters(t, desk)}
	d.passes(t, first[0], "onko siellä joku", first[1])

	own, other := caller.Mark(), d.second.Mark()
	d.thread(t, head, d.command("hand", "Varahenkilö"), "case.handed_now")
	d.second.HearsIn(d.second.Room, other, "case.handed_you")
	caller.HearsIn(caller.Room, own, "case.handed")
	talk := []seat{{caller, caller.AwaitLeg(own), ""}, {d.second, d.second.AwaitLeg(other), ""}}
	d.passes(t, talk[0], "kuka nyt on siellä", talk[1])
	d.passes(t, talk[1], "minä jatkan tästä", talk[0])
	caller.In(first[0].leg).Asks("entä tänne", "chat.is_over")
	d.Staff.In(first[1].leg).Asks("tännekään ei", "chat.is_over")

	joint := d.withGuest(t, caller, head)
	d.passes(t, joint[1], "hei, olen ammattilainen", joint[0], joint[2])
	d.passes(t, joint[0], "hei, minä kysyn", joint[1], joint[2])
	d.passes(t, joint[2], "ja minä kuuntelen", joint[0], joint[1])

	edited, own := d.StaffRoom.Mark(), caller.Mark()
	d.threadOf(t, d.second.In(d.StaffRoom.Room), head, d.command("release"), "case.released_now")
	d.becomes(t, edited, head, "case.head.open")
	d.buttons(t, head, claimButton, moreButton)
	caller.HearsIn(caller.Room, own, "case.released")
	for _, leg := range []string{talk[0].leg, joint[0].leg} {
		caller.In(leg).Asks("kuuluuko vielä", "chat.is_over")
	}
	d.thread(t, head, d.command("close", d.Words.Text("fi", "case.outcome.helped")), "case.close_sure")
	d.thread(t, head, "!"+d.Words.Answer("fi", "yes"), "case.closed_now")
}

// withGuest has an administrator make somebody a professional, and the second of the
// staff ask them in: the caller agrees first, by a tap, and only then the guest is
// asked.
func (d *desk) withGuest(t *testing.T, caller *dev.Person, head dev.Event) []seat {
	t.Helper()
	guest := d.Mentee(dev.JSSDK(d.t, d.account(t), dev.Encrypted()), "sv", d.nickname())
	promoted := guest.Mark()
	d.Staff.Command("role", guest.UserID+" "+d.Words.Answer("fi", "professional"), "role.give_sure")
	d.Staff.Yes("role.done")
	guest.HearsIn(guest.Room, promoted, "role.given")

	second := d.second.In(d.StaffRoom.Room)
	mark, asked, staff, desk := caller.Mark(), guest.Mark(), d.StaffRoom.Mark(), d.second.Mark()
	d.threadOf(t, second, head, d.command("guest"), "guest.whom")
	d.threadOf(t, second, head, "!1", "joint.asked_now")
	card, _ := caller.HearsIn(caller.Room, mark, "joint.card_first_guest")
	guest.Never(asked, 0, "a question before the caller has agreed", func(e dev.Event) bool { return e.Room == guest.Room })
	caller.Tap(card.ID, "👍")
	caller.Hears("joint.agreed")
	question, _ := guest.HearsIn(guest.Room, asked, "joint.card_guest")
	if strings.Contains(question.Body(), localpart(caller.Client)) || !question.Encrypted {
		t.Errorf("the guest is asked: %s", question.Raw)
	}
	guest.Command("joint", d.Words.Answer("sv", "yes"), "joint.agreed")
	d.StaffRoom.HearsIn(d.StaffRoom.Room, staff, "joint.begun_staff")
	return []seat{{caller, caller.AwaitLeg(mark), ""}, {guest, guest.AwaitLeg(asked), ""}, {d.second, d.second.AwaitLeg(desk), ""}}
}
