package main

import (
	"fmt"
	"io"

	"silta/dev"
)

// password of all the demo's people. The homeserver is reachable from this
// machine only.
const password = "silta-demo"

// mentorToBe is a mentor with the language they speak with the bot.
type mentorToBe struct {
	language string
	card     dev.Card
}

func mentors() []mentorToBe {
	return []mentorToBe{
		{"fi", dev.Card{
			Alias: "Kanerva", AgeBand: 2, Area: "Pirkanmaa", Topics: "1, 2", Languages: "1, 3",
			Story: "Muutin omilleni 17-vuotiaana ja opettelin kaiken kantapään kautta. Nyt opiskelen lähihoitajaksi. Kuuntelen mielelläni, kun mietit ensimmäistä omaa kotia tai jälkihuoltoa.",
		}},
		{"fi", dev.Card{
			Alias: "Lumikko", AgeBand: 3, Area: "Uusimaa", Topics: "3, 4", Languages: "1",
			Story: "Koulu jäi minulta kesken kahdesti. Kolmannella kerralla onnistui, ja nyt olen töissä puualalla. Jutellaan opiskelusta, työstä tai siitä, miltä väliin jääminen tuntuu.",
		}},
		{"sv", dev.Card{
			Alias: "Skogsstig", AgeBand: 4, Area: "Österbotten", Topics: "1, 5", Languages: "2, 1, 3",
			Story: "Jag bodde i flera fosterhem och blev själv mamma som tjugoåring. Jag vet hur det känns när man inte vet vem man kan fråga. Du kan fråga mig.",
		}},
	}
}

// mentees are the nicknames of those who look for a mentor, with their languages.
func mentees() [][2]string { return [][2]string{{"fi", "Syyspihlaja"}, {"en", "Quiet-Otter"}} }

// populate has the demo's people join, each by writing to the bot.
func populate(t dev.T, hs *dev.Homeserver, program *dev.Program, out io.Writer) *description {
	d := &description{Homeserver: hs.URL(), ServerName: hs.Name(), Web: program.PageURL(), Bot: program.Bot}
	enter := func(localpart string) (*dev.Client, person) {
		c := dev.Plain(t, hs.Register(localpart, password))
		return c, person{UserID: c.UserID, Password: password}
	}
	staff, p := enter("staff")
	d.Staff = append(d.Staff, p)
	program.Start()
	fmt.Fprintln(out, "Staff come in …")
	service := program.Open(staff)
	for i, m := range mentors() {
		fmt.Fprintf(out, "A mentor joins and fills in a card, staff approve it (%d of %d) …\n", i+1, len(mentors()))
		c, p := enter(fmt.Sprintf("mentor%d", i+1))
		service.Mentor(c, m.language, m.card)
		p.Alias = m.card.Alias
		d.Mentors = append(d.Mentors, p)
		c.Logout() // so that people meet no session that is not theirs
	}
	for i, m := range mentees() {
		fmt.Fprintf(out, "A mentee joins (%d of %d) …\n", i+1, len(mentees()))
		c, p := enter(fmt.Sprintf("mentee%d", i+1))
		service.Mentee(c, m[0], m[1])
		d.Mentees = append(d.Mentees, p)
		c.Logout() // so that people meet no session that is not theirs
	}
	staff.Logout()
	d.New = append(d.New, person{UserID: hs.Register("newcomer", password).UserID, Password: password})
	return d
}
