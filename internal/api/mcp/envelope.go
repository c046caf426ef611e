package mcp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/api"
)

// The JSON-RPC codes of a refused message (JSON-RPC 2.0, section 5.1). Of the range that JSON-RPC leaves to servers,
// CodeRefused stands for everything that has a status in HTTP, or a limit.
const (
	CodeParse   = -32700
	CodeInvalid = -32600
	CodeRefused = -32000
)

// Refusal says why this server does not read a body as a message.
type Refusal struct {
	Code    int    // of JSON-RPC
	Message string // for a person
}

func invalid(format string, args ...any) *Refusal {
	return &Refusal{CodeInvalid, fmt.Sprintf(format, args...)}
}

// Message is a JSON-RPC request or notification to this server.
type Message struct {
	// ID is the request's id as the client wrote it; nil in a notification.
	ID     json.RawMessage
	Method string

	body   []byte
	result json.RawMessage
	params params
}

// params are the params of a message, and their members that a tools/call has, as the client wrote both; nil: absent.
type params struct {
	raw, name, arguments, meta json.RawMessage

	others bool // there are other members
}

// Parse reads the envelope of a message; body must not change afterwards. It refuses a body without a message to a
// server, such as a batch or a response, and a body that two readers could read as different messages:
//
//   - text that is not Unicode, which a decoder would change silently;
//   - a key that occurs twice in an object;
//   - a key of the envelope in other letters, such as "Method": Go's decoder accepts the key, and a gateway that
//     filters methods does not see it.
func Parse(body []byte) (*Message, *Refusal) {
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, &Refusal{CodeParse, "The body is not JSON in UTF-8."}
	}
	switch bytes.TrimLeft(body, " \t\r\n")[0] {
	case '{':
	case '[':
		return nil, invalid("Send one JSON-RPC message in each POST, and no batch.")
	default:
		return nil, invalid("The body must be a JSON-RPC message, which is a JSON object.")
	}
	m := &Message{body: body}
	var version, method json.RawMessage
	s := scanner{text: body}
	if refused := s.value(0, m.members(&version, &method)); refused != nil {
		return nil, refused
	}
	m.Method = text(method)
	if text(version) != "2.0" || m.Method == "" {
		return nil, invalid(`A JSON-RPC message to this server needs "jsonrpc": "2.0" and a "method", both strings.`)
	}
	if m.ID != nil && !isID(m.ID) {
		return nil, invalid("The id of a request must be a string or a number, of at most %d bytes.",
			api.MaxID-len(`""`))
	}
	m.ID = bytes.Clone(m.ID) // the id outlives the body
	return m, nil
}

// CheckArguments refuses arguments of a call without MCP that two readers could read as different arguments, as [Parse]
// does.
func CheckArguments(body []byte) *Refusal {
	if !utf8.Valid(body) || !json.Valid(body) || bytes.TrimLeft(body, " \t\r\n")[0] != '{' {
		return &Refusal{CodeParse, "The body must be a JSON object in UTF-8: the arguments of the tool."}
	}
	s := scanner{text: body}
	return s.value(0, nil)
}

// Params returns the params as the client wrote them, a part of the body; nil if there are none.
func (m *Message) Params() json.RawMessage { return m.params.raw }

// members returns where scanner puts the members of a message.
func (m *Message) members(version, method *json.RawMessage) members {
	return func(key string) (*json.RawMessage, members) {
		switch key {
		case "jsonrpc":
			return version, nil
		case "id":
			return &m.ID, nil
		case "method":
			return method, nil
		case "result":
			return &m.result, nil
		case "params":
			return &m.params.raw, m.params.member
		}
		return nil, nil
	}
}

func (p *params) member(key string) (*json.RawMessage, members) {
	switch key {
	case "name":
		return &p.name, nil
	case "arguments":
		return &p.arguments, nil
	case "_meta":
		return &p.meta, nil
	}
	p.others = true
	switch key {
	case "task", "capabilities", "clientInfo", "ref", "argument", "context", "notifications", "delivery",
		"message", "configuration":
		return nil, fixed
	}
	return nil, nil
}

// fixed are the members of an object of a fixed form, whose values nobody reads. The parts of a message of A2A have a
// fixed form, too.
func fixed(key string) (*json.RawMessage, members) {
	if key == "parts" {
		return nil, fixed
	}
	return nil, nil
}

// keys are the keys of an envelope that mcp-go, a2a-go or this package decodes, by the folded key. An envelope is a
// message, the params, and the objects of a fixed form in params. All readers compare the keys of arguments, of a
// _meta and of metadata letter by letter, so this package does not check them.
var keys = folded(
	"jsonrpc", "id", "method", "params", "result", "error", // a message
	"_meta", "name", "arguments", "task", "inputResponses", "requestState", "uri", "cursor", "level", // params
	"requestId", "reason", "progressToken", "progress", "total", "message",
	"protocolVersion", "capabilities", "clientInfo", "ref", "argument", "context", "notifications",
	"taskId", "delivery", "ttlMs",
	"version", "title", "description", "websiteUrl", "icons", // clientInfo
	"extensions", "experimental", "roots", "sampling", "elicitation", "tasks", // capabilities
	"type", "value", "ttl", // ref, argument, task
	"toolsListChanged", "promptsListChanged", "resourcesListChanged", "resourceSubscriptions", // notifications
	"mode", "url", "secret", // delivery
	"tenant", "configuration", "metadata", "contextId", "status", "pageSize", "pageToken", "historyLength",
	"statusTimestampAfter", "includeArtifacts", // params of A2A
	"messageId", "parts", "referenceTaskIds", "role", "text", "raw", "data", "filename", "mediaType", // its message
	"acceptedOutputModes", "returnImmediately", "taskPushNotificationConfig", // its configuration
)

func folded(list ...string) map[string]string {
	by := make(map[string]string, len(list))
	for _, key := range list {
		by[fold(key)] = key
	}
	return by
}

// text returns the string raw; "" if raw is absent or no string.
func text(raw json.RawMessage) string {
	if len(raw) == 0 || raw[0] != '"' {
		return ""
	}
	return unquote(raw)
}
