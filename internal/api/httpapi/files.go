package httpapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/api"
	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/picture"
)

// The routes of files. Each path ends in a secret for one file.
const (
	uploadRoute   = tools.UploadPath + "{code}"
	downloadRoute = tools.DownloadPath + "{ticket}"
)

// serveUpload answers at the address of an upload: PUT and POST bring the file, and GET tells a person how to upload
// it.
func (s *server) serveUpload(ex *exchange, r *http.Request, door door) {
	if s.Upload == nil {
		ex.nothingHere()
		return
	}
	switch r.Method {
	case http.MethodPut, http.MethodPost:
		s.receiveUpload(ex, r, door)
	case http.MethodGet, http.MethodHead:
		if !s.answeredBrowser(ex, r) {
			s.showUpload(ex, r, door)
		}
	default:
		ex.answeredWrongMethod(r, http.MethodPut, http.MethodPost, http.MethodGet, http.MethodHead)
	}
}

// receiveUpload receives the bytes of an upload. The answers are results of share_file in JSON.
func (s *server) receiveUpload(ex *exchange, r *http.Request, door door) {
	if reason := refuseEncoded(r); reason != "" {
		ex.json(http.StatusUnsupportedMediaType, refusedFile{fault.InvalidArgument, reason, 0})
		return
	}
	asker, err := s.admit(ex, r, door)
	if err != nil {
		ex.refuseFile(door, err)
		return
	}
	ctx, stop := s.watch(s.context(ex, r, asker), asker)
	defer stop()
	caller := ident.ClientKey(ctx)
	release, err := s.uploads.Acquire(caller)
	if err != nil {
		ex.Header().Set("Retry-After", "5")
		ex.json(http.StatusServiceUnavailable, refusedFile{fault.Unavailable, "Too many files are being uploaded " +
			"at once, to this server or from your address. Nothing was shared: repeat this upload in 5 seconds.",
			5})
		return
	}
	defer release()
	s.bodies.add(ex)
	defer s.bodies.remove(ex)
	body := &paced{Reader: r.Body, began: time.Now(), by: func(t time.Time) { s.bodies.setReadDeadline(ex, t) }}
	ex.uploaded(door, s.Upload(ctx, door.secret, sized(body, r.ContentLength)))
}

// refuseEncoded says why the body of r is not the bytes of a file; "" if it is.
func refuseEncoded(r *http.Request) string {
	if e := strings.Join(r.Header.Values("Content-Encoding"), ","); e != "" && !strings.EqualFold(e, "identity") {
		return "This address takes the bytes of the file as they are. Nothing was shared: upload it without a " +
			"Content-Encoding."
	}
	if r.Header.Get("Content-Range") != "" { // RFC 9110, 14.5
		return "This address takes a whole file at once, and not a part. Nothing was shared: with curl, leave out -C."
	}
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(kind)), "multipart/") {
		return "This address takes the bytes of the file as they are, and not a form. Nothing was shared: with curl, " +
			"use -T FILE and not -F."
	}
	return ""
}

// uploaded answers an upload with its outcome.
func (ex *exchange) uploaded(door door, ended tools.Uploaded) {
	switch {
	case len(ended.JSON) == 0: // the client has left, or the time is up
		ex.refuseFile(door, nil)
	case ended.Code != "":
		ex.json(ex.recordRefusal(&fault.Error{Code: ended.Code, RetryAfter: ended.RetryAfter}, door), ended.JSON)
	default:
		ex.json(http.StatusOK, ended.JSON)
	}
}

// json answers with a value.
func (ex *exchange) json(status int, value any) {
	ex.Header().Set("Content-Type", "application/json")
	ex.WriteHeader(status)
	_, _ = ex.Write(append(results.JSON(value), '\n')) // fails only if the client has left
}

// refusedFile is a refusal of this package in the form of a refusal of share_file.
type refusedFile struct {
	Code       fault.Code `json:"code"`
	Message    string     `json:"message"`
	RetryAfter int        `json:"retry_after_seconds,omitempty"`
}

