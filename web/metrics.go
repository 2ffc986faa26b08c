package web

import (
	"context"
	"regexp"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Metrics are the figures of a running bridge. Every label value is one of the
// program's own words: what is not a short lower-case word, or is one too many,
// is counted as "other", so that an identifier can never become a label.
type Metrics struct {
	registry *prometheus.Registry
	words    words

	received *prometheus.CounterVec
	steps    *prometheus.HistogramVec
	sends    *prometheus.HistogramVec
	errors   *prometheus.CounterVec
	faults   *prometheus.CounterVec
	refused  *prometheus.CounterVec
	aside    *prometheus.CounterVec
	joined   *prometheus.CounterVec
	media    *prometheus.CounterVec
	bytes    *prometheus.CounterVec
	commits  prometheus.Histogram
	commit   prometheus.Histogram
}

// Lane is the state of one kind of lane, as the store counts it.
type Lane struct {
	Kind, State string        // "out", "held"
	Rows, Lanes int64         // rows in that state, and lanes they are in
	Oldest      time.Duration // age of the oldest row
}

// NewMetrics makes the collectors. lanes is asked at each scrape.
func NewMetrics(version string, lanes func(context.Context) ([]Lane, error)) *Metrics {
	counter := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "silta", Name: name, Help: help}, []string{label})
	}
	times := prometheus.ExponentialBuckets(0.0001, 2.5, 14) // 0.1 ms … 15 s
	seconds := func(name, help string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "silta", Name: name, Help: help, Buckets: times}, []string{"kind"})
	}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		received: counter("received_total", "What the homeserver brought, by kind.", "kind"),
		steps:    seconds("step_seconds", "Time of one step of a lane's worker, by kind of lane."),
		sends:    seconds("send_seconds", "Time of one request to the homeserver that succeeded, by kind."),
		errors:   counter("send_errors_total", "Requests to the homeserver that failed, by class.", "class"),
		faults:   counter("faults_total", "Steps that failed through a fault, by kind of lane.", "lane"),
		refused:  counter("refusals_total", "What people asked for and a rule refused, by rule.", "rule"),
		aside:    counter("set_aside_total", "Rows set aside after their fifth fault, by kind of lane.", "lane"),
		joined:   counter("page_joins_total", "Forms that were sent on the page, by what became of them.", "result"),
		media:    counter("media_total", "Files made anew and uploaded, by kind; one for each leg.", "kind"),
		bytes:    counter("media_bytes_total", "Bytes of the files that were uploaded, by kind.", "kind"),
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: "silta", Name: "commit_steps",
			Help: "Steps committed together (group commit).", Buckets: prometheus.ExponentialBuckets(1, 2, 11)}),
		commit: prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: "silta", Name: "commit_seconds",
			Help: "Time of one commit, the steps in it included.", Buckets: times}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "silta", Name: "build_info",
		Help: "Always 1; the version is the label.", ConstLabels: prometheus.Labels{"version": version}})
	build.Set(1)
	m.registry.MustRegister(m.received, m.steps, m.sends, m.errors, m.faults, m.refused, m.aside, m.joined, m.commits, m.commit,
		m.media, m.bytes,
		build, newLaneCollector(lanes), collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Received counts n things of a kind that the homeserver brought.
func (m *Metrics) Received(kind string, n int) {
	m.received.WithLabelValues(m.words.known("kind", kind)).Add(float64(n))
}

// Step notes one step of a worker.
func (m *Metrics) Step(kind string, took time.Duration) {
	m.steps.WithLabelValues(m.words.known("step", kind)).Observe(took.Seconds())
}

// Sent notes one request to the homeserver that succeeded.
func (m *Metrics) Sent(kind string, took time.Duration) {
	m.sends.WithLabelValues(m.words.known("send", kind)).Observe(took.Seconds())
}

// SendError counts a request to the homeserver that failed.
func (m *Metrics) SendError(class string) {
	m.errors.WithLabelValues(m.words.known("class", class)).Inc()
}

// Fault counts a step that failed through a fault.
func (m *Metrics) Fault(lane string) { m.faults.WithLabelValues(m.words.known("lane", lane)).Inc() }

// Refused counts a refusal by the key of its text.
func (m *Metrics) Refused(key string) { m.refused.WithLabelValues(m.words.known("rule", key)).Inc() }

// SetAside counts a row that failed five times.
func (m *Metrics) SetAside(lane string) { m.aside.WithLabelValues(m.words.known("lane", lane)).Inc() }

// Joined counts a form of the page by what became of it.
func (m *Metrics) Joined(result string) {
	m.joined.WithLabelValues(m.words.known("result", result)).Inc()
}

// Media counts a file that was made anew and uploaded.
func (m *Metrics) Media(kind string, bytes int64) {
	kind = m.words.known("media", kind)
	m.media.WithLabelValues(kind).Inc()
	m.bytes.WithLabelValues(kind).Add(float64(bytes))
}

// Committed notes one group commit.
func (m *Metrics) Committed(steps int, took time.Duration) {
	m.commits.Observe(float64(steps))
	m.commit.Observe(took.Seconds())
}

var word = regexp.MustCompile(`^[a-z]+([._][a-z]+)*$`)

// words bounds the values that a label may have.
type words struct {
	mu   sync.Mutex
	seen map[string]map[string]bool
}

const (
	wordLength = 40  // bytes
	wordCount  = 100 // values of one label
)

// known returns the word, or "other" when it may not be a label value.
func (w *words) known(label, value string) string {
	if len(value) > wordLength || !word.MatchString(value) {
		return "other"
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen == nil {
		w.seen = map[string]map[string]bool{}
	}
	of := w.seen[label]
	if of == nil {
		of = map[string]bool{}
		w.seen[label] = of
	}
	if !of[value] {
		if len(of) >= wordCount {
			return "other"
		}
		of[value] = true
	}
	return value
}

// laneCollector asks the store for the state of the queue at each scrape.
type laneCollector struct {
	lanes               func(context.Context) ([]Lane, error)
	rows, count, oldest *prometheus.Desc
	up                  *prometheus.Desc
}

func newLaneCollector(lanes func(context.Context) ([]Lane, error)) *laneCollector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("silta_queue_"+name, help, labels, nil)
	}
	return &laneCollector{
		lanes:  lanes,
		rows:   desc("rows", "Rows in the queue, by kind of lane and state.", "lane", "state"),
		count:  desc("lanes", "Lanes that have such rows.", "lane", "state"),
		oldest: desc("oldest_seconds", "Age of the oldest such row.", "lane", "state"),
		up:     desc("up", "1 when the queue could be counted at this scrape."),
	}
}

// Describe implements prometheus.Collector.
func (c *laneCollector) Describe(out chan<- *prometheus.Desc) {
	out <- c.rows
	out <- c.count
	out <- c.oldest
	out <- c.up
}

// Collect implements prometheus.Collector. A store that cannot answer is a
// figure of its own: an empty queue must not look the same.
func (c *laneCollector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), readyWait)
	defer cancel()
	lanes, err := c.lanes(ctx)
	up := 1.0
	if err != nil {
		up = 0
	}
	out <- prometheus.MustNewConstMetric(c.up, prometheus.GaugeValue, up)
	for _, l := range lanes {
		gauge := func(desc *prometheus.Desc, value float64) {
			out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, l.Kind, l.State)
		}
		gauge(c.rows, float64(l.Rows))
		gauge(c.count, float64(l.Lanes))
		gauge(c.oldest, l.Oldest.Seconds())
	}
}
