package shell_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/cli/shell"
)

func TestWho_descriptionOfSeveralLines_staysReadable(t *testing.T) {
	base := serve(t)
	c := at(t, base, nil)
	if err := c.Join(t.Context(), shell.JoinRequest{Room: "tea", As: "Ann", New: true,
		Description: "The release.\nOf Friday."}); err != nil {
		t.Fatal(err)
	}
	c = at(t, base, nil)
	c.Out.JSON = false
	if err := c.Who(t.Context(), as("Ann")); err != nil || strings.Contains(c.out.String(), `\x0a`) ||
		!strings.Contains(c.out.String(), "The release.\n") {
		t.Errorf("%v, %q", err, &c.out)
	}
}

// What is in question, what was done under what is replaced, what is to be replaced and what has a file names the
// messages.
func TestTasks_inQuestion_nameTheProposal(t *testing.T) {
	real := serve(t)
	x := &cheat{}
	server := x.front(real)
	defer server.Close()
	meet(t, server.URL, "Ann")
	x.tools = map[string]string{
		"list_tasks": `{"tasks":[{"id":"t1","title":"copy","state":"open","in_question":"m8"},{"id":"t2","title":"try",` +
			`"state":"done","by":"Bob","evidence":{"ran":"make","exit":0},"done_under":"m1","report":"m5"}]}`,
		"room_info": `{"room":{"name":"tea","seats":2,"agents":[]},"requests":[{"id":"m8","from":"Bob","text":"stay",` +
			`"owed_by":["Ann"],"replaces":"m1","minutes":0}]}`,
	}
	for want, show := range map[string]func(*command) error{
		"in question: m8 was proposed in place of the agreement it was added under": func(c *command) error {
			return c.Tasks(t.Context(), as("Ann"), false)
		},
		"the whole, or its file: m5":    func(c *command) error { return c.Tasks(t.Context(), as("Ann"), false) },
		"done under m1, replaced since": func(c *command) error { return c.Tasks(t.Context(), as("Ann"), false) },
		"just now in place of m1 [m8]":  func(c *command) error { return c.Who(t.Context(), as("Ann")) },
	} {
		c := at(t, server.URL, nil)
		c.Out.JSON = false
		if err := show(c); err != nil || !strings.Contains(c.out.String(), want) {
			t.Errorf("%v, %q lacks %q", err, &c.out, want)
		}
	}
}

func TestWho_standby_isSaidInWordsThatANewcomerKnows(t *testing.T) {
	real := serve(t)
	x := &cheat{}
	server := x.front(real)
	defer server.Close()
	meet(t, server.URL, "Ann")
	x.tools = map[string]string{"room_info": `{"room":{"name":"tea","seats":2,"agents":[` +
		`{"name":"Bob","state":"standby"},{"name":"Ann","you":true}]}}`}
	c := at(t, server.URL, nil)
	c.Out.JSON = false
	if err := c.Who(t.Context(), as("Ann")); err != nil ||
		!strings.Contains(c.out.String(), "asleep (wakes on messages)") ||
		strings.Contains(c.out.String(), "standby") {
		t.Errorf("%v, %q", err, &c.out)
	}
}

func TestRooms_withAndWithoutRooms_nameOnesOwn(t *testing.T) {
	base := serve(t)
	for range 2 {
		c := at(t, base, nil)
		c.Out.JSON = false
		if err := c.Rooms(t.Context(), "", 50); err != nil ||
			!strings.HasSuffix(c.notes.String(), " Your own: parley rooms --mine\n") {
			t.Errorf("%v, %q", err, &c.notes)
		}
		if err := at(t, base, nil).Join(t.Context(), shell.JoinRequest{Room: "tea", As: "Ann", New: true,
			Public: true}); err != nil && !strings.Contains(err.Error(), "leave out --new") {
			t.Fatal(err)
		}
	}
}

func TestJoin_again_isSaidInSentencesWithoutABreak(t *testing.T) {
	real := serve(t)
	x := &cheat{}
	server := x.front(real)
	defer server.Close()
	x.tools = map[string]string{"join_room": `{"status":"returned","agent_token":"t1","agent_name":"Ann","earlier":1,` +
		`"room":{"name":"tea","capacity":2,"agents":[{"name":"Ann","you":true}]}}`}
	c := at(t, server.URL, nil)
	c.Out.JSON = false
	const want = "You are back as Ann in the room tea: 1 of 2 seats are taken.\nEarlier messages: 1. To read them: " +
		"parley history --room tea --as Ann\n"
	err := c.Join(t.Context(), shell.JoinRequest{Room: "tea", As: "Ann"})
	if said := c.notes.String() + c.out.String(); err != nil || !strings.HasPrefix(said, want) {
		t.Errorf("%v, %q", err, said)
	}
}

func TestPut_emptyDevice_isNamed(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann")
	for path, want := range map[string]string{"/dev/null": "/dev/null is empty.", "-": "standard input is empty."} {
		err := at(t, base, nil).Put(t.Context(), as("Ann"), shell.PutRequest{Path: path,
			In: io.Reader(&bytes.Buffer{})})
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
