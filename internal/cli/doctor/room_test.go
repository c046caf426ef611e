package doctor_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/connect"
	"github.com/parley-chat/parley/internal/cli/doctor"
	"github.com/parley-chat/parley/internal/server/app/apptest"
)

func TestRun_itsRoom_isClosedAtTheEnd(t *testing.T) {
	home := t.TempDir()
	t.Setenv("XDG_STATE_HOME", home)
	var token string
	base := apptest.Serve(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if is := regexp.MustCompile(`"agent_token":"([^"]+)"`).FindSubmatch(body); is != nil &&
				bytes.Contains(body, []byte("wait_for_message")) { // the room's first seat, which made it
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

// Doctor and connect have one list of the clients that are here.
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

func machine(home string) connect.Machine {
	return connect.Machine{Home: home, Config: home, State: home, Getenv: func(string) string { return "" }}
}
