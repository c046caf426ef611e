package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/server/app"
)

// atHome sets the home folder that the defaults name.
func atHome(t *testing.T) {
	t.Helper()
	t.Setenv("HOME", "/home/ann")
	t.Setenv("XDG_CONFIG_HOME", "/home/ann/config")
}

func defaults() settings {
	return settings{Addr: "127.0.0.1:8080", Data: defaultFile(), Settings: app.Settings{
		MessagesPerMinute: app.Usual, BytesPerMinute: app.Usual, UnitsPerMinute: app.Usual, RoomsPerHour: app.Usual,
		WaitsPerAddress: app.Usual,
		LongestWait:     12 * time.Hour, KeepAlive: 15 * time.Second, MaxWaits: 20000, MaxBodies: 64,
		FilesTotal: 5120, Access: "auto", SignIn: "auto",
		LogLevel: "warn", LogFormat: "text",
	}}
}

func TestParse_readsFlagsAndEnvironment(t *testing.T) {
	for name, c := range map[string]struct {
		args string
		env  map[string]string
		want func(*settings)
	}{
		"the command":   {args: "serve", want: func(*settings) {}},
		"a flag":        {args: "--addr :0", want: func(s *settings) { s.Addr = ":0" }},
		"command, flag": {args: "serve --addr=[::1]:9", want: func(s *settings) { s.Addr = "[::1]:9" }},
		"a file":        {args: "--data /tmp/x.db", want: func(s *settings) { s.Data = "/tmp/x.db" }},
		"a table": {args: "--table rooms --create-table",
			want: func(s *settings) { s.Table, s.CreateTable, s.Data = "rooms", true, "" }},
		"hosts": {args: "--allow-host a --allow-host b",
			want: func(s *settings) { s.AllowHost = []string{"a", "b"} }},
		"the log": {args: "--log-level debug --log-format json",
			want: func(s *settings) { s.LogLevel, s.LogFormat = "debug", "json" }},
		"environment": {args: "serve", env: map[string]string{"ADDR": "0.0.0.0:1", "DATA": "f"},
			want: func(s *settings) { s.Addr, s.Data = "0.0.0.0:1", "f" }},
		"table by environment": {args: "serve", env: map[string]string{"TABLE": "t", "CREATE_TABLE": "true"},
			want: func(s *settings) { s.Table, s.CreateTable, s.Data = "t", true, "" }},
		"more environment": {args: "serve", env: map[string]string{"PUBLIC_URL": "https://a.example/mcp",
			"LOG_LEVEL": "error", "LOG_FORMAT": "json",
			"ALLOW_ORIGIN": "https://a.example,https://b.example"}, want: func(s *settings) {
			s.PublicURL, s.LogLevel, s.LogFormat, s.AllowOrigin = "https://a.example/mcp", "error", "json",
				[]string{"https://a.example", "https://b.example"}
		}},
		"limits": {args: "--messages-per-minute 6 --rooms-per-hour 2 --units-per-minute auto --trust-proxy",
			env: map[string]string{"BYTES_PER_MINUTE": "1000", "UNITS_PER_MINUTE": "5", "MAX_WAITS": "9",
				"WAITS_PER_ADDRESS": "3"}, want: func(s *settings) {
				s.MessagesPerMinute, s.RoomsPerHour, s.TrustProxy = 6, 2, true
				s.BytesPerMinute, s.MaxWaits, s.WaitsPerAddress = 1000, 9, 3
			}},
		"no limits": {args: "--messages-per-minute 0 --units-per-minute 0",
			want: func(s *settings) { s.MessagesPerMinute, s.UnitsPerMinute = 0, 0 }},
		"access": {args: "--access keys", env: map[string]string{"ACCESS": "open"},
			want: func(s *settings) { s.Access = "keys" }},
		"metrics": {args: "--metrics-addr 127.0.0.1:9464",
			want: func(s *settings) { s.MetricsAddr = "127.0.0.1:9464" }},
		"flag wins": {args: "--addr :2", env: map[string]string{"ADDR": ":1"},
			want: func(s *settings) { s.Addr = ":2" }},
	} {
		t.Run(name, func(t *testing.T) {
			atHome(t)
			for key, value := range c.env {
				t.Setenv("PARLEY_"+key, value)
			}
			want := defaults()
			c.want(&want)
			var out strings.Builder
			command, err := parse(strings.Fields(c.args), &out)
			if err != nil || command == nil || out.Len() > 0 {
				t.Fatalf("nothing to do %v, %v, %q", command == nil, err, out.String())
			}
			if got := command.Selected().Target.Interface().(serveCommand).settings; !reflect.DeepEqual(got, want) {
				t.Errorf("%+v; want %+v", got, want)
			}
		})
	}
}

