package accounts

import "context"

// none makes no accounts: people bring their own.
type none struct{}

func (none) Can() Abilities { return Abilities{} }

func (none) Create(context.Context, Draft, string) (string, error) {
	return "", unable("make an account")
}

func (none) Finished(context.Context, Draft) (bool, error) { return false, nil }

func (none) Undo(context.Context, Draft) error { return nil }

func (none) SetPassword(context.Context, string, string) error { return unable("set a password") }

func (none) Deactivate(context.Context, string) error { return unable("deactivate an account") }

func (none) Check(context.Context) error { return nil }
