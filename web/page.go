package web

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"silta/config"
	"silta/locale"
	"silta/mentoring"
)

//go:embed pages/*.html static/*
var files embed.FS

// Service is the running service, as far as the page needs it.
type Service interface {
	// Do runs a use case of the domain.
	Do(ctx context.Context, use func(*mentoring.Act) error) error
	Rules() *mentoring.Rules
	// SignUp makes an account, a member and their room; see package bridge.
	SignUp(ctx context.Context, ticket string, who mentoring.SignUp, password string) (mentoring.Joined, error)
	// Recover gives whoever has a recovery phrase another password.
	Recover(ctx context.Context, phrase, password string) error
}

// PageOptions are what the page is made of.
type PageOptions struct {
	Config *config.Config
	Words  *locale.Catalogue
	// Key seals forms; the same at every start.
	Key []byte
	// Service is nil as long as it starts.
	Service func() Service
	// Accounts: people can get one here. Passwords: and a new password for it.
	Accounts  bool
	Passwords bool
	// Exports hands over what people have asked for; nil as long as the service
	// starts.
	Exports func() Exports
	// Reports hands over reports of figures in the same way.
	Reports func() Exports
	// Duties hands over child-welfare summaries in the same way.
	Duties func() Exports
	// Guide gives the steps of the orientation guide for mentors in a language; nil:
	// it is not shown.
	Guide   func(language string) []string
	Metrics *Metrics
	// Fault is told what is a fault of ours; never what somebody wrote.
	Fault func(what string)
	Now   func() time.Time
}

// Page is the page on which people join.
type Page struct {
	o         PageOptions
	pages     *template.Template
	languages []string
	matcher   language.Matcher
	trusted   []netip.Prefix
	desk      *desk
	preview   preview

	looks, tries       *limiter // of one network
	joins              *limiter
	allTries, allJoins *limiter // of everybody
	allSlow            *limiter // of those without scripts
	busy               chan struct{}
	underWay           underWay
	staticFiles        http.Handler
}

// How much of the page one network, and everybody together, may use.
const (
	looksPerMinute = 120
	triesPerMinute = 30
	allTriesPerSec = 20
	// Without scripts there is no proof of work; then it takes patience, and there
	// are fewer places.
	slowWait    = 15 * time.Second
	slowPerHour = 30
	// atOnce is how many accounts are made at the same time.
	atOnce = 8
)

// NewPage makes the page.
func NewPage(o PageOptions) (*Page, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	c := o.Config
	p := &Page{
		o: o, languages: c.Languages, trusted: c.Web.Proxies(),
		desk:     newDesk(o.Key, strings.HasPrefix(c.Web.URL, "https://"), o.Now),
		looks:    newLimiter(looksPerMinute, time.Minute, o.Now),
		tries:    newLimiter(triesPerMinute, time.Minute, o.Now),
		joins:    newLimiter(c.Web.JoinsPerNetwork, time.Hour, o.Now),
		allTries: newLimiter(allTriesPerSec*60, time.Minute, o.Now),
		allJoins: newLimiter(c.Web.JoinsPerHour, time.Hour, o.Now),
		allSlow:  newLimiter(min(slowPerHour, c.Web.JoinsPerHour), time.Hour, o.Now),
		busy:     make(chan struct{}, atOnce),
	}
	var tags []language.Tag
	tags = append(tags, language.Make(c.DefaultLanguage))
	for _, l := range c.Languages {
		tags = append(tags, language.Make(l))
	}
	p.matcher = language.NewMatcher(tags)
	var err error
	if p.pages, err = template.ParseFS(files, "pages/*.html"); err != nil {
		return nil, fmt.Errorf("read pages: %w", err)
	}
	static, err := fs.Sub(files, "static")
	if err != nil {
		return nil, fmt.Errorf("read pages: %w", err)
	}
	p.staticFiles = http.StripPrefix("/static/", http.FileServerFS(static))
	return p, nil
}

