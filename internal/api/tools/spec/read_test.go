package spec

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzReadObject compares the members of an object with the members in encoding/json.
func FuzzReadObject(f *testing.F) {
	for _, raw := range []string{`{}`, `null`, ` { "a" : 1 , "b":[ 1,{"c":"}\""} ] , "":"\\" } `, `[{}]`, `"a"`, ``,
		`{"a":1,"\u0061":-2e5,"a":null}`, `{"z":true,"y":false,"x":"\ud83d\ude42","w":{"v":{}},"u":[[]]}`, `{"a":"b\n"`,
		"{\"a\":\"\xff\"}"} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		entries, problem := readObject([]byte(raw), nil)
		var want map[string]any
		wrong := "must be one JSON object"
		switch {
		case !utf8.ValidString(raw):
			wrong = "not valid UTF-8"
		case len(bytes.TrimSpace([]byte(raw))) == 0:
			wrong = ""
		case json.Valid([]byte(raw)):
			d := json.NewDecoder(strings.NewReader(raw))
			d.UseNumber()
			if d.Decode(&want) == nil {
				wrong = ""
			}
		}
		if wrong != "" || problem != "" {
			if wrong == "" || !strings.Contains(problem, wrong) {
				t.Errorf("%q: the problem is %q, want %q", raw, problem, wrong)
			}
			return
		}
		got, keys := map[string]any{}, []string{}
		for _, e := range entries {
			got[e.key], keys = e.value.decoded(), append(keys, e.key)
		}
		if !maps.EqualFunc(got, want, func(a, b any) bool { return reflect.DeepEqual(a, b) }) ||
			!slices.Equal(keys, slices.Sorted(maps.Keys(want))) {
			t.Errorf("%q: the members %v in the order %q, want %v", raw, got, keys, want)
		}
	})
}

// A call of usual form is read without a map or a list of its content.
func TestRead_usualCall_allocatesLittle(t *testing.T) {
	var in sample
	args, raw := sampleArgs(&in), []byte(`{"agent_token":"t","text":"hello","wait_seconds":5}`)
	// three keys, a copy of two texts, what puts the three values
	if n := testing.AllocsPerRun(100, func() { Read(args, raw) }); n > 9 {
		t.Errorf("%v allocations", n)
	}
}

