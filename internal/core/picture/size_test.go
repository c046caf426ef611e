package picture

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

// behind returns a JPEG with segments before all others.
func behind(file []byte, segments ...[]byte) []byte {
	return slices.Concat(file[:2], slices.Concat(segments...), file[2:])
}

// segment returns a segment of a JPEG.
func segment(marker byte, data []byte) []byte {
	return slices.Concat([]byte{0xff, marker, byte((len(data) + 2) >> 8), byte(len(data) + 2)}, data)
}

// exif returns the segment with an orientation.
func exif(order binary.AppendByteOrder, value uint16) []byte {
	data := []byte("Exif\x00\x00MM")
	if order == binary.AppendByteOrder(binary.LittleEndian) {
		data = []byte("Exif\x00\x00II")
	}
	data = order.AppendUint16(data, 42)
	data = order.AppendUint32(data, 8)
	data = order.AppendUint16(data, 2)
	for _, tag := range []struct{ tag, value uint16 }{{0x010f, 3}, {0x0112, value}} {
		data = order.AppendUint16(order.AppendUint16(data, tag.tag), 3)
		data = order.AppendUint32(data, 1)
		data = order.AppendUint16(order.AppendUint16(data, tag.value), 0)
	}
	return segment(0xe1, data)
}

// A page leaves as much room as the picture takes: a phone that was held upright stores a wide picture, and says so.
func TestSizeOf_isThatAtWhichABrowserShowsThePicture(t *testing.T) {
	wide := jpegOf(t, drawing(50, 20))
	webp := func(text string) []byte { return []byte("RIFF????WEBP" + text + strings.Repeat("\x00", 8)) }
	big := bytes.Repeat(segment(0xe2, make([]byte, 60_000)), 4) // small pictures and profiles of a camera
	extended := webp("VP8X????\x00\x00\x00\x00\x1f\x03\x00\x57\x02\x00")
	for name, c := range map[string]struct {
		file          []byte
		width, height int
	}{
		"png":                     {pngOf(t, drawing(60, 40)), 60, 40},
		"gif":                     {gifOf(t, drawing(30, 20), 2), 30, 20},
		"jpeg":                    {wide, 50, 20},
		"jpeg, turned":            {behind(wide, exif(binary.BigEndian, 6)), 20, 50},
		"jpeg, turned, as Intel":  {behind(wide, exif(binary.LittleEndian, 8)), 20, 50},
		"jpeg, upside down":       {behind(wide, exif(binary.BigEndian, 3)), 50, 20},
		"jpeg of a large camera":  {behind(wide, exif(binary.BigEndian, 6), big), 20, 50},
		"webp":                    {webp("VP8 ????\x30\x01\x00\x9d\x01\x2a\x07\x40\x05\x40"), 7, 5},
		"webp without loss":       {webp("VP8L????\x2f\x06\x00\x01\x00"), 7, 5},
		"webp with more in it":    {extended, 800, 600},
		"a text":                  {[]byte("width 3, height 4"), 0, 0},
		"png of no height":        {func() []byte { f := pngOf(t, drawing(60, 40)); f[23] = 0; return f }(), 0, 0},
		"jpeg of its first bytes": {wide[:12], 0, 0},
		"webp of its first bytes": {extended[:20], 0, 0},
	} {
		head := c.file[:min(len(c.file), HeadOfPicture)]
		if width, height := SizeOf(TypeOf("", head), head); width != c.width || height != c.height {
			t.Errorf("%s: %d by %d, want %d by %d", name, width, height, c.width, c.height)
		}
	}
}

// The bytes come from strangers.
func FuzzSizeOf(f *testing.F) {
	f.Add(behind(jpegOf(f, drawing(5, 2)), exif(binary.BigEndian, 6)))
	f.Add([]byte("RIFF????WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x1f\x03\x00\x57\x02\x00"))
	f.Fuzz(func(t *testing.T, head []byte) {
		for _, media := range []string{"image/png", "image/jpeg", "image/gif", "image/webp"} {
			if width, height := SizeOf(media, head); (width < 1) != (height < 1) || width < 0 || height < 0 {
				t.Errorf("%s: %d by %d", media, width, height)
			}
		}
	})
}
