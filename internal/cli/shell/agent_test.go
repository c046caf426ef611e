package shell_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/shell"
)

// byAgent returns a command as a model reads it: no JSON, and no terminal.
func byAgent(t *testing.T, base string) *command {
	t.Helper()
	c := at(t, base, nil)
	c.Out.JSON = false
	return c
}

// marked gives an agent the seat Ann in the room tea, beside the names.
func marked(t *testing.T, base string, names ...string) {
	t.Helper()
	meet(t, base, names...)
	c := byAgent(t, base)
	if err := c.Join(t.Context(), shell.JoinRequest{Room: "tea", As: "Ann", Agent: new(true)}); err != nil {
		t.Fatal(err)
	}
}

// markOf returns the mark of the seat Ann.
func markOf(t *testing.T, c *command) bool {
	t.Helper()
	all, err := c.Seats.All()
	i := slices.IndexFunc(all, func(seat client.Seat) bool { return seat.Name == "Ann" })
	if err != nil || i < 0 {
		t.Fatalf("%v, no seat in %+v", err, all)
	}
	return all[i].Agent
}

func TestJoin_markOfAnAgent_staysUntilTheCallerTakesItAway(t *testing.T) {
	base := serve(t)
	const how = "parley: If you are an agent, join with --agent: then each command says what concerns you next.\n"
	for _, c := range []struct {
		agent *bool
		alone string // why there is no person
		marks bool
		told  string // "": nothing; else how a line on standard error begins
	}{
		{alone: "there is no terminal here", told: how},
		{agent: new(false), alone: "there is no terminal here"},
		{},
		{agent: new(true), alone: "there is no terminal here", marks: true, told: "parley: You are alone here"},
		{marks: true, told: "parley: You are alone here"},
		{agent: new(false)},
	} {
		ann := byAgent(t, base)
		ann.NoPerson = func() string { return c.alone }
		err := ann.Join(t.Context(), shell.JoinRequest{Room: "tea", As: "Ann", Agent: c.agent})
		if err != nil || markOf(t, ann) != c.marks || !strings.HasPrefix(ann.notes.String(), c.told) ||
			(c.told == "") != (ann.notes.String() == "") {
			t.Errorf("%+v: %v, marked %t, told %q", c, err, markOf(t, ann), &ann.notes)
		}
		link := "For your user, to watch the room:\n  " + base + "/r/"
		invites := byAgent(t, base)
		if err := invites.Invite(t.Context(), as("Ann"), false); err != nil {
			t.Fatal(err)
		}
		for _, printed := range []string{ann.out.String(), invites.out.String()} {
			if gets := strings.Contains(printed, link); gets != c.marks {
				t.Errorf("%+v: printed %q", c, printed)
			}
		}
	}
}

