package access

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/auth/account"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// Options of a Gate. All are required but LookUps, Resource and Account.
type Options struct {
	Table table.Table
	// LookUps is how many unknown secrets a process looks up a second; 0: as many as a table in the cloud should bear.
	LookUps int
	Clock   clockwork.Clock
	Logger  *slog.Logger
	// Resource is the address of MCP for which a sign-in must have been made; "": no sign-in admits.
	Resource string
	// Account reports whether a person that a provider has confirmed may use the server; nil: no account admits.
	Account func(account.Person) bool
	// Invite reports whether a room has made an invite, and has not ended.
	Invite func(context.Context, ident.Invite) (bool, error)
	// Seat returns the agent on the seat of a token; ok is false if the token belongs neither to the agent nor to the
	// person behind the agent, or no longer does. The error is RoomNotFound if there is no such room.
	Seat func(context.Context, ident.Token) (agent room.Agent, ok bool, err error)
	// Upload returns the agent for whom the code of an upload shares a file; ok is false if the code leads to no
	// upload.
	Upload func(context.Context, ident.UploadCode) (agent room.Agent, ok bool, err error)
	// Download returns the agent for whom the ticket of a download was made; ok is false if the ticket leads to no
	// file.
	Download func(context.Context, ident.Ticket) (agent room.Agent, ok bool, err error)
	// Link returns the agent to whose seat the link of a claim leads; ok is false if the link leads to no seat.
	Link func(context.Context, ident.LinkCode) (agent room.Agent, ok bool, err error)
}

// Gate admits callers to a server. Its methods may be called concurrently.
//
// Every error is a *fault.Error or the error of the context. KeyInvalid means that the caller is not admitted,
// RateLimited that the secret had no turn to be looked up. While the table does not answer, the error is Unavailable:
// without a read, nobody is refused.
type Gate struct {
	keys    *register
	marks   *marks
	signIns *signIns
	lookUps *lookUpLimit
	watches *watches
	o       Options
}

// New returns a Gate.
func New(o Options) *Gate {
	keys := &register{table: o.Table, clock: o.Clock, log: o.Logger, account: o.Account, of: map[string]known{}}
	signIns := &signIns{table: o.Table, clock: o.Clock, resource: o.Resource, of: map[string]signInKnown{}}
	return &Gate{keys: keys, marks: &marks{table: o.Table, clock: o.Clock}, signIns: signIns,
		lookUps: newLookUpLimit(o.Clock, o.LookUps), watches: newWatches(keys, signIns), o: o}
}

// Bearer admits by the secret of an Authorization header: a key, the token of a seat, the claim of a link to a seat, or
// the access token of a sign-in.
func (g *Gate) Bearer(ctx context.Context, text, address string) (ident.Principal, error) {
	if t, ok := ident.ParseSignIn(text); ok && g.o.Resource != "" {
		return g.signIn(ctx, t, address)
	}
	if c, ok := ident.ParseLinkCode(text); ok {
		return g.claim(ctx, c, address)
	}
	if token, err := ident.ParseToken(text); err == nil {
		return g.token(ctx, token, address)
	}
	return g.Key(ctx, text)
}

// Key admits by a key. A key that this process has not read for 30 seconds is read, unless the check characters, the
// mark or the secret of the last read prove the key wrong. So a caller who guesses delays no right key. The first use
// in a day is recorded: see recordUse.
func (g *Gate) Key(ctx context.Context, text string) (ident.Principal, error) {
	if strings.TrimSpace(text) == "" {
		return ident.Principal{}, refuse("needs a key, and you sent none")
	}
	key, ok := ident.ParseKey(text)
	if !ok {
		return ident.Principal{}, refuse("needs a key, and the one that you sent is mistyped")
	}
	k, there, fresh := g.keys.cached(key.ID)
	right := there && ident.SameSecret(key.Secret, k.hash)
	if fresh && !right {
		return ident.Principal{}, errWrongKey()
	}
	read := func() (err error) {
		k, _, err = g.keys.read(ctx, key.ID) // a missing key has the hash "", which no secret has
		if err == nil && !ident.SameSecret(key.Secret, k.hash) {
			err = errWrongKey()
		}
		return err
	}
	var err error
	switch {
	case right && !fresh:
		err = read()
	case !right: // the key may have been renewed
		err = g.lookUpKey(ctx, key, read)
	}
	if err != nil {
		return ident.Principal{}, g.outward(err)
	}
	g.keys.recordUse(ctx, k)
	return ident.Principal{ID: ident.KeyPrincipal(k.ID), Owner: k.Label}, nil
}

