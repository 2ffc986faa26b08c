package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"silta/mentoring"
	"silta/store"
)

// register is a stand-in for a provider of accounts. With undoes it can undo an
// account at any time, as an administrator can; without, only until it has its
// person's password.
type register struct {
	undoes bool

	mu       sync.Mutex
	drawn    int
	accounts map[string]string // localpart → password; "" when deactivated
	lose     int               // so many answers are lost after the account is made
	down     int               // so many requests do nothing
	asked    int
}

// lost is a fault that will pass.
type lost struct{}

func (lost) Error() string   { return "no answer" }
func (lost) Transient() bool { return true }

func (r *register) CanSetPassword() bool { return r.undoes }
func (r *register) CanDeactivate() bool  { return r.undoes }

func (r *register) Draw() (string, string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drawn++
	return fmt.Sprintf("arvottu%d", r.drawn), "siemen"
}

func (r *register) Make(_ context.Context, localpart, _, password string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	if r.down > 0 {
		r.down--
		return "", lost{}
	}
	if had, ok := r.accounts[localpart]; ok && !r.undoes && had != password {
		return "", mentoring.Refuse("password.other")
	}
	r.accounts[localpart] = password
	if r.lose > 0 {
		r.lose--
		return "", lost{}
	}
	return "@" + localpart + ":" + domain, nil
}

func (r *register) Finished(_ context.Context, localpart, _ string) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.undoes && r.accounts[localpart] != "", nil
}

func (r *register) Undo(_ context.Context, localpart, _ string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.accounts[localpart]; ok {
		r.accounts[localpart] = ""
	}
	return nil
}

func (r *register) SetPassword(_ context.Context, address, password string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.accounts[address[1:len(address)-1-len(domain)]] = password
	return nil
}

func (r *register) Deactivate(ctx context.Context, address string) error { return nil }

// usable are the accounts that somebody could log in to.
func (r *register) usable() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, password := range r.accounts {
		if password != "" {
			n++
		}
	}
	return n
}

func newRegister(undoes bool) *register {
	return &register{undoes: undoes, accounts: map[string]string{}}
}

func aino() mentoring.SignUp {
	return mentoring.SignUp{Language: "fi", Consent: 1, Nickname: "Kanerva"}
}

// asked is a member who has joined and been asked into their own room.
func (w *world) askedIn(address string) {
	w.t.Helper()
	w.until("they are asked into their room", func() bool {
		m, err := w.member(address)
		return err == nil && m.Joined() && w.ownRoom(m.ID).State == store.RoomInvited
	})
}

// members are how many have joined whose account was made here.
func (w *world) members() (n int) {
	w.t.Helper()
	for i := range 9 {
		m, err := w.member(fmt.Sprintf("@arvottu%d:%s", i, domain))
		if err == nil && m.Joined() {
			if n++; m.Account != mentoring.AccountOurs || m.Alias != "Kanerva" || m.Language != "fi" || m.Consent != 1 {
				w.t.Errorf("a member like %+v", m)
			}
		} else if !errors.Is(err, mentoring.ErrNotFound) {
			w.t.Errorf("half a member: %+v, %v", m.Join, err)
		}
	}
	return n
}

// later lets the time of all forms be over, and what is due be done.
func (w *world) later() {
	w.t.Helper()
	w.stop()
	w.skew.Add(int64(11 * time.Minute))
	w.start()
	w.until("no work is left", func() bool {
		heads, err := w.store.Heads(context.Background())
		if err != nil {
			return false
		}
		for _, h := range heads {
			if h.Kind == store.LaneWork {
				return false
			}
		}
		return true
	})
}

func TestSignUp(t *testing.T) {
	r := newRegister(true)
	w := newWorld(t, func(w *world) { w.people = r })
	w.hs.Person("arvottu1") // the account, as the homeserver has it
	joined, err := w.bridge.SignUp(t.Context(), "lippu", aino(), "salasana-1")
	if err != nil || joined.Address != "@arvottu1:test" {
		t.Fatalf("%+v, %v", joined, err)
	}
	w.askedIn(joined.Address)
	again, err := w.bridge.SignUp(t.Context(), "lippu", aino(), "salasana-1")
	if err != nil || again.Address != joined.Address || again.Phrase == joined.Phrase {
		t.Errorf("the same form again: %+v, %v", again, err)
	}
	if err = w.bridge.Recover(t.Context(), joined.Phrase, "salasana-2"); !isRefusal(err, "recover.wrong") {
		t.Errorf("an older phrase: %v", err)
	}
	if err = w.bridge.Recover(t.Context(), again.Phrase, "lyhyt"); !isRefusal(err, "password.length") {
		t.Errorf("a short password: %v", err)
	}
	if err = w.bridge.Recover(t.Context(), "ei mikään", "salasana-2"); !isRefusal(err, "recover.wrong") {
		t.Errorf("no phrase: %v", err)
	}
	if err = w.bridge.Recover(t.Context(), again.Phrase, "salasana-2"); err != nil || r.accounts["arvottu1"] != "salasana-2" {
		t.Errorf("recover: %v, %v", err, r.accounts)
	}
	for _, wrong := range []struct {
		key      string
		who      mentoring.SignUp
		password string
	}{
		{"password.length", aino(), "salasan"}, {"join.consent_again", mentoring.SignUp{Language: "fi", Nickname: "Kanerva"}, "salasana-1"},
		{"nickname.contact", mentoring.SignUp{Language: "fi", Consent: 1, Nickname: "a@b.fi"}, "salasana-1"},
		{"code.wrong", mentoring.SignUp{Language: "fi", Consent: 1, Nickname: "Kanerva", Code: "XXXX"}, "salasana-1"},
	} {
		if _, err = w.bridge.SignUp(t.Context(), "toinen "+wrong.key, wrong.who, wrong.password); !isRefusal(err, wrong.key) {
			t.Errorf("want %s: %v", wrong.key, err)
		}
	}
	closed := func(value string) {
		if err := w.bridge.Do(t.Context(), func(a *mentoring.Act) error { return a.Tx.PutSetting("mentoring/joining_closed", value) }); err != nil {
			t.Fatal(err)
		}
	}
	closed("closed")
	if _, err = w.bridge.SignUp(t.Context(), "kolmas", aino(), "salasana-1"); !isRefusal(err, "join.closed") {
		t.Errorf("while joining is closed: %v", err)
	}
	closed("")
	w.later()
	if r.usable() != 1 || w.members() != 1 {
		t.Errorf("%d accounts and %d members, want 1", r.usable(), w.members())
	}
}

