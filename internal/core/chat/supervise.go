package chat

import (
	"context"
	"slices"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/observe/audit"
)

// SuperviseRequest is an order that only the person behind an agent may give.
type SuperviseRequest struct {
	// Token is the person's. With Claim the caller has made the token from the room and the seat of the claim, and a
	// secret.
	Token   string
	Claim   string // of a link: Token becomes a token of the person, unless the link was used
	NewLink bool   // asks for a link for a further device
	EndHook string // the id of the agent's hook to end
	PutAway string // the id of the check to put away, with what differed before by the same group

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
	Anyway   bool   // it is sent although what it answers is open no more: see Answered
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
	called, err := s.acceptCurrent(ctx, token)
	if err != nil {
		return Supervised{}, s.Outward(err)
	}
	c := managing{called}
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
		_, err = hooking(c).endHook(ctx, req.EndHook)
	case req.PutAway != "":
		n, _ := c.head.MessageNumber(req.PutAway)
		err = c.supervise(ctx, func(head *room.Head, caller room.Caller) (*room.Event, error) {
			return head.PutAway(caller.Agent, n), nil
		})
	case req.Draft != "":
		duplicate, err = c.decideDraft(ctx, req)
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
		req.PutAway != "", req.PersonName != "", req.NoName}, func(is bool) bool { return !is })
	switch {
	case len(asked) > 1:
		return fault.Refuse(fault.InvalidArgument, "Give only one of new_link, draft, end_hook, put_away, "+
			"person_name, no_name, and paused, approve or approve_some. Nothing was changed: use two calls.")
	case req.Approve != nil && req.ApproveSome != nil:
		return fault.Refuse(fault.InvalidArgument, "Give only one of approve, for all messages or none, and "+
			"approve_some, for these alone. Nothing was changed.")
	case req.Draft == "" && (req.Decision != "" || req.Text != "" || req.Anyway):
		return fault.Refuse(fault.InvalidArgument, "decision, text and anyway go with draft, the id of the draft that "+
			"you decide about. Nothing was changed.")
	case req.Draft != "":
		return req.Decision.Check(req.Text)
	}
	return nil
}

// supervised returns the current decisions of the person behind the caller's seat.
func (c managing) supervised(ctx context.Context) (Supervised, error) {
	head := c.room.log.Peek()
	caller, _ := head.CallerByToken(c.holder)
	list, err := c.drafts(ctx, head, caller)
	if err != nil {
		return Supervised{}, err
	}
	hooks, err := hooking(c).hooks(ctx, caller.Agent)
	return Supervised{Alone: caller.IsPersonOnly(), Watch: head.ShownLink(caller), Name: caller.Person.Name,
		Paused:      caller.Person.Paused,
		Approve:     caller.Person.Approve && caller.Person.ApproveSome == room.Selection{},
		ApproveSome: caller.Person.ApproveSome, Drafts: list, Hooks: hooks}, err
}

// supervise appends a decision of the person behind the caller's seat; how returns nil if nothing changes.
func (c managing) supervise(ctx context.Context, how func(*room.Head, room.Caller) (*room.Event, error)) error {
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
