package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"silta/store"
)

// Synapse can strand a transaction: one that it makes in the very moment in
// which it finds us up again after a failure is neither sent at once nor by the
// recovery that just ended, while all later ones go out. It comes with the next
// failure, out of order, or never (measured: about one recovery in seven under
// 13 events a second; read in Synapse's appservice/scheduler.py). But its
// transaction IDs are consecutive integers, so a gap shows it; and a
// transaction that is refused makes Synapse begin a recovery, which sends the
// oldest first.
//
// So the first transaction after a gap is refused once and the homeserver
// pinged. If the same one comes again the gap was somebody else's: all
// appservices of a homeserver share the sequence.

const (
	settingTransaction = store.DeviceSetting + "transaction" // the last one's ID
	// groundlessLimit is after how many gaps that were nobody's transaction a
	// homeserver is taken to have other appservices; it is then challenged at
	// most once in groundlessPause.
	groundlessLimit = 3
	groundlessPause = 10 * time.Minute
	// challengePing is how long after a refusal the homeserver is pinged, so that
	// its answer to the refusal has been dealt with.
	challengePing = 100 * time.Millisecond
	// probeType is a to-device message of the bot to itself. It makes a
	// transaction, and so shows a gap that nothing else would.
	probeType = "silta.probe"
)

// probeAfter are the times after a start or a refusal at which a gap is looked
// for.
func probeAfter() []time.Duration { return []time.Duration{2 * time.Second, 10 * time.Second} }

// gaps watches the transaction IDs.
type gaps struct {
	mu         sync.Mutex
	last       int64 // the highest of the present sequence; 0: none yet
	before     int64 // the one that came last
	refused    int64 // the one that was refused and must come again
	groundless int   // refusals in a row that brought nothing
	challenged time.Time
}

// begin takes over what the last life of the program knew.
func (g *gaps) begin(setting string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.last, _ = strconv.ParseInt(setting, 10, 64) // "": nothing is known
	g.before = g.last
}

// accept says whether a transaction may be kept; false: refuse it once.
func (g *gaps) accept(n int64, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.last != 0 && n > g.last+1 {
		switch {
		case n == g.refused: // it came again, and nothing before it
			g.groundless++
		case g.groundless >= groundlessLimit && now.Sub(g.challenged) < groundlessPause:
		default:
			g.refused, g.challenged = n, now
			return false
		}
	} else if g.refused != 0 && n < g.refused {
		g.groundless = 0 // the gap was ours
	}
	return true
}

// anew says whether a transaction begins a new sequence, as a restarted Synapse
// does.
func (g *gaps) anew(n int64) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.last != 0 && n <= g.last && n <= g.before && g.refused == 0
}

// kept notes that a transaction has been kept.
func (g *gaps) kept(n int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if n > g.last || n == g.before+1 { // the latter: the sequence began anew, lower
		g.last = n
	}
	g.before = n
}

// next is what kept would make of last.
func (g *gaps) next(n int64) int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	if n > g.last || n == g.before+1 {
		return n
	}
	return g.last
}

// transactionNumber is the ID of a transaction as a number; 0 where the
// homeserver has IDs of another kind.
func transactionNumber(r *http.Request) int64 {
	n, err := strconv.ParseInt(r.PathValue("txn"), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// challenge follows a refusal: it ends the homeserver's back-off, asks for what
// was in the refused transaction and does not come again (matrix-facts §3, 16),
// and looks for a further gap.
func (b *Bridge) challenge() {
	b.meter.Refused("transaction_gap")
	time.AfterFunc(challengePing, func() {
		ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
		defer cancel()
		if err := b.ping(ctx); err != nil {
			b.log.Warn().Err(redacted(err)).Msg("the homeserver could not be pinged")
		}
		if b.machines != nil && b.ready.Load() {
			if err := b.catchUp(ctx); err != nil {
				b.log.Warn().Err(redacted(err)).Msg("could not ask for missed keys")
			}
		}
	})
	b.probeSoon()
}

func (b *Bridge) probeSoon() {
	for _, after := range probeAfter() {
		time.AfterFunc(after, func() { b.probe() })
	}
}

// probe makes the homeserver send a transaction.
func (b *Bridge) probe() {
	if !b.ready.Load() || b.botDevice() == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	body := map[string]any{"messages": map[string]any{string(b.botID): map[string]any{b.botDevice(): struct{}{}}}}
	err := b.hs.call(ctx, b.botActor(), http.MethodPut, body, nil, "v3", "sendToDevice", probeType, randomName(16))
	if err != nil && !errors.Is(err, context.Canceled) && !isTransient(err) {
		b.log.Info().Err(redacted(err)).Msg("the homeserver takes no to-device messages")
	}
}

// isProbe says whether a to-device message is one of our own.
func isProbe(raw json.RawMessage) bool {
	var message struct {
		Type string `json:"type"`
	}
	return json.Unmarshal(raw, &message) == nil && message.Type == probeType
}
