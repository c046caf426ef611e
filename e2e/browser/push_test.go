package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/serviceworker"
	"github.com/chromedp/chromedp"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/outbound/webpush/webpushtest"
)

// pushURL is how a server that calls browsers is reached.
const pushURL = "https://parley.example"

// subscribing gives pages a push manager that needs no push service: the one of Chromium calls Google. It keeps what
// the page asks for in localStorage, as the browser would.
const subscribing = `(() => {
  const made = () => {
    const { subscription, key } = JSON.parse(localStorage.getItem("test.push") ?? "null") ?? {};
    return subscription && { ...subscription, toJSON: () => subscription,
      options: { applicationServerKey: Uint8Array.from(atob(key.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt()) },
      unsubscribe: async () => (localStorage.removeItem("test.push"), true) };
  };
  Object.defineProperty(Notification, "permission", { get: () => "granted" }); // as it is, which the headless shell denies
  PushManager.prototype.getSubscription = async () => made() ?? null;
  PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey: key }) => {
    if (!userVisibleOnly) throw new Error("silent");
    if (localStorage.getItem("test.unreached")) throw new DOMException("push service error", "AbortError");
    localStorage.setItem("test.push", JSON.stringify({ key, subscription: %s }));
    return made();
  };
})()`

// mayBeTold gives a person a browser with a push service, which lets pages notify.
func (s *server) mayBeTold() *tab {
	s.t.Helper()
	person := s.person()
	person.grants("notifications")
	tab := person.tab()
	do(tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: fmt.Sprintf(subscribing,
			webpushtest.NewBrowser(s.t).Subscription("https://fcm.googleapis.com/fcm/send/test")),
	})
	do(tab, serviceworker.Enable, cdp.Empty{})
	tab.expects("a TrustedTypePolicy with that name already exists")
	tab.look(1440, 900, "light")
	return tab
}

// opensOwn opens the link of an agent at the address by which the test reaches the server.
func (tab *tab) opensOwn(agent *agent) {
	tab.t.Helper()
	tab.visit("/r/" + agent.token[:7] + "#" + claimOf(agent.watch))
	tab.sees("You are watching")
}

// choosesNotices opens the dialog of the notifications.
func (tab *tab) choosesNotices() {
	tab.t.Helper()
	tab.click(button("Menu"))
	tab.click(button("Notifications"))
}

// isTurnedOn waits until this device is told, or no longer is: the browser has subscribed, and the worker has tokens.
func (tab *tab) isTurnedOn(yes bool) {
	tab.t.Helper()
	want := map[bool]string{true: "true 1", false: "false 0"}[yes]
	tab.until("the subscription and the tokens: "+want, `(async () => {
	  let tokens = { result: 0 };
	  if ((await indexedDB.databases()).length) { // to open it would make it
	    const opening = indexedDB.open("parley");
	    await new Promise((done) => (opening.onsuccess = done));
	    tokens = opening.result.transaction("tokens").objectStore("tokens").count();
	    await new Promise((done) => (tokens.onsuccess = done));
	    opening.result.close();
	  }
	  return (localStorage.getItem("test.push") ? "true " : "false ") + tokens.result === `+quoted(want)+`;
	})()`)
}

// inWorker evaluates an expression in the worker of the server, which may be a promise.
func (tab *tab) inWorker(expression string) {
	tab.t.Helper()
	targets, err := chromedp.Targets(tab.ctx)
	if err != nil {
		tab.t.Fatal(err)
	}
	for _, one := range targets {
		if one.Type != "service_worker" || one.BrowserContextID != tab.person.profile {
			continue
		}
		ctx, leave := chromedp.NewContext(tab.ctx, chromedp.WithTargetID(one.TargetID), chromedp.WithDetachOnCancel())
		defer leave()
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		_, err := chromedp.Run(ctx,
			chromedp.Evaluate[any]("("+expression+").then(() => null)", chromedp.EvalAwaitPromise))
		if err != nil {
			tab.t.Fatalf("%s: %v", expression, err)
		}
		return
	}
	tab.t.Fatal("no worker runs")
}

// presses has the person press a notification with a text, or a button of it. No test can give the worker the right
// that a real press gives: to show a window.
func (tab *tab) presses(body, action string) {
	tab.t.Helper()
	tab.pressesWith(`self.focusPage ??= WindowClient.prototype.focus;
	  WindowClient.prototype.focus = async function () { return this; }`, body, action)
}

