//go:build goolm

package machine

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"maunium.net/go/mautrix/id"
)

// forBenchmark makes a world whose setup a benchmark does not count.
func forBenchmark(b *testing.B, setup func(t *testing.T)) {
	b.Helper()
	if !testing.Testing() {
		b.Fatal("not a test")
	}
	ok := testing.RunTests(func(string, string) (bool, error) { return true, nil },
		[]testing.InternalTest{{Name: b.Name(), F: setup}})
	if !ok {
		b.Fatal("setup failed")
	}
}

func BenchmarkEncrypt(b *testing.B) {
	forBenchmark(b, func(t *testing.T) {
		w := newWorld(t)
		w.ensure()
		newClient(t, w.h, aino, "AINO1", true, nil)
		w.join(leg, aino)
		w.speak(ghost, leg, "hei")
		b.ResetTimer()
		for range b.N {
			w.speak(ghost, leg, "hei") // every hundredth shares a new session
		}
		b.StopTimer()
	})
}

func BenchmarkDecrypt(b *testing.B) {
	forBenchmark(b, func(t *testing.T) {
		w := newWorld(t)
		device := w.ensure()
		a := newClient(t, w.h, aino, "AINO1", true, nil)
		w.join(leg, aino)
		events := make([]Envelope, b.N)
		for i := range events {
			events[i] = a.says(leg, text("hei"), bot)
		}
		w.deliver(device)
		b.ResetTimer()
		for _, e := range events {
			w.hears(e, "hei")
		}
		b.StopTimer()
	})
}

// BenchmarkMany is a service of many conversations: rows of 1,000 real ghosts
// are cloned until there are 200,000; then the tables are opened and a ghost
// that nobody has needed yet says its first words.
func BenchmarkMany(b *testing.B) {
	const ghosts, real = 200_000, 1000
	forBenchmark(b, func(t *testing.T) {
		w := newWorld(t)
		_, err := w.m.EnsureReader(t.Context(), bot)
		w.must(err)
		newClient(t, w.h, aino, "AINO1", true, nil)
		w.h.mu.Lock()
		w.h.user(aino).devices["AINO1"].fallback = maps.Clone(w.h.user(aino).devices["AINO1"].otk) // keys enough for all
		w.h.mu.Unlock()
		w.join(leg, aino)
		for n := range real {
			name := id.UserID(fmt.Sprintf("@g%d:x", n))
			_, err := w.m.EnsureSender(t.Context(), name, "")
			w.must(err)
			if n%2 == 0 {
				w.speak(name, leg, "hei")
			}
		}
		exec := func(query string, args ...any) {
			t.Helper()
			if _, err := w.m.db.sql.Exec(query, args...); err != nil {
				t.Fatal(err)
			}
		}
		for range ghosts/real - 1 {
			exec(`INSERT INTO crypto_account SELECT randomblob(16), sealed FROM (SELECT sealed FROM crypto_account LIMIT ?)`, real)
			exec(`INSERT INTO crypto_olm SELECT randomblob(16), peer, session, used, sealed FROM (SELECT * FROM crypto_olm LIMIT ?)`, real)
			exec(`INSERT INTO crypto_outbound SELECT randomblob(16), randomblob(16), sealed FROM (SELECT sealed FROM crypto_outbound LIMIT ?)`, real)
		}
		w.must(w.m.Close())
		runtime.GC()
		before := residentMiB()
		start := time.Now()
		w.open("")
		opened := time.Since(start)
		var took []time.Duration
		used := cpuTime(t)
		for n := 1; n < real; n += 10 { // odd ones: they have not spoken
			start := time.Now()
			w.speak(id.UserID(fmt.Sprintf("@g%d:x", n)), leg, "ensimmäinen")
			took = append(took, time.Since(start))
		}
		used = cpuTime(t) - used // the homeserver's, too: it is in this process
		slices.Sort(took)
		info, err := os.Stat(w.dsn)
		w.must(err)
		b.ReportMetric(milliseconds(opened), "ms/open")
		b.ReportMetric(milliseconds(took[len(took)/2]), "ms/first")
		b.ReportMetric(milliseconds(took[len(took)-1]), "ms/slowest-first")
		b.ReportMetric(milliseconds(used)/float64(len(took)), "cpu-ms/first")
		b.ReportMetric(residentMiB()-before, "MiB/more")
		b.ReportMetric(float64(info.Size())/(1<<20), "MiB/file")
	})
}

// residentMiB is the memory of this process.
func residentMiB() float64 {
	raw, err := os.ReadFile(filepath.Join("/proc", "self", "statm"))
	fields := strings.Fields(string(raw))
	if err != nil || len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.Atoi(fields[1])
	return float64(pages*os.Getpagesize()) / (1 << 20)
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// cpuTime is what this process has used so far.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
