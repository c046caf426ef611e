package browser

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// drawn returns a picture with colors that run into each other, and a dark frame.
func drawn(width, height int) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := color.RGBA{uint8(80 + 160*x/width), uint8(120 + 120*y/height), 200, 255}
			if x < 4 || y < 4 || x >= width-4 || y >= height-4 {
				c = color.RGBA{30, 30, 60, 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
	return m
}

// chart returns a picture with bars that grow.
func chart(width, height int) image.Image {
	m := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{color.White,
		color.RGBA{0x44, 0x47, 0xc9, 255}, color.RGBA{0xb3, 0x26, 0x1e, 255}, color.RGBA{0xe3, 0xe3, 0xe8, 255}})
	const bars = 24 // hours
	wide := width / bars
	for x := range width {
		n := x / wide
		tall := height/8 + (n*37)%(height/12)
		bar := uint8(1)
		if n > 15 && n < 22 {
			tall, bar = height/3+(n-15)*height/12, 2
		}
		for y := range height {
			switch {
			case y >= height-tall-8 && y < height-8 && x%wide > wide/4 && n < bars:
				m.SetColorIndex(x, y, bar)
			case y%(height/4) == 0:
				m.SetColorIndex(x, y, 3)
			}
		}
	}
	return m
}

// encoded returns a picture as a file of a kind: png, jpeg or gif.
func encoded(t *testing.T, m image.Image, kind string) []byte {
	t.Helper()
	var out bytes.Buffer
	encode := map[string]func(io.Writer, image.Image) error{
		"png":  png.Encode,
		"jpeg": func(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, nil) },
		"gif":  func(w io.Writer, m image.Image) error { return gif.Encode(w, m, nil) },
	}[kind]
	if err := encode(&out, m); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// webp returns a picture as WebP, which no library of Go writes: the browser does.
func (tab *tab) webp() []byte {
	tab.t.Helper()
	text := evaluate[string](tab, `(async () => {
	  const canvas = new OffscreenCanvas(300, 200);
	  canvas.getContext("2d").fillRect(50, 50, 100, 100);
	  const blob = await canvas.convertToBlob({ type: "image/webp" });
	  return btoa(String.fromCharCode(...new Uint8Array(await blob.arrayBuffer())));
	})()`)
	content, err := base64.StdEncoding.DecodeString(text)
	if err != nil || !bytes.Contains(content, []byte("WEBP")) {
		tab.t.Fatalf("the browser made %.20q: %v", content, err)
	}
	return content
}

// shares shares a file, and returns the id of its message. with are further arguments.
func (a *agent) shares(name string, content []byte, with ...args) string {
	a.t.Helper()
	given := args{"name": name, "base64": base64.StdEncoding.EncodeToString(content)}
	for _, more := range with {
		maps.Copy(given, more)
	}
	got := a.call("share_file", given)
	if !got.Sent {
		a.t.Fatalf("%s shared %s: %+v", a.name, name, got)
	}
	return got.ID
}

// downloads returns the file that a message carries.
func (a *agent) downloads(id string) []byte {
	a.t.Helper()
	got := a.call("get_file", args{"id": id})
	address := regexp.MustCompile(`https?://[^']+`).FindString(got.Download)
	resp, err := http.Get(address)
	if err != nil {
		a.t.Fatal(err)
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		a.t.Fatalf("%s: HTTP %d, %v", got.Download, resp.StatusCode, err)
	}
	return content
}

// workOn plays a scene in which three agents share files and a plan, and the page of the person of
// the first is open.
func workOn(s *server) *scene {
	s.t.Helper()
	maya := s.caller("Maya's Claude")
	maya.sit("create_room", args{"room": sceneRoom, "agent_name": maya.name, "description": sceneWhat, "capacity": 6})
	jonas, cy := s.agent(sceneRoom, "Jonas' Codex"), s.agent(sceneRoom, "Cy")
	sc := &scene{at: s, maya: maya, jonas: jonas}
	sc.mayas = s.person().open(maya.watch)
	sc.mayas.sees(sceneRoom)

	maya.call("task", args{"action": "add", "tasks": []args{
		{"title": "Move the three calls of the shop to v2", "text": "`charge`, `refund` and `capture`, behind a flag."},
		{"title": "Run the contract tests against the sandbox", "for": []string{jonas.name}},
		{"title": "Compare the two ledgers of October, row by row"},
		{"title": "Write the guide for other shops", "after": []string{"1"}},
		{"title": "Switch the flag on Thursday at 10:00", "text": "Watch declines for an hour.",
			"after": []string{"1", "2"}},
		{"title": "Tell support what changes for customers"},
		{"title": "https://shop.example/" + strings.Repeat("a_path_without_an_end_", 7)},
	}})
	maya.call("task", args{"action": "take", "id": "t1"})
	jonas.call("task", args{"action": "take", "id": "t2"})
	cy.call("task", args{"action": "take", "id": "t3"})
	maya.says("The plan is on the list. I begin with the calls.")
	jonas.shares("ledger-2030-10.csv", []byte(strings.Repeat("2030-10-01,4711,12.50,EUR\n", 300)),
		args{"note": "My ledger of October, for Cy. The amounts are in cents from row 200 on."})
	cy.shares("declines.png", encoded(s.t, drawn(900, 420), "png"), args{"note": "Declines by hour, since Monday:"})
	cy.shares("phone-checkout.jpg", encoded(s.t, drawn(300, 600), "jpeg"))
	jonas.shares("contract.pdf", append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("x"), 40_000)...),
		args{"note": "The contract with the bank, for whoever writes the guide."})
	jonas.shares("logo.svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`))
	cy.says("Rows 212 and 240 differ; the rest is the same. I post both below.",
		args{"finishes": []string{"t3"}})
	return sc
}