func TestParse_badCommandLine_namesTheFlag(t *testing.T) {
	for args, named := range map[string]string{
		"--addr 8080":             "--addr (PARLEY_ADDR)",
		"--addr 127.0.0.1:99999":  `the port "99999"`,
		"--addr 127.0.0.1:-1":     `the port "-1"`,
		"--addr 127.0.0.1:eighty": `the port "eighty"`,
		"--addr 127.0.0.1:":       `the port ""`,
		"--metrics-addr 9464":     "--metrics-addr (PARLEY_METRICS_ADDR)",
		"--public-url ftp://a":    "--public-url (PARLEY_PUBLIC_URL)",
		"--data a --table b":      "--table",
		"--create-table":          "--table NAME",
		"--rooms-per-hour -1":     "--rooms-per-hour (PARLEY_ROOMS_PER_HOUR) -1: must be a positive number",
		"--units-per-minute many": `--units-per-minute: "many" must be a positive number, or 0 for no limit, or auto`,
		"--max-waits -1":          "--max-waits (PARLEY_MAX_WAITS) -1: must be 1 or more",
		"--max-bodies=-1":         "--max-bodies (PARLEY_MAX_BODIES) -1: must be 1 or more",
		"--access closed":         "--access",
		"--log-level loud":        "--log-level",
		"--log-format xml":        "--log-format",
		"--longest-wait soon":     `--longest-wait: write a time such as 30s, 5m or 2h, and not "soon"; see`,
		"--nonsense":              "unknown flag --nonsense; see parley serve --help",
		"--addr :0 talk":          "unexpected argument talk: parley serve takes none; see parley serve --help",
		"join Add the MCP server at x and call join_room": "; put the line of an invite in single quotes: 'LINE'; see",
		"join tea":                "add what is missing: --as NAME; see parley join --help",
		"copy":                    "add what is missing: --from SOURCE --to DESTINATION; see parley copy --help",
		"join “my room” --as Ann": "argument room”; put words that belong together in quotes, and type",
		"join tea --as “Ann”":     "“Ann” has a curly quote, which no name may have and no shell reads: type ' or",
		"room --name “tea”":       "“tea” has a curly quote",
		"task add":                "the title is missing: parley task add TITLE; see parley task --help",
		"say":                     "the text is missing: give a TEXT, or - for standard input; see parley say --help",
		"-v demo":                 "-v: write flags behind the command, and -v of go run before ./cmd/parley; see",
		"-v":                      "unknown flag -v: perhaps you mean --version; see parley serve --help",
		"-x":                      "unknown flag -x; see parley serve --help",
		"--as Ann say hi":         "unknown flag --as: write flags behind the command; see parley say --help",
		"demo now":                "unexpected argument now: parley demo takes none; see parley demo --help",
		"join hello as Cy":        "unexpected argument as: perhaps you mean --as; see parley join --help",
		"who room hello":          "unexpected argument room: perhaps you mean --room; see parley who --help",
		"who hello":               "hello: parley who takes none; for a room write --room hello; see parley who --help",
		"history hello --agreed":  "parley history takes none; for a room write --room hello; see parley history",
		"connect codex gemini":    "unexpected argument gemini: parley connect takes no more than <client>; see",
		"remove m1 m2":            "unexpected argument m2: parley remove takes no more than <id>; see",
		"rooms tea time":          "unexpected argument time; put words that belong together in quotes; see",
		"move a b c":              "unexpected argument c: parley move takes no more than <old> <new>; see",
		"--public-url http://…":   "has … in the place of a part; write the whole address",
		"join join the room":      "unexpected argument the; put words that belong together in quotes; see parley join",
		"talk":                    "there is no command talk; perhaps you mean: parley task",
		"tail --lines x":          `--lines: expected a whole number but got "x"; see parley tail --help`,
		"emacs":                   "there is no command emacs; see parley --help",
		"connect emacs":           "<client> must be one of",
		"backup":                  "<file> is missing; see parley backup --help",
		"say TEXT --room tea":     "say: put your own words in place of TEXT; see parley say --help",
		"task finish t1 TEXT":     "put your own words in place of TEXT",
		"task add TITLE":          "put your own words in place of TITLE",
		"leave TEXT":              "put your own words in place of TEXT",
		"join ROOM --as Ann":      "in place of ROOM",
		"join LINE --as Ann":      "in place of LINE",
		"join tea --as NAME":      "put your own name in place of NAME",
		"manage Bob":              `<do> must be one of "promote"`,
		"tail --lines":            "--lines needs a value: a whole number; see parley tail --help",
		"wait --timeout":          "--timeout needs a value: a time such as 30s, 5m or 2h; see parley wait --help",
		"serve --max-waits":       "--max-waits needs a value: a whole number; see",
		"say -5 degrees":          "unknown flag -5; put -- before a word that begins with a hyphen and is no",
		"join t --as A --seats 5": "unknown flag --seats: perhaps you mean --capacity N; see parley join --help",
		"join t --nick A":         "unknown flag --nick: perhaps you mean --as NAME; see parley join --help",
		"join t --as A --pass=X":  "perhaps you mean to set PARLEY_PASSWORD, or to type the password when asked",
		"join t --password X":     "unknown flag --password: perhaps you mean to set PARLEY_PASSWORD",
		"room --password X":       "unknown flag --password: perhaps you mean to set PARLEY_PASSWORD",
		"who --key pk_x":          "unknown flag --key: perhaps you mean to set PARLEY_KEY",
		"join --room t --as A":    "unknown flag --room: perhaps you mean ROOM without a flag; see parley join --help",
		"serve --room t":          "unknown flag --room, did you mean \"--rooms-per-hour\"?; see",
		"say hi --dm Bob":         "unknown flag --dm: perhaps you mean --to NAME; see parley say --help",
		"history --last 5":        "unknown flag --last: perhaps you mean --lines N; see parley history --help",
		"connect codex --remove":  "unknown flag --remove: perhaps you mean --undo; see parley connect --help",
		"keys add A --expires 3":  "unknown flag --expires: perhaps you mean --days N; see parley keys add --help",
		"check --data a.db":       "there is no command check --data; perhaps you mean: parley check a.db; see parley",
		"serve --port 9000":       "unknown flag --port: perhaps you mean --addr 127.0.0.1:PORT; see parley serve",
		"say hi --seats 5":        "unknown flag --seats; put -- before",
		"leave -b":                "unknown flag -b; put -- before a word that begins with a hyphen",
		"task add -5":             "unknown flag -5; put -- before",
		"put -a.txt":              "unknown flag -a; put -- before",
		"wait -5":                 "unknown flag -5",
		"say hi --wait 0":         `--wait: write a time such as 30s, 5m or 2h, and not "0"`,
		"say hi --wait=soon":      `--wait: write a time such as 30s, 5m or 2h, and not "soon"`,
		"say --wait -5 hi":        `--wait: write a time such as 30s, 5m or 2h, and not "-5"`,
		"serve --create-table=1":  "--create-table",
		"tail --lines=-1":         "-n must be 0 or more",
		"wait --timeout=-1s":      "--timeout",
	} {
		atHome(t)
		if command, err := parse(strings.Fields(args), os.Stderr); command != nil || err == nil ||
			!strings.Contains(err.Error(), named) || !strings.Contains(err.Error(), "--help") {
			t.Errorf("%s: %v", args, err)
		}
	}
}

