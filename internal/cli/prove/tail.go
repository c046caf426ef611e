package prove

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// kept is how many bytes of the end of an output are kept: enough for a tail between escapes and progress bars.
const kept = 64 << 10

// output is what a command has printed. It is safe for use by several goroutines.
type output struct {
	show io.Writer
	left chan struct{} // closed: show gets no more

	mu     sync.Mutex
	sum    hash.Hash
	bytes  int64
	last   []byte // up to twice kept
	unseen bool   // show did not take all
}

func newOutput(show io.Writer) *output {
	return &output{show: show, left: make(chan struct{}), sum: sha256.New()}
}

// Write keeps p, and shows it. It never fails: the command goes on where nobody reads what it prints.
func (o *output) Write(p []byte) (int, error) {
	o.keep(p)
	shown := make(chan struct{})
	select {
	case <-o.left:
	default:
		p := slices.Clone(p) // a write that hangs has it for ever
		go func() {
			_, _ = o.show.Write(p)
			close(shown)
		}()
	}
	select {
	case <-shown:
	case <-o.left:
		o.mu.Lock()
		defer o.mu.Unlock()
		o.unseen = true
	}
	return len(p), nil
}

// leaveShow gives up to show what comes, and what is being shown. A reader such as a pager may take nothing for hours,
// and neither a signal nor the limit would end the program.
func (o *output) leaveShow() { close(o.left) }

func (o *output) keep(p []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sum.Write(p)
	o.bytes += int64(len(p))
	o.last = append(o.last, p...)
	if len(o.last) > 2*kept {
		o.last = slices.Clone(o.last[len(o.last)-kept:])
	}
}

// result returns the digest in hex, the number of bytes and the last of them, and whether show did not take all.
func (o *output) result() (sum string, bytes int64, last []byte, unseen bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return hex.EncodeToString(o.sum.Sum(nil)), o.bytes, slices.Clone(o.last), o.unseen
}

// escapes are sequences that act on a terminal (ECMA-48): those with parameters, those with a text up to BEL or ST, and
// the short ones.
var escapes = regexp.MustCompile("\x1b" + `(\[[0-?]*[ -/]*[@-~]|[\]P_^X][^\x07\x1b]*(\x07|\x1b\\)?|[ -/]*[0-~])`)

// overwritten is the part of a line before which the cursor went back to the first column.
var overwritten = regexp.MustCompile(`(?m)^.*\r([^\r\n])`)

// Tail returns the end of an output, in at most most characters: whole lines if they are short, without what acts on a
// terminal, and of a line that was written over what was last seen.
func Tail(raw []byte, most int) string {
	text := strings.ToValidUTF8(string(raw), string(utf8.RuneError))
	text = escapes.ReplaceAllString(text, "")
	text = overwritten.ReplaceAllString(text, "$1")
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, text)
	text = strings.TrimRightFunc(strings.TrimLeft(text, "\n"), unicode.IsSpace)
	all := []rune(text)
	if len(all) <= most {
		return text
	}
	const more = "…\n"
	end := all[len(all)-most+utf8.RuneCountInString(more):]
	if i := slices.Index(end, '\n'); i >= 0 && i < len(end)/2 {
		end = end[i+1:]
	}
	return more + string(end)
}
