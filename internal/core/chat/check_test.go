package chat_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// tree and otherTree are ids of trees of Git.
var tree, otherTree = strings.Repeat("9", 40), strings.Repeat("e", 40)

// ranTest is a test that has passed.
var ranTest = room.Evidence{Ran: "make test", Commit: strings.Repeat("5", 40), Tree: tree, Dirty: true, Ms: 61_000,
	Output: strings.Repeat("0", 64), OutputBytes: 2210, Dir: "server", System: "linux/amd64"}

// proves finishes a task with what was run.
func (w *world) proves(token, id string, e room.Evidence) chat.Tasks {
	w.t.Helper()
	return w.does(chat.TaskRequest{Token: token, Action: chat.CommandFinish, ID: id, Evidence: e, Exited: true})
}

// checkOf returns the call that checks a task.
func checkOf(token, id string, exit int) chat.TaskRequest {
	return chat.TaskRequest{Token: token, Action: chat.CommandCheck, ID: id, Evidence: room.Evidence{Exit: exit,
		Tree: tree}, Exited: true}
}

// checks renders the checks of a task as "Bob same 0" or "Cid cannot".
func checks(t chat.TaskView) (out []string) {
	for _, c := range t.Checks {
		s := fmt.Sprint(c.By, " ", c.Verdict)
		if c.Verdict != room.Cannot {
			s += fmt.Sprint(" ", c.Exit)
		}
		if c.Mine {
			s += " (own)"
		}
		out = append(out, s)
	}
	return out
}

// What two agents of one user say is one word. Where the server knows no users, another agent is enough.
func TestCheck_isByAnotherPrincipalThanWhoFinished(t *testing.T) {
	bob, cid := ident.Principal{ID: ident.KeyPrincipal("b2")}, ident.Principal{ID: ident.KeyPrincipal("c3")}
	guest := func(number int, who string) ident.Principal { return ident.Principal{ID: who, Invite: number} }
	local := ident.Principal{ID: ident.Local}
	for _, c := range []struct {
		what           string
		finished, asks ident.Principal
		may            bool
	}{
		{"another key", bob, cid, true},
		{"the same key", bob, bob, false},
		{"the same key, by an invite", bob, guest(1, bob.ID), false},
		{"a guest", bob, guest(1, ""), true},
		{"a guest of the same invite", guest(1, ""), guest(1, ""), false},
		{"a guest of another invite", guest(1, ""), guest(2, ""), true},
		{"another key, by the same invite", guest(1, bob.ID), guest(1, cid.ID), true},
		{"a member, of a guest", guest(1, ""), cid, true},
		{"a guest, of a key by the same invite", guest(1, bob.ID), guest(1, ""), false},
		{"the same machine, by one invite", guest(1, ident.Local), guest(1, ident.Local), true},
		{"the same machine", local, local, true},
		{"a guest of the machine", local, guest(1, ""), true},
		{"strangers", ident.Principal{}, ident.Principal{}, true},
	} {
		t.Run(c.what, func(t *testing.T) {
			w := newWorld(t)
			ann := w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 9})
			id := ann.Token[:7]
			by := func(p ident.Principal) context.Context {
				if p.Invite == 2 {
					w.renew(ann.Token)
				}
				if p.ID != "" { // it gives the invite in place of the room's name
					p.Invite = 0
				} else if p.Invite != 0 {
					p.Room = id
				}
				return ident.WithPrincipal(t.Context(), p)
			}
			enter := func(ctx context.Context, name string, p ident.Principal) string {
				in := "plans"
				if p.Invite != 0 && p.ID != "" {
					in = ann.Invite.Code
				}
				got, err := w.JoinRoom(ctx, chat.JoinRequest{Room: in, AgentName: name})
				if err != nil {
					t.Fatal(err)
				}
				return got.Token
			}
			doer := by(c.finished)
			finisher := enter(doer, "Finn", c.finished)
			checker := by(c.asks)
			token := enter(checker, "Cora", c.asks)
			w.adds(ann.Token, "sand")
			for _, req := range []chat.TaskRequest{{Action: chat.CommandTake}, {Action: chat.CommandFinish,
				Evidence: ranTest, Exited: true}} {
				req.Token, req.ID = finisher, "t1"
				if _, err := w.Task(doer, req); err != nil {
					t.Fatal(err)
				}
			}
			_, err := w.Task(doer, checkOf(finisher, "t1", 0))
			wants(t, err, fault.NotAllowed)
			w.leave(finisher) // who it was counts, not whether it is there
			seen, err := w.ListTasks(checker, chat.TaskListRequest{Token: token, ID: "t1"})
			if err != nil || seen.Task.Own == c.may {
				t.Errorf("before the check: %+v, %v", seen.Task, err)
			}
			got, err := w.Task(checker, checkOf(token, "t1", 0))
			if !c.may {
				wants(t, err, fault.NotAllowed)
			} else if err != nil || len(got.Task.Checks) != 1 {
				t.Errorf("%+v, %v", got.Task, err)
			}
		})
	}
}

