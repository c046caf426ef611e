package outbox

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/outbound"
	"github.com/parley-chat/parley/internal/outbound/outcall"
	"github.com/parley-chat/parley/internal/outbound/webpush"
)

// When a browser is called.
const (
	agentTime    = 2 * time.Minute // that an agent has to answer what its seat is asked, before its person is called
	watchTime    = time.Minute     // that a person who sees the page has, before its other devices are called
	remindBefore = 2 * time.Hour   // before the end of a draft, in which its person is called once more
	lookInterval = time.Hour       // between two calls for what differs by one checker, who may leave and come back
	pushInterval = 3 * time.Minute // between two calls of a browser: who asks a hundred times rings 20 times an hour
)

// pushLife is how long a push service keeps a call for a browser that is off.
const pushLife = 24 * time.Hour

// maxRetryAfter is how long a service may have calls wait: a draft ends after a day.
const maxRetryAfter = time.Hour

// proofLife is for how long one proof of this server is good. Push services take a day at most.
const proofLife = 12 * time.Hour

// newSubscription is how long a push service may need until it knows a subscription that it has given.
const newSubscription = time.Minute

// maxShown bounds the characters of a text of which some are escaped, so that one need always fits into a call.
const maxShown = 320

// hoursOfPushes is how many times, an hour apart, a failed call is repeated after dayPauses.
const hoursOfPushes = 1

// AddedPush is a browser as its page has asked for it.
type AddedPush struct {
	webpush.Subscription
	Words  bool // notifications show what was written
	Drafts bool // only drafts are told
}

// AddPush has the browser of the device of a person's token called with what needs the person. It is for guests, too:
// only push services are called, and the browser has asked its user. If the device has its browser called already, the
// new subscription takes the place of the old one. Each subscription is a hook of its own: otherwise the end of the old
// one, which a push service tells in an answer, would end the new one. The error is a *fault.Error.
func (d *Dispatcher) AddPush(ctx context.Context, token string, push AddedPush) (id string, err error) {
	switch {
	case !d.CallsOthers(): // push services ask under which address the server is reached
		return "", fault.Refuse(fault.NotAllowed, "This server calls no browsers. Nothing was changed: its operator "+
			"can say under which address it is reached (--public-url).")
	case d.o.Out.Check(push.URL) != nil || !d.isPushService(push.URL):
		return "", fault.Refuse(fault.InvalidArgument, "add_push: endpoint is no address of a push service that "+
			"Parley knows. Nothing was changed: subscribe in a browser of Google, Mozilla, Apple or Microsoft.")
	}
	if _, err := d.PushKey(ctx); err != nil { // without the key each call would fail
		return "", err
	}
	seat, device, err := d.o.Rooms.PushSeat(ctx, token)
	if err != nil {
		return "", err
	}
	hook, has, err := d.personHook(ctx, seat, room.FormPush, push.URL, device+push.URL)
	hook.Secret = push.Browser.Text()
	hook.PushItem = roomlog.PushItem{Device: device, Words: push.Words, Drafts: push.Drafts}
	if err == nil && !has {
		err = d.checkPushes(ctx, hook)
	}
	if err != nil {
		return "", err
	}
	return hook.ID, d.o.Rooms.BeginPush(ctx, token, hook)
}

// checkPushes refuses the holder of a key a browser beyond outbound.MaxPushes. All others have seats for which the
// holder of a key answers.
func (d *Dispatcher) checkPushes(ctx context.Context, hook roomlog.HookItem) error {
	asker := ident.PrincipalOf(ctx)
	if ident.KeyOf(asker.ID) == "" {
		return nil
	}
	others, err := d.countOthers(ctx, asker, func(other roomlog.HookItem) bool {
		return other.Form == room.FormPush && !hook.Replaces(other)
	})
	if err == nil && others >= outbound.MaxPushes {
		err = fault.Refuse(fault.RateLimited, "Your devices are told of %d seats, the most that there may be. Nothing "+
			"was changed: turn this off in another room first.", outbound.MaxPushes)
	}
	return err
}

// pushServices are the hosts of the push services that the browsers of four makers use, each with its source; one with
// a dot at the start: all hosts below. Nobody else is called, so a guest cannot have this server call whom it likes.
var pushServices = [...]string{
	// Google Chrome, and then Chrome Beta, Dev and Canary and each other Chromium: GetGcmEndpointForChannel in
	// components/push_messaging/push_messaging_utils.cc of chromium.googlesource.com/chromium/src.
	"fcm.googleapis.com", "jmt17.google.com",
	// Firefox: its push server is push.services.mozilla.com, says README.md of github.com/mozilla-services/autopush-rs,
	// and gives addresses below that host.
	".push.services.mozilla.com",
	// Safari: "make sure you allow URLs from any subdomain of push.apple.com", in Apple's "Meet Web Push for Safari",
	// https://developer.apple.com/videos/play/wwdc2022/10098/.
	".push.apple.com",
	// Edge: the domain is notify.windows.com, and its subdomain may change, says "Windows Push Notification Services
	// (WNS) overview", https://learn.microsoft.com/windows/apps/develop/notifications/push-notifications/wns-overview.
	".notify.windows.com",
}

