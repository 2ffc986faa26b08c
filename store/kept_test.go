package store

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"silta/mentoring"
)

// column is one column of the schema.
type column struct {
	name, kind string
	refers     string // table of its foreign key
}

// table is one table of the schema.
type table struct {
	name    string
	columns []column
}

// wholeSchema reads the migration.
func wholeSchema(t *testing.T) []table {
	t.Helper()
	source, err := os.ReadFile("migrations/01-first.sql")
	if err != nil {
		t.Fatal(err)
	}
	made := regexp.MustCompile(`(?s)CREATE TABLE (\w+) \((.*?)\n\)`)
	line := regexp.MustCompile(`(?m)^\t(\w+)\s+(INTEGER|BIGINT|SMALLINT|TEXT|BYTEA)\b(.*)$`)
	refers := regexp.MustCompile(`REFERENCES (\w+)`)
	var all []table
	for _, m := range made.FindAllStringSubmatch(string(source), -1) {
		one := table{name: m[1]}
		for _, c := range line.FindAllStringSubmatch(m[2], -1) {
			if slices.ContainsFunc(one.columns, func(before column) bool { return before.name == c[1] }) {
				continue // of the other database
			}
			made := column{name: c[1], kind: c[2]}
			if r := refers.FindStringSubmatch(c[3]); r != nil {
				made.refers = r[1]
			}
			one.columns = append(one.columns, made)
		}
		all = append(all, one)
	}
	if len(all) < 30 {
		t.Fatalf("only %d tables were found", len(all))
	}
	return all
}

const howTo = "say in keepings (kept.go) what people are shown of it and how it is erased"

// TestKept: every table, and every column in which something can be kept about a
// member, is shown by mydata or hidden with a reason, and is erased or stays with
// a reason. The texts of it are in every language (package locale).
func TestKept(t *testing.T) {
	known := map[string][]keeping{}
	for _, k := range keepings() {
		known[k.table] = append(known[k.table], k)
		if (k.of == "") == (k.why == "") || k.of != "" && k.erase == "" && k.stays == "" {
			t.Errorf("%s: %s", k.table, howTo)
		}
	}
	person := regexp.MustCompile(`member|newcomer|giver|author|_by$|block|opener|mentee|mentor|person|staff|reporter|writer|owner|who`)
	for _, one := range wholeSchema(t) {
		entries := known[one.name]
		delete(known, one.name)
		if len(entries) == 0 {
			t.Errorf("the table %s is new: %s", one.name, howTo)
			continue
		}
		for _, c := range one.columns {
			about := c.refers == "member" || c.refers == "membership" || c.refers == "participant"
			if entries[0].why != "" {
				if about || person.MatchString(c.name) {
					t.Errorf("%s.%s seems to be about a member: %s", one.name, c.name, howTo)
				}
				continue
			}
			if !slices.ContainsFunc(entries, func(k keeping) bool { return k.tells(c.name) }) {
				t.Errorf("%s.%s is new: %s", one.name, c.name, howTo)
			}
			if about && !slices.ContainsFunc(entries, func(k keeping) bool { return regexp.MustCompile(`\b` + c.name + `\b`).MatchString(k.of) }) &&
				entries[0].hidden[c.name] == "" {
				t.Errorf("%s.%s is about a member, by whom nothing is looked for: %s", one.name, c.name, howTo)
			}
		}
		for _, k := range entries {
			for name := range k.hidden {
				if !slices.ContainsFunc(one.columns, func(c column) bool { return c.name == name }) {
					t.Errorf("%s.%s is hidden, and not there", one.name, name)
				}
			}
		}
	}
	for name := range known {
		t.Errorf("the table %s is not there any more", name)
	}
}

// tells says whether an entry says what is done with a column.
func (k keeping) tells(column string) bool {
	return k.hidden[column] != "" || slices.ContainsFunc(k.shown, func(s showing) bool { return s.column == column })
}

// sample is a value of a column; references are to row 1 everywhere.
func (s *Store) sample(one table, c column) any {
	switch {
	case one.name == "availability" && c.name == "hours":
		return "1 600 720"
	case c.name == "kind" && c.kind != "TEXT":
		return int64(RoomManagement) // the rooms are their own
	case c.kind == "TEXT":
		return "1"
	case c.kind != "BYTEA":
		return int64(1)
	}
	for _, sealed := range sealedColumns() {
		if sealed.table != one.name || sealed.column != c.name {
			continue
		}
		where := place{column: one.name + "." + c.name, id: 1}
		if sealed.byName() {
			where = place{column: one.name + "." + c.name, name: "1"}
		}
		return s.keys.seal(where, []byte("{}"))
	}
	return []byte{1}
}

// fill puts one row into a table, whose every value is there.
func (t *Tx) fill(one table) error {
	var names, places []string
	var values []any
	for i, c := range one.columns {
		names, places = append(names, c.name), append(places, fmt.Sprintf("$%d", i+1))
		values = append(values, t.s.sample(one, c))
	}
	_, err := t.exec("INSERT INTO "+one.name+" ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(places, ", ")+")", values...)
	return doing(one.name, err)
}

// rows is how many rows an entry finds.
func (t *Tx) rows(k keeping) (int64, error) {
	return single(t, "SELECT count(*) FROM "+k.table+" WHERE "+k.of, func(r record) (int64, error) { return r.int(0), nil }, mentoring.MemberID(1))
}

