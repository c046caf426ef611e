package chat_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

func TestPause_agentSaysNothingUntilItsPersonLetsIt(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		person := w.person(p.bob)
		said := chat.SendRequest{Token: p.bob.Token, Text: "said before", Key: "k1"}
		first := w.sends(said)
		if got := there.pauses(person, true); !got.Paused {
			t.Errorf("the supervision is %+v", got)
		}
		before := len(w.all(p.ann.Token))
		for _, req := range []chat.SendRequest{
			{Text: "hello"}, {Text: "psst", To: []string{"Ann"}}, {Text: "with a key", Key: "k2"},
			{Text: "and wait", Wait: time.Minute},
		} {
			req.Token = p.bob.Token
			if got, err := w.send(req); err != nil || got.Sent || got.Waited.Status != chat.StatusPaused ||
				got.ID != "" {
				t.Errorf("%q: %+v, %v", req.Text, got, err)
			}
		}
		if again, err := w.send(said); err != nil || !again.Sent || !again.Duplicate || again.ID != first.ID {
			t.Errorf("what was said before: %+v, %v", again, err)
		}
		w.sends(chat.SendRequest{Token: person, Text: "I speak"})
		if after := w.all(p.ann.Token); len(after) != before+1 {
			t.Errorf("Ann reads %q", lines(after[before:]))
		}
		heard := w.look(p.bob.Token, p.bob.Cursor)
		there.pauses(person, false)
		again := w.look(p.bob.Token, heard.Cursor)
		var reasons []room.Reason
		for _, m := range append(heard.Messages, again.Messages...) {
			if m.Type == chat.EventSupervision {
				reasons = append(reasons, m.Reason)
			}
		}
		if !slices.Equal(reasons, []room.Reason{room.ReasonPaused, room.ReasonResumed}) {
			t.Errorf("Bob hears %q", reasons)
		}
		if got := w.say(p.bob.Token, "hello again"); !got.Sent {
			t.Errorf("later: %+v", got)
		}
	})
}

// The agent does nothing that others notice, in no other way than by a message: see
// room.Agent.CheckOrder. Its person may do all of it.
func TestSupervision_agentNeitherChangesTheRoomNorManagesOthers(t *testing.T) {
	for name, call := range map[string]func(w *world, p company, token string) error{
		"describes the room": func(w *world, _ company, token string) error {
			_, err := w.UpdateRoom(t.Context(), chat.UpdateRequest{Token: token, Description: "read this"})
			return err
		},
		"sets what is so": func(w *world, p company, token string) error {
			return w.capacity(token, p.ann.Room.Capacity)
		},
		"removes its text": func(w *world, p company, token string) error {
			all := w.all(p.ann.Token)
			said := slices.IndexFunc(all, func(m chat.Message) bool { return m.Type == chat.EventSaid })
			_, err := w.UpdateRoom(t.Context(), chat.UpdateRequest{Token: token, Redact: all[said].ID})
			return err
		},
		"bans some words": func(w *world, _ company, token string) error {
			_, err := does(w, token, room.BanName, "Let us meet at noon")
			return err
		},
		"unbans a name that is not banned": func(w *world, _ company, token string) error {
			_, err := does(w, token, room.Unban, "Zoe")
			return err
		},
		"kicks an agent": func(w *world, _ company, token string) error {
			_, err := does(w, token, room.Kick, "Bob")
			return err
		},
	} {
		for isPerson, code := range map[bool]fault.Code{false: fault.Paused, true: ""} {
			w := newWorld(t)
			p := w.company()
			w.say(p.ann.Token, "said before")
			person := w.person(p.ann)
			w.pauses(person, true)
			token, before := p.ann.Token, len(w.events(p.cid.Token))
			if isPerson {
				token = person
			}
			if err := call(w, p, token); fault.CodeOf(err) != code {
				t.Errorf("%s, person %v: %v", name, isPerson, err)
			}
			if wrote := len(w.events(p.cid.Token)) > before; wrote && code != "" {
				t.Errorf("%s: something changed", name)
			}
		}
	}
}

