package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/cli/connect"
	"github.com/parley-chat/parley/internal/cli/shell"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/server/app"
)

// settings are the flags of parley serve. Each can also be an environment
// variable; the flag wins.
type settings struct {
	Addr string `env:"PARLEY_ADDR" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Listen on this address (${default}). Port 0 picks a free port. A HOST other than 127.0.0.1 lets other machines connect."`
	Data string `env:"PARLEY_DATA" placeholder:"FILE" help:"Store the rooms in this file, which is created in an existing folder (${data})."`
	app.Settings
	SignInClientSecretFile string `name:"sign-in-client-secret-file" env:"PARLEY_SIGN_IN_CLIENT_SECRET_FILE" placeholder:"FILE" help:"With --sign-in-issuer: the file with the client secret. It is read at each sign-in, so you can change it."`
	MetricsAddr            string `env:"PARLEY_METRICS_ADDR" placeholder:"HOST:PORT" help:"Serve metrics for Prometheus here, at /metrics, to everyone who can reach this address."`
}

// Validate is called by kong.
func (s *settings) Validate() error {
	if err := checkListenAddr("addr", s.Addr); err != nil {
		return err
	}
	if err := checkListenAddr("metrics-addr", s.MetricsAddr); s.MetricsAddr != "" && err != nil {
		return err
	}
	if s.Data != "" && s.Table != "" {
		return errors.New("--data and --table cannot be used together: the rooms are either in a file or in a " +
			"DynamoDB table")
	}
	if s.CreateTable && s.Table == "" {
		return errors.New("--create-table needs --table NAME")
	}
	if err := s.Settings.Validate(); err != nil {
		return err
	}
	if (s.SignInIssuer == "") != (s.SignInClientSecretFile == "") {
		return app.Invalid("sign-in-client-secret-file", s.SignInClientSecretFile,
			"needs --sign-in-issuer: the file has the client secret that the provider shows beside the client id")
	}
	if s.SignInIssuer == "" {
		return nil
	}
	_, err := s.clientSecret(context.Background())
	return err
}

// clientSecret reads the secret that identifies this server to the provider of accounts.
func (s *settings) clientSecret(context.Context) (string, error) {
	text, err := os.ReadFile(s.SignInClientSecretFile)
	secret := strings.TrimSpace(strings.TrimPrefix(string(text), sanitize.ByteOrderMark)) // of an editor of Windows
	if err == nil && secret == "" {
		err = errors.New("the file is empty")
	}
	if err != nil {
		return "", app.Invalid("sign-in-client-secret-file", s.SignInClientSecretFile, err.Error())
	}
	return secret, nil
}

// AfterApply is called by kong after the line was read.
func (s *settings) AfterApply() error {
	if s.Data == "" && s.Table == "" {
		s.Data = defaultFile()
	}
	return nil
}

// checkListenAddr returns an error unless addr is a host and a port.
func checkListenAddr(flag, addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return app.Invalid(flag, addr, "must be a host and a port, such as 127.0.0.1:8080")
	}
	if _, err := net.LookupPort("tcp", port); err != nil || port == "" {
		return app.Invalid(flag, addr, fmt.Sprintf("has the port %q; a port is a number from 0 to 65535", port))
	}
	return nil
}

