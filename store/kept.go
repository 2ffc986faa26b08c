package store

import (
	"math/bits"
	"time"

	"silta/mentoring"
)

// keeping says what is done with what a table holds about members: what they are
// shown of it (mydata), and how it is erased. There is an entry for every table,
// and every column of it is shown or hidden with a reason: TestKept compares it
// with the schema.
type keeping struct {
	table string
	// of is the condition of the rows that are about member $1. Empty: none are,
	// for the reason why.
	of, why string
	what    string // key of its text, under "mydata."
	// shown are the values that the member sees. With counted they see only how
	// many rows there are.
	shown   []showing
	counted bool
	hidden  map[string]string // column → why it is not shown
	// erase is what EraseMember and DeleteMember do with the rows. When some are
	// still there afterwards, stays says why.
	erase, stays string
}

// showing is one value of a row, read by one SQL expression.
type showing struct {
	column string
	name   string // key of its text, under "mydata.of."; empty: as column
	from   string // the expression; empty: the column
	read   reading
}

// reading says how a value is read.
type reading int

const (
	asText reading = iota
	asTime
	asDay // days since 1970
	asFlag
	asNumber
	asBits   // how many there are
	asSealed // text, sealed under the row's key
	asCard   // a card's words
	asHours
)

const theirMemberships = "membership IN (SELECT id FROM membership WHERE member = $1)"

// theirConversations are rows that belong to a conversation of theirs.
const theirConversations = "conversation IN (SELECT conversation FROM participant WHERE member = $1)"

// goesWithIt is why what belongs to a conversation needs no erasing: all of a
// member's conversations are emptied before.
const goesWithIt = "goes with the conversation, which is emptied before"

const (
	aNumber  = "a number of ours, by which rows find each other"
	theirs   = "says that it is theirs"
	another  = "is about somebody else"
	byItself = "made of what is shown, to find the row by"
)

// keepings lists the tables as people are told of them. It is erased from its
// end: what refers to a row comes after the row.
func keepings() []keeping {
	all := aboutPerson()
	all = append(all, aboutSigns()...)
	all = append(all, aboutMeasures()...)
	all = append(all, aboutMentor()...)
	all = append(all, aboutTalking()...)
	all = append(all, aboutMessages()...)
	all = append(all, aboutStaff()...)
	all = append(all, aboutCases()...)
	all = append(all, aboutAsking()...)
	all = append(all, aboutAudit()...)
	return append(all, aboutNobody()...)
}

func aboutSigns() []keeping {
	return []keeping{
		{
			table: "shows", of: "member = $1", what: "shows",
			shown:  []showing{{column: "sign"}},
			hidden: map[string]string{"member": theirs},
			erase:  "DELETE FROM shows WHERE member = $1",
		},
	}
}

