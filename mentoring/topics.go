package mentoring

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Topic is one of the topics that mentors help with. Staff keep the list; until
// they first change it, it is the operator's (Rules.Topics).
type Topic struct {
	ID        int64
	Programme Programme
	Unit      Unit
	Key       string              // on cards; never changes
	Words     map[Language]string // sealed at rest; none: those of locale/ or of the operator
	Position  int                 // its number for staff, which never changes
	Retired   bool
	Merged    string // the key of the topic that took its place
	Changed   time.Time
}

// Topics lists the topics of a programme by position, retired ones included.
func (a *Act) Topics(p Programme) ([]Topic, error) {
	list, err := a.Tx.Topics(p)
	if err != nil {
		return nil, fmt.Errorf("topics: %w", err)
	}
	if len(list) > 0 {
		return list, nil
	}
	for i, key := range a.Rules.Topics {
		list = append(list, Topic{Programme: p, Unit: DefaultUnit, Key: key, Position: i + 1})
	}
	return list, nil
}

// knownTopic says whether a card may name the topic: it is offered.
func knownTopic(list []Topic, key string) bool {
	return slices.ContainsFunc(list, func(t Topic) bool { return t.Key == key && !t.Retired })
}

// staffTopics is the list to be changed; from the first change on it is kept.
func (a *Act) staffTopics(staff Member) ([]Topic, Membership, error) {
	s, err := a.canIn(staff, DoTopics, DefaultProgramme, DefaultUnit)
	if err != nil {
		return nil, s, err
	}
	list, err := a.Topics(s.Programme)
	return list, s, err
}

// putTopics keeps all of a list: those that were the operator's, too.
func (a *Act) putTopics(list []Topic) error {
	for i := range list {
		if err := a.Tx.PutTopic(&list[i]); err != nil {
			return fmt.Errorf("put topic: %w", err)
		}
	}
	return nil
}

// topicMax is how many letters a topic's name may have.
const topicMax = 40

// maxTopics bounds the list, which people choose from by number.
const maxTopics = 40

func fitWords(words map[Language]string) (map[Language]string, error) {
	fitted := make(map[Language]string, len(words))
	for lang, text := range words {
		text, err := fitLine(text, topicMax)
		if err != nil {
			return nil, err
		}
		if text != "" {
			fitted[lang] = text
		}
	}
	if len(fitted) == 0 {
		return nil, Refuse("topic.say_name")
	}
	return fitted, nil
}

// AddTopic adds a topic with its names and returns its number.
func (a *Act) AddTopic(staff Member, words map[Language]string) (int, error) {
	list, s, err := a.staffTopics(staff)
	if err != nil {
		return 0, err
	}
	if words, err = fitWords(words); err != nil {
		return 0, err
	}
	if len(list) >= maxTopics {
		return 0, Refuse("topic.too_many", "n", maxTopics)
	}
	number := 1
	for _, t := range list {
		number = max(number, t.Position+1)
	}
	added := Topic{
		Programme: s.Programme, Unit: s.Unit, Key: fmt.Sprint("own", number), Words: words, Position: number, Changed: a.Now,
	}
	if err = a.putTopics(append(list, added)); err != nil {
		return 0, err
	}
	if err := a.audit(staff.ID, AuditTopic); err != nil {
		return 0, err
	}
	added.Retired = true // topics do not go: cards may name them
	return number, a.undoable(staff, Undone{Kind: UndoTopics, Topics: []Topic{added}})
}

// changeTopic changes the topic with that number.
func (a *Act) changeTopic(staff Member, number int, change func(list []Topic, t *Topic) error) error {
	list, _, err := a.staffTopics(staff)
	if err != nil {
		return err
	}
	t := topicNumber(list, number)
	if t == nil {
		return Refuse("topic.unknown", "number", number)
	}
	before := *t
	if err := change(list, t); err != nil {
		return err
	}
	t.Changed = a.Now
	if err := a.putTopics(list); err != nil {
		return err
	}
	if err := a.audit(staff.ID, AuditTopic); err != nil {
		return err
	}
	return a.undoable(staff, Undone{Kind: UndoTopics, Topics: []Topic{before}})
}

func topicNumber(list []Topic, number int) *Topic {
	i := slices.IndexFunc(list, func(t Topic) bool { return t.Position == number })
	if i < 0 {
		return nil
	}
	return &list[i]
}

