package e2e

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/creack/pty"

	"github.com/parley-chat/parley/e2e/internal/process"
)

// startKeyed starts a server that admits only callers with a key or an invite.
func startKeyed(t *testing.T) *program {
	t.Helper()
	return start(t, "--access", "keys")
}

// The line editor of the prompt has its own idea of the width of a terminal.
func TestAccess_promptOnANarrowTerminal_breaksBetweenWords(t *testing.T) {
	cmd := visitor(t, startKeyed(t)).command(t.Context(), "rooms")
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 60})
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	shown := ""
	for buf := make([]byte, 256); !strings.Contains(shown, "Key for the server at http"); {
		n, err := terminal.Read(buf)
		if err != nil {
			t.Fatalf("%v after %q", err, shown)
		}
		shown += string(buf[:n])
	}
	program := os.Getenv(process.BinaryEnv)
	if want := "The person who runs the server makes a key:\r\n" + program + " keys add LABEL\r\n" +
		"Without a key, join by the line of an invite:\r\n" + program + " join 'LINE' --as NAME\r\n" +
		"Key for the server at http"; !strings.HasPrefix(shown, want) {
		t.Errorf("the prompt is %q, want %q", shown, want)
	}
	if _, err := io.WriteString(terminal, "\x03"); err != nil {
		t.Fatal(err)
	}
	_, _ = io.ReadAll(terminal) // Linux ends it with an error
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 130 {
		t.Errorf("after Ctrl-C: %v", err)
	}
}

// A person shows the key once. The program keeps it for that server, and never shows it.
func TestAccess_key_isAskedForOnceAndKept(t *testing.T) {
	p := startKeyed(t)
	ann := visitor(t, p)
	refused := func(words string, arguments ...string) {
		t.Helper()
		if got := ann.runs(arguments...); got.code != 1 || !strings.Contains(got.err, words) || got.out != "" {
			t.Errorf("parley %q: exit code %d, %q, %q; want %q", arguments, got.code, got.out, got.err, words)
		}
	}
	refused("admits only callers with a key", "join", "tea", "--as", "Ann")
	refused("admits only callers with a key", "rooms")
	if shown, code := ann.types("Key for the server at ", "open sesame", "rooms"); code != 1 ||
		strings.Contains(shown, "sesame") {
		t.Errorf("exit code %d: %q", code, shown)
	}
	if shown, code := ann.types("Key for the server at ", "sesame", "join", "tea", "--as", "Ann"); code != 1 ||
		!strings.Contains(shown, "this is not a key") ||
		!strings.Contains(strings.Join(strings.Fields(shown), " "), "or join by the line of an invite: "+
			os.Getenv(process.BinaryEnv)+" join 'LINE' --as NAME") {
		t.Errorf("without a key: exit code %d: %q", code, shown)
	}
	wrong := startKeyed(t).newKey("Ann")
	ann.env = append(ann.env, "PARLEY_KEY="+wrong)
	refused("does not admit the key "+wrong[:11]+"…", "join", "tea", "--as", "Ann")
	if _, err := os.Stat(filepath.Join(ann.state, "parley", "keys.json")); !os.IsNotExist(err) {
		t.Errorf("a key is kept that nobody has admitted: %v", err)
	}
	ann.env = ann.env[:len(ann.env)-1]

	if shown, code := ann.types("Key for the server at ", p.newKey("Ann"), "join", "tea", "--as", "Ann"); code != 0 ||
		!strings.Contains(shown, "You are Ann") {
		t.Errorf("exit code %d: %q", code, shown)
	}
	if info, err := os.Stat(filepath.Join(ann.state, "parley", "keys.json")); err != nil ||
		info.Mode().Perm() != 0o600 {
		t.Errorf("the kept key: %v, %v", info, err)
	}
	ann.does("say", "Is there milk?")
	ann.does("join", "cake", "--as", "Ann")
	if who := ann.does("who", "--room", "tea"); !strings.Contains(who, "Ann") {
		t.Errorf("who shows %s", who)
	}
	link := regexp.MustCompile(`http\S+/i/\S+`).FindString(ann.does("invite", "--room", "cake"))
	ann.does("join", link, "--as", "Guest")
	if out, code := parley(t, "keys", "revoke", "Ann", "--data", p.args[1]); code != 0 {
		t.Fatal(out)
	}
	p.kill() // what it knew of the key
	p.again()
	refused("or is for another server. Ask the person who runs the server for a new one, or", "say", "hello",
		"--room", "tea")
	refused("does not admit the key", "rooms")
	ann.does("say", "Is there tea?", "--room", "cake", "--as", "Guest") // a guest needs no key
	if len(ann.seats()) != 3 {
		t.Error("a seat was forgotten that another key may lead back to")
	}
}

