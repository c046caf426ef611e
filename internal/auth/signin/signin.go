package signin

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/auth"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/observe/audit"
	"github.com/parley-chat/parley/internal/store/table"
)

// ErrGrant refuses a code or a token (invalid_grant of RFC 6749, section 5.2). ErrTarget refuses a code or a token that
// was made for another server (invalid_target of RFC 8707). Every other error comes from the table, the context or
// Options.Begin: the outcome is unknown, and the same call can succeed later.
var (
	ErrGrant  = errors.New("signin: invalid grant")
	ErrTarget = errors.New("signin: invalid target")
)

// Options of SignIns. All are required.
type Options struct {
	Table  table.Table
	Clock  clockwork.Clock
	Logger *slog.Logger
	// Resource is the address for which sign-ins are made. A sign-in for another address gets no tokens any more.
	Resource string
	// Begin admits a call of the holder of the key with an id. Calls in the returned context count for the holder.
	Begin func(ctx context.Context, key string) (context.Context, error)
	// Key returns when the key with an id ends, zero for never; ok is false if there is none.
	Key func(ctx context.Context, id string) (ends time.Time, ok bool, err error)
}

// SignIns are the sign-ins in a table. The methods may be called concurrently, in any number of processes.
type SignIns struct{ o Options }

// New returns the sign-ins in a table.
func New(o Options) *SignIns { return &SignIns{o} }

// Pair is the pair of tokens of a program.
type Pair struct {
	Access, Refresh ident.SignInSecret
	Lives           time.Duration // how long the access token is valid
}

// Allow records that the holder of a key allows a program what g says, and returns a code for the program. The code is
// valid for a minute and once. The program must prove that challenge is its own.
func (s *SignIns) Allow(ctx context.Context, key string, g Grant, redirect, challenge string) (string, error) {
	ctx, err := s.o.Begin(ctx, key)
	if err != nil {
		return "", err
	}
	secret := ident.NewSignInSecret(ident.SignInCode, key, ident.NewSignInID())
	data := code{V: version, ID: secret.ID, Grant: g, Redirect: redirect, Challenge: challenge}
	put := table.Item{Key: codeOf(secret.Hash()), Expires: s.o.Clock.Now().Add(codeLife), Data: encode(data)}
	if err := s.o.Table.Write(ctx, table.Put(put, table.Always)); err != nil {
		return "", fmt.Errorf("storing a code: %w", err)
	}
	return secret.String(), nil
}

// Exchange is a program's request with a code.
type Exchange struct {
	Code, Client, Redirect, Verifier string
	Resource                         string // "": the program names none
}

// Exchange returns the first pair of a sign-in. Parameters that do not belong to the code change nothing. The second
// exchange of a code gets nothing, and more than 10 seconds after the first also ends the sign-in: somebody has stolen
// the code.
func (s *SignIns) Exchange(ctx context.Context, x Exchange) (Pair, error) {
	secret, ok := ident.ParseSignIn(x.Code)
	if !ok || secret.Use != ident.SignInCode {
		return Pair{}, fmt.Errorf("%w: the code is mistyped", ErrGrant)
	}
	hash := secret.Hash()
	it, err := s.o.Table.Get(ctx, codeOf(hash), table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return Pair{}, s.exchanged(ctx, secret, x)
	}
	if err != nil {
		return Pair{}, err
	}
	data, err := decode[code](it)
	if err != nil {
		return Pair{}, err
	}
	if err := data.check(x); err != nil {
		return Pair{}, err
	}
	ctx, ends, err := s.begin(ctx, secret.Key, data.Grant)
	if err != nil {
		return Pair{}, err
	}
	now := s.o.Clock.Now()
	p := Pair{ident.NewSignInSecret(ident.AccessToken, secret.Key, data.ID),
		ident.NewSignInSecret(ident.RefreshToken, secret.Key, data.ID), accessLife}
	signIn := item{V: version, Grant: data.Grant, Access: p.Access.Hash(), Refresh: p.Refresh.Hash(),
		MadeMs: now.UnixMilli(), TurnMs: now.UnixMilli()}
	put := table.Item{Key: KeyOf(secret.Key, data.ID), Expires: lives(now, ends), Data: encode(signIn)}
	data.UsedMs = now.UnixMilli()
	surplus, err := s.surplus(ctx, secret.Key)
	if err != nil {
		return Pair{}, err
	}
	ops := []table.Op{table.Delete(codeOf(hash), table.IfPresent),
		table.Put(table.Item{Key: usedOf(hash), Expires: now.Add(usedLife), Data: encode(data)}, table.IfAbsent),
		table.Put(put, table.IfAbsent)}
	for _, one := range surplus {
		ops = append(ops, table.Delete(KeyOf(one.Key, one.ID), table.Always))
	}
	err = s.o.Table.Write(ctx, ops...)
	var taken *table.ConflictError
	if errors.As(err, &taken) {
		// The reply to a first attempt may have been lost.
		last := taken.Conflicts[len(taken.Conflicts)-1]
		if last.Item == nil || string(last.Item.Data) != string(put.Data) {
			return Pair{}, s.exchanged(ctx, secret, x)
		}
	} else if err != nil {
		return Pair{}, err
	}
	for _, one := range surplus {
		s.logEnd(ctx, one.Key, one.ID, "surplus")
	}
	s.logAction(ctx, "signed_in", secret.Key, data.ID)
	return p, nil
}

