package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"silta/e2e/inside"
)

func number(i int) string { return strconv.Itoa(i) }

// stubPairs are n conversations of which only the mentees write.
func stubPairs(n int) []pair {
	pairs := make([]pair, n)
	for i := range pairs {
		k := number(i)
		pairs[i] = pair{
			From: "!from" + k + ":" + inside.Domain, To: "!to" + k + ":" + inside.Domain,
			Person: "@person" + k + ":" + inside.Domain, Ghost: "@silta_ghost" + k + ":" + inside.Domain,
		}
	}
	return pairs
}

// round measures one relay once, made anew.
func round(ctx context.Context, r relay, n int) (result, error) {
	b, err := newStub()
	if err != nil {
		return result{}, err
	}
	defer b.server.Close()
	pairs := stubPairs(stubRooms)
	to, err := r.Start(ctx, b, pairs)
	if err != nil {
		return result{}, err
	}
	b.expect(pairs, n)
	res, err := b.run(ctx, to, "t", transactions(pairs, n, 0, "s"))
	return res, errors.Join(err, r.Stop())
}

// contest measures relays in turns and returns each one's rates, and what went
// wrong in them altogether.
func contest(ctx context.Context, n, rounds int, sides ...func() relay) (rates [][]float64, faults []int, err error) {
	rates, faults = make([][]float64, len(sides)), make([]int, len(sides))
	for range rounds {
		for i, side := range sides {
			r, err := round(ctx, side(), n)
			if err != nil {
				return nil, nil, err
			}
			rates[i] = append(rates[i], r.rate)
			faults[i] += r.missing + r.faults
		}
	}
	return rates, faults, nil
}

// ceiling prints what the stub homeserver and the no-op relay can do here: the
// measure of the measure.
func (b *bench) ceiling(ctx context.Context) error {
	n, rounds := 40000, 5
	if b.sample {
		n, rounds = 10000, 1
	}
	rates, faults, err := contest(ctx, n, rounds, func() relay { return &noop{} })
	if err != nil {
		return err
	}
	if faults[0] > 0 {
		return fmt.Errorf("no-op relay: %d lost or wrong", faults[0])
	}
	sends, err := sendRate(ctx, 5*n)
	if err != nil {
		return err
	}
	fmt.Printf("%-28s stub alone %.0f sends/s, no-op relay %.0f/s (median of %d)\n", "ceiling", sends, median(rates[0]), rounds)
	return nil
}

func (b *bench) stub(ctx context.Context) error {
	n, rounds := 20000, 7
	if b.sample {
		n, rounds = 5000, 2
	}
	rates, faults, err := contest(ctx, n, rounds,
		func() relay { return &stock{} },
		func() relay { return &silta{} },
		func() relay { return &silta{slow: time.Millisecond} })
	if err != nil {
		return err
	}
	theirs, ours, slow := median(rates[0]), median(rates[1]), median(rates[2])
	b.bound("stub: rate", fmt.Sprintf("silta %.0f/s, stock mautrix %.0f/s (median of %d)", ours, theirs, rounds), ours/theirs, true, 1.0)
	b.bound("stub: rate, fsync +1 ms", fmt.Sprintf("silta %.0f/s", slow), slow, true, 5000)
	b.count("stub: lost or out of order", fmt.Sprintf("silta %d, stock mautrix %d", faults[1]+faults[2], faults[0]), faults[1]+faults[2])
	return nil
}
