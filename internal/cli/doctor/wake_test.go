package doctor_test

import (
	"os"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/connect"
	"github.com/parley-chat/parley/internal/cli/doctor"
	"github.com/parley-chat/parley/internal/cli/wake"
)

// closed is an address without a listener, now and later.
const closed = "http://127.0.0.1:1"

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
	says(doctor.OK, "a program waits for the agents that have a seat: 1")
	if err := os.WriteFile(file.Path(), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	says(doctor.Failed, "damaged")
}
