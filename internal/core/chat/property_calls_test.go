package chat_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// roomName draws one of few names; most calls use the password that is right.
func (m *machine) roomName() (name, password string) {
	name = pick(m, "room", "plans", "plans", "plans", "plans", "Plans", "talk", "talk", "den")
	m.model.now = m.clock.Now()
	switch r, found := m.model.holder(name); {
	case found && rapid.IntRange(0, 7).Draw(m.T, "password is right") > 0:
		return name, r.password
	case m.passwords && m.guesses < 9: // fewer than are refused
		m.guesses++
		return name, pick(m, "password", "pw", "", "px")
	}
	return name, ""
}

// principal draws who asks.
func (m *machine) principal() (context.Context, string) {
	who := pick(m, "principal", "", "", ident.Local, ident.KeyPrincipal("a1"))
	return ident.WithPrincipal(m.ctx, ident.Principal{ID: who}), who
}

func (m *machine) join() {
	name, password := m.roomName()
	m.joinAs(name, password, m.name("as"))
}

// joinAs joins under a name.
func (m *machine) joinAs(name, password, agent string) {
	req := chat.JoinRequest{
		Room: name, AgentName: agent, Password: password, OnlyExisting: pick(m, "only existing", false, false, true),
		Capacity: pick(m, "capacity", 0, 3, 4, 4),
	}
	if password != "" && pick(m, "in the name", true, false) {
		req.Room, req.Password = name+":"+password, ""
	}
	r, _ := m.model.holder(name)
	if old, taken := r.seatedAs(req.AgentName); taken && m.model.presenceUnclear(old) {
		m.Skip("not every service knows since when the agent of that name is silent")
	}
	ctx, who := m.principal()
	c := joinCall{room: name, agent: req.AgentName, principal: who, password: password, capacity: req.Capacity,
		create: !req.OnlyExisting, join: true}
	got, err := m.service().JoinRoom(ctx, req)
	m.joined(c, got, err)
	if code := fault.CodeOf(err); code == fault.RoomFull || code == fault.NameTaken {
		m.knocked(c)
	}
}

// knocked checks what the room sees of a refused join.
func (m *machine) knocked(c joinCall) {
	r, _ := m.model.holder(c.room)
	if !m.model.mayKnock(r, c.agent) || r.holds(c.principal) { // a held agent does not knock
		return
	}
	m.take(knockOp{c.room, c.agent})
}

func (m *machine) create() {
	name, password := m.roomName()
	req := chat.CreateRequest{
		Room: name, AgentName: m.name("as"), Password: password, Description: pick(m, "about", "", longAbout),
		Capacity: pick(m, "capacity", 0, 3, 5, 5), Type: pick(m, "type", "", room.Group, room.Group, room.Channel),
		Public: pick(m, "public", true, false),
	}
	ctx, who := m.principal()
	got, err := m.service().CreateRoom(ctx, req)
	m.joined(joinCall{
		room: name, agent: req.AgentName, principal: who, password: password, about: req.Description,
		capacity: req.Capacity, kind: req.Type,
		public: req.Public, create: true,
	}, got, err)
}

// longAbout is a description of which a list shows a part.
var longAbout = "ALL ABOUT it: " + strings.Repeat("é", 300)

// joined checks the answer of a join, and notes the agent.
func (m *machine) joined(c joinCall, got chat.Seated, err error) {
	op := joinOp{joinCall: c, got: m.numbers.seated(got), code: m.unexpected(err)}
	var refusal *fault.Error
	if errors.As(err, &refusal) {
		op.retry = refusal.RetryAfter
	}
	m.take(op)
	if err == nil {
		m.seated(op.who(), got)
	}
}

// seated notes the token of a seat, and checks the room that it shows.
func (m *machine) seated(id agentID, got chat.Seated) {
	for _, token := range m.tokens {
		if token == got.Token {
			m.Fatalf("a token is given out twice")
		}
	}
	if old := m.tokens[id]; old != "" {
		m.ended = append(m.ended, old)
	} else {
		m.agents = append(m.agents, id)
	}
	m.tokens[id] = got.Token
	if got.Watch != "" {
		m.links[id] = got.Watch
	}
	if r, a := m.find(id); a.person.opened && m.people[id] == "" { // its person has the token of an earlier seat
		for _, b := range r.agents[:id.seat-1] {
			if token := m.people[agentID{id.room, b.seat}]; b.principal == a.principal && !b.endpoint &&
				strings.EqualFold(b.name, a.name) && token != "" {
				m.people[id] = token
			}
		}
	}
	m.given(id, got.Cursor)
	m.invited(id.room, got.Invite)
	m.take(viewOp{"the join", id, &got.Room, nil, -1})
}

