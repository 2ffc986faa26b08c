package media_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"silta/bridge/media"
)

// told are the tags that ffmpeg is told to write into every film and sound.
func told() []string {
	return []string{
		"-metadata", "title=" + secret, "-metadata", "artist=" + secret, "-metadata", "comment=" + secret,
		"-metadata", "location=+60.1699+024.9384/", "-metadata", "creation_time=2024-05-06T07:08:09Z",
		"-metadata", "com.apple.quicktime.make=" + secret, "-metadata:s", "handler_name=" + secret, "-metadata:s", "title=" + secret,
		"-metadata:s", "language=fin",
	}
}

const (
	pictures = "testsrc2=size=192x144:rate=25:duration=1.6"
	tone     = "sine=frequency=440:sample_rate=48000:duration=1.6"
)

// film makes a film or a sound, with all that ffmpeg can tell in it.
func film(t testing.TB, name string, args ...string) string {
	t.Helper()
	path, flags := filepath.Join(t.TempDir(), name), "use_metadata_tags"
	if i := slices.Index(args, "-movflags"); i >= 0 {
		flags += "+" + args[i+1]
	}
	if filepath.Ext(name) == ".mp4" || filepath.Ext(name) == ".mov" {
		args = append(args, "-movflags", flags)
	}
	ffmpeg(t, append(append(args, told()...), path)...)
	return path
}

func titles(t testing.TB) string {
	t.Helper()
	return write(t, "titles.srt", []byte("1\n00:00:00,000 --> 00:00:02,000\n"+secret+"\n"))
}

// stream is what ffprobe says of one.
type stream struct {
	Kind     string `json:"codec_type"`
	Codec    string `json:"codec_name"`
	Width    int
	Height   int
	Channels int
	Frames   string                   `json:"nb_read_frames"`
	Side     []struct{ Rotation int } `json:"side_data_list"`
	Tags     map[string]string
}

type probe struct {
	Streams []stream
	Format  struct {
		Duration string
		Tags     map[string]string
	}
}

// look tells a file's streams.
func look(t testing.TB, path string) probe {
	t.Helper()
	var p probe
	if err := json.Unmarshal(run(t, "ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", path), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p probe) seconds(t testing.TB) float64 {
	t.Helper()
	s, err := strconv.ParseFloat(p.Format.Duration, 64)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// frames decodes a file wholly, without an error, and returns the checksums of
// its pictures or its sound.
func frames(t testing.TB, path, stream string) string {
	t.Helper()
	out := string(run(t, "ffmpeg", "-nostdin", "-v", "error", "-xerror", "-err_detect", "explode", "-i", path, "-map", "0:"+stream+":0", "-f", "framemd5", "-"))
	var sums []string
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "#") {
			sums = append(sums, line[strings.LastIndex(line, ",")+1:])
		}
	}
	if len(sums) < 10 {
		t.Errorf("%s: %d frames", path, len(sums))
	}
	return strings.Join(sums, "")
}

// asGood holds a clean film against what it was made of.
func asGood(t *testing.T, before, after string, result *media.Result, kinds ...string) {
	t.Helper()
	was, is := look(t, before), look(t, after)
	if len(is.Streams) != len(kinds) {
		t.Errorf("%d streams in the clean file: %+v", len(is.Streams), is.Streams)
	}
	for _, kind := range kinds {
		if frames(t, before, kind[:1]) != frames(t, after, kind[:1]) {
			t.Errorf("the %s differs", kind)
		}
	}
	for _, now := range is.Streams {
		for tag, value := range now.Tags {
			if strings.EqualFold(tag, "duration") || tag == "language" && value == "und" || tag == "vendor_id" && value == "[0][0][0][0]" {
				continue
			}
			t.Errorf("the stream has %s", tag)
		}
		if now.Kind == "video" {
			w, h := now.Width, now.Height
			if len(now.Side) > 0 && now.Side[0].Rotation%180 != 0 {
				w, h = h, w
			}
			if w != result.Width || h != result.Height {
				t.Errorf("%d×%d told as %d×%d", w, h, result.Width, result.Height)
			}
		}
	}
	for tag, value := range is.Format.Tags {
		switch tag {
		case "major_brand", "minor_version", "compatible_brands":
		default:
			t.Errorf("the file has %s=%s", tag, value)
		}
	}
	if was.Format.Duration == "" { // a browser does not know how long it will record
		was.Format.Duration = "1.6"
	}
	if d := is.seconds(t); math.Abs(d-was.seconds(t)) > 0.1 || math.Abs(d-result.Duration.Seconds()) > 0.1 {
		t.Errorf("%.2f s became %.2f s, told as %v", was.seconds(t), d, result.Duration)
	}
}

