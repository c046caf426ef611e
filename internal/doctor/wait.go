package doctor

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/parley-chat/parley/internal/client"
)

// held is how a wait went.
type held struct {
	status int           // of HTTP; 0: no answer
	took   time.Duration // until the answer or the cut
	beats  []time.Duration
	ended  string // what the server said of the wait; "" if it was cut
	err    error
}

// wait asks whether a call may wait as long as clients let it.
func (v *visit) wait(ctx context.Context) {
	if v.Waits != nil {
		v.Waits(v.Options.Wait)
	}
	h := v.hold(ctx)
	r := Result{Check: "wait", Level: OK, Seconds: h.took.Round(time.Millisecond).Seconds()}
	switch asked := v.Wait; {
	case ctx.Err() != nil:
		return
	case h.ended == "":
		r.Level = Failed
		r.What, r.Fix = h.cut()
	case h.ended != client.StatusQuiet:
		r.Level, r.Fix = Failed, "see the log of the server"
		r.What = fmt.Sprintf("a wait in an empty room ended after %s with %q", seconds(h.took), h.ended)
	case len(h.beats) == 0 && asked < shortest:
		r.Level, r.Fix = Warning, fmt.Sprintf("parley doctor --url %s --wait %s",
			client.Place{Base: v.Server, Invite: v.Invite}, shortest)
		r.What = fmt.Sprintf("a wait lasted %s, too short to tell: nothing came before its end, and the server "+
			"sends a keep-alive every 15 s by default", seconds(h.took))
	case len(h.beats) == 0:
		r.Level, r.Fix = Warning, fixBuffer
		r.What = fmt.Sprintf("a wait lasted %s, without a keep-alive; many clients end such a call "+
			"after 60 s", seconds(h.took))
	case h.held():
		r.Level, r.Fix = Warning, fixBuffer
		r.What = fmt.Sprintf("a wait lasted %s, but its keep-alives came all at once at the end: a proxy holds "+
			"them back", seconds(h.took))
	case h.took < asked-time.Second:
		r.What = fmt.Sprintf("the server itself ended a wait after %s, as its --longest-wait says", seconds(h.took))
	default:
		r.What = fmt.Sprintf("a wait lasted %s, with %d keep-alives", seconds(h.took), len(h.beats))
	}
	v.tell(r)
}

// shortest is how long a wait must be to show a keep-alive with the usual settings.
const shortest = 30 * time.Second

const fixBuffer = "let the proxy pass a stream on at once (nginx: proxy_buffering off), or start the server with a " +
	"shorter --keep-alive"

// held reports whether all keep-alives came together with the answer.
func (h held) held() bool { return h.took-h.beats[0] < together }

// together is how far apart lines are at most that a proxy held back.
const together = 250 * time.Millisecond

// cut says how a wait was cut off, and what helps.
func (h held) cut() (what, fix string) {
	after := seconds(h.took)
	switch {
	case h.status >= http.StatusBadRequest:
		what = fmt.Sprintf("a wait was cut off after %s with the "+
			"status %d %s", after, h.status, http.StatusText(h.status))
	case h.status == 0:
		what = fmt.Sprintf("a wait was cut off after %s without an answer (%v)", after, h.err)
	default:
		what = fmt.Sprintf("a wait was cut off after %s in the middle of its answer", after)
	}
	if len(h.beats) == 0 {
		return what, fmt.Sprintf("raise the idle timeout of what stands in front of the server above %s, or start "+
			"the server with a --keep-alive below that", after)
	}
	return what + fmt.Sprintf(", %s after its last keep-alive", seconds(h.took-h.beats[len(h.beats)-1])),
		fmt.Sprintf("raise the limit on the time of a request in what stands in front of the server, or start the "+
			"server with a --longest-wait below %s", after)
}

// hold makes a wait and watches what comes of it.
func (v *visit) hold(ctx context.Context) (h held) {
	const spare = 20 * time.Second
	ctx, cancel := context.WithTimeout(ctx, v.Wait+spare)
	defer cancel()
	begun := time.Now()
	defer func() { h.took = time.Since(begun) }()
	resp, err := v.wire.post(ctx, "tools/call", map[string]any{
		"name":      "wait_for_message",
		"arguments": map[string]any{"agent_token": v.room.first, "wait_seconds": int(v.Wait / time.Second)},
		"_meta":     map[string]any{"progressToken": 1},
	})
	if err != nil {
		return held{err: err}
	}
	defer resp.Body.Close()
	h.status = resp.StatusCode
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		a, ok := answerIn(bytes.TrimPrefix(lines.Bytes(), []byte("data:")))
		switch {
		case !ok:
		case a.Method != "":
			h.beats = append(h.beats, time.Since(begun))
		default:
			h.ended = statusIn(a)
			return h
		}
	}
	h.err = lines.Err()
	return h
}

// statusIn returns the status, or the error, in the answer of a wait.
func statusIn(a answer) string {
	var result struct {
		Structured struct {
			Code   string `json:"code"`
			Status string `json:"status"`
		} `json:"structuredContent"`
	}
	switch err := json.Unmarshal(a.Result, &result); {
	case a.Error != nil:
		return a.Error.Message
	case err != nil:
		return "an unknown answer"
	}
	return result.Structured.Status + result.Structured.Code
}

// seconds writes a time for a person.
func seconds(d time.Duration) string {
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