func (m *machine) leave() {
	id := m.agent()
	req := chat.LeaveRequest{Token: m.tokens[id], Text: pick(m, "last word", "", "", "good bye", "good bye @Ann")}
	got, err := m.service().LeaveRoom(m.by(id), req)
	got.Messages = m.numbers.messages(id.room, got.Messages)
	m.take(leaveOp{id, req.Text, got, m.unexpected(err)})
}

func (m *machine) comeBack() {
	id := m.agent()
	got, err := m.service().JoinRoom(m.by(id), chat.JoinRequest{Token: m.tokens[id]})
	m.take(returnOp{id, 0, m.numbers.seated(got), m.unexpected(err)})
	if err == nil {
		if got.Token != m.tokens[id] {
			m.Fatalf("a return changes the token")
		}
		m.take(viewOp{"the return", id, &got.Room, nil, -1})
		m.given(id, got.Cursor)
	}
}

// callEnded calls with a token whose seat has another.
func (m *machine) callEnded() {
	if len(m.ended) == 0 {
		m.Skip("every token is that of its seat")
	}
	token := rapid.SampledFrom(m.ended).Draw(m.T, "token")
	_, err := m.service().Wait(m.by(ownerOf(token)), chat.WaitRequest{Token: token})
	m.take(endedOp{ownerOf(token), m.unexpected(err)})
}

func (m *machine) info() { m.infoOf(m.agent()) }

func (m *machine) infoOf(id agentID) {
	got, err := m.service().RoomInfo(m.by(id), chat.InfoRequest{Token: m.tokens[id]})
	m.take(infoOp{id, m.numbers.info(m.tokens[id], got), m.unexpected(err)})
	if err == nil {
		m.take(viewOp{"info", id, &got.Room, nil, -1})
	}
	if got.View != "" {
		m.views[id] = got.View
	}
}

// show looks with the view of an agent, if that has asked for it.
func (m *machine) show() {
	id := m.agent()
	if m.views[id] == "" {
		m.infoOf(id)
		return
	}
	op := showOp{who: id}
	if r, _ := m.find(id); pick(m, "part", true, false) {
		op.after = int64(rapid.IntRange(1, int(r.head())+1).Draw(m.T, "number"))
	}
	got, err := m.service().ShowRoom(m.ctx, chat.ShowRequest{View: m.views[id], After: m.numbers.id(id.room, op.after)})
	got.Messages = m.numbers.messages(id.room, got.Messages)
	for i := range got.Waiting {
		one := &got.Waiting[i]
		one.ID = m.numbers.number(id.room, one.ID)
		if one.Message != nil {
			one.Message.ID = m.numbers.number(id.room, one.Message.ID)
		}
	}
	op.got, op.code = got, m.unexpected(err)
	m.take(op)
}

func (m *machine) infoByName() {
	name, password := m.roomName()
	got, err := m.service().RoomInfo(m.ctx, chat.InfoRequest{Room: name, Password: password})
	m.take(strangerOp{name, password, got, m.unexpected(err)})
}

func (m *machine) list() {
	op := listOp{search: pick(m, "search", " ABOUT ", "", "LA")}
	req := chat.ListRequest{Search: op.search, Limit: pick(m, "limit", 0, 1, 2)}
	for pages := 0; pages == 0 || req.Page != ""; pages++ {
		got, err := m.service().ListRooms(m.ctx, req)
		if err != nil || pages > 20 {
			m.Fatalf("page %d of the list: %v", pages, err)
		}
		op.got, req.Page = append(op.got, got.Rooms...), got.NextPage
	}
	m.take(op)
}

// absence draws what a call says about an absence.
func (m *machine) absence() chat.Absence {
	none := chat.Absence{}
	if !m.model.oneService {
		return none
	}
	return pick(m, "absence", none, none, none, none, none, chat.Absence{Given: true, BackIn: 10 * time.Minute},
		chat.Absence{Given: true})
}

func (m *machine) wait() { m.waitOf(m.agent()) }

func (m *machine) waitOf(id agentID) {
	op := waitOp{who: id, absence: m.absence()}
	req := chat.WaitRequest{Token: m.tokens[id], Absence: op.absence, Stay: m.speaksA2A(id)}
	req.Cursor, op.cursor = m.cursor(id)
	if req.Stay {
		op.after = m.arrived(id, "")
	}
	got, err := m.service().Wait(m.by(id), req)
	op.got, op.code = m.numbers.waited(req.Token, got), m.unexpected(err)
	m.take(op)
	if err == nil {
		m.roster(id, got)
	}
}

// roster checks who is in the room after a wait, if its answer says so.
func (m *machine) roster(id agentID, got chat.Waited) {
	m.given(id, got.Cursor)
	if len(got.Agents) > 0 {
		m.take(viewOp{"the wait", id, nil, got.Agents, got.Situation.Others})
	}
}