func aboutPerson() []keeping {
	return []keeping{
		{
			table: "member", of: "id = $1", what: "member",
			shown: []showing{
				{column: "address", read: asSealed}, {column: "account", read: asSealed}, {column: "alias", read: asSealed},
				{column: "language"}, {column: "join_state", name: "state"}, {column: "created", read: asTime},
				{column: "changed", name: "last_sign", read: asTime}, {column: "consent", read: asNumber},
				{column: "consent_at", read: asTime}, {column: "warned", read: asTime}, {column: "trial", read: asFlag},
				{column: "unit"}, {column: "topic"},
			},
			hidden: map[string]string{"id": aNumber, "address_hash": byItself},
			erase: `UPDATE member SET address = '', address_hash = NULL, language = '', alias = '', join_state = 'erased', consent = 0,
				consent_at = 0, created = 0, changed = 0, warned = 0, unit = '', topic = '', account = '' WHERE id = $1`,
			stays: "a number, to which ended conversations and closed cases refer",
		},
		{
			table: "membership", of: "member = $1", what: "membership",
			shown: []showing{
				{column: "role"}, {column: "state"}, {column: "programme"}, {column: "unit"}, {column: "created", read: asTime},
				{column: "first_message", read: asTime}, {column: "wrote", read: asTime},
			},
			hidden: map[string]string{"id": aNumber, "member": theirs},
			erase:  "UPDATE membership SET created = 0, first_message = 0, wrote = 0 WHERE member = $1",
			stays:  "a number, a role and a state: figures count it",
		},
		{
			table: "phrase", of: "member = $1", what: "phrase",
			shown:  []showing{{column: "created", read: asTime}},
			hidden: map[string]string{"member": theirs, "locator": byItself, "hash": "made of the code, to know it again; it says nothing"},
			erase:  "DELETE FROM phrase WHERE member = $1",
		},
		{
			table: "totp", of: "member = $1", what: "totp",
			shown:  []showing{{column: "created", read: asTime}, {column: "confirmed", name: "totp_on", read: asFlag}},
			hidden: map[string]string{"member": theirs, "link": "their app has it; it is never shown again", "used": "of a code that is worth nothing any more"},
			erase:  "DELETE FROM totp WHERE member = $1",
		},
		{
			table: "move_request", of: "newcomer = $1 OR member = $1", what: "move",
			shown:  []showing{{column: "created", read: asTime}},
			hidden: map[string]string{"newcomer": theirs, "member": theirs},
			erase:  "DELETE FROM move_request WHERE newcomer = $1 OR member = $1",
		},
		{
			table: "told", of: "member = $1", what: "told", counted: true,
			hidden: map[string]string{"member": theirs, "what": "the name of a hint that the bot gives once"},
			erase:  "DELETE FROM told WHERE member = $1",
		},
		{
			table: "dialogue", of: "member = $1", what: "dialogue", counted: true,
			hidden: map[string]string{"member": theirs, "state": "what the bot asks now, and the numbers of the last lists: they have it in their room"},
			erase:  "DELETE FROM dialogue WHERE member = $1",
		},
		{
			table: "room", of: "kind = 2 AND owner = $1", what: "room", counted: true,
			hidden: map[string]string{
				"id": aNumber, "kind": aNumber, "owner": theirs, "matrix": "they are in it", "state": "whether they are in it",
				"marker": aNumber, "reader": "the bot", "conversation": aNumber, "number": aNumber, "changed": "of the state",
			},
			erase: "DELETE FROM room WHERE kind = 2 AND owner = $1",
		},
		{
			table: "line", of: "room IN (SELECT id FROM room WHERE kind = 2 AND owner = $1)", what: "line", counted: true,
			hidden: map[string]string{"name": aNumber, "room": aNumber, "event": "a message of the bot in their room"},
			erase:  "DELETE FROM line WHERE room IN (SELECT id FROM room WHERE kind = 2 AND owner = $1)",
		},
		{
			table: "code", of: "giver = $1", what: "code",
			shown: []showing{
				{column: "kind"}, {column: "created", read: asTime}, {column: "expires", read: asTime}, {column: "used", read: asFlag},
				{column: "topic"},
			},
			hidden: map[string]string{"hash": byItself, "programme": "the same for all", "unit": "the same for all", "giver": theirs},
			erase:  "UPDATE code SET giver = 0 WHERE giver = $1",
		},
	}
}

// aboutStaff is what is kept of what staff do.
func aboutStaff() []keeping {
	return []keeping{
		{
			table: "text_override", of: "author = $1", what: "text", counted: true,
			hidden: map[string]string{
				"id": aNumber, "name": "of the service", "language": "of the service", "programme": "of the service", "unit": "of the service",
				"words": "of the service", "author": theirs, "changed": "of the service",
			},
			erase: "UPDATE text_override SET author = NULL WHERE author = $1",
		},
		{
			table: "announcement", of: "author = $1", what: "announcement", counted: true,
			hidden: map[string]string{
				"id": aNumber, "programme": "of the service", "unit": "of the service", "audience": "of the service", "words": "of the service",
				"author": theirs, "due": "of the service", "reached": another, "told": "of the service", "created": "of the service",
			},
			erase: "UPDATE announcement SET author = NULL WHERE author = $1",
		},
		{
			table: "undone", of: "member = $1", what: "undone", counted: true,
			hidden: map[string]string{"member": theirs, "what": "of the service, gone after the next command"},
			erase:  "DELETE FROM undone WHERE member = $1",
		},
	}
}

