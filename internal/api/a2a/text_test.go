package a2a

import (
	"strings"
	"testing"

	wire "github.com/a2aproject/a2a-go/v2/a2a"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/transcript"
)

// TestStateOf_whoHasTheTurn_isToSaySomething: also if nobody has said anything.
func TestStateOf_whoHasTheTurn_isToSaySomething(t *testing.T) {
	state, says := stateOf(&chat.Sent{Sent: true, Waited: chat.Waited{Status: chat.StatusTurn}})
	if state != wire.TaskStateInputRequired || says != saidTurn {
		t.Errorf("it is %s with %q", state, says)
	}
}

// TestSentences_passForNobodysWords: an agent may have any name, and its words begin behind the name and a colon.
func TestSentences_passForNobodysWords(t *testing.T) {
	other, user := chat.Message{Type: chat.EventSaid, From: "Ann"}, chat.Message{Type: chat.EventSaid, FromUser: true}
	for _, says := range []string{transcript.Notice([]chat.Message{other}), transcript.Notice([]chat.Message{other,
		user}),
		saidTurn, saidAllDone, saidHeld, saidSecret, saidPaused,
		saidPending, saidUnseen, isPaused, saidNewer, saidLeft, saidClosed, saidTimeout, saidKicked, saidReplaced,
		saidNothing,
		transcript.Of(chat.Message{Type: chat.EventDrafted, Reason: room.ReasonSent}, "x", transcript.Way{}),
		transcript.Of(chat.Message{Type: chat.EventDrafted, Reason: room.ReasonRefused, Note: "x"}, "",
			transcript.Way{})} {
		if name, _, colon := strings.Cut(says, ":"); colon {
			if _, err := ident.AgentName(name); err == nil {
				t.Errorf("an agent named %q could say %q", name, says)
			}
		}
	}
}

func TestContent_byteOrderMark_goesFromTextsAndStaysInFiles(t *testing.T) {
	got, err := contentOf(wire.ContentParts{wire.NewTextPart("\ufeffhi"), wire.NewRawPart([]byte("\ufefftea"))})
	if err != nil || got.text != "hi" || string(got.file.data) != "\ufefftea" {
		t.Errorf("%+v, %v", got, err)
	}
}
