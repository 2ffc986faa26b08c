package e2e

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"silta/dev"
)

// TestPage joins on the page, in Chromium: in three languages, on a phone and on
// a desktop, with and without scripts, with the keyboard only; then from the
// link to a first message that the mentor's client shows.
func TestPage(t *testing.T) {
	t.Parallel()
	v := dev.NewVisitor(t)
	hs := dev.NewSynapse(t)
	program := dev.NewSilta(t, hs, dev.WithPage(), dev.PageSet("client_url", v.ClientURL))
	hs.Start()
	staff := dev.Plain(t, hs.Register("staff", "salasana"))
	program.Start()
	s := program.Open(staff)
	mentor := s.Mentor(dev.Plain(t, hs.Register("mentori", "salasana")), "fi", dev.Card{
		Alias: "Kanerva", AgeBand: 2, Area: "Oulu", Story: "Olin itsekin jälkihuollossa.", Topics: "1", Languages: "1"})
	for _, language := range []string{"fi", "sv", "en"} {
		t.Run("languages "+language, func(t *testing.T) { walk(t, v, program, language) })
	}
	t.Run("other pages", func(t *testing.T) { otherPages(t, v, program) })
	t.Run("without scripts", func(t *testing.T) { withoutScripts(t, v, program) })
	t.Run("keyboard", func(t *testing.T) { keyboardOnly(t, v, program) })
	t.Run("first message", func(t *testing.T) { firstMessage(t, v, program, mentor) })
}

// otherPages are those that the path of joining does not lead to: dark and small
// in every language, light and large in one.
func otherPages(t *testing.T, v *dev.Visitor, program *dev.Program) {
	for _, language := range []string{"fi", "sv", "en"} {
		small := dev.Phone(language)
		small.Dark = true
		for name, path := range map[string]string{
			"recover": "/" + language + "/recover", "export": "/export/" + language + "/nobodys", "missing": "/nothing", "mentors": "/" + language + "/mentors",
		} {
			if language == "fi" {
				v.Visit(dev.Desktop(language), program.PageURL()+path)
				look(t, v, language+"-other-"+name+"-desktop")
			} else if name == "missing" || name == "mentors" {
				continue
			}
			v.Visit(small, program.PageURL()+path)
			look(t, v, language+"-other-"+name+"-phone-dark")
		}
	}
}

// look sees whether a page is as it should be for everybody, and keeps a picture.
func look(t *testing.T, v *dev.Visitor, name string) {
	t.Helper()
	for _, violation := range v.Axe() {
		t.Errorf("%s: axe: %s", name, violation)
	}
	if n := v.Overflow(); n > 0 {
		t.Errorf("%s: the page is %d pixels wider than the window", name, n)
	}
	v.Screenshot("page-" + name)
}

// fillIn fills the form of joining in.
func fillIn(v *dev.Visitor, password string) {
	v.Click(`input[name="age"][value="yes"]`)
	v.Fill(`input[name="password"]`, password)
	v.Click(`input[name="consent"]`)
}

// walk is the whole path in one language, on two devices, with every wrong turn.
func walk(t *testing.T, v *dev.Visitor, program *dev.Program, language string) {
	for _, device := range []dev.Device{dev.Phone(language), dev.Desktop(language)} {
		name := language + "-desktop"
		if device.Mobile {
			name = language + "-phone"
			device.Dark = language == "sv"
		}
		v.Visit(device, program.PageURL())
		v.Shows(`html[lang="` + language + `"] >> text=Kanerva`)
		look(t, v, name+"-1-front")
		v.Click(`button[type="submit"]`)
		v.Shows(".wrong")
		if focus := v.Focused(); !strings.HasPrefix(focus, "div|wrong") {
			t.Errorf("%s: after a fault the focus is on %q", name, focus)
		}
		look(t, v, name+"-2-wrong")
		v.Click(`input[name="age"][value="no"]`)
		v.Click(`button[type="submit"]`)
		v.Shows(`text=116 111`)
		look(t, v, name+"-3-too-young")
		v.Click(`a[href$="#join"]`)
		fillIn(v, "salasana-jota-ei-arvata")
		v.Click(`button[type="submit"]`)
		v.Shows("#address")
		look(t, v, name+"-4-joined")
		v.Click("summary")
		look(t, v, name+"-5-code")
		v.Visit(device, program.PageURL()+"/"+language+"/mentors")
		look(t, v, name+"-6-mentors")
		v.Visit(device, program.PageURL()+"/"+language+"/guide")
		v.Shows("ol.guide > li:nth-child(5) h2")
		look(t, v, name+"-7-guide")
	}
}

