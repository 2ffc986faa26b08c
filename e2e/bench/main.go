package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
)

// bench is one run of the program.
type bench struct {
	sample bool
	broken bool // a bound was not kept
}

func main() {
	b := &bench{}
	flag.BoolVar(&b.sample, "sample", false, "a short form with loose bounds")
	only := flag.String("only", "", "parts to run, with commas: "+strings.Join(names(), ","))
	dir := flag.String("child", "", "used by the program itself: run a bridge on this folder")
	homeserver := flag.String("homeserver", "", "used by the program itself")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if *dir != "" {
		if err := child(ctx, *dir, *homeserver); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	for _, p := range b.parts() {
		if *only != "" && !slices.Contains(strings.Split(*only, ","), p.name) {
			continue
		}
		if err := p.run(ctx); err != nil {
			fmt.Fprintf(os.Stderr, "bench %s: %v\n", p.name, err)
			b.broken = true
		}
	}
	if b.broken {
		os.Exit(1)
	}
}

type part struct {
	name string
	run  func(context.Context) error
}

func (b *bench) parts() []part {
	return []part{{"ceiling", b.ceiling}, {"stub", b.stub}, {"growth", b.growth}, {"synapse", b.synapse}, {"encrypted", b.encrypted}, {"ghosts", b.ghosts}}
}

func names() []string {
	var out []string
	for _, p := range (&bench{}).parts() {
		out = append(out, p.name)
	}
	return out
}

// bound prints one line of the table: both sides, the ratio, and whether its
// bound is kept. In a sample only a breach by more than a third counts.
func (b *bench) bound(what, sides string, value float64, atLeast bool, limit float64) {
	hard := limit
	if b.sample && atLeast {
		hard = limit / 1.5
	} else if b.sample {
		hard = limit * 1.5
	}
	sign, kept, gross := "≥", value >= limit, value < hard
	if !atLeast {
		sign, kept, gross = "≤", value <= limit, value > hard
	}
	verdict := "PASS"
	if !kept {
		verdict = "FAIL"
	}
	b.broken = b.broken || gross
	fmt.Printf("%-28s %-58s %9.3g %s %-8.4g %s\n", what, sides, value, sign, limit, verdict)
}

// count prints a line for something that must not happen at all.
func (b *bench) count(what, sides string, n int) {
	verdict := "PASS"
	if n != 0 {
		verdict, b.broken = "FAIL", true
	}
	fmt.Printf("%-28s %-58s %9d = %-8d %s\n", what, sides, n, 0, verdict)
}
