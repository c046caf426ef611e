package chat_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

func TestSecrets_tokensPasswordsAndInvites_areNotStored(t *testing.T) {
	w := newWorld(t)
	ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Password: "open sesame", Public: true})
	invite := w.renew(ann.Token)
	bob := w.join("plans:open sesame", "Bob")
	w.say(bob.Token, "hello")
	w.look(ann.Token, "")
	w.clock.Advance(room.Lease)
	again := w.join("plans:open sesame", "Bob") // and an item that says why the old seat was freed
	w.leave(again.Token)
	count := 0
	for _, partition := range []string{"ROOM#" + ann.Token[:7], "NAME#plans", "LISTED"} {
		page, err := w.table.Query(t.Context(),
			table.Range{Partition: partition, Limit: 100, Consistency: table.Strong})
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			count++
			for _, secret := range []string{ann.Invite.Code[9:25], invite.Code[9:25], ann.Token[10:26],
				bob.Token[10:26], again.Token[10:26], "sesame"} {
				if strings.Contains(item.Key.Partition+item.Key.Sort+string(item.Data), secret) {
					t.Errorf("%s holds a secret: %s", item.Key, item.Data)
				}
			}
		}
	}
	if count < 10 { // seven events, a snapshot, a name, a listing
		t.Errorf("looked at %d items", count)
	}
}
