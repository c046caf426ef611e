package shell_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/parley-chat/parley/internal/app/apptest"
	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/seats"
	"github.com/parley-chat/parley/internal/shell"
)

// ending ends a command once the server has opened the link, before the command hears of it.
type ending struct {
	deaf
	end func()
}

func (e *ending) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := e.deaf.RoundTrip(r)
	if err != nil {
		e.end()
	}
	return resp, err
}

// A link opens once. It is not lost on the person who opens it, whatever becomes of the
// answer or the command.
func TestWatch_answerIsLost_theLinkIsStillTheirs(t *testing.T) {
	for name, killed := range map[string]bool{"to a command that goes on": false, "to a command that is killed": true} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("XDG_STATE_HOME", t.TempDir())
			base := apptest.Serve(t, nil)
			agent := client.New(base, client.Options{})
			defer agent.Close()
			var made struct{ Watch string }
			if err := agent.Call(t.Context(), "join_room", map[string]any{"room": "tea", "agent_name": "Ann"}, &made); err != nil {
				t.Fatal(err)
			}
			ctx, end := context.WithCancel(t.Context())
			defer end()
			wire := &ending{deaf: deaf{RoundTripper: http.DefaultTransport, to: "steer"}, end: func() {}}
			if killed {
				wire.end = end
			}
			err := at(t, base, wire).Watch(ctx, made.Watch)
			if killed {
				if !errors.Is(err, context.Canceled) {
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
