package bot

import (
	"regexp"
	"slices"
	"strings"

	"silta/locale"
	"silta/mentoring"
)

// bandPattern finds an age band: "25-34", "25–34", "75+".
var bandPattern = regexp.MustCompile(`^(\d\d)(?:[-–]\d\d|\+)$`)

// filter reads what comes after `mentors`: words in any order and any of the
// three languages. What names nothing that a card has a field for is looked for
// in the cards.
func (t *turn) filter(rest string) *mentoring.Filter {
	f := &mentoring.Filter{}
	for _, w := range words(strings.NewReplacer(",", " ", ";", " ", "/", " ").Replace(rest), 20) {
		part := t.b.parts[w]
		topics := t.topicsNamed(w)
		switch {
		case part == "all":
			f.All = true
		case part == "filler" || part == "in" || part == "until": // small words
		case part == "woman" || part == "man" || part == "other":
			f.Genders = add(f.Genders, mentoring.Gender(part))
		case part == "peer" || part == "volunteer" || part == "professional":
			f.Kinds = add(f.Kinds, mentoring.HelperKind(part))
		case len(topics) > 0:
			f.Topics = add(f.Topics, topics...)
		case t.b.spokenNamed(w) != "":
			f.Languages = add(f.Languages, t.b.spokenNamed(w))
		case bandPattern.MatchString(w):
			f.Bands = add(f.Bands, strings.ReplaceAll(w, "-", "–"))
		default:
			f.Words = add(f.Words, w)
		}
	}
	return f
}

// add puts values into a list that it does not have yet.
func add[T comparable](list []T, values ...T) []T {
	for _, v := range values {
		if !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}

// topicsNamed finds the topics with a word that begins like w, in any of the
// languages; a word that several topics share means all of them.
func (t *turn) topicsNamed(w string) []string {
	var found []string
	for _, key := range t.offered() {
		named := w == word(key)
		for _, name := range t.topicNamesOf(key) {
			named = named || slices.ContainsFunc(words(name, 5), func(part string) bool { return alike(w, part) })
		}
		if named {
			found = append(found, key)
		}
	}
	return found
}

// alike says whether a word is the beginning of the other, or another form of
// it; short words are not.
func alike(w, name string) bool {
	if w == name {
		return true
	}
	return len(w) >= 3 && len(name) > 3 && strings.HasPrefix(name, w) || len(name) >= 4 && strings.HasPrefix(w, name)
}

// spokenNamed finds a language of the cards by its name in any language, in
// whatever form: "suomi", "suomeksi", "på svenska"; empty if it is none.
func (b *Bot) spokenNamed(w string) mentoring.Language {
	for _, tongue := range spoken() {
		for _, lang := range locale.Languages() {
			parts := words(b.cat.Say(lang, "lang."+string(tongue), nil), 3)
			name := parts[len(parts)-1]
			n := 0
			for n < min(len(w), len(name)) && w[n] == name[n] {
				n++
			}
			if w == name || n >= 4 && n >= len(name)-2 {
				return tongue
			}
		}
	}
	return ""
}

// filterText says in the person's words what is looked for.
func (t *turn) filterText(f *mentoring.Filter) string {
	said := t.topicNames(f.Topics)
	for _, l := range f.Languages {
		said = append(said, t.spokenName(l))
	}
	for _, g := range f.Genders {
		said = append(said, t.text("gender."+string(g)))
	}
	said = append(said, f.Bands...)
	for _, k := range f.Kinds {
		said = append(said, t.text("helper."+string(k)))
	}
	for _, w := range f.Words {
		said = append(said, t.text("mentors.quoted", "word", w))
	}
	return strings.Join(said, ", ")
}
