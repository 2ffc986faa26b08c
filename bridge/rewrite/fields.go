package rewrite

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// fields are the keys of a JSON object with their values still encoded: slices
// of the event, nothing decoded that is not asked for. The decoder of
// encoding/json would also take "BODY" for body, and costs more than all the
// rest of the work on a common message.
type fields []field

type field struct {
	key   string
	value json.RawMessage
}

// decode splits an object. raw is valid JSON (json.Valid has seen it); false
// when it is anything but an object.
func decode(raw json.RawMessage) (fields, bool) {
	raw = bytes.Trim(raw, " \t\r\n")
	if len(raw) == 0 || raw[0] != '{' {
		return nil, false
	}
	f := make(fields, 0, 8)
	rest := next(raw[1:])
	for len(rest) > 0 && rest[0] == '"' {
		n := valueLength(rest)
		key, _ := decodeString(rest[:n])
		rest = next(rest[n:]) // after the colon
		n = valueLength(rest)
		f = append(f, field{key: key, value: bytes.TrimRight(rest[:n], " \t\r\n")})
		rest = next(rest[n:]) // after the comma
	}
	return f, true
}

// next skips what stands between keys and values.
func next(raw json.RawMessage) json.RawMessage {
	for len(raw) > 0 && (raw[0] == ' ' || raw[0] == '\t' || raw[0] == '\r' || raw[0] == '\n' || raw[0] == ':' || raw[0] == ',') {
		raw = raw[1:]
	}
	return raw
}

// valueLength is the length of the JSON value at the start of raw.
func valueLength(raw json.RawMessage) int {
	depth := 0
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			for i++; i < len(raw) && raw[i] != '"'; i++ {
				if raw[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return min(i+1, len(raw))
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i // the end of a number or literal, and of what it stands in
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
	return len(raw)
}

// get gives the encoded value of a key, the last one where it is repeated; nil
// when it is missing.
func (f fields) get(key string) json.RawMessage {
	for i := len(f) - 1; i >= 0; i-- {
		if f[i].key == key {
			return f[i].value
		}
	}
	return nil
}

// str reads a string; false when it is missing or something else.
func (f fields) str(key string) (string, bool) { return decodeString(f.get(key)) }

// text reads a string; "" when it is missing or something else.
func (f fields) text(key string) string {
	s, _ := f.str(key)
	return s
}

// decodeString reads a JSON string. The common one needs no decoder.
func decodeString(raw json.RawMessage) (string, bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	if inner := raw[1 : len(raw)-1]; bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner), true
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err == nil
}
