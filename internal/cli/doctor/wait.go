package doctor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
)

const (
	// together: if all keep-alives come within this time before the answer, a proxy has held them back.
	together = 250 * time.Millisecond
	// shortest is the shortest wait that shows whether keep-alives come.
	shortest = 30 * time.Second

	fixBuffer = "make the proxy pass streams on at once (nginx: proxy_buffering off), or start the server with a " +
		"shorter --keep-alive"
)

// wait checks whether a call may wait as long as clients allow. A busy machine, too, may deliver the keep-alives of a
// short wait at the end, but not each time: so wait repeats a short wait before blaming a proxy.
func (v *visit) wait(ctx context.Context) {
	if v.room == nil {
		return
	}
	if v.Waits != nil {
		v.Waits(v.Options.Wait)
	}
	const looks = 3
	for look := 1; ctx.Err() == nil; look++ {
		r, late := v.waitOnce(ctx)
		if late && v.Wait < shortest && look < looks {
			continue
		}
		if ctx.Err() == nil {
			v.report(r)
		}
		return
	}
}

// waitOnce returns the result of one wait, and whether the wait's keep-alives came late. No beat is left afterwards.
func (v *visit) waitOnce(ctx context.Context) (r Result, late bool) {
	const spare = 20 * time.Second
	limited, cancel := context.WithTimeout(ctx, v.Wait+spare)
	defer cancel()
	began := time.Now()
	var got results.Waited
	err := v.calls.Call(limited, "wait_for_message",
		map[string]any{"agent_token": v.room.AgentToken, "cursor": v.room.Cursor,
			"wait_seconds": int(v.Wait / time.Second)}, &got)

	// The call is over, so no beat comes any more.
	ended, came := time.Now(), []time.Time{}
	for len(v.beats) > 0 {
		came = append(came, <-v.beats)
	}
	took := ended.Sub(began)

	// The error of a failed call says most; after a full wait the beats show whether a proxy is in the way.
	r = Result{Check: "wait", Level: Warning, Seconds: took.Round(time.Millisecond).Seconds()}
	var refused *fault.Error
	switch {
	case err != nil && limited.Err() != nil:
		r.Level = Failed
		r.Fix = "see whether this machine or that of the server is too busy, or whether a proxy holds answers back"
		r.What = fmt.Sprintf("a wait of %s had no answer after %s", seconds(v.Wait), seconds(took))
	case err != nil && !errors.As(err, &refused):
		r.Level = Failed
		r.What, r.Fix = cut(seconds(took), client.Reason(err), came, ended)
	case err != nil, got.Status != results.StatusQuiet:
		r.Level, r.Fix = Failed, "see the log of the server"
		r.What = fmt.Sprintf("a wait in an empty room ended after %s with %q", seconds(took), got.Status)
		if refused != nil {
			r.What = fmt.Sprintf("a wait in an empty room was refused: %s", refused.Message)
		}
	case len(came) == 0 && v.Wait < shortest:
		r.Fix = fmt.Sprintf("%s --wait %s", client.DoctorLine(v.Server), shortest)
		r.What = fmt.Sprintf("a wait lasted %s, too short to tell: nothing came before its end, and the server "+
			"sends a keep-alive every 15 s by default", seconds(took))
	case len(came) == 0:
		r.Fix = fixBuffer
		r.What = fmt.Sprintf("a wait lasted %s without a keep-alive; many clients end such a call "+
			"after 60 s", seconds(took))
	case ended.Sub(came[0]) < together:
		late, r.Fix = true, fixBuffer
		r.What = fmt.Sprintf("a wait lasted %s, but its keep-alives came all at once at the end: a proxy holds "+
			"them back", seconds(took))
		if v.Wait < shortest {
			r.What += ", or this machine or that of the server is too busy"
		}
	case took < v.Wait-time.Second:
		r.Level = OK
		r.What = fmt.Sprintf("the server itself ended a wait after %s, as its --longest-wait says", seconds(took))
	default:
		r.Level = OK
		r.What = fmt.Sprintf("a wait lasted %s, with %d keep-alives", seconds(took), len(came))
	}
	return r, late
}

// cut describes a wait that was cut off, and says what helps.
func cut(after, why string, came []time.Time, ended time.Time) (what, fix string) {
	what = fmt.Sprintf("a wait was cut off after %s (%s)", after, why)
	if len(came) == 0 {
		return what, fmt.Sprintf("raise the idle timeout of any proxy in front of the server above %s, or start "+
			"the server with a --keep-alive below that", after)
	}
	return what + fmt.Sprintf(", %s after its last keep-alive", seconds(ended.Sub(came[len(came)-1]))),
		fmt.Sprintf("raise the request timeout of any proxy in front of the server, or start the server with a "+
			"--longest-wait below %s", after)
}

// seconds writes a time for a person.
func seconds(d time.Duration) string {
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
