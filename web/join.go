package web

import (
	"context"
	"crypto/rand"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	qrcode "github.com/skip2/go-qrcode"

	"silta/mentoring"
)

// signUpWait is how long somebody waits for their account before they are told
// to try again; what was begun goes on where it was.
const signUpWait = 40 * time.Second

// form is the form of joining, as it is shown: empty, or as it was sent.
type form struct {
	Ticket    string
	Challenge string
	Suggested []string
	Name      string // what was chosen, or written
	Own       bool   // it is none of those suggested
	Code      string
	OldEnough bool
	Agreed    bool
	Version   int // of the consent text
	AskSure   bool
	// Wrong is what is wrong, by field.
	Wrong []wrong
}

// wrong is one fault of a form: the field, and the text that says it.
type wrong struct{ Field, Text string }

// At is the fault of a field; "" when it has none.
func (f *form) At(field string) string {
	for _, w := range f.Wrong {
		if w.Field == field {
			return w.Text
		}
	}
	return ""
}

// front is the page that people come to.
func (p *Page) front(w http.ResponseWriter, r *http.Request) {
	v := p.newView(r, "web.title")
	f := &form{Code: short(r.URL.Query().Get("code"))}
	p.showForm(w, r, http.StatusOK, v, f)
}

// short bounds what comes from an address.
func short(s string) string { return s[:min(len(s), 60)] }

// cardsInFront is how many mentors the first page shows.
const cardsInFront = 3

// showForm shows the first page with a form in it.
func (p *Page) showForm(w http.ResponseWriter, r *http.Request, status int, v *view, f *form) {
	cards, closed := p.look(r.Context(), v.Lang)
	v.Closed = closed
	v.Cards = cards[:min(len(cards), cardsInFront)]
	v.More = len(cards) - len(v.Cards)
	if p.o.Accounts && !closed {
		p.fill(w, r, v, f)
	}
	p.show(w, status, "front.html", v)
}

// fill gives a form what it needs besides what was sent.
func (p *Page) fill(w http.ResponseWriter, r *http.Request, v *view, f *form) {
	cookie := p.desk.cookie(w, r)
	t, text := p.desk.issue(cookie)
	if f.Ticket == "" { // else the person goes on with theirs
		f.Ticket = text
		challenge, err := p.desk.challenge(t)
		if err != nil {
			p.o.Fault("no challenge could be made")
		}
		f.Challenge = challenge
	}
	if service := p.o.Service(); service != nil {
		f.Version = service.Rules().ConsentVersion
		if len(f.Suggested) == 0 {
			act := &mentoring.Act{Rules: service.Rules(), Random: rand.Reader}
			f.Suggested = mentoring.SuggestNicknames(act, p.o.Words.Nicknames(v.Lang))
		}
	}
	v.Form = f
}

// join takes the form.
func (p *Page) join(w http.ResponseWriter, r *http.Request) {
	v := p.newView(r, "web.title")
	service := p.o.Service()
	switch {
	case r.ParseForm() != nil:
		p.tell(w, r, http.StatusBadRequest, "web.bad_form")
		return
	case !p.o.Accounts || service == nil:
		p.tell(w, r, http.StatusServiceUnavailable, "web.try_later")
		return
	}
	t, ok := p.desk.read(r, r.PostForm.Get("ticket"))
	f := sent(r.PostForm)
	if !ok {
		p.again(w, r, v, f, wrong{"", v.T("web.form_old")})
		return
	}
	f.Ticket = r.PostForm.Get("ticket")
	f.keepChallenge(r.PostForm)
	if r.PostForm.Get("age") == "no" {
		p.count("underage")
		v.Title = "web.underage_title"
		p.show(w, http.StatusOK, "underage.html", v)
		return
	}
	who, password := p.check(r, v, service.Rules(), f)
	if len(f.Wrong) > 0 {
		p.again(w, r, v, f)
		return
	}
	if !p.mayPass(w, r, v, f, t) {
		return
	}
	p.signUp(w, r, v, f, t, who, password)
}

