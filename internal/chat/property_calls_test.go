package chat_test

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

// roomName draws one of few names; most calls use the password that is right.
func (m *machine) roomName() (name, password string) {
	name = pick(m, "room", "plans", "plans", "plans", "plans", "Plans", "talk", "talk", "den")
	m.model.now = m.clock.Now()
	switch r, found := m.model.holder(name); {
	case found && rapid.IntRange(0, 7).Draw(m.T, "password is right") > 0:
		return name, r.password
	case m.passwords && (found || name == "den"):
		return name, pick(m, "password", "", "", "pw", "px")
	}
	return name, ""
}

func (m *machine) join() {
	name, password := m.roomName()
	req := chat.JoinRequest{
		Room: name, AgentName: m.name("as"), Password: password, OnlyExisting: pick(m, "only existing", false, false, true),
		Capacity: pick(m, "capacity", 0, 3, 4, 4),
	}
	if password != "" && pick(m, "in the name", true, false) {
		req.Room, req.Password = name+":"+password, ""
	}
	r, _ := m.model.holder(name)
	if old, taken := r.seatedAs(req.AgentName); taken && m.model.presenceUnclear(old) {
		m.Skip("not every service knows since when the agent of that name is silent")
	}
	c := joinCall{room: name, agent: req.AgentName, password: password, capacity: req.Capacity, create: !req.OnlyExisting, join: true}
	got, err := m.service().JoinRoom(m.ctx, req)
	m.joined(c, got, err)
	if fault.CodeOf(err) == fault.RoomFull && m.model.wantedDue(r) {
		m.take(wantedOp{name, req.AgentName})
	}
}

func (m *machine) create() {
	name, password := m.roomName()
	req := chat.CreateRequest{
		Room: name, AgentName: m.name("as"), Password: password, Description: pick(m, "about", "", "all about it"),
		Capacity: pick(m, "capacity", 0, 3, 5, 5), Type: pick(m, "type", "", room.Group, room.Channel), Public: pick(m, "public", true, false),
	}
	got, err := m.service().CreateRoom(m.ctx, req)
	m.joined(joinCall{
		room: name, agent: req.AgentName, password: password, about: req.Description, capacity: req.Capacity, kind: req.Type,
		public: req.Public, create: true,
	}, got, err)
}

// joined checks the answer of a join, and notes the new agent.
func (m *machine) joined(c joinCall, got chat.Seated, err error) {
	op := joinOp{joinCall: c, got: got, code: m.unexpected(err)}
	var refusal *fault.Error
	if errors.As(err, &refusal) {
		op.retry = refusal.RetryAfter
	}
	m.take(op)
	if err != nil {
		return
	}
	for _, token := range m.tokens {
		if token == got.Token {
			m.Fatalf("a token is given out twice")
		}
	}
	id := op.who()
	m.agents, m.tokens[id] = append(m.agents, id), got.Token
	m.given(id, got.Cursor)
	m.take(viewOp{"the join", id, &got.Room, nil, -1})
}

func (m *machine) leave() {
	id := m.agent()
	got, err := m.service().LeaveRoom(m.ctx, m.tokens[id])
	if err != nil {
		m.Fatalf("leave: %v", err)
	}
	m.take(leaveOp{id, got})
}

func (m *machine) comeBack() {
	id := m.agent()
	got, err := m.service().JoinRoom(m.ctx, chat.JoinRequest{Token: m.tokens[id]})
	m.take(returnOp{id, 0, got, m.unexpected(err)})
	if err == nil {
		if got.Token != m.tokens[id] {
			m.Fatalf("a return changes the token")
		}
		m.take(viewOp{"the return", id, &got.Room, nil, -1})
		m.given(id, got.Cursor)
	}
}

func (m *machine) info() {
	id := m.agent()
	got, err := m.service().RoomInfo(m.ctx, chat.InfoRequest{Token: m.tokens[id]})
	m.take(infoOp{id, got, m.unexpected(err)})
	if err == nil {
		m.take(viewOp{"info", id, &got.Room, nil, -1})
	}
}

func (m *machine) infoByName() {
	name, password := m.roomName()
	got, err := m.service().RoomInfo(m.ctx, chat.InfoRequest{Room: name, Password: password})
	m.take(strangerOp{name, password, got, m.unexpected(err)})
}

