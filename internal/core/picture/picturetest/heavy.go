// Package picturetest makes pictures that are hard to look at, for the tests of several packages.
package picturetest

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"slices"
	"testing"
)

// Heavy returns an interlaced PNG of noise that repeats, with so many pixels a side (a multiple of 8) and bits a
// channel. With 2,000 pixels it has a quarter of a megabyte and takes a hundred times that to decode. Drawn anew, line
// by line, it is not small.
func Heavy(t testing.TB, side, bits int) []byte {
	t.Helper()
	noise, next := make([]byte, 30_011), 0
	random := rand.New(rand.NewPCG(1, 2))
	for at := range noise {
		noise[at] = byte(random.Uint32())
	}
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	for _, pass := range [][2]int{{8, 8}, {8, 8}, {4, 8}, {4, 4}, {2, 4}, {2, 2}, {1, 2}} {
		row := make([]byte, 1+side/pass[0]*4*bits/8) // the first byte says that there is no filter
		for range side / pass[1] {
			for at := range row[1:] {
				row[1+at] = noise[next%len(noise)]
				next++
			}
			if _, err := w.Write(row); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	size := string(binary.BigEndian.AppendUint32(nil, uint32(side)))
	return slices.Concat([]byte("\x89PNG\r\n\x1a\n"),
		Chunk("IHDR", size+size+string([]byte{byte(bits), 6, 0, 0, 1})), Chunk("IDAT", packed.String()),
		Chunk("IEND", ""))
}

// Chunk returns a chunk of a PNG.
func Chunk(kind, data string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, kind...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}
