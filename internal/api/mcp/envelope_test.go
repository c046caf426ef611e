package mcp

import (
	"strings"
	"testing"
)

func TestParse_request_hasItsMembersAsWritten(t *testing.T) {
	m,
		refused := Parse([]byte(
		`{"params":{"x":1,"n\u0061me" : "s\u0061y","ARGUMENTS":{"a":[1, {"name":"b"}]},"_meta":{}},"id" : "1\u0030","method":"tools/call","jsonrpc":"2.0","y":{"id":2}}`))
	if refused != nil {
		t.Fatal(refused)
	}
	p := m.params
	if string(m.ID) != `"1\u0030"` || m.Method != "tools/call" || text(p.name) != "say" ||
		string(p.arguments) != `{"a":[1, {"name":"b"}]}` || string(p.meta) != `{}` || !p.others {
		t.Errorf("%s %s %+v", m.ID, m.Method, p)
	}
}

func TestParse_bodyThatReadersTakeDifferently_isRefused(t *testing.T) {
	in := func(params string) string {
		return `{"jsonrpc":"2.0","id":1,"method":"ping","params":` + params + `}`
	}
	for body, code := range map[string]int{
		in("\"\xff\""):             CodeParse, // not UTF-8
		in(`"\ud83d"`):             CodeParse, // half of a character
		in(`{"\ude00":1}`):         CodeParse,
		in(`["\ud83d\ud83d"]`):     CodeParse,
		in(`{"a":1,"a":2}`):        CodeInvalid,
		in(`{"a":1,"\u0041":2}`):   CodeInvalid,
		in(`[{"s":1,"\u017f":2}]`): CodeInvalid, // the long s
		in(`{"k":1,"\u212a":2}`):   CodeInvalid, // the Kelvin sign
		`{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}`:                           CodeInvalid,
		`{"jsonrpc":"2.0","id":"` + strings.Repeat("i", longestID-1) + `","method":"ping"}`: CodeInvalid,
		in(strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth)):                   CodeInvalid,
		in("[" + strings.Repeat("1,", MaxParts) + "1]"):                                     CodeInvalid,
	} {
		if _, refused := Parse([]byte(body)); refused == nil || refused.Code != code || refused.Message == "" {
			t.Errorf("%q: %+v, want %d", body, refused, code)
		}
	}
	if _, refused := Parse([]byte(in(`{"a":"\ud83d\ude00 \\ud83d \ufffd","b":[{"a":1},{"a":2}]}`))); refused != nil {
		t.Errorf("%+v", refused)
	}
}
