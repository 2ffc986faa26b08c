package text

import "testing"

// TestWholeSpan: what is hidden is all of it. A part that stays would do.
func TestWholeSpan(t *testing.T) {
	g := testGuard()
	for text, want := range map[string]string{
		"tuu tänne geo:60.17,24.94;u=35 heti": "geo:60.17,24.94;u=35",
		"tässä 60.16991, 24.93842 näin":       "60.16991, 24.93842",
		"60.1699° N, 24.9384° E":              "60.1699° N, 24.9384° E",
		"N 60.1699 E 24.9384":                 "N 60.1699 E 24.9384",
		"oon 60°10'13.5\"N 24°56'18.2\"E nyt": "60°10'13.5\"N 24°56'18.2\"E",
		"60° 10.225′ N, 24° 56.3′ E":          "60° 10.225′ N, 24° 56.3′ E",
		"N 60° 10.225' E 024° 56.303'":        "N 60° 10.225' E 024° 56.303'",
		"99°10'13\"N 24°56'18\"E":             "", // no latitude
		"pakkasta 20°, huomenna 25°":          "",
		"99.16991, 24.93842":                  "", // no latitude
		"60.1, 24.9":                          "",
		"maps.app.goo.gl/AbC!":                "maps.app.goo.gl/AbC",
		"tg://resolve?domain=annavv":          "tg://resolve?domain=annavv",
		"nuortennetti.fi.paha.gl/x":           "nuortennetti.fi.paha.gl/x",
		"nuortennetti.fi/x":                   "",
		"anna@home.example heti":              "anna@home.example",
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
