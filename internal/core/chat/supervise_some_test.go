package chat_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// approvesSome has a person approve only what a selection names.
func (w *world) approvesSome(person string, some room.Selection) chat.Supervised {
	w.t.Helper()
	return w.supervise(person, chat.SuperviseRequest{ApproveSome: &some})
}

// mixes are the selections that select something.
func mixes() (list []room.Selection) {
	for n := 1; n < 8; n++ {
		list = append(list, room.Selection{Private: n&1 > 0, Files: n&2 > 0, Agreements: n&4 > 0})
	}
	return list
}

// escape is a room in which Bob wants a word to get out. Ann and he are admins. A person is behind him.
type escape struct {
	*shelf
	company
	person string
	id     string // of what was there before
}

func newEscape(t *testing.T) *escape {
	x := &escape{shelf: inFile(t)}
	x.ann = x.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 5})
	x.bob, x.cid = x.joinsAs("key:b", "plans", "Bob"), x.join("plans", "Cid")
	x.person = x.world.person(x.bob)
	x.manage(x.ann.Token, room.Promote, "Bob", chat.StatusPromoted)
	x.adds(x.ann.Token, "paint the fence", "mow the lawn")
	x.task(x.bob.Token, chat.CommandTake, "t1")
	x.bob.Cursor = x.look(x.bob.Token, "").Cursor
	return x
}

// others is what Ann and Cid can read, whichever way they look.
func (x *escape) others() string {
	x.t.Helper()
	var all []any
	for _, s := range []chat.Seated{x.ann, x.cid} {
		info, err := x.RoomInfo(x.t.Context(), chat.InfoRequest{Token: s.Token})
		if fault.CodeOf(err) == fault.Removed {
			continue
		} else if err != nil {
			x.t.Fatal(err)
		}
		for i, a := range info.Room.Agents {
			info.Room.Agents[i] = chat.AgentView{Name: a.Name, Role: a.Role, Activity: a.Activity}
		}
		all = append(all, x.all(s.Token), info.Room, info.Agreements, info.Invite,
			x.lists(chat.TaskListRequest{Token: s.Token}).Tasks,
			x.lists(chat.TaskListRequest{Token: s.Token, Closed: true}).Tasks)
	}
	text, err := json.Marshal(all)
	if err != nil {
		x.t.Fatal(err)
	}
	return string(text)
}

// word is what Bob wants to get out.
const word = "swordfish"

// wayOut is a way for Bob to get a word out, or to do what others notice.
type wayOut struct {
	before func(x *escape) // his person approves anything
	try    func(x *escape) (chat.Sent, error)
	waits  string // the letters of what makes it a draft: private, files, agreements; "" goes out under each mix
	held   bool   // it is refused under each mix
	silent bool   // it has no word
}

func sending(req chat.SendRequest) func(*escape) (chat.Sent, error) {
	return func(x *escape) (chat.Sent, error) {
		req := req
		req.Token = x.bob.Token
		if req.ReplyTo != "" {
			req.ReplyTo = x.id
		}
		if req.Withdraw != "" {
			req.Withdraw = x.id
		}
		if req.Cursor != "" {
			req.Cursor = x.bob.Cursor
		}
		return x.send(req)
	}
}

// earlier has somebody send something before.
func earlier(who func(*escape) chat.Seated, req chat.SendRequest) func(*escape) {
	return func(x *escape) {
		req := req
		req.Token = who(x).Token
		x.id = x.sends(req).ID
	}
}

func ann(x *escape) chat.Seated { return x.ann }
func bob(x *escape) chat.Seated { return x.bob }

var (
	bobs, cid, both = []string{"Bob"}, []string{"Cid"}, []string{"Ann", "Cid"}
	proposal        = chat.SendRequest{Text: "tea", Kind: room.Proposal}
)

// privately is the proposal to one.
func privately(to string) chat.SendRequest {
	return chat.SendRequest{Text: "tea", Kind: room.Proposal, To: []string{to}}
}

