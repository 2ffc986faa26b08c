package web_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// copies are what waits behind tokens.
type copies struct {
	mu    sync.Mutex
	files map[string][]byte
	err   error
}

func (c *copies) put(token, content string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.files = map[string][]byte{token: []byte(content)}
}

func (c *copies) Waits(token string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.files[token] != nil
}

func (c *copies) Take(token string) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer delete(c.files, token)
	return c.files[token], c.err
}

// ask makes a request and reads the answer.
func (w *site) ask(method, path string) (*http.Response, string) {
	w.t.Helper()
	r, err := http.NewRequest(method, w.server.URL+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	answer, err := w.client.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer, string(body)
}

// TestExportPage: looking uses nothing up, the button hands the file over once,
// and then, or with another token, there is one and the same answer.
func TestExportPage(t *testing.T) {
	w := open(t, nil)
	w.copies.put("Avain_123", "PK\x03\x04 sisältö")
	for lang, button := range map[string]string{"fi": "Lataa", "sv": "Ladda ner", "en": "Download"} {
		for range 2 {
			for _, method := range []string{"GET", "HEAD"} {
				answer, body := w.ask(method, "/export/"+lang+"/Avain_123")
				if answer.StatusCode != http.StatusOK || method == "GET" && !strings.Contains(body, button+"</button>") {
					t.Errorf("%s %s: %d %s", method, lang, answer.StatusCode, body)
				}
				if answer.Header.Get("Cache-Control") != "no-store" || answer.Header.Get("Referrer-Policy") != "no-referrer" {
					t.Errorf("headers %v", answer.Header)
				}
			}
		}
	}
	answer, body := w.ask("POST", "/export/fi/Avain_123")
	if answer.StatusCode != http.StatusOK || body != "PK\x03\x04 sisältö" ||
		answer.Header.Get("Content-Disposition") != `attachment; filename="conversations.zip"` {
		t.Errorf("%d %q %v", answer.StatusCode, body, answer.Header)
	}
	_, gone := w.ask("POST", "/export/fi/Avain_123")
	for _, method := range []string{"GET", "POST"} {
		for _, token := range []string{"Avain_123", "toinen"} {
			answer, body := w.ask(method, "/export/fi/"+token)
			if answer.StatusCode != http.StatusNotFound || body != gone || !strings.Contains(body, `id="none"`) {
				t.Errorf("%s %s: %d %s", method, token, answer.StatusCode, body)
			}
		}
	}
	for _, path := range []string{"/export/", "/export/fi/", "/export/fi/a/b", "/export/xx/toinen"} {
		if answer, _ := w.ask("GET", path); answer.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, answer.StatusCode)
		}
	}
	w.copies.put("toinen", "x")
	w.copies.err = errors.New("the disk is on fire")
	if answer, body := w.ask("POST", "/export/fi/toinen"); answer.StatusCode != http.StatusInternalServerError || strings.Contains(body, "fire") || len(w.faults) != 1 {
		t.Errorf("%d %s, faults %q", answer.StatusCode, body, w.faults)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = nil // that one was meant
}
