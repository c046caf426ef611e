package transfer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/table"
)

// maxLine is room for the greatest item with every character of it escaped.
const maxLine = 6*table.MaxItemBytes + 1024

// reader reads the lines of an export.
type reader struct {
	scan *bufio.Scanner
	n    int // of the line read last, from 1
}

func newReader(r io.Reader) *reader {
	scan := bufio.NewScanner(r)
	scan.Buffer(nil, maxLine)
	return &reader{scan: scan}
}

// next returns the next line. Where there is none it is ErrCut, for after the last
// nobody asks.
func (r *reader) next() (line, error) {
	if !r.scan.Scan() {
		return line{}, r.ended()
	}
	r.n++
	var l line
	if text := r.scan.Bytes(); utf8.Valid(text) && json.Unmarshal(text, &l) == nil && l.one() {
		return l, nil
	}
	switch {
	case r.n == 1:
		return line{}, ErrForeign
	case !r.scan.Scan():
		return line{}, r.ended()
	}
	return line{}, r.odd("not a line that this parley can read")
}

// end checks that nothing follows. What did would be thought to have been imported.
func (r *reader) end() error {
	for r.scan.Scan() {
		r.n++
		if len(bytes.TrimSpace(r.scan.Bytes())) > 0 {
			return r.odd("what came before it is imported, and it is not: import one export at a time")
		}
	}
	return r.scan.Err()
}

func (r *reader) ended() error {
	if err := r.scan.Err(); err != nil {
		return fmt.Errorf("line %d: %w", r.n+1, err)
	}
	if r.n == 0 {
		return fmt.Errorf("%w: it is empty", ErrForeign)
	}
	return fmt.Errorf("%w (line %d)", ErrCut, r.n)
}

// odd is the error of a line that is not as Export writes it.
func (r *reader) odd(why string) error {
	return fmt.Errorf("%w: line %d: %s", ErrForeign, r.n, why)
}

// one reports whether exactly one field of l is set.
func (l line) one() bool {
	n := 0
	for _, set := range []bool{l.Parley != nil, l.Room != nil, l.Item != nil, l.Done != nil, l.End != nil} {
		if set {
			n++
		}
	}
	return n == 1
}
