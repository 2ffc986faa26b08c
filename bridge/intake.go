package bridge

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"silta/store"
)

// maxTransaction bounds a transaction's body. It is far above what a homeserver
// sends (100 events of 64 KiB), since a refused transaction comes again for ever.
const maxTransaction = 64 << 20

// transaction is PUT /transactions/{txnId} of the appservice API, with the keys
// under which Synapse sends to-device messages and device changes (matrix-facts §1).
type transaction struct {
	Events      []json.RawMessage
	Ephemeral   []json.RawMessage // typing, receipts, presence: never kept
	ToDevice    []json.RawMessage // under its stable name or MSC2409's
	DeviceLists json.RawMessage
	KeyCounts   json.RawMessage
	Fallback    json.RawMessage
}

// readTransaction reads a transaction's body; the values are parts of it.
func readTransaction(body []byte) (txn transaction, ok bool) {
	if !json.Valid(body) { // unlike gjson's own check it bounds the depth
		return txn, false
	}
	object := gjson.ParseBytes(body)
	ok = object.IsObject()
	list := func(v gjson.Result, into *[]json.RawMessage) {
		if v.Type == gjson.Null {
			return
		}
		ok = ok && v.IsArray()
		v.ForEach(func(_, item gjson.Result) bool {
			*into = append(*into, json.RawMessage(item.Raw))
			return true
		})
	}
	object.ForEach(func(key, v gjson.Result) bool {
		switch key.Str {
		case "events":
			list(v, &txn.Events)
		case "ephemeral":
			list(v, &txn.Ephemeral)
		case "to_device", "de.sorunome.msc2409.to_device":
			list(v, &txn.ToDevice)
		case "org.matrix.msc3202.device_lists":
			txn.DeviceLists = json.RawMessage(v.Raw)
		case "org.matrix.msc3202.device_one_time_keys_count":
			txn.KeyCounts = json.RawMessage(v.Raw)
		case "org.matrix.msc3202.device_unused_fallback_key_types":
			txn.Fallback = json.RawMessage(v.Raw)
		}
		return ok
	})
	return txn, ok
}

// Handler is the appservice's HTTP handler. It keeps what comes and answers; it
// decides nothing.
func (b *Bridge) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /_matrix/app/v1/transactions/{txn}", b.authorised(b.putTransaction))
	mux.HandleFunc("PUT /transactions/{txn}", b.authorised(b.putTransaction)) // pre-v1 path: Dendrite, old Synapse
	mux.HandleFunc("POST /_matrix/app/v1/ping", b.authorised(b.pinged))
	none := func(w http.ResponseWriter, _ *http.Request) { writeError(w, http.StatusNotFound, "M_NOT_FOUND") }
	mux.HandleFunc("GET /_matrix/app/v1/users/{user}", b.authorised(none)) // ghosts are made before they are named
	mux.HandleFunc("GET /_matrix/app/v1/rooms/{alias}", b.authorised(none))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		writeError(w, http.StatusNotFound, "M_UNRECOGNIZED")
	})
	return mux
}

func (b *Bridge) authorised(next http.HandlerFunc) http.HandlerFunc {
	want := []byte(b.registration.ServerToken)
	return func(w http.ResponseWriter, r *http.Request) {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok {
			token = r.URL.Query().Get("access_token") // homeservers before spec v1.4
		}
		switch {
		case token == "":
			writeError(w, http.StatusUnauthorized, "M_MISSING_TOKEN")
		case subtle.ConstantTimeCompare([]byte(token), want) != 1:
			writeError(w, http.StatusForbidden, "M_FORBIDDEN")
		default:
			next(w, r)
		}
	}
}

