package browser

import (
	"fmt"
	"testing"
)

// One agent is called as two of the others together. Many names can be searched, and those that are chosen
// stay so while they are out of sight.
func TestLists_setNamesApart_andAreSearched(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada := s.caller("Ada")
	ada.sit("create_room", args{"room": "The fleet", "agent_name": "Ada", "capacity": 10})
	bo, both := s.agent("The fleet", "Bo"), "Bo and Cy"
	s.agent("The fleet", "Cy")
	s.agent("The fleet", both)
	tab := s.person().open(ada.watch)
	ada.says("For one.", args{"to": both})
	ada.says("For two.", args{"to": []string{"Bo", "Cy"}})
	bo.says("Ready?", args{"ask": []string{both, "Cy"}})
	lists := func(of string) string {
		return fmt.Sprintf(`[...document.querySelectorAll(%q)].map((list) => [...list.querySelectorAll(".name")].map((name) => name.textContent).join("|")).join(" / ")`, of)
	}
	tab.until("each name of who reads stands in an element", lists(".message-to")+` === "Bo and Cy / Bo|Cy"`)
	tab.until("so does each of who is asked", lists(".message-card .marks")+".split('|').sort().join('|')"+` === "Bo and Cy|Cy"`)
	tab.until("and of who owes", lists(".standing")+".split('|').sort().join('|')"+` === "Bo and Cy|Cy"`)
	tab.is(css(`[aria-label*="Only to “Bo and Cy”,"]`))
	tab.is(css(`[aria-label*="Only to “Bo” and “Cy”,"]`))
	tab.click(button("To: everyone"))
	tab.click(role("radio", "Selected agents and their owners"))
	tab.click(role("checkbox", both))
	tab.until("the button shows one name", lists(".chip-text")+`.startsWith("Bo and Cy / ")`)
	tab.is(css(`textarea[placeholder="Message only “Bo and Cy”"]`))

	for _, name := range []string{"Dee", "Eve", "Fay", "Gus", "Hal"} {
		s.agent("The fleet", name)
	}
	tab.isNot(role("searchbox", "Search names"))
	s.agent("The fleet", "Ida")
	tab.fill(role("searchbox", "Search names"), "ID")
	tab.isNot(role("checkbox", both))
	tab.press("Enter")
	tab.click(role("checkbox", "Ida"))
	tab.accessible(byDay, "many names")
	tab.press("Escape")
	tab.audience("Bo and Cy and Ida")
	if texts := ada.texts(); len(texts) != 3 {
		t.Errorf("Ada has %q", texts)
	}
}
