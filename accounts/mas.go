package accounts

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// mas uses the admin API of Matrix Authentication Service, as a client that may
// ask for the scope urn:mas:admin by its own credentials. It was written from
// the service's documentation and has never met a real one.
type mas struct {
	api            *api
	domain         string
	client, secret string

	mu    sync.Mutex
	token string
	until time.Time
}

func (*mas) Can() Abilities {
	return Abilities{Create: true, SetPassword: true, Deactivate: true}
}

// access is a token, kept until shortly before it ends.
func (m *mas) access(ctx context.Context) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.token != "" && time.Now().Before(m.until) {
		return m.token, nil
	}
	var answer struct {
		Token   string `json:"access_token"`
		Expires int    `json:"expires_in"`
	}
	_, err := m.api.do(ctx, request{doing: "log in to the authentication service", method: http.MethodPost,
		path: []string{"oauth2", "token"}, user: m.client, secret: m.secret,
		form: url.Values{"grant_type": {"client_credentials"}, "scope": {"urn:mas:admin"}}}, &answer)
	switch {
	case answered(err, http.StatusUnauthorized), answered(err, http.StatusBadRequest):
		return "", because(err, "it does not take accounts.mas.client_id with the secret in accounts.secret_file")
	case err != nil:
		return "", err
	}
	m.token, m.until = answer.Token, time.Now().Add(time.Duration(answer.Expires)*time.Second-30*time.Second)
	return m.token, nil
}

func (m *mas) call(ctx context.Context, r request, out any) error {
	token, err := m.access(ctx)
	if err != nil {
		return err
	}
	r.token = token
	_, err = m.api.do(ctx, r, out)
	switch {
	case answered(err, http.StatusUnauthorized):
		m.mu.Lock()
		m.token = "" // it was taken back: the next call asks for another
		m.mu.Unlock()
	case answered(err, http.StatusForbidden):
		return because(err, "the client accounts.mas.client_id is not in the service's policy.data.admin_clients")
	}
	return err
}

// masUser is a user as the service describes it.
type masUser struct {
	Data struct {
		ID         string `json:"id"`
		Attributes struct {
			Deactivated *time.Time `json:"deactivated_at"`
		} `json:"attributes"`
	} `json:"data"`
}

func masPath(parts ...string) []string { return append([]string{"api", "admin", "v1"}, parts...) }

func (m *mas) find(ctx context.Context, localpart string) (u masUser, found bool, err error) {
	err = m.call(ctx, request{doing: "find an account", method: http.MethodGet,
		path: masPath("users", "by-username", localpart)}, &u)
	if answered(err, http.StatusNotFound) {
		return u, false, nil
	}
	return u, err == nil, err
}

func (m *mas) Create(ctx context.Context, d Draft, password string) (string, error) {
	var u masUser
	err := m.call(ctx, request{doing: "make an account", method: http.MethodPost, path: masPath("users"),
		body: map[string]any{"username": d.Localpart}}, &u)
	if answered(err, http.StatusConflict) { // an earlier try of ours: the name is random
		u, _, err = m.find(ctx, d.Localpart)
	}
	if err != nil {
		return "", err
	}
	return "@" + d.Localpart + ":" + m.domain, m.password(ctx, u.Data.ID, password)
}

func (m *mas) password(ctx context.Context, id, password string) error {
	return m.call(ctx, request{doing: "set a password", method: http.MethodPost, path: masPath("users", id, "set-password"),
		body: map[string]any{"password": password, "skip_password_check": true}}, nil)
}

func (*mas) Finished(context.Context, Draft) (bool, error) { return false, nil }

func (m *mas) Undo(ctx context.Context, d Draft) error {
	return m.Deactivate(ctx, "@"+d.Localpart+":"+m.domain)
}

func (m *mas) SetPassword(ctx context.Context, address, password string) error {
	name, err := localpart(address, m.domain)
	if err != nil {
		return err
	}
	u, found, err := m.find(ctx, name)
	if err != nil {
		return err
	}
	if !found {
		return &Fault{doing: "set a password", reason: "there is no such account"}
	}
	if err = m.password(ctx, u.Data.ID, password); err != nil {
		return err
	}
	return m.call(ctx, request{doing: "log an account out", method: http.MethodPost,
		path: masPath("users", u.Data.ID, "kill-sessions")}, nil)
}

func (m *mas) Deactivate(ctx context.Context, address string) error {
	name, err := localpart(address, m.domain)
	if err != nil {
		return err
	}
	u, found, err := m.find(ctx, name)
	if err != nil || !found || u.Data.Attributes.Deactivated != nil {
		return err
	}
	return m.call(ctx, request{doing: "deactivate an account", method: http.MethodPost,
		path: masPath("users", u.Data.ID, "deactivate")}, nil)
}

func (m *mas) Check(ctx context.Context) error {
	return m.call(ctx, request{doing: "use the admin API", method: http.MethodGet, path: masPath("users"),
		query: url.Values{"page[first]": {"1"}}}, nil)
}
