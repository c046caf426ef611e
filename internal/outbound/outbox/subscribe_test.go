package outbox_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/outbound"
	"github.com/parley-chat/parley/internal/outbound/outbox"
	"github.com/parley-chat/parley/internal/outbound/outcall"
)

// secure returns a host that speaks TLS, and how example.com leads to it.
func secure(t *testing.T, h http.Handler) (s *httptest.Server, o outcall.Options) {
	t.Helper()
	s = httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that fail on purpose
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return s, outcall.Options{Roots: roots, Time: patience, Own: []string{"parley.example"}, Loopback: true,
		Lookup: func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("192.0.32.8")}, nil
		},
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			if address == "192.0.32.8:443" {
				address = s.Listener.Addr().String()
			}
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}}
}

// public is where others reach the server of a test.
const public = "https://parley.example"

func withKey(t *testing.T) context.Context {
	return ident.WithPrincipal(t.Context(), ident.Principal{ID: ident.KeyPrincipal("k1")})
}

func TestSubscribe_callerAddressAndSecret_areAllowedTogether(t *testing.T) {
	w := newWorld(t)
	_, out := secure(t, w.host)
	bob := w.join("tea", "Bob")
	const there = "https://example.com/hook"
	here := w.host.url + "/hook"
	for _, c := range []struct {
		what      string
		principal string
		o         outbox.Options // Public and Local
		url       string
		secret    string
		want      fault.Code
	}{
		{"a key", "key:k1", outbox.Options{Public: public}, there, secret, ""},
		{"a key of a server that nobody reaches", "key:k1", outbox.Options{}, there, secret, fault.NotAllowed},
		{"this machine", ident.Local, outbox.Options{Public: public, Local: true}, there, secret, fault.NotAllowed},
		{"nobody", "", outbox.Options{Public: public}, there, secret, fault.NotAllowed},
		{"this machine, calling itself", ident.Local, outbox.Options{Local: true}, here, secret, ""},
		{"a key, calling the server's machine", "key:k1", outbox.Options{Public: public, Local: true}, here, secret,
			fault.NotAllowed},
		{"this machine of a server for others", ident.Local, outbox.Options{Public: public}, here, secret,
			fault.NotAllowed},
		{"a short secret", "key:k1", outbox.Options{Public: public}, there, "whsec_c2hvcnQ=", fault.InvalidArgument},
		{"a network of somebody", "key:k1", outbox.Options{Public: public}, "https://10.0.0.1/hook", secret,
			fault.InvalidArgument},
		{"no TLS", "key:k1", outbox.Options{Public: public}, "http://example.com/hook", secret, fault.InvalidArgument},
		{"the server itself", "key:k1", outbox.Options{Public: public}, public + "/mcp", secret, fault.InvalidArgument},
	} {
		c.o.Out, c.o.Clock = outcall.New(out), w.boxes
		c.o.Rooms = w.Service
		dispatcher := outbox.New(c.o)
		ctx := ident.WithPrincipal(t.Context(), ident.Principal{ID: c.principal})
		_, err := dispatcher.Subscribe(ctx, outbox.Subscribe{Token: bob.Token, URL: c.url, Secret: c.secret})
		if got := fault.CodeOf(err); got != c.want {
			t.Errorf("%s: %v, want %q", c.what, err, c.want)
		}
		if c.secret != secret && !strings.Contains(err.Error(), "delivery.secret: ") {
			t.Errorf("%s: %v", c.what, err)
		}
		w.clock.Advance(time.Minute) // so that challenges are not what is refused
	}
}

