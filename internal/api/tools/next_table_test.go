package tools

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// The table is to be read in five minutes.
func TestNext_table_isShort(t *testing.T) {
	sentences := map[string]bool{}
	for _, r := range slices.Concat(facts, imperatives, asides) {
		sentences[r.reason+r.call] = true
	}
	for _, said := range outs {
		sentences[said] = true
	}
	if rows := len(facts) + len(imperatives) + len(asides); rows > 49 || len(sentences) > 56 {
		t.Errorf("%d rows with %d sentences", rows, len(sentences))
	}
}

func TestNext_wordsInBraces_areThoseOfTheMap(t *testing.T) {
	used, braces := map[string]bool{}, regexp.MustCompile(`\{[a-z]+\}`)
	for _, file := range []string{"next.go", "next_fixed.go", "next_table.go", "next_words.go"} {
		source, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(source, func(n ast.Node) bool {
			if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING {
				for _, w := range braces.FindAllString(text.Value, -1) {
					used[strings.Trim(w, "{}")] = true
				}
			}
			return true
		})
	}
	for w := range used {
		if words[w] == nil {
			t.Errorf("no word stands for {%s}", w)
		}
	}
	for w := range words {
		if !used[w] {
			t.Errorf("no sentence has {%s}", w)
		}
	}
}

// Tasks may follow from what is agreed on, and an agent that leaves with the agreement misses them. The one that has
// proposed goes on; if all did, all would add the same tasks.
func TestNext_afterAnAgreement_neverNamesLeavingAndOnlyTheProposerGoesOn(t *testing.T) {
	for what, is := range map[string]chat.Situation{
		"nothing is open":       {},
		"a task is open":        {Work: chat.Work{OpenTasks: 1}},
		"others owe each other": {Awaited: chat.Awaited{Requests: 1}},
		"others owe it a word":  {Awaited: chat.Awaited{Requests: 1, Owed: 1}},
		"it has a task":         {Work: chat.Work{OpenTasks: 1, Tasks: []chat.TaskBrief{{ID: "t3"}}}},
		"a task is free":        {Work: chat.Work{OpenTasks: 1, FreeTasks: 1}},
		"another proposal waits": {Awaited: chat.Awaited{Requests: 1},
			Debt: room.Debt{Owes: "m7", OwesAgreement: true}},
		"its user holds it": {Supervised: room.Supervised{Bound: true}},
	} {
		for others := 1; others <= 2; others++ {
			is.Others, is.Begun = others, true
			heard := func(proposed bool) chat.Waited {
				return chat.Waited{Status: chat.StatusMessages, Cursor: "c9", Situation: is, Messages: []chat.Message{
					{ID: "m8", Type: chat.EventTask, Agent: chosen, TaskAction: room.FinishTask},
					{ID: "m9", Type: chat.EventSaid, From: chosen, Kind: room.Agree, Agreed: "m5", AnswersYou: proposed}}}
			}
			for call, next := range map[string]string{
				"wait of the proposer": advise().waited(heard(true), chat.WaitRequest{Wait: time.Minute}),
				"wait":                 advise().waited(heard(false), chat.WaitRequest{Wait: time.Minute}),
				"send": advise().sent(chat.Sent{Sent: true, Agreed: "m5", Waited: chat.Waited{Cursor: "c9",
					Situation: is}}, chat.SendRequest{Kind: room.Agree, Wait: time.Minute}),
			} {
				if strings.Contains(next, "leave_room") || !strings.Contains(next, "agreed to m5") {
					t.Errorf("%s, beside %d others, after a %s: %s", what, others, call, next)
				}
				goesOn := call == "wait of the proposer" && !is.Bound && is.Owes == "" && len(is.Tasks)+is.FreeTasks == 0
				if got := strings.Contains(next, "call task (action add)"); got != goesOn {
					t.Errorf("%s, beside %d others, after a %s: %s", what, others, call, next)
				}
			}
		}
	}
}

