package bridge

import (
	"context"

	"silta/mentoring"
	"silta/store"
)

// reword puts the texts that staff have rewritten in force. It is called at the
// start and after each commit that changed one; what was read last is newest,
// since one at a time reads.
func (b *Bridge) reword(ctx context.Context) {
	b.wording.Lock()
	defer b.wording.Unlock()
	var texts []mentoring.TextVersion
	err := b.store.Read(ctx, func(tx *store.Tx) (err error) {
		texts, err = tx.Texts()
		return err
	})
	if err != nil {
		b.log.Error().Err(redacted(err)).Msg("the texts that staff have rewritten cannot be read: those of before stay")
		return
	}
	b.bot.Reword(texts)
}