// lookUpKey calls read to look up a key unknown to this process. A key without the mark of the table was made up, and
// nobody can make up a key with the mark. So a key, unlike a token, needs no turn.
func (g *Gate) lookUpKey(ctx context.Context, key ident.Key, read func() error) error {
	marked, err := g.marks.check(ctx, key)
	if err != nil {
		return err
	}
	if !marked {
		return errWrongKey()
	}
	return g.lookUps.lookUpAtOnce(key.String(), read)
}

// Invite admits a guest by the code of an invite.
func (g *Gate) Invite(ctx context.Context, code, address string) (ident.Principal, error) {
	v, ok := ident.ParseInvite(code)
	if !ok {
		return ident.Principal{}, errWrongInvite()
	}
	made, err := g.Made(ctx, v, address, func() (bool, error) { return g.o.Invite(ctx, v) })
	if err == nil && !made {
		err = errWrongInvite()
	}
	if err != nil {
		return ident.Principal{}, g.outward(err)
	}
	return ident.Principal{Room: v.Room, Invite: v.Number}, nil
}

// Made looks up by made whether a room has made the invite v. A guess counts whichever way it comes: in the address, or
// in the arguments of a call. Else a caller that was admitted could guess without end.
func (g *Gate) Made(ctx context.Context, v ident.Invite, address string, made func() (bool, error)) (is bool,
	err error) {
	err = g.lookUps.lookUp(ctx, v.String(), address, func() error {
		is, err := made()
		if err == nil && !is {
			err = errWrongInvite()
		}
		return err
	})
	if fault.CodeOf(err) == fault.KeyInvalid {
		return false, nil
	}
	return err == nil, err
}

func errWrongInvite() error {
	return fault.Refuse(fault.KeyInvalid,
		"This invite is mistyped, or its room has ended. If it worked before, try again in a minute: the server may "+
			"have been started with other rooms. Else ask the person who invited you for a new one.")
}

// Token admits by the token of a seat's agent, or of the person behind the agent, for the seat alone: if an invite or a
// valid key has admitted the agent. So a program on standby and the person need no key of their own.
func (g *Gate) Token(ctx context.Context, text, address string) (ident.Principal, error) {
	token, err := ident.ParseToken(text)
	if err != nil {
		return ident.Principal{}, refuse("needs a key, and the token that you sent is mistyped")
	}
	return g.token(ctx, token, address)
}

// TokenOfMany is Token for one of many tokens of a call that has paid for the look-up of each. A token whose room has
// ended, or whose seat is gone, does not count as a guess: a page asks for all rooms that its browser knows, and would
// use up the guesses of its address.
func (g *Gate) TokenOfMany(ctx context.Context, token ident.Token, address string) (ident.Principal, error) {
	return g.seatOf(ctx, token, address, func(err error) error { return passing{error: err, free: true} })
}

// token is Token for a parsed token. It checks the token of the request; the call itself checks agent_token, perhaps
// another token.
func (g *Gate) token(ctx context.Context, token ident.Token, address string) (ident.Principal, error) {
	return g.seatOf(ctx, token, address, func(err error) error {
		switch {
		case fault.CodeOf(err) == fault.RoomNotFound:
			return nil
		case token.Person:
			return passing{error: err} // the token is right again once the agent is back: see room.KeepPerson
		}
		return err
	})
}

// seatOf admits by a token. If the room or the seat is gone, the look-up ends with what missing makes of the error; nil
// means that the seat never was.
func (g *Gate) seatOf(ctx context.Context, token ident.Token, address string, missing func(error) error) (
	ident.Principal, error) {
	return g.seat(ctx, token.String(), address, ident.Principal{Room: token.Room, Seat: token.Seat},
		"the token that you sent has lost its seat, or never had one",
		func() (room.Agent, bool, error) {
			agent, there, err := g.o.Seat(ctx, token)
			if code := fault.CodeOf(err); code == fault.RoomNotFound || code == fault.Removed {
				err = missing(err)
			}
			return agent, there, err
		})
}

// claim admits a caller that opens the link of a seat, as Token does. A used link leads to its seat, too, so the caller
// hears that the link was used.
func (g *Gate) claim(ctx context.Context, c ident.LinkCode, address string) (ident.Principal, error) {
	return g.seat(ctx, c.String(), address, ident.Principal{Room: c.Room, Seat: c.Seat, ByLink: true},
		"the link that you opened does not lead to a seat, or no longer does",
		func() (room.Agent, bool, error) { return g.o.Link(ctx, c) })
}

