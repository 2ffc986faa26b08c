package text

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// spliced gives the lines of the corpus and many texts made of pieces of them.
func spliced(t *testing.T) []string {
	lines := slices.Concat(corpus(t, "positives.txt"), corpus(t, "negatives.txt"))
	for i, line := range lines {
		if _, text, ok := strings.Cut(line, " | "); ok {
			lines[i] = strings.ReplaceAll(text, `\n`, "\n")
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	whole := len(lines)
	for range 5_000 {
		one, other := lines[random.IntN(whole)], lines[random.IntN(whole)]
		lines = append(lines, one[:random.IntN(len(one)+1)]+[]string{"", " ", "(", ": "}[random.IntN(4)]+other[random.IntN(len(other)+1):])
	}
	return lines
}

// TestSigns: the signs of a matcher are in whatever it matches, and the first look
// sees whenever a medium is named, so nothing is passed over.
func TestSigns(t *testing.T) {
	g := testGuard()
	n, h, p := g.net, g.byHandle, g.byPlace
	matchers := map[string]*matcher{
		"email": n.email, "shortEmail": n.shortEmail, "saidEmail": n.saidEmail, "webLink": n.webLink, "bareLink": n.bareLink, "appLink": n.appLink,
		"pathLink": n.pathLink, "saidLink": n.saidLink, "matrixID": n.matrixID, "matrixLink": n.matrixLink, "matrixRoom": n.matrixRoom,
		"atHandle": h.atHandle, "discordID": h.discordID, "geoLink": p.geoLink, "degrees": p.degrees, "minutes": p.minutes,
	}
	matched := map[string]int{}
	for _, text := range spliced(t) {
		f := foldAll(text)
		for name, m := range matchers {
			if !m.re.MatchString(f.s) {
				continue
			}
			if matched[name]++; !m.may(f.s) {
				t.Errorf("%s matches %q without any of its signs", name, f.s)
			}
		}
		if c, _ := quick(f.s); !c.medium && len(h.handles(nil, f.s, true)) > len(h.handles(nil, f.s, false)) {
			t.Errorf("a medium is named in %q", f.s)
		}
	}
	for name := range matchers {
		if matched[name] < 5 {
			t.Errorf("%s matched %d times only", name, matched[name])
		}
	}
}

// TestMedia: a name in every medium is found.
func TestMedia(t *testing.T) {
	g := testGuard()
	for _, medium := range strings.Fields(`snap snapchat snäppi insta instagram ig tiktok tt telegram tg whatsapp what’s_app whatsap watsap wapp wa discord diskord dc kik
		facebook face fb messenger signal twitter threads jodel steam psn gamertag xbox twitch linkedin reddit bereal skype wechat vk roblox line`) {
		medium = strings.ReplaceAll(medium, "_", " ")
		for _, text := range []string{"mun " + medium + " on kanervainen", strings.ToUpper(medium) + ": kanervainen", "find me on " + medium + " as kanervainen", "löydät nimellä kanerva_99 " + medium} {
			if list := g.Find(text); len(list) != 1 || list[0].Kind != "handle" {
				t.Errorf("%q: %v", text, list)
			}
		}
	}
}
