package browser

import "testing"

func TestFollow_connectionLost_goesOnWithoutGapOrDuplicate(t *testing.T) {
	t.Parallel()
	_, bo, f := den(t, onFile(t))
	bo.says("before")
	f.has("before")
	f.offline(true)
	bo.says("one")
	bo.says("two")
	f.until("offline is shown", `m.room.state.phase === "offline"`)
	f.offline(false)
	f.has("before", "one", "two")
	f.live()
	bo.says("three")
	f.has("before", "one", "two", "three")
}

func TestFollow_serverKilledAndRestarted_goesOnFromTheSamePlace(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	_, bo, f := den(t, s)
	bo.says("before")
	f.has("before")
	s.kill()
	f.says("to nobody yet")
	f.until("offline is shown", `m.room.state.phase === "offline"`)
	s.again()
	f.has("before", "to nobody yet")
	bo.says("after")
	f.has("before", "to nobody yet", "after")
	f.hasSentAll()
	bo.heard("before", "to nobody yet", "after")
}

func TestFollow_answersOfWaitsLost_isNotShownAndLosesNothing(t *testing.T) {
	t.Parallel()
	w := onFile(t).through()
	_, bo, f := den(t, w.server)
	f.does(`m.phases = []; m.room.subscribe(() => m.phases.push(m.room.state.phase))`)
	left := 1
	w.losing(func(tool string) bool {
		lost := tool == "wait_for_message" && left > 0
		left--
		return lost
	})
	bo.says("one")
	bo.says("two")
	f.has("one", "two")
	f.until("a single failure is not shown", `!m.phases.includes("offline")`)
}

func TestFollow_fifthTab_pausesAnotherUntilThatIsLookedAt(t *testing.T) {
	t.Parallel()
	ada, bo, first := den(t, onFile(t))
	first.does(`m.room.here(true, false)`)
	tabs := []*follower{first}
	for range 4 {
		f := first.person.follower()
		f.returns(ada.watch)
		f.live()
		f.does(`m.room.here(true, false)`)
		tabs = append(tabs, f)
	}
	const isPaused = `m.room.state.trouble?.code === "superseded"`
	var paused *follower
	await(t, func() string { return "one of five tabs has paused" }, func() bool {
		for _, f := range tabs {
			if evaluate[bool](f.tab, isPaused) {
				paused = f
			}
		}
		return paused != nil
	})
	bo.says("to four")
	for _, f := range tabs {
		if f != paused {
			f.has("to four")
		}
	}
	if !evaluate[bool](paused.tab, isPaused+` && m.texts().length === 0`) {
		t.Error("the fifth goes on")
	}
	paused.does(`m.room.here(true, true)`)
	paused.has("to four")
	paused.live()
}

// handClock is a clock that a test moves: pauses end when their time has come.
const handClock = `m.clock = {
	at: 1e12, due: [],
	now() { return this.at; },
	pause(ms, signal) {
		return new Promise((resolve) => {
			if (signal?.aborted || !(ms > 0)) return resolve();
			this.due.push({ at: this.at + ms, resolve });
			signal?.addEventListener("abort", resolve);
		});
	},
	advance(ms) {
		this.at += ms;
		const due = this.due.filter(({ at }) => at <= this.at);
		this.due = this.due.filter(({ at }) => at > this.at);
		for (const { resolve } of due) resolve();
	},
}`

func TestFollow_hiddenTab_waitsTenMinutesAndThenLooksInOnceAMinute(t *testing.T) {
	t.Parallel()
	w := onFile(t).through()
	ada, bo := w.agent("den", "Ada"), w.agent("den", "Bo")
	f := w.person().follower()
	f.does(handClock)
	f.does(`m.begin(m.seats.claimed(` + quoted(claimOf(ada.watch)) + `), m.clock)`)
	f.live()
	f.does(`m.room.here(false, false)`)
	bo.says("while it waits")
	f.has("while it waits")
	f.does(`m.clock.advance(10 * 60_000)`)
	bo.says("the last at once")
	f.has("while it waits", "the last at once")
	const rests = `m.clock.due.some(({ at }) => at === m.clock.at + 60_000)`
	f.until("it rests for a minute", rests)
	before := w.called("wait_for_message")
	bo.says("heard in a minute")
	f.does(`m.clock.advance(59_000)`)
	if n := w.called("wait_for_message"); n != before {
		t.Errorf("%d calls within a minute", n-before)
	}
	f.has("while it waits", "the last at once")
	f.does(`m.clock.advance(1_000)`)
	f.has("while it waits", "the last at once", "heard in a minute")
	f.until("it rests again", rests)
	bo.says("heard when it is seen")
	f.does(`m.room.here(true, true)`)
	f.has("while it waits", "the last at once", "heard in a minute", "heard when it is seen")
}

func TestFollow_machineThatHasSlept_looksAtOnce(t *testing.T) {
	t.Parallel()
	w := onFile(t).through()
	ada := w.agent("den", "Ada")
	f := w.person().follower()
	f.does(handClock)
	f.does(`m.begin(m.seats.claimed(` + quoted(claimOf(ada.watch)) + `), m.clock)`)
	f.live()
	before := w.called("wait_for_message")
	f.does(`m.clock.advance(30_000)`) // late, as on a busy machine
	f.does(`m.clock.advance(3600_000)`)
	await(t, func() string { return "it looks" }, func() bool { return w.called("wait_for_message") > before })
}

