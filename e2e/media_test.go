package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"silta/dev"
)

// telltale is in everything that a file can tell beside what it shows.
const telltale = "Kanarialintu-Pixel-9"

// allMedia carries every kind of file, and keeps them in a folder of its own.
func allMedia(folder string) []dev.SiltaOption {
	return []dev.SiltaOption{
		dev.Set("temp_dir", folder),
		dev.Set("programmes", map[string]any{"mentoring": map[string]any{"media": map[string]any{
			"images": true, "voice": true, "audio": true, "video": true, "files": true,
		}}}),
	}
}

// sent is one file that somebody sends.
type sent struct {
	msgtype, name string         // as its sender says
	path          string         // made by standard tools
	extra         map[string]any // more of the content
	want          string         // its name on the other side
	kind          string         // its msgtype there
	measured      string         // its info there, as JSON
}

func tool(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v (dev/install.sh media)\n%s", name, err, out)
	}
	return string(out)
}

// theFiles are one of each kind, full of what tells who made them.
func theFiles(t *testing.T) []sent {
	t.Helper()
	dir := t.TempDir()
	make := func(name string, args ...string) string {
		path := filepath.Join(dir, name)
		tags := []string{"-metadata", "title=" + telltale, "-metadata", "artist=" + telltale, "-metadata", "comment=" + telltale,
			"-metadata", "location=+60.1699+024.9384/"}
		tool(t, "ffmpeg", append(append(append([]string{"-nostdin", "-v", "error", "-y", "-f", "lavfi"}, args...), tags...), path)...)
		return path
	}
	const tone, film = "sine=frequency=440:sample_rate=48000:duration=2", "testsrc2=size=320x240:rate=25:duration=2"
	photo := make("IMG_Aino.jpg", "-i", "testsrc2=size=1600x1200:rate=1:duration=1", "-frames:v", "1")
	tool(t, "exiftool", "-q", "-overwrite_original", "-n", "-EXIF:Make="+telltale, "-EXIF:GPSLatitude=60.17", "-EXIF:GPSLatitudeRef=N",
		"-EXIF:GPSLongitude=24.94", "-EXIF:GPSLongitudeRef=E", "-XMP:Creator="+telltale, "-IPTC:By-line="+telltale, "-Comment="+telltale, photo)
	letter := filepath.Join(dir, "Aino.txt")
	if err := os.WriteFile(letter, []byte("just words\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	voice := map[string]any{"org.matrix.msc3245.voice": map[string]any{}, "org.matrix.msc1767.audio": map[string]any{"waveform": []int{1, 2, 3}}}
	return []sent{
		{"m.image", "IMG_Aino.jpg", photo, nil, "image.jpg", "m.image",
			`{"mimetype":"image/jpeg","size":1,"w":1,"h":1,"thumbnail_file":"a file","thumbnail_info":{"mimetype":"image/jpeg","size":1,"w":1,"h":1}}`},
		{"m.audio", "Voice message.ogg", make("voice.ogg", "-i", tone, "-c:a", "libopus"), voice, "voice.ogg", "m.audio",
			`{"mimetype":"audio/ogg","size":1,"duration":1}`},
		{"m.audio", "Aino.m4a", make("aino.m4a", "-i", tone, "-c:a", "aac"), nil, "audio.m4a", "m.audio",
			`{"mimetype":"audio/mp4","size":1,"duration":1}`},
		{"m.video", "Aino.mp4", make("aino.mp4", "-i", film, "-c:v", "libx264", "-pix_fmt", "yuv420p"), nil, "video.mp4", "m.video",
			`{"mimetype":"video/mp4","size":1,"w":1,"h":1,"duration":1}`},
		{"m.file", "Aino.txt", letter, nil, "file.txt", "m.file", `{"mimetype":"text/plain","size":1}`},
	}
}

// technicalTags are what exiftool may find in any clean file: the size and the
// format (the list of the tests of package media).
func technicalTags(t *testing.T) map[string]bool {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dev.Root(t), "bridge/media/testdata/technical.txt"))
	if err != nil {
		t.Fatal(err)
	}
	tags := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		tag, _, _ := strings.Cut(strings.TrimSpace(line), "=")
		tags[tag] = true
	}
	return tags
}

