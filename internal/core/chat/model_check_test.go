package chat_test

import (
	"math"
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// TestModel_wrongAnswers_areFound proves that the check can fail: it accepts right
// histories and no wrong ones. Ann creates a room of two, Bob joins, and Ann sends
// "hello" as message 3.
func TestModel_wrongAnswers_areFound(t *testing.T) {
	ann, bob := agentID{testRoom, 1}, agentID{testRoom, 2}
	hello := chat.Message{ID: "3", Type: chat.EventSaid, From: "Ann", Text: "hello"}
	waits := func(who agentID, after int64, cursor string, ms ...chat.Message) operation {
		return waitOp{who: who, cursor: cursorArg{given: true, n: after},
			got: chat.Waited{Status: chat.StatusMessages, Cursor: cursor, Messages: ms}}
	}
	joins := func(name string, code fault.Code) operation {
		return joinOp{joinCall: joinCall{room: "plans", agent: name, create: true, join: true}, code: code}
	}
	hi := func(after int64) sendCall {
		return sendCall{who: bob, text: "hi", cursor: cursorArg{given: true, n: after}}
	}
	news := chat.Waited{Status: chat.StatusMessages, Cursor: "3", Messages: []chat.Message{hello}}
	left := chat.Left{Status: chat.StatusLeft}
	agents := []chat.AgentView{{Name: "Ann", Role: room.Admin, You: true, State: room.AgentWaiting},
		{Name: "Bob", Role: room.Member}}
	gone := func(name, reason, newAdmin, by string) string {
		return logLine("left", name, "", "", reason, newAdmin, by)
	}
	for name, x := range map[string]struct {
		right bool
		more  []string // the rest of the log
		then  operation
	}{
		"the news is handed out":          {true, nil, waits(bob, 2, "3", hello)},
		"the news is withheld":            {false, nil, waits(bob, 2, "2")},
		"the news is skipped":             {false, nil, waits(bob, 2, "3")},
		"the news is handed out again":    {false, nil, waits(bob, 3, "3", hello)},
		"the news is handed out twice":    {false, nil, waits(bob, 2, "3", hello, hello)},
		"the sender is shown its message": {false, nil, waits(ann, 2, "3", hello)},
		"a repeated text is recognized": {true, nil,
			sendOp{sendCall: annSays, got: chat.Sent{Sent: true, ID: "3", Duplicate: true}}},
		"a repeated text is sent again": {false, []string{helloLine},
			sendOp{sendCall: annSays, got: chat.Sent{Sent: true, ID: "4"}}},
		"nobody sent what is in the log":  {false, []string{helloLine}, waits(ann, 3, "3")},
		"a send is held back for news":    {true, nil, holdOp{hi(2), chat.Sent{Waited: news}}},
		"a send is held back for nothing": {false, nil, holdOp{hi(3), chat.Sent{Waited: news}}},
		"a send is not held back for news": {false, []string{logLine("message", "Bob", "hi", "", "", "", "")},
			sendOp{sendCall: hi(2), got: chat.Sent{Sent: true, ID: "4"}}},
		"a full room refuses":                     {true, nil, joins("Cid", fault.RoomFull)},
		"a free name is taken":                    {false, nil, joins("Cid", fault.NameTaken)},
		"a taken name finds no seat":              {false, nil, joins("Bob", fault.RoomFull)},
		"an agent with a seat is removed":         {false, nil, barredOp{bob, fault.Removed}},
		"a leave that did not happen is answered": {false, nil, leaveOp{who: bob, got: left}},
		"the agents are shown":                    {true, nil, viewOp{"info", ann, nil, agents, 1}},
		"an agent is not shown":                   {false, nil, viewOp{"info", ann, nil, agents[:1], 0}},
		"a member kicks": {false, []string{gone("Ann", "kicked", "Bob", "Bob")},
			manageOp{manageCall{who: bob, action: room.Kick, name: "Ann"},
				chat.Managed{Status: chat.StatusKicked, Names: []string{"Ann"}}, ""}},
		"an admin kicks": {true, []string{gone("Bob", "kicked", "", "Ann")},
			manageOp{manageCall{who: ann, action: room.Kick, name: "Bob"},
				chat.Managed{Status: chat.StatusKicked, Names: []string{"Bob"}}, ""}},
		"the last admin has a successor": {true, []string{gone("Ann", "left", "Bob", "")},
			leaveOp{who: ann, got: chat.Left{Status: chat.StatusLeft, NewAdmin: "Bob"}}},
		"the last admin has a stranger as successor": {false, []string{gone("Ann", "left", "Zoe", "")},
			leaveOp{who: ann, got: left}},
	} {
		t.Run(name, func(t *testing.T) {
			lines := append([]string{logLine("joined", "Ann", "", "", "", "", ""),
				logLine("joined", "Bob", "", "", "", "", ""), helloLine}, x.more...)
			logs := &finalLogs{rooms: map[string][]string{testRoom: lines}, total: len(lines)}
			if got := porcupine.CheckOperations(modelFor(&conditions{logs: logs}),
				threeCallsAnd(x.then)); got != x.right {
				t.Errorf("accepted: %t", got)
			}
		})
	}
}

var (
	testRoom  = "rrrrrrr"
	annSays   = sendCall{who: agentID{testRoom, 1}, text: "hello"}
	helloLine = logLine("message", "Ann", "hello", "", "", "", "")
)

// threeCallsAnd returns the history of the two joins, Ann's send, which has no
// answer, and one more call.
func threeCallsAnd(then operation) []porcupine.Operation {
	join := func(name string, got chat.Seated) operation {
		got.Token = ident.Token{Room: testRoom, Seat: int(numberOf(got.Cursor)), Secret: ident.NewSecret()}.String()
		return joinOp{joinCall: joinCall{room: "plans", agent: name, capacity: 2, create: true, join: true}, got: got}
	}
	ops := []operation{
		join("Ann", chat.Seated{Status: chat.StatusCreated, Cursor: "1"}),
		join("Bob", chat.Seated{Status: chat.StatusJoined, Cursor: "2"}),
		maybeOp{operation: lostSend{annSays}},
		// proves that it was sent
		waitOp{who: annSays.who, cursor: cursorArg{given: true, n: 3},
			got: chat.Waited{Status: chat.StatusQuiet, Cursor: "3"}},
		then,
		endOp{complete: true},
	}
	var history []porcupine.Operation
	for i, op := range ops {
		x := porcupine.Operation{Input: timed{op, start}, Call: int64(2 * i), Return: int64(2*i + 1)}
		if _, lost := op.(maybeOp); lost {
			x.Return = math.MaxInt64
		}
		history = append(history, x)
	}
	return history
}
