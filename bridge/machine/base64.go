//go:build goolm

package machine

import (
	"encoding/base64"
	"strings"
)

// decodeBase64 reads Matrix's unpadded base64; padding is let pass.
func decodeBase64(s string) ([]byte, error) {
	return base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "="))
}
