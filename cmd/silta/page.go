package main

import (
	"context"
	"net"

	"silta/bot"
	"silta/mentoring"
	"silta/store"
	"silta/web"
)

// showPage shows the page on which people join, if the settings name a place for
// it, until ctx ends; stop is called when it cannot be shown any more. wait
// returns when the last visitor has been answered.
func (p *Program) showPage(ctx context.Context, stop func(), db *store.Store) (wait func(), err error) {
	if p.public == nil {
		return func() {}, nil
	}
	page, err := web.NewPage(web.PageOptions{
		Config: p.o.Config, Words: p.words, Key: db.Hash("web", "form"), Accounts: p.accounts != nil,
		Passwords: p.accounts != nil && p.accounts.CanSetPassword(), Metrics: p.metrics, Now: p.o.Now,
		Service: func() web.Service {
			if b := p.bridge.Load(); b != nil {
				return b
			}
			return nil
		},
		Guide: p.guide,
		Exports: func() web.Exports {
			if b := p.bridge.Load(); b != nil {
				return b.Exports()
			}
			return nil
		},
		Reports: func() web.Exports {
			if b := p.bridge.Load(); b != nil {
				return b.Reports()
			}
			return nil
		},
		Duties: func() web.Exports {
			if b := p.bridge.Load(); b != nil {
				return b.Duties()
			}
			return nil
		},
		Fault: func(what string) { p.o.Log.Error().Str("fault", what).Msg("the page has a fault") },
	})
	if err != nil {
		return nil, err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if web.Serve(ctx, p.public, page.Handler()) != nil {
			p.o.Log.Error().Msg("the page cannot be shown any more")
			stop()
		}
	}()
	return func() { stop(); <-done }, nil
}

// guide is the orientation guide for mentors, step by step, as the bot gives it.
func (p *Program) guide(language string) []string {
	b := bot.New(p.words, botSettings(p.o.Config))
	steps := make([]string, b.GuideSteps())
	for i := range steps {
		steps[i] = b.GuideText(mentoring.Language(language), i+1)
	}
	return steps
}

// PageAddress is where the page is; nil when there is none.
func (p *Program) PageAddress() net.Addr {
	if p.public == nil {
		return nil
	}
	return p.public.Addr()
}
