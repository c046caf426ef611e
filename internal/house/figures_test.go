package house

import (
	"go/ast"
	"go/constant"
	"go/importer"
	"go/types"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// figures lists the sentences for people that repeat a constant of the code: {} stands for the
// figure, as in "15 minutes", "a day" or "32,768".
var figures = []struct{ doc, says, constant string }{
	{"docs/settings.md", "1 to {} bytes of UTF-8", "internal/room.MaxText"},
	{"docs/settings.md", "by default, up to {} |", "internal/room.MaxCapacity"},
	{"docs/settings.md", "1 to {} letters, digits", "internal/ident.MaxName"},
	{"docs/settings.md", "a call waits; at most {} |", "internal/chat.MaxWait"},
	{"docs/settings.md", "up to {} on one machine", "internal/chat.MaxWait"},
	{"docs/settings.md", "a sign of life; from {} to", "internal/app.shortestKeepAlive"},
	{"docs/settings.md", "a sign of life; from 100 ms to {} |", "internal/app.longestKeepAlive"},
	{"docs/settings.md", "a sign of life every {}.", "internal/httpapi.DefaultKeepAlive"},
	{"docs/settings.md", "; {} where the client sees no progress", "internal/tools.unseen"},
	{"docs/settings.md", "kept for {} after the agent's last call", "internal/room.Lease"},
	{"docs/settings.md", "for {} if it never made a call", "internal/room.UnusedLease"},
	{"docs/settings.md", "for {} if it is an admin's", "internal/room.AdminLease"},
	{"docs/settings.md", "ends {} after it was last used", "internal/room.Life"},
	{"docs/settings.md", "messages are stored for {}.", "internal/roomlog.eventLife"},
	{"docs/settings.md", "all have been silent for {} |", "internal/room.Lease"},
	{"docs/settings.md", "free seats, and {} |", "internal/room.InviteLife"},
	{"docs/settings.md", "| {} a minute from one address", "internal/roomlog.callerGuesses"},
	{"docs/settings.md", "one address, {} a minute from all", "internal/roomlog.roomGuesses"},
	{"docs/settings.md", "at least {} from its arrival", "internal/meter.bodyFloor"},
	{"docs/settings.md", "rooms | {}, and at most two fifths", "internal/chat.UsualCache"},
	{"docs/settings.md", "| {}, with 4,096 keys", "internal/httpapi.DefaultMaxBody"},
	{"docs/settings.md", ", with {} keys and elements", "internal/mcp.MaxParts"},
	{"docs/settings.md", "old cursors | {}, and 4 of them", "internal/roomlog.readsAtOnce"},
	{"docs/settings.md", ", and {} of them in one room", "internal/roomlog.readsOfRoom"},
	{"docs/settings.md", "KiB and {} lines", "internal/httpapi.mostLines"},
	{"docs/settings.md", "not complete: {} of one address", "internal/httpapi.mostBegunOfAddress"},
	{"docs/settings.md", ") and {} in all; beyond that", "internal/httpapi.mostBegun"},
	{"docs/settings.md", "messages a minute | {} |", "internal/app.usualMessages"},
	{"docs/settings.md", "bytes of text a minute | {} |", "internal/app.usualBytes"},
	{"docs/settings.md", "units a minute | {};", "internal/app.usualUnits"},
	{"docs/settings.md", "twice as many | {}, in each instance", "functions/mcp.usualUnits"},
	{"docs/settings.md", "created an hour | {} |", "internal/app.usualRooms"},
	{"docs/settings.md", "wait at once | {}. The last tenth", "internal/app.usualWaits"},
	{"docs/settings.md", "| {} are looked up at once", "internal/access.guessesAtOnce"},
	{"docs/settings.md", "waits up to {} for its turn", "internal/access.longestTurn"},
	{"docs/settings.md", "A new seat costs {} more", "internal/ratelimit.seatUnits"},
	{"docs/settings.md", "takes up to {}:", "internal/httpapi.standbyWait"},
}

// TestDocs_figures_areThoseOfTheCode reads the constants from the sources.
func TestDocs_figures_areThoseOfTheCode(t *testing.T) {
	const figure = `((?:\d[\d,]*|an?|two|four|six|seven|eight|ten|twelve)(?: (?:ms|s|seconds?|min|minutes?|hours?|days?|KiB|MiB)\b)?)`
	code := constants{t, sources(t), importer.Default(), map[string]*types.Package{}}
	for _, f := range figures {
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(f.doc)))
		if err != nil {
			t.Fatal(err)
		}
		before, after, _ := strings.Cut(f.says, "{}")
		says := regexp.MustCompile(regexp.QuoteMeta(before) + figure + regexp.QuoteMeta(after))
		found := says.FindAllStringSubmatch(strings.Join(strings.Fields(string(text)), " "), -1)
		if found == nil {
			t.Errorf("%s does not say %q", f.doc, f.says)
		}
		want := code.value(f.constant)
		for _, m := range found {
			if got := valueOf(t, m[1]); got != want {
				t.Errorf("%s says %q, and %s is %d, not %d", f.doc, m[0], f.constant, want, got)
			}
		}
	}
}

