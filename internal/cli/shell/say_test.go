package shell_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/shell"
)

// said returns the last message of the room.
func said(t *testing.T, base string) results.Message {
	t.Helper()
	all := history(t, base)
	return all[len(all)-1]
}

func TestSay_personJustAnswers_endsTheWaitOfWhoAsked(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	asking := at(t, base, nil)
	ended := begin(func() error {
		return asking.Send(t.Context(), as("Ann"), shell.SendRequest{Text: "Milk?", Ask: []string{"Bob"}, Await: true})
	})
	id := idOf(t, base, "Milk?")
	bob := at(t, base, nil)
	if err := bob.Send(t.Context(), as("Bob"), shell.SendRequest{Text: "Yes."}); err != nil {
		t.Fatal(err)
	}
	if got := said(t, base); got.ReplyTo != id {
		t.Errorf("the answer was said as %+v", got)
	}
	want := "parley: Sent as the answer to Ann's request " + id + ". To say something else instead, use --new.\n"
	if bob.notes.String() != want {
		t.Errorf("told %q, want %q", &bob.notes, want)
	}
	if err := <-ended; err != nil || !slices.Equal(texts(t, asking.out.String()), []string{"Yes."}) {
		t.Errorf("%v, printed %s", err, &asking.out)
	}
}

// A person may mistype a room before "say TEXT": the output says where the words went. A script keeps the id, for
// --reply-to and get.
func TestSayAndPut_printTheID(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	path := filepath.Join(t.TempDir(), "api.json")
	if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, act := range map[string]func(*command) error{
		"Said in the room tea as Ann, only to \"Bob\": ID.\n": func(c *command) error {
			return c.Send(t.Context(), as("Ann"), shell.SendRequest{Text: "Psst.", To: []string{"Bob"}})
		},
		"Said in the room tea as Ann: ID.\n": func(c *command) error {
			return c.Send(t.Context(), as("Ann"), shell.SendRequest{Text: "tee Is there milk?"})
		},
		"Shared \"api.json\", 2 bytes, in the room tea as Ann: ID. To get it, others put their own name in place of " +
			"Ann:\n  parley get ID --room tea --as Ann\n": func(c *command) error {
			return c.Put(t.Context(), as("Ann"), shell.PutRequest{Path: path})
		},
	} {
		for terminal, want := range map[bool]string{true: name, false: "ID\n"} {
			ann := at(t, base, nil)
			ann.Out.JSON, ann.Out.Screen.Terminal = false, terminal
			err := act(ann)
			if want := strings.ReplaceAll(want, "ID", said(t, base).ID); err != nil || ann.out.String() != want ||
				ann.notes.String() != "" {
				t.Errorf("%t: %v, printed %q, want %q, told %q", terminal, err, &ann.out, want, &ann.notes)
			}
		}
	}
}

func TestSay_answersOnlyWhatIsOwed(t *testing.T) {
	for name, c := range map[string]struct {
		asked   shell.SendRequest // by Ann
		said    shell.SendRequest // by Bob
		answers bool
		to      []string // the readers of Bob's message
	}{
		"a request to all":           {asked: shell.SendRequest{Kind: "request"}},
		"a request to another":       {asked: shell.SendRequest{Ask: []string{"Cy"}}},
		"a proposal, which is voted": {asked: shell.SendRequest{Kind: "proposal"}},
		"something else is said": {asked: shell.SendRequest{Ask: []string{"Bob"}},
			said: shell.SendRequest{New: true}},
		"a status": {asked: shell.SendRequest{Ask: []string{"Bob"}},
			said: shell.SendRequest{Kind: "status"}},
		"a question of one's own": {asked: shell.SendRequest{Ask: []string{"Bob"}},
			said: shell.SendRequest{Ask: []string{"Ann"}}},
		"a word to another": {asked: shell.SendRequest{Ask: []string{"Bob"}},
			said: shell.SendRequest{To: []string{"Cy"}}, to: []string{"Cy"}},
		"a private word to who asked": {asked: shell.SendRequest{Ask: []string{"Bob"}},
			said: shell.SendRequest{To: []string{"ann"}}, answers: true, to: []string{"Ann"}},
		"a private question": {asked: shell.SendRequest{Ask: []string{"Bob"}, To: []string{"Bob"}},
			answers: true, to: []string{"Ann"}},
		"a private question, for all": {asked: shell.SendRequest{Ask: []string{"Bob"}, To: []string{"Bob"}},
			said: shell.SendRequest{To: []string{"everyone"}}, answers: true},
		"a question to two": {asked: shell.SendRequest{Ask: []string{"Bob", "Cy"}, To: []string{"Bob", "Cy"}},
			answers: true, to: []string{"Ann", "Cy"}},
	} {
		t.Run(name, func(t *testing.T) {
			base := serve(t)
			meet(t, base, "Ann", "Bob", "Cy")
			c.asked.Text, c.said.Text = "Milk?", "Yes."
			id := say(t, base, "Ann", c.asked)
			spoken := say(t, base, "Bob", c.said)
			bob := at(t, base, nil) // Bob sees it in any case
			if err := bob.History(t.Context(), as("Bob"), shell.HistoryRequest{Last: 1}); err != nil {
				t.Fatal(err)
			}
			var got results.History
			read(t, bob.out.String(), &got)
			m := got.Messages[0]
			if want := map[bool]string{true: id}[c.answers]; m.ID != spoken || m.ReplyTo != want {
				t.Errorf("%s replies to %q, want %q", m.ID, m.ReplyTo, want)
			}
			if !slices.Equal(m.To, c.to) {
				t.Errorf("to %q, want %q", m.To, c.to)
			}
		})
	}
}

