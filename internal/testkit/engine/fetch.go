package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// CacheEnv is the folder to download into, instead of the user's cache.
const CacheEnv = "PARLEY_TEST_CACHE"

// ErrMissing means that this machine cannot run an engine. The error that wraps it says what is missing.
var ErrMissing = errors.New("a part is missing")

// Strict reports whether a missing engine is a failure.
func Strict() bool { return os.Getenv("CI") == "true" }

// CacheDir returns the folder to download into.
func CacheDir() (string, error) {
	dir := os.Getenv(CacheEnv)
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("no folder to download into, set %s: %w", CacheEnv, err)
		}
		dir = filepath.Join(user, "parley")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return dir, os.MkdirAll(dir, 0o755)
}

// Fetched returns ErrMissing unless the folder is there, which is whole then. what and size are for people.
func Fetched(dir, what, size string) error {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return fmt.Errorf("%w: %s is not fetched yet (%s); make fetch does so, once", ErrMissing, what, size)
	}
	return nil
}

// Fetch has fill fill the folder, unless it is there, and says so before. It appears whole or not at all.
// Processes that ask at the same time fetch once.
func Fetch(ctx context.Context, dir, what, size string, fill func(partial string) error) error {
	if Fetched(dir, what, size) == nil {
		return nil
	}
	unlock, err := Lock(ctx, dir+".lock")
	if err != nil {
		return err
	}
	defer unlock()
	if Fetched(dir, what, size) == nil { // another process has fetched it meanwhile
		return nil
	}
	fmt.Fprintf(os.Stderr, "Fetching %s: about %s, once, into %s\n", what, size, dir)
	partial := dir + ".partial"
	if err := os.RemoveAll(partial); err != nil { // left by a fetch that was killed
		return err
	}
	if err := os.Mkdir(partial, 0o755); err != nil {
		return err
	}
	if err := fill(partial); err != nil {
		return err
	}
	return os.Rename(partial, dir)
}
