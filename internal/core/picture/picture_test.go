package picture

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/picture/picturetest"
)

const script = "<script>alert(1)</script>"

// drawing is a picture with a different color in each corner.
func drawing(width, height int) *image.Paletted {
	m := image.NewPaletted(image.Rect(0, 0, width, height),
		color.Palette{color.Black, color.White, color.RGBA{255, 0, 0, 255}, color.RGBA{0, 0, 255, 255}})
	m.SetColorIndex(0, 0, 1)
	m.SetColorIndex(width-1, 0, 2)
	m.SetColorIndex(0, height-1, 3)
	return m
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// gifOf returns a gif with so many equal frames.
func gifOf(t testing.TB, m *image.Paletted, frames int) []byte {
	t.Helper()
	g := &gif.GIF{Delay: make([]int, frames)}
	for range frames {
		g.Image = append(g.Image, m)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// fromDisk returns a file of testdata.
func fromDisk(t testing.TB, name string) []byte {
	t.Helper()
	file, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// insert inserts bytes into a file.
func insert(file []byte, at int, more ...byte) []byte {
	return append(append(bytes.Clone(file[:at]), more...), file[at:]...)
}

// opaque16 is a picture of 16 bits a channel.
func opaque16(width, height int) image.Image {
	m := image.NewRGBA64(image.Rect(0, 0, width, height))
	for at := range m.Pix {
		m.Pix[at] = 255
	}
	return m
}

// progressive is a gray jpeg with three channels, each of all pixels, in one scan.
func progressive(width, height int) []byte {
	size := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, uint16(height)), uint16(width))
	table := "\x00\x01" + strings.Repeat("\x00", 15) + "\x00" // a 0 bit means: as the block before
	blocks := 3 * ((width + 7) / 8) * ((height + 7) / 8)
	return slices.Concat([]byte("\xff\xd8\xff\xdb\x00\x43\x00"+strings.Repeat("\x01", 64)),
		[]byte("\xff\xc2\x00\x11\x08"+string(size)+"\x03\x01\x11\x00\x02\x11\x00\x03\x11\x00"),
		[]byte("\xff\xc4\x00\x14"+table+"\xff\xda\x00\x0c\x03\x01\x00\x02\x00\x03\x00\x00\x00\x00"),
		make([]byte, (blocks+7)/8), []byte("\xff\xd9"))
}

// header is the end of the first chunk of a png.
const header = 8 + 8 + 13 + 4

func shown(file []byte) (data []byte, media string, ok bool) {
	return decode(context.Background(), newDecoder(), "one", bytes.NewReader(file), int64(len(file)))
}

func newDecoder() *Decoder { return NewDecoder(clockwork.NewFakeClock()) }

// decode decodes a file that no other test has. The caller may have the file drawn.
func decode(ctx context.Context, d *Decoder, caller string, from io.Reader, size int64) (data []byte, media string,
	ok bool) {
	p, err := d.Decode(ctx, caller, File{rand.Text(), from, size, func(int) error { return nil }})
	return p.Data, p.Media, err == nil && p.Data != nil
}

func TestDecode_picture_isDrawnInItsFormat(t *testing.T) {
	m := drawing(60, 40)
	interlaced := fromDisk(t, "progressive.jpg")
	for name, c := range map[string]struct {
		file  []byte
		media string
	}{
		"png":              {pngOf(t, m), "image/png"},
		"jpeg":             {jpegOf(t, m), "image/jpeg"},
		"progressive jpeg": {interlaced, "image/jpeg"},
		"gif":              {gifOf(t, m, 1), "image/gif"},
		"animated gif":     {gifOf(t, m, 3), "image/gif"},
		"largest":          {pngOf(t, drawing(core.MaxPictureSide, core.MaxPictureSide)), "image/png"},
		"of a screen":      {progressive(1920, 1080), "image/jpeg"},
	} {
		data, media, ok := shown(c.file)
		if !ok || media != c.media {
			t.Errorf("%s: %q, %t", name, media, ok)
			continue
		}
		before, _, err := image.Decode(bytes.NewReader(c.file))
		if err != nil {
			t.Fatal(err)
		}
		after, format, err := image.Decode(bytes.NewReader(data))
		if err != nil || "image/"+format != media {
			t.Fatalf("%s: drawn as %s: %v", name, format, err)
		}
		if before.Bounds() != after.Bounds() {
			t.Errorf("%s: %v became %v", name, before.Bounds(), after.Bounds())
		}
		r := before.Bounds()
		for _, p := range []image.Point{{0, 0}, {r.Max.X - 1, 0}, {0, r.Max.Y - 1}, {r.Max.X - 1, r.Max.Y - 1}} {
			if far(before.At(p.X, p.Y), after.At(p.X, p.Y)) && media != "image/jpeg" {
				t.Errorf("%s: at %v %v became %v", name, p, before.At(p.X, p.Y), after.At(p.X, p.Y))
			}
		}
		if g, err := gif.DecodeAll(bytes.NewReader(data)); media == "image/gif" && (err != nil || len(g.Image) != 1) {
			t.Errorf("%s: it has several frames: %v", name, err)
		}
	}
}

func far(a, b color.Color) bool {
	ar, ag, ab, aa := a.RGBA()
	br, bg, bb, ba := b.RGBA()
	return ar != br || ag != bg || ab != bb || aa != ba
}

// A file that is both a picture and something else comes out as the picture.
func TestDecode_whatIsNoPixel_staysBehind(t *testing.T) {
	m := drawing(60, 40)
	comment := append([]byte{0xff, 0xfe, 0, byte(2 + len(script))}, script...)
	place := append([]byte{0xff, 0xe1, 0, byte(2 + 6 + len(script))}, "Exif\x00\x00"+script...)
	comments := append(bytes.TrimSuffix(gifOf(t, m, 1), []byte(";")), "!\xfe\x19"+script+"\x00;"...)
	for name, file := range map[string][]byte{
		"after a png":     append(pngOf(t, m), script...),
		"after a jpeg":    append(jpegOf(t, m), script...),
		"after a gif":     append(gifOf(t, m, 1), script...),
		"png text":        insert(pngOf(t, m), header, picturetest.Chunk("tEXt", "Comment\x00"+script)...),
		"png profile":     insert(pngOf(t, m), header, picturetest.Chunk("iCCP", script)...),
		"png of its own":  insert(pngOf(t, m), header, picturetest.Chunk("scRi", script)...),
		"jpeg comment":    insert(jpegOf(t, m), 2, comment...),
		"jpeg exif":       insert(jpegOf(t, m), 2, place...),
		"gif comment":     comments,
		"zip after a png": append(pngOf(t, m), "PK\x03\x04"+script...),
	} {
		if !bytes.Contains(file, []byte(script)) {
			t.Fatalf("%s: the file has no script", name)
		}
		data, _, ok := shown(file)
		if !ok {
			t.Errorf("%s: the picture is not shown", name)
		}
		if bytes.Contains(data, []byte("script")) || bytes.Contains(data, []byte("PK\x03\x04")) {
			t.Errorf("%s: what is no pixel came through", name)
		}
	}
}

func TestDecode_damagedOrTooLarge_isNotShown(t *testing.T) {
	m := drawing(60, 40)
	wrongSum := bytes.Clone(pngOf(t, m))
	wrongSum[header-1] ^= 1
	wrongPixel := bytes.Clone(pngOf(t, m))
	wrongPixel[bytes.Index(wrongPixel, []byte("IDAT"))+6] ^= 1
	huge := bytes.Clone(pngOf(t, m)[:header])
	copy(huge[8:], picturetest.Chunk("IHDR", "\x00\x0f\xff\xff\x00\x0f\xff\xff\x08\x06\x00\x00\x00"))
	screen := bytes.Clone(gifOf(t, m, 1))
	copy(screen[6:], "\xff\xff\xff\xff")
	wide := bytes.Clone(jpegOf(t, m))
	copy(wide[bytes.Index(wide, []byte("\xff\xc0"))+5:], "\xff\xff\xff\xff")
	scans := fromDisk(t, "progressive.jpg")
	from := bytes.Index(scans, []byte("\xff\xda")) // the first, and up to the next table
	one := scans[from : from+bytes.Index(scans[from:], []byte("\xff\xc4"))]
	few := insert(scans, from, bytes.Repeat(one, 20)...)
	if _, _, ok := shown(few); !ok {
		t.Error("a jpeg with thirty scans is not shown")
	}
	for name, file := range map[string][]byte{
		"nothing":        nil,
		"text":           []byte("GIF89a is a format"),
		"svg":            []byte("<svg xmlns='http://www.w3.org/2000/svg'>" + script + "</svg>"),
		"webp":           []byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00/\x00\x00\x00\x10\x07\x10\x11\x11"),
		"wrong sum":      wrongSum,
		"wrong pixel":    wrongPixel,
		"huge png":       huge,
		"huge gif":       screen,
		"huge jpeg":      wide,
		"too wide":       pngOf(t, drawing(core.MaxPictureSide+1, 1)),
		"too high":       gifOf(t, drawing(1, core.MaxPictureSide+1), 1),
		"four inks":      fromDisk(t, "four-inks.jpg"),
		"scans":          insert(scans, from, bytes.Repeat(one, core.MaxScans)...),
		"16 bits gray":   pngOf(t, image.NewGray16(image.Rect(0, 0, 60, 40))),
		"16 bits":        pngOf(t, opaque16(60, 40)),
		"16 bits, clear": pngOf(t, image.NewNRGBA64(image.Rect(0, 0, 60, 40))),
		"coefficients":   progressive(1500, 1500),
		"too many bytes": append(pngOf(t, m), make([]byte, core.MaxPictureBytes)...),
		"without pixels": append(bytes.Clone(pngOf(t, m)[:header]), picturetest.Chunk("IEND", "")...),
	} {
		if data, media, ok := shown(file); ok || data != nil || media != "" {
			t.Errorf("%s is shown as %s", name, media)
		}
	}
	for name, file := range map[string][]byte{"png": pngOf(t, m), "jpeg": jpegOf(t, m), "gif": gifOf(t, m, 1),
		"progressive": scans} {
		// A gif ends with a trailer byte, which some programs leave out.
		for n := range len(file) - 1 {
			if _, _, ok := shown(file[:n]); ok {
				t.Errorf("the first %d of %d bytes of a %s are shown", n, len(file), name)
			}
		}
	}
}

func TestDecode_wrongSize_isNotShown(t *testing.T) {
	file := pngOf(t, drawing(60, 40))
	for _, size := range []int64{-1, 0, 1, int64(len(file)) - 1, int64(len(file)) + 1, core.MaxPictureBytes + 1,
		1 << 62} {
		if _, _, ok := decode(t.Context(), newDecoder(), "one", bytes.NewReader(file), size); ok {
			t.Errorf("with the size %d of %d it is shown", size, len(file))
		}
	}
	if _, _, ok := decode(t.Context(), newDecoder(), "one", io.MultiReader(bytes.NewReader(file), iotestErr{}),
		int64(len(file))); ok {
		t.Error("it is shown although the reader failed")
	}
}

type iotestErr struct{}

func (iotestErr) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

// A file of many frames takes no more memory than one frame. A picture whose drawing is far larger than its file takes
// no more memory than may be shown. The two pictures have 4 and 24 MB of pixels.
func TestDecode_fileThatIsMadeToGrow_takesTheMemoryOfItsPixels(t *testing.T) {
	for name, c := range map[string]struct {
		file []byte
		ok   bool
	}{
		"30 frames":    {gifOf(t, drawing(core.MaxPictureSide, core.MaxPictureSide), 30), true},
		"packed twice": {picturetest.Heavy(t, core.MaxPictureSide, 8), false},
	} {
		if len(c.file) > core.MaxPictureBytes {
			t.Fatalf("%s: the file has %d bytes", name, len(c.file))
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, ok := shown(c.file)
		runtime.ReadMemStats(&after)
		if took := (after.TotalAlloc - before.TotalAlloc) >> 20; ok != c.ok || took > 40 {
			t.Errorf("%s took %d MB of memory: %t", name, took, ok)
		}
	}
}

// stalled is a reader that continues when the test says so.
type stalled struct {
	begun bool
	on    chan struct{}
	file  io.Reader
}

func (s *stalled) Read(b []byte) (int, error) {
	s.begun = true
	<-s.on
	return s.file.Read(b)
}

// A caller with many pictures waits behind each other caller.
func TestDecode_manyAtOnce_takeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := pngOf(t, drawing(60, 40))
		d := newDecoder()
		done := make(chan bool)
		begin := func(ctx context.Context, caller string) *stalled {
			s := &stalled{on: make(chan struct{}), file: bytes.NewReader(file)}
			go func() {
				_, _, ok := decode(ctx, d, caller, s, int64(len(file)))
				done <- ok
			}()
			synctest.Wait()
			return s
		}
		first := begin(t.Context(), "ann")
		gone, leave := context.WithCancel(t.Context())
		second, third := begin(gone, "ann"), begin(t.Context(), "ann")
		other, left := begin(t.Context(), "bob"), begin(gone, "bob")
		if !first.begun || second.begun || third.begun || other.begun || left.begun {
			t.Error("the first picture is not the only one that is decoded")
		}
		leave()
		if one, two := <-done, <-done; one || two || second.begun || left.begun {
			t.Error("a call that was ended while it waited is answered")
		}
		close(first.on)
		if !<-done {
			t.Error("the first picture is not shown")
		}
		synctest.Wait()
		if !other.begun || third.begun {
			t.Errorf("begun: that of another caller %t, a further one of the first caller %t", other.begun, third.begun)
		}
		close(other.on)
		close(third.on)
		if one, two := <-done, <-done; !one || !two {
			t.Error("the last pictures are not shown")
		}
	})
}