// withoutScripts: the same, slower.
func withoutScripts(t *testing.T, v *dev.Visitor, program *dev.Program) {
	device := dev.Phone("fi")
	device.NoScript = true
	v.Visit(device, program.PageURL())
	fillIn(v, "salasana-jota-ei-arvata")
	v.Click(`button[type="submit"]`)
	v.Shows(".wrong >> text=Odota vielä")
	v.Screenshot("page-fi-noscript-1-wait")
	for range 20 { // patience is all it takes, as long as one is told
		told, _ := strconv.Atoi(regexp.MustCompile(`\d+`).FindString(v.Text(".wrong ul")))
		time.Sleep(time.Duration(max(told, 1)) * time.Second)
		v.Fill(`input[name="password"]`, "salasana-jota-ei-arvata")
		v.Click(`button[type="submit"]`)
		v.Shows("#address, .wrong")
		if !strings.Contains(v.Text("h1"), "Tervetuloa") {
			continue
		}
		v.Screenshot("page-fi-noscript-2-joined")
		return
	}
	t.Error("nobody without scripts gets in")
}

// keyboardOnly joins without a pointer.
func keyboardOnly(t *testing.T, v *dev.Visitor, program *dev.Program) {
	v.Visit(dev.Desktop("en"), program.PageURL())
	tabTo := func(want string) {
		t.Helper()
		for range 60 {
			v.Press("Tab")
			if strings.HasPrefix(v.Focused(), want) {
				return
			}
		}
		t.Fatalf("the Tab key never reaches %q", want)
	}
	tabTo("a||Go to the content")
	v.Press("Enter")
	tabTo("input|age")
	v.Press("Space")
	tabTo("input|name")
	v.Press("ArrowDown")
	tabTo("input|password")
	v.Type("salasana-jota-ei-arvata")
	tabTo("input|consent")
	v.Press("Space")
	tabTo("button")
	v.Press("Enter")
	v.Shows("#address")
	tabTo("a|mobile")
	tabTo("a|client")
}

// firstMessage counts what a mentee does from the link to a message that the
// mentor sees, in a whole web client in the same browser. One tap or one group of
// fields that is sent is one; opening the link is the first.
func firstMessage(t *testing.T, v *dev.Visitor, program *dev.Program, mentor *dev.Person) {
	const password = "salasana-jota-ei-arvata"
	ours, theirs := 0, 0
	mark := mentor.Mark()
	v.Visit(dev.Desktop("fi"), program.PageURL())
	ours++
	fillIn(v, password)
	v.Click(`button[type="submit"]`)
	ours++
	v.Shows("#address")
	user := v.Text("#user")
	if !regexp.MustCompile(`^[a-z]{6}-[a-z]{8}$`).MatchString(user) {
		t.Errorf("the user name is %q", user)
	}
	v.Click("#client")
	ours++
	v.Shows("#username")
	v.Fill("#username", user)
	v.Fill("#password", password)
	v.Click(`.PasswordLoginView button[type="submit"]`)
	theirs++
	v.Click(".RoomList li >> text=Silta") // it waits: nobody has to accept an invitation
	theirs++
	v.Shows("text=Kanerva")
	v.Screenshot("page-client-1-bot")
	write := func(text string) {
		v.Fill(".MessageComposer_input textarea", text)
		v.Press("Enter")
		theirs++
	}
	write("valitse 1")
	v.Click(".RoomList li >> text=Kanerva")
	theirs++
	write("Hei! Onko sinulla hetki aikaa?")
	leg := mentor.AwaitLeg(mark)
	mentor.AwaitText(leg, "Hei! Onko sinulla hetki aikaa?")
	v.Screenshot("page-client-2-conversation")
	if ours > 3 || ours+theirs > 8 {
		t.Errorf("%d actions of Silta's own and %d in the client: 3, and 8 together, at most", ours, theirs)
	}
	t.Logf("%d actions of Silta's own, %d in the client", ours, theirs)
}
