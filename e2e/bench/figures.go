package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"silta/e2e/inside"
	"silta/mentoring"
	"silta/store"
)

// figures compares what `stats` costs in the two databases, in turns: figures are
// read from counters, of which there are as many whatever was counted.
func (b *bench) figures(ctx context.Context, sides []*grown) (err error) {
	rounds := 60
	if b.sample {
		rounds = 20
	}
	stores := make([]*store.Store, len(sides))
	defer func() {
		for _, s := range stores {
			if s != nil {
				err = errors.Join(err, s.Close())
			}
		}
	}()
	rules := &mentoring.Rules{Zone: time.UTC}
	staff := make([]mentoring.Member, len(sides))
	for i, g := range sides {
		in, err := inside.Open(inside.Options{Dir: g.dir})
		if err != nil {
			return err
		}
		stores[i] = in.Store
		if err := counted(ctx, in.Store, g.conversations); err != nil {
			return fmt.Errorf("count: %w", err)
		}
		err = in.Store.Write(ctx, func(tx *store.Tx) error {
			a := &mentoring.Act{Tx: tx, Now: time.Now(), Rules: rules}
			staff[i], err = a.Enlist("@evaluating:example.org")
			return err
		})
		if err != nil {
			return fmt.Errorf("enlist: %w", err)
		}
	}
	took := make([][]float64, len(sides))
	for range rounds {
		for i, s := range stores {
			began := time.Now()
			err := s.Read(ctx, func(tx *store.Tx) error {
				a := &mentoring.Act{Tx: tx, Now: began, Rules: rules}
				_, err := a.Stats(staff[i], mentoring.DefaultProgramme, mentoring.DefaultUnit, a.LastMonths(12))
				return err
			})
			if err != nil {
				return fmt.Errorf("stats: %w", err)
			}
			took[i] = append(took[i], time.Since(began).Seconds()*1000)
		}
	}
	few, many := median(took[0]), median(took[1])
	b.bound("growth: stats", fmt.Sprintf("with %d %.2f ms, with %d %.2f ms (median of %d)", sides[1].conversations, many, sides[0].conversations, few, rounds), many/few, false, 2)
	return nil
}

// counted counts what the conversations of a year would have.
func counted(ctx context.Context, s *store.Store, conversations int) error {
	now := time.Now().UTC()
	for from := 0; from < conversations; from += perStep {
		err := s.Write(ctx, func(tx *store.Tx) error {
			for i := from; i < min(from+perStep, conversations); i++ {
				month := now.AddDate(0, 0, -now.Day()).AddDate(0, -(i % 11), 0).Format("2006-01")
				for _, name := range []mentoring.CounterName{
					mentoring.CountRegistered, mentoring.CountWroteSoon, mentoring.CountOpened, mentoring.CountMessages, mentoring.CountMentees,
				} {
					c := mentoring.Counter{Name: name, Month: month, Programme: mentoring.DefaultProgramme, Unit: mentoring.DefaultUnit}
					if err := tx.Count(c, 1); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