func TestFollow_serverThatAsksForPatience_getsIt(t *testing.T) {
	t.Parallel()
	w := onFile(t).through()
	ada, bo := w.agent("den", "Ada"), w.agent("den", "Bo")
	f := w.person().follower()
	f.does(handClock)
	f.does(`m.begin(m.seats.claimed(` + quoted(claimOf(ada.watch)) + `), m.clock)`)
	f.live()
	w.setBusy(true)
	bo.says("one")
	f.until("that it takes time is shown", `m.room.state.phase === "offline"`)
	const waits = `m.clock.due.some(({ at }) => at === m.clock.at + ` + retryAfter + `000)`
	f.until("it waits as long as it was asked to", waits)
	f.says("two")
	f.until("so does what is said", `m.clock.due.filter(({ at }) => at === m.clock.at + `+retryAfter+`000).length === 2`)
	w.setBusy(false)
	f.does(`m.clock.advance(` + retryAfter + `000)`)
	f.has("one", "two")
	f.hasSentAll()
}

func TestFollow_closedRoom_canStillBeRead(t *testing.T) {
	t.Parallel()
	ada, bo, f := den(t, onFile(t))
	bo.says("the end")
	ada.call("update_room", args{"closed": true})
	f.until("it is closed", `m.room.state.room.closed && m.room.state.phase === "live"`)
	f.has("the end")
	f.again(ada.watch)
	f.has("the end")
	f.live()
	f.says("too late")
	f.until("nothing more is said", `m.room.state.outbox[0]?.state === "refused" && m.room.state.outbox[0].why`)
}

func TestFollow_seatTaken_saysSo(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("den", "Ada"), s.agent("den", "Bo")
	f := s.follow(bo)
	ada.call("manage_agent", args{"agent_name": "Bo", "action": "kick"})
	f.ends("removed")
	f.again(bo.watch)
	f.ends("removed")
}

func TestFollow_shownWhileItOpens_readsTheRoomAllTheSame(t *testing.T) {
	t.Parallel()
	w := onFile(t).through()
	ada := w.agent("den", "Ada")
	f := w.person().follower()
	w.setBusy(true)
	f.does(handClock)
	f.does(`m.begin(m.seats.claimed(` + quoted(claimOf(ada.watch)) + `), m.clock)`)
	f.does(`m.room.here(false, false); m.room.here(true, true)`)
	f.until("it waits to try again", `m.clock.due.some(({ at }) => at === m.clock.at + `+retryAfter+`000)`)
	w.setBusy(false)
	f.does(`m.clock.advance(` + retryAfter + `000)`)
	f.live()
	if !evaluate[bool](f.tab, `m.room.state.room?.name === "den"`) {
		t.Error("the room is not there")
	}
}

func TestFollow_clockSetBack_readsWhatIsOpenAllTheSame(t *testing.T) {
	t.Parallel()
	w := onFile(t).through()
	ada, bo := w.agent("den", "Ada"), w.agent("den", "Bo")
	f := w.person().follower()
	f.does(handClock)
	f.does(`m.begin(m.seats.claimed(` + quoted(claimOf(ada.watch)) + `), m.clock)`)
	f.live()
	f.does(`m.clock.at -= 3600_000`)
	bo.call("send_message", args{"text": "Which port?", "ask": []string{"Ada"}})
	f.until("an answer is owed", `m.room.state.requests.length === 1`)
}

func TestFollow_ended_asksNothingMore(t *testing.T) {
	t.Parallel()
	w := onFile(t).through()
	ada, bo := w.agent("den", "Ada"), w.agent("den", "Bo")
	f := w.person().follower()
	f.does(handClock)
	f.does(`m.begin(m.seats.claimed(` + quoted(claimOf(bo.watch)) + `), m.clock)`)
	f.live()
	ada.call("manage_agent", args{"agent_name": "Bo", "action": "kick"})
	f.ends("removed")
	before := w.called("room_info")
	f.does(`m.clock.advance(60_000); await m.room.refresh.want({ info: true })`)
	if n := w.called("room_info"); n != before {
		t.Errorf("it was read %d times after the end", n-before)
	}
}

// The answer of a reading that began before the person paused its agent says that it is not.
func TestSteer_olderAnswerComesLater_isNotShown(t *testing.T) {
	t.Parallel()
	_, _, f := den(t, onFile(t))
	f.does(`m.seen = []; m.room.subscribe(() => m.seen.push(m.room.state.supervision.paused))`)
	f.does(`
		const answered = m.room.call.bind(m.room);
		let late;
		m.room.call = (tool, args, signal) => {
			if (tool !== "steer" || args?.paused !== undefined || late) return answered(tool, args, signal);
			return late = answered(tool, args, signal).then((old) => new Promise((resolve) => { m.release = () => resolve(old); }));
		};
		m.room.refresh.want({ supervision: true })`)
	f.until("the older answer is under way", `m.release`)
	f.does(`await m.room.steer({ paused: true }); m.release(); await m.room.refresh.want({ supervision: true })`)
	if got := evaluate[string](f.tab, `[...new Set(m.seen.slice(m.seen.indexOf(true)))].join()`); got != "true" {
		t.Errorf("paused was shown as %s", got)
	}
}
