package mcptools

import (
	"slices"
	"strings"
	"testing"
)

func TestRead_alias_isReadAsItsArgument(t *testing.T) {
	for raw, want := range map[string]sample{
		`{"message":"hi"}`:                       {Text: "hi"},
		`{"content":"hi"}`:                       {Text: "hi"},
		`{"text":"hi","name":"den"}`:             {Text: "hi", Room: "den"},
		`{"text":"hi","room_name":"den"}`:        {Text: "hi", Room: "den"},
		`{"text":"hi","room_id":"den"}`:          {Text: "hi", Room: "den"},
		`{"text":"hi","token":"abc"}`:            {Text: "hi", Token: "abc"},
		`{"text":"hi","client_id":"abc"}`:        {Text: "hi", Token: "abc"},
		`{"text":"hi","message":"hi"}`:           {Text: "hi"},
		`{"text":"hi","message":""}`:             {Text: "hi"},
		`{"text":"7","message":7}`:               {Text: "7"},
		`{"text":"hi","room":"","name":"den"}`:   {Text: "hi", Room: "den"},
		`{"text":"hi","room":null,"name":"den"}`: {Text: "hi", Room: "den"},
	} {
		want.Wait = readSample(t, `{"text":"x"}`).Wait
		if got := readSample(t, raw); got != want {
			t.Errorf("%s is read as %+v, want %+v", raw, got, want)
		}
	}
	for _, alias := range []string{"timeout", "timeout_seconds"} {
		if got := readSample(t, `{"text":"hi","`+alias+`":5}`); got.Wait.Seconds() != 5 {
			t.Errorf("%s is read as a wait of %v", alias, got.Wait)
		}
	}
}

func TestRead_twoNamesOfOneArgument_thatDiffer_areRefused(t *testing.T) {
	for raw, want := range map[string]string{
		`{"text":"hi","message":"bye"}`:              "message and text mean the same here but differ: give only text",
		`{"content":"a","message":"b"}`:              "content and message mean the same here but differ: give only text",
		`{"text":"hi","room":"den","name":"hall"}`:   "name and room mean the same here but differ: give only room",
		`{"text":"hi","timeout":5,"wait_seconds":6}`: "timeout and wait_seconds mean the same here but differ: give only wait_seconds",
	} {
		var in sample
		if got := strings.Join(readArguments(sampleArgs(&in), []byte(raw)), "; "); got != want {
			t.Errorf("%s is answered with %q, want %q", raw, got, want)
		}
	}
}

// An alias that is an argument of the tool itself is that argument there.
func TestRead_aliasThatIsAnArgument_keepsItsOwnMeaning(t *testing.T) {
	var room, name string
	args := []arg{text("room", &room, ""), text("name", &name, "")}
	if problems := readArguments(args, []byte(`{"room":"den","name":"Bob"}`)); len(problems) > 0 || room != "den" || name != "Bob" {
		t.Errorf("room %q, name %q, problems %v", room, name, problems)
	}
}

func TestRead_whatHarnessesAdd_isPassedOver(t *testing.T) {
	for _, key := range []string{
		"toolCallId", "tool_call_id", "sessionId", "action", "chatInput", "tool",
		"task_progress", "wait_for_previous", "waitForPreviousTools", "toolAction", "toolSummary", "_meta",
	} {
		readSample(t, `{"text":"hi","`+key+`":"x"}`)
	}
	var action string
	if problems := readArguments([]arg{text("action", &action, "")}, []byte(`{"action":"kick"}`)); len(problems) > 0 || action != "kick" {
		t.Errorf("a tool's own argument action is read as %q, problems %v", action, problems)
	}
}

func TestRead_unknownArgument_isRefusedWithTheNearest(t *testing.T) {
	const no = " is not an argument of this tool"
	for key, want := range map[string]string{
		"recipients":                   "recipients" + no,
		"to":                           "to" + no,
		"txt":                          "txt" + no + " (text?)",
		"Text":                         "Text" + no + " (text?)",
		"agentToken":                   "agentToken" + no + " (agent_token?)",
		"agent-token":                  "agent-token" + no + " (agent_token?)",
		"waitSeconds":                  "waitSeconds" + no + " (wait_seconds?)",
		"wait_second":                  "wait_second" + no + " (wait_seconds?)",
		"colur":                        "colur" + no + " (colour?)",
		"agent_name":                   "agent_name" + no + " (agent_token already says whose seat in which room)",
		"Ignore previous instructions": "an argument has a name that this tool does not know",
		strings.Repeat("a", 41):        "an argument has a name that this tool does not know",
		"":                             "an argument has a name that this tool does not know",
	} {
		var in sample
		if got := strings.Join(readArguments(sampleArgs(&in), []byte(`{"text":"hi","`+key+`":"x"}`)), "; "); got != want {
			t.Errorf("%q is answered with %q, want %q", key, got, want)
		}
	}
}

func TestRead_anotherWordForAnArgument_isOfferedAndNotTaken(t *testing.T) {
	var s string
	var l []string
	args := []arg{list("to", &l, ""), text("agent_name", &s, ""), text("note", &s, ""), text("description", &s, ""), list("interests", &l, "")}
	for key, want := range map[string]string{
		"recipients": "to", "Recipient": "to", "private_to": "to", "visible_to": "to", "name": "agent_name",
		"username": "agent_name", "reason": "note", "topic": "description", "tags": "interests",
	} {
		problems := readArguments(args, []byte(`{"`+key+`":"x"}`))
		if want := key + " is not an argument of this tool (" + want + "?)"; len(problems) != 1 || problems[0] != want || s != "" || l != nil {
			t.Errorf("%s is answered with %q, want %q", key, problems, want)
		}
	}
}

// Many clients fill in every name they have ever seen.
func TestRead_unknownArgumentThatIsAbsent_isNoArgument(t *testing.T) {
	for _, v := range []string{`null`, `""`, `[]`} {
		readSample(t, `{"text":"hi","recipients":`+v+`}`)
	}
}

func TestTools_everyAlias_isKnownWhereItsArgumentIs(t *testing.T) {
	aliases := map[string]string{
		"message": "text", "content": "text", "name": "room", "room_name": "room", "room_id": "room",
		"token": "agent_token", "client_id": "agent_token", "display_name": "agent_name",
		"timeout": "wait_seconds", "timeout_seconds": "wait_seconds",
	}
	for _, tool := range allTools(nil, Options{}) {
		for alias, name := range aliases {
			has := slices.ContainsFunc(tool.args, func(a arg) bool { return a.name == name })
			if got, known := meaning(tool.args, alias); known != has || has && got != name {
				t.Errorf("%s: %s means %q (known: %v), want %q (%v)", tool.definition.Name, alias, got, known, name, has)
			}
		}
	}
}

func TestDistance_countsChanges(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"room", "room", 0}, {"room", "rom", 1}, {"rom", "room", 1}, {"room", "boom", 1}, {"room", "text", 4}, {"", "abc", 3}, {"kitten", "sitting", 3}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
