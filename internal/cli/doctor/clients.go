package doctor

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/connect"
)

// clients checks for each installed client whether the client uses this server.
func (v *visit) clients(ctx context.Context) {
	found := false
	for _, c := range v.chosen() {
		found = true
		v.client(ctx, c)
	}
	if !found {
		v.warn("clients", v.connectLine("CLIENT"), "none of the clients that parley connect knows is installed")
	}
}

// chosen returns the clients to look at.
func (v *visit) chosen() (list []connect.Status) {
	for _, c := range v.Machine.List() {
		if c.ID == v.Client || v.Client == "" && c.Found {
			list = append(list, c)
		}
	}
	return list
}

// connectLine is the shell line that makes a client use this server. A person with an invite knows what to write for
// INVITE.
func (v *visit) connectLine(id string) string {
	if v.Invite != "" {
		return "parley connect " + id + " --url INVITE"
	}
	return "parley connect " + id + " --url " + v.Server
}

func (v *visit) client(ctx context.Context, c connect.Status) {
	fix, more := v.connectLine(c.ID), ""
	if c.Asks {
		more = "; it asks before it uses a tool. To allow those of Parley: " + fix + " --allow"
	}
	if c.Plugin != "" && c.Server == "" {
		c.Server, fix, more = c.Plugin, "give the plugin the address "+v.Server, ""
	}
	if c.NotInPath != "" {
		more = "; " + c.NotInPath + " is not in the PATH, so it may not be installed" + more
	}
	wrong := Warning // others may be meant for another server
	if v.Client != "" {
		wrong = Failed
	}
	configured, err := client.ParsePlace(c.Server)
	if configured.Key == "" {
		configured.Key = c.Key
	}
	shown, own := client.Shown(c.Server), configured.Base == v.Server && c.Plugin == "" && !c.Elsewhere
	tell := func(level Level, what string) { v.report(Result{Check: c.Name, Level: level, What: what, Fix: fix}) }
	signs := own && v.signsIn && configured.Key == "" && configured.Invite == "" && c.SignIn != ""
	switch {
	case c.Err != nil:
		v.fail(c.Name, "correct the file", "its configuration cannot be read: %v", c.Err)
	case c.Server == "" && !c.Found:
		v.report(Result{Check: c.Name, Level: wrong, What: "it was not found on this machine"})
	case c.Server == "":
		tell(wrong, "it does not know the server")
	case err != nil:
		tell(Failed, "its address of the server is not valid: "+err.Error())
	case signs:
		switch out, seen := v.isOut(ctx, c); {
		case out:
			fix = c.SignIn
			tell(Failed, "it is configured for "+shown+", and is not signed in there, or no longer")
		case !seen:
			fix = "if it is not signed in, " + c.SignIn
			tell(Warning, "it is configured for "+shown+", where it signs in; whether it is signed in cannot be seen "+
				"from here"+more)
		default:
			v.ok(c.Name, "it is configured for %s, where it is signed in%s", shown, more)
		}
	case own && !v.accepts(ctx, configured):
		tell(Failed, "it is configured for "+shown+", but "+keyOf(configured))
	case configured.Base == v.Server:
		v.ok(c.Name, "it is configured for %s%s", shown, more)
	case v.room != nil && v.isAt(ctx, configured):
		v.ok(c.Name, "it is configured for %s, which is the same server%s", shown, more)
	default:
		tell(wrong, "it is configured for another address, "+shown)
	}
}

// isOut reports whether a client has a sign-in that the server does not accept. An expired token does not count: the
// client gets another token. seen is false if the client's files have no token, for example because the system keeps
// the token, or if the server says nothing about the token.
func (v *visit) isOut(ctx context.Context, c connect.Status) (out, seen bool) {
	if c.SignedOut || c.Access == "" {
		return c.SignedOut, c.SignedOut
	}
	_, _, err := v.knock(ctx, client.Place{Base: v.Server, Key: c.Access})
	var refused *fault.Error
	if errors.As(err, &refused) && refused.Code == fault.KeyInvalid {
		return refused.Reason != fault.ReasonExpired, true
	}
	return false, err == nil
}

// accepts reports whether the server admits the client with what the client's configuration shows.
func (v *visit) accepts(ctx context.Context, p client.Place) bool {
	return !v.wants || p.Invite != "" || p.Key != "" && v.admitted(ctx, p)
}

// keyOf says what is wrong with a client's key.
func keyOf(p client.Place) string {
	if p.Key == "" {
		return "has no key"
	}
	return "the server does not admit its key " + client.ShownKey(p.Key)
}