// commandLine is the command line for kong: each command with its flags, in the order of the help. What people type
// every day comes first.
type commandLine struct {
	Version versionFlag `help:"Print the version and exit."`
	Given   given       `embed:""`

	Join    joinCommand    `cmd:"" group:"Every day" help:"Take a seat in a room."`
	Invite  inviteCommand  `cmd:"" group:"Every day" help:"Print the line that brings another agent into the room."`
	Say     sayCommand     `cmd:"" group:"Every day" help:"Say something in a room, and wait for the answer."`
	Wait    waitCommand    `cmd:"" group:"Every day" help:"Wait until something is said."`
	Tail    tailCommand    `cmd:"" group:"Every day" help:"Follow a room."`
	Who     whoCommand     `cmd:"" group:"Every day" help:"Show who is in a room."`
	History historyCommand `cmd:"" group:"Every day" help:"Show what was said."`
	Put     putCommand     `cmd:"" group:"Every day" help:"Share a file in a room."`
	Get     getCommand     `cmd:"" group:"Every day" help:"Save a file that somebody shared."`
	Watch   watchCommand   `cmd:"" group:"Every day" help:"Open your agent's link, to read along and speak in its room."`

	Supervise  superviseCommand  `cmd:"" group:"More for people and scripts" help:"Pause your agent, or decide what it says."`
	Demo       demoCommand       `cmd:"" group:"More for people and scripts" help:"See two agents talk, and decide about a message, in half a minute."`
	Tasks      tasksCommand      `cmd:"" group:"More for people and scripts" help:"Show the to-do list of a room."`
	Task       taskCommand       `cmd:"" group:"More for people and scripts" help:"Change the to-do list of a room."`
	Prove      proveCommand      `cmd:"" group:"More for people and scripts" help:"Finish a task with the command that was run for it, or run that of others again."`
	Agreed     agreedCommand     `cmd:"" group:"More for people and scripts" help:"Compare files of a repository with what was agreed on."`
	Room       roomCommand       `cmd:"" group:"More for people and scripts" help:"Show or change a room: seats, password, description, name."`
	Manage     manageCommand     `cmd:"" group:"More for people and scripts" help:"Mute, remove or promote an agent of a room."`
	Remove     removeCommand     `cmd:"" group:"More for people and scripts" help:"Remove the text of a message, and its file."`
	Rooms      roomsCommand      `cmd:"" group:"More for people and scripts" help:"List public rooms, or your own."`
	Hooks      hooksCommand      `cmd:"" group:"More for people and scripts" help:"Show or end the addresses that are called when something is new, or add a webhook."`
	Agents     agentsCommand     `cmd:"" group:"More for people and scripts" help:"Add an A2A agent to a room, or list those that you have added."`
	Leave      leaveCommand      `cmd:"" group:"More for people and scripts" help:"Give your seat up."`
	Forget     forgetCommand     `cmd:"" group:"More for people and scripts" help:"Forget a seat on this machine."`
	Move       moveCommand       `cmd:"" group:"More for people and scripts" help:"Take your seats and your key along to another address of their server."`
	Completion completionCommand `cmd:"" group:"More for people and scripts" help:"Let a shell complete the commands of parley."`

	Connect connectCommand `cmd:"" group:"Agents" help:"Add a server to Claude Code, Codex or another client."`
	Doctor  doctorCommand  `cmd:"" group:"Agents" help:"Find out what keeps agents from talking, and how to fix it."`
	Standby standbyCommand `cmd:"" group:"Agents" help:"Wait in all your rooms, and wake your agents or notify you when something is new."`
	Hook    hookCommand    `cmd:"" group:"Agents" help:"Serve a hook of Claude Code or Codex. They run it."`
	Bridge  bridgeCommand  `cmd:"" group:"Agents" help:"Connect a client without HTTP, such as Claude Desktop: an MCP server on standard input and output."`

	Serve    serveCommand    `cmd:"" default:"withargs" group:"Server" help:"Serve MCP over HTTP. Flags without a command are for serve."`
	Copy     copyCommand     `cmd:"" group:"Server" help:"Copy rooms and keys from one file or DynamoDB table to another."`
	Backup   backupCommand   `cmd:"" group:"Server" help:"Back up the file with the rooms to a new file, even while it is served."`
	Check    checkCommand    `cmd:"" group:"Server" help:"Read a whole file, even while it is served, and report damage."`
	Keys     keysCommand     `cmd:"" group:"Server" help:"Make, list, renew and revoke the keys of a server, even while it runs."`
	SignIns  signInsCommand  `cmd:"" name:"sign-ins" group:"Server" help:"List the programs that are signed in, and end a sign-in."`
	Accounts accountsCommand `cmd:"" group:"Server" help:"List the accounts of people, and revoke or restore one."`
}

// versionFlag prints the version. No other command looks for what tells two builds apart.
type versionFlag bool

// BeforeReset is called by kong if the flag is there.
func (versionFlag) BeforeReset(k *kong.Kong) error {
	fmt.Fprintln(k.Stdout, "parley "+app.Build())
	k.Exit(0)
	return nil
}

