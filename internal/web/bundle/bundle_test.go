package bundle

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A bundle does what its modules do, each once and after those that it imports.
func TestBundle_doesWhatItsModulesDo(t *testing.T) {
	node, err := exec.LookPath("node")
	switch {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatal(err)
	case err != nil:
		t.Skip("Node is missing")
	}
	text, later, err := Join("main.js", map[string]string{
		"main.js": `// Says what it got.

import { a as b, up } from "./lib/a.js";
import * as kept from "./kept.js";
import {
  Thing,
  later,
} from "./lib/thing.js";

/** Not for readers:
export const no = 1; */
/** @type {() => import("./types.d.ts").Site} */
const all = [b, up(2), kept.a, new Thing().name, later.constructor.name, kept.times];
console.log(JSON.stringify(all));
`,
		"kept.js": `export const a = "kept";
export const times = (globalThis.times ?? 0) + 1;
globalThis.times = times;
`,
		"lib/a.js": `import * as kept from "../kept.js";
export const a = kept.a.length;
export function up(n) {
  return n + 1;
}
`,
		"lib/thing.js": "class T { name = \"thing\"; }var l=async()=>{};export{T as Thing,l as later};\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err != nil || later != "" {
		t.Fatalf("%v, and to be loaded later: %s", err, later)
	}
	run := exec.CommandContext(t.Context(), node, "--input-type=module", "-")
	run.Stdin = strings.NewReader(text)
	said, err := run.CombinedOutput()
	if want := `[4,3,"kept","thing","AsyncFunction",1]`; err != nil ||
		strings.TrimSpace(string(said)) != want {
		t.Errorf("%v: %s; want %s, of\n%s", err, said, want, text)
	}
}

// What is imported within code comes in a second script, with the same modules as the first.
func TestBundle_whatIsImportedWithinCode_comesLater(t *testing.T) {
	node, err := exec.LookPath("node")
	switch {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatal(err)
	case err != nil:
		t.Skip("Node is missing")
	}
	first, later, err := Join("main.js", map[string]string{
		"main.js": `import { kept } from "./kept.js";
const load = () => import("./lib/a.js");
const main = async () => {
  const [{ said }, again] = [await load(), await (() => import("./lib/a.js"))()];
  const { n } = await again.more();
  console.log(JSON.stringify([kept, said, again.said === said, n]));
};
setTimeout(main);
`,
		"kept.js": "export const kept = [];\n",
		"lib/a.js": `import { kept } from "../kept.js";
import { word } from "./word.js";
kept.push(word);
export const said = "said";
export const more = () => import("../b.js");
`,
		"lib/word.js": "export const word = \"a word\";\n",
		"b.js":        "import { kept } from \"./kept.js\";\nexport const n = kept.push(\"another\");\n",
	})
	if err != nil || strings.Contains(first, "a word") || strings.Contains(later, "const kept = [];") {
		t.Fatalf("%v; first:\n%s\nlater:\n%s", err, first, later)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"main.js": first, Later: later, "package.json": `{"type":"module"}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	said, err := exec.CommandContext(t.Context(), node, filepath.Join(dir, "main.js")).CombinedOutput()
	if want := `[["a word","another"],"said",true,2]`; err != nil || strings.TrimSpace(string(said)) != want {
		t.Errorf("%v: %s; want %s, of\n%s\n%s", err, said, want, first, later)
	}
}

func TestBundle_whatItDoesNotUnderstand_isRefused(t *testing.T) {
	const importsA = "import { a } from \"./a.js\";\n"
	for name, c := range map[string]struct {
		modules map[string]string
		says    string
	}{
		"a module that is missing": {map[string]string{"main.js": importsA}, "no module a.js"},
		"a circle": {map[string]string{"main.js": importsA, "a.js": "import { b } from \"./b.js\";\n",
			"b.js": importsA}, "a.js imports itself"},
		"a package": {map[string]string{"main.js": "import { h } from \"preact\";\n"},
			"no module preact"},
		"a default import": {map[string]string{"main.js": "import a from \"./a.js\";\n"},
			"cannot be bundled: import a"},
		"an import of no name": {map[string]string{"main.js": "import \"./a.js\";\n"}, "cannot be bundled"},
		"a default export": {map[string]string{"main.js": "export default 1;\n"},
			"cannot be bundled: export default"},
		"an export that changes": {map[string]string{"main.js": "export let a = 1;\n"},
			"cannot be bundled: export let"},
		"an export from elsewhere": {map[string]string{"main.js": "export { a } from \"./a.js\";\n", "a.js": ""},
			"cannot be bundled: export { a }"},
		"a name that is not exported": {
			map[string]string{
				"main.js": "import {\n  a,\n  nope as b,\n} from \"./a.js\";\n",
				"a.js":    "export const a = 1;\nconst nope = 2;\n",
			},
			"main.js imports nope from a.js, which does not export it",
		},
	} {
		if got, _, err := Join("main.js", c.modules); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, %s", name, err, got)
		}
	}
}
