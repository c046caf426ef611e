package mcptools

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/chat"
)

// readArguments fills what args are bound to from raw, the arguments of a call.
// It returns all that is wrong, or nothing.
func readArguments(args []arg, raw []byte) []string {
	object, problem := readObject(raw)
	if problem != "" {
		return []string{problem}
	}
	given, problems := match(args, object)
	for _, a := range args {
		v, ok := given[a.name]
		switch {
		case ok:
			if value, ok := a.read(v); ok {
				a.put(value)
			} else {
				problems = append(problems, a.name+" must be "+a.want())
			}
		case a.needed:
			problems = append(problems, a.name+" is missing")
		case a.fallback != nil:
			a.put(a.fallback)
		}
	}
	return problems
}

// match finds the argument that each key of object means, and the keys that mean
// none.
func match(args []arg, object map[string]any) (given map[string]any, problems []string) {
	given = make(map[string]any, len(object))
	keys := map[string]string{} // by argument: the key that gave it
	for _, key := range slices.Sorted(maps.Keys(object)) {
		v := object[key]
		name, known := meaning(args, key)
		switch {
		case absent(v) || !known && addedByHarness(key):
		case !known && len(problems) >= problemsNamed:
			problems = append(problems, "an argument more") // which nobody will read
		case !known:
			problems = append(problems, unknown(args, key))
		case keys[name] == "":
			given[name], keys[name] = v, key
		case fmt.Sprint(given[name]) != fmt.Sprint(v):
			problems = append(problems, fmt.Sprintf("%s and %s mean the same here but differ: give only %s", keys[name], key, name))
		}
	}
	return given, problems
}

// meaning returns the name of the argument that key stands for.
func meaning(args []arg, key string) (name string, ok bool) {
	if takes(args, key) {
		return key, true
	}
	name = aliasOf(key)
	return name, takes(args, name)
}

// takes reports whether an argument has the name.
func takes(args []arg, name string) bool {
	return slices.ContainsFunc(args, func(a arg) bool { return a.name == name })
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
	}
	return ""
}

// addedByHarness reports whether key is one that a client adds to every call for
// its own ends, unasked by the model.
func addedByHarness(key string) bool {
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

// unknown says that key is no argument, and what may have been meant. To drop it
// instead could publish what was to be private.
func unknown(args []arg, key string) string {
	if !speakable(key) {
		return "an argument has a name that this tool does not know"
	}
	said := key + " is not an argument of this tool"
	if meant := wordFor(key); meant != "" && takes(args, meant) {
		return said + " (" + meant + "?)"
	}
	if near := nearest(args, key); near != "" {
		return said + " (" + near + "?)"
	}
	_, byToken := meaning(args, "agent_token")
	switch elsewhere := aliasOf(key); {
	case byToken && (key == "room" || key == "agent_name" || elsewhere == "room" || elsewhere == "agent_name"):
		return said + " (agent_token already says whose seat in which room)"
	}
	return said
}

// wordFor returns the argument that key is another word for, though no alias: it
// is offered, and not taken, since it may be meant otherwise. "" if there is none.
func wordFor(key string) string {
	switch strings.ToLower(key) {
	case "recipients", "recipient", "private_to", "private", "only_to", "whisper_to", "target", "targets", "visible_to", "dm":
		return "to"
	case "name", "agent", "agentid", "agent_id", "user", "user_name", "username", "nickname", "member":
		return "agent_name"
	case "topic", "about", "purpose":
		return "description"
	case "tags", "topics", "keywords":
		return "interests"
	case "reason":
		return "note"
	case "query", "filter", "q":
		return "search"
	case "max_agents", "max_members", "seats", "size":
		return "capacity"
	case "close":
		return "closed"
	case "msg", "body":
		return "text"
	}
	return ""
}

// speakable reports whether a key can stand in a sentence of the server.
func speakable(key string) bool {
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-'
	}
	return 0 < len(key) && len(key) <= 40 && strings.IndexFunc(key, func(r rune) bool { return !plain(r) }) < 0
}

// nearest returns the name of the argument that key looks like a slip of, or "".
func nearest(args []arg, key string) string {
	squash := func(s string) string {
		return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(s))
	}
	key = squash(key)
	best, least := "", 1+len(key)/4
	for _, a := range args {
		if d := distance(key, squash(a.name)); d <= least && (best == "" || d < least) {
			best, least = a.name, d
		}
	}
	return best
}

// distance is how many bytes must be put in, taken out or changed to make b of a
// (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// problemsNamed is how many problems of very many are named. To find out what each
// unknown argument was meant to be takes time.
const problemsNamed = 10

// badArguments is the refusal that names all problems of a call's arguments (of
// very many the first), and what the tool takes.
func badArguments(tool string, args []arg, problems []string) *chat.Error {
	if more := len(problems) - problemsNamed; more > 0 {
		problems = append(problems[:problemsNamed], fmt.Sprintf("and %d more", more))
	}
	takes := make([]string, len(args))
	for i, a := range args {
		takes[i] = a.name
		if a.needed {
			takes[i] += " (required)"
		}
	}
	return &chat.Error{
		Code: chat.InvalidArgument,
		Message: fmt.Sprintf("Call %s again with this mended: %s. It takes %s.",
			tool, strings.Join(problems, "; "), strings.Join(takes, ", ")),
	}
}