func TestParse_helpAndVersion_leaveNothingToDo(t *testing.T) {
	atHome(t)
	for args, wanted := range map[string][]string{
		"--version": {"parley " + app.Build() + "\n"},
		"version":   {"parley " + app.Build() + "\n"},
		"--help": {"over one MCP\naddress. To see two agents talk first: parley demo\n\nTo let yours talk:\n\n" +
			firstSteps(), "serve", "Flags without a command are", "copy", "backup", "check", "--version"},
		"": {"Usage: parley ", "\nEvery day\n  join "},
		"help": {"\nEvery day\n  join ", "\n  watch ", "\nMore for people and scripts\n  supervise ", "\nAgents\n",
			"\nServer\n  serve "},
		"help say": {"Usage: parley say "},
		"serve --help": {"PARLEY_ADDR", "127.0.0.1:8080", "PARLEY_DATA", "parley.db", "PARLEY_TABLE",
			"PARLEY_CREATE_TABLE", "PARLEY_PUBLIC_URL", "PARLEY_ALLOW_HOST", "PARLEY_ALLOW_ORIGIN", "PARLEY_LOG_LEVEL",
			"PARLEY_LOG_FORMAT", "230s"},
	} {
		var out strings.Builder
		command, err := parse(strings.Fields(args), &out)
		if err != nil || command != nil {
			t.Errorf("%s: something to do %v, %v", args, command != nil, err)
		}
		for _, text := range wanted {
			if !strings.Contains(out.String(), text) {
				t.Errorf("%s does not say %s:\n%s", args, text, &out)
			}
		}
	}
}

