// Package avatar draws a picture for a name: two soft tones and a few round
// shapes, the same on both sides of the middle. It is a pure function of the
// name, which for a ghost is random, so the picture says nothing about anybody;
// whoever sees the ghost anywhere sees the same picture. Only integers are used,
// so that it is the same on every machine.
package avatar

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"image"
	"image/color"
	"image/png"
)

// Type is the MIME type of a picture.
const Type = "image/png"

const (
	side  = 128 // pixels
	steps = 4   // a pixel is looked at in steps × steps places
	pairs = 4   // circles and their mirror images
)

// circle is a circle in pixels.
type circle struct{ x, y, r int }

// Draw draws the picture of a name, as a PNG.
func Draw(name string) ([]byte, error) {
	sum := sha256.Sum256([]byte(name))
	back, front := tones(sum[0])
	picture := image.NewPaletted(image.Rect(0, 0, side, side), blend(back, front))
	shapes := circles(sum[1:])
	for y := range side {
		row := picture.Pix[y*picture.Stride:][:side]
		for x := range side / 2 {
			n := covered(shapes, x, y)
			row[x], row[side-1-x] = n, n
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		return nil, fmt.Errorf("draw a picture: %w", err)
	}
	return out.Bytes(), nil
}

// circles places the shapes: one in the middle, the others with a mirror image.
func circles(from []byte) []circle {
	all := []circle{{side / 2, side/2 + int(from[0]%33) - 16, 18 + int(from[1]%24)}}
	for i := range pairs {
		part := from[2+3*i:]
		c := circle{14 + int(part[0]%48), 12 + int(part[1]%104), 10 + int(part[2]%26)}
		all = append(all, c, circle{side - c.x, c.y, c.r})
	}
	return all
}

// covered is how many places of a pixel lie in an odd number of circles.
// Lengths are in eighths of a pixel.
func covered(shapes []circle, x, y int) uint8 {
	px, py := 8*x+4, 8*y+4
	odd, edges := false, make([]circle, 0, 2*pairs+1)
	for _, c := range shapes {
		d, in, out := square(px-8*c.x, py-8*c.y), 8*c.r-6, 8*c.r+6
		switch {
		case d <= in*in:
			odd = !odd
		case d < out*out:
			edges = append(edges, c)
		}
	}
	n := uint8(0)
	for sub := range steps * steps {
		inside := odd
		for _, c := range edges {
			if square(px-3+2*(sub%steps)-8*c.x, py-3+2*(sub/steps)-8*c.y) < 64*c.r*c.r {
				inside = !inside
			}
		}
		if inside {
			n++
		}
	}
	return n
}

func square(dx, dy int) int { return dx*dx + dy*dy }

// blend is the palette from one tone to the other.
func blend(back, front color.RGBA) color.Palette {
	const most = steps * steps
	mix := func(a, b uint8, n int) uint8 { return uint8((int(a)*(most-n) + int(b)*n) / most) }
	palette := make(color.Palette, 0, most+1)
	for n := range most + 1 {
		palette = append(palette, color.RGBA{mix(back.R, front.R, n), mix(back.G, front.G, n), mix(back.B, front.B, n), 255})
	}
	return palette
}

// tones are two colours that go together: a light one and a darker one, of
// which one is behind.
func tones(choice byte) (back, front color.RGBA) {
	light := [...]uint32{0xfbe9d7, 0xe3f1e4, 0xe0eef7, 0xf4e6f2, 0xfdf1cc, 0xe4e7f8, 0xdff3f0, 0xf7e1dd}
	dark := [...]uint32{0xd08a4e, 0x5d9a6b, 0x4d86ad, 0x9c6a9a, 0xb8942f, 0x6672b8, 0x3f9488, 0xb8685c}
	a, b := rgb(light[choice%8]), rgb(dark[(choice>>3)%8])
	if choice>>6&1 == 1 {
		return b, a
	}
	return a, b
}

func rgb(hex uint32) color.RGBA {
	return color.RGBA{uint8(hex >> 16), uint8(hex >> 8), uint8(hex), 255}
}
