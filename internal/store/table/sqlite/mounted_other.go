//go:build !linux

package sqlite

// isMounted reports whether a file is itself a mount point. Only Linux has such files.
func isMounted(string) bool { return false }