// tellsNothing looks at a file that somebody got, with exiftool and by itself.
func tellsNothing(t *testing.T, name string, content []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	known := technicalTags(t)
	for _, tag := range regexp.MustCompile(`(?m)^\[(\w+)\]\s+(\S+)\s*: ?(.*)$`).FindAllStringSubmatch(tool(t, "exiftool", "-s", "-G", "-a", "-u", "-ee", path), -1) {
		if !known[tag[1]+":"+tag[2]] || strings.Contains(tag[3], telltale) {
			t.Errorf("%s says %s:%s = %s", name, tag[1], tag[2], tag[3])
		}
	}
	if bytes.Contains(content, []byte(telltale)) {
		t.Errorf("%s has %q in it", name, telltale)
	}
}

// sends has somebody send a file as a client does: encrypted, with everything that
// it says. more is put into the content.
func (c *talk) sends(author int, f sent, caption string, more map[string]any) string {
	c.t.Helper()
	s := c.seats[author]
	return s.Send(s.leg, f.eventType(), c.content(author, f, caption, more))
}

// content is that of a message with a file, as a client writes it.
func (c *talk) content(author int, f sent, caption string, more map[string]any) map[string]any {
	c.t.Helper()
	s := c.seats[author]
	content, err := os.ReadFile(f.path)
	if err != nil {
		c.t.Fatal(err)
	}
	file, thumbnail := s.Upload(content), s.Upload([]byte(telltale))
	c.files[author] = append(c.files[author], file, thumbnail)
	event := map[string]any{"msgtype": f.msgtype, "body": f.name, "file": file,
		"info": map[string]any{"size": len(content), "mimetype": "application/x-claimed", "xyz.amorgan.blurhash": telltale,
			"thumbnail_file": thumbnail}}
	if caption != "" {
		event["filename"], event["body"] = f.name, caption
	}
	for _, all := range []map[string]any{f.extra, more} {
		for key, value := range all {
			event[key] = value
		}
	}
	return event
}

// gets waits for a file at a viewer: for the whole content that it must have, with
// more, and nothing else. It gives the event, with its address, its key and its
// ciphertext.
func (c *talk) gets(author, viewer, mark int, f sent, caption string, more map[string]any) (e dev.Event, address, key string, sealed []byte) {
	c.t.Helper()
	v := c.seats[viewer]
	e = c.file(f.want, author, viewer, mark, f.expected(caption, more))
	if !e.Encrypted || e.Shield != "" && e.Shield != "NONE" {
		c.t.Errorf("%s came with encryption %v, shield %s (%s)", f.want, e.Encrypted, e.Shield, e.Reason)
	}
	file, _ := e.Content["file"].(map[string]any)
	content := v.Fetch(file)
	if c.once(fmt.Sprint(viewer, f.want)) && !bytes.Equal(content, v.FetchItself(file)) {
		c.t.Errorf("%s opens as something else with the client's own library", f.want)
	}
	if f.kind != "m.file" && c.once(string(content)) { // such a one goes as it is, by the programme's wish
		tellsNothing(c.t, f.want, content)
	}
	info, _ := e.Content["info"].(map[string]any)
	if fmt.Sprint(info["size"]) != strconv.Itoa(len(content)) {
		c.t.Errorf("%s of %d bytes came with the size %v", f.want, len(content), info["size"])
	}
	if thumb, ok := info["thumbnail_file"].(map[string]any); ok {
		if small := v.Fetch(thumb); c.once(string(small)) {
			tellsNothing(c.t, "thumbnail.jpg", small)
		}
	}
	inner, _ := file["key"].(map[string]any)
	return e, fmt.Sprint(file["url"]), fmt.Sprint(inner["k"]), v.Download(fmt.Sprint(file["url"]))
}