// RenameTopic gives a topic names; languages that are not named keep theirs.
func (a *Act) RenameTopic(staff Member, number int, words map[Language]string) error {
	return a.changeTopic(staff, number, func(_ []Topic, t *Topic) error {
		fitted, err := fitWords(words)
		if err != nil {
			return err
		}
		for lang, text := range t.Words {
			if fitted[lang] == "" {
				fitted[lang] = text
			}
		}
		t.Words = fitted
		return nil
	})
}

// RetireTopic takes a topic from what people can choose; cards keep it until
// they are changed. With back it is offered again.
func (a *Act) RetireTopic(staff Member, number int, back bool) error {
	return a.changeTopic(staff, number, func(list []Topic, t *Topic) error {
		if t.Retired != back {
			return Refuse(map[bool]string{false: "topic.retired_already", true: "topic.offered_already"}[back], "number", number)
		}
		if !back && offered(list) == 1 {
			return Refuse("topic.last")
		}
		t.Retired, t.Merged = !back, ""
		return nil
	})
}

func offered(list []Topic) (n int) {
	for _, t := range list {
		if !t.Retired {
			n++
		}
	}
	return n
}

// MergeTopic retires a topic and puts another in its place on every card. The
// cards stay approved.
func (a *Act) MergeTopic(staff Member, from, into int) error {
	list, s, err := a.staffTopics(staff)
	if err != nil {
		return err
	}
	old, now := topicNumber(list, from), topicNumber(list, into)
	switch {
	case old == nil || old.Retired:
		return Refuse("topic.unknown", "number", from)
	case now == nil || now.Retired || from == into:
		return Refuse("topic.unknown", "number", into)
	}
	mentors, err := a.Tx.MembershipsOf(s.Programme, Mentor)
	if err != nil {
		return fmt.Errorf("mentors: %w", err)
	}
	before, cards := *old, map[MembershipID][]string{}
	old.Retired, old.Merged, old.Changed = true, now.Key, a.Now
	if err := a.putTopics(list); err != nil {
		return err
	}
	for _, m := range mentors {
		c, err := a.Tx.Card(m.ID)
		if errors.Is(err, ErrNotFound) {
			continue // has none yet
		}
		if err != nil {
			return fmt.Errorf("card: %w", err)
		}
		if !slices.Contains(c.Topics, old.Key) {
			continue
		}
		cards[m.ID] = c.Topics
		c.Topics = mergedTopics(c.Topics, old.Key, now.Key)
		if err := a.putCard(&c); err != nil {
			return err
		}
		if err := a.keepVersion(staff.ID, StepMerge, &c); err != nil {
			return err
		}
	}
	if err := a.audit(staff.ID, AuditTopic); err != nil {
		return err
	}
	return a.undoable(staff, Undone{Kind: UndoTopics, Key: now.Key, Topics: []Topic{before}, Cards: cards})
}

// mergedTopics has one topic in the place of another.
func mergedTopics(topics []string, old, now string) []string {
	topics = slices.Clone(topics)
	topics[slices.Index(topics, old)] = now
	return unique(topics)
}

// restoreTopics makes topics what they were. Cards that were changed with them
// are as before, too, unless their mentors have changed them since.
func (a *Act) restoreTopics(staff Member, topics []Topic, into string, cards map[MembershipID][]string) error {
	list, _, err := a.staffTopics(staff)
	if err != nil {
		return err
	}
	for i := range list {
		for _, before := range topics {
			if list[i].Key == before.Key {
				before.ID, before.Changed = list[i].ID, a.Now
				list[i] = before
			}
		}
	}
	if err := a.putTopics(list); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(cards)) {
		c, err := a.Tx.Card(id)
		if err != nil {
			if errors.Is(err, ErrNotFound) {
				continue
			}
			return fmt.Errorf("card: %w", err)
		}
		if !slices.Equal(c.Topics, mergedTopics(cards[id], topics[0].Key, into)) {
			continue
		}
		c.Topics = cards[id]
		if err := a.putCard(&c); err != nil {
			return err
		}
		if err := a.keepVersion(staff.ID, StepMerge, &c); err != nil {
			return err
		}
	}
	return a.audit(staff.ID, AuditTopic)
}

// SuggestTopic is a mentor asking staff for a new topic (feature F9).
func (a *Act) SuggestTopic(m Member, words string) error {
	s, err := a.ownMentor(m, DoCard)
	if err != nil {
		return err
	}
	if words, err = fitLine(words, topicMax); err != nil {
		return err
	}
	if words == "" {
		return Refuse("topic.say_name")
	}
	a.Do(TellStaff{Programme: s.Programme, Unit: s.Unit, Text: T("topic.suggested", "number", int64(s.ID), "words", words)})
	return nil
}
