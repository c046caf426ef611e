// Package oauth lets programs sign in that cannot send a key: an OAuth 2.1 authorization server for the one resource of
// this server, as the MCP specification asks (2026-07-28, "Authorization").
//
// A [Server] answers at its routes. A person with a key allows a program on a page, whose script posts to the same
// address. A document at an https address (CIMD), or a registration that is the id itself (RFC 7591), describes each
// program, so nothing is stored of programs. Package signin decides what is stored of a sign-in.
package oauth

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jonboulle/clockwork"
	"golang.org/x/text/unicode/norm"

	"github.com/parley-chat/parley/internal/auth"
	"github.com/parley-chat/parley/internal/auth/signin"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/sanitize"
)

// The routes. Some clients make the short paths up at the origin.
const (
	resourcePath  = "/.well-known/oauth-protected-resource/mcp"     // RFC 9728
	serverPath    = "/.well-known/oauth-authorization-server/oauth" // RFC 8414
	issuerPath    = "/oauth"
	authorizePath = issuerPath + "/authorize"
	tokenPath     = issuerPath + "/token"
	registerPath  = issuerPath + "/register"
	revokePath    = issuerPath + "/revoke"
	// CallbackPath is where people come back from the provider of their account.
	CallbackPath = issuerPath + "/callback"

	// resourceSlash is resourcePath for a client that has the address of MCP with a slash at the end.
	resourceSlash = resourcePath + "/"

	shortAuthorize = "/authorize"
	shortToken     = "/token"
	shortRegister  = "/register"
)

// scopes are the scopes of each token. offline_access makes clients ask for a refresh token.
const (
	scope  = "parley"
	scopes = "parley offline_access"
)

// Options of a Server. All are required but Accounts.
type Options struct {
	// Public is the address of the server without a path, such as https://parley.example.
	Public string
	// Resource is the address of MCP there.
	Resource string
	SignIns  *signin.SignIns
	// Key returns who holds a pasted key. Its errors are the errors of access.Gate.
	Key func(ctx context.Context, text string) (ident.Principal, error)
	// Guess calls f, which looks up a secret, when a turn of the network address comes: see access.Gate.
	Guess func(ctx context.Context, secret, address string, f func() error) error
	// Accounts let people sign in without a key; nil: no accounts.
	Accounts *Accounts
	// Document returns the answer of an https address to a GET that accepts JSON. Judge says, by the address alone, why
	// Document would not call the address; nil: it would.
	Document func(ctx context.Context, address string) (body []byte, err error)
	Judge    func(address string) error
	Clock    clockwork.Clock
	Logger   *slog.Logger
}

// Server answers at its routes. The methods may be called concurrently.
type Server struct {
	o         Options
	documents documents
}

// New returns a Server.
func New(o Options) *Server {
	return &Server{o: o, documents: documents{get: o.Document, judge: o.Judge, clock: o.Clock,
		of: map[string]document{}}}
}

// Route is what a path of a Server is for.
type Route int

// The routes. Pages of any origin may call a Document: no cookie grants them anything.
const (
	None     Route = iota
	Document       // for programs
	Page           // for people: a GET is answered with the page, and a POST by the Server
	Callback       // for people who come back from the provider of their account
)

// RouteOf returns what a path is for. A nil Server has no routes.
func (s *Server) RouteOf(path string) Route {
	if s == nil {
		return None
	}
	switch path {
	case resourcePath, resourceSlash, serverPath, tokenPath, registerPath, revokePath, shortToken, shortRegister:
		return Document
	case authorizePath, shortAuthorize:
		return Page
	case CallbackPath:
		if s.o.Accounts != nil {
			return Callback
		}
	}
	return None
}

// Challenges reports whether a caller that is not admitted at a host may sign in.
func (s *Server) Challenges(host string) bool {
	return s != nil && strings.EqualFold(strings.TrimSuffix(host, ":443"), strings.TrimPrefix(s.o.Public, "https://"))
}

