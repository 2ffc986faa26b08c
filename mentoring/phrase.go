package mentoring

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
)

// Phrase is a recovery phrase (feature J10): with it, and with nothing else, a
// person proves from another account or after a forgotten password who they
// are. It is written in the letters and digits of one-time codes, in groups of
// four: no language's words, nothing that is misread, easy on a phone.
//
// Locator finds whose it is; it is kept as a keyed hash. Secret proves it; only
// a slow hash of it is kept (see [PhraseProof]).
type Phrase struct{ Locator, Secret string }

const (
	phraseGroup   = 4
	locatorLength = 8  // 40 bits: never two alike by chance in a service of this size
	secretLength  = 16 // 80 bits
)

// NewPhrase draws a phrase.
func NewPhrase(random io.Reader) (Phrase, error) {
	text, err := randomText(random, codeAlphabet, locatorLength+secretLength)
	if err != nil {
		return Phrase{}, err
	}
	return Phrase{text[:locatorLength], text[locatorLength:]}, nil
}

// String is the phrase as people write it down.
func (p Phrase) String() string {
	var groups []string
	for text := p.Locator + p.Secret; text != ""; text = text[min(phraseGroup, len(text)):] {
		groups = append(groups, text[:min(phraseGroup, len(text))])
	}
	return strings.Join(groups, "-")
}

var (
	phrasePattern = regexp.MustCompile(`^(?:\pL+:?\s+){0,2}((?:[0-9A-Za-z]{4}[-–‑\s]*){6})\.?\s*$`)
	// secretPattern is what a mistyped phrase or code looks like: groups of about
	// that length, most of them with a digit in it.
	secretPattern = regexp.MustCompile(`(?:[0-9A-Za-z]{3,5}[-–‑\s]+){3,}[0-9A-Za-z]{3,5}`)
)

// ParsePhrase reads a phrase that somebody typed, with up to two words before
// it. ok is false when the text is no phrase; whether a phrase is right, or was
// ever given to anybody, is another question.
func ParsePhrase(text string) (p Phrase, ok bool) {
	if len(text) > 200 {
		return Phrase{}, false
	}
	found := phrasePattern.FindStringSubmatch(strings.TrimSpace(text))
	if found == nil || !strings.ContainsAny(found[1], "0123456789-–‑") {
		return Phrase{}, false
	}
	plain := plainCode(found[1])
	if len(plain) != locatorLength+secretLength {
		return Phrase{}, false
	}
	return Phrase{plain[:locatorLength], plain[locatorLength:]}, true
}

// LikeSecret says whether a text has something in it that may be a phrase or a
// code, mistyped: then it is taken away, whatever becomes of it.
func LikeSecret(text string) bool {
	for _, found := range secretPattern.FindAllString(text, -1) {
		if groups := strings.FieldsFunc(found, func(r rune) bool { return strings.ContainsRune("-–‑ \t\n", r) }); withDigits(groups) >= 2 {
			return true
		}
	}
	return false
}

func withDigits(groups []string) (n int) {
	for _, g := range groups {
		if strings.ContainsAny(g, "0123456789") {
			n++
		}
	}
	return n
}

// PhraseProof is what the store makes of a phrase, slowly and outside of any
// transaction. Without a Hash it proves nothing.
type PhraseProof struct {
	Locator string
	Hash    []byte
}

// PhraseRecord is a member's phrase as it is kept.
type PhraseRecord struct {
	Member  MemberID
	Hash    []byte
	Created time.Time
}

// SetPhrase gives a member a phrase; the one before works no more.
func (a *Act) SetPhrase(m Member, proof PhraseProof) error {
	if len(proof.Hash) == 0 {
		return errors.New("set phrase: nothing to prove it by")
	}
	if err := a.Tx.PutPhrase(proof.Locator, PhraseRecord{m.ID, proof.Hash, a.Now}); err != nil {
		return fmt.Errorf("put phrase: %w", err)
	}
	return nil
}

