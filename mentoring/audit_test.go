package mentoring_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"silta/mentoring"
)

// auditFree are use cases of staff that only look, or that leave their entry to
// another.
func auditFree() map[string]string {
	return map[string]string{
		"Audit":           "looks",
		"AuditOne":        "looks",
		"CardHistory":     "looks",
		"CodesGiven":      "looks",
		"Loads":           "looks",
		"MentorRecords":   "looks",
		"OnCallList":      "looks",
		"StaffSummary":    "looks",
		"SupervisionView": "looks",
		"Measured":        "looks",
		"MeasuredInCase":  "looks",
		"Measures":        "looks",
		"Questions":       "looks",
		"DraftOf":         "looks",
		"SaveQuestion":    "one answer of a dialogue; its beginning and its end leave one",
		"RemarkOf":        "looks",
		"Remarks":         "looks",
		"AnnounceTo":      "looks",
		"Announcements":   "looks",
		"People":          "looks",
		"TextHistory":     "looks",
		"CaseHistory":     "looks",
		"Colleagues":      "looks",
		"Guests":          "looks",
		"ListCases":       "looks",
		"ReadCase":        "looks",
		"DutyOf":          "looks, at what they write themselves; to show it leaves one",
		"BeginTotp":       "only shows a secret; to turn it on leaves one",
		"FillDuty":        "one answer of a dialogue; its beginning and its end leave one",
	}
}

// TestStaffLeaveTraces: every use case that a staff member does reaches the
// audit, or stands above with the reason why not.
func TestStaffLeaveTraces(t *testing.T) {
	calls := map[string][]string{} // of methods and functions, by name
	var staffs []string
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			ast.Inspect(f.Body, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					calls[f.Name.Name] = append(calls[f.Name.Name], s.Sel.Name)
				}
				return true
			})
			if f.Recv == nil || !f.Name.IsExported() {
				continue
			}
			for _, p := range f.Type.Params.List {
				for _, n := range p.Names {
					if kind, ok := p.Type.(*ast.Ident); ok && n.Name == "staff" && kind.Name == "Member" {
						staffs = append(staffs, f.Name.Name)
					}
				}
			}
		}
	}
	if len(staffs) < 20 {
		t.Fatalf("only %d use cases of staff: %v", len(staffs), staffs)
	}
	for _, name := range staffs {
		reached := map[string]bool{}
		reach(calls, name, reached)
		traced := reached["audit"] || reached["auditBecause"]
		if why, free := auditFree()[name]; traced == (free && why != "") {
			t.Errorf("%s: leaves a trace: %t; listed as one that leaves none: %t", name, traced, free)
		}
	}
	for name := range auditFree() {
		if !slices.Contains(staffs, name) && name != "CodesGiven" {
			t.Errorf("%s is no use case of staff", name)
		}
	}
}

// TestAuditIsPosted: the head once a day, the figures once a month, from the
// second day on; reasons are forgotten when their time is over.
func TestAuditIsPosted(t *testing.T) {
	w := newWorld(t)
	w.rules.AuditReasons = 365 * 24 * time.Hour
	staff := w.staff()
	post := func() (keys []string, last mentoring.Text) {
		for _, e := range w.must(func(a *mentoring.Act) error { return a.PostAudit() }) {
			last = e.(mentoring.TellStaff).Text
			keys = append(keys, last.Key)
		}
		return keys, last
	}
	want := func(when string, want ...string) mentoring.Text {
		t.Helper()
		got, last := post()
		if !slices.Equal(got, want) {
			t.Errorf("%s: told %v, want %v", when, got, want)
		}
		return last
	}
	want("on the first day")
	w.must(func(a *mentoring.Act) error { _, err := a.NewMentorCode(staff); return err })
	w.must(func(a *mentoring.Act) error { _, err := a.NewMentorCode(staff); return err })
	w.now = w.now.Add(24 * time.Hour)
	head := want("on the second day", "audit.head")
	list := w.auditOf()
	if newest := list[len(list)-1].Head(); head.Args["head"] != newest.String() {
		t.Errorf("posted %v, the head is %v", head.Args["head"], newest)
	}
	want("again")
	w.now = w.now.AddDate(0, 1, 0)
	month := want("in the next month", "audit.head", "audit.month")
	if parts := month.Args["parts"].([]mentoring.Text); len(parts) != 2 || parts[0].Args["n"] != int64(2) {
		t.Errorf("the month was %+v", month)
	}
	w.now = w.now.AddDate(0, 2, 0)
	want("after a month in which nothing was done", "audit.head")
}

func reach(calls map[string][]string, name string, reached map[string]bool) {
	for _, next := range calls[name] {
		if !reached[next] {
			reached[next] = true
			reach(calls, next, reached)
		}
	}
}

func (w *world) auditOf() (list []mentoring.AuditEntry) {
	w.t.Helper()
	w.look(func(a *mentoring.Act) (err error) { list, err = a.Tx.AuditEntries(0, 1000); return err })
	return list
}

// TestAuditEntries: who did what to what, and nothing about who was refused.
func TestAuditEntries(t *testing.T) {
	w := newWorld(t)
	staff := w.staff()
	mentee := w.mentee("Kuura")
	_, id := w.mentor(staff, "Kanerva")
	var c mentoring.Case
	w.must(func(a *mentoring.Act) (err error) {
		c, err = a.CallStaff(mentee, mentoring.CaseHelp, 0)
		return err
	})
	before := len(w.auditOf())
	w.refused("not_allowed", func(a *mentoring.Act) error { _, err := a.Claim(mentee, c.ID); return err })
	w.must(func(a *mentoring.Act) error { _, err := a.Claim(staff, c.ID); return err })
	w.must(func(a *mentoring.Act) error { return a.PauseMentor(staff, id) })
	w.must(func(a *mentoring.Act) error { return a.DeleteMe(&mentee) })
	list := w.auditOf()
	if got, want := list[0].Action, mentoring.AuditEnlist; got != want || list[0].Kind != mentoring.BySystem || list[0].Actor != mentoring.System {
		t.Errorf("the first entry is %+v", list[0])
	}
	type short struct {
		by     mentoring.MemberID
		action mentoring.AuditAction
	}
	var got []short
	for _, e := range list[before:] {
		got = append(got, short{e.Actor, e.Action})
		if e.Kind != mentoring.ByPerson || e.At.Unix() != w.now.Unix() {
			t.Errorf("%+v", e)
		}
	}
	want := []short{
		{staff.ID, mentoring.AuditClaim}, {staff.ID, mentoring.AuditPause},
		{mentee.ID, mentoring.AuditClose}, {mentee.ID, mentoring.AuditErase},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if subject := list[before].Subject; !strings.HasPrefix(subject, "case 1, conversation ") {
		t.Errorf("claimed %q", subject)
	}
	var counts map[mentoring.AuditAction]int64
	w.look(func(a *mentoring.Act) (err error) {
		counts, err = a.Tx.AuditCounts(w.now, w.now.Add(time.Second))
		return err
	})
	if counts[mentoring.AuditPause] != 1 {
		t.Errorf("counted %v", counts)
	}
}
