package mcp

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	library "github.com/mark3labs/mcp-go/mcp"

	"github.com/parley-chat/parley/internal/api"
)

func TestParse_request_hasItsMembersAsWritten(t *testing.T) {
	m,
		refused := Parse([]byte(
		`{"params":{"x":1,"n\u0061me" : "s\u0061y","arguments":{"a":[1, {"name":"b"}]},"_meta":{}},"id" : "1\u0030","method":"tools/call","jsonrpc":"2.0","y":{"id":2}}`))
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
		in("\"\xff\""):                                CodeParse, // not UTF-8
		in(`"\ud83d"`):                                CodeParse, // half of a character
		in(`{"\ude00":1}`):                            CodeParse,
		in(`["\ud83d\ud83d"]`):                        CodeParse,
		in(`{"a":1,"a":2}`):                           CodeInvalid,
		in(`{"a":1,"\u0041":2}`):                      CodeInvalid,
		in(`[{"s":1,"\u017f":2}]`):                    CodeInvalid, // the long s
		in(`{"k":1,"\u212a":2}`):                      CodeInvalid, // the Kelvin sign
		`{"jsonrpc":"2.0","id":null,"method":"ping"}`: CodeInvalid,
		`{"jsonrpc":"2.0","id":true,"method":"ping"}`: CodeInvalid,
		`{"jsonrpc":"2.0","id":[1],"method":"ping"}`:  CodeInvalid,
		`{"jsonrpc":"2.0","id":1` + strings.Repeat("0", api.MaxID) + `,"method":"ping"}`:    CodeInvalid,
		`{"jsonrpc":"2.0","id":"` + strings.Repeat("i", api.MaxID-1) + `","method":"ping"}`: CodeInvalid,
		in(strings.Repeat("[", api.MaxDepth) + strings.Repeat("]", api.MaxDepth)):           CodeInvalid,
		in("[" + strings.Repeat("1,", api.MaxParts) + "1]"):                                 CodeInvalid,
	} {
		if _, refused := Parse([]byte(body)); refused == nil || refused.Code != code || refused.Message == "" {
			t.Errorf("%q: %+v, want %d", body, refused, code)
		}
	}
	if _, refused := Parse([]byte(in(`{"a":"\ud83d\ude00 \\ud83d \ufffd","b":[{"a":1},{"a":2}]}`))); refused != nil {
		t.Errorf("%+v", refused)
	}
}

// A gateway that lets no tools/call pass would let these calls pass.
func TestParse_keyOfTheEnvelopeInOtherLetters_isRefused(t *testing.T) {
	in := func(params string) string {
		return `{"jsonrpc":"2.0","id":1,"method":"ping","params":` + params + `}`
	}
	for body, right := range map[string]string{
		`{"jsonrpc":"2.0","id":1,"METHOD":"tools/call","params":{"name":"say"}}`:      `"method"`,
		`{"jsonrpc":"2.0","id":1,"m\u0065thoD":"tools/call","params":{}}`:             `"method"`,
		`{"JsonRPC":"2.0","id":1,"method":"ping"}`:                                    `"jsonrpc"`,
		`{"jsonrpc":"2.0","ID":1,"method":"ping"}`:                                    `"id"`,
		`{"jsonrpc":"2.0","id":1,"method":"ping","re\u017fult":{}}`:                   `"result"`,
		`{"jsonrpc":"2.0","id":1,"method":"ping","Error":{}}`:                         `"error"`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","param\u017f":{"name":"say"}}`: `"params"`,
		in(`{"Name":"say"}`):                            `"name"`,
		in(`{"name":"say","ARGUMENTS":{}}`):             `"arguments"`,
		in(`{"_Meta":{}}`):                              `"_meta"`,
		in(`{"URI":"x"}`):                               `"uri"`,
		in(`{"requestID":1}`):                           `"requestId"`,
		in(`{"protocolversion":"2025-11-25"}`):          `"protocolVersion"`,
		in(`{"ta\u017f\u212a":{}}`):                     `"task"`,
		in(`{"delivery":{"URL":"https://a.example/"}}`): `"url"`,
		in(`{"ref":{"Type":"ref/prompt"}}`):             `"type"`,
		in(`{"clientInfo":{"NAME":"x"}}`):               `"name"`,
		in(`{"capabilities":{"Extensions":{}}}`):        `"extensions"`,
	} {
		_, refused := Parse([]byte(body))
		if refused == nil || refused.Code != CodeInvalid || !strings.Contains(refused.Message, " as "+right) {
			t.Errorf("%s: %+v", body, refused)
		}
	}
	for _, body := range []string{ // keys outside of the envelope
		in(`{"arguments":{"Name":1,"METHOD":{"Params":2}},"_meta":{"Name":1,"a/B":{"URI":1}},"METHODS":1}`),
		in(`{"capabilities":{"experimental":{"Name":1}},"inputResponses":{"Name":{"URI":1}},"metadata":{"Name":1}}`),
		`{"jsonrpc":"2.0","id":1,"method":"ping","x":{"METHOD":1}}`,
	} {
		if _, refused := Parse([]byte(body)); refused != nil {
			t.Errorf("%s: %+v", body, refused)
		}
	}
}

// TestKeys_areAllThatAreDecoded goes through the params that mcp-go and this package decode.
func TestKeys_areAllThatAreDecoded(t *testing.T) {
	var names func(of reflect.Type) []string
	names = func(of reflect.Type) (list []string) {
		for i := range of.NumField() {
			field := of.Field(i)
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			inner := field.Type
			if inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			isObject := inner.Kind() == reflect.Struct && inner != reflect.TypeFor[library.Meta]()
			switch {
			case name == "-":
				continue
			case field.Anonymous && name == "":
			case field.IsExported():
				list = append(list, name)
			}
			// The content of the capabilities is decoded, and has no meaning here.
			if isObject && of != reflect.TypeFor[library.ClientCapabilities]() {
				list = append(list, names(inner)...)
			}
		}
		return list
	}
	all := 0
	for _, of := range []reflect.Type{
		reflect.TypeFor[library.CallToolParams](), reflect.TypeFor[library.GetPromptParams](),
		reflect.TypeFor[library.InitializeParams](), reflect.TypeFor[library.PaginatedParams](),
		reflect.TypeFor[library.ReadResourceParams](), reflect.TypeFor[library.SubscribeParams](),
		reflect.TypeFor[library.UnsubscribeParams](), reflect.TypeFor[library.SetLevelParams](),
		reflect.TypeFor[library.CompleteParams](), reflect.TypeFor[library.PromptReference](),
		reflect.TypeFor[library.ResourceReference](), reflect.TypeFor[library.CancelledNotificationParams](),
		reflect.TypeFor[library.ProgressNotificationParams](), reflect.TypeFor[library.SubscriptionsListenParams](),
		reflect.TypeFor[library.GetTaskParams](), reflect.TypeFor[library.CancelTaskParams](),
		reflect.TypeFor[subscribeParams](), reflect.TypeFor[struct {
			JSONRPC json.RawMessage `json:"jsonrpc"`
			Error   json.RawMessage `json:"error"`
			library.JSONRPCRequest
		}](),
	} {
		for _, name := range names(of) {
			all++
			if keys[fold(name)] != name {
				t.Errorf("%v decodes %q", of, name)
			}
		}
	}
	if all < 50 {
		t.Errorf("only %d keys were found", all)
	}
}