// newParser returns the parser of line, which points to a commandLine or to a struct with some fields of it. For the
// help and the version the parser writes to stdout, and then calls exit.
func newParser(line any, stdout io.Writer, exit func(int)) (*kong.Kong, error) {
	return kong.New(line,
		kong.Name("parley"),
		kong.Description(`Rooms in which AI agents of different people talk to each other, over one MCP address. To see two agents talk first: parley demo

To let yours talk:

`+firstSteps()+`

An agent in a shell needs no other help than this. Each command shows what came meanwhile, and ends with what to do next.

    parley join ROOM --as NAME        with --new --capacity N: makes the room, and prints the invite
    parley say TEXT --wait            waits for the answers; with --ask NAMES, --to NAMES (private), --reply-to ID; - for TEXT reads a pipe
    parley say TEXT --kind proposal   all who are here vote on TEXT; to replace what was agreed, --reply-to ID
    parley say --kind agree --reply-to ID, or say WHY --kind object --reply-to ID
    parley wait                       until something is said, at most 280 seconds; --away TIME says that you are away
    parley task add TITLE             with --for NAMES, --text DETAILS, --after IDS
    parley task take ID               then prove ID -- COMMAND, which tests it, or task finish ID WORDS
    parley tasks, tasks --closed, history, history --agreed, who
    parley put FILE, get ID -o FILE   with put --propose: all who are here vote on the file
    parley agreed --write FILE        lists an agreed file in .parley/agreed, for sha256sum --strict -c
    parley say TEXT --kind done, then leave`),
		kong.Vars{"data": defaultFile(), "clients": strings.Join(connect.IDs(), ", "), "kinds": kinds()},
		kong.Writers(stdout, stdout),
		kong.Exit(exit),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.TypeMapper(reflect.TypeFor[time.Duration](), kong.MapperFunc(decodeTime)),
		kong.WithHyphenPrefixedParameters(true), // so that the error for --max-waits -1 is about the value
	)
}

// parse reads the command line, without the program's name, and the environment. parse returns nil after writing the
// help or the version to stdout: nothing is left to do. An error says what to change.
func parse(args []string, stdout io.Writer) (*kong.Context, error) {
	if command := parseAlone(args); command != nil {
		return command, nil
	}
	done := false
	parser, err := newParser(&commandLine{}, stdout, func(int) { done = true })
	if err != nil {
		return nil, err
	}
	if len(args) > 0 && args[0] == "demo" {
		ignoreEnvironment(parser)
	}
	if completed(parser) {
		return nil, nil
	}
	switch { // people type these words
	case len(args) > 0 && args[0] == "help":
		args = append(args[1:], "--help")
	case len(args) == 0: // somebody looks for help
		args = []string{"--help"}
	case len(args) == 1 && args[0] == "version":
		args = []string{"--version"}
	}
	command, err := read(parser, args)
	if done {
		return nil, nil
	}
	return command, err
}

// parseAlone is parse with a parser that knows only the command that args begin with: kong takes some 10 ms to learn
// all of them, and clients run parley hook beside each call of a tool. parseAlone returns nil for a line that needs
// more: for what kong writes by itself, for a refusal, which may name other commands, and for demo, which reads no
// environment.
func parseAlone(args []string) *kong.Context {
	if len(args) == 0 || args[0] == "demo" || os.Getenv("COMP_LINE") != "" {
		return nil
	}
	whole := reflect.TypeFor[commandLine]()
	command, found := whole.FieldByNameFunc(func(name string) bool { return strings.ToLower(name) == args[0] })
	check, _ := whole.FieldByName("Given")
	if !found || command.Name == check.Name {
		return nil
	}
	line, written := reflect.New(reflect.StructOf([]reflect.StructField{check, command})), false
	parser, err := newParser(line.Interface(), io.Discard, func(int) { written = true })
	if err != nil {
		return nil
	}
	got, err := read(parser, args)
	if err != nil || written {
		return nil
	}
	return got
}

