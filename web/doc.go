// Package web is what Silta shows over HTTP to others than the homeserver: for
// now health and metrics, on a listener of their own.
//
//	/healthz   200 as long as the process answers at all (liveness)
//	/readyz    200 when messages can be carried, else 503 and why
//	/metrics   Prometheus
//
// The listener has no password; config refuses it beyond loopback unless the
// operator says otherwise. So nothing here may tell anything of a person: no
// label has a value that came from outside ([Metrics] lets through only short
// lower-case words, and only so many of them), and the one thing said about a
// fault is its class.
package web
