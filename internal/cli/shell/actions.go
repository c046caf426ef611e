package shell

import (
	"fmt"
	"io"
	"strings"
	"sync"
)

// ActionsLog is a standard stream that a runner of GitHub Actions reads. The runner obeys each line that begins with
// two colons, also behind blanks, and ##[ anywhere in a line: the words of others could mask output, fail a step or
// stop all commands. So in each of them the last character is an escape, as JSON writes it. Characters that are not
// ASCII may be blanks, or none at all, for the runner.
type ActionsLog struct {
	Out io.Writer

	mu   sync.Mutex
	line int     // the visible characters of the line so far
	last [2]byte // of these the last two
}

// Write implements io.Writer.
func (a *ActionsLog) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := make([]byte, 0, len(p))
	for _, c := range p {
		obeyed := c == ':' && a.line == 1 && a.last[1] == ':' || c == '[' && a.last == [2]byte{'#', '#'}
		if obeyed {
			out = fmt.Appendf(out, `\u%04x`, c)
		} else {
			out = append(out, c)
		}
		switch {
		case c == '\n' || c == '\r':
			a.line, a.last = 0, [2]byte{}
		case c > ' ' && c < 0x7f:
			a.line, a.last = a.line+1, [2]byte{a.last[1], c}
		}
	}
	if _, err := a.Out.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// unescaped returns the stream below an ActionsLog, or out.
func unescaped(out io.Writer) io.Writer {
	if a, ok := out.(*ActionsLog); ok {
		return a.Out
	}
	return out
}

// annotate tells a runner of GitHub Actions of an error in a file.
func (o *Output) annotate(path, text string) {
	a, ok := o.Notes.(*ActionsLog)
	if !ok {
		return
	}
	text = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text)
	path = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(path)
	_, _ = io.WriteString(a.Out, "::error file="+path+"::"+text+"\n") // the exit code says it, too
}
