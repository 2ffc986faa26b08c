package main

import (
	"testing"

	"silta/config"
)

// TestCheckPage: a page that is not reached by https is warned of, but on one's
// own machine; without a page nothing is said.
func TestCheckPage(t *testing.T) {
	for address, want := range map[string]string{
		"https://liity.yhdistys.fi": "ok", "http://liity.yhdistys.fi": "warn", "http://10.0.0.5:8080": "warn",
		"http://127.0.0.1:29332": "ok", "http://[::1]:29332": "ok", "http://localhost:29332": "ok", "": "",
	} {
		c := config.Default()
		c.Web.Listen, c.Web.URL = "127.0.0.1:29332", address
		if address == "" {
			c.Web.Listen = ""
		}
		d := &doctor{cfg: c}
		d.checkPage()
		switch {
		case want == "" && len(d.findings) == 0:
		case len(d.findings) != 1 || string(d.findings[0].Status) != want:
			t.Errorf("%q: %+v, want %s", address, d.findings, want)
		case want == "warn" && d.findings[0].Fix == "":
			t.Errorf("%q: nothing is said of what to do", address)
		}
	}
}