// Challenge returns the value of WWW-Authenticate that tells a client where to sign in (RFC 9728, section 5.1). path is
// the path of the request, with or without a slash at the end. wrong says that the request had a token.
func (s *Server) Challenge(path string, wrong bool) string {
	at := resourcePath
	if strings.HasSuffix(path, "/") {
		at = resourceSlash
	}
	value := `Bearer resource_metadata="` + s.o.Public + at + `", scope="` + scope + `"`
	if wrong {
		value += `, error="invalid_token"`
	}
	return value
}

// Serve answers a request at a route that is not a GET of the page. address is the network address of the client.
func (s *Server) Serve(w http.ResponseWriter, r *http.Request, address string) {
	r.Body = io.NopCloser(sanitize.SkipByteOrderMark(bufio.NewReader(http.MaxBytesReader(w, r.Body, auth.MaxForm))))
	w.Header().Set("Cache-Control", "no-store")
	method, handle := http.MethodPost, s.token
	switch r.URL.Path {
	case resourcePath, resourceSlash:
		method, handle = http.MethodGet, s.resource
	case serverPath:
		method, handle = http.MethodGet, s.metadata
	case registerPath, shortRegister:
		handle = s.register
	case revokePath:
		handle = s.revoke
	case authorizePath, shortAuthorize:
		handle = s.authorize
	case CallbackPath:
		method, handle = http.MethodGet, s.callback
	}
	if r.Method != method && (r.Method != http.MethodHead || method != http.MethodGet) {
		w.Header().Set("Allow", method)
		answer(w, http.StatusMethodNotAllowed, refusal{"invalid_request", "This address takes " + method + " only."})
		return
	}
	handle(w, r, address)
}

// resource serves the metadata of the protected resource (RFC 9728, section 2). The metadata spell the resource as the
// client does, since the client compares both letter by letter (section 3.3).
func (s *Server) resource(w http.ResponseWriter, r *http.Request, _ string) {
	resource := s.o.Resource
	if r.URL.Path == resourceSlash {
		resource += "/"
	}
	answerForAWhile(w, map[string]any{
		"resource":                 resource,
		"authorization_servers":    []string{s.issuer()},
		"scopes_supported":         []string{scope},
		"bearer_methods_supported": []string{"header"},
		"resource_name":            "Parley",
	})
}

// plain returns the resource of s for any spelling of it, else resource. Spellings differ in case, in the port that is
// usual for https (RFC 3986, section 6.2.3) and in the form of an international name, and MCP is served with and
// without a slash at its end. Some clients name the whole server, and there is nothing else at this server to sign in
// to.
func (s *Server) plain(resource string) string {
	u, err := url.Parse(resource)
	if err != nil || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return resource
	}
	origin := strings.ToLower(u.Scheme + "://" + ASCIIHost(u.Host))
	origin = strings.TrimSuffix(strings.TrimSuffix(origin, ":443"), ":")
	path := strings.TrimSuffix(u.Path, "/")
	if origin == s.o.Public && (path == "" || origin+path == s.o.Resource) {
		return s.o.Resource
	}
	return resource
}

// ASCIIHost returns a host, with or without a port, as browsers send it: an international name, such as
// bücher.example, begins with xn-- there. It returns "" for a name that cannot be sent. The writer of requests in
// net/http knows that form.
func ASCIIHost(host string) string {
	if ident.IsASCII(host) {
		return host
	}
	name := strings.ReplaceAll(norm.NFKC.String(strings.ToLower(norm.NFKC.String(host))), "。", ".")
	var sent bytes.Buffer
	if (&http.Request{URL: &url.URL{Scheme: "http", Host: name}}).Write(&sent) != nil {
		return ""
	}
	r, err := http.ReadRequest(bufio.NewReader(&sent))
	if err != nil || !ident.IsASCII(r.Host) {
		return ""
	}
	return r.Host
}

