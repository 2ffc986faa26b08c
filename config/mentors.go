package config

import (
	"fmt"
	"slices"
	"strings"
)

// Service is help elsewhere, told to whoever finds no mentor.
type Service struct {
	// Topics that it is about; none: whatever a person looks for.
	Topics []string `yaml:"topics"`
	Text   Words    `yaml:"text"` // one line: what it is and how it is reached
}

func (c *Config) checkMentors(k *checker) {
	for i, s := range c.Programmes.Mentoring.Services {
		key := fmt.Sprintf("programmes.mentoring.services[%d]", i+1)
		for _, topic := range s.Topics {
			k.must(slices.Contains(c.Topics, topic), key+".topics", "%q is not one of the topics: %s", topic, strings.Join(c.Topics, ", "))
		}
		c.checkWords(k, key+".text", s.Text)
	}
}
