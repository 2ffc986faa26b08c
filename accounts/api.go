package accounts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// api is one HTTP API in JSON. mautrix's client is not used here: it logs what
// it sends, and here that would be passwords.
type api struct {
	client *http.Client
	base   string
}

const (
	callTimeout = 20 * time.Second
	maxAnswer   = 1 << 20
	connections = 8 // how many accounts can be made at once without opening more
)

func newAPI(base string) *api {
	return &api{base: strings.TrimSuffix(base, "/"), client: &http.Client{
		Timeout: callTimeout,
		Transport: &http.Transport{
			MaxIdleConnsPerHost: connections, IdleConnTimeout: 90 * time.Second,
			DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// request is one call; its parts of the path are escaped.
type request struct {
	doing  string // for the fault
	method string
	path   []string
	query  url.Values
	token  string
	user   string     // with password: HTTP basic authentication
	secret string     //
	form   url.Values // sent as a form instead of JSON
	body   any
}

// do makes the call once. When out is not nil the answer is read into it, that
// of a refusal too (what JSON fits).
func (a *api) do(ctx context.Context, r request, out any) (status int, err error) {
	escaped := make([]string, len(r.path))
	for i, part := range r.path {
		escaped[i] = url.PathEscape(part)
	}
	address := a.base + "/" + strings.Join(escaped, "/")
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	content, kind := []byte(nil), "application/json"
	switch {
	case r.form != nil:
		content, kind = []byte(r.form.Encode()), "application/x-www-form-urlencoded"
	case r.body != nil:
		if content, err = json.Marshal(r.body); err != nil {
			return 0, &Fault{doing: r.doing, reason: "the request cannot be written"}
		}
	}
	req, err := http.NewRequestWithContext(ctx, r.method, address, bytes.NewReader(content))
	if err != nil {
		return 0, &Fault{doing: r.doing, reason: "the request cannot be written"}
	}
	if content != nil {
		req.Header.Set("Content-Type", kind)
	}
	switch {
	case r.token != "":
		req.Header.Set("Authorization", "Bearer "+r.token)
	case r.secret != "":
		req.SetBasicAuth(r.user, r.secret)
	}
	response, err := a.client.Do(req)
	if err != nil {
		if errors.Is(ctx.Err(), context.Canceled) {
			return 0, ctx.Err()
		}
		return 0, &Fault{doing: r.doing, transient: true}
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return 0, &Fault{doing: r.doing, transient: true} // cut off
	}
	if out != nil {
		if bad := json.Unmarshal(answer, out); bad != nil && response.StatusCode/100 == 2 {
			return 0, &Fault{doing: r.doing, status: response.StatusCode, reason: "the answer cannot be read"}
		}
	}
	if response.StatusCode/100 == 2 {
		return response.StatusCode, nil
	}
	return response.StatusCode, refusal(r.doing, response, answer)
}

// refusal reads what a homeserver says with a status that is no success.
func refusal(doing string, response *http.Response, answer []byte) error {
	var said struct {
		Code  string  `json:"errcode"`
		After float64 `json:"retry_after_ms"`
	}
	_ = json.Unmarshal(answer, &said) // a proxy's page: no code
	f := &Fault{doing: doing, status: response.StatusCode, code: letters(said.Code)}
	f.transient = f.status == http.StatusTooManyRequests || f.status >= 500
	f.after = time.Duration(said.After) * time.Millisecond
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && f.after == 0 {
		f.after = time.Duration(seconds) * time.Second
	}
	return f
}

// letters lets only what looks like an error code through.
func letters(code string) string {
	for _, r := range code {
		if (r < 'A' || r > 'Z') && r != '_' {
			return "M_UNKNOWN"
		}
	}
	return code
}

// said says whether the homeserver refused with that code.
func said(err error, codes ...string) bool {
	var f *Fault
	if !errors.As(err, &f) {
		return false
	}
	for _, code := range codes {
		if f.code == code {
			return true
		}
	}
	return false
}

// answered says whether the homeserver refused with that status.
func answered(err error, status int) bool {
	var f *Fault
	return errors.As(err, &f) && f.status == status
}

// because gives a fault a reason that tells what to put right.
func because(err error, reason string) error {
	var f *Fault
	if !errors.As(err, &f) {
		return err
	}
	told := *f
	told.reason = reason
	return &told
}
