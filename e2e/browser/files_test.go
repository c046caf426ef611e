package browser

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
)

// kept writes files where a person has them, and returns their paths.
func (tab *tab) kept(files map[string][]byte) (paths []string) {
	tab.t.Helper()
	dir := tab.t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o644); err != nil {
			tab.t.Fatal(err)
		}
		paths = append(paths, path)
	}
	slices.Sort(paths)
	return paths
}

// picks picks files in a field for them.
func (tab *tab) picks(selector string, paths ...string) {
	tab.t.Helper()
	tab.until("there is "+selector, "document.querySelector("+quoted(selector)+")")
	found, err := tab.find(tab.ctx, css(selector))
	if err != nil {
		tab.t.Fatal(err)
	}
	do(tab, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: paths, ObjectID: found.ObjectID})
}

// drops drags files over the page, sees that it takes them, and drops them.
func (tab *tab) drops(paths ...string) {
	tab.t.Helper()
	drag := func(kind input.DispatchDragEventType) {
		do(tab, input.DispatchDragEvent, input.DispatchDragEventParams{Type: kind, X: 300, Y: 300,
			Data: &input.DragData{Items: []*input.DragDataItem{}, Files: paths, DragOperationsMask: 1}})
	}
	drag("dragEnter")
	drag("dragOver")
	tab.is(css(".drop-here"))
	drag("drop")
	tab.isNot(css(".drop-here"))
}

// pastes pastes a file into the composer, as a screenshot comes.
func (tab *tab) pastes(name, kind string, content []byte) {
	tab.t.Helper()
	evaluate[*bool](tab, fmt.Sprintf(`(() => {
	  const data = new DataTransfer();
	  data.items.add(new File([Uint8Array.from(atob(%q), (c) => c.charCodeAt(0))], %q, { type: %q }));
	  document.querySelector(".compose textarea").dispatchEvent(
	    new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
	  return null;
	})()`, base64.StdEncoding.EncodeToString(content), name, kind))
}

// sends presses the button of the composer, and waits until all files are on their way.
func (tab *tab) sends() {
	tab.t.Helper()
	tab.click(css(".compose-send"))
	tab.skipsName("what was attached is sent", `!document.querySelector(".attached")`)
}

// hearsFile waits until somebody shares a file of a name.
func (a *agent) hearsFile(name string) message {
	a.t.Helper()
	return a.hears("the file "+name, func(m message) bool { return m.File != nil && string(m.File.Name) == name })
}

// pictures waits until the page shows so many pictures in the conversation.
func (tab *tab) pictures(n int) {
	tab.t.Helper()
	tab.until(fmt.Sprintf("%d pictures are shown", n),
		fmt.Sprintf(`document.querySelectorAll(".log canvas").length === %d`, n))
}

