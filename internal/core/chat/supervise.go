package chat

import (
	"context"
	"errors"
	"slices"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/observe/audit"
	"github.com/parley-chat/parley/internal/store/table"
)

// SuperviseRequest is an order that only the person behind an agent may give.
type SuperviseRequest struct {
	// Token is the person's. With Claim the caller has made the token from the room and the seat of the claim, and a
	// secret.
	Token   string
	Claim   string // of a link: Token becomes a token of the person, unless the link was used
	NewLink bool   // asks for a link for a further device
	EndHook string // the id of the agent's hook to end

	PersonName string // the new name of the person
	NoName     bool   // removes the name

	// The supervision of the agent; nil changes nothing.

	Paused      *bool           // the agent may say nothing
	Approve     *bool           // each message of the agent becomes a draft, or none does
	ApproveSome *room.Selection // only these messages do; not with Approve

	// A decision; it cannot be combined with changes of supervision.

	Draft    string // the id of a draft
	Decision room.Decision
	Text     string // with room.EditDraft sent in place of the draft; with room.RefuseDraft the reason
}

// Supervised is the result of Supervise.
type Supervised struct {
	Alone   bool   // the person has the seat without an agent, and so supervises nobody
	Watch   string // the claim of a link for a further device, or ""
	Name    string // of the person; "" without a name
	Paused  bool
	Approve bool // all messages of the agent

	ApproveSome room.Selection // only these messages

	Duplicate bool // the draft was decided so before

	Drafts []DraftView // that wait for the caller, oldest first
	Hooks  []HookView  // of the agent, oldest first
}

// Supervise carries out an order of the person behind an agent: it opens the link of a seat or asks for another; pauses
// the agent, or approves its messages; or decides about a draft. A repeated call changes nothing, since the answer to
// the first may be lost. Another decision about the same draft is refused.
func (s *Service) Supervise(ctx context.Context, req SuperviseRequest) (Supervised, error) {
	token, err := parseToken(req.Token)
	if err != nil {
		return Supervised{}, err
	}
	if err := ident.PrincipalOf(ctx).CheckToken(token); err != nil {
		return Supervised{}, err
	}
	if !token.Person {
		return Supervised{}, refuseAgent()
	}
	if err := req.check(); err != nil {
		return Supervised{}, err
	}
	var name ident.Name
	if req.PersonName != "" {
		name, err = ident.PersonName(req.PersonName)
		if err != nil {
			return Supervised{}, err
		}
	}

	// A claim turns the token into a token of the seat; all later steps need one.
	if req.Claim != "" {
		opened, err := s.redeem(ctx, req.Claim, token)
		if err != nil {
			return Supervised{}, s.Outward(err)
		}
		if opened {
			audit.Log(ctx, s.audit, "link_opened", audit.Room(token.Room), audit.Seat(token.Seat))
		}
	}
	c, err := s.acceptCurrent(ctx, token)
	if err != nil {
		return Supervised{}, s.Outward(err)
	}
	defer c.room.release()

	// At most one thing changes, and the answer shows the seat afterwards.
	duplicate := false
	switch {
	case c.me.IsPersonOnly() && (req.Draft != "" || req.changesSupervision() || req.changesName()):
		err = refuseAlone()
	case req.NewLink:
		err = c.supervise(ctx, withoutHead(room.Agent.AddLink))
	case req.changesName():
		err = c.supervise(ctx, func(head *room.Head, caller room.Caller) (*room.Event, error) {
			return head.NamePerson(caller.Agent, name)
		})
	case req.EndHook != "":
		_, err = c.endHook(ctx, req.EndHook)
	case req.Draft != "":
		duplicate, err = c.decideDraft(ctx, req.Draft, req.Decision, req.Text)
	case req.changesSupervision():
		err = c.supervise(ctx, withoutHead(room.Supervision{Paused: req.Paused, Approve: req.Approve,
			ApproveSome: req.ApproveSome}.Decide))
		if err == nil {
			audit.Log(ctx, s.audit, "supervision_set", audit.Room(token.Room), audit.Seat(token.Seat))
		}
	}
	if err != nil {
		return Supervised{}, s.Outward(err)
	}
	got, err := c.supervised(ctx)
	got.Duplicate = duplicate
	return got, s.Outward(err)
}

// changesName reports whether the request changes the person's name.
func (req SuperviseRequest) changesName() bool { return req.PersonName != "" || req.NoName }

// changesSupervision reports whether the request changes what the agent may say.
func (req SuperviseRequest) changesSupervision() bool {
	return req.Paused != nil || req.Approve != nil || req.ApproveSome != nil
}

func refuseAgent() error {
	return fault.Refuse(fault.NotAllowed, "Only the person behind an agent does this, with a token of its own. "+
		"Nothing was changed: give your user the link to watch that join_room gave you, if it gave one.")
}

func refuseAlone() error {
	return fault.Refuse(fault.NotAllowed, "You have this seat without an agent, and its name is yours, so there is "+
		"nothing to name, pause, approve or decide. Nothing was changed: what you send is sent at once.")
}

