package bridge_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"silta/config"
	"silta/dev/hs"
	"silta/mentoring"
	"silta/store"
)

// secret is what must not get across in any file.
const secret = "Kanarialintu-Pixel-9"

// photo is a JPEG as a phone makes it: the device's name is in a comment.
func photo(width, height int) []byte {
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	for x := range width {
		for y := range height {
			picture.Set(x, y, color.RGBA{uint8(x), uint8(y), uint8(x * y), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture, nil); err != nil {
		panic(err)
	}
	comment := append([]byte{0xff, 0xfe, 0, byte(len(secret) + 2)}, secret...)
	return append(append([]byte{0xff, 0xd8}, comment...), b.Bytes()[2:]...)
}

// carriesMedia lets a world carry every kind of file; its temporary folder is
// looked at when the test is over.
func carriesMedia(w *world) {
	folder := w.t.TempDir()
	w.prepare = func(c *config.Config) {
		c.TempDir = folder
		m := &c.Programmes.Mentoring.Media
		m.Images, m.Voice, m.Audio, m.Video, m.Files = true, true, true, true, true
	}
	w.t.Cleanup(func() {
		left, err := os.ReadDir(folder)
		if err != nil || len(left) > 0 {
			w.t.Errorf("left in the temporary folder: %v (%v)", left, err)
		}
	})
}

// shows sends a picture with a caption ("": none) and gives its event.
func (p *talker) shows(address, caption string) string {
	content := map[string]any{"msgtype": "m.image", "body": "IMG_Aino.jpg", "url": address,
		"info": map[string]any{"size": 999, "mimetype": "image/x-claimed", "xyz.amorgan.blurhash": secret}}
	if caption != "" {
		content["filename"], content["body"] = "IMG_Aino.jpg", caption
	}
	return must(p.Send(p.room, "m.room.message", content))
}

func (p *talker) takesBack(event string) {
	if err := p.Redact(p.room, event); err != nil {
		panic(err)
	}
}

// lastFile is the content of the last message in a person's room that is a file.
func (w *world) lastFile(p *talker) map[string]any {
	w.t.Helper()
	events := p.Timeline(p.room)
	for i := len(events) - 1; i >= 0; i-- {
		if _, is := events[i].Content["url"]; is && events[i].Sender != p.ID {
			return events[i].Content
		}
	}
	w.t.Fatal("no file")
	return nil
}

// clean checks a file that somebody got, and gives its addresses.
func (w *world) clean(content map[string]any, name string) (addresses []string) {
	w.t.Helper()
	if content["filename"] != name {
		w.t.Errorf("a file is called %v, not %s", content["filename"], name)
	}
	info, _ := content["info"].(map[string]any)
	addresses = []string{fmt.Sprint(content["url"])}
	if thumb, ok := info["thumbnail_url"]; ok {
		addresses = append(addresses, fmt.Sprint(thumb))
	}
	all := w.hs.Media()
	for _, address := range addresses {
		f, ok := all[address]
		if !ok || !f.Whole || len(f.Content) == 0 {
			w.t.Fatalf("%s is not there, or not whole", address)
		}
		if bytes.Contains(f.Content, []byte(secret)) || strings.Contains(fmt.Sprint(content), secret) {
			w.t.Errorf("the file, or what is said of it, names the device")
		}
		if _, err := jpeg.Decode(bytes.NewReader(f.Content)); err != nil {
			w.t.Errorf("not a JPEG: %v", err)
		}
	}
	if size := fmt.Sprint(info["size"]); size != fmt.Sprint(len(all[addresses[0]].Content)) {
		w.t.Errorf("the size is said to be %s, it is %d", size, len(all[addresses[0]].Content))
	}
	return addresses
}

// TestPictures: between words, to two others; each gets one of their own, made
// anew, and the same picture sent again is another one.
func TestPictures(t *testing.T) {
	w := newWorld(t, carriesMedia)
	people := w.talk("aino", "otso", "hilla")
	w.join(people...)
	address := people[0].Upload(photo(1600, 1200))
	must(people[0].Say(people[0].room, "before"))
	first := people[0].shows(address, "")
	people[0].shows(address, "Ranta "+people[0].ID)
	must(people[0].Say(people[0].room, "after"))
	must(people[1].Say(people[1].room, "hello"))
	seen := map[string]bool{}
	for _, p := range people[1:] {
		want := []string{"before", "image.jpg", "Ranta Alias-aino", "after"}
		w.until(p.alias+" sees it all", func() bool { return len(bodiesOf(p, "@silta_")) >= 4+map[bool]int{true: 0, false: 1}[p == people[1]] })
		got := bodiesOf(p, "@silta_")
		i := 0
		for _, body := range got { // otso's own words may stand anywhere
			if i < len(want) && body == want[i] {
				i++
			}
		}
		if i != len(want) {
			t.Errorf("%s sees %q", p.alias, got)
		}
		for _, ev := range p.Timeline(p.room) {
			if ev.Content["filename"] != nil {
				for _, a := range w.clean(ev.Content, "image.jpg") {
					if seen[a] {
						t.Errorf("%s is in two messages", a)
					}
					seen[a] = true
				}
			}
		}
	}
	if len(seen) != 8 {
		t.Errorf("%d addresses, not 8: two pictures with thumbnails for two people", len(seen))
	}
	if n := w.meter.count("media image"); n != 4 {
		t.Errorf("%d uploads were counted", n)
	}
	if n := w.hs.Calls()["GET media/download/*/*"]; n != 2 {
		t.Errorf("%d downloads of two pictures", n)
	}
	// An answer and a reaction to a picture find it.
	copyOf := ""
	for _, m := range people[1].View(people[1].room) {
		if m.Body == "image.jpg" {
			copyOf = m.Event
		}
	}
	must(people[1].React(people[1].room, copyOf, "👍"))
	must(people[1].Reply(people[1].room, copyOf, "nice"))
	w.until("the answer and the reaction are there", func() bool {
		answered, liked := false, false
		for _, m := range people[0].View(people[0].room) {
			answered = answered || m.Body == "nice" && m.ReplyTo == first
			liked = liked || m.Event == first && len(m.Reactions) == 1
		}
		return answered && liked
	})
}

// bodiesOf are the words that a person sees of users whose ID begins so.
func bodiesOf(p *talker, prefix string) (all []string) {
	for _, m := range p.View(p.room) {
		if strings.HasPrefix(m.Sender, prefix) {
			all = append(all, m.Body)
		}
	}
	return all
}

// TestRefusedFiles: what cannot be carried is told to its sender, once, and what
// comes after it goes on.
func TestRefusedFiles(t *testing.T) {
	w := newWorld(t, carriesMedia)
	aino, otso, hilla := three(w)
	for i, c := range []struct {
		content []byte
		told    string
		change  func(map[string]any)
	}{
		{content: photo(40, 40)[:400], told: "damaged"},
		{content: append([]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), make([]byte, 64)...), told: "HEIC"},
		{content: photo(40, 40), told: "too large", change: func(c map[string]any) { c["info"] = map[string]any{"size": 60 << 20} }},
		{content: make([]byte, 50<<20+1), told: "too large"},
		{content: photo(40, 40), told: "could not be fetched", change: func(c map[string]any) { c["url"] = "mxc://test/never" }},
		{content: photo(40, 40), told: "could not be opened", change: func(c map[string]any) { c["url"] = "https://test/x" }},
	} {
		content := map[string]any{"msgtype": "m.image", "body": "x.jpg", "url": aino.Upload(c.content)}
		if c.change != nil {
			c.change(content)
		}
		must(aino.Send(aino.room, "m.room.message", content))
		after := fmt.Sprintf("after %d", i)
		must(aino.Say(aino.room, after))
		w.told(aino, c.told)
		for _, p := range []*talker{otso, hilla} {
			w.until(p.alias+" sees what came after", func() bool { return strings.Contains(strings.Join(bodiesOf(p, "@silta_"), "\n"), after) })
		}
	}
	for _, p := range []*talker{otso, hilla} {
		if got := bodiesOf(p, "@silta_"); len(got) != 6 {
			t.Errorf("%s sees %q", p.alias, got)
		}
	}
	lines := bodiesOf(aino, "@silta:")
	if len(lines) != 6 {
		t.Errorf("told %d lines for 6 files: %q", len(lines), lines)
	}
	w.nothingUploaded()
}

func three(w *world) (aino, otso, hilla *talker) {
	w.t.Helper()
	people := w.talk("aino", "otso", "hilla")
	w.join(people...)
	return people[0], people[1], people[2]
}

// nothingUploaded waits until nothing of ours is at the homeserver, and nothing
// in the table.
func (w *world) nothingUploaded() {
	w.t.Helper()
	w.until("nothing of ours is left at the homeserver", func() bool { return len(w.hs.Media()) == 0 && w.doomed() == 0 })
}

// doomed is how many files wait to be deleted.
func (w *world) doomed() (n int) {
	err := w.store.Read(context.Background(), func(tx *store.Tx) error {
		list, err := tx.DoomedUploads(0, 100)
		n = len(list)
		return err
	})
	if err != nil {
		return -1
	}
	return n
}

// TestOffByDefault: no file is carried by a service that did not ask for it.
func TestOffByDefault(t *testing.T) {
	w := newWorld(t)
	aino, otso, _ := three(w)
	aino.shows(aino.Upload(photo(40, 40)), "see")
	must(aino.Send(aino.room, "m.sticker", map[string]any{"body": "x", "url": aino.Upload(photo(40, 40)), "info": map[string]any{}}))
	w.until("both are refused", func() bool { return w.meter.count("refused media.off.images") == 2 })
	must(aino.Say(aino.room, "after"))
	w.sees(otso, "after")
	if n := w.hs.Calls()["GET media/download/*/*"]; n != 0 {
		t.Errorf("%d downloads", n)
	}
}

// TestPictureAsAFile: what a programme does not carry is not carried under another
// name either.
func TestPictureAsAFile(t *testing.T) {
	w := newWorld(t, func(w *world) {
		carriesMedia(w)
		all := w.prepare
		w.prepare = func(c *config.Config) { all(c); c.Programmes.Mentoring.Media.Images = false }
	})
	people := w.talk("aino", "otso")
	w.join(people...)
	aino, otso := people[0], people[1]
	must(aino.Send(aino.room, "m.room.message", map[string]any{"msgtype": "m.file", "body": "kirje.pdf", "url": aino.Upload(photo(40, 40))}))
	w.told(aino, "Pictures cannot be sent")
	must(aino.Say(aino.room, "after"))
	w.sees(otso, "after")
	w.nothingUploaded()
}

// TestPictureBeforeTheyCome: a refusal is told at once, though nobody is there to
// receive; what is good waits for them.
func TestPictureBeforeTheyCome(t *testing.T) {
	w := newWorld(t, carriesMedia)
	people := w.talk("aino", "otso")
	aino, otso := people[0], people[1]
	w.join(aino)
	must(aino.Say(aino.room, "hello"))
	aino.shows(aino.Upload(photo(40, 40)[:300]), "")
	w.told(aino, "damaged")
	aino.shows(aino.Upload(photo(64, 64)), "")
	must(aino.Say(aino.room, "after"))
	w.join(otso)
	w.sees(otso, "hello", "image.jpg", "after")
	w.clean(w.lastFile(otso), "image.jpg")
}

// TestSlowFileHoldsItsOwnLaneOnly: others' words, and the words of the same
// person to be, do not stand behind a file that is being fetched but in its lane.
func TestSlowFileHoldsItsOwnLaneOnly(t *testing.T) {
	w := newWorld(t, carriesMedia)
	aino, otso, hilla := three(w)
	var down atomic.Bool
	down.Store(true)
	w.breakIt(func(c hs.Call) hs.Fault {
		if c.Route == "GET media/download/*/*" && down.Load() {
			return hs.Fault{Status: 504}
		}
		return hs.Fault{}
	})
	for range 70 { // more than there are workers
		aino.shows(aino.Upload(photo(8, 8)), "")
	}
	must(aino.Say(aino.room, "after"))
	must(otso.Say(otso.room, "from otso"))
	w.sees(hilla, "from otso")
	w.sees(aino, "from otso")
	down.Store(false)
	w.until("all have come", func() bool { return len(bodiesOf(hilla, "@silta_")) == 72 })
	got := bodiesOf(hilla, "@silta_")
	if got[71] != "after" {
		t.Errorf("the last is %q", got[71])
	}
}

// TestLeak11FilesGoWithTheirMessage: redacting a message deletes its files, also
// when the homeserver lets us only later; emptying a conversation deletes what
// is left.
func TestLeak11FilesGoWithTheirMessage(t *testing.T) {
	w := newWorld(t, carriesMedia)
	aino, otso, hilla := three(w)
	first := aino.shows(aino.Upload(photo(900, 900)), "one")
	aino.shows(aino.Upload(photo(900, 900)), "two")
	w.sees(otso, "one", "two")
	w.sees(hilla, "one", "two")
	if n := len(w.hs.Media()); n != 8 {
		t.Fatalf("%d files, not 8", n)
	}
	var forbidden atomic.Bool
	forbidden.Store(true)
	w.breakIt(func(c hs.Call) hs.Fault {
		if c.Route == "DELETE media/*/*" && forbidden.Load() {
			return hs.Fault{Status: 403}
		}
		return hs.Fault{}
	})
	aino.takesBack(first)
	w.sees(otso, "two")
	w.until("they are to be deleted", func() bool { return w.doomed() == 4 })
	forbidden.Store(false)
	w.stop()
	w.start()
	w.until("they are deleted", func() bool { return w.doomed() == 0 && len(w.hs.Media()) == 4 })
	w.clean(w.lastFile(otso), "image.jpg") // the other picture is there

	w.do(func(a *mentoring.Act) error {
		c, err := a.Tx.ConversationOf(aino.id)
		if err == nil {
			a.Do(mentoring.EmptyConversation{Conversation: c.ID})
		}
		return err
	})
	w.nothingUploaded()
}

// TestRedactedOnTheWay: a picture that is taken back before it was sent leaves
// nothing.
func TestRedactedOnTheWay(t *testing.T) {
	w := newWorld(t, carriesMedia)
	aino, otso, hilla := three(w)
	var slow atomic.Bool
	slow.Store(true)
	w.breakIt(func(c hs.Call) hs.Fault {
		if c.Route == "PUT upload/*/*" && slow.Load() {
			return hs.Fault{Status: 503}
		}
		return hs.Fault{}
	})
	event := aino.shows(aino.Upload(photo(60, 60)), "oops")
	w.until("an upload failed", func() bool { return w.hs.Calls()["PUT upload/*/*"] > 1 })
	aino.takesBack(event)
	must(aino.Say(aino.room, "after"))
	slow.Store(false)
	w.sees(otso, "after")
	w.sees(hilla, "after")
	w.nothingUploaded()
}

// TestCaptions: what an edit of a picture changes is its caption.
func TestCaptions(t *testing.T) {
	w := newWorld(t, carriesMedia)
	aino, otso, _ := three(w)
	event := aino.shows(aino.Upload(photo(60, 60)), "")
	text := must(aino.Say(aino.room, "words"))
	w.sees(otso, "image.jpg", "words")
	original := w.lastFile(otso)
	edit := func(target string, inner map[string]any) {
		must(aino.Send(aino.room, "m.room.message", map[string]any{"msgtype": "m.image", "body": "* x", "m.new_content": inner,
			"m.relates_to": map[string]any{"rel_type": "m.replace", "event_id": target}}))
	}
	another := map[string]any{"msgtype": "m.image", "filename": "IMG_2.jpg", "body": "Ranta " + aino.ID, "url": aino.Upload(photo(30, 30))}
	edit(event, another)
	w.sees(otso, "Ranta Alias-aino", "words")
	fresh := func() map[string]any {
		events := otso.Timeline(otso.room)
		for i := len(events) - 1; i >= 0; i-- {
			if inner, ok := events[i].Content["m.new_content"].(map[string]any); ok {
				return inner
			}
		}
		return nil
	}
	if got := fresh(); got["url"] != original["url"] || got["filename"] != "image.jpg" || got["msgtype"] != "m.image" {
		t.Errorf("the edit is %v", got)
	}
	edit(event, map[string]any{"msgtype": "m.text", "body": "Just words"}) // some clients edit captions so
	w.sees(otso, "Just words", "words")
	if got := fresh(); got["url"] != original["url"] || got["msgtype"] != "m.image" {
		t.Errorf("the edit is %v", got)
	}
	edit(text, another) // a text does not become a picture
	w.told(aino, "changed any more|no longer")
	w.sees(otso, "Just words", "words")
}

// TestCaptionOfWhatIsNoFile: a text that has not been sent yet does not become a
// picture either.
func TestCaptionOfWhatIsNoFile(t *testing.T) {
	w := newWorld(t, carriesMedia)
	people := w.talk("aino", "oskar")
	aino, oskar := people[0], people[1]
	w.join(aino)
	text := must(aino.Say(aino.room, "words"))
	must(aino.Send(aino.room, "m.room.message", map[string]any{"msgtype": "m.image", "body": "* x",
		"m.new_content": map[string]any{"msgtype": "m.image", "filename": "IMG_2.jpg", "body": "A beach", "url": aino.Upload(photo(30, 30))},
		"m.relates_to":  map[string]any{"rel_type": "m.replace", "event_id": text}}))
	must(aino.Say(aino.room, "after"))
	w.join(oskar)
	w.sees(oskar, "words", "after")
	if n := w.meter.count("send error tripwire"); n != 0 {
		t.Errorf("the final check had to stop %d messages", n)
	}
}

// TestMediaWithCrash: the process dies at each of its commits while a picture is
// sent: it arrives once, and nothing is left at the homeserver that no message shows.
func TestMediaWithCrash(t *testing.T) {
	for _, committed := range []bool{false, true} {
		for at := int64(1); ; at++ {
			died := true
			t.Run(fmt.Sprintf("%d-%v", at, committed), func(t *testing.T) { died = mediaWithCrash(t, at, committed) })
			if !died || t.Failed() {
				if at < 5 {
					t.Errorf("only %d commits", at)
				}
				break
			}
		}
	}
}

func mediaWithCrash(t *testing.T, at int64, committed bool) (died bool) {
	t.Helper()
	d := &death{at: at, committed: committed}
	w := newWorld(t, carriesMedia, d.waits)
	people := w.talk("aino", "otso")
	aino, otso := people[0], people[1]
	w.join(people...)
	d.armed.Store(true)
	aino.shows(aino.Upload(photo(900, 900)), "see")
	must(aino.Say(aino.room, "after"))
	w.until("the end or the crash", func() bool {
		heads, err := w.store.Heads(context.Background())
		return w.crashed.Load() || err == nil && len(heads) == 0 && len(bodiesOf(otso, "@silta_")) == 2
	})
	died = d.passes(w)
	w.sees(otso, "see", "after")
	shown := w.clean(w.lastFile(otso), "image.jpg")
	w.until("nothing is there that no message shows", func() bool {
		whole := 0 // an address to which nothing was uploaded runs out by itself
		for _, f := range w.hs.Media() {
			if f.Whole {
				whole++
			}
		}
		return whole == len(shown) && w.doomed() == 0
	})
	w.stop()
	return died
}

// TestHomeserverWithoutMinting: where an address cannot be had before the upload.
func TestHomeserverWithoutMinting(t *testing.T) {
	w := newWorld(t, carriesMedia)
	w.breakIt(func(c hs.Call) hs.Fault {
		if c.Route == "POST create" {
			return hs.Fault{Status: 404}
		}
		return hs.Fault{}
	})
	aino, otso, _ := three(w)
	event := aino.shows(aino.Upload(photo(900, 900)), "")
	w.sees(otso, "image.jpg")
	w.clean(w.lastFile(otso), "image.jpg")
	aino.takesBack(event)
	w.nothingUploaded()
}

// TestFileThatStaysAway: a homeserver that answers but does not give the file is
// asked for an hour.
func TestFileThatStaysAway(t *testing.T) {
	w := newWorld(t, carriesMedia)
	aino, otso, _ := three(w)
	w.breakIt(func(c hs.Call) hs.Fault {
		if c.Route == "GET media/download/*/*" {
			return hs.Fault{Status: 502}
		}
		return hs.Fault{}
	})
	aino.shows(aino.Upload(photo(60, 60)), "")
	must(aino.Say(aino.room, "after"))
	w.until("it was asked again", func() bool { return w.hs.Calls()["GET media/download/*/*"] > 2 })
	w.skew.Add(int64(61 * time.Minute))
	w.sees(otso, "after")
	w.told(aino, "could not be fetched")
}
