package e2e

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/creack/pty"

	"github.com/parley-chat/parley/e2e/internal/parts"
	"github.com/parley-chat/parley/e2e/internal/process"
)

func TestShell_twoPeople_talk(t *testing.T) {
	p := start(t)
	ann, bob := visitor(t, p), visitor(t, p)
	is, line := showsAs(t), "Add the MCP server "+p.url+" and call join_room with room \"tea\". No MCP? curl this "+
		"address without /mcp.\n"
	is(ann.does("join", "tea", "--as", "Ann"), "You are Ann in the new room tea: 1 of 2 seats are taken.\nTo invite "+
		"someone, send them this line:\n  "+line+
		"Only clients on your own computer can use it. For others, see "+
		"https://github.com/parley-chat/parley#with-somebody-else.\n")
	is(ann.does("invite"), line)
	is(bob.does("join", "tea", "--as", "Bob"), "You are Bob in the room tea: 2 of 2 seats are taken.\n")
	is(ann.does("say", "Which schema?", "--ask", "Bob"), "mID\n")
	asked := bob.does("wait")
	is(asked, "hh:mm Ann [asks \"Bob\"; mID]: Which schema?\n")
	if who := bob.does("who"); !strings.Contains(who, "tea: 2 of 2 seats taken\n  Ann  ") ||
		!strings.Contains(who, "\n  Bob  you") || !strings.Contains(who, "\nOpen: Ann asked \"Bob\" just now [") {
		t.Errorf("who shows\n%s", who)
	}
	is(bob.does("say", "Version 3.\nField net_total is gone.", "--reply-to", bob.idIn(asked)), "mID\n")
	is(ann.does("wait"), "hh:mm * joined: Bob\nhh:mm Bob [re mID]: Version 3.\n      Field net_total is gone.\n")
	is(bob.does("leave", "Bye,", "all"), "You have left tea.\n")
	is(ann.does("wait"), "hh:mm Bob: Bye, all\nhh:mm * left: Bob\n")
	is(ann.does("history", "-n", "2"), "hh:mm Bob: Bye, all\nhh:mm * left: Bob\n")
	is(ann.does("leave"), "You have left tea.\n")
	if len(ann.seats())+len(bob.seats()) > 0 {
		t.Error("seats are remembered that were given up")
	}
}

// The line of the README, in a real shell with real pipes.
func TestShell_pipeline_printsTheAnswerAndNothingElse(t *testing.T) {
	sh := parts.Need(t, "sh", "it runs the pipeline")
	p := start(t)
	ann, bob := visitor(t, p), visitor(t, p)
	ann.does("join", "review", "--as", "Ann")
	bob.does("join", "review", "--as", "Bob")
	diff := strings.Repeat("+\tx := 1 // naïve\n", 1500) // too long for one result of the server
	line := exec.Command(sh, "-c", `printf '%s\n' "$DIFF" | "$PARLEY" say - --room review --ask Bob --wait 1m`)
	line.Env = append(ann.command(t.Context()).Env, "DIFF="+diff, "PARLEY="+os.Getenv(process.BinaryEnv))
	var out, complaints process.Output
	line.Stdout, line.Stderr = &out, &complaints
	if err := line.Start(); err != nil {
		t.Fatal(err)
	}
	var asked answer
	for _, got := range jsonLines[answer](t, bob.does("wait", "--json")) {
		asked = got
	}
	if len(asked.Messages) != 1 || asked.Messages[0].Text != strings.TrimRight(diff, "\n") {
		t.Fatalf("Bob read %d messages, the first of %d bytes", len(asked.Messages), len(asked.Messages[0].Text))
	}
	bob.does("say", "One moment.", "--new") // no answer
	bob.does("say", "Looks\tgood:\n  merge it.", "--reply-to", asked.Messages[0].ID)
	if err := line.Wait(); err != nil {
		t.Errorf("%v: %s", err, &complaints)
	}
	if out.String() != "Looks\tgood:\n  merge it.\n" {
		t.Errorf("the pipeline printed %q", &out)
	}
	if got := plainly(complaints.String()); got != "hh:mm Bob: One moment.\n" {
		t.Errorf("beside the answer it printed %q", got)
	}
}

