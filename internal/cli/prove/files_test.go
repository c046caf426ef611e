package prove_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/cli/prove"
)

// settings keeps the settings of whoever runs the tests from Git.
func settings(t *testing.T) {
	t.Helper()
	home := filepath.Join(t.TempDir(), "a:home") // which is one folder
	write(t, filepath.Join(home, ".gitconfig"), "[user]\nname = Ann\nemail = ann@parley.example\n"+
		"[protocol \"file\"]\nallow = always\n[init]\ndefaultBranch = main\n")
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME"} {
		t.Setenv(name, home)
	}
}

// does runs Git in a folder.
func does(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %q: %v, %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// repository is a new one with two commits.
func repository(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "a:clone") // which is two paths in a list of paths
	write(t, filepath.Join(dir, "kept"), "kept\n")
	write(t, filepath.Join(dir, "changed"), "before\n")
	write(t, filepath.Join(dir, "sub", "gone"), "gone\n")
	write(t, filepath.Join(dir, ".gitignore"), "ignored\n")
	does(t, dir, "init", "--quiet")
	does(t, dir, "add", ".")
	does(t, dir, "commit", "--quiet", "-m", "one")
	does(t, dir, "commit", "--quiet", "--allow-empty", "-m", "two")
	return dir
}

// addSubmodule does what git submodule add inner does, which is a script and needs more than Git.
func addSubmodule(t *testing.T, dir string) {
	t.Helper()
	from := repository(t)
	does(t, dir, "clone", "--quiet", from, "inner")
	write(t, filepath.Join(dir, ".gitmodules"),
		fmt.Sprintf("[submodule \"inner\"]\n\tpath = inner\n\turl = %q\n", filepath.ToSlash(from)))
	does(t, dir, "add", ".gitmodules", "inner")
}

