package bridge

import (
	"context"
	"strconv"
	"time"

	"silta/mentoring"
)

// What staff are told when something breaks goes through [mentoring.Act.Trouble]:
// one readable line of a kind, and then how many more there were.

// trouble tells staff that something goes wrong, or counts it.
func (s *step) trouble(kind mentoring.TroubleKind, text mentoring.Text) error {
	return s.act.Trouble(kind, text)
}

const (
	// awayTold is from how long on staff are told that the homeserver did not
	// answer, or that the service did not run.
	awayTold = 10 * time.Minute
	// aliveEvery is how often the service notes that it runs.
	aliveEvery = 5 * time.Minute
	// settingAlive is when it last did, as Unix milliseconds.
	settingAlive = "alive"
)

// noteAlive notes now and then that the service runs, and says when it last did;
// at the start (the zero time) it tells staff for how long it did not, if that
// was long. It also looks whether the homeserver is back.
func (b *Bridge) noteAlive(ctx context.Context, last time.Time) time.Time {
	if !b.troubled.Load() {
		if err := b.homeserverBack(ctx); err != nil && ctx.Err() == nil {
			b.log.Error().Err(redacted(err)).Msg("what time changes could not be done")
		}
	}
	now := b.now()
	if now.Sub(last) < aliveEvery {
		return last
	}
	if err := b.putAlive(ctx, last.IsZero()); err != nil && ctx.Err() == nil {
		b.log.Error().Err(redacted(err)).Msg("what time changes could not be done")
	}
	return now
}

func (b *Bridge) putAlive(ctx context.Context, starting bool) error {
	return b.run(ctx, func(s *step) error {
		last, err := s.tx.Setting(settingAlive)
		if err != nil {
			return err
		}
		ms, err := strconv.ParseInt(last, 10, 64)
		if since := time.UnixMilli(ms); starting && err == nil && s.now.Sub(since) > awayTold {
			if err := s.trouble(mentoring.TroubleGap, mentoring.T("trouble.gap", "at", since, "until", s.now)); err != nil {
				return err
			}
		}
		return s.tx.PutSetting(settingAlive, strconv.FormatInt(s.now.UnixMilli(), 10))
	})
}

// homeserverAway remembers since when the homeserver does not answer.
func (b *Bridge) homeserverAway() { b.awaySince.CompareAndSwap(0, b.now().UnixMilli()) }

// homeserverBack tells staff that the homeserver answers again, if it did not
// for long.
func (b *Bridge) homeserverBack(ctx context.Context) error {
	since := b.awaySince.Swap(0)
	if since == 0 || b.now().Sub(time.UnixMilli(since)) < awayTold {
		return nil
	}
	return b.run(ctx, func(s *step) error {
		return s.trouble(mentoring.TroubleHomeserver, mentoring.T("trouble.homeserver", "at", time.UnixMilli(since), "until", s.now))
	})
}
