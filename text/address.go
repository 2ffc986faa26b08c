package text

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"silta/mentoring"
)

// streetEndings are how Finnish and Swedish names of streets end, in the cases
// that are said of them.
func streetEndings() []string {
	return strings.Fields(`katu katua kadun kadulla kadulta kadulle tie tien tiellä tieltä tielle tietä kuja kujan kujalla kujalta kujalle polku polulla polulta
		raitti raitilla kaari kaarella kaarre kaarteella ranta rannassa rannalla rinne rinteellä penger penkereellä puistikko bulevardi bulevardilla esplanadi
		esplanadilla väylä väylällä aukio aukiolla laituri portti portilla kulma kulmalla pihalla
		gatan gata vägen väg gränden gränd stigen stig torget allén allé esplanaden backen kajen stranden bågen svängen ringen promenaden`)
}

// flat is what may follow the number of a house: more numbers, stairs, a flat.
var flat = regexp.MustCompile(`^(?: ?- ?[0-9]{1,3})? ?(?:[a-h]\b)? ?(?:(?:as|bst|lgh|apt|asunto|rappu|porras|trappa)\.? ?)?(?:[a-h]?\b ?[0-9]{1,3}\b)?`)

// notStreets end like one and are none.
func notStreets() []string {
	return strings.Fields(`moottoritie valtatie kantatie maantie tie polkutie seututie yhdystie kehätie ohitustie pääväylä hautie puolitie elämäntie uratie ilmatie vesitie rautatie
		katie cutie sweetie hottie bootie christie auntie necktie untie laddie
		katu kävelykatu pääkatu sivukatu polku hoitopolku opintopolku palvelupolku koulutuspolku urapolku kuntopolku luontopolku oppimispolku asiakaspolku
		ranta uimaranta hiekkaranta sateenkaari kaari kaarre rinne laskettelurinne portti maaliportti nettiportti lähtöportti aukio kulma näkökulma suorakulma
		laituri vetolaituri bussilaituri pihalla ulkopihalla koulunpihalla takapihalla sisäpihalla etupihalla pihalle väylä opintoväylä
		väg vägen omväg utväg livsväg genväg motorväg landsväg järnväg hemväg skolväg arbetsväg halvvägen längsvägen motorvägen landsvägen
		gata gatan stig stigen backen backe ringen svängen torget stranden badstranden bågen regnbågen förresten promenaden omringen`)
}

// addresses finds where somebody lives: a street with a number, a postal code
// with a town.
func (g *Guard) addresses(list []found, s string) []found {
	for i := 0; i < len(s); {
		if s[i] < '0' || s[i] > '9' {
			i++
			continue
		}
		end := i
		for end < len(s) && s[end] >= '0' && s[end] <= '9' {
			end++
		}
		list = g.addressAt(list, s, i, end)
		i = end
	}
	return list
}

// nearby is how much of a text around a number is looked at.
const nearby = 60

// addressAt looks at what stands around a number.
func (g *Guard) addressAt(list []found, s string, start, end int) []found {
	after := s[end:min(len(s), end+nearby)]
	digits := end - start
	if digits <= 3 && (start == 0 || !wordByte(s[start-1])) && g.houseNumber(after) {
		if at := g.streetBefore(s, start); at >= 0 {
			rest := after[:flat.FindStringIndex(after)[1]]
			return append(list, found{mentoring.ContactAddress, at, end + len(strings.TrimRight(rest, " -."))})
		}
	}
	if start > 0 && wordByte(s[start-1]) {
		return list
	}
	if digits <= 4 {
		if n := g.englishStreet(after); n > 0 {
			return append(list, found{mentoring.ContactAddress, start, end + n})
		}
	}
	if digits == 3 && len(after) > 3 && after[0] == ' ' && strings.Trim(after[1:3], "0123456789") == "" { // 123 45 Stockholm
		digits, end, after = 5, end+3, after[3:]
	}
	if digits == 5 {
		trimmed := strings.TrimLeft(after, ", ")
		town := letters(trimmed)
		if gap := len(after) - len(trimmed); gap > 0 && gap <= 2 && g.isTown(town) {
			return append(list, found{mentoring.ContactAddress, start, end + gap + len(town)})
		}
	}
	return list
}

