package shell_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli"
	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/shell"
)

func TestWait_ofTwo_oneGetsWhatComes(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	if err := at(t, base, nil).Wait(t.Context(), as("Ann"), shell.WaitRequest{}); err != nil { // "Bob joined"
		t.Fatal(err)
	}
	a, b := at(t, base, nil), at(t, base, nil)
	endedA := begin(func() error { return a.Wait(t.Context(), as("Ann"), shell.WaitRequest{}) })
	endedB := begin(func() error { return b.Wait(t.Context(), as("Ann"), shell.WaitRequest{}) })
	var older, newer *command
	var err error
	var ended <-chan error
	select {
	case err = <-endedA:
		older, newer, ended = a, b, endedB
	case err = <-endedB:
		older, newer, ended = b, a, endedA
	}
	if !errors.Is(err, shell.ErrQuiet) || older.out.String() != "" ||
		!strings.Contains(older.notes.String(), "A newer wait") {
		t.Errorf("the older wait ended with %v, %q and %q", err, &older.out, &older.notes)
	}
	say(t, base, "Bob", shell.SendRequest{Text: "Milk?"})
	if err := <-ended; err != nil || !strings.Contains(newer.out.String(), "Milk?") {
		t.Errorf("the newer wait ended with %v and %q", err, &newer.out)
	}
}

func TestWait_cursorIsLost_endsWithTheWordsOfOthersAlone(t *testing.T) {
	base := serve(t)
	meet(t, base, "Bob", "Ann")
	wait := func(within time.Duration) (printed string, err error) {
		c := at(t, base, nil)
		err = c.Seats.Update(func(all []client.Seat) ([]client.Seat, error) {
			for i := range all {
				all[i].Cursor = ""
			}
			return all, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		c.Out.JSON = false
		err = c.Wait(t.Context(), as("Ann"), shell.WaitRequest{Within: within})
		return c.out.String(), err
	}
	say(t, base, "Ann", shell.SendRequest{Text: "Milk?"})
	if printed, err := wait(100 * time.Millisecond); printed != "" || !errors.Is(err, shell.ErrQuiet) {
		t.Errorf("after Ann's own words: %q, %v", printed, err)
	}
	say(t, base, "Bob", shell.SendRequest{Text: "Tea?"})
	if printed, err := wait(0); !strings.Contains(printed, "Tea?") || strings.Contains(printed, "Milk?") || err != nil {
		t.Errorf("after Bob's words: %q, %v", printed, err)
	}
}

func TestWait_outputFails_showsItAgain(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	say(t, base, "Bob", shell.SendRequest{Text: "Milk?"})
	full := at(t, base, nil)
	full.out.broken = io.ErrShortWrite
	if err := full.Wait(t.Context(), as("Ann"), shell.WaitRequest{}); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("%v", err)
	}
	for _, want := range []bool{true, false} {
		again := at(t, base, nil)
		err := again.Wait(t.Context(), as("Ann"), shell.WaitRequest{Within: 100 * time.Millisecond})
		if got := strings.Contains(again.out.String(), "Milk?"); got != want || want == errors.Is(err, shell.ErrQuiet) {
			t.Errorf("shown: %v, want %v; %v", got, want, err)
		}
	}
}

func TestSay_answersThatItWaitsFor(t *testing.T) {
	both := []string{"Bob", "Cy"}
	for name, c := range map[string]struct {
		req    shell.SendRequest
		answer func(t *testing.T, base, id string)
		want   []string
		err    error
	}{
		"of each that was asked": {shell.SendRequest{Ask: both}, func(t *testing.T, base, id string) {
			say(t, base, "Bob", shell.SendRequest{Text: "Bob's", ReplyTo: id})
			say(t, base, "Bob", shell.SendRequest{Text: "by the way"})
			say(t, base, "Cy", shell.SendRequest{Text: "Cy's", ReplyTo: id})
		}, []string{"Bob's", "Cy's"}, nil},
		"some leave instead": {shell.SendRequest{Ask: both}, func(t *testing.T, base, id string) {
			leave(t, base, "Bob")
			say(t, base, "Cy", shell.SendRequest{Text: "Cy's", ReplyTo: id})
		}, []string{"Cy's"}, nil},
		"all leave instead": {shell.SendRequest{Ask: both}, func(t *testing.T, base, id string) {
			leave(t, base, "Bob")
			leave(t, base, "Cy")
		}, nil, shell.ErrQuiet},
		"the first word, if nobody was asked": {shell.SendRequest{}, func(t *testing.T, base, id string) {
			say(t, base, "Bob", shell.SendRequest{Text: "working", Kind: "status"})
			say(t, base, "Cy", shell.SendRequest{Text: "to Bob",
				ReplyTo: say(t, base, "Ann", shell.SendRequest{Text: "own words"})})
			say(t, base, "Bob", shell.SendRequest{Text: "Yes"})
		}, []string{"Yes"}, nil},
		"an agreement": {shell.SendRequest{Kind: "proposal"}, func(t *testing.T, base, id string) {
			say(t, base, "Bob", shell.SendRequest{Kind: "agree"})
			say(t, base, "Cy", shell.SendRequest{Kind: "agree", Text: "Fine"})
		}, []string{"", "Fine"}, nil},
		"an objection": {shell.SendRequest{Kind: "proposal"}, func(t *testing.T, base, id string) {
			say(t, base, "Bob", shell.SendRequest{Kind: "object", Text: "No", ReplyTo: id})
		}, []string{"No"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			base := serve(t)
			meet(t, base, "Ann", "Bob", "Cy")
			asking := at(t, base, nil)
			c.req.Text, c.req.Await = "Well?", true
			ended := begin(func() error { return asking.Send(t.Context(), as("Ann"), c.req) })
			c.answer(t, base, idOf(t, base, "Well?"))
			if err := <-ended; !errors.Is(err, c.err) || !slices.Equal(texts(t, asking.out.String()), c.want) {
				t.Errorf("%v, printed %s, want %q", err, &asking.out, c.want)
			}
		})
	}
}

func leave(t *testing.T, base, name string) {
	t.Helper()
	if err := at(t, base, nil).Leave(t.Context(), as(name), ""); err != nil {
		t.Fatal(err)
	}
}

// history returns the messages of the room.
func history(t *testing.T, base string) []results.Message {
	t.Helper()
	file, err := client.OpenTokens()
	if err != nil {
		t.Fatal(err)
	}
	all, err := file.All()
	if err != nil {
		t.Fatal(err)
	}
	c := client.New(base, client.Options{})
	defer c.Close()
	var got results.History
	if err := c.Call(t.Context(), "message_history", map[string]any{"agent_token": all[0].Token, "limit": 100},
		&got); err != nil {
		t.Fatal(err)
	}
	return got.Messages
}

// idOf waits until text was said, and returns the message's id.
func idOf(t *testing.T, base, text string) (id string) {
	t.Helper()
	until(t, text+" is said", func() bool {
		for _, m := range history(t, base) {
			if string(m.Text) == text {
				id = m.ID
			}
		}
		return id != ""
	})
	return id
}

// deaf loses the first answer to a call of a tool, after the server has done the call.
type deaf struct {
	http.RoundTripper
	to   string
	once sync.Once
}

func (d *deaf) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.GetBody == nil {
		return d.RoundTripper.RoundTrip(r)
	}
	body, err := r.GetBody()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	resp, err := d.RoundTripper.RoundTrip(r)
	if err == nil && strings.Contains(string(text), `"`+d.to+`"`) {
		d.once.Do(func() {
			_ = resp.Body.Close()
			resp, err = nil, io.ErrUnexpectedEOF
		})
	}
	return resp, err
}

