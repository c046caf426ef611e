package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// element is one of a page: by its role and its accessible name, as a screen reader
// has them, or by a selector.
type element struct {
	role, name string
	selector   string // of the element itself; with a role, of the one element that holds it
	index      int    // among several
}

func button(name string) element { return element{role: "button", name: name} }
func field(name string) element  { return element{role: "textbox", name: name} }
func hyper(name string) element  { return element{role: "link", name: name} }

// role is an element of another role, such as "menuitem" or "checkbox".
func role(role, name string) element { return element{role: role, name: name} }

func css(selector string) element { return element{selector: selector} }

// in narrows it to what stands in an element.
func (w element) in(selector string) element {
	w.selector = selector
	return w
}

// nth is one of several, counted from 0.
func (w element) nth(index int) element {
	w.index = index + 1
	return w
}

func (w element) String() string {
	if w.role == "" {
		return w.selector
	}
	return strings.TrimSpace(fmt.Sprintf("%s %q %s", w.role, w.name, w.selector))
}

var errNotThere = errors.New("it is not there")

// find returns the element.
func (tab *tab) find(ctx context.Context, w element) (*runtime.RemoteObject, error) {
	all, err := tab.findAll(ctx, w)
	switch {
	case err != nil:
		return nil, err
	case len(all) == 0 || w.index > len(all):
		return nil, errNotThere
	case w.index > 0:
		return all[w.index-1], nil
	case len(all) > 1:
		return nil, fmt.Errorf("there are %d of it", len(all))
	}
	return all[0], nil
}

func (tab *tab) findAll(ctx context.Context, w element) (found []*runtime.RemoteObject, err error) {
	if w.role == "" {
		return tab.elements(ctx, "document.querySelectorAll("+quoted(w.selector)+")")
	}
	within := "[document]"
	if w.selector != "" {
		within = "document.querySelectorAll(" + quoted(w.selector) + ")"
	}
	roots, err := tab.elements(ctx, within)
	if err != nil {
		return nil, err
	}
	for _, root := range roots {
		tree, err := chromedp.Call(ctx, accessibility.QueryAXTree, accessibility.QueryAXTreeParams{
			ObjectID: root.ObjectID, Role: w.role, AccessibleName: w.name,
		})
		if err != nil {
			return nil, err
		}
		for _, node := range tree.Nodes {
			if node.Ignored {
				continue
			}
			resolved, err := chromedp.Call(ctx, dom.ResolveNode,
				dom.ResolveNodeParams{BackendNodeID: node.BackendDOMNodeID})
			if err != nil {
				return nil, err
			}
			found = append(found, resolved.Object)
		}
	}
	return found, nil
}

// elements returns what is in a list of the page.
func (tab *tab) elements(ctx context.Context, list string) (found []*runtime.RemoteObject, err error) {
	array, err := chromedp.Run(ctx, chromedp.Evaluate[*runtime.RemoteObject]("["+"..."+list+"]"))
	if err != nil {
		return nil, err
	}
	own := true
	properties, err := chromedp.Call(ctx, runtime.GetProperties,
		runtime.GetPropertiesParams{ObjectID: array.ObjectID, OwnProperties: &own})
	if err != nil {
		return nil, err
	}
	for _, p := range properties.Result {
		if p.Enumerable && p.Value != nil {
			found = append(found, p.Value)
		}
	}
	return found, nil
}

// ready brings an element into view and says where a person would click on it, or why
// nobody can.
const ready = `async function() {
  this.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
  const place = () => { const r = this.getClientRects()[0]; return r && { x: r.left + r.width / 2, y: r.top + r.height / 2 }; };
  const frame = () => new Promise(requestAnimationFrame);
  const before = place();
  await frame();
  await frame();
  const at = place();
  if (!this.isConnected || !before || !at || !this.checkVisibility({ visibilityProperty: true })) return { why: "it is not visible" };
  if (at.x !== before.x || at.y !== before.y) return { why: "it moves" };
  if (this.matches(":disabled, [aria-disabled=true]")) return { why: "it is disabled" };
  if (this.closest("[data-moved]")) return { why: "it has just come or moved, and takes no press yet" };
  const hit = document.elementFromPoint(at.x, at.y);
  if (hit && (this.contains(hit) || hit.closest("label")?.control === this)) return { ...at, why: "" };
  return { why: "it is covered by " + (hit?.cloneNode().outerHTML ?? "nothing: it is outside of the window") };
}`

