package media

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"

	scale "golang.org/x/image/draw"
)

// The thumbnail that Matrix clients commonly show.
const (
	thumbWidth   = 800
	thumbHeight  = 600
	thumbQuality = 75
	thumbMemory  = 16 << 20 // the shrunk picture, the thumbnail and its file
)

// plane is samples in rows: each of n bytes.
type plane struct {
	pix             []byte
	stride, w, h, n int
}

// turn lays a plane the right way up, as EXIF's orientation o says.
func (p plane) turn(o int) plane {
	w, h := p.w, p.h
	if o >= 5 {
		w, h = h, w
	}
	to := plane{pix: make([]byte, w*h*p.n), stride: w * p.n, w: w, h: h, n: p.n}
	for y := range h {
		// Where the row's first sample stands, and the way to the next one.
		var x0, y0, dx, dy int
		switch o {
		case 2:
			x0, y0, dx = p.w-1, y, -1
		case 3:
			x0, y0, dx = p.w-1, p.h-1-y, -1
		case 4:
			x0, y0, dx = 0, p.h-1-y, 1
		case 5:
			x0, y0, dy = y, 0, 1
		case 6:
			x0, y0, dy = y, p.h-1, -1
		case 7:
			x0, y0, dy = p.w-1-y, p.h-1, -1
		case 8:
			x0, y0, dy = p.w-1-y, 0, 1
		default:
			x0, y0, dx = 0, y, 1
		}
		at, step := y0*p.stride+x0*p.n, dy*p.stride+dx*p.n
		row := to.pix[y*to.stride:][:to.stride]
		switch {
		case step == p.n:
			copy(row, p.pix[at:at+len(row)])
		case p.n == 1:
			for i := range row {
				row[i] = p.pix[at]
				at += step
			}
		default:
			for i := 0; i < len(row); i += p.n {
				copy(row[i:i+p.n], p.pix[at:at+p.n])
				at += step
			}
		}
	}
	return to
}

// upright turns a picture as its orientation says.
func upright(picture image.Image, o int) (image.Image, error) {
	if o <= 1 || o > 8 {
		return picture, nil
	}
	b := picture.Bounds()
	if b.Min != (image.Point{}) {
		return nil, fmt.Errorf("%w: a picture that begins at %v", errHeader, b.Min)
	}
	w, h := b.Dx(), b.Dy()
	of := func(pix []byte, stride, n int) plane {
		return plane{pix: pix, stride: stride, w: w, h: h, n: n}.turn(o)
	}
	r := image.Rect(0, 0, w, h)
	if o >= 5 {
		r = image.Rect(0, 0, h, w)
	}
	switch m := picture.(type) {
	case *image.Gray:
		t := of(m.Pix, m.Stride, 1)
		return &image.Gray{Pix: t.pix, Stride: t.stride, Rect: r}, nil
	case *image.Gray16:
		t := of(m.Pix, m.Stride, 2)
		return &image.Gray16{Pix: t.pix, Stride: t.stride, Rect: r}, nil
	case *image.Paletted:
		t := of(m.Pix, m.Stride, 1)
		return &image.Paletted{Pix: t.pix, Stride: t.stride, Rect: r, Palette: m.Palette}, nil
	case *image.RGBA:
		t := of(m.Pix, m.Stride, 4)
		return &image.RGBA{Pix: t.pix, Stride: t.stride, Rect: r}, nil
	case *image.NRGBA:
		t := of(m.Pix, m.Stride, 4)
		return &image.NRGBA{Pix: t.pix, Stride: t.stride, Rect: r}, nil
	case *image.RGBA64:
		t := of(m.Pix, m.Stride, 8)
		return &image.RGBA64{Pix: t.pix, Stride: t.stride, Rect: r}, nil
	case *image.NRGBA64:
		t := of(m.Pix, m.Stride, 8)
		return &image.NRGBA64{Pix: t.pix, Stride: t.stride, Rect: r}, nil
	case *image.CMYK:
		t := of(m.Pix, m.Stride, 4)
		return &image.CMYK{Pix: t.pix, Stride: t.stride, Rect: r}, nil
	case *image.YCbCr:
		if sameGrid(m, w, h) {
			return turnYCbCr(m, o, r), nil
		}
	}
	flat := image.NewNRGBA(b)
	lay(flat, picture)
	return upright(flat, o)
}

// sameGrid says whether the colour samples stay on the grid of the brightness
// when a picture is turned or mirrored: not if the last ones cover less.
func sameGrid(m *image.YCbCr, w, h int) bool {
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio444:
		return true
	case image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio440:
		return w%2 == 0 && h%2 == 0
	}
	return false
}