// Handler serves the page. It keeps no log of who asks.
func (p *Page) Handler() http.Handler {
	mux := http.NewServeMux()
	if p.o.Guide != nil {
		mux.HandleFunc("GET /guide", p.limited(p.looks, nil, p.guide))
	}
	mux.HandleFunc("GET /{$}", p.limited(p.looks, nil, p.front))
	mux.HandleFunc("GET /static/{name}", p.limited(p.looks, nil, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=3600")
		p.staticFiles.ServeHTTP(w, r)
	}))
	if p.o.Reports != nil {
		mux.HandleFunc("GET /figures/{lang}/{token}", p.limited(p.tries, p.allTries, p.onceForm(p.reportLink())))
		mux.HandleFunc("POST /figures/{lang}/{token}", p.limited(p.tries, p.allTries, p.once(p.reportLink())))
	}
	if p.o.Duties != nil {
		mux.HandleFunc("GET /duty/{lang}/{token}", p.limited(p.tries, p.allTries, p.onceForm(p.dutyLink())))
		mux.HandleFunc("POST /duty/{lang}/{token}", p.limited(p.tries, p.allTries, p.once(p.dutyLink())))
	}
	if p.o.Exports != nil {
		mux.HandleFunc("GET /export/{lang}/{token}", p.limited(p.tries, p.allTries, p.onceForm(p.exportLink())))
		mux.HandleFunc("POST /export/{lang}/{token}", p.limited(p.tries, p.allTries, p.once(p.exportLink())))
	}
	for _, l := range p.languages {
		mux.HandleFunc("GET /"+l+"/{$}", p.limited(p.looks, nil, p.front))
		mux.HandleFunc("GET /"+l+"/mentors", p.limited(p.looks, nil, p.mentors))
		if p.o.Guide != nil {
			mux.HandleFunc("GET /"+l+"/guide", p.limited(p.looks, nil, p.guide))
		}
		mux.HandleFunc("GET /"+l+"/recover", p.limited(p.looks, nil, p.recoverForm))
		mux.HandleFunc("POST /"+l+"/recover", p.limited(p.tries, p.allTries, p.recover))
		mux.HandleFunc("GET /"+l+"/join", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/"+l+"/", http.StatusSeeOther) // somebody came back to what was a form
		})
		mux.HandleFunc("POST /"+l+"/join", p.limited(p.tries, p.allTries, p.join))
		mux.HandleFunc("/"+l+"/join", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Allow", "GET, POST")
			p.tell(w, r, http.StatusMethodNotAllowed, "web.bad_form")
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		p.tell(w, r, http.StatusNotFound, "web.not_found")
	})
	return p.guarded(mux)
}

// maxForm bounds what is read of a form.
const maxForm = 16 << 10