// guard has the page take the next press only if it is on the element. A press that misses, since
// something has moved the element meanwhile, does nothing.
const guard = `function() {
  const kinds = ["pointerdown", "mousedown", "pointerup", "mouseup", "click"];
  window.missed = true;
  const judge = (event) => {
    if (!event.isTrusted) return;
    const on = this.contains(event.target) || event.target.closest?.("label")?.control === this;
    if (!on) (event.preventDefault(), event.stopImmediatePropagation());
    if (event.type !== "click") return;
    window.missed = !on;
    window.unguard();
  };
  window.unguard?.();
  window.unguard = () => kinds.forEach((kind) => removeEventListener(kind, judge, true));
  for (const kind of kinds) addEventListener(kind, judge, true);
}`

// click clicks on an element as soon as a person could, and once more if that has missed it.
func (tab *tab) click(w element) {
	tab.t.Helper()
	tab.hits(w, func(x, y float64) { tab.run("click", chromedp.MouseClickXY(x, y)) })
}

// hits has press act at the place of an element, until one press hits the element.
func (tab *tab) hits(w element, press func(x, y float64)) {
	tab.t.Helper()
	await(tab.t, func() string { return fmt.Sprintf("%v is hit by a press", w) }, func() bool {
		found, x, y := tab.reaches(w)
		ctx, cancel := context.WithTimeout(tab.ctx, patience)
		defer cancel()
		if _, err := chromedp.Run(ctx, chromedp.CallFunctionOn[*bool](guard,
			func(p *runtime.CallFunctionOnParams) { p.ObjectID = found.ObjectID })); err != nil {
			return false // the element has gone
		}
		press(x, y)
		missed, err := tryEvaluate[bool](tab, "window.missed === true")
		return err != nil || !missed // a press that leads to another page leaves nothing to ask
	})
}

// points brings the pointer to an element.
func (tab *tab) points(w element) {
	tab.t.Helper()
	_, x, y := tab.reaches(w)
	tab.run("point", chromedp.MouseEvent("mouseMoved", x, y))
}

// holds keeps a finger on an element until something holds, as an expression of the page.
func (tab *tab) holds(w element, what, until string) {
	tab.t.Helper()
	_, x, y := tab.reaches(w)
	do(tab, input.DispatchTouchEvent, input.DispatchTouchEventParams{
		Type: "touchStart", TouchPoints: []*input.TouchPoint{{X: x, Y: y}},
	})
	tab.until(what, until)
	do(tab, input.DispatchTouchEvent, input.DispatchTouchEventParams{
		Type: "touchEnd", TouchPoints: []*input.TouchPoint{},
	})
}

// reaches returns an element and where it is, as soon as a person could press it.
func (tab *tab) reaches(w element) (found *runtime.RemoteObject, x, y float64) {
	tab.t.Helper()
	var place struct {
		X, Y float64
		Why  string
	}
	var last error
	await(tab.t, func() string { return fmt.Sprintf("%v can be clicked: %v %s", w, last, place.Why) }, func() bool {
		ctx, cancel := context.WithTimeout(tab.ctx, patience)
		defer cancel()
		found, last = tab.find(ctx, w)
		if last != nil {
			return false
		}
		place, last = chromedp.Run(ctx, chromedp.CallFunctionOn[struct {
			X, Y float64
			Why  string
		}](ready, func(p *runtime.CallFunctionOnParams) {
			wait := true
			p.ObjectID, p.AwaitPromise = found.ObjectID, &wait
		}))
		return last == nil && place.Why == ""
	})
	return found, place.X, place.Y
}

// walksBack moves the focus so many steps back. What has it is never covered, also where it is scrolled
// no further than into view: Chromium scrolls it to the middle.
func (tab *tab) walksBack(steps int) {
	tab.t.Helper()
	for range steps {
		tab.press("Shift+Tab")
		if covered := evaluate[string](tab, `(() => {
		  const own = document.activeElement;
		  own.scrollIntoView({ block: "start" });
		  const { left, top, width, height } = own.getBoundingClientRect();
		  const hit = document.elementFromPoint(left + width / 2, top + height / 2);
		  return own.contains(hit) ? "" : own.outerHTML + " is covered by " + hit?.outerHTML;
		})()`); covered != "" {
			tab.t.Errorf("%.600s", covered)
		}
	}
}

// is waits until an element is there, and visible.
func (tab *tab) is(w element) {
	tab.t.Helper()
	tab.has(w, true)
}

// isNot waits until an element is not there, or not visible.
func (tab *tab) isNot(w element) {
	tab.t.Helper()
	tab.has(w, false)
}

