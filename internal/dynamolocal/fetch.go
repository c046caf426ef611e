package dynamolocal

import (
	"context"
	"crypto/sha256"
	_ "embed" // pom.xml
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

//go:embed pom.xml
var pom []byte

// Fetch returns the folder that holds the engine's jars, and first has Maven
// bring them there where they are not yet (some 50 MB). The folder is named
// after the content of pom.xml and appears whole or not at all; processes that
// ask at once fetch once. ErrMissing tells that Java or Maven are not installed,
// or that Maven could not fetch.
func Fetch(ctx context.Context) (dir string, err error) {
	if err := haveJava(ctx); err != nil {
		return "", err
	}
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(pom)
	dir = filepath.Join(cache, "dynamodb-local-"+hex.EncodeToString(sum[:6]))
	if isDir(dir) {
		return dir, nil
	}
	unlock, err := lock(ctx, filepath.Join(cache, "dynamodb-local.fetch.lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	if isDir(dir) { // another process had the lock, and fetched
		return dir, nil
	}
	return dir, download(ctx, cache, dir)
}

// download has Maven copy the jars into a folder beside dir, and gives it that
// name when all are there. The caller holds the lock.
func download(ctx context.Context, cache, dir string) error {
	mvn, err := exec.LookPath("mvn")
	if err != nil {
		return fmt.Errorf("%w: Maven (mvn) to download it; install Maven, or set %s to a running engine", ErrMissing, EndpointEnv)
	}
	temp := filepath.Join(cache, "dynamodb-local.fetching")
	if err := os.RemoveAll(temp); err != nil { // what a fetch that was killed left
		return err
	}
	if err := os.Mkdir(temp, 0o755); err != nil {
		return err
	}
	pomFile := filepath.Join(temp, "pom.xml")
	if err := os.WriteFile(pomFile, pom, 0o644); err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, mvn, "-B", "-q", "-f", pomFile,
		"org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies",
		"-DoutputDirectory="+filepath.Join(temp, "lib"), "-DincludeScope=runtime").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: Maven could not download it: %w\n%s", ErrMissing, err, out)
	}
	return os.Rename(temp, dir)
}

// haveJava runs java rather than only looking for it: where no Java is
// installed, some systems have a java that says so and fails.
func haveJava(ctx context.Context) error {
	if err := exec.CommandContext(ctx, "java", "-version").Run(); err != nil {
		return fmt.Errorf("%w: Java 17 or newer; install it, or set %s to a running engine (%w)", ErrMissing, EndpointEnv, err)
	}
	return nil
}

func cacheDir() (string, error) {
	dir := os.Getenv(CacheEnv)
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("no folder to download DynamoDB Local into, set %s: %w", CacheEnv, err)
		}
		dir = filepath.Join(user, "parley")
	}
	return dir, os.MkdirAll(dir, 0o755)
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
