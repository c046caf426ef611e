package picture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/picture/picturetest"
)

// looks is a decoder, and how many pixels its callers had drawn.
type looks struct {
	t      *testing.T
	clock  *clockwork.FakeClock
	of     *Decoder
	pixels int
}

func newLooks(t *testing.T) *looks {
	clock := clockwork.NewFakeClock()
	return &looks{t: t, clock: clock, of: NewDecoder(clock)}
}

// at decodes a file, and reports whether it was drawn.
func (l *looks) at(ctx context.Context, key string, file []byte) (p Picture, drawn bool) {
	l.t.Helper()
	before := l.pixels
	p, err := l.of.Decode(ctx, "one", File{key, bytes.NewReader(file), int64(len(file)), func(pixels int) error {
		l.pixels += pixels
		return nil
	}})
	if err != nil {
		l.t.Fatal(err)
	}
	return p, l.pixels > before
}

// A request of 300 bytes for a picture of 2,000 by 2,000 would keep the decoder busy for half a second each time.
func TestDecode_again_isNotDrawnAgainForTenMinutes(t *testing.T) {
	small, heavy := pngOf(t, drawing(60, 40)), picturetest.Heavy(t, 200, 8)
	broken := bytes.Clone(small)
	broken[bytes.Index(broken, []byte("IDAT"))+6] ^= 1
	for name, c := range map[string]struct {
		file   []byte
		pixels int
		shown  bool
	}{
		"a picture":           {small, 60 * 40, true},
		"one that grows":      {heavy, 200 * 200, true},
		"one that is damaged": {broken, 60 * 40, false},
	} {
		l := newLooks(t)
		first, drawn := l.at(t.Context(), name, c.file)
		if !drawn || l.pixels != c.pixels || (first.Data != nil) != c.shown {
			t.Errorf("%s: %d pixels, shown %t", name, l.pixels, first.Data != nil)
		}
		for range 50 {
			if again, drawn := l.at(t.Context(), name, c.file); drawn || !bytes.Equal(again.Data, first.Data) {
				t.Errorf("%s: drawn again %t", name, drawn)
			}
			if p, ok := l.of.Kept(name); !ok || p.Media != first.Media {
				t.Errorf("%s: it is not kept", name)
			}
		}
		if _, drawn := l.at(t.Context(), "another "+name, c.file); !drawn {
			t.Errorf("%s: another file is taken for it", name)
		}
		l.clock.Advance(keptFor)
		if _, ok := l.of.Kept(name); ok {
			t.Errorf("%s: it is kept for longer", name)
		}
		l.at(t.Context(), name, c.file)
		l.of.Forget(name)
		if l.pixels != 3*c.pixels {
			t.Errorf("%s: %d pixels in all", name, l.pixels)
		}
		if _, ok := l.of.Kept(name); ok {
			t.Errorf("%s: it is kept once it was removed", name)
		}
	}
}

// noise is a picture that no compression makes smaller.
func noise(side int) image.Image {
	m, random := image.NewNRGBA(image.Rect(0, 0, side, side)), rand.New(rand.NewPCG(1, 2))
	for x := range side {
		for y := range side {
			m.Set(x, y, color.NRGBA{uint8(random.Uint32()), uint8(random.Uint32()), uint8(random.Uint32()), 255})
		}
	}
	return m
}

func TestDecode_keepsTheLastWithinABoundOfMemory(t *testing.T) {
	l, small := newLooks(t), pngOf(t, drawing(60, 40))
	for n := range mostKept + 3 {
		l.at(t.Context(), fmt.Sprint(n), small)
		l.clock.Advance(time.Second)
	}
	for n := range mostKept + 3 {
		if _, ok := l.of.Kept(fmt.Sprint(n)); ok != (n >= 3) {
			t.Errorf("number %d is kept: %t", n, ok)
		}
	}
	large := pngOf(t, noise(500))
	for n := range mostKept {
		l.at(t.Context(), fmt.Sprint("large ", n), large)
	}
	held := 0
	for _, d := range l.of.kept.all {
		held += len(d.Data)
	}
	if n := len(l.of.kept.all); held > keptBytes || n < 8 || n == mostKept {
		t.Errorf("%d are kept, of %d bytes", n, held)
	}
}

// A caller that may not have a picture drawn gets an error, and nothing is cached. Nor is anything cached for a caller
// that has left.
func TestDecode_thatIsRefusedOrLeft_isDrawnForTheNext(t *testing.T) {
	l, file := newLooks(t), pngOf(t, drawing(600, 400))
	spent := errors.New("spent")
	p, err := l.of.Decode(t.Context(), "one", File{"a", bytes.NewReader(file), int64(len(file)),
		func(int) error { return spent }})
	if !errors.Is(err, spent) || p.Data != nil {
		t.Errorf("%v, shown %t", err, p.Data != nil)
	}
	for n := range 4 {
		if p, _ := l.at(&leaving{t.Context(), 0, n}, "a", file); p.Data != nil {
			t.Errorf("shown to a caller that has left after %d looks", n)
		}
	}
	if p, drawn := l.at(t.Context(), "a", file); !drawn || p.Data == nil {
		t.Errorf("the next one: drawn %t", drawn)
	}
}