// isPushService reports whether an address, which passes outcall.Caller.Check, is of a push service.
func (d *Dispatcher) isPushService(address string) bool {
	at, err := url.Parse(address)
	if err != nil {
		return false
	}
	host := strings.ToLower(at.Hostname())
	return slices.Contains(d.o.PushServices, at.Host) || at.Scheme == "https" &&
		slices.ContainsFunc(pushServices[:], func(service string) bool {
			return host == service || service[0] == '.' && strings.HasSuffix(host, service)
		})
}

// push is the delivery to a browser or a channel of a person, with what needs the person.
type push struct {
	*pass
	needs chat.Needs
}

// readNews implements delivery.
func (w *push) readNews(ctx context.Context) (next decision, err error) {
	w.needs, err = w.o.Rooms.Needs(ctx, w.hook)
	if err != nil {
		return next, err
	}
	if w.hook.Drafts {
		w.needs.Open = slices.DeleteFunc(w.needs.Open, func(need chat.Need) bool {
			return need.Kind != chat.NeedsDecision
		})
	}
	return w.decideCall(w.now()), nil
}

// decideCall decides when the browser is called. A call tells all that needs the person then. Here the browser of Ann
// was told what needs her up to event 41:
//
//  1. Nothing needs Ann: no call.
//  2. What needs her is older than 42: no call.
//  3. Draft 42 waits: a call at once.
//  4. Drafts 42 and 43 wait: one call.
//  5. 42 asks her or her agent: a call after two minutes.
//  6. 42 asks Ann, who has no agent here: a call at once.
//  7. Draft 42 waits, and Ann sees the page: a call after a minute.
//  8. Draft 42 waits, and the last call was 20 s ago: a call three minutes after that.
//  9. Draft 41 ends in less than two hours: a call.
//  10. The room was closed: a call at once.
//  11. Ann has ended the hook, or no longer has the device: the hook is gone.
//  12. All tries to tell question 42 have failed: no call.
//  13. All tries to tell draft 42 have failed: a call two hours before it ends.
//  14. The check of 42 differs: a call after two minutes.
//  15. The check of 42 differs, and Ann was told of another of the checker: a call an hour after that.
func (w *push) decideCall(now time.Time) decision {
	if w.needs.Gone { // 11
		return decision{do: doRecheck}
	}
	var due time.Time
	for _, need := range w.needs.Open {
		if at := w.dueOf(need); !at.IsZero() && (due.IsZero() || at.Before(due)) {
			due = at
		}
	}
	switch {
	case due.IsZero() && w.needs.Ended: // 10
		return decision{do: doEndHook}
	case due.IsZero(): // 1, 2, 12
		return decision{do: doEnd}
	}
	if last := w.lastMs(); last != 0 { // 8
		due = room.Latest(due, time.UnixMilli(last).Add(pushInterval))
	}
	if due.After(now) {
		return decision{do: doEnd, at: due}
	}
	return decision{do: doCall} // 3, 4
}

// dueOf returns when the person is to hear of need; the zero time: no more.
func (w *push) dueOf(need chat.Need) time.Time {
	failing, reminds := w.progress.Failing, need.At.Add(room.DraftLife-remindBefore)
	switch {
	case need.N > w.progress.Upto && !(failing.GaveUp && need.N <= failing.Known):
		return room.Latest(need.At.Add(w.patience(need)), w.nextLook(need))
	case need.Kind == chat.NeedsDecision && time.UnixMilli(w.lastMs()).Before(reminds): // 9, 13
		return reminds
	}
	return time.Time{} // 2, 12
}

// nextLook returns before when the person is not called for need again, which differs; the zero time for another need.
func (w *push) nextLook(need chat.Need) time.Time {
	if need.Kind != chat.NeedsLook || w.progress.Looked[need.Differing[0].Group] == 0 {
		return time.Time{}
	}
	return time.UnixMilli(w.progress.Looked[need.Differing[0].Group]).Add(lookInterval)
}

// lastMs returns when the last call was made that is not to be repeated; 0: none.
func (w *push) lastMs() int64 {
	if w.progress.Failing.Tries > 0 {
		return w.progress.LastMs
	}
	return w.progress.TriedMs
}

