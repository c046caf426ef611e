package tools

import (
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/room"
)

const (
	report3  = "task (action next, id t3, text)"
	goOn3    = "Go on with t3; once it is done, report it with " + report3 + "."
	else3    = "go on with t3, and report it with " + report3
	offered4 = "A task is offered to you: take it with task (action take, id t4), or release it with the same call and action release."
	free     = "A task is free: call task (action take), or, if it is not for you, " + wait9 + "."
	taken    = "What is left of the tasks is taken, offered to others, or waits for such a one: call " + wait9 + ", which ends when one is free."
	lastDone = "No task is left: if all is settled, call leave_room; if not, " + wait9 + "."
	nothing  = "There is nothing to do: if there is work to share out, call task (action add, tasks); if not, "
)

// An agent that has t3, is offered t4, or may take what is free.
func has3(s *chat.Situation) {
	s.Tasks, s.OpenTasks = []chat.TaskBrief{{ID: "t3", Title: chosen}, {ID: "t5", Title: chosen}}, 2
}
func isOffered(s *chat.Situation) { s.Offered, s.FreeTasks, s.OpenTasks = "t4", 1, 1 }
func mayTake(s *chat.Situation)   { s.FreeTasks, s.OpenTasks = 2, 2 }
func oneIsFree(s *chat.Situation) { s.FreeTasks, s.OpenTasks = 1, 3 }

// silentHas is the situation in which a silent agent has t4, which the caller may take.
func silentHas(s *chat.Situation) { s.OpenTasks, s.SilentTask, s.SilentFor = 2, "t4", 6*time.Minute }

const isSilent = "The agent that has t4 was not heard for 6 minutes: take it over with task (action take, id t4) or, to wait for it, " + wait9 + "."

func finishing(m chat.Message) chat.Message {
	if m.Type == chat.EventTask {
		m.TaskAction = chat.TaskFinish
	} else {
		m.Finished = []string{"t3"}
	}
	return m
}

