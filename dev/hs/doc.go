// Package hs is a homeserver in memory, for tests, simulations and benchmarks:
// the part of the client-server and application-service APIs that a bridge
// uses, with the rules that a bridge can stumble over enforced as Synapse
// enforces them (who may join, invite, send; transaction IDs; devices of
// appservice users; transactions of at most 100 events, one in flight, repeated
// with the same ID until they are answered with 200).
//
// A [Server] is told at the start who the appservice is. The appservice talks
// to it over TCP ([Server.Listen]) or in memory ([Server.Link]), and is talked
// to over TCP or through an http.Handler. People are Go values ([Server.Person])
// that act on the rooms directly and need no client; what one of them sees in
// the end is [Person.View], which applies edits, reactions and redactions as a
// client does.
//
// Everything that goes wrong is scripted: [Options.Fault] may delay, refuse or
// cut any request before or after it took effect, [Options.PushFault] does the
// same to transactions, [Server.Inject] puts events into the appservice's
// stream that no honest homeserver would send, [Server.Restart] forgets what a
// restarted Synapse forgets. Nothing here is random by itself: event IDs, room
// IDs and order follow from Options.Seed and the order of calls, so that a run
// under testing/synctest can be replayed.
//
// [Server.Fast] replaces the handling of sends by a few string operations, for
// benchmarks in which the homeserver must not be the bottleneck.
//
// Not here: federation, state resolution, real end-to-end encryption (keys are
// stored and returned, to-device messages are delivered), sync for people.
package hs
