package rewrite

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// Limits of formatted text; what goes beyond loses its formatting, not its
// words.
const (
	maxDepth = 20
	maxNodes = 2000
	maxLink  = 2048 // bytes of an address that is written out
)

const htmlFormat = "org.matrix.custom.html"

// builder makes nodes of HTML tokens. It reads like a forgiving browser: it
// closes what the writer forgot to close and ignores what does not fit.
type builder struct {
	open  []frame // open[0] is the message itself
	nodes int
	pills []string
	// quoted: there was a reply fallback.
	quoted bool
	// skipping is the name of an element whose content is dropped; depth
	// counts those of the same name inside.
	skipping string
	depth    int
}

// frame is an element that has not ended yet.
type frame struct {
	tag      tag
	children []Node
	href     string // tagLink
	drop     bool   // its content is dropped (name fallback of MSC4144)
	start    int    // tagDiv that stands for a list which begins elsewhere than at 1
}

// parseHTML reads formatted text. No nodes: nothing to be seen in it. The
// pills are the user IDs it points to; quoted says that it had a reply fallback.
func parseHTML(s string) (nodes []Node, pills []string, quoted bool) {
	b := builder{open: make([]frame, 1, 8)}
	z := html.NewTokenizer(strings.NewReader(strings.ReplaceAll(s, "\x00", "")))
	for b.nodes <= maxNodes {
		switch z.Next() {
		case html.ErrorToken: // the end
			b.closeTo(1)
			nodes = trimNodes(b.open[0].children)
			if plain(nodes, nil) == "" {
				nodes = nil
			}
			return nodes, b.pills, b.quoted
		case html.TextToken:
			if b.skipping == "" {
				b.text(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			b.start(name, attributes(z, more))
		case html.EndTagToken:
			name, _ := z.TagName()
			b.end(name)
		}
	}
	return nil, nil, b.quoted
}

// attrs are the only attributes that are read.
type attrs struct {
	href, alt, start, spoiler string

	isSpoiler, isProfile bool
}

func attributes(z *html.Tokenizer, more bool) attrs {
	var a attrs
	for more {
		var key, value []byte
		key, value, more = z.TagAttr()
		switch string(key) {
		case "href":
			a.href = string(value)
		case "alt":
			a.alt = string(value)
		case "start":
			a.start = string(value)
		case "data-mx-spoiler":
			a.spoiler, a.isSpoiler = string(value), true
		case "data-mx-profile-fallback":
			a.isProfile = true
		}
	}
	return a
}

// dropped says whether an element goes with all that is in it: reply
// fallbacks, and what is not text.
func dropped(name []byte) bool {
	switch string(name) {
	case "mx-reply", "script", "style", "head", "title", "template", "iframe", "object", "svg", "math",
		"noscript", "noembed", "noframes", "textarea", "select", "audio", "video", "canvas", "xmp", "plaintext":
		return true
	}
	return false
}

func (b *builder) start(name []byte, a attrs) {
	if b.skipping != "" {
		if string(name) == b.skipping {
			b.depth++
		}
		return
	}
	if dropped(name) {
		b.skipping, b.depth = string(name), 1
		b.quoted = b.quoted || b.skipping == "mx-reply"
		return
	}
	if string(name) == "img" {
		b.picture(a)
		return
	}
	t, ok := tagOf(name)
	switch {
	case !ok:
	case t == tagBreak:
		b.add(Node{tag: tagBreak})
	case t == tagRule:
		b.makeRoom(t)
		b.add(Node{tag: tagRule})
	case len(b.open) <= maxDepth:
		b.element(t, a)
	}
}

// element opens an element, having closed what cannot hold it.
func (b *builder) element(t tag, a attrs) {
	t = b.fitting(t)
	f := frame{tag: t, drop: a.isProfile}
	switch {
	case t == tagLink:
		f.href = a.href
	case t == tagSpan && a.isSpoiler:
		f.tag = tagSpoiler
		if reason := strings.TrimSpace(collapse(clean(a.spoiler))); reason != "" {
			b.add(Node{tag: tagText, text: "(" + reason + ") "})
		}
	case t == tagNumbered:
		// The number to begin with would tell clients apart by their habits, so
		// such a list is written out with its numbers as text.
		if n, err := strconv.Atoi(a.start); err == nil && n != 1 && n >= 0 && n < 10000 {
			f.tag, f.start = tagDiv, n+1 // 0: not a list
		}
	}
	b.makeRoom(t)
	b.open = append(b.open, f)
	if t == tagItem {
		b.number()
	}
}

// number writes the number of an item of a list that begins elsewhere.
func (b *builder) number() {
	item, list := &b.open[len(b.open)-1], &b.open[len(b.open)-2]
	if list.start > 0 {
		item.tag = tagDiv
		b.add(Node{tag: tagText, text: strconv.Itoa(list.start-1) + ". "})
		list.start++
	}
}

// fitting gives the tag itself, or a plain block where it has no place.
func (b *builder) fitting(t tag) tag {
	switch t {
	case tagItem:
		if b.within(tagTable, tagList, tagNumbered, tagDiv) == 0 {
			return tagDiv
		}
	case tagCaption, tagHead, tagTableBody, tagRow:
		if b.within(tagItem, tagTable) == 0 {
			return tagDiv
		}
	case tagHeader, tagCell:
		if b.within(tagTable, tagRow) == 0 {
			return tagDiv
		}
	}
	return t
}

// within gives the index of the innermost open element of one of the tags, 0
// if there is none or one of the tag outer is met first. A div counts only
// where it stands for a list.
func (b *builder) within(outer tag, tags ...tag) int {
	for i := len(b.open) - 1; i > 0; i-- {
		f := &b.open[i]
		for _, t := range tags {
			if f.tag == t && (t != tagDiv || f.start > 0) {
				return i
			}
		}
		if f.tag == outer {
			return 0
		}
	}
	return 0
}

// makeRoom closes what ends by itself where t begins.
func (b *builder) makeRoom(t tag) {
	switch t {
	case tagItem:
		b.closeTo(b.within(tagTable, tagList, tagNumbered, tagDiv) + 1)
	case tagCaption, tagHead, tagTableBody:
		b.closeTo(b.within(tagItem, tagTable) + 1)
	case tagRow:
		b.closeTo(max(b.within(tagTable, tagHead, tagTableBody), b.within(tagItem, tagTable)) + 1)
	case tagHeader, tagCell:
		b.closeTo(b.within(tagTable, tagRow) + 1)
	default:
		if !t.block() {
			return
		}
		for i := len(b.open) - 1; i > 0; i-- {
			switch b.open[i].tag {
			case tagParagraph:
				b.closeTo(i)
				return
			case tagQuote, tagItem, tagHeader, tagCell, tagDiv:
				return
			}
		}
	}
}

func (b *builder) end(name []byte) {
	if b.skipping != "" {
		if string(name) == b.skipping {
			if b.depth--; b.depth == 0 {
				b.skipping = ""
			}
		}
		return
	}
	t, ok := tagOf(name)
	if !ok || t == tagBreak || t == tagRule {
		return
	}
	for i := len(b.open) - 1; i > 0; i-- {
		if b.open[i].ends(t) {
			b.closeTo(i)
			return
		}
	}
}

// ends says whether the end tag of t ends the element, which may have become
// something else when it was opened.
func (f *frame) ends(t tag) bool {
	switch {
	case f.tag == t:
		return f.start == 0 || t != tagDiv
	case t == tagSpan:
		return f.tag == tagSpoiler
	case t == tagNumbered:
		return f.start > 0
	case f.tag == tagDiv:
		return f.start == 0 && t >= tagItem && t <= tagCell
	}
	return false
}

// closeTo ends the open elements from the n-th on; the message itself stays.
func (b *builder) closeTo(n int) {
	for len(b.open) > max(n, 1) {
		last := len(b.open) - 1
		f := b.open[last]
		b.open = b.open[:last]
		parent := &b.open[last-1]
		switch {
		case f.drop:
		case f.tag == tagLink:
			b.link(parent, &f)
		case f.tag == tagSpan:
			parent.children = append(parent.children, f.children...)
		default:
			if f.tag.block() && f.tag != tagPre {
				f.children = trimNodes(f.children)
			}
			if len(f.children) > 0 {
				parent.children = append(parent.children, Node{tag: f.tag, children: f.children})
			}
		}
	}
}

// add puts a node into the innermost open element.
func (b *builder) add(n Node) {
	b.nodes++
	f := &b.open[len(b.open)-1]
	f.children = append(f.children, n)
}

func (b *builder) text(s string) {
	s = clean(s)
	pre := false
	for i := range b.open {
		pre = pre || b.open[i].tag == tagPre
	}
	if !pre {
		s = collapse(s)
		f := &b.open[len(b.open)-1]
		if s == " " && (len(f.children) == 0 || f.children[len(f.children)-1].tag.block()) {
			return // between blocks, or at the start
		}
	}
	if s != "" {
		b.add(Node{tag: tagText, text: s})
	}
}

// picture puts the description of a picture in its place: its address names
// the server of who sent it.
func (b *builder) picture(a attrs) {
	if text := strings.TrimSpace(collapse(clean(a.alt))); text != "" && len(text) < maxLink {
		b.add(Node{tag: tagText, text: text})
	}
}

// link ends a link: a pill becomes a mention; of a link into Matrix the words
// stay; the address of any other is written after its words.
func (b *builder) link(parent *frame, f *frame) {
	href := strings.TrimSpace(clean(f.href))
	if user := pill(href); user != "" {
		b.pills = append(b.pills, user)
		if len(b.pills) > maxMentions {
			b.pills = b.pills[:maxMentions]
		}
		parent.children = append(parent.children, Node{tag: tagMention, text: user})
		b.nodes++
		return
	}
	parent.children = append(parent.children, f.children...)
	scheme, rest, ok := strings.Cut(href, "://")
	web := ok && (strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "http"))
	var none redactor
	if !web || len(href) > maxLink || strings.ContainsAny(href, " \n\t") || none.finds(href) {
		return
	}
	words := plain(f.children, nil)
	if strings.Contains(words, strings.TrimSuffix(rest, "/")) {
		return
	}
	if words != "" {
		href = " (" + href + ")"
	}
	parent.children = append(parent.children, Node{tag: tagText, text: href})
	b.nodes++
}

// pill gives the user ID that an address points to: matrix.to and clients' own
// links with "#/@name:server" or "#/user/@name:server", and the matrix: scheme.
func pill(href string) string {
	if len(href) > maxLink || !containsFold(href, "#/") && !containsFold(href, "matrix:") {
		return ""
	}
	for range 3 {
		href = percentDecoded(href)
	}
	var user string
	if i := indexFold(href, "matrix:u/"); i == 0 {
		user = "@" + href[len("matrix:u/"):]
	} else if _, fragment, ok := strings.Cut(href, "#/"); ok {
		user = strings.TrimPrefix(fragment, "user/")
	}
	user, _, _ = strings.Cut(user, "?")
	user = strings.TrimSuffix(user, "/")
	if !userID(user) {
		return ""
	}
	return user
}

// trimNodes takes white space, line ends and empty blocks off both ends.
func trimNodes(nodes []Node) []Node {
	for len(nodes) > 0 {
		first := &nodes[0]
		if first.tag == tagText {
			if first.text = strings.TrimLeft(first.text, " \n\t"); first.text != "" {
				break
			}
		} else if first.tag != tagBreak {
			break
		}
		nodes = nodes[1:]
	}
	for len(nodes) > 0 {
		last := &nodes[len(nodes)-1]
		if last.tag == tagText {
			if last.text = strings.TrimRight(last.text, " \n\t"); last.text != "" {
				break
			}
		} else if last.tag != tagBreak {
			break
		}
		nodes = nodes[:len(nodes)-1]
	}
	return nodes
}
