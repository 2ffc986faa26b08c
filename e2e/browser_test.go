package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"silta/dev"
)

// browser: an encrypted conversation in a whole web client in Chromium. What it
// looks like is kept in $SILTA_ARTEFACTS, or else beside other temporary files.
func browser(t *testing.T, w *world) {
	p := w.pair(t)
	web := dev.Hydrogen(t, p.mentor.Account, p.mentorLeg)
	p.mentee.Text(p.menteeLeg, "Hei! Onko sinulla hetki aikaa?")
	web.Reads("Hei! Onko sinulla hetki aikaa?")
	web.Text("On toki. Mitä mietit?")
	p.mentee.AwaitText(p.menteeLeg, "On toki. Mitä mietit?")
	p.mentee.Text(p.menteeLeg, "Miten sinä pääsit alkuun?")
	web.Reads("Miten sinä pääsit alkuun?")
	picture(t, web, "encrypted-conversation")
}

// picture keeps what a web client looks like.
func picture(t *testing.T, web *dev.Browser, name string) {
	t.Helper()
	dir := os.Getenv("SILTA_ARTEFACTS")
	if dir == "" {
		dir = filepath.Join(os.TempDir(), "silta-artefacts")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name+".png")
	web.Screenshot(path)
	if info, err := os.Stat(path); err != nil || info.Size() < 5000 {
		t.Fatalf("no picture in %s (%v)", path, err)
	}
	t.Logf("the picture is in %s", path)
}

// looks: staff work on a report in a whole web client in Chromium: they tap the
// buttons there and read the thread, on a wide screen and on a phone.
func (d *desk) looks(t *testing.T) {
	account := d.Staff.Account
	account.Token, account.Device = "", ""
	web := dev.Hydrogen(t, account, d.StaffRoom.Room)
	both := func(name string, height int) {
		t.Helper()
		for width, suffix := range map[int]string{900: "", 390: "-phone"} {
			web.Size(width, height)
			picture(t, web, name+suffix)
		}
		web.Size(900, 844)
	}
	p, staff, mark := d.other, d.StaffRoom.Mark(), d.other.mentee.Mark()
	text := d.words("älä kerro tästä kenellekään")
	p.mentor.Text(p.mentorLeg, text)
	p.mentee.Reply(p.menteeLeg, p.mentee.AwaitText(p.menteeLeg, text).ID, d.command("report", "Viesti oli uhkaava."))
	p.mentee.HearsIn(p.mentee.Room, mark, "report.contact")
	p.mentee.Yes("report.sure")
	_, number := p.mentee.Yes("report.done")
	head, _ := d.StaffRoom.HearsIn(d.StaffRoom.Room, staff, "case.head.report")
	d.buttons(t, head, claimButton, moreButton)
	web.Reads("Ilmoitus " + number[0] + ":")
	both("case-buttons", 600) // what came before this browser it cannot read

	web.Tap(claimButton)
	d.StaffRoom.HearsIn(d.StaffRoom.Room, staff, "case.claimed_now")
	d.buttons(t, head, moreButton)
	d.thread(t, head, d.command("messages"), "case.reason")
	d.thread(t, head, d.command("note", "Soitin koordinaattorille, palataan huomenna."), "case.noted")
	d.thread(t, head, d.command("say", "Hei! Luin ilmoituksesi. Jutellaan hetki."), "case.said")
	web.Tap(moreButton)
	d.StaffRoom.HearsIn(d.StaffRoom.Room, staff, "case.notes")
	web.Reads("Soitin koordinaattorille")
	d.buttons(t, head, moreButton) // for the next one
	both("case-thread", 844)
	d.thread(t, head, d.command("close", d.Words.Text("fi", "case.outcome.guided")), "case.close_sure")
	web.Reads("Vahvista kirjoittamalla")
	both("case-close", 844)
	d.thread(t, head, "!"+d.Words.Answer("fi", "yes"), "case.closed_now")
	web.Reads("Lopputulos: ohjattu muualle")
	both("case-closed", 844)
}