func leavesWith(text string) func(*world, company, string) error {
	return func(w *world, _ company, token string) error {
		_, err := w.LeaveRoom(w.t.Context(), chat.LeaveRequest{Token: token, Text: text})
		return err
	}
}

// Others see what an agent does, beside what it says.
func TestSupervision_agentShowsNoActivity(t *testing.T) {
	w := newWorld(t)
	p, person := w.approved()
	sent := chat.SendRequest{Token: p.bob.Token, Text: "may I?", Activity: "the answer is no"}
	w.decides(person, w.drafts(sent), room.SendDraft, "")
	if got := w.sends(sent); !got.Duplicate {
		t.Errorf("the same again: %+v", got)
	}
	waits := chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Activity: "the answer is no"}
	_, err := w.Wait(t.Context(), waits)
	wants(t, err, fault.Paused)
	w.approves(person, false)
	w.pauses(person, true)
	_, err = w.Wait(t.Context(), waits)
	wants(t, err, fault.Paused)
	if got := agentIn(t, w.info(p.ann.Token).Room, "Bob").Activity; got != "" {
		t.Errorf("Ann sees %q", got)
	}
	w.pauses(person, false)
	_, err = w.Wait(t.Context(), waits)
	if err != nil || agentIn(t, w.info(p.ann.Token).Room, "Bob").Activity == "" {
		t.Errorf("free again, it shows none: %v", err)
	}
}

// What its person does wakes an idle agent, also from another process, in a crowd, and where a program waits in
// its place.
func TestWait_ofAnAgent_endsWithWhatItsPersonDoes(t *testing.T) {
	decides := func(how room.Decision, text string) func(*world, company, string, string) {
		return func(w *world, _ company, person, draft string) { w.decides(person, draft, how, text) }
	}
	for name, c := range map[string]struct {
		does func(w *world, p company, person, draft string)
		want string // the type of the message that it gets, and the reason
	}{
		"draft is sent":    {decides(room.SendDraft, ""), "draft sent"},
		"draft is edited":  {decides(room.EditDraft, "good day"), "draft edited"},
		"draft is refused": {decides(room.RefuseDraft, ""), "draft refused"},
		"note": {func(w *world, p company, person, _ string) {
			w.sends(chat.SendRequest{Token: person, To: []string{"Bob"}, Text: "look at the plan first"})
		}, "message "},
		"agent goes on": {func(w *world, p company, person, _ string) {
			w.pauses(person, true)
			w.pauses(person, false)
		}, "supervision resumed"},
	} {
		for _, req := range []chat.WaitRequest{{}, {Standby: true}, {Standby: true, Peek: true}} {
			w := newWorld(t)
			there := w.elsewhere()
			p, person := w.approved()
			id := w.drafts(chat.SendRequest{Token: p.bob.Token, Text: "hello"})
			here := w.another()
			req.Token, req.Cursor = p.bob.Token, w.look(p.bob.Token, p.bob.Cursor).Cursor
			req.Wait, req.ForMe = time.Minute, true
			wait := here.open(t.Context(), req)
			c.does(there, p, person, id)
			got, _ := here.until(wait, 5*time.Second)
			last := chat.Message{}
			if n := len(got.Messages); n > 0 {
				last = got.Messages[n-1]
			}
			if string(last.Type)+" "+string(last.Reason) != c.want {
				t.Errorf("%s, standby %v: it gets %s %q", name, req.Standby, got.Status,
					lines(got.Messages))
			}
		}
	}
}

