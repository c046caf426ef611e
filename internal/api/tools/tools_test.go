package tools_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestJoin_byTokenAlone_returnsToTheSeat(t *testing.T) {
	w := newWorld(t)
	ann := w.connect(modern)
	first := ann.call("join_room", args{"room": "den:pw", "agent_name": "Ann"})
	back := ann.call("join_room", args{"agent_token": first.Token, "room": nil, "agent_name": ""})
	if back.Status != "returned" || back.Token != first.Token || back.Name != "Ann" || back.Room.Name != "den" {
		t.Errorf("came back to %+v", back)
	}
	if strings.Contains(back.Invite, "pw") || !strings.Contains(back.Invite, `"den"`) {
		t.Errorf("the invite is %s", back.Invite)
	}
}

func TestCalls_refused_sayWhyByCode(t *testing.T) {
	w := newWorld(t)
	p := w.connect(legacy)
	ann := p.call("join_room", args{"room": "den:pw", "agent_name": "Ann"})
	p.call("join_room", args{"room": "den:pw", "agent_name": "Bob"})
	p.call("create_room", args{"room": "news", "agent_name": "Ann", "type": "channel"})
	reader := p.call("join_room", args{"room": "news", "agent_name": "Bob"})
	for _, c := range []struct {
		tool string
		args args
		want string // the code and a part of the message
	}{
		{"join_room", args{"room": "den", "agent_name": "Cy"}, "wrong_password: This room needs a password"},
		{"join_room", args{"room": "den", "agent_name": "Cy", "password": "no"}, "wrong_password: The password is not"},
		{"join_room", args{"room": "den:pw", "agent_name": "ann"}, "name_taken: Another agent"},
		{"join_room", args{"room": "den:pw", "agent_name": "Cy"}, "room_full: All 2 seats"},
		{"join_room", args{"room": "nowhere", "agent_name": "Cy", "create_if_missing": "false"},
			"room_not_found: There is no room"},
		{"join_room", args{"agent_token": ann.Token, "room": "news"},
			"invalid_argument: agent_token belongs to another room"},
		{"join_room", args{"agent_name": "Cy"},
			"invalid_argument: Correct this and call join_room again: room is missing"},
		{"join_room", args{"room": "den"},
			"invalid_argument: Correct this and call join_room again: agent_name is missing"},
		{"join_room", args{"room": "den", "agent_name": "Cy", "capacity": 1},
			"invalid_argument: Correct this and call join_room again: capacity must be a whole number from 2 to 100"},
		{"create_room", args{"room": "den", "agent_name": "Cy"}, "room_exists: A room of this name"},
		{"create_room", args{"room": "hall"},
			"invalid_argument: Correct this and call create_room again: agent_name is missing"},
		{"create_room", args{"agent_name": "system"}, "invalid_argument: agent_name"},
		{"room_info", args{}, "invalid_argument: Correct this and call room_info again: agent_token (for your own " +
			"room) or room is missing"},
		{"room_info", args{"agent_token": ann.Token, "room": "news"},
			"invalid_argument: Correct this and call room_info again: agent_token and room may be two rooms"},
		{"room_info", args{"room": "nowhere"}, "room_not_found: "},
		{"send_message", args{"agent_token": ann.Token},
			"invalid_argument: Correct this and call send_message again: text is missing"},
		{"send_message", args{"agent_token": ann.Token, "text": " "}, "invalid_argument: text is missing or blank"},
		{"send_message", args{"agent_token": ann.Token, "text": strings.Repeat("a", 32769)},
			"message_too_long: text has 32769 bytes, at most 32768 are allowed. Nothing was sent: write it to a " +
				"file and call share_file with name and size"},
		{"send_message", args{"agent_token": ann.Token, "text": "my token is " + ann.Token},
			"invalid_argument: text holds an agent token"},
		{"send_message", args{"agent_token": reader.Token, "text": "me too"}, "not_allowed: Only admins speak"},
		{"send_message", args{"agent_token": "abc", "text": "hi"}, "token_invalid: agent_token is mistyped"},
		{"wait_for_message", args{"wait_seconds": 1},
			"invalid_argument: Correct this and call wait_for_message again: agent_token is missing"},
		{"wait_for_message", args{"agent_token": ann.Token, "back_in_minutes": 121},
			"invalid_argument: Correct this and call wait_for_message again: back_in_minutes must be a whole number " +
				"from 0 to 120"},
		{"message_history", args{"agent_token": ann.Token, "before": "m000005", "after": "m000001"},
			"invalid_argument: Give only one"},
		{"leave_room", args{}, "invalid_argument: Correct this and call leave_room again: agent_token is missing"},
		{"send_message", args{"agent_token": ann.Token, "text": "psst", "to": "Nobody"}, "invalid_argument: to"},
		{"send_message", args{"agent_token": ann.Token, "text": "psst", "to": []string{"Bob", ""}},
			"invalid_argument: Correct this and call send_message again: to must be a list of texts"},
		{"send_message", args{"agent_token": ann.Token, "text": "psst", "kind": "shout"},
			"invalid_argument: Correct this and call send_message again: kind must be message or request or status " +
				"or proposal or agree or object or done"},
		{"wait_for_message", args{"agent_token": ann.Token, "activity": strings.Repeat("a", 81)},
			"invalid_argument: activity"},
		{"update_room", args{"agent_token": reader.Token, "capacity": 9}, "not_allowed: Only admins"},
		{"update_room", args{"agent_token": ann.Token, "capacity": 101},
			"invalid_argument: Correct this and call update_room again: capacity must be"},
		{"update_room", args{"agent_token": ann.Token}, "invalid_argument: "},
		{"manage_agent", args{"agent_token": ann.Token, "action": "mute", "name": "Bob"},
			"invalid_argument: Correct this and call manage_agent again: name is not an argument"},
		{"manage_agent", args{"agent_token": ann.Token, "action": "mute"},
			"invalid_argument: Correct this and call manage_agent again: agent_name is missing"},
		{"manage_agent", args{"agent_token": ann.Token, "action": "mute", "agent_name": "Bob", "id": "m000001"},
			"invalid_argument: Correct this and call manage_agent again: id is not an argument"},
		{"send_message", args{"agent_token": ann.Token, "kind": "request"},
			"invalid_argument: Correct this and call send_message again: text is missing (only kind agree and " +
				"withdraw need none)"},
		{"send_message", args{"agent_token": ann.Token, "text": "away", "back_in_minutes": 121},
			"invalid_argument: Correct this and call send_message again: back_in_minutes must be a whole number from " +
				"0 to 120"},
		{"send_message", args{"agent_token": ann.Token, "text": "and?", "reply_to": "m000001"}, "invalid_argument: "},
		{"send_message", args{"agent_token": ann.Token, "kind": "agree", "reply_to": "m000001"}, "invalid_argument: "},
		{"manage_agent", args{"agent_token": ann.Token, "agent_name": "Bob", "action": "shoot"},
			"invalid_argument: Correct this and call manage_agent again: action must be promote or demote or"},
		{"manage_agent", args{"agent_token": ann.Token, "agent_name": "Cy", "action": "mute"}, "invalid_argument: "},
		{"enter_queue", args{}, "invalid_argument: Correct this and call enter_queue again: agent_name is missing " +
			"(or, to go on waiting, ticket)"},
		{"enter_queue", args{"agent_name": "Ann", "leave": true},
			"invalid_argument: Correct this and call enter_queue again: ticket is missing"},
		{"enter_queue", args{"ticket": ann.Token}, "invalid_argument: "},
	} {
		if r := p.try(c.tool, c.args); !strings.HasPrefix(r.text, c.want) {
			t.Errorf("%s%v: %s\nwant %s", c.tool, c.args, r.text, c.want)
		}
	}
}

