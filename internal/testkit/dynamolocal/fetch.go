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

	"github.com/parley-chat/parley/internal/testkit/engine"
)

//go:embed pom.xml
var pom []byte

// configuration is what Jetty starts the engine from.
//
//go:embed loopback.xml
var configuration []byte

// configurationFile is its name in the folder of the engine.
const configurationFile = "loopback.xml"

// The engine, for people.
const what, size = "DynamoDB Local", "50 MB"

// fetched returns the folder of the engine. The folder's name depends on the content of pom.xml and
// loopback.xml. ErrMissing means that Java is not installed, or that the folder is not there yet.
func fetched(ctx context.Context) (dir string, err error) {
	if err := haveJava(ctx); err != nil {
		return "", err
	}
	cache, err := engine.CacheDir()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(append(bytes.Clone(pom), configuration...))
	dir = filepath.Join(cache, "dynamodb-local-"+hex.EncodeToString(sum[:6]))
	return dir, engine.Fetched(dir, what, size)
}

// Fetch returns the folder of the engine, and first has Maven download the jars
// if they are missing, which it says. Processes that ask at the same time fetch once.
// ErrMissing means that Java or Maven is not installed, or that Maven could not fetch.
func Fetch(ctx context.Context) (dir string, err error) {
	dir, err = fetched(ctx)
	if err == nil || dir == "" {
		return dir, err
	}
	mvn, err := exec.LookPath("mvn")
	if err != nil {
		return "", fmt.Errorf("%w: Maven (mvn), which downloads it", ErrMissing)
	}
	return dir, engine.Fetch(ctx, dir, what, size, func(partial string) error { return download(ctx, mvn, partial) })
}

// download fills the folder.
func download(ctx context.Context, mvn, folder string) error {
	pomFile := filepath.Join(folder, "pom.xml")
	if err := os.WriteFile(pomFile, pom, 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, configurationFile), configuration, 0o644); err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, mvn, "-B", "-q", "-f", pomFile,
		"org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies",
		"-DoutputDirectory="+filepath.Join(folder, "lib"), "-DincludeScope=runtime").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: Maven could not download it: %w\n%s", ErrMissing, err, out)
	}
	return nil
}

// haveJava runs java instead of only looking for it, since some systems have a
// program of that name which only says that Java is not installed.
func haveJava(ctx context.Context) error {
	if err := exec.CommandContext(ctx, "java", "-version").Run(); err != nil {
		return fmt.Errorf("%w: Java 17 or newer (%w)", ErrMissing, err)
	}
	return nil
}
