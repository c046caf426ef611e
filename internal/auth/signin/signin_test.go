package signin_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/auth/signin"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

func TestExchange_twentyAtOnceOverTwoProcesses_oneGetsAPair(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		processes := []*signin.SignIns{w.process(), w.process()}
		code := w.code(processes[0])
		var pair signin.Pair
		for _, o := range race(20, func(i int) (signin.Pair, error) {
			return processes[i%2].Exchange(t.Context(), exchangeOf(code))
		}) {
			switch {
			case o.err == nil && pair == signin.Pair{}:
				pair = o.pair
			case !errors.Is(o.err, signin.ErrGrant):
				t.Errorf("a second exchange ended with %v", o.err)
			}
		}
		w.wants(true, pair.Access, "after the race")
		if list, err := signin.List(t.Context(), w.table); err != nil || len(list) != 1 || list[0].Grant != grant {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

func TestExchange_ofAUsedCode_endsTheSignInAfterTenSeconds(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	code := w.code(p)
	pair, err := p.Exchange(t.Context(), exchangeOf(code))
	if err != nil {
		t.Fatal(err)
	}
	again := func(x signin.Exchange) {
		t.Helper()
		if _, err := w.process().Exchange(t.Context(), x); !errors.Is(err, signin.ErrGrant) {
			t.Errorf("a used code: %v", err)
		}
	}
	again(exchangeOf(code))
	w.wants(true, pair.Access, "a repeated exchange within ten seconds")
	w.clock.Advance(11 * time.Second)
	stolen := exchangeOf(code)
	stolen.Verifier = strings.Repeat("a", 43)
	again(stolen)
	w.wants(true, pair.Access, "a thief without the verifier")
	again(exchangeOf(code))
	w.wants(false, pair.Access, "the code comes again")
	if _, err := p.Refresh(t.Context(), refreshOf(pair.Refresh)); !errors.Is(err, signin.ErrGrant) {
		t.Errorf("the refresh token of an ended sign-in: %v", err)
	}
}

func TestExchange_byAnotherClientRedirectVerifierOrResource_changesNothing(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	code := w.code(p)
	for what, change := range map[string]func(*signin.Exchange){
		"client":         func(x *signin.Exchange) { x.Client += "x" },
		"redirect":       func(x *signin.Exchange) { x.Redirect += "/" },
		"no redirect":    func(x *signin.Exchange) { x.Redirect = "" },
		"verifier":       func(x *signin.Exchange) { x.Verifier = x.Verifier[1:] + "x" },
		"no verifier":    func(x *signin.Exchange) { x.Verifier = "" },
		"plain verifier": func(x *signin.Exchange) { x.Verifier = challenge },
		"resource":       func(x *signin.Exchange) { x.Resource = "https://other.example/mcp" },
		"another code": func(x *signin.Exchange) {
			x.Code = ident.NewSignInSecret(ident.SignInCode, w.key, "000000000000").String()
		},
		"no code":         func(x *signin.Exchange) { x.Code = "" },
		"a refresh token": func(x *signin.Exchange) { x.Code = "pr_" + x.Code[3:] },
	} {
		x := exchangeOf(code)
		change(&x)
		_, err := p.Exchange(t.Context(), x)
		if want := signin.ErrGrant; !errors.Is(err, want) && (what != "resource" || !errors.Is(err, signin.ErrTarget)) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := p.Exchange(t.Context(), exchangeOf(code)); err != nil {
		t.Errorf("the program itself, after all of them: %v", err)
	}
	late := w.code(p)
	w.clock.Advance(time.Minute)
	if _, err := p.Exchange(t.Context(), exchangeOf(late)); !errors.Is(err, signin.ErrGrant) {
		t.Errorf("a code after a minute: %v", err)
	}
}

func TestRefresh_twentyAtOnceOverTwoProcesses_getOnePair(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		processes := []*signin.SignIns{w.process(), w.process()}
		pair := w.signIn(processes[0])
		for range 3 {
			outcomes := race(20, func(i int) (signin.Pair, error) {
				return processes[i%2].Refresh(t.Context(), refreshOf(pair.Refresh))
			})
			for _, o := range outcomes {
				if o.err != nil || o.pair != outcomes[0].pair {
					t.Fatalf("%v, %v; want one pair for all", o.pair == outcomes[0].pair, o.err)
				}
			}
			if outcomes[0].pair == pair {
				t.Fatal("nothing was renewed")
			}
			pair = outcomes[0].pair
			w.wants(true, pair.Access, "the new token")
		}
	})
}

// The sessions of a program share a pair. One makes the turns, and the others come late with what they have read.
func TestRefresh_ofAConsumedToken_leadsToThePresentPairForHalfAnHour(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p, other := w.process(), w.process()
		wantPair := func(token ident.SignInSecret, want signin.Pair, when string) {
			t.Helper()
			if got := w.refresh(other, token); got.Access != want.Access || got.Refresh != want.Refresh {
				t.Errorf("%s: it does not lead to the present pair", when)
			}
		}
		first := w.signIn(p)
		second := w.refresh(p, first.Refresh)
		w.wants(true, first.Access, "the token before, at once")
		w.clock.Advance(2*time.Minute - time.Second)
		w.wants(true, first.Access, "the token before, for two minutes")
		w.clock.Advance(time.Second)
		w.wants(false, first.Access, "the token before, after two minutes")
		wantPair(first.Refresh, second, "after two minutes")
		w.clock.Advance(27 * time.Minute)
		third := w.refresh(other, second.Refresh)
		w.wants(false, first.Access, "two turns later")
		w.clock.Advance(time.Minute - time.Second)
		wantPair(first.Refresh, third, "two turns ago, in the thirtieth minute")
		w.clock.Advance(time.Second)
		wantPair(second.Refresh, third, "one turn ago, a minute later")
		w.wants(true, third.Access, "the present token")
		if _, err := other.Refresh(t.Context(), refreshOf(first.Refresh)); !errors.Is(err, signin.ErrGrant) {
			t.Errorf("a token that was consumed 30 minutes ago: %v", err)
		}
		w.wants(false, third.Access, "after an old token came")
		if _, err := p.Refresh(t.Context(), refreshOf(third.Refresh)); !errors.Is(err, signin.ErrGrant) {
			t.Errorf("the present token, after an old token came: %v", err)
		}
	})
}

