package config_test

import (
	"net/url"
	"testing"

	"silta/config"
)

// TestClientLinks: what opens people's apps has the form that the apps' own
// documentation gives. Element for Android and iOS: "Provisioning links" of
// ems-docs.element.io (account_provider is the server's name, login_hint "mxid:"
// and the person's address; hs_url is the address, for the classic apps). Element
// Web: its log-in page is the fragment /login.
func TestClientLinks(t *testing.T) {
	for _, test := range []struct {
		name, link           string // "": the default
		domain, public       string
		host, path, fragment string
		query                url.Values
	}{
		{name: "web", link: config.Default().Web.ClientURL, domain: "example.org", host: "app.element.io", path: "/", fragment: "/login", query: url.Values{}},
		{name: "Android and iOS", link: config.Default().Web.MobileURL, domain: "example.org", host: "mobile.element.io", path: "/element",
			query: url.Values{"account_provider": {"example.org"}}},
		{name: "a port", link: config.Default().Web.MobileURL, domain: "example.org:8448", host: "mobile.element.io", path: "/element",
			query: url.Values{"account_provider": {"example.org:8448"}}},
		{name: "with the person's address", link: "https://mobile.element.io/element?account_provider={server}&login_hint=mxid:{user}", domain: "example.org",
			host: "mobile.element.io", path: "/element", query: url.Values{"account_provider": {"example.org"}, "login_hint": {"mxid:@alice+b:example.org"}}},
		{name: "classic", link: "https://mobile.element.io/?hs_url={homeserver}", domain: "example.org", public: "https://matrix.example.org",
			host: "mobile.element.io", path: "/", query: url.Values{"hs_url": {"https://matrix.example.org"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := config.Default()
			c.Homeserver = config.Homeserver{Address: "http://127.0.0.1:8008", Domain: test.domain}
			c.Web.PublicHomeserver = test.public
			made, err := url.Parse(c.ClientLink(test.link, "@alice+b:"+test.domain))
			if err != nil {
				t.Fatal(err)
			}
			if made.Scheme != "https" || made.Host != test.host || made.Path != test.path || made.Fragment != test.fragment {
				t.Errorf("the link is %s", made)
			}
			if got, want := made.Query().Encode(), test.query.Encode(); got != want {
				t.Errorf("the query is %s, want %s", got, want)
			}
		})
	}
}
