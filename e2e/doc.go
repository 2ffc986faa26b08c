// Package e2e tests the built program at a real Synapse, with Matrix clients
// that nobody here wrote (matrix-js-sdk, matrix-nio) and plain ones.
//
// The largest tests (TestService, TestCare, TestStaff, TestEncryption, TestMedia) have
// parts that share one homeserver and one running program. Run one part with
// go test ./e2e -run TestService/conversation; those of TestStaff build on each other.
//
// Folders beside it: sim (the bridge against a scripted homeserver, crashing at
// every commit), chaos (kills and restarts under load), bench (speed).
package e2e
