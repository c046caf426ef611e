package connect

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// format edits one format of configuration. A format changes only the asked parts, to the byte.
type format interface {
	// decode returns the content of the file.
	decode(text []byte) (map[string]any, error)
	// add returns the pieces that put an absent entry into the text, and how many objects and lists the pieces make.
	add(text []byte, e entry) (pieces []insertion, made int, err error)
	// remove returns the text without the entry. Objects and lists that were made for the entry go, too, if they are
	// empty.
	remove(text []byte, e entry) ([]byte, error)
}

// edit is the edit of one file.
type edit struct {
	path   string
	format format
	before []byte // nil if the file does not exist
	text   []byte // the new text
	wrote  written
	change Change
}

// written is this program's text in one file.
type written struct {
	Path    string      `json:"path"`
	Created bool        `json:"created,omitempty"` // the file did not exist
	Folders []string    `json:"folders,omitempty"` // missing before, the innermost first
	Sum     string      `json:"sum"`               // of the file after the write
	Pieces  []insertion `json:"pieces"`
	Entries []entry     `json:"entries"`
}

// Change is what happens to one file.
type Change struct {
	File    string  `json:"file"`
	Removed []Lines `json:"removed,omitempty"`
	Added   []Lines `json:"added,omitempty"`
	// Left are entries of this program that somebody has changed since. They stay.
	Left []string `json:"left,omitempty"`
}

// Lines are a value as the file has it, and the keys around the value.
type Lines struct {
	In   string   `json:"in,omitempty"`
	Text []string `json:"text"`
}

// takeBack removes what was written before: to the byte if the file is unchanged since then, else entry by entry, as
// far as the entries are unchanged.
func (e *edit) takeBack(old written) error {
	if sum(e.text) == old.Sum {
		if text, err := cut(e.text, old.Pieces); err == nil {
			e.text = text
			for _, one := range old.Entries {
				e.change.Removed = append(e.change.Removed, linesOf(e.format, one))
			}
			return nil
		}
	}
	for _, one := range slices.Backward(old.Entries) {
		text, err := removed(e.format, e.text, one)
		switch {
		case errors.Is(err, errAbsent):
		case errors.Is(err, errMoved):
			e.change.Left = append(e.change.Left, strings.Join(one.Path, "."))
		case err != nil:
			return err
		default:
			e.text = text
			e.change.Removed = slices.Insert(e.change.Removed, 0, linesOf(e.format, one))
		}
	}
	return nil
}

var errAbsent = errors.New("it is not there")

// removed returns the text without the entry, and checks that nothing else has changed.
func removed(f format, text []byte, e entry) ([]byte, error) {
	doc, err := f.decode(text)
	if err != nil {
		return nil, err
	}
	switch {
	case e.in(doc) == absent && e.marks(doc):
		return nil, errMoved
	case e.in(doc) == absent:
		return nil, errAbsent
	}
	want, ok := e.without(doc, e.Path)
	if !ok {
		return nil, errMoved
	}
	text, err = f.remove(text, e)
	if err != nil {
		return nil, errMoved
	}
	got, err := f.decode(text)
	if err != nil || !reflect.DeepEqual(dropEmpty(got, e.Path), dropEmpty(want, e.Path)) {
		return nil, errMoved
	}
	return text, nil
}

// put adds the absent entries.
func (e *edit) put(entries []entry) error {
	for _, one := range entries {
		doc, err := e.format.decode(e.text)
		if err != nil {
			return err
		}
		switch one.in(doc) {
		case held:
			continue
		case other:
			return &Conflict{File: e.path, Path: strings.Join(one.Path, ".")}
		}
		pieces, made, err := e.format.add(e.text, one)
		if err != nil {
			return &byHand{e.path, linesOf(e.format, one), err}
		}
		text := inserted(e.text, pieces)
		got, err := e.format.decode(text)
		if err != nil || !reflect.DeepEqual(any(got), one.with(doc, one.Path)) {
			return &byHand{e.path, linesOf(e.format, one), errors.New("it is written in an unusual way")}
		}
		one.Made, e.text = made, text
		e.wrote.Entries = append(e.wrote.Entries, one)
		e.wrote.Pieces = append(e.wrote.Pieces, pieces...)
		e.change.Added = append(e.change.Added, linesOf(e.format, one))
	}
	return nil
}

// empty reports whether the file holds no entry and no comment.
func (e *edit) empty() bool {
	doc, err := e.format.decode(e.text)
	return err == nil && len(doc) == 0 && !bytes.ContainsAny(e.text, "/#") // no comments
}

// Conflict is the error of a file with another value in the place of Parley's.
type Conflict struct{ File, Path string }

// Error says what helps.
func (c *Conflict) Error() string {
	return fmt.Sprintf("%s already has another %s, which parley connect did not write; remove it there if it is no "+
		"longer needed, and run this again", c.File, c.Path)
}

// byHand is the error of a file that cannot be edited safely.
type byHand struct {
	file  string
	lines Lines
	cause error
}

// Error says what helps.
func (b *byHand) Error() string {
	return fmt.Sprintf("%s cannot be edited safely (%v), and nothing was written; add this to it, in %s:\n%s", b.file,
		b.cause, b.lines.where(), strings.Join(b.lines.shown(), "\n"))
}

func (b *byHand) Unwrap() error { return b.cause }

// forgetSame drops lines that are both removed and added.
func (c *Change) forgetSame() {
	same := func(in []Lines) func(Lines) bool {
		return func(l Lines) bool {
			return slices.ContainsFunc(in, func(o Lines) bool { return reflect.DeepEqual(l, o) })
		}
	}
	removed := slices.Clone(c.Removed)
	c.Removed = slices.DeleteFunc(c.Removed, same(c.Added))
	c.Added = slices.DeleteFunc(c.Added, same(removed))
}
