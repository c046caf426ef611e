package tools

import (
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/room"
)

func newsFor(others int, messages ...chat.Message) chat.Waited {
	return chat.Waited{Status: chat.StatusMessages, Messages: messages, Cursor: "c9", Situation: chat.Situation{Others: others}}
}

func quietFor(others int) chat.Waited {
	return chat.Waited{Status: chat.StatusQuiet, Cursor: "c9", Situation: chat.Situation{Others: others}}
}

// afterWait is next of a wait that ended with w, after change.
func afterWait(w chat.Waited, change func(*chat.Waited)) string {
	if change != nil {
		change(&w)
	}
	return advise().waited(w, chat.WaitRequest{Wait: 50 * time.Second})
}

func waitedCases() []nextCase {
	as := func(w chat.Waited) string { return afterWait(w, nil) }
	begun := func(w *chat.Waited) { w.Begun = true }
	const newcomer9 = "The last to join speaks first: call " + wait9 + "."
	return []nextCase{
		{"a pair, the other opened", as(newsFor(1, said("m9"))), answer9},
		{"a pair, the other spoke", afterWait(newsFor(1, said("m9")), begun), "Answer with " + send9 + "; if all is said, leave_room."},
		{"a pair, the other came and spoke", as(newsFor(1, came("m8"), said("m9"))), answer9},
		{"one of several spoke", as(newsFor(2, said("m9"))), "If the answer is up to you, call " + send9 + "; if not, " + wait9 + "."},
		{"somebody came", as(newsFor(1, came("m9"))), newcomer9},
		{"somebody came to several", as(newsFor(2, came("m9"))), newcomer9},
		{"one of several left", as(newsFor(1, went("m9"))), "It is not your turn: call " + wait9 + "."},
		{"the only other spoke and left", as(newsFor(0, said("m8"), went("m9"))), nobody9},
		{"in a channel, the admin spoke", afterWait(newsFor(1, said("m9")), func(w *chat.Waited) { w.Listening = true }),
			"You can only read here, because you are muted or only admins may speak: call " + wait9 + "."},
		{"in a channel, a silence", afterWait(quietFor(1), func(w *chat.Waited) { w.Listening = true }),
			"You can only read here, because you are muted or only admins may speak: call " + wait9 + "."},
		{"more than fits", afterWait(newsFor(1, said("m9")), func(w *chat.Waited) { w.HasMore = true }),
			"Before you answer, read on: call " + look9 + "."},
		{"a silence", as(quietFor(1)),
			"Nothing came, which is normal: call " + wait9 + " again, unless the answer is up to you: then " + send9 + "."},
		{"a silence, alone", as(quietFor(0)), nobody9},
		{"only looked in", advise().waited(quietFor(1), chat.WaitRequest{}), "Nothing is new: go on with your own work, or call " + wait9 + "."},
		{"a newer wait took over", afterWait(quietFor(1), func(w *chat.Waited) { w.Status = chat.StatusSuperseded }),
			"Your newer call has the rest: go on with its result."},
		{"the server stops", afterWait(quietFor(1), func(w *chat.Waited) { w.Stopping = true }),
			"The server is restarting and nothing is lost: call " + wait9 + "."},
		{"the server stops, with news", afterWait(newsFor(1, said("m9")), func(w *chat.Waited) { w.Stopping = true }), answer9},
	}
}

