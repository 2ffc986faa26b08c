// Package web is what Silta shows over HTTP to others than the homeserver: the
// page on which people join ([Page]), and, on a listener of their own, health
// and metrics.
//
//	/healthz   200 as long as the process answers at all (liveness)
//	/readyz    200 when messages can be carried, else 503 and why
//	/metrics   Prometheus
//
// The page is server-rendered and works without scripts. It keeps nothing: no
// log of who asks, no cookie but the one that ties a form to the browser, no
// address (flood.go looks at networks, in memory). What it decides is the
// domain's to decide; accounts are made by the bridge ([Service]).
//
// The health listener has no password; config refuses it beyond loopback unless the
// operator says otherwise. So nothing here may tell anything of a person: no
// label has a value that came from outside ([Metrics] lets through only short
// lower-case words, and only so many of them), and the one thing said about a
// fault is its class.
package web
