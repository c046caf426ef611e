package browser

import (
	"errors"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
)

// crowd seats three agents, of which the first is admin, and opens the link of its person.
func (s *server) crowd() (ada, bo, cy *agent, tab *tab) {
	s.t.Helper()
	ada = s.caller("Ada")
	ada.sit("create_room", args{"room": "The bridge", "agent_name": "Ada", "capacity": 3})
	bo, cy = s.agent("The bridge", "Bo"), s.agent("The bridge", "Cy")
	return ada, bo, cy, s.person().open(ada.watch)
}

// refused makes a call that must be refused with a code.
func (a *agent) refused(code fault.Code, tool string, with args) {
	a.t.Helper()
	got, err := a.try(tool, with)
	var refusal *fault.Error
	if !errors.As(err, &refusal) || refusal.Code != code {
		a.t.Errorf("%s calls %s: %+v, %v; want %s", a.name, tool, got, err, code)
	}
}

// A ban stands longer than the messages that are loaded.
func TestSidebar_admin_mutesPromotesRemovesAndBans(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo, cy, tab := s.crowd()
	bos := s.person().open(bo.watch)
	bos.click(button("Menu"))
	bos.is(button("Leave room"))
	for _, name := range []string{"Actions for Ada", "Actions for Cy", "Settings"} {
		bos.isNot(button(name)) // only admins may
	}
	bos.press("Escape")
	tab.click(button("Actions for Bo"))
	tab.fill(field("Reason, visible to everyone (optional)"), "It talks too much")
	tab.click(button("Mute"))
	tab.is(css(".sidebar-person .sidebar-warn"))
	tab.until("the focus is back at the button", // until the seat moves to another group
		`document.activeElement.getAttribute("aria-label") === "Actions for Bo"`)
	bo.refused(fault.NotAllowed, "send_message", args{"text": "Really?"})
	tab.tells("It talks too much") // in the conversation
	bos.sees("An admin muted you.")
	bos.audience("your agent")
	bos.says("Keep quiet for now")
	bo.hears("the note", func(m message) bool { return m.From == "your user" && m.Text == "Keep quiet for now" })

	tab.click(button("Actions for Bo"))
	tab.click(button("Unmute"))
	tab.isNot(css(".sidebar-person .sidebar-warn"))
	bo.says("Thanks.")
	tab.click(button("Actions for Cy"))
	tab.click(button("Make admin"))
	cy.hears("its role", func(m message) bool { return m.Type == "role" && m.Agent == "Cy" })
	cy.call("update_room", args{"description": "Mine as well"})
	tab.click(button("Actions for Cy"))
	tab.click(button("Remove as admin"))
	tab.tells("removed Cy as admin") // in the conversation
	cy.refused(fault.NotAllowed, "update_room", args{"description": "Mine alone"})

	tab.click(button("Actions for Bo"))
	tab.press("Escape")
	tab.isNot(button("Ban"))
	tab.click(button("Actions for Bo"))
	tab.until("no action stands alone in its row", `(([mute, promote, kick, ban]) =>
	  mute === promote && kick === ban && mute < kick)(
	  [...document.querySelectorAll(".sidebar-actions button")].map((one) => one.offsetTop))`)
	tab.click(button("Remove"))
	tab.sees("Remove Bo?")
	tab.press("Escape") // closes the dialog alone
	tab.isNot(css(modal))
	bo.says("Still here.")
	tab.click(button("Remove"))
	tab.click(button("Remove").in(modal))
	tab.isNot(css(modal)) // while it is open nothing behind it can be reached
	tab.isNot(button("Actions for Bo"))
	bo.refused(fault.Removed, "send_message", args{"text": "Why?"})

	tab.click(button("Actions for Cy"))
	tab.click(button("Ban"))
	tab.sees("Ban Cy?")
	tab.click(button("Ban").in(modal))
	tab.sees("Cy is banned")
	cy.refused(fault.Removed, "send_message", args{"text": "Why?"})
	s.caller("Cy").refused(fault.NotAllowed, "join_room", args{"room": "The bridge", "agent_name": "Cy"})
	ada.speaks(120, numbered("Since then"))
	tab.reload()
	tab.sees("Cy is banned")
	tab.click(button("Unban"))
	tab.seesNot("Cy is banned")
	s.agent("The bridge", "Cy").says("Back again.")
	tab.sees("Back again.")
}

