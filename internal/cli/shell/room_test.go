package shell_test

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/shell"
)

// info returns the room as an agent sees it.
func info(t *testing.T, base, name string) results.Info {
	t.Helper()
	c := at(t, base, nil)
	if err := c.Who(t.Context(), as(name)); err != nil {
		t.Fatal(err)
	}
	var got results.Info
	read(t, c.out.String(), &got)
	return got
}

func TestRoom_adminChangesIt(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	change := func(name string, req shell.RoomRequest) (string, error) {
		c := at(t, base, nil)
		err := c.Room(t.Context(), as(name), req)
		return c.out.String(), err
	}
	if out, err := change("Bob", shell.RoomRequest{Capacity: new(5)}); err == nil {
		t.Errorf("a member changes the room: %s", out)
	}
	out, err := change("Ann", shell.RoomRequest{Name: new("coffee"), Description: new("of the break"), Capacity: new(5),
		Lock: new(true), Password: "beans", Public: new(true), Channel: new(true), AgentMessages: new(9)})
	if err != nil || strings.Contains(out, "beans") {
		t.Errorf("%v, printed %s", err, out)
	}
	got := info(t, base, "Bob").Room
	if got.Name != "coffee" || got.Description != "of the break" || got.Capacity != 5 || !got.PasswordProtected ||
		!got.Public || got.Type != "channel" || got.AgentMessages != 9 {
		t.Errorf("the room is %+v", got)
	}
	for _, name := range []string{"Ann", "Bob"} { // Bob's file had the old name until Bob looked
		if err := at(t, base, nil).Who(t.Context(), shell.Which{Room: "coffee", As: name}); err != nil {
			t.Errorf("under its new name: %v", err)
		}
	}
	_, err = change("Ann", shell.RoomRequest{Description: new(""), Lock: new(false), Public: new(false),
		Channel: new(false), AgentMessages: new(0)})
	if err != nil {
		t.Error(err)
	}
	got = info(t, base, "Bob").Room
	if got.Description != "" || got.PasswordProtected || got.Public || got.Type != "group" || got.AgentMessages != 0 {
		t.Errorf("back again, the room is %+v", got)
	}
	_, err = change("Ann", shell.RoomRequest{Close: true})
	if err != nil || !info(t, base, "Ann").Room.Closed {
		t.Errorf("closing: %v", err)
	}
}

// A person sees nothing of a secret that they type, and presses Enter too early.
func TestSecrets_enterAlone_asksOnceMore(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann")
	lock := func(c *command) error {
		return c.Room(t.Context(), as("Ann"), shell.RoomRequest{Lock: new(true)})
	}
	join := func(name string) func(*command) error {
		return func(c *command) error { return c.Join(t.Context(), shell.JoinRequest{Room: "tea", As: name}) }
	}
	open := func(c *command) error {
		_, err := c.AskForLink()
		return err
	}
	for _, c := range []struct {
		name  string
		do    func(*command) error
		typed []string
		why   string
	}{
		{"a new one", lock, []string{"beans", "beans"}, ""},
		{"a new one, late", lock, []string{"", "beans", "beans"}, ""},
		{"a new one, otherwise", lock, []string{"beans", "bean"}, "The passwords differ. Nothing was done."},
		{"no new one", lock, []string{"", ""}, "Nothing was typed. Nothing was done: this needs a password."},
		{"none of the room", join("Bob"), []string{"", ""},
			"Nothing was typed. Nothing was done: this needs the password."},
		{"that of the room", join("Bob"), []string{"", "beans"}, ""},
		{"no link", open, []string{"", ""}, "Nothing was typed. Nothing was done: this needs the link."},
	} {
		with := at(t, base, nil)
		with.Ask = func(prompt string) (line string, err error) {
			if len(c.typed) == 0 {
				t.Errorf("%s: it asks once more: %s", c.name, prompt)
				return "", io.EOF
			}
			line, c.typed = c.typed[0], c.typed[1:]
			return line, nil
		}
		why := ""
		if err := c.do(with); err != nil {
			why = err.Error()
		}
		if why != c.why || len(c.typed) > 0 {
			t.Errorf("%s: %q, want %q; not asked for: %q", c.name, why, c.why, c.typed)
		}
	}
}

func TestManage_agentsOfARoom(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	manage := func(action, name string) {
		t.Helper()
		if err := at(t, base, nil).Manage(t.Context(), as("Ann"),
			shell.ManageRequest{Action: action, Names: []string{name}, Note: "for a while"}); err != nil {
			t.Errorf("%s: %v", action, err)
		}
	}
	for _, action := range []string{"mute", "unmute", "promote", "demote", "ban"} {
		manage(action, "Bob")
		if m := said(t, base); m.Note != "for a while" {
			t.Errorf("%s: %+v", action, m)
		}
	}
	if got := info(t, base, "Ann"); !slices.Equal(got.Banned, []string{"Bob"}) || len(got.Room.Agents) != 1 {
		t.Errorf("after the ban: %+v", got)
	}
	manage("unban", "Bob")
	if got := info(t, base, "Ann"); len(got.Banned) > 0 {
		t.Errorf("after the unban: %+v", got)
	}
}

