// Package picture reads the bytes of shared files, which come from strangers: [TypeOf] says what a file is, and a
// [Decoder] decides which pictures a model may see. Neither believes anything that a sender claims.
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

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fairqueue"
	"github.com/parley-chat/parley/internal/core"
)

// Decoder decodes one picture at a time, so strangers' pictures never take more memory than one picture: up to 45 MB.
// The callers take turns, and a caller with many pictures waits behind each other caller after each picture. The last
// results are cached. The methods may be called concurrently.
type Decoder struct {
	turns *fairqueue.Turns[struct{}]
	kept  kept
}

// NewDecoder returns a decoder.
func NewDecoder(clock clockwork.Clock) *Decoder {
	return &Decoder{fairqueue.New(1, 1, fairqueue.Fair[struct{}], nil), kept{clock: clock}}
}

// File is a file that may be a picture.
type File struct {
	Key  string // names the file: no other file has the key, and the bytes never change
	From io.Reader
	Size int64 // of what From holds, in bytes

	// Spend counts so many pixels before they are drawn, or refuses the picture.
	Spend func(pixels int) error
}

// Picture is a file as a model may see it, in the same format. The zero Picture is not shown.
type Picture struct {
	Data  []byte // no caller changes the data
	Media string // the media type
}

// Kept returns the cached result for the file with a key. ok is false if there is none.
func (d *Decoder) Kept(key string) (p Picture, ok bool) { return d.kept.find(key) }

// Forget drops the result for a removed file.
func (d *Decoder) Forget(key string) { d.kept.forget(key) }

// Decode reads the picture of f for a caller, and returns the picture as a model may see it. A file is not shown if it
// is no png, jpeg or gif, if it is damaged or too large, if it has 16 bits a channel, or if f.From or ctx has failed.
// After ctx has ended, another caller gets the turn within about a tenth of a second. The error is an error of f.Spend.
//
// The returned data is drawn by this server from the completely decoded pixels: a picture that another decoder stumbles
// over may end a model's session for good. So nothing else of the file comes through, neither comments and places nor
// data behind the end. Of an animated gif only the first frame is shown.
func (d *Decoder) Decode(ctx context.Context, caller string, f File) (Picture, error) {
	if f.Size <= 0 || f.Size > core.MaxPictureBytes {
		return Picture{}, nil
	}
	leave, err := d.turns.Enter(ctx, caller, struct{}{})
	if err != nil {
		return Picture{}, nil
	}
	defer leave()
	if p, ok := d.kept.find(f.Key); ok { // another call has decoded the file meanwhile
		return p, nil
	}
	file, err := io.ReadAll(io.LimitReader(f.From, f.Size+1))
	if err != nil || int64(len(file)) != f.Size {
		return Picture{}, nil
	}
	media := TypeOf("", file)
	form, known := formats[media]
	if !known {
		return Picture{}, nil
	}
	pixels, err := form.pixels(file)
	if err != nil {
		return Picture{}, nil
	}
	if err := f.Spend(pixels); err != nil {
		return Picture{}, err
	}
	var p Picture
	if data, err := form.draw(ctx, file); err == nil {
		p = Picture{data, media}
	}
	if ctx.Err() != nil { // a caller that stays may still be shown the picture
		return Picture{}, nil
	}
	d.kept.add(f.Key, p)
	return p, nil
}

// format is how a kind of picture is read and written. config also returns how many bytes a pixel takes in memory while
// the picture is decoded.
type format struct {
	config func(file []byte) (c image.Config, pixel int, err error)
	decode func(io.Reader) (image.Image, error)
	encode func(io.Writer, image.Image) error
}

var formats = map[string]format{
	"image/png":  {pngConfig, png.Decode, png.Encode},
	"image/jpeg": {jpegConfig, jpeg.Decode, encodeJPEG},
	"image/gif":  {gifConfig, gif.Decode, encodeGIF},
}

var errNotShown = errors.New("picture: not one that is shown")

// pixels returns how many pixels a picture has, if it may be decoded. The header tells how much memory decoding takes.
func (f format) pixels(file []byte) (int, error) {
	c, pixel, err := f.config(file)
	if err != nil {
		return 0, err
	}
	if c.Width < 1 || c.Height < 1 || c.Width > core.MaxPictureSide || c.Height > core.MaxPictureSide ||
		c.Width*c.Height*pixel > core.MaxPixelBytes {
		return 0, errNotShown
	}
	return c.Width * c.Height, nil
}

// draw decodes and draws a picture that has passed pixels, as long as ctx lasts.
func (f format) draw(ctx context.Context, file []byte) ([]byte, error) {
	m, err := f.decode(&source{ctx, bytes.NewReader(file)})
	if err != nil {
		return nil, err
	}
	d := &drawn{ctx: ctx}
	if err := f.encode(d, m); err != nil {
		return nil, err
	}
	return d.data.Bytes(), nil
}

// source is a file that ends with a context.
type source struct {
	ctx  context.Context
	file io.Reader
}

func (s *source) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.file.Read(p)
}

// drawn is a picture while it is drawn. Writing fails beyond core.MaxShownBytes, and ends with a context.
type drawn struct {
	ctx  context.Context
	data bytes.Buffer
}

func (d *drawn) Write(p []byte) (int, error) {
	if err := d.ctx.Err(); err != nil {
		return 0, err
	}
	if d.data.Len()+len(p) > core.MaxShownBytes {
		return 0, errNotShown
	}
	return d.data.Write(p)
}

// pngConfig reads the header of a PNG. It refuses 16 bits a channel, which no screen shows: they take twice the memory,
// and are packed again so slowly that other callers wait for seconds.
func pngConfig(file []byte) (c image.Config, pixel int, err error) {
	c, err = png.DecodeConfig(bytes.NewReader(file))
	switch c.ColorModel {
	case color.Gray16Model, color.RGBA64Model, color.NRGBA64Model:
		return c, 0, errNotShown
	}
	return c, 4 + 2, err // half of an interlaced picture is in memory twice
}

func gifConfig(file []byte) (c image.Config, pixel int, err error) {
	c, err = gif.DecodeConfig(bytes.NewReader(file))
	return c, 1, err
}

// jpegConfig reads the header of a JPEG. It refuses two kinds, which print shops and attackers make: with four inks,
// and with more scans than a picture needs.
func jpegConfig(file []byte) (c image.Config, pixel int, err error) {
	c, err = jpeg.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return c, 0, err
	}
	// A scan begins with this marker, which cannot occur within a scan.
	if c.ColorModel == color.CMYKModel || bytes.Count(file, []byte("\xff\xda")) > core.MaxScans {
		return c, 0, errNotShown
	}
	// A progressive JPEG begins with this marker. All coefficients stay in memory until its end.
	if bytes.Contains(file, []byte("\xff\xc2")) {
		return c, 3 + 3*4, nil
	}
	return c, 3 + 4, nil // RGB is in memory twice
}

func encodeJPEG(w io.Writer, m image.Image) error {
	return jpeg.Encode(w, m, &jpeg.Options{Quality: 85})
}

func encodeGIF(w io.Writer, m image.Image) error { return gif.Encode(w, m, nil) }
