package rewrite

import (
	"strconv"
	"strings"
)

// Node is a piece of formatted text: what [Parse] understood of some HTML. It
// has no attribute, no address and no identifier but the one of a mention.
type Node struct {
	tag      tag
	text     string // of tagText, cleaned; of tagMention, the incoming user ID
	children []Node
}

// tag is what a node is.
type tag uint8

// The tags that are carried: Matrix's list without fonts, colours, pictures
// and links. Each is written in one way only, whatever it came as.
const (
	tagText tag = iota
	tagMention
	tagBreak
	tagRule
	tagParagraph
	tagDiv
	tagH1
	tagH2
	tagH3
	tagH4
	tagH5
	tagH6
	tagQuote
	tagPre
	tagList
	tagNumbered
	tagItem
	tagTable
	tagCaption
	tagHead
	tagTableBody
	tagRow
	tagHeader
	tagCell
	tagStrong
	tagEmphasis
	tagUnderline
	tagDelete
	tagSub
	tagSuper
	tagCode
	tagSpoiler

	// Read, never written: their content is.
	tagSpan
	tagLink
)

// name is how the tag is written.
func (t tag) name() string {
	return [...]string{
		tagBreak: "br", tagRule: "hr", tagParagraph: "p", tagDiv: "div",
		tagH1: "h1", tagH2: "h2", tagH3: "h3", tagH4: "h4", tagH5: "h5", tagH6: "h6",
		tagQuote: "blockquote", tagPre: "pre", tagList: "ul", tagNumbered: "ol", tagItem: "li",
		tagTable: "table", tagCaption: "caption", tagHead: "thead", tagTableBody: "tbody",
		tagRow: "tr", tagHeader: "th", tagCell: "td",
		tagStrong: "strong", tagEmphasis: "em", tagUnderline: "u", tagDelete: "del",
		tagSub: "sub", tagSuper: "sup", tagCode: "code", tagSpoiler: "span",
	}[t]
}

// tagOf reads a tag by its HTML name.
func tagOf(name []byte) (tag, bool) {
	switch string(name) {
	case "br":
		return tagBreak, true
	case "hr":
		return tagRule, true
	case "p":
		return tagParagraph, true
	case "div", "details", "summary":
		return tagDiv, true
	case "h1":
		return tagH1, true
	case "h2":
		return tagH2, true
	case "h3":
		return tagH3, true
	case "h4":
		return tagH4, true
	case "h5":
		return tagH5, true
	case "h6":
		return tagH6, true
	case "blockquote":
		return tagQuote, true
	case "pre":
		return tagPre, true
	case "a":
		return tagLink, true
	case "span", "font":
		return tagSpan, true
	}
	if t, ok := listTagOf(name); ok {
		return t, true
	}
	return inlineTagOf(name)
}

func listTagOf(name []byte) (tag, bool) {
	switch string(name) {
	case "ul":
		return tagList, true
	case "ol":
		return tagNumbered, true
	case "li":
		return tagItem, true
	case "table":
		return tagTable, true
	case "caption":
		return tagCaption, true
	case "thead":
		return tagHead, true
	case "tbody":
		return tagTableBody, true
	case "tr":
		return tagRow, true
	case "th":
		return tagHeader, true
	case "td":
		return tagCell, true
	}
	return 0, false
}

func inlineTagOf(name []byte) (tag, bool) {
	switch string(name) {
	case "b", "strong":
		return tagStrong, true
	case "i", "em":
		return tagEmphasis, true
	case "u":
		return tagUnderline, true
	case "del", "s", "strike":
		return tagDelete, true
	case "sub":
		return tagSub, true
	case "sup":
		return tagSuper, true
	case "code":
		return tagCode, true
	}
	return 0, false
}

// block says whether the tag stands on lines of its own.
func (t tag) block() bool { return t >= tagRule && t <= tagCell }

// structured says whether the nodes need HTML to be shown, or to be put into
// words for a viewer (mentions).
func structured(nodes []Node) bool {
	for i := range nodes {
		if n := &nodes[i]; n.tag == tagMention || n.formats() || structured(n.children) {
			return true
		}
	}
	return false
}

// formatted says whether the nodes look any different from plain text.
func formatted(nodes []Node) bool {
	for i := range nodes {
		if n := &nodes[i]; n.formats() || formatted(n.children) {
			return true
		}
	}
	return false
}

func (n *Node) formats() bool {
	switch n.tag {
	case tagText, tagMention, tagBreak, tagParagraph, tagDiv:
		return false
	}
	return true
}

// htmlWriter writes nodes in the one canonical way.
type htmlWriter struct {
	b      strings.Builder
	name   func(string) string // what to call the person of a mention
	redact func(string) string // takes identifiers out of a text

	// All the text as one: as it came, and as a reader will see it; with
	// boundary where a block begins or ends.
	before, after strings.Builder
}

// boundary is in no text: clean takes it out.
const boundary = "\x00"

func (w *htmlWriter) nodes(nodes []Node) {
	for i := range nodes {
		w.node(&nodes[i])
	}
}

