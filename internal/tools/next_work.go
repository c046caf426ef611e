package tools

import (
	"fmt"
	"slices"
	"sync"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/room"
)

// The sentences of this file are about the work of agents: the room's tasks, and files.

// What to do about the room's tasks.
const (
	workMine = "Go on with {mine}; once it is done, report it with {report}."
	workDone = "No task is left: if all is settled, call leave_room; if not, {wait}."
)

// workRules apply to an agent that nobody asks for an answer, and for which there is work.
func workRules() []rule {
	return []rule{
		{func(s situation) bool { return s.mine() != "" },
			workMine},
		{func(s situation) bool { return s.Offered != "" },
			"A task is offered to you: take it with {offered}, or release it with the same call and action release."},
		{func(s situation) bool { return s.mayTake() && (s.closes || s.action == chat.TaskFinish) },
			"A task is free: call {take}."},
		{situation.mayTake,
			"A task is free: call {take}, or, if it is not for you, {wait}."},
	}
}

// silentRules apply where a silent agent has a task that the caller may take.
func silentRules() []rule {
	return []rule{
		{func(s situation) bool { return s.SilentTask != "" },
			"The agent that has {silent} was not heard for {silence}: take it over with task (action take, id {silent}) or, to wait for it, [{wait}|end your turn]."},
	}
}

// taskedRules apply to a call of task. One of them always applies.
var taskedRules = sync.OnceValue(func() []rule {
	return slices.Concat([]rule{
		{func(s situation) bool { return s.action == chat.TaskTake && s.task != "" },
			"{task} is yours: do it now; once it is done, report it with {report}, which gives you the next one."},
		{func(s situation) bool { return s.Owes != "" },
			"You owe an answer: read what is asked with {look}, and answer that first."},
		{func(s situation) bool {
			return s.action == chat.TaskAdd && s.mine() == "" && s.Offered == "" && s.mayTake()
		},
			"All see the list. Those who wait are told what is free, and need no message about it; one that is idle hears only of what you offer it: take a task yourself with {take} or, if none is for you, call {wait}."},
		{func(s situation) bool { return s.freed && s.other == "" && s.mine() == "" && s.Offered == "" },
			"{task} is free, and an agent that waits is told: [call {wait}, or, to do it yourself, task (action take, id {task})|to do it yourself, call task (action take, id {task}); if not, end your turn]."},
	}, workRules(), []rule{
		{func(s situation) bool { return s.stalled != "" },
			"The agent that has {stalled} was not heard for long: see what is there already, and take it with task (action take, id {stalled})."},
		{func(s situation) bool { return s.OpenTasks == 0 && s.action == chat.TaskFinish },
			"No task is left: tell the others what came of it with {send}, or call {wait}."},
		{func(s situation) bool { return s.OpenTasks == 0 },
			"There is nothing to do: if there is work to share out, call task (action add, tasks); if not, {wait}."},
	}, takenRules())
})

// takenRules apply where nothing is free.
func takenRules() []rule {
	return []rule{
		{always,
			"What is left of the tasks is taken, offered to others, or waits for such a one: [call {wait}, which ends when one is free|do your own work, and look in with {look}]."},
	}
}

// unsharedRules apply to a file that was not shared, for what it holds or what came first.
func unsharedRules() []rule {
	return []rule{
		{func(s situation) bool { return s.more },
			"There is more of it, so read on first: call {look}."},
		{func(s situation) bool { return s.reveals && s.uploaded },
			"If others are meant to have it, run the same command again, and it is sent."},
		{func(s situation) bool { return s.reveals },
			"Take it out and call share_file; if others are meant to have it, repeat the same call, and it is sent."},
		{always,
			"Read it; if the file is still to be shared, repeat the call with the new cursor, {cursor}."},
	}
}

// shared follows a share of a file whose bytes came with the call or, uploaded, after it.
func (a advisor) shared(s chat.Sent, uploaded bool) string {
	if s.Sent || s.Person || s.Paused || s.Status == chat.StatusPending {
		return a.sent(s, chat.SendRequest{})
	}
	is := a.afterSending(s, chat.SendRequest{})
	is.uploaded = uploaded
	said := "NOT sent: what is in messages came first. "
	if is.reveals {
		said = "NOT sent: the file holds what looks like " + s.Credential + ", and anyone who reads it could use it. "
	}
	return said + notes(s.Messages, s.Situation) + is.sentence(unsharedRules())
}

// toUpload says how the bytes of a file come.
const toUpload = "The file is shared once you run line of upload in a shell; its answer says what to do next. Without a shell give your user page of upload, and call {wait}."

// asksForUpload follows a share of a file that is to be uploaded.
func (a advisor) asksForUpload(s chat.Situation) string {
	if s.Person {
		return ""
	}
	is := situation{advisor: a, Situation: s}
	return is.fill(toUpload)
}

// shownText is the length, in bytes, from which on nobody should retype a text.
const shownText = 1000

// gotFile follows a look at a file. A short file that is whole there needs no word.
func (a advisor) gotFile(g chat.FileGot) string {
	switch {
	case g.Person:
		return ""
	case g.More > 0:
		return fmt.Sprintf("This is a part: run download in a shell to save the whole, or for the next part call "+
			"get_file (id %s, offset %d).", g.Message.ID, g.More)
	case len(g.Text) > shownText:
		return "To work on it in a shell run download, which saves it: do not retype it."
	case g.Text == "" && g.Image == nil && g.File.Size > 0:
		return "This file is not shown: run download in a shell to save it, and look at it there."
	}
	return ""
}

// tasked follows a call of task.
func (a advisor) tasked(t chat.Tasks, asked chat.TaskRequest) string {
	if t.Person {
		return ""
	}
	is := situation{advisor: a, Situation: t.Situation, action: asked.Action}
	said := ""
	if i := slices.IndexFunc(t.Tasks, func(t chat.Task) bool { return t.State == chat.TaskStalled && !t.Mine }); i >= 0 {
		is.stalled = t.Tasks[i].ID
	}
	if t.Task != nil {
		if is.task = t.Task.ID; is.action == chat.TaskNext {
			no, _ := room.TaskNumber(asked.ID)
			said, is.action = room.TaskID(no)+" is done. ", chat.TaskFinish
			if t.Task.Mine {
				is.action = chat.TaskTake
			}
		}
		is.freed = is.action == chat.TaskRelease && t.Task.State == chat.TaskOpen && len(t.Task.For) == 0
		if is.action == chat.TaskTake && t.Task.Was != "" {
			said += "Another had begun it: see first what is there already. "
		}
		if len(t.Results) > 0 || t.Rest != "" {
			said += "What it builds on is in results. "
		}
		if t.Rest != "" {
			said += fmt.Sprintf("There is more: task (id %s) shows the next. ", t.Rest)
		}
	}
	if is.freed { // to take the next one would take this one back
		i := slices.IndexFunc(t.Tasks, func(x chat.Task) bool {
			return x.State == chat.TaskOpen && len(x.For) == 0 && x.ID != is.task
		})
		if i >= 0 {
			is.other = t.Tasks[i].ID
		}
	}
	return said + is.says(heldRules(), taskedRules())
}
