// Package year lets a service live through a year in seconds: 40 mentors with
// hours, holidays and limits, 2,700 mentees who come and write as people do
// (mostly in the evening, several short messages in a row, features.md), three
// mentors who leave. It drives the domain's use cases on a real store with a
// clock of its own, and delivers to mentors as the bridge does.
//
// How even the year is depends on those who set no evenings. By default most of
// them read from 9 to 22; with -always they have set no hours at all, day and night:
// there are hours, then, in which nobody comes. As long as the list of mentors was
// ordered by places alone, whoever read two evenings a week got as many people as
// they, and the Gini was above the bound in some years; hours weigh as much as
// places since.
//
// Everything that happens is written to a journal (journal.go), one line each.
// What the test says of the year is counted from that journal alone (recount.go),
// by code that knows nothing of the domain: its own reading of hours, limits and
// waitings. Anybody can count again: go test ./e2e/year -run Year -journal FILE.
package year
