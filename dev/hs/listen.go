package hs

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
)

// Fast is the handling of sends in a benchmark: every PUT …/send/… is answered
// with a fresh event ID after OnSend has seen it, and nothing is kept, checked
// or pushed. OnSend is called from many goroutines; the slices are valid only
// during the call. Room and kind are as they stand in the URL, escaped.
type Fast struct {
	OnSend func(room, kind, query, body []byte)

	next atomic.Uint64
}

// Fast turns the fast handling of sends on, or off with nil. It holds for
// connections made afterwards and for TCP only.
func (s *Server) Fast(f *Fast) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fast = f
}

// Listen serves HTTP on a free port of the loopback interface and returns the
// URL. The server reads HTTP by itself: a fault can then cut a connection
// without an answer, and a benchmark's sends cost a few microseconds.
func (s *Server) Listen() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("listen: %w", err)
	}
	s.wait.Add(2)
	go func() {
		defer s.wait.Done()
		<-s.closed
		l.Close()
	}()
	go func() {
		defer s.wait.Done()
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(conn)
		}
	}()
	return "http://" + l.Addr().String(), nil
}

func (s *Server) serve(conn net.Conn) {
	ctx, cancel := context.WithCancel(closing{s.closed})
	defer cancel()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	defer conn.Close()
	s.mu.Lock()
	fast := s.fast
	s.mu.Unlock()
	r, w := bufio.NewReaderSize(conn, 64<<10), bufio.NewWriterSize(conn, 16<<10)
	var ids idMaker
	if fast != nil {
		ids.seed = fast.next.Add(1)
	}
	for {
		if _, err := r.Peek(1); err != nil {
			return
		}
		if fast != nil {
			done, err := fast.serve(r, w, &ids)
			if err != nil {
				return
			}
			if done {
				if r.Buffered() == 0 && w.Flush() != nil {
					return
				}
				continue
			}
		}
		if s.serveOne(ctx, r, w) != nil || w.Flush() != nil {
			return
		}
	}
}

// serveOne reads one request in full generality and answers it.
func (s *Server) serveOne(ctx context.Context, r *bufio.Reader, w *bufio.Writer) error {
	req, err := http.ReadRequest(r)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return err
	}
	answer, err := s.do(ctx, req.Method, req.URL, req.Header, body)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "HTTP/1.1 %d %s\r\n", answer.status, http.StatusText(answer.status))
	answer.header.Set("Content-Length", strconv.Itoa(len(answer.body)))
	if err := answer.header.Write(w); err != nil {
		return err
	}
	_, _ = w.WriteString("\r\n") // errors come back from Flush
	_, _ = w.Write(answer.body)
	if req.Close {
		_ = w.Flush()
		return io.EOF
	}
	return nil
}

// serve answers a send if the buffered request is one and is there whole (a
// client writes such a small request at once); otherwise nothing is consumed.
func (f *Fast) serve(r *bufio.Reader, w *bufio.Writer, ids *idMaker) (bool, error) {
	buf, err := r.Peek(r.Buffered())
	if err != nil {
		return false, err
	}
	head := bytes.Index(buf, []byte("\r\n\r\n"))
	if head < 0 || !bytes.HasPrefix(buf, []byte("PUT /_matrix/client/v3/rooms/")) {
		return false, nil
	}
	target := buf[len("PUT /_matrix/client/v3/rooms/"):bytes.IndexByte(buf, '\r')]
	target, _, _ = bytes.Cut(target, []byte(" "))
	path, query, _ := bytes.Cut(target, []byte("?"))
	room, rest, ok := bytes.Cut(path, []byte("/send/"))
	if !ok {
		return false, nil
	}
	kind, _, _ := bytes.Cut(rest, []byte("/"))
	length, ok := contentLength(buf[:head])
	if !ok || len(buf) < head+4+length {
		return false, nil
	}
	if f.OnSend != nil {
		f.OnSend(room, kind, query, buf[head+4:head+4+length])
	}
	if _, err := r.Discard(head + 4 + length); err != nil {
		return false, err
	}
	_, _ = w.WriteString("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 59\r\n\r\n{\"event_id\":\"$")
	_, _ = w.Write(ids.next())
	_, err = w.WriteString("\"}")
	return true, err
}

func contentLength(head []byte) (int, bool) {
	for len(head) > 0 {
		line, rest, _ := bytes.Cut(head, []byte("\r\n"))
		head = rest
		const name = "Content-Length:"
		if len(line) > len(name) && bytes.EqualFold(line[:len(name)], []byte(name)) {
			n, err := strconv.Atoi(string(bytes.TrimSpace(line[len(name):])))
			return n, err == nil
		}
	}
	return 0, false
}

// idMaker makes event IDs that look like hashes, without hashing.
type idMaker struct {
	seed, n uint64
	raw     [32]byte
	out     [43]byte
}

func (m *idMaker) next() []byte {
	for i := 0; i < 32; i += 8 { // splitmix64
		m.n += 0x9e3779b97f4a7c15
		z := m.n ^ m.seed<<48
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		binary.LittleEndian.PutUint64(m.raw[i:], z^z>>31)
	}
	base64.RawURLEncoding.Encode(m.out[:], m.raw[:])
	return m.out[:]
}