// presence.Delivery.HoldBack relies on that.
func TestSubscribe_stay_getsNoHook(t *testing.T) {
	w := newWorld(t)
	_, out := secure(t, w.host)
	w.open(chat.Options{Clock: w.clock, SingleProcess: true, MinBatch: 1},
		outbox.Options{Clock: w.boxes, Public: public, Out: outcall.New(out)})
	ann := w.join("tea", "Ann")
	invite, _ := ident.ParseInvite(ann.Invite.Code)
	guest := func(id string) context.Context {
		return ident.WithPrincipal(t.Context(), ident.Principal{ID: id, Room: invite.Room, Invite: invite.Number})
	}
	bob, err := w.JoinRoom(guest(""), chat.JoinRequest{AgentName: "Bob", Stay: true})
	if err != nil {
		t.Fatal(err)
	}
	subscribe := func(ctx context.Context, token, url string) error {
		_, err := w.dispatcher.Subscribe(ctx, outbox.Subscribe{Token: token, URL: url, Secret: secret})
		return err
	}
	const there = "https://example.com/hook"
	here := w.host.url + "/hook"
	for what, ctx := range map[string]context.Context{
		"its guest":                  guest(""),
		"its guest, who shows a key": guest(ident.KeyPrincipal("k1")),
		"its guest, on this machine": guest(ident.Local),
		"the holder of a key":        withKey(t),
		"a caller on this machine":   w.ctx(),
	} {
		for _, url := range []string{there, here} {
			if err := subscribe(ctx, bob.Token, url); fault.CodeOf(err) != fault.NotAllowed {
				t.Errorf("%s, %s: %v", what, url, err)
			}
		}
	}
	if all := w.items(); len(all) != 0 {
		t.Errorf("hooks: %q", all)
	}
	for url, ctx := range map[string]context.Context{there: withKey(t), here: w.ctx()} { // else no token gets one
		if err := subscribe(ctx, ann.Token, url); err != nil {
			t.Errorf("Ann, %s: %v", url, err)
		}
	}
}

func TestSubscribe_hostThatDoesNotAgree_isRefusedWithItsReason(t *testing.T) {
	hanging := make(chan struct{})
	defer close(hanging)
	says := func(status int, text string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Location", "https://example.com/elsewhere")
			w.WriteHeader(status)
			_, _ = fmt.Fprint(w, text)
			return false
		}
	}
	for _, c := range []struct {
		what  string
		agree func(http.ResponseWriter, *http.Request) bool
		set   func(*outcall.Options)
		want  string
	}{
		{"another text", says(200, `{"challenge":"another"}`), nil, "challenge_failed"},
		{"no JSON", says(200, "welcome"), nil, "challenge_failed"},
		{"404", says(404, ""), nil, "http_4xx"},
		{"503", says(503, ""), nil, "http_5xx"},
		{"a redirect", says(302, ""), nil, "challenge_failed"},
		{"silence", func(http.ResponseWriter, *http.Request) bool { <-hanging; return true },
			func(o *outcall.Options) { o.Time = 20 * time.Millisecond }, "timeout"},
		{"a closed port", nil, func(o *outcall.Options) {
			o.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
				l, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					return nil, err
				}
				_ = l.Close()
				return (&net.Dialer{}).DialContext(ctx, network, l.Addr().String())
			}
		}, "connection_refused"},
		{"a certificate of nobody", nil, func(o *outcall.Options) { o.Roots = x509.NewCertPool() }, "tls_error"},
	} {
		w := newWorld(t)
		w.host.agree = c.agree
		_, out := secure(t, w.host)
		if c.set != nil {
			c.set(&out)
		}
		dispatcher := outbox.New(outbox.Options{Rooms: w.Service, Out: outcall.New(out), Public: public,
			Clock: w.boxes})
		bob := w.join("tea", "Bob")
		_, err := dispatcher.Subscribe(withKey(t), outbox.Subscribe{Token: bob.Token, URL: "https://example.com/hook",
			Secret: secret})
		var refused *outbox.AddressError
		if !errors.As(err, &refused) || refused.Reason != c.want {
			t.Errorf("%s: %v, %+v", c.what, err, refused)
		}
		if at, _ := w.seat(bob.Token); len(w.items(at)) > 0 {
			t.Errorf("%s: something is stored", c.what)
		}
	}
}

func TestSubscribe_again_isARefresh(t *testing.T) {
	w := newWorld(t)
	challenges := 0
	w.host.agree = func(http.ResponseWriter, *http.Request) bool { challenges++; return true }
	bob := w.join("tea", "Bob")
	person := w.person(bob)
	asked := w.asked(bob, "/")
	first := w.subscribe(asked)
	for _, c := range []struct {
		ttl, want time.Duration
	}{
		{0, 24 * time.Hour}, {time.Minute, time.Hour}, {5 * time.Hour, 5 * time.Hour},
		{1000 * time.Hour, 24 * time.Hour},
	} {
		w.pass(time.Minute)
		asked.TTL = c.ttl
		got := w.subscribe(asked)
		if got.ID != first.ID || !got.Until.Equal(w.boxes.Now().Add(c.want)) {
			t.Errorf("asked to live %v, it is %+v", c.ttl, got)
		}
	}
	if challenges != 1 {
		t.Errorf("the host was challenged %d times", challenges)
	}
	asked.Secret = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	if got := w.subscribe(asked); got.ID != first.ID || challenges != 2 {
		t.Errorf("with another secret it is %+v after %d challenges", got, challenges)
	}
	for _, want := range []bool{true, false} {
		if there, err := w.dispatcher.Unsubscribe(w.ctx(), asked); err != nil || there != want {
			t.Errorf("to unsubscribe returns %v, %v", there, err)
		}
	}
	at, _ := w.seat(bob.Token)
	w.hears(bob.Token, at, room.ReasonUnhooked)
	w.hears(person, at, room.ReasonUnhooked)
}

