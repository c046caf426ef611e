package chat_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

// roomName is one of few; most calls use the password that is right.
func (m *machine) roomName() (name, password string) {
	name = pick(m, "room", "plans", "plans", "plans", "plans", "Plans", "talk", "talk", "den")
	switch r := m.holder(name); {
	case r != nil && rapid.IntRange(0, 7).Draw(m.T, "password is right") > 0:
		return name, r.password
	case m.passwords && (r != nil || name == "den"):
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
	now, r := m.now(), m.holder(name)
	if r == nil || r.over(now) || r.deserted() {
		got, err := m.service().JoinRoom(m.ctx, req)
		if !req.OnlyExisting {
			m.made("join", got, err, r, &modelRoom{name: name, password: password, capacity: max(req.Capacity, 2), kind: room.Group}, req.AgentName)
			return
		}
		m.refused("join", err, fault.RoomNotFound)
		return
	}
	ghost := r.named(req.AgentName)
	if ghost != nil && m.doubtful(ghost) {
		m.Skip("not every service knows since when the ghost is one")
	}
	got, err := m.service().JoinRoom(m.ctx, req)
	_, banned := keeps(r.bans, req.AgentName)
	switch {
	case password != r.password:
		m.refused("join", err, fault.WrongPassword)
	case banned:
		m.refused("join", err, fault.NotAllowed)
	case ghost != nil:
		m.replace(r, ghost, req.AgentName, got, err)
	case len(r.seats) >= r.capacity:
		m.takeOver(r, req.AgentName, got, err)
	default:
		m.refused("join", err)
		m.seated(got, r, r.seat(now, req.AgentName, r.newcomerSees()), chat.StatusJoined)
	}
}

func (m *machine) create() {
	name, password := m.roomName()
	req := chat.CreateRequest{
		Room: name, AgentName: m.name("as"), Password: password, Description: pick(m, "about", "", "all about it"),
		Capacity: pick(m, "capacity", 0, 3, 5, 5), Type: pick(m, "type", "", room.Group, room.Channel), Public: pick(m, "public", true, false),
	}
	r := m.holder(name)
	got, err := m.service().CreateRoom(m.ctx, req)
	if r != nil && !r.over(m.now()) && !r.deserted() {
		m.refused("create", err, fault.RoomExists)
		return
	}
	next := &modelRoom{name: name, about: req.Description, password: password, capacity: max(req.Capacity, 2), kind: room.Group, public: req.Public}
	if req.Type == room.Channel {
		next.kind = room.Channel
	}
	m.made("create", got, err, r, next, req.AgentName)
}

// made checks the answer of a call that makes a room, in place of old.
func (m *machine) made(what string, got chat.Seated, err error, old, r *modelRoom, agent string) {
	m.refused(what, err)
	if old != nil {
		old.moved = true
	}
	r.key, r.pushed = strings.ToLower(r.name), m.now()
	m.rooms, m.names[r.key] = append(m.rooms, r), r
	m.seated(got, r, r.seat(m.now(), agent, 1), chat.StatusCreated)
}

// seated checks the answer to one who has just got the seat s.
func (m *machine) seated(got chat.Seated, r *modelRoom, s *modelSeat, how chat.JoinStatus) {
	if s.token = got.Token; slices.ContainsFunc(m.agents, func(x *modelSeat) bool { return x.token == s.token }) {
		m.Fatalf("a token is given out twice")
	}
	m.agents = append(m.agents, s)
	var talk []chat.Message
	for _, e := range s.visible(0) {
		if e.Type == chat.Said && e.Seq < s.joined {
			talk = append(talk, e)
		}
	}
	last, earlier := talk[max(0, len(talk)-20):], int64(0)
	if len(talk) > 20 {
		earlier = last[0].Seq - s.since
	}
	m.same("the join", []any{got.Status, got.Name, got.Messages, got.HasMore, got.Earlier, got.Now}, []any{how, s.name, last, false, earlier, m.now()})
	m.cursorAt("the join", got.Cursor, s.joined, s)
	m.checkRoom("the join", got.Room, r, s)
}

// replace checks a join under a name that an agent has, who may be its ghost.
func (m *machine) replace(r *modelRoom, old *modelSeat, name string, got chat.Seated, err error) {
	now, free := m.now(), old.silentFrom().Add(20*time.Second)
	if old.used {
		free = old.silentFrom().Add(2 * time.Minute)
	}
	if now.Before(free) {
		m.refused("join under a name that is taken", err, fault.NameTaken)
		m.retries("join under a name that is taken", err, free.Sub(now))
		return
	}
	m.refused("join in place of a ghost", err)
	since := m.heirSees(r, old)
	r.remove(now, old, nil, room.ReasonReplaced, "")
	m.seated(got, r, r.seat(now, name, since), chat.StatusJoined)
}

// heirSees is the first event that one may see who takes the seat of a ghost of its
// name.
func (m *machine) heirSees(r *modelRoom, old *modelSeat) int64 {
	low, high := old.lease()
	noted := 15 * time.Minute // for so long it is known that the token was never used
	if !old.asAdmin.IsZero() {
		noted = 24 * time.Hour
	}
	end := low
	if !old.used {
		end = high
	}
	switch {
	case !old.used && m.now().Sub(old.joinedAt) < noted:
		return old.since
	case r.open():
		return r.newcomerSees()
	case !end.After(m.now()):
		return r.head() + 2
	}
	for _, e := range r.log {
		if e.At.After(slices.MaxFunc([]time.Time{old.joinedAt, old.called}, time.Time.Compare)) {
			return max(old.since, e.Seq)
		}
	}
	return max(old.since, r.head()+1)
}

// takeOver checks a join into a full room: one of the seats whose lease is over
// changes hands, and of these the stalest as far as that is known.
func (m *machine) takeOver(r *modelRoom, name string, got chat.Seated, err error) {
	now := m.now()
	var free []*modelSeat
	sure, exact, first := false, m.alone, time.Time{}
	for _, s := range r.seats {
		low, high := s.lease()
		if m.doubtful(s) {
			low, exact = now, false
		}
		if exact = exact && low.Equal(high); !low.After(now) {
			free = append(free, s)
		}
		if sure = sure || !high.After(now); first.IsZero() || low.Before(first) {
			first = low
		}
	}
	if err != nil && !sure {
		m.refused("join a full room", err, fault.RoomFull)
		if exact {
			m.retries("join a full room", err, first.Sub(now))
		}
		if now.Sub(r.knocked) >= 10*time.Minute {
			r.knocked = now
			r.append(now, modelEvent{Message: chat.Message{Type: chat.SeatWanted, Agent: name}})
		}
		return
	}
	if m.refused("join a full room with a free seat", err); len(free) == 0 {
		m.Fatalf("a join takes a seat of %s that is not free", r.name)
	}
	gone := m.missing(r, got.Room)
	if exact {
		slices.SortStableFunc(free, func(a, b *modelSeat) int { return a.heard().Compare(b.heard()) })
		free = free[:1]
	}
	if !slices.Contains(free, gone) {
		m.Fatalf("a join takes the seat of %s, want one of %d others", gone.name, len(free))
	}
	since := r.head() + 2
	if r.open() {
		since = r.newcomerSees()
	}
	r.remove(now, gone, nil, room.ReasonTimeout, "")
	m.seated(got, r, r.seat(now, name, since), chat.StatusJoined)
}

// doubtful reports whether s has become admin, and may have been taken for a member
// when it was last heard of, so that what was noted of that may be gone.
func (m *machine) doubtful(s *modelSeat) bool {
	noted := s.silentFrom().Add(15 * time.Minute)
	if !s.used {
		noted = s.joinedAt.Add(90 * time.Second)
	}
	return (!m.alone || !s.used) && !s.admitted.IsZero() && !m.now().Before(noted)
}

// heard is when s made its last call.
func (s *modelSeat) heard() time.Time {
	return slices.MaxFunc([]time.Time{s.joinedAt, s.called}, time.Time.Compare)
}

// missing is who of a room is not in how it is shown.
func (m *machine) missing(r *modelRoom, shown chat.Room) *modelSeat {
	for _, s := range r.seats {
		if !slices.ContainsFunc(shown.Agents, func(a chat.Agent) bool { return a.Name == s.name }) {
			return s
		}
	}
	m.Fatalf("nobody has left: %+v", shown)
	return nil
}

func (m *machine) leave() {
	s := m.agent()
	got, err := m.service().LeaveRoom(m.ctx, s.token)
	m.refused("leave", err)
	want := chat.StatusAlreadyLeft
	if len(m.barred(s)) == 0 && !s.room.closed {
		want = chat.StatusLeft
		s.room.remove(m.now(), s, nil, room.ReasonLeft, "")
	}
	m.same("leave", got, want)
}

func (m *machine) info() {
	s := m.agent()
	got, err := m.service().RoomInfo(m.ctx, chat.InfoRequest{Token: s.token})
	codes := m.barred(s)
	if codes == nil && s.room.closed {
		codes = []fault.Code{fault.RoomClosed}
	}
	if m.refused("info", err, codes...) {
		return
	}
	s.touch(m.now())
	m.checkRoom("info", got.Room, s.room, s)
	m.same("info", []any{got.Earlier, got.Requests, got.Now}, []any{s.room.head() + 1 - s.since, s.requests(), m.now()})
}

func (m *machine) infoByName() {
	name, password := m.roomName()
	r := m.holder(name)
	got, err := m.service().RoomInfo(m.ctx, chat.InfoRequest{Room: name, Password: password})
	switch {
	case r == nil || r.over(m.now()) || r.deserted():
		m.refused("info by name", err, fault.RoomNotFound)
	case password != r.password:
		m.refused("info by name", err, fault.WrongPassword)
	default:
		m.refused("info by name", err)
		m.checkRoom("info by name", got.Room, r, nil)
		m.same("info by name", []any{got.Earlier, len(got.Requests)}, []any{max(0, r.head()+1-r.newcomerSees()), 0})
	}
}

func (m *machine) list() {
	search := pick(m, "search", "", "", "LA", "about")
	var want, all []string
	for _, r := range m.rooms {
		found := strings.Contains(r.key+r.about, strings.ToLower(search))
		if found && r.public && !r.closed && !r.over(m.now()) && !r.deserted() {
			want = append(want, fmt.Sprintf("%s: %+v", r.key, chat.Listed{
				Name: r.name, Description: r.about, Type: r.kind, Agents: len(r.seats), Capacity: r.capacity, PasswordProtected: r.password != "",
			}))
		}
	}
	slices.Sort(want)
	req := chat.ListRequest{Search: search, Limit: pick(m, "limit", 0, 1, 2)}
	for pages := 0; pages == 0 || req.Page != ""; pages++ {
		got, err := m.service().ListRooms(m.ctx, req)
		if m.refused("list", err); pages > 20 {
			m.Fatalf("the list has no end")
		}
		for _, r := range got.Rooms {
			all = append(all, fmt.Sprintf("%s: %+v", strings.ToLower(r.Name), r))
		}
		req.Page = got.NextPage
	}
	m.same("list", all, want)
}
