package mentoring

import (
	"slices"
	"strconv"
)

// FigureName names a figure of a report. Its words are in locale/: what it is
// called under figure.NAME.name, what it means under figure.NAME.what.
type FigureName string

// measure is one figure that is told: what it is counted from, and how it is
// released.
type measure struct {
	name    FigureName
	counter CounterName
	// weekly: by week. once: of a month, a quarter or a year as such, since who
	// was counted in one month may be in another.
	weekly, once bool
	// kinds: the figure is told apart by what it is about, each a series of its
	// own; inOrder: one series, in which one kind follows on another.
	kinds, inOrder bool
	// people counts those who did what is counted.
	people CounterName
	// late: a month's number is known only when the next month is over.
	late bool
	area Area
}

// Area is the part of a report that a figure is shown in; its words are in
// locale/ under figures.area.
type Area string

// The areas, in their order.
const (
	AreaMetric  Area = "metric"
	AreaTalks   Area = "talks"
	AreaReplies Area = "replies"
	AreaMentors Area = "mentors"
	AreaCases   Area = "cases"
	AreaDemand  Area = "demand"
	AreaVoices  Area = "voices"
	AreaWeeks   Area = "weeks"
)

// Areas are the areas in their order.
func Areas() []Area {
	return []Area{AreaMetric, AreaTalks, AreaReplies, AreaMentors, AreaCases, AreaDemand, AreaVoices, AreaWeeks}
}

// measures are all figures that are told, in their order.
func measures() []measure {
	return []measure{
		{name: "registered", counter: CountRegistered, area: AreaMetric},
		{name: "wrote_soon", counter: CountWroteSoon, area: AreaMetric, late: true},
		{name: "wrote_later", counter: CountWroteLater, area: AreaMetric},
		{name: "mentees", counter: CountMentees, area: AreaTalks, once: true},
		{name: "messages", counter: CountMessages, area: AreaTalks, people: CountMentees},
		{name: "talk_days", counter: CountTalkDays, area: AreaTalks, people: CountMentees},
		{name: "opened", counter: CountOpened, area: AreaTalks},
		{name: "ended", counter: CountEnded, area: AreaTalks},
		{name: "contacts", counter: CountContacts, area: AreaTalks, kinds: true},
		{name: "contacts_decided", counter: CountContactsDecided, area: AreaTalks, kinds: true},
		{name: "first_replies", counter: CountFirstReply, area: AreaReplies, inOrder: true},
		{name: "trained", counter: CountTrained, area: AreaMentors, inOrder: true},
		{name: "mentors", counter: CountMentors, area: AreaMentors, once: true, inOrder: true},
		{name: "hours", counter: CountHours, area: AreaMentors, people: CountReports},
		{name: "hour_reports", counter: CountReports, area: AreaMentors},
		{name: "cases_opened", counter: CountCasesOpened, area: AreaCases, kinds: true},
		{name: "cases_closed", counter: CountCasesClosed, area: AreaCases, kinds: true},
		{name: "searched", counter: CountSearched, area: AreaDemand, kinds: true},
		{name: "not_found", counter: CountNotFound, area: AreaDemand, kinds: true},
		{name: "nobody", counter: CountNobody, area: AreaDemand, kinds: true},
		{name: "asked", counter: CountAsked, area: AreaVoices, kinds: true},
		{name: "answered", counter: CountAnswered, area: AreaVoices, kinds: true},
		{name: "skipped", counter: CountSkipped, area: AreaVoices, kinds: true},
		{name: "feedback", counter: CountFeedback, area: AreaVoices, kinds: true},
		{name: "helped", counter: CountHelped, area: AreaVoices, kinds: true},
		{name: "why_ended", counter: CountWhyEnded, area: AreaVoices, kinds: true},
		{name: "thanks", counter: CountThanks, area: AreaVoices},
		{name: "ideas", counter: CountIdeas, area: AreaVoices, kinds: true},
		{name: "votes", counter: CountVotes, area: AreaVoices},
		{name: "week_new", counter: CountNew, area: AreaWeeks, weekly: true},
		{name: "week_returning", counter: CountReturning, area: AreaWeeks, weekly: true},
	}
}

// FigureNames are all figures that a report may have, in their order.
func FigureNames() []FigureName {
	var names []FigureName
	for _, m := range measures() {
		names = append(names, m.name)
	}
	return names
}

// AreaOf is the part of a report that a figure is shown in.
func AreaOf(name FigureName) Area {
	for _, m := range measures() {
		if m.name == name {
			return m.area
		}
	}
	return ""
}

// inOrder puts the kinds of a series one after another: numbers as numbers, all
// else as words.
func inOrder(kinds []string) []string {
	slices.SortFunc(kinds, func(x, y string) int {
		a, notA := strconv.Atoi(x)
		b, notB := strconv.Atoi(y)
		if notA == nil && notB == nil {
			return a - b
		}
		if x < y {
			return -1
		}
		if x > y {
			return 1
		}
		return 0
	})
	return slices.Compact(kinds)
}
