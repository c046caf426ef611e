package browser

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/client"
)

// In the page, what stands beside the conversation.
const (
	aside  = ".room-sidebar"
	drafts = ".sidebar-drafts"
	modal  = "dialog"
)

// turned waits until a switch of the reins is on or off.
func (tab *tab) turned(name, on string) {
	tab.t.Helper()
	tab.is(css(`[role=switch][aria-label="` + name + `"][aria-checked=` + on + `]`))
}

// pending sends a message that must become a draft.
func (a *agent) pending(text string, with args) {
	a.t.Helper()
	given := args{"text": text}
	for name, value := range with {
		given[name] = value
	}
	if got := a.call("send_message", given); got.Sent || got.Status != "pending" {
		a.t.Fatalf("%s sent %q: %+v", a.name, text, got)
	}
}

// decided waits until the agent hears what its person decided about a draft.
func (a *agent) decided(reason string) {
	a.t.Helper()
	a.hears("a draft "+reason, func(m message) bool { return m.Type == "draft" && m.Reason == reason })
}

func TestSide_pause_holdsBackWhatTheAgentSends(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("The bridge", "Ada"), s.agent("The bridge", "Bo")
	tab := s.person().open(ada.watch)
	tab.click(role("switch", "Pause"))
	tab.turned("Pause", "true")
	if got := ada.call("send_message", args{"text": "Can you hear me?"}); got.Sent || got.Status != "paused" {
		t.Errorf("a paused agent sent: %+v", got)
	}
	tab.click(role("switch", "Pause"))
	tab.turned("Pause", "false")
	ada.says("And now?")
	bo.hearsText("And now?")
}

func TestSide_draft_isSentAsItIs(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, s *server) {
		ada, bo := s.agent("The bridge", "Ada"), s.agent("The bridge", "Bo")
		question := bo.says("How long will it be?", args{"kind": "request", "ask": []string{"Ada"}})
		tab := s.person().open(ada.watch)
		tab.click(role("switch", "Approve"))
		tab.turned("Approve", "true")
		ada.pending("Forty **meters**.", args{"reply_to": question, "to": []string{"Bo"}})
		tab.sees("Privately to Bo")
		tab.sees("Answers Bo:")
		tab.is(css(drafts + " strong")) // Markdown
		tab.click(button("Send").in(drafts))
		tab.isNot(css(drafts))
		ada.decided("sent")
		if got := bo.hearsText("Forty **meters**."); got.Person || len(got.To) != 1 || got.ReplyTo != question {
			t.Errorf("Bo heard %+v", got)
		}
	})
}

func TestSide_draft_isEditedInPlace_andSentAsThePersonsWords(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("The bridge", "Ada"), s.agent("The bridge", "Bo")
	tab := s.person().open(ada.watch)
	tab.click(role("switch", "Approve"))
	tab.turned("Approve", "true")
	ada.pending("It will be cheap.", nil)
	tab.click(button("Edit").in(drafts))
	tab.press("Control+a") // the field has the focus
	tab.types("It will not be cheap.")
	tab.click(button("Send as my words").in(drafts))
	tab.isNot(css(drafts))
	if got := bo.hearsText("It will not be cheap."); !got.Person {
		t.Errorf("Bo heard %+v", got)
	}
	ada.decided("edited")
}

func TestSide_draft_isRefused_andTheNextOneHasTheFocus(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("The bridge", "Ada"), s.agent("The bridge", "Bo")
	tab := s.person().open(ada.watch)
	tab.click(role("switch", "Approve"))
	tab.turned("Approve", "true")
	ada.pending("It will be cheap.", nil)
	ada.pending("It will be fast.", nil)
	tab.sees("2 messages wait for you")
	tab.click(button("Refuse").in(drafts + " li:first-child"))
	tab.sees("1 message waits for you")
	tab.until("the focus is at the drafts", `document.activeElement.id === "sidebar-drafts"`)
	ada.decided("refused")
	tab.click(button("Refuse").in(drafts))
	tab.isNot(css(drafts))
	bo.says("Anybody there?")
	for _, m := range bo.history() {
		if strings.HasPrefix(m.Text, "It will") {
			t.Errorf("Bo heard %+v", m)
		}
	}
}

func TestSide_draftToOneThatHasLeft_saysThereWhyItIsNotSent(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("The bridge", "Ada"), s.agent("The bridge", "Bo")
	tab := s.person().open(ada.watch)
	tab.click(role("switch", "Approve"))
	tab.turned("Approve", "true")
	ada.pending("Between us: it will sway.", args{"to": []string{"Bo"}})
	bo.call("leave_room", nil)
	tab.click(button("Send").in(drafts))
	tab.is(css(drafts + " [role=alert]"))
	tab.sees("has just left the room")
	tab.is(button("Refuse").in(drafts))
}

