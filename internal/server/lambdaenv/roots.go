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

// ReadRootsOnce makes crypto/x509 read the certificates of the system from one file. After the file, crypto/x509
// would read the certificates again from folders with a file for each: nine of twelve milliseconds on Amazon Linux
// 2023 (go.dev/issue/79018). A folder in the environment is still read. Call ReadRootsOnce before the first
// connection.
func ReadRootsOnce() error {
	if _, err := os.Stat(cmp.Or(os.Getenv(fileEnv), bundle)); err != nil || os.Getenv(folderEnv) != "" {
		return nil // without the file, the folders are needed
	}
	return os.Setenv(folderEnv, os.DevNull)
}
