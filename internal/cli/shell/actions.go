package shell

import (
	"fmt"
	"io"
	"strings"
	"sync"
)

// ActionsLog is a standard stream that a runner of GitHub Actions reads. The runner obeys each line that begins with
// two colons, also behind blanks, and each ##[ anywhere in a line: the words of others could mask output, fail a step
// or stop all commands. So Write escapes the second colon, and the bracket, as JSON does. It counts only visible
// characters of ASCII: the runner may take others for blanks, or skip them.
type ActionsLog struct {
	Out io.Writer

	mu   sync.Mutex
	line int     // the visible characters of the line so far
	last [2]byte // the last two of these characters
}

// Write implements io.Writer.
func (a *ActionsLog) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := make([]byte, 0, len(p))
	for _, c := range p {
		completes := c == ':' && a.line == 1 && a.last[1] == ':' || c == '[' && a.last == [2]byte{'#', '#'}
		if completes {
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

// unescaped returns the stream below an ActionsLog; out if it is another stream.
func unescaped(out io.Writer) io.Writer {
	if a, ok := out.(*ActionsLog); ok {
		return a.Out
	}
	return out
}

// annotate has a runner of GitHub Actions show an error at a file. Elsewhere it does nothing.
func (o *Output) annotate(path, text string) {
	a, ok := o.Notes.(*ActionsLog)
	if !ok {
		return
	}
	text = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text)
	path = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(path)
	_, _ = io.WriteString(a.Out, "::error file="+path+"::"+text+"\n") // the exit code tells of the error, too
}