// streetBefore says where the name of a street begins that ends just before a
// number; -1 when there is none.
func (g *Guard) streetBefore(s string, at int) int {
	end := at
	for _, word := range []string{"nro ", "no ", "nr ", "numero "} {
		if strings.HasSuffix(s[:end], " "+word) {
			end -= len(word)
		}
	}
	for end > 0 && at-end < 10 && (s[end-1] == ' ' || s[end-1] == ',') {
		end--
	}
	start := end
	for start > 0 && end-start < nearby && (wordByte(s[start-1]) || s[start-1] == '-') {
		start--
	}
	word := s[start:end]
	if end == at || strings.Trim(word, "-0123456789") == "" || g.notStreets[word] || word[0] == 't' && utf8.RuneCountInString(word) < 5 {
		return -1
	}
	for _, ending := range g.streets {
		if strings.HasSuffix(word, ending) && (len(word) > len(ending)+1 || strings.HasPrefix(word, "esplanad")) {
			return start
		}
	}
	return -1
}

// englishStreet says how much of the start of s is the rest of "12 Baker
// Street"; 0 when it is none.
func (g *Guard) englishStreet(s string) int {
	if len(s) > 1 && s[0] >= 'a' && s[0] <= 'c' {
		s = s[1:]
		if n := g.englishStreet(s); n > 0 {
			return n + 1
		}
		return 0
	}
	if s == "" || s[0] != ' ' {
		return 0
	}
	at := 0
	for words := 0; words < 3; words++ {
		if at >= len(s) || s[at] != ' ' {
			return 0
		}
		end := at + 1
		for end < len(s) && (wordByte(s[end]) || s[end] == '\'' || s[end] == '-') {
			end++
		}
		word := s[at+1 : end]
		switch {
		case words > 0 && g.words.streetEnds[word]:
			return end
		case word == "" || g.words.small[word]:
			return 0
		}
		at = end
	}
	return 0
}

// houseNumber says whether what follows a number of up to three digits lets it
// be that of a house.
func (g *Guard) houseNumber(after string) bool {
	switch {
	case after == "":
		return true
	case after[0] >= '0' && after[0] <= '9', after[0] == '%', after[0] == ':':
		return false
	case (after[0] == '.' || after[0] == ',') && len(after) > 1 && after[1] >= '0' && after[1] <= '9':
		return false
	}
	return !g.words.unitAfter(after, 0) || len(letters(strings.TrimPrefix(after, " "))) == 1
}

// smallWords are none of a street's name.
func smallWords() []string {
	return strings.Fields(`hours hour minutes minute km kilometres miles mile people years year days day weeks times the on in of a an my our this that from to at by and or is are was cars car
		percent meters metres persons students kids down along across for more long per next same whole busy dirt side cross`)
}

// isTown says whether a word is a town that somebody who writes here may live
// in, in any case of it.
func (g *Guard) isTown(w string) bool {
	return slices.ContainsFunc(g.towns, func(stem string) bool { return strings.HasPrefix(w, stem) })
}

// towns are how their names begin in every case.
func towns() []string {
	return strings.Fields(`helsin espoo esbo vanta vanda tamper tammerfors oulu uleåborg turu turku åbo jyväskyl lahti lahde lahtis kuopio pori björneborg
		joensuu lappeenran villmanstrand vaasa vasa hämeenlin tavastehus rovanieme seinäjo kotka kouvol salo porvoo borgå mikkeli st.michel hyvinkää järvenpää träskända
		nurmijärv rauma raumo kajaani kerava kervo tuusul kirkkonummi kyrkslätt lohja lojo kokkola karleby ylöjärv kaarina riihimä kemi iisalm savonlin nyslott maarianhamin mariehamn
		jakobstad pietarsaar kauniai grankulla sipoo sibbo vihti raasepor raseborg hanko hangö loviisa lovisa imatra varkau hamina raisio naantal nådendal valkeakos tornio haaparan
		raahe kangasal lempäälä pirkkal nokia forssa ylivies kuusamo närpe kristinestad nykarleby korsholm mustasaar pargas parain ekenäs tammisaar karis karja
		stockholm göteborg malmö uppsala västerås örebro linköping umeå luleå sundsvall gävle norrköping helsingborg jönköping`)
}
