package prove_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/cli/prove"
)

// doing returns a command that does what act does at these words.
func doing(words string, show io.Writer) prove.Command {
	return prove.Command{Args: []string{os.Args[0]}, Env: append(os.Environ(), doesEnv+"="+words), Limit: time.Hour,
		Show: show, Clock: clockwork.NewRealClock()}
}

func TestRun_command_saysHowItEndedAndWhatItPrinted(t *testing.T) {
	for words, code := range map[string]int{"exit 0": 0, "exit 3": 3, "exit 255": 255} {
		var shown strings.Builder
		ran, err := doing(words, &shown).Run(t.Context())
		sum := sha256.Sum256([]byte("to out\nto err\n"))
		if err != nil || ran.Exit != code || ran.TimeOut || ran.Took <= 0 || ran.Bytes != 14 ||
			ran.Sum != hex.EncodeToString(sum[:]) || string(ran.Last) != shown.String() || len(ran.Last) != 14 {
			t.Errorf("%s: %v, %+v", words, err, ran)
		}
	}
	var shown strings.Builder
	ran, err := doing("noise", &shown).Run(t.Context())
	sum := sha256.Sum256([]byte(shown.String()))
	if err != nil || ran.Bytes != 3<<20 || shown.Len() != 3<<20 || ran.Sum != hex.EncodeToString(sum[:]) ||
		!strings.HasSuffix(shown.String(), string(ran.Last)) || len(ran.Last) < 64<<10 || len(ran.Last) > 128<<10 {
		t.Errorf("%v, %d bytes, %d shown, %d kept", err, ran.Bytes, shown.Len(), len(ran.Last))
	}
}

// A command that could ask would hang, or take the answer from a person who answers something else.
func TestRun_command_hasNoInputAndNoTerminal(t *testing.T) {
	ran, err := doing("ask", io.Discard).Run(t.Context())
	if err != nil || string(ran.Last) != "EOF false\n" {
		t.Errorf("%v, %q", err, ran.Last)
	}
}

func TestRun_noSuchCommand_saysSo(t *testing.T) {
	folder := t.TempDir()
	noProgram := filepath.Join(folder, "text")
	if err := os.WriteFile(noProgram, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, missing := range map[string]bool{"no-such-program-of-parley": true, "./none": true, noProgram: false} {
		c := doing("exit 0", io.Discard)
		c.Args, c.Dir = []string{name}, folder
		_, err := c.Run(t.Context())
		if start := new(prove.StartError); !errors.As(err, &start) || start.Missing() != missing {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// begin runs a command in the background. What ran is there once its error is.
func begin(ctx context.Context, c prove.Command) (*prove.Ran, <-chan error) {
	ran, ended := new(prove.Ran), make(chan error, 1)
	go func() {
		var err error
		*ran, err = c.Run(ctx)
		ended <- err
	}()
	return ran, ended
}

// ready is an output that says when the command is ready.
type ready struct {
	once sync.Once
	is   chan struct{}
}

func (r *ready) Write(p []byte) (int, error) {
	r.once.Do(func() { close(r.is) })
	return len(p), nil
}

// A child of the command has the output of the command, and lives for ever. It ends with the command: at the limit, at
// Ctrl-C, and when the command ends by itself.
func TestRun_whatTheCommandHasStarted_endsWithIt(t *testing.T) {
	for _, how := range []string{"limit", "interrupt", "leave"} {
		child, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		words, up := "hang ", &ready{is: make(chan struct{})}
		if how == "leave" {
			words = "leave "
		}
		c, clock := doing(words+child.Addr().String(), up), clockwork.NewFakeClock()
		c.Clock = clock
		ctx, interrupt := context.WithCancel(t.Context())
		defer interrupt()
		ran, ended := begin(ctx, c)
		alive, err := child.Accept()
		if err != nil {
			t.Fatal(err)
		}
		<-up.is
		switch how {
		case "limit":
			if err := clock.BlockUntilContext(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			clock.Advance(c.Limit)
		case "interrupt":
			interrupt()
		}
		err = <-ended
		if errors.Is(err, context.Canceled) != (how == "interrupt") || err != nil && how != "interrupt" ||
			ran.TimeOut != (how == "limit") || string(ran.Last) != "ready\n" {
			t.Errorf("%s: %v, %+v", how, err, ran)
		}
		if _, err := io.Copy(io.Discard, alive); err != nil && !strings.Contains(err.Error(), "reset") {
			t.Errorf("%s: %v", how, err) // it returns when the child is gone
		}
		if err := errors.Join(alive.Close(), child.Close()); err != nil {
			t.Error(err)
		}
	}
}

// hung is an output that nobody reads.
type hung struct {
	ready
	ends <-chan struct{}
}

func (h *hung) Write(p []byte) (int, error) {
	_, _ = h.ready.Write(nil)
	<-h.ends
	return len(p), nil
}

// A pager may take nothing for hours. Neither its command nor this program waits for it.
func TestRun_outputThatNobodyReads_isReadToItsEnd(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	sum := sha256.Sum256([]byte("to out\nto err\n"))
	for words, limited := range map[string]bool{"exit 0": false, "noise": true} {
		show, clock := &hung{ready{is: make(chan struct{})}, ctx.Done()}, clockwork.NewFakeClock()
		c := doing(words, show)
		c.Clock = clock
		ran, ended := begin(ctx, c)
		<-show.is
		waits := 3 // for the limit, for the group, and for the output
		if limited {
			if err := clock.BlockUntilContext(ctx, 1); err != nil {
				t.Fatal(err)
			}
			clock.Advance(c.Limit)
			waits = 2
		}
		if err := clock.BlockUntilContext(ctx, waits); err != nil {
			t.Fatal(err)
		}
		clock.Advance(time.Second)
		select {
		case err := <-ended:
			if err != nil || !ran.Unseen || ran.TimeOut != limited || len(ran.Last) == 0 ||
				!limited && ran.Sum != hex.EncodeToString(sum[:]) {
				t.Errorf("%s: %v, %+v", words, err, ran)
			}
		case <-ctx.Done():
			t.Fatalf("%s: it waits for its reader", words)
		}
	}
}

func TestTail_ofAnOutput_isWhatWasLastSeen(t *testing.T) {
	long := strings.Repeat("a line of 20 bytes.\n", 100)
	for raw, want := range map[string]string{
		"":             "",
		"ok\r\n\n":     "ok",
		" 1%\r50%\rok": "ok",
		"\x1b[31mred\x1b[0m \x1b]0;title\ateam\x1b(B\x00\a\x9b": "red team\ufffd",
		"\x1b]8;;https://x.example\x1b\\link\x1b]8;;\x1b\\":     "link",
		"naïve\xff\tü":                  "naïve\ufffd\tü",
		long:                            "…\n" + strings.TrimSpace(strings.Repeat("a line of 20 bytes.\n", 4)),
		strings.Repeat("x", 200) + "\n": "…\n" + strings.Repeat("x", 98),
	} {
		if got := prove.Tail([]byte(raw), 100); got != want {
			t.Errorf("%.50q: %q, want %q", raw, got, want)
		}
	}
}
