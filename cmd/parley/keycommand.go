package main

import (
	"context"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"github.com/parley-chat/parley/internal/auth/access"
)

// keyCommand returns the command that makes a key for a server at base, for pasting into a shell; "" if there is a key
// already. The server itself makes no key: its output may be kept in a log, even the output on a terminal (script,
// docker run -t).
func keyCommand(ctx context.Context, keys *access.Keys, s settings, base string) (string, error) {
	some, err := keys.Any(ctx)
	if some || err != nil {
		return "", err
	}
	where := "--table " + s.Table
	if s.Table == "" {
		path, err := filepath.Abs(s.Data) // the shell may be in another folder
		if err != nil {
			return "", err
		}
		where = "--data " + pasted(path)
	}
	return "parley keys add LABEL " + where + " --public-url " + base, nil
}

// pasted writes a path for a shell.
func pasted(path string) string {
	if plainPath.MatchString(path) {
		return path
	}
	if runtime.GOOS == "windows" { // the older shell of Windows knows no other quotes
		return `"` + path + `"`
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

// plainPath matches a path, or a flag with a value, that needs no quotes in a shell.
var plainPath = regexp.MustCompile(`^[A-Za-z0-9_./-][A-Za-z0-9_./:=-]*$`)
