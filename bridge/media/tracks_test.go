package media_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"silta/bridge/media"
)

// TestLeak30OtherTracks: cameras write where they were into a track of its
// own. Here subtitles are given the names of such tracks.
func TestLeak30OtherTracks(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{{"sbtl", "tx3g"}, {"meta", "gpmd"}, {"meta", "camm"}, {"meta", "mett"}, {"tmcd", "tmcd"}, {"strange", "none"}} {
		path := film(t, "film.mp4", "-f", "lavfi", "-i", pictures, "-f", "lavfi", "-i", tone, "-i", titles(t), "-map", "0", "-map", "1", "-map", "2",
			"-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-c:s", "mov_text")
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Count(data, []byte("sbtl")) != 1 || !bytes.Contains(data, []byte("tx3g")) {
			t.Fatal("there are no subtitles in the film")
		}
		data = bytes.Replace(data, []byte("sbtl"), []byte(c[0][:4]), 1)
		data = bytes.Replace(data, []byte("tx3g"), []byte(c[1]), 1)
		_, _, cleaned := clean(t, write(t, "film.mp4", data), media.Video)
		if p := look(t, cleaned); len(p.Streams) != 2 {
			t.Errorf("%s: %+v", c, p.Streams)
		}
		if found := leaks(t, cleaned); len(found) > 0 {
			t.Errorf("%s: found in the clean file: %v", c, found)
		}
	}
}

// TestTurnedFilm: a phone lays its pictures down as the sensor sees them and
// says how they are to be turned.
func TestTurnedFilm(t *testing.T) {
	t.Parallel()
	upright, err := os.ReadFile(film(t, "film.mp4", "-f", "lavfi", "-i", pictures, "-c:v", "libx264", "-preset", "ultrafast"))
	if err != nil {
		t.Fatal(err)
	}
	const one, minus = 1 << 16, 0xffff0000
	for angle, turn := range map[int][4]uint32{-90: {0, one, minus, 0}, 180: {minus, 0, 0, minus}, 90: {0, minus, one, 0}} {
		data := slices.Clone(upright)
		matrix := data[bytes.Index(data, []byte("tkhd"))+4+40:]
		for i, at := range []int{0, 4, 12, 16} {
			binary.BigEndian.PutUint32(matrix[at:], turn[i])
		}
		path := write(t, "turned.mp4", data)
		result, _, cleaned := clean(t, path, media.Video)
		is := look(t, cleaned).Streams[0]
		if len(is.Side) != 1 || max(is.Side[0].Rotation, -is.Side[0].Rotation) != max(angle, -angle) || angle != 180 && is.Side[0].Rotation != angle {
			t.Errorf("%d: %+v", angle, is.Side)
		}
		if (angle != 180) != (result.Height > result.Width) {
			t.Errorf("%d: told as %d×%d", angle, result.Width, result.Height)
		}
		if frames(t, path, "v") != frames(t, cleaned, "v") {
			t.Errorf("%d: the pictures differ", angle)
		}
	}
}

// TestLeak30CutAway: a film that was shortened by moving its edges still holds
// what lay outside of them.
func TestLeak30CutAway(t *testing.T) {
	t.Parallel()
	path := film(t, "long.mp4", "-f", "lavfi", "-i", strings.ReplaceAll(pictures, "1.6", "6"), "-f", "lavfi", "-i", strings.ReplaceAll(tone, "1.6", "6"),
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-bf", "2", "-c:a", "aac")
	// Two seconds from the middle: ffmpeg copies from a key picture and hides
	// the rest by an edit; here the whole film stays and only the edit is new.
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at, n := 0, 0; ; n++ {
		next := bytes.Index(data[at:], []byte("elst"))
		if next < 0 {
			if n != 2 {
				t.Fatalf("%d edit lists", n)
			}
			break
		}
		at += next + 4
		scale := []uint32{12800, 48000}[n]
		binary.BigEndian.PutUint32(data[at+8:], 2000)
		binary.BigEndian.PutUint32(data[at+12:], 2*scale+scale/2)
	}
	short := write(t, "short.mp4", data)
	result, cleaned, cleanPath := clean(t, short, media.Video)
	if frames(t, short, "v") != frames(t, cleanPath, "v") {
		t.Error("the pictures differ")
	}
	if d := result.Duration.Seconds(); math.Abs(d-2) > 0.05 {
		t.Errorf("%.2f s", d)
	}
	if len(cleaned) > len(data)*6/10 {
		t.Errorf("%d of %d bytes are left of a third", len(cleaned), len(data))
	}
}

// TestLeak30Signatures: what encoders write among the packets is in the files
// that the tests begin with, so that its absence means something.
func TestLeak30Signatures(t *testing.T) {
	t.Parallel()
	path := film(t, "film.mp4", "-f", "lavfi", "-i", pictures, "-f", "lavfi", "-i", tone, "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")
	before := leaks(t, path)
	_, _, cleaned := clean(t, path, media.Video)
	after := leaks(t, cleaned)
	for _, name := range []string{"x264 in the bytes", "Lavc in the bytes"} {
		if !slices.Contains(before, name) || slices.Contains(after, name) {
			t.Errorf("%s: before %v, after %v", name, slices.Contains(before, name), slices.Contains(after, name))
		}
	}
}

// TestStreaming: a film of 50 MB is cleaned in little memory.
func TestStreaming(t *testing.T) {
	t.Parallel()
	clip := film(t, "clip.mp4", "-f", "lavfi", "-i", "testsrc2=size=640x480:rate=25:duration=2,noise=alls=60:allf=t", "-f", "lavfi", "-i", "sine=duration=2",
		"-c:v", "libx264", "-preset", "ultrafast", "-qp", "20", "-c:a", "aac")
	info, err := os.Stat(clip)
	if err != nil {
		t.Fatal(err)
	}
	loops := fmt.Sprint(50<<20/info.Size() + 1)
	var jobs []job
	for _, name := range []string{"long.mp4", "pieces.mp4", "long.webm"} {
		args := []string{"-stream_loop", loops, "-i", clip, "-c", "copy"}
		switch name {
		case "pieces.mp4":
			args = append(args, "-movflags", "frag_keyframe+empty_moov")
		case "long.webm": // as big as VP8 gets in little time
			vp8 := film(t, "clip.webm", "-i", clip, "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "16", "-b:v", "60M", "-qmax", "4", "-c:a", "libopus")
			small, err := os.Stat(vp8)
			if err != nil {
				t.Fatal(err)
			}
			args = []string{"-stream_loop", fmt.Sprint(50<<20/small.Size() + 1), "-i", vp8, "-c", "copy"}
		}
		path := film(t, name, args...)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() < 50<<20 || info.Size() > 100<<20 {
			t.Fatalf("%s has %d bytes", name, info.Size())
		}
		jobs = append(jobs, job{Name: name, Path: path, Kind: media.Video})
	}
	for _, done := range apart(t, jobs) {
		t.Logf("%s: %d MB, then at most %d MB", done.Name, done.Base>>20, done.Peak>>20)
		if done.Why != "" || done.Fault != "" {
			t.Errorf("%s: %s%s", done.Name, done.Why, done.Fault)
		}
		if grown := done.Peak - done.Base; grown > 64<<20 {
			t.Errorf("%s: %d MB more", done.Name, grown>>20)
		}
	}
}
