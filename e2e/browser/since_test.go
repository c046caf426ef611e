package browser

import (
	"fmt"
	"strings"
	"testing"
)

// isRead says in the page whether the person has read up to the message with an id.
const isRead = `Object.entries(localStorage).some(([name, value]) => name.startsWith("parley.read.") && value.includes(%q))`

// The card at the red line counts what happened while the person was away, and each count leads to its first place.
func TestSince_cardAtTheLine_leadsToWhatHappened(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ann, bob, cy := threeOf(t, s, "Since")
	bob.speaks(30, numbered("Early"))
	tab := s.person().open(ann.watch)
	tab.sees("Early 29")
	tab.until("all is read", fmt.Sprintf(isRead, bob.says("The last that is read")))
	tab.isNot(css(".since"))
	tab.visit("about:blank")

	bob.call("task", args{"action": "add", "tasks": []args{{"title": "Test it"}, {"title": "Ship it"}}})
	bob.call("task", args{"action": "finish", "id": "t1", "ran": "make test", "exit": 0,
		"commit": strings.Repeat("5ef2c4c0a1", 4), "tree": strings.Repeat("98e2fbd3", 5)})
	cy.call("task", args{"action": "check", "id": "t1", "exit": 1, "tree": strings.Repeat("98e2fbd3", 5)})
	first := bob.says("New, and first")
	bob.speaks(40, numbered("New"))
	plan := bob.says("We paint it red.", args{"kind": "proposal", "ask": []string{"Cy"}})
	cy.call("send_message", args{"kind": "agree", "reply_to": plan})
	ask := bob.says("How long is it?", args{"kind": "request", "ask": []string{"Cy"}})
	cy.says("Only for Ann", args{"to": []string{ann.name}})
	bob.speaks(40, numbered("Late"))

	tab.visit("/")
	tab.click(hyper("Since"))
	tab.until("the card counts", `document.querySelector(".since")?.innerText ===
	  "85 messages: 1 agreed, 1 task done, 1 check differs, 1 question"`)
	at := tab.place(first)
	bob.says("Now")
	tab.sees("Bob's Claude: Now") // it is announced; the log is as high as rows out of sight are guessed to be
	if now := tab.place(first); now < at-1 || now > at+1 {
		t.Errorf("what is read moved from %d to %d", at, now)
	}
	tab.isAccessible(byDay, "the card at the line", `document.querySelector(".row:has(.since)")`)
	tab.look(390, 664, "dark")
	for _, one := range []struct{ link, place string }{
		{"1 question", ".message[data-id=" + quoted(ask) + "]"},
		{"85 messages", ".message[data-id=" + quoted(first) + "]"},
		{"1 check differs", ".event.row-shown"},
	} {
		tab.click(hyper(one.link))
		tab.until(one.link+" leads there", fmt.Sprintf(`((place) => place && place === document.activeElement &&
		  place.getBoundingClientRect().top > 0 && place.getBoundingClientRect().bottom < innerHeight)(
		  document.querySelector(%q))`, one.place))
		tab.until("the card is in the view again", `((card) => (card ? card.scrollIntoView({ block: "center" })
		  : document.querySelector(".log").scrollBy(0, -300), card))(document.querySelector(".since"))`)
	}
}

// Where more is unread than is loaded, the card stays in sight until the person loads more.
func TestSince_moreUnreadThanLoaded_cardStays(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ann, bob, _ := threeOf(t, s, "Since")
	tab := s.person().open(ann.watch)
	early := bob.says("Early")
	tab.sees("Early")
	tab.until("it is read", fmt.Sprintf(isRead, early))
	tab.visit("about:blank")
	bob.speaks(620, numbered("New"))
	tab.visit("/")
	tab.click(hyper("Since"))
	tab.sees("500 new")
	bob.says("Now")
	tab.sees("501 new")
	tab.until("the card is in sight", `((card) => card?.innerText === "Not all is loaded. 500 messages" &&
	  card.getBoundingClientRect().bottom < innerHeight)(document.querySelector(".since"))`)
	evaluate[*bool](tab, `void document.querySelector(".log").scrollBy(0, 8)`)
	tab.sees("601 new")
}