func sharing(req chat.ShareRequest) func(*escape) (chat.Sent, error) {
	return func(x *escape) (chat.Sent, error) {
		req := req
		req.Token, req.Text, req.Name = x.bob.Token, "text", cmp.Or(req.Name, "a.txt")
		if req.ReplyTo != "" {
			req.ReplyTo = x.id
		}
		got, err := x.ShareFile(x.t.Context(), req)
		return got.Sent, err
	}
}

// offering opens an upload.
func offering(req chat.ShareRequest) func(*escape) {
	return func(x *escape) {
		req := req
		req.Token, req.Name, req.Size = x.bob.Token, "a.txt", 100
		x.id = x.offer(req)
	}
}

func uploading(x *escape) (chat.Sent, error) { return x.upload(x.id, "a few bytes") }

// calling is a call that sends nothing.
func calling(call func(ctx context.Context, x *escape) error) func(*escape) (chat.Sent, error) {
	return func(x *escape) (chat.Sent, error) { return chat.Sent{}, call(x.t.Context(), x) }
}

func tasking(req chat.TaskRequest) func(*escape) (chat.Sent, error) {
	return calling(func(ctx context.Context, x *escape) error {
		req := req
		req.Token = x.bob.Token
		_, err := x.Task(ctx, req)
		return err
	})
}

func updating(req chat.UpdateRequest) func(*escape) (chat.Sent, error) {
	return calling(func(ctx context.Context, x *escape) error {
		req := req
		req.Token = x.bob.Token
		if req.Redact != "" {
			req.Redact = x.id
		}
		_, err := x.UpdateRoom(ctx, req)
		return err
	})
}

func managing(action room.Action, note string) func(*escape) (chat.Sent, error) {
	return calling(func(ctx context.Context, x *escape) error {
		_, err := x.ManageAgent(ctx, chat.ManageRequest{Token: x.bob.Token, Agents: []string{"Cid"}, Action: action,
			Note: note})
		return err
	})
}

func leaving(text string) func(*escape) (chat.Sent, error) {
	return calling(func(_ context.Context, x *escape) error {
		return leavesWith(text)(x.world, x.company, x.bob.Token)
	})
}

// joining takes another seat for the same principal.
func joining(person bool) func(*escape) (chat.Sent, error) {
	return calling(func(_ context.Context, x *escape) error {
		_, err := x.JoinRoom(asks(x.world, "key:b"),
			chat.JoinRequest{Room: "plans", AgentName: word, Person: person})
		return err
	})
}