func aboutMeasures() []keeping {
	return []keeping{
		{
			table: "measure", of: "member = $1", what: "measure",
			shown: []showing{
				{column: "kind", name: "measure_kind"}, {column: "state"}, {column: "created", read: asTime}, {column: "review", read: asTime},
			},
			hidden: map[string]string{
				"id": aNumber, "member": theirs, "membership": theirs, "programme": "shown with the membership", "unit": "shown with the membership",
				"author": another, "words": "the reason; they were told it when it was done", "due": "follows from the other times",
			},
			erase: "DELETE FROM measure WHERE member = $1",
		},
		{
			table: "measure", of: "author = $1", what: "measure_author", counted: true,
			erase: "UPDATE measure SET author = 0 WHERE author = $1",
		},
	}
}

func aboutMentor() []keeping {
	words := showing{column: "words", name: "card", read: asCard}
	words.from = "membership, state, kind, words, updated"
	older := words
	older.from = "id, state, kind, words, changed"
	return []keeping{
		{
			table: "card", of: theirMemberships, what: "card",
			shown:  []showing{{column: "updated", name: "changed", read: asTime}, {column: "state"}, words},
			hidden: map[string]string{"membership": theirs, "kind": "shown with the words"},
			erase:  "DELETE FROM card WHERE " + theirMemberships,
		},
		{
			table: "card_history", of: theirMemberships, what: "card_history",
			shown:  []showing{{column: "changed", read: asTime}, {column: "step"}, older},
			hidden: map[string]string{"id": aNumber, "membership": theirs, "author": another, "state": "of the card as it was", "kind": "shown with the words"},
			erase:  "DELETE FROM card_history WHERE " + theirMemberships,
		},
		{
			table: "card_history", of: "author = $1", what: "card_author", counted: true,
			erase: "UPDATE card_history SET author = 0 WHERE author = $1",
		},
		{
			table: "preparation", of: theirMemberships, what: "preparation",
			shown: []showing{
				{column: "guide", read: asBits}, {column: "guide_done", read: asTime}, {column: "round", read: asSealed},
				{column: "trained", read: asTime}, {column: "checked", read: asTime}, {column: "listed", read: asTime},
			},
			hidden: map[string]string{"membership": theirs, "checked_by": another},
			erase:  "DELETE FROM preparation WHERE " + theirMemberships,
		},
		{
			table: "preparation", of: "checked_by = $1", what: "checker", counted: true,
			erase: "UPDATE preparation SET checked_by = 0 WHERE checked_by = $1",
		},
		{
			table: "availability", of: theirMemberships, what: "availability",
			shown: []showing{
				{column: "capacity", read: asNumber}, {column: "ceiling", read: asNumber}, {column: "away", read: asFlag},
				{column: "away_until", read: asTime}, {column: "away_text", read: asSealed}, {column: "hours", read: asHours},
				{column: "free_until", read: asTime},
			},
			hidden: map[string]string{"membership": theirs},
			erase:  "DELETE FROM availability WHERE " + theirMemberships,
		},
		{
			// Those that wait to be told ("open") are what mentees answered, and would
			// tell of one of them.
			table: "tally", of: theirMemberships + " AND month <> 'open'", what: "tally",
			shown:  []showing{{column: "month"}, {column: "name", name: "figure"}, {column: "value", name: "n", read: asNumber}},
			hidden: map[string]string{"membership": theirs},
			erase:  "DELETE FROM tally WHERE " + theirMemberships,
		},
		{
			table: "reply_sample", of: theirMemberships, what: "reply_sample",
			shown:  []showing{{column: "day", read: asDay}, {column: "n", read: asNumber}},
			hidden: map[string]string{"membership": theirs, "bucket": "roughly how long; the card says it in words"},
			erase:  "DELETE FROM reply_sample WHERE " + theirMemberships,
		},
		{
			table: "supervision_seat", of: "member = $1", what: "seat",
			shown: []showing{
				{column: "at", read: asTime, from: "(SELECT at FROM supervision WHERE id = supervision_seat.supervision)"}, {column: "state"},
			},
			hidden: map[string]string{"supervision": aNumber, "membership": theirs, "member": theirs, "menu": aNumber, "due": "of the next reminder"},
			erase:  "DELETE FROM supervision_seat WHERE member = $1",
		},
		{
			table: "supervision", of: "leader = $1", what: "led", counted: true,
			hidden: map[string]string{
				"id": aNumber, "programme": "of the service", "unit": "of the service", "leader": theirs, "conversation": aNumber,
				"state": "of the meeting", "at": "of the meeting", "until": "of the meeting", "due": "of the meeting",
			},
			erase: "UPDATE supervision SET leader = NULL WHERE leader = $1",
		},
	}
}