// everything returns a digest of each file below the folders, with its time. Git renews the time of what a tree needs.
func everything(t *testing.T, dirs ...string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				all[path] = "a folder"
				return err
			}
			about, err := e.Info()
			if err != nil {
				return err
			}
			text, err := os.ReadFile(path)
			all[path] = fmt.Sprintf("%x %v", sha256.Sum256(text), about.Mode())
			if !renewed.MatchString(filepath.ToSlash(path)) {
				all[path] += about.ModTime().String()
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

var renewed = regexp.MustCompile(`/\.git/.*(objects/|sharedindex\.)`)

// In each kind of clone the tree is the one that a commit of all files then has, and neither the clone nor the
// repository behind it changes before that.
func TestFilesAt_inEachKindOfClone_isTheTreeOfACommitAndChangesNothing(t *testing.T) {
	settings(t)
	kinds := map[string]func(t *testing.T, origin string) (dir string){
		"the first": func(_ *testing.T, origin string) string { return origin },
		"a shallow clone": func(t *testing.T, origin string) string {
			dir := filepath.Join(t.TempDir(), "clone")
			does(t, origin, "clone", "--quiet", "--depth=1", "file://"+filepath.ToSlash(origin), dir)
			return dir
		},
		"a clone that borrows objects": func(t *testing.T, origin string) string {
			dir := filepath.Join(t.TempDir(), "clone")
			does(t, origin, "clone", "--quiet", "--shared", origin, dir)
			return dir
		},
		"a clone without old files": func(t *testing.T, origin string) string {
			dir := filepath.Join(t.TempDir(), "clone")
			does(t, origin, "config", "uploadpack.allowFilter", "true")
			does(t, origin, "clone", "--quiet", "--filter=blob:none", "file://"+filepath.ToSlash(origin), dir)
			return dir
		},
		"a worktree": func(t *testing.T, origin string) string {
			dir := filepath.Join(t.TempDir(), "beside")
			does(t, origin, "worktree", "add", "--quiet", dir)
			return dir
		},
		"a split index": func(t *testing.T, origin string) string {
			does(t, origin, "config", "core.splitIndex", "true")
			does(t, origin, "update-index", "--split-index")
			return origin
		},
		"an index with a file that is only staged": func(t *testing.T, origin string) string {
			write(t, filepath.Join(origin, "ignored"), "staged although it is ignored\n")
			does(t, origin, "add", "--force", "ignored")
			return origin
		},
		"a submodule": func(t *testing.T, origin string) string {
			addSubmodule(t, origin)
			return origin
		},
		"a submodule that is ignored": func(t *testing.T, origin string) string {
			addSubmodule(t, origin)
			write(t, filepath.Join(origin, ".gitignore"), "ignored\ninner\n")
			return origin
		},
		"the inside of a submodule": func(t *testing.T, origin string) string {
			addSubmodule(t, origin)
			inner, its := filepath.Join(origin, "inner"), filepath.Join(origin, ".git", "modules", "inner")
			if err := errors.Join(os.Mkdir(filepath.Dir(its), 0o700),
				os.Rename(filepath.Join(inner, ".git"), its)); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(inner, ".git"), "gitdir: ../.git/modules/inner\n")
			does(t, inner, "config", "core.worktree", "../../../inner")
			return inner
		},
		"a clean filter": func(t *testing.T, origin string) string {
			does(t, origin, "config", "--global", "filter.upper.clean", "tr a-z A-Z")
			write(t, filepath.Join(origin, ".gitattributes"), "changed filter=upper\n")
			return origin
		},
		"hooks": func(t *testing.T, origin string) string {
			for _, name := range []string{"post-index-change", "pre-commit"} {
				hook := filepath.Join(origin, ".git", "hooks", name)
				write(t, hook, "#!/bin/sh\necho x >>\"$(git rev-parse --git-dir)\"/called\n")
				if err := os.Chmod(hook, 0o700); err != nil {
					t.Fatal(err)
				}
			}
			return origin
		},
		"a folder of temporary files among these": func(t *testing.T, origin string) string {
			t.Chdir(origin)
			t.Setenv("TMPDIR", "sub")
			return origin
		},
		"a call by a hook": func(t *testing.T, origin string) string {
			elsewhere := repository(t)
			t.Setenv("GIT_DIR", filepath.Join(elsewhere, ".git"))
			t.Setenv("GIT_INDEX_FILE", filepath.Join(elsewhere, ".git", "index"))
			return origin
		},
	}
	for kind, made := range kinds {
		t.Run(kind, func(t *testing.T) {
			origin := repository(t)
			dir := made(t, origin)
			commit := "" // as it was
			if os.Getenv("GIT_DIR") == "" {
				commit = does(t, dir, "rev-parse", "HEAD")
			}
			write(t, filepath.Join(dir, "changed"), "after, and longer\n")
			write(t, filepath.Join(dir, "sub", "new"), "new\n")
			write(t, filepath.Join(dir, "ignored"), "ignored\n")
			if err := os.Remove(filepath.Join(dir, "sub", "gone")); err != nil {
				t.Fatal(err)
			}
			before := everything(t, origin, dir)
			got := prove.FilesAt(t.Context(), filepath.Join(dir, "sub"))
			if after := everything(t, origin, dir); !maps.Equal(before, after) {
				for path, digest := range after {
					if before[path] != digest {
						t.Errorf("%s has changed", path)
					}
				}
				t.Error("the clone has changed")
			}
			if got.Dir != "sub" || !got.Dirty || got.Why != "" || commit != "" && got.Commit != commit {
				t.Errorf("%+v, want the commit %s", got, commit)
			}
			for _, name := range []string{"GIT_DIR", "GIT_INDEX_FILE"} {
				t.Setenv(name, "")
				if err := os.Unsetenv(name); err != nil {
					t.Fatal(err)
				}
			}
			does(t, dir, "add", "--all")
			does(t, dir, "commit", "--quiet", "-m", "all")
			if want := does(t, dir, "rev-parse", "HEAD^{tree}"); got.Tree != want {
				t.Errorf("the tree is %s, and a commit has %s", got.Tree, want)
			}
			if now := prove.FilesAt(t.Context(), dir); now.Dirty || now.Tree != got.Tree || now.Dir != "" {
				t.Errorf("after the commit: %+v", now)
			}
		})
	}
}

