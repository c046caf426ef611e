package browser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/cli/client"
)

// agentAt is a client to which the address of MCP that a page shows was given.
func (s *server) agentAt(address, name string, bearer ...string) *agent {
	s.t.Helper()
	base, mcp := strings.CutSuffix(address, "/mcp")
	root, code, _ := strings.Cut(base, "/i/")
	if !mcp || root != s.root {
		s.t.Fatalf("the page shows the address %s", address)
	}
	a := s.caller(name, bearer...)
	if code != "" {
		a.client = client.New(root, client.Options{HTTP: s.http, Invite: code})
		s.t.Cleanup(func() { _ = a.client.Close() }) // the program may be gone
	}
	return a
}

func TestHome_publicRoom_isFoundAndJoinedWithItsPassword(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	for i := range 30 {
		s.caller("Bot").call("create_room", args{"agent_name": "Bot", "room": fmt.Sprintf("Room %02d", i),
			"public": true})
	}
	bot := s.caller("Bot")
	bot.sit("create_room", args{"agent_name": "Bot", "room": "Zen", "public": true, "password": "pw", "capacity": 4})
	tab := s.person().open("/")
	tab.sees("Room 19")
	tab.seesNot("Room 20")
	tab.click(button("More rooms"))
	tab.sees("Zen")
	tab.fill(role("searchbox", "Search names and descriptions"), "nowhere")
	tab.sees("No public rooms match.")
	tab.fill(role("searchbox", "Search names and descriptions"), "zen")
	tab.seesNot("No public rooms match.")

	// It can be joined by its name as well: the first try has no password, the second another room.
	tab.click(button("Join a room by name"))
	tab.fill(css("#named-agent_name"), "Ann")
	tab.fill(css("#named-room"), "Zen")
	tab.click(button("Join").in("dialog"))
	tab.until("the password is asked for", `document.querySelector("#named-password-error")`)
	tab.fill(css("#named-room"), "Zenn")
	tab.fill(css("#named-password"), "pw")
	tab.click(button("Join").in("dialog"))
	tab.sees("No room has this name")
	tab.press("Escape")
	tab.click(button("Join the room Zen"))

	tab.fill(field("Your name").in("dialog"), "Bot")
	tab.click(button("Join").in("dialog"))
	tab.until("the password is asked for",
		`document.activeElement.id === "join-password" && document.querySelector("#join-password-error")`)
	tab.fill(css("#join-password"), "no")
	tab.click(button("Join").in("dialog"))
	tab.until("the password is wrong",
		`document.querySelector("#join-password-error")?.textContent === "Wrong password."`)
	tab.fill(css("#join-password"), "pw")
	tab.click(button("Join").in("dialog"))
	tab.until("the name is taken",
		`document.activeElement.id === "join-agent_name" && document.activeElement.getAttribute("aria-invalid")`)
	tab.sees("Someone here has this name")
	tab.fill(field("Your name").in("dialog"), "Ann (me)")
	tab.click(button("Join").in("dialog"))
	tab.sees("Use letters, digits, spaces")
	tab.press("Escape")
	tab.click(button("Join a room by name"))
	tab.fill(field("Your name").in("dialog"), "Ann")
	tab.fill(css("#named-room"), "Zen")
	tab.fill(css("#named-password"), "pw")
	tab.click(button("Join").in("dialog"))
	tab.until("the page is that of the room", `location.pathname.startsWith("/r/")`)
	bot.hears("that Ann has joined", func(m message) bool { return m.Type == "joined" && m.Agent == "Ann" })

	// Who has a seat there is led to it.
	tab.visit("/")
	tab.click(button("Join a room by name"))
	tab.fill(css("#named-room"), "zen")
	tab.click(button("Join").in("dialog"))
	tab.until("the field says so", `
	  document.querySelector("#named-room-error")?.textContent === "You already have a seat in this room."`)
	tab.accessible(byDay, "a room by name, with a seat there")
	tab.click(button("Join").in("dialog"))
	tab.until("asked again, the server answers", `document.querySelector("#named-password-error")`)
	tab.click(hyper("Open the room Zen").in("dialog"))
	tab.until("the page is that of the room", `location.pathname.startsWith("/r/")`)
}