// While an agent is paused, nothing wakes it but its resume, which brings the rest. A wait that saw the pause says in
// its answer that the agent may go on. Of a wait that got no processor in the pause the last event says that.
func TestWait_ofAPausedAgent_endsWithItsResumeAndBringsTheRest(t *testing.T) {
	for _, c := range []struct{ standby, elsewhere bool }{{}, {standby: true}, {elsewhere: true}, {true, true}} {
		w := newWorld(t)
		p := w.company()
		person := w.person(p.bob)
		here, renewed := w, room.AnnounceAgain
		if c.elsewhere {
			here, renewed = w.another(), time.Minute
		}
		wait := here.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: time.Hour,
			Standby: c.standby})
		w.pauses(person, true)
		here.pass(2 * time.Second)
		w.say(p.ann.Token, "to all")
		w.tell(p.cid.Token, "to Bob", "Bob")
		w.ask(p.ann.Token, "well?", "Bob")
		w.sends(chat.SendRequest{Token: person, To: []string{"Bob"}, Text: "a note"})
		here.pass(2 * time.Second)
		for i := range 50 { // more than a result holds
			w.say(p.cid.Token, fmt.Sprint("number ", i))
		}
		here.head(p.ann.Token) // its process knows of the pause
		here.goesRound(renewed)
		w.pauses(person, false)
		got, _ := here.until(wait, 5*time.Second)
		if said := texts(got.Messages); got.Status != chat.StatusMessages || !got.HasMore || len(said) < 25 ||
			!slices.Equal(said[:5], []string{"to all", "to Bob", "well?", "a note", "number 0"}) {
			t.Errorf("%+v: %s, %v %q", c, got.Status, got.HasMore, said)
		}
		if !got.Situation.Resumed {
			t.Errorf("%+v: nobody tells that it may go on", c)
		}
		for got.HasMore {
			got = w.look(p.bob.Token, got.Cursor)
		}
		if n := len(got.Messages); n == 0 || got.Messages[n-1].Reason != room.ReasonResumed {
			t.Errorf("%+v: the last is not that it may go on", c)
		}
	}
}

// The time of a wait may be up while the agent is paused. The agent itself reads what there is; a program, which
// would wake it, hears nothing, and its next wait begins where this one did.
func TestWait_ofAPausedAgent_timeIsUp_agentReadsAndItsProgramDoesNot(t *testing.T) {
	for _, c := range []struct {
		req  chat.WaitRequest
		want chat.WaitStatus
	}{
		{chat.WaitRequest{Wait: time.Minute}, chat.StatusMessages},
		{chat.WaitRequest{}, chat.StatusMessages},
		{chat.WaitRequest{Wait: time.Minute, Standby: true}, chat.StatusQuiet},
		{chat.WaitRequest{Wait: time.Minute, Standby: true, Peek: true}, chat.StatusQuiet},
		{chat.WaitRequest{Standby: true, Peek: true}, chat.StatusQuiet},
		{chat.WaitRequest{Standby: true, Peek: true, Polls: true}, chat.StatusQuiet},
	} {
		w := newWorld(t)
		p := w.company()
		person := w.person(p.bob)
		w.pauses(person, true)
		w.say(p.ann.Token, "to all")
		c.req.Token, c.req.Cursor = p.bob.Token, p.bob.Cursor
		wait := w.open(t.Context(), c.req)
		w.clock.Advance(c.req.Wait)
		got := take(t, wait)
		read := place(t, p.bob.Token, got.Cursor) > place(t, p.bob.Token, p.bob.Cursor)
		if got.Status != c.want || read != (c.want == chat.StatusMessages) || read != (len(got.Messages) > 0) {
			t.Errorf("%+v: %s, %q", c.req, got.Status, lines(got.Messages))
		}
		w.pauses(person, false)
		c.req.Cursor, c.req.Wait = got.Cursor, 0
		said := texts(take(t, w.waiting(t.Context(), c.req)).Messages)
		if (len(said) == 1) != (c.want == chat.StatusQuiet) {
			t.Errorf("%+v: it may go on, and gets %q", c.req, said)
		}
	}
}

