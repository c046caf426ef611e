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

// Document is a server's answer to anybody at a path of the server's origin, sent without the caller's bearer.
type Document struct {
	Status int
	body   []byte
}

// Read decodes a document into v, and reports whether the document exists and fits.
func (d Document) Read(v any) bool {
	return (d.Status == http.StatusOK || d.Status == http.StatusCreated) && json.Unmarshal(d.body, v) == nil
}

// Document asks for a document. If sent is not nil, Document posts sent as JSON.
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

// SignIn says where programs without a key sign in (RFC 9728, section 2).
type SignIn struct {
	Resource string   `json:"resource"`              // the address of MCP that needs the sign-in
	Servers  []string `json:"authorization_servers"` // where
}

// SignInPath is the path of the server's SignIn.
const SignInPath = "/.well-known/oauth-protected-resource" + mcpPath

// ErrNoSignIn is the error of a server without a sign-in for programs.
var ErrNoSignIn = errors.New("client: no program signs in there")

// SignIn returns the server's SignIn, or ErrNoSignIn.
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

// SendsToSignIn reports whether the server asks a program without a key at MCP to sign in. Without that answer programs
// do not begin to sign in, whatever [Client.SignIn] returns.
func (c *Client) SendsToSignIn(ctx context.Context) bool {
	door, err := c.Document(ctx, mcpPath, nil)
	return err == nil && door.Status == http.StatusUnauthorized
}
