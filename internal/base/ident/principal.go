package ident

import (
	"context"
	"strings"
)

// Local is the principal of every caller on the machine of a server that only this
// machine can reach.
const Local = "local"

// Principal is who makes a call, as far as the server knows. The zero value is a caller that
// cannot be told from others. An address is no principal.
type Principal struct {
	// ID is Local, or that of a key or an account: see [KeyPrincipal]. "" means none.
	ID string
	// Owner is the label of the key or the account, which others see of the agents that it seats.
	Owner string
	// SignIn is the id of the sign-in by which the caller came; "" means that it showed the key.
	SignIn string
	// Room is the id of the only room in which the caller may act: that of its invite or of
	// its token. "" means any.
	Room string
	// Seat is the only seat for which the caller may act, because its token is all that it
	// has shown. 0 means any.
	Seat int
	// ByLink says that a link of the seat is all that the caller has shown. It may be void, so
	// the caller spends nothing of the principal.
	ByLink bool
	// Invite is the number of the invite that brought the caller, from 1 on; 0 means none.
	Invite int
}

// Counts reports whether limits count a by its principal. A link alone spends nothing of one.
func (a Principal) Counts() bool { return a.ID != "" && !a.ByLink }

// KeyPrincipal returns the principal of the holder of the key or the account with an id.
func KeyPrincipal(id string) string { return keyPrincipal + id }

// KeyOf returns the id of the key or the account whose holder a principal is; "" if it is no such one.
func KeyOf(principal string) string {
	id, ok := strings.CutPrefix(principal, keyPrincipal)
	if !ok {
		return ""
	}
	return id
}

const keyPrincipal = "key:"

type askerKey struct{}

// WithPrincipal returns ctx with who is asking. A caller that comes by an invite has no principal.
func WithPrincipal(ctx context.Context, a Principal) context.Context {
	if a.IsGuest() {
		a.ID, a.Owner = "", ""
	}
	return context.WithValue(ctx, askerKey{}, a)
}

// PrincipalOf returns who is asking; zero for a caller that cannot be told from others.
func PrincipalOf(ctx context.Context) Principal {
	a, _ := ctx.Value(askerKey{}).(Principal)
	return a
}