func TestSay_severalAnswersAreOwed_listsThemAndSendsNothing(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	tea := say(t, base, "Ann", shell.SendRequest{Text: "Tea?", Ask: []string{"Bob"}})
	milk := say(t, base, "Ann", shell.SendRequest{Text: "And  how much\nmilk?", Ask: []string{"Bob"}})
	var refused *shell.Failure
	err := at(t, base, nil).Send(t.Context(), as("Bob"), shell.SendRequest{Text: "Yes."})
	if !errors.As(err, &refused) || refused.Code != 2 || !strings.HasSuffix(refused.Text,
		"\n  --reply-to "+tea+"  Ann: Tea?\n  --reply-to "+milk+"  Ann: And how much milk?") {
		t.Errorf("%v", err)
	}
	if got := said(t, base); got.ID != milk {
		t.Errorf("said %+v", got)
	}
	say(t, base, "Bob", shell.SendRequest{Text: "Yes.", ReplyTo: tea})
	say(t, base, "Bob", shell.SendRequest{Text: "Much."})
	if got := said(t, base); got.ReplyTo != milk {
		t.Errorf("with one left, said %+v", got)
	}
}

// The person of a seat may hold back a message from a shell, and the shell says so.
func TestSay_personHoldsItBack_isToldSo(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	file, err := client.OpenTokens()
	if err != nil {
		t.Fatal(err)
	}
	seats, err := file.All()
	if err != nil {
		t.Fatal(err)
	}
	c := client.New(base, client.Options{})
	defer c.Close()
	var back struct{ Watch string }
	mine := slices.IndexFunc(seats, func(s client.Seat) bool { return s.Name == "Ann" })
	if err := c.Call(t.Context(), "join_room", map[string]any{"agent_token": seats[mine].Token}, &back); err != nil {
		t.Fatal(err)
	}
	_, claim, _ := strings.Cut(back.Watch, "#")
	code, ok := ident.ParseLinkCode(claim)
	person := ident.Token{Room: code.Room, Seat: code.Seat, Secret: ident.NewSecret(), Person: true}.String()
	decides := func(more map[string]any) {
		t.Helper()
		more["agent_token"] = person
		if err := c.Call(t.Context(), "supervise", more, &struct{}{}); err != nil || !ok {
			t.Fatal(ok, err)
		}
	}
	decides(map[string]any{"claim": claim, "approve": true})
	says := func(req shell.SendRequest) (*command, error) {
		c := at(t, base, nil)
		c.Out.JSON = false
		return c, c.Send(t.Context(), as("Ann"), req)
	}
	if c, err := says(shell.SendRequest{Text: "It is Friday."}); err != nil ||
		!strings.Contains(c.notes.String(), "Not sent yet: ") || !strings.Contains(c.notes.String(), "as draft m") {
		t.Errorf("with approval: %v, %s", err, &c.notes)
	}
	if _, err := says(shell.SendRequest{Text: "Is it Friday?", Await: true}); !errors.Is(err, shell.ErrQuiet) {
		t.Errorf("an answer is awaited: %v", err)
	}
	decides(map[string]any{"paused": true})
	for _, req := range []shell.SendRequest{{Text: "Friday."}, {Text: "Friday?", Await: true}} {
		var why *shell.Failure
		if _, err := says(req); !errors.As(err, &why) || why.Code != 1 ||
			!strings.Contains(why.Text, "has paused you") {
			t.Errorf("paused: %v", err)
		}
	}
}
