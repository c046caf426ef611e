package browser

import (
	"strings"
	"testing"
)

func TestSend_answersLost_messageIsThereOnce(t *testing.T) {
	t.Parallel()
	w := onFile(t).through()
	_, bo, f := den(t, w.server)
	left := 3
	w.losing(func(tool string) bool {
		if !sends(tool) || left == 0 {
			return false
		}
		left--
		return true
	})
	f.says("first")
	f.says("second")
	f.has("first", "second")
	f.hasSentAll()
	bo.heard("first", "second")
	if n := w.called("send_message"); n != 5 {
		t.Errorf("%d calls", n)
	}
}

func TestSend_pressedTenTimes_messageIsThereOnce(t *testing.T) {
	t.Parallel()
	_, bo, f := den(t, onFile(t))
	f.does(`await Promise.all(Array.from({ length: 10 }, () => m.room.send({ text: "yes" })))`)
	f.says("no")
	f.has("yes", "no")
	f.hasSentAll()
	bo.heard("yes", "no")
}

func TestSend_message_isInSightAllTheTimeAndNeverTwice(t *testing.T) {
	t.Parallel()
	w := onFile(t).through()
	_, bo, f := den(t, w.server)
	w.losing(sends) // so that the log has it before the answer comes
	f.does(`m.counts = new Set(); m.room.subscribe(() => m.counts.add(m.room.state.outbox.length + m.texts().length))`)
	f.says("here")
	bo.hearsText("here")
	f.has("here")
	w.losing(nothing)
	f.hasSentAll()
	if counts := evaluate[string](f.tab, `[...m.counts].join()`); counts != "1" {
		t.Errorf("it was in sight %s times", counts)
	}
}

func TestSend_reloadBeforeTheAnswer_messageIsThereOnce(t *testing.T) {
	t.Parallel()
	w := onFile(t).through()
	ada, bo, f := den(t, w.server)
	w.losing(func(tool string) bool { return sends(tool) || tool == "wait_for_message" })
	f.says("kept")
	bo.hearsText("kept")
	f.again(ada.watch)
	w.losing(nothing)
	f.has("kept")
	f.hasSentAll()
	bo.heard("kept")
}

func TestSend_noAnswerWhileAWaitIsOpen_showsThatTheConnectionIsLost(t *testing.T) {
	t.Parallel()
	w := onFile(t).through()
	_, bo, f := den(t, w.server)
	w.setBusy(true) // the wait that is open hears nothing of it
	f.says("not yet")
	f.until("offline is shown", `m.room.state.phase === "offline"`)
	w.setBusy(false)
	f.does(`m.room.wake()`) // as when the network is back
	f.has("not yet")
	f.hasSentAll()
	bo.heard("not yet")
}

func TestSend_offlineAndReload_isSentWhenTheServerIsBack(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo, f := den(t, s)
	f.offline(true)
	f.says("kept")
	f.until("it waits", `m.room.state.outbox[0].state === "sending"`)
	f.offline(false)
	f.again(ada.watch)
	f.has("kept")
	f.hasSentAll()
	bo.heard("kept")
}

func TestSend_refused_staysUntilItIsDropped(t *testing.T) {
	t.Parallel()
	ada, bo, f := den(t, onFile(t))
	f.does(`await m.room.send({ text: "to whom?", to: ["Nobody"] })`)
	f.until("it is refused", `m.room.state.outbox[0]?.state === "refused" && m.room.state.outbox[0].why`)
	f.says("another")
	f.has("another")
	f.again(ada.watch)
	f.until("it is still there", `m.room.state.outbox[0]?.args.text === "to whom?"`)
	f.does(`await m.room.retry(m.room.state.outbox[0].key)`)
	f.until("it is refused again", `m.room.state.outbox[0]?.state === "refused"`)
	if args := evaluate[map[string]any](f.tab, `m.room.drop(m.room.state.outbox[0].key)`); args["text"] != "to whom?" {
		t.Errorf("given back was %v", args)
	}
	f.hasSentAll()
	bo.heard("another")
}

// What looks like a secret is sent once its person says so, and not if it is thrown away.
func TestSend_credential_isHeldUntilItIsSentAnyway(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	bo := s.agent("den", "Bo")
	tab := s.person().open(s.agent("den", "Ada").watch)
	secret := "ghp_" + strings.Repeat("aB3dE6gH9", 4)
	for _, text := range []string{"throw this away: ", "take this: "} {
		tab.says(text + secret)
		tab.sees("Not sent: this seems to hold a GitHub token")
		bo.heard()
		if strings.HasPrefix(text, "throw") {
			tab.click(button("Discard"))
			tab.isNot(button("Send anyway"))
		}
	}
	tab.reload()
	tab.click(button("Send anyway"))
	bo.hearsText("take this: " + secret)
	tab.isNot(button("Send anyway"))
	bo.heard("take this: " + secret)
}

func TestTabs_ofOnePerson_shareWhatIsSentAndReadAndForgotten(t *testing.T) {
	t.Parallel()
	w := onFile(t).through()
	ada, bo, one := den(t, w.server)
	w.losing(sends)
	one.says("from both")
	bo.hearsText("from both")
	two := one.person.follower()
	two.returns(ada.watch)
	two.live()
	w.losing(nothing)
	for _, f := range []*follower{one, two} {
		f.has("from both")
		f.hasSentAll()
	}
	w.setBusy(true)
	one.says("later")
	two.until("what the other sends is shown", `m.room.state.outbox[0]?.args.text === "later"`)
	w.setBusy(false)
	one.does(`m.room.wake()`)
	two.does(`m.room.wake()`)
	bo.hearsText("later")
	bo.says("news")
	for _, f := range []*follower{one, two} {
		f.has("from both", "later", "news")
		f.hasSentAll()
	}
	bo.heard("from both", "later", "news")
	one.until("it is unread", `m.room.unread() === 1`)
	two.does(`m.room.read(m.room.state.messages.at(-1).id)`)
	one.until("it is read here as well", `m.room.unread() === 0`)
	two.does(`m.storage.forget(m.room.seat.token)`)
	one.ends("no_seat")
}