func TestRefresh_oldAndPresentTokensAtOnce_leadToOnePair(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		processes := []*signin.SignIns{w.process(), w.process()}
		tokens := []ident.SignInSecret{w.signIn(processes[0]).Refresh}
		for range 2 {
			tokens = append(tokens, w.refresh(processes[0], tokens[len(tokens)-1]).Refresh)
		}
		w.clock.Advance(10 * time.Minute)
		got := race(24, func(i int) (signin.Pair, error) {
			return processes[i%2].Refresh(t.Context(), refreshOf(tokens[i%3]))
		})
		w.clock.Advance(10 * time.Minute)
		last := w.refresh(processes[1], tokens[0])
		for i, o := range got {
			if o.err != nil {
				t.Fatalf("call %d: %v", i, o.err)
			}
			// A call that came before the turn has the pair before, whose token leads to the next pair by now.
			if p := o.pair; p.Refresh != last.Refresh && p.Refresh != tokens[2] {
				t.Errorf("call %d got another pair", i)
			}
		}
		w.wants(true, last.Access, "after the race")
	})
}

func TestRefresh_ofATokenThatWasConsumedTwoThousandTurnsAgo_endsTheSignIn(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	first := w.signIn(p)
	last := first
	for range 2*table.MaxLimit + 1 {
		last = w.refresh(p, last.Refresh)
	}
	w.clock.Advance(30 * time.Minute)
	if _, err := p.Refresh(t.Context(), refreshOf(first.Refresh)); !errors.Is(err, signin.ErrGrant) {
		t.Error(err)
	}
	w.wants(false, last.Access, "after the first refresh token came again")
}

// The address of a server may change. Its clients are told to sign in again, not that they are signed in.
func TestSignIn_forAnotherAddress_getsNoTokens(t *testing.T) {
	w := newWorld(t)
	before, after := w.process(), w.at(w.table, "https://moved.example/mcp")
	pair, code := w.signIn(before), w.code(before)
	r, x := refreshOf(pair.Refresh), exchangeOf(code)
	r.Resource, x.Resource = "", ""
	for range 2 {
		if _, err := after.Refresh(t.Context(), r); !errors.Is(err, signin.ErrGrant) {
			t.Errorf("a refresh: %v", err)
		}
		if _, err := after.Exchange(t.Context(), x); !errors.Is(err, signin.ErrGrant) {
			t.Errorf("an exchange: %v", err)
		}
	}
	w.refresh(before, pair.Refresh)
}

