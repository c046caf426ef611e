package httpapi

import (
	"maps"
	"net/http"
	"slices"
)

// everyAnswer are the headers of every answer. No other site can frame an answer, load it or learn its address, no
// search engine lists it (but see mayBeListed), and no browser guesses another media type. No answer but the page may
// load anything.
var everyAnswer = http.Header{
	"Content-Security-Policy":      {"default-src 'none'; frame-ancestors 'none'"},
	"Cross-Origin-Resource-Policy": {"same-origin"},
	"Referrer-Policy":              {"no-referrer"},
	"X-Content-Type-Options":       {"nosniff"},
	"X-Frame-Options":              {"DENY"}, // for browsers that do not know frame-ancestors
	"X-Robots-Tag":                 {"noindex"},
}

// protect sets the headers of every answer. All answers share the values: Set and Add of [http.Header] do not change
// values.
func protect(h http.Header) { maps.Copy(h, everyAnswer) }

// copyHeader copies the header of a handler to that of the answer, and adds to Vary: what the answer varies with
// already still holds.
func copyHeader(to, from http.Header) {
	for name, values := range from {
		if name == "Vary" {
			values = slices.Concat(to[name], values)
		}
		to[name] = values
	}
}
