package sanitize

import (
	"slices"
	"strings"
	"unicode"
)

// CallSyntax is what a text seems to hold for which HoldsCallSyntax is true.
const CallSyntax = "the end of your own tool call"

// callArguments are the arguments of the tools that speak. A test in internal/api/tools compares the schemas.
var callArguments = [...]string{"agent_token", "ask", "back_in_minutes", "cursor", "finishes", "idempotency_key",
	"kind", "name", "note", "reply_to", "size", "text", "to", "wait_seconds", "withdraw"}

// HoldsCallSyntax reports whether text seems to hold the end of a model's tool call. Some clients close an argument too
// late: the arguments behind it, such as to, are then part of the text, and private words would go to all. Such a text
// ends in </parameter>, </invoke> or </function_calls>, or has <parameter name="to"> or another argument. </text> alone
// is none, since SVG has it.
func HoldsCallSyntax(text string) bool {
	return endsCall(strings.TrimRightFunc(text, unicode.IsSpace)) || beginsArgument(text)
}

func endsCall(text string) bool {
	closing, closes := strings.CutPrefix(text[max(0, strings.LastIndexByte(text, '<')):], "</")
	tag, rest := cutTag(closing)
	return closes && rest == ">" && (tag == "parameter" || tag == "invoke" || tag == "function_calls")
}

func beginsArgument(text string) bool {
	for {
		_, after, found := strings.Cut(text, "<")
		if !found {
			return false
		}
		if tag, rest := cutTag(after); tag == "parameter" && namesArgument(rest) {
			return true
		}
		text = after
	}
}

// namesArgument reports whether attributes begin with the name of an argument.
func namesArgument(attributes string) bool {
	value, found := strings.CutPrefix(attributes, " name=\"")
	name, rest := cutWord(value)
	return found && strings.HasPrefix(rest, "\"") && slices.Contains(callArguments[:], name)
}

// cutTag returns the name of a tag without a prefix such as "antml:", and what is behind the name.
func cutTag(text string) (name, rest string) {
	name, rest = cutWord(text)
	if behind, found := strings.CutPrefix(rest, ":"); found {
		return cutWord(behind)
	}
	return name, rest
}

func cutWord(text string) (word, rest string) {
	i := 0
	for i < len(text) && isWord(text[i]) {
		i++
	}
	return text[:i], text[i:]
}