func filledStore(t *testing.T, dsn string, skip func(string) bool) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{DSN: dsn, Keys: testKeys(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	err = s.Write(t.Context(), func(tx *Tx) error {
		tx.newID(seqUpload) // its row is number 1, too
		for _, one := range wholeSchema(t) {
			if one.name == "high_water" || one.name == "setting" || one.name == "queue" || one.name == "seen" || skip(one.name) {
				continue
			}
			if err := tx.fill(one); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestMyData: with one row about a member in every table, they are shown all of
// it; after they have been erased nothing is found that does not stay for a
// reason.
func TestMyData(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		s := filledStore(t, dsn, func(string) bool { return false })
		find := func(want func(keeping) bool, when string) {
			t.Helper()
			err := s.Write(t.Context(), func(tx *Tx) error {
				for _, k := range keepings() {
					if k.of == "" {
						continue
					}
					n, err := tx.rows(k)
					if err != nil {
						return err
					}
					if want(k) != (n > 0) {
						t.Errorf("%s: %d rows of %s where %s", when, n, k.table, k.of)
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		find(func(keeping) bool { return true }, "at first")
		err := s.Write(t.Context(), func(tx *Tx) error {
			kept, err := tx.KeptOf(1)
			if err != nil {
				return err
			}
			shown := map[string]map[string]any{}
			for _, one := range kept {
				shown[one.What] = map[string]any{}
				for _, f := range one.Facts {
					shown[one.What][f.Name] = f.Value
				}
			}
			for _, k := range keepings() {
				for _, s := range k.shown {
					if shown[k.what][s.key()] == nil {
						t.Errorf("%s of %s is not shown", s.column, k.table)
					}
				}
				if k.counted && shown[k.what]["n"] != int64(1) {
					t.Errorf("%s is not counted: %v", k.table, shown[k.what])
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		err = s.Write(t.Context(), func(tx *Tx) error {
			if err := tx.EmptyConversation(1); err != nil {
				return err
			}
			return tx.EraseMember(1)
		})
		if err != nil {
			t.Fatal(err)
		}
		find(func(k keeping) bool {
			return k.stays != "" && !strings.HasPrefix(k.stays, goesWithIt) && k.table != "handover"
		}, "afterwards")
		err = s.Read(t.Context(), func(tx *Tx) error {
			left, err := tx.KeptOf(1)
			for _, k := range left {
				for _, f := range k.Facts {
					if where := k.What + "." + f.Name; !slices.Contains(stillThere(), where) {
						t.Errorf("%s is still %v", where, f.Value)
					}
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// stillThere is what is left of an erased member: how many there were, when.
func stillThere() []string {
	return []string{
		"member.state", "member.trial", "membership.role", "membership.state", "membership.programme", "membership.unit",
		"participant.role", "participant.kind", "participant.state", "participant.created", "participant.last_talk", "participant.ended",
		"participant.purge", "participant.emptied", "participant.awake_until", "participant.archived", "participant.blocking", "participant.thanked", "participant.wrote", "participant.barred",
		"case.case_kind", "case.state", "case.created", "case.changed", "claimed.n", "upload.n",
		"audit.n", "reason.n",
	}
}

// TestDeleteKept: whoever never joined is deleted whole, whatever is kept of them.
func TestDeleteKept(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		stays := map[string]bool{}
		for _, k := range keepings() {
			stays[k.table] = stays[k.table] || k.erase == ""
		}
		for _, parent := range []string{"conversation", "handover"} {
			stays[parent] = false
		}
		for _, child := range []string{"case_note", "duty", "snapshot", "joint_consent"} { // of cases, which nobody has who never joined
			stays[child] = true
		}
		s := filledStore(t, dsn, func(name string) bool { return stays[name] })
		if err := s.Write(t.Context(), func(tx *Tx) error { return tx.DeleteMember(1) }); err != nil {
			t.Fatal(err)
		}
		err := s.Write(t.Context(), func(tx *Tx) error {
			for _, k := range keepings() {
				if k.erase == "" {
					continue
				}
				if n, err := tx.rows(k); err != nil || n > 0 {
					t.Errorf("%d rows of %s where %s (%v)", n, k.table, k.of, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// TestCardsOfMyData: what a mentor wrote is opened for them.
func TestCardsOfMyData(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		s, err := Open(t.Context(), Options{DSN: dsn, Keys: testKeys(t)})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		want := mentoring.Card{Alias: "Kanerva", State: mentoring.CardDraft, Kind: mentoring.HelperPeer, Story: "tarina"}
		err = s.Write(t.Context(), func(tx *Tx) error {
			m := mentoring.Member{Address: "@a:b", Alias: "Otter", Join: mentoring.JoinDone}
			if err := tx.PutMember(&m); err != nil {
				return err
			}
			ms := mentoring.Membership{Member: m.ID, Role: mentoring.Mentor, State: mentoring.Active}
			if err := tx.PutMembership(&ms); err != nil {
				return err
			}
			c := want
			c.Membership = ms.ID
			if err := tx.PutCard(&c); err != nil {
				return err
			}
			kept, err := tx.KeptOf(m.ID)
			if err != nil {
				return err
			}
			for _, k := range kept {
				for _, f := range k.Facts {
					if card, ok := f.Value.(mentoring.Card); ok && reflect.DeepEqual(card, want) {
						return nil
					}
				}
			}
			t.Errorf("the card is not among %+v", kept)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