// A ban may be repeated to remove the rest.
func TestManage_banAgainWithClear_saysWhatIsRemoved(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	for _, c := range []struct {
		clear bool
		want  string
	}{{false, "banned: Bob"}, {false, "Nothing changed: it was so already."},
		{true, "The files and the open tasks of Bob are removed."}} {
		with := at(t, base, nil)
		with.Out.JSON = false
		if err := with.Manage(t.Context(), as("Ann"), shell.ManageRequest{Action: "ban", Names: []string{"Bob"},
			Clear: c.clear}); err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSpace(with.out.String()); !strings.HasPrefix(got, c.want) {
			t.Errorf("clear %t: it printed %q, want %q", c.clear, got, c.want)
		}
	}
}

func TestRemove_takesTheTextAway(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	id := say(t, base, "Bob", shell.SendRequest{Text: "my secret"})
	if err := at(t, base, nil).Remove(t.Context(), as("Bob"), id); err != nil {
		t.Fatal(err)
	}
	for _, m := range history(t, base) {
		if m.Text == "my secret" {
			t.Errorf("%+v", m)
		}
	}
}

func TestSay_withdraw_takesARequestBack(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	id := say(t, base, "Ann", shell.SendRequest{Text: "Milk?", Ask: []string{"Bob"}})
	say(t, base, "Ann", shell.SendRequest{Withdraw: id})
	if got := info(t, base, "Bob"); len(got.Requests) > 0 {
		t.Errorf("%+v", got.Requests)
	}
}

func TestMine_saysWhatIsNew_andForgetTakesASeatOut(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	if err := at(t, base, nil).Wait(t.Context(), as("Ann"), shell.WaitRequest{}); err != nil { // "Bob joined"
		t.Fatal(err)
	}
	lists := func(want string) {
		t.Helper()
		c := at(t, base, nil)
		c.Out.JSON = false
		if err := c.Mine(t.Context()); err != nil || c.out.String() != want {
			t.Errorf("%v, %q, want %q", err, &c.out, want)
		}
	}
	lists("tea  as Ann  nothing new  " + base + "\ntea  as Bob  nothing new  " + base + "\n")
	say(t, base, "Bob", shell.SendRequest{Text: "Milk?"})
	for range 2 { // a look leaves the message new
		lists("tea  as Ann  1 new        " + base + "\ntea  as Bob  nothing new  " + base + "\n")
	}
	if err := at(t, base, nil).Forget(as("Bob")); err != nil {
		t.Fatal(err)
	}
	lists("tea  as Ann  1 new  " + base + "\n")
	if err := at(t, base, nil).Who(context.Background(), as("Bob")); !errors.As(err, new(*shell.Failure)) {
		t.Errorf("%v", err)
	}
}

func TestTask_edit_emptiesWhatMustBeDoneFirst(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann")
	task := func(req shell.TaskRequest) results.Tasks {
		t.Helper()
		c := at(t, base, nil)
		if err := c.Task(t.Context(), as("Ann"), req); err != nil {
			t.Fatal(err)
		}
		var got results.Tasks
		read(t, c.out.String(), &got)
		return got
	}
	task(shell.TaskRequest{Action: "add", Title: "one"})
	task(shell.TaskRequest{Action: "add", Title: "two", After: []string{"t1"}})
	if got := task(shell.TaskRequest{Action: "edit", ID: "t2", Title: "second"}); got.Task.State != "blocked" {
		t.Errorf("before: %+v", got.Task)
	}
	if got := task(shell.TaskRequest{Action: "edit", ID: "t2", Free: true}); got.Task.State != "open" ||
		len(got.Task.After) > 0 {
		t.Errorf("after: %+v", got.Task)
	}
}

// renamed serves the room of Ann and Bob after Ann has renamed the room.
func renamed(t *testing.T) (base string) {
	t.Helper()
	base = serve(t)
	meet(t, base, "Ann", "Bob")
	if err := at(t, base, nil).Room(t.Context(), as("Ann"), shell.RoomRequest{Name: new("coffee")}); err != nil {
		t.Fatal(err)
	}
	return base
}

// Another admin renames the room, and each command that reads the new name gives the name to the seat. A new room with
// the old name takes nothing from the seat.
func TestRoom_anotherRenamesIt_theSeatIsFoundByItsNewName(t *testing.T) {
	for how, hear := range map[string]func(*command) error{
		"wait": func(c *command) error { return c.Wait(t.Context(), as("Bob"), shell.WaitRequest{}) },
		"mine": func(c *command) error { return c.Mine(t.Context()) },
		"a new": func(c *command) error {
			return c.Join(t.Context(), shell.JoinRequest{Room: "tea", As: "Bob", New: true})
		},
	} {
		t.Run(how, func(t *testing.T) {
			base := renamed(t)
			if err := hear(at(t, base, nil)); err != nil {
				t.Fatal(err)
			}
			if err := at(t, base, nil).Who(t.Context(), shell.Which{Room: "coffee", As: "Bob"}); err != nil {
				t.Error(err)
			}
		})
	}
}

// If the file cannot be written, no answer of the server is lost.
func TestRoom_anotherRenamesIt_whoAnswersWithoutAHomeThatCanBeWritten(t *testing.T) {
	base := renamed(t)
	c := at(t, base, nil)
	lock := c.Seats.Path() + ".lock"
	if err := errors.Join(os.Remove(lock), os.Mkdir(lock, 0o700)); err != nil { // not even root can lock a folder
		t.Fatal(err)
	}
	if err := c.Who(t.Context(), as("Bob")); err != nil || !strings.Contains(c.out.String(), `"coffee"`) {
		t.Errorf("%v, %s", err, &c.out)
	}
}
