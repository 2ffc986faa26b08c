package dev

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"
)

// User is a light client over plain HTTP, for load and for looking at raw data.
// It is safe for several goroutines at a time.
type User struct {
	Account

	http *http.Client
	txn  atomic.Int64
	run  int64 // makes transaction IDs of this User different from another's
}

// NewUser returns a client for an account; nothing is sent.
func NewUser(a Account) *User {
	transport := &http.Transport{MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute}
	return &User{Account: a, http: &http.Client{Transport: transport}, run: time.Now().UnixNano()}
}

// APIError is what a homeserver refused.
type APIError struct {
	Status int
	Code   string `json:"errcode"`
	Text   string `json:"error"`
}

// Error is "M_FORBIDDEN (403): …".
func (e *APIError) Error() string { return fmt.Sprintf("%s (%d): %s", e.Code, e.Status, e.Text) }

// Passing says whether an error may be gone at the next try: the network's, 429 and 5xx.
func Passing(err error) bool {
	var api *APIError
	if errors.As(err, &api) {
		return api.Status == http.StatusTooManyRequests || api.Status >= 500
	}
	return err != nil && !errors.Is(err, context.Canceled)
}

// Do makes one request. in is marshalled, unless it is nil or already bytes;
// out is filled, unless it is nil.
func (u *User) Do(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if raw, ok := in.([]byte); ok {
		body = bytes.NewReader(raw)
	} else if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("request: %w", err)
		}
		body = bytes.NewReader(raw)
	}
	request, err := http.NewRequestWithContext(ctx, method, u.Homeserver+path, body)
	if err != nil {
		return fmt.Errorf("request: %w", err)
	}
	if u.Token != "" {
		request.Header.Set("Authorization", "Bearer "+u.Token)
	}
	response, err := u.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	if response.StatusCode/100 != 2 {
		fault := &APIError{Status: response.StatusCode}
		if json.Unmarshal(answer, fault) != nil {
			fault.Text = string(answer)
		}
		return fault
	}
	if raw, ok := out.(*json.RawMessage); ok {
		*raw = answer
		return nil
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

const api = "/_matrix/client/v3"

// Login makes a new session by password and goes on with it.
func (u *User) Login(ctx context.Context) error {
	var made struct {
		Token  string `json:"access_token"`
		Device string `json:"device_id"`
	}
	err := u.Do(ctx, http.MethodPost, api+"/login", map[string]any{
		"type": "m.login.password", "password": u.Password,
		"identifier": map[string]any{"type": "m.id.user", "user": u.UserID},
	}, &made)
	if err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	u.Token, u.Device = made.Token, made.Device
	return nil
}

// NewTxn gives a transaction ID that this User has not used.
func (u *User) NewTxn() string {
	return "t" + strconv.FormatInt(u.run, 36) + "." + strconv.FormatInt(u.txn.Add(1), 36)
}

// Send sends an event under a transaction ID of the caller's, so that it can be
// sent again after a fault without being there twice.
func (u *User) Send(ctx context.Context, room, kind, txn string, content any) (event string, err error) {
	var sent struct {
		Event string `json:"event_id"`
	}
	path := api + "/rooms/" + url.PathEscape(room) + "/send/" + url.PathEscape(kind) + "/" + url.PathEscape(txn)
	err = u.Do(ctx, http.MethodPut, path, content, &sent)
	return sent.Event, err
}

// Text sends a text message.
func (u *User) Text(ctx context.Context, room, body string) (event string, err error) {
	return u.Send(ctx, room, "m.room.message", u.NewTxn(), map[string]any{"msgtype": "m.text", "body": body})
}

// Redact removes an event.
func (u *User) Redact(ctx context.Context, room, event, reason string) (redaction string, err error) {
	content := map[string]any{}
	if reason != "" {
		content["reason"] = reason
	}
	var sent struct {
		Event string `json:"event_id"`
	}
	path := api + "/rooms/" + url.PathEscape(room) + "/redact/" + url.PathEscape(event) + "/" + url.PathEscape(u.NewTxn())
	err = u.Do(ctx, http.MethodPut, path, content, &sent)
	return sent.Event, err
}

// SetState sends a state event.
func (u *User) SetState(ctx context.Context, room, kind, key string, content any) (event string, err error) {
	var sent struct {
		Event string `json:"event_id"`
	}
	path := api + "/rooms/" + url.PathEscape(room) + "/state/" + url.PathEscape(kind) + "/" + url.PathEscape(key)
	err = u.Do(ctx, http.MethodPut, path, content, &sent)
	return sent.Event, err
}

// Join accepts an invitation.
func (u *User) Join(ctx context.Context, room string) error {
	return u.inRoom(ctx, room, "join", nil)
}

// Leave leaves a room or refuses an invitation.
func (u *User) Leave(ctx context.Context, room string) error {
	return u.inRoom(ctx, room, "leave", nil)
}

// Invite invites somebody.
func (u *User) Invite(ctx context.Context, room, user string) error {
	return u.inRoom(ctx, room, "invite", map[string]any{"user_id": user})
}

// Kick removes somebody.
func (u *User) Kick(ctx context.Context, room, user string) error {
	return u.inRoom(ctx, room, "kick", map[string]any{"user_id": user})
}

func (u *User) inRoom(ctx context.Context, room, what string, body map[string]any) error {
	if body == nil {
		body = map[string]any{}
	}
	return u.Do(ctx, http.MethodPost, api+"/rooms/"+url.PathEscape(room)+"/"+what, body, nil)
}

// Create makes a room; content is that of createRoom.
func (u *User) Create(ctx context.Context, content map[string]any) (room string, err error) {
	var made struct {
		Room string `json:"room_id"`
	}
	err = u.Do(ctx, http.MethodPost, api+"/createRoom", content, &made)
	return made.Room, err
}

// Everything is the raw answer of a full sync without a starting point: all
// that this account can see of its rooms, as the homeserver gives it.
func (u *User) Everything(ctx context.Context) (json.RawMessage, error) {
	var raw json.RawMessage
	filter := `{"room":{"include_leave":true,"timeline":{"limit":1000},"state":{"lazy_load_members":false}}}`
	err := u.Do(ctx, http.MethodGet, api+"/sync?full_state=true&timeout=0&filter="+url.QueryEscape(filter), nil, &raw)
	return raw, err
}

// Raw is the raw answer of a GET.
func (u *User) Raw(ctx context.Context, path string) (json.RawMessage, error) {
	var raw json.RawMessage
	err := u.Do(ctx, http.MethodGet, path, nil, &raw)
	return raw, err
}
