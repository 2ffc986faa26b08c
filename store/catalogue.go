package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"silta/mentoring"
)

// cardWords is what of a card people wrote; it is sealed as one.
type cardWords struct {
	Alias     string               `json:"alias,omitempty"`
	AgeBand   string               `json:"age_band,omitempty"`
	Area      string               `json:"area,omitempty"`
	Story     string               `json:"story,omitempty"`
	Topics    []string             `json:"topics,omitempty"`
	Languages []mentoring.Language `json:"languages,omitempty"`
	Gender    mentoring.Gender     `json:"gender,omitempty"`
	Status    string               `json:"status,omitempty"`
}

func wordsOf(c *mentoring.Card) cardWords {
	return cardWords{
		Alias: c.Alias, AgeBand: c.AgeBand, Area: c.Area, Story: c.Story, Topics: c.Topics,
		Languages: c.Languages, Gender: c.Gender, Status: c.Status,
	}
}

func (w *cardWords) into(c *mentoring.Card) {
	c.Alias, c.AgeBand, c.Area, c.Story, c.Topics = w.Alias, w.AgeBand, w.Area, w.Story, w.Topics
	c.Languages, c.Gender, c.Status = w.Languages, w.Gender, w.Status
}

// sealJSON seals a value that is kept as JSON.
func (t *Tx) sealJSON(p place, value any) ([]byte, error) {
	plain, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return t.s.keys.seal(p, plain), nil
}

func (t *Tx) openJSON(p place, sealed []byte, value any) error {
	plain, err := t.s.keys.open(p, sealed)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(plain, value); err != nil {
		return fmt.Errorf("%s: not what was sealed", p.column) // the error may quote
	}
	return nil
}

// cardAt reads membership, state, kind, words, updated from position i on.
func (t *Tx) cardAt(r record, i int) (mentoring.Card, error) {
	var w cardWords
	if err := t.openJSON(place{column: "card.words", id: r.int(i)}, r.view(i+3), &w); err != nil {
		return mentoring.Card{}, err
	}
	c := mentoring.Card{
		Membership: mentoring.MembershipID(r.int(i)),
		State:      mentoring.CardState(r.text(i + 1)),
		Kind:       mentoring.HelperKind(r.text(i + 2)),
		Updated:    r.time(i + 4),
	}
	w.into(&c)
	return c, nil
}

// Card implements [mentoring.Tx].
func (t *Tx) Card(id mentoring.MembershipID) (mentoring.Card, error) {
	c, err := single(t, "SELECT membership, state, kind, words, updated FROM card WHERE membership = $1",
		func(r record) (mentoring.Card, error) { return t.cardAt(r, 0) }, id)
	return c, doing("card", err)
}

// PutCard implements [mentoring.Tx].
func (t *Tx) PutCard(c *mentoring.Card) error {
	words, err := t.sealJSON(place{column: "card.words", id: int64(c.Membership)}, wordsOf(c))
	if err != nil {
		return doing("put card", err)
	}
	t.stale(c.Membership)
	_, err = t.exec(`INSERT INTO card (membership, state, kind, words, updated) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (membership) DO UPDATE SET state = excluded.state, kind = excluded.kind, words = excluded.words, updated = excluded.updated`,
		c.Membership, c.State, c.Kind, words, c.Updated)
	return doing("put card", err)
}

// availabilityColumns are what [Tx.availabilityAt] reads.
const availabilityColumns = "a.capacity, a.away, a.away_until, a.away_text, a.hours, a.free_until, a.ceiling"

// availabilityAt reads availabilityColumns from position i on.
func (t *Tx) availabilityAt(r record, i int, id mentoring.MembershipID) (a mentoring.Availability, err error) {
	a = mentoring.Availability{
		Membership: id, Capacity: int(r.int(i)), Away: r.flag(i + 1), AwayUntil: r.time(i + 2),
		FreeUntil: r.time(i + 5), Ceiling: int(r.int(i + 6)),
	}
	if a.Hours, err = readHours(r.text(i + 4)); err != nil {
		return a, err
	}
	a.AwayText, err = t.openText(place{column: "availability.away_text", id: int64(id)}, r.view(i+3))
	return a, err
}

// Availability implements [mentoring.Tx].
func (t *Tx) Availability(id mentoring.MembershipID) (mentoring.Availability, error) {
	a, err := cached(t.caches.availabilities, id, func() (mentoring.Availability, error) {
		return single(t, "SELECT "+availabilityColumns+" FROM availability a WHERE membership = $1",
			func(r record) (mentoring.Availability, error) { return t.availabilityAt(r, 0, id) }, id)
	})
	return a, doing("availability", err)
}

// DueAvailabilities implements [mentoring.Tx]; the longest due come first.
func (t *Tx) DueAvailabilities(now time.Time, limit int) ([]mentoring.Availability, error) {
	list, err := collect(t, "SELECT membership, "+availabilityColumns+` FROM availability a
		WHERE away_until > 0 AND away_until <= $1 ORDER BY away_until, membership LIMIT $2`,
		func(r record) (mentoring.Availability, error) {
			return t.availabilityAt(r, 1, mentoring.MembershipID(r.int(0)))
		}, now, limit)
	return list, doing("due availabilities", err)
}

