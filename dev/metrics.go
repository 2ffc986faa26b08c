package dev

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// Metrics are the samples of a Prometheus text page, by name with labels as
// they were printed: `http_requests{code="200"}`.
type Metrics map[string]float64

// Sum adds up the samples of a metric whose printed labels contain all of the
// given pieces, such as `servlet="RoomSendEventRestServlet"`.
func (m Metrics) Sum(name string, labels ...string) float64 {
	var sum float64
samples:
	for sample, value := range m {
		base, printed, _ := strings.Cut(sample, "{")
		if base != name {
			continue
		}
		for _, label := range labels {
			if !strings.Contains(printed, label) {
				continue samples
			}
		}
		sum += value
	}
	return sum
}

// FetchMetrics reads a metrics page.
func FetchMetrics(url string) (Metrics, error) {
	response, err := http.Get(url)
	if err != nil {
		return nil, fmt.Errorf("fetch metrics: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch metrics: status %d", response.StatusCode)
	}
	return parseMetrics(response.Body)
}

func parseMetrics(r io.Reader) (Metrics, error) {
	m := Metrics{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		name, rest := line, ""
		if i := strings.LastIndex(line, "}"); i >= 0 {
			name, rest = line[:i+1], line[i+1:]
		} else if i := strings.IndexByte(line, ' '); i >= 0 {
			name, rest = line[:i], line[i:]
		}
		fields := strings.Fields(rest) // value, and perhaps a time
		if len(fields) == 0 {
			return nil, fmt.Errorf("metrics: no value in a line")
		}
		value, err := strconv.ParseFloat(fields[0], 64)
		if err != nil {
			return nil, fmt.Errorf("metrics: %w", err)
		}
		m[name] = value
	}
	return m, lines.Err()
}
