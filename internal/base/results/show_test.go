package results_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
)

func TestShown_invitesInTexts_areHidden(t *testing.T) {
	code := ident.NewInvite("00112233445566778899aabbccddeeff", "r000000", 2).String()
	near := code[:len(code)-1] + string("0z"[strings.IndexByte("0", code[len(code)-1])+1])
	broken, rest := code[:9], code[9:]
	for text, want := range map[string]string{
		code:                  "[invite]",
		strings.ToUpper(code): "[invite]",
		"https://parley.example/i/" + code + "/mcp":            "https://parley.example/i/[invite]/mcp",
		"join:\n" + code + "\n\t" + code + "\"":                "join:\n[invite]\n\t[invite]\"",
		"\u2028" + code + `\` + code:                           "\u2028[invite]" + `\[invite]`,
		"\x01" + code + "\\u" + code:                           "\x01[invite]\\u" + code, // another run
		near + " and " + code + "x":                            near + " and " + code + "x",
		"?url=http%3A%2F%2Fh%2Fi%2f" + code + "%2Fmcp":         "?url=http%3A%2F%2Fh%2Fi%2f[invite]%2Fmcp",
		"100%" + code + "%":                                    "100%[invite]%",
		broken + "\n" + rest + " " + broken + " " + rest + ".": "[invite] [invite].",
		broken + "  " + rest:                                   broken + "  " + rest,
		`\x7f` + code + `\u200b` + code:                        `\x7f[invite]\u200b[invite]`, // as in a Text
		`\U000e0061` + code:                                    `\U000e0061[invite]`,
		"":                                                     "",
		"größer <&> 日本 " + code:                                "größer <&> 日本 [invite]",
	} {
		raw, err := json.Marshal(results.Shown{Page: text, Messages: []results.Message{{From: text, By: text}}})
		var got results.Shown
		if err == nil {
			err = json.Unmarshal(raw, &got)
		}
		if err != nil || got.Page != want || got.Messages[0].From != want || got.Messages[0].By != want {
			t.Errorf("%q is shown as %q, want %q (%v)", text, got.Page, want, err)
		}
	}
}
