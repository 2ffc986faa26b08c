package text

import (
	"regexp"
	"slices"
	"strings"

	"silta/mentoring"
)

const (
	// What people write for @ and for the dot of an address.
	sayAt  = `(?:\s?@\s?| ?[(\[{<*_] ?(?:at|ät|ätt|a|ad|miuku) ?[)\]}>*_] ?| (?:at|ät|ätt|miukumauku|miuku mauku|miuku|miumau|kissanhäntä|snabel-?a|snabel a|ättä?merkki|ätmerkki) )`
	sayDot = `(?: ?\. ?| ?[(\[{<*_] ?(?:dot|piste|punkt|\.) ?[)\]}>*_] ?| (?:dot|piste|pist|punkt) )`
	// Names of a mailbox and of a host: dots inside may be said.
	part = `[a-z0-9åäö_+-]+`
	host = `[a-z0-9åäö][a-z0-9åäö-]*`

	// Top-level domains that people here use.
	plainTop = `fi|com|net|org|eu|info|ax|ee|dk|uk|ru|gg|ly|tv|biz|xyz|edu|gov|dev|app|io|ai|cc`
	// Those that are also words, or how a sentence may begin when the space is
	// forgotten ("ok.se oli kivaa").
	wordTop = `se|me|no|it|is|in|to|at|my|be|so|do|us|im|de|es|la|co|fr|nl|pl|ca|uk|name|page|link|club|social|chat|online|site|blog|live|pro`
	anyTop  = plainTop + `|` + wordTop

	providers = `gmail|g-?mail|hotmail|outlook|yahoo|icloud|live|luukku|suomi24|kolumbus|elisanet|elisa|saunalahti|protonmail|proton|pp\.inet|telia|msn|gmx|jippii|edu|student`
)

// netMatchers find what leads to somebody on the net.
type netMatchers struct {
	// shortEmail: the rest of the domain is left to be guessed; saidEmail: the @ is.
	email, shortEmail, saidEmail *matcher
	// appLink: of other apps, which it opens; pathLink: with a path behind a top-level
	// domain of any name.
	webLink, bareLink, appLink, pathLink, saidLink *matcher
	matrixID, matrixLink, matrixRoom               *matcher
}

func newNetMatchers() netMatchers {
	return netMatchers{
		email: needs(part+`(?:`+sayDot+part+`){0,4}?`+sayAt+host+`(?:`+sayDot+host+`){0,3}?`+sayDot+`(?:`+anyTop+`)`,
			append(opened("a", "ä", "miuku"), "@", " at ", " ät", "miuku", "miumau", "kissanhäntä", "snabel")...),
		shortEmail: needs(`[a-z0-9åäö._+-]{2,} ?@ ?(?:`+providers+`)|[a-z0-9åäö._+-]{2,}@[a-zåäö][a-zåäö0-9-]{2,}(?:\.[a-z0-9åäö-]+)*`, "@"),
		saidEmail: needs(`[a-z0-9._-]{3,} (?:gmail|hotmail|outlook|icloud|luukku)(?: |`+sayDot+`)(?:com|fi|se)`,
			" gmail", " hotmail", " outlook", " icloud", " luukku"),

		webLink:  needs(`(?:h ?[tx] ?[tx] ?p ?s? ?: ?/ ?/|www ?\.) ?[^\s`+"\x01"+`]+`, "/", "www"),
		bareLink: needs(`(?:`+host+`\.)+(?:`+anyTop+`)(?:[/?#:][^\s`+"\x01"+`]*)?`, "."),
		appLink:  needs(`[a-z][a-z0-9+.-]{1,20}://[^\s`+"\x01"+`]+`, "://"),
		pathLink: needs(`(?:`+host+`\.)*[a-z0-9åäö][a-z0-9åäö-]{2,}\.[a-z]{2,20}/[^\s`+"\x01"+`]{3,}`, "/"),
		saidLink: needs(`[a-z0-9åäö-]{3,}(?: ?[(\[{<*_] ?(?:dot|piste|punkt|\.) ?[)\]}>*_] ?| (?:dot|piste|punkt) )(?:`+plainTop+`|se|me)`,
			append(opened("."), "dot", "piste", "punkt")...),

		matrixID:   needs(`[@!#$][a-z0-9._=/+-]+ ?: ?(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+|localhost)(?::[0-9]+)?`, ":"),
		matrixLink: needs(`matrix\.to\S*|matrix:(?:u|r|roomid|e)/\S+|element\.io\S*`, "matrix", "element.io"),
		matrixRoom: needs(`[!$][a-z0-9_+/=-]{40,}`, "!", "$"),
	}
}

// linkRest is what goes on of an address behind what looked like its end.
var linkRest = regexp.MustCompile(`^(?:\.` + host + `)+(?:[/?#:][^\s` + "\x01" + `]*)?`)

// matrixIDs finds Matrix IDs, aliases of rooms and links to them.
func (n *netMatchers) matrixIDs(list []found, s string) []found {
	for _, p := range []*matcher{n.matrixID, n.matrixLink, n.matrixRoom} {
		for _, m := range p.all(s) {
			if m[0] > 0 && wordByte(s[m[0]-1]) {
				continue
			}
			list = append(list, found{mentoring.ContactMatrix, m[0], m[1]})
		}
	}
	return list
}

