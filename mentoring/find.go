package mentoring

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Filter says which mentors somebody looks for. The values of one field are
// alternatives; what is in different fields must all be true.
type Filter struct {
	Topics    []string     `json:"t,omitempty"`
	Languages []Language   `json:"l,omitempty"`
	Genders   []Gender     `json:"g,omitempty"`
	Bands     []string     `json:"b,omitempty"`
	Kinds     []HelperKind `json:"k,omitempty"`
	// Words are anything else: areas, units, and words of the cards, each of
	// which must be met. See [Act.Find].
	Words []string `json:"w,omitempty"`
	All   bool     `json:"a,omitempty"` // those who are not free now, too
}

// Any says whether the filter leaves anybody out besides those who are not free.
func (f *Filter) Any() bool {
	return len(f.Topics)+len(f.Languages)+len(f.Genders)+len(f.Bands)+len(f.Kinds)+len(f.Words) > 0
}

// Searcher makes words comparable in whatever form they are written.
type Searcher interface {
	// Words are the words of a text as they are compared: folded, sorted.
	Words(text string) []string
	// Beginnings gives, for each word of a query, how one of those words may
	// begin to be taken for the same. One that ends with a space is a whole word.
	Beginnings(query string) [][]string
}

// plainSearch is used where no Searcher is given.
type plainSearch struct{}

func (plainSearch) Words(text string) []string {
	words := strings.Fields(strings.ToLower(text))
	slices.Sort(words)
	return words
}

func (plainSearch) Beginnings(query string) [][]string {
	var all [][]string
	for _, w := range strings.Fields(strings.ToLower(query)) {
		all = append(all, []string{w})
	}
	return all
}

func (r *Rules) search() Searcher {
	if r.Search == nil {
		return plainSearch{}
	}
	return r.Search
}

// Mentors lists who a member can choose: by default those who are free now,
// with all the others after them.
func (a *Act) Mentors(m Member, all bool) ([]*Listing, error) {
	return a.Find(m, &Filter{All: all})
}

// Find lists the mentors that a member looks for. Whoever has a block with the
// member is left out, and so is the member's own card. The order is by spare
// capacity, of places and of hours, then shuffled in a way that stays the same
// for one member (feature F6); whoever is not free comes last.
//
// A word of the filter that names a unit or an area where a mentor lives is
// about that; any other is looked for in the cards. The listings are shared:
// never change them.
func (a *Act) Find(m Member, f *Filter) ([]*Listing, error) {
	list, err := a.choosable(m)
	if err != nil {
		return nil, err
	}
	wanted := a.wanted(list, f.Words)
	shown := make([]*Listing, 0, len(list))
	for _, l := range list {
		if f.fits(l) && (f.All || l.Free(a.Now, a.Rules)) && a.meets(l, wanted) {
			shown = append(shown, l)
		}
	}
	a.order(m.ID, shown)
	return shown, nil
}

// choosable is the catalogue without those whom the member can never choose.
func (a *Act) choosable(m Member) ([]*Listing, error) {
	if err := a.can(m, DoBrowse); err != nil {
		return nil, err
	}
	list, err := a.Tx.Listings(DefaultProgramme)
	if err != nil {
		return nil, fmt.Errorf("listings: %w", err)
	}
	blocked, err := a.Tx.Blocks(m.ID)
	if err != nil {
		return nil, fmt.Errorf("blocks: %w", err)
	}
	found := make([]*Listing, 0, len(list))
	for _, l := range list {
		if l.Membership.Member == m.ID || slices.Contains(blocked, l.Membership.Member) {
			continue
		}
		apart, err := a.apart(m, l.Membership.Member)
		if err != nil {
			return nil, err
		}
		if !apart {
			found = append(found, l)
		}
	}
	return found, nil
}

// fits says whether the mentor's card has what is looked for, words apart.
func (f *Filter) fits(l *Listing) bool {
	c := &l.Card
	return (len(f.Topics) == 0 || common(f.Topics, c.Topics)) &&
		(len(f.Languages) == 0 || common(f.Languages, c.Languages)) &&
		oneOf(f.Genders, c.Gender) && oneOf(f.Bands, c.AgeBand) && oneOf(f.Kinds, c.Kind)
}

func oneOf[T comparable](wanted []T, value T) bool {
	return len(wanted) == 0 || slices.Contains(wanted, value)
}

func common[T comparable](a, b []T) bool {
	return slices.ContainsFunc(a, func(v T) bool { return slices.Contains(b, v) })
}

// wantedWord is one word of a query, with what it is about.
type wantedWord struct {
	begins []string
	unit   Unit // when it names one
	area   bool
}

