package web

import (
	"net/http"
	"slices"
	"strconv"
)

// Exports are the copies of conversations that wait for their people.
type Exports interface {
	// Waits says whether there is one behind a token; it uses nothing up.
	Waits(token string) bool
	// Take hands it over, once; nil when there is none.
	Take(token string) ([]byte, error)
}

// onceLink is a link behind which something waits that can be had once. It shows
// a button, and the button hands the thing over: looking at the link uses nothing
// up, since apps and servers look at links, too.
type onceLink struct {
	title, none string // texts: of the page, and that there is nothing (any more)
	template    string
	fault       string // for the log
	things      func() Exports
	// headers of what is handed over, in the language of the link.
	headers func(h http.Header, lang string)
}

// exportLink hands a copy of conversations over.
func (p *Page) exportLink() onceLink {
	return onceLink{
		title: "web.export_title", none: "web.export_none", template: "export.html", fault: "an export cannot be read", things: p.o.Exports,
		headers: func(h http.Header, _ string) {
			h.Set("Content-Type", "application/zip")
			h.Set("Content-Disposition", `attachment; filename="conversations.zip"`)
		},
	}
}

// onceView is the page of one link, in the language that the link names.
func (p *Page) onceView(r *http.Request, l onceLink) *view {
	v := p.newView(r, l.title)
	if lang := r.PathValue("lang"); slices.Contains(p.languages, lang) {
		v.Lang = lang
	}
	v.Text = l.none
	return v
}

// onceForm is what a link shows.
func (p *Page) onceForm(l onceLink) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := p.onceView(r, l)
		things := l.things()
		if things == nil || !things.Waits(r.PathValue("token")) {
			p.show(w, http.StatusNotFound, l.template, v)
			return
		}
		v.Text = ""
		p.show(w, http.StatusOK, l.template, v)
	}
}

// once hands over what waits. Who has the link's token may have it: no cookie or
// ticket would add to that.
func (p *Page) once(l onceLink) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := p.onceView(r, l)
		things := l.things()
		if things == nil {
			p.show(w, http.StatusNotFound, l.template, v)
			return
		}
		file, err := things.Take(r.PathValue("token"))
		switch {
		case err != nil:
			p.o.Fault(l.fault)
			p.tell(w, r, http.StatusInternalServerError, "web.fault")
			return
		case file == nil:
			p.show(w, http.StatusNotFound, l.template, v)
			return
		}
		l.headers(w.Header(), v.Lang)
		w.Header().Set("Content-Length", strconv.Itoa(len(file)))
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write(file) // whoever asked has gone: nobody to tell
	}
}
