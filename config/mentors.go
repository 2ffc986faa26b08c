package config

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Service is help elsewhere, told to whoever finds no mentor.
type Service struct {
	// Topics that it is about; none: whatever a person looks for.
	Topics []string `yaml:"topics"`
	Text   Words    `yaml:"text"` // one line: what it is and how it is reached
}

// Mentors is what must be there before staff can show a mentor to mentees.
type Mentors struct {
	Guide           bool `yaml:"guide" reload:"yes"`            // the orientation guide has been read
	Training        bool `yaml:"training" reload:"yes"`         // staff have noted that it is done
	BackgroundCheck bool `yaml:"background_check" reload:"yes"` // staff have noted that they saw it
	CardApproval    bool `yaml:"card_approval" reload:"yes"`    // staff read each card before it is shown
}

// Guide is the orientation guide that new mentors read. Steps, when there are
// any, take the place of the five that the language files have.
type Guide struct {
	Steps []Words `yaml:"steps"`
	Video Words   `yaml:"video"` // its address
}

// Supervision is the mentors' regular meeting with staff.
type Supervision struct {
	// Every is from one meeting to the next, which is set up by itself; 0s: staff
	// set up each.
	Every     Duration   `yaml:"every" reload:"yes"`
	Lasts     Duration   `yaml:"lasts" reload:"yes"`     // when staff do not say
	Reminders []Duration `yaml:"reminders" reload:"yes"` // before a meeting, in the mentor's hours
	// Missed: staff are told of a mentor who was missing so many times in a row; 0: never.
	Missed int `yaml:"missed" reload:"yes"`
	// Known: in the group mentors go by the alias of their card.
	Known bool `yaml:"known" reload:"yes"`
}

func defaultSupervision() Supervision {
	return Supervision{
		Every: Duration(28 * day), Lasts: Duration(90 * time.Minute), Missed: 2,
		Reminders: []Duration{Duration(7 * day), Duration(24 * time.Hour)},
	}
}

func (s *Supervision) check(k *checker, key string) {
	k.must(s.Every == 0 || s.Every.Std() >= day && s.Every.Std() <= 366*day && s.Every.Std()%day == 0, key+".every",
		"%s is not a number of whole days from 1 to 366, or 0s", s.Every)
	k.must(s.Lasts.Std() >= 10*time.Minute && s.Lasts.Std() <= 8*time.Hour, key+".lasts", "%s is out of bounds; between 10m and 8h", s.Lasts)
	k.must(len(s.Reminders) <= 10, key+".reminders", "there are %d; at most 10", len(s.Reminders))
	for _, r := range s.Reminders {
		k.must(r.Std() >= time.Minute && r.Std() <= 90*day, key+".reminders", "%s is out of bounds; between 1m and 90d", r)
	}
	k.must(s.Missed >= 0 && s.Missed <= 12, key+".missed", "%d is out of bounds; between 1 and 12, or 0 for never", s.Missed)
}

// maxGuideSteps is how many the store can note.
const maxGuideSteps = 64

func (c *Config) checkMentors(k *checker) {
	for i, s := range c.Programmes.Mentoring.Services {
		key := fmt.Sprintf("programmes.mentoring.services[%d]", i+1)
		for _, topic := range s.Topics {
			k.must(slices.Contains(c.Topics, topic), key+".topics", "%q is not one of the topics: %s", topic, strings.Join(c.Topics, ", "))
		}
		c.checkWords(k, key+".text", s.Text)
	}
	c.Programmes.Mentoring.Supervision.check(k, "programmes.mentoring.supervision")
	look := c.Programmes.Mentoring.ServiceAge.Std()
	k.must(look >= 7*day && look <= 1000*day, "programmes.mentoring.service_check", "%s is out of bounds; between 7d and 1000d", c.Programmes.Mentoring.ServiceAge)
	wait := c.Programmes.Mentoring.AskWait.Std()
	k.must(wait >= time.Minute && wait <= 30*day, "programmes.mentoring.ask_wait", "%s is out of bounds; between 1m and 30d", c.Programmes.Mentoring.AskWait)
	again := c.Programmes.Mentoring.DangerAgain
	k.must(again.Std() >= time.Minute && again.Std() <= 30*day, "programmes.mentoring.danger_again", "%s is out of bounds; between 1m and 30d", again)
	review := c.Programmes.Mentoring.ReviewAfter
	k.must(review.Std() >= time.Hour && review.Std() <= 365*day, "programmes.mentoring.review_after", "%s is out of bounds; between 1h and 365d", review)
	g := &c.Programmes.Mentoring.Guide
	k.must(len(g.Steps) <= maxGuideSteps, "programmes.mentoring.guide.steps", "there are %d; at most %d", len(g.Steps), maxGuideSteps)
	for i, step := range g.Steps {
		for _, language := range c.Languages {
			k.must(strings.TrimSpace(step.In(language)) != "", fmt.Sprintf("programmes.mentoring.guide.steps[%d]", i+1), "has no text in %s", language)
		}
	}
	if len(g.Video) > 0 {
		c.checkWords(k, "programmes.mentoring.guide.video", g.Video)
	}
}
