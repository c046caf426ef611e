package prove

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// repository is a Git repository that was found without Git.
type repository struct {
	top string // the folder with its files, which holds .git
	git string // the folder with its index: that .git, or the one to which that file leads
}

const dotGit = ".git"

var errNoRepository = errors.New("no Git repository is here")

// findRepository returns the repository at or above dir, and where dir is below its top, with slashes. Git itself takes
// each folder with HEAD, objects and refs for a repository. Such a folder can come with a clone, and its settings name
// programs. A .git cannot come with a clone, so Git is started only in a folder that holds one.
func findRepository(dir string) (r repository, below string, err error) {
	dir, err = filepath.EvalSymlinks(dir)
	if err != nil {
		return r, "", err
	}
	for at := dir; !strings.EqualFold(filepath.Base(at), dotGit); {
		r, err = openRepository(at)
		if !errors.Is(err, fs.ErrNotExist) {
			below := filepath.ToSlash(strings.TrimPrefix(dir, at))
			return r, strings.TrimPrefix(below, "/"), err
		}
		up := filepath.Dir(at)
		if up == at {
			break
		}
		at = up
	}
	return repository{}, "", errNoRepository
}

// Top returns the folder that holds the .git of the repository at or above dir, and where dir is below that folder,
// with slashes. Git is not started: see findRepository.
func Top(dir string) (top, below string, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return "", "", err
	}
	r, below, err := findRepository(dir)
	return r.top, below, err
}

// openRepository returns the repository whose .git is in the folder top; fs.ErrNotExist if top holds none. The .git is
// a folder, or the file of a worktree or submodule, whose folder leads back. Each is the person's own: another user's
// .git may lie above a folder of the person, such as in /tmp. The other errors say what to do.
func openRepository(top string) (r repository, err error) {
	r.top, r.git = top, filepath.Join(top, dotGit)
	about, err := os.Lstat(r.git)
	if err != nil {
		return r, err
	}
	refuse := func(why string) error {
		return fmt.Errorf("%s %s, so Git was not started: use a clone or worktree of your own",
			strconv.Quote(filepath.Join(top, dotGit)), why)
	}
	if !isOwn(about) {
		return r, refuse("is somebody else's")
	}
	switch {
	case about.Mode().IsRegular():
		r.git, err = r.target()
		if err != nil || !r.leadsBack() {
			return r, refuse("names a folder that does not lead back (git worktree repair cures a moved worktree)")
		}
	case !about.IsDir():
		return r, refuse("is no plain folder")
	}
	for _, folder := range []string{r.git, r.common()} {
		if about, err := os.Stat(folder); err != nil || !about.IsDir() || !isOwn(about) {
			return r, refuse("leads to a folder that is not your own")
		}
	}
	return r, nil
}

// target returns the folder to which the file .git of a worktree or a submodule leads.
func (r repository) target() (string, error) {
	text, err := os.ReadFile(r.git)
	if err != nil {
		return "", err
	}
	to, found := strings.CutPrefix(string(text), "gitdir: ")
	if !found {
		return "", errNoRepository
	}
	return filepath.EvalSymlinks(pathIn(r.top, to))
}

// pathIn returns the path in a file of Git, which may be relative to the folder dir.
func pathIn(dir, text string) string {
	path := filepath.FromSlash(strings.TrimRight(text, "\r\n"))
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// leadsBack reports whether the folder git of a .git that is a file belongs to top. That of a worktree names the file.
// That of a submodule lies in the repository that holds top: nothing but Git writes there.
func (r repository) leadsBack() bool {
	if text, err := os.ReadFile(filepath.Join(r.git, "gitdir")); err == nil {
		file := pathIn(r.git, string(text))
		return filepath.Base(file) == dotGit && isSameFile(filepath.Dir(file), r.top)
	}
	super, _, err := findRepository(filepath.Dir(r.top))
	if err != nil {
		return false
	}
	within, err := filepath.Rel(filepath.Join(super.git, "modules"), r.git)
	return err == nil && filepath.IsLocal(within)
}

// common returns the folder with the objects and settings of r, which all its worktrees share.
func (r repository) common() string {
	if text, err := os.ReadFile(filepath.Join(r.git, "commondir")); err == nil {
		return pathIn(r.git, string(text))
	}
	return r.git
}

func isSameFile(a, b string) bool {
	aboutA, errA := os.Stat(a)
	aboutB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(aboutA, aboutB)
}

// Holds reports whether dir, a path with slashes below Top that somebody else has named, is a folder of these files: no
// link leads there, and nothing that Git takes for a repository holds it. Git is not started.
func (f Files) Holds(dir string) bool {
	dir = filepath.FromSlash(dir)
	own, err := os.Lstat(filepath.Join(f.Top, dotGit))
	if err != nil || dir != "" && !filepath.IsLocal(dir) {
		return false
	}
	for at := filepath.Join(f.Top, dir); at != f.Top; at = filepath.Dir(at) {
		about, err := os.Lstat(at)
		if err != nil || !about.IsDir() || os.SameFile(about, own) || isRepository(at) {
			return false
		}
	}
	return true
}

// isRepository reports whether Git may take the folder dir for a repository.
func isRepository(dir string) bool {
	has := func(name string) bool {
		_, err := os.Lstat(filepath.Join(dir, name))
		return err == nil
	}
	return has(dotGit) || has("HEAD") && (has("commondir") || has("objects") && has("refs"))
}
