package transfer_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/store/table"
)

// approve opens the link of an agent, and returns the token of the person, who approves the agent's messages.
func (s site) approve(link string) (person string) {
	s.t.Helper()
	claim, ok := ident.ParseLinkCode(link)
	if !ok {
		s.t.Fatalf("%q is no link", link)
	}
	secret := ident.Digits(1, ident.SecretChars)
	person = ident.Token{Room: claim.Room, Seat: claim.Seat, Secret: secret, Person: true}.String()
	approve := true
	for _, req := range []chat.SuperviseRequest{{Claim: link}, {Approve: &approve}} {
		req.Token = person
		if _, err := s.Supervise(s.t.Context(), req); err != nil {
			s.t.Fatal(err)
		}
	}
	return person
}

// After a copy, the person behind an agent, the supervision and the drafts are there, and also the person of an agent
// that has lost its seat within the day: the agent comes back under its name without a link that the agent could
// open.
func TestCopy_personBehindAnAgent_isItsPersonAtTheDestination(t *testing.T) {
	for name, route := range routes() {
		t.Run(name, func(t *testing.T) {
			at := route[0](t)
			at.join("tea", "Ann")
			bobs := ident.WithPrincipal(t.Context(), ident.Principal{ID: "key:b1"})
			bob, err := at.JoinRoom(bobs, chat.JoinRequest{Room: "tea", AgentName: "Bob"})
			if err != nil {
				t.Fatal(err)
			}
			person := at.approve(bob.Watch)
			draft := at.send(chat.SendRequest{Token: bob.Token, Text: "it waits"})
			move := func(next func(*testing.T) site) {
				to := next(t)
				to.copyFrom(at.table)
				to.sameAs(at.content())
				at = to
			}
			for _, next := range route[1:] {
				move(next)
			}
			got, err := at.Supervise(t.Context(), chat.SuperviseRequest{Token: person})
			waits := slices.ContainsFunc(got.Drafts, func(d chat.DraftView) bool { return d.ID == draft })
			if err != nil || !got.Approve || !waits {
				t.Errorf("the person has %+v, %v; want the draft %s", got, err, draft)
			}
			at.leave(&agent{token: person})
			kept := func(k table.Key) bool { return strings.HasPrefix(k.Sort, "KEPT#") }
			if !slices.ContainsFunc(slices.Collect(maps.Keys(at.content())), kept) {
				t.Fatal("the person is not kept")
			}
			for _, next := range route[1:] {
				move(next)
			}
			if _, err := at.Wait(t.Context(), chat.WaitRequest{Token: person}); fault.CodeOf(err) != fault.Removed {
				t.Errorf("without its agent the person is told %v", err)
			}
			bobs = ident.WithPrincipal(t.Context(), ident.Principal{ID: "key:b1"})
			again, err := at.JoinRoom(bobs, chat.JoinRequest{Room: "tea", AgentName: "Bob"})
			if err != nil || again.Watch != "" {
				t.Fatalf("the agent gets a link: %+v, %v", again, err)
			}
			if mine, err := at.JoinRoom(t.Context(), chat.JoinRequest{Token: person}); err != nil ||
				mine.Name != "Bob" {
				t.Errorf("the person has %+v, %v", mine, err)
			}
		})
	}
}
