package tools

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/core/chat"
)

// The sentences of this file depend on the call alone.

// isPersons reports whether a token is a person's. Results for a person have no next: nobody tells a person what to
// do.
func isPersons(token string) bool {
	t, err := ident.ParseToken(token)
	return err == nil && t.Person
}

// taskSaid returns the effects of a call of task that the list does not show.
func taskSaid(t chat.Tasks, asked chat.TaskRequest) string {
	switch {
	case t.Rest != "":
		return fmt.Sprintf("There is more that it builds on: list_tasks (id %s) shows the next.", t.Rest)
	case asked.Action == chat.CommandAdd:
		return "Agents that wait are told of what you added."
	}
	return ""
}

// alikeSaid names tasks of others with the title of one of the caller's.
func alikeSaid(t chat.Tasks) string {
	if len(t.Alike) == 0 {
		return ""
	}
	return fmt.Sprintf("Others have %s with the same title: if that is the same work, drop yours, or agree by "+
		"send_message who does it. ", strings.Join(t.Alike[:min(3, len(t.Alike))], ", "))
}

// asksForUpload returns next for a share of a file that is to be uploaded.
func (a advisor) asksForUpload(w chat.Waited, finishes []string) string {
	if w.Situation.Person {
		return ""
	}
	is := &situation{advisor: a, Situation: w.Situation, cursor: w.Cursor}
	does := "shares the file"
	if len(finishes) > 0 {
		does += ", finishes " + strings.Join(finishes, ", ")
	}
	return is.withQuestion("Not shared yet: run the command upload.line in a shell, which " + does +
		" and says what to do next. Without a shell give your user the address upload.page, and {wait}.")
}

// uploaded returns next for an upload. An upload hands out nothing, so the cursor of the share is still the right one.
func (a advisor) uploaded(s chat.Sent) string {
	switch {
	case !s.Sent:
		return a.shared(s, chat.SendRequest{})
	case s.Waited.Situation.Person:
		return ""
	}
	is := &situation{advisor: a, Situation: s.Waited.Situation, cursor: s.Waited.Cursor,
		unfinished: len(s.Unfinished) > 0}
	shared := "It is shared"
	if len(s.Finished) > 0 {
		shared += ", and finished " + strings.Join(s.Finished, ", ")
	}
	if is.isAsked() || is.unfinished {
		return shared + ". " + is.next()
	}
	return shared + is.fill(": {wait}, or go on with your work.")
}

// withQuestion returns text, a sentence of one call, after the question that is open to the agent.
func (s *situation) withQuestion(text string) string {
	if s.isAsked() {
		text = "{question}. " + text
	}
	return s.fill(text)
}

// shownText is the length, in bytes, from which on nobody should retype a text.
const shownText = 1000

// gotFile returns next for a read of a file; "" if the result has all of a short file.
func (a advisor) gotFile(g chat.FileGot) string {
	switch {
	case g.Person:
		return ""
	case g.More > 0:
		return fmt.Sprintf("This is a part: run the command in download in a shell to save the whole, or for the next "+
			"part call get_file (id %s, offset %d).", g.Message.ID, g.More)
	case len(g.Text) > shownText:
		return "To work on it, run the command in download in a shell, which saves it: do not retype it."
	case g.Text == "" && g.Image == nil && g.File.Size > 0:
		return "To open this file, run the command in download in a shell, which saves it on your disk."
	}
	return ""
}

// gotFiles returns next for a call for several files.
func gotFiles(g chat.FilesGot) string {
	if g.Person {
		return ""
	}
	return "Run download in a shell: it saves all files."
}

// nextLeft returns next for a call that leaves.
func nextLeft(g chat.Left) string {
	if g.Status == chat.StatusUnread {
		more, answer, last := "", "If your user would want an answer given, call send_message", ""
		if g.HasMore {
			more = ", and wait_for_message brings more that is unread"
		}
		if g.Silent {
			answer = "You can only read here, so tell your user"
		}
		if needs := g.Way.Needs(); needs != "" {
			last = ", and only " + needs + " brings you back"
		}
		return "You have NOT left: what is in messages is meant for you" + more + ". " + answer + ". To leave all the " +
			"same, repeat this call with the same words: the second one leaves" + last + "."
	}
	unread, then := ". ", "Go on with your own work"
	if g.HasMore {
		unread = ", and more was unread than is shown here. "
	}
	if g.Unsaid {
		unread += "Your last word was not said, since you are muted or only admins speak. "
	}
	if slices.ContainsFunc(g.Messages, isPrivate) {
		then = "What is in messages was for you: tell your user"
	}
	return "You have left" + unread + remainsOf(g) + then + "." + backTo(g)
}

// backTo names the way back into the room that an agent has just left. Who repeats a leave is named none: an admin may
// have banned it since. An invite to a room without agents has ended.
func backTo(g chat.Left) string {
	if g.Status != chat.StatusLeft || g.Way.Invite && g.Until.IsZero() {
		return ""
	}
	return fmt.Sprintf(" To come back, %s.", g.Way)
}

