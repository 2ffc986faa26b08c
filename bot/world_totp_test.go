package bot_test

import (
	"net/url"

	"github.com/pquerna/otp/totp"

	"silta/mentoring"
)

// code makes $totp the code that a person's app shows now, and $wrong another.
func (s *script) code(name string) {
	s.must(func(a *mentoring.Act) error {
		t, err := a.Tx.Totp(s.people[name])
		if err != nil {
			return err
		}
		u, err := url.Parse(t.Link)
		if err != nil {
			return err
		}
		s.vars["$totp"], err = totp.GenerateCode(u.Query().Get("secret"), s.now)
		s.vars["$wrong"] = "1" + s.vars["$totp"][:5]
		return err
	})
}