func TestFiles_pickedDroppedPastedAndDrafted_reachThoseForWhomTheyAreUntilTheyAreRemoved(t *testing.T) {
	t.Parallel()
	talk := trioOn(onFile(t))
	tab := talk.page
	plot := encoded(t, drawn(900, 300), "png")
	tab.picks(".compose input[type=file]", tab.kept(map[string][]byte{
		"a ledger.csv": []byte("a;b\n1;2\n"), "plot.png": plot})...)
	tab.sees("a ledger.csv")
	tab.addresses(onlySome, "Bob")
	tab.types("Both for you")
	tab.sends()
	ledger := talk.bob.hearsFile("a ledger.csv")
	if ledger.Text != "Both for you" || !ledger.Person || !slices.Equal(ledger.To, []string{"Bob"}) {
		t.Errorf("Bob heard %+v", ledger)
	}
	if got := talk.bob.downloads(ledger.ID); string(got) != "a;b\n1;2\n" {
		t.Errorf("Bob has %q", got)
	}
	if got := talk.bob.hearsFile("plot.png"); got.Text != "" || got.File.Type != "image/png" ||
		!bytes.Equal(talk.bob.downloads(got.ID), plot) {
		t.Errorf("Bob heard %+v, or has other bytes", got)
	}
	tab.pictures(1)
	tab.until("each stands there once", `document.querySelectorAll(".file").length === 2`)

	tab.addresses(everyone)
	tab.drops(tab.kept(map[string][]byte{"notes.md": []byte("# Notes"), "empty.txt": {}})...)
	tab.sees("empty.txt is empty")
	tab.pastes("image.png", "image/png", plot)
	tab.is(css(".attached canvas")) // it is shown before it is sent
	tab.click(button("Remove notes.md"))
	tab.sends()
	if got := talk.cy.hearsFile("image.png"); len(got.To) > 0 {
		t.Errorf("Cy heard %+v", got)
	}
	if heard := talk.cy.history(); slices.ContainsFunc(heard, func(m message) bool {
		return m.File != nil && m.File.Name != "image.png"
	}) {
		t.Errorf("Cy has %+v", heard)
	}
	tab.pictures(2)

	tab.sees("Files")
	name, content := tab.saved(func() { tab.click(button("Download a ledger.csv").in(".log")) })
	if name != "a ledger.csv" || string(content) != "a;b\n1;2\n" {
		t.Errorf("saved %q as %s", content, name)
	}
	tab.click(button("View a ledger.csv").in(".log"))
	tab.until("a text is shown as it is", `document.querySelector("dialog pre")?.innerText === "a;b\n1;2\n"`)
	tab.is(button("Download a ledger.csv").in("dialog"))
	tab.isAccessible(byDay[:1], "a text that is open", `document.querySelector("dialog")`)
	tab.press("Escape")
	tab.isNot(css("dialog"))
	tab.click(button("View plot.png").in(aside))
	tab.is(css("dialog canvas"))
	tab.until("its name stands there once", `document.querySelector("dialog").innerText.split("plot.png").length === 2`)
	const shown = `document.querySelector("dialog canvas").getBoundingClientRect()`
	tab.look(390, 780, "light")
	tab.until("on a phone it goes from edge to edge", shown+`.width === innerWidth`)
	tab.until("and stands in the middle", `Math.abs(`+shown+`.top + `+shown+`.bottom - innerHeight) < 80`)
	tab.click(button("Full size of plot.png"))
	tab.until("a press enlarges the place that was pressed", shown+`.width === 900 && `+shown+`.left < 0`)
	tab.isAccessible(byDay[:1], "a picture in full size", `document.querySelector("dialog")`)
	tab.press("Escape")
	tab.isNot(css("dialog"))

	// The file of a draft is shown to its person.
	tab.approves("All")
	draft := talk.ann.call("share_file", args{"name": "plan.png", "note": "My plan",
		"base64": base64.StdEncoding.EncodeToString(encoded(t, drawn(200, 100), "png"))})
	if draft.Sent || draft.Status != "pending" {
		t.Fatalf("it was sent: %+v", draft)
	}
	tab.sees("1 draft to approve")
	tab.is(css(drafts + " canvas"))
	tab.is(button("Download plan.png").in(drafts))
	if slices.ContainsFunc(talk.bob.history(), func(m message) bool {
		return m.File != nil && m.File.Name == "plan.png"
	}) {
		t.Error("Bob sees what waits")
	}
	tab.decides(button("Send").in(drafts))
	if heard := talk.bob.hearsFile("plan.png"); heard.Text != "My plan" {
		t.Errorf("Bob heard %+v", heard)
	}
	tab.pictures(3)
	tab.approves("None")

	// One that is removed is gone from the page, and for everybody.
	id := talk.bob.shares("secret.png", encoded(t, drawn(200, 100), "png"), args{"note": "Not meant for you"})
	tab.pictures(4)
	tab.is(button("Download secret.png").in(".sidebar"))
	tab.click(css(articleOf(id)))
	tab.lists("Remove file")
	tab.sees("Remove this file?")
	tab.click(button("Remove").in("dialog"))
	tab.sees("This was removed.")
	tab.pictures(3)
	tab.isNot(button("Download secret.png"))
	if _, err := talk.cy.try("get_file", args{"id": id}); err == nil {
		t.Error("Cy still gets it")
	}
	tab.reload()
	tab.sees("This was removed.")
	tab.seesNot("secret.png")
}

