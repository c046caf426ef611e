package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
)

// Document is what a server answers to anybody at a path of its origin, without what admits the caller.
type Document struct {
	Status int
	body   []byte
}

// Read stores a document in v, and reports whether there is one: JSON that fits.
func (d Document) Read(v any) bool {
	return (d.Status == http.StatusOK || d.Status == http.StatusCreated) && json.Unmarshal(d.body, v) == nil
}

// Document asks for one. With something to send, which is made JSON, it posts that.
func (c *Client) Document(ctx context.Context, path string, sent any) (Document, error) {
	u, err := url.Parse(c.base)
	if err != nil {
		return Document{}, err
	}
	method, body := http.MethodGet, []byte(nil)
	if sent != nil {
		method = http.MethodPost
		body, err = json.Marshal(sent)
		if err != nil {
			return Document{}, err
		}
	}
	u.Path, u.RawPath = path, ""
	r, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return Document{}, err
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", c.userAgent())
	if sent != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.files.Do(r)
	if err != nil {
		return Document{}, c.broken(ctx, err)
	}
	defer resp.Body.Close()
	const most = 64 << 10
	body, err = io.ReadAll(io.LimitReader(resp.Body, most))
	if err != nil {
		return Document{}, c.broken(ctx, err)
	}
	return Document{resp.StatusCode, body}, nil
}

// SignIn is what a server says of where programs sign in that have no key (RFC 9728, section 2).
type SignIn struct {
	Resource string   `json:"resource"`              // the address of MCP for which they do
	Servers  []string `json:"authorization_servers"` // where
}

// SignInPath is where a server says that for its address of MCP.
const SignInPath = "/.well-known/oauth-protected-resource" + mcpPath

// ErrNoSignIn is the error of a server at which programs do not sign in.
var ErrNoSignIn = errors.New("client: no program signs in there")

// SignIn returns what the server says, or ErrNoSignIn.
func (c *Client) SignIn(ctx context.Context) (SignIn, error) {
	var is SignIn
	d, err := c.Document(ctx, SignInPath, nil)
	switch {
	case err != nil:
		return is, err
	case !d.Read(&is) || is.Resource == "":
		return SignIn{}, ErrNoSignIn
	}
	return is, nil
}

// SendsToSignIn reports whether the server sends a program that comes to MCP without a key to sign in. Where it does
// not, programs do not begin, whatever [Client.SignIn] says.
func (c *Client) SendsToSignIn(ctx context.Context) bool {
	door, err := c.Document(ctx, mcpPath, nil)
	return err == nil && door.Status == http.StatusUnauthorized
}
