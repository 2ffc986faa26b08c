//go:build !goolm

package dev

import (
	"context"
	"errors"
)

// secrets is nothing in a program without the tag goolm: a plain client then
// does not start, so that nothing is sent in clear by mistake.
type secrets struct{}

var errWithout = errors.New("built without the tag goolm: this client cannot encrypt; run it with `make`")

func openSecrets(context.Context, Account, bool) (*secrets, error) { return nil, errWithout }

func (*secrets) received(context.Context, *Sync) []Event { return nil }

func (*secrets) open(_ context.Context, e Event) Event { return e }

func (*secrets) seal(context.Context, string, string, any) (string, any, error) {
	return "", nil, errWithout
}

func (*secrets) rotate(context.Context, string) error { return errWithout }

func (*secrets) state(context.Context, Event) {}
