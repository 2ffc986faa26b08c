package web

import "net/http"

// dutyLink shows a child-welfare summary, to print. It is a page of its own, with
// its own style, and nothing from anywhere; see package bridge.
func (p *Page) dutyLink() onceLink {
	return onceLink{
		title: "web.duty_title", none: "web.duty_none", template: "duty.html", fault: "a child-welfare summary cannot be read", things: p.o.Duties,
		headers: func(h http.Header, lang string) {
			h.Set("Content-Type", "text/html; charset=utf-8")
			h.Set("Content-Language", lang)
			h.Set("Content-Security-Policy", reportPolicy)
		},
	}
}
