package picture

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"runtime"
	"testing"
	"testing/synctest"
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

// gifOf returns a gif in which the same frame comes so often.
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

// chunk is a chunk of a png.
func chunk(kind, data string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, kind...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// insert puts more into a file.
func insert(file []byte, at int, more ...byte) []byte {
	return append(append(bytes.Clone(file[:at]), more...), file[at:]...)
}

// header is the end of the first chunk of a png.
const header = 8 + 8 + 13 + 4

func shown(file []byte) (data []byte, media string, ok bool) {
	return NewDecoder().Decode(context.Background(), bytes.NewReader(file), int64(len(file)))
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
		"largest":          {pngOf(t, drawing(MaxSide, MaxSide)), "image/png"},
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
		"png text":        insert(pngOf(t, m), header, chunk("tEXt", "Comment\x00"+script)...),
		"png profile":     insert(pngOf(t, m), header, chunk("iCCP", script)...),
		"png of its own":  insert(pngOf(t, m), header, chunk("scRi", script)...),
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
	copy(huge[8:], chunk("IHDR", "\x00\x0f\xff\xff\x00\x0f\xff\xff\x08\x06\x00\x00\x00"))
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
		"too wide":       pngOf(t, drawing(MaxSide+1, 1)),
		"too high":       gifOf(t, drawing(1, MaxSide+1), 1),
		"four inks":      fromDisk(t, "four-inks.jpg"),
		"scans":          insert(scans, from, bytes.Repeat(one, maxScans)...),
		"too many bytes": append(pngOf(t, m), make([]byte, MaxBytes)...),
		"without pixels": append(bytes.Clone(pngOf(t, m)[:header]), chunk("IEND", "")...),
	} {
		if data, media, ok := shown(file); ok || data != nil || media != "" {
			t.Errorf("%s is shown as %s", name, media)
		}
	}
	for name, file := range map[string][]byte{"png": pngOf(t, m), "jpeg": jpegOf(t, m), "gif": gifOf(t, m, 1),
		"progressive": scans} {
		// A gif ends with one byte that says so, which some programs leave out.
		for n := range len(file) - 1 {
			if _, _, ok := shown(file[:n]); ok {
				t.Errorf("the first %d of %d bytes of a %s are shown", n, len(file), name)
			}
		}
	}
}

// What a picture is said to be has no say.
func TestDecode_wrongSize_isNotShown(t *testing.T) {
	file := pngOf(t, drawing(60, 40))
	for _, size := range []int64{-1, 0, 1, int64(len(file)) - 1, int64(len(file)) + 1, MaxBytes + 1, 1 << 62} {
		if _, _, ok := NewDecoder().Decode(t.Context(), bytes.NewReader(file), size); ok {
			t.Errorf("with the size %d of %d it is shown", size, len(file))
		}
	}
	if _, _, ok := NewDecoder().Decode(t.Context(), io.MultiReader(bytes.NewReader(file), iotestErr{}),
		int64(len(file))); ok {
		t.Error("it is shown although the reader failed")
	}
}

type iotestErr struct{}

func (iotestErr) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

// A file of many frames takes no more memory than one frame: each of these has 4 MB.
func TestDecode_manyFrames_takeTheMemoryOfOne(t *testing.T) {
	file := gifOf(t, drawing(MaxSide, MaxSide), 30)
	if len(file) > MaxBytes {
		t.Fatalf("the file has %d bytes", len(file))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _, ok := shown(file)
	runtime.ReadMemStats(&after)
	if took := (after.TotalAlloc - before.TotalAlloc) >> 20; !ok || took > 40 {
		t.Errorf("30 frames took %d MB of memory: %t", took, ok)
	}
}

// stalled is a reader that goes on when it is told to.
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

func TestDecode_manyAtOnce_takeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := pngOf(t, drawing(60, 40))
		d := NewDecoder()
		done := make(chan bool)
		decode := func(ctx context.Context) *stalled {
			s := &stalled{on: make(chan struct{}), file: bytes.NewReader(file)}
			go func() {
				_, _, ok := d.Decode(ctx, s, int64(len(file)))
				done <- ok
			}()
			synctest.Wait()
			return s
		}
		first := decode(t.Context())
		gone, leave := context.WithCancel(t.Context())
		second := decode(gone)
		third := decode(t.Context())
		if !first.begun || second.begun || third.begun {
			t.Errorf("begun: %t, %t, %t", first.begun, second.begun, third.begun)
		}
		leave()
		if <-done || second.begun {
			t.Error("a call that was ended while it waited is answered")
		}
		close(first.on)
		if !<-done {
			t.Error("the first picture is not shown")
		}
		close(third.on)
		if !<-done {
			t.Error("the third picture is not shown")
		}
	})
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
	f.Add(chunk("IHDR", "\x00\x0f\xff\xff\x00\x0f\xff\xff\x08\x06\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, file []byte) {
		data, media, ok := shown(file)
		if !ok {
			return
		}
		if media != TypeOf("", file) || media != TypeOf("", data) {
			t.Errorf("a %s is shown as %s", TypeOf("", file), media)
		}
		c, format, err := image.DecodeConfig(bytes.NewReader(data))
		if err != nil || "image/"+format != media || c.Width > MaxSide || c.Height > MaxSide || len(data) > maxShown {
			t.Fatalf("%s: %+v, %d bytes: %v", format, c, len(data), err)
		}
		if _, _, err := image.Decode(bytes.NewReader(data)); err != nil {
			t.Fatal(err)
		}
		if _, _, ok := shown(data); len(data) <= MaxBytes && !ok {
			t.Error("what is shown is not shown again")
		}
	})
}
