package chat_test

import (
	"math"
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

// TestOneRoom_answers holds the model itself to what it is for: it takes what is
// right, and nothing that is wrong. Ann makes a room of two, and says hello; Bob
// is there.
func TestOneRoom_answers_areToldRightFromWrong(t *testing.T) {
	hello := happening{kind: chat.Said, name: "Ann", text: "hello"}.stored()
	news := chat.Waited{Cursor: "3-xx", Messages: []chat.Message{{Seq: 3, Type: chat.Said, From: "Ann", Text: "hello"}}}
	ann, bob := ticket{"r", 1}, ticket{"r", 2}
	quiet := func(cursor string) act {
		return waitAct{who: bob, after: 2, got: chat.Waited{Status: chat.StatusQuiet, Cursor: cursor}}
	}
	again := sendAct{annSays(-1), chat.Sent{Sent: true, Seq: 3, Duplicate: true}}
	for _, x := range []struct {
		name  string
		right bool
		log   []string // after the two have joined and Ann has spoken
		then  act
	}{
		{"the news is handed out", true, nil, waitAct{who: bob, after: 2, got: news}},
		{"the news is withheld", false, nil, quiet("2-xx")},
		{"the news is skipped", false, nil, quiet("3-xx")},
		{"the news is handed out again", false, nil, waitAct{who: bob, after: 3, got: news}},
		{"the speaker hears itself", false, nil, waitAct{who: ann, after: 2, got: news}},
		{"the same text is said again", true, nil, again},
		{"the same text is said twice", false, []string{hello}, sendAct{annSays(-1), chat.Sent{Sent: true, Seq: 4}}},
		{"what nobody said is in the log", false, []string{hello}, quietAnn()},
		{"a send is held back for news", true, nil, holdAct{wish{who: bob, name: "Bob", text: "hi", after: 2}}},
		{"a send is held back for nothing", false, nil, holdAct{wish{who: bob, name: "Bob", text: "hi", after: 3}}},
		{"a full room refuses", true, nil, refuseAct{"Cid", fault.RoomFull}},
		{"a free name is taken", false, nil, refuseAct{"Cid", fault.NameTaken}},
		{"a taken name finds no seat", false, nil, refuseAct{"Bob", fault.RoomFull}},
		{"an agent with a seat is removed", false, nil, removedAct{bob}},
		{"a leave is acknowledged that did not happen", false, nil, leaveAct{bob, chat.StatusLeft}},
		{"an agent that has gone is seen", false, nil, lookAct{ann, []chat.Agent{{Name: "Ann", Role: room.Admin}}, 0}},
		{"a member kicks", false, []string{"left Ann: "}, ruleAct{order{bob, room.Kick, "Ann"}, ordered{status: chat.StatusKicked}}},
		{"an admin kicks", true, []string{"left Bob: "}, ruleAct{order{ann, room.Kick, "Bob"}, ordered{status: chat.StatusKicked}}},
	} {
		t.Run(x.name, func(t *testing.T) {
			story := &story{capacity: 2, rooms: map[string][]string{"r": append([]string{"joined Ann: ", "joined Bob: ", hello}, x.log...)}}
			story.total = len(story.rooms["r"])
			if got := porcupine.CheckOperations(oneRoomModel(story), oneAfterAnother(x.then)); got != x.right {
				t.Errorf("taken for right: %t", got)
			}
		})
	}
}

func annSays(after int64) wish {
	return wish{who: ticket{"r", 1}, name: "Ann", text: "hello", after: after}
}

// quietAnn is a look of Ann at what she has said.
func quietAnn() act {
	return waitAct{who: ticket{"r", 1}, after: 3, got: chat.Waited{Status: chat.StatusQuiet, Cursor: "3-xx"}}
}

// oneAfterAnother is the history of the two joins, Ann's hello, of which she hears
// nothing, and one more call.
func oneAfterAnother(then act) []porcupine.Operation {
	acts := []act{
		joinAct{"Ann", ticket{"r", 1}, chat.Seated{Status: chat.StatusCreated}},
		joinAct{"Bob", ticket{"r", 2}, chat.Seated{Status: chat.StatusJoined}},
		perhapsAct{sayAct{annSays(-1)}},
		quietAnn(), // she finds that it was said
		then,
		endAct{},
	}
	var all []porcupine.Operation
	for i, a := range acts {
		op := porcupine.Operation{Input: a, Call: int64(2 * i), Return: int64(2*i + 1)}
		if _, lost := a.(perhapsAct); lost {
			op.Return = math.MaxInt64
		}
		all = append(all, op)
	}
	return all
}
