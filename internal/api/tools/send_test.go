package tools

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/api/tools/spec"
	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

func TestSend_arguments_fillTheRequest(t *testing.T) {
	for raw, want := range map[string]chat.SendRequest{
		`{"agent_token":"t","text":"hi"}`: {Token: "t", Text: "hi"},
		`{"agent_token":"t","text":"hi","ask":"Bob","to":["Bob","Cy"],"reply_to":"m000001","kind":"Request","cursor":"c1","wait_seconds":99999}`: {
			Token: "t", Text: "hi", Ask: []string{"Bob"}, To: []string{"Bob", "Cy"}, ReplyTo: "m000001",
			Kind: room.Request, Cursor: "c1", Wait: core.MaxWait,
		},
		`{"agent_token":"t","kind":"agree","text":""}`:         {Token: "t", Kind: room.Agree},
		`{"agent_token":"t","withdraw":"m000001"}`:             {Token: "t", Withdraw: "m000001"},
		`{"agent_token":"t","text":"hi","activity":"reading"}`: {Token: "t", Text: "hi", Activity: "reading"},
		`{"agent_token":"t","text":"hi","back_in_minutes":3}`: {
			Token: "t", Text: "hi", Absence: chat.Absence{Given: true, BackIn: 3 * time.Minute},
		},
		`{"agent_token":"t","text":"hi","back_in_minutes":0}`: {Token: "t", Text: "hi",
			Absence: chat.Absence{Given: true}},
		`{"agent_token":"t","text":"hi","back_in_minutes":null}`: {Token: "t", Text: "hi"},
	} {
		var in chat.SendRequest
		problems := spec.Read(usual().sendArgs(&in), []byte(raw))
		if len(problems) > 0 || sendNeeds(t.Context(), &in) != "" || !reflect.DeepEqual(in, want) {
			t.Errorf("%s is read as %+v, problems %q %s", raw, in, problems, sendNeeds(t.Context(), &in))
		}
	}
}

func TestSend_withoutAText_isRefusedUnlessItNeedsNone(t *testing.T) {
	for _, kind := range room.Kinds() {
		in := chat.SendRequest{Token: "t", Kind: kind}
		if got := sendNeeds(t.Context(), &in) == ""; got != kind.IsVote() {
			t.Errorf("%s without a text: %q", kind, sendNeeds(t.Context(), &in))
		}
	}
}

// TestSend_anArgumentOfTheToolsThatSpeak_isKnownInALeakedCall has the arguments of all texts that everybody may read.
func TestSend_anArgumentOfTheToolsThatSpeak_isKnownInALeakedCall(t *testing.T) {
	for _, tool := range listTools(t).Tools {
		if !slices.Contains([]string{"send_message", "share_file", "leave_room"}, tool.Name) {
			continue
		}
		for name := range tool.InputSchema.Properties {
			if !sanitize.HoldsCallSyntax("plum. <parameter name=\"" + name + "\">") {
				t.Errorf("%s of %s is not known", name, tool.Name)
			}
		}
	}
}
