package spec

import (
	"fmt"
	"slices"
	"strings"
)

// Read fills the variables of args from raw, the arguments of a call. It returns everything that is wrong with raw.
func Read(args []Arg, raw []byte) (problems []string) {
	members, problem := readObject(raw, make([]entry, 0, 16))
	if problem != "" {
		return []string{problem}
	}
	return readMembers(args, members)
}

// readMembers fills the variables of args from the members of an object.
func readMembers(args []Arg, members []entry) (problems []string) {
	members, problems = match(args, members)
	for _, a := range args {
		i := slices.IndexFunc(members, func(m entry) bool { return m.argument == a.Name })
		switch {
		case i >= 0:
			problems = append(problems, a.set(members[i].value)...)
		case a.Required && !a.Excused:
			problems = append(problems, a.Name+" is missing"+a.Instead)
		case a.Fallback != nil:
			a.put(a.Fallback)
		}
	}
	return problems
}

// set fills the variable of a from v.
func (a *Arg) set(v value) (problems []string) {
	if a.fill != nil {
		if list, ok := readObjects(v, a.fields[0].Name); ok {
			return a.fill(list)
		}
	} else if meant, ok := a.read(v); ok {
		a.put(meant)
		return nil
	}
	return []string{a.Name + " must be " + a.Want() + a.Instead}
}

// match finds the argument of each member, and returns the members with an argument. An unknown key is a problem:
// without the refusal, a message with recipients ["Bob"] would go to all.
func match(args []Arg, members []entry) (given []entry, problems []string) {
	given = members[:0]
	for _, m := range members {
		name, known := argumentOf(args, m.key, m.value)
		if m.key == "name" && name == "room" && namesAgent(args, members, m) {
			name = "agent_name"
		}
		first := slices.IndexFunc(given, func(g entry) bool { return g.argument == name })
		switch {
		case absent(m.value) && !isEmptied(args, name, m.value) || !known && addedByClient(m.key):
		case !known && !printable(m.key):
			problems = append(problems, "an argument has a name that this tool does not know")
		case !known:
			problems = append(problems, m.key+" is not an argument"+hint(args, m))
		case first < 0:
			m.argument = name
			given = append(given, m)
		case fmt.Sprint(given[first].value.decoded()) != fmt.Sprint(m.value.decoded()):
			problems = append(problems, fmt.Sprintf("%s and %s mean the same here but differ: give only %s",
				given[first].key, m.key, name))
		}
	}
	return given, problems
}

// namesAgent reports whether the member name, which stands for the room where it stands alone, is the name of the
// agent: the tool takes one, and another member gives the room.
func namesAgent(args []Arg, members []entry, name entry) bool {
	return has(args, "agent_name") && slices.ContainsFunc(members, func(m entry) bool {
		argument, _ := argumentOf(args, m.key, m.value)
		return m.key != name.key && argument == "room" && !absent(m.value) &&
			fmt.Sprint(m.value.decoded()) != fmt.Sprint(name.value.decoded())
	})
}

// isEmptied reports whether v, absent for other arguments, is an empty list for the argument of this name.
func isEmptied(args []Arg, name string, v value) bool {
	return v[0] == '[' && slices.ContainsFunc(args, func(a Arg) bool { return a.Name == name && a.Emptied })
}

// argumentOf returns the name of the argument for key. If key names an argument and is an alias of another, a plain
// text is for the other argument.
func argumentOf(args []Arg, key string, v value) (name string, ok bool) {
	i := slices.IndexFunc(args, func(a Arg) bool { return slices.Contains(a.aliases, key) })
	if has(args, key) && (i < 0 || !isPlain(v)) {
		return key, true
	}
	if i >= 0 {
		return args[i].Name, true
	}
	name = aliasOf(key)
	if name == "" && isInvite(key) && has(args, "agent_name") {
		name = "room"
	}
	return name, has(args, name)
}

// hint names the argument that the key of a member spells in another way, such as idempotencyKey, or holds, such as
// task_id, or ends, such as token; "" if none. Read refuses such a key: a filter of calls by their arguments may not
// know the spelling.
func hint(args []Arg, m entry) string {
	key := snake(m.key)
	name, known := argumentOf(args, key, m.value)
	if !known {
		name = ""
		for _, a := range args {
			near := strings.HasPrefix(key, a.Name+"_") || strings.HasSuffix(key, "_"+a.Name) ||
				strings.HasSuffix(a.Name, "_"+key)
			if near && len(a.Name) > len(name) { // in_reply_to is reply_to, and not to
				name = a.Name
			}
		}
	}
	if name == "" {
		return ""
	}
	return ": write " + name
}

// snake returns a key in lower case with its words parted by underscores.
func snake(key string) string {
	var b strings.Builder
	small := false // the last byte was no capital
	for _, c := range []byte(key) {
		capital := 'A' <= c && c <= 'Z'
		switch {
		case capital && small:
			b.WriteByte('_')
		case c == '-':
			c = '_'
		}
		b.WriteByte(c)
		small = !capital && c != '_'
	}
	return strings.ToLower(b.String())
}

// isPlain reports whether v is a text that spells no object.
func isPlain(v value) bool {
	text, ok := readText(v)
	return ok && !strings.HasPrefix(strings.TrimSpace(text), "{")
}

// names lists the names of args.
func names(args []Arg) string {
	var list []string
	for _, a := range args {
		if !a.Hidden {
			list = append(list, a.Name)
		}
	}
	return strings.Join(list, ", ")
}

// has reports whether one of args has the name.
func has(args []Arg, name string) bool {
	return slices.ContainsFunc(args, func(a Arg) bool { return a.Name == name })
}

// aliasOf returns the argument that models have called key, or "". Other names are refused with a hint: each name that
// is understood is one more that a filter of calls must know.
func aliasOf(key string) string {
	switch key {
	case "message", "content":
		return "text"
	case "name":
		return "room"
	}
	return ""
}

// isInvite reports whether models often call the room key when they join it by an invite.
func isInvite(key string) bool {
	return slices.Contains([]string{"invite", "invite_code", "invite_link", "link", "url", "code"}, key)
}

// addedByClient reports whether clients add key to every call for their own use.
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
	return fmt.Sprintf("Correct this and call %s again: %s", tool, Wrong(args, problems))
}

// Wrong names the problems that Read found, ten at most, and the arguments of the tool.
func Wrong(args []Arg, problems []string) string {
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
	return fmt.Sprintf("%s. It takes %s.", strings.Join(problems, "; "), strings.Join(takes, ", "))
}
