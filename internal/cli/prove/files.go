package prove

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Files are the working files of a Git repository at one moment.
type Files struct {
	Top    string // the folder of the repository
	Dir    string // the folder that was asked for, below Top, with slashes; "" is Top
	Commit string // that is checked out; "" if there is none yet
	// Tree is the id that a commit of all files would have, also of those that Git does not track, without those that
	// it ignores. It is "" if such a commit would not hold all changes, or cannot be made.
	Tree  string
	Dirty bool   // Tree is not that of Commit, or it is not known
	Why   string // why Tree is ""
}

// FilesAt returns the files of the repository in which dir is; "" is the folder of this process. Nothing in the
// repository changes, but perhaps the time of an object that the tree needs: Git works with a copy of the index, and
// writes objects to a folder that is then removed. As with git add, Git passes files through the filters that its user
// has configured.
func FilesAt(ctx context.Context, dir string) (f Files) {
	program, err := exec.LookPath("git")
	if err != nil {
		return Files{Why: "Git is not installed"}
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return Files{Why: err.Error()}
	}
	at := git{program: program, dir: dir, env: outside()}
	f.Top, err = at.says(ctx, "rev-parse", "--show-toplevel")
	if err != nil {
		return Files{Why: err.Error()}
	}
	f.Top = filepath.FromSlash(f.Top)
	f.Dir, _ = at.says(ctx, "rev-parse", "--show-prefix") // the top has said that there is one
	f.Dir = strings.TrimSuffix(f.Dir, "/")
	f.Commit, _ = at.says(ctx, "rev-parse", "--verify", "--quiet", "HEAD^{commit}") // none in a new repository
	f.Tree, err = at.tree(ctx, f.Top)
	f.Dirty = true
	if err != nil {
		f.Why = err.Error()
		return f
	}
	of, err := at.says(ctx, "rev-parse", "--verify", "--quiet", "HEAD^{tree}")
	f.Dirty = err != nil || of != f.Tree
	return f
}

// git runs Git in a folder.
type git struct {
	program, dir  string
	env, settings []string // settings stand ahead of each command
}

// outside returns the environment without what a hook of Git has, which names another repository or an index of its
// own, and without the person's keys: Git runs the filters of a repository.
func outside() []string {
	own := []string{"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_NAMESPACE",
		"GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"}
	env := slices.DeleteFunc(os.Environ(), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		name = strings.ToUpper(name)
		return slices.Contains(own, name) || strings.HasPrefix(name, "PARLEY_")
	})
	return append(env, "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0", "GIT_NO_LAZY_FETCH=1", "GIT_TERMINAL_PROMPT=0")
}

// says returns what a command of Git prints, without the end of its line. The error has the line that Git calls fatal,
// below which advice may stand, or else the last line.
func (g git) says(ctx context.Context, args ...string) (string, error) {
	return g.does(ctx, "", args...)
}

// does is says with an input.
func (g git) does(ctx context.Context, in string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, g.program, slices.Concat(g.settings, args)...)
	cmd.WaitDelay = afterward // a filter that hangs has the output, too
	var out, complaint bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = g.dir, g.env, strings.NewReader(in), &out, &complaint
	err := cmd.Run()
	if err == nil {
		return strings.TrimSuffix(strings.TrimSuffix(out.String(), "\n"), "\r"), nil
	}
	var why string
	fatal := false
	for line := range strings.SplitSeq(strings.TrimSpace(complaint.String()), "\n") {
		text, is := strings.CutPrefix(line, "fatal: ")
		if is || !fatal {
			why, fatal = text, is
		}
	}
	if strings.HasPrefix(why, "not a git repository") {
		return "", errors.New("no Git repository is here")
	}
	return "", errors.New("git " + args[0] + ": " + cmp.Or(why, err.Error()))
}

// path returns a file of the repository by its name within.
func (g git) path(ctx context.Context, name string) (string, error) {
	path, err := g.says(ctx, "rev-parse", "--git-path", name)
	if err == nil && !filepath.IsAbs(path) {
		path = filepath.Join(g.dir, path)
	}
	return path, err
}

