package httpapi

import (
	"maps"
	"net/http"
)

// everyAnswer are the headers of every answer. No other site can frame it, load it or hear of its
// address, no search engine lists it, and it is never taken for anything else than its media
// type. No answer but the page may load anything.
var everyAnswer = http.Header{
	"Content-Security-Policy":      {"default-src 'none'; frame-ancestors 'none'"},
	"Cross-Origin-Resource-Policy": {"same-origin"},
	"Referrer-Policy":              {"no-referrer"},
	"X-Content-Type-Options":       {"nosniff"},
	"X-Frame-Options":              {"DENY"}, // for browsers that do not know frame-ancestors
	"X-Robots-Tag":                 {"noindex"},
}

// protect sets the headers of every answer. The values are shared, so that they cost nothing:
// Set and Add of [http.Header] do not change them.
func protect(h http.Header) { maps.Copy(h, everyAnswer) }
