package tools_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/testkit/refusals"
)

// refusedCall is a call that is refused.
type refusedCall struct {
	tool string
	args args
}

// refusedCalls returns calls, each refused by a rule, for an admin ann in a room with a member bob.
func refusedCalls(ann, bob string) []refusedCall {
	return []refusedCall{
		{"join_room", args{"room": "den", "agent_name": "Bob"}},
		{"join_room", args{"room": "den", "agent_name": "user"}},
		{"join_room", args{"room": "den", "agent_name": "Ann "}},
		{"join_room", args{"room": "den"}},
		{"join_room", args{"room": "lair", "agent_name": "Ann", "create_if_missing": false}},
		{"join_room", args{"agent_token": "x"}},
		{"create_room", args{"room": "den", "agent_name": "Cid"}},
		{"create_room", args{"agent_name": "Cid", "capacity": 1}},
		{"send_message", args{"agent_token": ann, "text": " "}},
		{"send_message", args{"agent_token": ann, "text": "hello", "to": []string{"Cid"}}},
		{"send_message", args{"agent_token": ann, "text": "hello", "to": []string{"Ann"}}},
		{"send_message", args{"agent_token": ann, "text": "yes", "kind": "agree"}},
		{"send_message", args{"agent_token": ann, "text": "hello", "kind": "shout"}},
		{"send_message", args{"agent_token": ann, "text": "hello", "reply_to": "m99"}},
		{"send_message", args{"agent_token": ann, "text": strings.Repeat("x", 40000)}},
		{"send_message", args{"agent_token": ann, "txt": "hello"}},
		{"wait_for_message", args{"agent_token": ann, "wait_seconds": -1}},
		{"wait_for_message", args{}},
		{"message_history", args{"agent_token": ann, "before": "m2", "after": "m1"}},
		{"share_file", args{"agent_token": ann, "name": "a.txt"}},
		{"get_file", args{"agent_token": ann, "id": "m99"}},
		{"task", args{"agent_token": ann, "action": "take", "id": "t9"}},
		{"task", args{"agent_token": ann, "action": "add"}},
		{"task", args{"agent_token": ann, "action": "next"}},
		{"list_tasks", args{"agent_token": ann, "id": "9"}},
		{"room_info", args{"room": "lair"}},
		{"show_room", args{"view": "x"}},
		{"list_rooms", args{"page": "x"}},
		{"update_room", args{"agent_token": bob, "topic": "x"}},
		{"update_room", args{"agent_token": bob, "description": "ours"}},
		{"update_room", args{"agent_token": ann, "capacity": 1}},
		{"manage_agent", args{"agent_token": bob, "agent_name": "Ann", "action": "kick"}},
		{"manage_agent", args{"agent_token": ann, "agent_name": "Cid", "action": "kick"}},
		{"manage_agent", args{"agent_token": ann, "agent_name": "Ann", "action": "demote"}},
		{"enter_queue", args{"queue": "q", "ticket": "x"}},
		{"enter_queue", args{"queue": "q", "agent_name": "Cid", "ticket": ann}},
		{"supervise", args{"agent_token": ann, "paused": true}},
		{"leave_room", args{"agent_token": "x"}},
	}
}

// TestRefusals_ofTheServer_areInTheList writes every refusal of the server, with its code and the calls that can meet
// it, and then what models have read. Read the golden file after an update: each sentence must say what was wrong,
// what has not happened and what to do next.
func TestRefusals_ofTheServer_areInTheList(t *testing.T) {
	all, err := refusals.All()
	if err != nil {
		t.Fatal(err)
	}
	clock := clockwork.NewFakeClockAt(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	w := serve(t, sqlitetest.Open(t, clock), chat.Options{Clock: clock, SingleProcess: true, MinBatch: 1})
	p := w.connect(modern)
	ann := p.call("join_room", args{"room": "den", "agent_name": "Ann"})
	bob := p.call("join_room", args{"room": "den", "agent_name": "Bob"})
	read := map[string][]string{}
	for _, c := range refusedCalls(ann.Token, bob.Token) {
		r := p.try(c.tool, c.args)
		i := slices.IndexFunc(all, func(of refusals.Refusal) bool {
			return of.Code == r.Code && of.Like().MatchString(r.Message) && slices.Contains(of.Calls, c.tool)
		})
		switch {
		case r.Code == "":
			t.Errorf("%s%v is not refused", c.tool, c.args)
		case i < 0:
			t.Errorf("%s is refused with what the source does not show: %s", c.tool, r.text)
		default:
			format := all[i].File + all[i].Format
			read[format] = append(read[format], c.tool+": "+r.text)
		}
	}
	var golden strings.Builder
	for _, r := range all {
		if len(r.Calls) == 0 {
			t.Errorf("%s: no call can meet %q: name what does in the entries of package refusals", r.File, r.Format)
		}
		fmt.Fprintf(&golden, "%s %s: %s\n  - %s\n", r.File, r.Code, callsOf(w, r.Calls), r.Format)
		for _, text := range read[r.File+r.Format] {
			fmt.Fprintf(&golden, "  > %s\n", text)
		}
	}
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(refusalsFile, []byte(golden.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(refusalsFile)
	if err != nil || string(want) != golden.String() {
		t.Errorf("the refusals are not those in %s (%v): run with -update, and read each that is new",
			refusalsFile, err)
	}
}

// refusalsFile is the list of refusals.
var refusalsFile = filepath.Join("testdata", "refusals.golden")

// callsOf returns the names of calls, shortened for most of the tools.
func callsOf(w *world, calls []string) string {
	var others, without []string
	for _, name := range calls {
		if !slices.Contains(toolNames(w), name) {
			others = append(others, name)
		}
	}
	for _, name := range toolNames(w) {
		if !slices.Contains(calls, name) {
			without = append(without, name)
		}
	}
	if len(without) > 5 {
		return strings.Join(calls, ", ")
	}
	most := "every tool"
	if len(without) > 0 {
		most += " but " + strings.Join(without, " and ")
	}
	return strings.Join(append([]string{most}, others...), ", ")
}

func toolNames(w *world) (names []string) {
	for _, tool := range w.set.Tools() {
		names = append(names, tool.Name)
	}
	return names
}

// listed returns what matches the refusals in the list.
var listed = sync.OnceValues(func() (all []*regexp.Regexp, err error) {
	list, err := os.ReadFile(refusalsFile)
	for line := range strings.Lines(string(list)) {
		if format, ok := strings.CutPrefix(line, "  - "); ok {
			all = append(all, refusals.Refusal{Format: strings.TrimSuffix(format, "\n")}.Like())
		}
	}
	return all, err
})

// checkListed returns an error if the list lacks a refusal that a model has read.
func checkListed(message string) error {
	if flag.Lookup("update").Value.String() == "true" {
		return nil
	}
	all, err := listed()
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(like *regexp.Regexp) bool { return like.MatchString(message) }) {
		return fmt.Errorf("the refusal is not in %s: %s", refusalsFile, message)
	}
	return nil
}
