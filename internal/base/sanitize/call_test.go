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
		"plum.<|call|>", "plum.<|tool_call_end|>\n", "plum.<｜tool▁calls▁end｜>",
		"plum.</arg_value>\n<arg_key>to</arg_key>\n<arg_value>[\"Bob\"]", "plum.</arg_value>",
		"<arg_key> ask </arg_key>",
		// JSON whose string was closed too early.
		`plum.", "to": ["Bob"]}`, "plum.\",\n \"reply_to\" : \"plans-3\"\n}\n",
		`Say "hi".", "ask":["Bob"],"kind":"chat"}`,
		`plum.\", \"to\": [\"Bob\"]}`, `a < b.","wait_seconds":50}`, `plum.\",\n  \"to\": [\"Bob\"]\n}`,
		// Whatever else the text holds.
		`[draft] plum.", "to": ["Bob"]}`, `{1} plum.", "to": ["Bob"]}`, `Rack is 19" wide; plum.", "to": ["Bob"]}`,
		`6' 2" plum.", "to": ["Bob"]}`, `a 19" one and a " b "plum"", "to": ["Bob"]}`, `""", "to": ["Bob"]}`,
		"```sh\necho \"hi\"\n```\nplum.\", \"to\": [\"Bob\"]}", "```json\nplum.\", \"to\": [\"Bob\"]}\n```",
		"```json\n{\"text\": \"x\", \"to\": 1}\n```\nplum.\", \"to\": [\"Bob\"]}", `Use ("a:"). plum.", "to": 1}`,
		"Write `</invoke>`. plum.</invoke>", "```xml\n<invoke>\n</invoke>\n```\nplum.</invoke>",
		"<svg><text>x</text></svg> plum.</text>\n<to>[\"Bob\"]</to>",
		// Whatever stands behind.
		"plum.\", \"to\": [\"Bob\"]}\n</arguments>\n</use_mcp_tool>", `plum.", "to": ["Bob"]}]}`,
		`plum.", "to": ["Bob"]}}]</TOOLCALL>`, `plum.", "to": ["Bob"]}}][/TOOL_CALLS]`, `plum.", "to": ["Bob"]})`,
		`plum.", "to": ["Bob"]`, `plum.", "to"` + ":", "plum.\", \"to\": [\"Bob\"]}\n```\nThanks!",
		`plum.", to=["Bob"])`, `plum.', to=['Bob'])]`, `it's plum.', 'to': ['Bob']}`, `plum.", to: ["Bob"]})`,
		"plum.</parameter>\n</invoke>\n```", "plum.</invoke>.", "plum.</invoke>\nThanks", "plum.</invoke",
		"plum.\n</parameter>\n</function>", "plum.</function>", "plum.</arguments>\n</use_mcp_tool>",
		"plum.</tool_use>",
		"plum.</text>\n</arguments>\n</send_message>", "plum.</text>\n<to>[\"Bob\"]</to>", "plum.</note><ask>Bob</ask>",
		"plum.</text>\n<text>x</text><reply_to>plans-3</reply_to>", "plum.[/TOOL_CALLS]", "plum.</text></share_file>",
		"plum.</message>\n<to>[\"Bob\"]</to>", "plum.</content><ask>Bob</ask>", "plum.</longcat_arg_value>",
		"plum.</longcat_tool_call>", "plum.\n</tool_code>", "plum.</tool_input>", "plum.</kwargs>", "plum.<|eom_id|>",
		"plum.<|end|><|start|>assistant<|channel|>commentary to=functions.x", "plum.<|action_end|>",
		"plum.<tool_call|>", "plum.<end_function_call>", "plum.<tool_call_end>", `plum.<|"|>,to:[<|"|>Bob<|"|>]}`,
		"plum.<escape>,to:<escape>Bob<escape>}", `plum."}], "to": ["Bob"]}`, `plum.'}, 'to': 'Bob'}`,
		"plum.<|call|>.", "plum.<|tool_calls_section_end|>\nThanks", "The client leaks </parameter> at the end.",
	} {
		if !sanitize.HoldsCallSyntax(text) {
			t.Errorf("not found in %q", text)
		}
	}
}