// A client refreshes by itself, so what a person has ended must not begin again with that.
func TestSubscribe_whatItsPersonHasEnded_isRefusedForADay(t *testing.T) {
	w := newWorld(t)
	w.run()
	w.timers(1)
	bob := w.join("tea", "Bob")
	person := w.person(bob)
	asked := w.asked(bob, "/")
	id := w.subscribe(asked).ID
	w.idle() // a pass that finds half of what ends a hook would wait for the rest
	if left := w.supervise(chat.SuperviseRequest{Token: person, EndHook: id}).Hooks; len(left) > 0 {
		t.Fatalf("the person has ended it, and sees %+v", left)
	}
	w.idle()
	for range 2 { // also after one more pass over each hook
		if got, err := w.dispatcher.Subscribe(w.ctx(), asked); fault.CodeOf(err) != fault.NotAllowed {
			t.Errorf("the refresh gives %+v, %v", got, err)
		}
		w.timers(1)
		w.pass(5 * time.Minute)
		w.timers(1)
		w.idle()
	}
	w.pass(outbound.MaxHookLife)
	w.subscribe(asked)
}

func TestSubscribe_beyondALimit_isRefused(t *testing.T) {
	w := newWorld(t)
	w.open(chat.Options{Clock: w.clock, SingleProcess: true, MinBatch: 1}, outbox.Options{Clock: w.boxes})
	var seats []chat.Seated
	for n := range 6 {
		seats = append(seats, w.join(fmt.Sprint("room ", n), "Bob"))
	}
	refused := func(what string, s outbox.Subscribe) {
		t.Helper()
		before := len(w.items())
		if _, err := w.dispatcher.Subscribe(w.ctx(), s); fault.CodeOf(err) != fault.RateLimited {
			t.Errorf("%s: %v", what, err)
		}
		if len(w.items()) != before {
			t.Errorf("%s: something is stored", what)
		}
	}
	for n := range outbound.MaxHooks {
		switch n {
		case core.MaxSeatHooks:
			refused("the fifth of a seat", w.asked(seats[0], "/fifth"))
			w.pass(time.Minute)
		case core.MaxSeatHooks + 10:
			refused("the eleventh challenge in a minute", w.asked(seats[5], "/more"))
			w.pass(time.Minute)
		}
		w.subscribe(w.asked(seats[n/core.MaxSeatHooks], fmt.Sprint("/", n)))
	}
	w.pass(time.Minute)
	refused("the next of a caller", w.asked(seats[5], "/next"))
	again := w.asked(seats[0], "/0")
	again.Secret = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	w.subscribe(again) // with another secret it is no further one
}

// There is nothing to end, so nothing is refused.
func TestUnsubscribe_seatOrRoomIsGone_endsNothing(t *testing.T) {
	w := newWorld(t)
	bob := w.join("tea", "Bob")
	w.join("tea", "Ann")
	w.subscribe(w.asked(bob, "/"))
	if _, err := w.LeaveRoom(w.ctx(), chat.LeaveRequest{Token: bob.Token}); err != nil {
		t.Fatal(err)
	}
	nowhere := ident.Token{Room: "abcdefg", Seat: 1, Secret: ident.Digits(7, ident.SecretChars)}.String()
	for what, token := range map[string]string{"a seat that was left": bob.Token, "a room that is not there": nowhere} {
		there, err := w.dispatcher.Unsubscribe(w.ctx(), outbox.Subscribe{Token: token, URL: w.host.url})
		if there || err != nil {
			t.Errorf("%s: %v, %v", what, there, err)
		}
	}
}