// Each command that acts is held back by what crossed it, says so once, and goes through the second time.
func TestActs_ofAnAgentThatHasNotReadAll_areHeldBackOnce(t *testing.T) {
	task := func(req shell.TaskRequest) func(*command) error {
		return func(c *command) error { return c.Task(t.Context(), as("Ann"), req) }
	}
	var proposed, own, ran string
	dir, _ := clones(t)
	send := func(req func() shell.SendRequest) func(*command) error {
		return func(c *command) error { return c.Send(t.Context(), as("Ann"), req()) }
	}
	for name, act := range map[string]struct {
		says string // how the error begins
		does func(*command) error
	}{
		"say": {"Nothing was sent", send(func() shell.SendRequest {
			return shell.SendRequest{Text: "I begin.", New: true}
		})},
		"ask": {"Nothing was sent", send(func() shell.SendRequest {
			return shell.SendRequest{Text: "Begin?", Ask: []string{"Bob"}}
		})},
		"agree": {"Nothing was sent", send(func() shell.SendRequest {
			return shell.SendRequest{Kind: "agree", ReplyTo: proposed}
		})},
		"withdraw": {"Nothing was sent", send(func() shell.SendRequest { return shell.SendRequest{Withdraw: own} })},
		"put": {"Nothing was shared", func(c *command) error {
			return c.Put(t.Context(), as("Ann"), shell.PutRequest{Path: filepath.Join(dir, "sub", "kept")})
		}},
		"task take":   {"Nothing was changed", task(shell.TaskRequest{Action: "take", ID: "t1"})},
		"task finish": {"Nothing was changed", task(shell.TaskRequest{Action: "finish", ID: "t1", Text: "done"})},
		"prove": {"Nothing was run", func(c *command) error {
			return c.Prove(t.Context(), as("Ann"), proving("t1", dir, "write", ran))
		}},
		"task check": {"Nothing was run", func(c *command) error {
			return c.ProveTyped(t.Context(), as("Ann"), proving("t2", dir, "write", ran))
		}},
		"leave": {"You have not left", func(c *command) error { return c.Leave(t.Context(), as("Ann"), "Bye.") }},
	} {
		for _, asJSON := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				base := serve(t)
				ran = filepath.Join(t.TempDir(), "ran")
				marked(t, base, "Ann", "Bob")
				for _, title := range []string{"open", "done"} {
					if err := at(t, base, nil).Task(t.Context(), as("Bob"), shell.TaskRequest{Action: "add",
						Title: title}); err != nil {
						t.Fatal(err)
					}
				}
				if err := at(t, base, nil).Prove(t.Context(), as("Bob"), proving("t2", dir, "write", ran)); err != nil {
					t.Fatal(err)
				}
				if err := os.Remove(ran); err != nil {
					t.Fatal(err)
				}
				proposed = say(t, base, "Bob", shell.SendRequest{Text: "We begin.", Kind: "proposal"})
				drain(t, base)
				own = say(t, base, "Ann", shell.SendRequest{Text: "Is there time?", Ask: []string{"Bob"}})
				stop := say(t, base, "Bob", shell.SendRequest{Text: "Stop, @Ann.", ReplyTo: proposed})

				held := byAgent(t, base)
				held.Out.JSON = asJSON
				err := act.does(held)
				wants(t, name, err, 1, act.says+": you had not read "+stop+".")
				if !strings.Contains(held.out.String(), "Stop, @Ann.") || strings.Contains(held.out.String(), "Said") {
					t.Errorf("printed %q", &held.out)
				}
				if next := strings.Contains(err.Error(), ".\n") || strings.Contains(held.out.String(), `"next":`); !next {
					t.Errorf("without next: %v", err)
				}
				if _, err := os.Stat(ran); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("something ran: %v", err)
				}

				goes := byAgent(t, base)
				err = act.does(goes)
				told := strings.Contains(goes.out.String(), "Stop") && name != "leave" // which has it once more
				if err != nil || told || goes.notes.String() == "" {
					t.Errorf("again: %v, printed %q, told %q", err, &goes.out, &goes.notes)
				}
			})
		}
	}
}

// crossing has something happen before the first call of a tool with these arguments.
type crossing struct {
	call   []byte
	before func()
	once   sync.Once
}

func (c *crossing) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		if bytes.Contains(body, c.call) {
			c.once.Do(c.before)
		}
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	return http.DefaultTransport.RoundTrip(r)
}

// What came while the command of a task ran holds the finish back, and is printed.
func TestProve_ofAnAgent_wordsDuringTheCommand_holdBackTheFinish(t *testing.T) {
	base := serve(t)
	marked(t, base, "Ann", "Bob")
	added(t, base, "build")
	drain(t, base)
	wire := &crossing{call: []byte(`"action":"finish"`), before: func() {
		say(t, base, "Bob", shell.SendRequest{Text: "Not so, @Ann."})
	}}
	c := at(t, base, wire)
	c.Out.JSON = false
	prove := func(c *command) error {
		return c.Prove(t.Context(), as("Ann"), proving("t1", t.TempDir(), "say", "built"))
	}
	wants(t, "prove", prove(c), 1, "Nothing was changed: you had not read ")
	if out := c.out.String(); !strings.HasPrefix(out, "built\n") || !strings.Contains(out, "Not so, @Ann.") {
		t.Errorf("printed %q", out)
	}
	if is := taskOf(t, base, "t1").State; is == "done" {
		t.Errorf("t1 is %s", is)
	}
	again := byAgent(t, base)
	if err := prove(again); err != nil || strings.Contains(again.out.String(), "Not so") {
		t.Errorf("again: %v, printed %q", err, &again.out)
	}
}