func TestJoin_refusedForNow_saysWhenToTryAgain(t *testing.T) {
	w := newWorld(t)
	p := w.connect(modern)
	p.call("join_room", args{"room": "den", "agent_name": "Ann"})
	p.call("join_room", args{"room": "den", "agent_name": "Bob"})
	for _, name := range []string{"Ann", "Cy"} {
		if r := p.try("join_room", args{"room": "den", "agent_name": name}); r.Retry < 1 ||
			!strings.Contains(r.text, fmt.Sprintf("(retry_after_seconds: %d)", r.Retry)) {
			t.Errorf("%s gets %s", name, r.text)
		}
	}
}

// No model reads about idempotency_key, and programs spell the name as their language does.
func TestCall_camelCaseOfAHiddenArgument_isRefusedWithItsName(t *testing.T) {
	p := newWorld(t).connect(modern)
	ann := p.call("join_room", args{"room": "den", "agent_name": "Ann"})
	for _, tool := range []string{"send_message", "share_file"} {
		r := p.try(tool, args{"agent_token": ann.Token, "idempotencyKey": "k1", "replyTo": "m000001"})
		if r.Code != "invalid_argument" ||
			!strings.Contains(r.Message, "idempotencyKey is not an argument: write idempotency_key") {
			t.Errorf("%s answers %s", tool, r.text)
		}
	}
}

