package doctor_test

import (
	"net"
	"os"
	"strings"
	"testing"

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
		if err := file.Put(client.Seat{Server: "http://parley.invalid", Room: "den", Name: "Ann", Token: string(rune('a' + i)), Wake: w}); err != nil {
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
		Server: closed(t), Version: "1", Client: wake.ClaudeCode, Wake: true,
		Machine: connect.Machine{Home: home, Config: home, State: home, Getenv: func(string) string { return "" }},
		Tell: func(r doctor.Result) {
			if strings.HasSuffix(r.Check, " session") {
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

// closed is an address at which nothing listens.
func closed(t *testing.T) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return "http://" + ln.Addr().String()
}
