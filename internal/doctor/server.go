package doctor

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/fault"
)

// quick bounds each check that takes no time if all is well.
const quick = 10 * time.Second

// server asks whether a Parley server is there.
func (v *visit) server(ctx context.Context) bool {
	const check = "server"
	var hello struct {
		Server struct {
			Name, Version string
		} `json:"serverInfo"`
	}
	err := v.wire.ask(ctx, "initialize", map[string]any{
		"protocolVersion": "2025-11-25", "capabilities": struct{}{},
		"clientInfo": map[string]string{"name": "parley-doctor", "version": v.Version},
	}, &hello)
	switch {
	case errors.Is(err, errTurnedAway):
		return v.ok(check, "Parley answers at %s", v.Server)
	case err != nil:
		return v.fail(check, v.fixOf(err), "%s: %s", v.Server, client.Reason(err))
	case hello.Server.Name != "parley":
		return v.fail(check, "name the right address with --url", "the MCP server there is %q, "+
			"not Parley", hello.Server.Name)
	}
	return v.ok(check, "Parley %s answers at %s, and this program is %s", hello.Server.Version, v.Server, v.Version)
}

// fixOf says what to do about an error of a request.
func (v *visit) fixOf(err error) string {
	var s *strange
	switch {
	case errors.As(err, &s):
		return s.fix()
	case errors.As(err, new(*net.DNSError)):
		return "check the spelling of the address, or the network of this machine"
	case errors.Is(err, http.ErrSchemeMismatch):
		return "name the address with http://, or put a proxy with a certificate in front of the server"
	case errors.As(err, new(x509.UnknownAuthorityError)):
		return "let this machine trust the authority that has signed the certificate (SSL_CERT_FILE), and the " +
			"clients, too (NODE_EXTRA_CA_CERTS); or use a certificate of a public one"
	case errors.As(err, new(*tls.CertificateVerificationError)):
		return "renew the certificate, or use an address that it names"
	case client.ServeLine(v.Server) != "":
		return client.ServeLine(v.Server)
	}
	return "start the server, and let the firewall pass its port; or name the right address with --url"
}

// admits asks whether the server admits this person, by a key or by an invite.
func (v *visit) admits(ctx context.Context) bool {
	v.wire.wants = v.wire.as("").knock(ctx) != nil
	if v.Invite != "" {
		if v.wire.knock(ctx) != nil {
			return v.fail("invite", "ask the person who invited you for a new one", "the server does not admit the "+
				"invite: its room has ended, or it is for another server")
		}
		return v.ok("invite", "the server admits guests by it, into one room")
	}
	fix := client.SetKey(v.Server) + " The person who runs the server makes one: parley keys add LABEL"
	switch {
	case !v.wire.wants: // whatever else is wrong, the next checks find
		return v.ok("key", "the server needs none")
	case v.Key == "":
		return v.fail("key", fix, "the server admits only callers with a key")
	case v.wire.knock(ctx) != nil:
		return v.fail("key", fix, "the server does not admit the key %s: it was revoked, has expired, or is for "+
			"another server", client.ShownKey(v.Key))
	}
	return v.ok("key", "the server admits %s", client.ShownKey(v.Key))
}

// wire makes requests of MCP, and shows what comes over HTTP.
type wire struct {
	http    *http.Client
	base    string // the address of the server, without /mcp
	version string // of this program
	key     string // that the requests show; "" for none
	invite  string // by whose address they go; "" for none
	wants   bool   // the server admits only callers with a key
}

// as returns the wire of somebody with another key, or with none, and without an invite.
func (w *wire) as(key string) *wire {
	other := *w
	other.key, other.invite = key, ""
	return &other
}

// knock returns errTurnedAway if the server does not admit the key, and else nil.
func (w *wire) knock(ctx context.Context) error {
	if err := w.ask(ctx, "tools/list", struct{}{}, &struct{}{}); errors.Is(err, errTurnedAway) {
		return err
	}
	return nil
}

// ask makes one request of MCP and stores its result.
func (w *wire) ask(ctx context.Context, method string, params, result any) error {
	ctx, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	resp, err := w.post(ctx, method, params)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	const most = 1 << 20
	body, err := io.ReadAll(io.LimitReader(resp.Body, most))
	if err != nil {
		return err
	}
	strange := &strange{status: resp.StatusCode, kind: resp.Header.Get("Content-Type")}
	a, ok := answerIn(body)
	switch {
	case !ok:
		return strange
	case a.Error != nil && a.Error.Data.Code == string(fault.KeyInvalid):
		return errTurnedAway
	case a.Error != nil:
		strange.message = a.Error.Message
		return strange
	}
	if json.Unmarshal(a.Result, result) != nil {
		return strange
	}
	return nil
}

// errTurnedAway is the error of a request that the server did not admit.
var errTurnedAway = errors.New("the server does not admit the request")

// strange is an answer that is no result.
type strange struct {
	status  int
	kind    string // of its content
	message string // of an error of MCP; "" if it is none of MCP's
}

// Error implements error.
func (s *strange) Error() string {
	if s.message != "" {
		return fmt.Sprintf("the server answers %d %s: %.200s", s.status, http.StatusText(s.status), s.message)
	}
	return fmt.Sprintf("the answer is %d %s, of the type %q", s.status, http.StatusText(s.status), s.kind)
}

// fix says what to do about it.
func (s *strange) fix() string {
	switch {
	case s.message != "":
		return "see the log of the server"
	case s.status == http.StatusUnauthorized, s.status == http.StatusForbidden,
		s.status == http.StatusProxyAuthRequired:
		return "let whatever asks for a sign-in in front of the server pass /mcp and /v1/wait; a local server " +
			"needs --public-url with the address that clients use"
	case s.status == http.StatusNotFound:
		return "check the address: it ends where /mcp would follow"
	case s.status >= http.StatusInternalServerError:
		return "the proxy answers, but not the server behind it: start the server, or correct the address to which " +
			"the proxy passes requests"
	}
	return "check whether this is the address of a Parley server"
}

// post sends a request of MCP.
func (w *wire) post(ctx context.Context, method string, params any) (*http.Response, error) {
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	if err != nil {
		return nil, err
	}
	to := client.Place{Base: w.base, Invite: w.invite}.MCP()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	req.Header.Set("User-Agent", "parley-doctor/"+w.version)
	if w.key != "" {
		req.Header.Set("Authorization", "Bearer "+w.key)
	}
	resp, err := w.http.Do(req)
	var in *url.Error // whose URL may hold the invite
	if errors.As(err, &in) {
		err = in.Err
	}
	return resp, err
}

// answer is a JSON-RPC message of the server.
type answer struct {
	Method string          `json:"method"` // of a notification
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
		Data    struct {
			Code string `json:"code"`
		} `json:"data"`
	} `json:"error"`
}

// answerIn returns the message in a body or in an event; ok is false if there is none.
func answerIn(text []byte) (a answer, ok bool) {
	err := json.Unmarshal(text, &a)
	return a, err == nil && (a.Method != "" || a.Error != nil || a.Result != nil)
}