// check refuses wrong combinations, and a decision without a draft.
func (req SuperviseRequest) check() error {
	asked := slices.DeleteFunc([]bool{req.NewLink, req.changesSupervision(), req.Draft != "", req.EndHook != "",
		req.PersonName != "", req.NoName}, func(is bool) bool { return !is })
	switch {
	case len(asked) > 1:
		return fault.Refuse(fault.InvalidArgument, "Give only one of new_link, draft, end_hook, person_name, no_name, "+
			"and paused, approve or approve_some. Nothing was changed: use two calls.")
	case req.Approve != nil && req.ApproveSome != nil:
		return fault.Refuse(fault.InvalidArgument, "Give only one of approve, for all messages or none, and "+
			"approve_some, for these alone. Nothing was changed.")
	case req.Draft == "" && (req.Decision != "" || req.Text != ""):
		return fault.Refuse(fault.InvalidArgument,
			"decision and text go with draft, the id of the draft that you decide about. Nothing was changed.")
	case req.Draft != "":
		return req.Decision.Check(req.Text)
	}
	return nil
}

// supervised returns the current decisions of the person behind the caller's seat.
func (c *session) supervised(ctx context.Context) (Supervised, error) {
	head := c.room.log.Peek()
	caller, _ := head.CallerByToken(c.holder)
	list, err := c.drafts(ctx, caller)
	if err != nil {
		return Supervised{}, err
	}
	hooks, err := c.hooks(ctx, caller.Agent)
	return Supervised{Alone: caller.IsPersonOnly(), Watch: head.ShownLink(caller), Name: caller.Person.Name,
		Paused:      caller.Person.Paused,
		Approve:     caller.Person.Approve && caller.Person.ApproveSome == room.Selection{},
		ApproveSome: caller.Person.ApproveSome, Drafts: list, Hooks: hooks}, err
}

// supervise appends a decision of the person behind the caller's seat; how returns nil if nothing changes.
func (c *session) supervise(ctx context.Context, how func(*room.Head, room.Caller) (*room.Event, error)) error {
	_, err := c.change(ctx, func(at place) (ch roomlog.Change, err error) {
		event, err := how(at.head, at.caller)
		if err != nil || event == nil {
			return ch, err
		}
		ch.Events = []room.Event{*event}
		return ch, nil
	})
	return err
}

// withoutHead adapts a decision that needs no head to supervise.
func withoutHead(how func(room.Agent) *room.Event) func(*room.Head, room.Caller) (*room.Event, error) {
	return func(_ *room.Head, a room.Caller) (*room.Event, error) { return how(a.Agent), nil }
}

// DraftView is a draft for the person: a message of type EventDrafted with the whole text, the file, and in Finished
// the tasks to end.
type DraftView = Message

// drafts returns the open drafts of caller's seat, oldest first.
func (c *session) drafts(ctx context.Context, caller room.Caller) ([]DraftView, error) {
	head := c.room.log.Peek()
	var list []DraftView
	for _, draft := range caller.Person.Open(c.room.svc.now()) {
		event, err := c.room.log.Event(ctx, draft.N)
		if err != nil {
			return nil, err
		}
		message := messageOf(&head.State, caller, event)
		message.Text, message.More, message.File, message.Finished = event.Draft.Text, nil,
			viewFile(event.Draft.File), taskIDs(event.Draft.Finishes)
		list = append(list, message)
	}
	return list, nil
}

// openDrafts returns the ids of the open drafts of the caller's seat, oldest first. The head has them, so a page with
// many rooms needs no read.
func (c *session) openDrafts() (ids []string) {
	for _, d := range c.me.Person.Open(c.room.svc.now()) {
		ids = append(ids, c.head.MessageID(d.N))
	}
	return ids
}

// decideDraft decides about the draft of an id, for the person behind the caller's seat. duplicate reports that the
// draft was decided so before: see isDecidedSo.
func (c *session) decideDraft(ctx context.Context, id string, decision room.Decision, text string) (duplicate bool,
	err error) {
	event, err := c.seenEvent(ctx, "draft", id)
	if fault.CodeOf(err) == fault.InvalidArgument {
		err = room.ErrDecided
	}
	if err != nil {
		return false, err
	}
	file := event.CarriedFile()

	// The draft is checked against the agreements of now: one may have been completed since it was written.
	bound, err := c.boundByAnswered(ctx, event.Draft)
	if err != nil {
		return false, err
	}
	_, err = c.change(ctx, func(at place) (ch roomlog.Change, err error) {
		e, err := at.head.DecideDraft(at.caller.Agent, event, decision, text, bound, at.now)
		if err != nil {
			return ch, err
		}
		ch.Events = []room.Event{e}
		if event.Key != "" && e.Type == room.Said {
			ch.Ops = []table.Op{roomlog.MoveSent(at.head.ID, at.caller.Agent, event.Key,
				roomlog.SentAs{N: at.head.AsOf + 1}, at.now)}
		}
		switch {
		case file == nil:
		case e.Type == room.Said:
			ch.Ops = append(ch.Ops, roomlog.PutClaim(at.head, e, at.now))
		default:
			ch.Ops = append(ch.Ops, roomlog.DropClaim(c.fileKey(file)))
		}
		return ch, nil
	})
	switch {
	case errors.Is(err, room.ErrDecided):
		same, failed := c.isDecidedSo(ctx, event, decision, text)
		if failed != nil || same {
			return same, failed
		}
	case err == nil && decision == room.RefuseDraft:
		c.deleteFile(ctx, file)
	}
	return false, err
}

// isDecidedSo reports whether the person has decided about a draft in the same way within room.RepeatWindow. Then the
// answer to that call may have been lost, and the person, who wants nothing else, is told that it is done.
func (c *session) isDecidedSo(ctx context.Context, draft room.Event, decision room.Decision, text string) (bool,
	error) {
	event, err := c.findOwn(ctx, func(event room.Event) bool { return event.Decides == draft.N })
	return event.N > 0 && event.IsDecision(decision, text), err
}
