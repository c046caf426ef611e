package mcp

import (
	"net/http"

	library "github.com/mark3labs/mcp-go/mcp"
)

// MayCompress says in the header of an answer that the answer may be compressed: nothing that the server put there is a
// token, a key, a link, or the address of a file. What compresses well repeats itself. So an attacker whose words stand
// beside a secret in one compressed answer would learn from its length how much of the secret the words repeat
// (BREACH).
func MayCompress(h http.Header) { h.Add("Vary", "Accept-Encoding") }

// constant are the methods that answer every caller with the same, of those that mcp-go answers.
var constant = []string{string(library.MethodInitialize), string(library.MethodServerDiscover),
	string(library.MethodToolsList), string(library.MethodPromptsList)}