// A key that was shown for one server goes to no other.
func TestAccess_keptKey_goesToItsServerOnly(t *testing.T) {
	p := startKeyed(t)
	ann := visitor(t, p)
	key := p.newKey("Ann")
	if got := ann.runs("rooms", "--url", strings.TrimSuffix(p.url, "mcp")+"k/"+key); got.code != 0 ||
		!strings.Contains(got.err, "others on this machine can read") {
		t.Errorf("with the key in the address: %+v", got)
	}
	ann.does("rooms")
	ann.does("join", "tea", "--as", "Ann")
	heard := make(chan string, 10)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		heard <- r.Header.Get("Authorization")
		http.NotFound(w, r)
	}))
	defer other.Close()
	if got := ann.runs("rooms", "--url", other.URL); got.code != 5 {
		t.Errorf("at another server: %+v", got)
	}
	if said := <-heard; said != "" {
		t.Error("another server heard what admits to the first")
	}
	ann.env = append(ann.env, "PARLEY_URL="+other.URL)
	ann.does("say", "hello", "--url", p.url)
}

// guestLink returns the link that an agent in the room hands out.
func (w *talker) guestLink(arguments ...string) string {
	w.t.Helper()
	link := regexp.MustCompile(`http://\S+/i/[0-9a-z]+`).FindString(w.does(append([]string{"invite"}, arguments...)...))
	if link == "" {
		w.t.Fatal("there is no link to pass on")
	}
	return link
}

// Who has a link enters one room with it, without a key.
func TestAccess_guest_entersOneRoomByTheLink(t *testing.T) {
	p := startKeyed(t)
	ann, bob := visitor(t, p), visitor(t, p)
	ann.env = append(ann.env, "PARLEY_KEY="+p.newKey("Ann"))
	ann.does("join", "tea", "--as", "Ann", "--capacity", "3")
	link := ann.guestLink()
	refused := func(code int, words string, arguments ...string) {
		t.Helper()
		if got := bob.runs(arguments...); got.code != code || !strings.Contains(got.err, words) || got.out != "" {
			t.Errorf("parley %s: exit code %d, %q, %q; want %d and %q", arguments[0], got.code, got.out, got.err, code,
				words)
		}
	}
	refused(2, "mistyped", "join", link[:len(link)-1], "--as", "Bob")
	refused(2, "something after its key or invite", "rooms", "--url", link+"/mcp/x") // join finds the invite
	refused(2, "not an invite", "join", strings.TrimSuffix(p.url, "/mcp"), "--as", "Bob")
	if shown := bob.does("join", ann.does("invite"), "--as", "Bob"); !strings.Contains(shown,
		"You are Bob in the room tea: 2 of 3") {
		t.Errorf("join shows %s", shown)
	}
	token := bob.seats()[0].Token
	bob.does("join", link, "--as", "Bob") // back to the seat
	if seats := bob.seats(); len(seats) != 1 || seats[0].Token != token {
		t.Error("the second join took another seat")
	}
	bob.does("say", "Is there milk?")
	if heard := plainly(ann.does("wait")); !strings.Contains(heard, "Bob: Is there milk?") {
		t.Errorf("Ann heard %s", heard)
	}
	tail := bob.begin("tail")
	tail.shows("Is there milk?")
	ann.does("say", "There is.")
	tail.shows("There is.")
	tail.interrupted()
	refused(1, "admits only callers with a key", "rooms")
	refused(1, "admits only callers with a key", "join", "cake", "--as", "Bob")
	bob.does("leave")
	if len(bob.seats()) > 0 {
		t.Error("the seat is still there")
	}
	bob.does("join", link, "--as", "Bob")
	bob.does("leave")
	refused(1, "Every seat", "join", link, "--as", "Bob")
	if got := ann.runs("invite"); got.code != 1 || !strings.Contains(got.err, "parley invite --new") {
		t.Errorf("once the invite is used up: %+v", got)
	}
	again := ann.guestLink("--new")
	bob.does("join", again, "--as", "Bob")
	if got := bob.runs("invite", "--new"); again == link || got.code != 1 || !strings.Contains(got.err, "Only admins") {
		t.Errorf("a new invite by a guest: %+v", got)
	}
}

