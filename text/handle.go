package text

import (
	"regexp"
	"slices"
	"strings"

	"silta/mentoring"
)

const (
	// Those whose names are English words, too, and the others.
	wordMedium  = `disc|face|signal|threads|steam|line`
	ownMedium   = `snap(?:chat)?|snäp(?:p[iä])?|insta(?:gram)?|tik ?tok|tele(?:gram)?|what'?s ?app?|watsap+i?|wapp|discord|diskord|kik|facebook|messenger|twitter|jodel|psn|gamertag|xbox|twitch|linkedin|reddit|bereal|skype|wechat|roblox`
	longMedium  = ownMedium + `|` + wordMedium
	shortMedium = `sc|ig|tt|tg|wa|dc|fb|vk`
	medium      = `(?:` + longMedium + `|` + shortMedium + `)`
	// Endings of cases, and what is a part of the account's name.
	ending = `(?:[iae]?(?:n|in|ni|ssa|ssä|sta|stä|hin|tse|lla|lle)?|en)?(?:[ -]?(?:nimi(?:merkki)?|nimeni|tili(?:ni|n)?|namn|name|konto|nick(?:i|ini)?|user(?:name)?|käyttäjä(?:nimi|tunnus)?|tunnus|id|tag|tagi|handle|account|profiili|profil|profile))?`
	name   = `@?[a-zåäö0-9][a-zåäö0-9_.-]{1,28}[a-zåäö0-9_]`
)

var (
	// "snap: x", "ig = x", "insta - x"
	labelled = regexp.MustCompile(medium + ending + ` ?(?:[:=>]|->|=>| - ) ?(` + name + `)`)
	// "insta on x_99", "snap x_99"
	beside = regexp.MustCompile(medium + ending + `,? (?:on |is |är |nimellä |nimi |nimeltä |heter |as |under |@|tunnus )*(` + name + `)`)
	// "mun snap on x", "my insta is x", "min snap är x"
	owned = regexp.MustCompile(`(?:(?:mun|mu|minun|miun|min|mitt|mina) (?:oma |egen |eget )?` + medium + ending + ` (?:on|is|är|e|heter)|my (?:own )?(?:` + ownMedium + `|` + shortMedium + `)` + ending + ` is) (` + name + `)`)
	// "löydät mut snapista nimellä x", "add me on snap as x"
	sought = regexp.MustCompile(`(?:lisä|löydä|löydy|löyty|etsi|hae|haku|seura|add|find|follow|search|hit me|look me|lägg|sök|hitta|följ|skriv|laita|pistä|kirjo|oon|olen|i'm|im|jag heter|heter)[^.!?\n]{0,40}?` +
		medium + ending + `[ ,:-]{1,3}(?:nimellä|nimimerkillä|tunnuksella|as|under|som|med namnet|namnet|by the name)[ :]{1,2}(` + name + `)`)
	// "nimellä x snapissa", "as x on insta"
	reversed = regexp.MustCompile(`(?:nimellä|nimimerkillä|tunnuksella|oon|olen|as|under|som|i'm|im|heter) (` + name + `) (?:on |på |i )?(?:(?:` + longMedium + `)` + ending + `|(?:` + shortMedium + `)\b)`)
)

// handleMatchers find names that show by themselves what they are.
type handleMatchers struct{ atHandle, discordID *matcher }

func newHandleMatchers() handleMatchers {
	return handleMatchers{
		atHandle:  needs(`@[a-zåäö0-9_](?:[a-zåäö0-9_.]{1,28}[a-zåäö0-9_])`, "@"),
		discordID: needs(`[a-z0-9åäö_.]{2,32} ?# ?[0-9]{4}`, "#"),
	}
}

// handles finds names in social media; named says that a medium is named.
func (h *handleMatchers) handles(list []found, s string, named bool) []found {
	for _, m := range h.atHandle.all(s) {
		if m[0] > 0 && (wordByte(s[m[0]-1]) || strings.IndexByte("._-/", s[m[0]-1]) >= 0) || m[1] < len(s) && (s[m[1]] == '@' || !endsWord(s, m[1])) {
			continue
		}
		if strings.Trim(s[m[0]+1:m[1]], "0123456789 .") != "" {
			list = append(list, found{mentoring.ContactHandle, m[0], m[1]})
		}
	}
	for _, m := range h.discordID.all(s) {
		if (m[0] == 0 || !wordByte(s[m[0]-1])) && endsWord(s, m[1]) {
			list = append(list, found{mentoring.ContactHandle, m[0], m[1]})
		}
	}
	if !named {
		return list
	}
	list = mediumNames(list, s, labelled, func(name string) bool { return !ordinary(name) && strings.Trim(name, "0123456789.-") != "" })
	list = mediumNames(list, s, beside, odd)
	list = mediumNames(list, s, owned, func(name string) bool { return !ordinary(name) })
	list = mediumNames(list, s, sought, func(name string) bool { return !ordinary(name) })
	return mediumNames(list, s, reversed, func(name string) bool { return odd(name) })
}

// mediumNames adds the matches of a pattern whose name is one.
func mediumNames(list []found, s string, re *regexp.Regexp, isName func(string) bool) []found {
	for _, m := range re.FindAllStringSubmatchIndex(s, -1) {
		if m[0] > 0 && wordByte(s[m[0]-1]) || !endsWord(s, m[3]) || !isName(s[m[2]:m[3]]) {
			continue
		}
		list = append(list, found{mentoring.ContactHandle, m[2], m[3]})
	}
	return list
}

// odd says whether a name cannot be a word: it has a digit, an underscore or a
// dot inside, and is no number with an ending ("2010-luvun").
func odd(name string) bool {
	name = strings.TrimPrefix(name, "@")
	if !strings.ContainsAny(name, "0123456789_.") || numberish.MatchString(name) || fileName.MatchString(name) {
		return false
	}
	return strings.Trim(name, "0123456789.-") != ""
}

var (
	numberish = regexp.MustCompile(`^[0-9][0-9.:-]*[a-zåäö]*$`)
	fileName  = regexp.MustCompile(`\.(?:jpg|png|pdf|docx?|mp4|mp3|txt)$`)
)

// ordinary says whether a word that stands where a name would is more likely
// something said of the medium.
func ordinary(name string) bool {
	return slices.Contains(strings.Fields(`
		on ei en oo ole olla oli ollu rikki tyhmä tyhmää kiva kivaa hyvä huono paska paskaa ihan tosi tylsä tylsää vähän liian yksityinen kiinni poistettu poissa hukassa auki
		jumissa täynnä hakkeroitu vaan vain nyt taas joku jotain sellainen semmonen samanlainen parempi paras jo myös ollut vielä aina kielletty mulla mun sun ryhmä kanava joo juu kyllä
		the a an not so too my your down broken private public deleted gone hacked full boring bad good great fun cool stupid just really very only yes no for and but also group still always locked closed open ok okay
		inte är så för dum dumt kul tråkigt tråkig trasig privat privata stängd stängt borta raderad raderat hackad nere bra dålig full bara ju också jag du den det en ett ja nej men och gruppen låst öppen kass`),
		strings.TrimPrefix(name, "@"))
}
