package browser

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/ident"
)

func TestLink_openedTwice_leadsOnHereAndNowhereElse(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada := s.agent("den", "Ada")
	f := s.follow(ada)
	token := evaluate[string](f.tab, `m.room.seat.token`)
	f.reload()
	f.load()
	f.opens(ada.watch)
	if again := evaluate[string](f.tab, `m.room.seat.token`); again != token || evaluate[int](f.tab, `m.storage.seats().length`) != 1 {
		t.Error("the same link has made another token")
	}
	other := s.person().follower()
	other.begins(ada.watch)
	other.ends("opened")
	if n := evaluate[int](other.tab, `m.storage.seats().length`); n != 0 {
		t.Errorf("%d seats are kept of a link that lets nobody in", n)
	}
}

func TestLink_answerLost_isOpenedByTheSameTokenAfterAReload(t *testing.T) {
	t.Parallel()
	w := onFile(t).through()
	ada := w.agent("den", "Ada")
	f := w.person().follower()
	w.losing(func(tool string) bool { return tool == "steer" })
	f.begins(ada.watch)
	await(t, func() string { return "the link is opened" }, func() bool { return w.called("steer") > 0 })
	token := evaluate[string](f.tab, `m.room.seat.token`)
	f.again(ada.watch)
	w.losing(nothing)
	f.live()
	if again := evaluate[string](f.tab, `m.room.seat.token`); again != token {
		t.Error("another token was made")
	}
}

func TestLink_inTwoTabsAtOnce_opensBoth(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada := s.agent("den", "Ada")
	one := s.person().follower()
	two := one.person.follower()
	one.does(`m.seat = { room: "` + claimOf(ada.watch)[1:8] + `", token: m.token.newToken("` + claimOf(ada.watch) + `"), claim: "` + claimOf(ada.watch) + `" }; m.storage.keep(m.seat)`)
	two.does(`m.seat = { ...m.storage.seats()[0], token: m.token.newToken("` + claimOf(ada.watch) + `") }; m.storage.keep(m.seat)`) // as if it had not seen the other's
	one.does(`m.begin(m.seat)`)
	one.live()
	two.does(`m.begin(m.seat)`)
	two.live()
	if n := evaluate[int](two.tab, `m.storage.seats().length`); n != 1 {
		t.Errorf("%d seats are kept", n)
	}
}

func TestLink_forAFurtherDevice_replacesNoTokenThatWorks(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada := s.agent("den", "Ada")
	f := s.follow(ada)
	token := evaluate[string](f.tab, `m.room.seat.token`)
	link := evaluate[string](f.tab, `m.room.newLink()`)
	f.does(`m.room.close()`)
	f.opens(link)
	if now := evaluate[string](f.tab, `m.room.seat.token`); now != token {
		t.Error("the token was replaced")
	}
	phone := s.person().follower()
	phone.opens(link)
}

func TestLink_newerOneForASeatWhoseTokenIsGone_takesItsPlace(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada := s.agent("den", "Ada")
	f := s.follow(ada)
	first := evaluate[string](f.tab, `m.room.seat.token`)
	f.does(`m.storage.note(m.room.seat.token, { draft: "unsaid" })`)
	f.does(`for (let i = 0; i < 4; i++) { // further devices, of which the last takes the place of the first
		const claim = (await m.room.newLink()).split("#")[1];
		m.device = { agent_token: m.token.newToken(claim) };
		await m.mcp.call("steer", { ...m.device, claim });
	}`)
	f.ends("token_invalid")
	f.opens(evaluate[string](f.tab, `m.mcp.call("steer", { ...m.device, new_link: true }).then(({ watch }) => watch)`))
	if now := evaluate[string](f.tab, `m.room.seat.token`); now == first {
		t.Error("the token that is gone works")
	}
	f.until("what belongs to the seat is kept", `m.storage.seats().length === 1 && m.storage.notesOf(m.room.seat.token).draft === "unsaid"`)
}

