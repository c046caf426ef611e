package access

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/table"
)

// Options of a Gate. All are required.
type Options struct {
	Table  table.Table
	Clock  clockwork.Clock
	Logger *slog.Logger
	// Invite reports whether a room has made an invite and is still there.
	Invite func(context.Context, ident.Invite) (bool, error)
	// Seat returns the agent on the seat of a token; ok is false if the token is not, or
	// no longer, that of the agent or of the person behind it.
	Seat func(context.Context, ident.Token) (agent room.Agent, ok bool, err error)
	// Link returns the agent to whose seat the link of a claim leads; ok is false if it leads
	// to none.
	Link func(context.Context, ident.Claim) (agent room.Agent, ok bool, err error)
}

// Gate admits callers to a server. Its methods may be called concurrently.
//
// Every error is a *fault.Error or that of the context. Its code is KeyInvalid for who is
// not admitted, RateLimited for an address from which too much is wrong, and Unavailable if
// the table does not answer: what is wrong is never guessed.
type Gate struct {
	keys     *register
	guesses  *guesses
	watches  *watches
	familiar familiar
	o        Options
}

// New returns a Gate.
func New(o Options) *Gate {
	keys := &register{table: o.Table, clock: o.Clock, log: o.Logger, of: map[string]known{}}
	return &Gate{
		keys: keys, guesses: newGuesses(o.Clock), watches: newWatches(keys),
		familiar: familiar{of: map[[sha256.Size]byte]struct{}{}}, o: o,
	}
}

// Bearer admits by what an Authorization header bears: a key, the token of a seat, or the
// claim of the link that makes one.
func (g *Gate) Bearer(ctx context.Context, text, address string) (ident.Asker, error) {
	if c, ok := ident.ParseClaim(text); ok {
		return g.claim(ctx, c, address)
	}
	if _, err := ident.ParseToken(text); err == nil {
		return g.Token(ctx, text, address)
	}
	return g.Key(ctx, text, address)
}

// Key admits by a key. The table is read for a key that this process has not read for 30
// seconds, unless its check characters or the secret that was read before show that it is
// wrong. The first use in a day is written.
func (g *Gate) Key(ctx context.Context, text, address string) (ident.Asker, error) {
	if strings.TrimSpace(text) == "" {
		return ident.Asker{}, refuse("needs a key, and you sent none")
	}
	key, ok := ident.ParseKey(text)
	if !ok {
		return ident.Asker{}, refuse("needs a key, and the one that you sent is mistyped")
	}
	k, there, fresh := g.keys.recall(key.ID)
	if there && !ident.SameSecret(key.Secret, k.hash) {
		return ident.Asker{}, errWrongKey()
	}
	if !fresh {
		var err error
		if k, ok, err = g.lookUp(ctx, key, there, address); err != nil {
			return ident.Asker{}, g.outward(err)
		}
	}
	if !ok || !g.keys.use(ctx, k) {
		return ident.Asker{}, errWrongKey()
	}
	return ident.Asker{Principal: ident.KeyPrincipal(k.ID), Owner: k.Label}, nil
}

// lookUp reads a key. It counts as a guess unless its secret was right before.
func (g *Gate) lookUp(ctx context.Context, key ident.Key, wasRight bool, address string) (k known, ok bool, err error) {
	err = g.guess(ctx, wasRight, address, func() (bool, error) {
		k, ok, err = g.keys.read(ctx, key.ID)
		ok = ok && ident.SameSecret(key.Secret, k.hash)
		return ok, err
	})
	return k, ok, err
}

// guess calls look, which reports whether what a caller sent is right. Unless that is known,
// it is a guess, and a failed look counts like a wrong one.
func (g *Gate) guess(ctx context.Context, known bool, address string, look func() (bool, error)) error {
	if known {
		_, err := look()
		return err
	}
	settle, err := g.guesses.begin(ctx, address)
	if err != nil {
		return err
	}
	right := false
	defer func() { settle(!right) }()
	right, err = look()
	return err
}

// Invite admits a guest by the code of a room's invite.
func (g *Gate) Invite(ctx context.Context, code, address string) (ident.Asker, error) {
	v, ok := ident.ParseInvite(code)
	if ok {
		var err error
		if ok, err = g.familiarly(ctx, v.String(), address, func() (bool, error) { return g.o.Invite(ctx, v) }); err != nil {
			return ident.Asker{}, g.outward(err)
		}
	}
	if !ok {
		return ident.Asker{}, fault.Refuse(fault.KeyInvalid, "This invite is mistyped, or its room has ended. Ask whoever invited you for a new one.")
	}
	return ident.Asker{Room: v.Room, Invite: v.Number}, nil
}