// waysOut are all that Bob can try.
var waysOut = map[string]wayOut{
	// Messages.
	"to all":              {try: sending(chat.SendRequest{Text: word})},
	"to all, by name":     {try: sending(chat.SendRequest{Text: word, To: both}), waits: "p"},
	"to one":              {try: sending(chat.SendRequest{Text: word, To: cid}), waits: "p"},
	"to one and itself":   {try: sending(chat.SendRequest{Text: word, To: []string{"Cid", "Bob"}}), waits: "p"},
	"to all, with a name": {try: sending(chat.SendRequest{Text: "@Cid " + word})},
	"a status":            {try: sending(chat.SendRequest{Text: word, Kind: room.Status})},
	"a last word":         {try: sending(chat.SendRequest{Text: word, Kind: room.Done})},
	"a question":          {try: sending(chat.SendRequest{Text: word, Ask: cid})},
	"a request":           {try: sending(chat.SendRequest{Text: word, Kind: room.Request})},
	"a private question":  {try: sending(chat.SendRequest{Text: word, To: both, Ask: cid}), waits: "p"},
	"a private request":   {try: sending(chat.SendRequest{Text: word, To: cid, Kind: room.Request}), waits: "p"},
	"with a task's id":    {try: sending(chat.SendRequest{Text: "t1: " + word})},
	"a private answer to a public message": {before: earlier(ann, chat.SendRequest{Text: "well?"}),
		try: sending(chat.SendRequest{Text: word, To: both, ReplyTo: "it"}), waits: "p"},
	"a private answer": {before: earlier(ann, chat.SendRequest{Text: "well?", To: bobs}),
		try: sending(chat.SendRequest{Text: word, To: both, ReplyTo: "it"}), waits: "p"},
	"the answer to a private question": {before: earlier(ann, chat.SendRequest{Text: "well?", To: bobs, Ask: bobs}),
		try: sending(chat.SendRequest{Text: word, To: both, ReplyTo: "it"}), waits: "p"},
	"a public answer to a private message": {before: earlier(ann, chat.SendRequest{Text: "well?", To: bobs}),
		try: sending(chat.SendRequest{Text: word, To: []string{chat.Everyone}, ReplyTo: "it"})},
	"an answer to a private message": {before: earlier(ann, chat.SendRequest{Text: "well?", To: bobs}),
		try: sending(chat.SendRequest{Text: word, ReplyTo: "it"}), waits: "p"},

	// What was held back before is judged again.
	"confirmed after a hold": {before: func(x *escape) {
		x.say(x.ann.Token, "wait, @Bob")
		got, err := x.send(chat.SendRequest{Token: x.bob.Token, Text: word, To: cid, Cursor: x.bob.Cursor, Key: "k"})
		if err != nil || got.Sent {
			x.t.Fatalf("it is not held back: %+v, %v", got, err)
		}
		x.bob.Cursor = got.Waited.Cursor
	}, try: sending(chat.SendRequest{Text: word, To: cid, Cursor: "its own", Key: "k"}), waits: "p"},
	"a credential, confirmed": {before: func(x *escape) {
		got, err := x.send(chat.SendRequest{Token: x.bob.Token, Text: word + " " + secret, To: cid})
		if err != nil || got.Credential == "" {
			x.t.Fatalf("it is not held back: %+v, %v", got, err)
		}
	}, try: sending(chat.SendRequest{Text: word + " " + secret, To: cid}), waits: "p"},

	// Files. A file of text is given with each.
	"a file":             {try: sharing(chat.ShareRequest{Note: word}), waits: "f"},
	"the name of a file": {try: sharing(chat.ShareRequest{Name: word + ".txt"}), waits: "f"},
	"a private file":     {try: sharing(chat.ShareRequest{Note: word, To: cid}), waits: "pf"},
	"a file to answer": {before: earlier(ann, chat.SendRequest{Text: "well?", To: bobs, Ask: bobs}),
		try: sharing(chat.ShareRequest{Note: word, ReplyTo: "it"}), waits: "pf"},
	"a file with a question": {try: sharing(chat.ShareRequest{Note: word, Ask: cid}), waits: "f"},
	"a proposed file":        {try: sharing(chat.ShareRequest{Note: word, Kind: room.Proposal}), waits: "fa"},
	"a file proposed to one": {try: sharing(chat.ShareRequest{Note: word, Kind: room.Proposal, To: cid}),
		waits: "pfa"},
	"a file that all have, proposed": {before: func(x *escape) {
		x.share(chat.ShareRequest{Token: x.bob.Token, Name: "a.txt", Text: "text"})
	}, try: sharing(chat.ShareRequest{Note: word, Kind: room.Proposal}), waits: "fa"},
	"an upload of before": {before: offering(chat.ShareRequest{Note: word}), try: uploading, waits: "f"},
	"an upload of before by a key": {before: offering(chat.ShareRequest{Note: word, Key: "k"}), try: uploading,
		waits: "f"},
	"a private upload of before": {before: offering(chat.ShareRequest{Note: word, To: cid}), try: uploading,
		waits: "pf"},
	"a proposed upload of before": {before: offering(chat.ShareRequest{Note: word, Kind: room.Proposal}),
		try: uploading, waits: "fa"},
	"an upload": {try: func(x *escape) (chat.Sent, error) {
		offering(chat.ShareRequest{Note: word})(x)
		return uploading(x)
	}, waits: "f"},
	"a private upload": {try: func(x *escape) (chat.Sent, error) {
		offering(chat.ShareRequest{Note: word, To: cid})(x)
		return uploading(x)
	}, waits: "pf"},

	// Agreements.
	"a proposal":               {try: sending(chat.SendRequest{Text: word, Kind: room.Proposal}), waits: "a"},
	"a proposal to one":        {try: sending(chat.SendRequest{Text: word, Kind: room.Proposal, To: cid}), waits: "pa"},
	"a proposal that asks one": {try: sending(chat.SendRequest{Text: word, Kind: room.Proposal, Ask: cid}), waits: "a"},
	"a newer proposal": {before: earlier(bob, proposal),
		try: sending(chat.SendRequest{Text: word, Kind: room.Proposal, ReplyTo: "it"}), waits: "a"},
	"an agreement": {before: earlier(ann, proposal), try: sending(chat.SendRequest{Kind: room.Agree}), waits: "a",
		silent: true},
	"an agreement in words": {before: earlier(ann, proposal),
		try: sending(chat.SendRequest{Text: word, Kind: room.Agree, ReplyTo: "it"}), waits: "a"},
	"an objection": {before: earlier(ann, proposal),
		try: sending(chat.SendRequest{Text: word, Kind: room.Object, ReplyTo: "it"}), waits: "a"},
	"a private agreement": {before: earlier(ann, privately("Bob")),
		try: sending(chat.SendRequest{Text: word, Kind: room.Agree}), waits: "pa"},
	"a private objection": {before: earlier(ann, privately("Bob")),
		try: sending(chat.SendRequest{Text: word, Kind: room.Object, ReplyTo: "it"}), waits: "pa"},
	"words on a proposal": {before: earlier(ann, proposal), try: sending(chat.SendRequest{Text: word, ReplyTo: "it"})},
	"taking a proposal back": {before: earlier(bob, proposal), try: sending(chat.SendRequest{Withdraw: "it"}),
		waits: "a", silent: true},
	"taking it back in words": {before: earlier(bob, proposal),
		try: sending(chat.SendRequest{Text: word, Withdraw: "it"}), waits: "a"},
	"taking it back by a status": {before: earlier(bob, proposal),
		try: sending(chat.SendRequest{Text: word, Withdraw: "it", Kind: room.Status}), waits: "a"},
	"taking a private one back": {before: earlier(bob, privately("Cid")),
		try: sending(chat.SendRequest{Text: word, Withdraw: "it"}), waits: "pa"},
	"taking a request back": {before: earlier(bob, chat.SendRequest{Text: "tea?", Kind: room.Request}),
		try: sending(chat.SendRequest{Text: word, Withdraw: "it"})},
	"taking a private request back": {
		before: earlier(bob, chat.SendRequest{Text: "tea?", Kind: room.Request, To: cid}),
		try:    sending(chat.SendRequest{Text: word, Withdraw: "it"}), waits: "p"},

	// Tasks. A message that ends one waits under each mix.
	"ending its task":           {try: sending(chat.SendRequest{Text: word, Finishes: []string{"t1"}}), waits: "pfa"},
	"ending a free task":        {try: sending(chat.SendRequest{Text: word, Finishes: []string{"t2"}}), waits: "pfa"},
	"ending none that there is": {try: sending(chat.SendRequest{Text: word, Finishes: []string{"t9"}}), waits: "pfa"},

	"adding a task":    {try: tasking(chat.TaskRequest{Action: chat.CommandAdd, Tasks: newTasks(word)}), held: true},
	"taking a task":    {try: tasking(chat.TaskRequest{Action: chat.CommandTake, ID: "t2"}), held: true, silent: true},
	"finishing a task": {try: tasking(chat.TaskRequest{Action: chat.CommandFinish, ID: "t1", Text: word}), held: true},
	"releasing a task": {try: tasking(chat.TaskRequest{Action: chat.CommandRelease, ID: "t1", Text: word}), held: true},
	"changing a task":  {try: tasking(chat.TaskRequest{Action: chat.CommandEdit, ID: "t1", Title: word}), held: true},
	"dropping a task":  {try: tasking(chat.TaskRequest{Action: chat.CommandDrop, ID: "t1"}), held: true, silent: true},
	"describing a task": {try: tasking(chat.TaskRequest{Action: chat.CommandEdit, ID: "t1", Text: word}), held: true,
		silent: true},

	// The room and its agents.
	"the description":  {try: updating(chat.UpdateRequest{Description: word}), held: true},
	"the room's name":  {try: updating(chat.UpdateRequest{Room: word}), held: true},
	"a limit":          {try: updating(chat.UpdateRequest{AgentMessages: new(7)}), held: true, silent: true},
	"a new invite":     {try: updating(chat.UpdateRequest{NewInvite: true}), held: true, silent: true},
	"closing the room": {try: updating(chat.UpdateRequest{Close: true}), held: true, silent: true},
	"removing its text": {before: earlier(bob, chat.SendRequest{Text: "tea"}),
		try: updating(chat.UpdateRequest{Redact: "it"}), held: true, silent: true},
	"a mute, and why": {try: managing(room.Mute, word), held: true},
	"a kick, and why": {try: managing(room.Kick, word), held: true},
	"a ban, and why":  {try: managing(room.BanName, word), held: true},
	"a promotion":     {try: managing(room.Promote, ""), held: true, silent: true},

	// Its seat.
	"an activity": {try: calling(func(ctx context.Context, x *escape) error {
		_, err := x.Wait(ctx, withCursor(chat.WaitRequest{Token: x.bob.Token, Activity: word}))
		return err
	}), held: true},
	"leaving":             {try: leaving(""), held: true, silent: true},
	"leaving with a word": {try: leaving(word), held: true},
	"a further seat":      {try: joining(false), held: true},
	"a person's seat":     {try: joining(true), held: true},
}

