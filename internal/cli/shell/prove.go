package shell

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/cli"
	"github.com/parley-chat/parley/internal/cli/prove"
)

// The exit codes of prove, beside that of the command: those of timeout and of a shell, and two of a command that
// somebody else has reported.
const (
	timedOut   = 124
	noStart    = 126
	noCommand  = 127
	otherFiles = 4
	unasked    = 5
)

// ProveRequest is a command to run for a task.
type ProveRequest struct {
	ID    string
	Text  string        // what came of it, in place of the end of the output
	Args  []string      // the command
	In    string        // the folder; "" is the folder of this process
	Limit time.Duration // how long the command may run
}

// Prove runs a command, and finishes the task with what ran and on which files. If the command fails, nothing is
// finished, and the exit code is that of the command.
func (s *Shell) Prove(ctx context.Context, which Which, req ProveRequest) error {
	return s.inPerson(which, func(s *session) error {
		if err := s.checkOpen(ctx, req.ID); err != nil {
			return err
		}
		before := prove.FilesAt(ctx, req.In)
		ran, err := s.run(ctx, req, nil)
		switch {
		case err != nil:
			return s.unrun(err, "Nothing was finished.")
		case ran.TimeOut:
			return fail(timedOut, "The command was ended after %s. Nothing was finished.", req.Limit)
		case ran.Exit != 0:
			return fail(codeOf(ran), "The command ended with exit code %d. Nothing was finished.", ran.Exit)
		}
		after := prove.FilesAt(ctx, req.In)
		a := args{"action": "finish", "id": req.ID, "ran": prove.Join(req.Args), "exit": ran.Exit,
			"output": ran.Sum, "output_bytes": ran.Bytes, "ms": ran.Took.Milliseconds(),
			"system": runtime.GOOS + "/" + runtime.GOARCH}
		a.set("text", req.Text)
		a.set("commit", before.Commit)
		a.set("tree", before.Tree)
		a.set("dir", before.Dir)
		a.flag("dirty", before.Commit != "" && before.Dirty)
		a.flag("moved", before.Tree != "" && after.Tree != before.Tree)
		return s.finishProven(ctx, a, ran.Last, before)
	})
}

// checkOpen refuses a task that this seat cannot finish, before a command runs for minutes.
func (s *session) checkOpen(ctx context.Context, id string) error {
	task, err := s.task(ctx, id)
	switch {
	case err != nil:
		return err
	case task.State == "done" || task.State == "dropped":
		return fail(failed, "%s is %s already. Nothing was run. To see those that are open: %s", task.ID,
			stages[task.State], s.command("tasks"))
	case task.By != "" && task.By != s.seat.Name && task.State == "stalled":
		return fail(failed, "%s stalled with %s. Nothing was run: take it first, with %s", task.ID,
			named([]string{taker(task)}, ""), s.command("task take "+idOr(task.ID)))
	case task.By != "" && task.By != s.seat.Name:
		return fail(failed, "%s is with %s now. Nothing was run.", task.ID, named([]string{taker(task)}, ""))
	}
	return s.readFirst(ctx, task)
}

// readFirst hands an agent what it has not read before the command of a task runs, if that may change what the agent
// does, and refuses to run the command: the next time that is read. As over MCP, the call ends a wait of the seat that
// goes on in the background.
func (s *session) readFirst(ctx context.Context, task results.Task) error {
	if !s.isAgents() {
		return nil
	}
	got, r, err := s.news(ctx, args{"wait_seconds": 0})
	if err != nil {
		return err
	}
	matters := func(m results.Message) bool { return mattersTo(task, m) }
	if !got.HasMore && !slices.ContainsFunc(got.Messages, matters) {
		return nil // a later wait shows the rest
	}
	if err := s.hand(ctx, r, got.Messages, got.Cursor, func() {}); err != nil {
		return err
	}
	why := heldBack("Nothing was run", got.Messages)
	return fail(failed, "%s If it still fits, run the same command again.", why)
}

