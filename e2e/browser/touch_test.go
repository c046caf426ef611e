package browser

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

// tooSmall returns what a hand would miss: of what lies above the rest, that of which less than some pixels in height
// take a press. A link in a text is as high as its line.
const tooSmall = `(async (least) => {
  const found = [];
  const above = ["dialog", ".popover-panel", ".room-sidebar.open", "body"]
    .map((layer) => document.querySelector(layer)).find((layer) => layer);
  for (const one of above.querySelectorAll("button, summary, a[href], select, input:not([type=file])")) {
    if (one.closest(".md, .skip, [inert]") || one.disabled || !one.checkVisibility({ opacityProperty: true })) continue;
    one.scrollIntoView({ block: "center", behavior: "instant" });
    for (let n = 0; n < 2; n++) await new Promise(requestAnimationFrame);
    if (!one.isConnected) continue; // the conversation keeps what is near the view
    const { left, top, width, height } = one.getBoundingClientRect();
    const takes = (by) => {
      const hit = document.elementFromPoint(left + width / 2, top + height / 2 + by);
      return !!hit && (one.contains(hit) || hit.closest("label")?.control === one);
    };
    if (Array.from({ length: 81 }, (_, n) => n - 40).filter(takes).length < least) found.push(one.outerHTML.slice(0, 160) + " " + height);
  }
  return found;
})(%d)`

// A thumb needs 44 px and a mouse 24, less what a part of a pixel at either end takes.
const thumb, mouse = 42, 23

// In each state of a phone all that one presses is as high as a thumb, and elsewhere it is as high as WCAG 2.5.8 wants.
func TestTouch_whatIsPressed_isAsHighAsAThumb(t *testing.T) {
	t.Parallel()
	sc := sceneOn(onFile(t))
	tab := sc.mayas
	tab.look(390, 844, "light")
	do(tab, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true})
	tab.reload()
	tab.is(css(".message-draft").nth(0))
	least := thumb
	fits := func(state string) {
		t.Helper()
		for _, one := range evaluate[[]string](tab, fmt.Sprintf(tooSmall, least)) {
			t.Errorf("%s: %s", state, one)
		}
	}
	fits("a room with drafts")
	tab.shows("table", "center")
	fits("a room with code")
	if wide := evaluate[int](tab, `Math.max(...[...document.querySelectorAll(".md-code pre")].map((code) =>
	  code.scrollWidth - code.clientWidth))`); wide > 0 {
		t.Errorf("a block of code is %d px wider than it is shown", wide)
	}
	tab.click(css(".room-sidebar-button"))
	fits("the side of a room")
	tab.click(button("Show all tasks"))
	tab.is(css("dialog"))
	fits("the tasks")
	tab.press("Escape")
	tab.isNot(css("dialog"))
	tab.click(button("Settings").in(aside))
	tab.is(css("dialog"))
	fits("the settings")
	tab.press("Escape")
	tab.isNot(css("dialog"))
	tab.press("Escape")
	for _, dialog := range []string{"Notifications", "Invite", "Export", "Add a webhook", "Leave room"} {
		tab.click(button("Menu"))
		fits("the menu")
		tab.click(button(dialog).in(".popover-panel"))
		tab.is(css("dialog"))
		fits(dialog)
		tab.press("Escape")
		tab.isNot(css("dialog"))
	}
	tab.visit("/")
	tab.sees("Needs you")
	fits("the home page")
	tab.visit("/r/" + roomOf(sc.maya))
	do(tab, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: false})
	tab.look(1440, 900, "light")
	tab.is(css(".message-draft").nth(0))
	least = mouse
	fits("a room, with a mouse")
	tab.click(button("Show all tasks"))
	tab.is(css("dialog"))
	fits("the tasks, with a mouse")
	tab.visit("/")
	tab.sees("Needs you")
	fits("the home page, with a mouse")
}
