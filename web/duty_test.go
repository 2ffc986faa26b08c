package web_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

// TestDutyPage: looking uses nothing up, the button opens the summary once, with
// rights for its own style only.
func TestDutyPage(t *testing.T) {
	w := open(t, nil)
	w.duties.put("Avain_123", "<!DOCTYPE html><title>Yhteenveto</title>")
	for lang, button := range map[string]string{"fi": "Avaa yhteenveto", "sv": "Öppna sammanfattningen", "en": "Open the summary"} {
		for range 2 {
			answer, body := w.ask("GET", "/duty/"+lang+"/Avain_123")
			if answer.StatusCode != http.StatusOK || !strings.Contains(body, button+"</button>") || answer.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %d %s", lang, answer.StatusCode, body)
			}
		}
	}
	answer, body := w.ask("POST", "/duty/fi/Avain_123")
	if policy := answer.Header.Get("Content-Security-Policy"); answer.StatusCode != http.StatusOK || !strings.Contains(body, "<title>Yhteenveto") ||
		!strings.Contains(policy, "style-src 'unsafe-inline'") || strings.Contains(policy, "script") || answer.Header.Get("Content-Language") != "fi" {
		t.Errorf("%d %v %s", answer.StatusCode, answer.Header, body)
	}
	for _, method := range []string{"GET", "POST"} {
		for _, token := range []string{"Avain_123", "arvaus"} {
			answer, body = w.ask(method, "/duty/sv/"+token)
			if answer.StatusCode != http.StatusNotFound || !strings.Contains(body, `id="none"`) {
				t.Errorf("%s %s: %d", method, token, answer.StatusCode)
			}
		}
	}
	w.duties.put("toinen", "x")
	w.duties.err = errors.New("the disk is on fire")
	if answer, _ = w.ask("POST", "/duty/fi/toinen"); answer.StatusCode != http.StatusInternalServerError || len(w.faults) != 1 {
		t.Errorf("%d, faults %q", answer.StatusCode, w.faults)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = nil // that one was meant
}
