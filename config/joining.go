package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Accounts says how people who join on the page get an account of their own.
type Accounts struct {
	// Provider is none, synapse-admin, shared-secret, registration-token or mas.
	Provider string `yaml:"provider"`
	// SecretFile holds what the provider needs to know: an administrator's access
	// token, the shared secret, the registration token, or the client's secret.
	SecretFile string `yaml:"secret_file"`
	MAS        MAS    `yaml:"mas"`
}

// MAS is where Matrix Authentication Service is, for the provider mas.
type MAS struct {
	Address  string `yaml:"address"`
	ClientID string `yaml:"client_id"`
}

// The values of Accounts.Provider.
const (
	AccountsNone              = "none"
	AccountsSynapseAdmin      = "synapse-admin"
	AccountsSharedSecret      = "shared-secret"
	AccountsRegistrationToken = "registration-token"
	AccountsMAS               = "mas"
)

// Web is the page on which people join and recover access. It is for a reverse
// proxy to show to the world, which should keep no access log of it either.
type Web struct {
	Listen string `yaml:"listen"` // host:port; empty: there is no page
	URL    string `yaml:"url"`    // how people reach it
	// TrustedProxies are networks whose X-Forwarded-For is believed. Of an address
	// only its network is ever looked at, and nothing of it is kept.
	TrustedProxies []string `yaml:"trusted_proxies"`
	// ClientURL and MobileURL open an app. {server} stands for the server name,
	// {homeserver} for its address, {user} for the person's address; each escaped.
	ClientURL string `yaml:"client_url"`
	MobileURL string `yaml:"mobile_url"`
	// PublicHomeserver is the homeserver's address as people's apps reach it;
	// empty: homeserver.address.
	PublicHomeserver string `yaml:"public_homeserver"`
	// JoinsPerHour bounds accounts made through the page, JoinsPerNetwork those
	// of one network (a school, an operator).
	JoinsPerHour    int `yaml:"joins_per_hour"`
	JoinsPerNetwork int `yaml:"joins_per_network"`
}

func defaultWeb() Web {
	return Web{
		TrustedProxies: []string{"127.0.0.0/8", "::1/128"},
		ClientURL:      "https://app.element.io/#/login",
		MobileURL:      "https://mobile.element.io/element?account_provider={server}",
		JoinsPerHour:   60, JoinsPerNetwork: 20,
	}
}

// Proxies are the trusted networks; those that cannot be read are left out
// (Load has told of them).
func (w *Web) Proxies() []netip.Prefix {
	var list []netip.Prefix
	for _, p := range w.TrustedProxies {
		if prefix, err := netip.ParsePrefix(p); err == nil {
			list = append(list, prefix)
		}
	}
	return list
}

// ClientLink fills the placeholders of ClientURL or MobileURL.
func (c *Config) ClientLink(link, user string) string {
	address := c.Web.PublicHomeserver
	if address == "" {
		address = c.Homeserver.Address
	}
	return strings.NewReplacer("{server}", url.QueryEscape(c.Homeserver.Domain),
		"{homeserver}", url.QueryEscape(address), "{user}", url.QueryEscape(user)).Replace(link)
}

// Ours says whether a localpart at the homeserver's domain is the bot's, the
// appservice's or a ghost's.
func (c *Config) Ours(localpart string) bool { return c.ours(localpart) }

func (c *Config) checkJoining(k *checker) {
	a := &c.Accounts
	providers := []string{AccountsNone, AccountsSynapseAdmin, AccountsSharedSecret, AccountsRegistrationToken, AccountsMAS}
	k.must(slices.Contains(providers, a.Provider), "accounts.provider", "%q is not one of %s", a.Provider, strings.Join(providers, ", "))
	k.must(a.Provider == AccountsNone || a.SecretFile != "", "accounts.secret_file", "is needed with accounts.provider %s; write the name of a file that holds the secret", a.Provider)
	if a.Provider == AccountsMAS {
		_, ok := parseBase(a.MAS.Address)
		k.must(ok, "accounts.mas.address", "%q is not an address; write for example https://auth.yhdistys.fi, with no path", a.MAS.Address)
		k.must(a.MAS.ClientID != "", "accounts.mas.client_id", "is empty; write the ID of a client that may use the admin API")
	}
	w := &c.Web
	for i, p := range w.TrustedProxies {
		_, err := netip.ParsePrefix(p)
		k.must(err == nil, fmt.Sprintf("web.trusted_proxies[%d]", i+1), "%q is not a network; write for example 10.0.0.0/8", p)
	}
	for _, link := range []struct{ key, value string }{{"web.client_url", w.ClientURL}, {"web.mobile_url", w.MobileURL}} {
		u, err := url.Parse(strings.NewReplacer("{", "", "}", "").Replace(link.value))
		k.must(err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http"), link.key, "%q is not an address", link.value)
	}
	k.must(w.JoinsPerHour >= 1 && w.JoinsPerHour <= 100_000, "web.joins_per_hour", "must be between 1 and 100000")
	k.must(w.JoinsPerNetwork >= 1 && w.JoinsPerNetwork <= 100_000, "web.joins_per_network", "must be between 1 and 100000")
	if w.PublicHomeserver != "" {
		_, ok := parseBase(w.PublicHomeserver)
		k.must(ok, "web.public_homeserver", "%q is not an address; write for example https://matrix.yhdistys.fi, with no path", w.PublicHomeserver)
	}
	if w.Listen == "" {
		return
	}
	k.must(listenable(w.Listen), "web.listen", "%q is not host:port; write for example 127.0.0.1:29332", w.Listen)
	for _, other := range []struct{ key, listen string }{{"appservice.listen", c.AppService.Listen}, {"health.listen", c.Health.Listen}} {
		k.must(w.Listen != other.listen || port(w.Listen) == 0, "web.listen", "is the same as %s; it must be another port", other.key)
	}
	_, ok := parseBase(w.URL)
	k.must(ok, "web.url", "%q is not an address; write how people reach the page, for example https://liity.yhdistys.fi, with no path", w.URL)
}