// Without approval each way leads out. Under approval of all messages each is closed. Between these, a message becomes
// a draft if a mix selects it, and goes out once its person lets it; all that is no message is refused under each mix.
func TestSome_agentThatWantsAWordOut_isHeldOnEachWayThatTheMixSelects(t *testing.T) {
	for what, c := range waysOut {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			c.tried(t, "no approval", false, nil)
			c.tried(t, "approval", !c.held, func(x *escape) { x.approves(x.person, true) })
			for _, mix := range mixes() {
				waits := false
				for _, kind := range mix.Names() {
					waits = waits || strings.Contains(c.waits, kind[:1])
				}
				c.tried(t, fmt.Sprint(mix.Names()), waits, func(x *escape) { x.approvesSome(x.person, mix) })
			}
		})
	}
}

// tried has Bob try c. supervise is nil if he may say what he likes.
func (c wayOut) tried(t *testing.T, how string, waits bool, supervise func(*escape)) {
	t.Helper()
	x := newEscape(t)
	if c.before != nil {
		c.before(x)
	}
	refused := c.held && supervise != nil
	if supervise != nil {
		supervise(x)
	}
	before := x.others()
	got, err := c.try(x)
	switch {
	case refused != (err != nil), refused && fault.CodeOf(err) != fault.Paused,
		waits != (got.Waited.Status == chat.StatusPending), !c.held && waits == got.Sent:
		t.Fatalf("%s: it waits: %v, and so it is %+v, %v", how, waits, got, err)
	case (refused || waits) && x.others() != before:
		t.Errorf("%s: others read more: %s", how, more(before, x.others()))
	}
	if waits {
		if drafts := x.supervise(x.person, chat.SuperviseRequest{}).Drafts; len(drafts) != 1 ||
			drafts[0].ID != got.ID {
			t.Fatalf("%s: drafts %+v of %+v", how, drafts, got)
		}
		x.decides(x.person, got.ID, room.SendDraft, "")
	}
	after := x.others()
	if out := after != before && (c.silent || strings.Contains(after, word)); out == refused {
		t.Errorf("%s: it gets out in the end: %v, %s", how, out, more(before, after))
	}
}