// noteCases are those of facts that come before the imperative.
func noteCases() []nextCase {
	agreed := saidAs("m9", room.Agree)
	agreed.Agreed = "m4"
	const ignored = "The cursor you gave is not one of yours (an id is no cursor) and was ignored. "
	const noName = "Somebody was refused a name that is taken here, as an agent is that has lost its agent_token: if you are sure that it is the one you know, let it in with manage_agent (action readmit, id "
	const slowly = "), which takes effect once that seat has been silent for two minutes, that of an admin for 15. "
	return []nextCase{
		{"somebody came under the name of a silent agent", afterWait(newsFor(1, lapsed("m8"), came("m9")), nil),
			mayBeAnother + "The last to join speaks first: call " + wait9 + "."},
		{"and spoke at once", afterWait(newsFor(1, lapsed("m7"), came("m8"), said("m9")), nil), mayBeAnother + answer9},
		{"and left", afterWait(newsFor(2, lapsed("m6"), came("m7"), said("m8"), went("m9")), nil),
			"If the answer is up to you, call " + send9 + "; if not, " + wait9 + "."},
		{"under another name", afterWait(newsFor(1, lapsed("m7"), other(came("m8"))), nil),
			"The last to join speaks first: call " + wait9 + "."},
		{"while the caller spoke", advise().sent(chat.Sent{Sent: true, ID: "m9", Before: 3, Waited: newsFor(1, lapsed("m6"), came("m7"), said("m8"))}, chat.SendRequest{}),
			"Your message WAS sent; what is in messages came before it. " + mayBeAnother + "For the answer call " + wait9 + "."},
		{"handed out once more", afterWait(newsFor(1, chat.Message{Type: chat.EventSaid, Repeated: true}, said("m9")), nil),
			"You may have seen before what is marked repeated. " + answer9},
		{"a text that is cut", afterWait(newsFor(1, chat.Message{Type: chat.EventSaid, More: &chat.More{ID: "m9", Offset: 6000}}), nil),
			"A text with more is only a part: call message_history with that id and offset for the rest. " + answer9},
		{"a cursor that is none", afterWait(quietFor(0), func(w *chat.Waited) { w.CursorIgnored = true }), ignored + nobody9},
		{"a cursor that is none, and news", afterWait(newsFor(1, said("m9")), func(w *chat.Waited) { w.CursorIgnored = true }), ignored + answer9},
		{"events had expired", afterWait(newsFor(1, said("m9")), func(w *chat.Waited) { w.Missed = true }),
			"Some events after your cursor had expired unread. " + answer9},
		{"all have agreed", afterWait(newsFor(1, agreed), nil),
			"Everyone asked has agreed to m4: it is on record, and room_info shows it. If more is to be settled, go on with " + send9 + "; if all is, call leave_room."},
		{"all of several have agreed", afterWait(newsFor(2, agreed), nil),
			"Everyone asked has agreed to m4: it is on record, and room_info shows it. If you have more to settle, call " + send9 + "; if others may, " + wait9 + "; if all is settled, leave_room."},
		{"somebody was refused the caller's name", afterWait(newsFor(1, knocked("m9", room.ReasonNameTaken)), func(w *chat.Waited) { w.Asked = true }),
			"Somebody was refused your name, which those here can let go: you keep your seat if you call wait_for_message within two minutes. It is not your turn: call " + wait9 + "."},
		{"somebody found no seat", afterWait(newsFor(1, knocked("m9", room.ReasonRoomFull)), func(w *chat.Waited) { w.SeatWanted = true }),
			"Somebody found no seat here: update_room with a greater capacity makes room, if that is wanted; those who join after that see nothing of what was said before. It is not your turn: call " + wait9 + "."},
		{"somebody found no seat, and then had one", afterWait(newsFor(2, knocked("m8", room.ReasonRoomFull), came("m9")), func(w *chat.Waited) { w.SeatWanted = true }),
			"The last to join speaks first: call " + wait9 + "."},
		{"somebody found its name taken", afterWait(newsFor(1, knocked("m7", room.ReasonNameTaken), knocked("m8", room.ReasonNameTaken), knocked("m9", room.ReasonRoomFull)), func(w *chat.Waited) { w.NameWanted = true }),
			noName + "m8" + slowly + "It is not your turn: call " + wait9 + "."},
		{"somebody found its name taken, and then took it", afterWait(newsFor(1, knocked("m7", room.ReasonNameTaken), lapsed("m8"), came("m9")), func(w *chat.Waited) { w.NameWanted = true }),
			mayBeAnother + "The last to join speaks first: call " + wait9 + "."},
		{"somebody found its name taken, and then joined in another spelling", afterWait(newsFor(1, knocked("m7", room.ReasonNameTaken), chat.Message{ID: "m9", Type: chat.EventJoined, Agent: strings.ToUpper(knocked("", "").Agent)}), func(w *chat.Waited) { w.NameWanted = true }),
			"The last to join speaks first: call " + wait9 + "."},
		{"somebody found its name taken, and then had its seat again", afterWait(newsFor(1, knocked("m7", room.ReasonNameTaken), returned("m8")), func(w *chat.Waited) { w.NameWanted = true }),
			"It is not your turn: call " + wait9 + "."},
		{"somebody found its name taken, elsewhere in the news", afterWait(newsFor(1, said("m9")), func(w *chat.Waited) { w.NameWanted = true }),
			noName + "of the knock" + slowly + answer9},
	}
}