// A message with an unknown argument might be a private one.
func TestSend_withUnknownArgument_saysNothing(t *testing.T) {
	w := newWorld(t)
	p := w.connect(modern)
	ann := p.call("join_room", args{"room": "den", "agent_name": "Ann"})
	r := p.try("send_message", args{"agent_token": ann.Token, "text": "for Bob alone", "recipients": "Bob"})
	if r.Code != "invalid_argument" || !strings.Contains(r.Message, "recipients is not an argument") {
		t.Errorf("the answer is %s", r.text)
	}
	for _, m := range p.call("message_history", args{"agent_token": ann.Token}).Messages {
		if m.Type == "message" {
			t.Errorf("%+v was said", m)
		}
	}
}

func TestWait_cursorOfNobody_isRefused(t *testing.T) {
	w := newWorld(t)
	p := w.connect(modern)
	ann := p.call("join_room", args{"room": "den", "agent_name": "Ann"})
	bob := p.call("join_room", args{"room": "den", "agent_name": "Bob"})
	for _, cursor := range []any{2, "2", 2.5, "41-zz", "latest", bob.Cursor} {
		r := p.try("wait_for_message", args{"agent_token": ann.Token, "cursor": cursor, "wait_seconds": 0})
		if r.Code != "invalid_argument" || !strings.HasPrefix(r.Message, "cursor is none of yours") {
			t.Errorf("with cursor %v: %s", cursor, r.text)
		}
	}
}

func TestSend_asksForMoreThanTheLongestWait_isNotRefused(t *testing.T) {
	w := newWorld(t)
	p := w.connect(modern)
	ann := p.call("join_room", args{"room": "den", "agent_name": "Ann"})
	bob := p.call("join_room", args{"room": "den", "agent_name": "Bob"})
	p.call("send_message", args{"agent_token": ann.Token, "text": "hi"})
	got := p.call("wait_for_message", args{"agent_token": bob.Token, "cursor": bob.Cursor, "wait_seconds": 100000})
	if len(got.Messages) != 1 {
		t.Errorf("waiting too long gave %s", got.text)
	}
	p.call("leave_room", args{"agent_token": bob.Token}) // ends the wait of Ann's next send
	if got := p.call("send_message", args{"agent_token": ann.Token, "cursor": ann.Cursor, "text": "more",
		"wait_seconds": 300}); !got.Sent || len(got.Messages) == 0 {
		t.Errorf("sending with too long a wait gave %s", got.text)
	}
}