// drain reads all as Ann.
func drain(t *testing.T, base string) {
	t.Helper()
	err := byAgent(t, base).Wait(t.Context(), as("Ann"), shell.WaitRequest{Within: time.Second})
	if err != nil && !errors.Is(err, shell.ErrQuiet) {
		t.Fatal(err)
	}
}

// A script that joined without the mark says and does what it means to, whatever it has not read.
func TestActs_withoutTheMark_areNotHeldBack(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	say(t, base, "Bob", shell.SendRequest{Text: "Stop, @Ann."})
	c := byAgent(t, base)
	if err := c.Send(t.Context(), as("Ann"), shell.SendRequest{Text: "I begin."}); err != nil {
		t.Fatal(err)
	}
	if want := said(t, base).ID + "\n"; c.out.String() != want || c.notes.String() != "" {
		t.Errorf("printed %q, told %q", &c.out, &c.notes)
	}
}

// What was read is known only once it was printed: a command whose output breaks loses nothing.
func TestAct_ofAnAgentWhoseOutputBreaks_leavesAllUnread(t *testing.T) {
	base := serve(t)
	marked(t, base, "Ann", "Bob")
	drain(t, base)
	broken := errors.New("the pipe is gone")
	shows := func(c *command) error {
		return c.Send(t.Context(), as("Ann"), shell.SendRequest{Text: "I begin.", New: true})
	}
	for text, act := range map[string]func(*command) error{
		"One, @Ann?": shows,
		"Two, @Ann?": func(c *command) error { return c.Wait(t.Context(), as("Ann"), shell.WaitRequest{}) },
		"Three, @Ann?": func(c *command) error {
			return c.Join(t.Context(), shell.JoinRequest{Room: "tea", As: "Ann"})
		},
	} {
		say(t, base, "Bob", shell.SendRequest{Text: text})
		c := byAgent(t, base)
		c.out.broken = broken
		if err := act(c); !errors.Is(err, broken) {
			t.Errorf("%s: %v", text, err)
		}
		again := byAgent(t, base)
		if err := again.Wait(t.Context(), as("Ann"), shell.WaitRequest{}); err != nil ||
			!strings.Contains(again.out.String(), text) {
			t.Errorf("%s: %v, printed %q", text, err, &again.out)
		}
	}
}

// What is said while an agent waits for an answer is printed once, with author and id, and a question ends the wait.
func TestSay_ofAnAgentThatWaits_printsAllThatComesAndEndsWhenAsked(t *testing.T) {
	for name, c := range map[string]struct {
		says  []shell.SendRequest // by Bob
		lines []string            // what is printed of them, as the screen shows it without the time
		quiet bool                // nobody answers
		open  bool                // Ann asks nobody
	}{
		"the next message": {says: []shell.SendRequest{{Text: "Milk.", New: true}}, open: true,
			lines: []string{"Bob [ID]: Milk."}},
		"the answer": {says: []shell.SendRequest{{Text: "Wait.", New: true}, {Text: "Milk.", ReplyTo: "ID"}},
			lines: []string{"Bob [ID]: Wait.", "Bob [re ASKED; ID]: Milk."}},
		"a question": {says: []shell.SendRequest{{Text: "Why?", Ask: []string{"Ann"}}},
			lines: []string{`Bob [asks "Ann"; ID]: Why?`}},
		"a proposal": {says: []shell.SendRequest{{Text: "Stop.", Kind: "proposal"}},
			lines: []string{"Bob [proposes; ID]: Stop."}},
		"a request to all": {says: []shell.SendRequest{{Text: "Who?", Kind: "request"}},
			lines: []string{"Bob [asks anyone; ID]: Who?"}},
		"private words": {says: []shell.SendRequest{{Text: "Psst.", To: []string{"Ann"}, New: true}},
			lines: []string{`Bob [only to "Ann"; ID]: Psst.`}},
		"nobody is left": {lines: []string{"* left: Bob"}, quiet: true},
	} {
		t.Run(name, func(t *testing.T) {
			base := serve(t)
			marked(t, base, "Ann", "Bob", "Cy")
			drain(t, base)
			ann := byAgent(t, base)
			ended := begin(func() error {
				req := shell.SendRequest{Text: "What?", Ask: []string{"Bob"}, Await: true}
				if c.open {
					req.Ask = nil
				}
				return ann.Send(t.Context(), as("Ann"), req)
			})
			asked := idOf(t, base, "What?")
			want := []string{"Said in the room tea as Ann: " + asked + "."}
			for i, req := range c.says {
				if req.ReplyTo != "" {
					req.ReplyTo = asked
				}
				id := say(t, base, "Bob", req)
				want = append(want, strings.NewReplacer("ID", id, "ASKED", asked).Replace(c.lines[i]))
			}
			if c.says == nil {
				if err := at(t, base, nil).Leave(t.Context(), as("Bob"), ""); err != nil {
					t.Fatal(err)
				}
				want = append(want, c.lines...)
			}
			if err := <-ended; c.quiet != errors.Is(err, shell.ErrQuiet) || !c.quiet && err != nil {
				t.Errorf("%v", err)
			}
			if got := withoutTimes(ann.out.String()); !slices.Equal(got, want) {
				t.Errorf("printed %q, want %q", got, want)
			}
			if ann.notes.String() == "" {
				t.Error("no next")
			}
			again := byAgent(t, base)
			if err := again.Wait(t.Context(), as("Ann"), shell.WaitRequest{Within: time.Second}); !errors.Is(err,
				shell.ErrQuiet) || again.out.String() != "" {
				t.Errorf("%v, printed again %q", err, &again.out)
			}
		})
	}
}

