package hs

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// keyRoutes are devices and their keys: stored and returned, never checked.
func keyRoutes() []route {
	var out []route
	for pattern, run := range map[string]func(*call) (any, error){
		"PUT devices/*":                   (*call).putDevice,
		"GET devices/*":                   (*call).getDevice,
		"GET devices":                     (*call).devices,
		"DELETE devices/*":                (*call).deleteDevice,
		"POST keys/upload":                (*call).keysUpload,
		"POST keys/query":                 (*call).keysQuery,
		"POST keys/claim":                 (*call).keysClaim,
		"POST keys/device_signing/upload": (*call).signingUpload,
		"POST keys/signatures/upload":     (*call).nothing,
		"PUT sendToDevice/*/*":            (*call).sendToDevice,
	} {
		method, path, _ := strings.Cut(pattern, " ")
		out = append(out, route{method: method, path: strings.Split(path, "/"), name: pattern, run: run})
	}
	return out
}

func (c *call) putDevice() (any, error) {
	u := c.s.users[c.user]
	if u.devices[c.args[0]] == nil {
		u.devices[c.args[0]] = &device{otk: map[string]any{}, fallback: map[string]any{}}
	}
	return object{}, nil
}

func (c *call) getDevice() (any, error) {
	if c.s.users[c.user].devices[c.args[0]] == nil {
		return nil, notFound("Device")
	}
	return object{"device_id": c.args[0]}, nil
}

func (c *call) devices() (any, error) {
	out := []any{}
	for _, id := range slices.Sorted(maps.Keys(c.s.users[c.user].devices)) {
		out = append(out, object{"device_id": id})
	}
	return object{"devices": out}, nil
}

func (c *call) deleteDevice() (any, error) {
	delete(c.s.users[c.user].devices, c.args[0])
	return object{}, nil
}

func (c *call) keysUpload() (any, error) {
	d := c.s.users[c.user].devices[c.device]
	if d == nil {
		return nil, bad("M_UNKNOWN", "To upload keys, you must pass device_id when authenticating")
	}
	if keys := c.body["device_keys"]; keys != nil {
		d.keys = keys
	}
	for what, into := range map[string]map[string]any{"one_time_keys": d.otk, "fallback_keys": d.fallback} {
		keys, _ := c.body[what].(map[string]any)
		maps.Copy(into, keys)
	}
	return object{"one_time_key_counts": object{"signed_curve25519": len(d.otk)}}, nil
}

func (c *call) keysQuery() (any, error) {
	devices, master, self, user := object{}, object{}, object{}, object{}
	asked, _ := c.body["device_keys"].(map[string]any)
	for id := range asked {
		u := c.s.users[id]
		if u == nil {
			continue
		}
		all := object{}
		for name, d := range u.devices {
			if d.keys != nil {
				all[name] = d.keys
			}
		}
		devices[id] = all
		for key, into := range map[string]object{"master_key": master, "self_signing_key": self, "user_signing_key": user} {
			if v := u.signing[key]; v != nil && (key != "user_signing_key" || id == c.user) {
				into[id] = v
			}
		}
	}
	return object{"device_keys": devices, "master_keys": master, "self_signing_keys": self, "user_signing_keys": user, "failures": object{}}, nil
}

func (c *call) keysClaim() (any, error) {
	out := object{}
	asked, _ := c.body["one_time_keys"].(map[string]any)
	for id, devices := range asked {
		u := c.s.users[id]
		names, _ := devices.(map[string]any)
		if u == nil {
			continue
		}
		got := object{}
		for name := range names {
			if d := u.devices[name]; d != nil {
				if key := d.claim(); key != nil {
					got[name] = key
				}
			}
		}
		out[id] = got
	}
	return object{"one_time_keys": out, "failures": object{}}, nil
}

// claim takes one one-time key, or gives the fallback key.
func (d *device) claim() object {
	for _, id := range slices.Sorted(maps.Keys(d.otk)) {
		key := d.otk[id]
		delete(d.otk, id)
		return object{id: key}
	}
	for _, id := range slices.Sorted(maps.Keys(d.fallback)) {
		return object{id: d.fallback[id]}
	}
	return nil
}

func (c *call) signingUpload() (any, error) {
	u := c.s.users[c.user]
	if u.signing == nil {
		u.signing = map[string]any{}
	}
	for _, k := range []string{"master_key", "self_signing_key", "user_signing_key"} {
		if v := c.body[k]; v != nil {
			u.signing[k] = v
		}
	}
	return object{}, nil
}

func (c *call) sendToDevice() (any, error) {
	return c.once(c.args[1], func() (any, error) {
		messages, _ := c.body["messages"].(map[string]any)
		for id, v := range messages {
			devices, _ := v.(map[string]any)
			for name, content := range devices {
				c.s.toDevice(c.user, id, name, c.args[0], content)
			}
		}
		return object{}, nil
	})
}

// toDevice delivers to an inbox and, for a device of the appservice, with the
// next transaction.
func (s *Server) toDevice(from, to, name, kind string, content any) {
	u := s.users[to]
	if u == nil {
		return
	}
	for id, d := range u.devices {
		if name != "*" && name != id {
			continue
		}
		s.made++
		ev := map[string]any{"type": kind, "sender": from, "content": content}
		d.inbox = append(d.inbox, toDevice{n: int64(s.made), event: ev})
		if s.ours(to) {
			with := maps.Clone(ev)
			with["to_user_id"], with["to_device_id"] = to, id
			raw, _ := json.Marshal(with)
			s.push.toDevice = append(s.push.toDevice, raw)
		}
	}
	s.bump()
}