// TestMedia: every kind of file both ways, two and three people, with clients
// that no one here wrote. What each gets is exiftool's to judge.
func TestMedia(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	w := newWorld(t, allMedia(folder)...)
	card := w.card()
	mentor := w.Mentor(dev.Nio(t, w.account(t), dev.Encrypted()), "fi", card)
	alias := w.nickname()
	mentee := w.Mentee(dev.JSSDK(t, w.account(t), dev.Encrypted()), "fi", alias)
	menteeLeg, mentorLeg := w.Conversation(mentee, mentor, card.Alias, "hei")
	two := newTalk(t, seat{mentee, menteeLeg, alias}, seat{mentor, mentorLeg, card.Alias})
	files := theFiles(t)
	t.Run("two", func(t *testing.T) { two.t = t; two.allFiles(files) })
	t.Run("archived", func(t *testing.T) { two.t = t; two.archivedKinds(w, files[0]) })
	t.Run("leak-27-same-file-twice", func(t *testing.T) { two.t = t; two.sameTwice(files[0]) })
	t.Run("leak-11-redacted", func(t *testing.T) { two.t = t; two.redactedFile(w, files[0]) })
	t.Run("three", func(t *testing.T) { mediaOfThree(t, w, files) })
	t.Run("killed", func(t *testing.T) { killedWhileUploading(t, w, folder) })
	t.Run("large", func(t *testing.T) { largeVideo(t, w) })
	w.noPanic(t)
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("left in the temporary folder: %v (%v)", left, err)
	}
}

// sameTwice: the same file again has another address, key and ciphertext.
func (c *talk) sameTwice(f sent) {
	seen := map[string]bool{}
	for range 2 {
		mark := c.seats[1].Mark()
		c.sends(0, f, "", nil)
		_, address, key, sealed := c.gets(0, 1, mark, f, "", nil)
		for _, one := range []string{address, key, string(sealed)} {
			if seen[one] {
				c.t.Errorf("%.40q was there before", one)
			}
			seen[one] = true
		}
	}
}

