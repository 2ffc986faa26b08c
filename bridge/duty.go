package bridge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html/template"
	"strings"

	"silta/mentoring"
	"silta/store"
)

// A child-welfare summary leaves the database only to be printed: behind a link
// that works once, or, where there is no page, as a file in the own room of the
// staff member who may see it, which goes again after an hour.

// dutyPage is the summary as it is printed. It has nothing from anywhere.
const dutyPage = `<!doctype html>
<html lang="{{.Lang}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{{.Title}}</title>
<style>
body { font: 1rem/1.5 sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; color: #000; background: #fff }
dt { font-weight: bold; margin-top: 1rem }
dd { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere }
footer { margin-top: 2rem; border-top: 1px solid #000; font-size: .9rem }
</style>
</head>
<body>
<main>
<h1>{{.Title}}</h1>
<dl>
{{range .Lines}}<dt>{{index . 0}}</dt>
<dd>{{index . 1}}</dd>
{{end}}</dl>
</main>
<footer><p>{{.Foot}}</p></footer>
</body>
</html>
`

func dutyKey(of mentoring.MemberID) string { return fmt.Sprintf("duty-file/%d", of) }

// showDuty gives a member the summary of a case, if they may see it still.
func (b *Bridge) showDuty(ctx context.Context, id mentoring.CaseID, of mentoring.MemberID) error {
	var m mentoring.Member
	var d mentoring.Duty
	err := b.store.Read(ctx, func(tx *store.Tx) (err error) {
		act := &mentoring.Act{Tx: tx, Now: b.now(), Rules: b.rules()}
		if m, err = tx.Member(of); err == nil {
			d, err = act.DutyOf(m, id)
		}
		return err
	})
	var refusal *mentoring.Refusal
	if errors.As(err, &refusal) || errors.Is(err, mentoring.ErrNotFound) || err == nil && d.State != mentoring.DutyReady {
		return nil
	}
	if err != nil {
		return err
	}
	language := m.Language
	if language == "" {
		language = b.staffLanguage()
	}
	say := func(key string, pairs ...any) string { return b.bot.Render(language, mentoring.T(key, pairs...)) }
	made, err := template.New("duty").Parse(dutyPage)
	if err != nil {
		return fmt.Errorf("read the page of a child-welfare summary: %w", err)
	}
	var page bytes.Buffer
	err = made.Execute(&page, map[string]any{
		"Lang": language, "Title": say("duty.title"), "Lines": b.bot.DutyLines(language, &d),
		"Foot": say("duty.printed", "number", int64(id), "at", b.now()),
	})
	if err != nil {
		return fmt.Errorf("write child-welfare summary: %w", err)
	}
	if c := b.config.Load(); c.Web.Listen != "" && c.Web.URL != "" {
		token, err := b.duties.put(of, page.Bytes())
		if err != nil {
			return err
		}
		link := strings.TrimSuffix(c.Web.URL, "/") + "/duty/" + string(language) + "/" + token
		return b.run(ctx, func(s *step) error {
			return s.line(store.RoomManagement, int64(of), line{text: say("duty.link", "number", int64(id), "link", link)})
		})
	}
	return b.giveFile(ctx, roomFile{
		of: of, key: dutyKey(of), name: say("duty.file_name", "number", int64(id)), mime: "text/html", data: page.Bytes(),
		text: say("duty.file", "number", int64(id)), shown: mentoring.DutyShown,
	})
}

// dutyGone takes what was given of a summary away from a member.
func (b *Bridge) dutyGone(ctx context.Context, of mentoring.MemberID) error {
	b.duties.drop(of)
	return b.takeFileBack(ctx, dutyKey(of))
}
