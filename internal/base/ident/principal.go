package ident

import (
	"context"
	"strings"
)

// Local is the principal of every caller on the machine of a server that only this machine can reach.
const Local = "local"

// Principal is who makes a call, as far as the server knows. The zero value is a caller that cannot be told from
// others. An address is no principal.
type Principal struct {
	// ID is Local, or the principal of a key or an account: see [KeyPrincipal]. "" means none.
	ID string
	// Owner is the label of the key or the account. Others see the label on the caller's agents.
	Owner string
	// SignIn is the id of the sign-in by which the caller came; "" means that the caller showed the key.
	SignIn string
	// Room is the id of the only room in which the caller may act, by an invite or a token. "" means any.
	Room string
	// Seat is the only seat for which the caller may act, because the caller has shown nothing but a token. 0 means
	// any.
	Seat int
	// ByLink says that the caller has shown nothing but a link of the seat. The link may be void, so the caller spends
	// nothing of the principal.
	ByLink bool
	// Invite is the number of the invite that brought the caller, from 1 on; 0 means none.
	Invite int
}

// Counts reports whether limits count a by its principal. A link alone spends nothing of a principal.
func (a Principal) Counts() bool { return a.ID != "" && !a.ByLink }

// KeyPrincipal returns the principal of the holder of the key or the account with an id.
func KeyPrincipal(id string) string { return keyPrincipal + id }

// KeyOf returns the id of the key or the account of a principal; "" for other principals.
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
