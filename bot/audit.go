package bot

import (
	"strconv"
	"strings"

	"silta/mentoring"
)

// audit shows staff the newest entries of the audit, or one of them with its
// reason.
func (t *turn) audit(rest string) error {
	if rest != "" {
		n := number(rest)
		if n == 0 {
			t.helpOf("help.audit")
			return nil
		}
		e, err := t.act.AuditOne(*t.member, int64(n))
		if err != nil {
			return err
		}
		lines := []string{t.auditLine(&e)}
		switch {
		case e.Reason.Text != "":
			lines = append(lines, t.text("audit.reason", "reason", e.Reason.Text))
		case len(e.Reasoned) > 0:
			lines = append(lines, t.text("audit.reason_gone"))
		}
		head := e.Head()
		lines = append(lines, t.text("audit.hash", "head", head.String()))
		t.line(strings.Join(lines, "\n"))
		return nil
	}
	list, head, err := t.act.Audit(*t.member)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		t.say("audit.none")
		return nil
	}
	lines := []string{t.text("audit.list")}
	for i := range list {
		lines = append(lines, t.auditLine(&list[i]))
	}
	lines = append(lines, t.text("audit.hash", "head", head.String()))
	t.line(strings.Join(lines, "\n"))
	return nil
}

func (t *turn) auditLine(e *mentoring.AuditEntry) string {
	who := t.text("audit.person", "number", int64(e.Actor))
	switch {
	case e.Kind == mentoring.BySystem:
		who = t.text("audit.system")
	case e.Actor == t.member.ID:
		who = t.text("audit.you")
	}
	line := t.text("audit.line", "number", e.Number, "at", e.At, "who", who, "what", t.text("audit.action."+string(e.Action)))
	var about []string
	for part := range strings.SplitSeq(e.Subject, ", ") {
		kind, n, ok := strings.Cut(part, " ")
		number, err := strconv.ParseInt(n, 10, 64)
		if key := "audit.about." + kind; ok && err == nil && t.b.cat.Has(key) {
			about = append(about, t.text(key, "number", number))
		}
	}
	if len(about) > 0 {
		line += " (" + strings.Join(about, ", ") + ")"
	}
	return line
}
