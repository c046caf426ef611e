package prove_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/cli/prove"
)

// asShell returns the arguments that sh reads in a line behind a word, or nil if sh does not take the line.
func asShell(t *testing.T, sh, line string) []string {
	t.Helper()
	cmd := exec.Command(sh, "-c", `printf '%s\0' x `+line)
	cmd.Dir, cmd.Env = t.TempDir(), []string{"HOME=/home/ann"}
	out, err := cmd.Output()
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")[1:]
}

// Lines and words are drawn from what a shell reads in its own way. Split reads each line that it takes as sh does, and
// Join writes what both read again.
func TestLine_drawn_isReadAsByAShell(t *testing.T) {
	sh, err := exec.LookPath("sh")
	switch {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatal(err)
	case err != nil:
		t.Skip("SKIPPED, NOT TESTED: sh is not installed: it reads the same lines")
	}
	parts := strings.Split(`a|b|=|-|/|.|%|,|:|@|^|]|}|{|'|'|"|"|\|\| | |	|~|#|!|$|*|?|[|;|&|<|>|(|)|é|`+"`", "|")
	parts = append(parts, "|")
	r := rand.New(rand.NewPCG(1, 2))
	draw := func(most int) string {
		var b strings.Builder
		for range r.IntN(most) {
			b.WriteString(parts[r.IntN(len(parts))])
		}
		return b.String()
	}
	taken := 0
	for range 40_000 {
		line := draw(9)
		words, err := prove.Split(line)
		if err != nil {
			if !errors.Is(err, prove.ErrShell) {
				t.Fatalf("%q: %v", line, err)
			}
			continue
		}
		if !strings.ContainsAny(line, `'"\`) && r.IntN(20) > 0 { // most are of plain words
			continue
		}
		taken++
		if got := asShell(t, sh, line); !slices.Equal(got, words) {
			t.Fatalf("%q is %q, and a shell reads %q", line, words, got)
		}
		if taken == 150 {
			break
		}
	}
	if taken < 100 {
		t.Errorf("only %d lines were taken", taken)
	}
	for n := range 2_000 {
		words := []string{"x" + draw(6)}
		for range r.IntN(4) {
			words = append(words, draw(8)) // perhaps ""
		}
		line := prove.Join(words)
		if got, err := prove.Split(line); err != nil || !slices.Equal(got, words) {
			t.Fatalf("%q becomes %s, which is read as %q, %v", words, line, got, err)
		}
		if n < 100 && !slices.Equal(asShell(t, sh, line), words) {
			t.Fatalf("%q becomes %s, which a shell reads as %q", words, line, asShell(t, sh, line))
		}
	}
}

func TestSplit_whatNeedsAShell_isRefused(t *testing.T) {
	for _, line := range []string{"", "  ", "a; b", "a && b", "a|b", "a > b", "a < b", "(a)", "a $HOME", `a "$HOME"`,
		"a `b`", "a *", "a ?", "a [b]", "ls ~", "a # b", "a !b", "a {b,c}", "a\nb", "a \x1b[2K", "a 'b", `a "b`, `a \`,
		"CGO_ENABLED=1 go test", "a\\\nb"} {
		if words, err := prove.Split(line); !errors.Is(err, prove.ErrShell) {
			t.Errorf("%q is read as %q", line, words)
		}
	}
	for line, want := range map[string][]string{
		"make test":                       {"make", "test"},
		`go test -run 'A|B' "./x y" -v=1`: {"go", "test", "-run", "A|B", "./x y", "-v=1"},
		`sh -c 'a && b > "$c"'`:           {"sh", "-c", `a && b > "$c"`},
		`  'it'\''s'  "a\"b\c" '' `:       {"it's", `a"b\c`, ""},
	} {
		if words, err := prove.Split(line); err != nil || !slices.Equal(words, want) {
			t.Errorf("%q is read as %q, %v", line, words, err)
		}
	}
	if line := prove.Join([]string{"A=b", "", "c=d", "it's", "-x=./y"}); line != `'A=b' '' c=d 'it'\''s' -x=./y` {
		t.Errorf("it is joined as %s", line)
	}
}