func TestShell_howCommandsEnd(t *testing.T) {
	p := start(t)
	ann, bob := visitor(t, p), visitor(t, p)
	ends := func(w *talker, code int, words string, arguments ...string) {
		t.Helper()
		if got := w.runs(arguments...); got.code != code || !strings.Contains(got.err, words) || got.out != "" {
			t.Errorf("parley %q: exit code %d, %q, %q; want %d and %q", arguments, got.code, got.out, got.err, code,
				words)
		}
	}
	ends(ann, 4, "You have no seat", "say", "hello")
	ann.does("join", "tea", "--as", "Ann")
	ann.does("join", "tea house", "--as", "Ann")
	ends(ann, 2, "--room 'tea house' --as Ann", "who")
	ends(ann, 2, "the text is missing", "say", "--room", "tea")
	ends(ann, 2, "such as 30s", "say", "x", "--wait=soon")
	ends(ann, 2, "PARLEY_PASSWORD", "join", "tea:secret", "--as", "Ann")
	ends(ann, 2, "at least one letter", "join", "tea", "--as", "\x1b]0;title\a")
	ends(ann, 1, "is nobody here", "say", "x", "--room", "tea", "--ask", "Nobody")
	ends(ann, 3, "Nothing came", "wait", "--room", "tea", "--timeout", "50ms")
	ends(ann, 3, "No answer", "say", "Anybody?", "--room", "tea", "--wait", "50ms")
	bob.does("join", "tea", "--as", "Bob")
	ends(visitor(t, p), 1, "full", "join", "tea", "--as", "Cy")
	talk{t, openGo(t, p.url, modernProtocol)}.ok("manage_agent",
		args{"agent_token": ann.seats()[0].Token, "agent_name": "Bob", "action": "kick"})
	ends(bob, 4, "Your seat in the room tea as Bob is gone", "say", "hello")
	ends(bob, 4, "You have no seat", "say", "hello")
	p.kill()
	for _, command := range [][]string{{"tail"}, {"wait"}, {"say", "x"}, {"who"}} {
		ends(ann, 5, "cannot be reached", append(command, "--room", "tea")...)
	}
}

// The person stops the server, follows the hint, and starts it over another file by mistake, which has other keys.
func TestShell_serverStartsOverAnotherFile_noSeatIsLost(t *testing.T) {
	for name, settings := range map[string][]string{"open": nil, "with keys": {"--access", "keys"}} {
		t.Run(name, func(t *testing.T) {
			p := start(t, settings...)
			ann := visitor(t, p)
			asHolder := func() *talker { // of a key of the server as it runs now; later commands have the key
				if settings == nil {
					return ann
				}
				return ann.again(ann.state, "PARLEY_KEY="+p.newKey("Ann"))
			}
			asHolder().does("join", "tea", "--as", "Ann")
			ann.does("say", "Milk?")
			p.terminate()
			if got := ann.runs("who"); got.code != 5 || strings.Contains(got.err, " serve ") ||
				!strings.Contains(got.err, "--data") {
				t.Errorf("without a server: %d, %s", got.code, got.err)
			}
			own := p.args
			p.args = slices.Concat([]string{"--data", filepath.Join(t.TempDir(), "other.db")}, settings)
			p.again()
			holder := asHolder()
			if got := holder.runs("say", "Tea?"); got.code != 4 || !strings.Contains(got.err, "kept for 30 days") {
				t.Errorf("over another file: %d, %s", got.code, got.err)
			}
			if list := ann.does("rooms", "--mine"); !strings.Contains(list, "unknown to the server, kept until") {
				t.Errorf("its seats there: %s", list)
			}
			holder.does("join", "tea", "--as", "Ann")
			p.terminate()
			p.args = own
			p.again()
			if said := ann.does("history"); !strings.Contains(said, "Milk?") {
				t.Errorf("back over its own file, the room has %s", said)
			}
		})
	}
}

func TestShell_textTooLong_isRefusedWithWhatToDo(t *testing.T) {
	p := start(t)
	ann := visitor(t, p)
	ann.does("join", "tea", "--as", "Ann")
	for size, code := range map[int]int{32_768: 0, 32_769: 2} {
		cmd := ann.command(t.Context(), "say", "-")
		cmd.Stdin = strings.NewReader(strings.Repeat("x", size) + "\n")
		text, err := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != code || code == 2 && !strings.Contains(string(text), "parley put -") {
			t.Errorf("%d bytes: %v, %s", size, err, text)
		}
	}
}

