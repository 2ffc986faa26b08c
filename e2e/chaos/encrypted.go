package main

import (
	"context"

	"silta/dev"
)

// readable is what a client can read of a room's encrypted events: the bodies,
// by event ID. nil for no client.
func readable(c *dev.Client, room string) map[string]any {
	if c == nil {
		return nil
	}
	bodies := map[string]any{}
	for _, e := range c.Events(0) {
		if e.Room == room && e.Encrypted && e.Failure == "" {
			bodies[e.ID] = e.Body()
		}
	}
	return bodies
}

// downtime has one person write while Silta is down and change their session
// twice. The homeserver repeats the transactions that failed, but without the
// keys that were in them.
func (t *trial) downtime(ctx context.Context) {
	t.program.Kill9()
	w := t.ways[0]
	for i := range t.down {
		if i == t.down/3 || i == 2*t.down/3 {
			if _, err := w.says.Try("rotate", map[string]any{"room": w.from}); err != nil {
				t.scope.Fatalf("change a session: %v", err)
			}
		}
		t.insist(ctx, w, w.count+i)
	}
	w.count += t.down
	t.messages += t.down
	t.program.Start()
}
