package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"silta/bridge/rewrite"
	"silta/figures"
	"silta/mentoring"
	"silta/store"
)

// Figures are drawn and written outside of any transaction: it takes longer than
// everything else may wait. Done again after a crash, all of it comes again.

// showFigures shows pictures of figures, or gives a report away.
func (b *Bridge) showFigures(ctx context.Context, show *mentoring.ShowFigures) error {
	var r *mentoring.Report
	var topics []mentoring.Topic
	err := b.store.Read(ctx, func(tx *store.Tx) error {
		act := &mentoring.Act{Tx: tx, Now: b.now(), Rules: b.rules()}
		m, err := tx.Member(show.Member)
		if err != nil {
			return err
		}
		if topics, err = act.Topics(show.Programme); err == nil {
			if len(show.Charts) > 0 {
				r, err = act.Stats(m, show.Programme, show.Unit, show.Term)
			} else {
				r, err = act.Report(m, show.Programme, show.Unit, show.Term)
			}
		}
		return err
	})
	var refusal *mentoring.Refusal
	if errors.As(err, &refusal) || errors.Is(err, mentoring.ErrNotFound) {
		return nil // they may not see it any more
	}
	if err != nil {
		return err
	}
	language := show.Language
	if language == "" {
		language = b.staffLanguage()
	}
	maker := figures.New(b.bot.Words(), string(language), func(key string) string { return b.bot.TopicName(language, topics, key) })
	if len(show.Charts) == 0 {
		return b.giveReport(ctx, show, maker, r)
	}
	return b.giveShown(ctx, show, "", func(kept *[]store.Upload) ([]rewrite.Content, error) { return b.pictures(ctx, show, maker, r, kept) })
}

// pictures draws the pictures and uploads them.
func (b *Bridge) pictures(ctx context.Context, show *mentoring.ShowFigures, maker *figures.Maker, r *mentoring.Report, kept *[]store.Upload) (pictures []rewrite.Content, err error) {
	for _, name := range show.Charts {
		p, err := maker.Picture(r, figures.ChartName(name))
		if err != nil {
			return nil, err
		}
		if p == nil {
			continue
		}
		content, err := b.putWhole(ctx, kept, figuresSource, "image/png", p.PNG)
		if err != nil {
			return nil, err
		}
		// The text is the caption, and what those hear who do not see it.
		content["msgtype"], content["body"], content["filename"] = "m.image", p.Alt, name+".png"
		content["info"] = map[string]any{"mimetype": "image/png", "size": len(p.PNG), "w": figures.Width, "h": figures.Height}
		pictures = append(pictures, content)
	}
	return pictures, nil
}

// giveShown uploads files of the bot's own and shows them, after a line if there
// is one. Files that are not shown after all are deleted at the homeserver: at
// once, or after a crash at the next start.
func (b *Bridge) giveShown(ctx context.Context, show *mentoring.ShowFigures, first string, upload func(*[]store.Upload) ([]rewrite.Content, error)) error {
	var kept []store.Upload
	contents, err := upload(&kept)
	if err == nil {
		err = b.run(ctx, func(s *step) error {
			for _, u := range kept {
				if err := s.tx.DropUpload(u.ID); err != nil {
					return err
				}
			}
			if first != "" {
				if err := s.sayInRoom(show, first); err != nil {
					return err
				}
			}
			return s.showInRoom(show, contents)
		})
	}
	if err != nil {
		for _, u := range kept {
			err = errors.Join(err, b.files.doom(u))
		}
	}
	return err
}

// giveReport gives a report behind a link; where there is no page, as files.
func (b *Bridge) giveReport(ctx context.Context, show *mentoring.ShowFigures, maker *figures.Maker, r *mentoring.Report) error {
	page, err := maker.Page(r)
	if err != nil {
		return err
	}
	say := func(key string, pairs ...any) string {
		return b.bot.Render(show.Language, mentoring.T(key, append(pairs, "period", maker.Term(r.Term))...))
	}
	if address := b.reportAddress(); address != "" {
		token, err := b.reports.put(show.Member, page)
		if err != nil {
			return err
		}
		link := address + string(show.Language) + "/" + token
		return b.run(ctx, func(s *step) error { return s.sayInRoom(show, say("figures.link", "link", link)) })
	}
	table, err := figures.CSV(r)
	if err != nil {
		return err
	}
	data, err := maker.JSON(r)
	if err != nil {
		return err
	}
	return b.giveShown(ctx, show, say("figures.files"), func(kept *[]store.Upload) (contents []rewrite.Content, err error) {
		for _, f := range []struct {
			ending, mime string
			data         []byte
		}{{"html", "text/html", page}, {"csv", "text/csv", table}, {"json", "application/json", data}} {
			content, err := b.putWhole(ctx, kept, figuresSource, f.mime, f.data)
			if err != nil {
				return nil, err
			}
			name := figures.FileName(r, f.ending)
			content["msgtype"], content["body"], content["filename"] = "m.file", name, name
			content["info"] = map[string]any{"mimetype": f.mime, "size": len(f.data)}
			contents = append(contents, content)
		}
		return contents, nil
	})
}

// reportAddress is where reports are opened; "" when there is no page.
func (b *Bridge) reportAddress() string {
	c := b.config.Load()
	if c.Web.Listen == "" || c.Web.URL == "" {
		return ""
	}
	return strings.TrimSuffix(c.Web.URL, "/") + "/figures/"
}

// figuresSource is that of the pictures and reports.
const figuresSource = "figures"

// whereShown is the room in which figures are shown.
func (s *step) whereShown(show *mentoring.ShowFigures) (store.RoomKind, int64, error) {
	if !show.Staff {
		return store.RoomManagement, int64(show.Member), nil
	}
	room, ok, err := s.staffRoom(show.Programme, show.Unit)
	if err == nil && !ok {
		err = mentoring.ErrNotFound
	}
	return store.RoomStaff, int64(room.ID), err
}

func (s *step) sayInRoom(show *mentoring.ShowFigures, text string) error {
	kind, owner, err := s.whereShown(show)
	if err != nil {
		return err
	}
	return s.line(kind, owner, line{text: text})
}

func (s *step) showInRoom(show *mentoring.ShowFigures, contents []rewrite.Content) error {
	kind, owner, err := s.whereShown(show)
	if err != nil {
		return err
	}
	state := store.RowReady
	if kind == store.RoomManagement {
		room, err := s.tx.RoomOf(kind, owner)
		if err != nil {
			return notFoundIsFine(err)
		}
		if room.State != store.RoomJoined {
			state = store.RowHeld
		}
	}
	for _, content := range contents {
		raw, err := json.Marshal(content)
		if err != nil {
			return fmt.Errorf("write figures: %w", err)
		}
		p := parcel{Kind: kind, Owner: owner, Op: opSend, Type: "m.room.message", Content: raw}
		if err = s.enqueue(s.b.lineLane(kind, owner), store.LaneRoom, state, p); err != nil {
			return err
		}
	}
	return nil
}