func TestDefaultFile_noHome_isInTheWorkingFolder(t *testing.T) {
	atHome(t)
	if file := defaultFile(); filepath.Base(file) != "parley.db" || !filepath.IsAbs(file) {
		t.Errorf("with a home: %s", file)
	}
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME", "AppData"} {
		t.Setenv(name, "")
	}
	if file := defaultFile(); file != "parley.db" {
		t.Errorf("without a home: %s", file)
	}
}

func TestParse_badCommandLine_namesTheHelpThatHasTheFlag(t *testing.T) {
	atHome(t)
	for args, help := range map[string]string{
		"--max-waits 0": "parley serve", "--longest-wait x": "parley serve", "--nope": "parley serve",
		"say --kind x hi": "parley say", "keys add --days 0 X": "parley keys add",
		"join tea": "parley join", "room --capacity many": "parley room", "keys": "parley keys", "talk": "parley",
	} {
		if _, err := parse(strings.Fields(args), io.Discard); err == nil ||
			!strings.HasSuffix(err.Error(), "; see "+help+" --help") {
			t.Errorf("%s: %v", args, err)
		}
	}
}

// wrong runs a wrong command line.
func wrong(t *testing.T, help string, args ...string) {
	t.Helper()
	var out, says strings.Builder
	ended, end := context.WithCancel(t.Context())
	end() // nothing is to begin
	code := run(ended, args, streams{out: &out, err: &says})
	if line := says.String(); code != exitUsage || strings.Count(line, "\n") != 1 || len(line) > 300 ||
		!strings.HasPrefix(line, "parley: ") || !strings.HasSuffix(line, "; see "+help+" --help\n") || out.Len() > 0 {
		t.Errorf("%.200q: code %d, %q%q", args, code, out.String(), line)
	}
}

// leastOf has the least arguments of the commands that take no line without.
var leastOf = map[string]string{
	"backup": "new.db", "move": "http://a http://b", "copy": "--from a.db --to b.db", "get": "m1",
	"join": "tea --as Ann", "keys add": "Ann", "keys renew": "Ann", "keys revoke": "Ann", "sign-ins revoke": "x",
	"accounts revoke": "x", "accounts restore": "x", "manage": "mute Bob", "put": "a.txt", "remove": "m1",
	"say": "hi", "task": "add tea", "prove": "t7 make",
}

