package e2e

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// startKeyed starts a server that admits only who has a key or an invite.
func startKeyed(t *testing.T) *program {
	t.Helper()
	return start(t, "--access", "keys")
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
	refused("admits only who has a key", "join", "tea", "--as", "Ann")
	refused("admits only who has a key", "rooms")
	if shown, code := ann.types("Key for the server at ", "open sesame", "rooms"); code != 1 || strings.Contains(shown, "sesame") {
		t.Errorf("exit code %d: %q", code, shown)
	}
	wrong := startKeyed(t).newKey("Ann")
	ann.env = append(ann.env, "PARLEY_KEY="+wrong)
	refused("does not admit the key "+wrong[:11]+"…", "join", "tea", "--as", "Ann")
	if _, err := os.Stat(filepath.Join(ann.state, "parley", "keys.json")); !os.IsNotExist(err) {
		t.Errorf("a key is kept that nobody has admitted: %v", err)
	}
	ann.env = ann.env[:len(ann.env)-1]

	if shown, code := ann.types("Key for the server at ", p.newKey("Ann"), "join", "tea", "--as", "Ann"); code != 0 || !strings.Contains(shown, "You are Ann") {
		t.Errorf("exit code %d: %q", code, shown)
	}
	if info, err := os.Stat(filepath.Join(ann.state, "parley", "keys.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the kept key: %v, %v", info, err)
	}
	ann.does("say", "Is there milk?")
	ann.does("join", "cake", "--as", "Ann")
	if who := ann.does("who", "--room", "tea"); !strings.Contains(who, "Ann") {
		t.Errorf("who shows %s", who)
	}
	if out, code := parley(t, "keys", "revoke", "Ann", "--data", p.args[1]); code != 0 {
		t.Fatal(out)
	}
	p.kill() // what it knew of the key
	p.again()
	refused("does not admit the key", "say", "hello", "--room", "tea")
	refused("does not admit the key", "rooms")
	if len(ann.seats()) != 2 {
		t.Error("a seat was forgotten that another key may lead back to")
	}
}

// A key that was shown for one server goes to no other.
func TestAccess_keptKey_goesToItsServerOnly(t *testing.T) {
	p := startKeyed(t)
	ann := visitor(t, p)
	key := p.newKey("Ann")
	if got := ann.runs("rooms", "--url", strings.TrimSuffix(p.url, "mcp")+"k/"+key); got.code != 0 || !strings.Contains(got.err, "can be read by others") {
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
			t.Errorf("parley %s: exit code %d, %q, %q; want %d and %q", arguments[0], got.code, got.out, got.err, code, words)
		}
	}
	refused(2, "mistyped", "join", link[:len(link)-1], "--as", "Bob")
	refused(2, "more behind", "join", link+"/mcp/x", "--as", "Bob")
	refused(2, "no invite", "join", strings.TrimSuffix(p.url, "/mcp"), "--as", "Bob")
	if shown := bob.does("join", link+"/mcp", "--as", "Bob"); !strings.Contains(shown, "You are Bob in the room tea: 2 of 3") {
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
	refused(1, "admits only who has a key", "rooms")
	refused(1, "admits only who has a key", "join", "cake", "--as", "Bob")
	bob.does("leave")
	if len(bob.seats()) > 0 {
		t.Error("the seat is still there")
	}
}
