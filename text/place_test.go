package text

import "testing"

// TestWholeSpan: what is hidden is all of it. A part that stays would do.
func TestWholeSpan(t *testing.T) {
	g := testGuard()
	for text, want := range map[string]string{
		"tuu tänne geo:60.17,24.94;u=35 heti": "geo:60.17,24.94;u=35",
		"tässä 60.16991, 24.93842 näin":       "60.16991, 24.93842",
		"99.16991, 24.93842":                  "", // no latitude
		"60.1, 24.9":                          "",
		"maps.app.goo.gl/AbC!":                "maps.app.goo.gl/AbC",
		"tg://resolve?domain=annavv":          "tg://resolve?domain=annavv",
		"nuortennetti.fi.paha.gl/x":           "nuortennetti.fi.paha.gl/x",
		"nuortennetti.fi/x":                   "",
		"https://nuortennetti.fi@paha.fi/x":   "https://nuortennetti.fi@paha.fi/x",
		"https://nuortennetti.fi.paha.fi":     "https://nuortennetti.fi.paha.fi",
	} {
		got := ""
		for _, f := range g.Find(text) {
			got += text[f.Start:f.End]
		}
		if got != want {
			t.Errorf("%q: found %q, want %q", text, got, want)
		}
	}
}