func aboutTalking() []keeping {
	of := func(name string) string {
		return "(SELECT " + name + " FROM conversation WHERE id = participant.conversation)"
	}
	return []keeping{
		{
			table: "conversation", of: "id IN (SELECT conversation FROM participant WHERE member = $1)",
			hidden: map[string]string{
				"id": aNumber, "kind": "shown with their part in it", "programme": "shown with the membership", "unit": "shown with the membership",
				"state": "shown with their part in it", "case_id": "shown as a case", "trial": "shown with the person", "created": "shown with their part in it",
				"due": "follows from the other times", "last_talk": "shown with their part in it", "ended": "shown with their part in it",
				"wait_since": another, "wait_done": "what has been told about it", "purge": "shown with their part in it", "emptied": "shown with their part in it",
			},
			stays: "a number and times, for the figures; " + goesWithIt,
		},
		{
			table: "participant", of: "member = $1", what: "participant",
			shown: []showing{
				{column: "alias", read: asSealed}, {column: "role"}, {column: "kind", name: "kind", from: of("kind")},
				{column: "state", from: of("state")}, {column: "created", from: of("created"), read: asTime},
				{column: "last_talk", from: of("last_talk"), read: asTime}, {column: "ended", from: of("ended"), read: asTime},
				{column: "purge", from: of("purge"), read: asTime}, {column: "emptied", from: of("emptied"), read: asFlag},
				{column: "awake_until", read: asTime}, {column: "archived", read: asTime}, {column: "blocking", read: asTime},
				{column: "thanked", read: asTime}, {column: "wrote", read: asTime}, {column: "barred", read: asTime},
			},
			hidden: map[string]string{
				"id": aNumber, "conversation": aNumber, "number": aNumber, "member": theirs, "membership": theirs,
				"presence": "whether they are in the room",
			},
			stays: "the row has a number, a role and no alias any more: " + goesWithIt,
		},
	}
}

// aboutMessages is what belongs to conversations, but for who is in them.
func aboutMessages() []keeping {
	return []keeping{
		{
			table: "ghost", of: "participant IN (SELECT id FROM participant WHERE member = $1)", what: "ghost", counted: true,
			hidden: map[string]string{
				"participant": theirs, "localpart": "drawn at random", "device": "drawn at random", "ready": aNumber, "avatar": "drawn from the alias",
			},
			stays: goesWithIt,
		},
		{
			table: "message", of: `EXISTS (SELECT 1 FROM participant p WHERE p.member = $1 AND p.conversation = message.conversation AND p.number = message.author)`,
			what: "message", counted: true,
			hidden: map[string]string{"conversation": aNumber, "source": aNumber, "author": theirs, "copies": aNumber},
			stays:  goesWithIt,
		},
		{
			table: "copy_ref", of: theirConversations,
			hidden: map[string]string{"conversation": aNumber, "event": aNumber, "source": aNumber},
			stays:  goesWithIt,
		},
		{
			table: "poll", of: theirConversations, what: "poll", counted: true,
			hidden: map[string]string{"id": aNumber, "conversation": aNumber, "source": aNumber, "state": "which answers there are"},
			stays:  goesWithIt,
		},
		{
			table: "upload", of: theirConversations, what: "upload", counted: true,
			hidden: map[string]string{
				"id": aNumber, "conversation": aNumber, "source": aNumber, "number": aNumber, "state": aNumber,
				"address": "where the file is; they see it in the conversation", "opens": "the key of it", "created": "of the message",
			},
			stays: "doomed with the conversation; the row goes when the homeserver has deleted the file",
		},
		{
			table: "held", of: "participant IN (SELECT id FROM participant WHERE member = $1)", what: "held",
			shown:  []showing{{column: "until", read: asTime}},
			hidden: map[string]string{"id": aNumber, "participant": theirs, "what": "they are asked about it", "voice": "they are asked about it"},
			stays:  goesWithIt,
		},
		{
			table: "handover", of: "mentee = $1", what: "handover",
			shown:  []showing{{column: "created", read: asTime}, {column: "state"}},
			hidden: map[string]string{"conversation": aNumber, "mentee": theirs, "proposed": another, "reminded": aNumber, "due": "follows from the other times"},
			erase:  "DELETE FROM handover WHERE mentee = $1",
		},
		{
			table: "handover", of: "proposed IN (SELECT id FROM membership WHERE member = $1)",
			stays: "a question to another, who is told when it can be no more",
		},
		{
			table: "block", of: "blocker = $1", what: "block",
			shown:  []showing{{column: "since", name: "created", read: asTime}},
			hidden: map[string]string{"blocker": theirs, "blocked": another},
			erase:  "DELETE FROM block WHERE blocker = $1",
		},
		{table: "block", of: "blocked = $1", erase: "DELETE FROM block WHERE blocked = $1"},
	}
}

