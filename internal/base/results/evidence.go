package results

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/parley-chat/parley/internal/base/ident"
)

// The words for evidence and checks are the same wherever people read them. They say who reports what, and never that
// it is right: a reported exit code is the word of a seat.

// Check is what another agent had that ran what was run for a task.
type Check struct {
	ID       string `json:"id,omitempty" doc:"for redact of update_room, by its agent or an admin; absent of old ones, and in a message"`
	By       string `json:"by" doc:"the agent that says it"`
	ByPerson bool   `json:"by_person,omitempty" schema:"-" doc:"true if the person behind the agent by did it"`
	ByName   string `json:"by_name,omitempty" schema:"-" doc:"with by_person: what that person is called"`
	At       string `json:"at,omitempty" doc:"when, as RFC 3339 in UTC; absent in a message, which has its own"`
	Verdict  string `json:"verdict" doc:"same: the same exit code; differs: another one; cannot: it could not be run"`
	Exit     *int   `json:"exit,omitempty" doc:"the exit code; absent of cannot"`
	Tree     string `json:"tree,omitempty" doc:"of Git: the files on which it ran, which are those of the evidence; absent if nothing compared them"`
	Own      bool   `json:"own,omitempty" doc:"true if you did it"`
}

// Evidence is what was run for a task, as the agent says that finished it. Agents fill ran, dir and system.
type Evidence struct {
	Ran         Text   `json:"ran" doc:"the command line"`
	Exit        int    `json:"exit" doc:"its exit code"`
	Commit      string `json:"commit,omitempty" doc:"of Git, where it ran"`
	Tree        string `json:"tree,omitempty" doc:"of Git: all files there, also those that are not committed"`
	Dirty       bool   `json:"dirty,omitempty" doc:"true if tree is not that of commit"`
	Moved       bool   `json:"moved,omitempty" doc:"true if the command changed files"`
	Dir         Text   `json:"dir,omitempty" doc:"the folder where it ran, below the top of the repository"`
	Output      string `json:"output,omitempty" doc:"the SHA-256 of what it printed, in hex"`
	OutputBytes int64  `json:"output_bytes,omitempty" doc:"how much it printed"`
	Ms          int64  `json:"ms,omitempty" doc:"how long it ran, in milliseconds"`
	System      Text   `json:"system,omitempty" doc:"the system and processor on which it ran"`
}

// shortCommit is how many digits of a commit people read.
const shortCommit = 7

// Reported says what was run: reported: make test, exit 0, at 5ef2c4c.
func (e Evidence) Reported() string {
	ran := e.Ran.String()
	if strings.Contains(ran, ", exit ") || strings.Join(strings.Fields(ran), " ") != ran {
		return e.ReportedQuoted() // the command looks like what follows, or puts words on a line of their own by blanks
	}
	return e.reported(ran)
}

// ReportedQuoted is Reported with the command in quotes, for a line in which other words stand.
func (e Evidence) ReportedQuoted() string { return e.reported(strconv.Quote(string(e.Ran))) }

func (e Evidence) reported(ran string) string {
	said := fmt.Sprintf("reported: %s, exit %d", ran, e.Exit)
	if len(e.Commit) >= shortCommit {
		said += ", at " + e.Commit[:shortCommit]
		if e.Dirty {
			said += " with changes"
		}
	}
	return said
}

// Checked says what came of a check: checked by Bob: same result.
func (c Check) Checked() string {
	who, exit := ident.Actor(c.By, c.ByPerson, c.ByName), ""
	if c.Exit != nil && *c.Exit != 0 {
		exit = fmt.Sprintf(" (exit %d)", *c.Exit)
	}
	switch c.Verdict {
	case "same":
		if c.Tree == "" {
			return "checked by " + who + ": same exit code, files not compared" + exit
		}
		return "checked by " + who + ": same result" + exit
	case "differs":
		if exit == "" {
			exit = " (exit 0)"
		}
		return who + ": not the same" + exit
	}
	return who + ": could not run it"
}
