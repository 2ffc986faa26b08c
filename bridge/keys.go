package bridge

import (
	"context"
	"encoding/json"
	"fmt"

	"maunium.net/go/mautrix/id"

	"silta/store"
)

// keyRow is the payload of a row in a keys lane: something that concerns a
// device of ours, or the devices of people.
type keyRow struct {
	Device   id.DeviceID     `json:"d,omitempty"`
	ToDevice json.RawMessage `json:"t,omitempty"`
	Changed  []id.UserID     `json:"c,omitempty"`
	Counts   map[string]int  `json:"n,omitempty"`
	Fallback *[]string       `json:"f,omitempty"`
}

// deviceCounts are the key counts of a transaction: by user, by device. Where
// all keys are used up Synapse sends an empty object or an empty list
// (matrix-facts §1).
type deviceCounts map[id.UserID]map[id.DeviceID]json.RawMessage

// keyRows are the rows that a transaction's to-device messages, device changes
// and key counts make. Only the reader's matter: nobody can send a ghost a key.
func (b *Bridge) keyRows(txn *transaction) []kept {
	if b.machines == nil {
		return nil
	}
	var rows []kept
	add := func(name string, k keyRow) {
		payload, err := json.Marshal(k)
		if err != nil {
			return // it was made of what JSON can say
		}
		rows = append(rows, kept{row: store.Row{Kind: store.LaneKeys, Lane: b.store.Lane(store.LaneKeys, name), Payload: payload}})
	}
	for _, raw := range txn.ToDevice {
		var to struct {
			User   id.UserID   `json:"to_user_id"`
			Device id.DeviceID `json:"to_device_id"`
		}
		if json.Unmarshal(raw, &to) != nil || to.User != b.botID || isProbe(raw) {
			continue
		}
		add("device/"+string(to.Device), keyRow{Device: to.Device, ToDevice: raw})
	}
	var lists struct {
		Changed []id.UserID `json:"changed"`
	}
	if json.Unmarshal(txn.DeviceLists, &lists) == nil && len(lists.Changed) > 0 {
		add("lists", keyRow{Changed: lists.Changed})
	}
	b.countRows(txn, add)
	return rows
}

func (b *Bridge) countRows(txn *transaction, add func(string, keyRow)) {
	counts, unused := deviceCounts{}, deviceCounts{}
	_ = json.Unmarshal(txn.KeyCounts, &counts) // absent or odd: nothing is known
	_ = json.Unmarshal(txn.Fallback, &unused)
	for device, raw := range counts[b.botID] {
		// Synapse repeats the counts in nearly every transaction; a row for each
		// would cost more than a relayed message.
		said := string(raw) + string(unused[b.botID][device])
		if before, _ := b.counted.Swap(device, said); before == said {
			continue
		}
		k := keyRow{Device: device, Counts: map[string]int{}}
		_ = json.Unmarshal(raw, &k.Counts) // "[]": none are left
		if k.Counts == nil {
			k.Counts = map[string]int{}
		}
		if rest, ok := unused[b.botID][device]; ok {
			names := []string{}
			_ = json.Unmarshal(rest, &names)
			k.Fallback = &names
		}
		add("device/"+string(device), k)
	}
}

// workKeys hands what came for the keys to the machines, in order.
func (b *Bridge) workKeys(ctx context.Context, l *lane) verdict {
	rows, none := b.nextDue(ctx, l)
	if len(rows) == 0 {
		return none
	}
	done := make([]int64, 0, len(rows))
	came := false
	var failed error
	for _, row := range rows {
		var k keyRow
		if json.Unmarshal(row.Payload, &k) == nil {
			failed = b.takeKeys(ctx, k)
		}
		if failed != nil {
			break
		}
		came = came || k.ToDevice != nil
		done = append(done, row.ID)
	}
	if err := b.store.Write(ctx, func(tx *store.Tx) error { return tx.Done(done...) }); err != nil {
		return b.storeTrouble(err)
	}
	if came {
		if err := b.keysCame(ctx); err != nil {
			return b.storeTrouble(err)
		}
	}
	switch {
	case failed == nil:
		l.failures = 0
		return verdict{more: true}
	case ctx.Err() != nil:
		return verdict{}
	case isWaiting(failed):
		return b.transient(l, failed)
	default:
		return b.fault(ctx, "keys", rows[len(done)], nil, failed)
	}
}

func (b *Bridge) takeKeys(ctx context.Context, k keyRow) error {
	if k.ToDevice != nil {
		if err := b.machines.ToDevice(ctx, b.botID, k.Device, k.ToDevice); err != nil {
			return fmt.Errorf("to-device message: %w", err)
		}
	}
	if len(k.Changed) > 0 {
		if err := b.machines.DeviceLists(ctx, k.Changed); err != nil {
			return fmt.Errorf("device lists: %w", err)
		}
		b.lanes.nudge(waitsPerson, store.LaneOut, store.LaneRoom) // somebody's devices changed: what could not be encrypted may go now
	}
	if k.Counts != nil {
		var unused []string
		if k.Fallback != nil {
			unused = *k.Fallback
		}
		if err := b.machines.KeyCounts(ctx, b.botID, k.Device, k.Counts, unused); err != nil {
			return fmt.Errorf("key counts: %w", err)
		}
	}
	return nil
}