func aboutAsking() []keeping {
	return []keeping{
		{
			table: "asking", of: "member = $1", what: "asking",
			shown: []showing{
				{column: "topic"}, {column: "words", read: asSealed}, {column: "state"}, {column: "created", read: asTime}, {column: "due", read: asTime},
			},
			hidden: map[string]string{"id": aNumber, "member": theirs, "programme": "shown with the membership", "unit": "shown with the membership"},
			erase:  "DELETE FROM asking WHERE member = $1",
		},
		{
			table: "asking_offer", of: "member = $1", what: "offer", counted: true,
			hidden: map[string]string{"asking": another, "membership": theirs, "member": theirs, "menu": aNumber},
			erase:  "DELETE FROM asking_offer WHERE member = $1 OR asking IN (SELECT id FROM asking WHERE member = $1)",
		},
		{
			table: "prompt", of: theirMemberships, what: "prompt", counted: true,
			hidden: map[string]string{
				"id": aNumber, "membership": theirs, "question": aNumber, "due": "when the question comes", "at_sent": "the same, in messages",
				"trail": "when it came, how often it came and was answered, not what was answered",
			},
			erase: "DELETE FROM prompt WHERE " + theirMemberships,
		},
		{
			table: "sent", of: theirMemberships, what: "sent",
			shown:  []showing{{column: "n", name: "messages", read: asNumber}},
			hidden: map[string]string{"membership": theirs, "awaited": "the number of messages after which a question comes"},
			erase:  "DELETE FROM sent WHERE " + theirMemberships,
		},
		{
			table: "questioned", of: "member = $1", what: "questioned", counted: true,
			hidden: map[string]string{"member": theirs, "state": "the command that sets it shows it; and when a question last came"},
			erase:  "DELETE FROM questioned WHERE member = $1",
		},
	}
}

// aboutNobody are the tables in which nothing can be found by a member.
func aboutNobody() []keeping {
	return []keeping{
		{table: "setting", why: "settings of the service"},
		{table: "high_water", why: "numbers of ours"},
		{table: "joint", why: "that people are asked to talk together because of a case, which is shown"},
		{table: "canned", why: "texts of the service"},
		{table: "service", why: "texts of the service"},
		{table: "staff_room", why: "rooms of the service"},
		{table: "alarm", why: "that staff are being called because of a case, which is shown"},
		{table: "alarm_call", why: "numbers of lines with which they are"},
		{table: "trouble", why: "how often the service itself failed"},
		{table: "ban", why: "a keyed hash of an account that cannot come back, for two years; it says nothing of anybody but that"},
		{table: "attempt", why: "wrong tries, by a keyed hash of what was tried; gone within a day"},
		{table: "counter", why: "figures, in which nobody is named"},
		{table: "topic", why: "texts of the service"},
		{table: "question", why: "texts of the service"},
		{table: "remark", why: "what people wrote to the service without their names; the sealed way back to them ends after 30 days, and with them"},
		{table: "vote", why: "votes for ideas, by a keyed hash of the idea and the voter; they go with the voter"},
		{table: "seen", why: "eight bytes of a keyed hash of each event of the last week"},
		{table: "queue", why: "what is on its way, sealed, in lanes that a keyed hash names; mydata tells of it in words"},
	}
}

