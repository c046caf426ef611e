// Package demo shows a newcomer two agents of two people that talk, and lets the person behind one agent decide on a
// message. The agents are scripts that call the server as MCP clients do: see agent. [Story] is the course of the demo.
package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/shell"
)

// Story is one run of the demo.
type Story struct {
	Base   string // the address of the server
	Screen *shell.Screen
	Clock  clockwork.Clock
	Lines  <-chan string          // what the person types; nil without a person, and then the waiting message is sent
	Open   func(link string) bool // opens the page in a browser, and reports whether one started; nil: no browser

	Link string // to the room's page, for one browser; Tell sets it

	app, api *agent // of Ann and of Bob
	person   string // Ann's token
	shown    string // the id of the last message on the screen
	draft    string // the id of the waiting message
	refused  bool   // the message was refused
}

// args are the arguments of a tool.
type args = map[string]any

// The pauses before the steps, in which a person reads, and between two checks of what the person has done.
const (
	short = time.Second / 2
	long  = 4 * time.Second
)

// Tell tells the story. The error names the step that failed.
func (s *Story) Tell(ctx context.Context) error {
	s.app, s.api = s.newAgent("app"), s.newAgent("api")
	defer s.app.Close()
	defer s.api.Close()
	for _, step := range []struct {
		name  string
		pause time.Duration // before the step
		tell  func(context.Context) error
	}{
		{"the agents join a room", 0, s.join},
		{"Ann's agent asks", short, s.app.says("", args{"kind": "request", "ask": []string{"api"},
			"text": "My profile screen shows local times. Which field of GET /users/me has the user's time zone?"})},
		{"the marks are explained", 0, s.explain},
		{"Bob's agent answers", long, s.api.says("request", args{
			"text": "None yet. I can add time_zone, with names such as Europe/Berlin. It is null for those who never " +
				"chose one."})},
		{"Ann's agent proposes", long, s.app.says("answer", args{"kind": "proposal",
			"text": "GET /users/me gets time_zone: an IANA name or null. The app shows null as UTC."})},
		{"Bob's agent agrees", long, s.api.says("proposal", args{"kind": "agree",
			"text": "Yes. It is on the test server in an hour."})},
		{"Ann's agent writes a message that waits", long, s.write},
		{"Ann decides about the message", 0, s.decide},
		{"the talk goes on", long, s.goOn},
	} {
		err := s.pause(ctx, step.pause)
		if err == nil {
			err = step.tell(ctx)
		}
		if err == nil {
			err = s.show(ctx)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return nil
}

func (s *Story) join(ctx context.Context) error {
	s.print("In Parley, AI agents of different people talk in rooms. Ann writes an app, Bob writes the server behind " +
		"it, and each has an agent. Here two scripts play the agents, and no AI runs. You are Ann: you read along " +
		"while your agent, \"app\", talks to Bob's, \"api\". Ctrl-C ends the demo.\n")
	given, err := s.app.sits(ctx, "create_room")
	if err != nil {
		return err
	}
	link, err := client.ParseWatchLink(given) // Ann opens the link as the page does; her browser gets another link
	if err != nil {
		return err
	}
	of := link.Claim
	s.person = ident.Token{Room: of.Room, Seat: of.Seat, Secret: ident.NewSecret(), Person: true}.String()
	if _, err := s.supervise(ctx, args{"claim": of.String()}); err != nil {
		return err
	}
	if _, err := s.supervise(ctx, args{"person_name": "Ann"}); err != nil { // actions on the page have Ann's name
		return err
	}
	further, err := s.supervise(ctx, args{"new_link": true})
	if err != nil {
		return err
	}
	s.Link = further.Watch
	opened := ""
	if s.Open != nil && s.Open(s.Link) {
		opened = ", which opens now"
	}
	s.print("The same room in a browser" + opened + ":\n  " + s.Link + "\n")
	_, err = s.api.sits(ctx, "join_room")
	return err
}

// explain explains the words in brackets, once the first message with brackets is on the screen.
func (s *Story) explain(context.Context) error {
	s.print("\nWords in [brackets] say what a message is for. The question above has the id " + s.shown +
		", and its answer will name it: [re " + s.shown + "].\n")
	return nil
}

func (s *Story) write(ctx context.Context) error {
	if _, err := s.supervise(ctx, args{"approve": true}); err != nil {
		return err
	}
	s.print("\nThe room keeps on record what both agreed on. Now it is your turn: from here on your agent's messages " +
		"wait as drafts until you send them.")
	return s.app.says("agree", args{"kind": "request", "ask": []string{"api"},
		"text": "Can your side be live on Friday at noon? The app goes out then."})(ctx)
}

// decide lasts until the person has decided about the message, in the terminal or on the page.
func (s *Story) decide(ctx context.Context) error {
	got, err := s.supervise(ctx, args{})
	if err != nil || len(got.Drafts) == 0 {
		return err
	}
	s.draft = got.Drafts[len(got.Drafts)-1].ID
	if s.Lines == nil {
		s.print("The message waits. Nobody is asked here, so the demo sends it.\n")
		if err := s.pause(ctx, long); err != nil {
			return err
		}
		_, err := s.supervise(ctx, args{"draft": s.draft, "decision": "send"})
		return err
	}
	s.DropTyped() // before the question
	const choice = "Press Enter to send it, or n and Enter to reject it:"
	for s.print("The message waits for you. " + choice); ; {
		select {
		case line, open := <-s.Lines:
			word := strings.ToLower(strings.TrimSpace(line))
			how := map[string]string{"": "send", "y": "send", "yes": "send", "n": "refuse", "no": "refuse"}[word]
			if !open {
				return context.Canceled
			} else if how == "" {
				s.print("That is neither. " + choice)
				continue
			}
			_, err := s.supervise(ctx, args{"draft": s.draft, "decision": how})
			if err != nil && !errors.As(err, new(*fault.Error)) { // a refusal: the page was faster
				return err
			}
		case <-s.Clock.After(short):
		}
		if got, err := s.supervise(ctx, args{}); err != nil || len(got.Drafts) == 0 {
			return err
		}
	}
}

// DropTyped drops what the person has typed so far: earlier lines do not answer later questions.
func (s *Story) DropTyped() {
	for len(s.Lines) > 0 {
		<-s.Lines
	}
}

func (s *Story) goOn(ctx context.Context) error {
	if s.refused {
		s.print("Bob's agent does not see what you reject.")
		return nil
	}
	return s.api.says("request", args{
		"text": "Yes. Bob releases it on Thursday, and I tell you here when it is live."})(ctx)
}

// supervise makes a call of the person, as the page does.
func (s *Story) supervise(ctx context.Context, a args) (got results.Supervised, err error) {
	a["agent_token"] = s.person
	return got, s.app.Call(ctx, "supervise", a, &got)
}

// show prints the person's news.
func (s *Story) show(ctx context.Context) error {
	a := args{"agent_token": s.person}
	if s.shown != "" {
		a["after"] = s.shown
	}
	var page results.History
	err := s.app.Call(ctx, "message_history", a, &page)
	for _, message := range page.Messages {
		s.shown = message.ID
		s.refused = s.refused || message.Draft != "" && message.Draft == s.draft && message.Reason == "refused"
		message.Draft = "" // nobody here decides by ids
		if message.Type == "draft" {
			message.ID = ""
		}
		s.Screen.Show(message)
	}
	return errors.Join(err, s.Screen.Err())
}

// print writes words of the demo, without a terminal in lines of a usual one.
func (s *Story) print(text string) {
	on := *s.Screen
	on.Width = func() int { return cmp.Or(s.Screen.Width(), 80) }
	_, _ = fmt.Fprintln(s.Screen.Out, on.Fold(text, "")) // show sees a failure
}

func (s *Story) pause(ctx context.Context, d time.Duration) error {
	select {
	case <-s.Clock.After(d):
	case <-ctx.Done():
	}
	return ctx.Err()
}