// People paste what they were given where the page asks for a room.
func TestHome_inviteInPlaceOfTheRoom_isThatInvite(t *testing.T) {
	t.Parallel()
	s := onFile(t, "--access", "keys")
	key := s.key("ann")
	bot := s.caller("Bot", key)
	bot.sit("create_room", args{"agent_name": "Bot", "room": "Zen", "capacity": 9, "password": "pw"})
	code, foreign := inviteOf(t, bot), ident.NewInvite("another key", ident.NewRoomID(), 1).String()
	tab := s.person().open("/")
	tab.fill(field("Your key"), key)
	tab.click(button("Use this key"))
	tab.sees("Create a room")
	join := func(name, room string) {
		tab.visit("/")
		tab.click(button("Join a room by name"))
		tab.fill(css("#named-agent_name"), name)
		tab.fill(css("#named-room"), room)
		tab.click(button("Join").in("dialog"))
	}
	for _, given := range []string{foreign, "https://parley.example/i/" + foreign, bot.watch, s.root + "/mcp",
		"12:30"} {
		join("Ann", given)
		tab.until("the field says what is wrong with "+given, `document.activeElement.id === "named-room" &&
			document.querySelector("#named-room-error")?.textContent.startsWith("This is no room or invite here.")`)
	}
	for n, given := range []string{s.root + "/i/" + code, code,
		"Add the MCP server " + s.root + "/i/" + code + "/mcp and call join_room with your agent_name."} {
		name := fmt.Sprint("Ann ", n)
		join(name, given)
		tab.until("the page is that of the room", `location.pathname.startsWith("/r/")`)
		tab.sees("Zen")
		bot.hears("that "+name+" has joined", func(m message) bool { return m.Type == "joined" && m.Agent == name })
	}
	bot.call("update_room", args{"new_invite": true})
	join("Ann 3", code)
	tab.sees("This invite link was replaced. An admin created a new one. Ask whoever invited you for it.")
}

func TestHome_personMakesARoom_anAgentComesByTheShownAddress(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	tab := s.person().open("/")
	address := tab.shownLines("Any other")[0]
	tab.click(button("Create a room"))
	tab.until("the first field has the focus", `document.activeElement.id === "create-agent_name"`)
	tab.types("Ann Lee")
	tab.fill(field("Room name"), "Tea at five")
	tab.click(css(".landing-more summary"))
	tab.fill(field("Description"), "To read.")
	tab.fill(role("spinbutton", "Seats"), "101")
	tab.fill(css("#create-password"), " secret ")
	tab.click(role("checkbox", "Show in public rooms"))
	tab.click(button("Create room"))
	tab.until("the seats are wrong, and have the focus",
		`document.activeElement.id === "create-capacity" && document.querySelector("#create-capacity-error").textContent`)
	tab.fill(role("spinbutton", "Seats"), "7")
	tab.click(button("Create room"))
	tab.until("the page is that of the room", `location.pathname.startsWith("/r/")`)
	tab.sees("Tea at five")
	const headings = `[...document.querySelectorAll(".sidebar :is(h2, h3)")].map((h) => h.innerText).join()`
	tab.until("what has no content, or is all there is, has no heading", headings+` === "Members,About this room"`)
	tab.until("the text has the focus, and a screen reader says where", entered("Tea at five"))

	bot := s.agentAt(address, "Bot")
	bot.sit("join_room", args{"room": "Tea at five", "password": " secret ", "agent_name": "Bot",
		"create_if_missing": false})
	bot.says("Green or black?")
	tab.sees("Green or black?")
	room := bot.call("room_info", nil).Room
	if seats := room.Agents; len(seats) != 2 || seats[0].Name != "Ann Lee" || !seats[0].Person ||
		seats[0].Role != "admin" {
		t.Errorf("the seats are %+v", seats)
	}
	if room.Description != "To read." {
		t.Errorf("the room is %+v", room)
	}

	// A person alone has no reins, and others see that it is a person.
	other := s.person().open(bot.watch)
	bot.says("Is it hot enough?", args{"kind": "request", "ask": []string{"Ann Lee"}})
	tab.owes("Is it hot enough?")
	tab.waits("1 question")
	tab.until("the side has what there is", headings+` === "Members,About this room"`)
	tab.isNot(button("Pause your agent"))
	tab.seesNot("your agent")
	other.sees("Your agent asked Ann Lee")
	other.until("a person is told from an agent",
		`[...document.querySelectorAll(".sidebar-person")].some((row) => /^Ann Lee\s*person/.test(row.innerText))`)

	tab.visit("/")
	tab.is(hyper("Tea at five").in(".landing-list"))
	tab.click(button("Create a room"))
	tab.until("the first empty field has the focus", `document.activeElement.id === "create-room"`)
	if got := evaluate[string](tab, `document.querySelector("#create-agent_name").value`); got != "Ann Lee" {
		t.Errorf("the page remembers the name %q", got)
	}
}

