package e2e

import (
	"testing"

	"silta/dev"
	"silta/store/pgtest"
)

// TestPostgres holds the conversation with Silta's data in PostgreSQL, a kill in
// the middle of it included.
func TestPostgres(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dev.WithDatabase(pgtest.DSN(t)))
	p := w.pair(t)
	c := newTalk(t, seat{p.mentee, p.menteeLeg, ""}, seat{p.mentor, p.mentorLeg, p.alias})
	c.twentyMessages()
	w.Kill9()
	p.mentee.Text(p.menteeLeg, "kirjoitettu kun palvelu oli poissa")
	w.Start()
	p.mentor.AwaitText(p.mentorLeg, "kirjoitettu kun palvelu oli poissa")
	c.edits()
	c.reactions()
	c.redactions()
	p.mentee.Redact(p.menteeLeg, p.mentee.AwaitText(p.menteeLeg, "kirjoitettu kun palvelu oli poissa").ID, "")
	c.said = append(c.said, &said{author: 0, redacted: true, replyTo: -1, ids: []string{
		p.mentee.AwaitText(p.menteeLeg, "kirjoitettu kun palvelu oli poissa").ID,
		p.mentor.AwaitText(p.mentorLeg, "kirjoitettu kun palvelu oli poissa").ID,
	}})
	c.everyoneSeesTheSame()
	c.nobodyKnowsAnybody()
}
