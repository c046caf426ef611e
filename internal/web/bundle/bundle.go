// Package bundle joins the modules of the page into one script, before they are served: a
// browser would load a hundred small ones apart, each a request of its own, which a server
// without HTTP/2 answers in a dozen round trips and AWS bills one by one. No program imports
// it: the test of package web joins the modules, checks that what is served is what they
// make, and with -update writes it.
//
// The modules keep to a few forms, at the beginning of a line:
//
//	import { a, b as c } from "./x.js";
//	import * as x from "./x.js";
//	export const a = …    (or function, async function, class)
//	export{a as b,…};     (at the end of vendor.js)
//
// All else that begins with import or export is refused, and so is a name that its module does not
// export, or a circle of imports. Comments stay: the test minifies what it gets.
//
// A module that the first view does not need is imported by a function, () => import("./x.js"). All such
// modules, with what they alone import, are joined into a second script, which is loaded with the
// first of them. It has the modules of the first script from there.
package bundle

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

var (
	importing  = regexp.MustCompile(`^import (?:\{([^}]*)\}|\* as (\w+)) from "([^"]+)";\s*$`)
	exporting  = regexp.MustCompile(`^export ((?:const|class|function|async function) (\w+))`)
	exportList = regexp.MustCompile(`^export ?\{([^}]*)\};\s*$`)
	importLate = regexp.MustCompile(`\(\) => import\("([^"]+\.js)"\)`) // of .d.ts only comments speak
)

// Later is the name of the second script.
const Later = "later.js"

// bundle is one module in the making. The modules that it joins become constants in it.
type bundle struct {
	texts   map[string]string   // of all modules
	inside  map[string]string   // the constant of each that is in a script; "" while what it imports is added
	exports map[string][]string // of each that is in a script, as members of an object
	late    []string            // those that are imported within code
	joined  strings.Builder
}

// Join returns one module that does what the module main does, with all that it imports in
// it, and the second script, "" if nothing is loaded later. texts has each module by its path.
func Join(main string, texts map[string]string) (first, later string, err error) {
	b := &bundle{texts: texts, inside: map[string]string{}, exports: map[string][]string{}}
	if _, err := b.add(main); err != nil {
		return "", "", err
	}
	if len(b.late) == 0 {
		return b.joined.String(), "", nil
	}
	known := strings.Join(slices.Sorted(maps.Values(b.inside)), ", ")
	fmt.Fprintf(&b.joined, "export { %s };\n", known)
	first = b.joined.String()
	b.joined.Reset()
	fmt.Fprintf(&b.joined, "import { %s } from %q;\n", known, "./"+main)
	var own []string
	for n := 0; n < len(b.late); n++ { // adding one may find others
		if _, in := b.inside[b.late[n]]; !in {
			if _, err := b.add(b.late[n]); err != nil {
				return "", "", err
			}
		}
		own = append(own, fmt.Sprintf("%s as %s", b.inside[b.late[n]], lateName(b.late[n])))
	}
	fmt.Fprintf(&b.joined, "export { %s };\n", strings.Join(own, ", "))
	return first, b.joined.String(), nil
}

// lateName returns the name under which the second script exports a module.
func lateName(module string) string {
	return "of_" + regexp.MustCompile(`\W`).ReplaceAllString(module, "_")
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
	var body strings.Builder
	for text != "" {
		statement := first(text)
		text = text[len(statement):]
		local, exported, err := b.local(name, statement)
		if err != nil {
			return "", err
		}
		body.WriteString(local)
		b.exports[name] = append(b.exports[name], exported...)
	}
	b.inside[name] = constant
	code := importLate.ReplaceAllStringFunc(strings.TrimSpace(body.String()),
		func(call string) string {
			module := path.Join(path.Dir(name), importLate.FindStringSubmatch(call)[1])
			if !slices.Contains(b.late, module) {
				b.late = append(b.late, module)
			}
			return fmt.Sprintf("() => import(%q).then((all) => all.%s)", "./"+Later, lateName(module))
		})
	exports := strings.Join(b.exports[name], ", ")
	fmt.Fprintf(&b.joined, "// %s\nconst %s = (() => {\n%s\nreturn { %s };\n})();\n", name, constant, code, exports)
	return constant, nil
}

// first returns the comment, the import or else the line with which a text begins. In a line
// of minified text it ends before the exports.
func first(text string) string {
	end := "\n"
	switch {
	case strings.HasPrefix(text, "/*"):
		end = "*/\n"
	case strings.HasPrefix(text, "import {"):
		end = ";\n"
	}
	if at := strings.Index(text, end); at >= 0 {
		text = text[:at+len(end)]
	}
	if list := strings.Index(text, ";export{"); list >= 0 {
		return text[:list+1]
	}
	return text
}

// local returns what a statement of a module is within the bundle, and what it exports.
func (b *bundle) local(name, statement string) (text string, exported []string, err error) {
	if !strings.HasPrefix(statement, "import") && !strings.HasPrefix(statement, "export") {
		return statement, nil, nil
	}
	if m := importing.FindStringSubmatch(statement); m != nil {
		module := path.Join(path.Dir(name), m[3])
		from, err := b.add(module)
		switch missing := b.missing(module, m[1]); {
		case err != nil:
			return "", nil, err
		case m[2] != "":
			return fmt.Sprintf("const %s = %s;\n", m[2], from), nil, nil
		case missing != "":
			return "", nil, fmt.Errorf("page: %s imports %s from %s, which does not export it", name, missing, module)
		}
		return fmt.Sprintf("const {%s} = %s;\n", strings.ReplaceAll(m[1], " as ", ": "), from), nil, nil
	}
	if m := exporting.FindStringSubmatch(statement); m != nil {
		return strings.TrimPrefix(statement, "export "), []string{m[2]}, nil
	}
	if m := exportList.FindStringSubmatch(statement); m != nil {
		return "", members(m[1]), nil
	}
	return "", nil, fmt.Errorf("page: %s has a form of import or export that cannot be bundled: %s", name, statement)
}

// missing returns the first name in a list of imports that a module does not export, or "". Within
// the bundle it would be undefined, and no error.
func (b *bundle) missing(module, list string) string {
	for part := range strings.SplitSeq(list, ",") {
		name, _, _ := strings.Cut(strings.TrimSpace(part), " as ")
		is := func(member string) bool { return member == name || strings.HasPrefix(member, name+": ") }
		if name != "" && !slices.ContainsFunc(b.exports[module], is) {
			return name
		}
	}
	return ""
}

// members returns a list of exports as the members of an object.
func members(list string) []string {
	var all []string
	for part := range strings.SplitSeq(list, ",") {
		own, as, renamed := strings.Cut(strings.TrimSpace(part), " as ")
		if renamed {
			own = as + ": " + own
		}
		all = append(all, own)
	}
	return all
}
