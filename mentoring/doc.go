// Package mentoring is the domain of Silta: who the people are, what they may
// do, and what follows from it. It knows nothing of Matrix and nothing of SQL.
//
// A use case is a method of [Act]: one person does one thing at one moment,
// inside one storage transaction. It reads through [Tx], decides, and only then
// writes; a rule that says no returns a [*Refusal] and has written nothing.
// What must happen outside of the database afterwards is appended to
// Act.Effects and carried out by the caller in the same transaction (as rows of
// its outbox), so that a decision and its consequences are kept together.
//
// Words: a member is a person Silta knows; a membership is that person's role
// in one programme and unit; a conversation has k participants, and code must
// never assume two. Participants carry an alias of their own, so that two
// conversations of one person cannot be linked.
//
// Time comes from Act.Now and is kept as Unix milliseconds by the store. Texts
// are keys with arguments ([Text]); the locale package turns them into words.
//
//go:generate go test -run TestStatesDocument . -args -update
package mentoring
