package bridge_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/pquerna/otp/totp"

	"silta/dev/hs"
	"silta/mentoring"
)

// TestTotpIsShown: the key comes as a link and as a picture into her own room, and
// both go, with the code that she wrote, once she has given one.
func TestTotpIsShown(t *testing.T) {
	r := newReported(t)
	r.do(func(a *mentoring.Act) error {
		m, err := a.Tx.Member(r.staff.ID)
		if err != nil {
			return err
		}
		m.Language = "en"
		return a.Tx.PutMember(&m)
	})
	has := func(what func(hs.Message) bool) func() bool {
		return func() bool { return slices.ContainsFunc(r.sari.View(r.sari.room), what) }
	}
	key := has(func(m hs.Message) bool { return strings.Contains(m.Body, "otpauth://") })
	picture := has(func(m hs.Message) bool { return m.Kind == "m.image" })
	must(r.sari.Say(r.sari.room, "totp on"))
	r.until("the key is shown", key)
	r.until("the picture is shown", picture)
	var link string
	for _, m := range r.sari.View(r.sari.room) {
		for line := range strings.SplitSeq(m.Body, "\n") {
			if strings.HasPrefix(line, "otpauth://") {
				link = line
			}
		}
	}
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	code, err := totp.GenerateCode(u.Query().Get("secret"), r.now())
	if err != nil {
		t.Fatal(err)
	}
	must(r.sari.Say(r.sari.room, code))
	r.until("it is on", func() bool { return len(r.shown("The one-time code is on")) > 0 })
	r.until("the key is taken away", func() bool { return !key() })
	r.until("the picture is taken away", func() bool { return !picture() })
	r.until("the code is taken away", func() bool { return !has(func(m hs.Message) bool { return m.Body == code })() })
}
