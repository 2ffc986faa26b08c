package web

import (
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// limiter slows floods down: a token bucket for each network, in memory only.
// Of an address nothing but its network is looked at, and that is forgotten as
// soon as the bucket is full again.
type limiter struct {
	burst  float64
	refill float64 // tokens a second
	now    func() time.Time

	mu      sync.Mutex
	buckets map[netip.Prefix]bucket
}

type bucket struct {
	tokens float64
	at     time.Time
}

// maxBuckets bounds the memory of a limiter. Whoever has so many networks at
// hand is held by the ceilings that are for all.
const maxBuckets = 20_000

func newLimiter(burst int, per time.Duration, now func() time.Time) *limiter {
	return &limiter{burst: float64(burst), refill: float64(burst) / per.Seconds(), now: now, buckets: map[netip.Prefix]bucket{}}
}

// take takes a token of a network's bucket; without one it says how long until
// there is one.
func (l *limiter) take(network netip.Prefix) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	b, known := l.buckets[network]
	if !known {
		if len(l.buckets) >= maxBuckets {
			l.forget(now)
		}
		b = bucket{tokens: l.burst, at: now}
	}
	b.tokens = min(l.burst, b.tokens+now.Sub(b.at).Seconds()*l.refill)
	b.at = now
	if b.tokens < 1 {
		l.buckets[network] = b
		return time.Duration((1 - b.tokens) / l.refill * float64(time.Second)), false
	}
	b.tokens--
	l.buckets[network] = b
	return 0, true
}

// forget drops the buckets that are full again and, when they are not enough, a
// tenth of the others.
func (l *limiter) forget(now time.Time) {
	for network, b := range l.buckets {
		if b.tokens+now.Sub(b.at).Seconds()*l.refill >= l.burst {
			delete(l.buckets, network)
		}
	}
	excess := len(l.buckets) - maxBuckets*9/10
	for network := range l.buckets {
		if excess <= 0 {
			return
		}
		delete(l.buckets, network)
		excess--
	}
}

// everybody is the one bucket of a ceiling that is for all.
func everybody() netip.Prefix { return netip.Prefix{} }

// network is the coarse network that a request came from: what a school or an
// operator shares, /24 or /48. X-Forwarded-For counts only as far as trusted
// proxies have written it.
func network(r *http.Request, trusted []netip.Prefix) netip.Prefix {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return everybody()
	}
	address := at.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && isTrusted(address, trusted); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		address = hop.Unmap()
	}
	bits := 24
	if address.Is6() {
		bits = 48
	}
	prefix, err := address.WithZone("").Prefix(bits)
	if err != nil {
		return everybody()
	}
	return prefix
}

func isTrusted(address netip.Addr, trusted []netip.Prefix) bool {
	for _, p := range trusted {
		if p.Contains(address) {
			return true
		}
	}
	return false
}
