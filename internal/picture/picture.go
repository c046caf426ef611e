// Package picture looks at the bytes of shared files, which come from strangers: [TypeOf] says
// what a file is, and a [Decoder] decides which pictures a model may see. Nothing that a sender
// claims has a say in either.
package picture

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
)

// What a picture may have at most to be shown.
const (
	MaxBytes = 1 << 20 // of its file
	MaxSide  = 2000    // in pixels, either way
)

// maxShown is how many bytes a picture may have as it is shown. Ours may take more than
// its sender's, which a slower program may have packed better.
const maxShown = 2 << 20

// maxScans is how often a JPEG may go over its pixels. A progressive one has ten scans or so; one
// that is made to keep a decoder busy has thousands, each a few bytes long.
const maxScans = 32

// Decoder decodes one picture at a time, so that strangers' pictures take no more than the memory
// for one: up to 80 MB. Many goroutines may use it at once.
type Decoder struct{ turn chan struct{} }

// NewDecoder returns a decoder.
func NewDecoder() *Decoder { return &Decoder{make(chan struct{}, 1)} }

// Decode reads the picture of size bytes that r holds, and returns it as a model may see it. ok
// is false if it is not shown: it is no png, jpeg or gif, it is damaged or too large, or r or
// ctx has failed.
//
// The picture has been decoded completely, and data is what this server has drawn from the pixels,
// in the same format: one that another decoder stumbles over may end a model's session for good. So
// nothing else of the file comes through, neither comments and places nor what stands behind its
// end. Of an animated gif only the first frame is shown.
func (d *Decoder) Decode(ctx context.Context, r io.Reader, size int64) (data []byte, media string, ok bool) {
	if size <= 0 || size > MaxBytes {
		return nil, "", false
	}
	select {
	case d.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, "", false
	}
	defer func() { <-d.turn }()
	file, err := io.ReadAll(io.LimitReader(r, size+1))
	if err != nil || int64(len(file)) != size {
		return nil, "", false
	}
	media = TypeOf("", file)
	f, known := formats[media]
	if !known {
		return nil, "", false
	}
	if data, err = f.draw(file); err != nil {
		return nil, "", false
	}
	return data, media, true
}

// format is how a kind of picture is read and written.
type format struct {
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
	encode func(io.Writer, image.Image) error
}

var formats = map[string]format{
	"image/png":  {png.DecodeConfig, png.Decode, png.Encode},
	"image/jpeg": {jpegConfig, jpeg.Decode, encodeJPEG},
	"image/gif":  {gif.DecodeConfig, gif.Decode, encodeGIF},
}

var errNotShown = errors.New("picture: not one that is shown")

// draw decodes a picture and draws it. Its header is checked first: it says how much
// memory the decoder takes.
func (f format) draw(file []byte) ([]byte, error) {
	c, err := f.config(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	if c.Width < 1 || c.Height < 1 || c.Width > MaxSide || c.Height > MaxSide {
		return nil, errNotShown
	}
	m, err := f.decode(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := f.encode(&b, m); err != nil {
		return nil, err
	}
	if b.Len() > maxShown {
		return nil, errNotShown
	}
	return b.Bytes(), nil
}

// jpegConfig reads the header of a JPEG. It refuses two kinds, which print shops and attackers
// make: with four inks, and with more scans than a picture needs.
func jpegConfig(r io.Reader) (image.Config, error) {
	file, err := io.ReadAll(r)
	if err != nil {
		return image.Config{}, err
	}
	c, err := jpeg.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return image.Config{}, err
	}
	// With this marker a scan begins. Nothing within a scan can be taken for it.
	if c.ColorModel == color.CMYKModel || bytes.Count(file, []byte("\xff\xda")) > maxScans {
		return image.Config{}, errNotShown
	}
	return c, nil
}

func encodeJPEG(w io.Writer, m image.Image) error {
	return jpeg.Encode(w, m, &jpeg.Options{Quality: 85})
}

func encodeGIF(w io.Writer, m image.Image) error { return gif.Encode(w, m, nil) }
