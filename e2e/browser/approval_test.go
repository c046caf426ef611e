package browser

import (
	"encoding/base64"
	"fmt"
	"testing"
)

// A person approves some messages of its agent: the rest goes out. The keyboard does it all.
func TestApproval_ofFiles_letsATextGoOut_andAFileWait(t *testing.T) {
	t.Parallel()
	talk := trioOn(onFile(t))
	tab := talk.page
	tab.click(button("Got it"))
	tab.approves("Some")
	tab.sees("Your agent can't change tasks or the room, show what it is doing, or leave.")
	tab.accessible(byDay, "some messages wait")
	for _, kind := range []string{"Private messages", "Suggestions and answers to them"} {
		tab.click(role("checkbox", kind))
		tab.approving("Some")
	}
	talk.ann.says("A text for everybody.")
	talk.ann.says("And one for Bob.", args{"to": []string{"Bob"}})
	talk.bob.hearsText("And one for Bob.")
	file := args{"name": "plan.txt", "note": "My plan", "base64": base64.StdEncoding.EncodeToString([]byte("plan"))}
	if got := talk.ann.call("share_file", file); got.Sent || got.Status != "pending" {
		t.Fatalf("a file was sent: %+v", got)
	}
	if got := talk.bob.texts(); len(got) != 2 {
		t.Errorf("before Ann has decided, Bob heard %q", got)
	}
	tab.sees("1 draft to approve")
	tab.isNot(role("heading", "Files"))
	tab.decides(button("Send").in(drafts))
	talk.bob.hearsFile("plan.txt")
	tab.is(role("heading", "Files"))

	// The room knows it after a reload, and on another device.
	tab.reload()
	tab.approving("Some")
	const chosen = `[...document.querySelectorAll(".sidebar-approval [type=checkbox]")].map((box) => box.checked).join()`
	tab.until("only files are chosen", chosen+` === "false,true,false"`)

	// By the keyboard: the arrows lead from one choice to the next, and Space turns a box.
	tab.click(role("radio", "Some").in(approval))
	tab.press("ArrowRight")
	tab.approving("All")
	tab.press("ArrowLeft")
	tab.approving("Some")
	tab.until("what was chosen last is all", chosen+` === "true,true,true"`)
	for left := range 3 {
		tab.press("Tab", "Space")
		if left < 2 {
			tab.approving("Some")
		}
	}
	tab.approving("None")
	tab.until("the choice has the focus", `document.activeElement.matches(".sidebar-approval [value=none]")`)

	// Of what is pressed while a call is under way, the last counts.
	tab.press("ArrowRight", "ArrowRight")
	tab.approving("All")
	tab.press("ArrowLeft", "ArrowLeft")
	tab.approving("None")
	talk.ann.says("A proposal.", args{"kind": "proposal"})
	talk.bob.hearsText("A proposal.")
}

// Without a connection only what restrains the agent waits for one.
func TestApproval_withoutAConnection_waitsIfItRestrains(t *testing.T) {
	t.Parallel()
	talk := trioOn(onFile(t))
	tab := talk.page
	tab.expects("ERR_")
	tab.offline(true)
	tab.sees("No connection")
	tab.approves("Some")
	tab.sees("Takes effect once you're online.")
	tab.click(role("checkbox", "Suggestions and answers to them"))
	tab.approving("Some")
	tab.offline(false)
	tab.seesNot("Takes effect once you're online.")
	if got := talk.ann.call("send_message", args{"text": "For you", "to": []string{"Bob"}}); got.Sent {
		t.Errorf("a private message was sent: %+v", got)
	}
	talk.ann.says("A proposal.", args{"kind": "proposal"})
	tab.is(css(drafts))
	tab.offline(true)
	tab.sees("No connection")
	tab.click(role("radio", "None").in(approval))
	tab.is(css(".sidebar-problem"))
	tab.approving("Some")
	tab.click(button("Send").in(drafts))
	tab.sees("You are offline.")
	tab.offline(false)
	tab.seesNot("You are offline.")
	evaluate[bool](tab, `((real) => (window.fetch = (address, how) => how.body?.includes('"decision"')
	  ? Promise.reject(new TypeError("lost")) : real(address, how), true))(fetch)`)
	tab.decides(button("Send").in(drafts))
	tab.is(css(drafts + " [role=alert]"))
	tab.offline(true)
	tab.sees("No connection")
	tab.offline(false)
	tab.isNot(css(drafts + " [role=alert]"))
}

// The question that a draft answers is withdrawn, before the person presses Send and after: the card says so, and the
// draft is sent only after a second press.
func TestApproval_questionIsWithdrawn_isAskedOnce(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("den", "Ada"), s.agent("den", "Bo")
	tab := s.person().open(ada.watch)
	tab.approves("All")
	for n, pressedBefore := range []bool{false, true} {
		asked := bo.says(fmt.Sprint("Shall I delete ", n, "?"), args{"ask": []string{"Ada"}})
		ada.drafts(fmt.Sprint("Yes, delete ", n), args{"reply_to": asked})
		tab.sees(fmt.Sprint("Yes, delete ", n))
		tab.seesNot("The question was withdrawn.")
		if pressedBefore {
			tab.click(button("Send").in(drafts))
			tab.is(button("Undo"))
		}
		bo.says("Never mind.", args{"withdraw": asked})
		if pressedBefore {
			tab.undoesNothing()
		} else {
			tab.sees("The question was withdrawn. 1 message came since")
			tab.click(button("Send").in(drafts))
			tab.sees("Send it anyway?")
			tab.accessible(byDay, "a draft whose question was withdrawn")
			tab.click(button("Cancel").in(drafts))
			tab.click(button("Send").in(drafts))
		}
		tab.sees("Send it anyway?")
		tab.decides(button("Send anyway").in(drafts))
		tab.isNot(css(drafts))
		tab.sees(fmt.Sprint("Yes, delete ", n))
	}
}
