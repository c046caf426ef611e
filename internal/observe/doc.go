// Package observe is the storey of internal that tells an operator what happens on the server: audit lines, metrics,
// and limits on memory and waits.
//
// The packages of observe never hold a token, a name or a text.
//
// Read first: meter.
package observe