// The second file has the size and the time of the first, and the index has that time, too.
func TestFilesAt_fileThatGitIsToldNotToLookAt_counts(t *testing.T) {
	settings(t)
	for _, how := range []string{"--assume-unchanged", "--skip-worktree", "in the same moment"} {
		dir := repository(t)
		path := filepath.Join(dir, "changed")
		then := time.Unix(1_700_000_000, 0)
		does(t, dir, "config", "core.trustctime", "false")
		if err := os.Chtimes(path, then, then); err != nil {
			t.Fatal(err)
		}
		does(t, dir, "add", "changed")
		if strings.HasPrefix(how, "--") {
			does(t, dir, "update-index", how, "changed")
		}
		write(t, path, "behind\n")
		for _, file := range []string{path, filepath.Join(dir, ".git", "index")} {
			if err := os.Chtimes(file, then, then); err != nil {
				t.Fatal(err)
			}
		}
		got := prove.FilesAt(t.Context(), dir)
		if !got.Dirty || got.Tree == "" {
			t.Errorf("%s: %+v", how, got)
		}
	}
}

func TestFiles_folderThatOthersName_isHeldOnlyIfPlain(t *testing.T) {
	settings(t)
	dir := repository(t)
	for _, path := range []string{"in/.git/HEAD", "in/sub/kept", "bare/HEAD", "bare/refs/kept",
		"bare/objects/kept", "bare/sub/kept", "head/HEAD", "sub/sub/kept"} {
		write(t, filepath.Join(dir, filepath.FromSlash(path)), "")
	}
	if err := os.Symlink("sub", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	files := prove.FilesAt(t.Context(), dir)
	for named, want := range map[string]bool{"": true, "sub": true, "sub/sub": true, "head": true, "sub/../sub": true,
		"..": false, "sub/../..": false, "/": false, filepath.ToSlash(filepath.Join(dir, "sub")): false, "kept": false,
		"missing": false, "link": false, "link/sub": false, ".git": false, ".git/hooks": false, "in": false,
		"in/sub": false, "bare": false, "bare/sub": false, "sub\x1b": false, `C:\sub`: false, "C:sub": false} {
		if files.Holds(named) != want {
			t.Errorf("%q: %t", named, !want)
		}
	}
}

// Somebody else's may lie above a folder of the person, as /tmp/.git does.
func TestFilesAt_gitOfSomebodyElse_isNotStarted(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED, NOT TESTED: only root can give files to somebody else")
	}
	settings(t)
	for _, its := range []string{"../beside/.git", ".git/worktrees/beside", ".git"} {
		main := repository(t)
		beside := filepath.Join(main, "..", "beside")
		does(t, main, "worktree", "add", "--quiet", beside)
		if err := os.Chown(filepath.Join(main, its), 65534, -1); err != nil {
			t.Fatal(err)
		}
		if got := prove.FilesAt(t.Context(), filepath.Join(beside, "sub")); got.Tree != "" ||
			!strings.Contains(got.Why, "Git was not started") {
			t.Errorf("%s: %+v", its, got)
		}
	}
}

// Files that a sparse checkout leaves out stay as they are.
func TestFilesAt_newFileBesideASparseCheckout_counts(t *testing.T) {
	settings(t)
	for _, index := range []string{"--no-sparse-index", "--sparse-index"} {
		dir := repository(t)
		does(t, dir, "sparse-checkout", "set", "--cone", index, "in")
		if got := prove.FilesAt(t.Context(), dir); got.Dirty {
			t.Errorf("%s: %+v", index, got)
		}
		write(t, filepath.Join(dir, "sub", "new"), "new\n")
		got := prove.FilesAt(t.Context(), dir)
		does(t, dir, "add", "--all", "--sparse")
		does(t, dir, "commit", "--quiet", "-m", "all")
		if want := does(t, dir, "rev-parse", "HEAD^{tree}"); got.Tree != want {
			t.Errorf("%s: %+v, and a commit has %s", index, got, want)
		}
	}
}

// Git ends, and the filter that it has started has its output.
func TestFilesAt_filterThatHangs_doesNotHoldTheCall(t *testing.T) {
	settings(t)
	filter, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dir := repository(t)
	does(t, dir, "config", "filter.hang.clean",
		fmt.Sprintf("%s='stay %s' '%s'", doesEnv, filter.Addr(), filepath.ToSlash(os.Args[0])))
	write(t, filepath.Join(dir, ".gitattributes"), "new filter=hang\n")
	write(t, filepath.Join(dir, "new"), "new\n")
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	got := make(chan prove.Files, 1)
	go func() { got <- prove.FilesAt(ctx, dir) }()
	alive, err := filter.Accept()
	if err != nil {
		t.Fatal(err)
	}
	interrupt()
	if files := <-got; files.Tree != "" {
		t.Errorf("%+v", files)
	}
	if err := errors.Join(alive.Close(), filter.Close()); err != nil { // the filter ends
		t.Error(err)
	}
}