// KeptOf implements [mentoring.Tx].
func (t *Tx) KeptOf(id mentoring.MemberID) ([]mentoring.Kept, error) {
	if err := t.settle(); err != nil { // what is not written yet is about them, too
		return nil, err
	}
	var all []mentoring.Kept
	for _, k := range keepings() {
		if k.what == "" {
			continue
		}
		some, err := t.keptIn(k, id)
		if err != nil {
			return nil, doing("what is kept in "+k.table, err)
		}
		all = append(all, some...)
	}
	return all, nil
}

func (t *Tx) keptIn(k keeping, id mentoring.MemberID) ([]mentoring.Kept, error) {
	if k.counted {
		n, err := single(t, "SELECT count(*) FROM "+k.table+" WHERE "+k.of, func(r record) (int64, error) { return r.int(0), nil }, id)
		if err != nil || n == 0 {
			return nil, err
		}
		return []mentoring.Kept{{What: k.what, Facts: []mentoring.Fact{{Name: "n", Value: n}}}}, nil
	}
	key, columns := orderOf(k.table), ""
	for _, s := range k.shown {
		columns += ", " + s.expression()
	}
	return collect(t, "SELECT "+key+columns+" FROM "+k.table+" WHERE "+k.of+" ORDER BY "+key, func(r record) (mentoring.Kept, error) {
		one, at := mentoring.Kept{What: k.what}, 1
		for _, s := range k.shown {
			value, err := t.shownValue(k.table, s, r, at)
			if err != nil {
				return one, err
			}
			if at++; s.read == asCard {
				at += 4
			}
			if value != nil {
				one.Facts = append(one.Facts, mentoring.Fact{Name: s.key(), Value: value})
			}
		}
		return one, nil
	}, id)
}

// orderOf is the column by which a table's sealed values are sealed; where there
// are none, any by which its rows have an order.
func orderOf(table string) string {
	for _, c := range sealedColumns() {
		if c.table == table {
			return c.key
		}
	}
	switch table {
	case "membership", "cases", "held":
		return "id"
	case "tally", "reply_sample", "sent":
		return "membership"
	case "supervision_seat":
		return "supervision"
	case "move_request":
		return "newcomer"
	case "block":
		return "since"
	case "shows":
		return "sign"
	}
	return "created"
}

func (s showing) key() string {
	if s.name != "" {
		return s.name
	}
	return s.column
}

func (s showing) expression() string {
	if s.from != "" {
		return s.from
	}
	return s.column
}

// shownValue reads a value from position at on; nil when there is none.
func (t *Tx) shownValue(table string, s showing, r record, at int) (any, error) {
	sealed := place{column: table + "." + s.column, id: r.int(0)}
	switch s.read {
	case asTime:
		return orNone(r.time(at)), nil
	case asDay:
		return time.Unix(r.int(at)*24*60*60, 0).UTC(), nil
	case asFlag:
		return orNone(r.flag(at)), nil
	case asNumber:
		return orNone(r.int(at)), nil
	case asBits:
		return orNone(int64(bits.OnesCount64(uint64(r.int(at))))), nil
	case asSealed:
		text, err := t.openText(sealed, r.view(at))
		return orNone(text), err
	case asCard:
		var w cardWords
		if err := t.openJSON(sealed, r.view(at+3), &w); err != nil {
			return nil, err
		}
		c := mentoring.Card{State: mentoring.CardState(r.text(at + 1)), Kind: mentoring.HelperKind(r.text(at + 2)), Updated: r.time(at + 4)}
		w.into(&c)
		return c, nil
	case asHours:
		h, err := readHours(r.text(at))
		if len(h) == 0 {
			return nil, err
		}
		return h, err
	}
	return orNone(r.text(at)), nil
}

// orNone is nil for what says nothing: an empty text, 0, no, never.
func orNone[T comparable](value T) any {
	if value == *new(T) {
		return nil
	}
	return value
}
