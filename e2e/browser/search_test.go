package browser

import (
	"fmt"
	"strings"
	"testing"
)

// pages has the page get what was said earlier one page at a time, by letOne, or not at all, by loseOne. asked counts.
const pages = `(() => {
	const real = fetch;
	const held = new Set();
	globalThis.asked = 0;
	globalThis.letOne = () => ([...held][0].let(), true);
	globalThis.loseOne = () => ([...held][0].lose(new TypeError("lost")), true);
	globalThis.fetch = async (address, init) => {
		const body = String(init?.body);
		if (!body.includes('"before"') || body.includes('"files"')) return real(address, init);
		asked++;
		const { promise, resolve, reject } = Promise.withResolvers();
		const one = { let: resolve, lose: reject };
		held.add(one);
		init.signal.addEventListener("abort", () => reject(init.signal.reason));
		await promise.finally(() => held.delete(one));
		return real(address, init);
	};
	return true;
})()`

func TestSearch_reachesWhatIsNotLoaded_stopsAndGoesOn(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ann, bob, _ := threeOf(t, s, "Far back")
	needle := bob.says("Where is the needle?")
	bob.says(strings.Repeat("A long line.\n", 800) + "The second needle.")
	bob.speaks(310, numbered("Hay"))
	tab := s.person().open(ann.watch)
	tab.sees("Hay 309")
	evaluate[bool](tab, pages)
	tab.press("/")
	tab.is(css(".search-line")) // which comes behind the first view
	tab.types("needles")
	tab.until("a page is wanted", "asked === 1")
	tab.press("Escape", "/") // closing ends the search
	tab.types("needle")
	tab.sees("Searching… reached today")
	tab.seesNot("Nothing found") // before all is searched
	tab.isAccessible(byDay, "a search that goes on", `document.querySelector("[role=search]")`)
	tab.until("the first page is wanted", "asked === 2 && letOne()")
	tab.until("the next page is wanted", "asked === 3")
	tab.click(button("Stop"))
	tab.sees("Searched back to today")
	tab.sees("Nothing found")
	tab.press("Enter") // the same button has it go on
	tab.until("it goes on where it was", "asked === 4 && letOne()")
	tab.until("the rest is wanted", "asked === 5 && loseOne()")
	tab.sees("The server didn't respond. Try again.")
	tab.click(button("Continue"))
	tab.until("the same page again", "asked === 6 && letOne()")
	tab.sees("1 of 1")
	tab.sees("Everything was searched but the end of a long message.")
	tab.click(button("Search in full"))
	tab.sees("1 of 2")
	tab.isNot(button("Search in full"))
	tab.until("nothing else is loaded", fmt.Sprintf("asked === 6 && !document.querySelector('[data-id=%q]')", needle))

	// The keys go by a message that is not loaded. Enter loads the talk back to it, and its word is marked.
	tab.press("ArrowDown", "ArrowDown", "Enter")
	tab.sees("Loading the messages up to this one")
	for n := 7; n <= 9; n++ {
		tab.until("a page is loaded", fmt.Sprintf("asked === %d && letOne()", n))
	}
	tab.until("its word is marked", fmt.Sprintf(`((word) => word && document.querySelector('[data-id=%q]').contains(
		word.startContainer))([...CSS.highlights.get("found-here") ?? []][0])`, needle))

	tab.click(button("Later result"))
	tab.sees("1 of 2")
	tab.isNot(css("[role=listbox]"))
	tab.click(role("combobox", "Search in the conversation")) // which lists them again
	tab.is(css("[role=listbox]"))

	// Of many results those are listed that are looked at.
	tab.fill(role("combobox", "Search in the conversation"), "Hay")
	tab.sees("1 of 310")
	const count = "document.querySelectorAll('[role=option]').length"
	tab.until("a hundred are listed", count+" === 100")
	evaluate[*bool](tab, "void document.querySelector('[role=listbox]').scrollTo(0, 1e6)")
	tab.until("more are listed", count+" === 200")
}
