package web_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

func TestReportPage(t *testing.T) {
	w := open(t, nil)
	opensOnce(t, w, &w.reports, "figures", map[string]string{"fi": "Avaa raportti", "sv": "Öppna rapporten", "en": "Open the report"})
}

func TestDutyPage(t *testing.T) {
	w := open(t, nil)
	opensOnce(t, w, &w.duties, "duty", map[string]string{"fi": "Avaa yhteenveto", "sv": "Öppna sammanfattningen", "en": "Open the summary"})
}

// opensOnce: looking uses nothing up, the button opens the page once, with rights
// for its own style and pictures only.
func opensOnce(t *testing.T, w *site, kept *copies, path string, buttons map[string]string) {
	t.Helper()
	kept.put("Avain_123", "<!DOCTYPE html><title>Sivu</title>")
	for lang, button := range buttons {
		for range 2 {
			answer, body := w.ask("GET", "/"+path+"/"+lang+"/Avain_123")
			if answer.StatusCode != http.StatusOK || !strings.Contains(body, button+"</button>") || answer.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %d %s", lang, answer.StatusCode, body)
			}
		}
	}
	answer, body := w.ask("POST", "/"+path+"/fi/Avain_123")
	if policy := answer.Header.Get("Content-Security-Policy"); answer.StatusCode != http.StatusOK || !strings.Contains(body, "<title>Sivu") ||
		!strings.Contains(policy, "style-src 'unsafe-inline'") || strings.Contains(policy, "script") || answer.Header.Get("Content-Language") != "fi" {
		t.Errorf("%d %v %s", answer.StatusCode, answer.Header, body)
	}
	for _, method := range []string{"GET", "POST"} {
		for _, token := range []string{"Avain_123", "arvaus"} {
			answer, body = w.ask(method, "/"+path+"/sv/"+token)
			if answer.StatusCode != http.StatusNotFound || !strings.Contains(body, `id="none"`) {
				t.Errorf("%s %s: %d", method, token, answer.StatusCode)
			}
		}
	}
	kept.put("toinen", "x")
	kept.err = errors.New("the disk is on fire")
	if answer, _ = w.ask("POST", "/"+path+"/fi/toinen"); answer.StatusCode != http.StatusInternalServerError || len(w.faults) != 1 {
		t.Errorf("%d, faults %q", answer.StatusCode, w.faults)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = nil // that one was meant
}