// PutAvailability implements [mentoring.Tx].
func (t *Tx) PutAvailability(a *mentoring.Availability) error {
	t.stale(a.Membership)
	_, err := t.exec(`INSERT INTO availability (membership, capacity, away, away_until, away_text, hours, free_until, ceiling) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (membership) DO UPDATE SET capacity = excluded.capacity, away = excluded.away,
		away_until = excluded.away_until, away_text = excluded.away_text, hours = excluded.hours,
		free_until = excluded.free_until, ceiling = excluded.ceiling`,
		a.Membership, a.Capacity, a.Away, a.AwayUntil,
		t.sealText(place{column: "availability.away_text", id: int64(a.Membership)}, a.AwayText),
		writeHours(a.Hours), a.FreeUntil, a.Ceiling)
	if err != nil {
		return doing("put availability", err)
	}
	same := *a
	same.AwayUntil, same.FreeUntil = fromMillis(millis(a.AwayUntil)), fromMillis(millis(a.FreeUntil))
	same.Hours = slices.Clone(a.Hours)
	t.caches.availabilities.put(a.Membership, same)
	return nil
}

// writeHours is how hours are kept: "1 1020 1200;6 0 90".
func writeHours(h mentoring.Hours) string {
	parts := make([]string, len(h))
	for i, s := range h {
		parts[i] = fmt.Sprintf("%d %d %d", s.Day, s.From, s.To)
	}
	return strings.Join(parts, ";")
}

func readHours(text string) (mentoring.Hours, error) {
	if text == "" {
		return nil, nil
	}
	var h mentoring.Hours
	for part := range strings.SplitSeq(text, ";") {
		var s mentoring.Span
		if _, err := fmt.Sscanf(part, "%d %d %d", &s.Day, &s.From, &s.To); err != nil {
			return nil, fmt.Errorf("hours: %w", err)
		}
		h = append(h, s)
	}
	return h, nil
}

// Topics implements [mentoring.Tx].
func (t *Tx) Topics(p mentoring.Programme) ([]mentoring.Topic, error) {
	list, err := collect(t, "SELECT id, programme, unit, name, position, retired, merged, words, changed FROM topic WHERE programme = $1 ORDER BY position, id",
		func(r record) (mentoring.Topic, error) {
			topic := mentoring.Topic{
				ID: r.int(0), Programme: mentoring.Programme(r.text(1)), Unit: mentoring.Unit(r.text(2)), Key: r.text(3),
				Position: int(r.int(4)), Retired: r.flag(5), Merged: r.text(6), Changed: r.time(8),
			}
			return topic, t.openJSON(place{column: "topic.words", id: topic.ID}, r.view(7), &topic.Words)
		}, p)
	return list, doing("topics", err)
}

// PutTopic implements [mentoring.Tx].
func (t *Tx) PutTopic(topic *mentoring.Topic) error {
	if err := t.writing(); err != nil {
		return err
	}
	if topic.ID == 0 {
		topic.ID = t.newID(seqTopic)
		t.undo(func() { topic.ID = 0 })
	}
	words, err := t.sealJSON(place{column: "topic.words", id: topic.ID}, topic.Words)
	if err != nil {
		return doing("put topic", err)
	}
	_, err = t.exec(`INSERT INTO topic (id, programme, unit, name, position, retired, merged, words, changed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (id) DO UPDATE SET programme = excluded.programme, unit = excluded.unit, name = excluded.name,
		position = excluded.position, retired = excluded.retired, merged = excluded.merged, words = excluded.words, changed = excluded.changed`,
		topic.ID, topic.Programme, topic.Unit, topic.Key, topic.Position, topic.Retired, topic.Merged, words, topic.Changed)
	return doing("put topic", err)
}

const textColumns = "id, name, language, programme, unit, words, author, changed"

func (t *Tx) scanText(r record) (o mentoring.TextVersion, err error) {
	o = mentoring.TextVersion{
		ID: r.int(0), Key: r.text(1), Language: mentoring.Language(r.text(2)), Programme: mentoring.Programme(r.text(3)),
		Unit: mentoring.Unit(r.text(4)), Author: mentoring.MemberID(r.int(6)), Changed: r.time(7),
	}
	o.Words, err = t.openText(place{column: "text_override.words", id: o.ID}, r.view(5))
	return o, err
}

// Texts lists all texts in force that are not empty.
func (t *Tx) Texts() ([]mentoring.TextVersion, error) {
	list, err := collect(t, "SELECT "+textColumns+` FROM text_override
		WHERE id IN (SELECT max(id) FROM text_override GROUP BY name, language, programme, unit) AND length(words) > 0 ORDER BY id`, t.scanText)
	return list, doing("texts", err)
}

// TextHistory lists what a text has been, the newest first.
func (t *Tx) TextHistory(key string, lang mentoring.Language, p mentoring.Programme, u mentoring.Unit) ([]mentoring.TextVersion, error) {
	list, err := collect(t, "SELECT "+textColumns+" FROM text_override WHERE name = $1 AND language = $2 AND programme = $3 AND unit = $4 ORDER BY id DESC",
		t.scanText, key, lang, p, u)
	return list, doing("text history", err)
}

// PutText puts a text in force and keeps the former one as history.
// It sets the ID.
func (t *Tx) PutText(o *mentoring.TextVersion) error {
	if err := t.writing(); err != nil {
		return err
	}
	if o.ID != 0 {
		return errors.New("put text: history is never changed; put a new one")
	}
	o.ID = t.newID(seqText)
	t.undo(func() { o.ID = 0 })
	_, err := t.exec("INSERT INTO text_override ("+textColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		o.ID, o.Key, o.Language, o.Programme, o.Unit,
		t.sealText(place{column: "text_override.words", id: o.ID}, o.Words), orNull(o.Author), o.Changed)
	return doing("put text", err)
}
