package rewrite

import "strings"

// Readable is all that people read of a message: of an edit, its new text; of a
// poll, its question and answers; of a file, its caption.
func (m *Message) Readable() string {
	if m.New != nil {
		return m.New.Body
	}
	return m.Body
}

// Hide gives m with parts of what is readable in it (from and to, in bytes, in
// order) replaced by a word. Formatting is lost, since a part may run through
// several pieces of it; mentions in the text become names all the same.
func (m *Message) Hide(parts [][2]int, word string) *Message {
	out := *m
	if m.New != nil {
		out.New = m.New.Hide(parts, word)
		out.Body, out.HTML = out.New.Body, nil
		return &out
	}
	out.Body, out.HTML = takeOut(m.Body, parts, word), nil
	if m.Poll != nil {
		out.Poll = m.Poll.hide(parts, word)
		out.Body = pollText(out.Poll.Question, out.Poll.Answers)
	}
	return &out
}

// takeOut is a text with parts of it replaced by a word.
func takeOut(text string, parts [][2]int, word string) string {
	var b strings.Builder
	at := 0
	for _, part := range parts {
		if part[0] < at || part[1] > len(text) {
			continue
		}
		b.WriteString(text[at:part[0]])
		b.WriteString(word)
		at = part[1]
	}
	b.WriteString(text[at:])
	return b.String()
}

// hide gives a poll without parts of its text (see pollText): a part that runs
// from one answer into the next is hidden in both.
func (p *Poll) hide(parts [][2]int, word string) *Poll {
	out := *p
	from := 0 // where a piece begins in the text
	piece := func(text string) string {
		var inside [][2]int
		for _, part := range parts {
			cut := [2]int{max(part[0]-from, 0), min(part[1]-from, len(text))}
			if cut[0] < cut[1] {
				inside = append(inside, cut)
			}
		}
		from += len(text)
		return takeOut(text, inside, word)
	}
	out.Question = piece(p.Question)
	out.Answers = make([]string, len(p.Answers))
	for i, answer := range p.Answers {
		from += len(answerMark(i))
		out.Answers[i] = piece(answer)
	}
	return &out
}