func TestSide_requests_sayWhoOwesWhomAnAnswer(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, s *server) {
		ada := s.caller("Ada")
		ada.sit("create_room", args{"room": "The bridge", "agent_name": "Ada", "capacity": 3})
		bo, cy := s.agent("The bridge", "Bo"), s.agent("The bridge", "Cy")
		tab := s.person().open(ada.watch)
		other := s.person().open(cy.watch)
		tab.sees("Nobody owes an answer.")
		length := bo.says("How long will it be?", args{"kind": "request", "ask": []string{"Ada"}})
		bo.says("Who paints it?", args{"kind": "request", "ask": []string{"Cy"}})
		tab.sees("Your agent owes Bo an answer")
		tab.sees("Cy owes Bo an answer")
		tab.until("mine comes first", `document.querySelector(".sidebar-owed p").textContent.startsWith("Your agent owes Bo an answer ")`)
		other.sees("Ada owes Bo an answer")
		ada.says("Forty meters.", args{"reply_to": length})
		tab.seesNot("Your agent owes Bo an answer")
		other.seesNot("Ada owes Bo an answer")
		tab.sees("Cy owes Bo an answer")

		// The person answers for its agent.
		other.click(button("Answer").in(aside))
		other.types("My uncle does.")
		other.press("Control+Enter")
		if got := bo.hearsText("My uncle does."); !got.Person || got.ReplyTo == "" {
			t.Errorf("Bo heard %+v", got)
		}
		tab.sees("Nobody owes an answer.")
		other.sees("Nobody owes an answer.")
	})
}

func TestSide_proposal_isAgreedTo_andStandsAmongTheAgreements(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("The bridge", "Ada"), s.agent("The bridge", "Bo")
	tab := s.person().open(ada.watch)
	tab.sees("Nothing is agreed yet.")
	bo.says("We paint it blue.", args{"kind": "proposal"})
	tab.sees("Your agent owes Bo an answer to a proposal")
	tab.is(button("Object").in(aside))
	tab.click(button("Agree").in(aside))
	bo.hears("the agreement", func(m message) bool { return m.Kind == "agree" && m.Person && m.Agreed != "" })
	tab.sees("Bo, with Ada")
	tab.seesNot("Nothing is agreed yet.")
}

func TestSide_agreements_areAllShownOnRequest(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("The bridge", "Ada"), s.agent("The bridge", "Bo")
	for _, color := range []string{"blue", "red", "green", "white", "black", "gray"} {
		id := bo.says("We paint it "+color+".", args{"kind": "proposal"})
		ada.call("send_message", args{"kind": "agree", "reply_to": id})
	}
	tab := s.person().open(ada.watch)
	tab.click(button("Show all agreements"))
	const list = `[...document.querySelectorAll(".sidebar-quote")].map((quote) => quote.textContent.split(" ").at(-1)).join(" ")`
	tab.until("they stand there once each, the newest first", list+` === "gray. black. white. green. red. blue."`)
	tab.isNot(button("Show all agreements"))
}

func TestSide_inviteLink_seatsAFurtherAgent_inBothWaysOfAccess(t *testing.T) {
	t.Parallel()
	for _, access := range []string{"open", "keys"} {
		t.Run(access, func(t *testing.T) {
			t.Parallel()
			s := onFile(t, "--access", access)
			ada := s.caller("Ada", s.key("Ada"))
			ada.sit("create_room", args{"room": "The bridge", "agent_name": "Ada", "capacity": 3})
			tab := s.person().open(ada.watch)
			tab.click(button("Invite"))
			first := tab.invite()
			if copied := tab.copied(func() { tab.click(button("Copy the link")) }); copied != first {
				t.Errorf("copied %q in place of %q", copied, first)
			}
			s.guest(first, "Bo").says("I came by the link.")
			tab.sees("I came by the link.")

			tab.click(button("Make a new link"))
			tab.until("there is another link", `document.querySelector(".sidebar-shown code")?.textContent !== `+quoted(first))
			second := tab.invite()
			if _, err := s.invited(first, "Cy").try("join_room", args{"agent_name": "Cy"}); err == nil {
				t.Error("the old link still seats somebody")
			}
			s.guest(second, "Di").says("So did I.")
			tab.sees("So did I.")
			tab.sees("No seat is free.")
			tab.click(button("Add seats in settings"))
			tab.fill(role("spinbutton", "Seats"), "4")
			tab.click(button("Save"))
			tab.sees("1 of 4 seats free")
		})
	}
}

// invite returns the link in the dialog.
func (tab *tab) invite() string {
	tab.t.Helper()
	tab.is(css(".sidebar-shown code").nth(0))
	return evaluate[string](tab, `document.querySelector(".sidebar-shown code").textContent`)
}

func TestSide_anotherDevice_isLetInByALinkThatIsShownOnce(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("The bridge", "Ada"), s.agent("The bridge", "Bo")
	tab := s.person().open(ada.watch)
	tab.click(button("Menu"))
	tab.click(button("Another device"))
	tab.click(button("Make a link").in(modal))
	phone := s.person().open(tab.invite())
	bo.says("Mind the gap.")
	phone.sees("Mind the gap.")
	phone.click(role("switch", "Pause"))
	tab.turned("Pause", "true")
}

// invited is a caller that an invite admits.
func (s *server) invited(link, name string) *agent {
	_, code, _ := strings.Cut(link, "/i/")
	a := &agent{t: s.t, name: name, client: client.New(s.root, client.Options{HTTP: s.http, Invite: code})}
	s.t.Cleanup(func() { _ = a.client.Close() })
	return a
}

// guest takes a seat by the link of an invite.
func (s *server) guest(link, name string) *agent {
	s.t.Helper()
	a := s.invited(link, name)
	a.sit("join_room", args{"agent_name": name})
	return a
}