func TestCheck_thatSaysNothing_isRefusedAndChangesNothing(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	person := w.person(p.cid)
	w.adds(p.ann.Token, "sand", "paint", "hang", "sweep", "mop")
	w.proves(p.bob.Token, "t1", ranTest)
	w.task(p.bob.Token, chat.CommandFinish, "t2")
	w.task(p.ann.Token, chat.CommandDrop, "t3")
	w.proves(p.bob.Token, "t5", ranTest)
	w.redact(p.bob.Token, "t5")
	w.update(chat.UpdateRequest{Token: p.ann.Token, Capacity: 5}) // who joins later sees nothing of it
	later := w.join("plans", "Dan")
	for what, change := range map[string]func(*chat.TaskRequest){
		"of nothing that was run":    func(r *chat.TaskRequest) { r.ID = "t2" },
		"of a dropped task":          func(r *chat.TaskRequest) { r.ID = "t3" },
		"of an open task":            func(r *chat.TaskRequest) { r.ID = "t4" },
		"of what was removed":        func(r *chat.TaskRequest) { r.ID = "t5" },
		"of no task":                 func(r *chat.TaskRequest) { r.ID = "t9" },
		"by a newcomer":              func(r *chat.TaskRequest) { r.Token = later.Token },
		"with words":                 func(r *chat.TaskRequest) { r.Text = "fine" },
		"with a command":             func(r *chat.TaskRequest) { r.Evidence.Ran = "make" },
		"without an exit":            func(r *chat.TaskRequest) { r.Exited = false },
		"of no exit code":            func(r *chat.TaskRequest) { r.Evidence.Exit = 256 },
		"same, and another exit":     func(r *chat.TaskRequest) { r.Verdict, r.Evidence.Exit = room.Same, 2 },
		"differs, and the same exit": func(r *chat.TaskRequest) { r.Verdict = room.Differs },
		"cannot, and an exit":        func(r *chat.TaskRequest) { r.Verdict = room.Cannot },
		"on other files":             func(r *chat.TaskRequest) { r.Evidence.Tree = otherTree },
		"on no files":                func(r *chat.TaskRequest) { r.Evidence.Tree = "HEAD" },
	} {
		req := checkOf(p.cid.Token, "t1", 0)
		change(&req)
		err := w.changesNothing(p.ann.Token, func() error { _, err := w.Task(t.Context(), req); return err })
		if fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%s: %v", what, err)
		}
	}
	all := checkOf(p.cid.Token, "t1", 0)
	all.Text, all.Evidence.Ran, all.Evidence.Commit, all.Title = "fine", "make", tree, "sand"
	_, err := w.Task(t.Context(), all)
	if want := "check does not take title, text, ran, what comes with ran: it takes id, exit, verdict."; err == nil ||
		!strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
	w.pauses(person, true)
	_, err = w.Task(t.Context(), checkOf(p.cid.Token, "t1", 0))
	wants(t, err, fault.Paused)
	w.does(checkOf(person, "t1", 0)) // who may say it itself
	w.verify(p.ann.Token)
}