func (s *Server) issuer() string { return s.o.Public + issuerPath }

// metadata serves the metadata of the authorization server (RFC 8414, section 2).
func (s *Server) metadata(w http.ResponseWriter, _ *http.Request, _ string) {
	none := []string{"none"}
	answerForAWhile(w, map[string]any{
		"issuer":                                         s.issuer(),
		"authorization_endpoint":                         s.o.Public + authorizePath,
		"token_endpoint":                                 s.o.Public + tokenPath,
		"registration_endpoint":                          s.o.Public + registerPath,
		"revocation_endpoint":                            s.o.Public + revokePath,
		"scopes_supported":                               strings.Fields(scopes),
		"response_types_supported":                       []string{"code"},
		"response_modes_supported":                       []string{"query"},
		"grant_types_supported":                          []string{"authorization_code", "refresh_token"},
		"token_endpoint_auth_methods_supported":          none,
		"revocation_endpoint_auth_methods_supported":     none,
		"code_challenge_methods_supported":               []string{"S256"},
		"authorization_response_iss_parameter_supported": true, // RFC 9207
		"client_id_metadata_document_supported":          true,
	})
}

// refusal is an error of RFC 6749, section 5.2.
type refusal struct {
	Code string `json:"error"`
	Why  string `json:"error_description"`
}

func (r refusal) Error() string { return r.Code + ": " + r.Why }

// token exchanges a code or a refresh token for a pair of tokens.
func (s *Server) token(w http.ResponseWriter, r *http.Request, address string) {
	form, err := formOf(r)
	if err != nil {
		fail(w, err)
		return
	}
	var pair signin.Pair
	switch kind := form.Get("grant_type"); kind {
	case "authorization_code":
		x := signin.Exchange{Code: form.Get("code"), Client: form.Get("client_id"), Redirect: form.Get("redirect_uri"),
			Verifier: form.Get("code_verifier"), Resource: s.plain(form.Get("resource"))}
		err = s.guess(r, x.Code, address, func() (err error) {
			pair, err = s.o.SignIns.Exchange(r.Context(), x)
			return err
		})
	case "refresh_token":
		x := signin.Refresh{Token: form.Get("refresh_token"), Client: form.Get("client_id"),
			Resource: s.plain(form.Get("resource"))}
		err = s.guess(r, x.Token, address, func() (err error) {
			pair, err = s.o.SignIns.Refresh(r.Context(), x)
			return err
		})
	default:
		err = refusal{"unsupported_grant_type", "The grant_type must be authorization_code or refresh_token."}
	}
	if err != nil {
		s.failed(w, r, err)
		return
	}
	answer(w, http.StatusOK, map[string]any{
		"access_token":  pair.Access.String(),
		"token_type":    "Bearer",
		"expires_in":    int(pair.Lives / time.Second),
		"refresh_token": pair.Refresh.String(),
		"scope":         scopes,
	})
}

// revoke ends the sign-in of a token (RFC 7009).
func (s *Server) revoke(w http.ResponseWriter, r *http.Request, address string) {
	form, err := formOf(r)
	if err == nil {
		text := form.Get("token")
		err = s.guess(r, text, address, func() error { return s.o.SignIns.Revoke(r.Context(), text) })
	}
	if err != nil && !errors.Is(err, signin.ErrGrant) { // an unknown token is gone (RFC 7009, section 2.2)
		s.failed(w, r, err)
		return
	}
	answer(w, http.StatusOK, struct{}{})
}

// guess calls f, which looks up a secret. A mistyped secret costs no read, and needs no turn.
func (s *Server) guess(r *http.Request, secret, address string, f func() error) error {
	if _, ok := ident.ParseSignIn(secret); !ok {
		return f()
	}
	return s.o.Guess(r.Context(), secret, address, f)
}