// The seat of a paused agent may end, and with it the wait.
func TestWait_ofAPausedAgent_endsWithItsSeat(t *testing.T) {
	for _, standby := range []bool{false, true} {
		w := newWorld(t)
		p := w.company()
		w.pauses(w.person(p.bob), true)
		wait := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: time.Hour,
			Standby: standby})
		w.say(p.ann.Token, "to all")
		w.manage(p.ann.Token, room.Kick, "Bob", chat.StatusKicked)
		if got := take(t, wait); got.Status != chat.StatusRemoved || got.Situation.Reason != room.ReasonKicked {
			t.Errorf("standby %v: %s, %s", standby, got.Status, got.Situation.Reason)
		}
	}
	w := newWorld(t)
	bob := w.joinsAs(ident.Local, "plans", "Bob")
	w.pauses(w.person(bob), true)
	wait := w.open(t.Context(), chat.WaitRequest{Token: bob.Token, Wait: time.Hour, Standby: true, Peek: true})
	w.clock.Advance(room.RegainSilent)
	w.joinsAs(ident.Local, "plans", "Bob")
	if got := take(t, wait); got.Status != chat.StatusRemoved || got.Situation.Reason != room.ReasonReturned {
		t.Errorf("it has its seat again, with a new token: %s, %s", got.Status, got.Situation.Reason)
	}
}

func TestRace_pause_nothingIsSaidOrDecidedAfterIt(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		for round := range 5 {
			name := fmt.Sprintf("plans %d", round)
			ann, bob := services[0].join(name, "Ann"), of(services, 1).join(name, "Bob")
			services[0].manage(ann.Token, room.Promote, "Bob", chat.StatusPromoted)
			person := services[0].person(bob)
			var paused int64 // the number of the pause, once that was acknowledged
			out := atOnce(8, func(i int) (got chat.Seated, err error) {
				there, text := of(services, i), fmt.Sprintf("word %d of what Bob has to say to all", i)
				switch {
				case i == 4:
					_, err = there.Service.Supervise(t.Context(), chat.SuperviseRequest{Token: person, Paused: yes()})
					paused = there.head(ann.Token).AsOf
				case i%2 == 0:
					_, err = there.Send(t.Context(), chat.SendRequest{Token: bob.Token, Text: text})
				default:
					_, err = there.UpdateRoom(t.Context(),
						chat.UpdateRequest{Token: bob.Token, Description: text})
					if fault.CodeOf(err) == fault.Paused {
						err = nil
					}
				}
				return got, err
			})
			expect(t, out, map[fault.Code]int{"": 8})
			after := services[0].history(ann.Token, chat.HistoryRequest{Limit: 100})
			for _, m := range after.Messages {
				if services[0].number(ann.Token, m.ID) > paused {
					t.Errorf("after the pause, %d, there is %+v", paused, m)
				}
			}
		}
	})
}

// Of two decisions one is made. Whatever happens at the same time, a draft is sent once or
// never.
func TestRace_decisionsAboutADraft_oneIsMade(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		for round := range 5 {
			name := fmt.Sprintf("plans %d", round)
			w := services[0]
			ann, bob := w.join(name, "Ann"), of(services, 1).join(name, "Bob")
			phone := w.person(bob)
			laptop, err := of(services, 1).opens(w.newLink(phone), "laptop")
			if err != nil {
				t.Fatal(err)
			}
			w.approves(phone, true)
			req := chat.SendRequest{Token: bob.Token, Text: "a text that is longer than forty bytes, and a draft",
				Key: []string{"", "k"}[round%2]}
			id := w.drafts(req)
			decide := func(i int, person string, how room.Decision, text string) error {
				_, err := of(services, i).Service.Supervise(t.Context(),
					chat.SuperviseRequest{Token: person, Draft: id, Decision: how, Text: text})
				return err
			}
			out := atOnce(6, func(i int) (got chat.Seated, err error) {
				switch i {
				case 0:
					err = decide(i, phone, room.SendDraft, "")
				case 1:
					err = decide(i, laptop, room.RefuseDraft, "")
				case 2:
					err = decide(i, laptop, room.EditDraft, "other words")
				case 3:
					err = decide(i, phone, room.SendDraft, "")
				case 4: // the agent repeats its call
					_, err = of(services, i).send(req)
				case 5:
					paused := round%2 == 0
					_, err = of(services, i).Service.Supervise(t.Context(),
						chat.SuperviseRequest{Token: laptop, Paused: &paused})
				}
				return got, err
			})
			sends, others := tally([]outcome{out[0], out[3]}), tally(out[1:3])
			made := others[""]
			if sends[""] == 2 { // the second is the first again
				made++
			}
			if made != 1 || sends[""] == 1 || others[""]+others[fault.InvalidArgument]+sends[""]+
				sends[fault.InvalidArgument] != 4 {
				t.Errorf("decisions: %v, %v", sends, others)
			}
			said := texts(w.all(ann.Token))
			if refused := out[1].err == nil; len(said) > 1 || refused != (len(said) == 0) {
				t.Errorf("refused %v, Ann reads %q", refused, said)
			}
		}
	})
}

