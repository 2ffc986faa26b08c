//go:build goolm

package machine

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix/id"
)

// TestLeak52DevicesHaveNoNames: what anybody can ask of a device of ours is a
// random ID and keys; a name could say what it is, and equal ones what belongs
// together.
func TestLeak52DevicesHaveNoNames(t *testing.T) {
	w := newWorld(t)
	w.h.setHook(func(call string, as id.UserID, body map[string]json.RawMessage) (int, any, bool) {
		if _, named := body["display_name"]; named || strings.Contains(string(body["device_keys"]), "display_name") {
			t.Errorf("%s names a device of %s", call, as)
		}
		return 0, nil, false
	})
	_, err := w.m.EnsureReader(t.Context(), bot)
	w.must(err)
	seen := map[id.DeviceID]id.UserID{}
	for _, user := range []id.UserID{bot, ghost, ghost + "2", ghost + "3"} {
		if user != bot {
			_, err = w.m.EnsureSender(t.Context(), user, "")
			w.must(err)
		}
		w.h.mu.Lock()
		for device, has := range w.h.user(user).devices {
			if other, known := seen[device]; known || len(device) < 8 || strings.Contains(string(device), "silta") {
				t.Errorf("a device is called %s, as one of %s", device, other)
			}
			seen[device] = user
			for key := range has.keys {
				if !slices.Contains([]string{"user_id", "device_id", "algorithms", "keys", "signatures"}, key) {
					t.Errorf("a device of %s shows %s", user, key)
				}
			}
		}
		w.h.mu.Unlock()
	}
	if len(seen) != 4 {
		t.Errorf("%d devices of the bot and three ghosts", len(seen))
	}
}
