package web_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

// TestReportPage: looking uses nothing up, the button opens the report once, with
// rights for its own style and pictures only.
func TestReportPage(t *testing.T) {
	w := open(t, nil)
	w.reports.put("Avain_123", "<!DOCTYPE html><title>Luvut</title>")
	for lang, button := range map[string]string{"fi": "Avaa raportti", "sv": "Öppna rapporten", "en": "Open the report"} {
		for range 2 {
			answer, body := w.ask("GET", "/figures/"+lang+"/Avain_123")
			if answer.StatusCode != http.StatusOK || !strings.Contains(body, button+"</button>") || answer.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %d %s", lang, answer.StatusCode, body)
			}
		}
	}
	answer, body := w.ask("POST", "/figures/fi/Avain_123")
	if policy := answer.Header.Get("Content-Security-Policy"); answer.StatusCode != http.StatusOK || !strings.Contains(body, "<title>Luvut") ||
		!strings.Contains(policy, "style-src 'unsafe-inline'") || strings.Contains(policy, "script") || answer.Header.Get("Content-Language") != "fi" {
		t.Errorf("%d %v %s", answer.StatusCode, answer.Header, body)
	}
	for _, method := range []string{"GET", "POST"} {
		for _, token := range []string{"Avain_123", "arvaus"} {
			answer, body = w.ask(method, "/figures/sv/"+token)
			if answer.StatusCode != http.StatusNotFound || !strings.Contains(body, `id="none"`) {
				t.Errorf("%s %s: %d", method, token, answer.StatusCode)
			}
		}
	}
	w.reports.put("toinen", "x")
	w.reports.err = errors.New("the disk is on fire")
	if answer, _ = w.ask("POST", "/figures/fi/toinen"); answer.StatusCode != http.StatusInternalServerError || len(w.faults) != 1 {
		t.Errorf("%d, faults %q", answer.StatusCode, w.faults)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = nil // that one was meant
}