// redactedFile: without an administrator's token the files stay, and their
// addresses are kept; once the bot is an administrator they are deleted.
func (c *talk) redactedFile(w *world, f sent) {
	mark := c.seats[1].Mark()
	event := c.sends(0, f, "", nil)
	_, address, _, _ := c.gets(0, 1, mark, f, "", nil)
	if err := w.admin.Do(c.t.Context(), "PUT", "/_synapse/admin/v1/users/"+w.Bot+"/admin", map[string]any{"admin": true}, nil); err != nil {
		c.t.Fatalf("make the bot an administrator: %v", err)
	}
	c.seats[0].Redact(c.seats[0].leg, event, "")
	deadline := time.Now().Add(time.Minute)
	for c.seats[1].Download(address) != nil {
		if time.Now().After(deadline) {
			c.t.Fatal("the file of a redacted message is still there")
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// mediaOfThree: each of the others gets a file of their own.
func mediaOfThree(t *testing.T, w *world, files []sent) {
	names := []string{w.nickname(), w.nickname(), w.nickname()}
	people := []*dev.Person{
		w.Mentee(dev.JSSDK(t, w.account(t), dev.Encrypted()), "en", names[0]),
		w.Mentee(dev.Nio(t, w.account(t), dev.Encrypted()), "fi", names[1]),
		w.Mentee(dev.JSSDK(t, w.account(t), dev.Encrypted()), "sv", names[2]),
	}
	marks := make([]int, len(people))
	for i, p := range people {
		marks[i] = p.Mark()
	}
	w.Term()
	if err := openJoint(t.Context(), w.ConfigFile(), people, names); err != nil {
		t.Fatalf("open a conversation of three: %v", err)
	}
	w.Start()
	seats := make([]seat, len(people))
	for i, p := range people {
		seats[i] = seat{p, p.AwaitLeg(marks[i]), names[i]}
	}
	c := newTalk(t, seats...)
	c.allFiles(files)
	from := []int{0, seats[1].Mark(), seats[2].Mark()}
	c.sends(0, files[0], "", nil)
	_, a, ka, ca := c.gets(0, 1, from[1], files[0], "", nil)
	_, b, kb, cb := c.gets(0, 2, from[2], files[0], "", nil)
	if a == b || ka == kb || bytes.Equal(ca, cb) {
		t.Errorf("two legs share a file: %s %s", a, b)
	}
}

// killedWhileUploading: a file that was on its way when the program died comes
// once.
func killedWhileUploading(t *testing.T, w *world, folder string) {
	p := w.pair(t)
	noise := filepath.Join(t.TempDir(), "noise.mp4")
	tool(t, "ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=640x480:rate=25:duration=20", "-c:v", "libx264",
		"-preset", "ultrafast", "-pix_fmt", "yuv420p", noise)
	content, err := os.ReadFile(noise)
	if err != nil {
		t.Fatal(err)
	}
	mark := p.mentor.Mark()
	file := p.mentee.UploadPlain(content)
	for i := range 3 {
		if i > 0 {
			w.Start()
		}
		p.mentee.Send(p.menteeLeg, "m.room.message", map[string]any{"msgtype": "m.video", "filename": "Aino.mp4", "body": fmt.Sprintf("video %d", i), "url": file})
		eventually(t, time.Minute, func() error { // at once; while it is fetched; while it is made anew
			if n := spools(t, w.PID(), folder); n >= i || came(p.mentor, p.mentorLeg, fmt.Sprintf("video %d", i)) {
				return nil
			}
			return fmt.Errorf("no file %d is on its way", i)
		})
		w.Kill9()
		if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
			t.Errorf("left in the temporary folder: %v (%v)", left, err)
		}
	}
	w.Start()
	p.mentee.Text(p.menteeLeg, "perässä")
	p.mentor.AwaitText(p.mentorLeg, "perässä")
	var got []string
	for _, e := range p.mentor.Events(mark) {
		if e.Room == p.mentorLeg && strings.HasPrefix(e.Body(), "video ") {
			got = append(got, e.Body())
		}
	}
	if fmt.Sprint(got) != "[video 0 video 1 video 2]" {
		t.Errorf("%q came", got)
	}
}

// spools is how many files without a name a process has open in a folder.
func spools(t *testing.T, pid int, folder string) (n int) {
	t.Helper()
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range open {
		if to, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%s", pid, fd.Name())); err == nil && strings.HasPrefix(to, folder) {
			n++
		}
	}
	return n
}

// came says whether somebody has got a message.
func came(p *dev.Person, room, body string) bool {
	return slices.ContainsFunc(p.Events(0), func(e dev.Event) bool { return e.Room == room && e.Body() == body })
}

// largeVideo: 50 MB go through a process that grows by no more than 64 MB.
func largeVideo(t *testing.T, w *world) {
	p := w.pair(t)
	dir := t.TempDir()
	short, path := filepath.Join(dir, "short.mp4"), filepath.Join(dir, "large.mp4")
	tool(t, "ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25:duration=0.4,noise=alls=100:allf=t",
		"-c:v", "libx264", "-preset", "ultrafast", "-qp", "4", "-pix_fmt", "yuv420p", short)
	tool(t, "ffmpeg", "-nostdin", "-v", "error", "-y", "-stream_loop", "-1", "-i", short, "-c", "copy", "-fs", "50M", path)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	size := len(content)
	if size < 47<<20 || size > 50<<20 {
		t.Fatalf("the video has only %d bytes", size)
	}
	file := p.mentee.Upload(content)
	mark := p.mentor.Mark()
	before := memory(t, w.PID(), "VmRSS")
	if err = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", w.PID()), []byte("5"), 0o600); err != nil { // forget the peak
		t.Fatal(err)
	}
	started := time.Now()
	p.mentee.Send(p.menteeLeg, "m.room.message", map[string]any{"msgtype": "m.video", "body": "Aino.mp4", "file": file})
	p.mentor.Patience = 2 * time.Minute
	e := p.mentor.Await(mark, "the video", func(e dev.Event) bool { return e.Room == p.mentorLeg && e.Body() == "video.mp4" })
	grown := memory(t, w.PID(), "VmHWM") - before
	t.Logf("%d MB in %v; from %d to %d MB of memory", size>>20, time.Since(started).Round(time.Millisecond), before>>20, (before+grown)>>20)
	if grown > 64<<20 {
		t.Errorf("the process grew by %d MB", grown>>20)
	}
	got, _ := e.Content["file"].(map[string]any)
	if n := len(p.mentor.Fetch(got)); n < size*9/10 {
		t.Errorf("%d of %d bytes came", n, size)
	}
}

// memory is a figure of a process, in bytes.
func memory(t *testing.T, pid int, name string) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(name + `:\s+(\d+) kB`).FindSubmatch(status)
	if found == nil {
		t.Fatalf("no %s", name)
	}
	n, _ := strconv.Atoi(string(found[1]))
	return n << 10
}

// photoBy is a picture with the name of a camera in it.
func photoBy(t *testing.T, camera string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "photo.jpg")
	tool(t, "ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=800x600:rate=1:duration=1", "-frames:v", "1", path)
	tool(t, "exiftool", "-q", "-overwrite_original", "-EXIF:Model="+camera, "-Comment="+camera, path)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
