package mcp

import (
	"net/http"

	library "github.com/mark3labs/mcp-go/mcp"
)

// AllowCompression says in the header of an answer that the answer may be compressed. The server must have put no
// token, key, link or address of a file into the answer: what repeats itself compresses better, so an attacker whose
// words stand beside a secret would learn from the length how much of the secret they repeat (BREACH).
func AllowCompression(h http.Header) { h.Add("Vary", "Accept-Encoding") }

// constantMethods are those of mcp-go that answer every caller with the same.
var constantMethods = []string{string(library.MethodInitialize), string(library.MethodServerDiscover),
	string(library.MethodToolsList), string(library.MethodPromptsList)}
