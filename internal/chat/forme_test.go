package chat_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/room"
)

// wakes fails unless what is done ends a wait of Cid at once, or, if it is not to,
// leaves it open until Ann says something to Cid alone.
func wakes(t *testing.T, forMe bool, does func(w *world, p company), want bool) {
	t.Helper()
	w := newWorld(t)
	p := w.company()
	if own := w.say(p.cid.Token, "Cid's own word"); own.Seq != 4 {
		t.Fatalf("Cid's word is number %d", own.Seq)
	}
	cursor := w.look(p.cid.Token, "").Cursor
	waiting := w.open(t.Context(), chat.WaitRequest{Token: p.cid.Token, Cursor: cursor, Wait: time.Minute, ForMe: forMe}, 1)
	does(w, p)
	if !want {
		select {
		case got := <-waiting:
			t.Errorf("for_me %v: it wakes: %+v", forMe, got)
			return
		case <-time.After(2 * time.Millisecond): // what wakes does so in less
		}
		w.tell(p.ann.Token, "the end of it", "Cid")
	}
	got := take(t, waiting)
	if got.Status != chat.StatusMessages {
		t.Fatalf("for_me %v: got %+v", forMe, got)
	}
	if last := got.Messages[len(got.Messages)-1].Text; (last == "the end of it") == want {
		t.Errorf("for_me %v: the last words are %q", forMe, last)
	}
}

// said is what Ann says.
func said(req chat.SendRequest) func(w *world, p company) {
	return func(w *world, p company) {
		req.Token = p.ann.Token
		if _, err := w.send(req); err != nil {
			w.t.Fatal(err)
		}
	}
}

func TestWait_whatWakesIt(t *testing.T) {
	for what, c := range map[string]struct {
		does        func(w *world, p company)
		wakes       bool // in a room of three
		wakesWithMe bool // with for_me
	}{
		"a message to all":           {said(chat.SendRequest{Text: "hello"}), true, false},
		"a private message":          {said(chat.SendRequest{Text: "hello", To: []string{"Cid"}}), true, true},
		"one to two":                 {said(chat.SendRequest{Text: "hello", To: []string{"Bob", "Cid"}}), true, true},
		"a reply to one's own":       {said(chat.SendRequest{Text: "indeed", ReplyTo: 4}), true, true},
		"a reply to another's":       {said(chat.SendRequest{Text: "welcome", ReplyTo: 2}), true, false},
		"a request to all":           {said(chat.SendRequest{Text: "who?", Kind: room.Request}), true, true},
		"a private request":          {said(chat.SendRequest{Text: "who?", Kind: room.Request, To: []string{"Cid"}}), true, true},
		"the end of somebody":        {said(chat.SendRequest{Text: "bye", Kind: room.Done}), true, false},
		"one's name":                 {said(chat.SendRequest{Text: "well, @cid: what now?"}), true, true},
		"one's name at the end":      {said(chat.SendRequest{Text: "what now, @CID"}), true, true},
		"one's name, and an s":       {said(chat.SendRequest{Text: "it is @Cid's turn"}), true, true},
		"the second @":               {said(chat.SendRequest{Text: "@Bob and @Cid"}), true, true},
		"the name without an @":      {said(chat.SendRequest{Text: "what does Cid say?"}), true, false},
		"a longer name":              {said(chat.SendRequest{Text: "@Cider, anyone? @cid2?"}), true, false},
		"a name with a hyphen":       {said(chat.SendRequest{Text: "@cid-two and @cid_3 know"}), true, false},
		"another's name":             {said(chat.SendRequest{Text: "@Bob?"}), true, false},
		"a lone @":                   {said(chat.SendRequest{Text: "meet @ noon @"}), true, false},
		"a status":                   {said(chat.SendRequest{Text: "half done, @Cid", Kind: room.Status}), false, false},
		"a status as a reply":        {said(chat.SendRequest{Text: "half done", Kind: room.Status, ReplyTo: 4}), false, false},
		"talk it cannot see":         {said(chat.SendRequest{Text: "@Cid?", To: []string{"Bob"}, ReplyTo: 4, Kind: room.Request}), false, false},
		"somebody's coming":          {func(w *world, p company) { w.join("plans", "Dora") }, false, false},
		"somebody's word of oneself": {func(w *world, p company) { w.say(p.bob.Token, "ask @Cid") }, true, true},
		"a role of one's own":        {func(w *world, p company) { w.manage(p.ann.Token, room.Promote, "Cid", chat.StatusPromoted) }, true, true},
		"a role of another's":        {func(w *world, p company) { w.manage(p.ann.Token, room.Promote, "Bob", chat.StatusPromoted) }, false, false},
		"another who stays of three": {func(w *world, p company) {
			w.join("plans", "Dora")
			w.leave(p.bob.Token)
		}, false, false},
		"the last but one leaving": {func(w *world, p company) { w.leave(p.bob.Token) }, true, true},
	} {
		t.Run(what, func(t *testing.T) {
			wakes(t, false, c.does, c.wakes)
			wakes(t, true, c.does, c.wakesWithMe)
		})
	}
}