// mattersTo reports whether m may change what an agent does about a task: words that want something, what the agent's
// user has done, news of the task, and news of a task that comes before it.
func mattersTo(task results.Task, m results.Message) bool {
	switch m.Type {
	case "message":
		return !slices.Contains([]string{"status", "agree", "done"}, m.Kind)
	case "draft", "supervision":
		return true
	}
	tasks := m.Tasks
	if m.Task != nil {
		tasks = []results.Task{*m.Task}
	}
	return slices.ContainsFunc(tasks, func(t results.Task) bool {
		return t.ID == task.ID && m.Action != "add" || slices.Contains(task.After, t.ID)
	})
}

// task returns a task, open or not.
func (s *session) task(ctx context.Context, id string) (results.Task, error) {
	var got results.Tasks
	_, err := s.call(ctx, "list_tasks", args{"id": id}, &got)
	if err == nil && got.Task == nil {
		err = fail(failed, "The server does not show the task %s.", id)
	}
	if err != nil {
		return results.Task{}, err
	}
	return *got.Task, nil
}

// run runs a command, whose output the person sees. env is its environment; nil: that of this process. The command has
// a session of its own, so it hears nothing of a terminal that was closed, nor of Ctrl-\: run ends it.
func (s *session) run(ctx context.Context, req ProveRequest, env []string) (prove.Ran, error) {
	ctx, stop := untilSignal(ctx)
	defer stop()
	show := s.out.Screen.Out
	if s.out.JSON { // standard output has the answer of the server alone
		show = s.out.Notes
	}
	ran, err := prove.Command{Args: req.Args, Dir: req.In, Env: env, Limit: req.Limit, Show: show,
		Clock: s.clock}.Run(ctx)
	switch {
	case ran.Unseen && s.out.JSON: // a further write would hang, too
		s.out.Notes = io.Discard
	case ran.Unseen:
		s.out.Screen.err = errUnseen
	case len(ran.Last) > 0 && ran.Last[len(ran.Last)-1] != '\n':
		_, _ = io.WriteString(show, "\n") // what follows begins a line; the command ran, whoever reads
	}
	return ran, err
}

// errUnseen is the error of an output that nobody reads.
var errUnseen = errors.New("nobody reads the output")

// unrun returns the error of a command that did not run; what is what became of the task.
func (s *session) unrun(err error, what string) error {
	start := new(prove.StartError)
	switch {
	case !errors.As(err, &start):
		return err
	case start.Missing():
		return fail(noCommand, "There is no command %s. %s", start.Name, what)
	}
	return fail(noStart, "%s %s", capital(start.Error()+"."), what)
}

// codeOf returns the exit code of this program for that of a command that failed.
func codeOf(ran prove.Ran) int {
	if ran.Exit < 0 {
		return 255
	}
	return ran.Exit
}

// proveFor is how long the shell tries to reach a restarting server after a command ran, perhaps for long.
const proveFor = time.Minute

// finishProven finishes a task after its command. The end of the output goes along if the person gave no text, unless
// it holds a secret, or the server refuses the words. The files do, unless the server refuses the name of the folder:
// the command ran, perhaps for long. No code says which of the two was refused, so each is left out alone before both
// are.
func (s *session) finishProven(ctx context.Context, a args, last []byte, files prove.Files) error {
	what, held := "Your text", ""
	if a["text"] == nil {
		what, held = "The end of the output", secretIn(last)
		if held == "" {
			a["text"] = prove.Tail(last, cli.MaxTail)
		}
	}
	got, r, err := s.report(ctx, a)
	noText, noFiles := a.without("text"), a.without("commit", "tree", "dir", "dirty", "moved")
	const unkept = "the room does not keep the name of their folder"
	if refusedWords(err) != nil && files.Dir != "" {
		got, r, err = s.report(ctx, noFiles)
		if err == nil {
			files = prove.Files{Why: unkept}
		}
	}
	if refused := refusedWords(err); refused != nil && a["text"] != nil {
		held = capital(toPerson(refused.Message, s.command))
		got, r, err = s.report(ctx, noText)
		if refusedWords(err) != nil && files.Dir != "" {
			files = prove.Files{Why: unkept}
			got, r, err = s.report(ctx, noFiles.without("text"))
		}
	}
	if err != nil {
		return err
	}
	if got.Held {
		return s.showChanged(ctx, "finish", got, r)
	}
	if held != "" {
		s.out.hint("%s did not go along: %s", what, held)
	}
	if files.Why != "" {
		s.out.hint("What was run went without its files, so nobody can compare them: %s.", files.Why)
	} else if files.Dirty {
		s.out.hint("These files are in no commit, so only somebody who has them can run it again.")
	}
	if got.Task != nil {
		got.Task.Result = "" // the person has seen it
	}
	return s.showChanged(ctx, "finish", got, r)
}

