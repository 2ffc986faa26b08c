package main

import (
	"context"

	"silta/accounts"
	"silta/bridge"
	"silta/config"
)

// people makes accounts for the bridge, which knows nothing of providers.
type people struct {
	accounts.Provider
	config *config.Config
}

// newPeople is nil where nobody gets an account.
func newPeople(c *config.Config) (bridge.Accounts, error) {
	provider, err := accounts.New(c)
	if err != nil || !provider.Can().Create {
		return nil, err
	}
	return people{provider, c}, nil
}

// Draw implements [bridge.Accounts]; so do the others.
func (p people) Draw() (localpart, seed string) {
	d := accounts.NewDraft(p.config.Ours)
	return d.Localpart, d.Seed
}

func (p people) Make(ctx context.Context, localpart, seed, password string) (string, error) {
	return p.Create(ctx, accounts.Draft{Localpart: localpart, Seed: seed}, password)
}

func (p people) Finished(ctx context.Context, localpart, seed string) (bool, error) {
	return p.Provider.Finished(ctx, accounts.Draft{Localpart: localpart, Seed: seed})
}

func (p people) Undo(ctx context.Context, localpart, seed string) error {
	return p.Provider.Undo(ctx, accounts.Draft{Localpart: localpart, Seed: seed})
}

func (p people) CanSetPassword() bool { return p.Can().SetPassword }

func (p people) CanDeactivate() bool { return p.Can().Deactivate }
