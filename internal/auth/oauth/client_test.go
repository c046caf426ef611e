package oauth_test

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
)

// A program registers the addresses of all places where it runs. Those that are not allowed do it no harm.
func TestRegister_setWithAnAddressThatIsNotAllowed_keepsTheOthers(t *testing.T) {
	w := newWorld(t)
	g := w.call("POST", "/oauth/register", "application/json", `{"client_name":"Agent","redirect_uris":["app://x/cb",
		"https://agent.example/cb","javascript:alert(1)","http://localhost/cb","claude://claude.ai/mcp-auth-callback/sdk"]}`)
	const taken = `"redirect_uris":["https://agent.example/cb","http://localhost/cb",` +
		`"claude://claude.ai/mcp-auth-callback/sdk"]`
	if g.status != 201 || !strings.Contains(g.text, taken) {
		t.Fatalf("%d %s", g.status, g.text)
	}
	for address, want := range map[string]int{"https://agent.example/cb": 200, "http://localhost:7/cb": 200,
		"claude://claude.ai/mcp-auth-callback/sdk": 200, "app://x/cb": 400, "javascript:alert(1)": 400} {
		if seen := w.posts(asks("client_id", g.Client, "redirect_uri", address), "", ""); seen.status != want {
			t.Errorf("%s: %d %s", address, seen.status, seen.text)
		}
	}
}

func TestDocuments_newOnes_areTenAMinuteForAnAddress(t *testing.T) {
	w := newWorld(t)
	ask := func(n int) got {
		return w.posts(asks("client_id", fmt.Sprintf("https://agent.example/%d.json", n)), "", "")
	}
	for n := range 10 {
		for range 2 {
			if g := ask(n); g.Error != "unknown_program" {
				t.Errorf("%d: %s", n, g.text)
			}
		}
	}
	if g := ask(10); g.status != 429 || g.header.Get("Retry-After") == "" || len(w.fetched) != 10 {
		t.Errorf("one more: %d, after %d", g.status, len(w.fetched))
	}
	w.clock.Advance(time.Minute)
	if g := w.posts(asks(), "", ""); g.Calls != "Agent" {
		t.Errorf("a minute later: %s", g.text)
	}
}

// A host has more addresses of IPv6 than anybody can count.
func TestDocuments_newOnesOfAHousehold_areTwentyAMinute(t *testing.T) {
	w := newWorld(t)
	for n := range 40 {
		w.address = ident.Address(netip.MustParseAddr(fmt.Sprintf("2001:db8:7:1%02x::1", n)))
		g := w.posts(asks("client_id", fmt.Sprintf("https://agent.example/%d.json", n)), "", "")
		if want := map[bool]string{true: "unknown_program", false: "later"}[n < 20]; g.Error != want {
			t.Errorf("network %d: %s", n, g.text)
		}
	}
	w.address = "192.0.2.1"
	if g := w.posts(asks(), "", ""); g.Calls != "Agent" {
		t.Errorf("somebody else: %s", g.text)
	}
}

// Six addresses ask for as many documents as they may. Then each other network gets its first, and no more.
func TestDocuments_newOnesBeyondSixtyAMinute_areTheFirstOfTheirNetwork(t *testing.T) {
	w := newWorld(t)
	n := 0
	wants := func(want, address string) {
		t.Helper()
		n++
		w.address = address
		if g := w.posts(asks("client_id", fmt.Sprintf("https://agent.example/%d.json", n)), "", ""); g.Error != want {
			t.Errorf("request %d, of %s: %s", n, address, g.text)
		}
	}
	const taken, later = "unknown_program", "later"
	for range 10 {
		for i := range 6 {
			wants(taken, fmt.Sprintf("192.0.2.%d", i))
		}
	}
	wants(later, "192.0.2.0")
	wants(taken, "2001:db8:7:100::/64")
	wants(later, "2001:db8:7:100::/64")
	wants(later, "2001:db8:7:200::/64") // of the same network
	for i := range 239 {
		wants(taken, fmt.Sprintf("198.51.100.%d", i))
	}
	wants(later, "203.0.113.1")
	if len(w.fetched) != 300 {
		t.Errorf("%d were fetched", len(w.fetched))
	}
	w.clock.Advance(time.Minute)
	wants(taken, "192.0.2.0")
}

// Many ask for a program whose host is slow. They share one request, and the wait for it.
func TestDocuments_oneThatManyAskFor_isFetchedOnce(t *testing.T) {
	w := newWorld(t)
	began, goOn := make(chan struct{}), make(chan struct{})
	begin := sync.OnceFunc(func() { close(began) })
	w.slow = func() {
		begin()
		<-goOn
	}
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if g := w.posts(asks(), "", ""); g.Calls != "Agent" {
				t.Error(g.text)
			}
		})
	}
	<-began
	close(goOn)
	all.Wait()
	if len(w.fetched) != 1 {
		t.Errorf("%d requests", len(w.fetched))
	}
}

func TestRegister_byteOrderMark_isNoPartOfTheBody(t *testing.T) {
	w := newWorld(t)
	g := w.call("POST", "/oauth/register", "application/json",
		"\ufeff"+`{"client_name":"Agent","redirect_uris":["https://agent.example/cb"]}`)
	if g.status != 201 {
		t.Errorf("%d %s", g.status, g.text)
	}
}

// A registration is its own id, so a flood of them fills nothing.
func TestRegister_thousandTimes_makesNoCallOfTheTable(t *testing.T) {
	w := newWorld(t)
	for n := range 1000 {
		g := w.call("POST", "/oauth/register", "application/json",
			fmt.Sprintf(`{"client_name":"Agent","redirect_uris":["https://agent.example/%d"]}`, n))
		if g.status != 201 {
			t.Fatalf("%d %s", g.status, g.text)
		}
	}
	if n := w.calls.Load(); n > 0 || len(w.fetched) > 0 {
		t.Errorf("%d calls of the table, %d documents", n, len(w.fetched))
	}
}