// One clone has the ends of lines of Windows, the other those of Unix.
func TestFilesAt_sameFilesInTwoClones_haveOneTree(t *testing.T) {
	settings(t)
	ann, bob := repository(t), filepath.Join(t.TempDir(), "bob")
	does(t, ann, "clone", "--quiet", "-c", "core.autocrlf=true", "-c", "core.safecrlf=true", ann, bob)
	write(t, filepath.Join(ann, "new"), "one\ntwo\n")
	write(t, filepath.Join(bob, "new"), "one\r\ntwo\r\n")
	text, err := os.ReadFile(filepath.Join(bob, "kept"))
	if err != nil || !bytes.Contains(text, []byte("\r\n")) {
		t.Fatalf("Bob's file is %q, %v", text, err)
	}
	first, second := prove.FilesAt(t.Context(), ann), prove.FilesAt(t.Context(), bob)
	if first.Tree == "" || first.Tree != second.Tree || first.Commit != second.Commit {
		t.Errorf("%+v\n%+v", first, second)
	}
	write(t, filepath.Join(bob, "new"), "one\r\nthree\r\n")
	if third := prove.FilesAt(t.Context(), bob); third.Tree == "" || third.Tree == first.Tree {
		t.Errorf("after a change: %+v", third)
	}
}

// No tree is better than a tree that does not hold all files.
func TestFilesAt_whatNoTreeHolds_hasNone(t *testing.T) {
	settings(t)
	for why, made := range map[string]func() string{
		"no Git repository is here": func() string { return filepath.Join(repository(t), ".git", "hooks") },
		"is no plain folder": func() string {
			dir := filepath.Join(repository(t), "sub")
			if err := os.Symlink(filepath.Join("..", ".git"), filepath.Join(dir, ".git")); err != nil {
				t.Fatal(err)
			}
			return dir
		},
		"does not lead back": func() string { // another worktree's
			dir := repository(t)
			does(t, dir, "worktree", "add", "--quiet", filepath.Join(dir, "..", "beside"))
			write(t, filepath.Join(dir, "sub", ".git"), "gitdir: ../.git/worktrees/beside\n")
			return filepath.Join(dir, "sub")
		},
		"settings of the repository name another folder": func() string {
			dir := repository(t)
			does(t, dir, "config", "core.worktree", t.TempDir())
			return dir
		},
		"inner\", has changes of its own": func() string {
			dir := repository(t)
			addSubmodule(t, dir)
			does(t, dir, "commit", "--quiet", "-m", "inner")
			write(t, filepath.Join(dir, "inner", "new"), "new\n")
			return dir
		},
		"inner\", has files and no .git": func() string {
			dir := repository(t)
			does(t, dir, "update-index", "--add", "--cacheinfo", "160000,"+does(t, dir, "rev-parse", "HEAD")+",inner")
			write(t, filepath.Join(dir, "inner", "new"), "new\n")
			return dir
		},
		`git add: "failed to encode 'new"`: func() string { // and nothing of the name behind the first line
			dir := repository(t)
			write(t, filepath.Join(dir, ".gitattributes"), "new* working-tree-encoding=none\n")
			name := "new\nfatal: all is well"
			if runtime.GOOS == "windows" { // which has no such names
				name = "new"
			}
			write(t, filepath.Join(dir, name), "new\n")
			return dir
		},
		"filter 'false' failed": func() string {
			dir := repository(t)
			does(t, dir, "config", "filter.never.clean", "false")
			does(t, dir, "config", "filter.never.required", "true")
			write(t, filepath.Join(dir, ".gitattributes"), "new filter=never\n")
			write(t, filepath.Join(dir, "new"), "new\n")
			return dir
		},
		"": func() string { // a new repository has a tree, and no commit
			dir := t.TempDir()
			does(t, dir, "init", "--quiet")
			write(t, filepath.Join(dir, "new"), "new\n")
			return dir
		},
	} {
		got := prove.FilesAt(t.Context(), made())
		if !strings.Contains(got.Why, why) || (got.Tree == "") != (why != "") || got.Top != "" && !got.Dirty {
			t.Errorf("%s: %+v", why, got)
		}
	}
}
