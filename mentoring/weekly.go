package mentoring

import (
	"fmt"
	"time"
)

// AuditWeekly is staff ordering the week's figures, or doing without.
const AuditWeekly AuditAction = "figures_weekly"

// settingWeekly is the last week of which a staff room was told its figures; none
// when it does not want them.
func settingWeekly(p Programme, u Unit) string {
	return "figures.weekly/" + string(p) + "/" + string(u)
}

// weeklyMonths are how many months the week's figures look back on besides.
const weeklyMonths = 12

// lastWeek is a day of the week that is over.
func (a *Act) lastWeek() time.Time { return a.Now.In(a.zone()).AddDate(0, 0, -7) }

// LastWeek is the week that is over: "2026-W47".
func (a *Act) LastWeek() string { return weekOf(a.lastWeek()) }

// WantWeekly says whether the staff room of a programme and unit gets the figures
// of each week that is over, on the Monday after it; unit "" is each of theirs.
func (a *Act) WantWeekly(staff Member, p Programme, u Unit, want bool) error {
	places, err := a.FigurePlaces(staff, DoStats)
	if err != nil {
		return err
	}
	told, known := "", false
	if want {
		told = a.LastWeek()
	}
	for _, s := range places {
		if s.Programme != p || u != "" && s.Unit != u {
			continue
		}
		known = true
		if err := a.Tx.PutSetting(settingWeekly(p, s.Unit), told); err != nil {
			return fmt.Errorf("put setting: %w", err)
		}
	}
	if !known {
		return Refuse("not_allowed")
	}
	return a.audit(staff.ID, AuditWeekly)
}

// weeklies tell staff who want it of the week that is over.
func (a *Act) weeklies() error {
	if local := a.Now.In(a.zone()); local.Weekday() == time.Monday && local.Hour() < digestHour {
		return nil
	}
	rooms, err := a.Tx.StaffRooms()
	if err != nil {
		return fmt.Errorf("staff rooms: %w", err)
	}
	week := a.LastWeek()
	for _, room := range rooms {
		key := settingWeekly(room.Programme, room.Unit)
		told, err := a.Tx.Setting(key)
		if err != nil {
			return fmt.Errorf("setting: %w", err)
		}
		if told == "" || told >= week {
			continue
		}
		if err := a.Tx.PutSetting(key, week); err != nil {
			return fmt.Errorf("put setting: %w", err)
		}
		r, err := a.report(room.Programme, a.LastMonths(weeklyMonths), released, room.Unit)
		if err != nil {
			return err
		}
		a.Do(TellStaff{Programme: room.Programme, Unit: room.Unit, Text: a.weekly(r)})
	}
	return nil
}

// weekly are a week's figures in words, with those of the months beside them.
func (a *Act) weekly(r *Report) Text {
	week, before := a.lastWeek(), a.lastWeek().AddDate(0, 0, -7)
	_, number := week.ISOWeek()
	registered, wrote := r.Metric(false)
	of := func(name FigureName, at time.Time) any { return ToldNumber(r.Of(name, weekOf(at), false)) }
	return T("stats.weekly", "week", number,
		"new", of("week_new", week), "returning", of("week_returning", week),
		"new_before", of("week_new", before), "returning_before", of("week_returning", before),
		"months", weeklyMonths, "registered", ToldNumber(registered), "wrote", ToldNumber(wrote), "going", ToldNumber(r.Going))
}

// ToldNumber is a number as it is told: for one under five there is a dash.
func ToldNumber(n int64) any {
	if n == 0 {
		return "–"
	}
	return n
}
