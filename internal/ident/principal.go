package ident

import "context"

// Local is the principal of every caller on the machine of a server that only this
// machine can reach.
const Local = "local"

type principalKey struct{}

// WithPrincipal returns ctx with who is asking: Local, or nothing for a caller that
// cannot be told from others. An address is no principal.
func WithPrincipal(ctx context.Context, principal string) context.Context {
	return context.WithValue(ctx, principalKey{}, principal)
}

// PrincipalOf returns who is asking; "" for a caller that cannot be told from others.
func PrincipalOf(ctx context.Context) string {
	principal, _ := ctx.Value(principalKey{}).(string)
	return principal
}
