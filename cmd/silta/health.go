package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"

	"silta/config"
	"silta/web"
)

type healthCommand struct {
	Ready bool `help:"Ask whether messages can be carried, not only whether the service is alive."`
}

// Run asks the health listener; the exit code is the answer.
func (h *healthCommand) Run(s *surroundings) error {
	c, err := s.load()
	if err != nil {
		return err
	}
	path := "/healthz"
	if h.Ready {
		path = "/readyz"
	}
	ctx, cancel := context.WithTimeout(s.ctx, 4*time.Second)
	defer cancel()
	status, err := askHealth(ctx, c, path)
	if err != nil {
		return fmt.Errorf("the service does not answer: %w", err)
	}
	fmt.Fprintln(s.out, status.Status)
	if status.Status != "ok" {
		return fmt.Errorf("not ready: %s", status.Reason)
	}
	return nil
}

// askHealth asks the running service; an error means that no Silta answers.
func askHealth(ctx context.Context, c *config.Config, path string) (web.Status, error) {
	var status web.Status
	response, err := get(ctx, healthURL(c)+path)
	if err != nil {
		return status, err
	}
	defer response.Body.Close()
	if err := json.NewDecoder(http.MaxBytesReader(nil, response.Body, 1<<16)).Decode(&status); err != nil || status.Service != "silta" {
		return status, fmt.Errorf("another program answers at %s", c.Health.Listen)
	}
	return status, nil
}

// healthURL is how this machine reaches the health listener.
func healthURL(c *config.Config) string {
	host, port, err := net.SplitHostPort(c.Health.Listen)
	if err != nil {
		return "http://" + c.Health.Listen
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

func get(ctx context.Context, url string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := direct().Do(request)
	if err != nil {
		return nil, unwrapURL(err)
	}
	return response, nil
}
