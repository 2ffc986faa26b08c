package rewrite

import (
	"strings"
)

// hidden stands where an identifier was, unless the view has a word for it.
const hidden = "▒▒▒"

// redactor takes identifiers out of text: those of the conversation's people
// become their alias, all others a neutral word. It looks for what [Check]
// refuses, and a little more.
type redactor struct {
	known []alias
	word  string
	// replaced is what was found so far, and what was written for it.
	replaced []alias
}

type alias struct{ id, name string }

// newRedactor knows the people of a view.
func newRedactor(v *View) *redactor {
	r := &redactor{word: v.Redacted}
	if r.word == "" {
		r.word = hidden
	}
	for i := -2; i < len(v.Others); i++ {
		p := v.person(i)
		if p.Real != "" {
			r.known = append(r.known, alias{p.Real, p.Alias})
		}
		if p.Ghost != "" {
			r.known = append(r.known, alias{p.Ghost, p.Alias})
		}
	}
	return r
}

// suspicious is a quick look whether s can hold an identifier at all: all but
// the name of one site and one path have a sigil or a colon.
func suspicious(s string) bool {
	return strings.ContainsAny(s, "@!#$%:") || containsFold(s, "matrix.to") || containsFold(s, "/_matrix/")
}

// text gives s without identifiers.
func (r *redactor) text(s string) string {
	if !suspicious(s) {
		return s
	}
	// What takes the place of an identifier may make another one of what stands
	// around it ("@@a:b.c:d.e"), so look again until nothing is found.
	for range 4 {
		next, found := r.pass(s)
		if !found {
			return s
		}
		s = next
	}
	if _, found := r.pass(s); found {
		s = strings.NewReplacer("@", "", "!", "", "#", "", "$", "", "%", "", ":", "", ".", " ").Replace(s)
	}
	return s
}

// finds says whether there is an identifier in s.
func (r *redactor) finds(s string) bool {
	if !suspicious(s) {
		return false
	}
	_, found := r.pass(s)
	return found
}

// pass replaces each identifier once, word by word.
func (r *redactor) pass(s string) (string, bool) {
	var b strings.Builder
	found := false
	for i := 0; i < len(s); {
		end := i
		for end < len(s) && !space(s[end]) {
			end++
		}
		if end == i {
			b.WriteByte(s[i])
			i++
			continue
		}
		word := s[i:end]
		if replaced, ok := r.wordOf(word); ok {
			word, found = replaced, true
		}
		b.WriteString(word)
		i = end
	}
	if !found {
		return s, false
	}
	return b.String(), true
}

// wordOf replaces the identifiers of one word.
func (r *redactor) wordOf(word string) (string, bool) {
	if !suspicious(word) {
		return word, false
	}
	if matrixLink(word) {
		return r.whole(word), true
	}
	out, found := r.sigils(word)
	if found && (strings.Contains(word, "://") || containsFold(word, "via=")) {
		return r.whole(word), true // the rest of such a link names servers
	}
	if found || !strings.Contains(word, "%") {
		return out, found
	}
	for decoded := range decodings(word) {
		if _, inside := r.sigils(decoded); inside || matrixLink(decoded) {
			return r.whole(word), true
		}
	}
	return word, false
}

// whole replaces a whole word.
func (r *redactor) whole(word string) string {
	name := r.link(word)
	r.replaced = append(r.replaced, alias{word, name})
	return name
}

// link gives what to write for a link or a word with something encoded in it:
// the alias of the one person it points to, or the neutral word.
func (r *redactor) link(word string) string {
	forms := []string{word}
	for decoded := range decodings(word) {
		forms = append(forms, decoded)
	}
	for _, form := range forms {
		for i := 0; i < len(form); i++ {
			if name, n := r.member(form[i:]); n > 0 && !serverGoesOn(form[i+n:]) {
				return name
			}
		}
		for _, a := range r.known {
			// matrix:u/name:server has no sigil.
			if containsFold(form, ":u/"+a.id[1:]) || containsFold(form, "://"+a.id[1:]) {
				return a.name
			}
		}
	}
	return r.word
}

// sigils replaces what begins with @ ! # or $ and goes on like an identifier.
func (r *redactor) sigils(word string) (string, bool) {
	if !strings.ContainsAny(word, "@!#$") {
		return word, false
	}
	var b strings.Builder
	found := false
	for i := 0; i < len(word); {
		replacement, n := "", 0
		switch word[i] {
		case '@', '!', '#', '$':
			replacement, n = r.identifier(word[i:])
		}
		if n == 0 {
			b.WriteByte(word[i])
			i++
			continue
		}
		b.WriteString(replacement)
		r.replaced = append(r.replaced, alias{word[i : i+n], replacement})
		found = true
		i += n
	}
	if !found {
		return word, false
	}
	return b.String(), true
}

// identifier reads the identifier that s begins with: what to write for it and
// its length, 0 when it is none.
func (r *redactor) identifier(s string) (string, int) {
	if name, n := r.member(s); n > 0 {
		if !serverGoesOn(s[n:]) {
			return name, n
		}
		server := strings.IndexByte(s, ':') + 1
		return r.word, max(n, server+serverLength(s[server:]))
	}
	if s[0] == '!' || s[0] == '$' {
		if n := opaque(s[1:]); n >= minOpaque {
			n++ // the sigil
			if strings.HasPrefix(s[n:], ":") {
				n += 1 + serverLength(s[n+1:])
			}
			return r.word, n
		}
	}
	colon := 1
	for colon < len(s) && s[colon] != ':' && s[colon] != '@' {
		colon++
	}
	if colon == len(s) || s[colon] != ':' {
		return "", 0
	}
	server := s[colon+1:][:serverLength(s[colon+1:])]
	if !serverName(server) && !r.serverOfMember(server) {
		return "", 0
	}
	return r.word, colon + 1 + len(server)
}

