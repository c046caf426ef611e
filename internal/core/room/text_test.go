package room_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
)

// token returns some agent token.
func token() string {
	return ident.Token{Room: "abcdefg", Seat: ann, Secret: ident.NewSecret()}.String()
}

// text is a case of a check: a text and the code of its refusal.
type text struct {
	what, text string
	want       fault.Code
}

// checkTexts fails unless check gives every text its code and names field in the
// refusals.
func checkTexts(t *testing.T, field string, check func(string) error, cases []text) {
	t.Helper()
	for _, c := range cases {
		err := check(c.text)
		if got := fault.CodeOf(err); got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, got, c.want)
		}
		if err != nil && !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %q does not name %s", c.what, err, field)
		}
	}
}

func TestCheckText_blankLongOrSecret_isRefused(t *testing.T) {
	checkTexts(t, "text", room.CheckText, []text{
		{"a word", "hello", ""},
		{"line breaks and tabs", "one\r\n\ttwo", ""},
		{"the longest", strings.Repeat("é", core.MaxText/2), ""},
		{"one byte more", strings.Repeat("é", core.MaxText/2) + "x", fault.MessageTooLong},
		{"empty", "", fault.InvalidArgument},
		{"blank", " \n\t\u00a0\u2003", fault.InvalidArgument},
		{"invisible", "\u200b\u200d\ufeff", fault.InvalidArgument},
		{"not UTF-8", "a\xff", fault.InvalidArgument},
		{"a NUL", "a\x00b", fault.InvalidArgument},
		{"an escape", "a\x1b[2Jb", fault.InvalidArgument},
		{"a C1 control", "a\u0085b", fault.InvalidArgument},
		{"a token", "mine is " + token() + ".", fault.InvalidArgument},
	})
}

func TestCheckNote_longSeveralLinesOrSecret_isRefused(t *testing.T) {
	check := func(s string) error { return room.CheckNote("note", s) }
	checkTexts(t, "note", check, []text{
		{"empty", "", ""},
		{"the longest", strings.Repeat("é", core.MaxNote), ""},
		{"one character more", strings.Repeat("é", core.MaxNote+1), fault.InvalidArgument},
		{"a line break", "one\ntwo", fault.InvalidArgument},
		{"not UTF-8", "\xff", fault.InvalidArgument},
		{"a token", token(), fault.InvalidArgument},
	})
}

func TestHasControls_allowedControls_doNotCount(t *testing.T) {
	for _, c := range []struct {
		text, allowed string
		want          bool
	}{{"abc", "", false}, {"a\nb", "", true}, {"a\nb", "\n", false}, {"a\n\x7f", "\n", true}, {"", "", false}} {
		if got := room.HasControls(c.text, c.allowed); got != c.want {
			t.Errorf("%q with %q allowed: %v", c.text, c.allowed, got)
		}
	}
}