// inTerminal runs a command in a terminal of 60 columns, and returns all that it sends there.
func (w *talker) inTerminal(arguments ...string) string {
	w.t.Helper()
	cmd := w.command(w.t.Context(), arguments...)
	cmd.Env = append(cmd.Env, "TERM=xterm")
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 60})
	if err != nil {
		w.t.Fatal(err)
	}
	defer terminal.Close()
	shown, _ := io.ReadAll(terminal) // Linux ends it with an error
	if err := cmd.Wait(); err != nil {
		w.t.Fatalf("parley %q: %v, %s", arguments, err, shown)
	}
	return strings.ReplaceAll(string(shown), "\r\n", "\n")
}

// The link is a secret: nothing but a person's terminal gets it, and an agent for its user, as over MCP.
func TestShell_join_printsTheLinkForAPersonOrAnAgentsUser(t *testing.T) {
	p := start(t)
	ann := visitor(t, p)
	agent := ann.again(t.TempDir(), "CLAUDECODE=1")
	link := "\nTo watch the room in a browser, open this link, which opens\n  once:\n  " +
		strings.TrimSuffix(p.url, "mcp") + "r/"
	next := regexp.MustCompile(`\nTo speak, and to follow the room:\n  \S+ say TEXT --room tea --as Ann\n  \S+ tail --room tea --as Ann\n$`)
	if said := ann.inTerminal("join", "tea", "--as", "Ann"); !strings.Contains(said, link) || !next.MatchString(said) {
		t.Errorf("a person reads\n%s", said)
	}
	if said := agent.inTerminal("join", "tea", "--as", "Bob"); !strings.Contains(said,
		"\nFor your user, to watch the room:\n  ") {
		t.Errorf("an agent reads\n%s", said)
	}
	script := ann.again(t.TempDir())
	if got := script.runs("join", "coffee", "--as", "Cy"); strings.Contains(got.out+got.err, "/r/") {
		t.Errorf("a script reads %+v", got)
	}
}

// The environment of a join says that an agent runs the commands, unless the caller says something else. That of
// another command says nothing.
func TestShell_join_isAnAgentsByItsVariables(t *testing.T) {
	p := start(t)
	for _, c := range []struct {
		env   string
		flags []string
		marks bool
	}{
		{env: "CLAUDECODE=1", marks: true},
		{env: "AI_AGENT=x", marks: true},
		{env: "CODEX_THREAD_ID=x", marks: true},
		{env: "CODEX_CI=1", marks: true},
		{env: "CODEX_HOME=/root/.codex"},
		{env: "CLAUDECODE="},
		{env: "CLAUDECODE=1", flags: []string{"--agent=false"}},
		{env: "CODEX_HOME=/root/.codex", flags: []string{"--agent"}, marks: true},
	} {
		agent := visitor(t, p).again(t.TempDir(), c.env)
		join := agent.command(t.Context(), append([]string{"join", "--new", "--as", "Ann"}, c.flags...)...)
		joined, err := join.CombinedOutput() // with the link for its user
		if hinted := strings.Contains(string(joined), "--agent"); err != nil || hinted == (c.marks || c.flags != nil) {
			t.Errorf("%+v: joined with %v, %s", c, err, joined)
		}
		for _, env := range []string{"CLAUDECODE=", "CLAUDECODE=1"} {
			said := agent.again(agent.state, "CODEX_CI=", "CODEX_THREAD_ID=", "AI_AGENT=", env).runs("say", "Hello.")
			if said.code != 0 || strings.Contains(said.err, "parley wait") != c.marks {
				t.Errorf("%+v, %s: said with %+v", c, env, said)
			}
		}
	}
}

