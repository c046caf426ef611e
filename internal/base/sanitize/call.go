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

// callTags are the tags that end a call or an argument of it, in the syntax of any model.
var callTags = [...]string{"parameter", "invoke", "function_calls", "tool_call", "tool_calls", "arg_value"}

// HoldsCallSyntax reports whether text seems to hold the end of a model's tool call. Some clients close an argument too
// late: the arguments behind it, such as to, are then part of the text, and private words would go to all. Such a text
// ends in </parameter> or another of callTags, or in a token such as <|call|>, or has <parameter name="to"> or another
// argument, or <arg_key>to</arg_key>. </text> alone is none, since SVG has it. Case, a prefix such as "antml:" or
// "|DSML|", blanks and the kind of the quotes make no difference. The end of arguments in JSON is one, too: see
// endsArguments.
func HoldsCallSyntax(text string) bool {
	if !strings.Contains(text, "<") {
		return endsArguments(text)
	}
	// Some models write these two letters in place of the ASCII ones.
	text = strings.NewReplacer("｜", "|", "▁", "_").Replace(strings.ToLower(text))
	return endsCall(strings.TrimRightFunc(text, unicode.IsSpace)) || beginsArgument(text) || endsArguments(text)
}

// endsArguments reports whether text ends as the arguments of a call in JSON do: plum.", "to": ["Bob"]}. The quote that
// ends the argument was not opened in the text, so a text that is JSON, or quotes JSON, has no such quote.
func endsArguments(text string) bool {
	if !strings.HasSuffix(strings.TrimRightFunc(text, unicode.IsSpace), "}") || strings.Contains(text, "```") ||
		strings.IndexAny(strings.TrimLeftFunc(text, unicode.IsSpace), "{[") == 0 {
		return false
	}
	parts := strings.Split(strings.ReplaceAll(text, `\"`, `"`), `"`)
	for i := 1; i+2 < len(parts); i += 2 { // parts[i] stands behind a quote that ends what no quote began
		if strings.TrimSpace(parts[i]) == "," && slices.Contains(callArguments[:], parts[i+1]) &&
			strings.HasPrefix(strings.TrimSpace(parts[i+2]), ":") {
			return true
		}
	}
	return false
}

func endsCall(text string) bool {
	last := text[max(0, strings.LastIndexByte(text, '<')):]
	if token, found := strings.CutPrefix(last, "<|"); found {
		word, rest := cutWord(token)
		return word != "" && rest == "|>"
	}
	closing, closes := strings.CutPrefix(last, "</")
	tag, rest := cutTag(closing)
	return closes && strings.TrimSpace(rest) == ">" && slices.Contains(callTags[:], tag)
}

func beginsArgument(text string) bool {
	for {
		_, after, found := strings.Cut(text, "<")
		if !found {
			return false
		}
		tag, rest := cutTag(after)
		key, _, _ := strings.Cut(strings.TrimPrefix(rest, ">"), "<")
		if tag == "parameter" && namesArgument(rest) || tag == "arg_key" && isArgument(key) {
			return true
		}
		text = after
	}
}

// namesArgument reports whether a tag with attributes names an argument: name="to" or, of some models, ="to" alone. The
// value of an argument stands behind the tag, so a tag without content names none.
func namesArgument(attributes string) bool {
	if end := strings.IndexAny(attributes, "<>"); end >= 0 {
		attributes = attributes[:end]
	}
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
