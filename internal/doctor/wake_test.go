package doctor_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/app/apptest"
	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/connect"
	"github.com/parley-chat/parley/internal/doctor"
	"github.com/parley-chat/parley/internal/wake"
)

func TestRun_wake_reachesTheSessionsOfThatClientOnly(t *testing.T) {
	home, err := os.MkdirTemp("", "parley") // t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	t.Setenv("XDG_STATE_HOME", home)
	listener, err := wake.Listen(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	file, err := client.OpenTokens()
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range []*client.Wake{
		{Client: wake.ClaudeCode, Session: "one"}, {Client: wake.ClaudeCode, Session: "deaf"},
		{Client: wake.Codex, Session: "other", Program: "/nowhere/codex"}, nil,
	} {
		if err := file.Put(client.Seat{Server: "http://parley.invalid", Room: "den", Name: "Ann",
			Token: string(rune('a' + i)), Wake: w}); err != nil {
			t.Fatal(err)
		}
	}
	told := make(chan string, 1)
	go func() {
		text, _ := listener.Next(t.Context()) // "" shows below
		told <- text
	}()
	var said []string
	doctor.Run(t.Context(), doctor.Options{
		Server: closed, Version: "1", Client: wake.ClaudeCode, Wake: true,
		Machine: connect.Machine{Home: home, Config: home, State: home, Getenv: func(string) string { return "" }},
		Tell: func(r doctor.Result) {
			if strings.Contains(r.What, "the session in room") {
				said = append(said, string(r.Level))
			}
		},
	})
	if text := <-told; !strings.Contains(text, "nothing to do") {
		t.Errorf("the session was told %q", text)
	}
	if got := strings.Join(said, " "); got != "ok failed" {
		t.Errorf("it says %q of the two sessions of the client", got)
	}
}

// closed is an address at which nothing listens, and nothing will.
const closed = "http://127.0.0.1:1"

// What waits for idle agents is tried as the server and what stands in front answer it.
func TestRun_news_comeByTheWaitWithoutMCP(t *testing.T) {
	for name, c := range map[string]struct {
		answers []int // to the first calls, by what stands in front
		level   doctor.Level
		says    string
	}{
		"held by the server":         {nil, doctor.OK, "told of a message"},
		"looked in on, as on Lambda": {[]int{http.StatusRequestTimeout}, doctor.OK, "told of a message"},
		"kept back by a proxy":       {[]int{http.StatusNotFound}, doctor.Failed, "404"},
	} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			t.Setenv("XDG_STATE_HOME", home)
			var calls atomic.Int64
			base := apptest.Serve(t, func(h http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path != "/v1/wait" || int(calls.Add(1)) > len(c.answers) {
						h.ServeHTTP(w, r)
						return
					}
					w.Header().Set("Retry-After", "1")
					w.WriteHeader(c.answers[calls.Load()-1])
					fmt.Fprintf(w, `{"status":%q}`, client.StatusQuiet)
				})
			})
			var last doctor.Result
			doctor.Run(t.Context(), doctor.Options{
				Server: base, Version: "1", Wait: time.Second, Tell: func(r doctor.Result) { last = r },
				Machine: connect.Machine{Home: home, Config: home, State: home,
					Getenv: func(string) string { return "" }},
			})
			if last.Check != "wake" || last.Level != c.level || !strings.Contains(last.What, c.says) {
				t.Errorf("it says %+v, want %s: %s", last, c.level, c.says)
			}
		})
	}
}

func TestRun_standby_isMissedOnlyIfAgentsHaveASeat(t *testing.T) {
	home := t.TempDir()
	t.Setenv("XDG_STATE_HOME", home)
	says := func(level doctor.Level, what string) {
		t.Helper()
		var last doctor.Result
		doctor.Run(t.Context(), doctor.Options{
			Server: closed, Version: "1", Tell: func(r doctor.Result) { last = r },
			Machine: connect.Machine{Home: home, Config: home, State: home, Getenv: func(string) string { return "" }},
		})
		if last.Check != "wake" || last.Level != level || !strings.Contains(last.What, what) {
			t.Errorf("it says %+v, want %s: %s", last, level, what)
		}
	}
	says(doctor.OK, "one starts when an agent takes a seat")
	file, err := client.OpenTokens()
	if err != nil {
		t.Fatal(err)
	}
	s := client.Seat{Server: "http://parley.invalid", Room: "den", Name: "Ann", Token: "a",
		Wake: &client.Wake{Client: wake.Codex}}
	if err := file.Put(s); err != nil {
		t.Fatal(err)
	}
	says(doctor.Warning, "no program waits")
	release, free, err := wake.TakeRole(wake.ForAgents)
	if err != nil || !free {
		t.Fatal(free, err)
	}
	defer release()
	says(doctor.OK, "a program waits, for agents with a seat: 1")
	if err := os.WriteFile(file.Path(), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	says(doctor.Failed, "damaged")
}
