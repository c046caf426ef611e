package e2e

import (
	"context"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/tlsfront"
	"github.com/parley-chat/parley/internal/observe/meter"
	"github.com/parley-chat/parley/internal/outbound/outcall"
	"github.com/parley-chat/parley/internal/server/app"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
)

// internetEnv has the program of the tests serve as parley serve does, with an internet in which every name leads to
// one host on this machine. It holds the host and port, and the file with the certificate of its authority.
const internetEnv = "PARLEY_E2E_INTERNET"

// startWithInternet starts a server at which programs sign in whose documents a front serves.
func startWithInternet(t *testing.T, f *tlsfront.Front) *program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := newProgram(t, []string{"--data", t.TempDir() + "/parley.db", "--public-url", f.URL},
		[]string{internetEnv + "=" + strings.TrimPrefix(f.URL, "https://") + " " + f.Roots})
	p.binary = self
	p.launch("127.0.0.1:0")
	return p
}

// serveWithInternet serves until the process is killed.
func serveWithInternet(internet string, args []string) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	addr, data := flags.String("addr", "", ""), flags.String("data", "", "")
	settings := app.Settings{Access: "keys", SignIn: "auto"}
	flags.StringVar(&settings.PublicURL, "public-url", "", "")
	host, file, _ := strings.Cut(internet, " ")
	text, err := os.ReadFile(file)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	if err := errors.Join(err, flags.Parse(args)); err != nil {
		return err
	}
	a, err := app.New(context.Background(), app.Config{Settings: settings,
		Open: func(context.Context, *meter.Meter) (app.Store, error) {
			tab, err := sqlite.Open(*data, sqlite.Options{})
			if err != nil {
				return app.Store{}, err
			}
			return app.Store{Table: tab, SingleProcess: true, Close: tab.Close}, nil
		},
		Internet: outcall.Options{Roots: roots,
			Lookup: func(context.Context, string) ([]netip.Addr, error) {
				return []netip.Addr{netip.MustParseAddr("93.184.215.14")}, nil
			},
			Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, host)
			}}})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	fmt.Printf("http://%s/mcp\n", listener.Addr())
	return http.Serve(listener, a.Handler)
}
