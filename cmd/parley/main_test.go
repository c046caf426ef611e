package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/parley-chat/parley/internal/server/app/apptest"
	"github.com/parley-chat/parley/internal/store/files"
	"github.com/parley-chat/parley/internal/store/table"
)

func TestExplain_namesOfPackages_areTrimmedWhereErrorsBegin(t *testing.T) {
	const none = "no AWS credentials; a local engine takes any"
	missing := errors.New("dynamotable: " + none)
	const odd = "the folder table: 4 files: a room: b is not the table: it is another"
	for want, err := range map[string]error{
		none:                                missing,
		"the store did not answer: " + none: fmt.Errorf("%w: %w", table.ErrUnavailable, missing),
		"reading the keys: " + none:         fmt.Errorf("reading the keys: %w", missing),
		"the store did not answer: reading": fmt.Errorf("%w: %w", files.ErrUnavailable,
			fmt.Errorf("%w: reading", table.ErrUnavailable)),
		odd: errors.New(odd),
		"the store did not answer\n  reading room: 4: " + none: errors.Join(table.ErrUnavailable,
			fmt.Errorf("reading room: 4: %w", missing)),
	} {
		var says strings.Builder
		code := (streams{err: &says}).explain(err, "")
		if code != exitFailure || says.String() != "parley: "+want+"\n" {
			t.Errorf("%q became %q", err, &says)
		}
	}
}

// TestRun_theSystemRefuses_aPersonReadsWhatWasGiven plays Go's errors about a file, a port and a connection.
func TestRun_theSystemRefuses_aPersonReadsWhatWasGiven(t *testing.T) {
	emptyHome(t)
	t.Setenv("PARLEY_URL", "")
	t.Setenv("PATH", t.TempDir()) // without the programs that name this user's shell
	server := strings.TrimPrefix(apptest.Serve(t, nil), "http://")
	file, folder := emptyFile(t), filepath.Join(t.TempDir(), "none")
	inFile := filepath.Join(file, "x.db")
	for line, want := range map[string]string{
		"backup --data " + file + " " + filepath.Join(folder, "b.db"): "cannot create a file in the folder " +
			folder + ": " + syscall.ENOENT.Error() + "; check the name, or make the folder, or name another file\n",
		"check " + filepath.Dir(file): filepath.Dir(file) + ": " + syscall.EISDIR.Error() +
			"; name a file, or move the folder away, or choose another file\n",
		"serve --addr 127.0.0.1:0 --data " + inFile: file + ": " + syscall.ENOTDIR.Error() +
			"; move the file away that stands in place of a folder, or choose another file with --data\n",
		"serve --addr " + server: "cannot listen on " + server + ": " + syscall.EADDRINUSE.Error() +
			". A Parley server runs there already: use it at http://" + server,
		"rooms --url https://" + server: "the server at https://" + server + " cannot be reached: it speaks http, " +
			"not https; see parley doctor",
		"completion": "name your shell, bash, zsh or fish, such as: parley completion bash\n",
	} {
		if code, says := report(t, strings.Fields(line)...); code == 0 || !strings.HasPrefix(says, "parley: "+want) {
			t.Errorf("%s: code %d, %q", line, code, says)
		}
	}
}

// A shell runs the line, so the command prints only the line.
func TestCompletion_printsTheLineForTheShell(t *testing.T) {
	want := "complete -o default -o bashdefault -C "
	for _, line := range [][]string{{"completion", "-c", "bash"}, {"completion", "bash"},
		{"\ufeffcompletion", "\ufeffbash"}} {
		code, out, says := command(t, line...)
		if code != 0 || says != "" || !strings.HasPrefix(out, want) {
			t.Errorf("%q: code %d, %q, %q; want %q", line, code, out, says, want)
		}
	}
}
