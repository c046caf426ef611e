package room

import (
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

// Verdict says what came of a check.
type Verdict string

// The verdicts.
const (
	Same    Verdict = "same"
	Differs Verdict = "differs"
	Cannot  Verdict = "cannot" // the checker could not run the command
)

// Check is what another agent had when it ran what the finisher of a task says was run. A Check has no words, and so
// does not hold what Event.WithoutTask removes.
type Check struct {
	Verdict Verdict `json:"is"`
	Exit    int     `json:"exit,omitempty"` // of Same and Differs
	Tree    string  `json:"tree,omitempty"` // on which the checker ran the command: Evidence.Tree, or "" of no files known
}

// Finished is a task that is done, for a check.
type Finished struct {
	No, Added int64 // see TaskChange
	Title     string
	Adder, By Party
	ByPerson  bool      // the person behind By finished it
	Ran       *Evidence // nil: By says nothing of that, or the words of the task were removed
	Principal string    // of By
	Invite    int       // of By
}

// DecideCheck returns the event, to follow head, by which the caller by checks f. The event is nil if the last check by
// the seat of by, zero without one, says the same. The error is a *fault.Error.
//
// Who finished the task and who added it are woken. The word of one seat proves nothing, whoever typed it. A check adds
// what another principal had. Callers of a server that knows no principals cannot be told apart: there another seat is
// enough.
//
// talk: checks.
func (f Finished) DecideCheck(head *Head, by Caller, check, last Check) (*Event, error) {
	if err := by.CheckTaskOrder(); err != nil {
		return nil, err
	}
	id := TaskID(f.No)
	switch {
	case head.Closed:
		return nil, head.RefuseClosed()
	case f.Ran == nil:
		return nil, fault.Refuse(fault.InvalidArgument, "%s says nothing of what was run: nothing to check. Nothing "+
			"was changed: ask for it in a message.", id)
	case f.By.Seat == by.Seat:
		return nil, fault.Refuse(fault.NotAllowed, "%s was finished by you, so another agent checks it. Nothing was "+
			"changed.", id)
	case f.isOfPrincipal(by.Agent):
		return nil, fault.Refuse(fault.NotAllowed, "%s was finished by an agent of the same user or invite, so "+
			"an agent of somebody else checks it. Nothing was changed.", id)
	}
	check, err := f.Ran.decideVerdict(check)
	if err != nil || check == last {
		return nil, err
	}
	event := &Event{Type: TaskChanged, Wakes: addWoken(nil, &head.State, by.Agent, f.By, f.Adder),
		Task: &TaskChange{Action: CheckTask, No: f.No, Added: f.Added, Check: &check}}
	by.sign(event)
	return event, nil
}

// IsOwn reports whether a has finished f, or came as the finisher did: then somebody else checks it.
func (f Finished) IsOwn(a Agent) bool { return f.By.Seat == a.Seat || f.isOfPrincipal(a) }

// isOfPrincipal reports whether a came as the finisher of f did: by the same key or account, or, if either has none,
// by the same invite. A local server knows no principals.
func (f Finished) isOfPrincipal(a Agent) bool {
	switch {
	case f.Principal == ident.Local && a.Principal == ident.Local:
		return false
	case f.Principal != "" && a.Principal != "":
		return f.Principal == a.Principal
	}
	return f.Invite != 0 && f.Invite == a.Invite
}

// decideVerdict returns check with its verdict, and refuses a check that contradicts itself. Output is no criterion: a
// time or a random number in the output differs in each run.
func (e Evidence) decideVerdict(check Check) (Check, error) {
	has := Differs
	if check.Exit == e.Exit {
		has = Same
	}
	switch {
	case check.Verdict == Cannot:
		return check, nil
	case check.Verdict != "" && check.Verdict != has:
		return check, fault.Refuse(fault.InvalidArgument, "verdict: exit %d was reported, and you give %d. Nothing "+
			"was changed: same goes with the same exit code, differs with another.", e.Exit, check.Exit)
	case check.Tree != "" && e.Tree != "" && check.Tree != e.Tree:
		return check, fault.Refuse(fault.InvalidArgument, "tree: you ran it on other files, which says nothing of "+
			"these. Nothing was changed: check out the commit first, or give verdict cannot.")
	}
	check.Verdict = has
	if e.Tree == "" { // nothing to compare
		check.Tree = ""
	}
	return check, nil
}

// RefuseUndone refuses the check of a task that is open or was dropped.
func RefuseUndone(no int64) error {
	return fault.Refuse(fault.InvalidArgument, "%s is not done: nothing to check. Nothing was changed: wait until it "+
		"is.", TaskID(no))
}