func TestSay_answerIsLost_isSaidOnce(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	for range 2 { // the same words may be meant again
		c := at(t, base, &deaf{RoundTripper: http.DefaultTransport, to: "send_message"})
		if err := c.Send(t.Context(), as("Ann"), shell.SendRequest{Text: "Yes."}); err != nil ||
			!strings.Contains(c.notes.String(), "Trying again") {
			t.Errorf("%v, %s", err, &c.notes)
		}
	}
	if n := len(history(t, base)); n != 4 { // two joins, two messages
		t.Errorf("the room has %d messages", n)
	}
}

func TestSay_serverIsAwayOnceItWasSaid_waitsForTheAnswer(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	c := at(t, base, &deaf{RoundTripper: http.DefaultTransport, to: "message_history"})
	ended := begin(func() error {
		return c.Send(t.Context(), as("Ann"), shell.SendRequest{Text: "Milk?", Ask: []string{"Bob"}, Await: true})
	})
	say(t, base, "Bob", shell.SendRequest{Text: "Yes.", ReplyTo: idOf(t, base, "Milk?")})
	if err := <-ended; err != nil || !slices.Equal(texts(t, c.out.String()), []string{"Yes."}) {
		t.Errorf("%v, printed %s", err, &c.out)
	}
}

func TestWait_firstCallIsCut_goesOn(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	say(t, base, "Bob", shell.SendRequest{Text: "Milk?"})
	c := at(t, base, &deaf{RoundTripper: http.DefaultTransport, to: "wait_for_message"})
	if err := c.Wait(t.Context(), as("Ann"), shell.WaitRequest{}); err != nil ||
		strings.Count(c.out.String(), "Milk?") != 1 {
		t.Errorf("%v, printed %s", err, &c.out)
	}
	want := "The server at " + base + " does not answer. Trying again. If it has another address now: parley move " +
		base + " NEW\n"
	if !strings.Contains(c.notes.String(), want) {
		t.Errorf("told %q, want %q", &c.notes, want)
	}
}

