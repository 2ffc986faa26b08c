// Command bench measures Silta against other relays in the same run, in turns,
// and prints one line for each bound with both sides and PASS or FAIL. Figures
// are ratios: what a machine can do differs by far more than what a change of
// the code does.
//
//	bench            all of it; the exit code is 1 if a bound is broken
//	bench -sample    a short form, whose bounds are loose: it finds gross faults
//	bench -only stub,synapse,growth
//
// stub: the homeserver is [silta/dev/hs] in its fast mode, so the relay is the
// limit; Silta, with a database and synchronous=FULL, against a relay made of
// mautrix's EventProcessor in Sync mode and intents, which keeps nothing.
//
// synapse: the homeserver is a real Synapse, which is then the limit; from one
// person's client to the other's, against a relay of a hundred lines that does
// nothing but pass on.
//
// growth: 100,000 conversations against 1,000.
//
// encrypted: the program with encryption against itself without, and against
// the no-op relay, on one Synapse; and what reading, guarding, building and
// checking texts is of that.
//
// ghosts: the program with encryption on the tables of 200,000 ghosts.
package main