// The last check of a seat counts, and the same once more is no event. A check is no word: a muted agent may report it,
// and it is not among what the guard holds back.
func TestCheck_lastOfEachSeat_isShownWherever(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.adds(p.ann.Token, "sand")
	w.proves(p.bob.Token, "t1", ranTest)
	p.ann.Cursor, p.bob.Cursor = w.look(p.ann.Token, p.ann.Cursor).Cursor, w.look(p.bob.Token, p.bob.Cursor).Cursor
	waits := w.hold(p.ann, p.bob)
	w.does(checkOf(p.cid.Token, "t1", 2))
	for i, who := range []string{"Ann, who added it", "Bob, who finished it"} {
		got := take(t, waits[i])
		wantStatus(t, who, got, chat.StatusMessages)
		if m := got.Messages[0]; m.TaskAction != room.CheckTask || m.Task.ID != "t1" || m.Task.Title != "sand" ||
			m.Task.By != "Bob" || *m.Task.Evidence != (room.Evidence{Ran: ranTest.Ran}) {
			t.Errorf("%s is told %+v of %+v", who, m, m.Task)
		}
	}
	w.adds(p.ann.Token, "paint < t1")
	w.manage(p.ann.Token, room.Mute, "Cid", chat.StatusMuted)
	w.does(checkOf(p.cid.Token, "t1", 0))
	w.pass(time.Second)
	w.does(chat.TaskRequest{Token: p.ann.Token, Action: chat.CommandCheck, ID: "t1", Verdict: room.Cannot})
	before := len(w.all(p.ann.Token))
	again := w.does(checkOf(p.cid.Token, "t1", 0))
	if len(w.all(p.ann.Token)) != before {
		t.Error("the same once more is an event")
	}
	same(t, "in the answer", checks(*again.Task), []string{"Cid same 0 (own)", "Ann cannot"})
	for where, x := range map[string]*world{"here": w, "elsewhere": w.elsewhere()} {
		one := x.lists(chat.TaskListRequest{Token: p.bob.Token, ID: "t1"}).Task
		if *one.Evidence != ranTest {
			t.Errorf("%s: %+v", where, one.Evidence)
		}
		want := []string{"Cid same 0", "Ann cannot"}
		same(t, where, checks(*one), want)
		closed := x.lists(chat.TaskListRequest{Token: p.bob.Token, Closed: true}).Tasks
		same(t, where+", closed", checks(closed[0]), want)
		same(t, where+", as a result", checks(x.lists(chat.TaskListRequest{Token: p.bob.Token, ID: "t2"}).Results[0]),
			want)
	}
	w.verify(p.ann.Token)
	w.write(table.Delete(w.item(p.ann.Token, "CHECK#0000000000000001#00000003").Key, table.Always))
	if _, err := roomlog.Verify(t.Context(), w.table, p.ann.Token[:7]); !errors.Is(err, roomlog.ErrDamaged) {
		t.Errorf("without a check of the log: %v", err)
	}
}

// What was run stays as it was first reported: the same once more succeeds, another report is refused.
func TestTask_finishedWithEvidence_keepsTheFirst(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.adds(p.ann.Token, "sand", "paint")
	w.proves(p.bob.Token, "t1", ranTest)
	if again := w.proves(p.bob.Token, "t1", ranTest); *again.Task.Evidence != ranTest {
		t.Errorf("once more: %+v", again.Task.Evidence)
	}
	w.task(p.bob.Token, chat.CommandFinish, "t2")
	longer := ranTest
	longer.Ms++
	for _, id := range []string{"t1", "t2"} {
		_, err := w.Task(t.Context(), chat.TaskRequest{Token: p.bob.Token, Action: chat.CommandNext, ID: id,
			Evidence: longer, Exited: true})
		wants(t, err, fault.InvalidArgument)
	}
}