// What was done is not undone, so an agreement that replaces another names it. Of much, as of what is in question, ten
// are named, and how many more there are.
func TestNext_afterAnAgreementThatReplacesAnother_namesWhatStaysDone(t *testing.T) {
	many := strings.Fields("t1 t2 t3 t4 t5 t6 t7 t8 t9 t10 t11 t12")
	for want, done := range map[string][]string{
		"; it replaces m2. ": nil,
		"; it replaces m2, but what is done stays done (t1, t4): to have it done otherwise takes a new task. ": {"t1", "t4"},
		"done (t1, t2, t3, t4, t5, t6, t7, t8, t9, t10 and 2 more): ":                                          many,
	} {
		r := &chat.Revision{ID: "m5", Old: "m2", Done: done}
		said := []chat.Message{{ID: "m9", Type: chat.EventSaid, From: chosen, Kind: room.Agree, Agreed: "m5"}}
		is := chat.Situation{Standing: chat.Standing{Others: 2, Begun: true}, Work: chat.Work{OpenTasks: 1}}
		w := chat.Waited{Status: chat.StatusMessages, Cursor: "c9", Situation: is, Messages: said, Revision: r}
		voted := chat.Sent{Sent: true, Agreed: "m5", Waited: chat.Waited{Cursor: "c9", Situation: is, Revision: r}}
		for call, next := range map[string]string{
			"wait": advise().waited(w, chat.WaitRequest{Wait: time.Minute}),
			"vote": advise().sent(voted, chat.SendRequest{Kind: room.Agree}),
		} {
			if !strings.Contains(next, want) {
				t.Errorf("after a %s of %d: %s", call, len(done), next)
			}
		}
	}
	is := among(2)
	is.Question, is.Questioned = "m5", many
	if next := advise().waited(chat.Waited{Cursor: "c9", Situation: is}, chat.WaitRequest{}); !strings.Contains(next,
		"since m5 was proposed in place of the agreement they were added under: t1, t2, t3, t4, t5, t6, t7, t8, t9, t10 and 2 more. ") {
		t.Errorf("of many in question: %s", next)
	}
	beside := chat.Sent{Sent: true, Beside: "m2", Waited: chat.Waited{Cursor: "c9", Situation: among(2)}}
	next := advise().sent(beside, chat.SendRequest{Kind: room.Proposal})
	if !strings.Contains(next, "stands beside m2 and does not replace that") {
		t.Error(next)
	}
}

// A seat that is free is told beside the turn: one that begins without the third agent may begin too early, and one that
// is done before the third has come leaves it alone.
func TestNext_freeSeat_isToldBesideTheTurnAlone(t *testing.T) {
	some := chat.Situation{Standing: chat.Standing{Others: 1, Begun: true, FreeSeats: 1, Seats: 3}}
	many := chat.Situation{Standing: chat.Standing{Others: 1, FreeSeats: 2, Seats: 4}}
	owing := some
	owing.Owes = "m3"
	for want, next := range map[string]string{
		"the turn is yours, and 1 of 3 seats is free: call send_message": advise().waited(chat.Waited{
			Status: chat.StatusTurn, Cursor: "c9", Situation: some}, chat.WaitRequest{Wait: time.Minute}),
		"the turn is yours, and 2 of 4 seats are free: if all that you need are here, call send_message (cursor c9, " +
			"wait_seconds 45); if not, call wait_for_message (cursor c9, wait_seconds 50).": advise().waited(
			chat.Waited{Status: chat.StatusTurn, Cursor: "c9", Situation: many}, chat.WaitRequest{Wait: time.Minute}),
		"It is your turn, and 1 of 3 seats is free: call send_message": advise().waited(chat.Waited{
			Status: chat.StatusMessages, Cursor: "c9", Situation: some, Messages: []chat.Message{said("m9")}},
			chat.WaitRequest{Wait: time.Minute}),
		"Nobody has spoken yet, and 2 of 4 seats are free: ": advise().seated(chat.Seated{Status: chat.StatusJoined,
			Cursor: "c9", Opens: true, Situation: many}),
	} {
		if !strings.Contains(next, want) {
			t.Errorf("want %q: %s", want, next)
		}
	}
	for what, next := range map[string]string{
		"it owes an answer": advise().waited(chat.Waited{Status: chat.StatusTurn, Cursor: "c9", Situation: owing},
			chat.WaitRequest{Wait: time.Minute}),
		"it is quiet": advise().waited(chat.Waited{Status: chat.StatusQuiet, Cursor: "c9", Situation: some},
			chat.WaitRequest{Wait: time.Minute}),
	} {
		if strings.Contains(next, "seats") {
			t.Errorf("%s: %s", what, next)
		}
	}
}

