// Package bridge carries what people write from one leg of a conversation to
// the others, and between them and the bot. It is the only package that knows
// Matrix; it knows no rule of mentoring.
//
// The way of an event:
//
//	intake.go     the homeserver's transaction is kept as queue rows, then answered
//	lanes.go      workers take the head of each lane; a lane is never done in parallel
//	route.go      which room is this, and what does the event mean there
//	command.go    management room, staff room, "!" in a leg → bot.Handle
//	relay.go      leg → one copy for each other leg (built by bridge/rewrite)
//	effects.go    what the domain asked for becomes rows of the outbox
//	outbox.go     rows are sent, each with its own transaction ID
//	rooms.go      rooms and ghosts are made as resumable work
//
// A step is one plain transaction of the store: read, decide, write the change
// and what must be sent, delete the head. The order is always machine (decrypt),
// then step, then send; nothing calls the network inside a step.
package bridge
