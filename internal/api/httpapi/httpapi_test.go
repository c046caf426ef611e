package httpapi

import (
	"bytes"
	"io"
	"testing"
)

func TestMessage_tooLarge_is413BeforeItIsRead(t *testing.T) {
	s := newSite(t)
	big := bytes.Repeat([]byte(" "), int(DefaultMaxBody)+1)
	for name, length := range map[string]int64{"length announced": int64(len(big)), "in chunks": -1} {
		t.Run(name, func(t *testing.T) {
			r := s.request("", nil)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(big)), length
			resp, body := s.do(r)
			if resp.StatusCode != 413 || decode(t, body).Error.Code != codeRefused {
				t.Errorf("%d %s", resp.StatusCode, body)
			}
		})
	}
}
