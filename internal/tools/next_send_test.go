package tools

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/room"
)

// absence is what a call says that announces ten minutes away.
var absence = chat.Absence{Given: true, BackIn: 10 * time.Minute}

// awayCases are those of calls that announce an absence.
func awayCases() []nextCase {
	until := time.Date(2026, 3, 1, 12, 10, 0, 0, time.UTC)
	away := func(w chat.Waited) string {
		w.AwayUntil = until
		return advise().waited(w, chat.WaitRequest{Absence: absence})
	}
	send := func(asked chat.SendRequest, w chat.Waited) string {
		asked.Absence, w.AwayUntil = absence, until
		return advise().sent(chat.Sent{Sent: true, ID: "m9", Waited: w}, asked)
	}
	quiet, owing := chat.Waited{Cursor: "c9", Situation: chat.Situation{Others: 1}}, quietFor(1)
	owing.Owes = "m7"
	const alone = "The others see that you are away until 2026-03-01T12:10:00Z: do your own work, look in with " + look9 + " whenever you like, and call " + wait9 + " once you are back."
	const owes = "The others see that you are away until 2026-03-01T12:10:00Z, but you owe an answer: once it is ready, call send_message (cursor c9, wait_seconds 45, reply_to m7)."
	return []nextCase{
		{"away, and nothing came", away(quietFor(1)), alone},
		{"away, and something came", away(newsFor(1, said("m9"))), answer9},
		{"away, and owes an answer", away(owing), owes},
		{"sent, and away", send(chat.SendRequest{}, quiet), alone},
		{"sent a status, and away", send(chat.SendRequest{Kind: room.Status}, quiet), alone},
		{"sent, and away, and something was unread", send(chat.SendRequest{}, newsFor(1, said("m9"))), alone},
		{"sent, and away, and owes an answer", send(chat.SendRequest{}, owing), owes},
		{"is back", advise().waited(quietFor(1), chat.WaitRequest{Wait: time.Second, Absence: chat.Absence{Given: true}}),
			"Nothing came, which is normal: call " + wait9 + " again, unless the answer is up to you: then " + send9 + "."},
	}
}

func removedCases() []nextCase {
	removed := func(why room.Reason) string {
		return afterWait(quietFor(1), func(w *chat.Waited) { w.Status, w.Reason = chat.StatusRemoved, why })
	}
	return []nextCase{
		{"left", nextLeft(chat.Left{Status: chat.StatusLeft}), "You have left: go on with your own work; to come back, call join_room with room and agent_name."},
		{"left much unread", nextLeft(chat.Left{Status: chat.StatusLeft, HasMore: true}),
			"More was unread than is shown here, and is closed to you now. You have left: go on with your own work; to come back, call join_room with room and agent_name."},
		{"left twice", nextLeft(chat.Left{Status: chat.StatusAlreadyLeft}), "You had already left: go on with your own work."},
		{"left while waiting", removed(room.ReasonLeft), "You have left this room: call join_room with room and agent_name if you want to come back."},
		{"silent too long", removed(room.ReasonTimeout), "Your seat was given away after a long silence: call join_room with room and agent_name for a new one."},
		{"begun anew", removed(room.ReasonBegunAnew),
			"Everybody was silent, and a newcomer has begun this room anew: message_history still has what was said; to go on, call join_room with room and agent_name, and take those who are there for strangers."},
		{"seat regained", removed(room.ReasonReturned),
			"An agent of the same user joined again under your name and has your seat: if that was you, use its agent_token; if not, call join_room with another agent_name."},
		{"kicked", removed(room.ReasonKicked), "An admin has taken your seat: tell your user, and call join_room only if your user wants that."},
		{"banned", removed(room.ReasonBanned), "An admin has banned you from this room: tell your user, and do not come back under another name."},
		{"closed", removed(room.ReasonClosed),
			"An admin has closed this room for good: tell your user. message_history still has what was said; to go on, agree on another room."},
	}
}

// afterSend is next of a send that ended with s.
func afterSend(asked chat.SendRequest, s chat.Sent) string {
	s.Cursor = "c9"
	return advise().sent(s, asked)
}

