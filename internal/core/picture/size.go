package picture

import (
	"bytes"
	"encoding/binary"
)

// HeadOfPicture is how many bytes of a file SizeOf reads: a camera may put two small pictures and a color profile
// before the size of its own.
const HeadOfPicture = 256 << 10

// SizeOf returns the width and height at which a page shows the picture in a file of a type, in pixels, so that the
// page can leave room for the picture before the picture is there. head holds the first HeadOfPicture bytes, or all.
// The size is 0 by 0 if the file is no picture, or if its head is damaged.
//
// The size is only what the file claims. Nothing but the room for the picture may follow from the size.
func SizeOf(media string, head []byte) (width, height int) {
	switch media {
	case "image/webp":
		width, height = webpSize(head)
	case "image/png", "image/jpeg", "image/gif":
		c, _, _ := formats[media].config(head) // also of a picture that no model may see
		width, height = c.Width, c.Height
		if media == "image/jpeg" && isTurned(head) {
			width, height = height, width
		}
	}
	if width < 1 || height < 1 {
		return 0, 0
	}
	return width, height
}

// webpSize returns the size of a picture of type image/webp: RFC 9649, 2.5 to 2.7.
func webpSize(head []byte) (width, height int) {
	if len(head) < 30 {
		return 0, 0
	}
	little := binary.LittleEndian
	switch string(head[12:16]) {
	case "VP8 ":
		return int(little.Uint16(head[26:]) & 0x3fff), int(little.Uint16(head[28:]) & 0x3fff)
	case "VP8L":
		bits := little.Uint32(head[21:])
		return 1 + int(bits&0x3fff), 1 + int(bits>>14&0x3fff)
	case "VP8X":
		return 1 + int(little.Uint32(head[23:])>>8), 1 + int(little.Uint32(head[26:])>>8)
	}
	return 0, 0
}

// isTurned reports whether a JPEG is shown turned by a quarter, as a phone that was held upright stores a picture: the
// segment Exif says so.
func isTurned(head []byte) bool {
	for at := 2; at+4 <= len(head) && head[at] == 0xff && head[at+1] != 0xda; {
		size := int(binary.BigEndian.Uint16(head[at+2:]))
		data := head[at+4 : max(at+4, min(len(head), at+2+size))]
		if exif, ok := bytes.CutPrefix(data, []byte("Exif\x00\x00")); ok && head[at+1] == 0xe1 {
			return orientation(exif) >= 5
		}
		at += 2 + size
	}
	return false
}

// orientation returns the value of tag 0x0112 in the first directory of a TIFF (Exif 2.32, 4.6.4); 0 for none.
func orientation(tiff []byte) uint16 {
	var order binary.ByteOrder = binary.BigEndian
	if bytes.HasPrefix(tiff, []byte("II")) {
		order = binary.LittleEndian
	}
	if len(tiff) < 8 {
		return 0
	}
	offset := uint64(order.Uint32(tiff[4:]))
	if offset+2 > uint64(len(tiff)) {
		return 0
	}
	at := int(offset)
	entries := tiff[at+2:]
	for n := range int(order.Uint16(tiff[at:])) {
		if len(entries) < 12*(n+1) {
			break
		}
		if entry := entries[12*n:]; order.Uint16(entry) == 0x0112 {
			return order.Uint16(entry[8:])
		}
	}
	return 0
}
