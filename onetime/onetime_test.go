package onetime_test

import (
	"bytes"
	"image/png"
	"math/rand/v2"
	"net/url"
	"testing"
	"time"

	"silta/onetime"
)

// TestVectors are those of RFC 6238, appendix B (SHA-1), to six digits.
func TestVectors(t *testing.T) {
	const link = "otpauth://totp/Silta:12?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	for at, code := range map[int64]string{1111111111: "050471", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"} {
		for _, off := range []int64{0, -30, 30} {
			if step, ok := (onetime.Codes{}).Step(link, code, time.Unix(at+off, 0)); !ok || step != at/30 {
				t.Errorf("%s at %d%+d: step %d, %v", code, at, off, step, ok)
			}
		}
		for _, off := range []int64{-60, 60} {
			if _, ok := (onetime.Codes{}).Step(link, code, time.Unix(at+off, 0)); ok {
				t.Errorf("%s is right %d seconds off", code, off)
			}
		}
	}
	for _, wrong := range []string{"", "05047", "0504710", "000000", "05047a"} {
		if _, ok := (onetime.Codes{}).Step(link, wrong, time.Unix(1111111111, 0)); ok {
			t.Errorf("%q is right", wrong)
		}
	}
	if _, ok := (onetime.Codes{}).Step("otpauth://totp/Silta:12", "050471", time.Unix(1111111111, 0)); ok {
		t.Error("right without a secret")
	}
}

// TestNew: a link as apps read it, with a secret of its own each time, and a
// picture of it.
func TestNew(t *testing.T) {
	random := rand.NewChaCha8([32]byte{7})
	secret, link, err := (onetime.Codes{}).New(random, "Silta", "12")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/Silta:12" || u.Query().Get("secret") != secret || len(secret) != 32 {
		t.Errorf("%q, secret of %d letters, %v", link, len(secret), err)
	}
	if again, _, err := (onetime.Codes{}).New(random, "Silta", "12"); err != nil || again == secret {
		t.Errorf("the same again: %v", err)
	}
	raw, side, err := onetime.Codes{}.Picture(link)
	if err != nil || side != 300 {
		t.Fatal(err)
	}
	if picture, err := png.Decode(bytes.NewReader(raw)); err != nil || picture.Bounds().Dx() != side {
		t.Errorf("picture: %v", err)
	}
	if _, _, err := (onetime.Codes{}).Picture("%"); err == nil {
		t.Error("a picture of no link")
	}
}
