package main

import "strings"

// checkSigns says what people may let one another see besides what they write.
// It is a choice of the service, and no fault; but one that an operator should
// know of.
func (d *doctor) checkSigns() {
	const name = "signs"
	of := &d.cfg.Programmes.Mentoring.Signs
	var shown []string
	if of.Typing {
		shown = append(shown, "that somebody is writing")
	}
	if of.Reading {
		shown = append(shown, "what somebody has read")
	}
	if len(shown) == 0 {
		d.ok(name, "off: nobody sees when another writes or has read")
		return
	}
	d.say(advice, name, "programmes.mentoring.signs: {typing: false, reading: false}  if nobody needs it",
		"%s can be seen, of those who asked for it: it tells when they are there", strings.Join(shown, " and "))
}
