package lambdaenv

import (
	"cmp"
	"os"
)

const (
	fileEnv   = "SSL_CERT_FILE"
	folderEnv = "SSL_CERT_DIR"
	// bundle holds all the certificates that Amazon Linux trusts.
	bundle = "/etc/pki/tls/certs/ca-bundle.crt"
)

// ReadRootsOnce makes crypto/x509 read the certificates of the system from one file.
// After the file it would read them again from folders, where each has a file of its
// own: that is nine of twelve milliseconds on Amazon Linux 2023 (go.dev/issue/79018). A
// folder that the environment names is still read. Call it before the first connection.
func ReadRootsOnce() error {
	if _, err := os.Stat(cmp.Or(os.Getenv(fileEnv), bundle)); err != nil || os.Getenv(folderEnv) != "" {
		return nil // without the file, the folders are needed
	}
	return os.Setenv(folderEnv, os.DevNull)
}
