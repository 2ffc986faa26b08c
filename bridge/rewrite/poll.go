package rewrite

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// The kinds of polls (MSC3381). A vote is of one person, and a later one takes
// the place of an earlier.
const (
	PollStart Kind = 40 + iota // the question and answers are in Poll
	PollVote                   // Choices, of the poll that Relation points to
	PollEnd                    // of the poll that Relation points to
)

// Reference is the relation of votes and ends: to the poll Event.
const Reference RelationKind = 40

// Limits of polls. MSC3381 has clients cut after twenty answers.
const (
	maxAnswers  = 20
	maxAnswerID = 255  // bytes of the ID that a client gave an answer
	maxPollText = 6000 // bytes of question and answers: they stand in a copy thrice
)

// Poll is the question of a poll with its answers.
type Poll struct {
	Question string
	Answers  []string
	// Secret: results are shown only when the poll has ended.
	Secret bool
	// Ballot is how votes refer to the answers.
	Ballot Ballot
}

// Ballot is what the answers of a poll are called. In the room of its author
// they have the IDs that the author's client gave them, by which clients can be
// told apart; in all other rooms they are "1", "2", …
type Ballot struct {
	IDs    []string `json:"i"`
	Max    int      `json:"m"` // how many one may choose
	Stable bool     `json:"s"` // the author's client writes the form of MSC3381's end, not that of clients today
}

// pollForm is one of the ways in which a poll is written.
type pollForm struct {
	start, vote, end       string // event types
	startKey, choicesKey   string
	textKey, idKey, secret string
}

// What clients write today. The stable form has other keys inside, too; only a
// poll that came in it is voted on in it, in its author's room.
func unstableForm() pollForm {
	const p = "org.matrix.msc3381.poll."
	return pollForm{start: p + "start", vote: p + "response", end: p + "end", startKey: p + "start",
		choicesKey: p + "response", textKey: "org.matrix.msc1767.text", idKey: "id", secret: p + "undisclosed"}
}

func stableForm() pollForm {
	return pollForm{start: "m.poll.start", vote: "m.poll.response", end: "m.poll.end", startKey: "m.poll",
		choicesKey: "m.selections", textKey: "m.text", idKey: "m.id", secret: "m.undisclosed"}
}

// pollType says whether an event type is of a poll, and in which form.
func pollType(t string) (form pollForm, kind Kind, ok bool) {
	for _, form = range []pollForm{unstableForm(), stableForm()} {
		switch t {
		case form.start:
			return form, PollStart, true
		case form.vote:
			return form, PollVote, true
		case form.end:
			return form, PollEnd, true
		}
	}
	return pollForm{}, 0, false
}

// parsePoll reads an event of a poll. An edit changes the question and answers
// of a start; whether it may is for the caller to say.
func parsePoll(form pollForm, kind Kind, content json.RawMessage) (*Message, error) {
	switch {
	case len(content) > maxContentIn:
		return unsupported("too_long")
	case !json.Valid(content):
		return unsupported("unknown")
	}
	f, ok := decode(content)
	switch {
	case !ok:
		return unsupported("unknown")
	case len(f) == 0:
		return ignored() // what a redaction leaves
	}
	if kind != PollStart {
		return parseBallotPaper(kind, f)
	}
	relation := parseRelation(f.get("m.relates_to"))
	switch relation.Kind {
	case Annotation:
		relation = Relation{}
	case Replace:
		if f, ok = decode(f.get("m.new_content")); !ok {
			return unsupported("unknown")
		}
	}
	m, err := parsePollStart(form, f)
	if err != nil {
		return nil, err
	}
	if relation.Kind == Replace {
		return &Message{Kind: PollStart, Body: m.Body, Relation: relation, New: m}, nil
	}
	m.Relation = relation
	return m, nil
}

