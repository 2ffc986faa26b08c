package year

import (
	"bufio"
	"fmt"
	"io"
	"time"
)

// The journal's lines are "<Unix ms> <what> <values…>", separated by blanks, in
// order of time. Numbers are opaque: mentors, mentees, conversations.
//
//	zone NAME                     of all hours, first line
//	tick MINUTES                  how often the service looks at the time, second line
//	mentor M                      listed
//	limit M N                     most conversations at once
//	hours M D-FROM-TO,…           weekdays (0 Sunday) and minutes of the day; "-" none
//	away M, back M                takes nobody new; takes people again
//	stop M                        no mentor any more
//	mentee P                      registered
//	nobody P                      looked, and nobody was free
//	gone P                        gave up looking
//	place C M P                   chose M; the place is held
//	open C                        the first message
//	say C mentee|mentor           a message was written
//	show C                        a message of the mentee came to the mentor
//	hours-told C                  the mentee was told when the mentor reads
//	remind C, offer C             what is told of a waiting
//	staff M                       staff were told that somebody waits for M
//	over C                        no place is taken any more
//	ask C                         the mentee was asked how to go on
//
// A year for figures (figures_test.go) has these, too:
//
//	trial P                       P only tries the service; before mentee P
//	search P TOPIC N A            looked for mentors: N were free, A there were
//	train M ROUND                 staff noted that M is trained, in that round
//	hours-used M N                M reported that many hours
//	case K P KIND, closed K WHY   a case, its end
//	question P Q                  P was asked the wording Q
//	answer P Q WAY VALUE          answered it
//	skip P Q HOW                  said skip, later or never
//	helped P ROLE VALUE WAY       said at closing whether it helped
//	why P ROLE REASON WAY         and why it ended
//	thank P                       thanked the mentor
//	feedback P WAY                wrote to the service, or was shown the form
//	idea P ROLE, vote P           had an idea; voted for one
const (
	jZone, jTick                   = "zone", "tick"
	jMentor, jLimit, jHours        = "mentor", "limit", "hours"
	jAway, jBack, jStop            = "away", "back", "stop"
	jMentee, jNobody, jGone        = "mentee", "nobody", "gone"
	jPlace, jOpen, jSay, jShow     = "place", "open", "say", "show"
	jHoursTold                     = "hours-told"
	jRemind, jOffer, jStaff, jOver = "remind", "offer", "staff", "over"
	jAsk                           = "ask"
	jTrial, jSearch, jTrain        = "trial", "search", "train"
	jHoursUsed, jCase, jClosed     = "hours-used", "case", "closed"
	jQuestion, jAnswer, jSkip      = "question", "answer", "skip"
	jHelped, jWhy, jThank          = "helped", "why", "thank"
	jFeedback, jIdea, jVote        = "feedback", "idea", "vote"
)

// journal writes lines; the first error stays.
type journal struct {
	w   *bufio.Writer
	err error
}

func newJournal(w io.Writer) *journal { return &journal{w: bufio.NewWriter(w)} }

func (j *journal) line(at time.Time, what string, values ...any) {
	if j.err != nil {
		return
	}
	if _, j.err = fmt.Fprintf(j.w, "%d %s", at.UnixMilli(), what); j.err != nil {
		return
	}
	for _, v := range values {
		fmt.Fprintf(j.w, " %v", v)
	}
	j.err = j.w.WriteByte('\n')
}
