// Package figures makes what people see of a [mentoring.Report]: a self-contained
// page to print, a table (CSV), data (JSON), and pictures of it. It only ever has
// what is in the report, which has been released already (see mentoring and
// docs/adr/0009-release-in-fives.md): nothing here knows a number that may not be
// told.
//
// A Maker is for one language. Every number on the page stands beside what it
// means; every picture has a text that says the same.
package figures
