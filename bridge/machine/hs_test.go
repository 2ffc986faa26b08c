//go:build goolm

package machine

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"maunium.net/go/mautrix/id"
)

// homeserver is the part of a homeserver that encryption needs: devices, keys,
// to-device messages. Every request may be answered by hook instead.
type homeserver struct {
	*httptest.Server

	mu    sync.Mutex
	users map[id.UserID]*hsUser
	calls []string // "POST keys/upload", in order
	made  int
	// hook may answer a request; it is called without the lock.
	hook func(call string, as id.UserID, body map[string]json.RawMessage) (status int, answer any, done bool)
	// lose, when it says so, has the answer of a request get lost.
	lose func() bool
	// changed is what the next sync says of device lists.
	changed []id.UserID
}

type hsUser struct {
	devices map[id.DeviceID]*hsDevice
	signing map[string]json.RawMessage
}

type hsDevice struct {
	keys          map[string]any
	otk, fallback map[string]json.RawMessage
	fallbackUsed  bool
	inbox         []hsMessage
}

type hsMessage struct {
	n   int
	raw json.RawMessage
}

func newHomeserver(t *testing.T) *homeserver {
	h := &homeserver{users: map[id.UserID]*hsUser{}}
	h.Server = httptest.NewServer(http.HandlerFunc(h.serve))
	t.Cleanup(h.Server.Close)
	return h
}

func (h *homeserver) user(name id.UserID) *hsUser {
	if h.users[name] == nil {
		h.users[name] = &hsUser{devices: map[id.DeviceID]*hsDevice{}, signing: map[string]json.RawMessage{}}
	}
	return h.users[name]
}

func (h *homeserver) setHook(hook func(call string, as id.UserID, body map[string]json.RawMessage) (int, any, bool)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hook = hook
}

// count is how many calls there were since the last count.
func (h *homeserver) count() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	calls := h.calls
	h.calls = nil
	return calls
}

