package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"silta/mentoring"
)

// preview is what the page shows of the service, looked up at most every few
// seconds whoever asks how often.
type preview struct {
	mu     sync.Mutex
	at     time.Time
	cards  []*mentoring.Listing
	closed bool
}

const (
	previewTime = 15 * time.Second
	cardsShown  = 30
)

// card is a mentor's card as the page shows it.
type card struct {
	Alias, Kind string
	Rows        []string
	Story       string
	More        string // opens the story
	Top         bool   // its heading comes right after the page's
}

// look gives the cards of mentors who are free, and whether joining is closed.
// While the service starts, or has a fault, there are none, and it is open: the
// form says more.
func (p *Page) look(ctx context.Context, lang string) (cards []card, closed bool) {
	p.preview.mu.Lock()
	defer p.preview.mu.Unlock()
	service := p.o.Service()
	if now := p.o.Now(); service != nil && (p.preview.at.IsZero() || now.Sub(p.preview.at) >= previewTime) {
		var list []*mentoring.Listing
		open := true
		err := service.Do(ctx, func(a *mentoring.Act) (err error) {
			if list, err = a.Preview(); err == nil {
				open, err = a.JoiningOpen()
			}
			return err
		})
		if err == nil {
			p.preview.at, p.preview.cards, p.preview.closed = now, list, !open
		} else if ctx.Err() == nil {
			p.o.Fault(fmt.Sprintf("the mentors cannot be shown: %T", err))
		}
	}
	shown := p.preview.cards[:min(len(p.preview.cards), cardsShown)]
	for _, l := range shown {
		cards = append(cards, p.newCard(lang, &l.Card))
	}
	return cards, p.preview.closed
}

func (p *Page) newCard(lang string, c *mentoring.Card) card {
	say := func(key string, value any) string {
		return p.o.Words.Say(lang, key, map[string]any{"value": value, "p": ""})
	}
	shown := card{Alias: c.Alias, Story: c.Story, More: say("web.story", nil)}
	if c.Kind != "" {
		shown.Kind = say("helper."+string(c.Kind), nil)
	}
	var topics, languages []string
	for _, t := range c.Topics {
		topics = append(topics, p.topic(lang, t))
	}
	for _, l := range c.Languages {
		name := string(l)
		if key := "lang." + name; p.o.Words.Has(key) {
			name = say(key, nil)
		}
		languages = append(languages, name)
	}
	gender := ""
	if c.Gender != "" {
		gender = say("gender."+string(c.Gender), nil)
	}
	for _, row := range []struct{ key, value string }{
		{"card.row_age", c.AgeBand}, {"card.row_area", c.Area}, {"card.row_topics", strings.Join(topics, ", ")},
		{"card.row_languages", strings.Join(languages, ", ")}, {"card.row_gender", gender}, {"card.row_status", c.Status},
	} {
		if row.value != "" {
			shown.Rows = append(shown.Rows, say(row.key, row.value))
		}
	}
	return shown
}

func (p *Page) topic(lang, topic string) string {
	if key := "topic." + topic; p.o.Words.Has(key) {
		return p.o.Words.Say(lang, key, nil)
	}
	if words, own := p.o.Config.TopicWords[topic]; own {
		return words.In(lang)
	}
	return topic
}

// mentors shows more cards.
func (p *Page) mentors(w http.ResponseWriter, r *http.Request) {
	v := p.newView(r, "web.mentors_title")
	v.Cards, v.Closed = p.look(r.Context(), v.Lang)
	for i := range v.Cards {
		v.Cards[i].Top = true
	}
	p.show(w, http.StatusOK, "mentors.html", v)
}