func TestLink_onThePage_leavesTheAddressAndIsTakenAgain(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("den", "Ada"), s.agent("lodge", "Bo")
	tab := s.person().open(ada.watch)
	tab.until("the room is in the title, and no secret in the address", `document.title.includes("den") && !location.href.includes("#")`)
	wrong := strings.Replace(bo.watch, claimOf(bo.watch)[1:8], claimOf(ada.watch)[1:8], 1)
	evaluate[bool](tab, `(location.hash = `+quoted(claimOf(wrong))+`, true)`)
	tab.until("the room is no longer in the title", `!document.title.includes("den") && !location.href.includes("#")`)
	evaluate[bool](tab, `(location.hash = `+quoted(claimOf(ada.watch)+".")+`, true)`)
	tab.until("the room is shown again", `document.title.includes("den") && !location.href.includes("#")`)
}

func TestToken_madeByThePage_isOneForTheServer(t *testing.T) {
	t.Parallel()
	f := onFile(t).person().follower()
	for seat := 1; seat <= ident.MaxSeat; seat += 1111 {
		claim := ident.NewClaim("000102030405060708090a0b0c0d0e0f", ident.NewRoomID(), seat, int64(seat), 0)
		made := evaluate[string](f.tab, `m.token.newToken(`+quoted(claim.String())+`)`)
		token, err := ident.ParseToken(made)
		if err != nil || token.Room != claim.Room || token.Seat != seat || !token.Person || token.String() != made {
			t.Errorf("of %s the page makes %s: %+v, %v", claim, made, token, err)
		}
		text := quoted(claim.String())
		if !evaluate[bool](f.tab, `m.token.isClaim(`+text+`) && m.token.roomOf(`+text+`) === `+quoted(claim.Room)) {
			t.Errorf("the page does not take %s for a claim", text)
		}
		taken := evaluate[[]string](f.tab, `[...`+text+`].map((c, i, all) => all.with(i, c === "0" ? "1" : "0").join("")).filter(m.token.isClaim)`)
		if len(taken) > 0 {
			t.Errorf("the page takes %s for claims", taken)
		}
	}
}

func TestKept_storageThatTakesNothing_isRememberedAndTold(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("den", "Ada"), s.agent("den", "Bo")
	f := s.person().follower()
	f.does(`localStorage.setItem("parley.seat.p1", "{damaged"); localStorage.setItem("parley.seat.p2", "7")`)
	f.does(`Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError") }`)
	f.opens(ada.watch)
	f.says("still said")
	f.has("still said")
	f.hasSentAll()
	bo.heard("still said")
	f.until("it tells", `!m.storage.lasts() && m.storage.seats().length === 1 && m.storage.seats()[0].read !== ""`)
}

func TestLink_onAServerWithKeys_tellsARevokedKeyFromASeatThatIsGone(t *testing.T) {
	t.Parallel()
	s := onFile(t, "--access", "keys")
	key := s.key("Ada")
	ada, bo := s.agent("den", "Ada", key), s.agent("den", "Bo", key)
	f := s.follow(ada)
	f.says("Let in by a link.")
	bo.hearsText("Let in by a link.")
	ada.call("leave_room", nil)
	f.ends("removed")
	other := s.person().follower()
	other.begins(ada.watch)
	other.ends("token_invalid")
	bos := s.follow(bo)
	s.kill()
	s.keys("revoke", "Ada")
	s.again()
	bos.ends("key_invalid")
	bos.again(bo.watch)
	bos.ends("key_invalid")
}

func TestTakeSeat_personAlone_isSoOnEachOfItsDevices(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	f := s.person().follower()
	address := evaluate[string](f.tab, `m.seats.takeSeat({ tool: "create_room", args: { agent_name: "Cy", room: "den" } })`)
	id, found := strings.CutPrefix(address, s.root+"/r/")
	if !found {
		t.Fatalf("the room is at %s", address)
	}
	f.does(`m.begin(m.seats.returned(` + quoted(id) + `))`)
	phone := s.person().follower()
	f.live()
	phone.opens(evaluate[string](f.tab, `m.room.newLink()`))
	for _, f := range []*follower{f, phone} {
		f.until("there is no agent", `m.room.state.alone && m.room.state.me === "Cy"`)
	}
	phone.says("Nobody here but me.")
	f.has("Nobody here but me.")
	f.until("all that is there is this person's", `m.room.unread() === 0`)
}