func (h *homeserver) serve(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	var body map[string]json.RawMessage
	_ = json.Unmarshal(raw, &body)
	path := strings.Split(strings.TrimPrefix(r.URL.Path, "/_matrix/client/v3/"), "/")
	call := r.Method + " " + path[0]
	if path[0] == "keys" {
		call = r.Method + " " + strings.Join(path, "/")
	}
	as, device := h.who(r)
	h.mu.Lock()
	h.calls = append(h.calls, call)
	hook := h.hook
	h.mu.Unlock()
	status, answer := 200, any(map[string]any{})
	done := false
	if hook != nil {
		status, answer, done = hook(call, as, body)
	}
	if !done {
		h.mu.Lock()
		status, answer = h.answer(call, path, as, device, body, r)
		if h.lose != nil && h.lose() {
			status = 0
		}
		h.mu.Unlock()
	}
	if status == 0 {
		panic(http.ErrAbortHandler) // the connection is cut
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}

func (h *homeserver) who(r *http.Request) (id.UserID, id.DeviceID) {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if user, device, ok := strings.Cut(token, "|"); ok {
		return id.UserID(user), id.DeviceID(device)
	}
	return id.UserID(r.URL.Query().Get("user_id")), id.DeviceID(r.URL.Query().Get("device_id"))
}

func refusal(code string) (int, any) {
	return http.StatusBadRequest, map[string]any{"errcode": code, "error": "@secret:canary says no"}
}

func (h *homeserver) answer(call string, path []string, as id.UserID, device id.DeviceID, body map[string]json.RawMessage, r *http.Request) (int, any) {
	empty := map[string]any{}
	switch call {
	case "POST register":
		var name string
		_ = json.Unmarshal(body["username"], &name)
		user := id.UserID("@" + name + ":x")
		if h.users[user] != nil {
			return refusal("M_USER_IN_USE")
		}
		h.user(user)
	case "PUT devices":
		if h.user(as).devices[id.DeviceID(path[1])] == nil {
			h.user(as).devices[id.DeviceID(path[1])] = &hsDevice{otk: map[string]json.RawMessage{}, fallback: map[string]json.RawMessage{}}
		}
	case "DELETE devices":
		delete(h.user(as).devices, id.DeviceID(path[1]))
	case "GET devices":
		out := []any{}
		for _, d := range slices.Sorted(maps.Keys(h.user(as).devices)) {
			out = append(out, map[string]any{"device_id": d})
		}
		return 200, map[string]any{"devices": out}
	case "POST keys/device_signing/upload":
		for k, v := range body {
			h.user(as).signing[k] = v
		}
	case "POST keys/signatures/upload":
		h.sign(body)
	case "POST keys/upload":
		return h.upload(as, device, body)
	case "POST keys/query":
		return 200, h.query(body)
	case "POST keys/claim":
		return 200, h.claim(body)
	case "PUT sendToDevice":
		h.send(as, path[1], body)
	case "GET sync":
		return 200, h.sync(as, device, r.URL.Query().Get("since"))
	default:
		return 404, map[string]any{"errcode": "M_UNRECOGNIZED"}
	}
	return 200, empty
}

func (h *homeserver) sign(body map[string]json.RawMessage) {
	for user, raw := range body {
		var objects map[id.DeviceID]struct {
			Signatures map[string]map[string]string `json:"signatures"`
		}
		_ = json.Unmarshal(raw, &objects)
		for name, object := range objects {
			if d := h.user(id.UserID(user)).devices[name]; d != nil {
				all := d.keys["signatures"].(map[string]any)[user].(map[string]any)
				for k, v := range object.Signatures[user] {
					all[k] = v
				}
			}
		}
	}
}

func (h *homeserver) upload(as id.UserID, device id.DeviceID, body map[string]json.RawMessage) (int, any) {
	d := h.user(as).devices[device]
	if d == nil {
		return refusal("M_UNKNOWN")
	}
	if body["device_keys"] != nil {
		d.keys = nil
		_ = json.Unmarshal(body["device_keys"], &d.keys)
	}
	var otk, fallback map[string]json.RawMessage
	_ = json.Unmarshal(body["one_time_keys"], &otk)
	_ = json.Unmarshal(body["fallback_keys"], &fallback)
	for name, key := range otk {
		if old := d.otk[name]; old != nil && string(old) != string(key) {
			return refusal("M_UNKNOWN") // "One time key … already exists"
		}
		d.otk[name] = key
	}
	if len(fallback) > 0 {
		d.fallback, d.fallbackUsed = fallback, false
	}
	return 200, map[string]any{"one_time_key_counts": map[string]any{"signed_curve25519": len(d.otk)}}
}

func (h *homeserver) query(body map[string]json.RawMessage) any {
	var asked map[id.UserID]any
	_ = json.Unmarshal(body["device_keys"], &asked)
	devices := map[id.UserID]map[id.DeviceID]any{}
	signing := map[string]map[id.UserID]json.RawMessage{"master_key": {}, "self_signing_key": {}, "user_signing_key": {}}
	for name := range asked {
		devices[name] = map[id.DeviceID]any{}
		u := h.users[name]
		if u == nil {
			continue
		}
		for deviceID, d := range u.devices {
			if d.keys != nil {
				devices[name][deviceID] = d.keys
			}
		}
		for k, v := range u.signing {
			signing[k][name] = v
		}
	}
	return map[string]any{"device_keys": devices, "master_keys": signing["master_key"],
		"self_signing_keys": signing["self_signing_key"], "user_signing_keys": signing["user_signing_key"]}
}

func (h *homeserver) claim(body map[string]json.RawMessage) any {
	var asked map[id.UserID]map[id.DeviceID]any
	_ = json.Unmarshal(body["one_time_keys"], &asked)
	out := map[id.UserID]map[id.DeviceID]map[string]json.RawMessage{}
	for user, devices := range asked {
		out[user] = map[id.DeviceID]map[string]json.RawMessage{}
		for name := range devices {
			d := h.user(user).devices[name]
			if d == nil {
				continue
			}
			for _, k := range slices.Sorted(maps.Keys(d.otk)) {
				out[user][name] = map[string]json.RawMessage{k: d.otk[k]}
				delete(d.otk, k)
				break
			}
			for k, key := range d.fallback {
				if out[user][name] == nil {
					out[user][name] = map[string]json.RawMessage{k: key}
					d.fallbackUsed = true
				}
			}
		}
	}
	return map[string]any{"one_time_keys": out}
}

func (h *homeserver) send(from id.UserID, kind string, body map[string]json.RawMessage) {
	var messages map[id.UserID]map[id.DeviceID]json.RawMessage
	_ = json.Unmarshal(body["messages"], &messages)
	for to, devices := range messages {
		for name, content := range devices {
			d := h.user(to).devices[name]
			if d == nil {
				continue
			}
			raw, _ := json.Marshal(map[string]any{"type": kind, "sender": from, "content": content})
			h.made++
			d.inbox = append(d.inbox, hsMessage{h.made, raw})
		}
	}
}

func (h *homeserver) sync(as id.UserID, device id.DeviceID, since string) any {
	after, _ := strconv.Atoi(since)
	events := []json.RawMessage{}
	next := after
	counts := map[string]any{}
	unused := []string{}
	if d := h.user(as).devices[device]; d != nil {
		keep := d.inbox[:0]
		for _, msg := range d.inbox {
			if msg.n <= after {
				continue // acknowledged
			}
			keep = append(keep, msg)
			if len(events) < mostMessages {
				events = append(events, msg.raw)
				next = msg.n
			}
		}
		d.inbox = keep
		counts["signed_curve25519"] = len(d.otk)
		if len(d.fallback) > 0 && !d.fallbackUsed {
			unused = append(unused, "signed_curve25519")
		}
	}
	changed := h.changed
	h.changed = nil
	return map[string]any{"next_batch": strconv.Itoa(next), "to_device": map[string]any{"events": events},
		"device_lists": map[string]any{"changed": changed}, "device_one_time_keys_count": counts,
		"device_unused_fallback_key_types": unused}
}

// inbox takes what is in a device's inbox without a sync: what a transaction
// would carry.
func (h *homeserver) inbox(user id.UserID, device id.DeviceID) []json.RawMessage {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []json.RawMessage
	if d := h.user(user).devices[device]; d != nil {
		for _, msg := range d.inbox {
			out = append(out, msg.raw)
		}
	}
	return out
}

func (h *homeserver) device(user id.UserID, device id.DeviceID) hsDevice {
	h.mu.Lock()
	defer h.mu.Unlock()
	if d := h.user(user).devices[device]; d != nil {
		return *d
	}
	return hsDevice{}
}
