// Command confusables makes the table of look-alike letters in internal/base/ident from
// Unicode's confusables.txt, which it reads from standard input:
//
//	curl -sSf https://www.unicode.org/Public/security/15.0.0/confusables.txt |
//		go run ./scripts/confusables > internal/base/ident/confusables.txt
//
// Take the version of Go's own tables (unicode.Version): the command refuses another.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const head = `# Letters that look alike, for names: the prototype of each letter, mark, digit and
# sign that a normalized name can hold.
# Made by scripts/confusables from confusables.txt of Unicode %s, which is
# © Unicode, Inc.; its terms are in LICENSE-unicode.txt.
`

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "confusables:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	table, version, err := read(in)
	if err != nil {
		return err
	}
	if version != unicode.Version {
		return fmt.Errorf("the file is of Unicode %q, and Go's tables are of %s", version, unicode.Version)
	}
	if _, err := fmt.Fprintf(out, head, version); err != nil {
		return err
	}
	for _, from := range slices.Sorted(maps.Keys(table)) {
		if !inName(from) {
			continue
		}
		to := prototype(table, from)
		for again := prototype(table, to); again != to; again = prototype(table, to) {
			to = again // once normalized, it has letters that the table replaces
		}
		if _, err := fmt.Fprintf(out, "%s %s\n", from, to); err != nil {
			return err
		}
	}
	return nil
}

// read reads confusables.txt.
func read(in io.Reader) (table map[string]string, version string, err error) {
	table = map[string]string{}
	scan := bufio.NewScanner(in)
	for scan.Scan() {
		line := strings.TrimPrefix(scan.Text(), "\ufeff")
		if v, found := strings.CutPrefix(line, "# Version: "); found {
			version = strings.TrimSpace(v)
		}
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Split(line, ";")
		if len(fields) < 2 {
			continue
		}
		from, err1 := letters(fields[0])
		to, err2 := letters(fields[1])
		if err := errors.Join(err1, err2); err != nil {
			return nil, "", err
		}
		table[from] = to
	}
	return table, version, scan.Err()
}

// prototype replaces each letter of s by its prototype.
func prototype(table map[string]string, s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		if to, found := table[string(r)]; found {
			b.WriteString(to)
		} else {
			b.WriteRune(r)
		}
	}
	return norm.NFD.String(b.String())
}

// letters reads characters written as numbers.
func letters(field string) (string, error) {
	var b strings.Builder
	for hex := range strings.FieldsSeq(field) {
		n, err := strconv.ParseUint(hex, 16, 21)
		if err != nil {
			return "", err
		}
		b.WriteRune(rune(n))
	}
	return b.String(), nil
}

// inName reports whether a character can be in a name, once that is normalized by
// compatibility and then decomposed.
func inName(s string) bool {
	if norm.NFKD.String(s) != s {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.M, unicode.Nd) && !strings.ContainsRune("'-_. ", r)
	})
}
