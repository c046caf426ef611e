package chat_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
)

func TestUnread_countsWhatTheViewerSeesToo(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.look(p.bob.Token, p.bob.Cursor)
	w.look(p.cid.Token, p.cid.Cursor)
	w.clock.Advance(time.Minute)
	w.say(p.ann.Token, "one")
	w.tell(p.ann.Token, "two, in private", "Bob")
	w.say(p.cid.Token, "three")
	unread := func(viewer chat.Seated, want int) {
		t.Helper()
		a := agentIn(t, w.info(viewer.Token).Room, "Bob")
		if a.Unread == nil || *a.Unread != want {
			t.Errorf("%s sees unread %v, want %d", viewer.Name, a.Unread, want)
		}
	}
	unread(p.ann, 3)
	unread(p.cid, 2)
	w.look(p.bob.Token, p.bob.Cursor)
	unread(p.ann, 0)
	unread(p.cid, 0)
}

func TestUnread_beyondWhatIsCached_isLeftOut(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.look(p.bob.Token, p.bob.Cursor)
	for i := range 200 {
		w.say(p.ann.Token, fmt.Sprintf("line %d", i))
	}
	if a := agentIn(t, w.info(p.ann.Token).Room, "Bob"); a.Unread != nil {
		t.Errorf("unread %d", *a.Unread)
	}
}

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