// showChanged shows what became of a task. If nobody reads the output of its command any more, the person learns
// it beside the output: the task has changed, and the exit code is still that of the command.
func (s *session) showChanged(ctx context.Context, action string, got results.Tasks, r result) error {
	draw := func() { s.changedTask(action, got) }
	err := s.hand(ctx, r, got.Messages, got.Cursor, draw)
	if errors.Is(err, errUnseen) {
		s.out.hint("The rest of the output is not shown: nobody was reading it.")
	}
	if errors.Is(err, errUnseen) || errors.Is(err, syscall.EPIPE) {
		s.out.Screen = ScreenOn(s.out.Notes)
		draw()
		err = nil
	}
	if err == nil && got.Held {
		err = heldBack("Nothing was changed", got.Messages)
	}
	return err
}

// secretIn says which secret the end of an output holds; "" for none. All that was kept counts: the tail is cut, and
// nobody knows the second half of a key for a secret.
func secretIn(last []byte) string {
	all := prove.Tail(last, len(last))
	if kind := sanitize.Credential(all); kind != "" {
		return "It holds what looks like " + kind + "."
	}
	if what := ident.SecretIn(all); what != "" {
		return "It holds " + what + "."
	}
	return ""
}

// refusedWords returns err if the server refuses what a call says; nil if not.
func refusedWords(err error) *fault.Error {
	if refused := new(fault.Error); errors.As(err, &refused) && refused.Code == fault.InvalidArgument {
		return refused
	}
	return nil
}

// report changes a task after a command ran.
func (s *session) report(ctx context.Context, a args) (got results.Tasks, r result, err error) {
	until := s.clock.Now().Add(proveFor)
	err = s.persist(ctx, func(err error) bool { return passing(err) && s.clock.Now().Before(until) }, func() error {
		r, err = s.act(ctx, "task", a, &got)
		return err
	})
	return got, r, err
}

// ProveAgain runs the command of a finished task once more, if the files here are those of the task and the person at
// the terminal says yes. Then it reports whether the result was the same. It checks nothing out, and nothing but the
// person can say yes: the words of others become a command here.
func (s *Shell) ProveAgain(ctx context.Context, which Which, req ProveRequest) error {
	if why := s.NoPerson(); why != "" {
		words := "task check " + idOr(req.ID) + flagFor("--room", which.Room) + flagFor("--as", which.As)
		return fail(unasked, "Nothing was run: a person runs this, in a terminal, and %s. If you have read the "+
			"command and mean to run it, type it: %s", why, s.command(words+" -- COMMAND"))
	}
	return s.inPerson(which, func(s *session) error {
		task, err := s.checkable(ctx, req.ID)
		if err != nil {
			return err
		}
		req.Args, err = prove.Split(string(task.Evidence.Ran))
		if err != nil {
			return fail(failed, "Nothing was run: %s needs a shell, and prove runs none. Read the command, run it "+
				"yourself if you mean to, and report: %s", strconv.Quote(string(task.Evidence.Ran)), s.checking(task))
		}
		from := req.In // the files are found from where the person stands, and not from where others say
		here, err := sameFiles(ctx, task, from)
		if err != nil {
			return err
		}
		req.In = filepath.Join(here.Top, filepath.FromSlash(string(task.Evidence.Dir)))
		if err := s.askToRun(ctx, task, req, here); err != nil {
			return err
		}
		here, err = sameFiles(ctx, task, from) // the answer may have taken long
		if err != nil {
			return err
		}
		ran, err := s.run(ctx, req, environment(os.Environ()))
		return s.reportAgain(ctx, task, ran, here, err)
	})
}

