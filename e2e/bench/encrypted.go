package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"silta/dev"
)

// sealed is an encrypted conversation: what the writer says, the reader reads.
type sealed struct {
	writer, reader *dev.Person
	from, to       string
}

// encrypted compares Silta with encryption to Silta without (its processor time
// for a message) and to the plain no-op relay (from client to client, the
// clients' own work included), all on one homeserver and in turns.
func (b *bench) encrypted(ctx context.Context) error {
	rounds, each := 8, 80
	if b.sample {
		rounds, each = 3, 40
	}
	o := &onSynapse{scope: dev.NewScope()}
	defer o.scope.Close()
	if err := o.prepare(ctx); err != nil {
		return err
	}
	program := dev.Silta(o.scope, o.hs, dev.Named("sealed"), dev.Staff(o.hs.User("staff2")))
	service := program.Open(dev.Plain(o.scope, o.hs.Register("staff2", "password")))
	all := make([]sealed, talks)
	for i := range all {
		alias := "Pilvi" + number(i)
		mentor := service.Mentor(dev.Plain(o.scope, o.hs.Register("helper"+number(i), "password"), dev.Signed()), "en", dev.Card{
			Alias: alias, AgeBand: 2, Area: "Turku", Story: "A story.", Topics: "1", Languages: "1 3",
		})
		mentee := service.Mentee(dev.Plain(o.scope, o.hs.Register("seeker"+number(i), "password"), dev.Signed()), "en", "Seeker")
		all[i] = sealed{writer: mentee, reader: mentor}
		all[i].from, all[i].to = service.Conversation(mentee, mentor, alias, "hello")
	}
	var waits, work [2][]float64
	for range rounds {
		before := cpu(program)
		waits[0] = append(waits[0], sealedLatency(all, each))
		work[0] = append(work[0], (cpu(program)-before)*1000/float64(each))

		before = cpu(o.plain)
		if _, err := o.latency(ctx, o.sides[0], each); err != nil {
			return err
		}
		work[1] = append(work[1], (cpu(o.plain)-before)*1000/float64(each))

		wait, err := o.latency(ctx, o.sides[1], each)
		if err != nil {
			return err
		}
		waits[1] = append(waits[1], wait)
	}
	b.versus("encrypted: CPU a message", "encrypted %.2f ms, plain %.2f ms", work, 1.6)
	b.versus("encrypted: median wait", "encrypted %.1f ms, plain no-op %.1f ms", waits, 1.3)
	return b.text(work[0])
}

// versus judges paired measurements by the better end of the interval.
func (b *bench) versus(what, format string, sides [2][]float64, limit float64) {
	paired := make([]float64, len(sides[0]))
	for i := range paired {
		paired[i] = sides[0][i] / sides[1][i]
	}
	low, mean, high := interval(paired)
	text := fmt.Sprintf(format+", ratio %.2f (%.2f–%.2f)", median(sides[0]), median(sides[1]), mean, low, high)
	b.bound(what, text, low, false, limit)
}

// cpu is the processor time of a program so far, in seconds.
func cpu(p *dev.Program) float64 { return p.Metrics().Sum("process_cpu_seconds_total") }

// sealedLatency is the median time in milliseconds from one client's send to the
// other client's having read it, one message at a time.
func sealedLatency(all []sealed, n int) float64 {
	var waits []float64
	for i := range n {
		s := all[i%len(all)]
		body := textPrefix + "sealed " + strconv.FormatInt(time.Now().UnixNano(), 36)
		from := s.reader.Mark()
		began := time.Now()
		s.writer.Text(s.from, body)
		s.reader.Await(from, "a message", dev.Message(s.to, body))
		waits = append(waits, float64(time.Since(began).Microseconds())/1000)
	}
	return median(waits)
}
