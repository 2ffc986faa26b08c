package media

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"runtime"

	"golang.org/x/image/webp"
)

// jpegQuality is one figure for everyone: to follow the source's quality would
// tell its camera. At 85 the eye sees no difference and a file seldom grows.
const jpegQuality = 85

// collectFrom is the size of a decode after which the garbage is collected at
// once, before the next decode begins; else the heap may hold two of them.
const collectFrom = 32 << 20

// plan is what the headers of an image tell, before anything is decoded.
type plan struct {
	width, height int
	frames        int   // of a GIF
	pixels        int64 // of all frames
	memory        int64 // bytes that it takes at most, with its thumbnail, about
	orientation   int   // as in EXIF, 1 to 8; 1 is upright
	open          func() io.Reader
}

// image decodes an image, turns it upright and encodes its pixels.
func (c *Cleaner) image(ctx context.Context, kind container, src *source, dst *sink, limits Limits) (*Result, error) {
	p, err := measure(kind, src, limits)
	if err != nil {
		return nil, err
	}
	if p.pixels > limits.Pixels {
		return nil, refuse(WhyPixels, "%d pixels", p.pixels)
	}
	release, err := c.memory.take(ctx, p.memory)
	if err != nil {
		return nil, err
	}
	defer release()
	if p.memory >= collectFrom {
		defer runtime.GC() // before the release
	}
	if kind == gifImage && p.frames > 1 {
		return moving(src, dst)
	}
	picture, err := decode(kind, p)
	if err != nil {
		return nil, err
	}
	if size := picture.Bounds().Size(); size.X != p.width || size.Y != p.height {
		return nil, refuse(WhyBroken, "%v pixels, %d×%d announced", size, p.width, p.height)
	}
	if picture, err = upright(picture, p.orientation); err != nil {
		return nil, err
	}
	return encode(kind, picture, dst)
}

// measure reads an image's headers.
func measure(kind container, src *source, limits Limits) (plan, error) {
	var p plan
	var err error
	switch kind {
	case jpegImage:
		p, err = measureJPEG(src)
	case pngImage:
		p, err = measurePNG(src)
	case gifImage:
		p, err = measureGIF(src, limits)
	default:
		p, err = measureWebP(src)
	}
	if err == nil && (p.width <= 0 || p.height <= 0) {
		err = refuse(WhyBroken, "%d×%d", p.width, p.height)
	}
	if p.open == nil {
		p.open = func() io.Reader { return src.section(0, src.size) }
	}
	return p, err
}

func decode(kind container, p plan) (image.Image, error) {
	switch kind {
	case jpegImage:
		return jpeg.Decode(p.open())
	case pngImage:
		return png.Decode(p.open())
	case gifImage:
		return gif.Decode(p.open())
	default:
		return webp.Decode(p.open())
	}
}

// encode writes a picture: what was a PNG or can be seen through as PNG, since
// screenshots and drawings suffer as JPEG; everything else as JPEG.
func encode(kind container, picture image.Image, dst io.Writer) (*Result, error) {
	size := picture.Bounds().Size()
	result := &Result{Kind: Image, Width: size.X, Height: size.Y}
	var err error
	if kind == pngImage || kind == gifImage || !opaque(picture) {
		result.MIME, result.Ext = "image/png", ".png"
		err = png.Encode(dst, picture)
	} else {
		result.MIME, result.Ext = "image/jpeg", ".jpg"
		err = jpeg.Encode(dst, picture, &jpeg.Options{Quality: jpegQuality})
	}
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	result.Thumbnail, err = thumbnail(picture)
	return result, err
}

// opaque says whether nothing shines through a picture.
func opaque(picture image.Image) bool {
	switch m := picture.(type) {
	case *image.NYCbCrA: // its own Opaque looks at each pixel through an interface
		return m.Opaque()
	case interface{ Opaque() bool }:
		return m.Opaque()
	}
	return picture.ColorModel() == color.YCbCrModel
}

// moving encodes each frame of a GIF again. Its palettes, delays and the way
// in which frames cover one another stay: they are the picture. Comments and
// the applications' own blocks do not.
func moving(src *source, dst io.Writer) (*Result, error) {
	all, err := gif.DecodeAll(src.section(0, src.size))
	if err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	if len(all.Image) == 0 {
		return nil, errors.New("no frames")
	}
	result := &Result{Kind: Image, MIME: "image/gif", Ext: ".gif", Width: all.Config.Width, Height: all.Config.Height}
	if err := gif.EncodeAll(dst, all); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	first := image.NewNRGBA(image.Rect(0, 0, result.Width, result.Height))
	lay(first, all.Image[0])
	result.Thumbnail, err = thumbnail(first)
	return result, err
}