// tree returns the id of the tree of all files below top.
func (g git) tree(ctx context.Context, top string) (tree string, err error) {
	temporary, err := os.MkdirTemp("", "parley-prove-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temporary)) }()
	index, err := g.path(ctx, "index")
	if err != nil {
		return "", err
	}
	objects, err := g.path(ctx, "objects")
	if err != nil {
		return "", err
	}
	copied, written, none := filepath.Join(temporary, "index"), filepath.Join(temporary, "objects"),
		filepath.Join(temporary, "none")
	if err := errors.Join(copyIndex(index, copied), os.Mkdir(written, 0o700), os.Mkdir(none, 0o700)); err != nil {
		return "", err
	}
	g.dir = top
	g.env = append(slices.Clone(g.env), "GIT_INDEX_FILE="+copied, "GIT_OBJECT_DIRECTORY="+written,
		"GIT_ALTERNATE_OBJECT_DIRECTORIES="+listed(objects))

	// No hook runs and no service is asked, and nothing of the index is written into the repository. A new file beside
	// a sparse checkout counts.
	g.settings = []string{"-c", "core.hooksPath=" + none, "-c", "core.fsmonitor=false", "-c", "core.splitIndex=false",
		"-c", "core.untrackedCache=false", "-c", "core.safecrlf=false", "-c", "advice.addEmbeddedRepo=false",
		"-c", "core.sparseCheckout=false"}
	if err := g.unhide(ctx); err != nil {
		return "", err
	}
	if _, err := g.says(ctx, "add", "--all", "--", "."); err != nil {
		return "", err
	}
	tree, err = g.says(ctx, "write-tree", "--missing-ok") // of a partial clone some are elsewhere
	if err != nil {
		return "", err
	}
	if err := g.checkInner(ctx); err != nil {
		return "", err
	}
	return tree, nil
}

// copyIndex copies an index, if there is one. The copy keeps the time of the original, by which Git knows which files
// may have changed after the index was written.
func copyIndex(from, to string) error {
	bytes, err := os.ReadFile(from)
	if errors.Is(err, fs.ErrNotExist) { // in a new repository
		return nil
	}
	if err != nil {
		return err
	}
	about, err := os.Stat(from)
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(to, bytes, 0o600), os.Chtimes(to, about.ModTime(), about.ModTime()))
}

// listed writes a path for a variable with a list of paths.
func listed(path string) string {
	if !strings.ContainsAny(path, `"`+string(os.PathListSeparator)) {
		return path
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(filepath.ToSlash(path)) + `"`
}

// unhide lets Git look at files that its user told Git to take as unchanged. Files that are left out of a sparse
// checkout stay left out.
func (g git) unhide(ctx context.Context) error {
	all, err := g.says(ctx, "ls-files", "-v", "-z")
	if err != nil {
		return err
	}
	var assumed, skipped strings.Builder
	for entry := range strings.SplitSeq(all, "\x00") {
		mark, path, found := strings.Cut(entry, " ")
		if !found {
			continue
		}
		if strings.ToUpper(mark) != mark {
			assumed.WriteString(path + "\x00")
		}
		if strings.ToUpper(mark) == "S" {
			if _, err := os.Lstat(filepath.Join(g.dir, filepath.FromSlash(path))); err == nil {
				skipped.WriteString(path + "\x00")
			}
		}
	}
	for flag, paths := range map[string]string{"--no-assume-unchanged": assumed.String(),
		"--no-skip-worktree": skipped.String()} {
		if paths == "" {
			continue
		}
		if _, err := g.does(ctx, paths, "update-index", flag, "-z", "--stdin"); err != nil {
			return err
		}
	}
	return nil
}

// checkInner returns an error if a repository within the files, such as a submodule, has changes that are in none of
// its commits: the tree holds only the id of a commit.
func (g git) checkInner(ctx context.Context) error {
	all, err := g.says(ctx, "ls-files", "--stage", "-z")
	if err != nil {
		return err
	}
	for entry := range strings.SplitSeq(all, "\x00") {
		about, path, _ := strings.Cut(entry, "\t")
		inner := filepath.Join(g.dir, filepath.FromSlash(path))
		if !strings.HasPrefix(about, "160000 ") {
			continue
		}
		if _, err := os.Lstat(filepath.Join(inner, ".git")); err != nil { // not checked out
			continue
		}
		its := git{program: g.program, dir: inner, env: outside(), settings: g.settings}
		changes, err := its.says(ctx, "status", "--porcelain", "--ignore-submodules=none")
		if err != nil {
			return err
		}
		if changes != "" {
			return errors.New("the repository within, " + path + ", has changes of its own that are not committed")
		}
	}
	return nil
}
