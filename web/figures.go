package web

import (
	"net/http"
	"slices"
	"strconv"
)

// reportPolicy lets a report have its own style, pictures and files, and nothing
// from anywhere.
const reportPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// reportView is the page of one link to a report of figures.
func (p *Page) reportView(r *http.Request) *view {
	v := p.newView(r, "web.figures_title")
	if lang := r.PathValue("lang"); slices.Contains(p.languages, lang) {
		v.Lang = lang
	}
	v.Text = "web.figures_none"
	return v
}

// reportForm is what the link shows: a button, as with exports.
func (p *Page) reportForm(w http.ResponseWriter, r *http.Request) {
	v := p.reportView(r)
	reports := p.o.Reports()
	if reports == nil || !reports.Waits(r.PathValue("token")) {
		p.show(w, http.StatusNotFound, "figures.html", v)
		return
	}
	v.Text = ""
	p.show(w, http.StatusOK, "figures.html", v)
}

// report shows the report, once.
func (p *Page) report(w http.ResponseWriter, r *http.Request) {
	v := p.reportView(r)
	reports := p.o.Reports()
	if reports == nil {
		p.show(w, http.StatusNotFound, "figures.html", v)
		return
	}
	page, err := reports.Take(r.PathValue("token"))
	switch {
	case err != nil:
		p.o.Fault("a report cannot be read")
		p.tell(w, r, http.StatusInternalServerError, "web.fault")
		return
	case page == nil:
		p.show(w, http.StatusNotFound, "figures.html", v)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", v.Lang)
	h.Set("Content-Security-Policy", reportPolicy)
	h.Set("Content-Length", strconv.Itoa(len(page)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(page) // whoever asked has gone: nobody to tell
}
