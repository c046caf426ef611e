package sqlite

import (
	"encoding/binary"
	"math"
	"slices"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/parley-chat/parley/internal/store/table"
)

// pages reads a damaged file page by page, where those above that lead to a page are lost
// (https://www.sqlite.org/fileformat.html, 1.6 to 2.1). The file has a map of its pages, since it is vacuumed in
// steps: it tells those in use from free ones, whose rows were deleted or are elsewhere by now. A page or a row that is
// not in every way as SQLite writes it is left out. SQLite's own extension for recovery is not in its Go build.
type pages struct {
	c    *Conn
	size int // of a page; what SQLite may use of it
	maps map[uint32][]byte
}

// Kinds of pages in the map, and of a b-tree page that has keys.
const (
	mapRoot      = 1
	mapOverflow1 = 3 // of the b-tree page that the map names
	mapOverflow2 = 4 // after the overflow page that the map names
	mapTree      = 5

	treeInner = 0x02
	treeLeaf  = 0x0a

	vacuumedAt = 52 // in the header of the file; 0 if it has no map
	reservedAt = 20 // bytes at the end of each page that SQLite does not use: none in a file of Parley's
	pending    = 1 << 30
)

// items calls keep with each item in the table of items that the pages hold, until it returns false.
func (p *pages) items(keep func(table.Item) (more bool)) error {
	first, err := p.page(1)
	if err != nil || len(first) < headerBytes || first[reservedAt] != 0 ||
		binary.BigEndian.Uint32(first[vacuumedAt:]) == 0 {
		return err
	}
	p.size = len(first)

	// The file has a map. Page 2 is its first page, so those with rows begin with the third.
	for n := uint32(3); ; n++ {
		content, err := p.page(n)
		if err != nil {
			return err
		}
		if content == nil {
			return nil
		}

		// A page of a tree is in use if its parent is.
		kind, parent, err := p.kind(n)
		if err != nil {
			return err
		}
		if kind == mapTree {
			kind, _, err = p.kind(parent)
		}
		if err != nil {
			return err
		}
		if kind != mapRoot && kind != mapTree {
			continue
		}

		all, err := p.rows(n, content)
		if err != nil {
			return err
		}
		for _, item := range all {
			if !keep(item) {
				return nil
			}
		}
	}
}

// page returns a page as the last commit left it, in the file or its log; nil after the last.
func (p *pages) page(n uint32) (content []byte, err error) {
	err = p.c.Each(func(row *sqlite.Stmt) bool {
		content = make([]byte, row.ColumnLen(0))
		row.ColumnBytes(0, content)
		return false
	}, "SELECT data FROM sqlite_dbpage WHERE pgno = ?", int64(n))
	return content, err
}

// kind returns what the map says of a page; 0 if it says nothing.
func (p *pages) kind(n uint32) (kind byte, parent uint32, err error) {
	each := uint32(p.size/5 + 1)
	if n < 3 {
		return 0, 0, nil
	}
	at := (n-2)/each*each + 2
	if at == uint32(pending/p.size)+1 { // this page is left out of every file
		at++
	}
	if n <= at {
		return 0, 0, nil
	}
	if p.maps[at] == nil {
		p.maps[at], err = p.page(at)
	}
	entry := int(n-at-1) * 5
	if err != nil || len(p.maps[at]) < entry+5 {
		return 0, 0, err
	}
	return p.maps[at][entry], binary.BigEndian.Uint32(p.maps[at][entry+1:]), nil
}

