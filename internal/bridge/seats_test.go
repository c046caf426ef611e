package bridge

import (
	"path/filepath"
	"sync"
	"testing"

	"github.com/parley-chat/parley/internal/client"
)

// open returns a keeper that is closed when the test ends.
func open(t *testing.T) *keeper {
	t.Helper()
	k, err := newKeeper(client.Place{Base: "http://parley.example"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.close)
	return k
}

func TestClaim_manySessionsAtOnce_oneGetsTheSeat(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_STATE_HOME", dir)
	first := open(t)
	if err := first.remember("Tea Room", "Ann", "secret"); err != nil {
		t.Fatal(err)
	}
	if err := first.lease.Close(); err != nil { // as if it were killed
		t.Fatal(err)
	}
	const sessions = 8
	got := make(chan string, sessions)
	var all sync.WaitGroup
	for range sessions {
		k := open(t)
		all.Go(func() {
			token, err := k.claim("tea room:password", "ANN")
			if err != nil {
				t.Error(err)
			}
			got <- token
		})
	}
	all.Wait()
	close(got)
	count := map[string]int{}
	for token := range got {
		count[token]++
	}
	if count["secret"] != 1 || count[""] != sessions-1 {
		t.Errorf("the sessions got %v, want one of them the seat", count)
	}
	if leases, err := filepath.Glob(filepath.Join(dir, "parley", "bridge-*.lock")); err != nil ||
		len(leases) != sessions {
		t.Errorf("there are the leases %v %v, want those of %d sessions", leases, err, sessions)
	}
}

func TestClaim_joinThatFailed_leavesTheSeatForTheNext(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	k := open(t)
	if err := k.remember("den", "Ann", "secret"); err != nil {
		t.Fatal(err)
	}
	k.close()
	k = open(t)
	for try := range 2 {
		if token, err := k.claim("den", "Ann"); token != "secret" || err != nil {
			t.Errorf("try %d got %q %v", try, token, err)
		}
		k.release("secret")
	}
	for _, other := range []struct{ room, name string }{{"den", "Bob"}, {"hall", "Ann"}, {"", "Ann"}, {"den", "\x00"}} {
		if token, err := k.claim(other.room, other.name); token != "" || err != nil {
			t.Errorf("%v got %q %v", other, token, err)
		}
	}
	if err := k.forget("secret"); err != nil {
		t.Fatal(err)
	}
	if token, _ := k.claim("den", "Ann"); token != "" {
		t.Errorf("a forgotten seat was given: %q", token)
	}
}

// The token of a seat is shown to the server that gave it, and to no other.
func TestServerOf_token_isThatWhichGaveIt(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	if server, err := ServerOf("first"); server != "" || err != nil {
		t.Errorf("of an unknown token: %q, %v", server, err)
	}
	for token, base := range map[string]string{"first": "http://parley.example", "second": "http://other.example"} {
		k, err := newKeeper(client.Place{Base: base})
		if err != nil {
			t.Fatal(err)
		}
		if err := k.remember("den", "Ann", token); err != nil {
			t.Fatal(err)
		}
		k.close()
		if server, err := ServerOf(token); server != base || err != nil {
			t.Errorf("of %s: %q, %v", token, server, err)
		}
	}
}