func sentCases() []nextCase {
	plain, waits := chat.SendRequest{}, chat.SendRequest{Wait: usualHabits.send}
	news := newsFor(1, said("m9"))
	alone := "Nobody else is here; the next to join will read it: call " + wait9 + "."
	voting := newsFor(1, said("m9"))
	voting.Owes, voting.OwesAgreement = "m9", true
	const twice = "You had sent this already; it was not sent again. "
	return []nextCase{
		{"sent", afterSend(plain, chat.Sent{Sent: true, Waited: chat.Waited{Situation: chat.Situation{Others: 1}}}), "For the answer call " + wait9 + "."},
		{"sent from an unknown place", advise().sent(chat.Sent{Sent: true, Waited: chat.Waited{Situation: chat.Situation{Others: 1}}}, plain),
			"For the answer call wait_for_message (your last cursor, wait_seconds 50)."},
		{"sent to nobody", afterSend(plain, chat.Sent{Sent: true}), alone},
		{"sent, and nobody came", afterSend(waits, chat.Sent{Sent: true, Waited: quietFor(0)}), alone},
		{"sent, and no answer came", afterSend(waits, chat.Sent{Sent: true, Waited: quietFor(1)}), "No answer yet: call " + wait9 + "."},
		{"sent, and answered", afterSend(waits, chat.Sent{Sent: true, Waited: news}), answer9},
		{"sent over news that does not concern it", afterSend(plain, chat.Sent{Sent: true, Before: 1, Waited: news}),
			"Your message WAS sent; what is in messages came before it. For the answer call " + wait9 + "."},
		{"sent among several, and something came before and after", afterSend(waits, chat.Sent{Sent: true, ID: "m8", Before: 1, Waited: newsFor(2, said("m7"), said("m9"))}),
			"Your message WAS sent; the first of messages came before it. If the answer is up to you, call " + send9 + "; if not, " + wait9 + "."},
		{"sent, and somebody had come", afterSend(waits, chat.Sent{Sent: true, ID: "m8", Before: 1, Waited: newsFor(1, came("m7"))}),
			"Your message WAS sent; what is in messages came before it. The last to join speaks first: call " + wait9 + "."},
		{"sent among several, and answered", afterSend(waits, chat.Sent{Sent: true, ID: "m8", Waited: newsFor(2, answering("m8", said("m9")))}),
			"If the answer is up to you, call " + send9 + "; if not, " + wait9 + "."},
		{"sent over a private message", afterSend(plain, chat.Sent{Sent: true, Before: 1, Waited: newsFor(2, saidTo("m9", room.Plain))}),
			"Your message WAS sent; what is in messages came before it. Something was said to you and not to all: answer with " + send9 + " and put its sender in to; without to everybody reads it."},
		{"sent over more than fits", afterSend(plain, chat.Sent{Sent: true, Before: 1, Waited: chat.Waited{Messages: news.Messages, HasMore: true, Situation: chat.Situation{Others: 1}}}),
			"Your message WAS sent; what is in messages came before it. Before you say more, read on: call " + look9 + "."},
		{"sent, and it is one's turn again", afterSend(waits, chat.Sent{Sent: true, Waited: chat.Waited{Status: chat.StatusTurn, Situation: chat.Situation{Others: 1}}}),
			"Everybody waits, and it is your turn: go on with " + send9 + "."},
		{"sent, and the server stops", afterSend(waits, chat.Sent{Sent: true, Waited: chat.Waited{Status: chat.StatusQuiet, Situation: chat.Situation{Others: 1, Stopping: true}}}),
			"The server is restarting and nothing is lost: call " + wait9 + "."},
		{"sent, and a newer wait took over", afterSend(waits, chat.Sent{Sent: true, Waited: chat.Waited{Status: chat.StatusSuperseded, Situation: chat.Situation{Others: 1}}}),
			"Your newer call has the rest: go on with its result."},
		{"sent the last answer to a proposal", afterSend(chat.SendRequest{Kind: room.Agree}, chat.Sent{Sent: true, Agreed: "m4", Waited: chat.Waited{Situation: chat.Situation{Others: 2}}}),
			"Yours was the last answer: everyone asked has agreed to m4, and it is on record. If more is to be settled, go on with " + send9 + "; if all is, call leave_room, or " + wait9 + " for a last word."},
		{"sent a report", afterSend(chat.SendRequest{Kind: room.Status}, chat.Sent{Sent: true, Waited: chat.Waited{Situation: chat.Situation{Others: 1}}}),
			"A status asks for nothing, so the turn is still yours: go on with your own work, and say more when there is more."},
		{"sent a goodbye", afterSend(chat.SendRequest{Kind: room.Done}, chat.Sent{Sent: true, Waited: chat.Waited{Situation: chat.Situation{Others: 1}}}),
			"You have said that you are finished: call leave_room, or " + wait9 + " for a last word."},
		{"sent twice", afterSend(plain, chat.Sent{Sent: true, Duplicate: true, Waited: chat.Waited{Situation: chat.Situation{Others: 1}}}), twice + "For the answer call " + wait9 + "."},
		{"sent twice, and answered", afterSend(waits, chat.Sent{Sent: true, Duplicate: true, Waited: news}), twice + answer9},
		{"sent with a cursor that is none", afterSend(plain, chat.Sent{Sent: true, Waited: chat.Waited{Situation: chat.Situation{Others: 1, CursorIgnored: true}}}),
			"The cursor you gave is not one of yours (an id is no cursor) and was ignored. For the answer call " + wait9 + "."},
		{"held back", afterSend(plain, chat.Sent{Waited: news}),
			"NOT sent: what is in messages came first. Read it and send again with the new cursor: call " + send9 + " with a text that fits it."},
		{"held back by a proposal", afterSend(plain, chat.Sent{Waited: voting}),
			"NOT sent: what is in messages came first. You are asked to agree: call send_message (cursor c9, wait_seconds 45, reply_to m9, kind agree), which needs no text; or give kind object instead, with the reason in text."},
		{"held back from one of the name of another", afterSend(plain, chat.Sent{Waited: newsFor(1, lapsed("m8"), came("m9"))}),
			"NOT sent: what is in messages came first. " + mayBeAnother + "Read it and send again with the new cursor: call " + send9 + " with a text that fits it."},
		{"held back for a credential", afterSend(plain, chat.Sent{Credential: "a GitHub token", Waited: chat.Waited{Situation: chat.Situation{Others: 1}}}),
			"NOT sent: your text holds what looks like a GitHub token, and anyone who reads it could use it. Take it out and call " + send9 + "; if others are meant to have it, repeat the same call, and it is sent."},
		{"held back by more than fits", afterSend(plain, chat.Sent{Waited: chat.Waited{Status: chat.StatusMessages, HasMore: true, Situation: chat.Situation{Others: 1}}}),
			"NOT sent: what is in messages came first. There is more of it, so read on before you send: call " + look9 + "."},
	}
}