// guarded sets what every answer has, and turns a panic into an answer.
func (p *Page) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), browsing-topics=()")
		h.Set("Cache-Control", "no-store")
		if p.desk.secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		defer func() {
			if v := recover(); v != nil {
				p.o.Fault(fmt.Sprintf("a page panicked with a %T at %s", v, panicked(debug.Stack())))
				p.tell(w, r, http.StatusInternalServerError, "web.fault")
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// panicked is the first place of ours in a stack, without any values.
func panicked(stack []byte) string {
	for line := range strings.Lines(string(stack)) {
		if at := strings.TrimSpace(line); strings.Contains(at, "/web/") && strings.Contains(at, ".go:") && !strings.Contains(at, "page.go:1") {
			_, at, _ = strings.Cut(at, "/web/")
			place, _, _ := strings.Cut(at, " ")
			return place
		}
	}
	return "an unknown place"
}

// limited lets a request pass when its network, and everybody, has a token left.
func (p *Page) limited(of, all *limiter, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		wait, ok := of.take(network(r, p.trusted))
		if ok && all != nil {
			wait, ok = all.take(everybody())
		}
		if !ok {
			p.tooMany(w, r, wait)
			return
		}
		next(w, r)
	}
}

func (p *Page) tooMany(w http.ResponseWriter, r *http.Request, wait time.Duration) {
	w.Header().Set("Retry-After", fmt.Sprint(int(wait.Seconds())+1))
	p.count("limited")
	p.tell(w, r, http.StatusTooManyRequests, "web.too_many")
}

func (p *Page) count(result string) {
	if p.o.Metrics != nil {
		p.o.Metrics.Joined(result)
	}
}

// view is what a page is filled from.
type view struct {
	page   *Page
	Lang   string
	Path   string // of this page, after the language
	Title  string // text key
	Text   string // of a page that says only that
	Cards  []card
	More   int // cards that are not shown here
	Closed bool
	Form   *form
	Joined *joined
	Steps  []step
}

// newView begins a page in the language that its address names, or else in the
// one that the browser asks for.
func (p *Page) newView(r *http.Request, title string) *view {
	v := &view{page: p, Title: title, Lang: p.o.Config.DefaultLanguage}
	first, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if slices.Contains(p.languages, first) {
		v.Lang = first
		if rest == "mentors" || rest == "recover" || rest == "guide" {
			v.Path = rest
		}
		return v
	}
	wanted, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if _, i, sure := p.matcher.Match(wanted...); err == nil && sure > language.No && i > 0 {
		v.Lang = p.languages[i-1]
	}
	return v
}

// T is a text; pairs are name, value, name, value …
func (v *view) T(key string, pairs ...any) string {
	args := v.page.values(v.Lang)
	for i := 0; i+1 < len(pairs); i += 2 {
		args[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return v.page.o.Words.Say(v.Lang, key, args)
}

// values are what every text may use.
func (p *Page) values(lang string) map[string]any {
	c := p.o.Config
	var crisis []string
	for _, line := range c.CrisisLines {
		crisis = append(crisis, line.Name.In(lang)+" "+line.Number)
	}
	age := c.MinimumAge
	if service := p.o.Service(); service != nil {
		age = service.Rules().MinimumAge
	}
	return map[string]any{
		"service": c.ServiceName, "crisis": strings.Join(crisis, "\n"), "younger": c.YoungerHelp.In(lang), "p": "",
		"age": age, "days": int(c.Retention.Conversations.Std().Hours() / 24),
		"server": c.Homeserver.Domain,
	}
}

// block is a paragraph, or a list.
type block struct {
	Lines []string
	List  bool
}

// Blocks is a text of several lines; those that begin with a dash are a list.
func (v *view) Blocks(key string, pairs ...any) []block {
	var all []block
	for line := range strings.SplitSeq(v.T(key, pairs...), "\n") {
		item, list := strings.CutPrefix(line, "– ")
		if n := len(all); n > 0 && all[n-1].List && list {
			all[n-1].Lines = append(all[n-1].Lines, item)
			continue
		}
		all = append(all, block{[]string{item}, list})
	}
	return all
}

// language of the switch.
type languageLink struct {
	Tag, Name string
	Here      bool
}

// Languages are the links of the language switch.
func (v *view) Languages() []languageLink {
	var links []languageLink
	for _, l := range v.page.languages {
		links = append(links, languageLink{l, v.page.o.Words.Name(l), l == v.Lang})
	}
	return links
}

// Service, Server and Bot are what they are called.
func (v *view) Service() string { return v.page.o.Config.ServiceName }

// Server is the homeserver's name; see Service.
func (v *view) Server() string { return v.page.o.Config.Homeserver.Domain }

// Bot is the bot's address; see Service.
func (v *view) Bot() string { return v.page.o.Config.BotID() }

// CanRecover says whether people can get a new password here.
func (v *view) CanRecover() bool { return v.page.o.Passwords }

// CanJoin says whether people can get an account here.
func (v *view) CanJoin() bool { return v.page.o.Accounts }

// show writes a page.
func (p *Page) show(w http.ResponseWriter, status int, name string, v *view) {
	var out bytes.Buffer
	if err := p.pages.ExecuteTemplate(&out, name, v); err != nil {
		p.o.Fault(fmt.Sprintf("the page %s cannot be filled", name))
		http.Error(w, v.T("web.fault"), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", v.Lang)
	h.Set("Vary", "Accept-Language, Cookie")
	w.WriteHeader(status)
	_, _ = out.WriteTo(w) // whoever asked has gone: nobody to tell
}

// tell is a page that says one thing.
func (p *Page) tell(w http.ResponseWriter, r *http.Request, status int, key string) {
	v := p.newView(r, "web.title")
	v.Text = key
	p.show(w, status, "tell.html", v)
}