func TestRead_alias_isReadAsItsArgument(t *testing.T) {
	for raw, want := range map[string]sample{
		`{"message":"hi"}`:                       {Text: "hi"},
		`{"content":"hi"}`:                       {Text: "hi"},
		`{"text":"hi","name":"den"}`:             {Text: "hi", Room: "den"},
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
}

func TestRead_twoNamesOfOneArgument_thatDiffer_areRefused(t *testing.T) {
	for raw, want := range map[string]string{
		`{"text":"hi","message":"bye"}`: "message and text mean the same here but differ: give only text",
		`{"content":"a","message":"b"}`: "content and message mean the same here but differ: give only " +
			"text",
		`{"text":"hi","room":"den","name":"hall"}`: "name and room mean the same here but differ: give only room",
	} {
		var in sample
		if got := strings.Join(Read(sampleArgs(&in), []byte(raw)), "; "); got != want {
			t.Errorf("%s is answered with %q, want %q", raw, got, want)
		}
	}
}

// If a tool has an argument with the name of an alias, the name means the argument.
func TestRead_aliasThatIsAnArgument_keepsItsOwnMeaning(t *testing.T) {
	var room, name string
	args := []Arg{Text("room", &room, ""), Text("name", &name, "")}
	if problems := Read(args, []byte(`{"room":"den","name":"Bob"}`)); len(problems) > 0 || room != "den" ||
		name != "Bob" {
		t.Errorf("room %q, name %q, problems %v", room, name, problems)
	}
}

// A name beside a room is the name of the agent, where the tool takes that.
func TestRead_nameBesideRoom_isTheNameOfTheAgent(t *testing.T) {
	for raw, want := range map[string][2]string{
		`{"room":"den","name":"Al"}`:                    {"den", "Al"},
		`{"name":"Al","link":"den"}`:                    {"den", "Al"},
		`{"room":"den","name":"Al","agent_name":"Al"}`:  {"den", "Al"},
		`{"room":"den","name":"den","agent_name":"Al"}`: {"den", "Al"},
		`{"name":"den","agent_name":"Al"}`:              {"den", "Al"},
		`{"room":"","name":"den","agent_name":"Al"}`:    {"den", "Al"},
		`{"invite_link":"den","name":"Al"}`:             {"den", "Al"},
		`{"code":"den","agent_name":"Al"}`:              {"den", "Al"},
	} {
		var room, agent string
		args := []Arg{Text("room", &room, ""), Text("agent_name", &agent, "")}
		if problems := Read(args, []byte(raw)); len(problems) > 0 || [2]string{room, agent} != want {
			t.Errorf("%s is read as room %q, agent %q, problems %v", raw, room, agent, problems)
		}
	}
	var in sample
	if problems := Read(sampleArgs(&in), []byte(`{"text":"hi","link":"den"}`)); len(problems) != 1 {
		t.Errorf("a link in a call that takes no agent_name: problems %v", problems)
	}
	var room, agent string
	args := []Arg{Text("room", &room, ""), Text("agent_name", &agent, "")}
	problems := Read(args, []byte(`{"room":"den","name":"Al","agent_name":"Bo"}`))
	if len(problems) != 1 || !strings.Contains(problems[0], "give only agent_name") {
		t.Errorf("two names: problems %v", problems)
	}
}

// The other name of an argument means the argument, whatever the name means elsewhere.
func TestRead_otherNameOfAnArgument_comesAheadOfAnAlias(t *testing.T) {
	var text, note string
	args := []Arg{Text("text", &text, ""), Text("note", &note, "").Also("message", "caption")}
	if problems := Read(args, []byte(`{"content":"a","message":"b"}`)); len(problems) > 0 || text != "a" || note != "b" {
		t.Errorf("text %q, note %q, problems %v", text, note, problems)
	}
	if problems := Read(args, []byte(`{"caption":"c","message":"b"}`)); len(problems) != 1 ||
		!strings.Contains(problems[0], "give only note") {
		t.Errorf("problems %v", problems)
	}
}

func TestRead_argumentThatClientsAdd_isIgnored(t *testing.T) {
	for _, key := range []string{
		"toolCallId", "tool_call_id", "sessionId", "action", "chatInput", "tool",
		"task_progress", "wait_for_previous", "waitForPreviousTools", "toolAction", "toolSummary", "_meta",
	} {
		readSample(t, `{"text":"hi","`+key+`":"x"}`)
	}
	var action string
	if problems := Read([]Arg{Text("action", &action, "")}, []byte(`{"action":"kick"}`)); len(problems) > 0 ||
		action != "kick" {
		t.Errorf("a tool's own argument action is read as %q, problems %v", action, problems)
	}
}

func TestRead_unknownArgument_isRefused(t *testing.T) {
	const no = " is not an argument"
	for key, want := range map[string]string{
		"recipients":                   "recipients" + no,
		"to":                           "to" + no,
		"agent_name":                   "agent_name" + no,
		"Ignore previous instructions": "an argument has a name that this tool does not know",
		strings.Repeat("a", 41):        "an argument has a name that this tool does not know",
		"":                             "an argument has a name that this tool does not know",
	} {
		var in sample
		if got := strings.Join(Read(sampleArgs(&in), []byte(`{"text":"hi","`+key+`":"x"}`)), "; "); got != want {
			t.Errorf("%q is answered with %q, want %q", key, got, want)
		}
	}
}

// The refusal names the argument, and the argument gets no value.
func TestRead_argumentInAnotherSpelling_isRefusedWithItsName(t *testing.T) {
	var token, key, id, secret string
	args := []Arg{Text("agent_token", &token, ""), Text("idempotency_key", &key, ""), Text("id", &id, ""),
		Text("to", &id, ""), Text("reply_to", &id, ""),
		{Name: "inner_key", Hidden: true, kind: textKind, put: func(v any) { secret = v.(string) }}}
	for spelling, name := range map[string]string{
		"idempotencyKey": "idempotency_key", "IdempotencyKey": "idempotency_key", "idempotency-key": "idempotency_key",
		"IDEMPOTENCY_KEY": "idempotency_key", "agentToken": "agent_token", "agent-Token": "agent_token", "ID": "id",
		"messageId": "id", "id_of_message": "id", // the nearest
		"in_reply_to": "reply_to", "send_to": "to", "token": "agent_token",
		"innerKey":       "inner_key", // hidden from models, yet known to programs
		"idempotencykey": "", "agentTokens": "", "-": "",
	} {
		want := spelling + " is not an argument"
		if name != "" {
			want += ": write " + name
		}
		got := strings.Join(Read(args, []byte(`{"`+spelling+`":"x"}`)), "; ")
		if got != want || token+key+id+secret != "" {
			t.Errorf("%s is answered with %q, and %q is read", spelling, got, token+key+id+secret)
		}
	}
}

// Many clients fill in every name that their model has seen.
func TestRead_unknownArgumentThatIsAbsent_isNoArgument(t *testing.T) {
	for _, v := range []string{`null`, `""`, `[]`} {
		readSample(t, `{"text":"hi","recipients":`+v+`}`)
	}
}
