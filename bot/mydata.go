package bot

import (
	"strings"
	"time"

	"silta/mentoring"
)

// messageSize is how long one message of a long answer is at most, in bytes: one
// that is longer is hard to read on a phone, and one event has its limit.
const messageSize = 6000

// mydata shows a person everything that is kept about them (feature P3).
func (t *turn) mydata(string) error {
	all, err := t.act.MyData(*t.member)
	if err != nil {
		return err
	}
	blocks := []string{t.text("mydata.head")}
	for from := 0; from < len(all); {
		to := from + 1
		for to < len(all) && all[to].What == all[from].What {
			to++
		}
		blocks = append(blocks, t.keptBlocks(all[from:to])...)
		from = to
	}
	rules := t.act.Rules
	blocks = append(blocks, t.text("mydata.besides", "queue", int(rules.QueueKept.Hours()/24), "keys", int(rules.KeysKept.Hours()/24)), t.text("mydata.how"))
	message := ""
	for _, b := range blocks {
		if message != "" && len(message)+len(b) > messageSize {
			t.line(message)
			message = ""
		}
		if message != "" {
			message += "\n\n"
		}
		message += b
	}
	t.line(message)
	return nil
}

// keptBlocks tells of things of one kind: under one head, each a block of its own
// where it is long.
func (t *turn) keptBlocks(list []mentoring.Kept) []string {
	head := t.text("mydata." + list[0].What)
	if len(list) == 1 && len(list[0].Facts) == 1 && list[0].Facts[0].Name == "n" {
		return []string{t.text("mydata.count", "what", head, "n", list[0].Facts[0].Value)}
	}
	blocks := []string{head}
	for _, one := range list {
		var said, long []string
		for _, f := range one.Facts {
			value := t.factText(f)
			if _, card := f.Value.(mentoring.Card); card {
				long = append(long, value)
				continue
			}
			name := t.text("mydata.of." + f.Name)
			if value != "" {
				name = t.text("mydata.fact", "name", name, "value", value)
			}
			said = append(said, name)
		}
		row := "– " + strings.Join(said, "; ")
		if len(long) > 0 {
			row += "\n" + strings.Join(long, "\n")
		}
		if last := &blocks[len(blocks)-1]; len(*last)+len(row) < messageSize/4 {
			*last += "\n" + row
		} else {
			blocks = append(blocks, row)
		}
	}
	return blocks
}

// factText tells a value; empty when its name says it all.
func (t *turn) factText(f mentoring.Fact) string {
	switch v := f.Value.(type) {
	case time.Time:
		if f.Name == "day" || t.isDay(v) {
			return t.text("mydata.day", "value", v)
		}
		return t.text("mydata.when", "value", v)
	case bool:
		return ""
	case mentoring.Hours:
		return t.hoursText(v)
	case mentoring.Card:
		return t.cardText(&v)
	case string:
		return t.factWord(f.Name, v)
	}
	return t.text("mydata.number", "value", f.Value)
}

// isDay says whether a time is a whole day: of much only the day is kept.
func (t *turn) isDay(v time.Time) bool {
	y, m, d := v.In(t.b.cfg.Location).Date()
	return v.Equal(time.Date(y, m, d, 0, 0, 0, 0, t.b.cfg.Location))
}

// factWord tells a word of the domain as people say it; what people wrote stays
// as it is.
func (t *turn) factWord(name, value string) string {
	key := ""
	switch name {
	case "language":
		return t.b.cat.Name(value)
	case "topic":
		return t.topicName(value)
	case "account":
		return ""
	case "role":
		key = "role." + value
	case "step":
		key = "card.step." + value
	case "state":
		key = "mydata.state." + value
	case "kind":
		key = "mydata.kind." + value
	case "sign":
		key = "signs." + value
	case "case_kind":
		key = "mydata.case." + value
	case "measure_kind":
		key = "measure.kind." + value
	case "figure":
		key = "mydata.figure." + value
	}
	if key == "" || !t.b.cat.Has(key) {
		return value
	}
	return t.text(key)
}
