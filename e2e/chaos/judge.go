package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
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
	for i, body := range said {
		place[body] = i
	}
	if len(place) != len(said) || len(said) != w.count {
		return o, errors.New("the homeserver does not have what was written: once each, all of it")
	}
	times := map[string]int{}
	last := -1
	for _, body := range heard {
		times[body]++
		if times[body] > 1 {
			o.twice++
			continue
		}
		if place[body] < last {
			o.disorder++
		}
		last = max(last, place[body])
	}
	o.lost = len(said) - len(times)
	return o, nil
}

// texts are the bodies of this way's messages in a room, in order, and how many
// encrypted events the client of the one who is asked cannot read.
func (w *way) texts(ctx context.Context, who *dev.User, room string, client *dev.Client) (bodies []string, unreadable int, err error) {
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
				bodies = append(bodies, body)
			}
		}
		if page.End == "" || len(page.Chunk) == 0 {
			return bodies, unreadable, nil
		}
		from = page.End
	}
}
