package chat_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
)

// strangerOp is room_info by a room's name.
type strangerOp struct {
	name, password string
	got            chat.Info
	code           fault.Code
}

func (o strangerOp) on(m model) (model, error) {
	r, found := m.holder(o.name)
	want := fault.Code("")
	switch {
	case !found || m.startsOver(r):
		want = fault.RoomNotFound
	case o.password != r.password:
		want = fault.WrongPassword
	}
	if o.code != want || want != "" {
		return m, expectEqual("the code", o.code, want)
	}
	if len(o.got.Requests)+len(o.got.Agreements) > 0 || o.got.Open != nil || o.got.Earlier != 0 {
		return m, &wrong{"info by name", o.got, "nothing of what was said"}
	}
	return viewOp{"info by name", agentID{room: r.id}, &o.got.Room, nil, -1}.on(m)
}

func (o strangerOp) String() string {
	return fmt.Sprintf("a stranger asks for %s, password %q: %s", o.name, o.password, o.code)
}

// listOp is all pages of a list of public rooms.
type listOp struct {
	search string
	got    []chat.ListedRoom
}

func (o listOp) on(m model) (model, error) {
	var got, want []string
	for _, x := range o.got {
		got = append(got, fmt.Sprintf("%s: %+v", strings.ToLower(x.Name), x))
	}
	search := strings.ToLower(strings.TrimSpace(o.search))
	for _, r := range m.rooms {
		about := []rune(r.about)
		about = about[:min(len(about), 200)]
		found := strings.Contains(r.key, search) || strings.Contains(strings.ToLower(string(about)), search)
		if found && r.public && !r.closed && !m.startsOver(r) {
			want = append(want, fmt.Sprintf("%s: %+v", r.key, chat.ListedRoom{
				Name: r.name, Description: string(about), Type: r.kind, Agents: len(r.seated()), Capacity: r.capacity,
				PasswordProtected: r.password != "",
			}))
		}
	}
	slices.Sort(want)
	return m, sameText("the list", got, want)
}

func (o listOp) String() string {
	return fmt.Sprintf("somebody lists %q: %d rooms", o.search, len(o.got))
}

// historyOp is a page of a room's history.
type historyOp struct {
	who               agentID
	before, after, id int64
	agreed            bool
	limit             int
	got               chat.Page
	code              fault.Code
}

func (o historyOp) on(m model) (model, error) {
	r, a, refused, err := m.admit(o.who, o.code)
	if err != nil || refused {
		return m, err
	}
	m = m.withAgent(r.id, a.call(m.now))
	want := fault.Code("")
	if n := max(o.before, o.after, o.id); n > 0 {
		if e, there := r.event(n); !there || !a.sees(e) {
			want = fault.InvalidArgument
		}
	}
	if o.code != want || want != "" {
		return m, expectEqual("the code", o.code, want)
	}
	page, more := o.page(r, a)
	o.got.Messages = slices.Clone(o.got.Messages)
	for i := range o.got.Messages { // names, which tests of their own compare
		got := &o.got.Messages[i]
		got.AgreedBy, got.Bound, got.NoSay, got.OldFile, got.RemovedBy = nil, nil, nil, nil, ""
	}
	if o.got.HasMore != more {
		return m, &wrong{"history has more", o.got.HasMore, more}
	}
	return m, m.sameMessages(o.got.Messages, page)
}

// page returns the part of all that is asked for. It may be shorter where it would
// be long.
func (o historyOp) page(r roomModel, a agentModel) (page []chat.Message, more bool) {
	all := r.visible(a, o.after)
	if o.agreed {
		all = r.agreedMessages(a)
	}
	all = slices.DeleteFunc(all, func(e chat.Message) bool {
		n := numberOf(e.ID)
		return o.before > 0 && n >= o.before || o.id > 0 && n != o.id
	})
	limit := o.limit
	if limit == 0 {
		limit = 20
	}
	want := min(len(all), limit)
	if n := len(o.got.Messages); n >= fewestShown && n < want {
		want = n
	}
	if o.after > 0 {
		return all[:want], want < len(all)
	}
	return all[len(all)-want:], want < len(all)
}

// agreedMessages returns the proposals that are agreed as what is left of them.
func (r roomModel) agreedMessages(a agentModel) (list []chat.Message) {
	for _, x := range slices.Backward(r.agreed(a)) {
		p, _ := r.event(x.n)
		list = append(list, chat.Message{ID: p.ID, Type: chat.EventSaid, From: p.From, Text: p.Text, Kind: p.Kind,
			At: x.done, Agreed: p.ID, Person: p.Person, Mine: p.seat == a.seat, Replaces: shown(x.replaces),
			ReplacedBy: shown(x.replacedBy)})
	}
	return list
}

func (o historyOp) String() string {
	return fmt.Sprintf("%v reads the history before %d, after %d, of %d, agreed %t: %s %s", o.who, o.before, o.after,
		o.id, o.agreed, o.code, brief(o.got.Messages))
}