// Token admits by the token of a seat's agent, or of the person behind it, for that seat
// alone: if an invite has admitted the agent, or a key that is valid.
func (g *Gate) Token(ctx context.Context, text, address string) (ident.Asker, error) {
	t, err := ident.ParseToken(text)
	if err != nil {
		return ident.Asker{}, refuse("needs a key, and the token that you sent is mistyped")
	}
	var agent room.Agent
	seated, err := g.familiarly(ctx, t.String(), address, func() (ok bool, err error) {
		agent, ok, err = g.o.Seat(ctx, t)
		return ok, err
	})
	if err != nil {
		return ident.Asker{}, g.outward(err)
	}
	if !seated {
		return ident.Asker{}, refuse("needs a key, and the token that you sent has lost its seat, or never had one")
	}
	return g.behind(ctx, ident.Asker{Room: t.Room, Seat: t.Seat}, agent, address)
}

// claim admits who opens the link of a seat, as Token does. One that was used leads to its
// seat, too: so its holder hears that it was.
func (g *Gate) claim(ctx context.Context, c ident.Claim, address string) (ident.Asker, error) {
	var agent room.Agent
	leads, err := g.familiarly(ctx, c.String(), address, func() (ok bool, err error) {
		agent, ok, err = g.o.Link(ctx, c)
		return ok, err
	})
	if err != nil {
		return ident.Asker{}, g.outward(err)
	}
	if !leads {
		return ident.Asker{}, refuse("needs a key, and the link that you opened leads to no seat, or no longer")
	}
	return g.behind(ctx, ident.Asker{Room: c.Room, Seat: c.Seat, ByLink: true}, agent, address)
}

// behind admits asker to the seat of agent, if an invite has admitted that, or a key that is
// valid. A key that was not when it was read last is looked up as rarely as a wrong one.
func (g *Gate) behind(ctx context.Context, asker ident.Asker, agent room.Agent, address string) (ident.Asker, error) {
	if agent.Guest {
		return asker, nil
	}
	id := ident.KeyOf(agent.Principal)
	if id == "" {
		return ident.Asker{}, refuse("needs a key, and no key has admitted the agent whose token you sent")
	}
	k, there, ok := g.keys.recall(id)
	if !ok {
		err := g.guess(ctx, there, address, func() (_ bool, err error) {
			k, ok, err = g.keys.read(ctx, id)
			return ok, err
		})
		if err != nil {
			return ident.Asker{}, g.outward(err)
		}
	}
	if !ok || !g.keys.use(ctx, k) {
		return ident.Asker{}, refuse("needs a key, and the one that admitted the agent whose token you sent was revoked, or has expired")
	}
	asker.Principal, asker.Owner = agent.Principal, k.Label
	return asker, nil
}

// errWrongKey is the refusal of a key that has the form of one.
func errWrongKey() error {
	return refuse("needs a key, and the one that you sent is none of its keys: it was revoked, has expired, or never was one")
}

// refuse returns the refusal of a caller that is not admitted.
func refuse(why string) error {
	return fault.Refuse(fault.KeyInvalid, "This server %s. Ask whoever runs it for a key, and put that into your client's configuration: as the header Authorization: Bearer KEY, or into the address as /k/KEY/mcp.", why)
}

// outward turns an error from inside into one that the caller may see.
func (g *Gate) outward(err error) error {
	var refused *fault.Error
	if errors.As(err, &refused) || errors.Is(err, context.Canceled) {
		return err
	}
	g.o.Logger.Warn("a caller could not be admitted", "error", err)
	return fault.Wrap(err, fault.Unavailable, 2*time.Second, "The store of this server did not answer, so it cannot tell whether you may use it. Nothing was done: try again in 2 seconds.")
}

// familiarly is guess for a code or a token, which is known if it was right the last time.
func (g *Gate) familiarly(ctx context.Context, text, address string, look func() (bool, error)) (right bool, err error) {
	err = g.guess(ctx, g.familiar.has(text), address, func() (bool, error) {
		right, err = look()
		if err == nil || fault.CodeOf(err) == fault.Removed {
			g.familiar.set(text, right)
		}
		return right, err
	})
	return right, err
}

// familiar remembers, by their hashes, the codes and tokens that were right the last time.
// So the wrong ones of others at the same address shut out nobody who has a right one.
type familiar struct {
	mu sync.Mutex
	of map[[sha256.Size]byte]struct{}
}

func (f *familiar) has(text string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, there := f.of[sha256.Sum256([]byte(text))]
	return there
}

func (f *familiar) set(text string, right bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !right {
		delete(f.of, sha256.Sum256([]byte(text)))
		return
	}
	makeRoom(f.of)
	f.of[sha256.Sum256([]byte(text))] = struct{}{}
}