// more is where after begins to differ from before.
func more(before, after string) string {
	n := 0
	for n < min(len(before), len(after)) && before[n] == after[n] {
		n++
	}
	return after[max(0, n-80):min(len(after), n+200)]
}

// An activity comes beside a message that goes out, and has words of its own.
func TestSome_activityBesideAMessage_isNotShown(t *testing.T) {
	for what, supervise := range supervisions() {
		x := newEscape(t)
		supervise(x)
		got, err := x.send(chat.SendRequest{Token: x.bob.Token, Text: "hello", Activity: word})
		if shown := strings.Contains(x.others(), word); err != nil || got.Sent != (what != "all") ||
			shown != (what == "none") {
			t.Errorf("%s: %+v, %v; the activity is shown: %v", what, got, err, shown)
		}
	}
}

// supervisions are all mixes, and approval of all messages and of none.
func supervisions() map[string]func(*escape) {
	all := map[string]func(*escape){
		"none": func(x *escape) { x.approvesSome(x.person, room.Selection{}) },
		"all":  func(x *escape) { x.approves(x.person, true) },
	}
	for _, mix := range mixes() {
		all[fmt.Sprint(mix.Names())] = func(x *escape) { x.approvesSome(x.person, mix) }
	}
	return all
}

// A key stands for the message that was first sent under it, whatever its person has chosen since.
func TestSome_keyOfBefore_bringsNothingElseOut(t *testing.T) {
	for what, supervise := range supervisions() {
		x := newEscape(t)
		said := chat.SendRequest{Token: x.bob.Token, Text: "hello", Key: "said"}
		x.sends(said)
		kept := chat.SendRequest{Token: x.bob.Token, Text: word, To: cid, Key: "kept"}
		x.approvesSome(x.person, room.Selection{Private: true})
		id := x.drafts(kept)
		supervise(x)
		before := x.others()
		if got := x.sends(said); !got.Duplicate {
			t.Errorf("%s: the same again: %+v", what, got)
		}
		if got, err := x.send(kept); err != nil || got.Sent || got.ID != id || got.Waited.Status != chat.StatusPending {
			t.Errorf("%s: the draft again: %+v, %v", what, got, err)
		}
		said.To, said.Text = cid, word
		_, err := x.send(said)
		wants(t, err, fault.InvalidArgument)
		kept.To = nil
		_, err = x.send(kept)
		wants(t, err, fault.InvalidArgument)
		x.decides(x.person, id, room.RefuseDraft, "")
		kept.To = cid
		_, err = x.send(kept)
		wants(t, err, fault.NotAllowed)
		if after := x.others(); after != before {
			t.Errorf("%s: others read more: %s", what, more(before, after))
		}
	}
}