// kindCases are those of kinds of messages.
func kindCases() []nextCase {
	as := func(w chat.Waited) string { return afterWait(w, nil) }
	private := "This was said to you and not to all: answer with " + send9 + " and put its sender in to; without to everybody reads it."
	report := "This wants no answer: call " + wait9 + "."
	crowd := "If the answer is up to you, call " + send9 + "; if not, " + wait9 + "."
	back := saidAs("m9", room.Plain)
	back.Withdraws, back.Text = "m7", ""
	return []nextCase{
		{"a pair, a request", as(newsFor(1, saidAs("m7", room.Request), said("m9"))),
			"You are asked for an answer: if your user would want it given, call send_message (cursor c9, wait_seconds 45, reply_to m7); if not, decline with the same call."},
		{"several, a request to anyone", as(newsFor(2, saidAs("m9", room.Request))),
			"A request to anyone is open: if you have the answer, and your user would want it given, call send_message (cursor c9, wait_seconds 45, reply_to m9); if not, " + wait9 + "."},
		{"several, a request that was taken back", as(newsFor(2, saidAs("m7", room.Request), back)), crowd},
		{"several, others are asked", as(newsFor(2, askedOf(saidAs("m9", room.Request)))), "It is for others to answer: call " + wait9 + "."},
		{"several, others are asked in private", as(newsFor(2, askedOf(saidTo("m9", room.Request)))), "It is for others to answer: call " + wait9 + "."},
		{"several, a private message", as(newsFor(2, saidTo("m9", room.Plain))), private},
		{"a pair, a private message", as(newsFor(1, saidTo("m9", room.Plain))), private},
		{"a report", as(newsFor(1, saidAs("m8", room.Status), saidAs("m9", room.Status))), report},
		{"one of several agrees to another's proposal", as(newsFor(2, answering("m4", saidAs("m9", room.Agree)))), report},
		{"one of several takes something back", as(newsFor(2, back)), report},
		{"one of several objects", as(newsFor(2, answering("m4", saidAs("m9", room.Object)))), crowd},
		{"a message and a report", as(newsFor(1, said("m8"), saidAs("m9", room.Status))), answer9},
		{"the other is finished", as(newsFor(1, saidAs("m9", room.Done))),
			"The other says that it is finished: if what it said asks something, answer with " + send9 + "; else call leave_room."},
		{"one of several is finished", as(newsFor(2, saidAs("m9", room.Done))),
			"One of them says that it is finished: if the answer is up to you, call " + send9 + "; if all is settled, leave_room; else " + wait9 + "."},
	}
}

// debtCases are those of an agent that owes or is owed an answer.
func debtCases() []nextCase {
	owes := func(w chat.Waited) string { return afterWait(w, func(w *chat.Waited) { w.Owes = "m7" }) }
	owed := func(n int, w chat.Waited) string { return afterWait(w, func(w *chat.Waited) { w.Owed = n }) }
	vote := func(w chat.Waited) string {
		return afterWait(w, func(w *chat.Waited) { w.Owes, w.OwesAgreement = "m7", true })
	}
	private := func(w chat.Waited, agreement bool) string {
		return afterWait(w, func(w *chat.Waited) { w.Owes, w.OwesPrivate, w.OwesAgreement = "m7", true, agreement })
	}
	const agree = "send_message (cursor c9, wait_seconds 45, reply_to m7, kind agree)"
	const answer = "You owe an answer: if your user would want it given, call send_message (cursor c9, wait_seconds 45, reply_to m7); if not, decline with the same call."
	return []nextCase{
		{"asked by name", owes(newsFor(2, askedOf(said("m7")), said("m9"))), answer},
		{"asked by name, and a request to anyone", owes(newsFor(2, said("m7"), saidAs("m9", room.Request))), answer},
		{"asked by name before, and a silence", owes(quietFor(2)), answer},
		{"asked by name, and all wait", owes(chat.Waited{Status: chat.StatusTurn, Cursor: "c9", Situation: chat.Situation{Others: 2}}), answer},
		{"asked by name, and a newcomer", owes(newsFor(2, came("m9"))), answer},
		{"asked in private", private(newsFor(2, askedOf(saidTo("m7", room.Request))), false),
			"You owe an answer that was asked for in private: call send_message (cursor c9, wait_seconds 45, reply_to m7) and put its sender in to, or decline in the same way; without to everybody reads it."},
		{"asked in private before, and a silence", private(quietFor(2), false),
			"You owe an answer that was asked for in private: call send_message (cursor c9, wait_seconds 45, reply_to m7) and put its sender in to, or decline in the same way; without to everybody reads it."},
		{"asked to agree", vote(newsFor(2, askedOf(saidAs("m7", room.Proposal)))),
			"You are asked to agree: call " + agree + ", which needs no text; or give kind object instead, with the reason in text."},
		{"asked to agree before, and a silence", vote(quietFor(1)),
			"You are asked to agree: call " + agree + ", which needs no text; or give kind object instead, with the reason in text."},
		{"asked to agree in private", private(newsFor(2, askedOf(saidTo("m7", room.Proposal))), true),
			"You are asked to agree, in private, and those who see the proposal see your answer: call " + agree + ", which needs no text; or give kind object instead, with the reason in text."},
		{"owed answers, and one came", owed(2, newsFor(3, said("m9"))),
			"2 answers to you are outstanding: call " + wait9 + ", unless what was said asks something of you: then " + send9 + "."},
		{"owed an answer, and nothing was said", owed(1, newsFor(2, went("m9"))),
			"It is not your turn, and 1 answer to you is outstanding: call " + wait9 + "."},
		{"owed an answer, and a silence", owed(1, quietFor(1)),
			"Nothing came yet, and 1 answer to you is outstanding: call " + wait9 + " again."},
	}
}

