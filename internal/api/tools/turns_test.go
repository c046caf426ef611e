package tools_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// robot speaks when next says so, waits when next says so, and thinks nothing.
type robot struct {
	*peer
	token string
	left  int // messages to say, the last of them the goodbye
}

const goodbye = "bye"

// run goes on from the result of the robot's join until one side says goodbye.
func (r *robot) run(step reply, err error) error {
	for r.token = step.Token; err == nil; step, err = r.follow(step.Next) {
		heard := func(m message) bool { return m.Text == goodbye }
		switch {
		case step.Code != "":
			return fmt.Errorf("refused: %s", step.text)
		case r.left == 0, slices.ContainsFunc(step.Messages, heard):
			return nil
		}
	}
	return err
}

// follow makes the first call that next names.
func (r *robot) follow(next string) (reply, error) {
	call := regexp.MustCompile(
		`(send_message|wait_for_message) \(cursor (c[0-9a-z]+), wait_seconds ([0-9]+)(?:, reply_to (m[0-9a-z]+))?\)`)
	m := call.FindStringSubmatch(next)
	if m == nil {
		return reply{}, fmt.Errorf("there is nothing to do in %q", next)
	}
	arguments := args{"agent_token": r.token, "cursor": m[2], "wait_seconds": m[3], "reply_to": m[4]}
	if m[1] == "wait_for_message" {
		return r.ask("wait_for_message", arguments)
	}
	return r.say(arguments)
}

func (r *robot) say(arguments args) (reply, error) {
	arguments["text"] = fmt.Sprint(r.left)
	if r.left == 1 { // nobody answers a goodbye
		arguments["text"], arguments["wait_seconds"] = goodbye, 0
	}
	step, err := r.ask("send_message", arguments)
	if step.Sent {
		r.left--
	}
	return step, err
}

// Two agents that only follow next take turns: they never both wait, which would last until the test gives up, and
// never both speak.
func TestNext_twoWhoFollowIt_takeTurns(t *testing.T) {
	for _, opens := range []bool{true, false} {
		w := newWorld(t)
		ann, bob := &robot{peer: w.connect(modern), left: 5}, &robot{peer: w.connect(legacy), left: 5}
		step := ann.call("create_room", args{"agent_name": "Ann", "room": "den"})
		token := step.Token
		if opens { // as next offers
			step = ann.call("send_message", args{"agent_token": token, "text": "opening words", "cursor": step.Cursor})
			step.Token = token
		}
		converse(t, ann, bob,
			func() (reply, error) { return step, nil },
			func() (reply, error) { return bob.ask("join_room", args{"agent_name": "Bob", "room": "den"}) })
	}
}

func TestNext_twoWhoArePaired_takeTurns(t *testing.T) {
	w := newWorld(t)
	ann, bob := &robot{peer: w.connect(modern), left: 5}, &robot{peer: w.connect(legacy), left: 5}
	enter := func(r *robot, name string) func() (reply, error) {
		return func() (reply, error) { return r.ask("enter_queue", args{"agent_name": name, "wait_seconds": 25}) }
	}
	converse(t, ann, bob, enter(ann, "Ann"), enter(bob, "Bob"))
}

// Two agents that come back at the same time both wait. Chat gives the turn to one.
func TestNext_twoWhoBothWait_areGivenTheTurn(t *testing.T) {
	w := newWorld(t)
	ann, bob := &robot{peer: w.connect(modern), left: 5}, &robot{peer: w.connect(legacy), left: 5}
	a := ann.call("join_room", args{"agent_name": "Ann", "room": "den"})
	b := bob.call("join_room", args{"agent_name": "Bob", "room": "den"})
	back := func(r *robot, token string) func() (reply, error) {
		return func() (reply, error) { return r.ask("join_room", args{"agent_token": token}) }
	}
	converse(t, ann, bob, back(ann, a.Token), back(bob, b.Token))
}

// converse lets two robots begin and go on until one says goodbye, and fails unless the robots take turns.
func converse(t *testing.T, ann, bob *robot, begins ...func() (reply, error)) {
	t.Helper()
	ended := make(chan error)
	for i, r := range []*robot{ann, bob} {
		go func() { ended <- r.run(begins[i]()) }()
	}
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	var who []string
	for _, m := range ann.call("message_history", args{"agent_token": ann.token, "limit": 100}).Messages {
		if m.Type == "message" {
			who = append(who, m.From)
		}
	}
	if len(who) < 9 || len(slices.Compact(slices.Clone(who))) != len(who) {
		t.Errorf("the messages are of %s", strings.Join(who, ", "))
	}
}
