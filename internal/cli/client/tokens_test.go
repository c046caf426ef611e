package client_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/cli/client"
)

// open returns the file of a person without a file.
func open(t *testing.T) *client.TokenStore {
	t.Helper()
	t.Setenv("XDG_STATE_HOME", filepath.Join(t.TempDir(), "state"))
	f, err := client.OpenTokens()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func tokens(t *testing.T, f *client.TokenStore) []string {
	t.Helper()
	all, err := f.All()
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, s := range all {
		list = append(list, s.Token)
	}
	return list
}

func TestFile_seats_areThereForTheNextRunAndForNobodyElse(t *testing.T) {
	f := open(t)
	if got := tokens(t, f); got != nil {
		t.Fatalf("at first: %v", got)
	}
	s := client.Seat{Server: "https://a.example", Room: "tea", Name: "Ann", Token: "t1", Cursor: "c1",
		Wake: &client.Wake{Client: "codex", Session: "s1", PID: 7, Env: []string{"A=b"}}}
	if err := f.Put(s); err != nil {
		t.Fatal(err)
	}
	again, err := client.OpenTokens()
	if err != nil {
		t.Fatal(err)
	}
	if all, err := again.All(); err != nil || len(all) != 1 || !reflect.DeepEqual(all[0], s) {
		t.Errorf("%+v, %v", all, err)
	}
	for _, path := range []string{f.Path(), f.Path() + ".lock"} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	if info, err := os.Stat(filepath.Dir(f.Path())); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder: %v, %v", info, err)
	}
}

func TestPut_sameAgentOfTheSameOwner_isReplaced(t *testing.T) {
	f := open(t)
	shell := client.Seat{Server: "a", Room: "tea", Name: "Ann", Token: "t1"}
	for token, change := range map[string]func(*client.Seat){
		"t2": func(s *client.Seat) { s.Room = "TEA" },
		"t3": func(s *client.Seat) { s.Name = "Bob" },
		"t4": func(s *client.Seat) { s.Server = "b" },
		"t5": func(s *client.Seat) { s.Wake = &client.Wake{Client: "codex", Session: "s1"} },
		"t1": func(s *client.Seat) { s.Name, s.Cursor = "Dora", "c9" }, // the same seat, whatever its name
	} {
		if err := f.Update(func([]client.Seat) ([]client.Seat, error) {
			return []client.Seat{shell}, nil
		}); err != nil {
			t.Fatal(err)
		}
		other := shell
		other.Token = token
		change(&other)
		if err := f.Put(other); err != nil {
			t.Fatal(err)
		}
		want := []string{"t1", token}
		if token == "t1" || token == "t2" {
			want = []string{token}
		}
		if got := tokens(t, f); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", token, got, want)
		}
	}
}

func TestMarkUnknown_keepsASeatFor30DaysAndAtMost200(t *testing.T) {
	f, began := open(t), time.Unix(1_700_000_000, 0)
	var all []client.Seat
	for i := range 202 {
		seat := client.Seat{Server: "a", Room: "tea", Name: "Ann", Token: fmt.Sprint("t", i)}
		if 2 <= i && i < 200 {
			seat.UnknownAt = began.Add(2 * 24 * time.Hour)
		}
		all = append(all, seat)
	}
	if err := f.Update(func([]client.Seat) ([]client.Seat, error) { return all, nil }); err != nil {
		t.Fatal(err)
	}
	at := func(days int, token string) []string {
		t.Helper()
		if err := f.MarkUnknown(token, began.Add(time.Duration(days)*24*time.Hour)); err != nil {
			t.Fatal(err)
		}
		return tokens(t, f)
	}
	at(0, "t1")
	at(1, "t1") // it is unknown since day 0
	at(1, "t0")
	if got := at(2, "t200"); len(got) != 201 || slices.Contains(got, "t1") || !slices.Contains(got, "t0") {
		t.Errorf("of 201 unknown seats and one more, the file has %d: %q", len(got), got)
	}
	if err := f.MarkKnown("t9"); err != nil {
		t.Fatal(err)
	}
	if got := at(31, "t201"); slices.Contains(got, "t0") || !slices.Contains(got, "t2") {
		t.Errorf("on day 31: %q", got)
	}
	if got := at(32, "t201"); !reflect.DeepEqual(got, []string{"t9", "t201"}) {
		t.Errorf("on day 32: %q", got)
	}
}

