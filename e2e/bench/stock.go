package main

import (
	"context"
	"net"
	"net/http"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/appservice"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"silta/e2e/inside"
)

// stock is a relay as mautrix's documentation would have it: its transaction
// handler, its EventProcessor in Sync mode (the default mode loses the order),
// intents for the ghosts, the rooms in a map. It keeps nothing.
type stock struct {
	server *http.Server
	cancel context.CancelFunc
}

func (r *stock) Start(_ context.Context, b *stub, pairs []pair) (string, error) {
	as, err := appservice.CreateFull(appservice.CreateOpts{
		Registration:     &appservice.Registration{ID: "bench", AppToken: inside.Token, ServerToken: inside.HSToken, SenderLocalpart: "silta"},
		HomeserverDomain: inside.Domain, HomeserverURL: b.url,
	})
	if err != nil {
		return "", err
	}
	as.Log = zerolog.Nop()
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	to := map[id.RoomID]pair{}
	for _, p := range pairs {
		to[id.RoomID(p.From)] = p
		if err := as.StateStore.MarkRegistered(ctx, id.UserID(p.Ghost)); err != nil {
			return "", err
		}
		if err := as.StateStore.SetMembership(ctx, id.RoomID(p.To), id.UserID(p.Ghost), event.MembershipJoin); err != nil {
			return "", err
		}
	}
	processor := appservice.NewEventProcessor(as)
	processor.ExecMode = appservice.Sync
	processor.On(event.EventMessage, func(ctx context.Context, ev *event.Event) {
		p, ok := to[ev.RoomID]
		if !ok || string(ev.Sender) != p.Person {
			return
		}
		in := ev.Content.AsMessage()
		_, _ = as.Intent(id.UserID(p.Ghost)).SendMessageEvent(ctx, id.RoomID(p.To), event.EventMessage,
			&event.MessageEventContent{MsgType: in.MsgType, Body: in.Body}) // such a relay has nowhere to keep what failed
	})
	go processor.Start(ctx)
	r.server = &http.Server{Handler: as.Router}
	return serve(r.server)
}

func (r *stock) Stop() error {
	r.cancel()
	return r.server.Close()
}

// serve starts a server on a free port of the loopback interface.
func serve(server *http.Server) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go func() { _ = server.Serve(l) }() // ends with Close
	return "http://" + l.Addr().String(), nil
}
