package browser

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/serviceworker"

	"github.com/parley-chat/parley/internal/outbound/webpush/webpushtest"
)

// subscribing gives pages a push manager that needs no push service: the one of Chromium calls Google. It keeps what
// the page asks for in localStorage, as the browser would.
const subscribing = `(() => {
  const made = () => {
    const { subscription, key } = JSON.parse(localStorage.getItem("test.push") ?? "null") ?? {};
    return subscription && { ...subscription, toJSON: () => subscription,
      options: { applicationServerKey: Uint8Array.from(atob(key.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt()) },
      unsubscribe: async () => (localStorage.removeItem("test.push"), true) };
  };
  PushManager.prototype.getSubscription = async () => made() ?? null;
  PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey: key }) => {
    if (!userVisibleOnly) throw new Error("silent");
    localStorage.setItem("test.push", JSON.stringify({ key, subscription: %s }));
    return made();
  };
})()`

// delivers gives the worker of the server a push message.
func (tab *tab) delivers(text string) {
	tab.t.Helper()
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
	await(tab.t, func() string { return "the notifications " + string(want) }, func() bool {
		got := evaluate[string](tab, `navigator.serviceWorker.ready.then((all) => all.getNotifications())
			.then((all) => JSON.stringify(all.map(({ body }) => body).sort()))`)
		return got == string(want)
	})
}

// A person has this device told: the worker is registered under the policy of the page, the server gets the
// subscription, and what the push service brings is shown until it is over. Then the person turns it off.
func TestPush_thisDevice_isToldAndNoMore(t *testing.T) {
	t.Parallel()
	s := onFile(t, "--public-url", "https://parley.example", "--access", "keys")
	key := s.key("ann")
	ada, bo := s.agent("den", "Ada", key), s.agent("den", "Bo", key)
	person := s.person()
	person.grants("notifications")
	tab := person.tab()
	do(tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: fmt.Sprintf(subscribing,
			webpushtest.NewBrowser(t).Subscription("https://fcm.googleapis.com/fcm/send/test")),
	})
	do(tab, serviceworker.Enable, cdp.Empty{})
	tab.look(1440, 900, "light")
	tab.visit("/r/" + ada.token[:7] + "#" + claimOf(ada.watch))
	tab.sees("den")
	tab.expects("a TrustedTypePolicy with that name already exists")
	const second = `(() => { try { trustedTypes.createPolicy("worker", {}); return "made"; } catch { return "refused"; } })()`
	if got := evaluate[string](tab, second); got != "refused" {
		t.Errorf("a second maker of addresses is %s", got)
	}

	tab.click(button("Menu"))
	tab.click(button("Notifications"))
	tab.accessible(byDay, "notifications of this device")
	tab.click(role("checkbox", "Tell me on this device when something needs me"))
	tab.until("this device is told", `document.querySelector(".choice input").checked`)
	tab.click(role("checkbox", "Only drafts"))
	tab.until("it is told of drafts alone", `document.querySelectorAll(".choice input:checked").length === 2`)
	tab.press("Escape")
	tab.sees("Tells this device what needs you")
	if seen := ada.call("room_info", nil).Room.Agents[0]; seen.State == "standby" {
		t.Errorf("others see the agent as %+v", seen)
	}

	if tab.showsNotifications() {
		tab.isTold(ada.token[:7])
	}
	tab.click(button("Stop notifications by fcm.googleapis.com"))
	tab.click(button("Stop notifications").in("dialog"))
	tab.seesNot("Tells this device what needs you")
	tab.until("the browser has unsubscribed", `!localStorage.getItem("test.push")`)
	bo.says("Bye.")
	tab.sees("Bye.")
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

// isTold has the worker show and close what a push service brings for a room.
func (tab *tab) isTold(room string) {
	tab.t.Helper()
	text := func(needs string) string {
		return `{"notification":{"title":"den","body":"x"},"app_badge":1,"parley":{"room":"` + room + `","needs":[` +
			needs + `]}}`
	}
	tab.delivers(text(`{"id":"m111111","kind":"draft","body":"Ada waits for you","rings":true}`))
	tab.notified("Ada waits for you")
	tab.delivers(text(`{"id":"m111111","kind":"draft","body":"Ada waits for you"},
		{"id":"m222222","kind":"request","body":"Bo asks you","rings":true}`))
	tab.notified("Ada waits for you", "Bo asks you")
	tab.delivers("no JSON")
	tab.notified("Ada waits for you", "Bo asks you", "Something needs you.")

	// What needs the person no more, as the page knows, goes.
	tab.reload()
	tab.notified("Something needs you.")
}

// Where no browser can be called, the page tells while it is open, and says so.
func TestPush_serverWithoutAnAddress_saysWhy(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada := s.agent("den", "Ada")
	tab := s.person().open(ada.watch)
	tab.click(button("Menu"))
	tab.click(button("Notifications"))
	tab.sees("its operator can give it a public address (--public-url)")
	tab.is(role("checkbox", "Notify me about this room"))
}
