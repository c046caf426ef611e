package web

import "net/http"

// policy lets the page load and call nothing but this server. No script can make HTML of a text: Trusted Types are
// required, since the page builds its elements one by one. One maker is admitted, under one name and once:
// assets/push/worker-address.js makes it before anything else, and it makes the address of the worker alone.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; " +
	"require-trusted-types-for 'script'; trusted-types worker"

// workerPolicy lets the worker call nothing but this server, and load nothing.
const workerPolicy = "default-src 'none'; connect-src 'self'"

// restrict sets the headers of the document beside those that every answer has.
func restrict(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()")
}
