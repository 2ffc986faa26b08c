package main

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"silta/mentoring"
	"silta/store"
)

// TestBreachReport: whom it concerns, what was readable, and what the audit says of
// the span, in each language; nobody is named.
func TestBreachReport(t *testing.T) {
	hs := newStub(t)
	hs.service = newService(t, hs.URL, plain)
	s := hs.service
	seeded(t, s)
	db := database(t, s)
	at := time.Date(2026, 11, 10, 9, 0, 0, 0, time.UTC)
	err := db.Write(t.Context(), func(tx *store.Tx) error {
		m, err := tx.MemberByAddress("@aino:yhdistys.fi")
		if err != nil {
			return err
		}
		s := mentoring.Membership{Member: m.ID, Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit, Role: mentoring.Mentee, State: mentoring.Active}
		if err := tx.PutMembership(&s); err != nil {
			return err
		}
		for i, action := range []mentoring.AuditAction{mentoring.AuditClaim, mentoring.AuditRead, mentoring.AuditReveal, mentoring.AuditRead} {
			e := mentoring.AuditEntry{At: at.AddDate(0, 0, 10*i), Kind: mentoring.ByPerson, Actor: 7, Action: action, Subject: "case 1"}
			if err := tx.AppendAudit(&e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[string][]string{
		"fi": {"72 tunnin", "10.11.2026–30.11.2026", "Henkilöitä yhteensä: 1", "- aktori: 1", "enintään 30 päivän", "- luki keskustelua: 1", "luki ilmoitettua keskustelua kerran: 20.11.2026", "kerran: 30.11.2026", "sopivat toisiinsa"},
		"sv": {"72 timmar", "Personer sammanlagt: 1", "- läste ett samtal: 1", "hänger ihop"},
		"en": {"72 hours", "10.11.2026 to 30.11.2026", "People in all: 1", "- mentee: 1", "- read a conversation: 1", "fit together"},
	} {
		code, out := s.run("breach-report", "--language", lang, "--from", "2026-11-10", "--to", "2026-11-30")
		if code != 0 {
			t.Fatalf("%d %s", code, out)
		}
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("%s: %q is missing:\n%s", lang, w, out)
			}
		}
		if strings.Contains(out, "@aino") || strings.Contains(out, "Kanerva") || strings.Contains(out, "breach.") || strings.ContainsAny(out, "{}") {
			t.Errorf("%s:\n%s", lang, out)
		}
	}
	for _, of := range []string{"database", "key", "both", "staff", "homeserver"} {
		if code, out := s.run("breach-report", "--of", of); code != 0 {
			t.Errorf("%s: %d %s", of, code, out)
		}
	}
	for _, args := range [][]string{{"--from", "yesterday"}, {"--from", "2026-11-10", "--to", "2026-11-01"}} {
		if code, out := s.run(append([]string{"breach-report"}, args...)...); code != 1 {
			t.Errorf("%v: %d %s", args, code, out)
		}
	}
	// Somebody changed the database.
	broken := rawSQLite(t, s)
	for _, q := range []string{"DROP TRIGGER audit_update", "UPDATE audit SET actor = 8 WHERE number = 2"} {
		if _, err := broken.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if code, out := s.run("breach-report", "--language", "fi"); code != 0 || !strings.Contains(out, "EIVÄT OLE EHJÄT") {
		t.Errorf("%d %s", code, out)
	}
}

// rawSQLite is a connection past the store.
func rawSQLite(t *testing.T, s *service) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+s.config().Database.DSN)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}
