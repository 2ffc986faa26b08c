package text

import (
	"strconv"

	"silta/mentoring"
)

// placeMatchers find what maps and clients write of a place: an address of the
// kind geo: (RFC 5870), degrees of latitude and longitude to a hundred metres or
// better, or degrees with minutes.
type placeMatchers struct{ geoLink, degrees, minutes *matcher }

func newPlaceMatchers() placeMatchers {
	return placeMatchers{
		geoLink: needs(`geo: ?-?[0-9][^\s`+"\x01"+`]*`, "geo:"),
		degrees: needs(`(?:\b[ns] ?)?(-?[0-9]{1,2}\.[0-9]{3,}) ?°? ?[ns]?(?: ?[,;/] ?| )(?:[ewo] ?)?(-?[0-9]{1,3}\.[0-9]{3,})(?: ?°? ?[ewo]\b)?`, "."),
		minutes: needs(`(?:\b[ns] ?)?([0-9]{1,2})`+ofMinutes+`(?: ?[ns]\b)? ?[,;/]? ?(?:[ewo] ?)?([0-9]{1,3})`+ofMinutes+`(?: ?[ewo]\b)?`, "°"),
	}
}

// ofMinutes is what follows a number of degrees: minutes, and perhaps seconds.
const ofMinutes = ` ?° ?[0-9]{1,2}(?:[.,][0-9]+)? ?'(?: ?[0-9]{1,2}(?:[.,][0-9]+)? ?(?:"|''))?`

// leastOfPlace is how many digits a place has at least.
const leastOfPlace = 4

// places finds where on the map somebody is.
func (p *placeMatchers) places(list []found, s string) []found {
	for _, m := range p.geoLink.all(s) {
		if m[0] == 0 || !wordByte(s[m[0]-1]) {
			list = append(list, found{mentoring.ContactAddress, m[0], m[1]})
		}
	}
	for _, m := range append(p.degrees.parts(s), p.minutes.parts(s)...) {
		north, err1 := strconv.ParseFloat(s[m[2]:m[3]], 64)
		east, err2 := strconv.ParseFloat(s[m[4]:m[5]], 64)
		if err1 == nil && err2 == nil && north <= 90 && north >= -90 && east <= 180 && east >= -180 && endsWord(s, m[1]) {
			list = append(list, found{mentoring.ContactAddress, m[0], m[1]})
		}
	}
	return list
}