func TestParseAlone_readsEachCommandAsParse_forATenthOfItsAllocations(t *testing.T) {
	atHome(t)
	parser, err := newParser(&commandLine{}, io.Discard, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range parser.Model.Leaves(true) {
		name := strings.TrimPrefix(command.FullPath(), "parley ")
		line := strings.Fields(name + " " + leastOf[name])
		whole, err := read(parser, line)
		if err != nil {
			t.Fatal(err)
		}
		alone := parseAlone(line)
		switch {
		case name == "demo" || name == "sign-ins list" || name == "sign-ins revoke":
			if alone != nil {
				t.Errorf("%s is read alone", name)
			}
		case alone == nil:
			t.Errorf("%s is not read alone", name)
		case alone.Command() != whole.Command() ||
			!reflect.DeepEqual(alone.Selected().Target.Interface(), whole.Selected().Target.Interface()):
			t.Errorf("%s alone: %+v\nwith the others: %+v", name, alone.Selected().Target, whole.Selected().Target)
		}
	}
	all := testing.AllocsPerRun(5, func() { parse([]string{"demo"}, io.Discard) })
	if alone := testing.AllocsPerRun(5, func() { parse([]string{"hook"}, io.Discard) }); alone > all/10 {
		t.Errorf("parley hook allocates %.0f times, and the whole grammar %.0f", alone, all)
	}
}

func TestCommands_badValueOfEachFlag_isRefusedInOneLineThatNamesTheHelp(t *testing.T) {
	atHome(t)
	parser, err := newParser(&commandLine{}, io.Discard, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	flags := 0
	for _, command := range parser.Model.Leaves(true) {
		name := strings.TrimPrefix(command.FullPath(), "parley ")
		line := strings.Fields(name + " " + leastOf[name])
		for _, flag := range slices.Concat(command.AllFlags(true)...) {
			bad := []string{""}
			switch {
			case flag.Name == "help", flag.Name == "version", flag.Name == "description": // a description may be ""
				continue
			case flag.Enum != "":
				bad = append(bad, "none")
			case flag.IsBool():
				bad = []string{"perhaps"}
			case flag.Target.CanInt(): // "" is the usual limit
				bad = []string{"many"}
			}
			flags++
			for _, bad := range bad {
				if _, err := read(parser, append(line, "--"+flag.Name+"="+bad)); err == nil ||
					!strings.Contains(err.Error(), "--"+flag.Name) || strings.Contains(err.Error(), `"",`) ||
					!strings.HasSuffix(err.Error(), "; see "+command.FullPath()+" --help") {
					t.Errorf("%s --%s=%s: %v", name, flag.Name, bad, err)
				}
			}
		}
	}
	if flags < 150 {
		t.Errorf("only %d flags were found", flags)
	}
}

// An agent writes the number of seconds, as its own tools take it.
func TestCommands_numberForATime_isSeconds(t *testing.T) {
	atHome(t)
	parser, err := newParser(&commandLine{}, io.Discard, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	flags := 0
	for _, command := range parser.Model.Leaves(true) {
		name := strings.TrimPrefix(command.FullPath(), "parley ")
		for _, flag := range slices.Concat(command.AllFlags(true)...) {
			for _, value := range []string{"=50", " 50", "=50s"} {
				least := strings.Fields(leastOf[name])
				if name == "task" {
					least = []string{"check", "t7", "make"} // its only action that takes a time
				}
				var got time.Duration
				switch flag.Target.Interface().(type) {
				case time.Duration, *time.Duration, within:
				default:
					continue
				}
				flags++
				_, err := read(parser, slices.Concat(strings.Fields(name+" --"+flag.Name+value), least))
				switch is := reflect.Indirect(flag.Target).Interface().(type) {
				case time.Duration:
					got = is
				case within:
					got = is.For
				}
				if want := 50 * time.Second; err != nil || got != want {
					t.Errorf("%s --%s%s: %s, %v", name, flag.Name, value, got, err)
				}
			}
		}
	}
	if flags < 3*8 {
		t.Errorf("only %d values were read", flags)
	}
	if _, err := read(parser, []string{"say", "--wait", "3.14"}); err != nil {
		t.Errorf("a text behind --wait: %v", err)
	}
}

func TestCommands_valueThatCanNeverBeRight_isRefused(t *testing.T) {
	atHome(t)
	long := strings.Repeat("x", 40_000)
	for name, lines := range map[string][][]string{
		"join": {{"tea", "--as", "a:b"}, {"tea", "--as", "Server"}, {long, "--as", "Ann"}, {"tea", "--as", "Ann",
			"--capacity", "0"}, {"--new", "--as", "Ann", "--description", long},
			{"tea", "--as", "Ann", "--new", "--wait"}, {"tea", "--as", "Ann", "--capacity", "3", "--wait"}},
		"room": {{"--name", long}, {"--capacity", "1"}, {"--capacity", "101"}, {"--agent-messages", "-1"},
			{"--agent-messages", "10001"}, {"--description", long}},
		"say":   {{long}, {" "}, {"a", "-"}, {"a\x1bb"}, {"hi", "--wait=soon"}, {"hi", "--to", "Bob,,Cy"}},
		"leave": {{long}}, "agreed": {{"--write"}},
		"put":  {{"a.txt", "--name", long}, {"a.txt", "--name", ".."}, {"a.txt", "--note", long}},
		"get":  {{""}, {" "}},
		"wait": {{"--timeout", "0s"}},
		"task": {{"add", long}, {"add", "tea", "--text", long}, {"finish", "t1", long}, {"edit", "t1"}, {"take", "t1",
			"now"}, {"dance"}, {"check", "t1"}, {"check", "t1", "same"}, {"check", "t1", "fine", "--exit", "0"},
			{"check", "t1", "cannot", "--exit", "1"}, {"check", "t1", "differs", "--exit", "256"},
			{"check", "t1", "cannot", "--text", "why"}, {"finish", "t1", "--exit", "0"},
			{"finish", "t1", "--timeout", "1m"},
			{"check", "t1", "same", "--exit", "0", "--timeout", "1m"}, {"check", "t1", "--timeout", "0s", "--", "make"},
			{"check", "t1", "--before", "t2", "--", "make"}, {"check", "t1", "--exit", "0", "--", "make"}},
		"prove": {{"t1"}, {"--again", "t1", "--", "make"}, {"t1", "--timeout", "0s", "--", "make"}, {"t1", "--in",
			"/nowhere", "--", "make"}, {"t1", "--", long}, {"t1", "--", "a\nb"}, {"t1", "make", "-j"}},
		"manage": {{"mute", "Bob", "--note", long}, {"mute", long}, {"dance", "Bob"}, {"", "Bob"}},
		"supervise": {{"reject", "m1", strings.Repeat("x", 201)}, {"edit", "m1", long}, {"approve", "perhaps"},
			{"approve", "private,perhaps"}, {"approve", "private,"}, {"approve", "private", "files"},
			{"approve", "on,files"},
			{"send"}, {""}},
		"rooms":      {{"-n", "0"}, {""}},
		"history":    {{"-n", "0"}, {"--minutes", "--follow"}},
		"connect":    {{""}, {"emacs"}},
		"keys add":   {{"Ann", "--days", "0"}, {"Ann", "--days", "100000"}, {""}},
		"check":      {{""}},
		"completion": {{"tcsh"}},
		"watch":      {{""}},
		"hooks":      {{""}, {"tea", "--end", ""}, {"add", ""}, {"add", "https://example.com/", ""}},
		"agents":     {{"add"}, {"add", ""}, {"end"}, {"list", "a", "b"}, {"dance"}, {"list", "--name", "Bot"}},
		"doctor":     {{"--wait", "0s"}},
	} {
		for _, line := range lines {
			wrong(t, "parley "+name, append(strings.Fields(name), line...)...)
		}
	}
	for _, args := range [][]string{{"connect"}, {"doctor"}, {"supervise"}, {"room", "--description="}} {
		if _, err := parse(args, io.Discard); err != nil { // an absent choice, and a removed description
			t.Errorf("%q: %v", args, err)
		}
	}
}

func TestParse_argumentThatIsNotUTF8_isRefused(t *testing.T) {
	if _, err := parse([]string{"say", "caf\xe9"}, io.Discard); err == nil ||
		!strings.Contains(err.Error(), `"caf\xe9" is not UTF-8`) {
		t.Errorf("%v", err)
	}
}

func TestParse_unknownCommand_saysWhatWasMeant(t *testing.T) {
	atHome(t)
	for args, want := range map[string]string{"srve": "serve", "key add Ann": "keys add Ann",
		"hsitory --agreed": "history --agreed", "conect claude-code": "connect claude-code", "talk": "task", "xy": "",
		"ls": "rooms", "task claim t1": "task take t1", "task close t1": "task finish t1",
		"task new tea":       "task add tea",
		"task assign t1 Bob": "task edit ID --for NAME", "tasks claim t1": "task take t1",
		"tasks finish t1": "task finish t1", "kick Bob": "manage kick Bob", "upload a.txt": "put a.txt",
		"send hi --new": "say hi --new", "pause": "supervise pause", "task list": "tasks",
		"tasks add tea": "task add tea",
		"task done t1":  "task finish t1", "room list": "rooms", "manage remove Bob": "manage kick Bob",
		"supervise stop": "supervise pause", "supervise refuse m1": "supervise reject m1", "connect list": "connect",
		"keys lsit":         "keys list",
		"tell Bob 'my pin'": "say --to NAME TEXT", "ask Bob why": "say --ask NAME TEXT", "take t1": "task take t1",
		// No word stands for its opposite.
		"supervise unpause": "supervise resume", "supervise unapprove": "supervise approve off",
		"manage unkick Cy": "manage unban Cy", "task untake t1": "task unassign t1", "unleave hello": "", "unwatch": "",
		"accounts rvoke x": "accounts revoke x", "sign-ins revok x": "sign-ins revoke x"} {
		_, err := parse(strings.Fields(args), io.Discard)
		if err == nil || (want != "") != strings.Contains(err.Error(),
			"; perhaps you mean: parley "+want+"; see parley ") {
			t.Errorf("%s: %v", args, err)
		}
	}
}

func TestOtherCommands_wrongWordsAreNoCommands_andTheRightOnesAre(t *testing.T) {
	parser, err := newParser(&commandLine{}, io.Discard, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	for wrong, right := range otherCommands {
		if unknown(parser.Model.Node, strings.Fields(wrong)) == "" && len(strings.Fields(wrong)) == 1 {
			t.Errorf("%s is a command", wrong)
		}
		if missing := unknown(parser.Model.Node, strings.Fields(right)); missing != "" {
			t.Errorf("%s is suggested as %q, and there is no %s", wrong, right, missing)
		}
		word := strings.Fields(right)[1:]
		if len(word) > 0 && strings.HasPrefix(right, "task ") && !slices.Contains(taskActions, word[0]) {
			t.Errorf("%s is suggested as %q", wrong, right)
		}
	}
}

func TestParse_unknownCommandBelowAnother_saysWhichThereAre(t *testing.T) {
	atHome(t)
	for args, want := range map[string]string{
		"keys dance": "there is no command keys dance: choose one of add, list, renew, revoke; see parley keys --help",
		"keys unrevoke x": "there is no command keys unrevoke: choose one of add, list, renew, revoke; see parley " +
			"keys --help",
		"manage depromote Cy": `<do> must be one of "promote","demote","mute","unmute","kick","ban","unban" but got ` +
			`"depromote"; see parley manage --help`,
		"accounts end": "there is no command accounts end: choose one of list, revoke, restore; see parley accounts " +
			"--help",
		"task lst": `<do> must be one of "add","take","unassign","finish","cancel","edit","check" but got "lst"; see ` +
			"parley task --help",
		"task ad tea": `<do> must be one of "add","take","unassign","finish","cancel","edit","check" but got "ad": ` +
			"perhaps you mean add; see parley task --help",
		"task": "task: say what to do: add, take, unassign, finish, cancel, edit or check; see parley task " +
			"--help",
	} {
		if _, err := parse(strings.Fields(args), io.Discard); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", args, err, want)
		}
	}
}

func TestParse_unknownClient_saysWhichWasMeant(t *testing.T) {
	atHome(t)
	for args, want := range map[string]string{"connect claude": "claude-code or claude-desktop",
		"connect codx": "codex", "doctor --client Claude-code": "claude-code"} {
		_, err := parse(strings.Fields(args), io.Discard)
		if command, _, _ := strings.Cut(args, " "); err == nil || !strings.HasSuffix(err.Error(),
			": perhaps you mean "+want+"; see parley "+command+" --help") {
			t.Errorf("%s: %v", args, err)
		}
	}
}

func TestParse_argumentThatIsNeededIsEmpty_isNotToBeLeftOut(t *testing.T) {
	atHome(t)
	if _, err := parse([]string{"keys", "add", ""}, io.Discard); err == nil ||
		!strings.HasSuffix(err.Error(), "is empty: give it a value; see parley keys add --help") {
		t.Errorf("%v", err)
	}
}

func TestClientSecret_fileOfAnEditorOfWindows_isReadWithoutItsMark(t *testing.T) {
	file := filepath.Join(t.TempDir(), "client-secret")
	if err := os.WriteFile(file, []byte("\ufeffsecret\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := (&settings{SignInClientSecretFile: file}).clientSecret(t.Context())
	if got != "secret" || err != nil {
		t.Errorf("the secret is %q, %v", got, err)
	}
}