// refuseFile refuses a request for a file. If err is no *fault.Error, the request was cut off.
func (ex *exchange) refuseFile(door door, err error) {
	var refused *fault.Error
	if !errors.As(err, &refused) {
		refused = &fault.Error{Code: fault.Unavailable, Message: cutOff, RetryAfter: time.Second}
	}
	status := ex.recordRefusal(refused, door)
	if status == http.StatusBadRequest {
		status = http.StatusNotFound // the secret is right, and the file was removed
	}
	if door.route == uploadRoute {
		ex.json(status, refusedFile{refused.Code, refused.Message, fault.Seconds(refused.RetryAfter)})
		return
	}
	ex.text(status, refused.Message+"\n")
}

// showUpload answers with what an upload takes: in JSON for the page, in a text for others.
func (s *server) showUpload(ex *exchange, r *http.Request, door door) {
	asker, err := s.admit(ex, r, door)
	var view chat.UploadView
	if err == nil {
		view, err = s.LookAtUpload(s.context(ex, r, asker), door.secret)
	}
	if err != nil {
		ex.refuseFile(door, err)
		return
	}
	if jsonText, _ := accepts(r.Header); jsonText && strings.Contains(r.Header.Get("Accept"), "json") {
		ex.json(http.StatusOK, struct {
			Name    string `json:"name,omitempty"`
			Most    int64  `json:"size,omitempty"`
			Expires int    `json:"expires_in_seconds,omitempty"`
			Shared  bool   `json:"shared"`
		}{view.Name, view.Most, fault.Seconds(view.Expires), view.Shared})
		return
	}
	if view.Shared {
		ex.text(http.StatusOK, "Parley: the file of this address was shared.\n")
		return
	}
	ex.text(http.StatusOK, fmt.Sprintf(`Parley: this address takes one file of at most %d bytes, for %d minutes.

Open it in a browser and pick the file. Or, in a terminal, put the path of the file in place of FILE:

    curl -sS -T FILE THIS-ADDRESS
`, view.Most, max(1, int(view.Expires.Minutes()))))
}

// serveDownload answers with a file, or with one range of the file. A browser saves any file, and runs none.
func (s *server) serveDownload(ex *exchange, r *http.Request, door door) {
	if s.Download == nil {
		ex.nothingHere()
		return
	}
	if ex.answeredWrongMethod(r, http.MethodGet, http.MethodHead) {
		return
	}
	asker, err := s.admit(ex, r, door)
	if err != nil {
		ex.refuseFile(door, err)
		return
	}
	ctx, stop := s.watch(s.context(ex, r, asker), asker)
	defer stop()
	file, err := s.Download(ctx, door.secret)
	if err != nil {
		ex.refuseFile(door, err)
		return
	}
	part, ok := rangeOf(r.Header, file.Size)
	header := ex.Header()
	header.Set("Accept-Ranges", "bytes")
	if !ok {
		header.Set("Content-Range", fmt.Sprintf("bytes */%d", file.Size))
		ex.text(http.StatusRequestedRangeNotSatisfiable, fmt.Sprintf("The file has %d bytes.\n", file.Size))
		return
	}
	caller := ident.ClientKey(ctx)
	release, err := s.downloads.Acquire(caller)
	if err != nil {
		header.Set("Retry-After", "5")
		ex.text(http.StatusServiceUnavailable, "Too many files are being downloaded at once, from this server or to "+
			"your address. Repeat this in 5 seconds.\n")
		return
	}
	defer release()
	s.sendFile(ctx, ex, r, door, file, part)
}

