// Package early makes the go command compile SQLite, its longest step, beside the rest of the program. The go command
// compiles what a program imports in the order of the paths, and no path of another package of this module comes
// before this one. Without this package SQLite comes last: nothing else is left to compile, and go run -v and
// go install -v print no name for as long as SQLite takes.
package early

import _ "github.com/parley-chat/parley/internal/store/table/sqlite"
