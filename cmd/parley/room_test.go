package main

import (
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/server/app/apptest"
)

// atServer gives a person a server and these seats, and returns what runs a command line.
func atServer(t *testing.T, seats ...string) (does func(args ...string) string) {
	t.Helper()
	emptyHome(t)
	t.Setenv("PARLEY_URL", apptest.Serve(t, nil))
	does = func(args ...string) string {
		var out strings.Builder
		run(t.Context(), args, streams{in: strings.NewReader(""), out: &out, err: &out})
		return out.String()
	}
	for _, seat := range seats {
		does(append([]string{"join"}, strings.Fields(seat)...)...)
	}
	return does
}

// A person names the room first, and has one seat there or two: one refusal has each whole command.
func TestRoomInThePlaceOfAWord_isRefusedWithTheCommandsThatNameTheSeat(t *testing.T) {
	does := atServer(t, "hello --as Ann", "tea --as Ann --capacity 3", "tea --as Bob")
	const takes, word = " is a room of yours, and this command takes a room as --room. Nothing was done.",
		" If you mean the word and no room, add --room."
	for _, c := range []struct {
		args   []string
		begins string
		want   []string
	}{
		{[]string{"say", "Hello", "Which field?"}, "Hello" + takes + word,
			[]string{"say 'Which field?' --room hello --as Ann"}},
		{[]string{"say", "tea", "Is there milk?"}, "tea" + takes + word,
			[]string{"say 'Is there milk?' --room tea --as Ann", "say 'Is there milk?' --room tea --as Bob"}},
		{[]string{"say", "hello", "--new", "--", "-5"}, "hello" + takes,
			[]string{"say --new --room hello --as Ann -- -5"}},
		{[]string{"say", "tea", "it", "is", "--to", "Bob,Cy", "--as", "Ann"}, "tea" + takes + word,
			[]string{"say it is --to 'Bob,Cy' --as Ann --room tea"}},
		{[]string{"task", "add", "hello", "milk", "--text", "cold"}, "hello" + takes + word,
			[]string{"task add milk --text cold --room hello --as Ann"}},
		{[]string{"task", "finish", "hello", "t1", "done"}, "hello" + takes + word,
			[]string{"task finish t1 done --room hello --as Ann"}},
		{[]string{"say", "--wait", "hello", "Is there milk?"}, "hello" + takes + word,
			[]string{"say --wait 'Is there milk?' --room hello --as Ann"}},
		{[]string{"say", "hello", "one\ntwo"}, "hello" + takes + word, []string{"say TEXT --room hello --as Ann"}},
		{[]string{"say", "hello", "hi", "--to", "Bob " + ident.NewInvite("k", "aaaaaaa", 1).String()},
			"hello" + takes + word, []string{"say hi --to TEXT --room hello --as Ann"}},
		{[]string{"say", "--to", "hello", "hello", "hi"}, "hello" + takes + word,
			[]string{"say --to hello hi --room hello --as Ann"}},
		{[]string{"task", "--text", "cold", "add", "hello", "milk"}, "hello" + takes + word,
			[]string{"task --text cold add milk --room hello --as Ann"}},
		{[]string{"manage", "kick", "hello", "Bob"}, "hello" + takes + word,
			[]string{"manage kick Bob --room hello --as Ann"}},
		{[]string{"tail", "-n", "5", "hello"}, "hello" + takes, []string{"tail -n 5 --room hello --as Ann"}},
		{[]string{"leave", "hello"}, "hello" + takes + word, []string{"leave --room hello --as Ann"}},
		{[]string{"tail", "tea"}, "tea" + takes, []string{"tail --room tea --as Ann", "tail --room tea --as Bob"}},
		{[]string{"who", "hello"}, "hello" + takes, []string{"who --room hello --as Ann"}},
		{[]string{"put", "hello", "a.txt"}, "hello" + takes, []string{"put a.txt --room hello --as Ann"}},
		{[]string{"put", "a.txt", "hello"}, "hello" + takes, []string{"put a.txt --room hello --as Ann"}},
		{[]string{"get", "hello", "m1", "-o", "x"}, "hello" + takes, []string{"get m1 -o x --room hello --as Ann"}},
		{[]string{"manage", "hello", "mute", "Bob"}, "hello" + takes,
			[]string{"manage mute Bob --room hello --as Ann"}},
		{[]string{"say", "a word", "--room=tea"}, "You have several seats, and this command needs one. Nothing was " +
			"done. Choose one, or set PARLEY_ROOM and PARLEY_AS in this terminal:",
			[]string{"say 'a word' --room=tea --as Ann", "say 'a word' --room=tea --as Bob"}},
	} {
		want := "parley: " + c.begins
		if strings.Contains(c.begins, takes) {
			want += " To mean the room:"
		}
		want += "\n  parley " + strings.Join(c.want, "\n  parley ") + "\n"
		if said := does(c.args...); said != want {
			t.Errorf("%q: it says %q, want %q", c.args, said, want)
		}
	}
	for _, args := range [][]string{{"say", "hello Ann", "--as", "Bob"}, {"say", "hello", "--as", "Bob"},
		{"say", "tea", "is", "ready", "--room", "hello"}, {"say", "coffee", "or tea", "--as", "Bob"},
		{"task", "add", "tea", "--as", "Bob"}} {
		if said := does(args...); strings.Contains(said, "Nothing was") {
			t.Errorf("%q: it says %q", args, said)
		}
	}
	if said := does("history", "--as", "Bob"); strings.Count(said, "Bob:") != 3 || strings.Contains(said, "it is") {
		t.Errorf("the room has %q", said)
	}
}

