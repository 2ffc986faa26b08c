// Package year lets a service live through a year in seconds: 40 mentors with
// hours, holidays and limits, 2,700 mentees who come and write as people do
// (mostly in the evening, several short messages in a row, features.md), three
// mentors who leave. It drives the domain's use cases on a real store with a
// clock of its own, and delivers to mentors as the bridge does.
//
// How even the year is depends on those who set no evenings. By default most of
// them read from 9 to 22; with -always they have set no hours at all, day and night.
// Their nights then count as hours in which nobody comes, so that by the hour they
// have fewer conversations than the others, whatever the order of the list: over
// three seeds the Gini was 0.19, 0.26 and 0.16, once above the bound of the test.
//
// Everything that happens is written to a journal (journal.go), one line each.
// What the test says of the year is counted from that journal alone (recount.go),
// by code that knows nothing of the domain: its own reading of hours, limits and
// waitings. Anybody can count again: go test ./e2e/year -run Year -journal FILE.
package year