// member reads the user ID of one of the people, however its letters are
// cased. The longest wins.
func (r *redactor) member(s string) (name string, n int) {
	if s == "" || s[0] != '@' {
		return "", 0
	}
	for _, a := range r.known {
		if len(a.id) > n && len(s) >= len(a.id) && strings.EqualFold(s[:len(a.id)], a.id) {
			name, n = a.name, len(a.id)
		}
	}
	return name, n
}

func (r *redactor) serverOfMember(server string) bool {
	for _, a := range r.known {
		if _, theirs, ok := strings.Cut(a.id, ":"); ok && strings.EqualFold(server, theirs) {
			return true
		}
	}
	return false
}

// minOpaque is the length from which a run of base64 after ! or $ is an ID.
// Room and event IDs without a server have 43.
const minOpaque = 40

// opaque is the length of the run of base64 (either alphabet) at the start.
func opaque(s string) int {
	n := 0
	for n < len(s) && (alphanumeric(s[n]) || s[n] == '-' || s[n] == '_' || s[n] == '+' || s[n] == '/') {
		n++
	}
	return n
}

// serverGoesOn says whether an ID that was read up to s goes on there, so that
// it was the beginning of another one.
func serverGoesOn(s string) bool {
	switch {
	case s == "":
		return false
	case alphanumeric(s[0]):
		return true
	case s[0] == '.' || s[0] == '-':
		return len(s) > 1 && (alphanumeric(s[1]) || s[1] == '-')
	case s[0] == ':':
		return len(s) > 1 && s[1] >= '0' && s[1] <= '9'
	}
	return false
}

// serverLength is how much of the start of s can belong to a server name: a
// host or a bracketed address, and a port.
func serverLength(s string) int {
	n := 0
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 || strings.Trim(s[1:end], "0123456789abcdefABCDEF:.") != "" {
			return 0
		}
		n = end + 1
	} else {
		for n < len(s) && (alphanumeric(s[n]) || s[n] == '.' || s[n] == '-') {
			n++
		}
		for n > 0 && !alphanumeric(s[n-1]) {
			n-- // the end of a sentence
		}
	}
	port := n + 1
	for n > 0 && n < len(s) && s[n] == ':' && port < len(s) && s[port] >= '0' && s[port] <= '9' {
		port++
	}
	if port > n+1 {
		n = port
	}
	return n
}

// serverName says whether s looks like the name of a server rather than like
// the end of an inflected word ("@Kanerva:lle") or a time ("klo:12.30").
func serverName(s string) bool {
	if strings.HasPrefix(s, "[") || strings.EqualFold(s, "localhost") {
		return true
	}
	s, _, port := strings.Cut(s, ":")
	if port && strings.Trim(s, "0123456789") != "" {
		return true
	}
	_, domain, dotted := strings.Cut(s, ".")
	return dotted && strings.Trim(domain, ".0123456789") != "" || strings.Count(s, ".") == 3
}

// matrixLink says whether a word has a link into Matrix, or an address of media,
// also as a homeserver gives them out.
func matrixLink(word string) bool {
	if containsFold(word, "matrix.to") || containsFold(word, "mxc:/") || containsFold(word, "/_matrix/") {
		return true
	}
	for rest := word; ; {
		i := indexFold(rest, "matrix:")
		if i < 0 {
			return false
		}
		rest = rest[i+len("matrix:"):]
		n := 0
		for n < len(rest) && rest[n]|0x20 >= 'a' && rest[n]|0x20 <= 'z' {
			n++
		}
		if n < len(rest) && rest[n] == '/' {
			return true
		}
	}
}

// decodings gives a word with its percent codes decoded, once, twice and three
// times, as far as that changes it.
func decodings(word string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for range 3 {
			next := percentDecoded(word)
			if next == word || !yield(next) {
				return
			}
			word = next
		}
	}
}

// percentDecoded decodes what can be decoded and leaves the rest.
func percentDecoded(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			high, low := unhex(s[i+1]), unhex(s[i+2])
			if high >= 0 && low >= 0 {
				b = append(b, byte(high<<4|low))
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// userID says whether s has the form of a user ID and nothing around it.
func userID(s string) bool {
	if len(s) < 3 || len(s) > maxEventID || s[0] != '@' {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	_, server, ok := strings.Cut(s, ":")
	return ok && server != "" && serverLength(server) == len(server)
}

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

func space(c byte) bool { return c == ' ' || c == '\n' || c == '\t' }

func containsFold(s, sub string) bool { return indexFold(s, sub) >= 0 }

// indexFold is strings.Index without regard to the case of ASCII letters; sub
// is in lower case and begins with a letter or a colon.
func indexFold(s, sub string) int {
	for i := 0; i+len(sub) <= len(s); i++ {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c == sub[0] && strings.EqualFold(s[i:i+len(sub)], sub) {
			return i
		}
	}
	return -1
}