func TestFile_manyWriters_loseNothing(t *testing.T) {
	f := open(t)
	var all sync.WaitGroup
	const writers = 20
	for n := range writers {
		all.Go(func() {
			own, err := client.OpenTokens() // as another process would
			if err == nil {
				err = own.Put(client.Seat{Server: "a", Room: fmt.Sprint("room ", n), Name: "Ann",
					Token: fmt.Sprint("t", n)})
			}
			if err == nil {
				err = own.Read(fmt.Sprint("t", n), "c")
			}
			if err == nil && n%2 == 1 {
				err = own.Remove(fmt.Sprint("t", n))
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := tokens(t, f); len(got) != writers/2 {
		t.Errorf("%v", got)
	}
}

// A program with many seats has a client for each, and says once that a key is new.
func TestKeepKey_manyAtOnce_isNewForOne(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	for _, key := range []string{"pk_one", "pk_two"} {
		var wait sync.WaitGroup
		var news atomic.Int32
		for range 8 {
			wait.Go(func() {
				isNew, err := client.KeepKey("https://a.example", key)
				if err != nil {
					t.Error(err)
				}
				if isNew {
					news.Add(1)
				}
			})
		}
		wait.Wait()
		if n := news.Load(); n != 1 {
			t.Errorf("%s is new for %d", key, n)
		}
	}
}

func TestUpdate_changeFails_orFileDamaged_leavesTheFile(t *testing.T) {
	f := open(t)
	if err := f.Put(client.Seat{Token: "t1"}); err != nil {
		t.Fatal(err)
	}
	refused := errors.New("no")
	if err := f.Update(func([]client.Seat) ([]client.Seat, error) { return nil, refused }); !errors.Is(err, refused) {
		t.Errorf("%v", err)
	}
	if got := tokens(t, f); len(got) != 1 {
		t.Errorf("%v", got)
	}
	if err := os.WriteFile(f.Path(), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Remove("t1"); err == nil || !strings.Contains(err.Error(), f.Path()) {
		t.Errorf("%v", err)
	}
	if data, err := os.ReadFile(f.Path()); err != nil || string(data) != "{" {
		t.Errorf("%q, %v", data, err)
	}
}

// The token of a seat goes only to the server that gave the token.
func TestServerOf_token_isTheServerThatGaveItToABridge(t *testing.T) {
	f := open(t)
	shell := client.Seat{Server: "a", Room: "tea", Name: "Ann", Token: "t0"}
	if err := f.Put(shell); err != nil {
		t.Fatal(err)
	}
	noted := func(server, name, token string) {
		t.Helper()
		if err := f.PutBridged(client.Seat{Server: server, Room: "tea", Name: name, Token: token}); err != nil {
			t.Fatal(err)
		}
	}
	is := func(token, want string) {
		t.Helper()
		if got, err := f.ServerOf(token); got != want || err != nil {
			t.Errorf("the server of %s is %q, %v, want %q", token, got, err, want)
		}
	}
	is("t0", "") // the shell's own
	noted("a", "Ann", "t1")
	noted("b", "Ann", "t2")
	is("t1", "a")
	is("t2", "b")
	noted("b", "ann", "t3") // a new seat under the name
	is("t2", "")
	is("t3", "b")

	all, err := f.All()
	if err != nil || len(all) != 3 || !all[0].OfShell() || all[1].OfShell() || all[1].HasSession() {
		t.Errorf("%+v, %v, want the seat of the shell, and two that are neither its nor a session's", all, err)
	}
	woken := client.Seat{Server: "b", Room: "tea", Name: "Ann", Token: "t3", Wake: &client.Wake{Session: "s1"}}
	if err := f.Put(woken); err != nil { // as a hook does
		t.Fatal(err)
	}
	noted("b", "Ann", "t3") // the agent joins by its token
	if got := tokens(t, f); !reflect.DeepEqual(got, []string{"t0", "t1", "t3", "t3"}) {
		t.Errorf("%v, want the seat that is woken beside the note of its server", got)
	}
}

func TestPutBridged_many_forgetsTheOldestOfBridges(t *testing.T) {
	f := open(t)
	if err := f.Put(client.Seat{Token: "shell"}); err != nil {
		t.Fatal(err)
	}
	const most = 200
	for n := range most + 2 {
		name := fmt.Sprint(n)
		if err := f.PutBridged(client.Seat{Server: "a", Name: name, Token: name}); err != nil {
			t.Fatal(err)
		}
	}
	got := tokens(t, f)
	if len(got) != 1+most || got[0] != "shell" || got[1] != "2" || got[most] != fmt.Sprint(most+1) {
		t.Errorf("%d seats are there, %v", len(got), got)
	}
}