// A person has talked on a local server, and starts it for others.
func TestAccess_serverThatNeedsKeysNow_goesOnWithAKey(t *testing.T) {
	onNewMachine(t)
	p := start(t)
	state := filepath.Join(os.Getenv("HOME"), ".local", "state")
	ann := &talker{t: t, state: state, env: []string{"PARLEY_URL=" + p.url}}
	ann.does("connect", "codex")
	ann.does("join", "tea", "--as", "Ann")
	p.terminate()
	p.args = append(p.args, "--access", "keys")
	p.again()
	if said := p.out.String(); !strings.Contains(said, "not even clients that you connected before") {
		t.Errorf("the start says\n%s", said)
	}
	if got := ann.runs("say", "Hello."); got.code != 1 ||
		!strings.Contains(got.err, "Your seat in the room tea as Ann needs your key: "+
			os.Getenv(process.BinaryEnv)+" join tea --as Ann --url http") || strings.Contains(got.err, "parley leave") {
		t.Errorf("without a key: %+v", got)
	}
	stands := func(who *talker, want string) {
		t.Helper()
		if said := who.does("rooms", "--mine"); !strings.Contains(said, "as Ann  "+want+"  ") {
			t.Errorf("no %q in %s", want, said)
		}
	}
	if said := ann.does("rooms", "--mine"); !strings.Contains(said, "as Ann  needs your key: ") {
		t.Errorf("her rooms are\n%s", said)
	}
	key, revoked := p.newKey("Ann"), p.newKey("Nobody")
	if _, err := p.keys("revoke", "Nobody"); err != nil {
		t.Fatal(err)
	}
	stands(ann.again(state, "PARLEY_KEY="+revoked), "needs another key")
	keyed := ann.again(state, "PARLEY_KEY="+key)
	for n, times := range []int{1, 0} {
		got := keyed.runs("say", "Here I am.")
		if got.code != 0 || strings.Count(got.err, "Your seat in the room tea as Ann now uses this key") != times {
			t.Errorf("command %d with the key: %+v", n, got)
		}
	}
	tail := keyed.begin("tail", "--json")
	tail.shows("Here I am.")
	keyed.does("say", "Here I still am.")
	tail.shows("Here I still am.")
	if got := tail.interrupted(); got.code != 0 {
		t.Errorf("tail ended with %+v", got)
	}
	other := ann.again(state, "PARLEY_KEY="+p.newKey("Ann again"))
	for _, who := range []*talker{keyed, other} { // the seat stays with the key that was shown first
		if said := who.does("connect", "codex"); strings.Contains(said, "now uses this key") {
			t.Errorf("connect says\n%s", said)
		}
	}
	ann.does("say", "Here I am.")
	if said := ann.does("join", "tea", "--as", "Ann"); !strings.Contains(said, "You are back as Ann in the room tea: "+
		"1") {
		t.Errorf("a second join says\n%s", said)
	}
}