// remainsOf says what becomes of the room that an agent has just left; "" if it had left before.
func remainsOf(g chat.Left) string {
	if g.Status != chat.StatusLeft {
		return ""
	}
	record, admin := "Nobody has a seat there now, so its record is gone: who joins next begins it again", ""
	if !g.Until.IsZero() {
		record = "The record ends when the last agent leaves, or at " + viewTime(g.Until) + " unless somebody speaks"
	}
	if g.NewAdmin != "" {
		admin = ". The agent in new_admin is its admin now"
	}
	return record + admin + ". Nobody who takes your name reads what was private to you. "
}

// isPrivate reports whether m is a private message of another agent.
func isPrivate(m chat.Message) bool {
	return m.Type == chat.EventSaid && len(m.To) > 0 && !m.Mine && !m.FromUser && !m.Redacted
}

// seen begins next after a change that others see.
const seen = "Everybody here sees it: go on with wait_for_message."

const hides = " Those who join from now on see nothing of what was said before."

// nextUpdated returns next for a change of a room's settings. invite is the new invite; "": none.
func (s *Set) nextUpdated(u chat.Updated, invite string) string {
	c := u.Changes
	switch {
	case u.Status == chat.StatusClosed:
		return "The room is closed for good, and everybody sees it: go on with your own work. message_history still has what was said."
	case u.Status == chat.StatusUnchanged:
		return "No change was needed: go on with wait_for_message."
	case u.Redacted != "":
		return "The text is gone here, but those who have read it still have it: if it was a secret, tell your user to replace it. Then go on with wait_for_message."
	case u.HidesTalk && invite == "":
		return seen + hides
	case u.HidesTalk:
		return seen + hides + ofInvite(invite)
	case invite != "" || isRenewed(u):
		return seen + ofInvite(invite)
	case s.keys && c != nil && c.Capacity != nil && u.Invite.Uses < u.Room.Capacity-len(u.Room.Agents):
		return seen + " The invite gives no more seats than before: update_room with new_invite true makes one that does."
	}
	return seen
}

// ofInvite says that newcomers need the new invite; "" is an invite that gives no seat.
func ofInvite(invite string) string {
	if invite == "" {
		return " Unused copies of the invite are void, and the new one gives no seats: call update_room with new_invite true and a greater capacity to let somebody in."
	}
	return " Unused copies of the invite before are void: give your user this new one, for those still to come."
}

// nextManaged returns next for what an admin did to an agent. invite is the new invite, if a ban made one; "" if it
// gives no seat.
func (s *Set) nextManaged(m chat.Managed, invite string) string {
	cleared := ""
	if m.Files+m.Tasks > 0 {
		cleared = fmt.Sprintf(" Removed were files: %d, open tasks: %d.", m.Files, m.Tasks)
	}
	switch m.Status {
	case chat.StatusNoChange:
		if cleared != "" { // the call repeats a ban that broke off
			return "It was banned already." + cleared + " Go on with wait_for_message."
		}
		return "No change was needed: go on with wait_for_message."
	case chat.StatusKicked:
		said := seen
		if len(m.HadLeft) > 0 {
			said += fmt.Sprintf(" %d of these had left before, and can come back: a ban keeps them out.", len(m.HadLeft))
		}
		if m.NeedInvite > 0 {
			said += " An agent that came by an invite needs a new one to come back: update_room with new_invite true makes that."
		}
		return said
	case chat.StatusBanned:
		said := seen + cleared
		if m.NeedInvite < len(m.Names) {
			said += " Under another name it can come back, unless update_room sets a new password."
		}
		if m.Renewed {
			said += ofInvite(invite)
		}
		return said
	}
	return seen
}

// nextSupervised returns next for what a person did. opened: the person opened the link. alone: the person has no
// agent.
func nextSupervised(r results.Supervised, opened, alone bool) string {
	switch {
	case opened:
		return "This device has the link now: keep agent_token, and call join_room with only that to see the room."
	case r.Watch != "":
		return "Open watch on the other device: it opens once."
	case r.Secret != "":
		return "The address is called with each event from now on. Give secret to the program behind it, which checks " +
			"the signatures: it is not shown again."
	case r.Added != "":
		return "What needs you is told there from now on."
	case len(r.Drafts) > 0:
		return "Decide about each of drafts: call supervise with its id as draft, and decision."
	case alone:
		return "You have this seat without an agent, so there is nothing to decide: call wait_for_message."
	}
	return "Nothing waits for a decision: call wait_for_message, which shows the drafts to come."
}

// nextAdded is next after an agent was added by its card.
const nextAdded = "The agent is called when something is for it. Open watch to pause it, or to decide what it says: it " +
	"opens once. secret signs its calls, and is not shown again."