func TestHistory_longText_comesInPartsThatFit(t *testing.T) {
	w := newWorld(t)
	p := w.connect(modern)
	long := strings.Repeat("Ünd so wéiter \"…\"\n", 1400)
	ann := p.call("join_room", args{"room": "den", "agent_name": "Ann"})
	bob := p.call("join_room", args{"room": "den", "agent_name": "Bob"})
	p.call("send_message", args{"agent_token": ann.Token, "text": long})
	m := p.call("wait_for_message", args{"agent_token": bob.Token, "cursor": bob.Cursor}).Messages[0]
	got := m.Text
	for parts := 1; m.More != nil; parts++ {
		m = p.call("message_history", args{"agent_token": bob.Token, "id": m.More.ID,
			"offset": m.More.Offset}).Messages[0]
		got += m.Text
		if parts > 10 {
			t.Fatalf("%d parts for %d bytes", parts, len(long))
		}
	}
	if string(got) != long {
		t.Errorf("%d bytes came, of %d", len(got), len(long))
	}
}

func TestRooms_publicOnes_areListedPageByPage(t *testing.T) {
	w := newWorld(t)
	p := w.connect(modern)
	for i := range 3 {
		p.call("create_room", args{"agent_name": "Ann", "room": fmt.Sprint("open ", i), "public": true,
			"password": "pw"})
	}
	p.call("create_room", args{"agent_name": "Ann", "room": "open secret"})
	var names []string
	page := ""
	for len(names) < 10 {
		r := p.call("list_rooms", args{"search": "OPEN", "limit": 2, "page": page})
		for _, room := range r.Rooms {
			names = append(names, room.Name)
			if !room.PasswordProtected || room.Capacity != 2 || room.Agents != 1 {
				t.Errorf("listed as %+v", room)
			}
		}
		page = r.NextPage
		if page == "" {
			break
		}
	}
	if !slices.Equal(names, []string{"open 0", "open 1", "open 2"}) {
		t.Errorf("listed are %q", names)
	}
	if r := p.call("list_rooms", args{"limit": 0}); len(r.Rooms) != 3 {
		t.Errorf("without a limit: %s", r.text)
	}
	if r := p.call("list_rooms", args{"search": "nothing of the kind"}); !strings.HasPrefix(r.text, `{"rooms":[]`) {
		t.Errorf("no rooms are listed as %s", r.text)
	}
}

func TestRoomInfo_showsWhoIsAwayAndTheWholeDescription(t *testing.T) {
	w := newWorld(t)
	p := w.connect(legacy)
	about := strings.Repeat("what we are here for, ", 50)
	ann := p.call("create_room", args{"agent_name": "Ann", "room": "den", "description": about})
	bob := p.call("join_room", args{"room": "den", "agent_name": "Bob"})
	p.call("wait_for_message", args{"agent_token": bob.Token, "cursor": bob.Cursor, "wait_seconds": 0,
		"back_in_minutes": 20})
	if got := string(bob.Room.Description); got != about[:500]+"…" {
		t.Errorf("a join tells %q of the description", got)
	}
	r := p.call("room_info", args{"agent_token": ann.Token})
	if string(r.Room.Description) != about {
		t.Errorf("the description is %q", r.Room.Description)
	}
	if agents := r.Room.Agents; len(agents) != 2 || !agents[0].You || agents[1].State != "away" ||
		agents[1].BackInMinutes != 20 {
		t.Errorf("the agents are %+v", agents)
	}
	if r := p.call("room_info", args{"room": "den"}); len(r.Room.Agents) != 2 {
		t.Errorf("from outside: %s", r.text)
	}
}

func TestLeave_twice_isNoError(t *testing.T) {
	w := newWorld(t)
	p := w.connect(modern)
	ann := p.call("join_room", args{"room": "den", "agent_name": "Ann"})
	for _, want := range []string{"left", "already_left"} {
		if r := p.call("leave_room", args{"agent_token": ann.Token}); r.Status != want || r.Next == "" {
			t.Errorf("want %s, got %s", want, r.text)
		}
	}
	if r := p.try("send_message", args{"agent_token": ann.Token, "text": "still here"}); r.Code != "removed" {
		t.Errorf("after leaving: %s", r.text)
	}
}

func TestTools_storeGone_isUnavailableAndNoDetail(t *testing.T) {
	w := newWorld(t)
	p := w.connect(modern)
	if err := w.table.Close(); err != nil {
		t.Fatal(err)
	}
	r := p.try("join_room", args{"room": "den", "agent_name": "Ann"})
	if r.Code != "unavailable" || strings.Contains(r.text, "sqlite") || strings.Contains(r.text, ".db") {
		t.Errorf("the answer is %s", r.text)
	}
}