// parsePollStart reads question and answers, in whichever form they are: some
// clients write the keys of one form inside the type of the other.
func parsePollStart(form pollForm, f fields) (*Message, error) {
	var start fields
	for _, key := range []string{form.startKey, unstableForm().startKey, stableForm().startKey, stableForm().start} {
		if inner, ok := decode(f.get(key)); ok {
			start = inner
			break
		}
	}
	question, ok := decode(start.get("question"))
	if !ok {
		return unsupported("unknown")
	}
	poll := &Poll{Question: extensibleText(question), Ballot: Ballot{Max: 1, Stable: form.start == stableForm().start}}
	kind := start.text("kind")
	poll.Secret = kind == unstableForm().secret || kind == stableForm().secret
	var listed []json.RawMessage
	if json.Unmarshal(start.get("answers"), &listed) != nil {
		return unsupported("unknown")
	}
	size := len(poll.Question)
	for _, raw := range listed[:min(len(listed), maxAnswers)] {
		answer, _ := decode(raw)
		id := answer.text("m.id")
		if id == "" {
			id = answer.text("id")
		}
		text := strings.Join(strings.Fields(extensibleText(answer)), " ")
		if id == "" || len(id) > maxAnswerID || slices.Contains(poll.Ballot.IDs, id) || text == "" {
			return unsupported("unknown")
		}
		poll.Ballot.IDs = append(poll.Ballot.IDs, id)
		poll.Answers = append(poll.Answers, text)
		size += len(text)
	}
	switch {
	case poll.Question == "" || len(poll.Answers) == 0:
		return unsupported("empty")
	case size > maxPollText:
		return unsupported("too_long")
	}
	var most int
	if json.Unmarshal(start.get("max_selections"), &most) == nil && most > 0 {
		poll.Ballot.Max = min(most, len(poll.Answers))
	}
	m := &Message{Kind: PollStart, Poll: poll, Body: pollText(poll.Question, poll.Answers)}
	m.Mentions = parseMentions(f.get("m.mentions"))
	return m, nil
}

// parseBallotPaper reads a vote or an end. An end's own text is the words of a
// client, in the language of its user: nothing of it is used.
func parseBallotPaper(kind Kind, f fields) (*Message, error) {
	relation, _ := decode(f.get("m.relates_to"))
	target := relation.text("event_id")
	if relation.text("rel_type") != "m.reference" || !eventID(target) {
		return ignored()
	}
	m := &Message{Kind: kind, Relation: Relation{Kind: Reference, Event: target}}
	if kind == PollEnd {
		return m, nil
	}
	raw := f.get(stableForm().choicesKey)
	for _, key := range []string{unstableForm().choicesKey, stableForm().vote} {
		if inner, ok := decode(f.get(key)); ok && raw == nil {
			raw = inner.get("answers")
		}
	}
	var chosen []any
	if json.Unmarshal(raw, &chosen) != nil {
		return m, nil // spoilt
	}
	for _, one := range chosen[:min(len(chosen), maxAnswers)] {
		id, _ := one.(string) // what is no string is no answer: spoilt
		m.Choices = append(m.Choices, id)
	}
	return m, nil
}

// extensibleText is the text of an object in any of the forms of MSC1767, as
// plain text.
func extensibleText(f fields) string {
	for _, key := range []string{"org.matrix.msc1767.text", "m.text", "body"} {
		if text := strings.TrimSpace(clean(f.text(key))); text != "" {
			return text
		}
	}
	for _, key := range []string{"m.text", "org.matrix.msc1767.message", "m.message"} {
		var list []struct{ Body, MIMEType string }
		if json.Unmarshal(f.get(key), &list) != nil {
			continue
		}
		for _, one := range list {
			if one.MIMEType == "" || one.MIMEType == "text/plain" {
				if text := strings.TrimSpace(clean(one.Body)); text != "" {
					return text
				}
			}
		}
	}
	return ""
}

// pollText is a poll as a text: for clients without polls, and for whoever has
// to read what was written.
func pollText(question string, answers []string) string {
	var b strings.Builder
	b.WriteString(question)
	for i, answer := range answers {
		b.WriteString(answerMark(i) + answer)
	}
	return b.String()
}

// answerMark stands before the answer at i in a poll as a text.
func answerMark(i int) string { return "\n" + strconv.Itoa(i+1) + ". " }

