package sanitize_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/base/sanitize"
)

func TestHoldsCallSyntax_theEndOfACall_isFound(t *testing.T) {
	for _, text := range []string{
		"plum.</text>\n<parameter name=\"to\">[\"Bob\"]</parameter>",
		"plum.</parameter>", "plum.</invoke> \n\t", "plum.</function_calls>\u00a0", "</parameter>",
		"plum.</antml:parameter>\n</antml:invoke>\n</antml:function_calls>\n",
		"plum.</note>\n<parameter name=\"reply_to\">plans-3",
		"a < b, and <<antml:parameter name=\"ask\" string=\"false\">",
		// As clients and models of all makers leak it.
		"plum. <parameter name='to'>Bob", "plum. <parameter name = \"to\" >Bob", "plum. <PARAMETER\n\tName='To'>Bob",
		"plum. <parameter name=to>Bob", "plum. <parameter=to>Bob", `plum. <parameter name=\"to\">Bob`,
		"plum. <parameter string=\"true\" name=\"to\">Bob", "plum. <parameter name=\"to\"",
		"plum. <antml:parameter name='to'>Bob", "plum. <minimax:parameter name=\"to\">Bob",
		"plum. <｜DSML｜parameter name=\"to\" string=\"true\">Bob", "plum. <|DSML|parameter name=\"to\">Bob",
		"plum. <｜｜DSML｜｜ parameter name=\"to\">Bob",
		"plum.</PARAMETER >", "plum.</antml:invoke>", "plum.</antml:parameter>", "plum.</｜DSML｜invoke>",
		"plum.</|DSML|tool_calls>\n", "plum.\n</parameter>\n</function>\n</tool_call>", "plum.</minimax:tool_call>",
		"plum.<|call|>", "plum.<|tool_call_end|>\n", "plum.<｜tool▁calls▁end｜>", "plum.<|im_end|>",
		"plum.</arg_value>\n<arg_key>to</arg_key>\n<arg_value>[\"Bob\"]", "plum.</arg_value>",
		"<arg_key> ask </arg_key>",
		// JSON whose string was closed too early.
		`plum.", "to": ["Bob"]}`, "plum.\",\n \"reply_to\" : \"plans-3\"\n}\n",
		`Say "hi".", "ask":["Bob"],"kind":"chat"}`,
		`plum.\", \"to\": [\"Bob\"]}`, `a < b.","wait_seconds":50}`,
	} {
		if !sanitize.HoldsCallSyntax(text) {
			t.Errorf("not found in %q", text)
		}
	}
}

func TestHoldsCallSyntax_whatLooksSimilar_isNone(t *testing.T) {
	for _, text := range []string{
		"", "<", ">", "</", "</>", "a > b", "/parameter>", "<parameter>", "parameter",
		"<svg><text x=\"1\">plum</text></svg>", "plum.</text>", "see </note>", "</my_parameter>", "</parameters>",
		"The client leaks </parameter> and </invoke> at the end.", "It ends in `</invoke>`.", "`</invoke>`",
		"```xml\n<invoke name=\"f\">\n<parameter name=\"path\">x</parameter>\n</invoke>\n```",
		"<parameter name=\"depth\" value=\"3\"/>", "<parameter name=\"\">", "<parameter name=\"total\">",
		"<param name=\"to\">",
		"the argument named \"to\" of a parameter name=\"to\"",
		"<parameter name=\"size\" value=\"3\"/>", "<parameter name='to' />", "<parameter name=\"to-be\">",
		"<parameter id=\"to\">", "<parameter filename=\"to\">", "<parameters name=\"to\">", "<xsl:param name=\"to\">",
		"<input name=\"to\">",
		"<my.parameter name=\"to\">",
		"List<Parameter> name = to", "if a<parameter && name == \"to\" {",
		"<p>plum</p>", "<!-- plum -->", "<br/>", "<tool>plum</tool>", "</function>", "x <|> y", "<|>",
		"<||>", "f <| x |>", "a || b > c", "a |>", "<|im_start|> begins a turn.",
		"<arg_key>path</arg_key>", "GLM writes <arg_key> and <arg_value>.", "<arg_keys>to",
		`{"text": "plum", "to": ["Bob"]}`, `Send {"text": "plum", "to": ["Bob"]}`, ` {"text": "say \"hi", "to": "}"}`,
		"\"name\": \"a\",\n\"kind\": \"b\"\n}", `"a", "to": 1}`, `func f() { g("a", "to") }`, `f("a", "to", x{})}`,
		"```json\nplum.\", \"to\": [\"Bob\"]}\n```", "```\n```plum.\", \"to\": 1}", `He said "plum", "to": }`,
		`plum.", "total": 3}`, `plum.", "to" }`, `plum.", "to": ["Bob"]`, `plum." and "to": 3}`, "plum.}", `[plum.", "to": 1}`,
	} {
		if sanitize.HoldsCallSyntax(text) {
			t.Errorf("found in %q", text)
		}
	}
}