// read is parse with a given parser.
func read(parser *kong.Kong, args []string) (*kong.Context, error) {
	for _, arg := range args {
		if !utf8.ValidString(arg) { // JSON would hold another text
			return nil, fmt.Errorf("the argument %q is not UTF-8: convert it, for example with iconv", arg)
		}
	}
	command, err := parser.Parse(args)
	if err != nil {
		if no := noCommand(parser.Model.Node, args); no != nil {
			return nil, no
		}
		why := strings.TrimSuffix(strings.NewReplacer(`"",`, "", `,""`, "").Replace(err.Error()), ".")
		why = optional.ReplaceAllString(why, "$1")
		why = ofLetter.ReplaceAllString(why, "$1")
		why = numberless.ReplaceAllString(why, " needs a value: a whole number")
		why = strings.Replace(why, ": needs a value", " needs a value", 1)
		if other := otherFlag(why, err); other != "" {
			why, _, _ = strings.Cut(why, ", did you mean ")
			why += ": perhaps you mean " + other
		} else if strings.HasPrefix(why, "unknown flag ") && len(arguments(err)) > 0 {
			why += "; put -- before a word that begins with a hyphen and is no flag"
		}
		why = ofNumber.ReplaceAllString(why, "expected a whole number but got $1")
		why += oneOf(why)
		why = missing.ReplaceAllString(why, "$1 is missing")
		if flags, lacks := strings.CutPrefix(why, "missing flags: "); lacks {
			why = "add what is missing: " + strings.NewReplacer("=", " ", ", ", " ").Replace(flags)
		}
		help := commandIn(command, err)
		if early := early(parser.Model.Node, args, why); early != "" {
			why, help = why+": write flags behind the command", "parley "+early
			if args[0] == "-v" {
				why += ", and -v of go run before ./cmd/parley"
			}
		} else if why == "unknown flag -v" {
			why += ": perhaps you mean --version"
		}
		if word, unknown := strings.CutPrefix(why, "unexpected argument"); unknown && help == "parley" {
			why = "there is no command" + word
		} else if unknown {
			why += misplaced(strings.TrimSpace(word), help, args, err)
		}
		if before, lines, several := strings.Cut(why, " \n"); several { // commands, one a line
			return nil, fmt.Errorf("%s\n%s\nSee %s --help", before, lines, help)
		}
		return nil, fmt.Errorf("%s; see %s --help", why, help)
	}
	return command, nil
}

// optional matches an optional argument at the beginning of kong's refusal.
var optional = regexp.MustCompile(`^\[(<[^>]*>)\]`)

// numberless matches kong's refusal of a flag without its number at the end of a line.
var numberless = regexp.MustCompile(`: expected an int but got "EOL" \(<nil>\)$`)

// ofLetter matches kong's refusal of a word with one hyphen, with the likely flags: for so short a name none is likely.
var ofLetter = regexp.MustCompile(`^(unknown flag -[^-].*), did you mean .*\?$`)

// otherFlags are what is right, each for wrong names of flags that people try. Where it names flags, the command must
// have the first of them.
var otherFlags = synonyms(map[string]string{"--capacity N": "seats size max", "--addr 127.0.0.1:PORT": "port",
	"--addr HOST:PORT": "host listen", "--data FILE": "db", "--as NAME": "name agent nick user username nickname",
	"--url URL": "server", "--to NAME": "private dm", "--note TEXT": "reason", "--lines N": "limit last",
	"--undo": "remove", "--days N": "expires", "--new": "create", "--wait TIME": "timeout",
	"--timeout TIME": "within wait", "ROOM without a flag": "room",
	"to set PARLEY_PASSWORD, or to type the password when asked (others can see a command line); --lock sets one": "" +
		"password pass passwd pw secret",
	"to set PARLEY_KEY, with the address of its server in PARLEY_URL and without --url (others can see a command " +
		"line)": "key api-key token"})

// flagIn matches the name of a flag in a text.
var flagIn = regexp.MustCompile(`--([a-z-]+)`)

// otherFlag returns what is right for a wrong name in otherFlags; "" if the command does not have the flag, or takes no
// room.
func otherFlag(why string, err error) string {
	tried, _ := strings.CutPrefix(why, "unknown flag --")
	tried, _, _ = strings.Cut(tried, ",")
	other, wrong := otherFlags[tried], new(kong.ParseError)
	flag := flagIn.FindStringSubmatch(other)
	switch {
	case other == "", !errors.As(err, &wrong), flag != nil && !hasFlag(wrong.Context, flag[1]):
		return ""
	case flag == nil && !slices.ContainsFunc(arguments(err), func(a *kong.Positional) bool { return a.Name == "room" }):
		return ""
	}
	return other
}

// arguments returns the arguments of the command in a line that kong refuses. The words of these arguments may begin
// with a hyphen.
func arguments(err error) []*kong.Positional {
	wrong := new(kong.ParseError)
	if !errors.As(err, &wrong) || wrong.Context.Selected() == nil {
		return nil
	}
	return wrong.Context.Selected().Positional
}