// TestWait_inARoomOfTwo_isWokenByEverything: there whatever is said is for oneself.
func TestWait_inARoomOfTwo_isWokenByEverything(t *testing.T) {
	for what, does := range map[string]func(w *world, p company){
		"a message": said(chat.SendRequest{Text: "hello"}),
		"a status":  said(chat.SendRequest{Text: "half done", Kind: room.Status}),
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			p := w.pair()
			waiting := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: time.Minute, ForMe: true}, 1)
			does(w, company{ann: p.ann, bob: p.bob})
			take(t, waiting)
		})
	}
}

// TestWait_whatWokeNobody_ridesAlong: what asks for nothing is not lost.
func TestWait_whatWokeNobody_ridesAlong(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	waiting := w.open(t.Context(), chat.WaitRequest{Token: p.cid.Token, Cursor: p.cid.Cursor, Wait: time.Minute, ForMe: true}, 1)
	said(chat.SendRequest{Text: "half done", Kind: room.Status})(w, p)
	w.say(p.bob.Token, "good")
	w.tell(p.ann.Token, "between Ann and Bob", "Bob")
	w.join("plans", "Dora")
	said(chat.SendRequest{Text: "and you, @Cid?"})(w, p)
	got := take(t, waiting)
	same(t, "Cid hears", lines(got.Messages), []string{"Ann: half done", "Bob: good", "joined Dora", "Ann: and you, @Cid?"})
}

func TestWait_whatWokeNobody_isToldWhenTheTimeIsUp(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	waiting := w.open(t.Context(), chat.WaitRequest{Token: p.cid.Token, Cursor: p.cid.Cursor, Wait: time.Minute, ForMe: true}, 1)
	w.say(p.bob.Token, "not for Cid")
	w.clock.Advance(time.Minute)
	got := take(t, waiting)
	if same(t, "Cid hears", lines(got.Messages), []string{"Bob: not for Cid"}); got.Status != chat.StatusMessages {
		t.Errorf("got %+v", got)
	}
}

// TestWait_nameWithMarks_isFoundHoweverItIsWritten: a letter and its mark may be one
// character or two.
func TestWait_nameWithMarks_isFoundHoweverItIsWritten(t *testing.T) {
	for what, c := range map[string]struct{ name, text string }{
		"composed":    {"Zo\u00eb", "@Zo\u00eb?"},
		"decomposed":  {"Zo\u00eb", "@Zoe\u0308?"},
		"capital":     {"Zo\u00eb", "@ZO\u00cb"},
		"wide":        {"Zo\u00eb", "\uff20\uff3ao\u00eb"},
		"dotted":      {"\u0130nci", "ask @\u0130NC\u0049"},
		"final sigma": {"\u039d\u03af\u03ba\u03bf\u03c2", "@\u039d\u03af\u03ba\u03bf\u03c2, please"},
		"two words":   {"Ann Marie", "and @ann marie?"},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			p := w.company()
			zoe := w.join("plans", c.name)
			waiting := w.open(t.Context(), chat.WaitRequest{Token: zoe.Token, Cursor: zoe.Cursor, Wait: time.Minute, ForMe: true}, 1)
			w.say(p.ann.Token, c.text)
			select {
			case <-waiting:
			case <-time.After(5 * time.Second):
				t.Errorf("%q does not wake", c.text)
			}
		})
	}
}
