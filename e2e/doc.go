// Package e2e tests the built program at a real Synapse, with Matrix clients
// that nobody here wrote (matrix-js-sdk, matrix-nio) and plain ones.
//
// Most of it is one test, TestService, whose parts share one homeserver and one
// running program; each part uses people of its own. Run one part with
// go test ./e2e -run TestService/conversation.
//
// Folders beside it: sim (the bridge against a scripted homeserver, crashing at
// every commit), chaos (kills and restarts under load), bench (speed).
package e2e