// leaving is the context of a caller that leaves after so many calls of Err.
type leaving struct {
	context.Context
	asked, leaves int
}

func (l *leaving) Err() error {
	l.asked++
	if l.asked > l.leaves {
		return context.Canceled
	}
	return nil
}

func TestDecode_callerThatLeaves_endsItsTurn(t *testing.T) {
	for name, file := range map[string][]byte{"png": pngOf(t, drawing(600, 400)), "jpeg": jpegOf(t, drawing(600, 400)),
		"gif": gifOf(t, drawing(600, 400), 1)} {
		look := func(leaves int) (asked int, ok bool) {
			caller := &leaving{t.Context(), 0, leaves}
			_, _, ok = decode(caller, newDecoder(), "ann", bytes.NewReader(file), int64(len(file)))
			return caller.asked, ok
		}
		times, ok := look(1 << 30)
		if !ok || times < 2 {
			t.Fatalf("%s: %t, looked %d times whether the caller is there", name, ok, times)
		}
		for n := range times {
			if _, ok := look(n); ok {
				t.Errorf("%s: shown to a caller that has left after %d of %d looks", name, n, times)
			}
		}
	}
}

// FuzzDecode shows no picture that does not decode, whatever the file.
func FuzzDecode(f *testing.F) {
	m := drawing(20, 10)
	f.Add(pngOf(f, m))
	f.Add(jpegOf(f, m))
	f.Add(gifOf(f, m, 2))
	f.Add(fromDisk(f, "progressive.jpg"))
	f.Add(fromDisk(f, "four-inks.jpg"))
	f.Add(append(pngOf(f, m), script...))
	f.Add([]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"))
	f.Add(picturetest.Chunk("IHDR", "\x00\x0f\xff\xff\x00\x0f\xff\xff\x08\x06\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, file []byte) {
		data, media, ok := shown(file)
		if !ok {
			return
		}
		if media != TypeOf("", file) || media != TypeOf("", data) {
			t.Errorf("a %s is shown as %s", TypeOf("", file), media)
		}
		c, format, err := image.DecodeConfig(bytes.NewReader(data))
		if err != nil || "image/"+format != media || c.Width > core.MaxPictureSide ||
			c.Height > core.MaxPictureSide || len(data) > core.MaxShownBytes {
			t.Fatalf("%s: %+v, %d bytes: %v", format, c, len(data), err)
		}
		if _, _, err := image.Decode(bytes.NewReader(data)); err != nil {
			t.Fatal(err)
		}
		if _, _, ok := shown(data); len(data) <= core.MaxPictureBytes && !ok {
			t.Error("what is shown is not shown again")
		}
	})
}