func (tab *tab) has(w element, want bool) {
	tab.t.Helper()
	var last error
	await(tab.t, func() string { return fmt.Sprintf("%v is there: %v (%v)", w, want, last) }, func() bool {
		ctx, cancel := context.WithTimeout(tab.ctx, patience)
		defer cancel()
		found, err := tab.find(ctx, w)
		last = err
		if err != nil {
			return errors.Is(err, errNotThere) && !want
		}
		shown, err := chromedp.Run(ctx, chromedp.CallFunctionOn[bool](
			`function() { return this.checkVisibility({ visibilityProperty: true }); }`,
			func(p *runtime.CallFunctionOnParams) { p.ObjectID = found.ObjectID }))
		last = err
		return err == nil && shown == want
	})
}

// fill replaces what stands in a field.
func (tab *tab) fill(w element, text string) {
	tab.t.Helper()
	tab.click(w)
	tab.press("Control+a")
	if text == "" {
		tab.press("Delete")
		return
	}
	tab.types(text)
}

// types puts a text where the focus is, as an input method does.
func (tab *tab) types(text string) {
	tab.t.Helper()
	do(tab, input.InsertText, input.InsertTextParams{Text: text})
}

// Bits of Modifiers in Input.dispatchKeyEvent.
const (
	control = 2
	shift   = 8
)

// keys are those that have no character.
var keys = map[string]struct {
	code int64
	text string
}{
	"Enter": {13, "\r"}, "Escape": {27, ""}, "Tab": {9, ""}, "Delete": {46, ""}, "Backspace": {8, ""},
	"Space":   {32, " "},
	"ArrowUp": {38, ""}, "ArrowDown": {40, ""}, "ArrowLeft": {37, ""}, "ArrowRight": {39, ""},
	"Home": {36, ""}, "End": {35, ""}, "PageUp": {33, ""}, "PageDown": {34, ""},
}

// press presses keys one after the other: a character, the name of a key, or either with
// "Control+", "Shift+", "Alt+" or "Meta+" before it.
func (tab *tab) press(presses ...string) {
	tab.t.Helper()
	for _, press := range presses {
		var with int64
		rest := press
		for name, modifier := range map[string]int64{"Alt+": 1, "Control+": control, "Meta+": 4, "Shift+": shift} {
			if strings.Contains(press, name) {
				with |= modifier
				rest = strings.Replace(rest, name, "", 1)
			}
		}
		tab.stroke(rest, with)
	}
}

func (tab *tab) stroke(name string, with int64) {
	tab.t.Helper()
	params := input.DispatchKeyEventParams{Type: "keyDown", Key: name, Code: name, Modifiers: with}
	if key, ok := keys[name]; ok {
		params.WindowsVirtualKeyCode, params.Text = key.code, key.text
		if name == "Space" {
			params.Key = " "
		}
	} else {
		params.Code, params.Text = "", name
		params.WindowsVirtualKeyCode = int64(strings.ToUpper(name)[0])
	}
	if with&^shift != 0 {
		params.Text = ""
	}
	if name == "a" && with == control {
		params.Commands = []string{"selectAll"}
	}
	do(tab, input.DispatchKeyEvent, params)
	params.Type, params.Text, params.Commands = "keyUp", "", nil
	do(tab, input.DispatchKeyEvent, params)
}

// clipboard is the one that all pages of the browser share.
var clipboard sync.Mutex

// copied does something and returns what it has put into the clipboard.
func (tab *tab) copied(act func()) string {
	tab.t.Helper()
	clipboard.Lock()
	defer clipboard.Unlock()
	tab.person.grants("clipboard-read", "clipboard-write")
	const before = "nothing was copied"
	evaluate[*bool](tab, "navigator.clipboard.writeText("+quoted(before)+")")
	act()
	var text string
	await(tab.t, func() string { return "something is copied" }, func() bool {
		text = evaluate[string](tab, "navigator.clipboard.readText()")
		return text != before
	})
	return text
}

// saved does something and returns the one file that it has put into the downloads.
func (tab *tab) saved(act func()) (name string, content []byte) {
	tab.t.Helper()
	dir := tab.t.TempDir()
	_, err := chromedp.CallBrowser(launched(tab.t), browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: "allow", BrowserContextID: tab.person.profile, DownloadPath: dir,
	})
	if err != nil {
		tab.t.Fatal(err)
	}
	act()
	await(tab.t, func() string { return "a file is saved" }, func() bool {
		files, err := os.ReadDir(dir)
		if err != nil || len(files) != 1 || strings.HasSuffix(files[0].Name(), ".crdownload") ||
			strings.HasPrefix(files[0].Name(), ".") {
			return false
		}
		name = files[0].Name()
		content, err = os.ReadFile(filepath.Join(dir, name))
		return err == nil
	})
	return name, content
}