// What a person chooses is for messages to come.
func TestSome_chosenAnew_draftsStayOpen(t *testing.T) {
	for what, supervise := range supervisions() {
		x := newEscape(t)
		x.approvesSome(x.person, room.Selection{Private: true, Agreements: true})
		private := chat.SendRequest{Token: x.bob.Token, Text: word, To: cid,
			Cursor: x.look(x.bob.Token, x.bob.Cursor).Cursor}
		first := x.drafts(private)
		second := x.drafts(chat.SendRequest{Token: x.bob.Token, Text: "tea", Kind: room.Proposal})
		before := x.others()
		supervise(x)
		if got, err := x.send(private); err != nil || got.ID != first || got.Sent || !got.Duplicate {
			t.Errorf("%s: the draft again: %+v, %v", what, got, err)
		}
		drafts := x.supervise(x.person, chat.SuperviseRequest{}).Drafts
		same(t, what, draftTexts(drafts), []string{word, "tea"})
		if x.others() != before {
			t.Errorf("%s: others read more: %s", what, more(before, x.others()))
		}
		x.decides(x.person, first, room.SendDraft, "")
		x.decides(x.person, second, room.RefuseDraft, "")
		if got := texts(x.all(x.cid.Token)); !slices.Contains(got, word) || slices.Contains(got, "tea") {
			t.Errorf("%s: Cid reads %q", what, got)
		}
	}
}

