// Package machine is end-to-bridge encryption: it reads what people's devices
// encrypt for the bot, and encrypts what the bot and the ghosts say.
//
// The bot (a reader) has full keys: one-time keys, a fallback key, and a
// mautrix OlmMachine that takes in room keys and decrypts. A ghost (a sender)
// has its own device, its own Olm account and its own cross-signing identity,
// all public, and nothing else: nobody can send it a key, and it costs four
// requests. That every ghost signs its own device is what keeps people's
// clients from showing a shield.
//
// What mautrix's machine is not used for, and why. Its sending side holds a
// lock across network requests, marks a session as shared although a key claim
// failed, and knows of device changes only where it looked first (traps 3, 14
// and 17 of the notes); with one bot that speaks in every room, one homeserver
// that is down would hold up everybody. So share.go does the sending: no lock
// of an account and no database transaction is held while the network is
// waited for, and a session is bound to the exact devices that it was shared
// with, so that any change of them makes a new one, whoever heard of it first.
//
// All state is in tables of their own (database.go), apart from the main
// database and never part of a backup: a ratchet that went back would encrypt
// twice with the same key. Losing the tables costs new identities, nothing
// else. Everything in them is sealed; whom a row is about is a keyed hash.
//
// One operation of one account is a unit: it reads, it gathers what changes,
// and it is committed as a whole before anything that follows from it goes out.
// If that fails the account is thrown away and loaded anew at the next use,
// since what is in memory may be ahead of what is on the disk (trap 11).
//
// The caller's order is: machine, then step, then send. An operation here never
// runs inside a transaction of the main database, and may be repeated after a
// crash at any point: decrypting the same event again gives the same answer,
// encrypting again gives a new ciphertext.
package machine
