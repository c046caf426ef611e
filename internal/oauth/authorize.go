package oauth

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/signin"
)

// posted is what the script of the page sends.
type posted struct {
	Request string `json:"request"` // the query of the page's address
	Answer  string `json:"answer"`  // "": it asks what to show
	Key     string `json:"key"`
}

// The answers of a person.
const (
	allow  = "allow"
	cancel = "cancel"
)

// view is what the page shows, or where it goes.
type view struct {
	Program string `json:"program,omitempty"` // its name, if it is on our own list
	Calls   string `json:"calls,omitempty"`   // else what it calls itself, if that can be shown
	To      string `json:"to,omitempty"`      // the origin to which the answer goes; "": this computer
	Wrong   string `json:"wrong,omitempty"`   // why the program cannot sign in: the person may go back to it
	Go      string `json:"go,omitempty"`      // where the page goes now
	Error   string `json:"error,omitempty"`   // unknown_program, wrong_request, wrong_key, later
	Message string `json:"message,omitempty"`
}

// authorize answers the script of the page. No answer is a redirect: the script goes where Go says, and that is
// nowhere before the person has answered. Anybody can register a program whose answers go to a page that
// deceives (RFC 9700, section 4.11.2).
func (s *Server) authorize(w http.ResponseWriter, r *http.Request, address string) {
	// A form of another site has another origin, and a browser that says nothing is not trusted.
	if r.Header.Get("Origin") != s.o.Public || r.Header.Get("Sec-Fetch-Site") != "same-origin" {
		answer(w, http.StatusForbidden, view{Error: "wrong_request",
			Message: "Only the page of this address may answer."})
		return
	}
	var got posted
	if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
		answer(w, http.StatusBadRequest, view{Error: "wrong_request", Message: "The request is not well-formed."})
		return
	}
	q, err := url.ParseQuery(got.Request)
	if err != nil || once(q) != nil {
		answer(w, http.StatusBadRequest, view{Error: "wrong_request",
			Message: "The address of this page is not whole."})
		return
	}
	c, err := s.clientOf(r.Context(), q.Get("client_id"), address)
	var limited *fault.Error
	switch {
	case errors.As(err, &limited):
		s.later(w, limited)
		return
	case err != nil:
		answer(w, http.StatusBadRequest, view{Error: "unknown_program"})
		return
	}
	redirect := q.Get("redirect_uri")
	if !redirects(c.redirects, redirect) {
		answer(w, http.StatusBadRequest, view{Error: "unknown_program"})
		return
	}
	// From here on the answer goes to the program.
	back := func(more url.Values) {
		more.Set("iss", s.issuer())
		if state := q.Get("state"); state != "" {
			more.Set("state", state)
		}
		answer(w, http.StatusOK, view{Go: withParameters(redirect, more)})
	}
	bad, ok := s.check(q)
	switch {
	case got.Answer != allow && got.Answer != cancel:
		seen := viewOf(c, redirect)
		seen.Wrong = bad.Why
		answer(w, http.StatusOK, seen)
	case !ok:
		back(url.Values{"error": {bad.Code}, "error_description": {bad.Why}})
	case got.Answer == cancel:
		back(url.Values{"error": {"access_denied"}})
	default:
		s.allow(w, r, got.Key, address, c, q, back)
	}
}

// check refuses a request that the program got wrong.
func (s *Server) check(q url.Values) (bad refusal, ok bool) {
	mode, resource := q.Get("response_mode"), q.Get("resource")
	switch {
	case q.Get("response_type") != "code":
		return refusal{"unsupported_response_type", "The response_type must be code."}, false
	case q.Get("code_challenge_method") != "S256" || !signin.IsChallenge(q.Get("code_challenge")):
		return refusal{"invalid_request", "A code_challenge with code_challenge_method S256 is needed."}, false
	case mode != "" && mode != "query":
		return refusal{"invalid_request", "The response_mode must be query."}, false
	case q.Has("request") || q.Has("request_uri"):
		return refusal{"request_not_supported", "Send the request as parameters."}, false
	case resource != "" && resource != s.o.Resource:
		return refusal{"invalid_target", "This server signs in for " + s.o.Resource + " only."}, false
	}
	return refusal{}, true
}

// viewOf returns what a person sees of a program that asks.
func viewOf(c client, redirect string) view {
	u, _ := url.Parse(redirect) // it was checked
	v := view{Program: programAt(redirect)}
	if redirect != cursorRedirect && !isLoopback(u) {
		v.To = u.Scheme + "://" + u.Host
	}
	switch {
	case v.Program != "":
	case c.known:
		v.Program = c.name
	default:
		v.Calls = c.name
	}
	return v
}

// allow makes a code for the program, if the person has a key.
func (s *Server) allow(w http.ResponseWriter, r *http.Request, key, address string, c client, q url.Values,
	back func(url.Values)) {
	asker, err := s.o.Key(r.Context(), key, address)
	if fault.CodeOf(err) == fault.KeyInvalid {
		answer(w, http.StatusOK, view{Error: "wrong_key"})
		return
	}
	if err != nil {
		s.notNow(w, r, err)
		return
	}
	g := signin.Grant{Client: c.id, Name: viewOf(c, q.Get("redirect_uri")).named(), Resource: s.o.Resource}
	code, err := s.o.SignIns.Allow(r.Context(), ident.KeyOf(asker.ID), g, q.Get("redirect_uri"),
		q.Get("code_challenge"))
	if err != nil {
		s.notNow(w, r, err)
		return
	}
	back(url.Values{"code": {code}})
}

// named returns how a sign-in is listed. What a program calls itself has no parentheses, and stands in some.
func (v view) named() string {
	if v.Program != "" {
		return v.Program
	}
	name := cmp.Or(v.To, "a program")
	if v.Calls != "" {
		name += " (" + v.Calls + ")"
	}
	return name
}

// notNow answers with an error that is not the person's.
func (s *Server) notNow(w http.ResponseWriter, r *http.Request, err error) {
	var refused *fault.Error
	if errors.As(err, &refused) {
		s.later(w, refused)
		return
	}
	s.failed(w, r, err)
}

// later answers that the person may try again soon.
func (s *Server) later(w http.ResponseWriter, refused *fault.Error) {
	status := http.StatusServiceUnavailable
	if refused.Code == fault.RateLimited {
		status = http.StatusTooManyRequests
	}
	w.Header().Set("Retry-After", strconv.Itoa(max(1, fault.Seconds(refused.RetryAfter))))
	answer(w, status, view{Error: "later", Message: refused.Message})
}