// The box is offered with a ban alone, and is off until the person ticks it.
func TestSidebar_ban_removesFilesAndTasksWhereThatIsTicked(t *testing.T) {
	t.Parallel()
	ada, bo, cy, tab := onFile(t).crowd()
	kept := map[*agent]string{}
	for _, a := range []*agent{bo, cy} {
		kept[a] = a.shares(a.name+".txt", []byte("A note of "+a.name))
		a.call("task", args{"action": "add", "tasks": []args{{"title": "A task of " + a.name}}})
	}
	clear := role("checkbox", "Also remove files and open tasks under this name")
	tab.click(button("Actions for Bo"))
	tab.click(button("Remove"))
	tab.sees("Remove Bo?")
	tab.isNot(clear)
	for range 2 { // canceled once, which forgets the tick
		tab.click(button("Cancel").in(modal))
		tab.click(button("Ban"))
		tab.is(css("dialog input[type=checkbox]:not(:checked)"))
		tab.click(clear)
		tab.is(css("dialog input[type=checkbox]:checked"))
	}
	tab.click(button("Ban").in(modal))
	tab.sees("Bo is banned")
	tab.click(button("Actions for Cy"))
	tab.click(button("Ban"))
	tab.click(button("Ban").in(modal))
	tab.sees("Cy is banned")

	beside := `document.querySelector("` + aside + `").innerText`
	tab.until("the task of Bo is gone", `!`+beside+`.includes("A task of Bo") && `+beside+`.includes("A task of Cy")`)
	ada.refused(fault.InvalidArgument, "get_file", args{"id": kept[bo]})
	if got := string(ada.downloads(kept[cy])); got != "A note of Cy" {
		t.Errorf("the file of Cy holds %q", got)
	}
	if list := ada.list(); len(list) != 1 || list[0].Title != "A task of Cy" {
		t.Errorf("%+v are left, want the task of Cy", list)
	}
}