// Whoever is first: the message stands in the log before the agent is gone, or never.
func TestRace_decisionAndLossOfTheSeat_theLogObeysTheRules(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		for round := range 6 {
			name := fmt.Sprintf("plans %d", round)
			w, there := services[0], of(services, 1)
			ann, bob := w.join(name, "Ann"), there.join(name, "Bob")
			person := w.person(bob)
			w.approves(person, true)
			id := w.drafts(chat.SendRequest{Token: bob.Token, Text: "hello"})
			out := atOnce(2, func(i int) (got chat.Seated, err error) {
				switch {
				case i == 0:
					_, err = w.Service.Supervise(t.Context(),
						chat.SuperviseRequest{Token: person, Draft: id, Decision: room.SendDraft})
				case round%2 == 0:
					return does(there, ann.Token, room.Kick, "Bob")
				default:
					err = leavesWith("")(there, company{}, person)
				}
				return got, err
			})
			wants(t, out[1].err, "")
			if out[0].err != nil {
				wants(t, out[0].err, fault.Removed)
			}
			log, err := readLog(t.Context(), w.table, ann.Token[:7])
			if err == nil {
				err = log.check(2) // it fails if an agent spoke without a seat
			}
			if said := len(log.texts); err != nil || (said == 1) != (out[0].err == nil) {
				t.Errorf("%d texts, %v; the decision: %v", said, err, out[0].err)
			}
		}
	})
}

// The reply to the write of a draft, or of a decision, is lost. The call is repeated.
func TestDraft_replyLost_isOneDraftAndOneMessage(t *testing.T) {
	for _, key := range []string{"", "k"} {
		w := newWorld(t)
		w = w.elsewhere()
		p, person := w.approved()
		req := chat.SendRequest{Token: p.bob.Token, Text: "hello", Key: key}
		lossy := w.losingReplies("LOG#", chat.Options{Clock: hurriedClock{w.clock}})
		got, err := lossy.send(req)
		if err != nil {
			wants(t, err, fault.Unavailable)
			got, err = w.send(req)
		}
		if drafts := w.supervise(person, chat.SuperviseRequest{}).Drafts; err != nil || len(drafts) != 1 ||
			drafts[0].ID != got.ID {
			t.Fatalf("%+v, %v; drafts %+v", got, err, drafts)
		}
		lossy = w.losingReplies("LOG#", chat.Options{Clock: hurriedClock{w.clock}})
		decide := chat.SuperviseRequest{Token: person, Draft: got.ID, Decision: room.SendDraft}
		if _, err := lossy.Service.Supervise(t.Context(), decide); err != nil {
			wants(t, err, fault.Unavailable)
			if got, err := w.Service.Supervise(t.Context(), decide); err != nil || !got.Duplicate {
				t.Errorf("the decision again: %+v, %v", got, err)
			}
		}
		same(t, "Ann reads", texts(w.all(p.ann.Token)), []string{"hello"})
	}
}

