// Package store keeps everything Silta must remember, in SQLite or PostgreSQL,
// with one SQL text for both.
//
// One process owns a database (an advisory lock; a second one is refused with
// [ErrInUse]). All writing goes through one gate, [Store.Write]: a goroutine
// that runs the steps handed to it one after another inside one transaction and
// commits them together (group commit), which is what makes durability cheap.
// A step that returns an error undoes the whole group; the others are then run
// again, each alone, so a step must have no effect outside of its [Tx] and must
// bear being run more than once. There are no savepoints.
//
// What a relay step needs is in memory: rows that were just enqueued (hot.go)
// and what belongs to conversations that were used lately (cache.go), coherent
// because only the gate writes. A read transaction ([Store.Read]) is a snapshot
// of the database and uses neither.
//
// Columns that people wrote, or that name them, are sealed (AES-256-GCM; see
// seal.go); what must be found by such a value is found by a keyed hash.
package store
