package rewrite

import (
	"encoding/json"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// The kinds of file. A sticker is an image.
const (
	Image Kind = 64 + iota // m.image, m.sticker
	Voice                  // m.audio that says it is a voice message (MSC3245)
	Audio                  // m.audio
	Video                  // m.video
	File                   // m.file
)

// IsMedia says whether a kind is one of a file.
func (k Kind) IsMedia() bool { return k >= Image && k <= File }

// Key opens an encrypted attachment (Matrix, "Sending encrypted attachments"):
// unpadded base64, as it stands in the event.
type Key struct {
	Key    string `json:"k"`
	IV     string `json:"iv"`
	SHA256 string `json:"sha256"`
}

// Media is where the file of a message is, as its sender's client said. None of
// it is ever sent on: the file is fetched, made anew and uploaded for each leg.
type Media struct {
	Address string `json:"a"` // mxc://…
	Key     *Key   `json:"k,omitempty"`
	Size    int64  `json:"s,omitempty"` // bytes, as claimed; 0: not said
}

// Place is where a file of ours is for the people of one room.
type Place struct {
	Address string `json:"a"`           // mxc://…, minted for that room
	Key     *Key   `json:"k,omitempty"` // nil in a plain room
}

// Upload is a file as it was made for one room: its place, and what was
// measured of it. It goes into a content by [Attach].
type Upload struct {
	Kind     Kind   `json:"kind"`
	Place    Place  `json:"place"`
	MIME     string `json:"mime"`
	Ext      string `json:"ext"` // with the dot
	Size     int64  `json:"size"`
	Width    int    `json:"w,omitempty"`
	Height   int    `json:"h,omitempty"`
	Duration int64  `json:"ms,omitempty"` // milliseconds
	Thumb    *Thumb `json:"thumb,omitempty"`
}

// Thumb is the small picture of an Upload.
type Thumb struct {
	Place  Place  `json:"place"`
	MIME   string `json:"mime"`
	Size   int64  `json:"size"`
	Width  int    `json:"w"`
	Height int    `json:"h"`
}

// Addresses are the places of an upload, for [Allowed].
func (u *Upload) Addresses() []string {
	all := []string{u.Place.Address}
	if u.Thumb != nil {
		all = append(all, u.Thumb.Place.Address)
	}
	return all
}

// mediaKind gives the kind of a msgtype that is a file.
func mediaKind(f fields) (Kind, bool) {
	switch f.text("msgtype") {
	case "m.image":
		return Image, true
	case "m.video":
		return Video, true
	case "m.file":
		return File, true
	case "m.audio":
		for _, key := range []string{"org.matrix.msc3245.voice", "org.matrix.msc3245.voice.v2", "m.voice"} {
			if _, is := decode(f.get(key)); is {
				return Voice, true
			}
		}
		return Audio, true
	}
	return 0, false
}

// parseContent reads the content of a message, or the new content of an edit.
func parseContent(f fields) (*Message, error) {
	if kind, ok := mediaKind(f); ok {
		return parseMedia(f, kind)
	}
	return parseText(f)
}

// parseSticker reads a sticker. Its words name the picture, or the pack.
func parseSticker(content json.RawMessage) (*Message, error) {
	f, _ := decode(content)
	m, err := parseMedia(fields{
		{"url", f.get("url")}, {"file", f.get("file")}, {"info", f.get("info")}, {"m.mentions", f.get("m.mentions")},
	}, Image)
	if err != nil {
		return nil, err
	}
	m.Relation = parseRelation(f.get("m.relates_to"))
	if m.Relation.Kind == Annotation || m.Relation.Kind == Replace {
		m.Relation = Relation{}
	}
	return m, nil
}

// parseMedia reads a file and its caption. The body is a caption where a
// filename stands beside it that is another (Matrix 1.10); else it is the name
// of the file, which is nobody's business (leaks.md row 31).
func parseMedia(f fields, kind Kind) (*Message, error) {
	file, ok := parseFile(f)
	if !ok {
		return unsupported("file_broken")
	}
	m := &Message{Kind: kind, Mentions: parseMentions(f.get("m.mentions"))}
	name, body := f.text("filename"), f.text("body")
	if name != "" && body != "" && !isNameOf(body, name) && !fileNamePattern.MatchString(body) {
		words, err := parseWords(f, kind)
		switch {
		case err == nil:
			m = words
		case !isEmpty(err):
			return nil, err
		}
	}
	m.Media = file
	return m, nil
}

// isNameOf says whether a body is the name of a file rather than a caption: the
// same, or the same without its ending.
func isNameOf(body, name string) bool {
	stem := name
	if dot := strings.LastIndexByte(name, '.'); dot > 0 {
		stem = name[:dot]
	}
	return body == name || strings.EqualFold(body, stem)
}

// isEmpty says whether an error is that a text has no words.
func isEmpty(err error) bool {
	var u *Unsupported
	return errors.As(err, &u) && u.What == "empty"
}

// parseFile reads where a file is; false where nothing could be fetched or
// opened by what is said.
func parseFile(f fields) (*Media, bool) {
	m := &Media{}
	if info, ok := decode(f.get("info")); ok {
		_ = json.Unmarshal(info.get("size"), &m.Size) // mistyped: not said
	}
	file, encrypted := decode(f.get("file"))
	if !encrypted {
		m.Address = f.text("url")
		return m, mxcPattern.MatchString(m.Address)
	}
	m.Address = file.text("url")
	key, _ := decode(file.get("key"))
	hashes, _ := decode(file.get("hashes"))
	m.Key = &Key{Key: key.text("k"), IV: file.text("iv"), SHA256: hashes.text("sha256")}
	ok := file.text("v") == "v2" && mxcPattern.MatchString(m.Address) && keyPattern.MatchString(m.Key.Key) &&
		ivPattern.MatchString(m.Key.IV) && hashPattern.MatchString(m.Key.SHA256)
	return m, ok
}

// fileNamePattern is what a caption that is the name of a file looks like: some
// clients write one name into the body and another into filename.
var fileNamePattern = regexp.MustCompile(`(?i)^[^\n]{0,255}\.(jpe?g|png|gif|webp|hei[cf]|avif|bmp|tiff?|svg|mp4|m4v|mov|webm|mkv|avi|3gp|og[agv]|opus|m4a|mp3|wav|aac|flac|amr|pdf|docx?|od[tsp]|xlsx?|pptx?|rtf|txt|csv|vcf|ics|zip)$`)

// The forms of an attachment's address and key. 32 bytes of base64 are 43
// characters, 16 are 22; some clients pad them.
var (
	mxcPattern  = regexp.MustCompile(`^mxc://[0-9A-Za-z.:\[\]-]{1,255}/[0-9A-Za-z_-]{1,255}$`)
	keyPattern  = regexp.MustCompile(`^[0-9A-Za-z_-]{43}=?$`)
	ivPattern   = regexp.MustCompile(`^[0-9A-Za-z+/]{22}(==)?$`)
	hashPattern = regexp.MustCompile(`^[0-9A-Za-z+/]{43}=?$`)
)

// renderMedia builds what surrounds a file: its caption, if it has one, as any
// other text. The file itself comes in by [Attach].
func renderMedia(m *Message, v *View) (Content, error) {
	if m.Body == "" {
		return Content{"msgtype": mediaType(m.Kind), "m.mentions": mentions(m.Mentions, v)}, nil
	}
	content, err := renderText(m, v)
	if isEmpty(err) { // all of it was taken out
		return Content{"msgtype": mediaType(m.Kind), "m.mentions": mentions(m.Mentions, v)}, nil
	}
	if err == nil {
		content["msgtype"] = mediaType(m.Kind)
	}
	return content, err
}

func mediaType(k Kind) string {
	switch k {
	case Image:
		return "m.image"
	case Voice, Audio:
		return "m.audio"
	case Video:
		return "m.video"
	}
	return "m.file"
}

// Attach puts an uploaded file into a content that [Render] made, or into the
// new content of an edit: what an edit changes is the caption, never the file.
// The content itself is not changed.
func Attach(content Content, u *Upload) Content {
	if inner, ok := content["m.new_content"]; ok {
		out := maps.Clone(content)
		fresh := Attach(toContent(inner), u)
		out["m.new_content"] = fresh
		out["msgtype"] = "m.text" // what clients without edits see is the caption alone
		if body, _ := out["body"].(string); body == "" {
			out["body"] = "* " + fileName(u)
		}
		return out
	}
	out := maps.Clone(content)
	out["msgtype"] = mediaType(u.Kind)
	out["filename"] = fileName(u)
	if body, _ := out["body"].(string); body == "" {
		out["body"] = fileName(u)
		delete(out, "format")
		delete(out, "formatted_body")
	}
	put(out, "", u.Place)
	info := map[string]any{"mimetype": u.MIME, "size": u.Size}
	if u.Width > 0 && u.Height > 0 {
		info["w"], info["h"] = u.Width, u.Height
	}
	if u.Duration > 0 {
		info["duration"] = u.Duration
	}
	if t := u.Thumb; t != nil {
		put(info, "thumbnail_", t.Place)
		info["thumbnail_info"] = map[string]any{"mimetype": t.MIME, "size": t.Size, "w": t.Width, "h": t.Height}
	}
	out["info"] = info
	if u.Kind == Voice {
		out["org.matrix.msc3245.voice"] = map[string]any{}
		out["org.matrix.msc1767.audio"] = map[string]any{"duration": u.Duration}
	}
	return out
}

// toContent reads the inner part of an edit, which is a Content when it was
// just made and a plain map when it was kept meanwhile.
func toContent(inner any) Content {
	switch c := inner.(type) {
	case Content:
		return c
	case map[string]any:
		return c
	}
	return Content{}
}

// put writes where a file is: its address alone, or with its key.
func put(into map[string]any, prefix string, p Place) {
	if p.Key == nil {
		into[prefix+"url"] = p.Address
		return
	}
	into[prefix+"file"] = map[string]any{
		"v": "v2", "url": p.Address, "iv": p.Key.IV, "hashes": map[string]any{"sha256": p.Key.SHA256},
		"key": map[string]any{"kty": "oct", "alg": "A256CTR", "ext": true, "k": p.Key.Key, "key_ops": []string{"encrypt", "decrypt"}},
	}
}

// fileName is what every file of a kind is called.
func fileName(u *Upload) string {
	name := map[Kind]string{Image: "image", Voice: "voice", Audio: "audio", Video: "video"}[u.Kind]
	if name == "" {
		name = "file"
	}
	if !extPattern.MatchString(u.Ext) {
		return name
	}
	return name + strings.ToLower(u.Ext)
}

var (
	extPattern  = regexp.MustCompile(`^\.[0-9A-Za-z]{1,5}$`)
	namePattern = regexp.MustCompile(`^(image|voice|audio|video|file)(\.[0-9a-z]{1,5})?$`)
	mimePattern = regexp.MustCompile(`^(image|audio|video|application|text|font|model|message|chemical)/[0-9a-z][0-9a-z.+-]{0,80}$`)
)

// media checks the parts of a message that are a file.
func (c *checker) media(f map[string]any) {
	name, ok := f["filename"].(string)
	if !ok || !namePattern.MatchString(name) {
		c.fail("file name")
	}
	c.place(f, "")
	info, ok := f["info"].(map[string]any)
	if !ok {
		c.fail("info")
		return
	}
	c.keys(info, "mimetype", "size", "w", "h", "duration", "thumbnail_url", "thumbnail_file", "thumbnail_info")
	c.measures(info)
	_, file := info["thumbnail_file"]
	_, url := info["thumbnail_url"]
	if thumb, has := info["thumbnail_info"]; has || file || url {
		c.place(info, "thumbnail_")
		inside, ok := thumb.(map[string]any)
		if !ok {
			c.fail("info")
			return
		}
		c.keys(inside, "mimetype", "size", "w", "h")
		c.measures(inside)
	}
	if voice, has := f["org.matrix.msc3245.voice"]; has {
		empty, ok := voice.(map[string]any)
		if !ok || len(empty) > 0 {
			c.fail("voice")
		}
	}
	if audio, has := f["org.matrix.msc1767.audio"]; has {
		inside, ok := audio.(map[string]any)
		if !ok {
			c.fail("voice")
		}
		c.keys(inside, "duration")
		c.measures(inside)
	}
}

// measures checks that everything but a type is a number.
func (c *checker) measures(f map[string]any) {
	for key, value := range f {
		switch key {
		case "mimetype":
			if s, ok := value.(string); !ok || !mimePattern.MatchString(s) {
				c.fail("info")
			}
		case "thumbnail_url", "thumbnail_file", "thumbnail_info":
		default:
			if n, ok := value.(float64); !ok || n < 0 || n != float64(int64(n)) {
				c.fail("info")
			}
		}
	}
}

// place checks that a file is one of ours, and that what opens it is a key and
// nothing else.
func (c *checker) place(f map[string]any, prefix string) {
	url, plain := f[prefix+"url"]
	value, sealed := f[prefix+"file"]
	if plain == sealed || plain && c.allowed.Sealed {
		c.fail("file")
		return
	}
	if plain {
		c.minted(url)
		return
	}
	file, _ := value.(map[string]any)
	c.keys(file, "v", "url", "key", "iv", "hashes")
	c.minted(file["url"])
	key, _ := file["key"].(map[string]any)
	c.keys(key, "kty", "key_ops", "alg", "k", "ext")
	hashes, _ := file["hashes"].(map[string]any)
	c.keys(hashes, "sha256")
	k, _ := key["k"].(string)
	iv, _ := file["iv"].(string)
	hash, _ := hashes["sha256"].(string)
	ops, _ := json.Marshal(key["key_ops"])
	if !keyPattern.MatchString(k) || !ivPattern.MatchString(iv) || !hashPattern.MatchString(hash) || file["v"] != "v2" ||
		key["kty"] != "oct" || key["alg"] != "A256CTR" || key["ext"] != true || string(ops) != `["encrypt","decrypt"]` {
		c.fail("file")
	}
}

// minted refuses every address of media but those made for this leg.
func (c *checker) minted(value any) {
	if address, ok := value.(string); !ok || address == "" || !slices.Contains(c.allowed.Media, address) {
		c.fail("media address")
	}
}
