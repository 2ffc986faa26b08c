package e2e

import (
	"bytes"
	"encoding/json"
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
		{"m.image", "IMG_Aino.jpg", photo, nil, "image.jpg", "m.image"},
		{"m.audio", "Voice message.ogg", make("voice.ogg", "-i", tone, "-c:a", "libopus"), voice, "voice.ogg", "m.audio"},
		{"m.audio", "Aino.m4a", make("aino.m4a", "-i", tone, "-c:a", "aac"), nil, "audio.m4a", "m.audio"},
		{"m.video", "Aino.mp4", make("aino.mp4", "-i", film, "-c:v", "libx264", "-pix_fmt", "yuv420p"), nil, "video.mp4", "m.video"},
		{"m.file", "Aino.txt", letter, nil, "file.txt", "m.file"},
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

// send sends a file as a client does: encrypted, with everything that it says.
func (s seat) send(t *testing.T, f sent, caption string) string {
	t.Helper()
	content, err := os.ReadFile(f.path)
	if err != nil {
		t.Fatal(err)
	}
	event := map[string]any{"msgtype": f.msgtype, "body": f.name, "file": s.Upload(content),
		"info": map[string]any{"size": len(content), "mimetype": "application/x-claimed", "xyz.amorgan.blurhash": telltale,
			"thumbnail_file": s.Upload([]byte(telltale))}}
	if caption != "" {
		event["filename"], event["body"] = f.name, caption
	}
	for key, value := range f.extra {
		event[key] = value
	}
	return s.Send(s.leg, "m.room.message", event)
}

// gets waits for a file, checks the whole of its content, and gives its address,
// its key and its ciphertext.
func (s seat) gets(t *testing.T, from int, f sent, caption string) (string, string, []byte) {
	t.Helper()
	want := caption
	if want == "" {
		want = f.want
	}
	e := s.Await(from, "the file "+want, func(e dev.Event) bool { return e.Room == s.leg && e.Sender != s.UserID && e.Body() == want })
	if !e.Encrypted || e.Shield != "" && e.Shield != "NONE" {
		t.Errorf("%s came with encryption %v, shield %s (%s)", f.want, e.Encrypted, e.Shield, e.Reason)
	}
	file, _ := e.Content["file"].(map[string]any)
	content := s.Fetch(file)
	if itself := s.FetchItself(file); !bytes.Equal(content, itself) {
		t.Errorf("%s opens as something else with the client's own library", f.want)
	}
	if f.kind != "m.file" { // it goes as it is, by the programme's wish
		tellsNothing(t, f.want, content)
	}
	raw, err := json.Marshal(e.Content)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(raw), telltale) || strings.Contains(string(raw), "Aino") || strings.Contains(string(raw), "waveform") {
		t.Errorf("the message tells: %s", raw)
	}
	known := regexp.MustCompile(`^(msgtype|body|filename|file|info|m\.mentions|org\.matrix\.msc(3245\.voice|1767\.audio))$`)
	for key := range e.Content {
		if !known.MatchString(key) {
			t.Errorf("%s has the key %s", f.want, key)
		}
	}
	info, _ := e.Content["info"].(map[string]any)
	if e.Content["msgtype"] != f.kind || e.Content["filename"] != f.want || fmt.Sprint(info["size"]) != strconv.Itoa(len(content)) {
		t.Errorf("%s of %d bytes came as %s", f.want, len(content), raw)
	}
	if thumb, ok := info["thumbnail_file"].(map[string]any); ok {
		tellsNothing(t, "thumbnail.jpg", s.Fetch(thumb))
	} else if f.kind == "m.image" {
		t.Errorf("no thumbnail: %s", raw)
	}
	key, _ := file["key"].(map[string]any)
	return fmt.Sprint(file["url"]), fmt.Sprint(key["k"]), s.Download(fmt.Sprint(file["url"]))
}