// workCases are those of an agent with something to do, after a join, a wait or a send.
func workCases() []nextCase {
	with := func(w chat.Waited, work func(*chat.Situation)) chat.Waited { work(&w.Situation); return w }
	wait := func(w chat.Waited, work func(*chat.Situation)) string { return afterWait(with(w, work), nil) }
	turn, over, owed, lull := quietFor(1), quietFor(1), quietFor(1), quietFor(1)
	told := newsFor(2, finishing(saidAs("m9", room.Status)))
	told.Status = chat.StatusTurn
	agreed := saidAs("m9", room.Agree)
	agreed.Agreed = "m4"
	turn.Status, over.Status, owed.Owed, lull.Quiet = chat.StatusTurn, chat.StatusAllDone, 1, longQuiet
	asked := newsFor(2, said("m9"))
	asked.Debt = room.Debt{Owes: "m9"}
	hearing := newsFor(1, said("m9"))
	hearing.Owed = 2
	join := func(work func(*chat.Situation)) string {
		return advise().seated(seatedWith(2, func(s *chat.Seated) { s.Cursor = "c9"; work(&s.Situation) }))
	}
	return []nextCase{
		{"joins, and a task is free", join(mayTake), free},
		{"joins, and a task is offered", join(isOffered), offered4},
		{"returns to a task", join(has3), goOn3},
		{"has a task, and nothing came", wait(quietFor(1), has3), goOn3},
		{"has a task, is alone, and nothing came", wait(quietFor(0), has3), goOn3},
		{"has a task, and it is quiet for long", wait(lull, has3), goOn3},
		{"has a task, and it is its turn", wait(turn, has3), goOn3},
		{"is offered a task, and nothing was said", wait(newsFor(1), isOffered), offered4},
		{"is offered a task, and it is its turn", wait(turn, isOffered), offered4},
		{"a task is free, and it is its turn", wait(turn, mayTake), free},
		{"another finished a task, and has one more or is a person", wait(newsFor(2, finishing(saidAs("m9", room.Status))), oneIsFree),
			"This wants no answer: call task (action take)."},
		{"another finished a task, and several are free", wait(newsFor(2, finishing(saidAs("m9", room.Status))), mayTake),
			"This wants no answer: call task (action take)."},
		{"another finished a task, and what is free is for it", wait(told, oneIsFree), free},
		{"nothing came, and a silent agent has a task that it may take", wait(quietFor(2), silentHas), isSilent},
		{"asked the silent agent that has a task, which it may take", wait(turn, func(s *chat.Situation) { silentHas(s); s.Owed = 1 }), isSilent},
		{"another took over its task", wait(newsFor(2), func(s *chat.Situation) { s.OpenTasks, s.LostTask = 2, "t4" }),
			"Another agent took over t4, which you had: send that agent what you have done. It is not your turn: call " + wait9 + "."},
		{"all wait, and others have the rest", wait(turn, func(s *chat.Situation) { s.OpenTasks = 2 }),
			"Everybody who is here waits, and what is left of the tasks is taken, offered to others, or waits for such a one: if you have nothing to say with " + send9 + ", call " + wait9 + ", which ends when one is free."},
		{"nothing came while others work", wait(quietFor(2), func(s *chat.Situation) { s.OpenTasks = 1 }),
			"Nothing came, which is normal while others work: call " + wait9 + " again."},
		{"all have agreed, and a task is free", wait(newsFor(2, agreed), mayTake),
			"Everyone asked has agreed to m4: it is on record, and room_info shows it. If more is to be settled, go on with " + send9 + "; if all is, call task (action take)."},
		{"returns alone to a free task", advise().seated(seatedWith(0, func(s *chat.Seated) { s.Cursor = "c9"; mayTake(&s.Situation) })), free},
		{"the last task is reported", afterWait(newsFor(2, finishing(saidAs("m9", room.Status))), nil), lastDone},
		{"the last task is finished", afterWait(newsFor(2, finishing(chat.Message{ID: "m9", Type: chat.EventTask})), nil), lastDone},
		{"the last task is reported, with a question", afterWait(newsFor(2, finishing(said("m9"))), nil),
			"If the answer is up to you, call " + send9 + "; if not, " + wait9 + "."},
		{"a task is free for long", wait(lull, mayTake),
			"Nothing has been said for a long time: you may stop waiting, do other work and look in with " + look9 + ". " + seatExpires},
		{"has a task and owes an answer", wait(asked, has3),
			"You owe an answer: if your user would want it given, call send_message (cursor c9, wait_seconds 45, reply_to m9); if not, decline with the same call."},
		{"has a task, and the other spoke", wait(newsFor(1, said("m9")), has3), "Answer with " + send9 + " if it wants an answer; else " + else3 + "."},
		{"has a task, and one of several spoke", wait(newsFor(2, said("m9")), has3), "If the answer is up to you, call " + send9 + "; if not, " + else3 + "."},
		{"a task is free, and one of several spoke", wait(newsFor(2, said("m9")), mayTake),
			"If the answer is up to you, call " + send9 + "; if not, task (action take)."},
		{"has a task, and others report", wait(newsFor(2, saidAs("m9", room.Status)), has3), "This wants no answer: " + else3 + "."},
		{"is offered a task, and others report", wait(newsFor(2, saidAs("m9", room.Status)), isOffered),
			"This wants no answer: call task (action take, id t4)."},
		{"has a task, and others are asked", wait(newsFor(2, askedOf(said("m9"))), has3), "It is for others to answer: " + else3 + "."},
		{"has a task, and a request is open", wait(newsFor(2, saidAs("m9", room.Request)), has3),
			"A request to anyone is open: if you have the answer, and your user would want it given, call send_message (cursor c9, wait_seconds 45, reply_to m9); if not, " + else3 + "."},
		{"has a task, is owed answers, and hears something", wait(hearing, has3),
			"2 answers to you are outstanding: " + else3 + ", unless what was said asks something of you: then " + send9 + "."},
		{"has a task, and somebody came", wait(newsFor(2, came("m9")), has3), goOn3},
		{"has a task, and the other is finished", wait(newsFor(1, saidAs("m9", room.Done)), has3),
			"The other says that it is finished: if what it said asks something, answer with " + send9 + "; else " + else3 + "."},
		{"has a task, and one of several is finished", wait(newsFor(2, saidAs("m9", room.Done)), has3),
			"One of them says that it is finished: if the answer is up to you, call " + send9 + "; if all is settled, leave_room; else " + else3 + "."},
		{"has a task, and all others are finished", wait(over, has3), "All others have left or say that they are finished: " + else3 + "."},
		{"a task is free, and all others are finished", wait(over, mayTake),
			"All others have left or say that they are finished, but a task is free: call task (action take), or leave_room."},
		{"has a task and is paused", wait(quietFor(1), func(s *chat.Situation) { has3(s); s.Paused = true }),
			"Your user has paused you, so nothing that you send is sent: call " + wait9 + ", which tells you when you may go on."},
	}
}

