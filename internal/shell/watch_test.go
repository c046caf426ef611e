package shell_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/parley-chat/parley/internal/app/apptest"
	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/seats"
	"github.com/parley-chat/parley/internal/shell"
)

// severed loses every answer to the opening of a link.
type severed struct{ http.RoundTripper }

func (s severed) RoundTrip(r *http.Request) (*http.Response, error) {
	d := &deaf{RoundTripper: s.RoundTripper, to: "steer"}
	return d.RoundTrip(r)
}

// A link opens once. Whatever becomes of the answer, it is not lost on the person who opens
// it, nor is it by a command that gives up or is killed.
func TestWatch_answerIsLost_theLinkIsStillTheirs(t *testing.T) {
	for name, wire := range map[string]http.RoundTripper{
		"once":                       &deaf{RoundTripper: http.DefaultTransport, to: "steer"},
		"until the command gives up": severed{http.DefaultTransport},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("XDG_STATE_HOME", t.TempDir())
			base := apptest.Serve(t, nil)
			agent := client.New(base, client.Options{})
			defer agent.Close()
			var made struct{ Watch string }
			if err := agent.Call(t.Context(), "join_room", map[string]any{"room": "tea", "agent_name": "Ann"}, &made); err != nil {
				t.Fatal(err)
			}
			err := at(t, base, wire).Watch(t.Context(), made.Watch)
			if _, gaveUp := wire.(severed); gaveUp {
				if !errors.As(err, new(*client.Unreachable)) {
					t.Fatalf("%v", err)
				}
				if err := at(t, base, nil).Say(t.Context(), as("Ann"), shell.SayRequest{Text: "Too early."}); err == nil {
					t.Error("a seat is used that is not known to be the person's")
				}
				err = at(t, base, nil).Watch(t.Context(), made.Watch)
			}
			if err != nil {
				t.Fatal(err)
			}
			say(t, base, "Ann", shell.SayRequest{Text: "It is me."})
			file, err := seats.Open()
			if err != nil {
				t.Fatal(err)
			}
			if all, err := file.All(); err != nil || len(all) != 1 || !all[0].Person || all[0].Claim != "" {
				t.Errorf("%d seats are stored, %v", len(all), err)
			}
		})
	}
}
