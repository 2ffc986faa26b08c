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
	wait := c.Programmes.Mentoring.AskWait.Std()
	k.must(wait >= time.Minute && wait <= 30*day, "programmes.mentoring.ask_wait", "%s is out of bounds; between 1m and 30d", c.Programmes.Mentoring.AskWait)
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