// debtSentCases are those of a send by an agent that owes or is owed an answer.
func debtSentCases() []nextCase {
	waits := chat.SendRequest{Wait: usualHabits.send}
	owed := func(asked chat.SendRequest, n int, status chat.WaitStatus) string {
		return afterSend(asked, chat.Sent{Sent: true, Waited: chat.Waited{Status: status, Situation: chat.Situation{Others: 3, Owed: n}}})
	}
	return []nextCase{
		{"asked one", owed(chat.SendRequest{}, 1, ""), "For the answer call " + wait9 + "."},
		{"asked three", owed(chat.SendRequest{}, 3, ""), "3 answers to you are outstanding: call " + wait9 + "."},
		{"asked two, and none answered", owed(waits, 2, chat.StatusQuiet), "2 answers to you are outstanding: call " + wait9 + "."},
		{"agreed", owed(chat.SendRequest{Kind: room.Agree}, 0, ""), "For what comes next call " + wait9 + "."},
		{"objected", owed(chat.SendRequest{Kind: room.Object, Text: chosen}, 0, ""), "For what comes next call " + wait9 + "."},
		{"took a request back", owed(chat.SendRequest{Withdraw: "m1"}, 0, ""), "For what comes next call " + wait9 + "."},
		{"asked those who are away", afterSend(waits, chat.Sent{Sent: true, Waited: chat.Waited{Status: chat.StatusQuiet, Situation: chat.Situation{Others: 1, Owed: 1, OthersAway: time.Minute}}}),
			"All others are away, the first of them for 1 minute more: do other work until then, or call wait_for_message (cursor c9, wait_seconds 50)."},
		{"sent, and still owes an answer", afterSend(chat.SendRequest{Kind: room.Status}, chat.Sent{Sent: true, Waited: chat.Waited{Situation: chat.Situation{Debt: room.Debt{Owes: "m7"}, Others: 1}}}),
			"You owe an answer: if your user would want it given, call send_message (cursor c9, wait_seconds 45, reply_to m7); if not, decline with the same call."},
	}
}

// updatedBy is next of update_room of s.
func updatedBy(s *Set, u chat.Updated) string {
	invite := ""
	if s.endsInvites(u) {
		invite = s.inviteAfter(context.Background(), u, "")
	}
	return s.nextUpdated(u, invite)
}

