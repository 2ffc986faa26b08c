package bot

import "silta/mentoring"

// caseTable are the rows of the command table that are about cases.
func caseTable() []command {
	const work = inRoom | inStaff
	return []command{
		{name: "case", in: work, may: mentoring.DoCase, do: (*turn).caseCommand},
		{name: "cases", in: work, may: mentoring.DoCase, do: (*turn).cases},
		{name: "claim", in: work, may: mentoring.DoCase, ofCase: true, do: (*turn).claim},
		{name: "release", in: work, may: mentoring.DoCase, ofCase: true, do: (*turn).release},
		{name: "close", in: work, may: mentoring.DoCase, ofCase: true, do: (*turn).closeCase},
		{name: "reopen", in: work, may: mentoring.DoCase, quiet: true, ofCase: true, do: (*turn).reopenCase},
		{name: "hand", in: work, may: mentoring.DoCase, quiet: true, ofCase: true, do: (*turn).handOn},
		{name: "note", in: work, may: mentoring.DoCase, quiet: true, ofCase: true, do: (*turn).note},
		{name: "messages", in: inStaff, may: mentoring.DoCase, quiet: true, ofCase: true, do: (*turn).messages},
		{name: "history", in: work, may: mentoring.DoCase, quiet: true, ofCase: true, do: (*turn).caseHistory},
		{name: "guest", in: work, may: mentoring.DoCase, quiet: true, ofCase: true, do: (*turn).guest},
		{name: "joint", in: work, may: mentoring.DoTalk, quiet: true, ofCase: true, do: (*turn).joint},
		{name: "duty", in: work, may: mentoring.DoDuty, ofCase: true, do: (*turn).duty},
		{name: "ack", in: work, may: mentoring.DoCase, ofCase: true, do: (*turn).acknowledge},
		{name: "oncall", in: work, may: mentoring.DoCase, do: (*turn).onCall},
	}
}

// answerCase takes an answer to a question of a report, or of the work on a case.
func (t *turn) answerCase(q *question, r reply) (bool, error) {
	switch q.Kind {
	case askReport:
		return t.answerReport(q, r)
	case askClose:
		return t.answerClose(q, r)
	case askDuty:
		return t.answerDuty(q, r)
	case askHand:
		return t.answerHand(q, r)
	default:
		return t.answerGuest(q, r)
	}
}
