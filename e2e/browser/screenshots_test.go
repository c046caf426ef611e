package browser

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/page"
)

// screenshotsEnv names the folder for the pictures of the page; make screenshots sets it.
const screenshotsEnv = "PARLEY_SCREENSHOTS"

// most is how large a picture may be: the README shows three.
const most = 176 << 10

// TestScreenshots takes the pictures of docs/images.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv(screenshotsEnv)
	if dir == "" {
		t.Skip("make screenshots takes the pictures")
	}
	sc := sceneOn(onFile(t))
	maya, jonas := sc.mayas, sc.jonass
	maya.takes(dir, "drafts", 1280, 720, "light")
	maya.takes(dir, "phone", 390, 780, "light")
	maya.click(css(".room-sidebar-button"))
	maya.shows(".sidebar-part:has(.sidebar-task)", "start")
	maya.takes(dir, "phone-side", 390, 780, "dark")
	maya.look(1280, 800, "light")
	maya.click(button("Settings"))
	maya.takes(dir, "settings", 1120, 700, "light")
	maya.press("Escape")
	jonas.look(1280, 800, "light")
	jonas.shows("table", "center")
	jonas.takes(dir, "room", 1280, 800, "light")
	jonas.shows(".log canvas", "center")
	jonas.takes(dir, "room-dark", 1280, 800, "dark")
	maya.look(1280, 800, "light")
	maya.visit("/")
	maya.sees(sceneRoom)
	maya.takes(dir, "home", 1280, 800, "light")
	closed := onFile(t, "--access", "keys") // only there an invite has an address
	host := closed.caller("Maya's Claude", closed.key("Maya"))
	host.sit("create_room", args{"room": sceneRoom, "agent_name": host.name, "description": sceneWhat, "capacity": 6})
	guest := closed.person().open(host.invited())
	guest.sees(sceneRoom)
	guest.takes(dir, "invite", 1280, 800, "light")
}

// shows scrolls to something, and takes the focus from all.
func (tab *tab) shows(selector, where string) {
	tab.t.Helper()
	tab.until("there is "+selector, "document.querySelector("+quoted(selector)+")")
	evaluate[*bool](tab, "(document.querySelector("+quoted(selector)+").scrollIntoView({ block: "+quoted(where)+" }), "+
		"document.activeElement.blur(), null)")
}

// takes takes a picture of the window at a size.
func (tab *tab) takes(dir, name string, width, height int64, colors string) {
	tab.t.Helper()
	tab.look(width, height, colors)
	tab.until("what has moved takes a press again", "!document.querySelector('[data-moved]')")
	file := filepath.Join(dir, name+".png")
	text := small(tab.t, tab.picture(2))
	if len(text) > most {
		tab.t.Errorf("%s has %d bytes, at most %d", file, len(text), most)
	}
	if err := os.WriteFile(file, text, 0o644); err != nil {
		tab.t.Fatal(err)
	}
}

// picture returns the window as PNG, with so many pixels for each of the page.
func (tab *tab) picture(scale float64) []byte {
	tab.t.Helper()
	var clip page.Viewport
	clip.Width, clip.Height, clip.Scale = evaluate[float64](tab, "innerWidth"), evaluate[float64](tab, "innerHeight"),
		scale
	return do(tab, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: "png", Clip: &clip}).Data
}

// small returns a picture with the 256 colors that it uses most, which are nearly all that
// a page has, and as few bytes as PNG allows.
func small(t *testing.T, text []byte) []byte {
	t.Helper()
	full, err := png.Decode(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	uses := map[color.RGBA]int{}
	whole := image.NewRGBA(full.Bounds())
	draw.Draw(whole, whole.Rect, full, whole.Rect.Min, draw.Src)
	for y := whole.Rect.Min.Y; y < whole.Rect.Max.Y; y++ {
		for x := whole.Rect.Min.X; x < whole.Rect.Max.X; x++ {
			uses[whole.RGBAAt(x, y)]++
		}
	}
	most := slices.SortedFunc(maps.Keys(uses), func(a, b color.RGBA) int { return uses[b] - uses[a] })
	var palette color.Palette
	for _, c := range most[:min(256, len(most))] {
		palette = append(palette, c)
	}
	nearest := map[color.RGBA]uint8{}
	for c := range uses {
		nearest[c] = uint8(palette.Index(c))
	}
	flat := image.NewPaletted(whole.Rect, palette)
	for y := whole.Rect.Min.Y; y < whole.Rect.Max.Y; y++ {
		for x := whole.Rect.Min.X; x < whole.Rect.Max.X; x++ {
			flat.SetColorIndex(x, y, nearest[whole.RGBAAt(x, y)])
		}
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, flat); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