// formOf returns what a client has sent in a form, each parameter once (RFC 6749, section 3.2).
func formOf(r *http.Request) (url.Values, error) {
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(kind),
		"application/x-www-form-urlencoded") {
		return nil, refusal{"invalid_request", "The Content-Type must be application/x-www-form-urlencoded."}
	}
	if err := r.ParseForm(); err != nil {
		return nil, refusal{"invalid_request", "The form is not well-formed, or has more than 8 KB."}
	}
	if err := once(r.PostForm); err != nil {
		return nil, err
	}
	return r.PostForm, addBasicClient(r, r.PostForm)
}

// addBasicClient adds to a form the client_id of a header with Basic, which some libraries send instead, encoded as in
// a form (RFC 6749, section 2.3.1). No program has a secret here, so the secret is empty: the last colon ends the id,
// since other libraries do not encode the colon of an address.
func addBasicClient(r *http.Request, form url.Values) error {
	kind, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "Basic") {
		return nil
	}
	user, password, ok := r.BasicAuth()
	encoded, bare := strings.CutSuffix(user+":"+password, ":")
	id, err := url.QueryUnescape(encoded)
	switch {
	case !ok || err != nil:
		return refusal{"invalid_request", "The Authorization header is not well-formed. Leave it out, and send the " +
			"client_id in the form."}
	case !bare || form.Get("client_secret") != "":
		return refusal{"invalid_client", "No program has a client_secret here. Send the client_id without one."}
	case form.Has("client_id") && form.Get("client_id") != id:
		return refusal{"invalid_request", "The Authorization header has another client_id than the form. Send one."}
	}
	form.Set("client_id", id)
	return nil
}

// once refuses parameters that are given more than once.
func once(form url.Values) error {
	for _, values := range form {
		if len(values) > 1 {
			return refusal{"invalid_request", "A parameter is given more than once."}
		}
	}
	return nil
}

// failed answers with an error. An error of the table is never the client's fault: clients forget a sign-in after
// invalid_grant.
func (s *Server) failed(w http.ResponseWriter, r *http.Request, err error) {
	var refused refusal
	var of *fault.Error
	switch {
	case errors.As(err, &refused):
		fail(w, refused)
	case errors.Is(err, signin.ErrGrant):
		fail(w, refusal{"invalid_grant", sentence(err, signin.ErrGrant)})
	case errors.Is(err, signin.ErrTarget):
		fail(w, refusal{"invalid_target", sentence(err, signin.ErrTarget)})
	case errors.As(err, &of) && of.Code == fault.RateLimited:
		w.Header().Set("Retry-After", strconv.Itoa(fault.Seconds(of.RetryAfter)))
		answer(w, http.StatusTooManyRequests, refusal{"temporarily_unavailable", of.Message})
	default:
		if r.Context().Err() == nil {
			s.o.Logger.Warn("a sign-in could not be looked up", "error", err)
		}
		w.Header().Set("Retry-After", "2")
		answer(w, http.StatusServiceUnavailable, refusal{"temporarily_unavailable",
			"The store of this server did not answer. Try again in 2 seconds."})
	}
}

// sentence returns the text of an error without its kind, as a sentence.
func sentence(err, kind error) string {
	why := strings.TrimPrefix(err.Error(), kind.Error()+": ")
	return strings.ToUpper(why[:1]) + why[1:] + "."
}

// fail answers with an error that is the client's fault.
func fail(w http.ResponseWriter, err error) {
	var refused refusal
	if !errors.As(err, &refused) {
		refused = refusal{"invalid_request", "The request is not well-formed."}
	}
	answer(w, http.StatusBadRequest, refused)
}

// answer writes JSON.
func answer(w http.ResponseWriter, status int, body any) {
	text, _ := json.Marshal(body) // strings, numbers and lists of them
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // fails only if the client has left
}

// answerForAWhile writes JSON that changes with the settings of the server only.
func answerForAWhile(w http.ResponseWriter, body any) {
	w.Header().Set("Cache-Control", "public, max-age=300")
	answer(w, http.StatusOK, body)
}
