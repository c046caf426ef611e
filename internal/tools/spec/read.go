package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Read fills the variables that args are bound to from raw, the arguments of a call.
// It returns everything that is wrong with them; nothing if they are right.
func Read(args []Arg, raw []byte) (problems []string) {
	object, problem := readObject(raw)
	if problem != "" {
		return []string{problem}
	}
	given, problems := match(args, object)
	for _, a := range args {
		v, ok := given[a.Name]
		switch {
		case ok:
			if value, ok := a.read(v); ok {
				a.put(value)
			} else {
				problems = append(problems, a.Name+" must be "+a.Want())
			}
		case a.Required:
			problems = append(problems, a.Name+" is missing")
		case a.Fallback != nil:
			a.put(a.Fallback)
		}
	}
	return problems
}

// match finds the argument that each key of object stands for. An unknown key is a
// problem: to ignore it could publish what was meant to be private.
func match(args []Arg, object map[string]any) (given map[string]any, problems []string) {
	given = make(map[string]any, len(object))
	keys := map[string]string{} // by argument: the key that gave it
	for _, key := range slices.Sorted(maps.Keys(object)) {
		v := object[key]
		name, known := argumentOf(args, key)
		switch {
		case absent(v) || !known && addedByClient(key):
		case !known && !printable(key):
			problems = append(problems, "an argument has a name that this tool does not know")
		case !known:
			problems = append(problems, key+" is not an argument of this tool")
		case keys[name] == "":
			given[name], keys[name] = v, key
		case fmt.Sprint(given[name]) != fmt.Sprint(v):
			problems = append(problems, fmt.Sprintf("%s and %s mean the same here but differ: give only %s", keys[name],
				key, name))
		}
	}
	return given, problems
}

// argumentOf returns the name of the argument that key stands for.
func argumentOf(args []Arg, key string) (name string, ok bool) {
	if has(args, key) {
		return key, true
	}
	name = aliasOf(key)
	return name, has(args, name)
}

// has reports whether one of args has the name.
func has(args []Arg, name string) bool {
	return slices.ContainsFunc(args, func(a Arg) bool { return a.Name == name })
}

// aliasOf returns the argument that models often call key, or "".
func aliasOf(key string) string {
	switch key {
	case "message", "content":
		return "text"
	case "name", "room_name", "room_id":
		return "room"
	case "token", "client_id":
		return "agent_token"
	case "display_name":
		return "agent_name"
	case "timeout", "timeout_seconds":
		return "wait_seconds"
	case "seq", "message_id":
		return "id"
	}
	return ""
}

// addedByClient reports whether key is one that a client adds to every call for its
// own use, without the model asking for it.
func addedByClient(key string) bool {
	switch key {
	case "toolCallId", "tool_call_id", "sessionId", "action", "chatInput", "tool", // n8n
		"task_progress",                                     // Cline
		"wait_for_previous",                                 // Gemini CLI
		"waitForPreviousTools", "toolAction", "toolSummary", // Antigravity
		"_meta":
		return true
	}
	return false
}

// printable reports whether a key may appear in a sentence of the server.
func printable(key string) bool {
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-'
	}
	return 0 < len(key) && len(key) <= 40 && strings.IndexFunc(key, func(r rune) bool { return !plain(r) }) < 0
}

// Correction asks the caller of a tool to correct its arguments and call again. It names
// the first problems and lists the arguments that exist.
func Correction(tool string, args []Arg, problems []string) string {
	const named = 10
	if more := len(problems) - named; more > 0 {
		problems = append(problems[:named:named], fmt.Sprintf("and %d more", more))
	}
	var takes []string
	for _, a := range args {
		switch {
		case a.Hidden:
		case a.Required:
			takes = append(takes, a.Name+" (required)")
		default:
			takes = append(takes, a.Name)
		}
	}
	return fmt.Sprintf("Correct this and call %s again: %s. It takes %s.", tool, strings.Join(problems, "; "),
		strings.Join(takes, ", "))
}