// Only the person takes the agent out.
func TestLeave_ofAHeldAgent_isUpToItsPerson(t *testing.T) {
	for _, text := range []string{"", "so long"} {
		w := newWorld(t)
		p := w.company()
		person := w.person(p.bob)
		w.pauses(person, true)
		err := w.changesNothing(p.bob.Token, func() error { return leavesWith(text)(w, p, p.bob.Token) })
		wants(t, err, fault.Paused)
		wants(t, leavesWith(text)(w, p, person), "")
	}
}

// A key, or a machine, is one person: an agent that is held must not speak from another seat. See
// room.State.CheckFurtherSeat.
func TestHeld_agentOfAPrincipal_getsNoFurtherSeat(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		for i, principal := range []string{ident.KeyPrincipal("a1"), ident.Local} {
			name := fmt.Sprintf("plans %d", i)
			join := func(req chat.JoinRequest) (chat.Seated, error) {
				req.Room = name
				return there.JoinRoom(asks(there, principal), req)
			}
			ann := w.enter(chat.JoinRequest{Room: name, AgentName: "Ann", Capacity: 4})
			bob, err := join(chat.JoinRequest{AgentName: "Bob"})
			wants(t, err, "")
			person := w.person(bob)
			w.pauses(person, true)
			w.clock.Advance(room.RegainSilent)
			for _, again := range []chat.JoinRequest{{AgentName: "Rob"}, {AgentName: "Rob", Person: true},
				{AgentName: "Bob", Person: true}} {
				err := w.changesNothing(ann.Token, func() error { _, err := join(again); return err })
				wants(t, err, fault.Paused)
			}
			back, err := join(chat.JoinRequest{AgentName: "Bob"})
			if err != nil || back.Status != chat.StatusReturned || !back.Situation.Bound || back.Watch != "" {
				t.Errorf("its own seat again: %+v, %v", back, err)
			}
			w.pauses(person, false)
			_, err = join(chat.JoinRequest{AgentName: "Rob"})
			wants(t, err, "")
		}
	})
}

// names has a person say what it is called.
func (w *world) names(person, name string) error {
	_, err := w.Supervise(w.t.Context(), chat.SuperviseRequest{Token: person, PersonName: name, NoName: name == ""})
	return err
}

// What a person did has the name that the person had then, whatever it is called since and whoever comes later. What
// the agent did never has it.
func TestPersonName_isInAllThatThePersonDid(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	ann := w.person(p.ann)
	var said []string
	named := func(name string) {
		if err := w.names(ann, name); err != nil {
			t.Fatal(err)
		}
		w.say(ann, "as "+name)
		w.say(p.ann.Token, "by the agent")
		said = append(said, "as "+name, name, "by the agent", "")
	}
	named("")
	named("Ann Lee")
	w.adds(ann, "sand", "sweep")
	w.task(ann, chat.CommandTake, "t1")
	w.finish(ann, "t1", "smooth")
	id := w.propose(ann, "at noon", "Bob")
	bob := w.person(p.bob)
	if err := w.names(bob, "Bob Ross"); err != nil {
		t.Fatal(err)
	}
	w.agree(bob, id)
	w.ask(ann, "And tea?", "Cid")
	named("Ann Moss")
	if got := w.supervise(ann, chat.SuperviseRequest{}); got.Name != "Ann Moss" {
		t.Errorf("the page is told %q", got.Name)
	}
	if got := w.info(p.cid.Token); got.Room.Agents[0].PersonName != "Ann Moss" ||
		got.Requests[0].PersonName != "Ann Lee" || !got.Requests[0].Person {
		t.Errorf("the room shows %+v and asks %+v", got.Room.Agents[0], got.Requests)
	}
	named("")
	w.leave(p.ann.Token)
	w.verify(p.cid.Token)
	for _, there := range []*world{w, w.elsewhere()} { // and from the table
		var got []string
		for _, m := range there.all(p.cid.Token) {
			if strings.HasPrefix(m.Text, "as ") || m.Text == "by the agent" {
				got = append(got, m.Text, m.PersonName)
			}
			if m.Type == chat.EventTask && (m.PersonName != "Ann Lee" || m.Actor() != "Ann Lee, for Ann") {
				t.Errorf("the task: %+v", m)
			}
		}
		same(t, "what was said", got, said)
		closed := there.lists(chat.TaskListRequest{Token: p.cid.Token, Closed: true}).Tasks[0]
		open := there.lists(chat.TaskListRequest{Token: p.cid.Token}).Tasks[0]
		if closed.AdderName != "Ann Lee" || closed.ByName != "Ann Lee" || open.AdderName != "Ann Lee" {
			t.Errorf("the tasks: %+v, %+v", closed, open)
		}
		agreed := there.info(p.cid.Token).Agreements[0]
		if agreed.By != "Ann Lee, for Ann" || !slices.Equal(agreed.AgreedBy, []string{agreed.By, "Bob Ross, for Bob"}) {
			t.Errorf("agreed: %+v", agreed)
		}
	}
}