// patience returns for how long a new need may be met without a call.
func (w *push) patience(need chat.Need) time.Duration {
	switch {
	case need.Kind == chat.NeedsNothing: // 10
		return 0
	case need.Kind != chat.NeedsDecision && !w.needs.Alone: // 5
		return agentTime
	case w.needs.Watches: // 7
		return watchTime
	}
	return 0 // 3, 6
}

// call implements delivery.
func (w *push) call(ctx context.Context) (roomlog.Progress, error) {
	if err := w.o.Rooms.DescribeNeeds(ctx, &w.needs); err != nil {
		return w.progress, err
	}
	if w.hook.Form != room.FormPush {
		return w.callChannel(ctx)
	}
	request, err := w.request(ctx)
	if err != nil {
		return w.progress, err
	}
	answer, failed := w.o.Out.PostUnsigned(ctx, w.hook.URL, request.header, request.body)
	progress, err := w.applyAnswer(ctx, answer, failed, w.endsSubscription(answer.Status))
	if err == nil && progress.GaveUp && refuses(answer.Status) {
		w.hook.Barred = true
		err = w.writeClaimed(context.WithoutCancel(ctx), roomlog.PutHook(w.hook))
	}
	return progress, err
}

// endsSubscription reports whether an answer says that the browser has unsubscribed. Within a minute of the
// subscription the service may not know it yet, so that call is made again.
func (w *push) endsSubscription(status int) bool {
	return (status == outcall.StatusGone || status == outcall.StatusNotFound) &&
		w.now().Sub(time.UnixMilli(w.hook.SinceMs)) >= newSubscription
}

// refuses reports whether an answer says that the service does not take this server's calls for the browser: an answer
// to the last try says so of all later calls, too. The hook is then barred: it stays, so that its person sees why it
// ended, and the same device may add it again.
func refuses(status int) bool {
	return status == outcall.StatusBadRequest || status == outcall.StatusUnauthorized ||
		status == outcall.StatusForbidden
}

// applyAnswer returns the progress after a call. ends says that the answer ends the hook.
func (w *push) applyAnswer(ctx context.Context, answer outcall.Answer, failed error, ends bool) (roomlog.Progress,
	error) {
	progress := w.progress
	if err := checkMade(ctx, failed); err != nil {
		return progress, err
	}
	why := failureReason(answer, failed)
	w.observe(ctx, w.hook, progress.Failing.Tries > 0, why)
	if ends {
		return progress, errEnded
	}
	now := w.now()
	progress.TriedMs, progress.NotBeforeMs, progress.Error = now.UnixMilli(), 0, why
	if why != "" && answer.Status != outcall.StatusTooLarge {
		progress = w.scheduleRetry(progress, dayPauses[:], hoursOfPushes, w.needs.AsOf)
		progress.NotBeforeMs = max(progress.NotBeforeMs, now.Add(min(answer.RetryAfter, maxRetryAfter)).UnixMilli())
		return progress, nil
	}
	progress.Looked = w.looked(now)
	progress.Upto, progress.Failing = w.needs.AsOf, roomlog.Failing{}
	if why == "" {
		progress.LastMs = progress.TriedMs
	}
	return progress, nil
}

// looked returns Progress.Looked after a call.
func (w *push) looked(now time.Time) map[string]int64 {
	looked := map[string]int64{}
	for group, ms := range w.progress.Looked {
		if now.Sub(time.UnixMilli(ms)) < lookInterval {
			looked[group] = ms
		}
	}
	for _, need := range w.needs.Open {
		if need.Kind == chat.NeedsLook && w.rings(need) {
			looked[need.Differing[0].Group] = now.UnixMilli()
		}
	}
	return looked
}

// pushRequest is a call of a push service.
type pushRequest struct {
	header map[string]string
	body   []byte
}

func (w *push) request(ctx context.Context) (pushRequest, error) {
	browser, err := webpush.ParseBrowser(w.hook.Secret)
	if err != nil {
		return pushRequest{}, err
	}
	at, err := url.Parse(w.hook.URL)
	if err != nil {
		return pushRequest{}, err
	}
	key, err := w.pushKey(ctx)
	if err != nil {
		return pushRequest{}, err
	}
	proof, err := key.Authorization(originOf(at), w.site(), w.now().Add(proofLife))
	if err != nil {
		return pushRequest{}, err
	}
	text, urgent := w.notification()
	urgency := "normal"
	if urgent {
		urgency = "high"
	}
	body, err := browser.Encrypt(text)
	return pushRequest{body: body, header: map[string]string{
		"Authorization": proof, "Content-Type": "application/octet-stream", "Content-Encoding": "aes128gcm",
		"TTL": strconv.Itoa(int(pushLife.Seconds())), "Urgency": urgency,
		"Topic": w.hook.ID, // of the calls for a browser that is off, the service keeps the newest alone
	}}, err
}

