package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/parley-chat/parley/internal/access"
	"github.com/parley-chat/parley/internal/shell"
)

// firstLabel is the label of the key that a server makes at its first start.
const firstLabel = "first"

// firstKey makes the first key for a person who reads the terminal out, and returns it; ""
// if there is one already. Where out is no terminal it could be a log, in which no key must
// stand: then errs gets how to make one.
func firstKey(ctx context.Context, keys *access.Keys, s settings, out, errs io.Writer) (key string, err error) {
	some, err := keys.Any(ctx)
	if some || err != nil {
		return "", err
	}
	if shell.ScreenOn(out).Terminal {
		key, err := keys.Add(ctx, firstLabel, 0)
		return key.String(), err
	}
	where := "--data " + pasted(s.Data)
	if s.Table != "" {
		where = "--table " + s.Table
	}
	_, err = fmt.Fprintf(errs, "There is no key yet, so nobody can use this server. Make one: parley keys add LABEL %s\n", where)
	return "", err
}

// pasted writes a path as a shell reads it.
func pasted(path string) string {
	if runtime.GOOS == "windows" { // whose older shell knows no other quotes
		return `"` + path + `"`
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
