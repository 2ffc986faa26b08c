// Package dev runs what the demo and the tests need around Silta: a real
// Synapse ([Synapse]), the built program ([Silta]), and people's clients
// ([Client]): matrix-js-sdk, matrix-nio, or a plain one written here.
//
// Everything listens on loopback at free ports, keeps its state in a folder of
// its own and ends with its [T]. A test that cannot have what it asks for fails
// and names the command that would help; nothing is ever skipped. What needs
// root (dev/install.sh) is installed when the test runs as root.
//
// Downloads are kept in a cache folder, ~/.cache/silta-dev or $SILTA_DEV_HOME.
//
// dev/hs is something else: a scripted homeserver inside the test process, for
// faults that a real one cannot be made to have.
package dev