func TestSay_ofAnAgent_toOneThatLeftAndCameBack_waitsForTheAnswer(t *testing.T) {
	base := serve(t)
	marked(t, base, "Ann", "Bob")
	drain(t, base)
	if err := at(t, base, nil).Leave(t.Context(), as("Bob"), ""); err != nil {
		t.Fatal(err)
	}
	if err := at(t, base, nil).Join(t.Context(), shell.JoinRequest{Room: "tea", As: "Bob"}); err != nil {
		t.Fatal(err)
	}
	ended := begin(func() error {
		req := shell.SendRequest{Text: "Milk?", Ask: []string{"Bob"}, Await: true}
		return byAgent(t, base).Send(t.Context(), as("Ann"), req)
	})
	say(t, base, "Bob", shell.SendRequest{Text: "Yes.", ReplyTo: idOf(t, base, "Milk?")})
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A return that cannot be stored changes nothing: the seats file still has the token.
func TestJoin_returnThatCannotBeStored_keepsTheSeat(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	path := byAgent(t, base).Seats.Path()
	wire := &crossing{call: []byte("join_room"), before: func() {
		if err := errors.Join(os.Rename(path, path+".old"), os.Mkdir(path, 0o700)); err != nil {
			t.Error(err)
		}
	}}
	if err := at(t, base, wire).Join(t.Context(), shell.JoinRequest{Room: "tea", As: "Ann"}); err == nil {
		t.Error("no error")
	}
	if err := errors.Join(os.Remove(path), os.Rename(path+".old", path)); err != nil {
		t.Fatal(err)
	}
	say(t, base, "Ann", shell.SendRequest{Text: "I am still here."})
}

// The agent has read the text that it agrees to: nobody agrees to what it has not read.
func TestSay_voteOfAnAgentThatCompletes_namesWhatIsAgreed(t *testing.T) {
	base := serve(t)
	marked(t, base, "Ann", "Bob")
	text := "We ship on Friday. " + strings.Repeat("All test. ", 20) + "If one test fails, we do not ship."
	id := say(t, base, "Bob", shell.SendRequest{Text: text, Kind: "proposal"})
	drain(t, base)
	c := byAgent(t, base)
	if err := c.Send(t.Context(), as("Ann"), shell.SendRequest{Kind: "agree", ReplyTo: id}); err != nil ||
		strings.Contains(c.out.String(), text) ||
		!strings.HasPrefix(c.notes.String(), "parley: With this, all who were asked agree to "+id+
			"; proposed by Bob, ") {
		t.Errorf("%v, printed %q, told %q", err, &c.out, &c.notes)
	}
}

// Each command whose result may hold an agreement names it by who proposed it, though the agent has read that before.
func TestActs_resultWithAnAgreement_sayWhoProposedIt(t *testing.T) {
	for name, act := range map[string]func(*command) error{
		"join": func(c *command) error { return c.Join(t.Context(), shell.JoinRequest{Room: "tea", As: "Ann"}) },
		"say":  func(c *command) error { return c.Send(t.Context(), as("Ann"), shell.SendRequest{Text: "Good."}) },
	} {
		base := serve(t)
		marked(t, base, "Ann", "Bob")
		id := say(t, base, "Ann", shell.SendRequest{Text: "We begin.", Kind: "proposal"})
		drain(t, base)
		say(t, base, "Bob", shell.SendRequest{Kind: "agree", ReplyTo: id})
		c := byAgent(t, base)
		err := act(c)
		if !strings.Contains(c.out.String(), "* agreed: "+id+"; proposed by Ann, ") {
			t.Errorf("%s: %v, printed %q", name, err, &c.out)
		}
	}
}

// withoutTimes returns the lines of a screen, without the times of messages.
func withoutTimes(text string) (list []string) {
	for line := range strings.Lines(text) {
		list = append(list, strings.TrimSpace(clockTime.ReplaceAllString(line, "")))
	}
	return list
}

var clockTime = regexp.MustCompile(`^\d\d:\d\d `)

// skipping lets the time of each wait pass at once: the call looks in, and then the clock of the command is later.
type skipping struct {
	clock *clockwork.FakeClock
	most  float64   // the seconds after which the server ends a wait, as one that restarts
	waits []float64 // the seconds of each wait
	tools []string  // that were called
}

func (s *skipping) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		return http.DefaultTransport.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var call struct {
		Params struct {
			Name      string
			Arguments map[string]any
		}
	}
	_ = json.Unmarshal(body, &call)
	seconds, waits := call.Params.Arguments["wait_seconds"].(float64)
	if call.Params.Name != "" {
		s.tools = append(s.tools, call.Params.Name)
	}
	if waits {
		body = waitSeconds.ReplaceAll(body, []byte(`"wait_seconds":0`))
		s.waits = append(s.waits, seconds)
	}
	r = r.Clone(r.Context())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp, err := http.DefaultTransport.RoundTrip(r)
	s.clock.Advance(time.Duration(min(seconds, s.most)) * time.Second)
	return resp, err
}

