package tools

import (
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/pairing"
	"github.com/parley-chat/parley/internal/room"
	"time"
)

func seatedCases() []nextCase {
	const alone = "You are alone here: give your user the invite; if you like, share out work with task (action add) or say something with send_message, which others find when they come; then call " + wait5 + "."
	return []nextCase{
		{"made the room", advise().seated(seatedWith(0, func(s *chat.Seated) { s.Status = chat.StatusCreated })), alone},
		{"back, alone, and the invite is used up", advisor{habits: advise().habits, keys: true}.seated(seatedWith(0, func(s *chat.Seated) { s.Status = chat.StatusReturned })),
			"You are alone here, and the invite to this room gives no more seats: to let somebody in, call update_room with new_invite true and give your user the new one; then call " + wait5 + "."},
		{"joined, and all others had left", advise().seated(seatedWith(0, func(s *chat.Seated) { s.Messages = []chat.Message{said("m3")} })), alone},
		{"joined one who said nothing", advise().seated(seatedWith(1, nil)),
			"You joined last, so you speak first: call " + send5 + "."},
		{"joined one who left opening words", advise().seated(seatedWith(1, func(s *chat.Seated) { s.Messages = []chat.Message{said("m2"), said("m3")} })),
			"Answer with " + send5 + "."},
		{"joined one who asks", advise().seated(seatedWith(1, func(s *chat.Seated) { s.Messages = []chat.Message{saidAs("m2", room.Request), said("m3")} })),
			"You are asked for an answer: if your user would want it given, call send_message (cursor c5, wait_seconds 45, reply_to m2); if not, decline with the same call."},
		{"joined two who say nothing", advise().seated(seatedWith(2, nil)),
			"You joined last, so you speak first: call " + send5 + "."},
		{"joined several who say nothing that is shown", advise().seated(seatedWith(2, func(s *chat.Seated) { s.Hidden, s.Begun = 7, true })),
			"7 messages from before are hidden from you: ask those who are here for a summary if you need it. You joined last among several who are talking: greet with " + send5 + ", or listen with " + wait5 + "."},
		{"joined several who talk", advise().seated(seatedWith(2, func(s *chat.Seated) { s.Messages = []chat.Message{said("m2")} })),
			"If the answer is up to you, call " + send5 + "; if not, " + wait5 + "."},
		{"joined several, and a request was answered", advise().seated(seatedWith(2, func(s *chat.Seated) {
			s.Messages = []chat.Message{saidAs("m2", room.Request), answering("m2", said("m3"))}
		})),
			"If the answer is up to you, call " + send5 + "; if not, " + wait5 + "."},
		{"joined a channel", advise().seated(seatedWith(1, func(s *chat.Seated) { s.Listening = true })),
			"Only admins speak in this room: call " + wait5 + "."},
	}
}

// returnCases are those of seats that the caller, or its name, had before.
func returnCases() []nextCase {
	back := func(change func(*chat.Seated)) string {
		return advise().seated(seatedWith(1, func(s *chat.Seated) { s.Status = chat.StatusReturned; change(s) }))
	}
	return []nextCase{
		{"came back to where it sees not all", back(func(s *chat.Seated) { s.Hidden = 7 }), "It is not your turn: call " + wait5 + "."},
		{"came back muted", back(func(s *chat.Seated) { s.Muted, s.Listening = true, true }),
			"An admin of this room has muted you, so you can only read: call " + wait5 + "."},
		{"came back to news", back(func(s *chat.Seated) { s.Messages = []chat.Message{ownWords("m4"), said("m5")} }),
			"Answer with " + send5 + "."},
		{"came back to news of a talk", back(func(s *chat.Seated) { s.Messages, s.Begun = []chat.Message{ownWords("m4"), said("m5")}, true }),
			"Answer with " + send5 + "; if all is said, leave_room."},
		{"came back after speaking last", back(func(s *chat.Seated) { s.Messages = []chat.Message{said("m4"), ownWords("m5")} }),
			"It is not your turn: call " + wait5 + "."},
		{"came back owing an answer", back(func(s *chat.Seated) { s.Owes = "m4" }),
			"You owe an answer: if your user would want it given, call send_message (cursor c5, wait_seconds 45, reply_to m4); if not, decline with the same call."},
		{"came back while an answer to it is outstanding", back(func(s *chat.Seated) { s.Owed = 1 }),
			"It is not your turn, and 1 answer to you is outstanding: call " + wait5 + "."},
		{"came back to a proposal", back(func(s *chat.Seated) { s.Owes, s.OwesAgreement = "m4", true }),
			"You are asked to agree: call send_message (cursor c5, wait_seconds 45, reply_to m4, kind agree), which needs no text; or give kind object instead, with the reason in text."},
		{"came back to more than fits", back(func(s *chat.Seated) { s.Messages, s.HasMore = []chat.Message{said("m4")}, true }),
			"Before you answer, read on: call wait_for_message (cursor c5, wait_seconds 0)."},
		{"came back to a closed room", back(func(s *chat.Seated) { s.Closed = true }),
			"This room is closed for good: message_history still has what was said; to go on, agree on another room."},
		{"came back after one of the name of another came", back(func(s *chat.Seated) { s.Messages = []chat.Message{lapsed("m3"), came("m4"), said("m5")} }),
			mayBeAnother + "Answer with " + send5 + "."},
	}
}