// What ends a seat reaches its agent in a wait, for some reasons only if another process was faster.
func TestNext_removed_saysWhyAndNothingElse(t *testing.T) {
	for why, want := range outs {
		w := newsFor(0, came("m9"))
		w.Status, w.Situation.Reason, w.Situation.Bound, w.Situation.Owed, w.HasMore = chat.StatusRemoved, why, true, 1, true
		before, after, _ := strings.Cut(want, "{return}")
		if got := advise().waited(w, chat.WaitRequest{Wait: time.Minute}); !strings.HasPrefix(got, before) ||
			!strings.HasSuffix(got, after+".") || strings.Contains(got, ". ") {
			t.Errorf("%s: %s", why, got)
		}
	}
}

// A hooked agent never waits, and is promised a call for nothing but what there is to read.
func TestNext_hookedAgent_endsItsTurnWhereOthersWait(t *testing.T) {
	busy := &situation{advisor: advise(), cursor: "c9", status: chat.StatusQuiet,
		Situation: chat.Situation{Standing: chat.Standing{Hooked: true, Others: 2},
			Awaited: chat.Awaited{Owed: 1}, Company: chat.Company{OthersAway: time.Minute},
			Work: chat.Work{Tasks: []chat.TaskBrief{{ID: "t3"}}, Offered: "t4"}}}
	idle := *busy
	idle.Tasks, idle.Offered = nil, ""
	for _, r := range slices.Concat(facts, imperatives, asides) {
		for _, is := range []*situation{busy, &idle} {
			said := is.sentence(r)
			if regexp.MustCompile(`wait_seconds [1-9]|[Cc]all end|[{}]`).MatchString(said) {
				t.Errorf("%s: %s", r.call, said)
			}
			if hint := is.wakeHint(said); strings.Contains(strings.ToLower(said), endTurn) != (hint != "") {
				t.Errorf("%s%s", said, hint)
			}
		}
	}
}

