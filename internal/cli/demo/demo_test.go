package demo_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/demo"
	"github.com/parley-chat/parley/internal/cli/shell"
	"github.com/parley-chat/parley/internal/server/app/apptest"
	"github.com/parley-chat/parley/internal/testkit/alone"
)

func TestMain(m *testing.M) { alone.Main(m) }

// run is a run of the demo at a server of the test.
type run struct {
	demo.Story
	t      *testing.T
	gone   atomic.Bool       // the server answers no more
	others atomic.Int32      // calls of something other than MCP
	said   strings.Builder   // the output
	on     func(said string) // is called after each write
	began  time.Time
}

func (r *run) Write(p []byte) (int, error) {
	r.said.Write(p)
	r.on(r.said.String())
	return len(p), nil
}

// tell tells the story with pauses that take no time, and returns the output, with hh:mm for times and ID for ids.
func (r *run) tell() (said string, err error) {
	r.Base = apptest.Serve(r.t, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			if req.URL.Path != "/mcp" {
				r.others.Add(1)
			}
			if r.gone.Load() {
				panic(http.ErrAbortHandler)
			}
			h.ServeHTTP(w, req)
		})
	})
	clock, ended := clockwork.NewFakeClock(), make(chan error, 1)
	r.Screen, r.Clock, r.began = shell.ScreenOn(r), clock, clock.Now()
	ctx, cancel := context.WithTimeout(r.t.Context(), time.Minute)
	defer cancel()
	go func() {
		ended <- r.Tell(ctx)
		cancel()
	}()
	for clock.BlockUntilContext(ctx, 1) == nil {
		clock.Advance(time.Second / 2)
	}
	err = <-ended
	said = regexp.MustCompile(`\b\d\d:\d\d\b`).ReplaceAllString(r.said.String(), "hh:mm")
	said = regexp.MustCompile(`\bm[0-9a-z]{6}\b`).ReplaceAllStringFunc(said, func(found string) string {
		if found == "message" {
			return found
		}
		return "ID"
	})
	return said, err
}

const (
	asks = `hh:mm * joined: app
hh:mm * joined: api
hh:mm app [asks "api"; ID]: My profile screen shows local times. Which field of GET /users/me has the user's time zone?

Words in [brackets] say what a message is for. The question above has the id
ID, and its answer will name it: [re ID].

hh:mm api [re ID]: None yet. I can add time_zone, with names such as Europe/Berlin. It is null for those who never ` +
		"chose one.\n"
	agrees = `GET /users/me gets time_zone: an IANA name or null. The app shows null as UTC.
hh:mm api [agrees; re ID]: Yes. It is on the test server in an hour.
hh:mm * agreed: ID; proposed by app, hh:mm
`
	draft  = `hh:mm * draft: app [asks "api"]: Can your side be live on Friday at noon? `
	choice = "n and Enter to reject it:\n"
	sent   = `hh:mm app [asks "api"; ID]: Can your side be live on Friday at noon? ` +
		"The app goes out then.\n"
	answer  = "hh:mm api [re ID]: Yes. Bob releases it on Thursday, and I tell you here when it is live.\n"
	refused = "hh:mm * draft rejected\nBob's agent does not see what you reject.\n"
)

// The agents use only the tools, and the person uses only the page's calls.
func TestStory_agentsAndPersonCallByMCPAlone_inTime(t *testing.T) {
	for name, c := range map[string]struct{ types, ends string }{
		"nobody is there": {"", "\n\n" + sent + answer},
		"Enter":           {"\n", choice + sent + answer},
		"y":               {"y\n", choice + sent + answer},
		"yes":             {" Yes\n", choice + sent + answer},
		"no":              {"No \n", choice + refused},
		"another word and n": {"never\nn\n", choice + "That is neither. Press Enter to send it, or " + choice +
			refused},
	} {
		t.Run(name, func(t *testing.T) {
			r, lines := &run{t: t}, make(chan string, 2)
			var first time.Duration
			if c.types != "" {
				r.Lines = lines
				lines <- "n" // too early to be an answer
			}
			r.on = func(said string) {
				if strings.HasSuffix(said, "waits for you. Press Enter to send it, or "+choice) {
					for line := range strings.Lines(c.types) {
						lines <- line
					}
				}
				if first == 0 && strings.Contains(said, "]: My profile") {
					first = r.Clock.Since(r.began)
				}
			}
			said, err := r.tell()
			for _, part := range []string{"a browser:\n", asks, "hh:mm app [proposes; ID]: " + agrees, draft} {
				whole := strings.Contains(said, part) && strings.HasSuffix(said, c.ends)
				if err != nil || !whole || r.others.Load() > 0 {
					t.Fatalf("%v, other calls: %d\n%s", err, r.others.Load(), said)
				}
			}
			if took := r.Clock.Since(r.began); first > time.Second || took < 15*time.Second || took > 35*time.Second {
				t.Errorf("the first words come after %v, and the last after %v", first, took)
			}
		})
	}
}

// The link leads a browser to the same seat. The person decides there.
func TestStory_decidedOnThePage_goesOn(t *testing.T) {
	r, token := &run{t: t}, ""
	supervise := func(with map[string]any) (got results.Supervised) {
		page := client.New(r.Base, client.Options{})
		defer page.Close()
		with["agent_token"] = token
		if err := page.Call(t.Context(), "supervise", with, &got); err != nil {
			t.Error(err)
		}
		return got
	}
	r.Lines = make(chan string)
	r.Open = func(given string) bool {
		link, err := client.ParseWatchLink(given)
		if err != nil {
			t.Error(err)
		}
		of := link.Claim
		token = ident.Token{Room: of.Room, Seat: of.Seat, Secret: ident.NewSecret(), Person: true}.String()
		supervise(map[string]any{"claim": of.String()})
		return true
	}
	r.on = func(said string) {
		if strings.HasSuffix(said, choice) {
			supervise(map[string]any{"draft": supervise(map[string]any{}).Drafts[0].ID, "decision": "refuse"})
		}
	}
	if said, err := r.tell(); err != nil || !strings.HasSuffix(said, choice+refused) ||
		!strings.Contains(said, "in a browser, which opens now:\n") ||
		!strings.Contains(said, "* Ann: opened the room on another device\n") {
		t.Errorf("%v\n%s", err, said)
	}
}

func TestStory_serverGone_namesTheStep(t *testing.T) {
	for after, step := range map[string]string{"Ctrl-C ends the demo": "the agents join a room: ",
		"joined: api": "Ann's agent asks: ", "agreed": "Ann's agent writes a message that waits: "} {
		r := &run{t: t}
		r.on = func(said string) {
			if strings.Contains(said, after) {
				r.gone.Store(true)
			}
		}
		if _, err := r.tell(); err == nil || !strings.HasPrefix(err.Error(), step) {
			t.Errorf("after %q: %v", after, err)
		}
	}
}
