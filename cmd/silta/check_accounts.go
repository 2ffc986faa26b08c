package main

import (
	"context"

	"silta/accounts"
	"silta/config"
)

// checkAccounts sees whether people can get accounts on the page, and how.
func (d *doctor) checkAccounts(ctx context.Context) {
	const name = "accounts"
	provider, err := accounts.New(d.cfg)
	if err != nil {
		d.fail(name, "put the secret into that file, for the user that runs Silta", "%v", err)
		return
	}
	if d.cfg.Accounts.Provider == config.AccountsNone {
		if d.cfg.Web.Listen != "" {
			d.ok(name, "none: the page tells people how to use an account of their own")
		}
		return
	}
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	if err := provider.Check(ctx); err != nil {
		d.fail(name, "look at accounts in the settings", "%s: %v", d.cfg.Accounts.Provider, err)
		return
	}
	d.ok(name, "%s: accounts can be made", d.cfg.Accounts.Provider)
	if !provider.Can().SetPassword {
		d.say(advice, name, "accounts.provider: synapse-admin", "with %s nobody can be given a new password: who forgets it moves to another account by their recovery phrase",
			d.cfg.Accounts.Provider)
	}
}
