package chat_test

import (
	"fmt"
	"testing"
)

// The reply of a join hands out what came before, and no call has followed it.
func TestUnread_ofANewcomer_isWhatCameSinceItsJoin(t *testing.T) {
	w := newWorld(t)
	ann := w.join("plans", "Ann")
	w.say(ann.Token, "before he came")
	w.join("plans", "Bob")
	for want := range 3 {
		for _, w := range []*world{w, w.elsewhere()} {
			if a := agentIn(t, w.info(ann.Token).Room, "Bob"); a.Unread == nil || *a.Unread != want {
				t.Errorf("after %d messages he is %+v", want, a)
			}
		}
		w.say(ann.Token, fmt.Sprintf("note %d", want))
	}
}