// wanted says what each word is about, by what there is in the catalogue.
func (a *Act) wanted(list []*Listing, words []string) []wantedWord {
	var all []wantedWord
	units := map[Unit]bool{}
	if len(words) > 0 {
		for _, l := range list {
			units[l.Membership.Unit] = true
		}
	}
	for _, begins := range a.Rules.search().Beginnings(strings.Join(words, " ")) {
		w := wantedWord{begins: begins}
		for unit := range units {
			if len(units) > 1 && met(a.Rules.search().Words(string(unit)), begins) {
				w.unit = unit
			}
		}
		w.area = w.unit == "" && slices.ContainsFunc(list, func(l *Listing) bool { return met(l.area(a.Rules), begins) })
		all = append(all, w)
	}
	return all
}

func (a *Act) meets(l *Listing, wanted []wantedWord) bool {
	for _, w := range wanted {
		switch {
		case w.unit != "":
			if l.Membership.Unit != w.unit {
				return false
			}
		case w.area:
			if !met(l.area(a.Rules), w.begins) {
				return false
			}
		case !met(l.cardWords(a.Rules), w.begins):
			return false
		}
	}
	return true
}

// met says whether a word of a sorted list begins in one of the ways.
func met(words, begins []string) bool {
	for _, b := range begins {
		whole := strings.TrimSuffix(b, " ")
		i, found := slices.BinarySearch(words, whole)
		if found || whole == b && i < len(words) && strings.HasPrefix(words[i], b) {
			return true
		}
	}
	return false
}

func (l *Listing) area(r *Rules) []string {
	if l.areaWords == nil {
		l.areaWords = append([]string{}, r.search().Words(l.Card.Area)...)
	}
	return l.areaWords
}

func (l *Listing) cardWords(r *Rules) []string {
	if l.words == nil {
		c := &l.Card
		l.words = append([]string{}, r.search().Words(strings.Join([]string{c.Alias, c.Area, c.Story, c.Status}, "\n"))...)
	}
	return l.words
}

func (a *Act) order(viewer MemberID, list []*Listing) {
	type ranked struct {
		*Listing
		taken int64
		mixed uint64
	}
	all := make([]ranked, len(list))
	for i, l := range list {
		all[i] = ranked{Listing: l, taken: math.MaxInt64, mixed: shuffled(viewer, l.Membership.ID)}
		if l.Free(a.Now, a.Rules) { // whoever is not comes last, in no order of merit
			all[i].taken = l.taken(a.Rules)
		}
	}
	slices.SortFunc(all, func(x, y ranked) int {
		return cmp.Or(cmp.Compare(x.taken, y.taken), cmp.Compare(x.mixed, y.mixed), cmp.Compare(x.Membership.ID, y.Membership.ID))
	})
	for i := range all {
		list[i] = all[i].Listing
	}
}

// nearTopics is how many topics are offered instead.
const nearTopics = 3

// NearTopics are topics for which somebody is free now who has all else that is
// looked for: those first that mentors most often have together with the topics
// looked for.
func (a *Act) NearTopics(m Member, f *Filter) ([]string, error) {
	list, err := a.choosable(m)
	if err != nil {
		return nil, err
	}
	others := *f
	others.Topics, others.All = nil, false
	wanted := a.wanted(list, f.Words)
	together, free := map[string]int{}, map[string]int{}
	for _, l := range list {
		both := common(f.Topics, l.Card.Topics)
		takes := others.fits(l) && l.Free(a.Now, a.Rules) && a.meets(l, wanted)
		for _, topic := range l.Card.Topics {
			if both {
				together[topic]++
			}
			if takes && !slices.Contains(f.Topics, topic) {
				free[topic]++
			}
		}
	}
	near := make([]string, 0, len(free))
	for topic := range free {
		near = append(near, topic)
	}
	slices.SortFunc(near, func(x, y string) int {
		return cmp.Or(-cmp.Compare(together[x], together[y]), -cmp.Compare(free[x], free[y]), cmp.Compare(x, y))
	})
	return near[:min(len(near), nearTopics)], nil
}

// Searched counts what was looked for and whether anybody was found, by topic,
// month and week; of the person it keeps nothing (feature I11). Where nobody is
// free, it looks whether there would be anybody at all.
func (a *Act) Searched(m Member, f *Filter, found int) error {
	topics := f.Topics
	if len(topics) == 0 {
		topics = []string{""}
	}
	names := []CounterName{CountSearched}
	if found == 0 {
		anybody := *f
		anybody.All = true
		all, err := a.Find(m, &anybody)
		if err != nil {
			return err
		}
		names = append(names, CountNotFound)
		if len(all) == 0 {
			names = append(names, CountNobody)
		}
	}
	for _, topic := range topics {
		for _, name := range names {
			for _, period := range []string{a.week(), a.month()} {
				if err := a.countIn(name, period, topic, DefaultProgramme, DefaultUnit, m.Trial, 1); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// CardSeen counts that a mentor's card was opened: of all by week, and for the
// mentor's own eyes, with what else is theirs.
func (a *Act) CardSeen(m Member, l *Listing) error {
	if !m.Trial {
		if err := a.tally(l.Membership.ID, TallyCardSeen, 1); err != nil {
			return err
		}
	}
	return a.countIn(CountCardSeen, a.week(), "", DefaultProgramme, DefaultUnit, m.Trial, 1)
}