// originOf returns the origin of an address in the one spelling that a push service compares (RFC 6454, section 6.2).
func originOf(at *url.URL) string {
	return at.Scheme + "://" + strings.TrimSuffix(strings.ToLower(at.Host), ":443")
}

// site returns the address of this server for people: Options.Public is that of MCP below it.
func (d *Dispatcher) site() string { return strings.TrimSuffix(d.o.Public, "/mcp") }

// rings reports whether the call is news of need: need was not told yet, or the person is reminded of it now.
func (w *push) rings(need chat.Need) bool {
	due := w.dueOf(need)
	return need.N > w.progress.Upto && !w.nextLook(need).After(w.now()) || !due.IsZero() && !due.After(w.now())
}

// notification is the text for a browser. The first fields are declarative Web Push, which Safari shows without a
// script; the worker of the page shows each of the needs.
type notification struct {
	WebPush int `json:"web_push"` // 8030, the number of the RFC
	Shown   struct {
		Title    string `json:"title"`
		Body     string `json:"body"`
		Navigate string `json:"navigate"`
		Tag      string `json:"tag"`
		Badge    int    `json:"app_badge"`
	} `json:"notification"`
	Parley struct {
		Room  string     `json:"room"`
		Seat  int        `json:"seat"`  // one browser may have two seats of a room
		Needs []toldNeed `json:"needs"` // all that needs the person: what a browser shows beside these is over
	} `json:"parley"`
}

type toldNeed struct {
	ID    string        `json:"id,omitempty"`
	Kind  chat.NeedKind `json:"kind"`
	Body  string        `json:"body"`
	Rings bool          `json:"rings,omitempty"` // it is new, or told once more
}

// notification returns the JSON of what the browser shows. If it is too long, the written words of the oldest needs are
// left out, and then needs: the page shows all. News of a draft, whose agent waits, is urgent: a browser that saves
// power shows that at once.
func (w *push) notification() (text []byte, urgent bool) {
	var n notification
	n.WebPush = 8030
	n.Shown.Title, n.Shown.Tag = plain(w.needs.Room), w.needs.RoomID
	n.Parley.Room, n.Parley.Seat = w.needs.RoomID, w.hook.Seat
	n.Shown.Navigate = w.linkTo(w.needs.RoomID, "")
	for _, need := range w.needs.Open {
		told := toldNeed{need.ID, need.Kind, words(need, w.hook.Words), w.rings(need)}
		if told.Rings {
			n.Shown.Body, n.Shown.Navigate = told.Body, w.linkTo(w.needs.RoomID, need.ID)
			urgent = urgent || need.Kind == chat.NeedsDecision
		}
		n.Parley.Needs = append(n.Parley.Needs, told)
	}
	if !w.needs.Ended {
		n.Shown.Badge = len(n.Parley.Needs)
	}
	text = roomlog.Encode(n)
	for i := 0; i < len(w.needs.Open) && len(text) > webpush.MaxText; i++ {
		n.Parley.Needs[i].Body = words(w.needs.Open[i], false)
		text = roomlog.Encode(n)
	}
	for len(text) > webpush.MaxText {
		i := leastOf(n.Parley.Needs)
		n.Parley.Needs = slices.Delete(n.Parley.Needs, i, i+1)
		text = roomlog.Encode(n)
	}
	return text, urgent
}

// leastOf returns the index of the need that is left out first. Drafts are left out last: the browser closes what it is
// not told, and a draft ends unseen.
func leastOf(needs []toldNeed) int {
	least := slices.IndexFunc(needs, func(need toldNeed) bool { return !need.Rings && need.Kind != chat.NeedsDecision })
	if least < 0 {
		least = slices.IndexFunc(needs, func(need toldNeed) bool { return need.Kind != chat.NeedsDecision })
	}
	return max(least, 0)
}

// words returns what a person is told of need; with text, also what was written. A browser has no text unless its
// person wants it: it may stand on the screen of a locked phone.
func words(need chat.Need, withText bool) string {
	who, text := plain(need.Who), ""
	if withText && need.Text != "" {
		text = ": " + sanitize.FirstChars(plain(need.Text), maxShown)
	}
	switch need.Kind {
	case chat.NeedsDecision:
		return who + " waits for you" + text
	case chat.NeedsVote:
		return who + " proposes something" + text
	case chat.NeedsAnswer:
		return who + " asks you" + text
	case chat.NeedsLook:
		return who + " had another result" + text
	}
	return "The room has ended."
}

// plain returns foreign words as a notification shows them, in one line.
func plain(words string) string { return sanitize.Escape(words, "") }