func adminCases() []nextCase {
	name, free := chosen, chat.Room{Name: chosen, Capacity: 2}
	const goOn = "Everybody here sees it: go on with wait_for_message."
	seats := 3
	updated := func(c room.Changes, r chat.Room) string {
		return updatedBy(usual(), chat.Updated{Status: chat.StatusUpdated, Changes: &c, Room: r})
	}
	keys := New(nil, nil, Options{Address: func(context.Context) string { return "" }, Keys: true})
	renewed := func(r chat.Room, uses int) string {
		return updatedBy(keys, chat.Updated{Status: chat.StatusUpdated, Changes: &room.Changes{Invite: "renewed"}, Room: r, Invite: chat.Invite{Code: "x", Uses: uses}})
	}
	grown := func(uses int) string {
		return updatedBy(keys, chat.Updated{Status: chat.StatusUpdated, Changes: &room.Changes{Capacity: &seats}, Room: free, Invite: chat.Invite{Code: "x", Uses: uses}})
	}
	return []nextCase{
		{"changed a room", updated(room.Changes{Capacity: &seats}, free), goOn},
		{"added seats, which the invite has", grown(2), goOn},
		{"added seats, which the invite has not", grown(1), goOn + " The invite gives no more seats than before: call update_room with new_invite true for one that gives every free seat."},
		{"renamed a room where callers need keys", updatedBy(keys, chat.Updated{Status: chat.StatusUpdated, Changes: &room.Changes{Room: &name}, Room: free}), goOn},
		{"renewed the invite", renewed(free, 2), goOn + " Unused copies of the invite before are void: give your user this new one, for those still to come."},
		{"renewed the invite of a full room", renewed(chat.Room{Name: chosen}, 0),
			goOn + " Unused copies of the invite before are void, and the new one gives no seats either: to let somebody in, call update_room with new_invite true, and with a greater capacity if no seat is free."},
		{"changed the password", updated(room.Changes{Capacity: &seats, Password: "set"}, free), goOn + " Those still to come need this invite."},
		{"drew a line", updatedBy(usual(), chat.Updated{Status: chat.StatusUpdated, Changes: &room.Changes{Password: "set"}, Room: free, HidesTalk: true}),
			goOn + " Those who join from now on see nothing of what was said before. Those still to come need this invite."},
		{"renamed a room", updated(room.Changes{Room: &name}, free), goOn + " Those still to come need this invite."},
		{"renamed a room of a pair", updated(room.Changes{Room: &name}, chat.Room{Name: chosen, Capacity: 2, Paired: true}), goOn},
		{"removed a text", updatedBy(usual(), chat.Updated{Status: chat.StatusUpdated, Redacted: "m00000a"}),
			"The text is gone here, but those who have read it still have it: if it was a secret, tell your user to replace it. Then go on with wait_for_message."},
		{"changed nothing", updatedBy(usual(), chat.Updated{Status: chat.StatusUnchanged}), "No change was needed: go on with wait_for_message."},
		{"closed a room", updatedBy(usual(), chat.Updated{Status: chat.StatusClosed}),
			"The room is closed for good, and everybody sees it: go on with your own work. message_history still has what was said."},
		{"muted an agent", usual().nextManaged(chat.Managed{Status: chat.StatusMuted, Name: chosen}, ""), goOn},
		{"muted it twice", usual().nextManaged(chat.Managed{Status: chat.StatusNoChange, Name: chosen}, ""), "No change was needed: go on with wait_for_message."},
		{"banned an agent", usual().nextManaged(chat.Managed{Status: chat.StatusBanned, Name: chosen}, ""),
			"Everybody here sees it, and the name stays out in every spelling: go on with wait_for_message. Under another name it can come back, unless update_room sets a new password."},
		{"banned a guest", keys.nextManaged(chat.Managed{Status: chat.StatusBanned, Name: chosen, Renewed: true}, "x"),
			"Everybody here sees it, and the name stays out in every spelling: go on with wait_for_message. Unused copies of the invite before are void: give your user this new one, for those still to come. With a key it can come back under another name, unless update_room sets a new password."},
		{"banned a guest, whose invite was used up", usual().nextManaged(chat.Managed{Status: chat.StatusBanned, Name: chosen, Renewed: true}, ""),
			"Everybody here sees it, and the name stays out in every spelling: go on with wait_for_message. Unused copies of the invite before are void, and the new one gives no seats either: to let somebody in, call update_room with new_invite true, and with a greater capacity if no seat is free. Under another name it can come back, unless update_room sets a new password."},
		{"kicked an agent", usual().nextManaged(chat.Managed{Status: chat.StatusKicked, Name: chosen}, ""),
			"Everybody here sees it, and the seat is free: go on with wait_for_message. The agent may join again; ban blocks its name."},
		{"readmitted an agent", usual().nextManaged(chat.Managed{Status: chat.StatusReadmitted, Name: chosen}, ""),
			"Everybody here sees it. The next one to ask gets the name once its seat has been silent for two minutes, that of an admin for 15, unless the agent there makes a call before. That holds for ten minutes: call wait_for_message, the newcomer speaks first."},
	}
}