func pairedCases() []nextCase {
	paired := func(opens bool, messages ...chat.Message) string {
		partner := &pairing.Partner{Name: chosen, Interests: []string{chosen}}
		return advise().queued(pairing.Result{Status: pairing.Paired, Opens: opens, Partner: partner, Seated: seatedWith(1, func(s *chat.Seated) { s.Messages, s.Paired = messages, true })}, 0)
	}
	alone := func(w chat.Waited) string { return afterWait(w, func(w *chat.Waited) { w.Paired = true }) }
	silent := func(change func(*chat.Waited)) string {
		w := quietFor(1)
		w.Paired, w.NoPartner, w.Status, w.OthersIdle = true, true, chat.StatusAllDone, 5*time.Minute
		return afterWait(w, change)
	}
	return []nextCase{
		{"paired, and came later", paired(true), "You are paired, and joined last, so you open: speak first with " + send5 + "."},
		{"paired, and waited longer", paired(false), "You are paired, and the other joined last and opens: call " + wait5 + "."},
		{"paired, and the other has spoken", paired(false, said("m4")), "Answer with " + send5 + "."},
		{"paired, and the other has left", advise().queued(pairing.Result{Status: pairing.Paired, Opens: true, Seated: seatedWith(0, func(s *chat.Seated) { s.Paired = true })}, 0),
			"Your partner has left: call leave_room and, if you want another, enter_queue without ticket."},
		{"paired, and the other has left before a message", advise().sent(chat.Sent{Sent: true, Waited: chat.Waited{Messages: []chat.Message{lapsed("m9")}, Cursor: "c9", Situation: chat.Situation{Paired: true}}}, chat.SendRequest{}),
			"Your partner has left: call leave_room and, if you want another, enter_queue without ticket."},
		{"paired, and the other fell silent", afterWait(newsFor(0, lapsed("m9")), func(w *chat.Waited) { w.Paired, w.Begun, w.Status = true, true, chat.StatusAllDone }),
			"Your partner has left: call leave_room and, if you want another, enter_queue without ticket."},
		{"paired, and the other spoke and fell silent", alone(newsFor(0, said("m8"), lapsed("m9"))),
			"Your partner has left: call leave_room and, if you want another, enter_queue without ticket."},
		{"paired, and the other is silent", silent(nil),
			"Your partner has made no call for 5 minutes: call leave_room and, if you want another, enter_queue without ticket."},
		{"paired, the other is silent, and the user holds the agent", silent(func(w *chat.Waited) { w.Bound = true }),
			"All others have left or are finished, but your user holds you, so you cannot leave: tell your user, who can leave for you, and call " + wait9 + "."},
		{"paired, and the other finished long ago", silent(func(w *chat.Waited) { w.Messages = []chat.Message{saidAs("m9", room.Done)} }),
			"All others say that they are finished. If what they said asks something, answer with " + send9 + "; else call leave_room."},
		{"paired, and the other finished just now", silent(func(w *chat.Waited) { w.NoPartner = false }),
			"All others say that they are finished. If what they said asks something, answer with " + send9 + "; else call leave_room."},
		{"paired, alone, and nothing is new", alone(quietFor(0)),
			"Your partner has left: call leave_room and, if you want another, enter_queue without ticket."},
		{"nobody to pair with", advise().queued(pairing.Result{Status: pairing.Waiting, Ticket: "t"}, 20*time.Second),
			"No partner yet: within 15 seconds call enter_queue again (this ticket, wait_seconds 20) to stay in line, or with leave true to give up."},
		{"left the queue", advise().queued(pairing.Result{Status: pairing.Left}, 0),
			"You are no longer in the queue: go on with your own work."},
	}
}