// check refuses an exchange that does not belong to the code.
func (c code) check(x Exchange) error {
	switch {
	case x.Client != c.Client:
		return fmt.Errorf("%w: the code was made for another client_id", ErrGrant)
	case x.Redirect != c.Redirect:
		return fmt.Errorf("%w: the code was sent to another redirect_uri", ErrGrant)
	case !same(challengeOf(x.Verifier), c.Challenge):
		return fmt.Errorf("%w: the code_verifier is not that of the code_challenge", ErrGrant)
	case x.Resource != "" && x.Resource != c.Resource:
		return fmt.Errorf("%w: the code is for another resource", ErrTarget)
	}
	return nil
}

// exchanged refuses a code that is not in the table: a used or an expired code.
func (s *SignIns) exchanged(ctx context.Context, secret ident.SignInSecret, x Exchange) error {
	gone := fmt.Errorf("%w: the code was used already, or is older than a minute: sign in again", ErrGrant)
	it, err := s.o.Table.Get(ctx, usedOf(secret.Hash()), table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return gone
	}
	if err != nil {
		return err
	}
	data, err := decode[code](it)
	if err != nil {
		return err
	}
	if err := data.check(x); err != nil {
		return err
	}
	if s.o.Clock.Since(time.UnixMilli(data.UsedMs)) > again {
		if err := s.end(ctx, secret.Key, data.ID, "code_reused"); err != nil {
			return err
		}
	}
	return gone
}

// surplus returns the sign-ins that must end before a key has room for a further sign-in.
func (s *SignIns) surplus(ctx context.Context, key string) (all []Stored, err error) {
	for it, err := range table.All(ctx, s.o.Table, table.Range{Partition: Partition, Prefix: key + "#",
		Consistency: table.Strong}) {
		if err != nil {
			return nil, err
		}
		one, err := Decode(it)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b Stored) int { return a.Turned.Compare(b.Turned) })
	return all[:max(0, min(len(all)-auth.MaxSignIns+1, auth.MaxSignIns))], nil
}

// Refresh is a program's request for the next pair.
type Refresh struct {
	Token, Client string
	Resource      string // "": the program names none
}

// Refresh returns the next pair of a sign-in, and consumes the token. For 30 minutes all further calls with the token
// get the present pair, whether the calls race, a reply was lost, or several sessions of a program share a pair. A call
// with a token that was consumed earlier ends the sign-in: somebody has stolen the token.
func (s *SignIns) Refresh(ctx context.Context, r Refresh) (Pair, error) {
	token, ok := ident.ParseSignIn(r.Token)
	if !ok || token.Use != ident.RefreshToken {
		return Pair{}, fmt.Errorf("%w: the refresh token is mistyped", ErrGrant)
	}
	now, err := s.find(ctx, token)
	if err != nil {
		return Pair{}, err
	}
	switch {
	case r.Client != now.Client:
		return Pair{}, fmt.Errorf("%w: the token was made for another client_id", ErrGrant)
	case r.Resource != "" && r.Resource != now.Resource:
		return Pair{}, fmt.Errorf("%w: the token is for another resource", ErrTarget)
	}
	if same(token.Hash(), now.data.Refresh) {
		return s.advance(ctx, token, now)
	}
	return s.replay(ctx, token, now)
}

