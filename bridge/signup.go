package bridge

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"silta/mentoring"
	"silta/store"
)

// Accounts makes and ends people's own accounts; see package accounts. Its
// errors are refusals of the domain, or say by a method Transient whether the
// same may work later.
type Accounts interface {
	// Draw draws the name of an account that is to be, and a seed for it.
	Draw() (localpart, seed string)
	// Make makes it; Finished says that it is too late to undo it, Undo undoes it.
	// All may be repeated.
	Make(ctx context.Context, localpart, seed, password string) (address string, err error)
	Finished(ctx context.Context, localpart, seed string) (bool, error)
	Undo(ctx context.Context, localpart, seed string) error

	CanSetPassword() bool
	CanDeactivate() bool
	// SetPassword logs out every device. Deactivate ends an account for good; one
	// that is gone already is no error.
	SetPassword(ctx context.Context, address, password string) error
	Deactivate(ctx context.Context, address string) error
}

// signUp is an account that is being made, as its row keeps it: everything but
// the password. The row is there before the homeserver is asked for anything,
// under the ticket of the form that the person has filled in, and stays for
// signUpTime: whoever sends the form again goes on where the first try ended.
type signUp struct {
	Localpart string           `json:"a"`
	Seed      string           `json:"s"`
	Who       mentoring.SignUp `json:"w"`
	Stage     stage            `json:"g,omitempty"`
}

// stage says how far the making of an account has come.
type stage string

const (
	stageBegun   stage = ""     // there may be an account, there is no member
	stageJoined  stage = "done" // both are there, and the room with the bot is on its way
	stageUndoing stage = "undo" // it was never finished: the account, if any, goes
)

const (
	// signUpTime is how long a form can be sent again.
	signUpTime = 10 * time.Minute
	// makeTries is how often the homeserver is asked while the person waits.
	makeTries = 4
)

// errGivenUp: the form is too old to go on with.
func errGivenUp() error { return mentoring.Refuse("join.begin_again") }

// SignUp makes an account, the member it belongs to, and their room with the
// bot. A refusal is for the person; after any other error the same ticket may be
// tried again. The ticket is nobody's but the person's.
func (b *Bridge) SignUp(ctx context.Context, ticket string, who mentoring.SignUp, password string) (mentoring.Joined, error) {
	var joined mentoring.Joined
	if err := mentoring.CheckPassword(password); err != nil {
		return joined, err
	}
	row, s, err := b.reserve(ctx, ticket, who)
	if err != nil {
		return joined, err
	}
	if joined.Address, err = b.makeAccount(ctx, s, password); err != nil {
		return joined, err
	}
	phrase, err := mentoring.NewPhrase(rand.Reader)
	if err != nil {
		return joined, fmt.Errorf("draw phrase: %w", err)
	}
	joined.Phrase = phrase.String()
	proof := b.store.Prove(phrase)
	return joined, b.run(ctx, func(st *step) error {
		m, err := st.signUp(ticket, row, joined.Address)
		if err != nil {
			return err
		}
		return st.act.SetPhrase(m, proof)
	})
}

func (b *Bridge) signUpLane(ticket string) store.Lane {
	return b.store.Lane(store.LaneWork, "signup", ticket)
}

// reserve keeps the row of a ticket, or finds it.
func (b *Bridge) reserve(ctx context.Context, ticket string, who mentoring.SignUp) (row int64, s signUp, err error) {
	localpart, seed := b.accounts.Draw()
	err = b.run(ctx, func(st *step) error {
		row, s, err = st.findSignUp(ticket)
		if err != nil || row != 0 && s.Stage != stageBegun {
			return err
		}
		if who, err = st.act.CheckSignUp(who); err != nil {
			return err
		}
		if row != 0 { // the person has changed something in the form
			s.Who = who
			return st.rewriteSignUp(row, ticket, s)
		}
		s = signUp{Localpart: localpart, Seed: seed, Who: who}
		payload, err := json.Marshal(job{Op: opSignUp, Ticket: ticket, SignUp: &s})
		if err != nil {
			return fmt.Errorf("write job: %w", err)
		}
		r := &store.Row{Lane: b.signUpLane(ticket), Kind: store.LaneWork, Due: st.now.Add(signUpTime), Payload: payload}
		err = st.tx.Enqueue(r)
		row = r.ID
		return err
	})
	if err == nil && s.Stage == stageUndoing {
		err = errGivenUp()
	}
	return row, s, err
}