var waitSeconds = regexp.MustCompile(`"wait_seconds":\d+`)

// The clients of agents end a command after five minutes: without a time a wait ends before, and says what to do next.
func TestWait_ofAnAgentWithoutATime_endsBeforeItsClientEndsIt(t *testing.T) {
	base := serve(t)
	marked(t, base, "Ann", "Bob")
	drain(t, base)
	for what, act := range map[string]func(*command) error{
		"Nothing came within": func(c *command) error { return c.Wait(t.Context(), as("Ann"), shell.WaitRequest{}) },
		"No answer within": func(c *command) error {
			return c.Send(t.Context(), as("Ann"), shell.SendRequest{Text: "Milk?", Ask: []string{"Bob"}, Await: true})
		},
	} {
		wire := &skipping{clock: clockwork.NewFakeClock(), most: 20}
		c := at(t, base, wire)
		c.Out.JSON, c.Clock = false, wire.clock
		begun := wire.clock.Now()
		err := act(c)
		if took := wire.clock.Since(begun); !errors.Is(err, shell.ErrQuiet) || took < 270*time.Second ||
			took > 280*time.Second {
			t.Errorf("%s: %v after %v, waits of %v", what, err, took, wire.waits)
		}
		if told := c.notes.String(); !strings.HasPrefix(told, "parley: "+what+" 4m40s.\nparley: ") {
			t.Errorf("told %q", told)
		}
	}
}

// An agent that has to go says for how long. What is new comes at once and once, also after a return, which announces
// nothing.
func TestWait_away_announcesTheAbsenceAndWaitsForNothing(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	away := shell.WaitRequest{Away: 20 * time.Minute}
	for text, cursor := range map[string]bool{"Hello.": true, "Hello again.": false} {
		say(t, base, "Bob", shell.SendRequest{Text: text})
		ann, bob, again := byAgent(t, base), byAgent(t, base), byAgent(t, base)
		if err := ann.Seats.Update(func(all []client.Seat) ([]client.Seat, error) {
			for i := range all {
				if !cursor {
					all[i].Cursor = ""
				}
			}
			return all, nil
		}); err != nil {
			t.Fatal(err)
		}
		if err := ann.Wait(t.Context(), as("Ann"), away); err != nil || !strings.Contains(ann.out.String(), text) ||
			!strings.Contains(ann.notes.String(), "you as away until ") {
			t.Errorf("%v, printed %q, told %q", err, &ann.out, &ann.notes)
		}
		if err := bob.Who(t.Context(), as("Bob")); err != nil || !strings.Contains(bob.out.String(), "back in 20 min") {
			t.Errorf("%v, Bob sees %q", err, &bob.out)
		}
		if err := again.Wait(t.Context(), as("Ann"), away); err != nil || again.out.String() != "" {
			t.Errorf("%v, printed again %q", err, &again.out)
		}
	}
}

