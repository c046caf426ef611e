package room

import (
	"strings"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/core"
)

// Evidence is what was run for a finished task. It is the word of the seat that finished the task, whoever typed it.
type Evidence struct {
	Ran         string `json:"ran"` // a command line, quoted as a POSIX shell quotes
	Exit        int    `json:"exit"`
	Commit      string `json:"commit,omitempty"` // of Git
	Tree        string `json:"tree,omitempty"`   // of Git, with what is not committed
	Dirty       bool   `json:"dirty,omitempty"`  // Tree is not that of Commit
	Moved       bool   `json:"moved,omitempty"`  // the command has changed files
	Dir         string `json:"dir,omitempty"`    // where the command ran, below the top of the repository
	Output      string `json:"out,omitempty"`    // the SHA-256
	OutputBytes int64  `json:"bytes,omitempty"`
	Ms          int64  `json:"ms,omitempty"` // how long the command ran
	System      string `json:"os,omitempty"` // such as linux/amd64
}

// Words returns all words of e; none of a nil e.
func (e *Evidence) Words() string {
	if e == nil {
		return ""
	}
	return strings.Join([]string{e.Ran, e.Dir, e.System}, "\n")
}

// CheckEvidence refuses invalid evidence. The error is a *fault.Error.
func (e Evidence) CheckEvidence() error {
	switch {
	case !strings.ContainsFunc(e.Ran, visible) || !fitsLine(e.Ran, core.MaxRan):
		return fault.Refuse(fault.InvalidArgument, "ran: the command that was run, in one line of at most %d bytes, "+
			"without hidden characters. Nothing was changed: put the rest into a script, and run that.", core.MaxRan)
	case e.Exit < -1 || e.Exit > core.MaxExit:
		return RefuseExit()
	case !fitsLine(e.Dir, core.MaxRanIn) || strings.HasPrefix(e.Dir, "/") || hasStepUp(e.Dir):
		return fault.Refuse(fault.InvalidArgument, "dir: a folder below the top of the repository, with slashes, of "+
			"at most %d bytes. Nothing was changed: leave it out for the top.", core.MaxRanIn)
	case !fitsLine(e.System, core.MaxSystem):
		return fault.Refuse(fault.InvalidArgument, "system: at most %d bytes, such as linux/amd64. Nothing was "+
			"changed.", core.MaxSystem)
	case e.Output != "" && !isHex(e.Output, 64):
		return refuseHex("output", "64")
	case e.Commit != "" && !isHex(e.Commit, 40, 64):
		return refuseHex("commit", "40 or 64")
	}
	if err := CheckTree(e.Tree); err != nil {
		return err
	}
	return CheckSecret("ran", e.Words())
}

// CheckTree refuses a text that is no id of a tree of Git; "" is none. The error is a *fault.Error.
func CheckTree(tree string) error {
	if tree != "" && !isHex(tree, 40, 64) {
		return refuseHex("tree", "40 or 64")
	}
	return nil
}

// RefuseExit refuses a number that is no exit code.
func RefuseExit() error {
	return fault.Refuse(fault.InvalidArgument, "exit: a number from -1 (ended by a signal) to %d. Nothing was "+
		"changed: give the exit code of the command.", core.MaxExit)
}

func refuseHex(field, digits string) error {
	return fault.Refuse(fault.InvalidArgument, "%s: %s digits of 0-9 and a-f. Nothing was changed: leave it out, or "+
		"give it whole.", field, digits)
}

// isHex reports whether s has one of these numbers of hexadecimal digits, and nothing else.
func isHex(s string, lengths ...int) bool {
	for _, n := range lengths {
		if len(s) == n && strings.Trim(s, "0123456789abcdef") == "" {
			return true
		}
	}
	return false
}

// fitsLine reports whether s is one line of at most limit bytes, in which nothing is hidden: others read an escape in
// place of a hidden character, and would run a command with the escape.
func fitsLine(s string, limit int) bool { return len(s) <= limit && sanitize.Escape(s, "") == s }

// hasStepUp reports whether path leads out of a folder.
func hasStepUp(path string) bool {
	for step := range strings.SplitSeq(path, "/") {
		if step == ".." {
			return true
		}
	}
	return false
}
