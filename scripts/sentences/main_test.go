package main

import (
	"slices"
	"testing"
)

func TestTexts_areWhatTheCodeCanSay(t *testing.T) {
	got, err := textsOfGo([]byte("package x\n\nimport \"a\"\n\ntype y struct {\n\tz int `help:\"one\"`\n}\n\n" +
		"var a = \"two \" + \"three \" + f(\"four\") + ` five` + g\nvar b = []string{\"six\", \"seven\"} // eight\n"))
	if want := []string{`help:"one"`, "four", "two three … five…", "six", "seven"}; err != nil ||
		!slices.Equal(got, want) {
		t.Errorf("Go: %q, %v; want %q", got, err, want)
	}
	script := "x = `one ${f}`; // \"no\"\nhtml`<p title=\"no\">` /* 'no' */ + 'it is \"two\"'"
	if got, want := textsOfScript(script), []string{"`one ${f}`", `'it is "two"'`}; !slices.Equal(got, want) {
		t.Errorf("JavaScript: %q, want %q", got, want)
	}
	if isSentence("SELECT a = ?") || !isSentence("No room has this name.") {
		t.Error("a sentence has four words and more")
	}
}
