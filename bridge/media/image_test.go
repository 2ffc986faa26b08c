package media_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/color/palette"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/image/webp"

	"silta/bridge/media"
)

// drawing is a picture that has no symmetry, soft enough for JPEG.
func drawing(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, color.NRGBA{R: byte(255 * x / w), G: byte(255 * y / h), B: byte(127 * x * y / (w * h)), A: 255})
		}
	}
	draw.Draw(m, image.Rect(w/8, h/8, w/3, h/4), image.White, image.Point{}, draw.Src)
	return m
}

// write makes a file in a folder of the test's own.
func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func jpegFile(t testing.TB, m image.Image) string {
	t.Helper()
	var file bytes.Buffer
	if err := jpeg.Encode(&file, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return write(t, "IMG_2024_"+secret+".jpg", file.Bytes())
}

func pngFile(t testing.TB, m image.Image) string {
	t.Helper()
	var file bytes.Buffer
	if err := png.Encode(&file, m); err != nil {
		t.Fatal(err)
	}
	return write(t, "shot.png", file.Bytes())
}

// webpFile is made by ffmpeg's libwebp.
func webpFile(t testing.TB, m image.Image, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sticker.webp")
	ffmpeg(t, append(append([]string{"-i", pngFile(t, m)}, args...), path)...)
	return path
}

func gifFile(t testing.TB, frames int) string {
	t.Helper()
	all := &gif.GIF{LoopCount: 3}
	for i := range frames {
		m := image.NewPaletted(image.Rect(0, 0, 60, 40), palette.Plan9)
		draw.Draw(m, m.Rect, drawing(60+i, 40+i), image.Pt(i, i), draw.Src)
		all.Image, all.Delay = append(all.Image, m), append(all.Delay, 10+i)
	}
	var file bytes.Buffer
	if err := gif.EncodeAll(&file, all); err != nil {
		t.Fatal(err)
	}
	return write(t, "moving.gif", file.Bytes())
}

// burden fills a file with every kind of metadata that exiftool can write there.
func burden(t testing.TB, path string, orientation int) {
	t.Helper()
	var thumb bytes.Buffer
	if err := jpeg.Encode(&thumb, drawing(64, 48), nil); err != nil {
		t.Fatal(err)
	}
	args := []string{"-q", "-overwrite_original", "-Comment=" + secret}
	if filepath.Ext(path) != ".gif" {
		args = append(args, "-n", fmt.Sprintf("-EXIF:Orientation=%d", orientation), "-EXIF:Make="+secret, "-EXIF:Model="+secret,
			"-EXIF:SerialNumber="+secret, "-EXIF:GPSLatitude=60.17", "-EXIF:GPSLatitudeRef=N", "-EXIF:GPSLongitude=24.94",
			"-EXIF:GPSLongitudeRef=E", "-EXIF:DateTimeOriginal=2024:05:06 07:08:09", "-EXIF:UserComment="+secret,
			"-ICC_Profile<="+profile(t))
	}
	args = append(args, "-XMP:Creator="+secret, "-XMP:Title="+secret)
	if filepath.Ext(path) == ".jpg" {
		args = append(args, "-IPTC:By-line="+secret, "-Photoshop:CopyrightFlag=1", "-ThumbnailImage<="+write(t, "thumb", thumb.Bytes()))
	}
	run(t, "exiftool", append(args, path)...)
}

// profile is an ICC profile, bare but for a description.
func profile(t testing.TB) string {
	t.Helper()
	data := make([]byte, 128+4)
	copy(data[36:], "acsp")
	copy(data[12:], "mntrRGB XYZ ")
	data[131] = 1
	data = append(data, "desc\x00\x00\x00\x90"...)
	text := append([]byte("desc\x00\x00\x00\x00\x00\x00\x00"), byte(len(secret)+1))
	text = append(append(text, secret...), make([]byte, 80)...)
	data = append(append(data, 0, 0, 0, byte(len(text))), text...)
	data[2], data[3] = byte(len(data)>>8), byte(len(data))
	return write(t, "profile.icc", data)
}

// pictureOf decodes a file by the standard library.
func pictureOf(t testing.TB, path string) image.Image {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var m image.Image
	if filepath.Ext(path) == ".webp" {
		m, err = webp.Decode(f)
	} else {
		m, _, err = image.Decode(f)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// differ is the mean difference of two pictures' samples, 0 to 255; where
// says which pixel of the second is the first's.
func differ(a, b image.Image, where func(x, y int) (int, int)) float64 {
	sum, n := 0.0, 0
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			bx, by := where(x, y)
			r, g, bl, al := a.At(x, y).RGBA()
			r2, g2, bl2, al2 := b.At(bx, by).RGBA()
			for _, d := range [][2]uint32{{r, r2}, {g, g2}, {bl, bl2}, {al, al2}} {
				sum += float64(max(d[0], d[1])-min(d[0], d[1])) / 257
				n++
			}
		}
	}
	return sum / float64(n)
}

func same(x, y int) (int, int) { return x, y }

func TestLeak29Image(t *testing.T) {
	t.Parallel()
	glass := drawing(120, 90)
	for i := range 500 {
		glass.Pix[4*i+3] = byte(i)
	}
	for name, path := range map[string]string{
		"jpeg":             jpegFile(t, drawing(900, 120)),
		"png":              pngFile(t, drawing(400, 620)),
		"png transparent":  pngFile(t, glass),
		"webp lossy":       webpFile(t, drawing(300, 200), "-quality", "95"),
		"webp lossless":    webpFile(t, drawing(300, 200), "-lossless", "1"),
		"webp transparent": webpFile(t, glass, "-quality", "95"),
		"gif":              gifFile(t, 1),
	} {
		t.Run(name, func(t *testing.T) {
			burden(t, path, 1)
			if len(leaks(t, path)) < 2 {
				t.Fatal("nothing was put in")
			}
			before := pictureOf(t, path)
			result, _, cleaned := clean(t, path, media.Image)
			if found := leaks(t, cleaned); len(found) > 0 {
				t.Errorf("found in the clean file: %v", found)
			}
			after := pictureOf(t, cleaned)
			if before.Bounds().Size() != after.Bounds().Size() || after.Bounds().Dx() != result.Width || after.Bounds().Dy() != result.Height {
				t.Fatalf("%v became %v, told as %d×%d", before.Bounds(), after.Bounds(), result.Width, result.Height)
			}
			if d := differ(before, after, same); d > 3 {
				t.Errorf("the pictures differ by %.1f", d)
			}
			if big := result.Width > 800 || result.Height > 600; big != (result.Thumbnail != nil) {
				t.Errorf("thumbnail: %v", result.Thumbnail != nil)
			}
			if th := result.Thumbnail; th != nil {
				if found := leaks(t, write(t, "thumb.jpg", th.Data)); len(found) > 0 {
					t.Errorf("found in the thumbnail: %v", found)
				}
			}
		})
	}
}

// laid says in a file how its picture is laid down, in either order of bytes.
func laid(t *testing.T, path string, o int) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	exif := append([]byte("II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00"), byte(o), 0, 0, 0, 0, 0, 0, 0)
	if o%2 == 0 {
		exif = append([]byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01"), 0, byte(o), 0, 0, 0, 0, 0, 0)
	}
	if filepath.Ext(path) == ".png" {
		chunk := append([]byte("eXIf"), exif...)
		chunk = binary.BigEndian.AppendUint32(append([]byte{0, 0, 0, byte(len(exif))}, chunk...), crc32.ChecksumIEEE(chunk))
		return write(t, "laid.png", slices.Concat(data[:33], chunk, data[33:]))
	}
	segment := append([]byte{0xff, 0xe1, 0, byte(len(exif) + 8)}, "Exif\x00\x00"...)
	return write(t, "laid.jpg", slices.Concat(data[:2], segment, exif, data[2:]))
}

func TestOrientation(t *testing.T) {
	t.Parallel()
	const w, h = 96, 64
	for o := 1; o <= 8; o++ {
		for name, path := range map[string]string{
			"jpeg": jpegFile(t, drawing(w, h)), "odd": jpegFile(t, drawing(w+1, h+1)), "png": pngFile(t, drawing(w, h)),
		} {
			path = laid(t, path, o)
			before := pictureOf(t, path)
			result, _, cleaned := clean(t, path, media.Image)
			after := pictureOf(t, cleaned)
			bw, bh := before.Bounds().Dx(), before.Bounds().Dy()
			// Where a stored pixel is shown, as the EXIF standard has it.
			shown := func(x, y int) (int, int) {
				switch o {
				case 2:
					return bw - 1 - x, y
				case 3:
					return bw - 1 - x, bh - 1 - y
				case 4:
					return x, bh - 1 - y
				case 5:
					return y, x
				case 6:
					return bh - 1 - y, x
				case 7:
					return bh - 1 - y, bw - 1 - x
				case 8:
					return y, bw - 1 - x
				}
				return x, y
			}
			if (o >= 5) != (result.Width < result.Height) {
				t.Errorf("%s, %d: %d×%d", name, o, result.Width, result.Height)
			}
			if d := differ(before, after, shown); d > 4 {
				t.Errorf("%s, orientation %d: the pictures differ by %.1f", name, o, d)
			}
		}
	}
}

func TestMovingGIF(t *testing.T) {
	t.Parallel()
	path := gifFile(t, 5)
	burden(t, path, 1)
	result, data, cleaned := clean(t, path, media.Image)
	if found := leaks(t, cleaned); len(found) > 0 {
		t.Errorf("found in the clean file: %v", found)
	}
	all, err := gif.DecodeAll(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if len(all.Image) != 5 || all.Delay[4] != 14 || all.LoopCount != 3 || result.MIME != "image/gif" || result.Width != 60 {
		t.Errorf("%d frames, delays %v, loops %d, %+v", len(all.Image), all.Delay, all.LoopCount, result)
	}
}