func (m *machine) list() {
	op := listOp{search: pick(m, "search", "", "", "LA", "about")}
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

func (m *machine) wait() {
	id := m.agent()
	op := waitOp{who: id}
	req := chat.WaitRequest{Token: m.tokens[id]}
	req.Cursor, op.cursor = m.cursor(id)
	if m.model.oneService {
		req.BackIn = pick(m, "back in", 0, 0, 0, 0, 10*time.Minute)
	}
	op.backIn = req.BackIn
	got, err := m.service().Wait(m.ctx, req)
	op.got, op.code = got, m.unexpected(err)
	m.take(op)
	if err == nil {
		m.roster(id, got)
	}
}

// roster checks who is in the room after a wait, if its answer says so.
func (m *machine) roster(id agentID, got chat.Waited) {
	m.given(id, got.Cursor)
	if len(got.Agents) > 0 {
		m.take(viewOp{"the wait", id, nil, got.Agents, got.Others})
	}
}

func (m *machine) send() {
	id := m.agent()
	c := sendCall{who: id, text: m.text(id), key: pick(m, "key", "", "", "", "k1", "k2")}
	req := chat.SendRequest{Token: m.tokens[id], Text: c.text, Key: c.key}
	req.Cursor, c.cursor = m.cursor(id)
	c.kind = pick(m, "kind", "", "", "", room.Plain, room.Request, room.Status, room.Done)
	if c.kind != room.Done && pick(m, "private", false, true) {
		c.to = rapid.SliceOfN(rapid.Custom(func(*rapid.T) string { return m.name("to") }), 1, 2).Draw(m.T, "to")
	}
	if pick(m, "reply", false, false, true) {
		c.replyTo = m.answered(id)
	}
	req.To, req.Kind, req.ReplyTo = c.to, c.kind, c.replyTo
	service := m.service()
	got, err := service.Send(m.ctx, req)
	if err == nil && !got.Sent {
		m.take(holdOp{c, got}, waitOp{who: id, cursor: c.cursor, got: got.Waited, owed: true})
		m.roster(id, got.Waited)
		return
	}
	m.take(sendOp{c, got, m.unexpected(err), false})
	m.given(id, got.Cursor)
	if err == nil && !m.model.oneService { // so that the other service learns of the call soon
		req := chat.HistoryRequest{Token: req.Token, Limit: 1}
		page, err := service.History(m.ctx, req)
		m.take(historyOp{id, req, page, m.unexpected(err)})
	}
}

// text draws something new, the last text again, or a short or long one that is
// often sent.
func (m *machine) text(id agentID) string {
	r, a := m.find(id)
	last, _ := r.lastSaid(a)
	switch how := pick(m, "text", "new", "new", "new", "again", "again", "few"); {
	case how == "few":
		return pick(m, "of few", "yes", "no", strings.Repeat("a longer text, ", 3))
	case how == "again" && last.Seq > 0:
		return last.Text
	}
	m.said++
	return fmt.Sprintf("text number %d", m.said) + pick(m, "longer", "", " of those that are not short")
}

// answered draws the number of a message to answer, mostly one that the agent sees.
func (m *machine) answered(id agentID) int64 {
	r, a := m.find(id)
	if all := r.visible(a, 0); len(all) > 0 && rapid.IntRange(0, 4).Draw(m.T, "answers what it sees") > 0 {
		all = all[max(0, len(all)-6):]
		return all[rapid.IntRange(0, len(all)-1).Draw(m.T, "reply to")].Seq
	}
	return int64(rapid.IntRange(1, int(r.head())+1).Draw(m.T, "reply to number"))
}

func (m *machine) history() {
	id := m.agent()
	req := chat.HistoryRequest{Token: m.tokens[id], Limit: pick(m, "limit", 0, 1, 3, 100)}
	r, _ := m.find(id)
	n := int64(rapid.IntRange(1, int(r.head())+1).Draw(m.T, "number"))
	switch pick(m, "part", "last", "before", "after", "one") {
	case "before":
		req.Before = n
	case "after":
		req.After = n
	case "one":
		req.Seq = n
	}
	got, err := m.service().History(m.ctx, req)
	m.take(historyOp{id, req, got, m.unexpected(err)})
}

func (m *machine) update() {
	id := m.agent()
	yes, no := true, false
	req := chat.UpdateRequest{Token: m.tokens[id]}
	switch pick(m, "change", "name", "about", "password", "no password", "capacity", "type", "public", "close", "two") {
	case "name":
		req.Room = pick(m, "new name", "plans", "talk", "den", "PLANS", "News")
	case "about":
		req.Description = pick(m, "about", "all about it", "something else")
	case "password":
		if req.Password = pick(m, "password", "pw", "px"); !m.passwords {
			m.Skip("no passwords in this run")
		}
	case "no password":
		req.RemovePassword = true
	case "capacity":
		req.Capacity = pick(m, "capacity", 2, 3, 4)
	case "type":
		req.Type = pick(m, "type", room.Group, room.Channel)
	case "public":
		req.Public = pick(m, "public", &yes, &no)
	case "close":
		req.Close = pick(m, "really", true, false, false)
		req.RemovePassword = !req.Close
	case "two":
		req.Room, req.Capacity = pick(m, "new name", "talk", "News"), pick(m, "capacity", 2, 4)
	}
	got, err := m.service().UpdateRoom(m.ctx, req)
	m.take(updateOp{id, req, got, m.unexpected(err)})
}

func (m *machine) manage() {
	c := manageCall{who: m.agent(), name: m.name("whose"), note: pick(m, "note", "", "", "be quiet")}
	c.action = pick(m, "action", room.Promote, room.Demote, room.Mute, room.Unmute, room.Kick, room.BanName, room.Unban)
	got, err := m.service().ManageAgent(m.ctx, chat.ManageRequest{Token: m.tokens[c.who], AgentName: c.name, Note: c.note, Action: c.action})
	m.take(manageOp{c, got, m.unexpected(err)})
}
