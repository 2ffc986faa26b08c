package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"sync"
	"time"

	altcha "github.com/altcha-org/altcha-lib-go"
)

// A form carries a ticket: a random ID, when it was made, and a seal over both
// and the browser's cookie. It shows that the form is ours and was filled in
// here (CSRF), how long that took, and — to the bridge — that two forms sent are
// the same one sent twice.
type ticket struct {
	id   string
	made time.Time
}

const (
	ticketTime = 2 * time.Hour // to fill a form in
	idBytes    = 16
	cookieName = "silta"
	// spentTime is how long a form that has been sent may be sent again: as long as
	// the bridge knows its ticket, and a little less.
	spentTime = 9 * time.Minute
)

// desk gives tickets out and takes them back.
type desk struct {
	key    []byte
	secure bool // cookies over TLS only
	now    func() time.Time

	mu    sync.Mutex
	spent map[string]time.Time // IDs of forms that were let through, and when
}

func newDesk(key []byte, secure bool, now func() time.Time) *desk {
	return &desk{key: key, secure: secure, now: now, spent: map[string]time.Time{}}
}

func (d *desk) cookieName() string {
	if d.secure {
		return "__Host-" + cookieName
	}
	return cookieName
}

// cookie is the browser's, given to it when it has none. It means nothing but
// that the same browser sends the form that was shown to it.
func (d *desk) cookie(w http.ResponseWriter, r *http.Request) string {
	if c, err := r.Cookie(d.cookieName()); err == nil && len(c.Value) == 2*idBytes {
		return c.Value
	}
	value := randomHex()
	http.SetCookie(w, &http.Cookie{Name: d.cookieName(), Value: value, Path: "/", HttpOnly: true, Secure: d.secure, SameSite: http.SameSiteStrictMode})
	return value
}

func randomHex() string {
	raw := make([]byte, idBytes)
	_, _ = rand.Read(raw) // it never fails: it ends the program instead
	return hex.EncodeToString(raw)
}

// issue makes a ticket for a browser.
func (d *desk) issue(cookie string) (t ticket, text string) {
	t = ticket{id: randomHex(), made: d.now()}
	raw, _ := hex.DecodeString(t.id)
	raw = binary.BigEndian.AppendUint64(raw, uint64(t.made.UnixMilli()))
	return t, base64.RawURLEncoding.EncodeToString(append(raw, d.seal(raw, cookie)...))
}

func (d *desk) seal(raw []byte, cookie string) []byte {
	mac := hmac.New(sha256.New, d.key)
	mac.Write([]byte("ticket"))
	mac.Write(raw)
	mac.Write([]byte(cookie))
	return mac.Sum(nil)
}

// read opens a ticket that came with a form.
func (d *desk) read(r *http.Request, text string) (ticket, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	c, noCookie := r.Cookie(d.cookieName())
	if err != nil || noCookie != nil || len(raw) != idBytes+8+sha256.Size {
		return ticket{}, false
	}
	if !hmac.Equal(raw[idBytes+8:], d.seal(raw[:idBytes+8], c.Value)) {
		return ticket{}, false
	}
	made := time.UnixMilli(int64(binary.BigEndian.Uint64(raw[idBytes:])))
	age := d.now().Sub(made)
	return ticket{id: hex.EncodeToString(raw[:idBytes]), made: made}, age >= 0 && age < ticketTime
}

// spend says whether a form may go through: as a new one, or as one that is sent
// again soon after.
func (d *desk) spend(id string) (again, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	first, again := d.spent[id]
	if again {
		return true, now.Sub(first) < spentTime
	}
	for old, at := range d.spent { // as many as were let through in two hours
		if now.Sub(at) > ticketTime {
			delete(d.spent, old)
		}
	}
	d.spent[id] = now
	return false, true
}

// known says whether a form has been let through before.
func (d *desk) known(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, again := d.spent[id]
	return again
}

// The proof of work: a browser with scripts finds a number, which costs a phone
// about half a second; see static/work.js. It is bound to the form's ticket.
const workNumber = 200_000

// challenge is what the browser has to solve, as JSON.
func (d *desk) challenge(t ticket) (string, error) {
	expires := t.made.Add(ticketTime)
	c, err := altcha.CreateChallenge(altcha.ChallengeOptions{
		Algorithm: altcha.SHA256, MaxNumber: workNumber, HMACKey: string(d.key), Expires: &expires, Params: url.Values{"form": {t.id}},
	})
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(c)
	return string(text), err
}

// worked says whether a solution is one for this form.
func (d *desk) worked(t ticket, solution string) bool {
	raw, err := base64.StdEncoding.DecodeString(solution)
	var p altcha.Payload
	if err != nil || len(raw) > 2000 || json.Unmarshal(raw, &p) != nil || p.Algorithm != string(altcha.SHA256) ||
		altcha.ExtractParams(p).Get("form") != t.id {
		return false
	}
	ok, err := altcha.VerifySolutionSafe(p, string(d.key), false)
	return ok && err == nil
}