// sendFile sends a part of a file.
func (s *server) sendFile(ctx context.Context, ex *exchange, r *http.Request, door door, file chat.Download,
	part byteRange) {
	var from io.ReadCloser
	if r.Method != http.MethodHead {
		var err error
		from, err = file.Open(ctx, part.from, part.length)
		if err != nil {
			ex.refuseFile(door, err)
			return
		}
		defer from.Close()
	}
	header := ex.Header()
	header.Set("Content-Type", contentType(file.Type))
	header.Set("Content-Disposition", `attachment; filename="parley-`+file.ID+file.Ending+`"`)
	header.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	header.Set("Content-Length", strconv.FormatInt(part.length, 10))
	status := http.StatusOK
	if part.asked {
		header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", part.from, part.from+part.length-1, file.Size))
		status = http.StatusPartialContent
	}
	ex.WriteHeader(status)
	if from == nil {
		return
	}
	buffer := make([]byte, 64<<10)
	for sent := 0; ; {
		if sent == 0 || sent >= api.Pace {
			sent, ex.wholeDeadline = 0, time.Now().Add(api.PaceTime)
			ex.setWriteDeadline()
		}
		n, err := from.Read(buffer)
		if n > 0 {
			if _, err := ex.ResponseWriter.Write(buffer[:n]); err != nil { // parts of writePart would take time
				return
			}
			sent += n
		}
		if err != nil { // after a failure, the client sees fewer bytes than announced
			return
		}
	}
}

// contentType returns the Content-Type of a file. Without a charset, a browser or a program reads a text as Latin-1, or
// as its language suggests. A file counts as a text only if it begins as UTF-8.
func contentType(media string) string {
	if picture.IsText(media) {
		return media + "; charset=utf-8"
	}
	return media
}

// byteRange is a part of a file.
type byteRange struct {
	from, length int64
	asked        bool
}

// rangeOf returns the part that a request asks for. It returns the whole file if the request asks for several parts,
// or is unclear (RFC 9110, section 14.2). ok is false if the file has no such part.
func rangeOf(header http.Header, size int64) (part byteRange, ok bool) {
	whole := byteRange{length: size}
	spec, is := strings.CutPrefix(header.Get("Range"), "bytes=")
	if !is || strings.Contains(spec, ",") || header.Get("If-Range") != "" {
		return whole, true
	}
	first, last, is := strings.Cut(strings.TrimSpace(spec), "-")
	if !is {
		return whole, true
	}
	if first == "" { // the last bytes of the file
		n, err := strconv.ParseInt(last, 10, 64)
		if err != nil || n < 0 {
			return whole, true
		}
		n = min(n, size)
		return byteRange{size - n, n, true}, n > 0
	}
	from, err := strconv.ParseInt(first, 10, 64)
	to := size - 1
	if err == nil && last != "" {
		to, err = strconv.ParseInt(last, 10, 64)
	}
	if err != nil || from < 0 || to < from && last != "" {
		return whole, true
	}
	to = min(to, size-1)
	return byteRange{from, to - from + 1, true}, from < size
}

// paced is a body of which api.Pace bytes must arrive in each api.PaceTime.
type paced struct {
	io.Reader
	began time.Time
	by    func(time.Time) // sets the deadline of the next bytes
	came  int             // bytes since by was called
	timed bool
}

func (p *paced) Read(b []byte) (n int, err error) {
	if !p.timed || p.came >= api.Pace {
		next := time.Now().Add(api.PaceTime)
		if end := p.began.Add(api.MaxUploadTime); end.Before(next) {
			next = end
		}
		p.timed, p.came = true, 0
		p.by(next)
	}
	n, err = p.Reader.Read(b)
	p.came += n
	return n, err
}

// sized returns body with its announced length; -1: the length is not known.
func sized(body io.Reader, announced int64) io.Reader {
	if announced < 0 {
		return body
	}
	return &lengthy{body, announced}
}

// lengthy is a body with its length.
type lengthy struct {
	io.Reader
	left int64
}

func (l *lengthy) Read(b []byte) (n int, err error) {
	n, err = l.Reader.Read(b)
	l.left -= int64(n)
	return n, err
}

// Len returns how many bytes are to come.
func (l *lengthy) Len() int { return int(l.left) }
