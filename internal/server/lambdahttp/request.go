package lambdahttp

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

// event is a request as a front sends it.
type event struct {
	events.LambdaFunctionURLRequest
	RequestContext about  `json:"requestContext"`
	HTTPMethod     string `json:"httpMethod"` // in the older formats alone
}

// about is what a front says of a request.
type about struct {
	events.LambdaFunctionURLRequestContext
	Stage string `json:"stage"` // of an HTTP API
}

// older reports whether e is a request in an older format: of a REST API, of a load
// balancer, or of an HTTP API with payload format 1.0.
func (e *event) older() bool { return e.Version != "2.0" && e.HTTPMethod != "" }

// byFunctionURL reports whether a Function URL sent e. The events of an HTTP API
// have the same format.
func (e *event) byFunctionURL() bool {
	return strings.Contains(e.RequestContext.DomainName, ".lambda-url.")
}

// functionURLKey is the key of what FunctionURL returns.
type functionURLKey struct{}

// FunctionURL returns the address of the Function URL that sent a request, by the context of the request; "" if another
// front sent it. The address is what AWS says of the function, whatever host the caller names.
func FunctionURL(ctx context.Context) string {
	address, _ := ctx.Value(functionURLKey{}).(string)
	return address
}

// path returns the path that the client asked for. The path in an event of an HTTP API begins with the name of the
// stage, if there is a name.
func (e *event) path() string {
	path := "/" + strings.TrimPrefix(e.RawPath, "/")
	stage := e.RequestContext.Stage
	if stage == "" || stage == "$default" {
		return path
	}
	if rest, staged := strings.CutPrefix(path+"/", "/"+stage+"/"); staged {
		return "/" + strings.TrimSuffix(rest, "/")
	}
	return path
}

// newRequest returns the request from which the front made e. Its error is meant
// for the client.
//
// See "Request payload format" in the Lambda Developer Guide, Function URLs: the
// values of a header are joined by commas, cookies are separate, and the body is
// in base64 unless its type is a text type.
func newRequest(ctx context.Context, e *event) (*http.Request, error) {
	target := e.path()
	if e.RawQueryString != "" {
		target += "?" + e.RawQueryString
	}
	address, err := url.ParseRequestURI(target)
	if err != nil {
		return nil, fmt.Errorf("the path or the query is not well-formed")
	}
	body, err := e.decodeBody()
	if err != nil {
		return nil, err
	}
	header := make(http.Header, len(e.Headers)+1)
	for name, value := range e.Headers {
		header.Set(name, value)
	}
	if len(e.Cookies) > 0 {
		header.Set("Cookie", strings.Join(e.Cookies, "; "))
	}
	if e.changed(header.Get("Content-Length")) {
		return nil, fmt.Errorf("the body is not UTF-8, though its Content-Type is that of a text, so it came here " +
			"changed: send it as application/octet-stream")
	}
	host := header.Get("Host")
	if host == "" {
		host = e.RequestContext.DomainName
	}
	header.Del("Host") // as in every request of a server
	r := &http.Request{
		Method: e.RequestContext.HTTP.Method, URL: address, RequestURI: target,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Host: host,
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
		RemoteAddr: net.JoinHostPort(e.RequestContext.HTTP.SourceIP, "0"), // the event has no port
	}
	if e.byFunctionURL() {
		ctx = context.WithValue(ctx, functionURLKey{}, "https://"+e.RequestContext.DomainName)
	}
	return r.WithContext(ctx), nil
}

// changed reports whether the front replaced bytes of the body, such as bytes that are not UTF-8 in a body with the
// Content-Type of a text.
func (e *event) changed(announced string) bool {
	if e.IsBase64Encoded || announced == "" || !strings.ContainsRune(e.Body, utf8.RuneError) {
		return false
	}
	return announced != strconv.Itoa(len(e.Body))
}

func (e *event) decodeBody() ([]byte, error) {
	if !e.IsBase64Encoded {
		return []byte(e.Body), nil
	}
	body, err := base64.StdEncoding.DecodeString(e.Body)
	if err != nil {
		return nil, fmt.Errorf("the body is marked as base64 but is not")
	}
	return body, nil
}