// The person pays for calls of their programs, and for no attempt of strangers.
func TestSignIn_callWithWhatIsRight_isPaidByTheHolderOfTheKey(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	wantPaid := func(n int, what string) {
		t.Helper()
		if w.paid != n {
			t.Errorf("%s: the holder has paid for %d calls, want %d", what, w.paid, n)
		}
	}
	code := w.code(p)
	wantPaid(1, "a code")
	guess := func(use ident.SignInUse, id string) string { return ident.NewSignInSecret(use, w.key, id).String() }
	stolen := exchangeOf(code)
	stolen.Verifier = strings.Repeat("v", 43)
	for _, x := range []signin.Exchange{stolen, exchangeOf(guess(ident.SignInCode, ident.NewSignInID()))} {
		if _, err := p.Exchange(t.Context(), x); !errors.Is(err, signin.ErrGrant) {
			t.Error(err)
		}
	}
	wantPaid(1, "wrong exchanges")
	w.spent = errors.New("nothing is left")
	if _, err := p.Exchange(t.Context(), exchangeOf(code)); !errors.Is(err, w.spent) {
		t.Errorf("an exchange that nobody can pay: %v", err)
	}
	w.spent = nil
	pair, err := p.Exchange(t.Context(), exchangeOf(code))
	if err != nil {
		t.Fatal(err)
	}
	wantPaid(3, "exchanges")
	wrong := refreshOf(pair.Refresh)
	wrong.Token = guess(ident.RefreshToken, pair.Refresh.ID)
	if _, err := p.Refresh(t.Context(), wrong); !errors.Is(err, signin.ErrGrant) {
		t.Error(err)
	}
	wantPaid(3, "a guess")
	w.spent = errors.New("nothing is left")
	if _, err := p.Refresh(t.Context(), refreshOf(pair.Refresh)); !errors.Is(err, w.spent) {
		t.Errorf("a refresh that nobody can pay: %v", err)
	}
	w.spent = nil
	w.refresh(p, pair.Refresh)
	w.refresh(p, pair.Refresh)
	wantPaid(6, "refreshes, the last with a token that was consumed")
}

// A turn is stored for a day. After that nobody can tell an old token from a made-up token.
func TestRefresh_ofATokenThatMatchesNothing_endsNothing(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	first := w.signIn(p)
	second := w.refresh(p, first.Refresh)
	w.clock.Advance(25 * time.Hour)
	for what, token := range map[string]ident.SignInSecret{
		"a token of yesterday": first.Refresh,
		"a guess":              ident.NewSignInSecret(ident.RefreshToken, w.key, first.Refresh.ID),
		"the access token":     second.Access,
		"another sign-in":      ident.NewSignInSecret(ident.RefreshToken, w.key, ident.NewSignInID()),
	} {
		if _, err := p.Refresh(t.Context(), refreshOf(token)); !errors.Is(err, signin.ErrGrant) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, r := range map[string]signin.Refresh{
		"another client":   {Token: second.Refresh.String(), Client: "https://evil.example/c"},
		"no client":        {Token: second.Refresh.String()},
		"another resource": {Token: second.Refresh.String(), Client: client, Resource: "https://other.example/mcp"},
	} {
		if _, err := p.Refresh(t.Context(), r); !errors.Is(err, signin.ErrGrant) && !errors.Is(err, signin.ErrTarget) {
			t.Errorf("%s: %v", what, err)
		}
	}
	w.wants(true, second.Access, "after all of them")
	w.refresh(p, second.Refresh)
}

func TestExchange_theFiftyFirstOfAKey_endsTheOneThatWasRefreshedLongestAgo(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	var pairs []signin.Pair
	for range 50 {
		pairs = append(pairs, w.signIn(p))
		w.clock.Advance(time.Second)
	}
	pairs[0] = w.refresh(p, pairs[0].Refresh)
	last := w.signIn(p)
	w.wants(true, pairs[0].Access, "the first, which was refreshed")
	w.wants(false, pairs[1].Access, "the second")
	line := "action=sign_in_ended principal=key:" + w.key + " reason=surplus sign_in=" + pairs[1].Access.ID
	if strings.Count(w.log.String(), line) != 1 {
		t.Errorf("%q is not in the log", line)
	}
	w.wants(true, pairs[2].Access, "the third")
	w.wants(true, last.Access, "the last")
}

// A process may die at each write, before it takes effect or after. The program then repeats its call, which
// another process answers.
func TestSignIn_processDiesAtAnyWrite_theProgramGoesOnOrThePersonIsAskedAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		for _, after := range []bool{false, true} {
			next := w.process()
			code := w.code(next)
			x := exchangeOf(code)
			_, err := w.over(dyingAt(w.table, 1, after)).Exchange(t.Context(), x)
			if !errors.Is(err, table.ErrUnavailable) {
				t.Fatalf("an exchange in a process that dies: %v", err)
			}
			pair, err := next.Exchange(t.Context(), x)
			if after != errors.Is(err, signin.ErrGrant) || !after && err != nil {
				t.Errorf("the exchange again, after is %v: %v", after, err)
			}
			if after {
				pair = w.signIn(next)
			}
			_, err = w.over(dyingAt(w.table, 1, after)).Refresh(t.Context(), refreshOf(pair.Refresh))
			if !errors.Is(err, table.ErrUnavailable) {
				t.Fatalf("a refresh in a process that dies: %v", err)
			}
			w.wants(true, pair.Access, "the token before, after a refresh that was cut off")
			got := w.refresh(next, pair.Refresh)
			w.wants(true, got.Access, "the pair of the refresh that was repeated")
			w.refresh(next, got.Refresh)
		}
	})
}

