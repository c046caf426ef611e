package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/mark3labs/mcp-go/client/transport"
	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/e2e/internal/parts"
	"github.com/parley-chat/parley/e2e/internal/process"
	"github.com/parley-chat/parley/internal/base/ident"
)

// keyForm is how a key looks.
var keyForm = regexp.MustCompile(`pk_[0-9a-z]{34}`)

// keys runs parley keys on the file of a program, and returns what it printed.
func (p *program) keys(arguments ...string) (out string, err error) {
	cmd := exec.CommandContext(p.t.Context(), os.Getenv(process.BinaryEnv),
		slices.Concat([]string{"keys"}, arguments, []string{"--data", p.args[1]})...)
	cmd.Env = process.Environment()
	printed, err := cmd.Output()
	if failed, ok := err.(*exec.ExitError); ok {
		err = fmt.Errorf("parley keys %q: %w: %s", arguments, err, failed.Stderr)
	}
	return string(printed), err
}

// newKey makes a key while the program runs.
func (p *program) newKey(label string) string {
	p.t.Helper()
	out, err := p.keys("add", label)
	if err != nil {
		p.t.Fatal(err)
	}
	return strings.TrimSpace(out)
}

// door is the address of MCP for a client that sends no headers.
func (p *program) door(key string) string {
	return strings.TrimSuffix(p.url, "/mcp") + "/k/" + key + "/mcp"
}

// The server reads a key and a sign-in anew, so it must not matter which process has made or ended them.
func TestSoak_waitOfAKeyOrASignInThatIsRevoked_endsWithinAMinute(t *testing.T) {
	soak(t)
	t.Parallel()
	for name, c := range map[string]struct {
		signsIn bool
		revoke  []string // with ID in the place of the id of the sign-in
	}{
		"a key":                {false, []string{"keys", "revoke", "Ann"}},
		"the key of a sign-in": {true, []string{"keys", "revoke", "Ann"}},
		"a sign-in of the key": {true, []string{"sign-ins", "revoke", "ID"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newSignsIn(t, "https://parley.example")
			key := p.newKey("Ann")
			ann, id := talk{t, openGo(t, p.door(key), modernProtocol)}, ""
			if c.signsIn {
				pair := p.signedInBy(key)
				token, _ := ident.ParseSignIn(pair.Access)
				id = token.ID
				ann = talk{t, openGo(t, p.url, modernProtocol, transport.WithHTTPHeaders(map[string]string{
					"Authorization": "Bearer " + pair.Access}))}
			}
			bob := talk{t, openGo(t, p.door(p.newKey("Bob")), legacyProtocol)}
			hers, his := ann.join("tea", "Ann"), bob.join("tea", "Bob")
			ann.listen(&hers) // that Bob has joined
			ended := make(chan string, 1)
			go func() {
				got, err := ann.c.call(t.Context(), "wait_for_message",
					args{"agent_token": hers.token, "cursor": hers.cursor, "wait_seconds": 120})
				ended <- fmt.Sprint(got, err)
			}()
			bob.awaitWaiting(his.token, "Ann")
			begun := time.Now()
			line := append(slices.Clone(c.revoke[:2]), strings.Replace(c.revoke[2], "ID", id, 1), "--data", p.args[1])
			if out, code := parley(t, line...); code != 0 {
				t.Fatal(out)
			}
			if how := <-ended; !strings.Contains(how, "key_invalid") || time.Since(begun) > time.Minute {
				t.Errorf("the wait ended after %v with %s", time.Since(begun), how)
			}
			if got, err := ann.c.call(t.Context(), "room_info", args{"agent_token": hers.token}); err == nil &&
				got.Code != "key_invalid" {
				t.Errorf("after it a call returns %v", got)
			}
			// The token of the seat alone, as a standby or a shell shows it.
			if got, err := p.bearing(t.Context(), hers.token); err != nil || got != http.StatusUnauthorized {
				t.Errorf("after it a wait of the seat is answered %d, %v", got, err)
			}
			bob.ok("send_message", args{"agent_token": his.token, "text": opening})
		})
	}
}

// bearing returns the status of a wait outside of MCP with a token.
func (p *program) bearing(ctx context.Context, token string) (status int, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet,
		strings.TrimSuffix(p.url, "/mcp")+"/v1/wait?wait_seconds=1", nil)
	if err != nil {
		return 0, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	got, err := strangers.Do(r)
	if err != nil {
		return 0, err
	}
	return got.StatusCode, got.Body.Close()
}

