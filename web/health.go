package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Health is the health listener's content.
type Health struct {
	Version string
	// Ready says why messages cannot be carried now; nil when they can. Its
	// error is shown to whoever can reach the listener.
	Ready   func(context.Context) error
	Metrics *Metrics
}

// Status is what /healthz and /readyz answer, as JSON.
type Status struct {
	Service string `json:"service"` // always "silta", so that a stranger on the port is recognised
	Version string `json:"version"`
	Status  string `json:"status"` // "ok" or "not ready"
	Reason  string `json:"reason,omitempty"`
}

// readyWait bounds a look at the database that hangs.
const readyWait = 3 * time.Second

// Handler serves the three addresses and nothing else.
func (h *Health) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		h.answer(w, nil)
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyWait)
		defer cancel()
		h.answer(w, h.Ready(ctx))
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(h.Metrics.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError,
		Timeout:       readyWait,
	}))
	return mux
}

func (h *Health) answer(w http.ResponseWriter, fault error) {
	status := Status{Service: "silta", Version: h.Version, Status: "ok"}
	code := http.StatusOK
	if fault != nil {
		status.Status, status.Reason, code = "not ready", fault.Error(), http.StatusServiceUnavailable
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(status) // whoever asked has gone: nobody to tell
}

// Serve answers on the listener until ctx ends, then lets running requests
// finish for at most two seconds. It closes the listener.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       20 * time.Second,
		WriteTimeout:      signUpWait + 15*time.Second,
		ErrorLog:          log.New(io.Discard, "", 0), // its lines would hold people's addresses
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	stopped := make(chan error, 1)
	go func() { stopped <- server.Serve(listener) }()
	select {
	case err := <-stopped:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	err := server.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close()
	}
	<-stopped
	return err
}
