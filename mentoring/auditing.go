package mentoring

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// auditShown is how many entries staff see at once.
const auditShown = 10

// Audit lists the newest entries of the audit, the oldest of them first, and
// gives its head. Reasons are left out: [Act.AuditOne] gives one.
func (a *Act) Audit(staff Member) ([]AuditEntry, AuditHead, error) {
	if err := a.can(staff, DoAudit); err != nil {
		return nil, AuditHead{}, err
	}
	head, err := a.Tx.AuditHead()
	if err != nil {
		return nil, head, fmt.Errorf("audit head: %w", err)
	}
	list, err := a.Tx.AuditEntries(head.Number-auditShown, auditShown)
	if err != nil {
		return nil, head, fmt.Errorf("audit: %w", err)
	}
	for i := range list {
		list[i].Reason = AuditReason{}
	}
	return list, head, nil
}

// AuditOne is one entry with its reason, if it had one that is still kept.
func (a *Act) AuditOne(staff Member, number int64) (AuditEntry, error) {
	if err := a.can(staff, DoAudit); err != nil {
		return AuditEntry{}, err
	}
	list, err := a.Tx.AuditEntries(number-1, 1)
	if err != nil {
		return AuditEntry{}, fmt.Errorf("audit: %w", err)
	}
	if len(list) == 0 || list[0].Number != number {
		return AuditEntry{}, Refuse("audit.unknown", "number", number)
	}
	return list[0], nil
}

// settingAudited is the day, in the service's zone, on which the head was posted last.
const settingAudited = "audited"

// PostAudit posts the head of the audit in every staff room once a day, and
// once a month how often what was done. What stands in the rooms is what the
// audit is verified against: whoever owns the database does not own the rooms of
// everybody who saw it. Reasons whose time is over are forgotten. It may be called
// as often as one likes.
func (a *Act) PostAudit() error {
	today := a.Now.In(a.zone()).Format(time.DateOnly)
	last, err := a.Tx.Setting(settingAudited)
	if err != nil {
		return fmt.Errorf("setting: %w", err)
	}
	if last == today {
		return nil
	}
	if err := a.Tx.PutSetting(settingAudited, today); err != nil {
		return fmt.Errorf("put setting: %w", err)
	}
	if a.Rules.AuditReasons > 0 {
		if err := a.Tx.DropAuditReasons(a.Now.Add(-a.Rules.AuditReasons)); err != nil {
			return fmt.Errorf("audit reasons: %w", err)
		}
	}
	head, err := a.Tx.AuditHead()
	if err != nil {
		return fmt.Errorf("audit head: %w", err)
	}
	if last == "" || head.Number == 0 { // the service has just begun
		return nil
	}
	if err := a.tellAllStaff(T("audit.head", "number", head.Number, "head", head.String())); err != nil {
		return err
	}
	if last[:7] == today[:7] {
		return nil
	}
	return a.auditMonth()
}

// auditMonth tells staff how often each action was done in the month that is over.
func (a *Act) auditMonth() error {
	local := a.Now.In(a.zone())
	until := time.Date(local.Year(), local.Month(), 1, 0, 0, 0, 0, a.zone())
	from := until.AddDate(0, -1, 0)
	counts, err := a.Tx.AuditCounts(from, until)
	if err != nil {
		return fmt.Errorf("audit counts: %w", err)
	}
	parts := []Text{}
	for _, action := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, T("audit.count", "what", T("audit.action."+string(action)), "n", counts[action]))
	}
	if len(parts) == 0 {
		return nil
	}
	return a.tellAllStaff(T("audit.month", "month", from.Format("1/2006"), "parts", parts))
}

// tellAllStaff is one line in each staff room.
func (a *Act) tellAllStaff(text Text) error {
	rooms, err := a.Tx.StaffRooms()
	if err != nil {
		return fmt.Errorf("staff rooms: %w", err)
	}
	for _, r := range rooms {
		a.Do(TellStaff{Programme: r.Programme, Unit: r.Unit, Text: text})
	}
	return nil
}
