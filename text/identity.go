package text

import (
	"regexp"
	"strconv"
	"time"

	"silta/mentoring"
)

// A Finnish personal identity code: day of birth, sign of the century (since
// 2024 any of eleven), number, check character. Spaces may stand between.
var hetu = regexp.MustCompile(`([0-3] ?[0-9]) ?\.?([01] ?[0-9]) ?\.?([0-9] ?[0-9]) ?([-+a-fyxwvu]) ?([0-9] ?[0-9] ?[0-9]) ?([0-9a-fhj-npr-y])`)

// A Swedish one: day of birth, then three digits and a check digit.
var personnummer = regexp.MustCompile(`((?:19|20)?[0-9]{2}) ?([01][0-9])([0-9]{2}) ?([-+]) ?([0-9]{3})([0-9])|((?:19|20)[0-9]{2})([01][0-9])([0-9]{2})([0-9]{3})([0-9])`)

const hetuCheck = "0123456789abcdefhjklmnprstuvwxy"

// identities finds personal identity codes whose check character is right.
func identities(list []found, s string) []found {
	for _, m := range hetu.FindAllStringSubmatchIndex(s, -1) {
		if standsAlone(s, m[0], m[1]) && rightHetu(s, m) {
			list = append(list, found{mentoring.ContactIdentity, m[0], m[1]})
		}
	}
	for _, m := range personnummer.FindAllStringSubmatchIndex(s, -1) {
		if standsAlone(s, m[0], m[1]) && rightPersonnummer(digitsOf(s[m[0]:m[1]])) {
			list = append(list, found{mentoring.ContactIdentity, m[0], m[1]})
		}
	}
	return list
}

// standsAlone says whether no letter or digit touches a place.
func standsAlone(s string, start, end int) bool {
	return (start == 0 || !wordByte(s[start-1])) && (end == len(s) || !wordByte(s[end]))
}

func wordByte(c byte) bool {
	return c >= 0x80 || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

func rightHetu(s string, m []int) bool {
	day, month, year := digitsOf(s[m[2]:m[3]]), digitsOf(s[m[4]:m[5]]), digitsOf(s[m[6]:m[7]])
	century := "19"
	switch sign := s[m[8]]; {
	case sign == '+':
		century = "18"
	case sign >= 'a' && sign <= 'f':
		century = "20"
	}
	if !isDay(century+year, month, day) {
		return false
	}
	n, err := strconv.Atoi(day + month + year + digitsOf(s[m[10]:m[11]]))
	return err == nil && s[m[12]] == hetuCheck[n%31]
}

func isDay(year, month, day string) bool {
	_, err := time.Parse("20060102", year+month+day)
	return err == nil
}

// rightPersonnummer checks the day and the Luhn digit of ten or twelve digits.
func rightPersonnummer(d string) bool {
	if len(d) == 10 {
		d = "20" + d
	}
	if len(d) != 12 {
		return false
	}
	day := d[6:8]
	if day > "60" { // a co-ordination number
		n, err := strconv.Atoi(day)
		if err != nil {
			return false
		}
		day = strconv.Itoa(100 + n - 60)[1:]
	}
	if !isDay(d[:4], d[4:6], day) && !isDay("19"+d[2:4], d[4:6], day) {
		return false
	}
	sum := 0
	for i, c := range d[2:] {
		n := int(c - '0')
		if i%2 == 0 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}