// emails finds e-mail addresses, also said ones.
func (n *netMatchers) emails(list []found, s string) []found {
	for _, m := range n.email.all(s) {
		if !endsWord(s, m[1]) || !meantAsAddress(s[m[0]:m[1]]) {
			continue
		}
		list = append(list, found{mentoring.ContactEmail, m[0], m[1]})
	}
	for _, p := range []*matcher{n.shortEmail, n.saidEmail} {
		for _, m := range p.all(s) {
			if endsWord(s, m[1]) {
				list = append(list, found{mentoring.ContactEmail, m[0], m[1]})
			}
		}
	}
	return list
}

func endsWord(s string, end int) bool { return end == len(s) || !wordByte(s[end]) }

var (
	bareAt     = regexp.MustCompile(` (?:at|a) `)
	saidDot    = regexp.MustCompile(`[(\[{<*_ ](?:dot|piste|pist|punkt)[)\]}>*_ ]`)
	ofProvider = regexp.MustCompile(` at (?:` + providers + `)\b`)
)

// meantAsAddress says whether "at" is the sign and not the English word: then
// the dot is said, too, or the host is one that has mailboxes.
func meantAsAddress(s string) bool {
	if strings.Contains(s, "@") || !bareAt.MatchString(s) {
		return true
	}
	if ofProvider.MatchString(s) {
		return true
	}
	local, _, _ := strings.Cut(s, " at ")
	return saidDot.MatchString(s) && !strings.Contains(s, ". ") || strings.ContainsAny(local, "._0123456789")
}

// links finds addresses of pages, but those of the allowed domains.
func (g *Guard) links(list []found, s string) []found {
	for _, m := range g.net.webLink.all(s) {
		list = g.link(list, s, m[0], m[1])
	}
	for _, p := range []*matcher{g.net.appLink, g.net.pathLink} {
		for _, m := range p.all(s) {
			if m[0] == 0 || !wordByte(s[m[0]-1]) && strings.IndexByte("@./-_", s[m[0]-1]) < 0 {
				list = g.link(list, s, m[0], m[1])
			}
		}
	}
	for _, m := range g.net.bareLink.all(s) {
		end := m[1] + len(linkRest.FindString(s[m[1]:]))
		if !beginsHost(s, m[0]) || !endsWord(s, end) && !strings.ContainsAny(s[m[0]:end], "/?#") {
			continue
		}
		if isHost(s[m[0]:m[1]], s[m[1]:]) {
			list = g.link(list, s, m[0], end)
		}
	}
	for _, m := range g.net.saidLink.all(s) {
		if endsWord(s, m[1]) && (m[0] == 0 || !wordByte(s[m[0]-1])) {
			list = append(list, found{mentoring.ContactLink, m[0], m[1]})
		}
	}
	return list
}

// beginsHost says whether the name of a host can begin at a place.
func beginsHost(s string, at int) bool {
	return at == 0 || strings.HasSuffix(s[:at], "//") || !wordByte(s[at-1]) && strings.IndexByte("@./-_", s[at-1]) < 0
}

func (g *Guard) link(list []found, s string, start, end int) []found {
	for end > start && strings.IndexByte(".,;:!?)]}>'\"", s[end-1]) >= 0 {
		end--
	}
	host := s[start:end]
	if _, rest, ok := strings.Cut(host, "//"); ok {
		host = rest
	}
	if i := strings.IndexAny(host, "/?#:"); i >= 0 {
		host = host[:i]
	}
	host = strings.TrimSpace(host)
	if end == start || slices.ContainsFunc(g.domains, func(d string) bool { return host == d || strings.HasSuffix(host, "."+d) }) {
		return list
	}
	return append(list, found{mentoring.ContactLink, start, end})
}

var wordTopAtEnd = regexp.MustCompile(`\.(?:` + wordTop + `)$`)

// isHost says whether a bare name is a host and not two sentences without a
// space between them.
func isHost(s, after string) bool {
	name, path := s, ""
	if i := strings.IndexAny(s, "/?#:"); i >= 0 {
		name, path = s[:i], s[i:]
	}
	if !wordTopAtEnd.MatchString(name) || len(path) > 1 {
		return true
	}
	labels := strings.Split(name, ".")
	switch first := labels[0]; {
	case len(labels) > 2 && len(first) > 1, strings.ContainsAny(first, "0123456789-"):
		return true
	case slices.Contains([]string{"t", "wa", "m", "fb", "ig", "instagram", "snapchat", "discord", "bere", "linktr", "about", "ask", "curiouscat", "ngl"}, first):
		return true
	default: // a long name before .se or .no, and nothing goes on
		top := labels[len(labels)-1]
		return len(first) >= 6 && (top == "se" || top == "no" || top == "de" || top == "co" || top == "live" || top == "blog") && !strings.HasPrefix(after, " ") ||
			len(first) >= 8 && top == "se"
	}
}
