package main

import (
	"context"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"github.com/parley-chat/parley/internal/auth/access"
)

// keyCommand returns the command that makes a key for a server at base, as one pastes it into a
// shell; "" if there is a key already. The server makes none itself: what it prints may be
// kept in a log, also what it prints on a terminal (script, docker run -t).
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

// pasted writes a path as a shell reads it.
func pasted(path string) string {
	if plainPath.MatchString(path) {
		return path
	}
	if runtime.GOOS == "windows" { // whose older shell knows no other quotes
		return `"` + path + `"`
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

// plainPath is a path that a shell reads as it stands.
var plainPath = regexp.MustCompile(`^[A-Za-z0-9_./-]+$`)
