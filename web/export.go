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

// exportView is the page of one link, in the language that the link names.
func (p *Page) exportView(r *http.Request) *view {
	v := p.newView(r, "web.export_title")
	if lang := r.PathValue("lang"); slices.Contains(p.languages, lang) {
		v.Lang = lang
	}
	v.Text = "web.export_none"
	return v
}

// exportForm is what the link shows: a button. Looking at it uses nothing up,
// since apps and servers look at links, too.
func (p *Page) exportForm(w http.ResponseWriter, r *http.Request) {
	v := p.exportView(r)
	exports := p.o.Exports()
	if exports == nil || !exports.Waits(r.PathValue("token")) {
		p.show(w, http.StatusNotFound, "export.html", v)
		return
	}
	v.Text = ""
	p.show(w, http.StatusOK, "export.html", v)
}

// export hands the copy over. Who has the link's token may have it: no cookie or
// ticket would add to that.
func (p *Page) export(w http.ResponseWriter, r *http.Request) {
	v := p.exportView(r)
	exports := p.o.Exports()
	if exports == nil {
		p.show(w, http.StatusNotFound, "export.html", v)
		return
	}
	file, err := exports.Take(r.PathValue("token"))
	switch {
	case err != nil:
		p.o.Fault("an export cannot be read")
		p.tell(w, r, http.StatusInternalServerError, "web.fault")
		return
	case file == nil:
		p.show(w, http.StatusNotFound, "export.html", v)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", `attachment; filename="conversations.zip"`)
	h.Set("Content-Length", strconv.Itoa(len(file)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(file) // whoever asked has gone: nobody to tell
}
