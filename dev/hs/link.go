package hs

import (
	"bytes"
	"io"
	"net/http"
	"sync/atomic"
)

// Link is a way to the server without a network: an http.RoundTripper. Each
// incarnation of a bridge gets its own; Cut is what the server notices of a
// process that died.
type Link struct {
	s   *Server
	cut atomic.Bool
}

// Link makes a way to the server.
func (s *Server) Link() *Link { return &Link{s: s} }

// Cut ends the link: requests under way may still take effect, but nobody
// hears their answers, and later ones never arrive.
func (l *Link) Cut() { l.cut.Store(true) }

// RoundTrip implements http.RoundTripper.
func (l *Link) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		body, err = io.ReadAll(req.Body)
		req.Body.Close()
		if err != nil {
			return nil, err
		}
	}
	if l.cut.Load() {
		return nil, errCut
	}
	answer, err := l.s.do(req.Context(), req.Method, req.URL, req.Header, body)
	if err == nil && l.cut.Load() {
		err = errCut
	}
	if err != nil {
		if cause := req.Context().Err(); cause != nil {
			return nil, cause
		}
		return nil, err
	}
	return &http.Response{
		StatusCode: answer.status, Status: http.StatusText(answer.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: answer.header, Body: io.NopCloser(bytes.NewReader(answer.body)), ContentLength: int64(len(answer.body)), Request: req,
	}, nil
}
