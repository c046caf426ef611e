package transfer_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/chat"
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
