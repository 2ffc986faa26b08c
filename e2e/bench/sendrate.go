package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"silta/dev/hs"
	"silta/e2e/inside"
)

// sendRate measures the stub homeserver alone: clients of a few lines on 16
// connections that do nothing but write requests and read answers.
func sendRate(ctx context.Context, n int) (float64, error) {
	const conns = 16
	s := hs.New(hs.Options{Name: inside.Domain, Appservice: hs.Appservice{Token: inside.Token, Sender: "silta"}})
	defer s.Close()
	s.Fast(&hs.Fast{})
	base, err := s.Listen()
	if err != nil {
		return 0, err
	}
	u, err := url.Parse(base)
	if err != nil {
		return 0, err
	}
	const body = `{"body":"message number 1","msgtype":"m.text"}`
	request := "PUT /_matrix/client/v3/rooms/%21to1:example.org/send/m.room.message/abc?user_id=%40silta_ghost:example.org HTTP/1.1\r\nHost: " +
		u.Host + "\r\nAuthorization: Bearer " + inside.Token + "\r\nContent-Type: application/json\r\nContent-Length: " +
		fmt.Sprint(len(body)) + "\r\n\r\n" + body
	errs := make([]error, conns)
	var wait sync.WaitGroup
	start := time.Now()
	for i := range conns {
		wait.Add(1)
		go func() {
			defer wait.Done()
			errs[i] = hammer(ctx, u.Host, request, n/conns)
		}()
	}
	wait.Wait()
	return float64(n) / time.Since(start).Seconds(), errors.Join(errs...)
}

func hammer(ctx context.Context, host, request string, n int) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", host)
	if err != nil {
		return err
	}
	defer conn.Close()
	r := bufio.NewReader(conn)
	for range n {
		if _, err := io.WriteString(conn, request); err != nil {
			return err
		}
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return err
			}
			if strings.TrimSpace(line) == "" {
				break
			}
		}
		if _, err := r.Discard(59); err != nil {
			return err
		}
	}
	return nil
}
