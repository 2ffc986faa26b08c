package bridge

import (
	"context"
	"errors"

	"silta/mentoring"
)

// Recover gives a new password to the account of whoever has a recovery phrase,
// and logs out every device (feature J10). What is wrong with a phrase is never
// told: one that nobody has, one that is mistyped and no phrase at all get the
// same refusal, and wait as long.
func (b *Bridge) Recover(ctx context.Context, text, password string) error {
	if err := mentoring.CheckPassword(password); err != nil {
		return err
	}
	phrase, ok := mentoring.ParsePhrase(text)
	if !ok {
		return mentoring.Refuse("recover.wrong")
	}
	err := b.run(ctx, func(s *step) error { return s.act.PhraseWait(phrase) })
	if err != nil {
		return err
	}
	proof := b.store.Prove(phrase)
	var m mentoring.Member
	err = b.run(ctx, func(s *step) (err error) {
		m, ok, err = s.act.FindByPhrase(proof)
		return err
	})
	switch {
	case err != nil:
		return err
	case !ok:
		return mentoring.Refuse("recover.wrong")
	case m.Account != mentoring.AccountOurs || b.accounts == nil || !b.accounts.CanSetPassword():
		return mentoring.Refuse("recover.own") // they have shown whose phrase it is
	}
	if err = b.accounts.SetPassword(ctx, m.Address, password); err != nil {
		var refusal *mentoring.Refusal
		if !errors.As(err, &refusal) && ctx.Err() == nil {
			b.log.Warn().Err(redacted(err)).Msg("a password could not be set")
		}
		return err
	}
	return b.run(ctx, func(s *step) error {
		s.act.Do(mentoring.Notify{Member: m.ID, Text: mentoring.T("recover.told")})
		return nil
	})
}