// rows returns the items in a page of a b-tree: none unless every byte of it is accounted for, so that no row comes
// back of which bytes are left.
func (p *pages) rows(n uint32, content []byte) (all []table.Item, err error) {
	head, left := 8, 0
	switch content[0] {
	case treeLeaf:
	case treeInner:
		head, left = 12, 4 // bytes of the page below
	default:
		return nil, nil
	}
	two := func(at int) int { return int(binary.BigEndian.Uint16(content[at:])) }
	count, begin := two(3), two(5)
	if begin == 0 {
		begin = 1 << 16
	}
	if head+2*count > begin || begin > p.size {
		return nil, nil
	}
	type span struct{ from, to int }
	var spans []span
	for at := two(1); at != 0; at = two(at) {
		if at < begin || at+4 > p.size || len(spans) > p.size/4 {
			return nil, nil
		}
		spans = append(spans, span{at, at + two(at+2)})
	}
	for i := range count {
		from := two(head + 2*i)
		if from < begin || from+4 > p.size {
			return nil, nil
		}
		length, used := varint(content[min(from+left, p.size):])
		local := p.local(length)
		at := from + left + used
		to := at + local
		if length > local {
			to += 4
		}
		to = max(to, from+4)
		if used == 0 || to > p.size {
			return nil, nil
		}
		spans = append(spans, span{from, to})
		payload := slices.Clone(content[at : at+local])
		if length > local {
			payload, err = p.overflow(payload, length, binary.BigEndian.Uint32(content[at+local:]), n)
			if err != nil {
				return nil, err
			}
		}
		if item, ok := itemIn(payload); ok {
			all = append(all, item)
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	end, unused := begin, 0
	for _, s := range spans {
		if s.from < end || s.to > p.size {
			return nil, nil
		}
		unused += s.from - end
		end = s.to
	}
	if unused+p.size-end != int(content[7]) ||
		!slices.IsSortedFunc(all, func(a, b table.Item) int {
			if less(a.Key, b.Key) {
				return -1
			}
			return 1
		}) {
		return nil, nil
	}
	return all, nil
}

// local returns how much of a record with so many bytes is in the page of a b-tree.
func (p *pages) local(length int) int {
	most, least := (p.size-12)*64/255-23, (p.size-12)*32/255-23
	if length <= most {
		return length
	}
	if local := least + (length-least)%(p.size-4); local <= most {
		return local
	}
	return least
}

// overflow completes a record from the pages that hold the rest, of which the first is next. It returns nil unless the
// map has them as those of the page.
func (p *pages) overflow(payload []byte, length int, next, of uint32) ([]byte, error) {
	if length > 2*table.MaxItemBytes {
		return nil, nil
	}
	for want := byte(mapOverflow1); len(payload) < length; want = mapOverflow2 {
		kind, parent, err := p.kind(next)
		if err != nil || kind != want || parent != of {
			return nil, err
		}
		content, err := p.page(next)
		if err != nil || len(content) != p.size {
			return nil, err
		}
		payload = append(payload, content[4:min(p.size, 4+length-len(payload))]...)
		of, next = next, binary.BigEndian.Uint32(content)
	}
	return payload, nil
}

// itemIn returns the item of a record, and false if it is not one of the table of items: no other b-tree has records of
// two texts, an expiry and a text.
func itemIn(record []byte) (item table.Item, ok bool) {
	headLength, at := varint(record)
	if at == 0 || headLength < at || headLength > len(record) {
		return item, false
	}

	// The head has a kind for each column, and rest begins with the column's value.
	rest := record[headLength:]
	var texts []string
	for column := range 4 {
		kind, used := varint(record[at:headLength])
		if used == 0 {
			return item, false
		}
		at += used
		isText := kind >= 13 && kind%2 == 1
		width := 0
		switch {
		case isText:
			width = (kind - 13) / 2
		case kind <= 4:
			width = kind
		case kind <= 7:
			width = []int{6, 8, 8}[kind-5]
		case kind > 9:
			return item, false
		}
		if isText != (column != 2) || width > len(rest) {
			return item, false
		}
		if isText {
			texts = append(texts, string(rest[:width]))
		} else if kind != 0 {
			item.Expires = time.Unix(secondsIn(kind, rest[:width]), 0).UTC()
		}
		rest = rest[width:]
	}

	// All four columns are of the kinds that an item has. Nothing may be left over.
	if at != headLength || len(rest) > 0 {
		return item, false
	}
	item.Key = table.Key{Partition: texts[0], Sort: texts[1]}
	item.Data = []byte(texts[2])
	return item, true
}

// secondsIn returns the whole seconds of an expiry.
func secondsIn(kind int, value []byte) (seconds int64) {
	if kind >= 8 {
		return int64(kind - 8)
	}
	for i, b := range value {
		if i == 0 {
			seconds = int64(int8(b))
			continue
		}
		seconds = seconds<<8 | int64(b)
	}
	if kind == 7 {
		return int64(math.Float64frombits(uint64(seconds)))
	}
	return seconds
}

// varint returns the integer that b begins with and how many bytes it has: 0 if it is cut off, or longer than any here.
func varint(b []byte) (value, used int) {
	for i, c := range b[:min(len(b), 4)] {
		value = value<<7 | int(c&0x7f)
		if c < 0x80 {
			return value, i + 1
		}
	}
	return 0, 0
}
