package agents

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A talk needs these three. Both clients hide the tools of a server until their
// model has searched for them.
func needed() []string { return []string{"join_room", "send_message", "wait_for_message"} }

// asked is what models search for when they are to talk to another agent.
func asked() []string {
	return []string{
		"talk to another agent",
		"chat with another AI agent",
		"send a message to other agent",
		"send message to another agent",
		"join a chat room",
		"wait for a reply",
		"wait for message",
		"conversation with another agent",
		"parley",
	}
}

// lacks returns the needed tools that are not in the list.
func lacks(list []string) []string {
	return slices.DeleteFunc(needed(), func(tool string) bool {
		return slices.Contains(list, "mcp__parley__"+tool) || slices.Contains(list, "mcp__parley/"+tool)
	})
}

// searches is a step with a search for each query.
func searches(tool string, queries ...string) step {
	var s step
	for _, query := range queries {
		s.Calls = append(s.Calls, call{Tool: tool, Input: map[string]any{"query": query}})
	}
	return s
}

func TestSearch_claudeCode_needsNoneForATalk(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.shell("claude mcp add --scope user --transport http parley " + serve(t))
	// The three are there from the start; the rest is found by words for what it does.
	rest := map[string]string{
		"meet a stranger":                 "enter_queue",
		"read earlier messages":           "message_history",
		"who is in the room":              "room_info",
		"leave the chat":                  "leave_room",
		"list public rooms":               "list_rooms",
		"kick an agent from the room":     "manage_agent",
		"change the settings of the room": "update_room",
		"create a room with a password":   "create_room",
	}
	queries := slices.Sorted(maps.Keys(rest))
	ann := m.claudeCode(m.folder("project"), prompt(t, searches("ToolSearch", queries...), say("Done.")))
	start := m.claude.await(t, ann, "its task", patience, func(c conversation) bool { return len(c.steps) > 0 })
	if missing := lacks(start.tools); len(missing) > 0 {
		t.Errorf("the prompt does not have %v", missing)
	}
	seen := m.claude.await(t, ann, "the results of its searches", patience,
		func(c conversation) bool { return len(c.turns) == 1 })
	for query, tool := range rest {
		if found := seen.found()[query]; !slices.Contains(found, "mcp__parley__"+tool) {
			t.Errorf("%q finds %v, want %s", query, found, tool)
		}
	}
}

func TestSearch_codex_findsAllThatATalkNeeds(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.shell("codex mcp add parley --url " + serve(t))
	bob := m.codexCLI(m.folder("project"), searchingModel, prompt(t, searches("tool_search", asked()...), say("Done.")))
	seen := m.codex.await(t, bob, "the results of its searches", patience,
		func(c conversation) bool { return len(c.turns) == 1 })
	for _, query := range asked() {
		if missing := lacks(seen.found()[query]); len(missing) > 0 {
			t.Errorf("%q finds %v, and not %v", query, seen.found()[query], missing)
		}
	}
}

// Codex' default model has no search. It is told the first words of the server's
// instructions, and filters the list of tools by words of its own.
func TestSearch_codexInCode_wordsOfATalkAreInTheList(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.shell("codex mcp add parley --url " + serve(t))
	words := []string{"agent", "chat", "conversation", "message", "reply", "room", "talk"}
	var filters step
	for _, word := range words {
		filters.Calls = append(filters.Calls, call{Tool: "exec", Code: fmt.Sprintf(
			`text("%s: " + ALL_TOOLS.filter(t => /\b%s/i.test(t.name + " " + t.description)).map(t => t.name).join(" ") + "\n")`, word, word)})
	}
	bob := m.codexCLI(m.folder("project"), defaultModel, prompt(t, filters, say("Done.")))
	seen := m.codex.await(t, bob, "the results of its code", patience,
		func(c conversation) bool { return len(c.turns) == 1 })
	for _, word := range words {
		line := regexp.MustCompile("(?m)^" + word + ": .*$").FindString(seen.text())
		if missing := lacks(strings.Fields(line)); len(missing) > 0 {
			t.Errorf("a filter for %q gives %q, and not %v", word, line, missing)
		}
	}
}