// sent is the form as it came, without the password.
func sent(in url.Values) *form {
	f := &form{
		Code: short(strings.TrimSpace(in.Get("code"))), OldEnough: in.Get("age") == "yes", Agreed: in.Get("consent") != "",
		Name: in.Get("name"),
	}
	f.Own = f.Name == "" || f.Name == ownName
	if f.Own {
		f.Name = in.Get("own")
	}
	if len(f.Name) > 200 {
		f.Name = ""
	}
	for _, s := range in["suggested"] {
		if len(f.Suggested) < 3 && len(s) < 100 {
			f.Suggested = append(f.Suggested, s)
		}
	}
	return f
}

// ownName is the choice of a name of one's own.
const ownName = "*"

// keepChallenge keeps the proof of work that was done already.
func (f *form) keepChallenge(in url.Values) {
	if c := in.Get("challenge"); len(c) < 2000 {
		f.Challenge = c
	}
}

// again shows the form again with what is wrong.
func (p *Page) again(w http.ResponseWriter, r *http.Request, v *view, f *form, more ...wrong) {
	f.Wrong = append(f.Wrong, more...)
	p.count("refused")
	v.Title = "web.title_wrong"
	p.showForm(w, r, http.StatusUnprocessableEntity, v, f)
}

// check looks at every field, so that all that is wrong is said at once.
func (p *Page) check(r *http.Request, v *view, rules *mentoring.Rules, f *form) (who mentoring.SignUp, password string) {
	in := r.PostForm
	who = mentoring.SignUp{Language: mentoring.Language(v.Lang), Nickname: f.Name, Code: f.Code}
	who.Consent, _ = strconv.Atoi(in.Get("consent"))
	say := func(field string, err error) bool {
		var refusal *mentoring.Refusal
		if errors.As(err, &refusal) {
			f.Wrong = append(f.Wrong, wrong{field, v.T(refusal.Text.Key, flat(refusal.Text.Args)...)})
		}
		return err != nil
	}
	act := &mentoring.Act{Rules: rules}
	name, err := act.CheckAlias(f.Name)
	if !say("name", err) {
		f.Name, who.Nickname = name, name
		if p.o.Words.IsFirstName(strings.Trim(name, "-_0123456789")) && in.Get("sure") == "" {
			f.AskSure = true
			f.Wrong = append(f.Wrong, wrong{"name", v.T("web.first_name", "alias", name)})
		}
	}
	password = in.Get("password")
	say("password", mentoring.CheckPassword(password))
	if !f.OldEnough {
		f.Wrong = append(f.Wrong, wrong{"age", v.T("web.age_missing", "age", rules.MinimumAge)})
	}
	switch {
	case !f.Agreed:
		f.Wrong = append(f.Wrong, wrong{"consent", v.T("web.consent_missing")})
	case who.Consent != rules.ConsentVersion:
		f.Agreed = false
		f.Wrong = append(f.Wrong, wrong{"consent", v.T("join.consent_again")})
	}
	return who, password
}

func flat(args mentoring.Args) (pairs []any) {
	for name, value := range args {
		pairs = append(pairs, name, value)
	}
	return pairs
}

// mayPass says whether this form may go through now, and answers it when not.
func (p *Page) mayPass(w http.ResponseWriter, r *http.Request, v *view, f *form, t ticket) bool {
	if p.desk.known(t.id) { // it has been counted
		if _, ok := p.desk.spend(t.id); ok {
			return true
		}
		f.Ticket = ""
		p.again(w, r, v, f, wrong{"", v.T("web.form_old")})
		return false
	}
	slow := !p.desk.worked(t, r.PostForm.Get("work"))
	if slow {
		if wait := slowWait - p.o.Now().Sub(t.made); wait > 0 {
			p.again(w, r, v, f, wrong{"", v.T("web.wait", "n", int((wait+time.Second-1)/time.Second))})
			return false
		}
	}
	wait, ok := p.joins.take(network(r, p.trusted))
	if ok && slow {
		wait, ok = p.allSlow.take(everybody())
	}
	if ok {
		wait, ok = p.allJoins.take(everybody())
	}
	if !ok {
		p.tooMany(w, r, wait)
		return false
	}
	_, ok = p.desk.spend(t.id)
	return ok
}

