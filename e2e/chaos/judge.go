package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"silta/dev"
)

// outcomes are what must all be zero.
type outcomes struct{ lost, twice, disorder, unreadable int }

func (o *outcomes) add(one outcomes) {
	o.lost += one.lost
	o.twice += one.twice
	o.disorder += one.disorder
	o.unreadable += one.unreadable
}

// settleTime is how long after the last message the last copy may come: above
// the longest pause that Synapse makes before it tries a transaction again
// within a run, and Silta before a send.
const settleTime = 90 * time.Second

// settle waits until everything has come, or for long enough, and judges. What
// counts is what the homeserver keeps of both rooms in the end.
func (t *trial) settle(ctx context.Context) (outcomes, error) {
	deadline := time.Now().Add(settleTime)
	for {
		var all outcomes
		for _, w := range t.ways {
			one, err := w.judge(ctx)
			if err != nil {
				return all, err
			}
			all.add(one)
		}
		if all.lost+all.unreadable == 0 || time.Now().After(deadline) {
			if all.lost+all.unreadable == 0 { // whatever comes twice would come now
				pause(ctx, 2*time.Second)
				return t.again(ctx)
			}
			return all, nil
		}
		pause(ctx, time.Second)
	}
}

func (t *trial) again(ctx context.Context) (all outcomes, err error) {
	for _, w := range t.ways {
		one, err := w.judge(ctx)
		if err != nil {
			return all, err
		}
		all.add(one)
	}
	return all, nil
}

// explain prints what was heard where something is wrong: "5" in its place, "<5"
// what came after a later one, "-5" what did not come; for each of the latter
// two when it was said and when it was heard, and the faults of the run.
func (t *trial) explain(ctx context.Context) error {
	for _, f := range t.done {
		fmt.Println(f)
	}
	for _, w := range t.ways {
		one, err := w.judge(ctx)
		if err != nil {
			return err
		}
		if one == (outcomes{}) {
			continue
		}
		said, _, err := w.texts(ctx, w.writer, w.from, w.says)
		if err != nil {
			return err
		}
		heard, _, err := w.texts(ctx, w.reader, w.to, w.hears)
		if err != nil {
			return err
		}
		fmt.Println(w.name + ":" + compare(said, heard))
	}
	return nil
}

func compare(said, heard []text) string {
	place, came := map[string]int{}, map[int]bool{}
	for i, s := range said {
		place[s.body] = i
	}
	line, last := "", -1
	for _, h := range heard {
		k := place[h.body]
		if k < last {
			line += fmt.Sprintf(" <%d (said %s, heard %s)", k, clock(said[k].at), clock(h.at))
		} else {
			line += " " + strconv.Itoa(k)
		}
		last, came[k] = max(last, k), true
	}
	for k, s := range said {
		if !came[k] {
			line += fmt.Sprintf(" -%d (said %s)", k, clock(s.at))
		}
	}
	return line
}

func clock(at time.Time) string { return at.Format("15:04:05.000") }

// judge compares what was said in one room with what was heard in the other.
func (w *way) judge(ctx context.Context) (o outcomes, err error) {
	said, _, err := w.texts(ctx, w.writer, w.from, w.says)
	if err != nil {
		return o, err
	}
	heard, unreadable, err := w.texts(ctx, w.reader, w.to, w.hears)
	if err != nil {
		return o, err
	}
	o.unreadable = unreadable
	o.lost = w.count // if the homeserver itself lost one, the run is void
	place := map[string]int{}
	for i, s := range said {
		place[s.body] = i
	}
	if len(place) != len(said) || len(said) != w.count {
		return o, errors.New("the homeserver does not have what was written: once each, all of it")
	}
	times := map[string]int{}
	last := -1
	for _, h := range heard {
		times[h.body]++
		if times[h.body] > 1 {
			o.twice++
			continue
		}
		if place[h.body] < last {
			o.disorder++
		}
		last = max(last, place[h.body])
	}
	o.lost = len(said) - len(times)
	return o, nil
}

// text is a message as the homeserver has it.
type text struct {
	body string
	at   time.Time
}

// texts are this way's messages in a room, in order, and how many encrypted
// events the client of the one who is asked cannot read.
func (w *way) texts(ctx context.Context, who *dev.User, room string, client *dev.Client) (all []text, unreadable int, err error) {
	opened := readable(client, room)
	from := ""
	for {
		query := url.Values{"dir": {"f"}, "limit": {"500"}}
		if from != "" {
			query.Set("from", from)
		}
		var page struct {
			Chunk []struct {
				ID      string `json:"event_id"`
				Type    string
				Time    int64 `json:"origin_server_ts"`
				Content struct{ Body any }
			}
			End string
		}
		path := "/_matrix/client/v3/rooms/" + url.PathEscape(room) + "/messages?" + query.Encode()
		if err := who.Do(ctx, http.MethodGet, path, nil, &page); err != nil {
			return nil, 0, err
		}
		for _, ev := range page.Chunk {
			if ev.Type == "m.room.encrypted" {
				var ok bool
				if ev.Content.Body, ok = opened[ev.ID]; !ok {
					unreadable++
				}
			}
			if body, ok := ev.Content.Body.(string); ok && strings.HasPrefix(body, "chaos "+w.name+" ") {
				all = append(all, text{body, time.UnixMilli(ev.Time)})
			}
		}
		if page.End == "" || len(page.Chunk) == 0 {
			return all, unreadable, nil
		}
		from = page.End
	}
}