// A read during a write of two items may see only one of the items before the other.
func TestRefresh_thatSeesHalfOfATurn_isRepeatedAndNotRefused(t *testing.T) {
	w := newWorld(t)
	first := w.signIn(w.process())
	key := signin.KeyOf(w.key, first.Access.ID)
	before, err := w.table.Get(t.Context(), key, table.Strong)
	if err != nil {
		t.Fatal(err)
	}
	second := w.refresh(w.process(), first.Refresh)
	half := w.over(&tabletest.Hooks{Table: w.table, After: func(_ context.Context, c *tabletest.Call) {
		if c.Method == tabletest.Get && c.Key == key {
			c.Item = before
		}
	}})
	if _, err := half.Refresh(t.Context(), refreshOf(second.Refresh)); !errors.Is(err, table.ErrUnavailable) {
		t.Errorf("the present token: %v", err)
	}
	if got := w.refresh(half, first.Refresh); got.Refresh != second.Refresh {
		t.Error("the consumed token does not lead to the present pair")
	}
	w.refresh(w.process(), second.Refresh)
}

func TestRevoke_ofATokenThatIsGood_endsTheSignIn(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	for _, of := range []func(signin.Pair) ident.SignInSecret{
		func(p signin.Pair) ident.SignInSecret { return p.Access },
		func(p signin.Pair) ident.SignInSecret { return p.Refresh },
	} {
		pair := w.signIn(p)
		for _, text := range []string{"", "x", ident.NewSignInSecret(ident.AccessToken, w.key, pair.Access.ID).String(),
			ident.NewSignInSecret(ident.RefreshToken, w.key, ident.NewSignInID()).String()} {
			if err := p.Revoke(t.Context(), text); !errors.Is(err, signin.ErrGrant) {
				t.Errorf("a token that is not known: %v", err)
			}
		}
		w.wants(true, pair.Access, "after tokens that are not known")
		if err := p.Revoke(t.Context(), of(pair).String()); err != nil {
			t.Error(err)
		}
		w.wants(false, pair.Access, "after its own")
	}
}

func TestRevoke_ofAConsumedToken_endsTheSignInWhileItLeadsToThePresentPair(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	first := w.signIn(p)
	second := w.refresh(p, first.Refresh)
	w.clock.Advance(time.Minute)
	third := w.refresh(p, second.Refresh)
	w.clock.Advance(29 * time.Minute)
	if err := p.Revoke(t.Context(), first.Refresh.String()); !errors.Is(err, signin.ErrGrant) {
		t.Errorf("a token that leads nowhere: %v", err)
	}
	w.wants(true, third.Access, "after a token that leads nowhere")
	w.clock.Advance(time.Minute - time.Second)
	if err := p.Revoke(t.Context(), second.Refresh.String()); err != nil {
		t.Error(err)
	}
	w.wants(false, third.Access, "after a token that led to it")
}
