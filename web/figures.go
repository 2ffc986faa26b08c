package web

import "net/http"

// reportPolicy lets a report have its own style, pictures and files, and nothing
// from anywhere.
const reportPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// reportLink shows a report of figures.
func (p *Page) reportLink() onceLink {
	return onceLink{
		title: "web.figures_title", none: "web.figures_none", template: "figures.html", fault: "a report cannot be read", things: p.o.Reports,
		headers: func(h http.Header, lang string) {
			h.Set("Content-Type", "text/html; charset=utf-8")
			h.Set("Content-Language", lang)
			h.Set("Content-Security-Policy", reportPolicy)
		},
	}
}
