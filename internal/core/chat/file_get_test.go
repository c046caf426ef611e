package chat_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/ratelimit"
)

// blank is a picture of many pixels and few bytes.
func blank(t *testing.T, side int) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, side, side))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// looks gets a file for a caller from an address.
func (s *shelf) looks(address, token, id string) (chat.FileGot, error) {
	ctx, err := s.Limits().Begin(ident.WithAddress(s.t.Context(), address), ratelimit.Usual)
	if err != nil {
		return chat.FileGot{}, err
	}
	return s.GetFile(ctx, chat.FileRequest{Token: token, ID: id})
}

// A request of 300 bytes makes the server draw four million pixels.
func TestGetFile_picture_countsByItsPixelsOnceItIsDrawn(t *testing.T) {
	file := blank(t, 2000)
	s := inFile(t).with(chat.Options{Limits: ratelimit.Limits{Units: 3000, FilesOut: int64(1000 * len(file))}})
	p := s.company()
	var ids []string
	for n := range 16 {
		ids = append(ids, s.uploads(s.offer(chat.ShareRequest{Token: p.ann.Token, Name: fmt.Sprint(n, ".png"),
			Size: int64(len(file))}), file))
	}
	const eve, other = "192.0.2.66", "192.0.2.1"
	drawn := 0
	var refused error
	for _, id := range ids {
		var got chat.FileGot
		got, refused = s.looks(eve, p.bob.Token, id)
		if refused != nil {
			break
		}
		if got.Image == nil {
			t.Fatalf("it is not shown: %+v", got)
		}
		drawn++
	}
	retryAfter(t, refused)
	if drawn < 10 || drawn > 13 { // of 200 units each, and an eighth is kept
		t.Errorf("%d were drawn in a minute", drawn)
	}
	for range 300 { // each of which is a call, and a download
		if got, err := s.looks(other, p.ann.Token, ids[0]); err != nil || got.Image == nil {
			t.Fatalf("one that was drawn: %+v, %v", got, err)
		}
	}
}

func TestGetFile_pictureThatIsKept_isADownloadAndGoesWithItsMessage(t *testing.T) {
	file := blank(t, 40)
	s := inFile(t).with(chat.Options{Limits: ratelimit.Limits{FilesOut: int64(5 * len(file))}})
	p := s.company()
	id := s.uploads(s.offer(chat.ShareRequest{Token: p.ann.Token, Name: "a.png", Size: int64(len(file))}), file)
	for range 5 {
		if got, err := s.looks("192.0.2.1", p.bob.Token, id); err != nil || got.Image == nil {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	_, err := s.looks("192.0.2.1", p.bob.Token, id)
	retryAfter(t, err)
	s.update(chat.UpdateRequest{Token: p.ann.Token, Redact: id})
	if got, err := s.looks("192.0.2.2", p.bob.Token, id); err == nil || got.Image != nil {
		t.Errorf("once it was removed: %+v", got)
	}
}
