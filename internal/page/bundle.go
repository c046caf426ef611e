package page

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// What a browser loads are two files: the modules joined into one, and the styles. Apart they
// would be a hundred small ones, each a request of its own, which a server without HTTP/2
// answers in a dozen round trips and AWS bills one by one. They are joined here, and not by
// a tool beforehand, so that nobody who changes a module has to build anything.
//
// The modules keep to a few forms, at the beginning of a line:
//
//	import { a, b as c } from "./x.js";
//	import * as x from "./x.js";
//	export const a = …    (or function, async function, class)
//	export{a as b,…};     (at the end of vendor.js)
//
// All else that begins with import or export is refused, and so is a circle of imports.
var (
	importing  = regexp.MustCompile(`(?m)^import (?:\{([^}]*)\}|\* as (\w+)) from "([^"]+)";$`)
	exporting  = regexp.MustCompile(`(?m)^export ((?:const|class|function|async function) (\w+))`)
	exportList = regexp.MustCompile(`(?:^|;)export ?\{([^}]*)\};\s*$`)
	foreign    = regexp.MustCompile(`(?m)^(?:import|export)\b.*`)
	// comments are those that begin a line, where no text that spans lines has its words. A
	// comment with an exclamation mark is for whoever gets the bundle.
	comments = regexp.MustCompile(`(?m)^//.*\n|^/\*[^!](?s:.*?)\*/\n`)
)

// bundle is one module in the making, of which those that it joins are constants.
type bundle struct {
	texts  map[string]string // of all modules
	inside map[string]string // the constant of each that is in the bundle; "" while what it imports is added
	joined strings.Builder
}

// bundled returns one module that does what the module of a name does, with all that it
// imports in it.
func bundled(main string, texts map[string]string) (string, error) {
	b := &bundle{texts: texts, inside: map[string]string{}}
	if _, err := b.add(main); err != nil {
		return "", err
	}
	return b.joined.String(), nil
}

// add puts a module behind all that it imports, and returns its constant.
func (b *bundle) add(name string) (constant string, err error) {
	text, ok := b.texts[name]
	if !ok {
		return "", fmt.Errorf("page: there is no module %s", name)
	}
	if constant, ok := b.inside[name]; ok {
		if constant == "" {
			return "", fmt.Errorf("page: %s imports itself, by way of others", name)
		}
		return constant, nil
	}
	b.inside[name] = ""
	constant = fmt.Sprintf("module%d", len(b.inside))
	text = comments.ReplaceAllString(text, "")
	if text, err = b.imports(name, text); err != nil {
		return "", err
	}
	text, exported := exports(text)
	if line := foreign.FindString(text); line != "" {
		return "", fmt.Errorf("page: %s has a form of import or export that cannot be bundled: %s", name, line)
	}
	b.inside[name] = constant
	fmt.Fprintf(&b.joined, "// %s\nconst %s = (() => {\n%s\nreturn { %s };\n})();\n", name, constant, strings.TrimSpace(text), strings.Join(exported, ", "))
	return constant, nil
}

// imports adds what a module imports, and puts constants of its own in place of the imports.
func (b *bundle) imports(name, text string) (string, error) {
	var failed error
	text = importing.ReplaceAllStringFunc(text, func(line string) string {
		m := importing.FindStringSubmatch(line)
		from, err := b.add(path.Join(path.Dir(name), m[3]))
		if err != nil {
			failed = err
		}
		if m[2] != "" {
			return fmt.Sprintf("const %s = %s;", m[2], from)
		}
		return fmt.Sprintf("const {%s} = %s;", strings.ReplaceAll(m[1], " as ", ": "), from)
	})
	return text, failed
}

// exports takes the word export out of a module, and returns what it exports as the members
// of an object.
func exports(text string) (rest string, members []string) {
	for _, m := range exporting.FindAllStringSubmatch(text, -1) {
		members = append(members, m[2])
	}
	text = exporting.ReplaceAllString(text, "$1")
	if m := exportList.FindStringSubmatch(text); m != nil {
		for part := range strings.SplitSeq(m[1], ",") {
			own, as, renamed := strings.Cut(strings.TrimSpace(part), " as ")
			if renamed {
				own = as + ": " + own
			}
			members = append(members, own)
		}
		text = strings.TrimSuffix(text, m[0]) + ";"
	}
	return text, members
}
