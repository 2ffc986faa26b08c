package text

import (
	"cmp"
	"slices"
	"strings"

	"silta/mentoring"
)

// Settings say what is no contact, though it looks like one.
type Settings struct {
	// Numbers are those that everybody may tell: crisis lines, helplines. 112 is
	// always one.
	Numbers []string
	// Domains are those that may be linked to, with all that is below them.
	Domains []string
}

// Guard finds contacts. It keeps nothing and may be used by many at once.
type Guard struct {
	numbers map[string]bool // digits as dialled in Finland
	domains []string
	words   *vocabulary
	streets []string
	towns   []string
	// notStreets end like one and are none.
	notStreets map[string]bool

	net      netMatchers
	byHandle handleMatchers
	byPlace  placeMatchers
}

var _ mentoring.Guard = (*Guard)(nil)

// NewGuard makes a guard.
func NewGuard(s Settings) *Guard {
	g := &Guard{numbers: map[string]bool{}, words: newVocabulary(), streets: streetEndings(), towns: towns(), notStreets: wordSet(notStreets()),
		net: newNetMatchers(), byHandle: newHandleMatchers(), byPlace: newPlaceMatchers()}
	for _, number := range s.Numbers {
		if d := national(digitsOf(foldAll(number).s)); d != "" {
			g.numbers[d] = true
		}
	}
	for _, domain := range s.Domains {
		g.domains = append(g.domains, strings.ToLower(strings.Trim(strings.TrimSpace(domain), ".")))
	}
	return g
}

// found is a finding by places in the folded text.
type found struct {
	kind       mentoring.ContactKind
	start, end int
}

// Find implements [mentoring.Guard].
func (g *Guard) Find(text string) []mentoring.Finding {
	c, plain := quick(text)
	if plain && c.none() {
		return nil
	}
	f := foldAll(text)
	if !plain {
		c, _ = quick(f.s)
	}
	var all []mentoring.Finding
	all = g.search(all, f, &c)
	if s := f.squeezed(); s != nil {
		c, _ = quick(s.s)
		all = g.search(all, s, &c)
	}
	return merged(all)
}

// search adds what is in one form of the text.
func (g *Guard) search(all []mentoring.Finding, f *folded, c *clues) []mentoring.Finding {
	if c.none() {
		return all
	}
	var list []found
	if c.digits >= 9 {
		list = identities(list, f.s)
	}
	if c.digits >= 5 || c.numbers >= leastSpoken {
		list = g.phones(list, f.s)
	}
	if c.at || c.sigil || c.dot {
		list = g.net.matrixIDs(list, f.s)
	}
	if c.at || c.dot {
		list = g.net.emails(list, f.s)
	}
	if c.dot || c.link {
		list = g.links(list, f.s)
	}
	if c.digits >= leastOfPlace {
		list = g.byPlace.places(list, f.s)
	}
	if c.at || c.medium || c.digits >= 4 && strings.Contains(f.s, "#") {
		list = g.byHandle.handles(list, f.s, c.medium)
	}
	if c.digits > 0 {
		list = g.addresses(list, f.s)
	}
	for _, one := range list {
		start, end := f.span(one.start, one.end)
		all = append(all, mentoring.Finding{Kind: one.kind, Start: start, End: end})
	}
	return all
}

// weight orders the kinds: where two findings touch the same words, the
// heavier one gives its name.
func weight(k mentoring.ContactKind) int {
	return slices.Index([]mentoring.ContactKind{
		mentoring.ContactAddress, mentoring.ContactLink, mentoring.ContactHandle, mentoring.ContactMatrix,
		mentoring.ContactEmail, mentoring.ContactPhone, mentoring.ContactIdentity,
	}, k)
}

// merged puts findings in order and makes one of those that overlap.
func merged(all []mentoring.Finding) []mentoring.Finding {
	slices.SortFunc(all, func(a, b mentoring.Finding) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End))
	})
	out := all[:0]
	for _, one := range all {
		if n := len(out); n > 0 && one.Start < out[n-1].End {
			last := &out[n-1]
			last.End = max(last.End, one.End)
			if weight(one.Kind) > weight(last.Kind) {
				last.Kind = one.Kind
			}
			continue
		}
		out = append(out, one)
	}
	return out
}