// An endpoint names no readers: its answer is for those who have read the question.
func TestSome_answersOfAnEndpoint_areAsPrivateAsTheQuestion(t *testing.T) {
	for what, supervise := range supervisions() {
		for _, private := range []bool{true, false} {
			x := newEscape(t)
			added, hook := x.addsAgent(x.person, "Bot")
			x.person = x.opensLink(added)
			supervise(x)
			question := chat.SendRequest{Token: x.cid.Token, Text: "@Bot what is the word?"}
			if private {
				question.To = []string{"Bot"}
			}
			x.sends(question)
			hears, err := x.Heard(t.Context(), hook, 0, 0)
			if err != nil || hears.N == 0 {
				t.Fatalf("%s: it hears %+v, %v", what, hears, err)
			}
			x.answers(hook, hears.N, word, "evt_1")
			out := slices.Contains(texts(x.all(x.cid.Token)), word)
			if waits := what == "all" || private && strings.Contains(what, "private"); out == waits {
				t.Errorf("%s, in private %v: the answer goes out: %v", what, private, out)
			}
		}
	}
}

// Whoever is first: what a mix selects stands in the log before the person has chosen, or is a draft.
func TestRace_someApproved_nothingOfItIsSaidAfterIt(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		for round, mix := range []room.Selection{{Private: true}, {Agreements: true}, {Private: true, Agreements: true},
			{Files: true}} {
			w, name := services[0], fmt.Sprintf("plans %d", round)
			ann := w.enter(chat.JoinRequest{Room: name, AgentName: "Ann", Capacity: 3})
			bob := of(services, 1).join(name, "Bob")
			w.join(name, "Cid")
			w.adds(ann.Token, "paint", "mow", "sweep")
			person := w.person(bob)
			out := atOnce(9, func(i int) (got chat.Seated, err error) {
				req := chat.SendRequest{Token: bob.Token, Text: fmt.Sprintf("word %d", i), Key: fmt.Sprint(i)}
				switch {
				case i == 4:
					_, err = of(services, i).Service.Supervise(t.Context(),
						chat.SuperviseRequest{Token: person, ApproveSome: &mix})
					return got, err
				case i%4 == 0:
					req.To = []string{"Ann"}
				case i%4 == 1:
					req.Kind = room.Proposal
				case i%4 == 2:
					req.Finishes = []string{fmt.Sprintf("t%d", 1+i/4)}
				}
				_, err = of(services, i).Send(t.Context(), req)
				return got, err
			})
			expect(t, out, map[fault.Code]int{"": 9})
			log := w.Store().Acquire(w.head(ann.Token).ID)
			defer log.Release()
			chosen := room.Selection{}
			for n := int64(1); n <= w.head(ann.Token).AsOf; n++ {
				e, err := log.Event(t.Context(), n)
				if err != nil {
					t.Fatal(err)
				}
				if e.Type == room.SupervisionSet && e.Behind.Approve {
					chosen = mix
				}
				m := e
				if e.Draft != nil {
					m = *e.Draft
				}
				waits := chosen != room.Selection{} && len(m.Finishes) > 0 || chosen.Private && len(m.To) > 0 ||
					chosen.Agreements && m.Kind == room.Proposal
				if (e.Type == room.Said || e.Type == room.Drafted) && waits != (e.Type == room.Drafted) {
					t.Errorf("%v, chosen %v: event %d is %+v", mix, chosen, n, e)
				}
			}
		}
	})
}