// turnYCbCr turns plane by plane; two samples beside one another come to stand
// above one another.
func turnYCbCr(m *image.YCbCr, o int, r image.Rectangle) image.Image {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	cw, ch, ratio := w, h, m.SubsampleRatio
	switch ratio {
	case image.YCbCrSubsampleRatio422:
		cw = w / 2
	case image.YCbCrSubsampleRatio440:
		ch = h / 2
	case image.YCbCrSubsampleRatio420:
		cw, ch = w/2, h/2
	}
	if o >= 5 {
		switch ratio {
		case image.YCbCrSubsampleRatio422:
			ratio = image.YCbCrSubsampleRatio440
		case image.YCbCrSubsampleRatio440:
			ratio = image.YCbCrSubsampleRatio422
		}
	}
	to := &image.YCbCr{SubsampleRatio: ratio, Rect: r}
	y := plane{pix: m.Y, stride: m.YStride, w: w, h: h, n: 1}.turn(o)
	m.Y, to.Y, to.YStride = nil, y.pix, y.stride // the old samples may go
	cb := plane{pix: m.Cb, stride: m.CStride, w: cw, h: ch, n: 1}.turn(o)
	m.Cb, to.Cb, to.CStride = nil, cb.pix, cb.stride
	cr := plane{pix: m.Cr, stride: m.CStride, w: cw, h: ch, n: 1}.turn(o)
	m.Cr, to.Cr = nil, cr.pix
	return to
}

// lay copies a picture into another, pixel by pixel.
func lay(to draw.Image, picture image.Image) {
	draw.Draw(to, picture.Bounds(), picture, picture.Bounds().Min, draw.Src)
}

// thumbnail draws a picture small; nil if it is small already.
func thumbnail(picture image.Image) (*Thumb, error) {
	size := picture.Bounds().Size()
	if size.X <= thumbWidth && size.Y <= thumbHeight {
		return nil, nil
	}
	t := &Thumb{MIME: "image/jpeg", Width: thumbWidth, Height: max(1, size.Y*thumbWidth/size.X)}
	if t.Height > thumbHeight {
		t.Width, t.Height = max(1, size.X*thumbHeight/size.Y), thumbHeight
	}
	small := image.NewRGBA(image.Rect(0, 0, t.Width, t.Height))
	near := shrunk(picture, min(size.X/t.Width, size.Y/t.Height)/2)
	scale.ApproxBiLinear.Scale(small, small.Rect, near, near.Bounds(), draw.Src, nil)
	var file bytes.Buffer
	var err error
	if small.Opaque() {
		err = jpeg.Encode(&file, small, &jpeg.Options{Quality: thumbQuality})
	} else {
		t.MIME = "image/png"
		err = png.Encode(&file, small)
	}
	if err != nil {
		return nil, fmt.Errorf("encode thumbnail: %w", err)
	}
	t.Data = file.Bytes()
	return t, nil
}

// shrunk is a photo at one k-th of its size, each pixel the mean of a square;
// the bilinear step after it would else leave most pixels out.
func shrunk(picture image.Image, k int) image.Image {
	m, ok := picture.(*image.YCbCr)
	if !ok || k < 2 || m.Rect.Min != (image.Point{}) {
		return picture
	}
	w, h := m.Rect.Dx()/k, m.Rect.Dy()/k
	to := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio444)
	kx, ky := k, k
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio422:
		kx = k / 2
	case image.YCbCrSubsampleRatio440:
		ky = k / 2
	case image.YCbCrSubsampleRatio420:
		kx, ky = k/2, k/2
	case image.YCbCrSubsampleRatio444:
	default:
		return picture
	}
	if k%2 != 0 && (kx != k || ky != k) {
		return shrunk(picture, k-1)
	}
	mean(to.Y, to.YStride, m.Y, m.YStride, w, h, k, k)
	mean(to.Cb, to.CStride, m.Cb, m.CStride, w, h, kx, ky)
	mean(to.Cr, to.CStride, m.Cr, m.CStride, w, h, kx, ky)
	return to
}

// mean makes w×h samples, each the mean of kx×ky.
func mean(to []byte, toStride int, from []byte, stride, w, h, kx, ky int) {
	sums, n := make([]uint32, w), uint32(kx*ky)
	for y := range h {
		clear(sums)
		for dy := range ky {
			row := from[(y*ky+dy)*stride:][:w*kx]
			for x := range sums {
				sum := uint32(0)
				for _, v := range row[x*kx : x*kx+kx] {
					sum += uint32(v)
				}
				sums[x] += sum
			}
		}
		line := to[y*toStride:][:w]
		for x, sum := range sums {
			line[x] = byte((sum + n/2) / n)
		}
	}
}