// Windows writes a byte order mark ahead of piped text.
func TestReadText_byteOrderMark_isNoPartOfIt(t *testing.T) {
	long := strings.Repeat("x", cli.MaxText)
	for in, want := range map[string]string{"\ufeffHello.\r\n": "Hello.", "a\ufeffb": "a\ufeffb",
		"\ufeff" + long + "\n": long} {
		if got, err := shell.ReadText(t.Context(), strings.NewReader(in)); err != nil || got != want {
			t.Errorf("%+q: %+q, %v", in[:8], got, err)
		}
	}
	for _, in := range []string{"\ufeff\n", long + strings.Repeat("\n", 10) + "and more"} {
		if got, err := shell.ReadText(t.Context(), strings.NewReader(in)); err == nil {
			t.Errorf("%+q says %d bytes", in[:1], len(got))
		}
	}
}

func TestReadText_pipeNeverEnds_endsWithTheContext(t *testing.T) {
	in, out := io.Pipe()
	defer out.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := shell.ReadText(ctx, in); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestChoose_seatsOfAgents_areNotTheShells(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann")
	file, err := client.OpenTokens()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []client.Seat{
		{Server: base, Room: "tea", Name: "Bob", Token: "t1", Wake: &client.Wake{Client: "codex"}},
		{Server: "https://other.example", Room: "tea", Name: "Ann", Token: "t2"}, // not on the usual server
	} {
		if err := file.Put(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := at(t, base, nil).Who(t.Context(), shell.Which{}); err != nil {
		t.Error(err)
	}
	var refused *shell.Failure
	if err := at(t, base, nil).Who(t.Context(), as("Bob")); !errors.As(err, &refused) || refused.Code != 4 {
		t.Errorf("%v", err)
	}
	third := at(t, "https://third.example", nil)
	third.Typed = []string{"who"}
	if err := third.Who(t.Context(), shell.Which{}); !errors.As(err, &refused) || refused.Code != 2 ||
		!strings.Contains(err.Error(), "You have several seats, and this command needs one. Nothing was done. ") ||
		!strings.Contains(err.Error(), "\n  parley who --room tea --as Ann --url "+base) ||
		!strings.Contains(err.Error(), "\n  parley who --room tea --as Ann --url https://other.example") {
		t.Errorf("%v", err)
	}
}

func TestAddAgent_severalSeatsAreWatched_anyInTheRoomWillDo(t *testing.T) {
	base := serve(t)
	file, err := client.OpenTokens()
	if err != nil {
		t.Fatal(err)
	}
	for token, seat := range map[string]client.Seat{
		"t1": {Room: "tea", Name: "Ann", Person: true}, "t2": {Room: "tea", Name: "Chef", Person: true},
		"t3": {Room: "tea", Name: "Bob"}, "t4": {Room: "pie", Name: "Ann's Claude", Person: true},
	} {
		seat.Server, seat.Token = base, token
		if err := file.Put(seat); err != nil {
			t.Fatal(err)
		}
	}
	c := at(t, base, nil)
	c.Typed = []string{"agents", "add", "URL"}
	var told *shell.Failure
	const card = "ftp://agent.example/"
	var refused *fault.Error
	if err := c.AddAgent(t.Context(), shell.Which{Room: "tea"}, card, ""); !errors.As(err, &refused) ||
		refused.Message != "The address must begin with https://. Nothing was changed." {
		t.Errorf("%v", err)
	}
	for name, err := range map[string]error{
		"an agent":  c.AddAgent(t.Context(), shell.Which{}, card, ""),
		"a webhook": c.AddHook(t.Context(), shell.Which{}, card),
	} {
		if !errors.As(err, &told) || told.Code != 2 || strings.Contains(err.Error(), "--room") ||
			!strings.Contains(err.Error(), "\n  parley agents add URL pie --as 'Ann'\\''s Claude'") ||
			strings.Contains(err.Error(), "Bob") {
			t.Errorf("%s, which could be added by several seats: %v", name, err)
		}
	}
}

func TestJoin_capacityOfARoomThatIsThere_isRefused(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann")
	for name, c := range map[string]struct {
		req shell.JoinRequest
		ok  bool
	}{
		"other seats":    {shell.JoinRequest{Room: "tea", As: "Bob", Capacity: 5}, false},
		"of one's own":   {shell.JoinRequest{Room: "tea", As: "Ann", Capacity: 5}, false},
		"the same seats": {shell.JoinRequest{Room: "tea", As: "Ann", Capacity: 2}, true},
		"a new room":     {shell.JoinRequest{Room: "coffee", As: "Ann", Capacity: 5}, true},
	} {
		var refused *shell.Failure
		err := at(t, base, nil).Join(t.Context(), c.req)
		if ok := err == nil; ok != c.ok || !ok && (!errors.As(err, &refused) || refused.Code != 2) {
			t.Errorf("%s: %v", name, err)
		}
	}
	c := at(t, base, nil)
	if err := c.Who(t.Context(), shell.Which{Room: "tea"}); err != nil || strings.Contains(c.out.String(), "Bob") {
		t.Errorf("%v, %s", err, &c.out)
	}
}

func TestRefusals_speakToAPerson(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Cy")
	c := at(t, base, nil)
	ann := as("Ann")
	if err := c.Leave(t.Context(), as("Cy"), ""); err != nil {
		t.Fatal(err)
	}
	meet(t, base, "Bob")
	for name, of := range map[string]struct {
		err  error
		want string
		code int // of a Failure; 0 for a refusal
	}{
		"a name that nobody has": {c.Send(t.Context(), ann, shell.SendRequest{Text: "a", To: []string{"Bob", "Zed"}}),
			`--to: "Zed" is nobody here. Nothing was sent. To see who is there: parley who --room tea --as Ann`, 0},
		"no text": {c.Send(t.Context(), ann, shell.SendRequest{}),
			"The text is missing: only --kind agree and --withdraw need none.", 2},
		"an id": {c.Send(t.Context(), ann, shell.SendRequest{Text: "a", ReplyTo: "x"}),
			"--reply-to: there is no message of this id that you may see, or it has expired. Nothing was done. To " +
				"see the id of each message: parley history --json --room tea --as Ann", 0},
		"a file by its name": {c.Get(t.Context(), ann, shell.GetRequest{ID: "api.json"}), "There is no message of " +
			"this id that you may see, or it has expired. Nothing was done. A file's id stands in brackets behind " +
			"its name: parley history --files --room tea --as Ann", 0},
		"seats": {c.Room(t.Context(), ann, shell.RoomRequest{Capacity: new(1)}),
			"--capacity must be a whole number from 2 to 100.", 2},
		"a task for somebody": {c.Task(t.Context(), ann, shell.TaskRequest{Action: "add", Title: "a",
			For: []string{"Zed"}}),
			`--for: "Zed" does not name anyone who is in this room. Nothing was changed: correct it, or leave ` +
				`--for out, and anyone may take the task, or wait until they have joined.`, 0},
		"who may do it": {c.Manage(t.Context(), as("Bob"), shell.ManageRequest{Action: "mute", Names: []string{"Ann"}}),
			"Only admins of this room may do that, and you are not one. Nothing was changed. To see who is an " +
				"admin: parley who --room tea --as Bob", 0},
		"a password": {c.Room(t.Context(), ann, shell.RoomRequest{Name: new("a:b")}),
			"A password does not belong on a " +
				"command line, which others can see. Set PARLEY_PASSWORD, or give the room without it and type it " +
				"when " +
				"asked.", 2},
	} {
		var refused *fault.Error
		var told *shell.Failure
		switch {
		case of.code != 0 && errors.As(of.err, &told):
			if told.Code != of.code || told.Text != of.want {
				t.Errorf("%s: %d, %s", name, told.Code, told.Text)
			}
		case of.code == 0 && errors.As(of.err, &refused):
			if refused.Message != of.want {
				t.Errorf("%s: %s", name, refused.Message)
			}
		default:
			t.Errorf("%s: %v", name, of.err)
		}
	}
}

// In one terminal with a tail of another seat, the messages of a leave would look like messages that came twice.
func TestLeave_unread_isSaidToBe(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	if err := at(t, base, nil).Join(t.Context(), shell.JoinRequest{Room: "tea", As: "Cy"}); err == nil {
		t.Fatal("the room is full")
	}
	for _, of := range []struct{ name, want string }{
		{"Bob", "You have left tea. What Bob had not read:\n* could not join, the room is full: Cy\n"},
		{"Ann", "You have left tea. What Ann had not read:\n* joined: Bob\n* could not join, the room is full: Cy\n" +
			"* left: Bob\n"},
	} {
		c := at(t, base, nil)
		c.Out.JSON = false
		err := c.Leave(t.Context(), as(of.name), "")
		shown := regexp.MustCompile(`(?m)^\d\d:\d\d |; m\w+$`).ReplaceAllString(c.out.String(), "")
		if err != nil || shown != of.want {
			t.Errorf("%v\n%s", err, shown)
		}
	}
}
