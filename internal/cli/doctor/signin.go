package doctor

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/cli/client"
)

// signInServerPath is where a server says how programs sign in (RFC 8414).
const signInServerPath = "/.well-known/oauth-authorization-server/oauth"

// signInServer is the document at signInServerPath.
type signInServer struct {
	Issuer    string   `json:"issuer"`
	Authorize string   `json:"authorization_endpoint"`
	Token     string   `json:"token_endpoint"`
	Register  string   `json:"registration_endpoint"`
	Methods   []string `json:"code_challenge_methods_supported"`
	Auth      []string `json:"token_endpoint_auth_methods_supported"`
	Documents bool     `json:"client_id_metadata_document_supported"`
}

// wrong says which field the server at base should write differently; "" if all is right.
func (s signInServer) wrong(base string) string {
	at := base + "/oauth"
	switch {
	case s.Issuer != at:
		return "names the issuer " + s.Issuer
	case s.Authorize != at+"/authorize" || s.Token != at+"/token" || s.Register != at+"/register":
		return "names addresses of another server"
	case !slices.Contains(s.Methods, "S256"):
		return "does not list S256 in code_challenge_methods_supported"
	case !slices.Contains(s.Auth, "none"):
		return "does not list none in token_endpoint_auth_methods_supported"
	case !s.Documents:
		return "does not have client_id_metadata_document_supported"
	}
	return ""
}

// signIn checks whether programs can sign in at the server. Like such a program, signIn shows no key.
func (v *visit) signIn(ctx context.Context) {
	const check = "sign-in"
	const pass = "let " + client.SignInPath + ", " + signInServerPath + " and everything below /oauth/ pass " +
		"unchanged through any proxy in front of the server"
	ctx, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	stranger := v.at(client.Place{Base: v.Server})
	defer func() { _ = stranger.Close() }()
	is, err := stranger.SignIn(ctx)
	mcp := client.Place{Base: v.Server}.MCP()
	switch {
	case errors.Is(err, client.ErrNoSignIn):
		// A server that sends programs to sign in must have a sign-in.
		if stranger.SendsToSignIn(ctx) {
			v.fail(check, pass, "the server sends programs to sign in, but nothing answers at %s", client.SignInPath)
		}
		return
	case err != nil:
		v.fail(check, v.fixOf(err), "%s: %s", client.SignInPath, client.Reason(err))
		return
	case is.Resource != mcp:
		v.warn(check, "give clients the address "+is.Resource+", or start the server with --public-url "+v.Server,
			"programs can sign in only for %s: clients that use %s need a key", is.Resource, mcp)
		return
	case !slices.Equal(is.Servers, []string{v.Server + "/oauth"}):
		v.fail(check, pass, "programs are sent to another server to sign in: %s", strings.Join(is.Servers, ", "))
		return
	}
	var server signInServer
	said, err := stranger.Document(ctx, signInServerPath, nil)
	if err != nil || !said.Read(&server) {
		v.fail(check, pass, "nothing answers at %s", signInServerPath)
		return
	}
	if wrong := server.wrong(v.Server); wrong != "" {
		v.fail(check, pass, "%s %s", signInServerPath, wrong)
		return
	}
	var program struct {
		ID string `json:"client_id"`
	}
	said, err = stranger.Document(ctx, "/oauth/register", map[string]any{"client_name": "parley doctor",
		"redirect_uris": []string{"http://127.0.0.1/callback"}}) // the server does not store the program
	if err != nil || !said.Read(&program) || program.ID == "" {
		v.fail(check, pass, "a program that registers at /oauth/register gets no id")
		return
	}
	if !stranger.SendsToSignIn(ctx) {
		v.warn(check, "make any proxy in front of the server pass the header Host on unchanged; behind CloudFront, "+
			"set OriginSecret", "the server does not see that programs call %s, and sends none to sign in: clients "+
			"need a key", mcp)
		return
	}
	v.signsIn = v.ok(check, "programs can sign in for %s", mcp)
}