// ProveTyped runs the command that the caller has typed, and reports for a finished task whether the result was the
// same. The command, the files and the folder must be those of the task. Nothing of the task becomes a command, so an
// agent may call it, too. For the same reason no error shows the command of the task: who has not read it shall not be
// able to paste it.
func (s *Shell) ProveTyped(ctx context.Context, which Which, req ProveRequest) error {
	return s.inPerson(which, func(s *session) error {
		task, err := s.checkable(ctx, req.ID)
		if err != nil {
			return err
		}
		its, err := prove.Split(string(task.Evidence.Ran))
		if err != nil {
			return fail(failed, "Nothing was run: the command of %s needs a shell, and this runs none. Read it, run "+
				"it yourself if you mean to, and report: %s", task.ID, s.checking(task))
		}
		if !slices.Equal(its, req.Args) {
			return fail(usage, "Nothing was run: another command was reported for %s, and a check is of that one, "+
				"word for word. Read it, and type it if you mean to run it: %s", task.ID, s.command("tasks --closed"))
		}
		here, err := sameFiles(ctx, task, req.In)
		if err != nil {
			return err
		}
		if dir := string(task.Evidence.Dir); here.Dir != dir {
			return fail(otherFiles, "Nothing was run: the command of %s ran in another folder of the repository, %s. "+
				"Go there first.", task.ID, strconv.Quote("/"+dir))
		}
		ran, err := s.run(ctx, req, environment(os.Environ()))
		return s.reportAgain(ctx, task, ran, here, err)
	})
}

// checkable returns a finished task whose command this seat may run again, or refuses before anything runs.
func (s *session) checkable(ctx context.Context, id string) (results.Task, error) {
	task, err := s.task(ctx, id)
	switch {
	case err != nil:
	case task.State != "done":
		err = fail(failed, "%s is not done: nothing was run.", task.ID)
	case task.Evidence == nil:
		err = fail(failed, "%s says nothing of what was run: nothing to run again.", task.ID)
	case task.By == s.seat.Name:
		err = fail(failed, "You have finished %s yourself. Nothing was run: somebody else runs it again.", task.ID)
	case task.Own:
		err = fail(failed, "%s was finished by an agent of the same user or invite. Nothing was run: somebody else "+
			"runs it again.", task.ID)
	default:
		err = s.readFirst(ctx, task)
	}
	return task, err
}

// checking returns the command that reports a check by hand.
func (s *session) checking(task results.Task) string {
	return s.command("task check " + idOr(task.ID) + " same --exit " + strconv.Itoa(task.Evidence.Exit))
}

// sameFiles returns the files here, from is the folder in which the caller stands. It refuses files that are not those
// of the task, and a folder of the task that leads out of them.
func sameFiles(ctx context.Context, task results.Task, from string) (prove.Files, error) {
	its, here := task.Evidence, prove.FilesAt(ctx, from)
	switch {
	case its.Tree == "":
		return here, fail(otherFiles, "Nothing was run: %s does not say on which files its command ran, so nothing "+
			"can be compared. Run the command yourself, and then: parley task check %s same --exit CODE (or differs, "+
			"or cannot).", task.ID, task.ID)
	case here.Tree == "":
		return here, fail(otherFiles, "Nothing was run: the files here cannot be compared with those of %s: %s.",
			task.ID, here.Why)
	case here.Tree == its.Tree && here.Holds(string(its.Dir)):
		return here, nil
	case here.Tree == its.Tree:
		return here, fail(otherFiles, "Nothing was run: the folder %s of %s leads elsewhere here.",
			strconv.Quote(string(its.Dir)), task.ID)
	}
	what := ""
	switch {
	case its.Dirty:
		what = " Its files are in no commit: ask for them."
	case here.Dirty:
		what = " Here are changes that are in no commit."
	}
	return here, fail(otherFiles, "Nothing was run: the files here are not those of %s.%s\n%s", task.ID, what,
		lines(bothTrees(its, here)))
}

