package sanitize

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// CallSyntax is what a text seems to hold for which HoldsCallSyntax is true.
const CallSyntax = "the end of your own tool call"

// callArguments are the arguments of the tools that speak. A test in internal/api/tools compares the schemas.
var callArguments = [...]string{"agent_token", "ask", "back_in_minutes", "cursor", "finishes", "idempotency_key",
	"kind", "name", "note", "reply_to", "size", "text", "to", "wait_seconds", "withdraw"}

// callTags are the tags around a call or an argument of it, in the syntax of any model or client, and the tools that
// speak.
var callTags = [...]string{"parameter", "parameters", "invoke", "function", "function_call", "function_calls", "tool",
	"tool_call", "tool_calls", "toolcall", "tool_code", "tool_input", "tool_use", "use_mcp_tool", "longcat_tool_call",
	"arg_value", "longcat_arg_value", "args", "arguments", "kwargs", "send_message", "share_file", "leave_room"}

// callTokens are the tokens with which some models end a call, beside those that are named after it.
var callTokens = [...]string{"eom_id", "python_tag", "action_end", "end_action", "channel"}

// otherWords are what models call the argument text or note (see package spec of the tools).
var otherWords = [...]string{"message", "content", "caption", "description"}

// HoldsCallSyntax reports whether text seems to hold the end of a model's tool call. Some clients close an argument too
// late: the arguments behind it, such as to, are then part of the text, and private words would go to all. Such a text
// closes what it did not open: a string that an argument follows (see leavesString), or a tag (see leavesTag). What
// stands behind makes no difference, nor does what else the text holds, such as code. A text is held back only once, so
// a piece cut out of XML counts.
func HoldsCallSyntax(text string) bool {
	// Some models write the first two in place of the ASCII characters; others have tags in brackets, or quotes of
	// their own.
	text = strings.NewReplacer("｜", "|", "▁", "_", "[/tool", "</tool", `<|"|>`, `"`, "<escape>", `"`).Replace(
		strings.ToLower(text))
	return leavesString(text) || leavesTag(lonelyTags().ReplaceAllString(text, ""))
}

// lonelyTags matches a tag that is the whole of a piece of code in a line, so that a text may speak of it.
var lonelyTags = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("`<[^`<>]*>`") })

// nextArguments matches the end of a string with the argument that follows: ", "to": of JSON, also of JSON in JSON,
// "}], "to": behind a list of texts, and ", to= of code. The first group is the quote with its backslashes.
var nextArguments = sync.OnceValue(func() *regexp.Regexp {
	const blanks = `(?:\s|\\[nrt])*`
	return regexp.MustCompile(`(\\*["'])(?:` + blanks + `[}\]])*` + blanks + `,` + blanks + `\\*["']?(?:` +
		strings.Join(callArguments[:], "|") + `)\\*["']?\s*[:=]`)
})

// leavesString reports whether text ends a string that it did not begin, and goes on with an argument, as in
// plum.", "to": ["Bob"]}.
func leavesString(text string) bool {
	for _, at := range nextArguments().FindAllStringSubmatchIndex(text, -1) {
		if !isString(text[:at[2]], text[at[2]:at[3]]) {
			return true
		}
	}
	return false
}