func TestHoldsCallSyntax_whatLooksSimilar_isNone(t *testing.T) {
	for _, text := range []string{
		"", "<", ">", "</", "</>", "a > b", "/parameter>", "<parameter>", "parameter",
		"<svg><text x=\"1\">plum</text></svg>", "plum.</text>", "see </note>", "</my_parameter>", "</parameter-list>",
		"The client leaks `</parameter>` and `</invoke>` at the end.", "It ends in `</invoke>`.", "`</invoke>`",
		"```xml\n<invoke name=\"f\">\n<parameter name=\"path\">x</parameter>\n</invoke>\n```",
		"<parameter name=\"depth\" value=\"3\"/>", "<parameter name=\"\">", "<parameter name=\"total\">",
		"<param name=\"to\">", "See [/tool](/docs/tool) for it.",
		`{"main": "./index.js", "name": "shop"}`, `{"from": ".", "to": "dist"}`, "{ path: ':id', name: 'user' }",
		"the argument named \"to\" of a parameter name=\"to\"",
		"<parameter name=\"size\" value=\"3\"/>", "<parameter name='to' />", "<parameter name=\"to-be\">",
		"<parameter id=\"to\">", "<parameter filename=\"to\">", "<parameters name=\"to\">", "<xsl:param name=\"to\">",
		"<input name=\"to\">",
		"<my.parameter name=\"to\">",
		"List<Parameter> name = to", "if a<parameter && name == \"to\" {",
		"<p>plum</p>", "<!-- plum -->", "<br/>", "<tool>plum</tool>", "</functions>", "x <|> y", "<|>",
		"<||>", "<|x|>", "<", "plum.<|im_end|>", "f <| x |>", "a || b > c", "a |>", "<|im_start|> begins a turn.",
		"<arg_key>path</arg_key>", "GLM writes <arg_key> and <arg_value>.", "<arg_keys>to",
		`{"text": "plum", "to": ["Bob"]}`, `Send {"text": "plum", "to": ["Bob"]}`, ` {"text": "say \"hi", "to": "}"}`,
		"\"name\": \"a\",\n\"kind\": \"b\"\n}", `"a", "to": 1}`, `func f() { g("a", "to") }`, `f("a", "to", x{})}`,
		`He said "plum", "to": }`, `plum.", "total": 3}`, `plum.", "to" }`, `plum." and "to": 3}`, "plum.}",
		// Code and prose that names what the tools have.
		"```json\n{\n  \"name\": \"a\",\n  \"kind\": \"b\",\n  \"text\": \"say \\\"hi\\\"\",\n  \"size\": 3\n}\n```",
		`[{"name":"a","kind":"b"},{"name":"","size":1}]`, `{"a": "{\"text\":\"plum\",\"to\":[]}", "note": 1}`,
		`{'text': 'it\'s', 'to': 'x'}`, `send_message(text="plum", to=["Bob"])`, `f(a + "b", name="c")`,
		`type A = { kind: "a", name: string } | Map<Name, "b">`, "const x: Promise<Text> = f(`a`, {name: 'b', size: 1})",
		`The arguments "text", "to", "ask": all are optional. "Fine," she said, "to": no.`, `Use kind="chat", to="Bob".`,
		"<svg>\n<text x=\"1\">a</text>\n<text x=\"2\">b</text>\n</svg>", "</text>\n<text x=\"1\">b</text>\n</svg>",
		"<note>\n<to>Bob</to>\n<text>hi</text>\n<name>x</name>\n</note>", `<input type="text", name="a">`,
		"<function=f>\n<parameter=path>\nx\n</parameter>\n</function>", "<text/>a",
		"</message>", "</content>\n</div>", "<message><to>Bob</to></message>", "<call>", "<callback>", "a <recall> b",
		"<end_recall", "<channel>", "x <| channel |> y", `[{"a": "b"}, {"to": 1}]`, `{"a": [{"b": "c"}], "to": 1}`,
	} {
		if sanitize.HoldsCallSyntax(text) {
			t.Errorf("found in %q", text)
		}
	}
}
