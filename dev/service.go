package dev

import (
	"slices"
	"strconv"
	"strings"

	"silta/locale"
)

// Service is a running Silta with people in it, all made the way people do it:
// by writing to the bot.
type Service struct {
	*Program
	Words *Words
	// Staff is the first of the initial staff in their own room, StaffRoom the
	// same person in the staff room.
	Staff, StaffRoom *Person

	t T
}

// Open has the first of the initial staff come in: into the staff room, and
// through the bot's questions. The client may have been invited already.
func (p *Program) Open(staff *Client) *Service {
	p.t.Helper()
	s := &Service{Program: p, Words: LoadWords(p.t), t: p.t}
	e := staff.Await(0, "the staff room", func(e Event) bool {
		return e.Type == membershipEvent && (e.Text("membership") == "join" || e.Text("inviter") == p.Bot)
	})
	staff.enter(e.Room)
	s.Staff = p.Meet(staff, s.Words)
	s.Staff.Joins(locale.Default, "Päivystäjä")
	s.StaffRoom = s.Staff.In(e.Room)
	return s
}

// Joins answers the bot's questions from the choice of a language to the
// nickname, whichever of them it asks.
func (p *Person) Joins(language, nickname string) {
	p.t.Helper()
	p.Hears("language.ask")
	p.Language = language
	p.Say(strconv.Itoa(1 + slices.Index(locale.Languages(), language)))
	yes := p.words.Answer(language, "yes")
	for {
		switch _, key := p.HearsEither("join.age", "join.consent", "join.nickname", "join.sure", "join.done"); key {
		case "join.nickname":
			p.Say(nickname)
		case "join.done":
			return
		default:
			p.Say(yes)
		}
	}
}

// Mentee has somebody join as one who looks for a mentor.
func (s *Service) Mentee(c *Client, language, nickname string) *Person {
	s.t.Helper()
	p := s.Meet(c, s.Words)
	p.Joins(language, nickname)
	p.HearsEither("mentors.head", "mentors.none") // what they came for is shown at once
	return p
}

// Card is what a mentor tells of themselves.
type Card struct {
	Alias     string
	AgeBand   int // number in the bot's list
	Area      string
	Story     string
	Topics    string // numbers in the bot's list
	Languages string // numbers in the bot's list
}

// Mentor has somebody join with a code that staff give them, read the guide
// where the programme asks for it, fill in their card, and staff approve it.
func (s *Service) Mentor(c *Client, language string, card Card) *Person {
	s.t.Helper()
	_, code := s.StaffRoom.Asks(s.staffSays("mentor", "invite"), "mentor.code")
	p := s.Meet(c, s.Words)
	p.Joins(language, card.Alias)
	p.Asks(code[0], "code.right")
	_, first := p.HearsEither("guide.head", "mycard.alias")
	if first == "guide.head" {
		p.readGuide()
		p.Command("card", "", "mycard.alias")
	}
	p.fillCard(card)
	mark := s.StaffRoom.Mark()
	p.Yes("mycard.sent")
	_, number := s.StaffRoom.HearsIn(s.StaffRoom.Room, mark, "card.for_staff")
	if first == "guide.head" { // then the rest is asked for, too
		s.StaffRoom.Asks("!"+s.Words.Command(s.Staff.Language, "mentor")+" "+number[0]+" "+s.Words.Answer(s.Staff.Language, "trained"), "mentor.trained")
		s.StaffRoom.Asks("!"+s.Words.Command(s.Staff.Language, "mentor")+" "+number[0]+" "+s.Words.Answer(s.Staff.Language, "check"), "mentor.checked")
	}
	waiting := p.Mark()
	s.StaffRoom.Asks(s.staffSays("approve", number[0]), "mentor.approved_now")
	p.HearsIn(p.Room, waiting, "card.approved")
	return p
}

// readGuide reads the orientation guide to its end.
func (p *Person) readGuide() {
	p.t.Helper()
	done := p.words.Answer(p.Language, "done")
	for {
		p.Say(done)
		if _, key := p.HearsEither("guide.head", "guide.done"); key == "guide.done" {
			return
		}
	}
}

// staffSays is a command as it is written in the staff room.
func (s *Service) staffSays(command string, rest string) string {
	if command == "mentor" {
		rest = s.Words.Answer(s.Staff.Language, rest)
	}
	return "!" + s.Words.Command(s.Staff.Language, command) + " " + rest
}

// fillCard answers the questions about a mentor's card, up to the last, whether
// it shall be sent.
func (p *Person) fillCard(card Card) {
	p.t.Helper()
	answers := []struct{ key, answer string }{
		{"mycard.alias", card.Alias},
		{"mycard.age", strconv.Itoa(card.AgeBand)},
		{"mycard.area", card.Area},
		{"mycard.gender", p.words.Answer(p.Language, "skip")},
		{"mycard.story", card.Story},
		{"mycard.topics", card.Topics},
		{"mycard.languages", card.Languages},
	}
	for _, a := range answers {
		p.Hears(a.key)
		p.Say(a.answer)
	}
	p.Hears("mycard.send")
}

// Chooses has a mentee choose a mentor by their alias and go into the room for
// the two.
func (s *Service) Chooses(mentee *Person, alias string) (leg string) {
	s.t.Helper()
	mark := mentee.Mark()
	list, _ := mentee.Command("mentors", "", "mentors.head")
	for !strings.Contains(list.Body(), alias) {
		list, _ = mentee.Command("more", "", "mentors.head")
	}
	mentee.Command("choose", alias, "choose.done")
	return mentee.AwaitLeg(mark)
}

// AwaitLeg waits for the next invitation to a conversation since the mark, and
// goes in.
func (p *Person) AwaitLeg(from int) (leg string) {
	p.t.Helper()
	e := p.Await(from, "an invitation to a conversation", func(e Event) bool {
		return e.Room != p.Room && (Membership("", "invite")(e) || Membership("", "join")(e))
	})
	p.enter(e.Room)
	return e.Room
}

// Conversation has a mentee choose a mentor and write first, and the mentor
// come in. It returns their rooms.
func (s *Service) Conversation(mentee, mentor *Person, alias, first string) (menteeLeg, mentorLeg string) {
	s.t.Helper()
	menteeLeg = s.Chooses(mentee, alias)
	mark := mentor.Mark()
	mentee.Text(menteeLeg, first)
	mentorLeg = mentor.AwaitLeg(mark)
	mentor.HearsIn(mentorLeg, mark, "chat.hello")
	mentor.AwaitText(mentorLeg, first)
	return menteeLeg, mentorLeg
}
