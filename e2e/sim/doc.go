// Package sim is a seeded simulation: the real bridge on a real SQLite file,
// people who join, choose, talk, edit, take back, leave and come back, a
// homeserver that fails in every way it can ([silta/dev/hs]), and a process that
// dies at commits. At the end every leg is compared with every other: nothing
// lost, nothing twice, order kept, and nothing in a place where it must not be.
//
// It runs under testing/synctest: the clock is simulated, so that back-offs of
// minutes cost nothing and an hour of talk takes a second.
//
//	go test ./e2e/sim                     a bounded number of seeds, and a
//	                                      crash at every commit of a short talk
//	go test ./e2e/sim -run Seeds -seed 7  replays one seed
//	go test ./e2e/sim -run Seeds -seeds 1000 -timeout 2h
//
// A seed fixes who says what and when, every fault and every crash. What it
// cannot fix is how the goroutines of the bridge interleave, so a failure that
// needs a race may take several replays.
package sim
