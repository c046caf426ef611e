package lambdaenv

import (
	"crypto/x509"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

// crypto/x509 reads the environment once in a process, so a process has one try.
func TestReadRootsOnce_bundle_isAllThatIsRead(t *testing.T) {
	server := httptest.NewTLSServer(nil) // for its certificate
	defer server.Close()
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	file := filepath.Join(t.TempDir(), "bundle.pem")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(fileEnv, file)
	t.Setenv(folderEnv, "")
	if err := ReadRootsOnce(); err != nil {
		t.Fatal(err)
	}
	got, err := x509.SystemCertPool()
	want := x509.NewCertPool()
	if !want.AppendCertsFromPEM(text) {
		t.Fatal("the certificate is not read")
	}
	if err != nil || !got.Equal(want) {
		t.Errorf("more than the file was read, or less: %v", err)
	}
}

func TestReadRootsOnce_otherFolder_isKept(t *testing.T) {
	for file, folder := range map[string]string{"/dev/null": "/etc/parley", filepath.Join(t.TempDir(), "absent"): ""} {
		t.Setenv(fileEnv, file)
		t.Setenv(folderEnv, folder)
		if err := ReadRootsOnce(); err != nil || os.Getenv(folderEnv) != folder {
			t.Errorf("%s and %q: %q is read, %v", file, folder, os.Getenv(folderEnv), err)
		}
	}
}