func TestWait_withoutACursor_returnsByItsToken(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	say(t, base, "Bob", shell.SendRequest{Text: "Hello."})
	wire := &skipping{clock: clockwork.NewFakeClock()}
	c := at(t, base, wire)
	if err := c.Seats.Update(func(all []client.Seat) ([]client.Seat, error) {
		for i := range all {
			all[i].Cursor = ""
		}
		return all, nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(t.Context(), as("Ann"), shell.WaitRequest{}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(wire.tools, []string{"join_room"}) || !strings.Contains(c.out.String(), "Hello.") {
		t.Errorf("called %q, printed %q", wire.tools, &c.out)
	}
}

// Where all wait, one has the turn: an agent's wait ends with it, as over MCP.
func TestWait_ofAnAgentThatHasTheTurn_endsAndSaysSo(t *testing.T) {
	base := serve(t)
	marked(t, base, "Ann", "Bob")
	say(t, base, "Bob", shell.SendRequest{Text: "Who begins?"})
	drain(t, base)
	bob, ann := at(t, base, nil), byAgent(t, base)
	ctx, cancel := context.WithCancel(t.Context())
	ended := begin(func() error { return bob.Wait(ctx, as("Bob"), shell.WaitRequest{}) })
	defer func() {
		cancel()
		<-ended
	}()
	if err := ann.Wait(t.Context(), as("Ann"), shell.WaitRequest{}); err != nil {
		t.Error(err)
	}
	if told := ann.notes.String(); ann.out.String() != "" || !strings.Contains(told, "the turn is yours") {
		t.Errorf("printed %q, told %q", &ann.out, told)
	}
}

// A program reads the whole result of each call, with next in commands.
func TestSay_ofAnAgentInJSON_printsTheResults(t *testing.T) {
	base := serve(t)
	marked(t, base, "Ann", "Bob")
	drain(t, base)
	say(t, base, "Bob", shell.SendRequest{Text: "Going on.", Kind: "status"})
	ann := at(t, base, nil)
	ended := begin(func() error {
		return ann.Send(t.Context(), as("Ann"), shell.SendRequest{Text: "Milk?", Ask: []string{"Bob"}, Await: true})
	})
	id := idOf(t, base, "Milk?")
	say(t, base, "Bob", shell.SendRequest{Text: "Yes.", ReplyTo: id})
	if err := <-ended; err != nil || ann.notes.String() != "" {
		t.Errorf("%v, told %q", err, &ann.notes)
	}
	var list []string
	for line := range strings.Lines(ann.out.String()) {
		var got results.Sent
		read(t, line, &got)
		for _, m := range got.Messages {
			list = append(list, string(m.Text))
		}
		if got.Next == "" || strings.Contains(got.Next, "wait_for_message") {
			t.Errorf("next is %q", got.Next)
		}
	}
	if !slices.Equal(list, []string{"Going on.", "Yes."}) {
		t.Errorf("printed %q", list)
	}
}

// Next is of the last call: what tells of an upload or a download that the shell itself has made is over.
func TestFiles_ofAnAgent_sayWhatIsNextOnceTheyAreThere(t *testing.T) {
	base := serve(t)
	marked(t, base, "Ann", "Bob")
	drain(t, base)
	path := filepath.Join(t.TempDir(), "data.bin")
	if err := os.WriteFile(path, []byte{0, 1, 2}, 0o600); err != nil {
		t.Fatal(err)
	}
	puts, gets := byAgent(t, base), byAgent(t, base)
	if err := puts.Put(t.Context(), as("Ann"), shell.PutRequest{Path: path}); err != nil {
		t.Fatal(err)
	}
	if told := puts.notes.String(); !strings.HasPrefix(told, "parley: It is shared") {
		t.Errorf("put told %q", told)
	}
	if err := gets.Get(t.Context(), as("Ann"), shell.GetRequest{ID: said(t, base).ID, Path: path + "2"}); err != nil {
		t.Fatal(err)
	}
	if gets.notes.String() != "" {
		t.Errorf("get told %q", &gets.notes)
	}
}

// A wait in the background that ends without news does not take back what another command of the seat has read: else
// the next act would be held back by the same words.
func TestWait_besideACommandThatReadFurther_keepsWhatThatCommandRead(t *testing.T) {
	base := serve(t)
	marked(t, base, "Ann", "Bob")
	drain(t, base)
	read := func() string {
		all, err := byAgent(t, base).Seats.All()
		i := slices.IndexFunc(all, func(seat client.Seat) bool { return seat.Name == "Ann" })
		if err != nil || i < 0 {
			t.Fatal(i, err)
		}
		return all[i].Cursor
	}
	kept := ""
	wire := &crossing{call: []byte("wait_for_message"), before: func() {
		say(t, base, "Ann", shell.SendRequest{Text: "I begin.", New: true})
		kept = read()
	}}
	err := at(t, base, wire).Wait(t.Context(), as("Ann"), shell.WaitRequest{Within: time.Second})
	if is := read(); !errors.Is(err, shell.ErrQuiet) || kept == "" || is != kept {
		t.Errorf("%v, read up to %q, want %q", err, is, kept)
	}
}

// What its user has said in its name, or decided, reaches an agent with its next command.
func TestSay_ofAnAgentWhoseUserDecided_saysWhatAndWhatIsNext(t *testing.T) {
	base := serve(t)
	marked(t, base, "Ann", "Bob")
	drain(t, base)
	back := byAgent(t, base)
	if err := back.Join(t.Context(), shell.JoinRequest{Room: "tea", As: "Ann"}); err != nil {
		t.Fatal(err)
	}
	_, link, _ := strings.Cut(back.out.String(), "to watch the room:\n  ")
	if err := at(t, base, nil).Watch(t.Context(), strings.TrimSpace(link)); err != nil {
		t.Fatal(err)
	}
	decides := func(req shell.SuperviseRequest) {
		t.Helper()
		if err := at(t, base, nil).Supervise(t.Context(), shell.Which{As: "Ann", Watched: true}, req); err != nil {
			t.Fatal(err)
		}
	}
	says := func(text string, waits bool) (*command, error) {
		c := byAgent(t, base)
		return c, c.Send(t.Context(), as("Ann"), shell.SendRequest{Text: text, Await: waits})
	}
	for _, decision := range []shell.SuperviseRequest{
		{Decision: "edit", Text: "It is Monday."}, {Decision: "refuse", Text: "It is Monday."},
	} {
		decides(shell.SuperviseRequest{Approve: new(true)})
		pending, err := says("It is Friday."+decision.Decision, false)
		_, id, _ := strings.Cut(pending.notes.String(), "as draft ")
		if err != nil {
			t.Fatal(err)
		}
		decision.Draft, _, _ = strings.Cut(id, ".")
		decides(shell.SuperviseRequest{Approve: new(false)})
		decides(decision)
		// An edit holds back, and a refusal ends the wait.
		told, err := says("Is it Friday?", true)
		notes := told.notes.String()
		if err != nil {
			notes += err.Error()
		}
		if !strings.Contains(told.out.String(), ": It is Monday.") ||
			!strings.Contains(notes, "Your user has spoken in your name") {
			t.Errorf("%s: printed %q, told %q", decision.Decision, &told.out, notes)
		}
	}
}

// The printed command runs without the server that this one names.
func TestNext_ofAnAgentWithASeatElsewhere_namesTheSeat(t *testing.T) {
	base, other := serve(t), serve(t)
	marked(t, base, "Ann", "Bob")
	meet(t, other, "Ann", "Bob")
	c := byAgent(t, base)
	c.Base = base
	err := c.Tasks(t.Context(), as("Ann"), false)
	if told := c.notes.String(); err != nil || !strings.Contains(told, " --room tea --as Ann --url "+base) {
		t.Errorf("%v, told %q", err, told)
	}
}
