package browser

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"

	"github.com/parley-chat/parley/internal/testkit/secretscan"
)

// record is what a tab did: the requests that it made, what it logged, and what is wrong
// with that.
type record struct {
	origin string // all requests go there

	mu       sync.Mutex
	requests []*request
	console  []string
	problems []string
	expected []*regexp.Regexp // problems that the test provokes
}

// request is one that a page made.
type request struct {
	id        network.RequestID
	url       string
	method    string
	kind      network.ResourceType
	initiator *network.Initiator
	status    int64
	protocol  string
	headers   map[string]string // of the answer, with names in lower case
	bytes     float64           // on the wire, header included, once all is there
	done      bool
}

// listen takes what the browser says of the tab.
func (r *record) listen(event any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		r.begin(e)
	case *network.EventRequestWillBeSentExtraInfo:
		r.sent(e)
	case *network.EventResponseReceived:
		r.answered(e)
	case *network.EventLoadingFinished:
		if q := r.find(e.RequestID); q != nil {
			q.bytes, q.done = e.EncodedDataLength, true
		}
	case *network.EventLoadingFailed:
		r.failed(e)
	default:
		r.said(event)
	}
}

func (r *record) begin(e *network.EventRequestWillBeSent) {
	q := &request{id: e.RequestID, url: e.Request.URL, method: e.Request.Method, kind: e.Type, initiator: e.Initiator}
	r.requests = append(r.requests, q)
	at, err := url.Parse(q.url)
	switch {
	case err != nil:
		r.problem("a request to %s: %v", q.url, err)
	case at.Scheme == "data" || at.Scheme == "blob":
	case at.Scheme+"://"+at.Host != r.origin:
		r.problem("a request to another server: %s", q.url)
	}
	if err := secretscan.Find(withoutCode(q.url)); err != nil {
		r.problem("the address of a request: %v", err)
	}
}

// signInCode is that with which a person is sent back to the program.
var signInCode = regexp.MustCompile(`([?&]code=)pc_[0-9a-z]+`)

// withoutCode takes the secret out of the address of an invite, of an upload, of a download or of a program that
// signs in, which is where it belongs.
func withoutCode(address string) string {
	address = signInCode.ReplaceAllString(address, "$1")
	for _, path := range []string{"/i/", "/v1/upload/", "/v1/file/"} {
		if before, code, found := strings.Cut(address, path); found {
			_, rest, _ := strings.Cut(code, "/")
			return before + path + "/" + rest
		}
	}
	return address
}

// sent takes the header as it went out.
func (r *record) sent(e *network.EventRequestWillBeSentExtraInfo) {
	for name, value := range e.Headers {
		if strings.EqualFold(name, "referer") {
			r.problem("a request with a Referer: %v", value)
		}
	}
}

func (r *record) answered(e *network.EventResponseReceived) {
	q := r.find(e.RequestID)
	if q == nil {
		return
	}
	q.status, q.protocol, q.headers = e.Response.Status, e.Response.Protocol, map[string]string{}
	for name, value := range e.Response.Headers {
		q.headers[strings.ToLower(name)] = fmt.Sprint(value)
	}
	if q.status >= 400 {
		r.problem("%s %s: HTTP %d", q.method, q.url, q.status)
	}
}

// failed takes the end of a request without an answer. One that the page itself gave up is
// no problem.
func (r *record) failed(e *network.EventLoadingFailed) {
	if e.Canceled {
		return
	}
	address := "a request"
	if q := r.find(e.RequestID); q != nil {
		address = q.method + " " + q.url
	}
	r.problem("%s: %s %s", address, e.ErrorText, e.BlockedReason)
}

// said takes what the page says to a developer.
func (r *record) said(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		var words []string
		for _, arg := range e.Args {
			words = append(words, strings.Trim(string(arg.Value), `"`)+arg.Description)
		}
		line := fmt.Sprintf("console.%s: %s", e.Type, strings.Join(words, " "))
		r.console = append(r.console, line)
		if slices.Contains([]runtime.ConsoleAPICalledType{"error", "warning", "assert"}, e.Type) {
			r.problem("%s", line)
		}
	case *log.EventEntryAdded:
		line := fmt.Sprintf("%s (%s): %s %s", e.Entry.Level, e.Entry.Source, e.Entry.Text, e.Entry.URL)
		r.console = append(r.console, line)
		// A request that failed is noted above.
		if e.Entry.Level == "error" && e.Entry.Source != "network" || e.Entry.Level == "warning" {
			r.problem("%s", line)
		}
	case *runtime.EventExceptionThrown:
		line := "exception: " + e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			line += " " + e.ExceptionDetails.Exception.Description
		}
		r.problem("%s", line)
	case *page.EventJavascriptDialogOpening:
		r.problem("the page asks with a window of the browser: %s", e.Message)
	case *inspector.EventTargetCrashed:
		r.problem("the page crashed")
	}
}

func (r *record) problem(format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

func (r *record) find(id network.RequestID) *request {
	for _, q := range slices.Backward(r.requests) {
		if q.id == id {
			return q
		}
	}
	return nil
}

// unexpected returns the problems that the test has not declared.
func (r *record) unexpected() (found []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, problem := range r.problems {
		declared := slices.ContainsFunc(r.expected, func(form *regexp.Regexp) bool { return form.MatchString(problem) })
		if !declared {
			found = append(found, problem)
		}
	}
	return found
}

// requested returns copies of the requests so far whose address holds part.
func (r *record) requested(part string) (found []request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, q := range r.requests {
		if strings.Contains(q.url, part) {
			found = append(found, *q)
		}
	}
	return found
}