// valueOf returns what a figure is in the code: a number, of nanoseconds if it is a time.
func valueOf(t *testing.T, figure string) int64 {
	t.Helper()
	words := map[string]int64{"a": 1, "an": 1, "two": 2, "four": 4, "six": 6, "seven": 7, "eight": 8, "ten": 10, "twelve": 12}
	units := map[string]time.Duration{
		"": 1, "ms": time.Millisecond, "s": time.Second, "second": time.Second, "min": time.Minute, "minute": time.Minute,
		"hour": time.Hour, "day": 24 * time.Hour, "KiB": 1 << 10, "MiB": 1 << 20,
	}
	number, unit, _ := strings.Cut(figure, " ")
	each, known := units[unit]
	if !known {
		each = units[strings.TrimSuffix(unit, "s")]
	}
	n, isWord := words[number]
	if !isWord {
		var err error
		if n, err = strconv.ParseInt(strings.ReplaceAll(number, ",", ""), 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	return n * int64(each)
}

// constants reads the constants of packages of this module from their sources. It is an importer
// that knows them and time. Whatever else does not compile then is of no interest.
type constants struct {
	t        *testing.T
	sources  []source
	standard types.Importer
	packages map[string]*types.Package // by path
}

// value returns a constant by the folder of its package and its name. A time is in nanoseconds.
func (c constants) value(name string) int64 {
	c.t.Helper()
	dir, id := strings.TrimSuffix(name, path.Ext(name)), strings.TrimPrefix(path.Ext(name), ".")
	pkg, err := c.Import(module + "/" + dir)
	if err != nil {
		c.t.Fatal(err)
	}
	found, isConst := pkg.Scope().Lookup(id).(*types.Const)
	if !isConst {
		c.t.Fatalf("%s is no constant", name)
	}
	value, exact := constant.Int64Val(constant.ToInt(found.Val()))
	if !exact {
		c.t.Fatalf("%s is %v", name, found.Val())
	}
	return value
}

// Import is that of types.Importer.
func (c constants) Import(name string) (*types.Package, error) {
	if name == "time" {
		return c.standard.Import(name)
	}
	dir, own := strings.CutPrefix(name, module+"/")
	if c.packages[name] == nil && own {
		var files []*ast.File
		for _, s := range c.sources {
			if s.dir() == dir && !s.test() {
				files = append(files, s.file)
			}
		}
		checker := types.Config{Importer: c, Error: func(error) {}, IgnoreFuncBodies: true}
		c.packages[name], _ = checker.Check(name, c.sources[0].set, files, nil)
	}
	if c.packages[name] == nil {
		c.packages[name] = types.NewPackage(name, path.Base(name))
		c.packages[name].MarkComplete()
	}
	return c.packages[name], nil
}
