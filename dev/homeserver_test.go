package dev_test

import (
	"strconv"
	"testing"

	"silta/dev"
)

func TestSynapseSurvivesRestart(t *testing.T) {
	hs := dev.Synapse(t, dev.ServerName("silta.test"))
	user := dev.Plain(t, hs.Register("aino", "salasana"))
	if user.UserID != "@aino:silta.test" {
		t.Errorf("Matrix ID is %s", user.UserID)
	}
	room := user.Create(map[string]any{"preset": "private_chat"})
	before := hs.Metrics().Sum("synapse_http_server_response_count_total", `servlet="RoomSendEventRestServlet"`)
	user.Text(room, "ennen")
	after := hs.Metrics().Sum("synapse_http_server_response_count_total", `servlet="RoomSendEventRestServlet"`)
	if after-before != 1 {
		t.Errorf("one send counts as %v in Synapse's metrics", after-before)
	}
	hs.Kill()
	hs.Start()
	user.Text(room, "jälkeen")
	user.AwaitText(room, "ennen")
	user.AwaitText(room, "jälkeen")
}

func TestSynapsesFederate(t *testing.T) {
	ports := []int{dev.FreePort(t), dev.FreePort(t)}
	var servers []*dev.Homeserver
	for i, port := range ports {
		peer := "127.0.0.1:" + strconv.Itoa(ports[1-i])
		servers = append(servers, dev.Synapse(t, dev.Federate(port, peer)))
	}
	here := dev.Plain(t, servers[0].Register("aino", "salasana"))
	there := dev.Plain(t, servers[1].Register("kaisa", "salasana"))
	room := here.Create(map[string]any{"preset": "private_chat", "invite": []string{there.UserID}})
	// Invitations from other servers are not accepted by themselves.
	there.Await(0, "an invitation", dev.Membership(room, "invite"))
	there.Never(0, 0, "a joining nobody asked for", dev.Membership(room, "join"))
	there.Join(room)
	here.Text(room, "yli rajan")
	there.AwaitText(room, "yli rajan")
}
