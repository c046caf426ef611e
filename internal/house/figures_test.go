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

// figures lists the sentences for people and models that repeat a constant of the code: {} stands for the
// figure, as in "15 minutes", "a day" or "32,768".
var figures = []struct{ doc, says, constant string }{
	{"docs/settings.md", "1 to {} bytes of UTF-8", "internal/room.MaxText"},
	{"docs/settings.md", "by default, up to {} |", "internal/room.MaxCapacity"},
	{"docs/settings.md", "1 to {} letters, digits", "internal/ident.MaxName"},
	{"docs/settings.md", "a call waits; at most {} |", "internal/chat.MaxWait"},
	{"docs/settings.md", "up to {} on one machine", "internal/chat.MaxWait"},
	{"docs/settings.md", "a keep-alive; from {} to", "internal/app.shortestKeepAlive"},
	{"docs/settings.md", "a keep-alive; from 100 ms to {} |", "internal/app.longestKeepAlive"},
	{"docs/settings.md", "a keep-alive every {}.", "internal/httpapi.DefaultKeepAlive"},
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
	{"docs/a2a.md", "waits up to {} for an answer", "internal/a2a.blocks"},
	{"docs/a2a.md", "the last {} messages", "internal/a2a.mostHistory"},
	{"docs/a2a.md", "own for {} after its last call", "internal/room.Lease"},
	{"docs/a2a.md", "silent for more than {}**", "internal/httpapi.beatsA2A"},
	{"docs/a2a.md", "if that is over {} messages", "internal/chat.MostHeard"},
	{"docs/a2a.md", "100 messages or {}, what came last", "internal/chat.MostHeardBytes"},
	{"docs/a2a.md", "A text over {} bytes is cut", "internal/room.MaxText"},
	{"docs/a2a.md", "It has {} to answer", "internal/agentcall.patience"},
	{"docs/a2a.md", "calls are {} apart", "internal/outbox.callApart"},
	{"docs/a2a.md", "at most {} in an hour", "internal/outbox.callsAnHour"},
	{"docs/a2a.md", "send at most {} messages until a person", "internal/chat.UsualRun"},
	{"docs/a2a.md", "at most {} such messages follow", "internal/room.MostSteps"},
	{"docs/waking.md", "one request waits for {}, then", "internal/httpapi.standbyWait"},
	{"docs/waking.md", "wait has lasted for {}, one", "internal/wake.waitsBriefly"},
	{"docs/waking.md", "one every {}; after 5 minutes", "internal/wake.lookSoon"},
	{"docs/waking.md", "after {}, one every 15 seconds. Each", "internal/wake.waitsLong"},
	{"docs/waking.md", "one every {}. Each is answered", "internal/wake.lookLate"},
	{"docs/waking.md", "one after {}, then less often", "internal/wake.yields"},
	{"docs/waking.md", "less often, at last every {} |", "internal/wake.yieldsMost"},
	{"docs/waking.md", "at random times, at most {} apart", "internal/wake.backoffMost"},
	{"docs/waking.md", "it only [looks in](cost.md#sums): every {},", "internal/chat.lookCalm"},
	{"docs/waking.md", "and every {} in the minute after", "internal/chat.lookLively"},
	{"docs/waking.md", "give the seat away: {}, for", "internal/room.Lease"},
	{"docs/waking.md", "give the seat away: {}, for", "internal/client.lease"},
	{"docs/waking.md", "for an admin of the room {}.", "internal/room.AdminLease"},
	{"docs/waking.md", "for an admin of the room {}.", "internal/client.adminLease"},
	{"docs/access.md", "free seats, and for {}.", "internal/room.InviteLife"},
	{"docs/access.md", "for {} after an agent has left", "internal/room.KeepPerson"},
	{"docs/page.md", "is open and for {} after", "internal/room.Lease"},
	{"docs/cost.md", "one more unit every {}, for its presence", "internal/presence.SendFresh"},
	{"docs/cost.md", "first call after {}, and once more", "internal/access.believed"},
	{"docs/cost.md", "looks in every {}, and every 5", "internal/chat.lookCalm"},
	{"docs/cost.md", "written once in {}.", "internal/room.AnnounceAgain"},
	{"docs/deploy.md", "Waits end at least {} before", "internal/lambdahttp.margin + internal/chat.deadlineMargin"},
	{"docs/deploy.md", "one piece, and waits end after {}.", "internal/lambdahttp.apiTime - internal/chat.deadlineMargin"},
	{"docs/deploy.md", "a keep-alive every {}", "internal/httpapi.DefaultKeepAlive"},
	{"docs/operations.md", "still arriving get {} for that", "internal/httpapi.lastBody"},
	{"docs/operations.md", "for that, open calls {}.", "cmd/parley.drainTime"},
	{"docs/operations.md", "Up to {} are normal", "internal/table/sqlite.logLimit"},
	{"docs/operations.md", "`parley_file_log_bytes` above {},", "internal/table/sqlite.largeLog"},
	{"docs/self-hosting.md", "a keep-alive every {}", "internal/httpapi.DefaultKeepAlive"},
	{"docs/self-hosting.md", "after at most {}, before Cloudflare", "internal/httpapi.standbyWait"},
	{"docs/troubleshooting.md", "to others: {} after its join if it never", "internal/room.UnusedLease"},
	{"docs/troubleshooting.md", "called again, else {} after its last call", "internal/room.Lease"},
	{"docs/troubleshooting.md", "last call, an admin after {}.", "internal/room.AdminLease"},
	{"docs/troubleshooting.md", "same name after {} of silence", "internal/room.RegainSilent"},
	{"docs/troubleshooting.md", "of silence ({} if the seat was never used)", "internal/room.RegainUnused"},
	{"docs/troubleshooting.md", "works once in {}.", "internal/room.RegainEvery"},
	{"docs/troubleshooting.md", "seat has been silent for {} (an admin's", "internal/room.LetGoSilent"},
	{"docs/troubleshooting.md", "(an admin's for {})", "internal/room.LetGoAdminSilent"},
	{"docs/troubleshooting.md", "under the name within {} gets it", "internal/room.LetGoFor"},
	{"docs/troubleshooting.md", "the name is free {} after the last call", "internal/room.Lease"},
	{"docs/troubleshooting.md", "your old seat ({} if it never made one", "internal/room.UnusedLease"},
	{"docs/troubleshooting.md", "made one, {} if it is an admin's)", "internal/room.AdminLease"},
	{"docs/troubleshooting.md", "has been heard for {}, the first call", "internal/room.AdminSilent"},
	{"docs/troubleshooting.md", "within the last {}. Until then nobody", "internal/room.PresentFor"},
	{"docs/troubleshooting.md", "ends a wait of Codex after {} |", "internal/tools.unseen"},
	{"docs/questions.md", "A room has at most {} seats", "internal/room.MaxCapacity"},
	{"docs/questions.md", ", {} after it was last used.", "internal/room.Life"},
	{"docs/security.md", "every process looks again within {};", "internal/access.believed"},
	{"docs/security.md", "an answer has {} at most", "internal/client.longestAnswer"},
	{"docs/security.md", "private messages, {} after the agent's last call", "internal/room.Lease"},
	{"docs/security.md", "last call ({} if its token was never used)", "internal/room.UnusedLease"},
	{"docs/security.md", "the name go, {} of silence are enough", "internal/room.LetGoSilent"},
	{"docs/security.md", "regains a seat once in {} |", "internal/room.RegainEvery"},
	{"docs/security.md", "has been silent for {}, or for 15 minutes", "internal/room.AdminLease"},
	{"docs/security.md", "a day, or for {} if another admin", "internal/room.LetGoAdminSilent"},
	{"docs/security.md", "that takes {} without a sign of any admin", "internal/room.AdminSilent"},
	{"docs/security.md", "the room hears of {} attempts", "internal/room.MaxKnocks"},
	{"docs/security.md", "attempts in {} at most", "internal/room.KnockWindow"},
	{"docs/security.md", "must make no call for {},", "internal/room.LetGoAdminSilent"},
	{"docs/security.md", "it gets none for {} after its seat ended", "internal/room.KeepPerson"},
	{"docs/security.md", "has at most {} devices", "internal/room.MaxDevices"},
	{"docs/tools.md", "text has more than {} bytes", "internal/room.MaxText"},
	{"docs/tools.md", "For {}, a call with the text", "internal/room.RepeatWindow"},
	{"docs/tools.md", "within the last {} counts as repeated", "internal/room.clockSkew"},
	{"docs/tools.md", "notifications of progress ends after {},", "internal/tools.unseen"},
	{"docs/tools.md", "`enter_queue` end after {}, too", "internal/pairing.MaxWait"},
	{"docs/tools.md", "`enter_queue` ends after {}.", "internal/pairing.UnseenWait"},
	{"docs/tools.md", "with `withdraw`, or {} has passed", "internal/room.DebtLife"},
	{"docs/tools.md", "it made a call within {}, and is not", "internal/room.PresentFor"},
	{"docs/tools.md", "edits or refuses within {}.", "internal/room.DraftLife"},
	{"docs/tools.md", "free seats of this room within {}:", "internal/room.InviteLife"},
	{"docs/tools.md", "have been silent for {}, a call", "internal/room.AdminSilent"},
	{"docs/tools.md", "those heard within the last {}. The silent", "internal/room.PresentFor"},
	{"docs/tools.md", "there), after {} without a call of that seat", "internal/room.RegainSilent"},
	{"docs/tools.md", "that seat ({} if its token was never used)", "internal/room.RegainUnused"},
	{"docs/tools.md", "takes effect after {} without a call", "internal/room.LetGoSilent"},
	{"docs/tools.md", "({} for an admin's)", "internal/room.LetGoAdminSilent"},
	{"docs/tools.md", "For {} from then on, the next join", "internal/room.LetGoFor"},
	{"docs/tools.md", "old one has ended: {} after the last call", "internal/room.Lease"},
	{"docs/tools.md", "return ({} if the token was never used;", "internal/room.UnusedLease"},
	{"docs/tools.md", "never used; an admin's, {})", "internal/room.AdminLease"},
	{"docs/design.md", "Unused --> Silent: {} (an", "internal/room.UnusedLease"},
	{"docs/design.md", "Used --> Silent: {} after the last call", "internal/room.Lease"},
	{"docs/design.md", "joins again after {} of silence", "internal/room.RegainSilent"},
	{"docs/design.md", "An admin's lease is {}.", "internal/room.AdminLease"},
	{"docs/design.md", "full of agents silent for {}.", "internal/room.Lease"},
	{"docs/design.md", "loop every {} to", "internal/roomlog.pollLively"},
	{"docs/design.md", "loop every 100 ms to {} B", "internal/roomlog.pollQuiet"},
	{"docs/scale.md", "the last event, from {} to", "internal/roomlog.pollLively"},
	{"docs/scale.md", "from 100 ms to {}, and each", "internal/roomlog.pollCalm"},
	{"docs/scale.md", "A room has at most {} agents", "internal/room.MaxCapacity"},
	{"docs/design.md", "After {} the stream sends", "internal/httpapi.headAfter"},
	{"docs/design.md", "then a keep-alive every {}.", "internal/httpapi.DefaultKeepAlive"},
	{"docs/troubleshooting.md", "In the first {} of a call", "internal/httpapi.headAfter"},
	{"docs/design.md", "the room's end + {} | `roomlog.", "internal/roomlog.nameLife"},
	{"docs/design.md", "the room's end + {} for every", "internal/room.Life"},
	{"docs/design.md", "for every {} parts", "internal/room.PartsRenewed"},
	{"docs/design.md", "its time + {} | `room.Event`", "internal/roomlog.eventLife"},
	{"docs/design.md", "| {} | `roomlog.activityItem`", "internal/roomlog.activityLife"},
	{"docs/design.md", "| {} | `roomlog.personItem`", "internal/presence.watchShown"},
	{"docs/design.md", "| {} | `roomlog.calledItem`", "internal/roomlog.calledLife"},
	{"docs/design.md", "| {} | `roomlog.Agreement`", "internal/roomlog.agreementLife"},
	{"docs/design.md", "| {} | `roomlog.SentAs`", "internal/roomlog.sentLife"},
	{"docs/design.md", "| {} | `roomlog.keptItem`", "internal/room.KeepPerson"},
	{"docs/design.md", "`WRONG#KNOWN#<caller>` | {} |", "internal/roomlog.GuessLife"},
	{"docs/design.md", "`WRONG#FIRST` | {} |", "internal/roomlog.WatchLife"},
	{"docs/design.md", "`MADE#<5 digits>` | {} |", "internal/ratelimit.roomCounts"},
	{"docs/design.md", "the end of its call + {} |", "internal/pairing.ticketGrace"},
	{"docs/design.md", "`MATCH#<id>` | {} |", "internal/pairing.matchLife"},
	{"docs/waking.md", "wakes it again, {} after the last notice", "internal/wake.newsFirst"},
	{"docs/waking.md", "1 minute and {}. Without", "internal/wake.newsMost"},
	{"docs/waking.md", "tries again at least every {}.", "internal/wake.backoffMost"},
	{"internal/tools/instructions.go", "stays yours for {} after your last call", "internal/room.Lease"},
	{"internal/tools/next_table.go", "stays yours for {} after your last call", "internal/room.Lease"},
	{"internal/tools/next_fixed.go", "once its seat has been silent for {}, that", "internal/room.LetGoSilent"},
	{"internal/tools/next_table.go", "call wait_for_message within {}\"", "internal/room.LetGoSilent"},
	{"internal/tools/next.go", "within {} call enter_queue again", "internal/pairing.ticketGrace"},
	{"internal/tools/queue.go", "call again within {} with ticket", "internal/pairing.ticketGrace"},
	{"internal/results/room.go", "busy: it made a call within {},", "internal/room.PresentFor"},
	{"internal/tools/send.go", "\"1-{} bytes. withdraw", "internal/room.MaxText"},
	{"internal/tools/file.go", "\"1-{} bytes. The file itself", "internal/room.MaxText"},
	{"internal/tools/supervise.go", "Of decision edit: 1-{} bytes.", "internal/room.MaxText"},
	{"internal/page/assets/compose/may.js", "longest = {};", "internal/room.MaxText"},
	{"internal/room/knock.go", "at most {} old.", "internal/room.KnockWindow"},
	{"internal/page/assets/words.js", "once that seat has been silent for {}, that", "internal/room.LetGoSilent"},
	{"internal/page/assets/sidebar/words.js", "works for at most {}.", "internal/room.InviteLife"},
	{"internal/page/assets/words.js", "Nobody spoke in it for {}.", "internal/room.Life"},
}