func TestNext_namesTheCallThatFits(t *testing.T) {
	mine := []chat.TaskBrief{{ID: "t3"}}
	for what, c := range map[string]struct {
		in   chat.Situation
		want string
	}{
		"a vote, and two answers": {chat.Situation{Standing: chat.Standing{Others: 2},
			Debt: room.Debt{Owes: "m7", OwesAgreement: true,
				AlsoOwes: []string{"m3", "m9"}}}, "(you also owe an answer to m3, m9): call send_message (cursor c9, " +
			"wait_seconds 45, reply_to m7, kind agree)"},
		"one answer": {chat.Situation{Standing: chat.Standing{Others: 2},
			Debt: room.Debt{Owes: "m7"}}, "You owe an answer: if"},
		"the only task": {chat.Situation{Standing: chat.Standing{Others: 2}, Work: chat.Work{Tasks: mine}},
			"once it is done, call task (cursor c9, action finish, id t3, text)"},
		"a task, and one that is free": {chat.Situation{Standing: chat.Standing{Others: 2},
			Work: chat.Work{Tasks: mine, FreeTasks: 1}},
			"once it is done, call task (cursor c9, action next, id t3, text)"},
		"a task, and one that is offered": {chat.Situation{Standing: chat.Standing{Others: 2},
			Work: chat.Work{Tasks: mine, Offered: "t4"}},
			"once it is done, call task (cursor c9, action next, id t3, text)"},
		"an offer, before an answer": {chat.Situation{Standing: chat.Standing{Others: 2},
			Work: chat.Work{Offered: "t4"}, Awaited: chat.Awaited{Owed: 1, OwedTo: []string{"m3"}}},
			"call wait_for_message (cursor c9, wait_seconds 50, for_me true), or call task (cursor c9, action take, id t4), " +
				"which is offered to you."},
		"a free task, before an answer": {chat.Situation{Standing: chat.Standing{Others: 2},
			Work: chat.Work{FreeTasks: 1}, Awaited: chat.Awaited{Owed: 1, OwedTo: []string{"m3"}}},
			"call wait_for_message (cursor c9, wait_seconds 50, for_me true), or call task (cursor c9, action take) for a task that"},
		"the task of one that may not speak": {chat.Situation{Standing: chat.Standing{Others: 2, Listening: true},
			Work: chat.Work{Tasks: mine}},
			"once it is done, call task (cursor c9, action finish, id t3) without text."},
	} {
		w := chat.Waited{Status: chat.StatusQuiet, Cursor: "c9", Situation: c.in}
		got := advise().waited(w, chat.WaitRequest{Wait: time.Minute})
		if !strings.Contains(strings.ToLower(got), strings.ToLower(c.want)) {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
	}
}

func TestNext_lastWordsOfOthers_wantNoAnswer(t *testing.T) {
	for what, m := range map[string]chat.Message{
		"a report":           {Finished: []string{"t1"}},
		"a report by name":   {Finished: []string{"t1"}, Kind: room.Plain},
		"a report, and done": {Finished: []string{"t1"}, Kind: room.Done},
	} {
		m.Type, m.ID, m.From, m.Text = chat.EventSaid, "m5", "Bob", "that is it"
		w := chat.Waited{Status: chat.StatusMessages, Messages: []chat.Message{m}, Cursor: "c9",
			Situation: chat.Situation{Standing: chat.Standing{Others: 2, Begun: true}}}
		if got := advise().waited(w, chat.WaitRequest{Wait: time.Minute}); !strings.Contains(got,
			"o task, request or proposal is open: call wait_for_message (") {
			t.Errorf("%s: %s", what, got)
		}
	}
}

func TestNext_afterTheOwnWork_saysWhatIsOpen(t *testing.T) {
	for want, is := range map[string]chat.Situation{
		"Call wait_for_message (cursor c9, wait_seconds 50) for what is still open here (2 tasks and 1 request), " +
			"or leave_room if you need none of it.": {Standing: chat.Standing{Others: 2},
			Work: chat.Work{OpenTasks: 2}, Awaited: chat.Awaited{Requests: 1}},
		"No task, request or proposal is open: call wait_for_message (cursor c9, wait_seconds 50) or call send_message " +
			"(cursor c9, wait_seconds 45); if all is settled, call leave_room.": {Standing: chat.Standing{Others: 2}},
		"1 answer to m3 is outstanding. Call wait_for_message (cursor c9, wait_seconds 50, for_me true).": {
			Standing: chat.Standing{Others: 2}, Work: chat.Work{OpenTasks: 1},
			Awaited: chat.Awaited{Requests: 1, Owed: 1, OwedTo: []string{"m3"}},
		},
		"Call wait_for_message (cursor c9, wait_seconds 50) for what is still open here (1 task).": {
			Standing: chat.Standing{Others: 2}, Work: chat.Work{OpenTasks: 1, OffersLater: true},
		},
		"Call wait_for_message (cursor c9, wait_seconds 50), since t1, which you have, waits for t5.": {
			Standing: chat.Standing{Others: 2},
			Work:     chat.Work{Tasks: []chat.TaskBrief{{ID: "t1"}}, Waits: []string{"t5"}, OpenTasks: 2},
		},
		"Call wait_for_message (cursor c9, wait_seconds 50), since t1, which you have, waits for t5, or call task " +
			"(cursor c9, action take, id t5), which is free.": {Standing: chat.Standing{Others: 2},
			Work: chat.Work{Tasks: []chat.TaskBrief{{ID: "t1"}}, Waits: []string{"t5"}, Free: "t5", FreeTasks: 1}},
		"Call task (cursor c9, action take, id t5), which is offered to you, unless somebody has asked not to begin: " +
			"then call wait_for_message (cursor c9, wait_seconds 50).": {
			Standing: chat.Standing{Others: 2},
			Work: chat.Work{Tasks: []chat.TaskBrief{{ID: "t1"}}, Waits: []string{"t5"}, Offered: "t5", Free: "t5",
				FreeTasks: 1},
		},
		"Go on with t1, unless somebody has asked not to; once it is done, call task (cursor c9, action finish, " +
			"id t1, text).": { // nobody else is there to do t5
			Work: chat.Work{Tasks: []chat.TaskBrief{{ID: "t1"}}, Waits: []string{"t5"}}},
		"Call wait_for_message (cursor c9, wait_seconds 50) for what is still open here (3 tasks).": { // an admin stays
			Standing: chat.Standing{Others: 2, Admin: true}, Work: chat.Work{OpenTasks: 3},
		},
		"Call wait_for_message (cursor c9, wait_seconds 50) for what is still open here (2 tasks).": {
			Standing: chat.Standing{Others: 1, Begun: true}, Work: chat.Work{OpenTasks: 2, OffersLater: true},
		},
	} {
		if got := advise().tasked(chat.Tasks{Cursor: "c9", Situation: is},
			chat.TaskRequest{Action: chat.CommandFinish}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// An open question is named first, read or not, whatever else there is to say, and no other work or leave is named.
func TestNext_besideAnOpenQuestion_isNamedByEachAnswer(t *testing.T) {
	debts := map[string]room.Debt{
		"a vote":     {Owes: "m7", OwesAgreement: true, AlsoOwes: []string{"m3"}},
		"a question": {Owes: "m7"},
	}
	lures := map[string]func(s *situation){
		"nothing":               func(*situation) {},
		"a task":                func(s *situation) { s.Tasks = []chat.TaskBrief{{ID: "t2"}} },
		"a task just taken":     func(s *situation) { s.task = "t2" },
		"an offer":              func(s *situation) { s.Offered = "t2" },
		"a free task":           func(s *situation) { s.FreeTasks = 1 },
		"an agreement":          func(s *situation) { s.agreed = "m5" },
		"a finished task":       func(s *situation) { s.over, s.OpenTasks = true, 1 },
		"all done":              func(s *situation) { s.status = chat.StatusAllDone },
		"a lost partner":        func(s *situation) { s.Paired, s.Others = true, 0 },
		"a partner":             func(s *situation) { s.Others, s.Begun, s.finished = 1, true, true },
		"own done":              func(s *situation) { s.sent, s.kind = true, room.Done },
		"the turn":              func(s *situation) { s.status = chat.StatusTurn },
		"a long silence":        func(s *situation) { s.status, s.Quiet = chat.StatusQuiet, time.Hour },
		"more to read":          func(s *situation) { s.more = true },
		"a credential":          func(s *situation) { s.held, s.credential = true, "a password" },
		"a send held back":      func(s *situation) { s.held = true },
		"a file held back":      func(s *situation) { s.held, s.file = true, true },
		"a task held back":      func(s *situation) { s.held, s.act = true, "action take, id t2" },
		"a held agent":          func(s *situation) { s.Bound, s.status = true, chat.StatusAllDone },
		"a paused agent":        func(s *situation) { s.Paused = true },
		"a draft":               func(s *situation) { s.Undecided = true },
		"a muted agent":         func(s *situation) { s.Listening, s.Tasks = true, []chat.TaskBrief{{ID: "t2"}} },
		"agents that said much": func(s *situation) { s.Spent = true },
		"private words":         func(s *situation) { s.private, s.wants = "m6", true },
		"words":                 func(s *situation) { s.wants, s.Others = true, 1 },
		"words of many":         func(s *situation) { s.wants = true },
		"a newcomer":            func(s *situation) { s.seat, s.newcomer, s.opens, s.Begun = true, true, true, false },
		"nobody else":           func(s *situation) { s.Others = 0 },
	}
	barred := regexp.MustCompile(`(?i)go on with t|call leave_room|or leave_room|if all is settled|which is offered to you|` +
		`action take\) for|update_room \(closed|enter_queue`)
	rows := map[string]bool{}
	for what, lure := range lures {
		for owes, debt := range debts {
			for _, unread := range []bool{false, true} {
				s := &situation{advisor: advise(), cursor: "c9", Situation: chat.Situation{
					Standing: chat.Standing{Others: 2, Begun: true}, Debt: debt, OwesUnread: unread}}
				lure(s)
				next := s.next()
				if !strings.Contains(next, "m7") || barred.MatchString(next) {
					t.Errorf("%s, unread %t, beside %s: %s", owes, unread, what, next)
				}
				const look = "Message m7, which you have not read, asks you"
				calls := strings.Contains(next, "reply_to m7")
				if unread && !s.isCredential() && !s.Paused && (calls || !strings.Contains(next, look) ||
					!strings.Contains(next, "call wait_for_message (cursor c9, wait_seconds 0)")) {
					t.Errorf("%s, unread, beside %s: %s", owes, what, next)
				}
				i := slices.IndexFunc(imperatives, func(r row) bool { return r.when(s) })
				rows[imperatives[i].reason+imperatives[i].call] = true
				s.Debt = room.Debt{}
				s.OwesUnread = false
				i = slices.IndexFunc(imperatives, func(r row) bool { return r.when(s) })
				rows[imperatives[i].reason+imperatives[i].call] = true
			}
		}
	}
	for _, r := range imperatives { // two are of calls without a seat, or an older one: nothing is asked there
		if said := r.reason + r.call; !rows[said] && said != "{out}" && r.call != "go on with its result" {
			t.Errorf("no case has the row %q", said)
		}
	}
}

// The answers that hand nothing out name the question, too.
func TestNext_answersThatHandNothingOut_nameTheQuestion(t *testing.T) {
	for _, unread := range []bool{false, true} {
		is := chat.Situation{Standing: chat.Standing{Others: 2}, Debt: room.Debt{Owes: "m7"}, OwesUnread: unread,
			Work: chat.Work{Tasks: []chat.TaskBrief{{ID: "t2"}}}}
		quiet := chat.Waited{Cursor: "c9", Situation: is}
		want := "You owe an answer: if your user would want it given, call send_message (cursor c9, wait_seconds 45, " +
			"reply_to m7); if not, decline with the same call."
		if unread {
			want = "Message m7, which you have not read, asks you: read it before you do more, so call " +
				"wait_for_message (cursor c9, wait_seconds 0)."
		}
		one := chat.TaskView{ID: "t2", Mine: true}
		for what, got := range map[string]string{
			"a take": advise().tasked(chat.Tasks{Cursor: "c9", Situation: is, Task: &one},
				chat.TaskRequest{Action: chat.CommandTake}),
			"an add": advise().tasked(chat.Tasks{Cursor: "c9", Situation: is},
				chat.TaskRequest{Action: chat.CommandAdd}),
			"a list": advise().listed(chat.Tasks{Cursor: "c9", Situation: is, Tasks: []chat.TaskView{one}},
				chat.TaskListRequest{}),
			"a share":   advise().shared(chat.Sent{Sent: true, Waited: quiet}, chat.SendRequest{}),
			"an upload": advise().uploaded(chat.Sent{Sent: true, Waited: quiet}),
			"a join":    advise().seated(chat.Seated{Status: chat.StatusReturned, Cursor: "c9", Situation: is}),
		} {
			got = strings.TrimSuffix(strings.TrimPrefix(got, "It is shared. "), " Agents that wait are told of what you added.")
			if !strings.HasPrefix(got, want) {
				t.Errorf("%s, unread %t: %s", what, unread, got)
			}
		}
		got := advise().asksForUpload(quiet, nil)
		if !strings.HasPrefix(got, "Message m7") || !strings.Contains(got, "upload.line") ||
			strings.Contains(got, "read it") != unread {
			t.Errorf("a share of a file on disk, unread %t: %s", unread, got)
		}
	}
}
