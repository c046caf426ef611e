// Command sentences prints how many distinct sentences the product can say: a figure for those who add one, and no
// limit.
//
// A sentence is a text of four words and more in cmd, functions and internal, without tests and what is made for them.
// A word is what stands between blanks and has a letter. The texts of Go are the string literals, joined where + joins
// them, and the tags of fields, which have the help of flags. The texts of JavaScript are what a pattern finds:
// strings, and templates without markup. A sentence counts once, however often it stands there. The figure has texts
// that nobody reads, such as statements of SQL, and is good for a comparison alone.
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "sentences:", err)
		os.Exit(1)
	}
}

// run prints the figure for the module in a folder.
func run(root string) error {
	all, of := map[string]bool{}, map[string]map[string]bool{".go": {}, ".js": {}}
	for _, top := range []string{"cmd", "functions", "internal"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			ending := filepath.Ext(path)
			switch {
			case err != nil:
				return err
			case d.IsDir() && isForTests(d.Name()):
				return filepath.SkipDir
			case d.IsDir(), of[ending] == nil, strings.HasSuffix(path, "_test.go"),
				strings.HasPrefix(d.Name(), "vendor"), strings.HasSuffix(path, ".config.js"):
				return nil
			}
			source, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			texts := textsOfScript(string(source))
			if ending == ".go" {
				texts, err = textsOfGo(source)
			}
			for _, text := range slices.DeleteFunc(texts, func(text string) bool { return !isSentence(text) }) {
				all[text], of[ending][text] = true, true
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	fmt.Printf("Distinct sentences that the product can say: %d (Go %d, JavaScript %d).\n", len(all), len(of[".go"]),
		len(of[".js"]))
	return nil
}

// isForTests reports whether a folder has no part of the product.
func isForTests(name string) bool {
	return strings.HasSuffix(name, "test") || slices.Contains([]string{"testkit", "testdata", "node_modules"}, name)
}

// isSentence reports whether a text has four words.
func isSentence(text string) bool {
	words := 0
	for word := range strings.FieldsSeq(text) {
		if strings.ContainsFunc(word, unicode.IsLetter) {
			words++
		}
	}
	return words >= 4
}

// ofScript finds comments, strings and templates of JavaScript.
var ofScript = regexp.MustCompile("//[^\n]*|/\\*(?s:.*?)\\*/|html`[^`]*`|`[^`]*`|\"[^\"\n]*\"|'[^'\n]*'")

// textsOfScript returns the texts of a file of JavaScript.
func textsOfScript(source string) (texts []string) {
	for _, found := range ofScript.FindAllString(source, -1) {
		if strings.ContainsAny(found[:1], "\"'`") {
			texts = append(texts, found)
		}
	}
	return texts
}

// gap stands in a text for what is no literal.
const gap = "…"

// textsOfGo returns the texts of a Go file.
func textsOfGo(source []byte) (texts []string, err error) {
	file, err := parser.ParseFile(token.NewFileSet(), "", source, parser.SkipObjectResolution)
	var collect func(ast.Node) bool
	collect = func(n ast.Node) bool {
		var sum []ast.Expr
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.BasicLit:
			sum = []ast.Expr{n}
		case *ast.BinaryExpr:
			sum = terms(n)
		}
		text := ""
		for _, term := range sum {
			literal, _ := term.(*ast.BasicLit)
			if literal == nil {
				text += gap
				ast.Inspect(term, collect)
				continue
			}
			words, _ := strconv.Unquote(literal.Value) // of a number: none
			text += words
		}
		if sum == nil {
			return true
		}
		texts = append(texts, text)
		return false
	}
	if err == nil {
		ast.Inspect(file, collect)
	}
	return texts, err
}

// terms returns what is joined by + in an expression; nil if nothing is.
func terms(x ast.Expr) []ast.Expr {
	sum, _ := x.(*ast.BinaryExpr)
	if sum == nil || sum.Op != token.ADD {
		return nil
	}
	left := terms(sum.X)
	if left == nil {
		left = []ast.Expr{sum.X}
	}
	return append(left, sum.Y)
}