func (w *htmlWriter) node(n *Node) {
	if n.tag.block() || n.tag == tagBreak {
		w.between()
		defer w.between()
	}
	switch n.tag {
	case tagMention:
		w.text(w.name(n.text), w.name(n.text))
		return
	case tagText:
		w.text(n.text, w.redact(n.text))
		return
	case tagBreak, tagRule:
		w.b.WriteString("<" + n.tag.name() + ">")
		return
	case tagSpoiler:
		w.b.WriteString("<span data-mx-spoiler>")
	default:
		w.b.WriteString("<" + n.tag.name() + ">")
	}
	w.nodes(n.children)
	w.b.WriteString("</" + n.tag.name() + ">")
}

func (w *htmlWriter) between() {
	w.before.WriteString(boundary)
	w.after.WriteString(boundary)
}

func (w *htmlWriter) text(before, after string) {
	w.before.WriteString(before)
	w.after.WriteString(after)
	escape(&w.b, after)
}

// escape writes a text so that no browser takes any of it for a tag.
func escape(b *strings.Builder, s string) {
	for {
		i := strings.IndexAny(s, "&<>")
		if i < 0 {
			b.WriteString(s)
			return
		}
		b.WriteString(s[:i])
		switch s[i] {
		case '&':
			b.WriteString("&amp;")
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		}
		s = s[i+1:]
	}
}

// plain gives the nodes as plain text that reads the same: paragraphs apart,
// lists with dashes and numbers, quotes after "> ". Emphasis is lost.
// name is as for writeHTML; nil leaves the user IDs.
func plain(nodes []Node, name func(string) string) string {
	w := plainWriter{name: name}
	w.nodes(nodes)
	return strings.TrimSpace(w.b.String())
}

// plainWriter writes text and owes line ends until more text comes.
type plainWriter struct {
	b    strings.Builder
	name func(string) string
	owed int  // line ends before the next text
	user bool // a user ID stands at the end
}

func (w *plainWriter) write(s string) {
	if s == "" {
		return
	}
	if w.owed > 0 && w.b.Len() > 0 {
		w.b.WriteString("\n\n"[:w.owed])
	}
	if w.user && w.owed == 0 && (alphanumeric(s[0]) || strings.IndexByte("._:-", s[0]) >= 0) {
		w.b.WriteByte(' ') // or it would be another ID
	}
	w.owed, w.user = 0, false
	w.b.WriteString(s)
}

func (w *plainWriter) apart(lines int) { w.owed = max(w.owed, lines) }

func (w *plainWriter) nodes(nodes []Node) {
	for i := range nodes {
		w.node(&nodes[i])
	}
}

func (w *plainWriter) node(n *Node) {
	switch n.tag {
	case tagText:
		text := n.text
		if w.owed > 0 || w.b.Len() == 0 || strings.HasSuffix(w.b.String(), "\n") {
			text = strings.TrimPrefix(text, " ")
		}
		w.write(text)
	case tagMention:
		text := n.text
		if w.name != nil {
			text = w.name(text)
		}
		w.write(text)
		w.user = w.name == nil
	case tagBreak:
		w.user = false
		w.b.WriteString("\n"[:min(1, w.b.Len())])
	case tagRule:
		w.around(1, func() { w.write("---") })
	case tagList, tagNumbered:
		w.around(1, func() { w.list(n) })
	case tagQuote:
		w.around(2, func() { w.indented(n.children, "> ", "> ") })
	case tagRow:
		w.around(1, func() { w.row(n) })
	case tagParagraph, tagH1, tagH2, tagH3, tagH4, tagH5, tagH6, tagPre, tagTable:
		w.around(2, func() { w.nodes(n.children) })
	default:
		if n.tag.block() {
			w.around(1, func() { w.nodes(n.children) })
			return
		}
		w.nodes(n.children)
	}
}

// around writes something on lines of its own.
func (w *plainWriter) around(lines int, write func()) {
	w.apart(lines)
	write()
	w.apart(lines)
}

func (w *plainWriter) list(list *Node) {
	number := 0
	for i := range list.children {
		item := &list.children[i]
		if item.tag != tagItem {
			w.node(item)
			continue
		}
		number++
		mark := "- "
		if list.tag == tagNumbered {
			mark = strconv.Itoa(number) + ". "
		}
		w.apart(1)
		w.indented(item.children, mark, "  ")
		w.apart(1)
	}
}

func (w *plainWriter) row(row *Node) {
	first := true
	for i := range row.children {
		cell := &row.children[i]
		if cell.tag != tagHeader && cell.tag != tagCell {
			w.node(cell)
			continue
		}
		if text := plain(cell.children, w.name); text != "" {
			if !first {
				w.write(" | ")
			}
			first = false
			w.write(text)
		}
	}
}

// indented writes nodes with a mark before the first line and another before
// the others.
func (w *plainWriter) indented(nodes []Node, mark, next string) {
	inner := plain(nodes, w.name)
	if inner == "" {
		return
	}
	w.write(mark + strings.ReplaceAll(inner, "\n", "\n"+next))
}
