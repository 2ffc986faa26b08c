package bridge

import (
	"strings"

	"silta/bridge/rewrite"
)

// A leg that its person has archived is quiet (feature C6): what comes there is
// a notice, which clients show but do not notify of. Push rules belong to the
// person's account, so this is all that can be done without it.

// hushed makes a notice of what a person wrote; the rest goes as it is.
func hushed(object rewrite.Content) rewrite.Content {
	for _, part := range []any{object, object["m.new_content"]} {
		content, ok := part.(rewrite.Content)
		if !ok {
			if plain, isMap := part.(map[string]any); isMap {
				content = plain
			}
		}
		if kind, ok := content["msgtype"].(string); ok && (kind == "m.text" || kind == "m.emote") {
			content["msgtype"] = "m.notice"
		}
	}
	return object
}

// isHeart says whether a reaction is the heart by which mentees thank.
func isHeart(key string) bool {
	key = strings.TrimRight(strings.TrimSpace(key), "\ufe0e\ufe0f")
	return key == "❤" || key == "♥"
}