// Seats were taken when the server asked for no keys. Whichever command is the first with a key, it makes the token
// work alone, also for programs and people that have nothing else. Until then, each command says what is missing.
func TestAccess_seatsFromBeforeTheFirstKey_goOnOnceAnyCommandHasOne(t *testing.T) {
	t.Parallel()
	p := start(t)
	ann, bob := visitor(t, p), visitor(t, p)
	file := filepath.Join(t.TempDir(), "api.txt")
	if err := os.WriteFile(file, []byte("GET /"), 0o600); err != nil {
		t.Fatal(err)
	}
	first := map[string][]string{
		"say": {"say", "Here I am."}, "wait": {"wait"}, "who": {"who"}, "tail": {"tail"},
		"put": {"put", file}, "mine": {"rooms", "--mine"},
		"standby": {"standby"}, "join": {"join", "join", "--as", "Ann"},
	}
	people, links := map[string]*talker{}, map[string]string{}
	for room := range first {
		people[room] = ann.again(t.TempDir())
		shown := people[room].inTerminal("join", room, "--as", "Ann")
		links[room] = ownAddress.FindString(strings.ReplaceAll(shown, "\n", ""))
		bob.does("join", room, "--as", "Bob")
		people[room].does("say", "--as", "Ann", "My own words are no news to me.")
		bob.does("say", "--room", room, "Before.")
	}
	p.terminate()
	p.args = append(p.args, "--access", "keys")
	p.again()
	if said := p.out.String(); !strings.Contains(said, "Seats that were taken without a key stay") {
		t.Errorf("the start says\n%s", said)
	}
	key := p.newKey("Ann")
	stranger := visitor(t, p)
	for room, words := range first {
		t.Run(room, func(t *testing.T) { // one after the other: wrong tokens of one address wait for their turn
			ann := &talker{t: t, state: people[room].state, env: people[room].env}
			token := ann.seats()[0].Token
			admitted := func() bool {
				status, err := p.bearing(t.Context(), token)
				works := []int{http.StatusOK, http.StatusRequestTimeout, http.StatusConflict}
				return err == nil && slices.Contains(works, status)
			}
			needs := "needs your key: " + os.Getenv(process.BinaryEnv) + " join " + room + " --as Ann"
			if room != "join" {
				got := ann.runs(words...)
				if said := got.out + got.err; !strings.Contains(said, needs) || strings.Contains(said, "gone") ||
					(got.code == 1) == (room == "mine") || len(ann.seats()) != 1 {
					t.Errorf("without a key: %+v", got)
				}
			}
			other := &talker{t: t, state: t.TempDir(), env: stranger.env, terminal: true}
			if got := other.opens(links[room]); got.code != 1 ||
				!strings.Contains(got.err, "Have the agent call join_room") {
				t.Errorf("the link without a key: %+v", got)
			}
			if admitted() {
				t.Fatal("the token works before a key was shown")
			}
			keyed := ann.again(ann.state, "PARLEY_KEY="+key)
			now := keyed.begin(words...)
			switch room {
			case "tail", "standby":
				want := "Before."
				if room == "standby" {
					want = "1 new message in room standby"
				}
				now.shows(want)
				await(t, "the token works", admitted)
				now.interrupted()
			default:
				if got := now.ends(); got.code != 0 || room == "mine" && !strings.Contains(got.out, "  2 new  ") ||
					room == "wait" && !strings.Contains(got.out, "Before.") {
					t.Errorf("with a key: %+v", got)
				}
				await(t, "the token works", admitted)
			}
			if got := other.opens(links[room]); got.code != 0 {
				t.Errorf("the link: %+v", got)
			}
			if said := other.does("history"); !strings.Contains(said, "Before.") {
				t.Errorf("who watches sees %s", said)
			}
			if said := ann.does("rooms", "--mine"); strings.Contains(said, "key") {
				t.Errorf("her rooms are\n%s", said)
			}
			seen := bob.again(bob.state, "PARLEY_KEY="+key).does("history", "--room", room, "--json")
			if n := len(annReturned.FindAllString(seen, -1)); n != 1 {
				t.Errorf("Bob sees her return %d times: %s", n, seen)
			}
		})
	}
}

// ownAddress is the link of a person, as a terminal shows it.
var ownAddress = regexp.MustCompile(`http://\S+/r/\S+#[0-9a-z]+`)

// annReturned is the event of a return, as JSON.
var annReturned = regexp.MustCompile(`{"agent":"Ann","at":"[^"]*","id":"\w*","reason":"returned","type":"joined"}`)

// opens opens a link as a person who pastes it.
func (w *talker) opens(link string) said {
	w.t.Helper()
	return w.runs("watch", link)
}

