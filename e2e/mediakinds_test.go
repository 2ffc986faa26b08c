package e2e

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"silta/dev"
)

// eventType is how a file is sent: a sticker is one of no msgtype.
func (f sent) eventType() string {
	if f.msgtype == "" {
		return "m.sticker"
	}
	return "m.room.message"
}

// expected is the whole content that a file must come with, as measured leaves it.
func (f sent) expected(caption string, more map[string]any) map[string]any {
	want := map[string]any{"msgtype": f.kind, "body": caption, "filename": f.want, "m.mentions": map[string]any{}, "file": "a file", "info": json.RawMessage(f.measured)}
	if caption == "" {
		want["body"] = f.want
	}
	if f.want == "voice.ogg" {
		want["org.matrix.msc3245.voice"], want["org.matrix.msc1767.audio"] = map[string]any{}, map[string]any{"duration": 1}
	}
	for key, value := range more {
		want[key] = value
	}
	return want
}

// measured is a content with what is different in each file taken out: numbers
// above 0 are 1, and an encrypted file with the form that it must have is "a file".
func measured(value any) any {
	switch v := value.(type) {
	case float64:
		if v > 0 {
			return 1.0
		}
	case []any:
		out := make([]any, len(v))
		for i, one := range v {
			out[i] = measured(one)
		}
		return out
	case map[string]any:
		if isFile(v) {
			return "a file"
		}
		out := make(map[string]any, len(v))
		for key, one := range v {
			out[key] = measured(one)
		}
		return out
	}
	return value
}

// isFile says whether a value is an encrypted file and nothing more.
func isFile(v map[string]any) bool {
	key, _ := v["key"].(map[string]any)
	hashes, _ := v["hashes"].(map[string]any)
	k, ok1 := key["k"].(string)
	iv, ok2 := v["iv"].(string)
	hash, ok3 := hashes["sha256"].(string)
	url, ok4 := v["url"].(string)
	if !ok1 || !ok2 || !ok3 || !ok4 || len(k) != 43 || len(iv) != 22 || len(hash) != 43 || !strings.HasPrefix(url, "mxc://") {
		return false
	}
	return reflect.DeepEqual(v, map[string]any{"v": "v2", "url": url, "iv": iv, "hashes": map[string]any{"sha256": hash},
		"key": map[string]any{"kty": "oct", "alg": "A256CTR", "ext": true, "k": k, "key_ops": []any{"encrypt", "decrypt"}}})
}

// plainJSON is a value as it is when it has been written and read.
func (c *talk) plainJSON(value any) (out map[string]any) {
	c.t.Helper()
	raw, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return out
}