func isRefusal(err error, key string) bool {
	var refusal *mentoring.Refusal
	return errors.As(err, &refusal) && refusal.Text.Key == key
}

// TestSignUpGoesOn: no answer, a lost answer, an answer that never comes; the
// person tries again, or never comes back.
func TestSignUpGoesOn(t *testing.T) {
	for _, undoes := range []bool{true, false} {
		for _, c := range []struct {
			name                   string
			down, lose             int
			fails, comes           bool
			left, leftIfUndoesNone int // accounts at the end
		}{
			{"away for a moment", 1, 0, false, true, 1, 1},
			{"an answer lost", 0, 1, false, true, 1, 1},
			{"away, and comes again", 99, 0, true, true, 1, 1},
			{"answers lost, and comes again", 0, 99, true, true, 1, 1},
			{"away, and never comes", 99, 0, true, false, 0, 0},
			{"answers lost, and never comes", 0, 99, true, false, 0, 1},
		} {
			t.Run(fmt.Sprint(c.name, undoes), func(t *testing.T) {
				r := newRegister(undoes)
				r.down, r.lose = c.down, c.lose
				w := newWorld(t, func(w *world) { w.people = r })
				w.hs.Person("arvottu1")
				_, err := w.bridge.SignUp(t.Context(), "lippu", aino(), "salasana-1")
				if (err != nil) != c.fails {
					t.Fatal(err)
				}
				r.mu.Lock()
				r.down, r.lose = 0, 0
				r.mu.Unlock()
				if c.comes {
					if _, err = w.bridge.SignUp(t.Context(), "lippu", aino(), "salasana-1"); err != nil {
						t.Fatalf("again: %v", err)
					}
				}
				w.later()
				want := c.left
				if !undoes {
					want = c.leftIfUndoesNone
				}
				if r.usable() != want || w.members() != want {
					t.Errorf("%d accounts and %d members, want %d", r.usable(), w.members(), want)
				}
				if !c.comes {
					if _, err = w.bridge.SignUp(t.Context(), "lippu", aino(), "salasana-1"); err != nil {
						t.Errorf("much later: %v", err)
					}
				}
			})
		}
	}
}

// TestSignUpAfterACrash dies around each commit, once with the person coming
// again and once without: there is never an account without its member.
func TestSignUpAfterACrash(t *testing.T) {
	for _, committed := range []bool{false, true} {
		for _, comes := range []bool{false, true} {
			for _, undoes := range []bool{false, true} {
				for at := int64(1); signUpWithCrash(t, at, committed, comes, undoes); at++ {
					if at > 20 {
						t.Fatal("there is no end of commits")
					}
				}
			}
		}
	}
}

func signUpWithCrash(t *testing.T, at int64, committed, comes, undoes bool) (died bool) {
	t.Helper()
	d := &death{at: at, committed: committed}
	r := newRegister(undoes)
	w := newWorld(t, func(w *world) {
		w.people = r
		d.waits(w)
	})
	w.hs.Person("arvottu1")
	w.hs.Person("arvottu2")
	d.armed.Store(true)
	_, err := w.bridge.SignUp(context.Background(), "lippu", aino(), "salasana-1")
	if died = d.passes(w); !died && err != nil {
		t.Fatal(err)
	}
	if comes {
		joined, err := w.bridge.SignUp(context.Background(), "lippu", aino(), "salasana-1")
		if err != nil {
			t.Fatalf("again after commit %d, %v: %v", at, committed, err)
		}
		w.askedIn(joined.Address)
	}
	w.later()
	if usable, members := r.usable(), w.members(); usable != members || comes && usable != 1 {
		t.Errorf("after commit %d (committed %v, comes %v, undoes %v): %d accounts, %d members", at, committed, comes, undoes, usable, members)
	}
	w.stop()
	return died
}
