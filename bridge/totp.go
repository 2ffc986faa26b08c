package bridge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"silta/mentoring"
	"silta/store"
)

// totpFile is the key of the picture of a member's secret.
func totpFile(of mentoring.MemberID) string { return fmt.Sprintf("totp-file/%d", of) }

// showTotp shows the secret of a member's one-time codes as a picture that their
// app can read, for a time. The secret is read here: no job ever holds it.
func (b *Bridge) showTotp(ctx context.Context, of mentoring.MemberID, shown time.Duration) error {
	var t mentoring.Totp
	var m mentoring.Member
	err := b.store.Read(ctx, func(tx *store.Tx) (err error) {
		if m, err = tx.Member(of); err == nil {
			t, err = tx.Totp(of)
		}
		return err
	})
	if errors.Is(err, mentoring.ErrNotFound) || err == nil && t.On {
		return nil // over already
	}
	if err != nil {
		return err
	}
	picture, side, err := b.oneTime.Picture(t.Link)
	if err != nil {
		return err
	}
	return b.giveFile(ctx, roomFile{
		of: of, key: totpFile(of), name: b.bot.Render(m.Language, mentoring.T("totp.picture")), mime: "image/png", data: picture, side: side, shown: shown,
	})
}
