package transfer_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
)

// redact removes the text of a message of a.
func (s site) redact(a *agent, id string) {
	s.t.Helper()
	if _, err := s.UpdateRoom(s.t.Context(), chat.UpdateRequest{Token: a.token, Redact: id}); err != nil {
		s.t.Fatal(err)
	}
}

// A copy has the texts, and they are removed at the source. Wherever the next copy is cut,
// the one after it removes them at the destination.
func TestCopy_textsRemovedAtTheSource_areRemovedAtTheDestination(t *testing.T) {
	for cut, number := true, 0; cut; number++ {
		from, to := inFile(t), inFile(t)
		ann, _ := from.agree("tea")
		first, second := from.say(ann, "the key is 4711"), from.say(ann, "or 47110")
		to.copyFrom(from.table)
		from.redact(ann, first)
		from.say(ann, "forget it")
		from.redact(ann, from.say(ann, "and 47111"))
		from.redact(ann, second)
		cut = to.copyUntilWrite(from, number, number%2 == 0)
		to.copyFrom(from.table)
		to.sameAs(from.content())
		for k, data := range to.content() {
			if strings.Contains(data, "4711") {
				t.Fatalf("cut at write %d, %s has %s", number, k, data)
			}
		}
	}
}

// Its last event has the text at the destination, and not at the source.
func TestCopy_lastTextRemovedAtTheSource_isNotDiverged(t *testing.T) {
	from, to := inFile(t), inFile(t)
	ann := from.join("tea", "Ann")
	id := from.say(ann, "the key is 4711")
	to.copyFrom(from.table)
	from.redact(ann, id)
	to.copyFrom(from.table)
	to.sameAs(from.content())
	if got := to.copyFrom(from.table); got.AlreadyPresent != 1 {
		t.Errorf("a further copy: %+v", got)
	}
}

// What a person let its agent say is a draft at the destination, too. The people, the
// invite and the drafts of the room are there after the copy.
func TestCopy_textOfADraftRemovedAtTheSource_isRemovedAtTheDestination(t *testing.T) {
	for cut, number := true, 0; cut; number++ {
		from, to := inFile(t), inFile(t)
		ann, err := from.JoinRoom(t.Context(), chat.JoinRequest{Room: "tea", AgentName: "Ann", Capacity: 3})
		if err != nil {
			t.Fatal(err)
		}
		claim, _ := ident.ParseClaim(ann.Watch)
		person := ident.Token{Room: claim.Room, Seat: claim.Seat, Secret: ident.Digits(1, ident.SecretChars), Person: true}.String()
		steer := func(req chat.SteerRequest) {
			t.Helper()
			req.Token = person
			if _, err := from.Service.Steer(t.Context(), req); err != nil {
				t.Fatal(err)
			}
		}
		approve := true
		steer(chat.SteerRequest{Claim: ann.Watch})
		steer(chat.SteerRequest{Approve: &approve})
		agent := &agent{token: ann.Token}
		steer(chat.SteerRequest{Draft: from.send(chat.SendRequest{Token: ann.Token, Text: "the key is 4711"}), Decision: room.SendDraft})
		from.say(agent, "it waits")
		page, err := from.History(t.Context(), chat.HistoryRequest{Token: person})
		if err != nil {
			t.Fatal(err)
		}
		to.copyFrom(from.table)
		steer(chat.SteerRequest{Approve: new(bool)})
		for _, m := range page.Messages {
			if m.Type == chat.EventSaid {
				from.redact(agent, m.ID)
			}
		}
		cut = to.copyUntilWrite(from, number, number%2 == 0)
		to.copyFrom(from.table)
		to.sameAs(from.content())
		for k, data := range to.content() {
			if strings.Contains(data, "4711") {
				t.Fatalf("cut at write %d, %s has %s", number, k, data)
			}
		}
	}
}