// TestDocs_figures_areThoseOfTheCode reads the constants from the sources.
func TestDocs_figures_areThoseOfTheCode(t *testing.T) {
	const number = `\d[\d,_]*|an?|one|two|four|five|six|seven|eight|ten`
	const unit = `ms|s|seconds?|minutes?|hours?|days?|KiB|MiB|MB`
	const figure = `((?:` + number + `)(?: (?:` + unit + `)\b)?)`
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
		want := code.sum(f.constant)
		for _, m := range found {
			if got := valueOf(t, m[1]); got != want {
				t.Errorf("%s says %q, and %s is %d, not %d", f.doc, m[0], f.constant, want, got)
			}
		}
	}
}

// The client of a person repeats limits of rooms without importing their rules.
func TestConstants_ofTheClient_areThoseOfRooms(t *testing.T) {
	code := constants{t, sources(t), importer.Default(), map[string]*types.Package{}}
	for repeated, of := range map[string]string{
		"internal/shell.MaxText":     "internal/room.MaxText",
		"internal/client.lease":      "internal/room.Lease",
		"internal/client.adminLease": "internal/room.AdminLease",
	} {
		if is, want := code.value(repeated), code.value(of); is != want {
			t.Errorf("%s is %d, and %s is %d", repeated, is, of, want)
		}
	}
}

