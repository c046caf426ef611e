package shell

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
)

// A terminal shows the progress of a transfer now and then, on a line that goes away. A pipe does not.
func TestProgress_onATerminal_isOneLineThatGoesAway(t *testing.T) {
	for terminal, want := range map[bool]string{
		true: "\r1023 bytes of 1.0 MB" + "\r1.0 KB of 1.0 MB    " + "\r" +
			strings.Repeat(" ", len("1.0 KB of 1.0 MB")) + "\r", false: "",
	} {
		var notes bytes.Buffer
		clock := clockwork.NewFakeClock()
		o := &Output{Notes: &notes, Progress: terminal}
		p := o.progress(clock, 1<<20)
		for _, n := range []int{10, 1013, 1} {
			if _, err := p.Write(make([]byte, n)); err != nil {
				t.Fatal(err)
			}
			clock.Advance(250 * time.Millisecond)
		}
		p.end()
		if got := notes.String(); got != want {
			t.Errorf("a terminal %t is told %q, want %q", terminal, got, want)
		}
	}
}

func TestSize_isRounded(t *testing.T) {
	for n, want := range map[int64]string{1: "1 byte", 1023: "1023 bytes", 1024: "1.0 KB", 1092: "1.1 KB",
		10 << 10: "10 KB", 11<<10 + 600: "12 KB", 3 << 19: "1.5 MB"} {
		if got := size(n); got != want {
			t.Errorf("%d bytes are %q, want %q", n, got, want)
		}
	}
}
