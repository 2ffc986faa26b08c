package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"silta/mentoring"
	"silta/store"
)

// TestAuditCommands: the audit is verified by a head that was posted and printed,
// also while the service runs.
func TestAuditCommands(t *testing.T) {
	hs := newStub(t)
	hs.service = newService(t, hs.URL, plain)
	s := hs.service
	if code, out := s.run("audit", "verify"); code != 1 || !strings.Contains(out, "database") {
		t.Errorf("without a database: %d %s", code, out)
	}
	db := database(t, s)
	var heads []string
	err := db.Write(t.Context(), func(tx *store.Tx) error {
		for i := range 3 {
			e := mentoring.AuditEntry{
				At: time.Now(), Kind: mentoring.ByPerson, Actor: 7, Action: mentoring.AuditClaim, Subject: "case 1",
				Reason: mentoring.AuditReason{Salt: []byte{byte(i)}, Text: "a secret reason"},
			}
			e.Reasoned = e.Reason.Commitment()
			if err := tx.AppendAudit(&e); err != nil {
				return err
			}
			head := e.Head()
			heads = append(heads, head.String())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	running := begin(t, s) // makes somebody staff: the fourth entry
	until(t, "readiness", func() bool { return running.Ready(t.Context()) == nil })
	code, out := s.run("audit", "verify")
	if code != 0 || !strings.Contains(out, "whole: 4 entries") || !strings.Contains(out, "only that it fits together") {
		t.Errorf("without a head: %d %s", code, out)
	}
	if code, out = s.run("audit", "verify", "--head", heads[1], "--head", heads[2]); code != 0 || strings.Contains(out, "only") {
		t.Errorf("with heads: %d %s", code, out)
	}
	changed := strings.Replace(heads[2], "3-", "9-", 1)
	if code, out = s.run("audit", "verify", "--head", changed); code != 1 || !strings.Contains(out, "NOT whole") || !strings.Contains(out, "up to 9 were cut off") {
		t.Errorf("with a head that is gone: %d %s", code, out)
	}
	if code, out = s.run("audit", "verify", "--head", "nonsense"); code != 1 || !strings.Contains(out, "looks like 12-") {
		t.Errorf("with nonsense: %d %s", code, out)
	}
	code, out = s.run("audit", "export")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != 0 || len(lines) != 4 || strings.Contains(out, "secret") {
		t.Fatalf("export: %d %s", code, out)
	}
	var row auditRow
	if err := json.Unmarshal([]byte(lines[2]), &row); err != nil || "3-"+row.Hash != heads[2] || row.Subject != "case 1" || row.Kind != "person" {
		t.Errorf("%v %+v", err, row)
	}
}
