package accounts

import (
	"context"
	"net/http"
)

// seeded makes accounts where only the account's own password gives power over
// it. The account is made with the draft's seed as its password; as long as that
// is the password, the account is ours to finish or to undo.
type seeded struct {
	hs       *api
	domain   string
	register registrar
}

// registrar is a way of registering.
type registrar interface {
	// create makes an account and logs in to it; a name that is taken is refused
	// with M_USER_IN_USE.
	create(ctx context.Context, hs *api, localpart, password string) (token string, err error)
	check(ctx context.Context, hs *api) error
}

func (*seeded) Can() Abilities { return Abilities{Create: true} }

func (s *seeded) Create(ctx context.Context, d Draft, password string) (string, error) {
	address := "@" + d.Localpart + ":" + s.domain
	token, err := s.own(ctx, d) // perhaps an earlier try's: the name is random
	if said(err, "M_FORBIDDEN") {
		return address, s.confirm(ctx, d.Localpart, password)
	}
	if err != nil {
		return "", err
	}
	if err = s.change(ctx, token, d, password); err != nil {
		return "", err
	}
	return address, s.logout(ctx, token)
}

// confirm sees whether an account has that password.
func (s *seeded) confirm(ctx context.Context, localpart, password string) error {
	token, err := s.login(ctx, localpart, password)
	if said(err, "M_FORBIDDEN") {
		return passwordOther()
	}
	if err != nil {
		return err
	}
	return s.logout(ctx, token)
}

func (s *seeded) login(ctx context.Context, localpart, password string) (token string, err error) {
	var answer session
	_, err = s.hs.do(ctx, request{doing: "log in to an account", method: http.MethodPost,
		path: []string{"_matrix", "client", "v3", "login"},
		body: map[string]any{"type": "m.login.password", "password": password,
			"identifier": map[string]any{"type": "m.id.user", "user": localpart}}}, &answer)
	return answer.Token, err
}

// session is what registering and logging in answer.
type session struct {
	Token string `json:"access_token"`
}

// change gives the account its person's password, and logs everything out but
// the session that does it.
func (s *seeded) change(ctx context.Context, token string, d Draft, password string) error {
	_, err := s.hs.do(ctx, request{doing: "set a password", method: http.MethodPost, token: token,
		path: []string{"_matrix", "client", "v3", "account", "password"},
		body: map[string]any{"new_password": password, "logout_devices": true, "auth": s.seed(d)}}, nil)
	return err
}

// seed authenticates a request with the draft's seed.
func (s *seeded) seed(d Draft) map[string]any {
	return map[string]any{"type": "m.login.password", "password": d.Seed,
		"identifier": map[string]any{"type": "m.id.user", "user": d.Localpart}}
}

func (s *seeded) logout(ctx context.Context, token string) error {
	_, err := s.hs.do(ctx, request{doing: "log out of an account", method: http.MethodPost, token: token,
		path: []string{"_matrix", "client", "v3", "logout"}, body: struct{}{}}, nil)
	if said(err, "M_UNKNOWN_TOKEN") {
		return nil
	}
	return err
}

// Finished makes the account when there is none: only so can it be known,
// whatever the homeserver is still about to do, that nobody will ever use it.
func (s *seeded) Finished(ctx context.Context, d Draft) (bool, error) {
	_, err := s.own(ctx, d)
	if said(err, "M_FORBIDDEN") {
		return true, nil
	}
	return false, err
}

// own is a session of the account, whose password is the seed.
func (s *seeded) own(ctx context.Context, d Draft) (token string, err error) {
	token, err = s.register.create(ctx, s.hs, d.Localpart, d.Seed)
	if said(err, "M_USER_IN_USE") {
		return s.login(ctx, d.Localpart, d.Seed)
	}
	return token, err
}

func (s *seeded) Undo(ctx context.Context, d Draft) error {
	token, err := s.own(ctx, d)
	if said(err, "M_FORBIDDEN", "M_USER_DEACTIVATED") {
		return nil // it has been undone: a deactivated account has no password
	}
	if err != nil {
		return err
	}
	_, err = s.hs.do(ctx, request{doing: "deactivate an account", method: http.MethodPost, token: token,
		path: []string{"_matrix", "client", "v3", "account", "deactivate"},
		body: map[string]any{"erase": true, "auth": s.seed(d)}}, nil)
	return err
}

func (s *seeded) SetPassword(context.Context, string, string) error {
	return unable("set a password")
}

func (s *seeded) Deactivate(context.Context, string) error { return unable("deactivate an account") }

func (s *seeded) Check(ctx context.Context) error { return s.register.check(ctx, s.hs) }