var errEnded = fmt.Errorf("%w: the sign-in has ended: sign in again", ErrGrant)

// find reads the sign-in of a token, whether or not the token is valid.
func (s *SignIns) find(ctx context.Context, t ident.SignInSecret) (Stored, error) {
	it, err := s.o.Table.Get(ctx, KeyOf(t.Key, t.ID), table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return Stored{}, errEnded
	}
	if err != nil {
		return Stored{}, err
	}
	return Decode(it)
}

// begin admits a call with a right code or token. The grant must be for this server, and the key valid; ends is when
// the key ends.
func (s *SignIns) begin(ctx context.Context, key string, g Grant) (_ context.Context, ends time.Time, err error) {
	if g.Resource != s.o.Resource {
		return ctx, ends, errEnded
	}
	ends, ok, err := s.o.Key(ctx, key)
	if err == nil && !ok {
		err = errEnded
	}
	if err != nil {
		return ctx, ends, err
	}
	ctx, err = s.o.Begin(ctx, key)
	return ctx, ends, err
}

// advance makes the turn that consumes the present refresh token.
func (s *SignIns) advance(ctx context.Context, token ident.SignInSecret, was Stored) (Pair, error) {
	ctx, ends, err := s.begin(ctx, token.Key, was.Grant)
	if err != nil {
		return Pair{}, err
	}
	now, salt := s.o.Clock.Now(), ident.NewSecret()
	p := next(token, salt)
	data := was.data
	data.Turn, data.TurnMs = data.Turn+1, now.UnixMilli()
	data.Access, data.Refresh, data.Before = p.Access.Hash(), p.Refresh.Hash(), data.Access
	err = s.o.Table.Write(ctx,
		table.Put(table.Item{Key: turnOf(token.ID, data.Turn), Expires: now.Add(turnLife),
			Data: encode(turn{V: version, Consumed: token.Hash(), Salt: salt, AtMs: now.UnixMilli()})}, table.IfAbsent),
		table.Put(table.Item{Key: KeyOf(token.Key, token.ID), Expires: lives(now, ends), Data: encode(data)},
			table.IfPresent))
	var lost *table.ConflictError
	if !errors.As(err, &lost) {
		return p, err
	}
	if winner := lost.Conflicts[0]; winner.Op == 0 && len(lost.Conflicts) == 1 {
		return s.walk(ctx, token, *winner.Item)
	}
	return Pair{}, errEnded
}

// next returns the pair that follows a refresh token under a salt.
func next(token ident.SignInSecret, salt string) Pair {
	return Pair{token.Next(ident.AccessToken, salt), token.Next(ident.RefreshToken, salt), accessLife}
}

// replay answers a refresh token that is not the present one.
func (s *SignIns) replay(ctx context.Context, token ident.SignInSecret, now Stored) (Pair, error) {
	it, by, err := s.findTurn(ctx, token, now)
	if err != nil {
		return Pair{}, err
	}
	return s.repeat(ctx, token, now, it, by)
}

// findTurn reads the turn that consumed a refresh token.
func (s *SignIns) findTurn(ctx context.Context, token ident.SignInSecret, now Stored) (table.Item, turn, error) {
	hash, newest := token.Hash(), ""
	for it, err := range table.All(ctx, s.o.Table, table.Range{Partition: Partition + "#" + token.ID, Reverse: true,
		Consistency: table.Strong}) {
		if err != nil {
			return table.Item{}, turn{}, err
		}
		data, err := decode[turn](it)
		if err != nil {
			return table.Item{}, turn{}, err
		}
		if data.Consumed == hash {
			return it, data, nil
		}
		newest = max(newest, it.Key.Sort)
	}
	if newest > turnOf(token.ID, now.data.Turn).Sort {
		return table.Item{}, turn{}, fmt.Errorf("%w: half of a turn is to be seen", table.ErrUnavailable)
	}
	return table.Item{}, turn{}, fmt.Errorf("%w: the refresh token is not known, or too old", ErrGrant)
}

