package dynamolocal

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed" // pom.xml, loopback.xml
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

//go:embed pom.xml
var pom []byte

// configuration is what Jetty starts the engine from.
//
//go:embed loopback.xml
var configuration []byte

// configurationFile is its name in the folder of the engine.
const configurationFile = "loopback.xml"

// fetched returns the cache, and in it the folder of the engine. The folder's name depends on
// the content of pom.xml and loopback.xml. It appears complete or not at all. ErrMissing
// means that Java is not installed, or that the folder is not there yet.
func fetched(ctx context.Context) (cache, dir string, err error) {
	if err := haveJava(ctx); err != nil {
		return "", "", err
	}
	if cache, err = cacheDir(); err != nil {
		return "", "", err
	}
	sum := sha256.Sum256(append(bytes.Clone(pom), configuration...))
	dir = filepath.Join(cache, "dynamodb-local-"+hex.EncodeToString(sum[:6]))
	if !isDir(dir) {
		return cache, dir, fmt.Errorf("%w: it is not fetched yet (50 MB); make fetch does so, once", ErrMissing)
	}
	return cache, dir, nil
}

// Fetch returns the folder of the engine, and first has Maven download the jars
// if they are missing, which it says. Processes that ask at the same time fetch once.
// ErrMissing means that Java or Maven is not installed, or that Maven could not fetch.
func Fetch(ctx context.Context) (dir string, err error) {
	cache, dir, err := fetched(ctx)
	if err == nil || dir == "" {
		return dir, err
	}
	unlock, err := lock(ctx, filepath.Join(cache, "dynamodb-local.fetch.lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	if isDir(dir) { // another process has fetched it meanwhile
		return dir, nil
	}
	return dir, download(ctx, cache, dir)
}

// download fills a folder beside dir, and renames it to dir when it is complete.
// The caller holds the lock.
func download(ctx context.Context, cache, dir string) error {
	mvn, err := exec.LookPath("mvn")
	if err != nil {
		return fmt.Errorf("%w: Maven (mvn), which downloads it", ErrMissing)
	}
	fmt.Fprintf(os.Stderr, "Fetching DynamoDB Local: about 50 MB, once, into %s\n", dir)
	temp := filepath.Join(cache, "dynamodb-local.fetching")
	if err := os.RemoveAll(temp); err != nil { // left by a fetch that was killed
		return err
	}
	if err := os.Mkdir(temp, 0o755); err != nil {
		return err
	}
	pomFile := filepath.Join(temp, "pom.xml")
	if err := os.WriteFile(pomFile, pom, 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(temp, configurationFile), configuration, 0o644); err != nil {
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

// haveJava runs java instead of only looking for it, since some systems have a
// program of that name which only says that Java is not installed.
func haveJava(ctx context.Context) error {
	if err := exec.CommandContext(ctx, "java", "-version").Run(); err != nil {
		return fmt.Errorf("%w: Java 17 or newer (%w)", ErrMissing, err)
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