// renderPoll builds a start for a room that is not its author's.
func renderPoll(m *Message, v *View) (Content, error) {
	r := newRedactor(v)
	tidy := func(s string) string {
		if suspicious(s) {
			s = strings.TrimSpace(r.text(s))
		}
		return s
	}
	form, poll := unstableForm(), m.Poll
	question := tidy(poll.Question)
	texts, answers := make([]string, 0, len(poll.Answers)), make([]any, 0, len(poll.Answers))
	for i, answer := range poll.Answers {
		text := tidy(answer)
		texts = append(texts, text)
		answers = append(answers, map[string]any{form.idKey: strconv.Itoa(i + 1), form.textKey: text})
	}
	kind := "org.matrix.msc3381.poll.disclosed"
	if poll.Secret {
		kind = form.secret
	}
	content := Content{
		form.textKey: tidy(pollText(question, texts)),
		form.startKey: map[string]any{
			"kind": kind, "max_selections": poll.Ballot.Max, "answers": answers,
			// msgtype and body are what clients want that read extensible events
			// only in part.
			"question": map[string]any{form.textKey: question, "body": question, "msgtype": "m.text"},
		},
		"m.mentions": mentions(m.Mentions, v),
	}
	raw, err := json.Marshal(content)
	if err != nil || len(raw) > maxText {
		return nil, &Unsupported{What: "too_long"}
	}
	return content, nil
}

// editedPoll wraps a start into the edit that puts it in place of another.
func editedPoll(content Content) Content {
	text, _ := content[unstableForm().textKey].(string)
	return Content{
		unstableForm().textKey: "* " + shortened(text, maxFallback),
		"m.mentions":           map[string]any{}, "m.new_content": content,
	}
}

// PollText is a start as a text for clients without polls, with a hint of how
// to answer in the viewer's language. It is a message like any other.
func PollText(m *Message, hint string) *Message {
	if m.New != nil {
		m = m.New
	}
	return &Message{Kind: Text, Body: m.Body + "\n\n" + hint, Relation: m.Relation}
}

// Read turns the choices of a vote into numbers of answers, from 1 on. own says
// that it was cast in the room of the poll's author. nil: it is spoilt, or
// takes an earlier one back.
func (b *Ballot) Read(choices []string, own bool) []int {
	var numbers []int
	for _, id := range choices[:min(len(choices), b.Max)] {
		n := slices.Index(b.IDs, id) + 1
		if !own {
			n, _ = strconv.Atoi(id)
			if strconv.Itoa(n) != id {
				n = 0
			}
		}
		if n < 1 || n > len(b.IDs) {
			return nil
		}
		if !slices.Contains(numbers, n) {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// Vote builds a vote for answers by number; own says that it is for the room
// of the poll's author. It says nothing without [Relate].
func (b *Ballot) Vote(numbers []int, own bool) (eventType string, content Content) {
	ids := make([]string, 0, len(numbers))
	for _, n := range numbers {
		if own {
			ids = append(ids, b.IDs[n-1])
		} else {
			ids = append(ids, strconv.Itoa(n))
		}
	}
	if own && b.Stable {
		return stableForm().vote, Content{stableForm().choicesKey: ids}
	}
	form := unstableForm()
	return form.vote, Content{form.choicesKey: map[string]any{"answers": ids}}
}

// EndPoll builds the end of a poll, which only its author can send; so it is
// never for the author's own room. text says so in the viewer's language.
func EndPoll(text string) (eventType string, content Content) {
	form := unstableForm()
	return form.end, Content{form.end: map[string]any{}, form.textKey: text}
}

// Numbers reads a text as the numbers of answers of a poll with so many, as
// people write them who see no polls: "2", "2.", "1, 3". nil: it is something else.
func (b *Ballot) Numbers(text string) []int {
	words := strings.FieldsFunc(strings.Trim(text, " .\n"), func(r rune) bool { return r == ' ' || r == ',' || r == '+' })
	if len(words) == 0 || len(words) > b.Max {
		return nil
	}
	var numbers []int
	for _, word := range words {
		word = strings.TrimSuffix(word, ".")
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 || n > len(b.IDs) || strconv.Itoa(n) != word {
			return nil
		}
		if !slices.Contains(numbers, n) {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// Keycap is the number on a keycap emoji, 0 for any other.
func Keycap(key string) int {
	if strings.HasSuffix(key, string(keycap)) && key[0] >= '1' && key[0] <= '9' {
		return int(key[0] - '0')
	}
	return 0
}
