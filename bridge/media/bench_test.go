package media_test

import (
	"bytes"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"silta/bridge/media"
)

// BenchmarkPhoto measures what cleaning a photo costs above the bare decode and
// encode: both in turns, in one run, medians.
func BenchmarkPhoto(b *testing.B) {
	m := drawing(4000, 3000)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range m.Pix { // the grain of a sensor
		if i%4 != 3 {
			m.Pix[i] = byte(min(255, int(m.Pix[i])+r.IntN(24)))
		}
	}
	photo, err := os.ReadFile(jpegFile(b, m))
	if err != nil {
		b.Fatal(err)
	}
	path := write(b, "photo.jpg", photo)
	burden(b, path, 6)
	turned, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	cleaner := media.New(media.DefaultMemory)
	for name, data := range map[string][]byte{"upright": photo, "turned": turned} {
		b.Run(name, func(b *testing.B) {
			var bare, cleaned []time.Duration
			for b.Loop() {
				begin := time.Now()
				m, err := jpeg.Decode(bytes.NewReader(data))
				if err != nil {
					b.Fatal(err)
				}
				if err := jpeg.Encode(io.Discard, m, &jpeg.Options{Quality: 85}); err != nil {
					b.Fatal(err)
				}
				bare = append(bare, time.Since(begin))
				begin = time.Now()
				if _, err := cleaner.Clean(b.Context(), bytes.NewReader(data), int64(len(data)), media.Image, false, io.Discard, media.DefaultLimits()); err != nil {
					b.Fatal(err)
				}
				cleaned = append(cleaned, time.Since(begin))
			}
			slices.Sort(bare)
			slices.Sort(cleaned)
			b.ReportMetric(float64(bare[len(bare)/2].Milliseconds()), "ms/bare")
			b.ReportMetric(float64(cleaned[len(cleaned)/2].Milliseconds()), "ms/cleaned")
			b.ReportMetric(float64(cleaned[len(cleaned)/2])/float64(bare[len(bare)/2]), "ratio")
		})
	}
}

// BenchmarkFilm measures how fast films go through.
func BenchmarkFilm(b *testing.B) {
	for name, args := range map[string][]string{
		"h264.mp4": {"-c:v", "libx264", "-preset", "ultrafast", "-qp", "20", "-c:a", "aac"},
		"vp8.webm": {"-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "16", "-b:v", "40M", "-c:a", "libopus"},
	} {
		path := film(b, name, append([]string{"-f", "lavfi", "-i", "testsrc2=size=640x480:rate=25:duration=4,noise=alls=60:allf=t", "-f", "lavfi", "-i", "sine=duration=4"}, args...)...)
		data, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		cleaner := media.New(media.DefaultMemory)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := cleaner.Clean(b.Context(), bytes.NewReader(data), int64(len(data)), media.Video, false, io.Discard, media.DefaultLimits()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
