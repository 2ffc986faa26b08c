package dev_test

import (
	"strings"
	"testing"

	"silta/dev"
)

// start makes the three kinds of client for the same test.
func start(t *testing.T, hs *dev.Homeserver, kind, name string, options ...dev.ClientOption) *dev.Client {
	t.Helper()
	account := hs.Register(name, "pw-"+name)
	account.Token = "" // the client logs in by itself
	switch kind {
	case "jssdk":
		return dev.JSSDK(t, account, options...)
	case "nio":
		return dev.Nio(t, account, options...)
	}
	return dev.Plain(t, account, options...)
}

func shown(t *testing.T, c *dev.Client, room, event string) dev.Shown {
	t.Helper()
	for _, s := range c.View(room) {
		if s.ID == event {
			return s
		}
	}
	t.Fatalf("%s does not show %s", c.UserID, event)
	return dev.Shown{}
}

// Every kind of client writes to every other kind and sees the same.
func TestClientsSeeOneAnother(t *testing.T) {
	hs := dev.Synapse(t)
	kinds := []string{"jssdk", "nio", "plain"}
	clients := make([]*dev.Client, len(kinds))
	for i, kind := range kinds {
		clients[i] = start(t, hs, kind, kind)
	}
	for i, from := range clients {
		to := clients[(i+1)%len(clients)]
		t.Run(kinds[i]+" to "+kinds[(i+1)%len(clients)], func(t *testing.T) { converse(t, from, to) })
	}
}

// The same in an encrypted room.
func TestClientsEncrypt(t *testing.T) {
	hs := dev.Synapse(t)
	js := start(t, hs, "jssdk", "js", dev.Encrypted())
	nio := start(t, hs, "nio", "nio", dev.Encrypted())
	state := []any{map[string]any{"type": "m.room.encryption", "state_key": "", "content": map[string]any{"algorithm": "m.megolm.v1.aes-sha2"}}}
	plain := start(t, hs, "plain", "plain", dev.Signed())
	t.Run("jssdk to nio", func(t *testing.T) { converse(t, js, nio, state...) })
	t.Run("nio to plain", func(t *testing.T) { converse(t, nio, plain, state...) })
	t.Run("plain to jssdk", func(t *testing.T) { converse(t, plain, js, state...) })
}

func converse(t *testing.T, from, to *dev.Client, initial ...any) {
	mark := to.Mark()
	room := from.Create(map[string]any{"invite": []string{to.UserID}, "preset": "private_chat", "initial_state": append([]any{}, initial...)})
	if got := to.AwaitInvited(mark); got != room {
		t.Fatalf("invited to %s, want %s", got, room)
	}
	from.Await(0, "the other's joining", func(e dev.Event) bool {
		return e.Room == room && e.Type == "m.room.member" && e.Sender == to.UserID && e.Text("membership") == "join"
	})
	first := from.Text(room, "yksi")
	if e := to.AwaitText(room, "yksi"); e.ID != first || e.Sender != from.UserID || e.Encrypted != (len(initial) > 0) {
		t.Errorf("the message came as %s", e.Raw)
	}
	from.HTML(room, "kaksi", "<b>kaksi</b>")
	if e := to.AwaitText(room, "kaksi"); e.Text("formatted_body") != "<b>kaksi</b>" {
		t.Errorf("formatted: %s", e.Raw)
	}
	to.Reply(room, first, "kolme")
	reply := from.Await(0, "the reply", func(e dev.Event) bool { return e.Room == room && strings.HasSuffix(e.Body(), "kolme") })
	if s := shown(t, from, room, reply.ID); s.ReplyTo != first {
		t.Errorf("the reply points to %q, want %q", s.ReplyTo, first)
	}
	from.Edit(room, first, "yksi, korjattu")
	edited := to.AwaitText(room, "* yksi, korjattu")
	if s := shown(t, to, room, first); !s.Edited || s.Body != "yksi, korjattu" {
		t.Errorf("edited: %+v (%s)", s, edited.Raw)
	}
	to.React(room, first, "👍")
	from.Await(0, "a reaction", func(e dev.Event) bool { return e.Room == room && e.Type == "m.reaction" })
	if s := shown(t, from, room, first); s.Reactions["👍"] != 1 {
		t.Errorf("reactions: %+v", s)
	}
	from.Redact(room, first, "")
	to.Await(0, "a redaction", func(e dev.Event) bool { return e.Room == room && e.Type == "m.room.redaction" })
	if s := shown(t, to, room, first); !s.Redacted || s.Body != "" {
		t.Errorf("redacted: %+v", s)
	}
	if e := to.AwaitText(room, "yksi"); e.Failure != "" {
		t.Errorf("undecryptable: %s", e.Raw)
	}
	if _, err := to.Try("invite", map[string]any{"room": room, "user": "@nobody"}); err == nil {
		t.Error("inviting nonsense gives no error")
	}
	to.Leave(room)
	to.Await(0, "having left", dev.Membership(room, "leave"))
}
