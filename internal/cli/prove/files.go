package prove

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
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
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Files{Why: err.Error()}
	}
	r, below, err := findRepository(dir)
	if err != nil {
		return Files{Why: err.Error()}
	}
	program := r.program()
	if program == "" {
		return Files{Why: "Git is not installed in a folder that PATH names in full, and that is not among these files"}
	}
	own := r.outside()
	at := git{program, r.top, own, own, []string{"-c", "safe.bareRepository=explicit"}}
	if err := at.check(ctx, r); err != nil {
		return Files{Why: err.Error()}
	}
	f.Top, f.Dir = r.top, below
	f.Commit, _ = at.says(ctx, "rev-parse", "--verify", "--quiet", "HEAD^{commit}") // none in a new repository
	f.Tree, err = at.tree(ctx, r)
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
	program, dir string
	outside, env []string // env is outside and what a command needs
	settings     []string // they stand ahead of each command
}

// program returns the path of Git, or "" if there is none but among the files of r.
func (r repository) program() string {
	for _, folder := range r.others(filepath.SplitList(os.Getenv("PATH"))) {
		if path, err := exec.LookPath(filepath.Join(folder, "git")); err == nil {
			return path
		}
	}
	return ""
}

// unset begin the names of variables with the person's keys, and of those by which Git and the system's libraries load
// programs, settings and another repository.
var unset = []string{"PARLEY_", "GIT_", "LD_", "DYLD_", "GCONV_"}

// leads are the variables that say from where Git, or a filter of the person, takes settings or programs.
var leads = []string{"PATH", "HOME", "XDG_CONFIG_HOME", "PYTHONPATH", "PERL5LIB", "RUBYLIB", "NODE_PATH", "BASH_ENV"}

// outside returns the environment for Git in r, without what others may have filled. Git asks nobody, and calls no
// server for objects that are not here.
func (r repository) outside() (env []string) {
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		name = strings.ToUpper(name)
		if slices.ContainsFunc(unset, func(begin string) bool { return strings.HasPrefix(name, begin) }) {
			continue
		}
		if slices.Contains(leads, name) {
			folders := []string{value}
			if !strings.HasSuffix(name, "HOME") { // whose folder may have a colon in its name
				folders = filepath.SplitList(value)
			}
			folders = r.others(folders)
			if len(folders) == 0 {
				continue
			}
			pair = name + "=" + strings.Join(folders, string(os.PathListSeparator))
		}
		env = append(env, pair)
	}
	return append(env, "LC_ALL=C", "PYTHONSAFEPATH=1", "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0",
		"GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none") // older Git knows the last alone
}

// others returns those of the folders that are named in full and are not among the files of r, nor among those of the
// clone to which a worktree or submodule belongs. In these, and in the current folder, which an empty name is, others
// would say what runs.
func (r repository) others(folders []string) []string {
	clone, _, _ := strings.Cut(filepath.ToSlash(r.common())+"/", "/"+dotGit+"/")
	return slices.DeleteFunc(folders, func(folder string) bool {
		return !filepath.IsAbs(folder) || isWithin(folder, r.top) || isWithin(folder, filepath.FromSlash(clone))
	})
}

// isWithin reports whether path leads to the folder top, or to what is below.
func isWithin(path, top string) bool {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	for ; !isSameFile(path, top); path = filepath.Dir(path) {
		if path == filepath.Dir(path) {
			return false
		}
	}
	return true
}

// says returns what a command of Git prints, without the end of its line. The error quotes the first line with an error
// of Git, or else the last line. Further lines may be part of a file's name.
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
	for line := range strings.SplitSeq(strings.TrimSpace(complaint.String()), "\n") {
		var fatal, wrong bool
		why, fatal = strings.CutPrefix(line, "fatal: ")
		why, wrong = strings.CutPrefix(why, "error: ")
		if fatal || wrong {
			break
		}
	}
	if strings.HasPrefix(why, "not a git repository") || strings.HasPrefix(why, "cannot use bare repository") {
		return "", errNoRepository
	}
	return "", fmt.Errorf("git %s: %q", args[0], cmp.Or(why, err.Error()))
}

// check returns an error unless Git takes r for the repository, with its files in the folder top. Git reads settings
// here, and starts nothing that they name.
func (g git) check(ctx context.Context, r repository) error {
	for option, want := range map[string]string{"--show-toplevel": r.top, "--absolute-git-dir": r.git} {
		got, err := g.says(ctx, "rev-parse", option)
		if err != nil {
			return err
		}
		if !isSameFile(filepath.FromSlash(got), want) {
			return errors.New("the settings of the repository name another folder, " + strconv.Quote(got))
		}
	}
	return nil
}