// A person sets the variables once in a terminal. A flag goes first, each for itself.
func TestVariables_chooseTheSeatOfATerminal(t *testing.T) {
	does := atServer(t, "hello --as Ann", "tea --as Ann --capacity 3", "tea --as Bob")
	t.Setenv("PARLEY_ROOM", "Tea")
	t.Setenv("PARLEY_AS", "") // a terminal that no longer names one
	if said := does("join", "tea"); !strings.HasPrefix(said, "parley: join: add what is missing: --as NAME;") {
		t.Errorf("it says %q", said)
	}
	t.Setenv("PARLEY_AS", "Bob")
	for _, c := range [][2]string{
		{"who", "\n  Bob  you"},
		{"who --as Ann", "\n  Ann  you"},
		{"who --room hello --as Ann", "\n  Ann  you"},
		{"tail --room hello", "You have no seat in the room hello as Bob (PARLEY_AS) at "},
		{"who --as Cy", "You have no seat in the room Tea (PARLEY_ROOM) as Cy at "},
		{"say tea hi", "parley say hi --room tea --as Bob"},
		{"supervise pause", "You watch no agent in the room Tea (PARLEY_ROOM) as Bob (PARLEY_AS)"},
		{"hooks add https://a.invalid", "You watch no agent in the room Tea (PARLEY_ROOM) as Bob (PARLEY_AS)"},
		{"join hello", "You are Bob in the room hello"},
		{"who --room hello", "\n  Bob  you"},
	} {
		if said := does(strings.Fields(c[0])...); !strings.Contains(said, c[1]) {
			t.Errorf("%s: it says %q, want %q", c[0], said, c[1])
		}
	}
}

// A person pastes an invite where a room belongs. No answer repeats the code.
func TestRoom_invite_isOneForJoinAlone(t *testing.T) {
	does := atServer(t, "tea --as Ann --capacity 9", "tea --as Bob")
	invite, ok := ident.InviteIn(does("invite", "--new", "--as", "Ann"))
	if !ok {
		t.Fatal("there is no invite")
	}
	code := invite.String()
	link := os.Getenv("PARLEY_URL") + "/i/" + code
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"join", code, "--as", "Cy"}, "You are Cy in the room tea"},
		{[]string{"join", "room " + code, "--as", "Dan"}, "You are Dan in the room tea"},
		{[]string{"join", url.QueryEscape(link), "--as", "Eve"}, "You are Eve in the room tea"},
		{[]string{"join", code[1:], "--as", "Fay"}, "an invite with a mistake in it"},
		{[]string{"join", "https://" + code, "--as", "Fay"}, "in front of the code is mistyped"},
		{[]string{"room", "--name", code, "--as", "Ann"}, "holds an invite, which is no name"},
		{[]string{"who", "--room", link}, "You have no seat in the room LINK at "},
		{[]string{"say", code, "hi"}, "You have several seats"},
		{[]string{"watch", link}, "This is an invite to a room. To take a seat there: parley join LINK --as NAME"},
	} {
		if said := does(c.args...); !strings.Contains(said, c.says) || strings.Contains(said, code[1:]) {
			t.Errorf("parley %s: %s", strings.Join(c.args, " "), said)
		}
	}
}
