package store

import (
	"time"

	"golang.org/x/crypto/argon2"

	"silta/mentoring"
)

// The cost of a proof (OWASP's choice for argon2id): 19 MiB and about 30 ms.
// The secret has 80 bits of its own; this makes a guess dear all the same.
const (
	proofPasses = 2
	proofMemory = 19 << 10 // KiB
	proofLength = 32
	// proofsAtOnce bounds the memory that people who try phrases can take.
	proofsAtOnce = 2
)

// Prove makes the proof of a phrase. It is slow and holds memory: never call it
// in a transaction. At most two are made at a time, the others wait.
func (s *Store) Prove(p mentoring.Phrase) mentoring.PhraseProof {
	s.proofs <- struct{}{}
	defer func() { <-s.proofs }()
	salt := s.Hash("phrase salt", p.Locator) // of this service and this phrase only
	return mentoring.PhraseProof{
		Locator: p.Locator,
		Hash:    argon2.IDKey([]byte(p.Secret), salt, proofPasses, proofMemory, 1, proofLength),
	}
}

const phraseColumns = "member, hash, created"

func (t *Tx) scanPhrase(r record) (p mentoring.PhraseRecord, err error) {
	p = mentoring.PhraseRecord{Member: mentoring.MemberID(r.int(0)), Created: r.time(2)}
	p.Hash, err = t.s.keys.open(place{column: "phrase.hash", id: r.int(0)}, r.view(1))
	return p, err
}

// PhraseByLocator implements [mentoring.Tx].
func (t *Tx) PhraseByLocator(locator string) (mentoring.PhraseRecord, error) {
	p, err := single(t, "SELECT "+phraseColumns+" FROM phrase WHERE locator = $1", t.scanPhrase, t.s.Hash("phrase", locator))
	return p, doing("phrase", err)
}

// PhraseOf implements [mentoring.Tx].
func (t *Tx) PhraseOf(m mentoring.MemberID) (mentoring.PhraseRecord, error) {
	p, err := single(t, "SELECT "+phraseColumns+" FROM phrase WHERE member = $1", t.scanPhrase, m)
	return p, doing("phrase of a member", err)
}

// PutPhrase implements [mentoring.Tx].
func (t *Tx) PutPhrase(locator string, p mentoring.PhraseRecord) error {
	if err := t.writing(); err != nil {
		return err
	}
	_, err := t.exec(`INSERT INTO phrase (member, locator, hash, created) VALUES ($1, $2, $3, $4)
		ON CONFLICT (member) DO UPDATE SET locator = excluded.locator, hash = excluded.hash, created = excluded.created`,
		p.Member, t.s.Hash("phrase", locator), t.s.keys.seal(place{column: "phrase.hash", id: int64(p.Member)}, p.Hash), p.Created)
	return doing("put phrase", err)
}

// Attempts implements [mentoring.Tx].
func (t *Tx) Attempts(key string) (mentoring.Attempts, error) {
	tried, err := single(t, "SELECT wrong, until, changed FROM attempt WHERE hash = $1", func(r record) (mentoring.Attempts, error) {
		return mentoring.Attempts{Wrong: int(r.int(0)), Until: r.time(1), Changed: r.time(2)}, nil
	}, t.s.Hash("attempt", key))
	if isNotFound(err) {
		return mentoring.Attempts{}, nil
	}
	return tried, doing("attempts", err)
}

// PutAttempts implements [mentoring.Tx]; none wrong leaves no row.
func (t *Tx) PutAttempts(key string, tried mentoring.Attempts) error {
	var err error
	if tried.Wrong == 0 {
		_, err = t.exec("DELETE FROM attempt WHERE hash = $1", t.s.Hash("attempt", key))
	} else {
		_, err = t.exec(`INSERT INTO attempt (hash, wrong, until, changed) VALUES ($1, $2, $3, $4)
			ON CONFLICT (hash) DO UPDATE SET wrong = excluded.wrong, until = excluded.until, changed = excluded.changed`,
			t.s.Hash("attempt", key), tried.Wrong, tried.Until, tried.Changed)
	}
	return doing("put attempts", err)
}

// attemptsKept is how long wrong tries are remembered: as long as they count.
const attemptsKept = 8 * 24 * time.Hour

// MoveRequest implements [mentoring.Tx].
func (t *Tx) MoveRequest(newcomer mentoring.MemberID) (mentoring.MoveRequest, error) {
	m, err := single(t, "SELECT newcomer, member, created FROM move_request WHERE newcomer = $1", func(r record) (mentoring.MoveRequest, error) {
		return mentoring.MoveRequest{Newcomer: mentoring.MemberID(r.int(0)), Member: mentoring.MemberID(r.int(1)), Created: r.time(2)}, nil
	}, newcomer)
	return m, doing("move request", err)
}

// PutMoveRequest implements [mentoring.Tx].
func (t *Tx) PutMoveRequest(m mentoring.MoveRequest) error {
	_, err := t.exec(`INSERT INTO move_request (newcomer, member, created) VALUES ($1, $2, $3)
		ON CONFLICT (newcomer) DO UPDATE SET member = excluded.member, created = excluded.created`, m.Newcomer, m.Member, m.Created)
	return doing("put move request", err)
}

// DropMoveRequest implements [mentoring.Tx]; one that is not there is no error.
func (t *Tx) DropMoveRequest(newcomer mentoring.MemberID) error {
	_, err := t.exec("DELETE FROM move_request WHERE newcomer = $1", newcomer)
	return doing("drop move request", err)
}
