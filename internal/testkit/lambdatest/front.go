package lambdatest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The host names of the fronts.
const (
	FunctionURLHost = "abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-west-1.on.aws"
	HTTPAPIHost     = "abcdefghij.execute-api.eu-west-1.amazonaws.com"
)

// integration is the content type of an answer that begins with its status and
// header.
const integration = "application/vnd.awslambda.http-integration-response"

// payload is how many bytes an event may have, and an answer in one piece ("Lambda quotas").
const payload = 6 << 20

// errPrelude means that an answer does not begin with its status and header.
var errPrelude = errors.New("lambdatest: the answer does not begin with status and header")

// FunctionURL returns a client that turns each request, to whatever host, into an
// invocation by a Function URL in the invoke mode RESPONSE_STREAM.
func (r *Runtime) FunctionURL() *http.Client {
	return &http.Client{Transport: front{r, FunctionURLHost}}
}

// HTTPAPI returns a client that turns each request into an invocation by an HTTP
// API with payload format 2.0, which accepts an answer only in one piece.
func (r *Runtime) HTTPAPI() *http.Client {
	return &http.Client{Transport: front{r, HTTPAPIHost}}
}

// front translates between HTTP and the function.
type front struct {
	invoker
	host string
}

// invoker is a Runtime, or a Fleet with a choice.
type invoker interface {
	Invoke(ctx context.Context, event []byte) (*Response, error)
}

// RoundTrip implements [http.RoundTripper].
func (f front) RoundTrip(q *http.Request) (*http.Response, error) {
	event, err := Event(f.host, q)
	if err != nil {
		return nil, err
	}
	if len(event) > payload {
		return prelude{StatusCode: http.StatusRequestEntityTooLarge}.response(q, http.NoBody), nil
	}
	response, err := f.Invoke(q.Context(), event)
	if errors.Is(err, ErrBusy) {
		return prelude{StatusCode: http.StatusTooManyRequests}.response(q, http.NoBody), nil
	}
	if err != nil {
		return nil, err
	}
	read := streamed
	if f.host == HTTPAPIHost {
		read = whole
	}
	answer, err := read(q, response)
	if err != nil {
		response.Body.Close()
	}
	return answer, err
}

// Event returns the event that the front with this host makes from a request, in
// payload format 2.0 ("Request payload format" in the Developer Guide, Function
// URLs).
func Event(host string, q *http.Request) ([]byte, error) {
	body, err := readBody(q)
	if err != nil {
		return nil, err
	}
	headers := map[string]string{
		"host": host, "x-forwarded-proto": "https", "x-forwarded-port": "443", "x-forwarded-for": "192.0.2.1",
	}
	if len(body) > 0 {
		headers["content-length"] = strconv.Itoa(len(body))
	}
	for name, values := range q.Header {
		headers[strings.ToLower(name)] = strings.Join(values, ",")
	}
	cookies := q.Header.Values("Cookie")
	delete(headers, "cookie")
	kind, _, _ := mime.ParseMediaType(q.Header.Get("Content-Type")) // what is no type is no text
	binary := kind != "application/json" && !strings.HasPrefix(kind, "text/")
	if binary {
		body = base64.StdEncoding.EncodeToString([]byte(body))
	}
	path := q.URL.EscapedPath()
	now := time.Now().UTC()
	return json.Marshal(map[string]any{
		"version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": q.URL.RawQuery,
		"cookies": cookies, "headers": headers, "body": body, "isBase64Encoded": binary,
		"requestContext": map[string]any{
			"accountId": "anonymous", "apiId": strings.SplitN(host, ".", 2)[0],
			"domainName": host, "domainPrefix": strings.SplitN(host, ".", 2)[0],
			"http": map[string]any{
				"method": q.Method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1",
				"userAgent": q.UserAgent(),
			},
			"requestId": "e1506fd5-9e7b-434f-bd42-4f8fa224b599", "routeKey": "$default", "stage": "$default",
			"time": now.Format("02/Jan/2006:15:04:05 -0700"), "timeEpoch": now.UnixMilli(),
		},
	})
}

func readBody(q *http.Request) (string, error) {
	if q.Body == nil {
		return "", nil
	}
	defer q.Body.Close()
	body, err := io.ReadAll(q.Body)
	return string(body), err
}

// prelude is the status and header of an answer, and the body if the answer is in
// one piece.
type prelude struct {
	StatusCode      int               `json:"statusCode"`
	Headers         map[string]string `json:"headers"`
	Cookies         []string          `json:"cookies"`
	Body            string            `json:"body"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
}

// response returns the response for the client.
func (p prelude) response(q *http.Request, body io.ReadCloser) *http.Response {
	header := http.Header{}
	for name, value := range p.Headers {
		header.Set(name, value)
	}
	for _, cookie := range p.Cookies {
		header.Add("Set-Cookie", cookie)
	}
	return &http.Response{
		Status:     fmt.Sprintf("%d %s", p.StatusCode, http.StatusText(p.StatusCode)),
		StatusCode: p.StatusCode, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: body, ContentLength: -1, Request: q,
	}
}

// streamed reads an answer whose prelude ends with eight NUL bytes.
func streamed(q *http.Request, r *Response) (*http.Response, error) {
	if r.ContentType != integration {
		return nil, fmt.Errorf("%w: its type is %q", errPrelude, r.ContentType)
	}
	text := bufio.NewReader(r.Body)
	head, err := text.ReadBytes(0)
	if err != nil {
		return nil, errors.Join(errPrelude, err)
	}
	rest := make([]byte, 7)
	if _, err := io.ReadFull(text, rest); err != nil || !bytes.Equal(rest, make([]byte, 7)) {
		return nil, errors.Join(errPrelude, err)
	}
	var p prelude
	if err := json.Unmarshal(head[:len(head)-1], &p); err != nil {
		return nil, errors.Join(errPrelude, err)
	}
	return p.response(q, struct {
		io.Reader
		io.Closer
	}{text, r.Body}), nil
}

// challengeHeader is a header that an API of API Gateway gives to clients under another name ("Important notes" in
// the Developer Guide).
const challengeHeader = "WWW-Authenticate"

// whole reads an answer in one piece.
func whole(q *http.Request, r *Response) (*http.Response, error) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if len(text) > payload {
		return nil, &FunctionError{Type: "Function.ResponseSizeTooLarge",
			Message: fmt.Sprintf("the answer has %d bytes", len(text))}
	}
	var p prelude
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, errors.Join(errPrelude, err)
	}
	body := []byte(p.Body)
	if p.IsBase64Encoded {
		body, err = base64.StdEncoding.DecodeString(p.Body)
		if err != nil {
			return nil, fmt.Errorf("lambdatest: the body is marked as base64 and is not: %w", err)
		}
	}
	answer := p.response(q, io.NopCloser(bytes.NewReader(body)))
	if challenge := answer.Header.Get(challengeHeader); challenge != "" {
		answer.Header.Del(challengeHeader)
		answer.Header.Set("X-Amzn-Remapped-"+challengeHeader, challenge)
	}
	return answer, nil
}