// tree returns the id of the tree of all files of r.
func (g git) tree(ctx context.Context, r repository) (tree string, err error) {
	temporary, err := os.MkdirTemp("", "parley-prove-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temporary)) }()
	temporary, err = filepath.Abs(temporary) // TMPDIR may be one of the files
	if err != nil {
		return "", err
	}
	copied, written, none := filepath.Join(temporary, "index"), filepath.Join(temporary, "objects"),
		filepath.Join(temporary, "none")
	if err := errors.Join(copyIndex(filepath.Join(r.git, "index"), copied), os.Mkdir(written, 0o700),
		os.Mkdir(none, 0o700), os.WriteFile(filepath.Join(temporary, ".gitignore"), []byte("*\n"), 0o600)); err != nil {
		return "", err
	}
	g.env = append(slices.Clone(g.env), "GIT_INDEX_FILE="+copied, "GIT_OBJECT_DIRECTORY="+written,
		"GIT_ALTERNATE_OBJECT_DIRECTORIES="+r.objects())

	// No hook runs and no service is asked, and nothing of the index is written into the repository. A new file beside
	// a sparse checkout counts.
	g.settings = append(slices.Clone(g.settings), "-c", "core.hooksPath="+none, "-c", "core.fsmonitor=false", "-c",
		"core.splitIndex=false", "-c", "core.untrackedCache=false", "-c", "core.safecrlf=false", "-c",
		"advice.addEmbeddedRepo=false", "-c", "core.sparseCheckout=false")
	if err := g.addAll(ctx); err != nil {
		return "", err
	}
	tree, err = g.says(ctx, "write-tree", "--missing-ok") // of a partial clone some are elsewhere
	if err != nil {
		return "", err
	}
	if err := g.checkInner(ctx, temporary); err != nil {
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

// objects returns the folder with the objects of r, for a variable with a list of paths.
func (r repository) objects() string {
	path := filepath.Join(r.common(), "objects")
	if !strings.ContainsAny(path, `"`+string(os.PathListSeparator)) {
		return path
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(filepath.ToSlash(path)) + `"`
}

// entry is a file in the index or, with inner, a repository within the files: a submodule, or another clone.
type entry struct {
	mark, path, commit string
	inner              bool
}

// entries returns what is in the index.
func (g git) entries(ctx context.Context) (all []entry, err error) {
	list, err := g.says(ctx, "ls-files", "--stage", "-v", "-z")
	for line := range strings.SplitSeq(list, "\x00") {
		about, path, found := strings.Cut(line, "\t")
		if words := strings.Fields(about); found && len(words) > 2 {
			all = append(all, entry{words[0], path, words[2], words[1] == "160000"})
		}
	}
	return all, err
}

// isThere reports whether the file or, of a repository, its .git is in the folder of g.
func (e entry) isThere(g git) bool {
	path := filepath.Join(g.dir, filepath.FromSlash(e.path))
	if e.inner {
		path = filepath.Join(path, dotGit)
	}
	_, err := os.Lstat(path)
	return err == nil
}

// addAll adds all files to the index, also those that Git's user told Git to take as unchanged. Files that are left out
// of a sparse checkout stay left out. A repository within is taken out before and then added again: git add asks one
// that is in the index for changes, and its settings name programs.
func (g git) addAll(ctx context.Context) error {
	all, err := g.entries(ctx)
	if err != nil {
		return err
	}
	var assumed, skipped, inner strings.Builder
	for _, e := range all {
		if e.inner && e.isThere(g) {
			inner.WriteString(e.path + "\x00")
			continue
		}
		if strings.ToUpper(e.mark) != e.mark {
			assumed.WriteString(e.path + "\x00")
		}
		if strings.ToUpper(e.mark) == "S" && e.isThere(g) {
			skipped.WriteString(e.path + "\x00")
		}
	}
	for _, step := range []struct {
		paths string
		args  []string
	}{
		{assumed.String(), []string{"update-index", "--no-assume-unchanged", "-z", "--stdin"}},
		{skipped.String(), []string{"update-index", "--no-skip-worktree", "-z", "--stdin"}},
		{inner.String(), []string{"update-index", "--force-remove", "-z", "--stdin"}},
		{"all", []string{"add", "--all", "--", "."}},
		{inner.String(), []string{"update-index", "--add", "-z", "--stdin"}},
	} {
		if step.paths == "" {
			continue
		}
		if _, err := g.does(ctx, step.paths, step.args...); err != nil {
			return err
		}
	}
	return nil
}

// checkInner returns an error if the files of a repository within are not those of its commit: the tree holds only the
// id of the commit.
func (g git) checkInner(ctx context.Context, temporary string) error {
	all, err := g.entries(ctx)
	if err != nil {
		return err
	}
	for n, e := range all {
		if !e.inner {
			continue
		}
		if !e.isThere(g) { // not checked out
			if files, _ := os.ReadDir(filepath.Join(g.dir, filepath.FromSlash(e.path))); len(files) > 0 {
				return fmt.Errorf("the repository within, %q, has files and no .git: Git does not see them", e.path)
			}
			continue
		}
		same, err := g.hasFilesOf(ctx, e, filepath.Join(temporary, strconv.Itoa(n)))
		if err != nil {
			return fmt.Errorf("the repository within, %q: %w", e.path, err)
		}
		if !same {
			return fmt.Errorf("the repository within, %q, has changes of its own that are not committed", e.path)
		}
	}
	return nil
}

// hasFilesOf reports whether the files of the repository e within are those of its commit. Git works in a repository of
// its own, which begins in the folder own, with a copy of the index and with the objects: no settings of the one within
// are read.
func (g git) hasFilesOf(ctx context.Context, e entry, own string) (bool, error) {
	r, err := openRepository(filepath.Join(g.dir, filepath.FromSlash(e.path)))
	if err != nil {
		return false, err
	}
	its := git{g.program, filepath.Dir(own), g.outside, g.outside, g.settings}
	begin := []string{"init", "--quiet", "--template=", own}
	if len(e.commit) > sha1Digits {
		begin = append(begin, "--object-format=sha256")
	}
	if _, err := its.says(ctx, begin...); err != nil {
		return false, err
	}
	its.dir, its.env = r.top, append(slices.Clone(its.env), "GIT_DIR="+filepath.Join(own, dotGit),
		"GIT_WORK_TREE="+r.top, "GIT_ALTERNATE_OBJECT_DIRECTORIES="+r.objects())
	want, err := its.says(ctx, "rev-parse", "--verify", e.commit+"^{tree}")
	if err != nil {
		return false, err
	}
	tree, err := its.tree(ctx, r)
	return tree == want, err
}

// sha1Digits is the length of a commit's id with the usual hash.
const sha1Digits = 40