// endCases are those of turns and of the end of a talk.
func endCases() []nextCase {
	ends := func(others int, status chat.WaitStatus, change func(*chat.Waited)) string {
		w := quietFor(others)
		w.Status = status
		return afterWait(w, change)
	}
	admin := func(w *chat.Waited) { w.Admin = true }
	return []nextCase{
		{"all wait, and nobody has begun", ends(1, chat.StatusTurn, nil), "Everybody waits, and it is your turn: go on with " + send9 + "."},
		{"all wait", ends(1, chat.StatusTurn, func(w *chat.Waited) { w.Begun = true }),
			"Everybody waits, and it is your turn: go on with " + send9 + ", or say with kind done that you are finished."},
		{"all wait, and one is owed an answer", ends(1, chat.StatusTurn, func(w *chat.Waited) { w.Begun, w.Owed = true, 1 }),
			"Everybody waits, and it is your turn: go on with " + send9 + "."},
		{"all others are finished", ends(1, chat.StatusAllDone, nil),
			"All others say that they are finished. If what they said asks something, answer with " + send9 + "; else call leave_room."},
		{"all others are finished, to an admin", ends(1, chat.StatusAllDone, admin),
			"All others say that they are finished. If what they said asks something, answer with " + send9 + "; else close the room for all with update_room (closed true), or call leave_room."},
		{"all others have left", ends(0, chat.StatusAllDone, nil), "All others have left: call leave_room, unless you expect somebody: then " + wait9 + "."},
		{"all others have left an admin", ends(0, chat.StatusAllDone, admin),
			"All others have left: close the room with update_room (closed true), or call leave_room, after which a room without a password begins anew; if you expect somebody, call " + wait9 + "."},
	}
}

// lullCases are those of long silences, and of others who are elsewhere.
func lullCases() []nextCase {
	lull := func(w *chat.Waited) { w.Quiet = 10 * time.Minute }
	const expires = " Your seat stays yours for 15 minutes after your last call; to be away longer, announce it with back_in_minutes."
	return []nextCase{
		{"ten quiet minutes", afterWait(quietFor(1), lull),
			"Nothing has been said for a long time: you may stop waiting, do other work and look in with " + look9 + "." + expires},
		{"ten minutes alone", afterWait(quietFor(0), lull),
			"Nobody has come for a long time: stop waiting and tell your user, or leave_room." + expires},
		{"nearly ten minutes", afterWait(quietFor(1), func(w *chat.Waited) { w.Quiet = 10*time.Minute - time.Second }),
			"Nothing came, which is normal: call " + wait9 + " again, unless the answer is up to you: then " + send9 + "."},
		{"all others are away", afterWait(quietFor(2), func(w *chat.Waited) { w.OthersAway, w.OthersIdle = 8*time.Minute+time.Second, 5*time.Minute }),
			"All others are away, the first of them for 9 minutes more: do other work until then, or call wait_for_message (cursor c9, wait_seconds 50)."},
		{"the only other reports and goes away", afterWait(newsFor(1, saidAs("m9", room.Status)), func(w *chat.Waited) { w.OthersAway = 8 * time.Minute }),
			"All others are away, the first of them for 8 minutes more: do other work until then, or call wait_for_message (cursor c9, wait_seconds 50)."},
		{"all others are away, at the first wait", afterWait(quietFor(2), func(w *chat.Waited) { w.AloneNow, w.OthersAway = true, time.Minute }),
			"All others are away, the first of them for 1 minute more: do other work until then, or call wait_for_message (cursor c9, wait_seconds 50)."},
		{"all others are gone, at the first wait", afterWait(quietFor(2), func(w *chat.Waited) { w.AloneNow, w.OthersIdle = true, 3*time.Minute }),
			"None of the others is here now: do other work and look in with " + look9 + ", or call " + wait9 + ", which waits as usual."},
		{"all others have left, at the first wait", afterWait(quietFor(0), func(w *chat.Waited) { w.AloneNow = true }), nobody9},
		{"all others are busy elsewhere", afterWait(quietFor(2), func(w *chat.Waited) { w.OthersIdle = 3*time.Minute - time.Second }),
			"Nothing came, and none of the others has made a call for 2 minutes: do other work and look in with " + look9 + ", or call " + wait9 + "."},
		{"nothing came after one's own word", afterWait(quietFor(1), func(w *chat.Waited) { w.Spoke = true }),
			"Nothing came, which is normal: call " + wait9 + " again."},
	}
}