// The newest eight are shown. A seat of before says last that the result was another, whoever has come since.
func TestCheck_ofManySeats_newestAreShown(t *testing.T) {
	w := newWorld(t)
	ann := w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 11})
	w.adds(ann.Token, "sand")
	var all []chat.Seated
	for i := range 10 {
		all = append(all, w.join("plans", fmt.Sprintf("Bob%d", i)))
	}
	w.proves(ann.Token, "t1", ranTest)
	for _, bob := range append(all[1:], all[0]) {
		exit := 0
		if bob.Token == all[0].Token {
			exit = 2
		}
		w.pass(time.Second)
		w.does(checkOf(bob.Token, "t1", exit))
	}
	got := checks(*w.lists(chat.TaskListRequest{Token: ann.Token, ID: "t1"}).Task)
	same(t, "of ten", got, []string{"Bob3 same 0", "Bob4 same 0", "Bob5 same 0", "Bob6 same 0", "Bob7 same 0",
		"Bob8 same 0", "Bob9 same 0", "Bob0 differs 2"})
}

func TestFinish_withBadEvidence_isRefusedAndChangesNothing(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.adds(p.ann.Token, "sand")
	long := strings.Repeat("x", 501)
	for what, change := range map[string]func(*chat.TaskRequest){
		"no command":            func(r *chat.TaskRequest) { r.Evidence.Ran = "" },
		"no exit":               func(r *chat.TaskRequest) { r.Exited = false },
		"a command of spaces":   func(r *chat.TaskRequest) { r.Evidence.Ran = " \u3000" },
		"two lines":             func(r *chat.TaskRequest) { r.Evidence.Ran = "make\ntest" },
		"two lines of Unicode":  func(r *chat.TaskRequest) { r.Evidence.Ran = "make\u2028test" },
		"an escape":             func(r *chat.TaskRequest) { r.Evidence.Ran = "make\x1b[2K" },
		"what nobody sees":      func(r *chat.TaskRequest) { r.Evidence.Ran = "make \u202etset" },
		"a long command":        func(r *chat.TaskRequest) { r.Evidence.Ran = long },
		"no UTF-8":              func(r *chat.TaskRequest) { r.Evidence.Ran = "make \xff" },
		"a credential":          func(r *chat.TaskRequest) { r.Evidence.Ran = "curl -u x:" + secret + " x" },
		"a token":               func(r *chat.TaskRequest) { r.Evidence.Ran = "parley send " + p.ann.Token },
		"a token in the folder": func(r *chat.TaskRequest) { r.Evidence.Dir = p.ann.Token },
		"no exit code":          func(r *chat.TaskRequest) { r.Evidence.Exit = -2 },
		"a great exit code":     func(r *chat.TaskRequest) { r.Evidence.Exit = 256 },
		"a name for a commit":   func(r *chat.TaskRequest) { r.Evidence.Commit = "main" },
		"a short tree":          func(r *chat.TaskRequest) { r.Evidence.Tree = tree[1:] },
		"a short digest":        func(r *chat.TaskRequest) { r.Evidence.Output = tree },
		"a folder outside":      func(r *chat.TaskRequest) { r.Evidence.Dir = "a/../../b" },
		"an absolute folder":    func(r *chat.TaskRequest) { r.Evidence.Dir = "/etc" },
		"a long folder":         func(r *chat.TaskRequest) { r.Evidence.Dir = long },
		"a long system":         func(r *chat.TaskRequest) { r.Evidence.System = long },
		"a verdict":             func(r *chat.TaskRequest) { r.Verdict = room.Same },
		"dropped":               func(r *chat.TaskRequest) { r.Action = chat.CommandDrop },
		"added": func(r *chat.TaskRequest) {
			r.Action, r.ID, r.Tasks = chat.CommandAdd, "", newTasks("x")
		},
		"taken, with an exit alone": func(r *chat.TaskRequest) {
			r.Action, r.Evidence = chat.CommandTake, room.Evidence{}
		},
	} {
		req := chat.TaskRequest{Token: p.bob.Token, Action: chat.CommandFinish, ID: "t1", Evidence: ranTest,
			Exited: true}
		change(&req)
		err := w.changesNothing(p.ann.Token, func() error { _, err := w.Task(t.Context(), req); return err })
		var refused *fault.Error
		if !errors.As(err, &refused) || refused.Code != fault.InvalidArgument {
			t.Errorf("%s: %v", what, err)
		}
	}
}