func (m *machine) history() {
	id := m.agent()
	r, _ := m.find(id)
	op := historyOp{who: id, limit: pick(m, "limit", 0, 1, 3, 100)}
	n := int64(rapid.IntRange(1, int(r.head())+1).Draw(m.T, "number"))
	switch pick(m, "part", "last", "before", "after", "one", "agreed") {
	case "before":
		op.before = n
	case "after":
		op.after = n
	case "one":
		op.id = n
	case "agreed":
		op.agreed = true
	}
	m.readHistory(m.service(), op)
}

// readHistory makes the call of op.
func (m *machine) readHistory(service *chat.Service, op historyOp) {
	id := func(n int64) string { return m.numbers.id(op.who.room, n) }
	got, err := service.History(m.by(op.who), chat.HistoryRequest{
		Token: m.tokens[op.who], Limit: op.limit, Before: id(op.before), After: id(op.after), ID: id(op.id),
		Agreed: op.agreed,
	})
	got.Messages = m.numbers.messages(op.who.room, got.Messages)
	op.got, op.code = got, m.unexpected(err)
	m.take(op)
}

func (m *machine) update() {
	id := m.agent()
	op := updateOp{who: id, req: chat.UpdateRequest{Token: m.tokens[id]}}
	yes, no := true, false
	req := &op.req
	switch pick(m, "change", "name", "about", "password", "no password", "capacity", "type", "public", "close",
		"agent messages", "agent messages", "two", "invite") {
	case "name":
		req.Room = pick(m, "new name", "plans", "talk", "den", "PLANS", "News")
	case "about":
		req.Description = pick(m, "about", "all about it", "something else")
	case "password":
		req.Password = pick(m, "password", "pw", "px")
		if !m.passwords {
			m.Skip("no passwords in this run")
		}
	case "no password":
		req.RemovePassword = true
	case "capacity":
		req.Capacity = pick(m, "capacity", 2, 3, 4)
	case "type":
		req.Type = pick(m, "type", room.Group, room.Group, room.Channel)
	case "public":
		req.Public = pick(m, "public", &yes, &no)
	case "close":
		req.Close = pick(m, "really", true, false, false, false)
		req.RemovePassword = !req.Close
	case "invite":
		req.NewInvite = true
		if pick(m, "for more", true, false) {
			req.Capacity = pick(m, "capacity", 2, 3, 4)
		}
	case "agent messages":
		n := pick(m, "messages", 0, 1, 3)
		req.AgentMessages = &n
	case "two":
		req.Room, req.Capacity = pick(m, "new name", "talk", "News"), pick(m, "capacity", 2, 4)
	}
	if pick(m, "guarded", false, false, true) {
		req.Cursor, op.cursor = m.cursor(id)
	}
	got, err := m.service().UpdateRoom(m.by(id), *req)
	m.lacked(id)
	op.got, op.code = got, m.unexpected(err)
	m.take(op)
	m.invited(id.room, got.Invite)
}

func (m *machine) manage() {
	c := manageCall{who: m.agent(), name: m.name("whose"), note: pick(m, "note", "", "", "be quiet")}
	c.action = pick(m, "action", room.Promote, room.Demote, room.Mute, room.Unmute, room.Kick, room.BanName, room.Unban)
	m.order(c)
}

// relieve lets time pass, after which an agent that is no admin may have become one, and has it kick an admin.
func (m *machine) relieve() {
	id := m.agent()
	r, a := m.find(id)
	if a.gone || a.admin {
		m.Skip("the agent is an admin")
	}
	m.advance(pick(m, "for", 15*time.Minute, 16*time.Minute, 17*time.Minute, day), 29*24*time.Hour)
	for _, x := range r.seated() {
		if x.admin && x.seat != a.seat {
			m.order(manageCall{who: id, name: x.name, action: room.Kick})
			return
		}
	}
}

// order has an agent give an order.
func (m *machine) order(c manageCall) {
	got, err := m.service().ManageAgent(m.by(c.who), chat.ManageRequest{Token: m.tokens[c.who],
		Agents: []string{c.name},
		Note:   c.note, Action: c.action})
	m.lacked(c.who)
	m.take(manageOp{c, got, m.unexpected(err)})
}

// text draws something new, the last text again, or a short or long one that is
// often sent.
func (m *machine) text(id agentID) string {
	r, a := m.find(id)
	last := r.lastSaid(a)
	switch how := pick(m, "text", "new", "new", "new", "again", "again", "few"); {
	case how == "few":
		return pick(m, "of few", "yes", "no", strings.Repeat("a longer text, ", 3))
	case how == "again" && last.n > 0:
		return last.Text
	}
	m.said++
	return fmt.Sprintf("text number %d", m.said) + pick(m, "longer", "", "", " of those that are not short",
		strings.Repeat(" of those that are long", 4), " for @bob", " for @Dora")
}
