package text

import (
	"regexp"
	"strconv"
	"strings"

	"silta/mentoring"
)

var (
	// What maps and clients write of a place: an address of the kind geo: (RFC 5870),
	// or degrees of latitude and longitude to a hundred metres or better.
	geoLink = regexp.MustCompile(`geo: ?-?[0-9][^\s` + "\x01" + `]*`)
	degrees = regexp.MustCompile(`(-?[0-9]{1,2}\.[0-9]{3,}) ?°? ?[ns]?(?: ?[,;/] ?| )(-?[0-9]{1,3}\.[0-9]{3,})(?: ?°? ?[ewo]\b)?`)
)

// leastOfPlace is how many digits a place has at least.
const leastOfPlace = 4

// places finds where on the map somebody is.
func places(list []found, s string) []found {
	if strings.Contains(s, "geo:") {
		for _, m := range geoLink.FindAllStringIndex(s, -1) {
			if m[0] == 0 || !wordByte(s[m[0]-1]) {
				list = append(list, found{mentoring.ContactAddress, m[0], m[1]})
			}
		}
	}
	for _, m := range degrees.FindAllStringSubmatchIndex(s, -1) {
		north, err1 := strconv.ParseFloat(s[m[2]:m[3]], 64)
		east, err2 := strconv.ParseFloat(s[m[4]:m[5]], 64)
		if err1 == nil && err2 == nil && north <= 90 && north >= -90 && east <= 180 && east >= -180 && endsWord(s, m[1]) {
			list = append(list, found{mentoring.ContactAddress, m[0], m[1]})
		}
	}
	return list
}