func TestCommands_inATerminal_breakBetweenWords(t *testing.T) {
	here, home := visitor(t, start(t)), t.TempDir()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		for conn, err := ln.Accept(); err == nil; conn, err = ln.Accept() {
			_ = conn.Close()
		}
	}()
	nobody := "http://" + ln.Addr().String()
	for _, c := range []struct{ command, want string }{
		{"doctor --wait 1s", ", too short to tell: nothing came before its end, and the server sends a"},
		{"connect", "\nNot found on this machine:"},
		{"connect codex --dry-run --url " + nobody, "Something listens at " + nobody + ", but does not answer as"},
	} {
		said := here.again(home, "HOME="+home, "PATH="+home).inTerminal(strings.Fields(c.command)...)
		for line := range strings.Lines(said) { // a command to paste stays in one piece
			line = strings.TrimSuffix(line, "\n")
			if len(line) > 60 && !strings.HasPrefix(line, "  "+os.Getenv(process.BinaryEnv)) &&
				!strings.HasPrefix(line, "+ ") && !strings.HasPrefix(line, home) {
				t.Errorf("%s: a line has %d columns: %s", c.command, len(line), line)
			}
		}
		// Where a line breaks depends on the numbers in the line, such as how long the wait took.
		if unfolded := strings.ReplaceAll("\n"+said, "\n  ", " "); !strings.Contains(unfolded, c.want) {
			t.Errorf("%s says\n%s", c.command, said)
		}
	}
}

// The server lets texts through that turn the direction of letters, return to the start of
// the line, or are just long.
func TestShell_hostileText_inATerminal(t *testing.T) {
	p := start(t)
	ann, bob := visitor(t, p), visitor(t, p)
	ann.does("join", "tea", "--as", "Ann")
	bob.does("join", "tea", "--as", "Bob")
	fake := "12:00 Ann: I agree."
	bob.does("say", "a\r"+fake+"\u202e\u2066\n"+fake+strings.Repeat(" ", 80)+fake+"\u2028"+fake)
	colored := ann.inTerminal("history", "-n", "1")
	if !strings.Contains(colored, "\x1b[1;") || !strings.Contains(colored, "mBob\x1b[0m: ") {
		t.Errorf("not colored: %q", colored)
	}
	ann.env = append(ann.env, "NO_COLOR=1")
	shown := ann.inTerminal("history", "-n", "1")
	shown = shown[strings.Index(shown, "Bob: ")-len("12:00 "):]
	for i, line := range strings.Split(strings.TrimSuffix(shown, "\n"), "\n") {
		if i > 0 && line != "" && !strings.HasPrefix(line, "      ") || len(line) > 60 ||
			strings.ContainsAny(line, "\x1b\r\u202e\u2066\u2028") {
			t.Errorf("shown as %q", line)
		}
	}
	if !strings.Contains(shown, `Bob: a\x0d12:00 Ann: I agree.\u202e\u2066`) {
		t.Errorf("shown as %q", shown)
	}
	if raw := ann.does("history", "-n", "1", "--json"); strings.ContainsAny(raw, "\r\u202e\u2066\u2028") ||
		!strings.Contains(raw, `\u202e`) {
		t.Errorf("as JSON: %q", raw)
	}
}

func TestShell_passwordOnATerminal_isAskedForAndNotShown(t *testing.T) {
	p := start(t)
	ann, bob := visitor(t, p), visitor(t, p)
	ann.env = append(ann.env, "PARLEY_PASSWORD=open sesame")
	ann.does("join", "--new", "cave", "--as", "Ann")
	if got := bob.runs("join", "cave", "--as", "Bob"); got.code != 1 || !strings.Contains(got.err, "PARLEY_PASSWORD") {
		t.Errorf("without a password: %+v", got)
	}
	shown, code := bob.types("Password of the room cave: ", "open sesame", "join", "cave", "--as", "Bob")
	if code != 0 || strings.Contains(shown, "sesame") || !strings.Contains(shown, "You are Bob in the room cave") {
		t.Errorf("exit code %d: %q", code, shown)
	}
}