// bothTrees shows the files of a task and those here.
func bothTrees(its *results.Evidence, here prove.Files) string {
	return sentence("its files: tree %s, %s\nyours:     tree %s, %s", its.Tree, commitOf(its.Commit, its.Dirty),
		here.Tree, commitOf(here.Commit, here.Dirty))
}

func commitOf(commit string, dirty bool) string {
	switch {
	case commit == "":
		return "in no commit"
	case dirty:
		return "commit " + commit + " with changes"
	}
	return "commit " + commit
}

// askToRun asks the person at the terminal itself, and returns an error unless the person says yes.
func (s *session) askToRun(ctx context.Context, task results.Task, req ProveRequest, here prove.Files) error {
	its := task.Evidence
	about := sentence("%s ran for %s, and reported exit code %d:\n  %s\nin %s\n%s\nIt runs as you, with your files "+
		"and your network. Whether that does harm is decided by what the files do, not by the name of the command: "+
		"make test runs what is in them. If you do not know them, read them first, or run it in a container and "+
		"report: %s",
		named([]string{taker(task)}, ""), task.ID, its.Exit, strconv.Quote(prove.Join(req.Args)),
		strconv.Quote(req.In), lines(bothTrees(its, here)), s.checking(task))
	said, err := s.by.AskHere(ctx, about+"\nType yes to run it: ")
	switch {
	case err != nil:
		return err
	case strings.TrimSpace(said) != "yes":
		return fail(unasked, "Nothing was run.")
	}
	return nil
}

// reportAgain reports how the command of a task ended here. err is why it did not run.
func (s *session) reportAgain(ctx context.Context, task results.Task, ran prove.Ran, here prove.Files,
	err error) error {
	a := args{"action": "check", "id": task.ID, "tree": here.Tree}
	var ended error
	switch start := new(prove.StartError); {
	case errors.As(err, &start):
		a["verdict"], ended = "cannot", s.unrun(err, "Reported: it could not be run here.")
	case err != nil: // Ctrl-C is no result
		return err
	case ran.TimeOut:
		a["verdict"], ended = "cannot", fail(timedOut, "The command was ended at its limit. Reported: it could not be "+
			"run here.")
	case ran.Exit == task.Evidence.Exit:
		a["verdict"], a["exit"] = "same", ran.Exit
	default:
		a["verdict"], a["exit"] = "differs", ran.Exit
		ended = fail(max(failed, codeOf(ran)), "Not the same: exit code %d here, and %d was reported. The room sees "+
			"it.", ran.Exit, task.Evidence.Exit)
	}
	got, r, err := s.report(ctx, a)
	if err != nil {
		return err
	}
	if a["verdict"] == "same" && !got.Held && ran.Bytes > 0 && ran.Sum == task.Evidence.Output {
		s.out.hint("The output is the same, too.")
	}
	if err := s.showChanged(ctx, "check", got, r); err != nil {
		return err
	}
	return ended
}

// environment returns an environment without the settings of this program and without secrets of seats: the command is
// that of somebody else.
func environment(all []string) []string {
	return slices.DeleteFunc(all, func(pair string) bool {
		name, value, _ := strings.Cut(pair, "=")
		return strings.HasPrefix(strings.ToUpper(name), "PARLEY_") || ident.SecretIn(value) != ""
	})
}
