// Package outbound is the storey of internal that calls addresses: wakes, webhooks, endpoints, and
// files that a client offers at an address. Strangers gave these addresses, so the packages of
// outbound bound what a call can do and cost.
//
// The packages of outbound never take a call.
//
// Read first: outbox.
package outbound
