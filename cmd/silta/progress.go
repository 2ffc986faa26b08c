package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-isatty"
)

// progress shows how far long work is: a bar on a terminal, lines elsewhere
// (a line at the start, then every tenth or ten seconds, and at the end).
type progress struct {
	out      io.Writer
	terminal bool
	now      func() time.Time

	mu    sync.Mutex
	stage string
	tenth int64
	last  time.Time
	open  bool // a bar stands on the line
}

func newProgress(out io.Writer) *progress {
	return &progress{out: out, terminal: isTerminal(out), now: time.Now}
}

// isTerminal says whether a person looks at it.
func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	return ok && isatty.IsTerminal(file.Fd())
}

// show is told that done of total (0: unknown) of a stage are done; it may be
// called as often as one likes.
func (p *progress) show(stage string, done, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fresh := stage != p.stage
	now, tenth := p.now(), int64(0)
	if total > 0 {
		tenth = done * 10 / total
	}
	finished := total > 0 && done >= total
	if p.terminal {
		if !fresh && !finished && now.Sub(p.last) < 100*time.Millisecond {
			return
		}
	} else if !fresh && tenth == p.tenth && now.Sub(p.last) < 10*time.Second {
		return
	}
	if fresh {
		p.end()
	}
	p.stage, p.tenth, p.last = stage, tenth, now
	if !p.terminal {
		fmt.Fprintln(p.out, amount(stage, done, total))
		return
	}
	const width = 30
	full := 0
	if total > 0 {
		full = int(min(done, total) * width / total)
	}
	fmt.Fprintf(p.out, "\r\x1b[K%s [%s%s]", amount(stage, done, total), strings.Repeat("#", full), strings.Repeat(".", width-full))
	p.open = true
	if finished {
		p.end()
	}
}

// close ends a bar that stands on the line.
func (p *progress) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end()
}

func (p *progress) end() {
	if p.open {
		fmt.Fprintln(p.out)
		p.open = false
	}
}

func amount(stage string, done, total int64) string {
	if total <= 0 {
		return fmt.Sprintf("%s: %d", stage, done)
	}
	return fmt.Sprintf("%s: %d of %d (%d %%)", stage, done, total, done*100/total)
}
