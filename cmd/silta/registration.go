package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"gopkg.in/yaml.v3"
	"maunium.net/go/mautrix/appservice"

	"silta/config"
	"silta/store"
)

type registrationCommand struct {
	Force bool `help:"Write it anew, with new tokens, when it is there already. The homeserver must then get the new file."`
}

// Run writes the registration file and, if there is none, the key file, and
// says what to do next.
func (r *registrationCommand) Run(s *surroundings) error {
	c, err := s.load()
	if err != nil {
		return err
	}
	path := c.AppService.Registration
	old, err := loadRegistration(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) || r.Force:
		if err := writeRegistration(path, newRegistration(c)); err != nil {
			return err
		}
		fmt.Fprintf(s.out, "Wrote %s. It holds secrets: only its owner can read it.\n", path)
	case err != nil:
		return fmt.Errorf("%w\nIt was left as it is; `silta registration --force` writes it anew", err)
	default:
		if differs := registrationFaults(old, c); len(differs) > 0 {
			return fmt.Errorf("%s is there already and does not fit the settings (%s).\n"+
				"It was left as it is; `silta registration --force` writes it anew, and the homeserver must then get the new file", path, differs[0])
		}
		fmt.Fprintf(s.out, "%s is there already and fits the settings: left as it is.\n", path)
	}
	if err := ensureKey(s, c); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, nextSteps, path, filepath.Base(path), s.configPath)
	return err
}

const nextSteps = `
Next:
1. Synapse must load the file. Put a copy where Synapse's user can read it, for example
     install -o matrix-synapse -m 600 %s /etc/matrix-synapse/%[2]s
   and write into homeserver.yaml:
     app_service_config_files:
       - /etc/matrix-synapse/%[2]s
     experimental_features:
       msc2409_to_device_messages_enabled: true
       msc3202_transaction_extensions: true
     auto_accept_invites:
       enabled: true
       only_from_local_users: true
2. Restart Synapse.
3. silta check -c %[3]s
4. silta run -c %[3]s
`

// ensureKey makes the key file when no key is there at all.
func ensureKey(s *surroundings, c *config.Config) error {
	if _, shown := keySource(c, s.lookup); shown != c.KeyFile {
		fmt.Fprintf(s.out, "The key is taken from %s.\n", shown)
		return nil
	}
	err := store.NewKeyFile(c.KeyFile)
	switch {
	case errors.Is(err, fs.ErrExist):
		fmt.Fprintf(s.out, "%s is there already: left as it is.\n", c.KeyFile)
		return nil
	case err != nil:
		return err
	}
	_, err = fmt.Fprintf(s.out, "Wrote %s. Keep a copy of it apart from the backups: without it a backup cannot be read.\n", c.KeyFile)
	return err
}

// newRegistration is the registration that fits the settings, with fresh tokens.
func newRegistration(c *config.Config) *appservice.Registration {
	limited := false
	return &appservice.Registration{
		ID:              c.AppService.ID,
		URL:             c.AppService.PublicURL(),
		AppToken:        rand.Text() + rand.Text(),
		ServerToken:     rand.Text() + rand.Text(),
		SenderLocalpart: c.AppService.SenderLocalpart(),
		RateLimited:     &limited,
		Namespaces: appservice.Namespaces{UserIDs: appservice.NamespaceList{
			{Regex: exactly(c.AppService.Bot, c), Exclusive: true},
			{Regex: "^@" + regexp.QuoteMeta(c.AppService.GhostPrefix) + ".+:" + regexp.QuoteMeta(c.Homeserver.Domain) + "$", Exclusive: true},
		}},
		EphemeralEvents: true,
		MSC3202:         true,
		MSC4190:         true,
	}
}

func exactly(local string, c *config.Config) string {
	return "^@" + regexp.QuoteMeta(local) + ":" + regexp.QuoteMeta(c.Homeserver.Domain) + "$"
}

// registrationFaults says in what a registration does not fit the settings.
func registrationFaults(r *appservice.Registration, c *config.Config) []string {
	want := newRegistration(c)
	var faults []string
	differ := func(key string, is, should any) {
		faults = append(faults, fmt.Sprintf("%s is %v, should be %v", key, is, should))
	}
	for _, field := range []struct{ key, is, should string }{
		{"id", r.ID, want.ID},
		{"url", r.URL, want.URL},
		{"sender_localpart", r.SenderLocalpart, want.SenderLocalpart},
	} {
		if field.is != field.should {
			differ(field.key, field.is, field.should)
		}
	}
	if r.AppToken == "" || r.ServerToken == "" || r.AppToken == r.ServerToken {
		faults = append(faults, "as_token and hs_token must both be there, and be two")
	}
	if !slices.Equal(r.Namespaces.UserIDs, want.Namespaces.UserIDs) {
		differ("namespaces.users", r.Namespaces.UserIDs, want.Namespaces.UserIDs)
	}
	if len(r.Namespaces.RoomAliases)+len(r.Namespaces.RoomIDs) > 0 {
		faults = append(faults, "namespaces must have users only")
	}
	for _, flag := range []struct {
		key        string
		is, should bool
	}{
		{"rate_limited", r.RateLimited == nil || *r.RateLimited, false},
		{"receive_ephemeral", r.EphemeralEvents, true},
		{"org.matrix.msc3202", r.MSC3202, true},
		{"io.element.msc4190", r.MSC4190, true},
		{"de.sorunome.msc2409.push_ephemeral", r.SoruEphemeralEvents, false},
	} {
		if flag.is != flag.should {
			differ(flag.key, flag.is, flag.should)
		}
	}
	return faults
}

// loadRegistration reads a registration file.
func loadRegistration(path string) (*appservice.Registration, error) {
	r, err := appservice.LoadRegistration(path)
	var io *fs.PathError
	switch {
	case errors.As(err, &io):
		return nil, fmt.Errorf("registration: %w", err)
	case err != nil: // the parser's text may quote a token
		return nil, fmt.Errorf("registration: %s is not a registration file", path)
	}
	return r, nil
}

// writeRegistration puts the file there whole or not at all.
func writeRegistration(path string, r *appservice.Registration) error {
	body, err := yaml.Marshal(r)
	if err != nil {
		return fmt.Errorf("registration: %w", err)
	}
	text := "# Silta's registration at the homeserver, written by `silta registration`. Keep it secret.\n" + string(body)
	file, err := os.CreateTemp(filepath.Dir(path), ".registration-*")
	if err != nil {
		return fmt.Errorf("registration: %w", err)
	}
	defer os.Remove(file.Name()) // gone already when all went well
	_, err = file.WriteString(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("registration: %w", err)
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return fmt.Errorf("registration: %w", err)
	}
	return nil
}
