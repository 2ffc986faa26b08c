package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
)

func stubPairs() []pair {
	pairs := make([]pair, stubRooms)
	for i := range pairs {
		n := strconv.Itoa(i)
		pairs[i] = pair{
			From: "!from" + n + ":" + serverName, To: "!to" + n + ":" + serverName,
			Person: "@person" + n + ":" + serverName, Ghost: "@silta_ghost" + n + ":" + serverName,
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
	pairs := stubPairs()
	to, err := r.Start(ctx, b.url, pairs)
	if err != nil {
		return result{}, err
	}
	b.expect(pairs, n)
	res, err := b.run(ctx, to, "t", transactions(pairs, n, 0, "s"))
	return res, errors.Join(err, r.Stop())
}

// ceiling prints what the stub homeserver and the no-op relay can do here: the
// measure of the measure.
func (b *bench) ceiling(ctx context.Context) error {
	n, rounds := 40000, 5
	if b.sample {
		n, rounds = 10000, 1
	}
	var rates []float64
	for range rounds {
		r, err := round(ctx, &noop{}, n)
		if err != nil {
			return err
		}
		if r.missing+r.faults > 0 {
			return fmt.Errorf("no-op relay: %d missing, %d wrong", r.missing, r.faults)
		}
		rates = append(rates, r.rate)
	}
	sends, err := sendRate(ctx, 5*n)
	if err != nil {
		return err
	}
	fmt.Printf("%-28s stub alone %.0f sends/s, no-op relay %.0f/s (median of %d)\n", "ceiling", sends, median(rates), rounds)
	return nil
}

func (b *bench) stub(ctx context.Context) error {
	n, rounds := 20000, 5
	if b.sample {
		n, rounds = 5000, 1
	}
	var stocks []float64
	faults := 0
	for range rounds {
		r, err := round(ctx, &stock{}, n)
		if err != nil {
			return err
		}
		stocks = append(stocks, r.rate)
		faults += r.faults + r.missing
	}
	fmt.Printf("%-28s %.0f/s (median of %d, %d faults)\n", "stock mautrix", median(stocks), rounds, faults)
	return nil
}
