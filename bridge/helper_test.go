package bridge_test

import (
	"testing"

	"silta/locale"
	"silta/mentoring"
)

// TestHelperInTheTopic: what kind of helper a mentor is stands over the mentee's
// room from its beginning, follows what staff say, and stands nowhere else; the
// words tell nothing of what the service is about (leaks.md rows 42, 66, 67).
func TestHelperInTheTopic(t *testing.T) {
	w := newWorld(t)
	people, members := w.staffAndMentors("sari", "kaisa")
	kaisa := people[1]
	aino := &talker{Person: w.hs.Person("real-aino"), alias: "Otter"}
	var id mentoring.MembershipID
	w.do(func(a *mentoring.Act) error {
		list, err := a.Tx.Memberships(members[1].ID)
		if err != nil {
			return err
		}
		id = list[0].ID
		card := mentoring.Card{Membership: id, State: mentoring.CardApproved, Kind: mentoring.HelperPeer, Alias: "Kanerva", Topics: []string{"work"}, Languages: []mentoring.Language{"en"}}
		if err := a.Tx.PutCard(&card); err != nil {
			return err
		}
		m := mentoring.Member{Address: aino.ID, Language: "en", Alias: aino.alias, Join: mentoring.JoinDone, Consent: a.Rules.ConsentVersion, Created: a.Now}
		if err := a.Tx.PutMember(&m); err != nil {
			return err
		}
		err = a.Tx.PutMembership(&mentoring.Membership{Member: m.ID, Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit, Role: mentoring.Mentee, State: mentoring.Active, Created: a.Now})
		if err != nil {
			return err
		}
		c, err := a.Choose(m, id)
		if err == nil {
			aino.id, kaisa.id = c.Participants[0].ID, c.Participants[1].ID
		}
		return err
	})
	w.invited(aino)
	w.join(aino)
	must(aino.Say(aino.room, "hei"))
	w.invited(kaisa)
	w.join(kaisa)
	over := func(p *talker) (name, topic string) {
		name, _ = w.hs.State(p.room, "m.room.name", "")["name"].(string)
		topic, _ = w.hs.State(p.room, "m.room.topic", "")["topic"].(string)
		return name, topic
	}
	if name, topic := over(aino); name != "Kanerva" || topic != "Kanerva: a peer." {
		t.Errorf("the mentee's room is %q, %q", name, topic)
	}
	w.do(func(a *mentoring.Act) error { return a.SetKind(members[0], id, mentoring.HelperProfessional) })
	w.until("the topic follows", func() bool { _, topic := over(aino); return topic == "Kanerva: a professional." })
	if name, topic := over(kaisa); name != "Otter" || topic != "" {
		t.Errorf("the mentor's room is %q, %q", name, topic)
	}
	words, err := locale.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []mentoring.Language{"fi", "sv", "en"} {
		for _, kind := range mentoring.HelperKinds() {
			text := words.Say(string(lang), "room.helper."+string(kind), map[string]any{"alias": "Kanerva"})
			if telling().MatchString(text) {
				t.Errorf("a topic says %q", text)
			}
		}
	}
}
