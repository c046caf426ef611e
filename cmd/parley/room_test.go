package main

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/server/app/apptest"
)

func TestRoomInThePlaceOfAWord_isRefusedWithTheCommandThatNamesIt(t *testing.T) {
	emptyHome(t)
	base := apptest.Serve(t, nil)
	t.Setenv("PARLEY_URL", base)
	does := func(args ...string) string {
		var out strings.Builder
		run(t.Context(), args, streams{in: strings.NewReader(""), out: &out, err: &out})
		return out.String()
	}
	for _, room := range []string{"hello", "tea"} {
		does("join", room, "--as", "Ann")
	}
	const how = " is a room of yours. To begin with that word, put all words in quotes; to name the room: parley "
	for want, args := range map[string][]string{
		"Nothing was sent: Hello" + how + "say 'Which field?' --room Hello --url " + base: {
			"say", "Hello", "Which field?"},
		"Nothing was sent: tea" + how + "say 'it is' --to 'Bob,Cy' --ask Bob --room tea --as Ann --url " + base: {
			"say", "tea", "it", "is", "--to", "Bob,Cy", "--ask", "Bob", "--as", "Ann"},
		"Nothing was added: tea" + how + "task add milk --text cold --for Bob --after t1 --room tea --url " + base: {
			"task", "add", "tea", "milk", "--text", "cold", "--for", "Bob", "--after", "t1"},
	} {
		if said := does(args...); said != "parley: "+want+"\n" {
			t.Errorf("%q: it says %q, want %q", args, said, want)
		}
	}
	for _, args := range [][]string{{"say", "hello Ann", "--room", "tea"}, {"say", "hello", "--room", "tea"},
		{"say", "tea", "is", "ready", "--room", "tea"}, {"say", "coffee", "or tea", "--room", "tea"},
		{"task", "add", "tea", "--room", "tea"}} {
		if said := does(args...); strings.Contains(said, "Nothing was") {
			t.Errorf("%q: it says %q", args, said)
		}
	}
	if said := does("history", "--room", "tea"); strings.Count(said, "Ann:") != 4 || strings.Contains(said, "it is") {
		t.Errorf("the room has %q", said)
	}
}