// TestMedia: every kind of file both ways, two and three people, with clients
// that no one here wrote. What each gets is exiftool's to judge.
func TestMedia(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	w := newWorld(t, allMedia(folder)...)
	card := w.card()
	mentor := w.Mentor(dev.Nio(t, w.account(t), dev.Encrypted()), "fi", card)
	mentee := w.Mentee(dev.JSSDK(t, w.account(t), dev.Encrypted()), "fi", w.nickname())
	menteeLeg, mentorLeg := w.Conversation(mentee, mentor, card.Alias, "hei")
	two := []seat{{mentee, menteeLeg, ""}, {mentor, mentorLeg, card.Alias}}
	files := theFiles(t)
	for _, s := range two { // the first voice message of each is not sent
		mark := s.Mark()
		s.send(t, files[1], "")
		s.HearsIn(s.leg, mark, "media.voice_first")
	}
	t.Run("two", func(t *testing.T) { exchange(t, two, files) })
	t.Run("archived", func(t *testing.T) { archivedKinds(t, w, two[0], two[1], files[0]) })
	t.Run("leak-27-same-file-twice", func(t *testing.T) { sameTwice(t, two, files[0]) })
	t.Run("leak-11-redacted", func(t *testing.T) { redactedFile(t, w, two, files[0]) })
	t.Run("three", func(t *testing.T) { mediaOfThree(t, w, files[:2]) })
	t.Run("killed", func(t *testing.T) { killedWhileUploading(t, w, folder) })
	t.Run("large", func(t *testing.T) { largeVideo(t, w) })
	w.noPanic(t)
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("left in the temporary folder: %v (%v)", left, err)
	}
}

// exchange has everybody send every file, and everybody else get it.
func exchange(t *testing.T, seats []seat, files []sent) {
	for author, s := range seats {
		for i, f := range files {
			marks := make([]int, len(seats))
			for viewer, v := range seats {
				marks[viewer] = v.Mark()
			}
			caption := ""
			if i == 0 {
				caption = fmt.Sprintf("katso %s ranta %d", s.UserID, author)
			}
			s.send(t, f, caption)
			caption = strings.Replace(caption, s.UserID, s.alias, 1)
			for viewer, v := range seats {
				if viewer != author {
					if i == 0 {
						e := v.Await(marks[viewer], "a caption", func(e dev.Event) bool {
							return e.Room == v.leg && strings.HasSuffix(e.Body(), fmt.Sprintf("ranta %d", author))
						})
						if strings.Contains(e.Body(), s.UserID) {
							t.Errorf("the caption is %q", e.Body())
						}
						v.gets(t, marks[viewer], f, e.Body())
						continue
					}
					v.gets(t, marks[viewer], f, "")
				}
			}
		}
	}
}

// sameTwice: the same file again has another address, key and ciphertext.
func sameTwice(t *testing.T, seats []seat, f sent) {
	seen := map[string]bool{}
	for range 2 {
		mark := seats[1].Mark()
		seats[0].send(t, f, "")
		address, key, sealed := seats[1].gets(t, mark, f, "")
		for _, one := range []string{address, key, string(sealed)} {
			if seen[one] {
				t.Errorf("%.40q was there before", one)
			}
			seen[one] = true
		}
	}
}

// redactedFile: without an administrator's token the files stay, and their
// addresses are kept; once the bot is an administrator they are deleted.
func redactedFile(t *testing.T, w *world, seats []seat, f sent) {
	mark := seats[1].Mark()
	event := seats[0].send(t, f, "")
	address, _, _ := seats[1].gets(t, mark, f, "")
	if err := w.admin.Do(t.Context(), "PUT", "/_synapse/admin/v1/users/"+w.Bot+"/admin", map[string]any{"admin": true}, nil); err != nil {
		t.Fatalf("make the bot an administrator: %v", err)
	}
	seats[0].Redact(seats[0].leg, event, "")
	deadline := time.Now().Add(time.Minute)
	for seats[1].Download(address) != nil {
		if time.Now().After(deadline) {
			t.Fatal("the file of a redacted message is still there")
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
	for _, s := range seats {
		mark := s.Mark()
		s.send(t, files[1], "")
		s.HearsIn(s.leg, mark, "media.voice_first")
	}
	exchange(t, seats, files)
	from := []int{0, seats[1].Mark(), seats[2].Mark()}
	seats[0].send(t, files[0], "")
	a, ka, ca := seats[1].gets(t, from[1], files[0], "")
	b, kb, cb := seats[2].gets(t, from[2], files[0], "")
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