// pressesWith is presses after a script in the worker.
func (tab *tab) pressesWith(script, body, action string) {
	tab.t.Helper()
	tab.inWorker(`(async () => {
	  ` + script + `;
	  const all = await registration.getNotifications();
	  const notification = all.find(({ body }) => body === ` + quoted(body) + `);
	  dispatchEvent(new NotificationEvent("notificationclick", { notification, action: ` + quoted(action) + ` }));
	})()`)
}

// delivers gives the worker of the server a push message, and waits until the worker has shown a notification. Chromium
// forgets a notification for which a page asks before it is displayed.
func (tab *tab) delivers(text string) {
	tab.t.Helper()
	tab.inWorker(`(async () => {
	  const { showNotification: show } = ServiceWorkerRegistration.prototype;
	  self.shown = new Promise((done) => {
	    registration.showNotification = (...all) => show.apply(registration, all).finally(done);
	  });
	})()`)
	defer tab.inWorker("self.shown")
	do(tab, serviceworker.DeliverPushMessage, serviceworker.DeliverPushMessageParams{Origin: tab.person.at.root,
		RegistrationID: "0", Data: text})
}

// notified waits until the notifications of the server have these texts.
func (tab *tab) notified(bodies ...string) {
	tab.t.Helper()
	want, err := json.Marshal(append([]string{}, bodies...))
	if err != nil {
		tab.t.Fatal(err)
	}
	var got string
	await(tab.t, func() string { return "the notifications " + string(want) + ", but " + got }, func() bool {
		got = evaluate[string](tab, `navigator.serviceWorker.ready.then((all) => all.getNotifications())
			.then((all) => JSON.stringify(all.map(({ body }) => body).sort()))`)
		return got == string(want)
	})
}

// A person has this device told, by the offer beside the first draft: the worker is registered under the policy of the
// page, and the server gets the subscription. Then the person chooses what of, and turns it off.
func TestPush_thisDevice_isToldAndNoMore(t *testing.T) {
	t.Parallel()
	s := onFile(t, "--public-url", pushURL, "--access", "open")
	ada, bo := s.agent("den", "Ada"), s.agent("den", "Bo")
	tab := s.mayBeTold()
	tab.opensOwn(ada)
	const second = `(() => { try { trustedTypes.createPolicy("worker", {}); return "made"; } catch { return "refused"; } })()`
	if got := evaluate[string](tab, second); got != "refused" {
		t.Errorf("a second maker of addresses is %s", got)
	}
	tab.isNot(button("Tell me on this device"))
	tab.approves("All")
	ada.drafts("May I?")
	tab.sees("May I?")
	tab.accessible(byDay, "the offer of notifications")
	tab.click(button("Tell me on this device").in("main"))
	tab.sees("This device tells you when something needs you.")
	tab.until("the focus is in the page", "document.activeElement !== document.body")
	tab.isTurnedOn(true)
	tab.sees("Tells you on this device when something needs you")
	tab.tells("You turned on notifications for a device")
	if seen := ada.call("room_info", nil).Room.Agents[0]; seen.State == "standby" {
		t.Errorf("others see the agent as %+v", seen)
	}

	tab.choosesNotices()
	tab.accessible(byDay, "notifications of this device")
	tab.click(role("checkbox", "Only drafts to approve"))
	tab.until("it is told of drafts alone", `document.querySelectorAll(".choice input:checked").length === 2`)
	tab.press("Escape")
	tab.click(button("Stop notifications on this device"))
	tab.click(button("Stop notifications").in("dialog"))
	tab.seesNot("Tells you on this device")
	tab.isTurnedOn(false)
	tab.tells("You turned off notifications for a device")
	bo.says("Bye.")
	tab.sees("Bye.")
}

// An offer that is declined does not come again, in no room and not where approval is turned on.
func TestPush_offerThatIsDeclined_comesNoMore(t *testing.T) {
	t.Parallel()
	s := onFile(t, "--public-url", pushURL, "--access", "open")
	tab := s.mayBeTold()
	for n, agent := range []*agent{s.agent("den", "Ada"), s.agent("tea", "Cy")} {
		tab.opensOwn(agent)
		tab.approves("All")
		if n == 0 {
			tab.is(button("Tell me on this device").in("aside"))
		}
		agent.drafts("May I?")
		tab.sees("May I?")
		if n == 0 {
			tab.look(320, 844, "light")
			tab.click(button("No, thanks").in("main"))
			tab.until("the focus is in the conversation", `document.activeElement.closest(".log")`)
			tab.look(1440, 900, "light")
		}
		tab.sees("1 draft to approve")
		tab.isNot(button("Tell me on this device"))
	}
}

