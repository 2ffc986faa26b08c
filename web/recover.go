package web

import (
	"context"
	"errors"
	"net/http"

	"silta/mentoring"
)

// recoverForm is the page for who has forgotten their password.
func (p *Page) recoverForm(w http.ResponseWriter, r *http.Request) {
	p.showRecover(w, r, http.StatusOK)
}

func (p *Page) showRecover(w http.ResponseWriter, r *http.Request, status int, wrong ...wrong) {
	v := p.newView(r, "web.recover_title")
	if p.o.Passwords {
		_, text := p.desk.issue(p.desk.cookie(w, r))
		v.Form = &form{Ticket: text, Wrong: wrong}
	}
	p.show(w, status, "recover.html", v)
}

// recover takes the form: a recovery phrase and a new password.
func (p *Page) recover(w http.ResponseWriter, r *http.Request) {
	service := p.o.Service()
	switch {
	case r.ParseForm() != nil:
		p.tell(w, r, http.StatusBadRequest, "web.bad_form")
		return
	case !p.o.Passwords || service == nil:
		p.tell(w, r, http.StatusServiceUnavailable, "web.try_later")
		return
	}
	v := p.newView(r, "web.recover_title")
	if _, ok := p.desk.read(r, r.PostForm.Get("ticket")); !ok {
		p.showRecover(w, r, http.StatusUnprocessableEntity, wrong{"", v.T("web.form_old")})
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), signUpWait)
	defer cancel()
	select {
	case p.busy <- struct{}{}:
		defer func() { <-p.busy }()
	case <-ctx.Done():
		p.tell(w, r, http.StatusServiceUnavailable, "web.try_later")
		return
	}
	err := service.Recover(ctx, r.PostForm.Get("phrase"), r.PostForm.Get("password"))
	var refusal *mentoring.Refusal
	switch {
	case errors.As(err, &refusal):
		field := fieldOf(refusal.Text.Key)
		if field == "" {
			field = "phrase"
		}
		p.count("refused")
		p.showRecover(w, r, http.StatusUnprocessableEntity, wrong{field, v.T(refusal.Text.Key, flat(refusal.Text.Args)...)})
	case err != nil:
		p.count("failed")
		p.showRecover(w, r, http.StatusServiceUnavailable, wrong{"", v.T("web.try_later")})
	default:
		p.count("recovered")
		v.Text = "done"
		p.show(w, http.StatusOK, "recover.html", v)
	}
}