// file waits for a message of the author's ghost whose content is, measured, the
// one that is wanted.
func (c *talk) file(name string, author, viewer, mark int, want map[string]any) dev.Event {
	c.t.Helper()
	v, want := c.seats[viewer], c.plainJSON(want)
	var got []string
	deadline := time.Now().Add(40 * time.Second)
	for {
		got = got[:0]
		for _, e := range v.Events(mark) {
			ghost := c.ghosts[viewer][author]
			if e.Room != v.leg || e.Type != "m.room.message" || e.Sender == v.UserID || ghost != "" && e.Sender != ghost {
				continue
			}
			if reflect.DeepEqual(measured(e.Content), want) {
				c.ghosts[viewer][author] = e.Sender
				overTheWire(c.t, name, v, e)
				return e
			}
			got = append(got, string(e.Raw))
		}
		if time.Now().After(deadline) {
			raw, _ := json.Marshal(want)
			c.t.Fatalf("%s by %d: %s got\n%s\nwant\n%s", name, author, v.UserID, strings.Join(got, "\n"), raw)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// allFiles has everybody send every file, the first with a caption, and do with
// files what people do; and everybody else get it, and learn nothing else.
func (c *talk) allFiles(files []sent) {
	c.t.Helper()
	c.stores = map[int]bool{}
	for author, s := range c.seats {
		c.stores[author] = true
		mark := s.Mark()
		c.sends(author, files[1], "", nil) // the first voice message of each is not sent unasked
		s.HearsIn(s.leg, mark, "media.voice_first")
	}
	for author, s := range c.seats {
		for i, f := range files {
			marks, caption := c.marks(), ""
			if i == 0 {
				caption = fmt.Sprintf("katso %s ranta %d", s.UserID, author)
			}
			c.sends(author, f, caption, nil)
			caption = strings.Replace(caption, s.UserID, s.alias, 1)
			for viewer := range c.seats {
				if viewer != author {
					c.gets(author, viewer, marks[viewer], f, caption, nil)
				}
			}
		}
		c.withFiles(author, files[0])
	}
	c.nobodyKnowsAnybody()
	for viewer, v := range c.seats {
		for other := range c.seats { // and what their client has kept has nothing of others' files
			if seen := v.Store(); other != viewer && strings.Contains(seen, localpart(c.seats[other].Client)) {
				c.t.Errorf("the store of %s has the name of %s", v.UserID, c.seats[other].UserID)
			}
		}
	}
}

// once says whether something has not been looked at yet.
func (c *talk) once(what string) bool {
	seen := c.looked[what]
	c.looked[what] = true
	return !seen
}

func (c *talk) marks() []int {
	marks := make([]int, len(c.seats))
	for i, s := range c.seats {
		marks[i] = s.Mark()
	}
	return marks
}

// withFiles: a picture and its caption changed, a text that answers it, a picture
// that answers the text, a sticker.
func (c *talk) withFiles(author int, f sent) {
	c.t.Helper()
	s, tag := c.seats[author], fmt.Sprintf("kuva %d", author)
	others := func(each func(viewer int)) {
		for viewer := range c.seats {
			if viewer != author {
				each(viewer)
			}
		}
	}
	picture, files := make([]string, len(c.seats)), make([]any, len(c.seats))
	marks := c.marks()
	picture[author] = c.sends(author, f, tag, nil)
	others(func(viewer int) {
		e, _, _, _ := c.gets(author, viewer, marks[viewer], f, tag, nil)
		picture[viewer], files[viewer] = e.ID, e.Content["file"]
	})

	fresh := c.content(author, f, "uusi "+tag+" "+s.UserID, nil)
	s.Send(s.leg, "m.room.message", map[string]any{"msgtype": "m.image", "body": "* " + s.UserID, "filename": f.name, "file": fresh["file"], "m.new_content": fresh,
		"m.relates_to": map[string]any{"rel_type": "m.replace", "event_id": picture[author]}})
	others(func(viewer int) {
		caption := "uusi " + tag + " " + s.alias
		e := c.file("a new caption", author, viewer, marks[viewer], map[string]any{"msgtype": "m.text", "body": "* " + caption, "m.mentions": map[string]any{},
			"m.new_content": f.expected(caption, nil), "m.relates_to": map[string]any{"rel_type": "m.replace", "event_id": picture[viewer]}})
		if inner, _ := e.Content["m.new_content"].(map[string]any); !reflect.DeepEqual(inner["file"], files[viewer]) {
			c.t.Errorf("a new caption came with another file")
		}
	})

	answerer := (author + 1) % len(c.seats)
	answers := func(to string) map[string]any {
		return map[string]any{"m.relates_to": map[string]any{"m.in_reply_to": map[string]any{"event_id": to}}}
	}
	text := make([]string, len(c.seats))
	a := c.seats[answerer]
	text[answerer] = a.Send(a.leg, "m.room.message", map[string]any{"msgtype": "m.text", "body": "hieno " + tag, "m.relates_to": answers(picture[answerer])["m.relates_to"]})
	for viewer := range c.seats {
		if viewer != answerer {
			text[viewer] = c.file("an answer to a picture", answerer, viewer, marks[viewer], map[string]any{"msgtype": "m.text", "body": "hieno " + tag,
				"m.mentions": map[string]any{}, "m.relates_to": answers(picture[viewer])["m.relates_to"]}).ID
		}
	}
	c.sends(author, f, "", answers(text[author]))
	others(func(viewer int) { c.gets(author, viewer, marks[viewer], f, "", answers(text[viewer])) })

	sticker := f
	sticker.msgtype = ""
	marks = c.marks()
	s.Send(s.leg, "m.sticker", c.content(author, sticker, "", map[string]any{"com.beeper.msc4459.image_source_packs": []any{map[string]any{"room_id": s.leg}}}))
	others(func(viewer int) { c.gets(author, viewer, marks[viewer], f, "", nil) })
}
