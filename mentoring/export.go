package mentoring

import (
	"fmt"
	"time"
)

// exportEvery is how often somebody may take their conversations with them: each
// time everything is read back from the homeserver.
const exportEvery = 10 * time.Minute

// Export lets a member have their own conversations (feature C15): what was said
// in their own rooms, in nothing but pseudonyms, as far back as it can be read.
func (a *Act) Export(m Member) error {
	list, err := a.Tx.ConversationsOf(m.ID)
	if err != nil {
		return fmt.Errorf("conversations: %w", err)
	}
	if len(list) == 0 {
		return Refuse("export.none")
	}
	key := fmt.Sprintf("export/%d", m.ID)
	last, err := a.Tx.Attempts(key)
	if err != nil {
		return fmt.Errorf("attempts: %w", err)
	}
	if a.Now.Before(last.Until) {
		return Refuse("export.wait", "until", last.Until)
	}
	if err = a.Tx.PutAttempts(key, Attempts{Wrong: 1, Until: a.Now.Add(exportEvery), Changed: a.Now}); err != nil {
		return fmt.Errorf("put attempts: %w", err)
	}
	a.Do(ExportChats{m.ID})
	return nil
}