// tooMany says what the command takes if a line has one argument too many. Quotes help if the last argument may have
// several words: if the argument is no id, no address, and no choice. The line of an invite has double quotes, so only
// single quotes keep the line whole.
func tooMany(command string, args []string, takes []*kong.Positional) string {
	given := strings.Join(args, " ")
	switch {
	case len(takes) == 0:
		return ": " + command + " takes none"
	case strings.Contains(given, "join_room"):
		return "; put the line of an invite in single quotes: 'LINE'"
	case strings.ContainsAny(given, curlyQuotes):
		return "; put words that belong together in quotes, and type those: a shell reads no curly ones"
	}
	last := takes[len(takes)-1]
	if last.Enum == "" && !slices.Contains([]string{"id", "link", "new"}, last.Name) {
		return "; put words that belong together in quotes"
	}
	var names []string
	for _, one := range takes {
		names = append(names, "<"+one.Name+">")
	}
	return ": " + command + " takes no more than " + strings.Join(names, " ")
}

// misplaced says what helps against one argument too many: a flag of the same name, or --room if the command has no
// argument for a room, or else what the command takes.
func misplaced(word, command string, args []string, err error) string {
	takes, wrong := arguments(err), new(kong.ParseError)
	if !errors.As(err, &wrong) {
		return ""
	}
	switch why := tooMany(command, args, takes); {
	case hasFlag(wrong.Context, word):
		return ": perhaps you mean --" + word
	case len(takes) == 0 && hasFlag(wrong.Context, "room"):
		return why + "; for a room write --room " + pasted(word)
	default:
		return why
	}
}

// hasFlag reports whether a flag of the command has the name.
func hasFlag(command *kong.Context, name string) bool {
	return slices.ContainsFunc(command.Flags(), func(f *kong.Flag) bool { return f.Name == name })
}

// early returns the command behind an unknown flag at the beginning of a line; "" if there is none.
func early(program *kong.Node, args []string, why string) string {
	if !strings.HasPrefix(why, "unknown flag ") || !strings.HasPrefix(args[0], "-") {
		return ""
	}
	for _, arg := range args[1:] {
		if slices.ContainsFunc(program.Children, func(n *kong.Node) bool { return n.Name == arg }) {
			return arg
		}
	}
	return ""
}

// ofNumber matches kong's refusal of a text in place of a number.
var ofNumber = regexp.MustCompile(`expected a valid 64 bit int but got (".*")$`)

// missing matches kong's refusal of a line without a needed argument.
var missing = regexp.MustCompile(`expected "(<[^"]*>)"`)

// choice matches kong's refusal of a word that is no choice.
var choice = regexp.MustCompile(`must be one of (".*") but got "(.+)"$`)

// oneOf returns the choices that somebody may have meant: choices that begin with the word, or differ from it by a
// letter or two. oneOf returns "" if there is no such choice, or if why is another refusal.
func oneOf(why string) string {
	found := choice.FindStringSubmatch(why)
	if found == nil {
		return ""
	}
	given, likely := found[2], []string(nil)
	for _, one := range strings.Split(strings.Trim(found[1], `"`), `","`) {
		if d := distance(one, given); strings.HasPrefix(one, given) || d < 3 && d <= len(given)/2 &&
			!undoes(one, given) {
			likely = append(likely, one)
		}
	}
	if len(likely) == 0 {
		return ""
	}
	return ": perhaps you mean " + strings.Join(likely, " or ")
}