// isString reports whether before ends in a string that begins with quote. The last such quote may also be an end, or
// the inch of 19": a beginning stands behind a blank or a sign of code, and before a word or behind whole strings.
func isString(before, quote string) bool {
	i := strings.LastIndex(before, quote)
	for i > 0 && before[i-1] == '\\' { // of a string in the string
		i = strings.LastIndex(before[:i], quote)
	}
	if i < 0 {
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(before[:i])
	next, _ := utf8.DecodeRuneInString(before[i+len(quote):])
	begins := i == 0 || unicode.IsSpace(last) || strings.ContainsRune(":=,([{+`|>", last)
	whole := strings.Count(before[strings.LastIndexByte(before[:i], '\n')+1:i], quote)%2 == 0 // strings of this line
	return begins && (whole || !unicode.IsSpace(next) && !strings.ContainsRune(",.;:!?)]}", next))
}

// leavesTag reports whether text closes one of callTags that it did not open, closes another argument so and then opens
// an argument, as in plum.</text><to>, or holds a token such as <|call|>, <parameter name="to"> or
// <arg_key>to</arg_key>. </text> alone is none, since SVG has it. A prefix of a tag, such as "antml:" or "|DSML|",
// blanks and the kind of the quotes make no difference.
func leavesTag(text string) bool {
	open, left := map[string]int{}, "" // left is the argument that text closed but did not open
	for {
		_, after, found := strings.Cut(text, "<")
		if !found {
			return false
		}
		text = after
		if isCallToken(after) {
			return true
		}
		closing, closes := strings.CutPrefix(after, "/")
		tag, rest := cutTag(closing)
		argument := slices.Contains(callArguments[:], tag)
		switch {
		case !closes && (beginsArgument(tag, rest) || left != "" && argument && tag != left):
			return true
		case !closes:
			if !strings.HasSuffix(attributesOf(rest), "/") {
				open[tag]++
			}
		case !endsTag(rest):
		case open[tag] > 0:
			open[tag]--
		case slices.Contains(callTags[:], tag):
			return true
		case argument, slices.Contains(otherWords[:], tag):
			left = tag
		}
	}
}

// isCallToken reports whether after, the text behind "<", begins with a token that ends a call: |call|>, tool_call|> or
// end_function_call>.
func isCallToken(after string) bool {
	token, rest := cutWord(strings.TrimPrefix(after, "|"))
	opens, closes := strings.HasPrefix(after, "|"), strings.HasPrefix(rest, "|>")
	if strings.Contains(token, "call") {
		return closes || strings.HasPrefix(rest, ">") &&
			(strings.HasPrefix(token, "end_") || strings.HasSuffix(token, "_end"))
	}
	return opens && closes && slices.Contains(callTokens[:], token)
}

// endsTag reports whether a closing tag ends behind its name. Its last character may be lost.
func endsTag(rest string) bool {
	rest = strings.TrimSpace(rest)
	return rest == "" || strings.ContainsAny(rest[:1], "<>]") && !strings.HasPrefix(rest, "](") // [/tool](address)
}

// attributesOf returns the attributes with which rest begins, the text behind the name of a tag. A slash at their end
// means a tag without content.
func attributesOf(rest string) string {
	if end := strings.IndexAny(rest, "<>"); end >= 0 {
		return rest[:end]
	}
	return rest
}

func beginsArgument(tag, rest string) bool {
	key, _, _ := strings.Cut(strings.TrimPrefix(rest, ">"), "<")
	return tag == "parameter" && namesArgument(attributesOf(rest)) || tag == "arg_key" && isArgument(key)
}

// namesArgument reports whether a tag with attributes names an argument: name="to" or, of some models, ="to" alone. The
// value of an argument stands behind the tag, so a tag without content names none.
func namesArgument(attributes string) bool {
	if strings.HasSuffix(attributes, "/") {
		return false
	}
	if value, bare := strings.CutPrefix(strings.TrimSpace(attributes), "="); bare {
		return isArgument(value)
	}
	for {
		before, value, found := strings.Cut(attributes, "=")
		if !found {
			return false
		}
		keys := strings.Fields(before)
		if len(keys) > 0 && keys[len(keys)-1] == "name" && isArgument(value) {
			return true
		}
		attributes = value
	}
}

// isArgument reports whether the value of an attribute is the name of an argument.
func isArgument(value string) bool {
	const around = " \t\r\n\"'\\"
	name, rest := cutWord(strings.TrimLeft(value, around))
	return slices.Contains(callArguments[:], name) && (rest == "" || strings.ContainsAny(rest[:1], around))
}

// cutTag returns the name of a tag without prefixes, and what is behind the name.
func cutTag(text string) (name, rest string) {
	for {
		name, rest = cutWord(strings.TrimLeft(text, "| "))
		if rest == "" || rest[0] != ':' && rest[0] != '|' {
			return name, rest
		}
		text = rest[1:]
	}
}

func cutWord(text string) (word, rest string) {
	i := 0
	for i < len(text) && isWord(text[i]) {
		i++
	}
	return text[:i], text[i:]
}