// A person and a newcomer cannot be taken for each other: of two that want one name at once, one gets it.
func TestPersonName_newcomerTakesTheNameAtOnce_oneGetsIt(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		host := w.create(chat.CreateRequest{Room: "plans", AgentName: "Host", Capacity: 20})
		person := w.person(host)
		for _, name := range []string{"Ann", "Cid", "Dan", "Eve"} {
			got := atOnce(2, func(i int) (chat.Seated, error) {
				if i == 0 {
					return chat.Seated{}, there.names(person, name)
				}
				return w.tryJoin("plans", name)
			})
			expect(t, got, map[fault.Code]int{"": 1, fault.NameTaken: 1})
			if err := w.names(person, ""); err != nil {
				t.Fatal(err)
			}
			w.tryJoin("plans", name) // what nobody is called any more is free
			wants(t, there.names(person, name), fault.NameTaken)
		}
	})
}

// Who has no agent has its name already, and an agent names nobody.
func TestPersonName_withoutAnAgentBehindWhich_isRefused(t *testing.T) {
	w := newWorld(t)
	p, pam := w.withPam()
	wants(t, w.names(pam.Token, "Pamela"), fault.NotAllowed)
	wants(t, w.names(p.ann.Token, "Lee"), fault.NotAllowed)
	person := w.person(p.ann)
	for _, name := range []string{"your user", "Bob's owner", "a:b"} {
		wants(t, w.names(person, name), fault.InvalidArgument)
	}
	w.say(pam.Token, "hello")
	for _, m := range w.all(p.bob.Token) {
		if m.Text == "hello" && (m.Actor() != "Pam" || !m.Person) {
			t.Errorf("Pam says %+v", m)
		}
	}
	w.manage(p.ann.Token, room.BanName, "Eve", chat.StatusBanned)
	wants(t, w.names(person, "EVE"), fault.NameTaken)
}

// A person without an agent has its own name also in what an older program has stored, which noted none.
func TestPersonName_ofAPersonAloneInAnOldLog_isThatOfTheSeat(t *testing.T) {
	w := newWorld(t)
	p, pam := w.withPam()
	w.ask(pam.Token, "tea?", "Bob")
	w.adds(pam.Token, "brew", "for all")
	of := table.Range{Partition: "ROOM#" + p.ann.Token[:7], Prefix: "LOG#", Consistency: table.Strong}
	for item, err := range table.All(t.Context(), w.table, of) {
		if err != nil {
			t.Fatal(err)
		}
		item.Data = bytes.Replace(item.Data, []byte(`"men":"Pam",`), nil, 1)
		if err := w.table.Write(t.Context(), table.Put(item, table.Always)); err != nil {
			t.Fatal(err)
		}
	}
	there, did := w.elsewhere(), 0
	for _, m := range there.all(p.bob.Token) {
		if m.Person {
			did++
			if m.Actor() != "Pam" {
				t.Errorf("%s did %+v", m.Actor(), m)
			}
		}
	}
	if asks := there.info(p.bob.Token).Requests; did != 2 || len(asks) != 1 || asks[0].PersonName != "Pam" {
		t.Errorf("Pam did %d things, and asks %+v", did, asks)
	}
}