// otherCommands are the right commands for wrong words that people try. A command with a word in capital letters is
// whole: the person fills the word in.
var otherCommands = synonyms(map[string]string{
	"serve": "start run up", "demo": "try", "connect": "install setup connect~list",
	"connect CLIENT --undo": "uninstall disconnect",

	"say": "send chat write post speak", "say --reply-to ID TEXT": "reply answer", "tail": "follow listen",
	// What follows is mostly a name, and the words for it may be private.
	"say --to NAME TEXT": "tell dm pm msg whisper", "say --ask NAME TEXT": "ask",
	"history": "read show log messages search", "join": "enter",
	"join ROOM --as NAME":            "create new login signup register room~create room~new rooms~create",
	"say --kind agree --reply-to ID": "agree vote", "say --kind object --reply-to ID WHY": "object disagree",
	"say --kind proposal TEXT": "propose", "history --markdown": "export", "wait --away TIME": "away brb absent",
	"leave": "quit exit part bye", "who": "members people users", "invite": "share-link link",
	"put": "upload share", "get": "download fetch save",

	"rooms": "list ls room~list", "rooms --mine": "mine seats whoami status",
	"room --name NAME": "rename", "room --lock": "password lock", "room --close": "close",
	"room": "info settings", "remove": "delete rm redact", "agents add": "agents~invite agents~new agents~create",
	"agents end": "agents~remove agents~delete agents~rm", "watch": "open",
	"supervise pause":  "pause supervise~stop supervise~hold",
	"supervise resume": "resume supervise~start supervise~unpause supervise~continue",

	"supervise approve on": "approve", "supervise approve off": "supervise~unapprove supervise~disapprove",
	"supervise reject": "reject supervise~refuse supervise~deny supervise~drop",
	"supervise send":   "supervise~accept supervise~allow supervise~ok", "supervise drafts": "drafts supervise~list",
	"manage kick": "kick manage~remove manage~delete", "manage ban": "ban manage~block",
	"manage unban": "unban manage~unblock manage~unkick", "manage mute": "mute",
	"manage unmute": "unmute", "manage promote": "promote manage~admin", "manage demote": "demote",

	"tasks":          "todo todos task~list task~ls task~show",
	"tasks --closed": "task~closed",
	"task add":       "task~create task~new task~make",
	"task take":      "task~claim task~start task~grab task~accept claim take",
	"task finish":    "task~done task~complete task~close task~end task~resolve finish",
	"task unassign":  "task~release task~unclaim task~untake task~return task~give",
	"task cancel":    "task~drop task~delete task~remove task~rm",
	"task edit":      "task~change task~update task~rename",

	"task edit ID --for NAME": "task~assign assign",
	"hooks ROOM --end ID":     "hooks~end hooks~remove hooks~delete",
	"keys add":                "keys~create keys~new keys~make keys~generate", "keys list": "keys~ls keys~show",
	"keys revoke":     "keys~delete keys~remove keys~rm",
	"check":           "check~--data", // as other commands have it
	"sign-ins revoke": "sign-ins~delete sign-ins~remove sign-ins~end",
	"accounts revoke": "accounts~delete accounts~remove",
})

// synonyms turns right commands with their wrong words into wrong words with their right commands. A ~ stands for a
// blank.
func synonyms(wrong map[string]string) map[string]string {
	right := map[string]string{}
	for command, words := range wrong {
		for _, word := range strings.Fields(words) {
			right[strings.ReplaceAll(word, "~", " ")] = command
		}
	}
	return right
}

// noCommand refuses a line without a command, and names the likely command: from otherCommands, or with a name that
// differs by a letter or two. noCommand returns nil if the line has a command, and if no command is likely.
func noCommand(at *kong.Node, args []string) error {
	words := 0 // how many words are commands
	for words < len(args) {
		i := slices.IndexFunc(at.Children, func(n *kong.Node) bool { return n.Name == args[words] })
		if i < 0 {
			break
		}
		at, words = at.Children[i], words+1
	}
	for n := min(2, len(args)); n > 0; n-- {
		tried := strings.Join(args[:n], " ")
		other := otherCommands[tried]
		if more, of := strings.CutPrefix(tried, "tasks "); of && other == "" { // as task does
			other = otherCommands["task "+more]
			if slices.Contains(taskActions, more) {
				other = "task " + more
			}
		}
		switch {
		case other == "":
		case strings.ToLower(other) != other:
			return perhaps(at, args[:n], "parley "+other)
		default:
			return perhaps(at, args[:n], "parley "+strings.Join(append([]string{other}, args[n:]...), " "))
		}
	}
	if words == len(args) || len(at.Children) == 0 || strings.HasPrefix(args[words], "-") {
		return nil
	}
	nearest, away := "", 3 // more letters make another word
	var all []string
	for _, command := range at.Children {
		all = append(all, command.Name)
		if d := distance(command.Name, args[words]); d < away && d <= len(args[words])/2 &&
			!undoes(command.Name, args[words]) {
			nearest, away = command.Name, d
		}
	}
	tried := args[:words+1]
	switch {
	case nearest != "":
		return perhaps(at, tried, strings.Join(append([]string{at.FullPath(), nearest}, args[words+1:]...), " "))
	case words > 0:
		return fmt.Errorf("there is no command %s: choose one of %s; see %s --help", strings.Join(tried, " "),
			strings.Join(all, ", "), at.FullPath())
	}
	return nil
}

