//go:build !windows

package shell

import "os"

// showsColors reports whether a terminal understands colors.
func showsColors(*os.File) bool { return true }