// findSignUp finds the row of a ticket; 0 when there is none.
func (s *step) findSignUp(ticket string) (row int64, found signUp, err error) {
	rows, err := s.tx.Rows(s.b.signUpLane(ticket))
	if err != nil || len(rows) == 0 {
		return 0, found, err
	}
	var j job
	if err = json.Unmarshal(rows[0].Payload, &j); err != nil || j.SignUp == nil {
		return 0, found, fmt.Errorf("job with unknown content")
	}
	return rows[0].ID, *j.SignUp, nil
}

func (s *step) rewriteSignUp(row int64, ticket string, kept signUp) error {
	payload, err := json.Marshal(job{Op: opSignUp, Ticket: ticket, SignUp: &kept})
	if err != nil {
		return fmt.Errorf("write job: %w", err)
	}
	return s.tx.Rewrite(row, payload)
}

// makeAccount asks the homeserver, and again when it does not answer.
func (b *Bridge) makeAccount(ctx context.Context, s signUp, password string) (address string, err error) {
	for try := 1; ; try++ {
		address, err = b.accounts.Make(ctx, s.Localpart, s.Seed, password)
		if err == nil || !isTransient(err) || try == makeTries {
			break
		}
		select {
		case <-ctx.Done():
			return "", err
		case <-time.After(backoff(try, 0)):
		}
	}
	var refusal *mentoring.Refusal
	if err != nil && !errors.As(err, &refusal) && ctx.Err() == nil {
		b.log.Warn().Err(redacted(err)).Msg("an account could not be made")
	}
	return address, err
}

// signUp makes the member whose account is there, unless that has been done.
func (s *step) signUp(ticket string, row int64, address string) (m mentoring.Member, err error) {
	found, kept, err := s.findSignUp(ticket)
	if err != nil {
		return m, err
	}
	if found != row || kept.Stage == stageUndoing {
		return m, errGivenUp()
	}
	if m, err = s.act.SignUp(address, kept.Who); err != nil || kept.Stage == stageJoined {
		return m, err
	}
	kept.Stage = stageJoined
	return m, s.rewriteSignUp(row, ticket, kept)
}

// endSignUp is the end of a ticket's time. What is whole stays; what is not is
// undone, or finished when the provider cannot undo it any more.
func (b *Bridge) endSignUp(ctx context.Context, ticket string) error {
	var row int64
	var s signUp
	err := b.store.Write(ctx, func(tx *store.Tx) (err error) {
		row, s, err = b.newStep(tx, nil).findSignUp(ticket)
		return err
	})
	if err != nil || row == 0 || s.Stage == stageJoined {
		return err
	}
	if b.accounts == nil {
		return &failure{transient: true} // taken from the settings meanwhile; the row tells what is left behind
	}
	if s.Stage == stageBegun {
		finished, err := b.accounts.Finished(ctx, s.Localpart, s.Seed)
		if err != nil {
			return err
		}
		err = b.run(ctx, func(st *step) (err error) {
			if _, s, err = st.findSignUp(ticket); err != nil || s.Stage != stageBegun {
				return err // the person has come again in this moment
			}
			if finished {
				_, err = st.signUp(ticket, row, "@"+s.Localpart+":"+b.hs.domain)
				return err
			}
			s.Stage = stageUndoing
			return st.rewriteSignUp(row, ticket, s)
		})
		if err != nil || finished || s.Stage == stageJoined {
			return err
		}
	}
	return b.accounts.Undo(ctx, s.Localpart, s.Seed)
}