// Many make keys while the server runs and agents talk.
func TestKeys_manyAtOnceBesideABusyServer_areAllMade(t *testing.T) {
	p := start(t, "--access", "keys")
	c := talk{t, openGo(t, p.door(p.newKey("Ann")), modernProtocol)}
	ann := c.join("tea", "Ann")
	const people = 8
	var adding errgroup.Group
	for i := range people {
		adding.Go(func() error {
			out, err := p.keys("add", fmt.Sprint("person ", i))
			if err == nil && !keyForm.MatchString(out) {
				err = fmt.Errorf("it printed %q", out)
			}
			return err
		})
	}
	added := make(chan error)
	go func() { added <- adding.Wait() }()
	for n, busy := 0, true; busy; n++ {
		select {
		case err := <-added:
			busy = false
			if err != nil {
				t.Error(err)
			}
		default:
			c.ok("send_message", args{"agent_token": ann.token, "text": fmt.Sprint("message ", n)})
		}
	}
	list, err := p.keys("list")
	if lines := strings.Count(list, "\n"); err != nil || lines != 1+1+people {
		t.Errorf("%v: %s", err, list)
	}
	if _, err := p.keys("revoke", "person 7"); err != nil {
		t.Error(err)
	}
	if list, err := p.keys("list"); err != nil || strings.Contains(list, "person 7 ") ||
		strings.Count(list, "person") != people-1 {
		t.Errorf("%v: %s", err, list)
	}
}

// To such a server the token of a guest who has left is any token.
func TestKeys_guestLeaves_seatIsForgotten(t *testing.T) {
	p := start(t, "--access", "keys")
	ann, guest := visitor(t, p), visitor(t, p)
	ann = ann.again(ann.state, "PARLEY_KEY="+p.newKey("Ann"))
	ann.does("join", "tea", "--as", "Ann")
	guest.does("join", ann.does("invite"), "--as", "Bob")
	guest.does("leave")
	if got := guest.runs("who"); !strings.Contains(got.err, "You have no seat") {
		t.Errorf("after the leave: %s", got.err)
	}
}

// A person goes on by the token of the seat. The key with the old secret is still kept.
func TestKeys_renewed_eachCommandOfASeatGoesOn(t *testing.T) {
	p := start(t, "--access", "keys")
	ann := visitor(t, p)
	ann = ann.again(ann.state, "PARLEY_KEY="+p.newKey("Ann"))
	ann.does("join", "tea", "--as", "Ann")
	if _, err := p.keys("renew", "Ann"); err != nil {
		t.Fatal(err)
	}
	p.terminate() // a server that runs may know the old secret for a minute
	p.again()
	ann.does("who")
	for _, line := range [][]string{{"wait", "--timeout", "50ms"}, {"say", "Milk?", "--wait", "50ms"}} {
		if got := ann.runs(line...); got.code != 3 {
			t.Errorf("%q ends with %d: %s", line, got.code, got.err)
		}
	}
}

// What a terminal shows may be kept, too (script, docker run -t). A person pastes the command.
func TestKeys_firstStart_printsTheCommandThatMakesAKeyAndNoKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "it's parley.db")
	p := &program{t: t, args: []string{"--data", path}}
	server := []string{"--access", "keys", "--public-url", "https://chat.example", "--data", path}
	shown := onTerminal(t, server...)
	command := regexp.MustCompile(`(?m)^  \S*/parley keys add LABEL .*$`).FindString(shown)
	if keyForm.MatchString(shown) || command == "" || !strings.HasPrefix(shown, "Nobody can use this server yet") {
		t.Fatalf("it shows\n%s", shown)
	}
	if list, err := p.keys("list"); err != nil || strings.Count(list, "\n") != 1 {
		t.Errorf("the server made a key: %v: %s", err, list)
	}
	command = strings.Replace(command, "LABEL", "Ann", 1)
	pasted := exec.CommandContext(t.Context(), parts.Need(t, "sh", "it runs the line"), "-c", command)
	pasted.Env = process.Environment()
	if out, err := pasted.CombinedOutput(); err != nil || !keyForm.Match(out) ||
		!strings.Contains(string(out), " --url https://chat.example --allow\n") {
		t.Errorf("%s: %v\n%s", command, err, out)
	}
	if again := onTerminal(t, server...); keyForm.MatchString(again) || strings.Contains(again, "Nobody") {
		t.Errorf("the second start shows\n%s", again)
	}
	path = filepath.Join(t.TempDir(), "parley.db")
	open := onTerminal(t, "--data", path)
	if strings.Contains(open, "key") || !strings.HasPrefix(open, "Open http") {
		t.Errorf("a local server speaks of keys, or of what serve does:\n%s", open)
	}
	if !strings.HasSuffix(open, "\nThe server has stopped. The rooms stay in "+path+".\n") {
		t.Errorf("after Ctrl-C it shows\n%s", open)
	}
}

// onTerminal starts the server on a terminal, lets it end once it has greeted, and returns
// what a person sees.
func onTerminal(t *testing.T, arguments ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Getenv(process.BinaryEnv),
		append([]string{"serve", "--addr", "127.0.0.1:0"}, arguments...)...)
	cmd.Env = process.Environment()
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 50, Cols: 500})
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	var shown strings.Builder
	for buf := make([]byte, 4096); !strings.Contains(shown.String(), "Ctrl-C stops the server"); {
		n, err := terminal.Read(buf)
		if err != nil {
			t.Fatalf("%v after %q", err, &shown)
		}
		shown.Write(buf[:n])
	}
	if _, err := terminal.Write([]byte{3}); err != nil { // Ctrl-C
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(terminal) // Linux ends it with an error
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	return strings.ReplaceAll(shown.String()+string(rest), "\r\n", "\n")
}
