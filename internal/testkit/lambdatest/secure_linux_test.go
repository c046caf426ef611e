package lambdatest_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// secured is a table's engine behind TLS, as DynamoDB is.
type secured struct {
	url    string
	roots  string       // a file with the certificates to trust
	opened atomic.Int64 // connections, from the end of their handshake
}

// secure puts TLS before the engine at endpoint. The certificate is of the kind that
// DynamoDB has: RSA with 2,048 bits, below an authority of its own.
func secure(t *testing.T, endpoint string) *secured {
	t.Helper()
	engine, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	s := &secured{roots: filepath.Join(t.TempDir(), "roots.pem")}
	certificate, authority := certify(t)
	if err := os.WriteFile(s.roots, append(systemRoots(), authority...), 0o600); err != nil {
		t.Fatal(err)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	s.url = "https://" + listener.Addr().String()
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go s.relay(c.(*tls.Conn), engine.Host)
		}
	}()
	return s
}

// relay joins a connection to the engine until one of the two ends it.
func (s *secured) relay(c *tls.Conn, engine string) {
	defer c.Close()
	if c.Handshake() != nil {
		return
	}
	s.opened.Add(1)
	e, err := net.Dial("tcp", engine)
	if err != nil {
		return
	}
	defer e.Close()
	go func() {
		_, _ = io.Copy(e, c)
		e.Close()
	}()
	_, _ = io.Copy(c, e)
}

// systemRoots returns the machine's own roots, which a function reads, too; nil if it
// has none.
func systemRoots() []byte {
	for _, name := range []string{"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"} {
		if text, err := os.ReadFile(name); err == nil {
			return text
		}
	}
	return nil
}

// certify returns a certificate of the loopback address, and in PEM that of the
// authority that signed it.
func certify(t *testing.T) (tls.Certificate, []byte) {
	t.Helper()
	authority := unsigned("an authority")
	authority.IsCA, authority.BasicConstraintsValid, authority.KeyUsage = true, true, x509.KeyUsageCertSign
	above := newKey(t)
	root := signed(t, authority, authority, &above.PublicKey, above)
	leaf := unsigned("an engine")
	leaf.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	key := newKey(t)
	return tls.Certificate{Certificate: [][]byte{signed(t, leaf, authority, &key.PublicKey, above)}, PrivateKey: key},
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root})
}

func unsigned(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
}

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func signed(t *testing.T, c, by *x509.Certificate, key *rsa.PublicKey, with *rsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, c, by, key, with)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
