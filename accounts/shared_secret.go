package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" // what the endpoint is defined with
	"encoding/hex"
	"net/http"
	"strings"
)

// sharedSecret registers with Synapse's registration_shared_secret.
type sharedSecret struct{ secret string }

// sharedSecretPath is where a nonce is had and an account made.
func sharedSecretPath() []string { return []string{"_synapse", "admin", "v1", "register"} }

func (r sharedSecret) create(ctx context.Context, hs *api, localpart, password string) (string, error) {
	const doing = "make an account"
	nonce, err := r.nonce(ctx, hs, doing)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha1.New, []byte(r.secret))
	mac.Write([]byte(strings.Join([]string{nonce, localpart, password, "notadmin"}, "\x00")))
	var answer session
	_, err = hs.do(ctx, request{doing: doing, method: http.MethodPost, path: sharedSecretPath(),
		body: map[string]any{"nonce": nonce, "username": localpart, "password": password, "admin": false,
			"mac": hex.EncodeToString(mac.Sum(nil))}}, &answer)
	return answer.Token, r.explain(doing, err)
}

func (r sharedSecret) nonce(ctx context.Context, hs *api, doing string) (string, error) {
	var answer struct{ Nonce string }
	_, err := hs.do(ctx, request{doing: doing, method: http.MethodGet, path: sharedSecretPath()}, &answer)
	return answer.Nonce, r.explain(doing, err)
}

func (sharedSecret) explain(doing string, err error) error {
	switch {
	case answered(err, http.StatusForbidden):
		return misconfigured(doing, "the secret in accounts.secret_file is not the homeserver's registration_shared_secret")
	case answered(err, http.StatusNotFound):
		return misconfigured(doing, "/_synapse/admin cannot be reached at homeserver.address, or it is no Synapse")
	case answered(err, http.StatusBadRequest) && !said(err, "M_USER_IN_USE"):
		return misconfigured(doing, "the homeserver has no registration_shared_secret, or does not take the name or the password")
	}
	return err
}

// check sends a MAC that is made with the secret over a name that no account
// can have: the homeserver looks at the MAC first.
func (r sharedSecret) check(ctx context.Context, hs *api) error {
	const doing, impossible = "use the shared secret", "_not/an account_"
	nonce, err := r.nonce(ctx, hs, doing)
	if err != nil {
		return err
	}
	mac := hmac.New(sha1.New, []byte(r.secret))
	mac.Write([]byte(strings.Join([]string{nonce, impossible, "-", "notadmin"}, "\x00")))
	_, err = hs.do(ctx, request{doing: doing, method: http.MethodPost, path: sharedSecretPath(),
		body: map[string]any{"nonce": nonce, "username": impossible, "password": "-", "admin": false,
			"mac": hex.EncodeToString(mac.Sum(nil))}}, nil)
	if said(err, "M_INVALID_USERNAME") {
		return nil
	}
	return r.explain(doing, err)
}
