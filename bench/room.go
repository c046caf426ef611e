package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// roomAgents is how many agents are in the room of the rows of one room.
const roomAgents = 16

// The goals for those who speak in one room with their cursors, and for an answer full of
// messages.
const (
	callsGoal               = 2.0      // calls for a message said
	voteGoal                = 1.1      // calls for a vote
	commitsGoal, commitsAim = 0.5, 0.3 // transactions for a message said
	backlogGoal, backlogAim = 9.7, 6.5 // CPU time of 50 messages of backlog, in calls of the empty tool
)

// measureRoom measures what a room costs in which agents listen to each other: one message
// to many who wait, many who speak, and an agent who comes back.
func measureRoom(ctx context.Context, b *bench) (rows []row, err error) {
	empty, parley, stop, err := b.startBoth(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()

	// Each measure has a room of its own, with as many agents.
	ring, err := newCircle(ctx, parley, "circle", roomAgents)
	if err != nil {
		return nil, err
	}
	crowd, err := speakersIn(ctx, parley, "crowd", roomAgents)
	if err != nil {
		return nil, err
	}
	asked, err := newPoll(ctx, parley, "poll", roomAgents)
	if err != nil {
		return nil, err
	}
	voted, err := newPoll(ctx, parley, "vote", roomAgents)
	if err != nil {
		return nil, err
	}
	for range pollRounds {
		if err := errors.Join(asked.round("request", "message"), voted.round("proposal", "agree")); err != nil {
			return nil, err
		}
	}
	readers, err := backlogs(ctx, parley, roomAgents, b.backlog)
	if err != nil {
		return nil, err
	}

	// All rooms are ready: the same seconds measure all that takes time.
	calls, err := libraryTrial(ctx, empty, roomAgents)
	if err != nil {
		return nil, err
	}
	all := rooms{
		heard:   &trial{process: parley, calls: []func() error{rhythm(ctx, ring.round)}},
		chorus:  &trial{process: empty, calls: []func() error{rhythm(ctx, together(calls.calls))}},
		said:    &trial{process: parley},
		backlog: &trial{process: parley},
		call:    calls,
		crowd:   crowd,
		asked:   asked,
		voted:   voted,
		readers: readers,
	}
	for i := range roomAgents {
		all.said.calls = append(all.said.calls, crowd[i].say)
		all.backlog.calls = append(all.backlog.calls, readers[i].read)
	}
	if err := b.takeTurns(ctx, all.heard, all.chorus, all.said, all.call, all.backlog); err != nil {
		return nil, err
	}
	return all.rows(), errors.Join(b.profile(ctx, all.heard, "heard"), b.profile(ctx, all.said, "said"),
		b.profile(ctx, all.backlog, "backlog"))
}

// rooms are the trials of measureRoom.
type rooms struct {
	heard, chorus *trial // a message to all who wait; as many calls of the empty tool at once
	said          *trial // a message of one of many who speak
	backlog       *trial // an answer full of messages
	call          *trial // of the empty tool, by as many clients
	crowd         []*speaker
	asked, voted  *poll
	readers       []*reader
}

func (r rooms) rows() []row {
	calls, said := 0, 0
	for _, s := range r.crowd {
		calls, said = calls+s.calls, said+s.said
	}
	speaking := fmt.Sprintf("%d speak in one room", roomAgents)
	return []row{
		r.heard.per(roomAgents-1).row(fmt.Sprintf("CPU of a message heard, %d wait for one who speaks", roomAgents-1),
			r.chorus.per(roomAgents), emptyCall),
		r.said.per(1).row("CPU of a message said, "+speaking, r.call.per(1), emptyCall),
		callsRow("calls for a message said, "+speaking, calls, said, callsGoal),
		callsRow(fmt.Sprintf("calls for a plain answer, %d answer one", roomAgents-1), r.asked.calls, r.asked.said,
			callsGoal),
		callsRow(fmt.Sprintf("calls for a vote, %d agree with one", roomAgents-1), r.voted.calls, r.voted.said,
			voteGoal),
		sharedRow("commits for a message said, "+speaking, r.said.commitsPerCall(),
			mostOf(r.said.commitsPerCall(), commitsGoal, commitsAim)),
		r.backlogRow(),
	}
}

// callsRow is a row of the calls that a message takes.
func callsRow(what string, calls, said int, most float64) row {
	n := float64(calls) / float64(said)
	return sharedRow(what, n, atMost(most, n))
}

// sharedRow is a row of something that one alone needs once for each message.
func sharedRow(what string, n float64, goal string) row {
	return row{What: what, Parley: fmt.Sprintf("%.2f", n), Beside: "1.00, alone", Ratio: ratio(n), Goal: goal}
}

func (r rooms) backlogRow() row {
	messages, answers := 0, 0
	for _, reader := range r.readers {
		messages, answers = messages+reader.messages, answers+reader.answers
	}
	costs := r.backlog.per(float64(messages) / float64(answers) / unread)
	line := costs.row(fmt.Sprintf("CPU of %d unread messages", unread), r.call.per(1), emptyCall)
	if line.Ratio != "" {
		line.Goal = mostOf(against(costs, r.call.costs), backlogGoal, backlogAim)
	}
	return line
}

// rhythm returns a call that waits a little after each call of round: as long as it takes
// until all who had an answer wait again.
func rhythm(ctx context.Context, round func() error) func() error {
	return func() error { return errors.Join(round(), pause(ctx, 2*time.Millisecond)) }
}

// together returns a call that makes all of the calls at once.
func together(calls []func() error) func() error {
	return func() error {
		var g errgroup.Group
		for _, call := range calls {
			g.Go(call)
		}
		return g.Wait()
	}
}

// unread is how many messages the row of a backlog is about. An answer has at most so many, and
// at most 9 KiB of them.
const unread = 50

// reader is an agent that was away while another spoke. It reads what it missed, and then
// begins again.
type reader struct {
	client   *client
	request  *request
	first    string // the cursor with which it went away
	backlog  int    // messages since then
	answers  int    // that it had
	messages int    // in them
}

// backlogs seats pairs of agents in new rooms. One of each says so many messages; the other is
// returned.
func backlogs(ctx context.Context, p *process, rooms, messages int) ([]*reader, error) {
	readers := make([]*reader, rooms)
	var g errgroup.Group
	for i := range readers {
		g.Go(func() (err error) {
			readers[i], err = newReader(ctx, p, fmt.Sprint("backlog ", i), messages)
			return err
		})
	}
	return readers, g.Wait()
}

func newReader(ctx context.Context, p *process, room string, messages int) (*reader, error) {
	c, err := dial(ctx, p.Address, "")
	if err != nil {
		return nil, err
	}
	seats, err := seated(c, room, 2)
	if err != nil {
		return nil, err
	}
	speak, err := newSpeaker(c, seats[0])
	if err != nil {
		return nil, err
	}
	for range messages {
		if err := speak.say(); err != nil {
			return nil, err
		}
	}
	r, err := newRequest(p.Address, waitTool, map[string]any{
		"agent_token": seats[1].Token, "cursor": anyCursor, "wait_seconds": 0,
	})
	return &reader{client: c, request: r, first: seats[1].Cursor, backlog: messages}, err
}

// read gets the next messages.
func (r *reader) read() error {
	if r.messages%r.backlog == 0 {
		copy(r.request.cursor, r.first)
	}
	text, err := r.client.call(r.request)
	if err != nil {
		return err
	}
	n := said(text)
	if rest := r.backlog - r.messages%r.backlog; n == 0 || n > rest {
		return fmt.Errorf("an answer has %d messages, where %d of %d are unread", n, rest, r.backlog)
	}
	r.answers, r.messages = r.answers+1, r.messages+n
	return r.request.follow(text)
}