// PhraseSince is when the member got their phrase; the zero time: they have none.
func (a *Act) PhraseSince(m Member) (time.Time, error) {
	p, err := a.Tx.PhraseOf(m.ID)
	if errors.Is(err, ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("phrase: %w", err)
	}
	return p.Created, nil
}

// Attempts are the wrong tries at one thing.
type Attempts struct {
	Wrong   int
	Until   time.Time // no further try before
	Changed time.Time // of the last wrong try
}

// How many wrong phrases are free, how long the first wait is after that, and
// the longest: it doubles with each wrong one. What was wrong is forgotten after
// a time without any. At the global limit alone 100,000 phrases take two years.
const (
	locatorFree  = 3
	locatorFirst = time.Minute
	locatorLast  = 24 * time.Hour
	globalFree   = 20
	globalFirst  = 5 * time.Second
	globalLast   = 10 * time.Minute
	globalFades  = 12 * time.Hour
	locatorFades = 7 * 24 * time.Hour
)

// attemptsAtAll is where the wrong tries of everybody are counted.
const attemptsAtAll = "phrase"

func attemptsAt(locator string) string { return "phrase/" + locator }

// PhraseWait refuses while no further phrase may be tried: ask it before the
// proof, which is slow, is made. It is the same for a phrase that nobody has.
func (a *Act) PhraseWait(p Phrase) error {
	for _, key := range []string{attemptsAtAll, attemptsAt(p.Locator)} {
		tried, err := a.Tx.Attempts(key)
		if err != nil {
			return fmt.Errorf("attempts: %w", err)
		}
		if tried.Until.After(a.Now) {
			return Refuse("phrase.wait", "until", tried.Until)
		}
	}
	return nil
}

// FindByPhrase finds the member who has a phrase. ok is false when it is wrong,
// whatever is wrong with it; the try is counted, so the transaction must be
// committed. It refuses, and looks at nothing, while PhraseWait does.
func (a *Act) FindByPhrase(proof PhraseProof) (m Member, ok bool, err error) {
	if err = a.PhraseWait(Phrase{Locator: proof.Locator}); err != nil {
		return Member{}, false, err
	}
	if len(proof.Hash) == 0 { // a wait that has ended since
		return Member{}, false, Refuse("phrase.wait", "until", a.Now.Add(locatorFirst))
	}
	kept, err := a.Tx.PhraseByLocator(proof.Locator)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Member{}, false, fmt.Errorf("phrase: %w", err)
	}
	if err == nil && subtle.ConstantTimeCompare(kept.Hash, proof.Hash) == 1 {
		if err = a.Tx.PutAttempts(attemptsAt(proof.Locator), Attempts{}); err != nil {
			return Member{}, false, fmt.Errorf("put attempts: %w", err)
		}
		if m, err = a.Tx.Member(kept.Member); err != nil {
			return Member{}, false, fmt.Errorf("member: %w", err)
		}
		return m, true, nil
	}
	if err = a.wrong(attemptsAtAll, globalFree, globalFirst, globalLast, globalFades); err != nil {
		return Member{}, false, err
	}
	return Member{}, false, a.wrong(attemptsAt(proof.Locator), locatorFree, locatorFirst, locatorLast, locatorFades)
}

// wrong counts a wrong try.
func (a *Act) wrong(key string, free int, first, last, fades time.Duration) error {
	tried, err := a.Tx.Attempts(key)
	if err != nil {
		return fmt.Errorf("attempts: %w", err)
	}
	if a.Now.Sub(tried.Changed) > fades {
		tried.Wrong = 0
	}
	tried.Wrong, tried.Changed = tried.Wrong+1, a.Now
	if over := tried.Wrong - free; over >= 0 {
		tried.Until = a.Now.Add(min(first<<min(over, 20), last))
	}
	if err := a.Tx.PutAttempts(key, tried); err != nil {
		return fmt.Errorf("put attempts: %w", err)
	}
	return nil
}

// OfferPhrase gives a member a new phrase, which is shown to them once.
func (a *Act) OfferPhrase(m Member) error {
	if !m.Joined() {
		return Refuse("join.first")
	}
	a.Do(ShowPhrase{m.ID})
	return nil
}