// entered tells whether the page of a room is as for those who have just taken a seat with a mouse at hand.
func entered(room string) string {
	return `document.activeElement.matches(".compose textarea") &&
		[...document.querySelectorAll("[role=status]")].some((one) => one.innerText === ` + quoted("You are in "+room) + `)`
}

// A look takes no seat. A guest whose seat was taken away takes another by a new invite, and one that still has a
// seat learns how to give it up.
func TestInvite_personJoins_isRemoved_andJoinsByANewInvite(t *testing.T) {
	t.Parallel()
	s := onFile(t, "--access", "keys")
	eve := s.caller("Eve", s.key("ann"))
	eve.sit("create_room", args{"room": "Tea house", "agent_name": "Eve", "person": true, "capacity": 4,
		"description": "About tea." + strings.Repeat(" Green, black and white, with what is drunk to it.", 7)})
	code := inviteOf(t, eve)
	tab := s.person().open("/i/" + code)
	tab.sees("You are invited to Tea house")
	tab.until("the name has the focus", `document.activeElement.id === "guest-agent_name"`)
	tab.sees("About tea.")
	tab.sees("Run by Eve")
	tab.until("the tab has its name", `document.title === "Tea house · Parley"`)
	tab.sees("3 seats are free.")
	tab.sees("No key or sign-in needed: this link is enough.")
	tab.click(role("radio", "Any other"))
	if got := tab.copied(func() { tab.click(button("Copy the A2A address")) }); got != s.root+"/i/"+code+"/" {
		t.Errorf("the A2A address is %q", got)
	}
	bot := s.agentAt(tab.shownLines("Any other")[0], "Bot")
	bot.sit("join_room", args{"agent_name": "Bot", "create_if_missing": false})
	if seats := bot.call("room_info", nil).Room.Agents; len(seats) != 2 {
		t.Errorf("after a look the seats are %+v", seats)
	}
	// The person comes first, in a card as large as that for an agent.
	tab.until("two cards are alike", `(([person, agent]) => person.offsetWidth === agent.offsetWidth &&
		person.offsetTop === agent.offsetTop && person.offsetHeight === agent.offsetHeight &&
		person.innerText.startsWith("Join yourself") &&
		agent.innerText.startsWith("Bring your agent"))(document.querySelectorAll(".landing-card"))`)
	const filled = `document.querySelectorAll("main .primary").length === 1 &&
		document.querySelector("main .primary").innerText === "Join"`
	tab.until("one button is filled", filled)
	tab.look(390, 664, "light")
	tab.until("a phone shows the name and Join at once", `scrollTo(0, 0), ["#guest-agent_name", ".landing-form .primary"]
		.every((one) => document.querySelector(one).getBoundingClientRect().bottom <= innerHeight)`)
	tab.look(320, 640, "light")
	tab.sees("Tell your agent")
	tab.until("one button is filled", filled)
	tab.accessible(byDay, "an invite")
	tab.click(button("Join"))
	tab.until("the name is asked for",
		`document.activeElement.id === "guest-agent_name" && document.querySelector("#guest-agent_name-error")`)
	for name, why := range map[string]string{"eve": "If it is yours, press Join again", "Parley": "is reserved"} {
		tab.fill(field("Your name"), name)
		tab.click(button("Join"))
		tab.until("the name is refused", `document.activeElement.id === "guest-agent_name" &&
			document.querySelector("#guest-agent_name-error")?.innerText.includes(`+quoted(why)+`)`)
	}
	tab.fill(field("Your name"), "Ann")
	tab.click(button("Join"))
	tab.until("the text has the focus, and a screen reader says where", entered("Tea house"))
	bot.says("Welcome")
	tab.sees("Welcome")
	tab.seesNot("which is taken") // nobody hears of the first try
	tab.visit("/i/" + code)
	tab.sees("You already have a seat here: Ann. To take another, first leave the room in its menu.")
	tab.click(hyper("Open room"))
	tab.sees("Welcome")

	eve.call("manage_agent", args{"agent_name": "Ann", "action": "kick"})
	old := eve.invited()
	eve.invite = eve.call("update_room", args{"new_invite": true}).Invite
	tab.visit(old)
	tab.sees("This invite link was replaced")
	eve.call("update_room", args{"capacity": 2})
	tab.visit("/r/" + roomOf(bot))
	tab.sees("Eve removed you from this room")
	tab.visit(eve.invited())
	tab.sees("You no longer have a seat here. This room is full. Only Eve can add a seat. Ask for one, then try again.")
	tab.click(button("Try again"))
	tab.sees("This room is still full.")
	eve.call("update_room", args{"capacity": 4})
	tab.click(button("Try again"))
	tab.sees("You no longer have a seat here. Join again, without an agent.")
	tab.seesNot("You already have a seat here")
	tab.accessible(byDay, "an invite after a seat is gone")
	tab.fill(field("Your name"), "Ann")
	tab.click(button("Join"))
	tab.until("the page is that of the room", `location.pathname.startsWith("/r/")`)
	eve.says("Welcome back")
	tab.sees("Welcome back")
}

