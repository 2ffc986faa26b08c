//go:build goolm

package machine

import "crypto/rand"

// randomName returns 16 random lower-case letters and digits: 80 bits, for
// device IDs and transactions. Nothing is derived from a person or a counter.
func randomName() string {
	const alphabet = "abcdefghijklmnopqrstuvwxyz234567"
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails (crypto/rand)
	for i := range raw {
		raw[i] = alphabet[raw[i]&31]
	}
	return string(raw[:])
}