func TestLeak30Film(t *testing.T) {
	t.Parallel()
	in := []string{"-f", "lavfi", "-i", pictures, "-f", "lavfi", "-i", tone}
	with := func(args ...string) []string { return append(append([]string{}, in...), args...) }
	for _, c := range []struct {
		name string
		args []string
	}{
		{"h264.mp4", with("-c:v", "libx264", "-preset", "veryfast", "-c:a", "aac")},
		{"h265.mp4", with("-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1", "-c:a", "aac")},
		{"phone.mov", with("-c:v", "libx264", "-preset", "veryfast", "-bf", "0", "-c:a", "aac", "-timecode", "01:02:03:04")},
		{"browser.mp4", with("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-movflags", "frag_keyframe+empty_moov+default_base_moof", "-g", "25")},
		{"pieces.mp4", with("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "libopus", "-movflags", "frag_keyframe", "-g", "25")},
		{"vp9.mp4", with("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus")},
		{"av1.mp4", []string{"-f", "lavfi", "-i", pictures, "-c:v", "libsvtav1", "-preset", "12"}},
		{"vp8.webm", with("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libvorbis")},
		{"vp9.webm", with("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus")},
		{"live.webm", with("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus", "-live", "1", "-cluster_time_limit", "500")},
		{"av1.webm", []string{"-f", "lavfi", "-i", pictures, "-c:v", "libsvtav1", "-preset", "12"}},
		{"silent.mp4", []string{"-f", "lavfi", "-i", pictures, "-c:v", "libx264", "-preset", "ultrafast"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := film(t, c.name, c.args...)
			if filepath.Ext(path) == ".mp4" && !strings.Contains(c.name, "browser") && !strings.Contains(c.name, "pieces") {
				run(t, "exiftool", "-q", "-overwrite_original", "-XMP:Creator="+secret, "-UserData:GPSCoordinates=60.17, 24.94, 3",
					"-Keys:Model="+secret, "-ItemList:Artist="+secret, path)
			}
			result, _, cleaned := clean(t, path, media.Video)
			kinds := []string{"video", "audio"}
			if !slices.Contains(c.args, "-c:a") {
				kinds = kinds[:1]
			}
			asGood(t, path, cleaned, result, kinds...)
			if found := leaks(t, cleaned); len(found) > 0 {
				t.Errorf("found in the clean file: %v", found)
			}
			if mime := "video/" + cmp.Or(strings.TrimPrefix(filepath.Ext(cleaned), "."), "?"); result.MIME != mime || result.Kind != media.Video {
				t.Errorf("%+v", result)
			}
		})
	}
}

func TestLeak30Sound(t *testing.T) {
	t.Parallel()
	cover := jpegFile(t, drawing(64, 64))
	for _, c := range []struct {
		name string
		kind media.Kind
		args []string
	}{
		{"voice.ogg", media.Voice, []string{"-f", "lavfi", "-i", tone, "-c:a", "libopus"}},
		{"vorbis.ogg", media.Audio, []string{"-f", "lavfi", "-i", tone, "-c:a", "libvorbis"}},
		{"song.mp3", media.Audio, []string{"-f", "lavfi", "-i", tone, "-i", cover, "-map", "0", "-map", "1", "-c:a", "libmp3lame", "-c:v", "copy", "-write_id3v1", "1", "-id3v2_version", "3"}},
		{"low.mp3", media.Audio, []string{"-f", "lavfi", "-i", tone, "-ar", "22050", "-c:a", "libmp3lame", "-q:a", "4", "-write_apetag", "1"}},
		{"voice.weba", media.Voice, []string{"-f", "lavfi", "-i", tone, "-c:a", "libopus", "-f", "webm"}},
		{"voice.m4a", media.Voice, []string{"-f", "lavfi", "-i", tone, "-i", cover, "-map", "0", "-map", "1", "-c:a", "aac", "-c:v", "copy", "-disposition:v", "attached_pic"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := film(t, c.name, c.args...)
			result, _, cleaned := clean(t, path, c.kind)
			if result.Kind != c.kind || result.Ext != filepath.Ext(path) || result.Duration < 1500*time.Millisecond {
				t.Errorf("%+v", result)
			}
			if result.Ext == ".mp3" {
				asHeard(t, path, cleaned, result)
			} else {
				asGood(t, path, cleaned, result, "audio")
			}
			if found := leaks(t, cleaned); len(found) > 0 {
				t.Errorf("found in the clean file: %v", found)
			}
		})
	}
}

// asHeard holds a clean MP3 against its source, which says where its sound
// begins: without that tag it begins a little later.
func asHeard(t *testing.T, before, after string, result *media.Result) {
	t.Helper()
	sound := func(path string) []byte {
		return run(t, "ffmpeg", "-nostdin", "-v", "error", "-xerror", "-i", path, "-map", "0:a", "-f", "s16le", "-")
	}
	was, is := sound(before), sound(after)
	if len(was) < 50000 || len(is) < len(was) {
		t.Fatalf("%d bytes of sound became %d", len(was), len(is))
	}
	if middle := was[len(was)/4 : len(was)*3/4]; !bytes.Contains(is, middle) {
		t.Error("the sound differs")
	}
	if d := result.Duration.Seconds(); math.Abs(d-1.6) > 0.15 {
		t.Errorf("%.2f s", d)
	}
}