// What a person follows must be complete and free of repetitions, whatever happens to the
// server and whatever other commands do with the same seat meanwhile.
func TestShell_tail_losesAndRepeatsNothing(t *testing.T) {
	t.Parallel()
	p := start(t)
	ann, bob := visitor(t, p), visitor(t, p)
	ann.does("join", "tea", "--as", "Ann")
	bob.does("join", "tea", "--as", "Bob")
	tails := []*running{ann.begin("tail", "--json"), ann.begin("tail", "-f", "--json")}
	for _, tail := range tails {
		tail.shows(`"agent":"Bob"`)
	}
	ann.does("wait") // that Bob joined
	waiting := ann.begin("wait", "--json")
	asking := ann.begin("say", "Still there?", "--ask", "Bob", "--wait", "--json")
	var want []string
	says := func(w *talker, text string, more ...string) {
		t.Helper()
		w.does(append([]string{"say", text}, more...)...)
		want = append(want, text)
		for _, tail := range tails {
			tail.shows(text)
		}
	}
	tails[0].shows("Still there?")
	want = append(want, "Still there?")
	question := jsonLines[message](t, lastLine(tails[0].out.String()))[0].ID
	says(bob, "One.", "--new")
	if heard := waiting.ends(); !strings.Contains(heard.out, `"One."`) {
		t.Errorf("wait printed %+v", heard)
	}
	p.kill()
	p.again()
	says(bob, "Two.", "--new")
	says(ann, "Own words.")
	if code := p.terminate(); code != 0 {
		t.Errorf("the server ended with %d", code)
	}
	p.again()
	says(bob, "Three.", "--reply-to", question)
	if got := asking.ends(); got.code != 0 || len(jsonLines[message](t, got.out)) != 1 ||
		!strings.Contains(got.out, `"Three."`) {
		t.Errorf("say --wait printed %+v", got)
	}
	says(bob, "Four.")
	for _, tail := range tails {
		got := tail.interrupted()
		var texts []string
		for _, m := range jsonLines[message](t, got.out) {
			if m.Type == "message" {
				texts = append(texts, m.Text)
			}
		}
		if got.code != 0 || !slices.Equal(texts, want) {
			t.Errorf("exit code %d; tail showed %q, want %q", got.code, texts, want)
		}
	}
	if rest := ann.does("wait", "--json"); strings.Contains(rest, `"One."`) || !strings.Contains(rest, `"Two."`) ||
		!strings.Contains(rest, `"Four."`) {
		t.Errorf("wait after all that: %s", rest)
	}
}

// lastLine returns the last line of a text, without its end.
func lastLine(text string) string {
	all := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return all[len(all)-1]
}

func TestShell_roomThatCloses_endsTail(t *testing.T) {
	p := start(t)
	ann, bob := visitor(t, p), visitor(t, p)
	ann.does("join", "tea", "--as", "Ann")
	bob.does("join", "tea", "--as", "Bob")
	tail := bob.begin("tail")
	tail.shows("joined: Bob")
	talk{t, openGo(t, p.url, modernProtocol)}.ok("update_room",
		args{"agent_token": ann.seats()[0].Token, "closed": true})
	if got := tail.ends(); got.code != 4 || !strings.Contains(got.out, "closed for good") ||
		!strings.Contains(got.err, "parley history") {
		t.Errorf("tail ended so: %+v", got)
	}
	bob.does("leave")
	if len(bob.seats()) > 0 {
		t.Error("the seat is still remembered")
	}
}

func TestShell_joinsAtOnce_shareOneSeat(t *testing.T) {
	p := start(t)
	ann := visitor(t, p)
	var all []*running
	for i := range 6 {
		all = append(all, ann.begin("join", "tea", "--as", []string{"Ann", "Bob"}[i%2]))
	}
	created := 0
	for _, r := range all {
		got := r.ends()
		if got.code != 0 {
			t.Errorf("%+v", got)
		}
		if strings.Contains(got.out, "the new room") {
			created++
		}
	}
	if list := ann.seats(); len(list) != 2 || created != 1 {
		t.Errorf("%d seats, %d rooms were made: %+v", len(list), created, list)
	}
	if who := ann.does("who", "--as", "Ann"); !strings.Contains(who, "2 of 2") {
		t.Errorf("who shows %s", who)
	}
}

func TestShell_completion_offersCommandsFlagsAndOwnRooms(t *testing.T) {
	p := start(t)
	ann := visitor(t, p)
	ann.does("join", "tea", "--as", "Ann")
	for typed, want := range map[string]string{"parley hist": "history", "parley say --reply": "--reply-to",
		"parley say --room ": "tea", "parley who --as ": "Ann"} {
		cmd := ann.command(t.Context())
		cmd.Env = append(cmd.Env, "COMP_LINE="+typed, fmt.Sprint("COMP_POINT=", len(typed)))
		if out, err := cmd.CombinedOutput(); err != nil || !slices.Contains(strings.Fields(string(out)), want) {
			t.Errorf("%q is completed by %q, %v; want %s", typed, out, err, want)
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if out := ann.does("completion", "-c", shell); !strings.Contains(out, "complete ") {
			t.Errorf("%s: %s", shell, out)
		}
	}
}