// What a browser's push service does not do is said, and leaves nothing behind.
func TestPush_serviceOutOfReach_isSaid(t *testing.T) {
	t.Parallel()
	s := onFile(t, "--public-url", pushURL, "--access", "open")
	tab := s.mayBeTold()
	tab.opensOwn(s.agent("den", "Ada"))
	evaluate[*bool](tab, `void localStorage.setItem("test.unreached", "yes")`)
	tab.choosesNotices()
	tab.click(role("checkbox", "Tell me on this device when something needs me"))
	tab.sees("Your browser couldn't reach its push service, so nothing was turned on.")
	tab.until("it is off, and may be tried again", `document.querySelector(".choice:first-child input:enabled:not(:checked)")`)
	tab.until("the focus stays", `document.activeElement.matches(".choice input")`)
	tab.accessible(byDay, "a push service out of reach")
	evaluate[*bool](tab, `void localStorage.removeItem("test.unreached")`)
	tab.click(role("checkbox", "Tell me on this device when something needs me"))
	tab.until("it is on", `document.querySelector(".choice input").checked`)
	tab.seesNot("couldn't reach")
	tab.isTurnedOn(true)
}

// A person without an agent is told, too, of questions and proposals.
func TestPush_personAlone_isTold(t *testing.T) {
	t.Parallel()
	s := onFile(t, "--public-url", pushURL, "--access", "open")
	s.agent("den", "Ada")
	tab := s.mayBeTold()
	tab.visit("/")
	tab.click(button("Join a room by name"))
	tab.fill(css("#named-agent_name"), "Cy")
	tab.fill(css("#named-room"), "den")
	tab.click(button("Join").in("dialog"))
	tab.sees("You are Cy.")
	tab.choosesNotices()
	tab.click(role("checkbox", "Tell me on this device when something needs me"))
	tab.until("it is on", `document.querySelector(".choice input").checked`)
	tab.isNot(role("checkbox", "Only drafts to approve"))
	tab.isTurnedOn(true)
	tab.reload()
	tab.choosesNotices()
	tab.until("it is on", `document.querySelector(".choice input").checked`)
	tab.click(role("checkbox", "Tell me on this device when something needs me"))
	tab.until("it is off", `!document.querySelector(".choice input").checked`)
	tab.isTurnedOn(false)
}

// A device from which the room is removed is told no more, as another device of the person sees.
func TestPush_roomRemovedFromTheDevice_isToldNoMore(t *testing.T) {
	t.Parallel()
	s := onFile(t, "--public-url", pushURL, "--access", "open")
	ada := s.agent("den", "Ada")
	tab := s.mayBeTold()
	tab.opensOwn(ada)
	tab.choosesNotices()
	tab.click(role("checkbox", "Tell me on this device when something needs me"))
	tab.isTurnedOn(true)
	tab.until("the box can be pressed again", `document.querySelector(".choice input:enabled:checked")`)
	tab.press("Escape")
	tab.isNot(css("dialog"))
	tab.click(button("Menu"))
	tab.click(button("Add a device"))
	tab.sees("Only an installed app can notify you on an iPhone or iPad")
	tab.click(button("Create a link").in(modal))
	link := tab.invite()
	tab.press("Escape")
	phone := s.person().open("/r/" + ada.token[:7] + "#" + claimOf(link))
	phone.sees("Tells you on another device when something needs you, by fcm.googleapis.com")
	tab.click(button("Menu"))
	tab.click(button("Remove from this device"))
	tab.click(button("Remove").in(modal))
	tab.until("the page is the first one", `location.pathname === "/"`)
	tab.isTurnedOn(false)
	phone.seesNot("Tells you on another device")
}