// repeat answers a refresh token that a turn has consumed.
func (s *SignIns) repeat(ctx context.Context, token ident.SignInSecret, now Stored, it table.Item,
	by turn) (Pair, error) {
	if !s.shares(by) {
		if err := s.end(ctx, token.Key, token.ID, "token_reused"); err != nil {
			return Pair{}, err
		}
		return Pair{}, errEnded
	}
	ctx, _, err := s.begin(ctx, token.Key, now.Grant)
	if err != nil {
		return Pair{}, err
	}
	return s.walk(ctx, token, it)
}

// shares reports whether the token that a turn consumed still leads to the present pair.
func (s *SignIns) shares(by turn) bool { return s.o.Clock.Since(time.UnixMilli(by.AtMs)) < shareLife }

// walk follows the turns from a token and the turn that consumed it, and returns the present pair.
func (s *SignIns) walk(ctx context.Context, token ident.SignInSecret, consumedBy table.Item) (Pair, error) {
	data, err := decode[turn](consumedBy)
	if err != nil {
		return Pair{}, err
	}
	if data.Consumed != token.Hash() {
		return Pair{}, fmt.Errorf("%w: another token made this turn", ErrGrant)
	}
	p := next(token, data.Salt)
	for it, err := range table.All(ctx, s.o.Table, table.Range{Partition: consumedBy.Key.Partition,
		After: consumedBy.Key.Sort, Consistency: table.Strong}) {
		if err == nil {
			data, err = decode[turn](it)
		}
		if err != nil {
			return Pair{}, err
		}
		if data.Consumed == p.Refresh.Hash() {
			p = next(p.Refresh, data.Salt)
		}
	}
	p.Lives = accessLife - s.o.Clock.Since(time.UnixMilli(data.AtMs))
	return p, nil
}

// Revoke ends the sign-in of a token that is good for a call or for Refresh (RFC 7009). Any other token is ErrGrant,
// and changes nothing.
func (s *SignIns) Revoke(ctx context.Context, text string) error {
	token, ok := ident.ParseSignIn(text)
	if !ok {
		return fmt.Errorf("%w: the token is mistyped", ErrGrant)
	}
	now, err := s.find(ctx, token)
	if err != nil {
		return err
	}
	good := now.Admits(token, s.o.Clock.Now()) ||
		token.Use == ident.RefreshToken && same(token.Hash(), now.data.Refresh)
	if !good && token.Use == ident.RefreshToken { // a session may log out that missed the refreshes of the others
		_, by, err := s.findTurn(ctx, token, now)
		if err != nil {
			return err
		}
		good = s.shares(by)
	}
	if !good {
		return fmt.Errorf("%w: the token is not known, or too old", ErrGrant)
	}
	return s.end(ctx, token.Key, token.ID, "by_client")
}

// List returns all sign-ins in reader, in the order of their keys.
func List(ctx context.Context, reader table.Reader) (list []Stored, err error) {
	for it, err := range table.All(ctx, reader, table.Range{Partition: Partition, Consistency: table.Strong}) {
		if err != nil {
			return nil, fmt.Errorf("reading the sign-ins: %w", err)
		}
		one, err := Decode(it)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}

// End ends the sign-in with an id by a key, with all tokens.
func (s *SignIns) End(ctx context.Context, key, id string) error {
	return s.end(ctx, key, id, "by_operator")
}

// end deletes a sign-in. The turns expire.
func (s *SignIns) end(ctx context.Context, key, id, why string) error {
	if err := s.o.Table.Write(ctx, table.Delete(KeyOf(key, id), table.Always)); err != nil {
		return fmt.Errorf("ending a sign-in: %w", err)
	}
	s.logEnd(ctx, key, id, why)
	return nil
}

func (s *SignIns) logEnd(ctx context.Context, key, id, why string) {
	s.logAction(ctx, "sign_in_ended", key, id, slog.String("reason", why))
}

// lives returns when a sign-in ends after a turn now, if the key ends at keyEnds.
func lives(now, keyEnds time.Time) time.Time {
	end := now.Add(signInLife)
	if !keyEnds.IsZero() && keyEnds.Before(end) {
		return keyEnds
	}
	return end
}

func same(a, b string) bool { return b != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// logAction logs for the audit what became of a sign-in.
func (s *SignIns) logAction(ctx context.Context, action, key, id string, more ...slog.Attr) {
	ctx = ident.WithPrincipal(ctx, ident.Principal{ID: ident.KeyPrincipal(key)})
	audit.Log(ctx, s.o.Logger, action, append(more, slog.String("sign_in", id))...)
}
