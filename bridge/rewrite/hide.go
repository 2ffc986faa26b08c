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
	var b strings.Builder
	at := 0
	for _, part := range parts {
		if part[0] < at || part[1] > len(m.Body) {
			continue
		}
		b.WriteString(m.Body[at:part[0]])
		b.WriteString(word)
		at = part[1]
	}
	b.WriteString(m.Body[at:])
	out.Body, out.HTML = b.String(), nil
	return &out
}
