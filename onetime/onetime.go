// Package onetime makes and checks the one-time codes with which staff confirm what
// shows who somebody is (RFC 6238: six digits, a new one every 30 seconds), by
// github.com/pquerna/otp. It keeps nothing: the secret, and which code was used
// last, are the domain's.
package onetime

import (
	"bytes"
	"crypto/subtle"
	"fmt"
	"image/png"
	"io"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"silta/mentoring"
)

// period is how long a code is right, in seconds. Apps take it for granted.
const period = 30

// pictureSize is the width and height of a picture, in pixels.
const pictureSize = 300

// Codes implements [mentoring.OneTime].
type Codes struct{}

// New implements [mentoring.OneTime].
func (Codes) New(random io.Reader, issuer, account string) (secret, link string, err error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: account, Rand: random})
	if err != nil {
		return "", "", fmt.Errorf("make a one-time secret: %w", err)
	}
	return key.Secret(), key.URL(), nil
}

// Step implements [mentoring.OneTime].
func (Codes) Step(link, code string, now time.Time) (step int64, ok bool) {
	key, err := otp.NewKeyFromURL(link)
	if err != nil || key.Secret() == "" {
		return 0, false
	}
	at := now.Unix() / period
	for _, step := range []int64{at, at - 1, at + 1} {
		want, err := totp.GenerateCodeCustom(key.Secret(), time.Unix(step*period, 0),
			totp.ValidateOpts{Period: period, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			return step, true
		}
	}
	return 0, false
}

// Picture implements [mentoring.OneTime]: a QR code as PNG.
func (Codes) Picture(link string) ([]byte, int, error) {
	key, err := otp.NewKeyFromURL(link)
	if err != nil {
		return nil, 0, fmt.Errorf("read a one-time link: %w", err)
	}
	picture, err := key.Image(pictureSize, pictureSize)
	if err != nil {
		return nil, 0, fmt.Errorf("draw a one-time link: %w", err)
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		return nil, 0, fmt.Errorf("draw a one-time link: %w", err)
	}
	return out.Bytes(), pictureSize, nil
}

var _ mentoring.OneTime = Codes{}
