package web

import (
	"net/http"
	"strings"
)

// step is one step of the orientation guide for mentors.
type step struct {
	Head  string // its first line, when a blank one follows
	Lines []string
}

// guide is the orientation guide for mentors on one page, to be read or printed
// (feature G15). It says nothing that the bot does not tell every mentor.
func (p *Page) guide(w http.ResponseWriter, r *http.Request) {
	v := p.newView(r, "web.guide_title")
	for _, text := range p.o.Guide(v.Lang) {
		v.Steps = append(v.Steps, newStep(text))
	}
	p.show(w, http.StatusOK, "guide.html", v)
}

func newStep(text string) step {
	var s step
	if head, rest, found := strings.Cut(strings.TrimSpace(text), "\n\n"); found && !strings.Contains(head, "\n") {
		s.Head, text = head, rest
	}
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			s.Lines = append(s.Lines, line)
		}
	}
	return s
}
