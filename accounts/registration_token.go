package accounts

import (
	"context"
	"net/http"
	"net/url"
)

// registrationToken registers as a person with a registration token would
// (m.login.registration_token, spec v1.2).
type registrationToken struct{ token string }

func (r registrationToken) create(ctx context.Context, hs *api, localpart, password string) (string, error) {
	body := map[string]any{"username": localpart, "password": password}
	var answer struct {
		session
		UIA       string   `json:"session"`
		Completed []string `json:"completed"`
	}
	// Each stage is answered with 401 until the last; the first asks for the stages.
	for _, stage := range []map[string]any{nil, {"type": "m.login.registration_token", "token": r.token}, {"type": "m.login.dummy"}} {
		if stage != nil {
			stage["session"] = answer.UIA
			body["auth"] = stage
		}
		status, err := hs.do(ctx, request{doing: "make an account", method: http.MethodPost,
			path: []string{"_matrix", "client", "v3", "register"}, body: body}, &answer)
		switch {
		case err == nil:
			return answer.Token, nil
		case status != http.StatusUnauthorized || answer.UIA == "":
			return "", explainRegister(err)
		case stage != nil && len(answer.Completed) == 0:
			return "", misconfigured("make an account", "the homeserver does not take the token in accounts.secret_file")
		}
	}
	return "", &Fault{doing: "make an account", reason: "the homeserver asks for more than a registration token"}
}

func explainRegister(err error) error {
	if answered(err, http.StatusForbidden) {
		return misconfigured("make an account", "the homeserver has closed registration; for Synapse: enable_registration and registration_requires_token")
	}
	return err
}

// check asks whether the token is valid. A token that is used up looks the same
// as an unknown one.
func (r registrationToken) check(ctx context.Context, hs *api) error {
	var answer struct{ Valid bool }
	_, err := hs.do(ctx, request{doing: "use the registration token", method: http.MethodGet,
		path:  []string{"_matrix", "client", "v1", "register", "m.login.registration_token", "validity"},
		query: url.Values{"token": {r.token}}}, &answer)
	if err != nil {
		return explainRegister(err)
	}
	if !answer.Valid {
		return &Fault{doing: "use the registration token", reason: "the homeserver does not take the token in accounts.secret_file, or it is used up"}
	}
	return nil
}
