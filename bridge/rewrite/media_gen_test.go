package rewrite

import (
	"fmt"
	"slices"
	"strings"
)

// key64 and the others are base64 of the right lengths that have an identifying
// value in them.
func (g *gen) base64(n int, pad string) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	b := []byte(g.mark())
	for len(b) < n {
		b = append(b, letters[g.rng.IntN(len(letters))])
	}
	return string(b[:n]) + pad
}

func (g *gen) encryptedFile() map[string]any {
	return map[string]any{
		"v": "v2", "url": "mxc://" + g.mark() + ".example/" + g.mark(), "iv": g.base64(22, pick(g.choices, "", "==")), g.mark(): g.junk(0),
		"hashes": map[string]any{"sha256": g.base64(43, pick(g.choices, "", "=")), g.mark(): g.mark()},
		"key":    map[string]any{"kty": "oct", "alg": "A256CTR", "ext": true, "k": g.base64(43, ""), "key_ops": []string{"decrypt", g.mark()}, g.mark(): g.mark()},
	}
}

func (g *gen) info() map[string]any {
	return map[string]any{
		"mimetype": "image/" + g.mark(), "size": pick[any](g.choices, 12345, g.mark(), -1, 1e300), "w": 100, "h": g.mark(), "duration": 7,
		"xyz.amorgan.blurhash": g.mark(), "thumbnail_url": g.mxc(), "thumbnail_file": g.encryptedFile(), g.mark(): g.junk(0),
		"thumbnail_info": map[string]any{"mimetype": g.mark(), g.mark(): g.junk(0)},
	}
}

// media fills in a file with everything that clients say of one.
func (g *gen) media(o *object) {
	name := "IMG_" + g.mark() + ".jpg"
	o.set("msgtype", pick(g.choices, "m.image", "m.video", "m.audio", "m.file"))
	o.set("info", g.info())
	switch g.n(4) {
	case 0: // the body is a name
		o.set("body", name)
	case 2:
		o.set("filename", name)
		o.set("body", strings.TrimSuffix(name, ".jpg"))
	case 1:
		o.set("filename", name)
		o.set("body", name)
	default:
		o.set("filename", name)
		o.set("body", "hei "+g.text())
		if g.one(2) {
			o.set("format", "org.matrix.custom.html")
			o.set("formatted_body", "moi "+g.markup(0))
		}
	}
	if g.one(2) {
		o.set("file", g.encryptedFile())
	} else {
		o.set("url", "mxc://"+g.mark()+".example/"+g.mark())
	}
	if g.one(2) {
		o.set("org.matrix.msc3245.voice", map[string]any{g.mark(): g.mark()})
		o.set("org.matrix.msc1767.audio", map[string]any{"waveform": []int{1, 2, 3}, "duration": g.mark(), g.mark(): g.junk(0)})
	}
	o.set("xyz.amorgan.blurhash", g.mark())
	o.set("org.matrix.msc1767.file", map[string]any{"name": name, "url": g.mxc()})
	o.set("com.beeper.gallery", g.junk(0))
	g.mentions(o)
	if g.mentioned == nil { // pills count in a caption only
		o.set("m.mentions", map[string]any{})
		g.mentioned = []int{}
	}
}

func (g *gen) sticker() {
	var o object
	g.event.Type, g.carried = "m.sticker", true
	o.set("body", g.mark())
	o.set("url", "mxc://"+g.mark()+".example/"+g.mark())
	o.set("info", g.info())
	o.set("com.beeper.msc4459.image_source_packs", []any{map[string]any{"room_id": g.roomID()}})
	o.set(g.mark(), g.junk(0))
	g.mentioned = []int{}
	g.event.Content = o.raw()
}

const (
	goldenMedia = "mxc://silta.example/minted"
	goldenThumb = "mxc://silta.example/thumbnail"
)

// goldenUpload is what came of a file.
func goldenUpload(kind Kind, sealed bool) *Upload {
	u := &Upload{Kind: kind, Place: Place{Address: goldenMedia}, Size: 1234}
	u.MIME, u.Ext = map[Kind]string{Image: "image/jpeg", Voice: "audio/ogg", Audio: "audio/mp4", Video: "video/mp4", File: "application/pdf"}[kind],
		map[Kind]string{Image: ".jpg", Voice: ".ogg", Audio: ".m4a", Video: ".mp4", File: ".pdf"}[kind]
	switch kind {
	case Image:
		u.Width, u.Height = 640, 480
		u.Thumb = &Thumb{Place: Place{Address: goldenThumb}, MIME: "image/jpeg", Size: 99, Width: 64, Height: 48}
	case Voice, Audio, Video:
		u.Duration = 2500
	}
	if sealed {
		u.Place.Key = goldenKey("A")
		if u.Thumb != nil {
			u.Thumb.Place.Key = goldenKey("B")
		}
	}
	return u
}

func goldenKey(letter string) *Key {
	fill := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = letter[0]
		}
		return string(b)
	}
	return &Key{Key: fill(43), IV: fill(22), SHA256: fill(43)}
}

// attached gives a rendered message its file, as the outbox does.
func attached(m *Message, content Content, sealed bool) Content {
	switch {
	case m.Media != nil:
		return Attach(content, goldenUpload(m.Kind, sealed))
	case m.New != nil && m.New.Media != nil:
		return Attach(content, goldenUpload(m.New.Kind, sealed))
	}
	return content
}

// goldenAttach: a vector whose name ends so is of an encrypted room.
func goldenAttach(m *Message, content Content, name string) Content {
	return attached(m, content, len(name) > 10 && name[len(name)-10:] == "-encrypted")
}

func (o *outcome) attach(m *Message, content Content) Content {
	o.allowed.Media = []string{goldenMedia, goldenThumb}
	return attached(m, content, o.g.relatable)
}

// lookMedia: of what a file's message says, all is ours.
func lookMedia(key, s string) error {
	ours := []string{goldenMedia, goldenThumb, "v2", "oct", "A256CTR", "encrypt", "decrypt"}
	for _, kind := range []Kind{Image, Voice, Audio, Video, File} {
		u := goldenUpload(kind, true)
		ours = append(ours, u.MIME, fileName(u))
	}
	for _, k := range []*Key{goldenKey("A"), goldenKey("B")} {
		ours = append(ours, k.Key, k.IV, k.SHA256)
	}
	if !slices.Contains(ours, s) {
		return fmt.Errorf("%s %q", key, s)
	}
	return nil
}

// plantMedia puts one identifying value into a file's part of a content.
func (g *gen) plantMedia(place map[string]any) string {
	info, _ := place["info"].(map[string]any)
	switch g.n(7) {
	case 0:
		place["filename"] = pick(g.choices, "IMG_"+g.mark()+".jpg", g.mark()+"/image.jpg", "image.jpg ")
		return "a file name"
	case 1:
		delete(place, "file")
		place["url"] = g.mxc()
		return "an address of media"
	case 2:
		delete(place, "url")
		place["file"] = g.encryptedFile()
		return "another's encrypted file"
	case 3:
		info[pick(g.choices, "xyz.amorgan.blurhash", "device", g.mark())] = g.mark()
		return "an unknown key of info"
	case 4:
		info[pick(g.choices, "mimetype", "size", "w", "duration")] = g.mark()
		return "a word for a measure"
	case 5:
		info["thumbnail_info"] = map[string]any{}
		info["thumbnail_url"] = g.mxc()
		return "another's thumbnail"
	}
	place["org.matrix.msc1767.audio"] = map[string]any{"waveform": []int{1}}
	return "a waveform"
}