// perhaps refuses words that are no command.
func perhaps(at *kong.Node, tried []string, meant string) error {
	return fmt.Errorf("there is no command %s; perhaps you mean: %s; see %s --help", strings.Join(tried, " "), meant,
		at.FullPath())
}

// undoes reports whether one of two words means that what the other does is undone, as unpause and pause. They differ
// by a letter or two, and nobody means the one by the other.
func undoes(a, b string) bool {
	return slices.ContainsFunc([]string{"un", "de"}, func(not string) bool { return not+a == b || not+b == a })
}

// distance returns how many letters of a must be changed, added, removed or swapped with the next for b.
func distance(a, b string) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		for j := range d[i] {
			if i == 0 || j == 0 {
				d[i][j] = i + j
				continue
			}
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}

// given is the part of a command line that checks what was given.
type given struct{}

// AfterApply is called by kong before the command's own AfterApply. It refuses "" as the value of a flag or an
// argument: "" would mean "not given". Only a description may be "", which removes the old description.
func (given) AfterApply(command *kong.Context) error {
	for _, p := range command.Path {
		var v *kong.Value
		switch {
		case p.Flag != nil && p.Flag.Name != "description":
			v = p.Flag.Value
		case p.Positional != nil:
			v = p.Positional
		default:
			continue
		}
		switch given := reflect.Indirect(v.Target); {
		case given.Kind() != reflect.String && given.Kind() != reflect.Slice || given.Len() > 0:
		case v.Enum != "":
			return fmt.Errorf("%s must be one of %s but got \"\"", v.ShortSummary(), strings.TrimPrefix(v.Enum, ","))
		case v.Required:
			return fmt.Errorf("%s is empty: give it a value", v.ShortSummary())
		default:
			return fmt.Errorf("%s is empty: give it a value, or leave it out", v.ShortSummary())
		}
	}
	return nil
}

// right returns the first reason why a value is wrong for every server. The server has the same rules, but refuses only
// after the call, and in the words of its tools.
func right(checks ...error) error {
	for _, err := range checks {
		if refused := new(fault.Error); errors.As(err, &refused) {
			return errors.New(shell.ForPeople(refused.Message))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkSeats refuses a --capacity that no room can have.
func checkSeats(capacity *int) error {
	if capacity != nil && (*capacity < core.MinCapacity || *capacity > core.MaxCapacity) {
		return fmt.Errorf("--capacity must be from %d to %d", core.MinCapacity, core.MaxCapacity)
	}
	return nil
}

// checkName refuses a name that no room or no agent can have. The commands themselves check an empty name and, for a
// room, a link or a name with a password.
func checkName(check func(string) (ident.Name, error), given, others string) error {
	if given == "" || strings.ContainsAny(given, others) {
		return nil
	}
	if strings.ContainsAny(given, curlyQuotes) {
		return fmt.Errorf("%s has a curly quote, which no name may have and no shell reads: type ' or \" in its place",
			given)
	}
	_, err := check(given)
	return err
}

// curlyQuotes are the quotes of documents and chats, from which people paste.
const curlyQuotes = "“”„‟‘’‚‛«»"

// commandIn returns the command whose help has the flags of a command line: the default command if the line names none.
func commandIn(command *kong.Context, err error) string {
	if wrong := new(kong.ParseError); errors.As(err, &wrong) {
		command = wrong.Context
	}
	if command != nil && len(command.Args) > 0 && strings.HasPrefix(command.Args[0], "-") {
		return "parley serve"
	}
	unknown := err != nil && strings.HasPrefix(err.Error(), "unexpected argument") && len(command.Args) > 0 &&
		!slices.ContainsFunc(command.Model.Children, func(n *kong.Node) bool { return n.Name == command.Args[0] })
	if command != nil && command.Selected() != nil && !unknown {
		return command.Selected().FullPath()
	}
	return "parley"
}

// defaultFile returns a path in the user's configuration folder, or in the
// working folder if the user has none.
func defaultFile() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "parley.db"
	}
	return filepath.Join(dir, "parley", "parley.db")
}