// underWay are the forms that are being worked on: one that is sent twice at
// once is worked on once at a time.
type underWay struct {
	mu  sync.Mutex
	ids map[string]bool
}

func (u *underWay) begin(id string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ids[id] {
		return false
	}
	if u.ids == nil {
		u.ids = map[string]bool{}
	}
	u.ids[id] = true
	return true
}

func (u *underWay) end(id string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.ids, id)
}

// signUp has the account made, and shows how to go on.
func (p *Page) signUp(w http.ResponseWriter, r *http.Request, v *view, f *form, t ticket, who mentoring.SignUp, password string) {
	// Whoever goes away in the middle is not cut off: they may come again.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), signUpWait)
	defer cancel()
	for !p.underWay.begin(t.id) {
		select {
		case <-ctx.Done():
			p.again(w, r, v, f, wrong{"", v.T("web.try_again")})
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
	defer p.underWay.end(t.id)
	select {
	case p.busy <- struct{}{}:
		defer func() { <-p.busy }()
	case <-ctx.Done():
		p.again(w, r, v, f, wrong{"", v.T("web.try_again")})
		return
	}
	made, err := p.o.Service().SignUp(ctx, t.id, who, password)
	var refusal *mentoring.Refusal
	switch {
	case errors.As(err, &refusal):
		if refusal.Text.Key == "join.begin_again" {
			f.Ticket = ""
		}
		p.again(w, r, v, f, wrong{fieldOf(refusal.Text.Key), v.T(refusal.Text.Key, flat(refusal.Text.Args)...)})
	case err != nil:
		p.count("failed")
		p.again(w, r, v, f, wrong{"", v.T("web.try_again")})
	default:
		p.count("joined")
		v.Joined = p.newJoined(v, who.Nickname, made)
		v.Title = "web.joined_title"
		p.show(w, http.StatusOK, "joined.html", v)
	}
}

// fieldOf is the field that a refusal is about.
func fieldOf(key string) string {
	area, _, _ := strings.Cut(key, ".")
	switch area {
	case "nickname":
		return "name"
	case "password", "code":
		return area
	}
	return ""
}

// joined is what the last page shows.
type joined struct {
	Alias   string
	User    string // the first part of the address: what is typed at log-in
	Address string
	Phrase  string
	Save    template.URL // a file with all of it, made in the page itself
	Client  string
	Mobile  string
	QR      *qr
}

func (p *Page) newJoined(v *view, alias string, made mentoring.Joined) *joined {
	c := p.o.Config
	user, _, _ := strings.Cut(strings.TrimPrefix(made.Address, "@"), ":")
	j := &joined{
		Alias: alias, User: user, Address: made.Address, Phrase: made.Phrase,
		Client: c.ClientLink(c.Web.ClientURL, made.Address), Mobile: c.ClientLink(c.Web.MobileURL, made.Address),
	}
	text := c.ServiceName + "\n" + v.T("web.user") + ": " + user + "\n" + v.T("web.server") + ": " + v.Server() + "\n" +
		v.T("web.address") + ": " + made.Address + "\n"
	if made.Phrase != "" {
		text += v.T("web.phrase") + ": " + made.Phrase + "\n"
	}
	j.Save = template.URL("data:text/plain;charset=utf-8," + strings.ReplaceAll(url.QueryEscape(text), "+", "%20"))
	if code, err := qrcode.New(j.Mobile, qrcode.Medium); err == nil {
		j.QR = newQR(code.Bitmap())
	}
	return j
}

// qr is a QR code as the path of an SVG: no picture is fetched for it.
type qr struct {
	Size int
	Path string
}

func newQR(modules [][]bool) *qr {
	var b strings.Builder
	for y, row := range modules {
		for x, dark := range row {
			if dark {
				b.WriteString("M" + strconv.Itoa(x) + " " + strconv.Itoa(y) + "h1v1h-1z")
			}
		}
	}
	return &qr{Size: len(modules), Path: b.String()}
}
