package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"maunium.net/go/mautrix/appservice"

	"silta/config"
)

// TestCheckMedia: what is said of a homeserver by what it answers; a service
// that carries no files asks nothing.
func TestCheckMedia(t *testing.T) {
	for _, c := range []struct {
		name              string
		off, old, noAdmin bool
		limit             any
		admin             string
		want              []string // status and a piece of the text
	}{
		{name: "off", off: true},
		{name: "well", limit: 50 << 20, want: []string{"ok homeserver takes files of up to 50 MB", "ok can be deleted"}},
		{name: "small", limit: 10 << 20, want: []string{"warn up to 50 MB, and the homeserver takes 10 MB", "ok can be deleted"}},
		{name: "silent", want: []string{"warn does not say", "ok can be deleted"}},
		{name: "old", old: true, want: []string{"FAIL no authenticated media"}},
		{name: "not an administrator", limit: 50 << 20, noAdmin: true, want: []string{"ok takes", "warn stay at the homeserver"}},
		{name: "a wrong token", limit: 50 << 20, admin: "wrong", want: []string{"ok takes", "FAIL the administrator's token does not work"}},
		{name: "a right token", limit: 50 << 20, noAdmin: true, admin: "right", want: []string{"ok takes", "ok can be deleted"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			asked := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked++
				token := r.Header.Get("Authorization")
				switch {
				case strings.HasSuffix(r.URL.Path, "/media/config") && !c.old:
					answer(w, map[string]any{"m.upload.size": c.limit})
				case !strings.HasPrefix(r.URL.Path, "/_synapse/admin/v1/media/yhdistys.fi/") || r.Method != http.MethodDelete:
					refuse(w, http.StatusNotFound, "M_UNRECOGNIZED")
				case token == "Bearer right" || token == "Bearer as" && !c.noAdmin && r.URL.Query().Get("user_id") == "@silta:yhdistys.fi":
					refuse(w, http.StatusNotFound, "M_NOT_FOUND")
				default:
					refuse(w, http.StatusForbidden, "M_FORBIDDEN")
				}
			}))
			defer server.Close()
			settings := config.Default()
			settings.Homeserver = config.Homeserver{Address: server.URL, Domain: "yhdistys.fi", AdminToken: c.admin}
			settings.Programmes.Mentoring.Media.Images = !c.off
			d := &doctor{client: direct(), cfg: settings, reg: &appservice.Registration{AppToken: "as"}, bot: true}
			d.checkMedia(t.Context())
			if len(d.findings) != len(c.want) || c.off && asked > 0 {
				t.Fatalf("%d requests, found %+v", asked, d.findings)
			}
			for i, want := range c.want {
				status, text, _ := strings.Cut(want, " ")
				if string(d.findings[i].Status) != status || !strings.Contains(d.findings[i].Text, text) {
					t.Errorf("found %+v, want %s", d.findings[i], want)
				}
			}
		})
	}
}
