package accounts

import (
	"context"
	"net/http"
	"net/url"
)

// synapseAdmin uses Synapse's admin API, with the access token of an
// administrator.
type synapseAdmin struct {
	hs     *api
	domain string
	token  string
}

func (*synapseAdmin) Can() Abilities {
	return Abilities{Create: true, SetPassword: true, Deactivate: true}
}

func (s *synapseAdmin) address(localpart string) string { return "@" + localpart + ":" + s.domain }

// call makes a request as the administrator.
func (s *synapseAdmin) call(ctx context.Context, r request, out any) error {
	r.token = s.token
	_, err := s.hs.do(ctx, r, out)
	switch {
	case said(err, "M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"):
		return because(err, "the homeserver does not know the access token in accounts.secret_file")
	case said(err, "M_FORBIDDEN"):
		return because(err, "the token in accounts.secret_file is not an administrator's")
	}
	return err
}

func (s *synapseAdmin) Create(ctx context.Context, d Draft, password string) (string, error) {
	address := s.address(d.Localpart)
	err := s.call(ctx, request{doing: "make an account", method: http.MethodPut,
		path: []string{"_synapse", "admin", "v2", "users", address},
		body: map[string]any{"password": password, "logout_devices": true, "admin": false}}, nil)
	if err != nil {
		return "", err
	}
	return address, nil
}

func (*synapseAdmin) Finished(context.Context, Draft) (bool, error) { return false, nil }

func (s *synapseAdmin) Undo(ctx context.Context, d Draft) error {
	return s.Deactivate(ctx, s.address(d.Localpart))
}

func (s *synapseAdmin) SetPassword(ctx context.Context, address, password string) error {
	if _, err := localpart(address, s.domain); err != nil {
		return err
	}
	return s.call(ctx, request{doing: "set a password", method: http.MethodPost,
		path: []string{"_synapse", "admin", "v1", "reset_password", address},
		body: map[string]any{"new_password": password, "logout_devices": true}}, nil)
}

func (s *synapseAdmin) Deactivate(ctx context.Context, address string) error {
	if _, err := localpart(address, s.domain); err != nil {
		return err
	}
	err := s.call(ctx, request{doing: "deactivate an account", method: http.MethodPost,
		path: []string{"_synapse", "admin", "v1", "deactivate", address},
		body: map[string]any{"erase": true}}, nil)
	if answered(err, http.StatusNotFound) {
		return nil // there is no such account
	}
	return err
}

func (s *synapseAdmin) Check(ctx context.Context) error {
	return s.call(ctx, request{doing: "use the admin API", method: http.MethodGet,
		path: []string{"_synapse", "admin", "v1", "username_available"}, query: url.Values{"username": {drawName()}}}, nil)
}