// below puts a proxy before the server that serves it below a path. Its pages know of no other address.
func (s *server) below(path string) *server {
	s.t.Helper()
	at, err := url.Parse(s.root)
	if err != nil {
		s.t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(at)
	proxy.FlushInterval = -1
	site := httptest.NewServer(http.StripPrefix(path, proxy))
	s.t.Cleanup(site.Close)
	below := *s
	below.root = site.URL
	return &below
}

// The worker shows what a push service brings, one notification for each need, and closes what is over. A press leads
// to the draft, Reject rejects it, and a Reject that fails leads there, too; also where a proxy has the server below a
// path.
func TestPush_worker_showsAndDecides(t *testing.T) {
	t.Parallel()
	s := onFile(t, "--public-url", pushURL+"/parley", "--access", "open")
	ada, bo := s.agent("den", "Ada"), s.agent("den", "Bo")
	tab := s.below("/parley").mayBeTold()
	tab.visit("/parley/r/" + ada.token[:7] + "#" + claimOf(ada.watch))
	tab.sees("You are watching")
	tab.approves("All")
	ada.drafts("May I?")
	tab.click(button("Tell me on this device").in("main"))
	tab.isTurnedOn(true)
	tab.until("the worker is for the path alone",
		`navigator.serviceWorker.ready.then(({ scope }) => scope === location.origin + "/parley/")`)
	if !tab.showsNotifications() {
		return
	}
	first := evaluate[string](tab, `document.querySelector(".row-draft").dataset.key`)
	asked := bo.says("Which port?", args{"kind": "request", "ask": []string{"Ada"}})
	tab.sees("Which port?")
	draft := need{ID: first, Kind: "draft", Body: "Ada waits for you", Rings: true}
	tab.told(ada, draft)
	tab.notified("Ada waits for you")
	draft.Rings = false
	tab.told(ada, draft, need{ID: asked, Kind: "request", Body: "Bo asks you", Rings: true})
	tab.notified("Ada waits for you", "Bo asks you")
	tab.delivers("no JSON")
	tab.notified("Ada waits for you", "Bo asks you", "Something needs you.")

	tab.presses("Ada waits for you", "")
	tab.until("the press leads to the draft", `document.activeElement.matches(".message-draft")`)
	for _, name := range []string{"Send", "Edit", "Reject"} {
		tab.is(button(name).in(drafts))
	}
	tab.decides(button("Send").in(drafts)) // decided in the page: what was shown of it goes
	tab.isNot(css(drafts))
	tab.notified("Bo asks you", "Something needs you.")

	ada.drafts("And this?")
	tab.sees("And this?")
	second := evaluate[string](tab, `document.querySelector(".row-draft").dataset.key`)
	draft = need{ID: second, Kind: "draft", Body: "Ada waits again", Rings: true}
	tab.told(ada, draft) // the answered question is over
	tab.notified("Ada waits again", "Something needs you.")
	tab.presses("Ada waits again", "refuse")
	tab.isNot(css(drafts))
	tab.sees("You rejected a draft")

	ada.drafts("Or this?")
	tab.sees("Or this?")
	draft.ID = evaluate[string](tab, `document.querySelector(".row-draft").dataset.key`)
	tab.told(ada, draft)
	tab.notified("Ada waits again", "Something needs you.")
	evaluate[*bool](tab, `new Promise((done) => {
	  const opening = indexedDB.open("parley", 1);
	  opening.onsuccess = () => {
	    const all = opening.result.transaction("tokens", "readwrite");
	    all.objectStore("tokens").clear();
	    all.oncomplete = () => (opening.result.close(), done(null));
	  };
	})`)
	evaluate[*bool](tab, "void document.querySelector('.compose textarea').focus()")
	tab.presses("Ada waits again", "refuse")
	tab.until("a Reject that fails leads to the draft", `document.activeElement.matches(".message-draft")`)

	// A database that never answers: another program deletes it, and the page holds it.
	evaluate[*bool](tab, `void (indexedDB.open("parley").onsuccess = ({ target }) => {
	  self.held = target.result;
	  indexedDB.deleteDatabase("parley");
	})`)
	tab.until("the page holds it", "self.held")
	draft.Body = "Ada still waits"
	tab.told(ada, draft)
	tab.notified("Ada still waits", "Something needs you.")

	// Without the right of a real press, the browser does not show the page of the room.
	tab.pressesWith(`WindowClient.prototype.focus = self.focusPage;
	  const opened = new Promise((done) => (clients.openWindow = async (at) => done(at)));
	  self.opened = opened.then((at) => { if (!at.includes("`+draft.ID+`")) throw new Error(at); })`, draft.Body, "")
	tab.inWorker("self.opened")
	tab.notified("Something needs you.")
}

// need is what a call tells of one thing.
type need struct {
	ID    string `json:"id"`
	Kind  string `json:"kind"`
	Body  string `json:"body"`
	Rings bool   `json:"rings,omitempty"`
}

// told gives the worker a call about the seat of an agent.
func (tab *tab) told(agent *agent, needs ...need) {
	tab.t.Helper()
	text, err := json.Marshal(map[string]any{"notification": map[string]any{"title": "den", "body": "x"},
		"parley": map[string]any{"room": agent.token[:7], "seat": seatOf(agent), "needs": needs}})
	if err != nil {
		tab.t.Fatal(err)
	}
	tab.delivers(string(text))
}

// seatOf returns the number of the seat of an agent.
func seatOf(agent *agent) uint64 { return ident.Number(agent.token[7:12]) }

// A notification leads to the seat that it is about, of those of the browser in one room.
func TestPush_pressForOneOfTwoSeats_opensThatSeat(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("den", "Ada"), s.agent("den", "Bo")
	tab := s.person().open(ada.watch)
	tab.sees("You are watching Ada")
	tab.visit(bo.watch)
	tab.sees("You are watching Bo")
	for _, seat := range []struct {
		of   *agent
		name string
	}{{ada, "Ada"}, {bo, "Bo"}} {
		tab.visit(fmt.Sprintf("/r/%s#.%d", ada.token[:7], seatOf(seat.of)))
		tab.sees("You are watching " + seat.name)
	}
	evaluate[bool](tab, fmt.Sprintf(`(location.hash = "m000000.%d", true)`, seatOf(ada)))
	tab.sees("You are watching Ada")
}

// Where an extension has made a policy of the same name, the page works, and cannot be told.
func TestPush_policyOfAnExtension_leavesThePage(t *testing.T) {
	t.Parallel()
	s := onFile(t, "--public-url", pushURL, "--access", "open")
	tab := s.mayBeTold()
	do(tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `trustedTypes.createPolicy("worker", {})`,
	})
	tab.opensOwn(s.agent("den", "Ada"))
	tab.choosesNotices()
	tab.sees("This browser can't notify you while the page is closed.")
}

