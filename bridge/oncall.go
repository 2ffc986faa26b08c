package bridge

import (
	"silta/config"
	"silta/mentoring"
)

// onCallRules are the settings of who is on call.
func onCallRules(c *config.OnCall) mentoring.OnCallRules {
	r := mentoring.OnCallRules{People: c.People, Repeat: c.Repeat.Std(), Tries: c.Tries}
	r.Hours = weekHours(c.Hours)
	return r
}

func weekHours(all []config.WeekHours) mentoring.Hours {
	var spans []mentoring.Span
	for _, h := range all {
		for _, day := range h.Days {
			spans = append(spans, mentoring.Span{Day: day, From: h.From, To: h.To})
		}
	}
	return mentoring.NewHours(spans)
}
