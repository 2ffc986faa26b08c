package accounts

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"os"
	"strings"

	"silta/config"
	"silta/mentoring"
)

// Abilities are what a provider can do with accounts.
type Abilities struct {
	Create      bool
	SetPassword bool // of an account whose password nobody knows (recovery)
	Deactivate  bool // of an account that is in use
}

// Draft is an account that is to be: drawn, and kept, before it is made.
type Draft struct {
	Localpart string
	Seed      string // a password that only Silta ever has
}

// Provider makes accounts. All of its methods may be called by many at once.
// Their errors are a [*Fault], a [*mentoring.Refusal], or the context's.
type Provider interface {
	Can() Abilities
	// Create makes the draft's account with that password and returns its Matrix
	// ID. It may be repeated after any failure; it then finishes what was begun.
	// When an earlier try came as far as another password, and that cannot be
	// changed, it refuses with password.other.
	Create(ctx context.Context, d Draft, password string) (address string, err error)
	// Finished says that Create came so far that the account has its person's
	// password and the provider cannot undo it any more.
	Finished(ctx context.Context, d Draft) (bool, error)
	// Undo leaves nothing usable of a draft that is not finished. It may be
	// repeated; Finished must not be asked after it has begun.
	Undo(ctx context.Context, d Draft) error
	// SetPassword gives an account another password and logs out every device.
	SetPassword(ctx context.Context, address, password string) error
	// Deactivate ends an account for good and has the homeserver erase what it
	// can. One that is not there is no error.
	Deactivate(ctx context.Context, address string) error
	// Check tries, without making anything, whether the homeserver accepts the
	// provider's secret. It says what to put right.
	Check(ctx context.Context) error
}

// New makes the provider that the settings name. It reads the secret's file.
func New(c *config.Config) (Provider, error) {
	a := &c.Accounts
	if a.Provider == config.AccountsNone {
		return none{}, nil
	}
	secret, err := readSecret(a.SecretFile)
	if err != nil {
		return nil, err
	}
	hs := newAPI(c.Homeserver.Address)
	domain := c.Homeserver.Domain
	switch a.Provider {
	case config.AccountsSynapseAdmin:
		return &synapseAdmin{hs: hs, domain: domain, token: secret}, nil
	case config.AccountsSharedSecret:
		return &seeded{hs: hs, domain: domain, register: sharedSecret{secret: secret}}, nil
	case config.AccountsRegistrationToken:
		return &seeded{hs: hs, domain: domain, register: registrationToken{token: secret}}, nil
	case config.AccountsMAS:
		return &mas{api: newAPI(a.MAS.Address), domain: domain, client: a.MAS.ClientID, secret: secret}, nil
	}
	return nil, fmt.Errorf("accounts.provider: there is no %q", a.Provider)
}

// readSecret reads a file that holds nothing but a secret.
func readSecret(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("accounts.secret_file: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o007 != 0 {
		return "", fmt.Errorf("accounts.secret_file: %s can be read by everyone on this machine (mode %04o): run chmod o= %s", path, mode, path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("accounts.secret_file: %w", err)
	}
	secret := strings.TrimSpace(string(data))
	if secret == "" || strings.ContainsAny(secret, "\r\n") {
		return "", fmt.Errorf("accounts.secret_file: %s must hold the secret, in one line, and nothing else", path)
	}
	return secret, nil
}

const (
	consonants = "bdfghjklmnprstvz"
	vowels     = "aeiou"
	syllables  = 7  // 44 random bits, in two words that can be said aloud
	seedLength = 40 // 160 bits
)

// NewDraft draws an account: a name that says nothing of anybody, and a seed.
// taken says which names are not to be had: those that the appservice keeps.
func NewDraft(taken func(localpart string) bool) Draft {
	name := drawName()
	for taken(name) {
		name = drawName()
	}
	raw := make([]byte, seedLength/2)
	_, _ = rand.Read(raw) // it never fails: it ends the program instead
	return Draft{Localpart: name, Seed: hex.EncodeToString(raw)}
}

// drawName draws a name like "molaki-ruvesatu": people have to type it once.
func drawName() string {
	var b strings.Builder
	for i := range syllables {
		if i == 3 {
			b.WriteByte('-')
		}
		b.WriteByte(consonants[below(len(consonants))])
		b.WriteByte(vowels[below(len(vowels))])
	}
	return b.String()
}

// below draws a number from 0 to n-1.
func below(n int) int {
	drawn, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		panic(err) // the system has no randomness: nothing may go on
	}
	return int(drawn.Int64())
}

// localpart is the first part of an address at our own homeserver.
func localpart(address, domain string) (string, error) {
	rest, at := strings.CutPrefix(address, "@")
	name, server, _ := strings.Cut(rest, ":")
	if !at || name == "" || server != domain {
		return "", &Fault{doing: "act on an account", reason: "it is at another homeserver", cannot: true}
	}
	return name, nil
}

// passwordOther is the refusal of a second try with another password.
func passwordOther() error { return mentoring.Refuse("password.other") }

// IsUnable says that a provider cannot do such a thing at all, now or later.
func IsUnable(err error) bool {
	var f *Fault
	return errors.As(err, &f) && f.cannot
}