// taskCases are those of a call of task, and of a send that finishes some.
func taskCases() []nextCase {
	const wait = "wait_for_message (your last cursor, wait_seconds 50)"
	did := func(action chat.TaskAction, work func(*chat.Situation), change func(*chat.Tasks)) string {
		got := chat.Tasks{Task: &chat.Task{ID: "t3", Title: chosen, Text: chosen, By: chosen}, Situation: chat.Situation{Others: 2}}
		if work != nil {
			work(&got.Situation)
		}
		if change != nil {
			change(&got)
		}
		return advise().tasked(got, chat.TaskRequest{Action: action, ID: "T2"})
	}
	sent := func(kind room.Kind, owed int, work func(*chat.Situation), unfinished ...chat.Unfinished) string {
		s := chat.Sent{Sent: true, Unfinished: unfinished, Waited: chat.Waited{Situation: chat.Situation{Others: 2, Owed: owed}}}
		if work != nil {
			work(&s.Situation)
		}
		asked := chat.SendRequest{Kind: kind}
		if kind == room.Plain {
			asked.Finishes = []string{"t2"}
		}
		return afterSend(asked, s)
	}
	underway := func(s *chat.Situation) { s.OpenTasks = 3 }
	owing := func(s *chat.Situation) { mayTake(s); s.Owes = "m7" }
	heard := newsFor(2, said("m9"))
	mayTake(&heard.Situation)
	const done = "What finishes names is done. "
	later := strings.NewReplacer(wait9, wait, "cursor c9, ", "your last cursor, ").Replace // its result has no cursor
	return []nextCase{
		{"took a task", did(chat.TaskTake, has3, nil), later("t3 is yours: do it now; once it is done, report it with " + report3 + ", which gives you the next one.")},
		{"took a task that another had begun", did(chat.TaskTake, has3, func(t *chat.Tasks) { t.Task.Was = chosen }),
			later("Another had begun it: see first what is there already. t3 is yours: do it now; once it is done, report it with " + report3 + ", which gives you the next one.")},
		{"took a task that builds on many", did(chat.TaskTake, has3, func(t *chat.Tasks) { t.Results, t.Rest = []chat.Task{{ID: "t1", Result: chosen}}, "t9" }),
			later("What it builds on is in results. There is more: task (id t9) shows the next. t3 is yours: do it now; once it is done, report it with " + report3 + ", which gives you the next one.")},
		{"finished a task, and took the next", did(chat.TaskNext, has3, func(t *chat.Tasks) { t.Task.Mine = true }),
			"t2 is done. t3 is yours: do it now; once it is done, report it with " + report3 + ", which gives you the next one."},
		{"finished a task, and none is free", did(chat.TaskNext, underway, nil), "t2 is done. " + later(taken)},
		{"finished one of two tasks", did(chat.TaskFinish, has3, nil), later(goOn3)},
		{"finished a task, and owes an answer", did(chat.TaskFinish, owing, nil),
			"You owe an answer: read what is asked with wait_for_message (your last cursor, wait_seconds 0), and answer that first."},
		{"finished a task, and another is offered", did(chat.TaskFinish, isOffered, nil), later(offered4)},
		{"finished a task, and another is free", did(chat.TaskFinish, mayTake, nil), "A task is free: call task (action take)."},
		{"looked at the list, and a task is free", did(chat.TaskList, mayTake, nil), later(free)},
		{"added tasks", did(chat.TaskAdd, mayTake, nil),
			"All see the list. Those who wait are told what is free, and need no message about it; one that is idle hears only of what you offer it: take a task yourself with task (action take) or, if none is for you, call " + wait + "."},
		{"gave a task back, or freed that of another", did(chat.TaskRelease, oneIsFree, func(t *chat.Tasks) { t.Task.State = chat.TaskOpen }),
			"t3 is free, and an agent that waits is told: call " + wait + ", or, to do it yourself, task (action take, id t3)."},
		{"gave a task back, and another is free", did(chat.TaskRelease, mayTake, func(t *chat.Tasks) {
			t.Task.State, t.Tasks = chat.TaskOpen, []chat.Task{{ID: "t2", State: chat.TaskOpen, For: []string{chosen}}, {ID: "t3", State: chat.TaskOpen}, {ID: "t4", State: chat.TaskBlocked}, {ID: "t6", State: chat.TaskOpen}}
		}), later("A task is free: call task (action take, id t6), or, if it is not for you, " + wait9 + ".")},
		{"offered a task to another, and one is free", did(chat.TaskRelease, oneIsFree, func(t *chat.Tasks) { t.Task.State, t.Task.For = chat.TaskOpen, []string{chosen} }), later(free)},
		{"added tasks for others", did(chat.TaskAdd, underway, nil), later(taken)},
		{"looked at the list, and one has stalled", did(chat.TaskList, underway, func(t *chat.Tasks) {
			t.Task, t.Tasks = nil, []chat.Task{{ID: "t4", State: chat.TaskTaken}, {ID: "t6", State: chat.TaskStalled, By: chosen}}
		}), "The agent that has t6 was not heard for long: see what is there already, and take it with task (action take, id t6)."},
		{"finished the last task", did(chat.TaskFinish, nil, nil),
			"No task is left: tell the others what came of it with send_message (your last cursor, wait_seconds 45), or call " + wait + "."},
		{"looked at an empty list", did(chat.TaskList, nil, func(t *chat.Tasks) { t.Task = nil }), nothing + wait + "."},
		{"looked at the list, paused", did(chat.TaskList, func(s *chat.Situation) { mayTake(s); s.Paused = true }, nil),
			"Your user has paused you, so nothing that you send is sent: call " + wait + ", which tells you when you may go on."},
		{"a person did something", did(chat.TaskAdd, func(s *chat.Situation) { mayTake(s); s.Person = true }, nil), ""},

		{"reported one of two tasks", sent(room.Plain, 0, has3), done + goOn3},
		{"reported a task, and one is free", sent(room.Plain, 0, mayTake), done + "A task is free: call task (action take)."},
		{"reported a task, and one is offered", sent(room.Plain, 0, isOffered), done + offered4},
		{"reported a task that stays", sent(room.Plain, 0, has3, chat.Unfinished{ID: "t2", Why: "x"}),
			"Not every task in finishes is closed: unfinished says why. " + goOn3},
		{"reported a task, and others have the rest", sent(room.Plain, 0, underway), done + taken},
		{"reported the last task", sent(room.Plain, 0, nil), done + "No task is left: if all is settled, call leave_room; if not, " + wait9 + "."},
		{"held back, and a task is free", afterSend(chat.SendRequest{}, chat.Sent{Waited: heard}),
			"NOT sent: what is in messages came first. If yours is still to be said, call " + send9 + " with a text that fits it; if not, task (action take)."},
		{"reported the last task, and another left meanwhile", afterSend(chat.SendRequest{Kind: room.Status, Finishes: []string{"t2"}, Wait: time.Minute},
			chat.Sent{Sent: true, Waited: newsFor(1, went("m9"))}), done + lastDone},
		{"has a task, and says how it goes", sent(room.Status, 0, has3), goOn3},
		{"has a task, and asks something", sent(room.Request, 1, has3),
			"1 answer to you is outstanding: go on with t3 if you can before that; if not, call " + wait9 + "."},
		{"has a task, and is finished", sent(room.Done, 0, has3),
			"You have said that you are finished, but t3 is still yours: finish it, or give it back with task (action release, id t3); then call leave_room."},
		{"a task is free, and it says how it goes", sent(room.Status, 0, mayTake), free},
		{"a task is free, and it asks something", sent(room.Request, 1, mayTake), "For the answer call " + wait9 + "."},
	}
}