// With keys the doctor looks at the person's own key, and at that of each client.
func TestAccess_doctor_findsWhichKeyIsWrong(t *testing.T) {
	onNewMachine(t)
	p := startKeyed(t)
	key := p.newKey("Ann")
	if all, code := examine(t, p.url); code != 1 || all.of("key").Level != "failed" ||
		!strings.Contains(all.of("key").Fix, "PARLEY_KEY") || all.of("wait").Level != "" {
		t.Errorf("without a key: %s", all.levels())
	}
	connect := func(env, client string) (said string, code int) {
		t.Helper()
		w := &talker{t: t, state: filepath.Join(os.Getenv("HOME"), ".local", "state"),
			env: []string{"PARLEY_KEY=" + env, "PARLEY_URL=" + p.url}}
		got := w.runs("connect", client, "--url", p.url)
		return got.out + got.err, got.code
	}
	if said, code := connect("", "codex"); code != 1 || !strings.Contains(said, "nothing was written") {
		t.Errorf("connect without a key: %d, %s", code, said)
	}
	if said, code := connect(key, "codex"); code != 0 ||
		!strings.Contains(said, "The server admits the key "+key[:11]+"…") {
		t.Fatalf("connect: %d, %s", code, said)
	}
	if said, code := connect("", "cursor"); code != 0 ||
		!strings.Contains(said, `"Authorization":"Bearer `+key[:11]+`…"`) {
		t.Errorf("connect with the kept key: %d, %s", code, said)
	}
	file := filepath.Join(os.Getenv("HOME"), ".cursor", "mcp.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	other := startKeyed(t).newKey("Ann")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(text), key, other)), 0o600); err != nil {
		t.Fatal(err)
	}
	all, code := examine(t, p.url)
	if want := "failed Cursor"; code != 1 || all.of("key").Level != "ok" || all.of("Codex").Level != "ok" ||
		all[len(all)-1].Level != "ok" || !strings.Contains(all.levels(), want) {
		t.Errorf("with a wrong key in Cursor: %s", all.levels())
	}
	if said := all.of("Cursor").What; !strings.Contains(said, other[:11]+"…") || strings.Contains(said, other) {
		t.Errorf("of Cursor it says %s", said)
	}
}

// A guest, who has no key and can make no room, is told nothing about either.
func TestAccess_doctorOfAGuest_looksAtTheInvite(t *testing.T) {
	onNewMachine(t)
	p := startKeyed(t)
	ann := visitor(t, p)
	ann.env = append(ann.env, "PARLEY_KEY="+p.newKey("Ann"))
	ann.does("join", "tea", "--as", "Ann")
	link := ann.guestLink()
	_, invite, _ := strings.Cut(link, "/i/")
	guest := &talker{t: t, state: filepath.Join(os.Getenv("HOME"), ".local", "state")}
	guest.does("connect", "codex", "--url", link)
	all, code := examine(t, link)
	if code != 0 || all.of("invite").Level != "ok" || all.of("server").Level != "ok" || all.of("Codex").Level != "ok" ||
		all.of("key").Level != "" {
		t.Errorf("exit code %d: %s", code, all.levels())
	}
	for _, f := range all {
		if strings.Contains(f.What+f.Fix, invite) {
			t.Errorf("the invite is shown: %+v", f)
		}
	}
	all, code = examine(t, strings.TrimSuffix(startKeyed(t).url, "/mcp")+"/i/"+invite)
	if code != 1 || all.of("invite").Level != "failed" ||
		!strings.Contains(all.of("invite").Fix, "the person who invited you") {
		t.Errorf("at another server: exit code %d: %s", code, all.levels())
	}
}

// The bridge takes the key from where the commands keep it, and says to the client's model
// what is missing.
func TestAccess_bridge_hasTheKeyOfItsPerson(t *testing.T) {
	p := startKeyed(t)
	ann := visitor(t, p)
	ask := func() string {
		t.Helper()
		cmd := ann.command(t.Context(), "bridge", "--url", p.url)
		in, out := startPiped(t, cmd)
		hello := `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",` +
			`"capabilities":{},"clientInfo":{"name":"test","version":"1"}}}` + "\n"
		if _, err := io.WriteString(in, hello); err != nil {
			t.Fatal(err)
		}
		said, err := bufio.NewReader(out).ReadString('\n') // a client hears the answer before it goes
		if err != nil {
			t.Error(err)
		}
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
		ann.keepsSecrets(said, []string{"bridge"})
		return said
	}
	if said := ask(); !strings.Contains(said, "key_invalid") || !strings.Contains(said, "This server needs a key") {
		t.Errorf("without a key: %s", said)
	}
	ann.env = append(ann.env, "PARLEY_KEY="+p.newKey("Ann"))
	for range 2 {
		if said := ask(); !strings.Contains(said, `"serverInfo"`) {
			t.Errorf("with the key: %s", said)
		}
		ann.env = ann.env[:2] // from now on it is kept
	}
}
