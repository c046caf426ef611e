package ident

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
)

type addressKey struct{}

// addressKind begins the key of a caller without a principal.
const addressKind = "address "

// WithAddress returns ctx with the network address of the caller: see Address. Limits tell callers without a principal
// apart by address. All calls without an address are of one caller.
func WithAddress(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, addressKey{}, address)
}

// ClientKey returns the caller for which a limit counts: the principal if the caller has shown more than a link, else
// the network address.
func ClientKey(ctx context.Context) string {
	if a := PrincipalOf(ctx); a.Counts() {
		return "principal " + a.ID
	}
	return addressKind + AddressOf(ctx)
}

// AddressOf returns the network address of the caller, or "": see WithAddress.
func AddressOf(ctx context.Context) string {
	address, _ := ctx.Value(addressKey{}).(string)
	return address
}

const digestChars = 4

// CallerDigest returns what is stored in place of a caller: 20 bits of a hash under key. Each value stands for 4,096
// addresses of IPv4, so nobody can compute the address, even with the key. Two callers with the same value share a
// limit.
func CallerDigest(key, caller string) string {
	sum := sha256.Sum256([]byte(key + "\x00" + caller))
	return Digits(binary.BigEndian.Uint64(sum[:])>>(64-5*digestChars), digestChars)
}

// GroupDigests returns the groups of a caller, as Groups does, with the CallerDigest of each key.
func GroupDigests(key, caller string) []Group {
	groups := Groups(caller)
	for i := range groups {
		groups[i].Key = CallerDigest(key, groups[i].Key)
	}
	return groups
}
