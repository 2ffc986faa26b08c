package main

import (
	"strings"
	"testing"

	"silta/config"
)

// TestCheckSigns: the check says what can be seen, and names what is on alone.
func TestCheckSigns(t *testing.T) {
	for want, signs := range map[string]config.Signs{
		"off: nobody sees when another writes or has read": {},
		"that somebody is writing can be seen":             {Typing: true},
		"what somebody has read can be seen":               {Reading: true},
		"writing and what somebody has read":               {Typing: true, Reading: true},
	} {
		c := config.Default()
		c.Programmes.Mentoring.Signs = signs
		d := &doctor{cfg: c}
		d.checkSigns()
		status := advice
		if !signs.Typing && !signs.Reading {
			status = good
		}
		if len(d.findings) != 1 || d.findings[0].Status != status || !strings.Contains(d.findings[0].Text, want) || (status == advice) != (d.findings[0].Fix != "") {
			t.Errorf("%+v: %+v, want %q", signs, d.findings, want)
		}
	}
}