func TestSidebar_knocksAndSettings_takeEffect_andSayWhatIsRefused(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	_, bo, cy, tab := s.crowd()
	di := s.caller("Di")
	di.refused(fault.RoomFull, "join_room", args{"room": "The bridge", "agent_name": "Di"})
	tab.sees("No free seat for Di")
	tab.click(button("Add a seat"))
	tab.seesNot("No free seat for Di")
	di.sit("join_room", args{"room": "The bridge", "agent_name": "Di"})
	di.says("Thank you.")
	tab.sees("Thank you.")

	// An agent that is here is not removed for its name.
	bo.says("I am here.")
	s.caller("Bo").refused(fault.NameTaken, "join_room", args{"room": "The bridge", "agent_name": "Bo"})
	tab.tells("A newcomer chose the name Bo, which is taken")
	tab.isNot(button("Remove inactive agent"))

	// Cy is away, which the page takes for a long silence.
	evaluate[*bool](tab, `void (window.fetch = ((fetch) => async (...call) => {
	  const answer = await fetch(...call);
	  const text = await answer.text();
	  return new Response(text.replaceAll('"state":"away"', '"state":"silent","idle_minutes":15'), answer);
	})(window.fetch))`)
	cy.call("wait_for_message", args{"cursor": cy.cursor, "wait_seconds": 0, "back_in_minutes": 30})
	s.caller("Cy").refused(fault.NameTaken, "join_room", args{"room": "The bridge", "agent_name": "Cy"})
	tab.is(button("Remove inactive agent").in(".sidebar-knock"))
	tab.click(button("Remove inactive agent").in(".event"))
	tab.sees("Remove Cy?")
	tab.click(button("Remove").in("dialog"))
	tab.tells("removed Cy")
	tab.isNot(button("Remove inactive agent"))
	cy = s.caller("Cy")
	cy.sit("join_room", args{"room": "The bridge", "agent_name": "Cy"})

	s.agent("The tunnel", "Ed")
	tab.click(button("Settings"))
	tab.fill(field("Name"), "The tunnel")
	tab.click(button("Save"))
	tab.sees("Another room has this name")
	tab.fill(field("Name"), "The long bridge")
	tab.fill(field("Description"), "constructor") // the name of a method is as good as any
	tab.fill(role("spinbutton", "Agent messages without a human reply"), "1")
	tab.click(role("checkbox", "Show in public rooms"))
	tab.click(button("Save"))
	tab.isNot(css(modal))
	tab.sees("Public")
	tab.sees("changed the description:")
	room := bo.call("room_info", nil).Room
	if room.Name != "The long bridge" || room.Description != "constructor" {
		t.Errorf("the room is %+v", room)
	}
	tab.says("Go on.") // those who knocked have said something
	bo.hearsText("Go on.")
	bo.says("One.")
	bo.refused(fault.Paused, "send_message", args{"text": "Two."})
	tab.click(button("Settings"))
	tab.fill(field("Description"), "")
	tab.click(button("Save"))
	tab.tells("removed the description")
	if got := bo.call("room_info", nil).Room.Description; got != "" {
		t.Errorf("the description is %q", got)
	}

	cy.call("leave_room", nil)
	tab.click(button("Settings"))
	tab.fill(field("Password"), "rivets")
	tab.click(button("Save"))
	tab.sees("the old one no longer works")
	tab.press("Escape")
	tab.sees("Password required")
	ed := s.caller("Ed")
	ed.refused(fault.WrongPassword, "join_room", args{"room": "The long bridge", "agent_name": "Ed"})
	tab.click(button("Settings"))
	tab.click(role("checkbox", "Remove password"))
	tab.click(button("Save"))
	tab.seesNot("Password required")
	ed.sit("join_room", args{"room": "The long bridge", "agent_name": "Ed"})
}

func TestSidebar_banOfAGuest_andANewPassword_showTheNewLink(t *testing.T) {
	t.Parallel()
	s := onFile(t, "--access", "keys")
	ada := s.caller("Ada", s.key("Ada"))
	ada.sit("create_room", args{"room": "The bridge", "agent_name": "Ada", "capacity": 5})
	tab := s.person().open(ada.watch)
	tab.click(button("Invite"))
	link := tab.invite()
	tab.press("Escape")
	s.guest(link, "Bo")
	bySettings := func() {
		tab.click(button("Settings"))
		tab.fill(field("Password"), "rivets")
		tab.click(button("Save"))
	}
	byBan := func() {
		tab.click(button("Actions for Bo"))
		tab.click(button("Ban"))
		tab.click(button("Ban").in(modal))
	}
	for name, renew := range map[string]func(){"Cy": byBan, "Di": bySettings} {
		old := link
		renew()
		tab.sees("the old one no longer works")
		tab.until("there is another link", `document.querySelector(".sidebar-shown code")?.textContent !== `+
			quoted(old))
		link = tab.invite()
		s.invited(old, "Eve").refused(fault.NotAllowed, "join_room", args{"agent_name": "Eve"})
		s.guest(link, name).says("I came by the new link.")
		tab.press("Escape")
		tab.isNot(css(modal))
	}
	tab.tells("You banned Bo; the invite link was replaced")
	tab.click(button("Invite"))
	tab.is(css(".sidebar-shown code").nth(0))
	tab.seesNot("the old one no longer works")
}
