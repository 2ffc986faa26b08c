// Package rewrite turns what one person wrote in their own room into what the
// others may see in theirs. It is pure: no store, no network, no clock, no
// randomness; the same input gives the same bytes.
//
// Three rules hold it together (they are what keeps people anonymous):
//
//  0. Nothing is copied. [Parse] reads an event into a [Message], which has
//     room for named kinds and plain values only; [Render] builds a new content
//     from constants. A key that has no name here has no way through.
//  1. Every identifier is translated for one viewer or dropped. The people of
//     the conversation come in a [View]; events come to [Relate] as the IDs of
//     the viewer's own room.
//  2. [Check] looks at the finished bytes as a stranger would: it knows nothing
//     of the message, shares no code with Render, and refuses whatever could
//     name somebody. It runs in production just before a copy is sent.
//
// The usual way of a message is
//
//	m, err := rewrite.Parse(event)              // *Unsupported: tell the sender; *Ignored: say nothing
//	eventType, content, err := rewrite.Render(m, view) // once for each viewer; the same two errors
//	content = rewrite.Relate(content, m.Relation, target, reply)
//	err = rewrite.Check(eventType, bytes, allowed)     // *Violation: send nothing
//
// Text that came with formatting is read from its HTML only: the plain body of
// the copy is always derived from what the formatted one shows, so nothing can
// be said in one and hidden in the other, and a filter needs to read only the
// body. Links stay, as text that everyone can read before following it; pills
// become the alias of whom they mean; pictures become their description.
//
// What it cannot do is recognise a name, a phone number or a voice: that is the
// work of the contact guard, and of telling people so.
package rewrite