// carrying is a message with a file.
func carrying(id string) chat.Message {
	m := said(id)
	m.File = &chat.File{Name: chosen, Size: 9, Type: "text/plain"}
	return m
}

// fileCases are those of files.
func fileCases() []nextCase {
	sent := func(uploaded bool, change func(*chat.Sent)) string {
		s := chat.Sent{Waited: chat.Waited{Cursor: "c9", Situation: chat.Situation{Others: 1}}}
		change(&s)
		return advise().shared(s, uploaded)
	}
	held := func(s *chat.Sent) { s.Status, s.Messages = chat.StatusMessages, []chat.Message{said("m9")} }
	secret := func(s *chat.Sent) { s.Credential = "a GitHub token" }
	const holds = "NOT sent: the file holds what looks like a GitHub token, and anyone who reads it could use it. "
	file := func(change func(*chat.FileGot)) string {
		g := chat.FileGot{Message: chat.Message{ID: "m3", From: chosen}, File: chat.File{Name: chosen, Size: 9, Type: "text/plain"}}
		change(&g)
		return advise().gotFile(g)
	}
	return []nextCase{
		{"heard of two files", afterWait(newsFor(1, carrying("m8"), carrying("m9")), nil), "m9 carries a file: get_file (id m9) shows it, and has the command that saves it. " + answer9},
		{"shared a text", sent(false, func(s *chat.Sent) { s.Sent = true }), "For the answer call " + wait9 + "."},
		{"uploaded a file", sent(true, func(s *chat.Sent) { s.Sent = true }), "For the answer call " + wait9 + "."},
		{"may upload", advise().asksForUpload(chat.Situation{Others: 1}),
			"The file is shared once you run line of upload in a shell; its answer says what to do next. Without a shell give your user page of upload, and call wait_for_message (your last cursor, wait_seconds 50)."},
		{"a person may upload", advise().asksForUpload(chat.Situation{Person: true}), ""},
		{"a file is held back", sent(false, held), "NOT sent: what is in messages came first. Read it; if the file is still to be shared, repeat the call with the new cursor, c9."},
		{"a file is held back by more than fits", sent(false, func(s *chat.Sent) { held(s); s.HasMore = true }),
			"NOT sent: what is in messages came first. There is more of it, so read on first: call " + look9 + "."},
		{"a text holds a credential", sent(false, secret), holds + "Take it out and call share_file; if others are meant to have it, repeat the same call, and it is sent."},
		{"an upload holds a credential", sent(true, secret), holds + "If others are meant to have it, run the same command again, and it is sent."},
		{"an upload waits for the user", sent(true, func(s *chat.Sent) { s.Status = chat.StatusPending }),
			"NOT sent yet: your user reads your messages first, and decides about this one. Do not send it again: call " + wait9 + ", which tells you what your user decides."},
		{"an upload of a paused agent", sent(true, func(s *chat.Sent) { s.Status, s.Paused = chat.StatusPaused, true }),
			"NOT sent: your user has paused you. Call " + wait9 + ", which tells you when you may go on."},
		{"a whole text", file(func(g *chat.FileGot) { g.Text = chosen }), ""},
		{"a longer text", file(func(g *chat.FileGot) { g.Text = strings.Repeat("a", 1001) }), "To work on it in a shell run download, which saves it: do not retype it."},
		{"a picture", file(func(g *chat.FileGot) { g.Image = []byte{1} }), ""},
		{"an empty file", file(func(g *chat.FileGot) { g.File.Size = 0 }), ""},
		{"a part of a text", file(func(g *chat.FileGot) { g.Text, g.More = chosen, 1000 }),
			"This is a part: run download in a shell to save the whole, or for the next part call get_file (id m3, offset 1000)."},
		{"an archive", file(func(*chat.FileGot) {}), "This file is not shown: run download in a shell to save it, and look at it there."},
		{"a person looks at it", file(func(g *chat.FileGot) { g.Person = true }), ""},
	}
}
