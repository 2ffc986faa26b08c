package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"silta/web"
)

func start(t *testing.T, ready error, lanes func(context.Context) ([]web.Lane, error)) (*web.Metrics, string) {
	t.Helper()
	m := web.NewMetrics("1.2.3", lanes)
	h := &web.Health{Version: "1.2.3", Metrics: m, Ready: func(context.Context) error { return ready }}
	server := httptest.NewServer(h.Handler())
	t.Cleanup(server.Close)
	return m, server.URL
}

func fetch(t *testing.T, url string) (int, string) {
	t.Helper()
	response, err := http.Get(url) //nolint:noctx // a test's own server
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func noLanes(context.Context) ([]web.Lane, error) { return nil, nil }

func TestHealthAndReady(t *testing.T) {
	_, url := start(t, nil, noLanes)
	for _, path := range []string{"/healthz", "/readyz"} {
		code, body := fetch(t, url+path)
		var status web.Status
		if err := json.Unmarshal([]byte(body), &status); err != nil {
			t.Fatal(err)
		}
		if code != 200 || status != (web.Status{Service: "silta", Version: "1.2.3", Status: "ok"}) {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
	_, url = start(t, errors.New("the homeserver does not answer"), noLanes)
	if code, _ := fetch(t, url+"/healthz"); code != 200 {
		t.Errorf("a homeserver that is away is no reason to be restarted: %d", code)
	}
	if code, body := fetch(t, url+"/readyz"); code != 503 || !strings.Contains(body, "the homeserver does not answer") {
		t.Errorf("got %d %s", code, body)
	}
	if code, _ := fetch(t, url+"/debug/pprof/"); code != 404 {
		t.Errorf("more is served than was meant: %d", code)
	}
}

// TestEveryMetricAndLabel lists all that is told. Who adds a metric or a label
// adds it here, and so looks at whether it tells anything of a person.
func TestEveryMetricAndLabel(t *testing.T) {
	m, url := start(t, nil, func(context.Context) ([]web.Lane, error) {
		return []web.Lane{{Kind: "out", State: "ready", Rows: 2, Lanes: 1, Oldest: 1500 * time.Millisecond}}, nil
	})
	m.Received("message", 3)
	m.Step("in", time.Millisecond)
	m.Sent("message", time.Millisecond)
	m.SendError("limited")
	m.Fault("out")
	m.Refused("choose.full")
	m.SetAside("out")
	m.Media("image", 1234)
	m.Committed(7, time.Millisecond)
	_, body := fetch(t, url+"/metrics")
	line := regexp.MustCompile(`^(silta_[a-z_]+)(?:\{([^}]*)\})? (\S+)$`)
	label := regexp.MustCompile(`([a-z_]+)="`)
	var got []string
	for _, l := range strings.Split(body, "\n") {
		match := line.FindStringSubmatch(l)
		if match == nil {
			if strings.HasPrefix(l, "silta_") {
				t.Errorf("not understood: %s", l)
			}
			continue
		}
		var labels []string
		for _, name := range label.FindAllStringSubmatch(match[2], -1) {
			if name[1] != "le" {
				labels = append(labels, name[1])
			}
		}
		name := match[1]
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			name = strings.TrimSuffix(name, suffix)
		}
		entry := name + " " + strings.Join(labels, ",")
		if !slices.Contains(got, entry) {
			got = append(got, entry)
		}
	}
	slices.Sort(got)
	want := []string{
		"silta_build_info version",
		"silta_commit_seconds ",
		"silta_commit_steps ",
		"silta_faults_total lane",
		"silta_media_bytes_total kind",
		"silta_media_total kind",
		"silta_queue_lanes lane,state",
		"silta_queue_oldest_seconds lane,state",
		"silta_queue_rows lane,state",
		"silta_queue_up ",
		"silta_received_total kind",
		"silta_refusals_total rule",
		"silta_send_errors_total class",
		"silta_send_seconds kind",
		"silta_set_aside_total lane",
		"silta_step_seconds kind",
	}
	if !slices.Equal(got, want) {
		t.Errorf("metrics and labels are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, has := range []string{
		`silta_received_total{kind="message"} 3`,
		`silta_refusals_total{rule="choose.full"} 1`,
		`silta_queue_oldest_seconds{lane="out",state="ready"} 1.5`,
		`silta_commit_steps_sum 7`,
		`silta_queue_up 1`,
	} {
		if !strings.Contains(body, has+"\n") {
			t.Errorf("no line %s", has)
		}
	}
	for _, l := range strings.Split(body, "\n") {
		if name, _, _ := strings.Cut(l, "{"); !strings.HasPrefix(l, "#") && l != "" &&
			!strings.HasPrefix(name, "silta_") && !strings.HasPrefix(name, "go_") && !strings.HasPrefix(name, "process_") {
			t.Errorf("a metric of nobody's: %s", l)
		}
	}
}

// TestNoIdentifierBecomesALabel: whatever is handed in, only the program's own
// words come out, and only so many.
func TestNoIdentifierBecomesALabel(t *testing.T) {
	m, url := start(t, nil, noLanes)
	for _, value := range []string{
		"@aino:yhdistys.fi", "!room:yhdistys.fi", "$event", "silta_x7k2", "Aino", "a b", "", "x\ny", "åke",
		strings.Repeat("a", 41), "12",
	} {
		m.Received(value, 1)
		m.Step(value, 0)
		m.Sent(value, 0)
		m.SendError(value)
		m.Fault(value)
		m.Refused(value)
		m.SetAside(value)
	}
	name := []byte("aaa")
	for i := range 500 {
		name[0], name[1] = byte('a'+i%26), byte('a'+i/26)
		m.Refused(string(name))
	}
	_, body := fetch(t, url+"/metrics")
	values := regexp.MustCompile(`(?m)^silta_[a-z_]+\{(?:kind|class|lane|rule)="([^"]*)"`)
	seen := map[string]bool{}
	for _, match := range values.FindAllStringSubmatch(body, -1) {
		seen[match[1]] = true
		if match[1] != "other" && len(match[1]) != 3 {
			t.Errorf("label value %q came through", match[1])
		}
	}
	if len(seen) != 101 {
		t.Errorf("%d label values, want 100 and other", len(seen))
	}
}

func TestQueueThatCannotBeCounted(t *testing.T) {
	_, url := start(t, nil, func(context.Context) ([]web.Lane, error) { return nil, errors.New("disk") })
	if code, body := fetch(t, url+"/metrics"); code != 200 || !strings.Contains(body, "silta_queue_up 0\n") {
		t.Errorf("got %d", code)
	}
}

func TestServeEndsWithContext(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test's own
	if err != nil {
		t.Fatal(err)
	}
	inside, release := make(chan struct{}), make(chan struct{})
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(inside)
		<-release
		fmt.Fprint(w, "done")
	})
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- web.Serve(ctx, listener, handler) }()
	answer := make(chan string, 1)
	go func() {
		response, err := http.Get("http://" + listener.Addr().String()) //nolint:noctx // a test's own server
		if err != nil {
			answer <- err.Error()
			return
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		answer <- string(body)
	}()
	<-inside
	cancel()
	close(release)
	if got := <-answer; got != "done" {
		t.Errorf("a running request got %q", got)
	}
	if err := <-served; err != nil {
		t.Errorf("got %v", err)
	}
	if err := web.Serve(t.Context(), listener, handler); err == nil {
		t.Error("serving on a closed listener is no fault")
	}
}