// putTransaction keeps every event as a queue row, commits, and answers 200:
// nothing else happens here, so a crash at any moment loses nothing and a slow
// step never makes the homeserver give up on us (matrix-facts §3, 2 and 16).
func (b *Bridge) putTransaction(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxTransaction))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			writeError(w, http.StatusRequestEntityTooLarge, "M_TOO_LARGE")
			return
		}
		writeError(w, http.StatusBadRequest, "M_UNKNOWN")
		return
	}
	txn, ok := readTransaction(body)
	if !ok {
		writeError(w, http.StatusBadRequest, "M_NOT_JSON")
		return
	}
	number := transactionNumber(r)
	if number != 0 && !b.gaps.accept(number, b.now()) {
		writeError(w, http.StatusServiceUnavailable, "M_UNKNOWN")
		b.challenge()
		return
	}
	if b.suspect.Load() || number != 0 && b.gaps.anew(number) {
		if err = b.missed(r.Context()); err != nil { // it is asked again; what came must not wait for it
			b.log.Warn().Err(redacted(err)).Msg("could not ask for missed messages")
		}
	}
	b.countKeys(&txn)
	if err = b.keep(r.Context(), &txn, number); err != nil {
		b.log.Error().Err(redacted(err)).Msg("a transaction could not be kept; the homeserver will send it again")
		writeError(w, http.StatusServiceUnavailable, "M_UNKNOWN")
		return
	}
	if number != 0 {
		b.gaps.kept(number)
	}
	b.signs.take(txn.Ephemeral)
	writeJSON(w, http.StatusOK, struct{}{})
}

// countKeys counts to-device messages and key counts, by which `silta check`
// sees that the homeserver sends them.
func (b *Bridge) countKeys(txn *transaction) {
	if n := len(txn.ToDevice); n > 0 {
		b.meter.Received("to_device", n)
	}
	var counts map[string]json.RawMessage
	if json.Unmarshal(txn.KeyCounts, &counts) == nil && len(counts) > 0 {
		b.meter.Received("key_counts", len(counts))
	}
}

// kept is an event on its way into the queue.
type kept struct {
	event string // event ID, for the search for doubles; "" for rows that have none
	row   store.Row
}

func (b *Bridge) keep(ctx context.Context, txn *transaction, number int64) error {
	rows := make([]kept, 0, len(txn.Events))
	for _, raw := range txn.Events {
		if row, ok := b.eventRow(raw); ok {
			rows = append(rows, row)
		}
	}
	rows = append(rows, b.keyRows(txn)...)
	if len(rows) == 0 && number == 0 {
		return nil
	}
	if len(rows) > 0 {
		b.meter.Received("event", len(rows))
	}
	// Not the request's context: a homeserver that hangs up does not undo what came.
	return b.store.WriteFirst(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		if err := enqueueNew(tx, rows); err != nil {
			return err
		}
		if number == 0 {
			return nil
		}
		return tx.PutSetting(settingTransaction, strconv.FormatInt(b.gaps.next(number), 10))
	})
}

// eventRow is the row that an event makes; ok is false for what is not kept.
func (b *Bridge) eventRow(raw json.RawMessage) (row kept, ok bool) {
	ev, err := parseIncoming(raw)
	if err != nil {
		b.meter.Refused("malformed")
		return row, false
	}
	if b.isOurs(ev.Sender) && !b.botLeft(ev) {
		return row, false // the echo of what we did
	}
	return kept{event: ev.ID, row: store.Row{
		Kind: store.LaneIn, Lane: b.inLane(ev.Room, ev.Sender), Payload: raw, Value: ev,
	}}, true
}

// enqueueNew keeps the rows whose events have not been kept before.
func enqueueNew(tx *store.Tx, rows []kept) error {
	for i := range rows {
		if rows[i].event != "" {
			seen, err := tx.Seen(rows[i].event)
			if err != nil {
				return err
			}
			if seen {
				continue // sent twice (an answer was lost, or Synapse's own double)
			}
		}
		row := rows[i].row
		if err := tx.Enqueue(&row); err != nil {
			return err
		}
	}
	return nil
}

// botLeft says whether the bot left a room. That is not always our own doing:
// Synapse's "delete room" makes local users leave in their own name.
func (b *Bridge) botLeft(ev *incoming) bool {
	if ev.Type != "m.room.member" || ev.Sender != string(b.botID) || ev.StateKey == nil || *ev.StateKey != ev.Sender {
		return false
	}
	var m member
	return json.Unmarshal(ev.Content, &m) == nil && m.Membership == "leave"
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the other side hung up: nothing to do
}

func writeError(w http.ResponseWriter, status int, code string) {
	writeJSON(w, status, map[string]string{"errcode": code, "error": http.StatusText(status)})
}