// Links open in the browser beside an installed app, whose storage is another: there a person pastes them, as they
// came. A link that leads nowhere leaves the page and the text as they are. No key is asked for.
func TestHome_link_isTakenAsPeoplePasteIt(t *testing.T) {
	t.Parallel()
	s := onFile(t, "--access", "keys")
	bot := s.caller("Bot", s.key("ann"))
	bot.sit("create_room", args{"agent_name": "Bot", "room": "Zen", "capacity": 9})
	code, foreign := inviteOf(t, bot), ident.NewInvite("another key", ident.NewRoomID(), 1).String()
	said := bot.says("Welcome")
	tab := s.person().open("/")
	tab.look(390, 800, "light")
	paste := func(text string) {
		tab.visit("/")
		tab.click(button("I have a link"))
		tab.fill(field("Link"), text)
		tab.click(button("Open").in("dialog"))
	}
	refused := func(text, why string) {
		paste(text)
		tab.until("the field says what is wrong with "+text, `document.activeElement.id === "link-link" &&
			document.querySelector("#link-link-error")?.textContent.includes(`+quoted(why)+`)`)
		if got := evaluate[string](tab, `document.querySelector("#link-link").value`); got != text {
			t.Errorf("the field has %q in place of %q", got, text)
		}
	}

	room := "/r/" + bot.token[:7]
	refused("", "Paste a link.")
	refused("Zen", "That isn't a Parley link.")
	refused(s.root+"/mcp", "That isn't a Parley link.")
	refused(s.root+"/i/"+code[1:], "This link is incomplete or mistyped.")
	refused(s.root+room+"#"+claimOf(bot.watch)[1:], "This link is incomplete or mistyped.")
	refused(s.root+room, "You have no seat here.")
	tab.expects("HTTP 404")
	refused(foreign, "This invite link doesn't work.")
	refused("https://parley.example/i/"+foreign, "It is of parley.example: open it there.")
	tab.accessible(byDay, "a link of another server is pasted")
	tab.look(390, 800, "light")

	tab.press("Shift+Enter")
	tab.until("there is a line more, and no error", `document.querySelector("#link-link").value.endsWith("\n") &&
		!document.querySelector("#link-link-error")`)
	tab.fill(field("Link"), "Come in:\n"+s.root+"/i/"+code)
	tab.press("Enter")
	tab.sees("You are invited to Zen")

	for _, invite := range []string{s.root + "/i/" + code, strings.ToUpper(code), "https://a-name.example/i/" + code,
		"Add the MCP server " + s.root + "/i/" + code + "/mcp and call join_room with your agent_name."} {
		paste(invite)
		tab.sees("You are invited to Zen")
	}
	paste("Watch and speak here: " + bot.watch + ". It opens once.")
	tab.until("the page is that of the room", `location.pathname === `+quoted(room)+` && !location.hash`)
	tab.sees("Welcome")
	paste(s.root + room + "#" + said)
	tab.until("the message has the focus", `document.activeElement.innerText.includes("Welcome")`)
	tab.look(1440, 900, "light")
	tab.click(button("Menu"))
	tab.click(button("Add a device"))
	tab.click(button("Create a link").in(modal))
	tab.sees("Is Parley installed there as an app?")
	link := tab.invite()

	app := s.person().open("/")
	tab, app = app, tab
	tab.expects("HTTP 401")
	refused(bot.watch, "This link was opened on another device.")
	paste(link)
	tab.until("the page is that of the room", `location.pathname === `+quoted(room)+` && !location.hash`)
	tab.sees("Welcome")
	tab.visit("/")
	tab.sees("Zen")
	tab.is(button("I have a link"))
	app.sees("Welcome")
}