// In Safari of an iPhone one sentence says what to do, and there is nothing to press.
func TestPush_safariOfAnIPhone_saysWhatToDo(t *testing.T) {
	t.Parallel()
	s := onFile(t, "--public-url", pushURL, "--access", "open")
	ada := s.agent("den", "Ada")
	tab := s.person().tab()
	do(tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `delete globalThis.PushManager; delete globalThis.Notification; navigator.standalone = false`,
	})
	tab.look(1440, 900, "light")
	tab.opensOwn(ada)
	tab.approves("All")
	tab.until("the offer says it", `/Add to Home Screen/.test(document.querySelector("aside .notices-offer").innerText)`)
	ada.drafts("May I?")
	tab.click(button("OK").in("main"))
	tab.isNot(button("OK"))
	tab.choosesNotices()
	tab.until("the dialog says it", `/Add to Home Screen/.test(document.querySelector("dialog").innerText)`)
	tab.isNot(role("checkbox", "Notify me about this room"))
	tab.seesNot("This browser can't show notifications.")
}

// A press leads to the draft, whatever lies over the conversation.
func TestPush_pressBehindAPaneOrADialog_leadsToTheDraft(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada := s.agent("den", "Ada")
	tab := s.person().open(ada.watch)
	tab.approves("All")
	ada.drafts("May I?")
	tab.sees("May I?")
	draft := evaluate[string](tab, `document.querySelector(".row-draft").dataset.key`)
	tab.look(390, 844, "light")
	for _, open := range []func(){
		func() { tab.click(css(".room-sidebar-button")) }, func() { tab.choosesNotices() },
	} {
		open()
		tab.until("something lies over it", `document.querySelector("dialog, .room-sidebar.open")`)
		evaluate[bool](tab, `(location.hash = `+quoted(draft)+`, true)`)
		tab.until("the press leads to the draft", `document.activeElement.matches(".message-draft")
			&& !document.querySelector("dialog, .room-sidebar.open")`)
	}
}

// showsNotifications reports whether this browser lets a worker notify: the headless shell does not.
func (tab *tab) showsNotifications() bool {
	tab.t.Helper()
	shows := evaluate[bool](tab, `navigator.serviceWorker.ready.then((all) => all.showNotification("try")
		.then(() => all.getNotifications()).then(([one]) => (one?.close(), !!one))).catch(() => false)`)
	if !shows {
		tab.t.Log("NOT TESTED: what a worker shows, which needs Chromium in place of its headless shell")
	}
	return shows
}

// Where no browser can be called, the page tells while it is open, and says so.
func TestPush_serverWithoutAnAddress_saysWhy(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada := s.agent("den", "Ada")
	tab := s.person().open(ada.watch)
	tab.click(button("Menu"))
	tab.click(button("Notifications"))
	tab.sees("only its operator can change that, by giving it a public address")
	tab.is(role("checkbox", "Notify me about this room"))
}