// Upload admits by the code of an upload, as Token does: for the seat that shares the file alone.
func (g *Gate) Upload(ctx context.Context, text, address string) (ident.Principal, error) {
	c, ok := ident.ParseUploadCode(text)
	if !ok {
		return ident.Principal{}, errFileAddress()
	}
	return g.seat(ctx, c.String(), address, ident.Principal{Room: c.Room, Seat: c.Seat}, wrongFileAddress,
		func() (room.Agent, bool, error) { return g.o.Upload(ctx, c) })
}

// Download admits by the ticket of a download, as Token does: for the seat of the ticket alone.
func (g *Gate) Download(ctx context.Context, text, address string) (ident.Principal, error) {
	t, ok := ident.ParseTicket(text)
	if !ok {
		return ident.Principal{}, errFileAddress()
	}
	return g.seat(ctx, t.String(), address, ident.Principal{Room: t.Room, Seat: t.Seat}, wrongFileAddress,
		func() (room.Agent, bool, error) { return g.o.Download(ctx, t) })
}

// wrongFileAddress says why the address of a file does not admit.
const wrongFileAddress = "the address that you used does not lead to a file, or no longer does: have your agent call " +
	"share_file or get_file again"

func errFileAddress() error { return refuse("needs a key, and the address that you used is mistyped") }

// seat admits asker to the seat of the agent that find returns for a secret, if authorize does. unknown says in the
// refusal that there is no such agent.
func (g *Gate) seat(ctx context.Context, secret, address string, asker ident.Principal, unknown string,
	find func() (room.Agent, bool, error)) (ident.Principal, error) {
	err := g.lookUps.lookUp(ctx, secret, address, func() error {
		agent, there, err := find()
		if err != nil {
			return err
		}
		if !there {
			none := refuse("needs a key, and " + unknown)
			none.Reason = fault.ReasonNoSeat
			return none
		}
		return g.authorize(ctx, &asker, agent)
	})
	if err != nil {
		return ident.Principal{}, g.outward(err)
	}
	return asker, nil
}

// authorize lets asker act for the seat of agent, if an invite or a valid key has admitted the agent. An invite that
// was given with a key admits no longer than the key.
func (g *Gate) authorize(ctx context.Context, asker *ident.Principal, agent room.Agent) error {
	if agent.IsGuest() && ident.KeyOf(agent.Principal) == "" {
		return nil
	}
	if agent.IsUnadmitted() {
		return passing{error: errUnadmitted()} // the agent may show its key at any time
	}
	id := ident.KeyOf(agent.Principal)
	k, ok, err := g.keys.find(ctx, id)
	if err != nil {
		return err
	}
	switch {
	case !ok && agent.SignIn != "":
		return errAgentSignedOut()
	case !ok:
		return refuse("needs a key, and the one that admitted the agent whose token you sent was revoked, or has " +
			"expired")
	}
	if agent.SignIn != "" {
		there, err := g.signIns.find(ctx, id, agent.SignIn)
		if err != nil {
			return err
		}
		if !there {
			return errAgentSignedOut()
		}
	}
	g.keys.recordUse(ctx, k)
	asker.ID, asker.Owner, asker.SignIn = agent.Principal, k.Label, agent.SignIn
	return nil
}

// errUnadmitted is the refusal of an agent from before the server asked for keys, and of the person behind the agent.
func errUnadmitted() error {
	refused := refuse("needs a key by now, and no key has admitted the agent of this seat, which joined before. Its " +
		"token alone works again once the agent has called join_room with agent_token, and with a key of its own")
	refused.Reason = fault.ReasonUnadmitted
	return refused
}

// errWrongKey is the refusal of a well-formed key.
func errWrongKey() error {
	return refuse("needs a key, and does not know the one that you sent: it was revoked, has expired, or never existed")
}

// refuse returns the refusal of a caller that is not admitted.
func refuse(why string) *fault.Error {
	return fault.Refuse(fault.KeyInvalid, "This server %s. Ask the person who runs it for a key, and put that into "+
		"your client's configuration: as the header Authorization: Bearer KEY, or into the address as /k/KEY/mcp.", why)
}

// outward returns the error that the caller may see for an error from inside.
func (g *Gate) outward(err error) error {
	var refused *fault.Error
	if errors.As(err, &refused) {
		return refused
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	g.o.Logger.Warn("a caller could not be admitted", "error", err)
	return fault.Wrap(err, fault.Unavailable, 2*time.Second, "The store of this server did not answer, so it cannot "+
		"tell whether you may use it. Nothing was done: try again in 2 seconds.")
}
