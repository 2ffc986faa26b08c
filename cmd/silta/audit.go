package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"silta/mentoring"
	"silta/store"
)

type auditCommand struct {
	Verify auditVerifyCommand `cmd:"" help:"Prove that no entry was changed, removed or cut off, by the heads that were posted in the staff room."`
	Export auditExportCommand `cmd:"" help:"Print the audit, a JSON object a line; the service may run. Reasons are left out."`
}

type auditVerifyCommand struct {
	Head []string `help:"A head as it was posted, such as 12-9f86d0…; may be given several times." placeholder:"HEAD"`
}

// Run verifies the audit; the service may run.
func (v *auditVerifyCommand) Run(s *surroundings) error {
	c, err := s.load()
	if err != nil {
		return err
	}
	keys, err := loadKeys(c, s.lookup)
	if err != nil {
		return err
	}
	var check mentoring.AuditCheck
	for _, text := range v.Head {
		head, err := mentoring.ParseAuditHead(text)
		if err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
		check.Expect(head)
	}
	err = store.WalkAudit(s.ctx, store.Options{DSN: c.Database.DSN, Keys: keys}, check.Add)
	var head mentoring.AuditHead
	if err == nil {
		head, err = check.End()
	}
	var fault *mentoring.AuditFault
	if errors.As(err, &fault) {
		fmt.Fprintf(s.out, "The audit is NOT whole: %v.\nWhat to do: docs/operating.md, \"The audit\".\n", fault)
		return errShown
	}
	if err != nil {
		return err
	}
	if head.Number == 0 {
		_, err = fmt.Fprintln(s.out, "The audit is empty.")
		return err
	}
	_, err = fmt.Fprintf(s.out, "The audit is whole: %d entries, head %s\n", head.Number, head)
	if err == nil && len(v.Head) == 0 {
		_, err = fmt.Fprintln(s.out, "Without --head this proves only that it fits together: give it one that was posted in the staff room.")
	}
	return err
}

type auditExportCommand struct{}

// auditRow is one entry as it is exported; with previous and hash anybody can
// verify it (docs/operating.md says how).
type auditRow struct {
	Number   int64  `json:"number"`
	At       string `json:"at"`
	Kind     string `json:"kind"`
	Actor    int64  `json:"actor"`
	Action   string `json:"action"`
	Subject  string `json:"subject"`
	Reasoned string `json:"reasoned"`
	Previous string `json:"previous"`
	Hash     string `json:"hash"`
}

// Run prints the audit.
func (auditExportCommand) Run(s *surroundings) error {
	c, err := s.load()
	if err != nil {
		return err
	}
	out := bufio.NewWriter(s.out)
	lines := json.NewEncoder(out)
	err = store.WalkAudit(s.ctx, store.Options{DSN: c.Database.DSN}, func(e *mentoring.AuditEntry) error {
		return lines.Encode(auditRow{
			Number: e.Number, At: e.At.UTC().Format(time.RFC3339Nano), Kind: string(e.Kind), Actor: int64(e.Actor),
			Action: string(e.Action), Subject: e.Subject, Reasoned: hex.EncodeToString(e.Reasoned),
			Previous: hex.EncodeToString(e.Previous), Hash: hex.EncodeToString(e.Hash),
		})
	})
	return errors.Join(err, out.Flush())
}