// chunk is one of a PNG.
func chunk(kind string, data []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	out = append(append(out, kind...), data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// huge is a PNG of a few bytes that claims to have many pixels.
func huge(width, height uint32) []byte {
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
	return slices.Concat([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(head, 8, 2, 0, 0, 0)),
		chunk("IDAT", []byte{0x78, 0x9c, 3, 0, 0, 0, 0, 1}), chunk("IEND", nil))
}

// Nothing is shown but the pixels of pictures that the browser has decoded, under the policy of the
// page, whatever a file calls itself or is as well.
func TestFiles_hostile_nothingIsShownButDecodedPictures(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ann, bob, _ := threeOf(t, s, "Hostile")
	const act = `<script>window.acted = 1</script><img src=x onerror="window.acted = 1">`
	svg := []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="50" height="50" onload="window.acted = 1"><script>` +
		`window.acted = 1</script><image href="http://127.0.0.1:9/x.png"/><rect width="50" height="50"/></svg>`)
	good := encoded(t, drawn(300, 200), "png")
	tab := s.person().open(ann.watch)
	tab.is(css(".log"))
	comment := append([]byte{0xff, 0xfe, byte((len(act) + 2) >> 8), byte(len(act) + 2)}, act...)
	photo := encoded(t, drawn(300, 200), "jpeg")
	shown := map[string][]byte{
		"a.png": good, "b.jpg": photo, "c.gif": encoded(t, drawn(300, 200), "gif"), "d.webp": tab.webp(),
		"png and html.html": append(slices.Clone(good), act...), // what it is by its bytes is a picture
		"jpeg and html.jpg": slices.Concat(photo[:2], comment, photo[2:]),
	}
	hidden := map[string][]byte{
		"svg.svg": svg, "svg.png": svg, "html.html": []byte("<!doctype html>" + act),
		"html.png": []byte("<html>" + act),
		"half.png": good[:len(good)/2], "half.jpg": photo[:len(photo)/8], "head.png": good[:40],
		"huge.png": huge(60_000, 60_000),
		"wide.png": huge(12_001, 1), "gif and js.gif": []byte("GIF89a/*" + act + "*/=1;window.acted=1"),
		"page.pdf": []byte("%PDF-1.7\n" + act), "empty head.webp": []byte("RIFF\x00\x00\x00\x00WEBPVP8X" + act),
		"<img src=x onerror=window.acted=1>.png": []byte("not a picture"),
	}
	for _, files := range []map[string][]byte{hidden, shown} {
		for name, content := range files {
			bob.shares(name, content, args{"note": "look at " + name})
		}
	}
	bob.shares("text.md", []byte("# A *title*\n\n"+act+
		"\n\n[here](javascript:window.acted=1) ![](http://127.0.0.1:9/x.png)"))
	tab.look(390, 844, "light") // where least room is
	tab.reload()
	tab.until("the room is open", `document.querySelector(".log .file")`)
	const atEnd = `(() => {
	  const log = document.querySelector(".log");
	  log.scrollTop = log.scrollHeight;
	  return !document.querySelector(".log .file[aria-busy=true], .log-latest") && log.scrollTop > 0;
	})()`
	tab.until("the end is shown", atEnd)
	tab.click(button("View text.md"))
	tab.until("Markdown is laid out, and HTML is text", `document.querySelector("dialog .md em")?.innerText === "title" &&
	  document.querySelector("dialog .md").innerText.includes("<script>") &&
	  !document.querySelector("dialog .md :is(script, img, [href^=javascript])")`)
	tab.until("the row of the file has left the page", `(document.querySelector(".log").scrollTop = 0,
	  !document.querySelector(".log [aria-label='View text.md']"))`)
	tab.is(css("dialog .md em"))
	tab.press("Escape")
	tab.isNot(css("dialog"))
	tab.until("the end is shown again", atEnd)
	seen := map[string]bool{}
	for at := 1.0; at != 0; { // from the end to the beginning: what is far from the view is not on the page
		tab.until("all files on the page are decided about", `!document.querySelector(".log .file[aria-busy=true]")`)
		for _, name := range evaluate[[]string](tab, `[...document.querySelectorAll(".log .file:has(canvas) bdi")]
		  .map((name) => name.textContent)`) {
			seen[name] = true
		}
		at = evaluate[float64](tab, `new Promise((done) => {
		  const log = document.querySelector(".log"), at = log.scrollTop;
		  log.scrollTop -= log.clientHeight / 2;
		  requestAnimationFrame(() => requestAnimationFrame(() => done(at)));
		})`)
	}
	for name := range shown {
		if !seen[name] {
			t.Errorf("%s is not shown", name)
		}
		delete(seen, name)
	}
	for name := range seen {
		t.Errorf("%s is shown", name)
	}
	if found := evaluate[string](tab, `[...document.querySelectorAll("img, iframe, object, embed, video, audio, `+
		`image, picture, [src^=blob], [href^=blob]")].map((one) => one.outerHTML).join()`); found != "" {
		t.Errorf("the page holds %s", found)
	}
	if evaluate[bool](tab, "'acted' in window") {
		t.Error("a file has acted")
	}
	tab.documentsHavePolicy(2)
}

// An agent asks its person for a file, who has a phone.
func TestUpload_pageOfTheAddress_takesOneFile(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ann, bob, _ := threeOf(t, s, "Upload")
	got := ann.call("share_file", args{"name": "/home/ann/receipt.jpg", "size": 3000, "note": "The receipt"})
	tab := s.person().tab()
	tab.look(390, 844, "light")
	tab.visit(got.Upload.Page)
	tab.sees("receipt.jpg")
	tab.sees("The limit is 2.9 KB")
	tab.seesNot("/home")
	tab.picks("#upload-file", tab.kept(map[string][]byte{"large.jpg": bytes.Repeat([]byte("x"), 3001)})...)
	tab.sees("It's too large")
	tab.is(css(".landing-buttons .button.primary:disabled"))
	content := encoded(t, drawn(60, 40), "jpeg")
	tab.picks("#upload-file", tab.kept(map[string][]byte{"IMG_1.jpg": content})...)
	tab.click(button("Send file"))
	tab.sees("File sent to the room")
	if heard := bob.hearsFile("receipt.jpg"); heard.Text != "The receipt" || heard.Person ||
		!bytes.Equal(bob.downloads(heard.ID), content) {
		t.Errorf("Bob heard %+v", heard)
	}
	tab.reload()
	tab.sees("This upload link no longer works")
	tab.expects("HTTP 4")
	tab.visit(strings.Replace(got.Upload.Page, "/v1/upload/u", "/v1/upload/u0", 1))
	tab.sees("This upload link no longer works")
}
