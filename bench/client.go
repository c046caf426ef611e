package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"strconv"
)

// counter is the place in a request for a number. Each sending has the next one,
// so that the server does not take a message for a repetition of the last.
const counter = "0000000000"

// anyCursor is the place in a request for a cursor, as long as each is.
const anyCursor = "czzzzzzzzzzzzz"

// request is a tool call, ready to be sent many times.
type request struct {
	raw    []byte
	number []byte // the part of raw that was the counter; nil if there was none
	cursor []byte // the part of raw that was anyCursor; nil if there was none
	next   int
}

// newRequest returns the request that common clients send: it accepts both kinds
// of answer. Both sides receive the same.
func newRequest(address, tool string, arguments map[string]any) (*request, error) {
	body, err := json.Marshal(map[string]any{
		"jsonrpc": "2.0", "id": 1, "method": "tools/call",
		"params": map[string]any{"name": tool, "arguments": arguments},
	})
	if err != nil {
		return nil, err
	}
	r := &request{raw: fmt.Appendf(nil,
		"POST /mcp HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nAccept: application/json, "+
			"text/event-stream\r\nMCP-Protocol-Version: 2025-06-18\r\nContent-Length: %d\r\n\r\n%s",
		address, len(body), body)}
	if at := bytes.Index(r.raw, []byte(counter)); at >= 0 {
		r.number = r.raw[at : at+len(counter)]
	}
	if at := bytes.Index(r.raw, []byte(anyCursor)); at >= 0 {
		r.cursor = r.raw[at : at+len(anyCursor)]
	}
	return r, nil
}

// follow puts the cursor of an answer into the request.
func (r *request) follow(answer []byte) error {
	_, rest, found := bytes.Cut(answer, []byte(`"cursor":"`))
	if !found || len(rest) < len(anyCursor) {
		return fmt.Errorf("an answer without a cursor: %s", answer)
	}
	copy(r.cursor, rest)
	return nil
}

// said returns how many messages of messageText an answer has.
func said(answer []byte) int { return bytes.Count(answer, []byte(`"text":"message `)) }

// count puts the next number into the request.
func (r *request) count() {
	r.next++
	n := r.next
	for i := len(r.number) - 1; i >= 0; i-- {
		r.number[i] = '0' + byte(n%10)
		n /= 10
	}
}

// client is a persistent connection of HTTP/1.1. It does as little as possible,
// since on a machine of few cores its work slows the server down. Only one
// goroutine may use it at a time.
type client struct {
	conn   net.Conn
	in     *bufio.Reader
	answer bytes.Buffer
}

// dial connects to the server at address. If from is not empty, it is the
// client's own address.
func dial(ctx context.Context, address, from string) (*client, error) {
	var d net.Dialer
	if from != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &client{conn: conn, in: bufio.NewReader(conn)}, nil
}

// call sends r and returns the body of the answer, which is valid until the next
// call.
func (c *client) call(r *request) ([]byte, error) {
	if err := c.send(r); err != nil {
		return nil, err
	}
	return c.receive()
}

func (c *client) send(r *request) error {
	r.count()
	return c.resend(r)
}

// resend sends r with the number that it had before.
func (c *client) resend(r *request) error {
	_, err := c.conn.Write(r.raw)
	return err
}

// receive returns the body of an answer, or an error if the call failed.
func (c *client) receive() ([]byte, error) {
	status, length, err := c.head()
	if err != nil {
		return nil, err
	}
	c.answer.Reset()
	if length >= 0 {
		_, err = io.CopyN(&c.answer, c.in, length)
	} else {
		_, err = c.answer.ReadFrom(httputil.NewChunkedReader(c.in))
		if err == nil {
			_, err = c.in.Discard(len("\r\n")) // the end of the last chunk
		}
	}
	if err != nil {
		return nil, err
	}
	text := c.answer.Bytes()
	if status != http.StatusOK || bytes.Contains(text, []byte(`"isError":true`)) ||
		bytes.Contains(text, []byte(`"error":{`)) {
		return nil, fmt.Errorf("a call failed with status %d: %s", status, text)
	}
	return text, nil
}

// head reads an answer up to its body. The length is negative if the body is
// chunked (RFC 9112, section 7.1).
func (c *client) head() (status int, length int64, err error) {
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return 0, 0, err
	}
	if len(line) < len("HTTP/1.1 200") {
		return 0, 0, fmt.Errorf("not an HTTP answer: %q", line)
	}
	status, err = strconv.Atoi(string(line[len("HTTP/1.1 "):len("HTTP/1.1 200")]))
	if err != nil {
		return 0, 0, err
	}
	for length = -1; ; {
		line, err = c.in.ReadSlice('\n')
		if err != nil {
			return 0, 0, err
		}
		if len(line) == len("\r\n") {
			return status, length, nil
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			length, err = strconv.ParseInt(string(bytes.TrimSpace(value)), 10, 64)
			if err != nil {
				return 0, 0, err
			}
		}
	}
}

func (c *client) close() { _ = c.conn.Close() }

// answer holds the fields of a tool's answer that matter here.
type answer struct {
	AgentToken string `json:"agent_token"`
	ID         string `json:"id"`
	Sent       bool   `json:"sent"`
	Cursor     string `json:"cursor"`
	Watch      string `json:"watch"`
	View       string `json:"view"`
	Download   string `json:"download"` // a command
	Upload     struct {
		Page string `json:"page"`
	} `json:"upload"`
	Messages []struct {
		ID   string `json:"id"`
		Text string `json:"text"`
	} `json:"messages"`
}

// ask makes a call and parses its answer, which is too slow for measurements.
func (c *client) ask(tool string, arguments map[string]any) (answer, error) {
	r, err := newRequest(c.conn.RemoteAddr().String(), tool, arguments)
	if err != nil {
		return answer{}, err
	}
	text, err := c.call(r)
	if err != nil {
		return answer{}, err
	}
	return parseAnswer(text)
}

func parseAnswer(text []byte) (answer, error) {
	var message struct {
		Result struct {
			StructuredContent answer `json:"structuredContent"`
		} `json:"result"`
	}
	if _, data, isEvent := bytes.Cut(text, []byte("\ndata: ")); isEvent { // of a call that took longer
		text, _, _ = bytes.Cut(data, []byte("\n"))
	}
	err := json.Unmarshal(text, &message)
	return message.Result.StructuredContent, err
}
