// Package year lets a service live through a year in seconds: 40 mentors with
// hours, holidays and limits, 2,700 mentees who come and write as people do
// (mostly in the evening, several short messages in a row, features.md), three
// mentors who leave. It drives the domain's use cases on a real store with a
// clock of its own, and delivers to mentors as the bridge does.
//
// Everything that happens is written to a journal (journal.go), one line each.
// What the test says of the year is counted from that journal alone (recount.go),
// by code that knows nothing of the domain: its own reading of hours, limits and
// waitings. Anybody can count again: go test ./e2e/year -run Year -journal FILE.
package year
