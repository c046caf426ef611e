package doctor_test

import (
	"bytes"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/connect"
	"github.com/parley-chat/parley/internal/cli/doctor"
	"github.com/parley-chat/parley/internal/server/app/apptest"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestRun_itsRoom_isClosedAtTheEnd(t *testing.T) {
	home := t.TempDir()
	t.Setenv("XDG_STATE_HOME", home)
	var token string
	base := apptest.Serve(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if is := regexp.MustCompile(`"agent_token":"([^"]+)"`).FindSubmatch(body); is != nil &&
				bytes.Contains(body, []byte("wait_for_message")) { // the first seat, of the room's maker
				token = string(is[1])
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			next.ServeHTTP(w, r)
		})
	})
	if failed := doctor.Run(t.Context(), doctor.Options{Server: base, Version: "1", Wait: time.Second,
		Tell: func(doctor.Result) {}, Machine: machine(home)}); failed > 0 {
		t.Fatalf("%d failed", failed)
	}
	c := client.New(base, client.Options{})
	defer c.Close()
	var info results.Info
	if err := c.Call(t.Context(), "room_info", map[string]any{"agent_token": token}, &info); err != nil ||
		!info.Room.Closed {
		t.Errorf("the room is %+v, %v; want it closed", info.Room, err)
	}
}

// doctor and connect have one list of the installed clients.
func TestRun_clients_areThoseThatConnectFinds(t *testing.T) {
	home := t.TempDir()
	t.Setenv("XDG_STATE_HOME", home)
	t.Setenv("PATH", home)
	for _, folder := range []string{".codex", ".cursor"} {
		if err := os.Mkdir(filepath.Join(home, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	looksAt := func(id string) (said []doctor.Result) {
		doctor.Run(t.Context(), doctor.Options{Server: closed, Version: "1", Machine: machine(home), Client: id,
			Tell: func(r doctor.Result) {
				if r.Check != "server" && r.Check != "wake" {
					said = append(said, r)
				}
			}})
		return said
	}
	var named, found []string
	for _, r := range looksAt("") {
		named = append(named, r.Check)
	}
	for _, c := range machine(home).List() {
		if c.Found {
			found = append(found, c.Name)
		} else if said := looksAt(c.ID); len(said) != 1 || said[0].What != "it was not found on this machine" {
			t.Errorf("of %s, which is not here, it says %+v", c.Name, said)
		}
	}
	if len(found) != 2 || !slices.Equal(named, found) {
		t.Errorf("it looks at %q; connect finds %q", named, found)
	}
}

// connect writes the files of a client that is not installed yet.
func TestRun_clientConfiguredAndNotInstalled_saysBoth(t *testing.T) {
	home := t.TempDir()
	t.Setenv("XDG_STATE_HOME", home)
	t.Setenv("PATH", home)
	m := machine(home)
	m.Sleep = func(time.Duration) {}
	if _, err := m.Connect(connect.Options{Client: "claude-code", Server: closed}); err != nil {
		t.Fatal(err)
	}
	says := func() (what string) {
		doctor.Run(t.Context(), doctor.Options{Server: closed, Version: "1", Machine: machine(home),
			Tell: func(r doctor.Result) {
				if r.Check == "Claude Code" {
					what = r.What
				}
			}})
		return what
	}
	const configured = "it is configured for " + closed
	const absent = "; claude is not in the PATH, so it may not be installed"
	if what := says(); !strings.HasPrefix(what, configured+absent) {
		t.Errorf("before it is installed: %s", what)
	}
	if err := os.WriteFile(filepath.Join(home, "claude"), []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if what := says(); !strings.HasPrefix(what, configured) || strings.Contains(what, absent) {
		t.Errorf("once it is installed: %s", what)
	}
}

func machine(home string) connect.Machine {
	return connect.Machine{Home: home, Config: home, State: home, Getenv: func(string) string { return "" }}
}

// The doctor reports what the server says about an invite without giving a seat, and that an invite may still give no
// seat.
func TestRun_invite_thatGivesNoSeat_isNamed(t *testing.T) {
	home := t.TempDir()
	t.Setenv("XDG_STATE_HOME", home)
	base := apptest.Serve(t, nil)
	for name, c := range map[string]struct {
		tool  string // is called by whoever has the room
		args  map[string]any
		level doctor.Level
		says  string
	}{
		"a new one": {"", nil, doctor.OK, "a seat is free. Whether the invite still gives that seat is not checked"},
		"renewed":   {"update_room", map[string]any{"new_invite": true}, doctor.Warning, "admits nobody any more"},
		"closed":    {"update_room", map[string]any{"closed": true}, doctor.Warning, "its room has ended"},
		"full":      {"join_room", map[string]any{"room": "full", "agent_name": "Bob"}, doctor.Warning, "all 2 seats"},
	} {
		t.Run(name, func(t *testing.T) {
			ann := client.New(base, client.Options{})
			defer ann.Close()
			var made results.Joined
			var renewed results.Updated
			err := ann.Call(t.Context(), "create_room", map[string]any{"room": name, "agent_name": "Ann"}, &made)
			if err == nil {
				err = ann.Call(t.Context(), "update_room", map[string]any{"agent_token": made.AgentToken,
					"new_invite": true}, &renewed)
			}
			if err == nil && c.tool != "" {
				if c.tool == "update_room" {
					c.args["agent_token"] = made.AgentToken
				}
				err = ann.Call(t.Context(), c.tool, c.args, &made)
			}
			invited, ok, _ := client.Invited(renewed.Invite, "")
			if err != nil || !ok {
				t.Fatalf("%v; the invite is %q", err, renewed.Invite)
			}
			var got doctor.Result
			failed := doctor.Run(t.Context(), doctor.Options{Server: base, Version: "1", Invite: invited.Invite,
				Machine: machine(home), Tell: func(r doctor.Result) {
					if r.Check == "invite" {
						got = r
					}
				}})
			if failed > 0 || got.Level != c.level || !strings.Contains(got.What, c.says) ||
				(got.Fix == "") != (c.level == doctor.OK) {
				t.Errorf("%d failed; of the invite it says %v", failed, got)
			}
		})
	}
}
