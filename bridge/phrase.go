package bridge

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"silta/mentoring"
	"silta/store"
)

// phraseShown is how long a recovery phrase stays readable at most in the room
// where the bot showed it.
const phraseShown = 15 * time.Minute

func phraseKey(of mentoring.MemberID) string { return fmt.Sprintf("phrase/%d", of) }

// phraseJob keeps work on a member's phrase. What is due later has a lane of its
// own, which what is due now does not wait behind.
func (s *step) phraseJob(op string, of mentoring.MemberID) error {
	return s.job(job{Op: op, Member: of}, "phrase", fmt.Sprint(of))
}

func (s *step) hidePhraseLater(of mentoring.MemberID) error {
	thing := []string{"phrase later", fmt.Sprint(of)}
	rows, err := s.tx.Rows(s.b.store.Lane(store.LaneWork, thing...))
	if err != nil {
		return err
	}
	for _, row := range rows { // meant for the phrase before
		if err = s.tx.Done(row.ID); err != nil {
			return err
		}
	}
	return s.jobAt(s.now.Add(phraseShown), job{Op: opHidePhrase, Member: of}, thing...)
}

// showPhrase draws a phrase, proves it outside of any transaction, and keeps the
// proof together with the line that shows it. Done again after a crash it draws
// another, and the line of the first, if there is one, is taken away.
func (b *Bridge) showPhrase(ctx context.Context, of mentoring.MemberID) error {
	if err := b.hidePhrase(ctx, of); err != nil {
		return err
	}
	phrase, err := mentoring.NewPhrase(rand.Reader)
	if err != nil {
		return fmt.Errorf("draw phrase: %w", err)
	}
	proof := b.store.Prove(phrase)
	return b.run(ctx, func(s *step) error {
		m, err := s.tx.Member(of)
		if err != nil {
			return notFoundIsFine(err)
		}
		if err = s.act.SetPhrase(m, proof); err != nil {
			return err
		}
		text := s.b.bot.Render(m.Language, mentoring.T("phrase.shown", "phrase", phrase.String()))
		if err = s.line(store.RoomManagement, int64(of), line{text: text, key: phraseKey(of)}); err != nil {
			return err
		}
		return s.hidePhraseLater(of)
	})
}

// hidePhrase takes a phrase away that was shown, or that waits to be.
func (b *Bridge) hidePhrase(ctx context.Context, of mentoring.MemberID) error {
	return b.hideLine(ctx, of, phraseKey(of))
}