// Clients cut results at about 10 KB.
func TestWait_batchOfTheWorstTexts_staysUnder9KiB(t *testing.T) {
	for _, c := range []struct {
		what, text string
		times      int
	}{
		{"tasks, each offered to many", "", 12},
		{"one byte", "x", 60},
		{"quotes", strings.Repeat(`"`, 1000), 12},
		{"line separators", "x" + strings.Repeat("\u2028", 333), 12},
		{"line breaks", strings.Repeat("a\n", 100), 40},
		{"backslashes, long", strings.Repeat(`\`, 9000), 3},
		{"wide letters, long", strings.Repeat("𐐨", 3000), 3},
		{"tags, long", "x" + strings.Repeat("\U000e0041", 3000), 3},
		{"marks of direction", "x" + strings.Repeat("\u200f", 200), 40},
	} {
		w := newWorld(t)
		p := w.connect(modern)
		ann := p.call("join_room", args{"room": "den", "agent_name": strings.Repeat("𐐨", 40), "capacity": 10})
		bob := p.call("join_room", args{"room": "den", "agent_name": "Bob"})
		var many []string
		for len(many) < 8 && c.text == "" {
			many = append(many, strings.Repeat(string('a'+rune(len(many))), 40))
			p.call("join_room", args{"room": "den", "agent_name": many[len(many)-1]})
		}
		if len(many) > 0 {
			bob.Cursor = p.call("wait_for_message", args{"agent_token": bob.Token, "wait_seconds": 0}).Cursor
		}
		first := ""
		for i := range c.times {
			if c.text == "" {
				p.call("task", args{"agent_token": ann.Token, "action": "add",
					"tasks": []args{{"title": fmt.Sprint(i), "for": many},
						{"title": fmt.Sprint("also ", i), "for": many}}})
				continue
			}
			sent := p.call("send_message", args{"agent_token": ann.Token, "text": c.text, "reply_to": first,
				"idempotency_key": i})
			if first == "" {
				first = sent.ID
			}
		}
		got := 0
		for cursor, more := bob.Cursor, true; more; {
			r := p.call("wait_for_message", args{"agent_token": bob.Token, "cursor": cursor, "wait_seconds": 0})
			var raw struct {
				Messages json.RawMessage `json:"messages"`
			}
			if err := json.Unmarshal([]byte(r.text), &raw); err != nil {
				t.Fatal(err)
			}
			if len(raw.Messages) > 9<<10 || len(r.Messages) > 50 || len(r.Messages) == 0 {
				t.Fatalf("%s: a batch of %d messages in %d bytes", c.what, len(r.Messages), len(raw.Messages))
			}
			got, cursor, more = got+len(r.Messages), r.Cursor, r.HasMore
		}
		if got != c.times {
			t.Errorf("%s: %d messages came, of %d", c.what, got, c.times)
		}
	}
}

// Calls of a tool share forms, one after the other: no call may get the arguments of another call.
func TestCalls_ofOneToolAtOnce_haveTheirOwnArguments(t *testing.T) {
	w := newWorld(t)
	var calls sync.WaitGroup
	for caller := range 8 {
		p := w.connect(legacy)
		token := p.call("create_room", args{"agent_name": "Ann"}).Token
		calls.Go(func() {
			for n := range 10 {
				limit, about := 1+10*caller+n, args{}
				if n%2 == 0 {
					about["description"] = fmt.Sprint("room ", caller)
				}
				about["agent_token"], about["agent_messages"] = token, limit
				r, err := p.ask("update_room", about)
				if err != nil || !strings.Contains(r.text, fmt.Sprintf(`"agent_messages":%d`, limit)) ||
					strings.Contains(r.text, "description") != (n == 0) {
					t.Errorf("caller %d asks for %v and hears %s, %v", caller, about, r.text, err)
				}
			}
		})
	}
	calls.Wait()
}