// valueOf returns what a figure is in the code: a number, of nanoseconds if it is a time.
func valueOf(t *testing.T, figure string) int64 {
	t.Helper()
	words := map[string]int64{
		"a": 1, "an": 1, "one": 1, "two": 2, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "ten": 10,
	}
	units := map[string]time.Duration{
		"": 1, "ms": time.Millisecond, "s": time.Second, "second": time.Second, "minute": time.Minute, "hour": time.Hour,
		"day": 24 * time.Hour, "KiB": 1 << 10, "MiB": 1 << 20, "MB": 1 << 20, // as people say
	}
	number, unit, _ := strings.Cut(figure, " ")
	each, known := units[unit]
	if !known {
		each = units[strings.TrimSuffix(unit, "s")]
	}
	n, isWord := words[number]
	if !isWord {
		var err error
		n, err = strconv.ParseInt(strings.NewReplacer(",", "", "_", "").Replace(number), 10, 64)
		if err != nil {
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

// sum returns what a constant is, or a sum or difference of two.
func (c constants) sum(expression string) int64 {
	c.t.Helper()
	if a, b, found := strings.Cut(expression, " + "); found {
		return c.value(a) + c.value(b)
	}
	if a, b, found := strings.Cut(expression, " - "); found {
		return c.value(a) - c.value(b)
	}
	return c.value(expression)
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
