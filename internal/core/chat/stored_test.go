package chat_test

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/cryptotest"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/auth/account"
	"github.com/parley-chat/parley/internal/auth/signin"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/pairing"
	"github.com/parley-chat/parley/internal/core/ratelimit"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/outbound/outbox"
	"github.com/parley-chat/parley/internal/outbound/outcall"
	"github.com/parley-chat/parley/internal/store/files"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
	"github.com/parley-chat/parley/internal/testkit/secretscan"
)

var update = flag.Bool("update", false, "write testdata/stored.golden")

// goldenItems is the file of what a table holds after storing.session. Each line is an item: its keys, the second in
// which it expires, and its data.
const goldenItems = "testdata/stored.golden"

// resource is the address for which sign-ins are made.
const resource = "https://parley.example/mcp"

// storing is all that writes items, in a process on a table.
type storing struct {
	*world
	queue *pairing.Service
	keys  *access.Keys
	gate  *access.Gate
	signs *signin.SignIns
}

func newStoring(t *testing.T, tab table.Table, store files.Store, clock *clockwork.FakeClock) *storing {
	s := &storing{world: onTable(t, clock, tab, chat.Options{SingleProcess: true, MinBatch: 1, Files: store,
		Limits: ratelimit.Limits{Rooms: 1}})}
	s.queue = pairing.New(s.Service, pairing.Options{})
	s.keys = access.NewKeys(tab, clock, secretscan.Logger(t))
	s.gate = access.New(access.Options{Table: tab, Clock: clock, Logger: secretscan.Logger(t),
		Account: func(account.Person) bool { return true }})
	s.signs = signin.New(signin.Options{Table: tab, Clock: clock, Logger: secretscan.Logger(t), Resource: resource,
		Begin: func(ctx context.Context, _ string) (context.Context, error) { return ctx, nil },
		Key:   func(context.Context, string) (time.Time, bool, error) { return time.Time{}, true, nil }})
	return s
}

// kept is what those have who were in the session.
type kept struct {
	ann, bob, cid chat.Seated
	nora          chat.Seated // whose person has a name
	person        string      // behind Bob
	hook          roomlog.HookItem
	ticket, match string
	key           ident.Key
	used, code    signin.Exchange // the first one is exchanged
	first, pair   signin.Pair
	push          string // the key with which browsers subscribe
}

// pushKey returns the key with which browsers subscribe, which is made if the table has none.
func (s *storing) pushKey() string {
	s.t.Helper()
	d := outbox.New(outbox.Options{Rooms: s.Service, Out: outcall.New(outcall.Options{}), Clock: s.clock,
		Public: "https://parley.example", Logger: secretscan.Logger(s.t)})
	key, err := d.PushKey(s.t.Context())
	s.must("a key of pushes", err)
	return key
}

func (s *storing) must(what string, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("%s: %v", what, err)
	}
}

// session has an item of each kind written, at one moment.
func (s *storing) session() (k kept) {
	s.t.Helper()
	s.inRoom(&k)
	s.slots(&k)
	s.beside(&k)
	s.named(&k)
	s.accounts()
	k.push = s.pushKey()
	return k
}

// inRoom writes what belongs to a room.
func (s *storing) inRoom(k *kept) {
	s.t.Helper()
	ctx := s.t.Context()
	k.ann = s.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Password: "rain", Capacity: 4, Public: true,
		Description: "what we plan"})
	k.bob, k.cid = s.joinsAs("key:b", "plans:rain", "Bob"), s.joinsAs("key:c", "plans:rain", "Cid")
	cid := s.person(k.cid)
	k.person = s.person(k.bob)
	s.sends(chat.SendRequest{Token: k.ann.Token, Text: "hello", Activity: "planning", Key: "once"})
	s.look(k.bob.Token, "")
	_, err := s.Wait(ctx, chat.WaitRequest{Token: k.person})
	s.must("the person waits", err)
	s.sends(chat.SendRequest{Token: k.person, Text: "hello from me", Key: "once"})
	s.agree(k.bob.Token, s.propose(k.ann.Token, "tea at five", "Bob"))
	s.adds(k.ann.Token, "buy tea", "buy cake")
	s.task(k.ann.Token, chat.CommandTake, "t1")
	s.finish(k.ann.Token, "t1", "bought")
	_, err = s.ShareFile(ctx, chat.ShareRequest{Token: k.ann.Token, Name: "list.txt", Text: "tea"})
	s.must("a file is shared", err)
	_, err = s.ShareFile(ctx, chat.ShareRequest{Token: k.ann.Token, Name: "big.bin", Size: 1 << 20})
	s.must("an upload is opened", err)
	k.hook = s.hook(k.bob.Token, "https://example.com/hook")
	s.webhook(k.person, "https://example.com/each")
	s.calledBy(k.hook, roomlog.Progress{AtMs: s.clock.Now().UnixMilli(), Upto: 3,
		WakeProgress: roomlog.WakeProgress{Read: 2, Told: 3, Settled: true}})
	_, err = s.tryJoin("plans:rain", "Ann")
	wants(s.t, err, fault.NameTaken)
	s.sends(chat.SendRequest{Token: k.ann.Token, Text: "only for Bob", To: []string{"Bob"}})
	s.manage(k.ann.Token, room.Mute, "Bob", chat.StatusMuted)
	s.manage(k.ann.Token, room.BanName, "Eve", chat.StatusBanned)
	s.supervise(cid, chat.SuperviseRequest{Paused: yes(),
		ApproveSome: &room.Selection{Private: true, Agreements: true}})
	s.manage(k.ann.Token, room.Kick, "Cid", chat.StatusKicked)
	s.adds(k.ann.Token, "brew tea")
	s.proves(k.ann.Token, "t3", ranTest)
	s.does(checkOf(k.bob.Token, "t3", 0))
}

// slots writes what is there once, and what of a limit is taken.
func (s *storing) slots(k *kept) {
	s.t.Helper()
	ctx, now, store := s.t.Context(), s.clock.Now(), s.Store()
	l := store.Acquire(k.hook.Room)
	defer l.Release()
	_, err := l.Items().ClaimTurn(ctx, 5, 1, 2, now)
	s.must("a turn is given", err)
	_, err = l.Items().ClaimTaskNotice(ctx, "t2#9#free")
	s.must("an agent is told of a task", err)
	s.must("a person watches", l.Items().SetPerson(ctx, 2, now.Add(90*time.Second)))
	_, err = store.ClaimCall(ctx, k.hook, 1, now.Add(25*time.Second))
	s.must("a call is claimed", err)
	for slots, names := range map[roomlog.Slots][]string{
		store.Calling(chat.HookPrefix("key:b")): {"0"}, store.Calling("ALL"): {"0", "1"},
		store.Noted("0123456789ab"): {"-"},
		store.Guesses(k.hook.Room):  {"KNOWN#somebody", roomlog.FirstGuess},
	} {
		for _, name := range names {
			cryptotest.SetGlobalRandom(s.t, 7) // they are in no order
			_, err = slots.Acquire(ctx, name, "", now, now.Add(time.Minute))
			s.must("a slot is taken", err)
		}
	}
	cryptotest.SetGlobalRandom(s.t, 8)
	_, err = s.tryJoin("plans:snow", "Dan")
	wants(s.t, err, fault.WrongPassword)
	_, err = s.tryJoin("plans:hail", "Dan")
	wants(s.t, err, fault.WrongPassword)
}

// beside writes what belongs to no room.
func (s *storing) beside(k *kept) {
	s.t.Helper()
	ctx := s.t.Context()
	enter := func(queue, name string) pairing.Result {
		got, err := s.queue.EnterQueue(ident.WithAddress(ctx, name),
			pairing.Request{Queue: queue, AgentName: name, Interests: []string{"go"}})
		s.must("the queue", err)
		return got
	}
	k.match = enter("chess", "Fay").Ticket
	enter("chess", "Gil")
	k.ticket = enter("lobby", "Hal").Ticket
	var err error
	k.key, err = s.keys.Add(ctx, "Ida", 0)
	s.must("a key", err)
	_, err = s.gate.Key(ctx, k.key.String())
	s.must("a key is used", err)
	const verifier, challenge = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
		"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" // RFC 7636, appendix B
	grant := signin.Grant{Client: "https://claude.example/client.json", Name: "Claude", Resource: resource}
	allow := func() signin.Exchange {
		x := signin.Exchange{Client: grant.Client, Redirect: "https://claude.example/callback", Verifier: verifier}
		x.Code, err = s.signs.Allow(ctx, k.key.ID, grant, x.Redirect, challenge)
		s.must("a code", err)
		return x
	}
	k.used = allow()
	k.first, err = s.signs.Exchange(ctx, k.used)
	s.must("a code is exchanged", err)
	k.pair, err = s.signs.Refresh(ctx, signin.Refresh{Token: k.first.Refresh.String(), Client: grant.Client})
	s.must("a turn", err)
	k.code = allow()
}

// named writes what a person with a name does.
func (s *storing) named(k *kept) {
	s.t.Helper()
	k.nora = s.joinsAs("key:n", "names", "Nora's bot")
	other := s.joinsAs("key:o", "names", "Other")
	nora, person := s.person(k.nora), s.person(other)
	s.must("a name", s.names(nora, "Nora"))
	s.adds(nora, "dust", "paint")
	s.task(nora, chat.CommandTake, "t1")
	s.finish(nora, "t2", "painted")
	s.agree(person, s.propose(nora, "at six", "Other"))
	s.approves(nora, true)
}

// accounts writes a person with an account, which is then revoked.
func (s *storing) accounts() {
	s.t.Helper()
	_, err := s.gate.Confirm(s.t.Context(), account.Person{Issuer: "https://id.example", Subject: "1",
		Label: "jo@acme.example", Domain: "acme.example", Address: "jo@acme.example", Groups: []string{"agents"}})
	s.must("an account", err)
	_, err = access.NewAccounts(s.table, s.clock, secretscan.Logger(s.t)).Revoke(s.t.Context(), "jo@acme.example")
	s.must("an account is revoked", err)
}

// written returns a table on which each write is noted, and what is there of that, a line for each item.
func written(t *testing.T, below table.Table) (noted table.Table, lines func() []string) {
	keys := map[table.Key]bool{}
	noted = &tabletest.Hooks{Table: below, Before: func(_ context.Context, c tabletest.Call) error {
		for _, op := range c.Ops {
			keys[op.Item.Key] = true
		}
		return nil
	}}
	return noted, func() (list []string) {
		for k := range keys {
			item, err := below.Get(t.Context(), k, table.Strong)
			if err != nil {
				continue // it was deleted
			}
			expires := int64(0)
			if !item.Expires.IsZero() {
				expires = item.Expires.Unix()
			}
			list = append(list, fmt.Sprintf("%s %s %d %s", k.Partition, k.Sort, expires, item.Data))
		}
		slices.Sort(list)
		return list
	}
}

// A difference here changes what is in tables: what earlier programs wrote must still be read. -update writes the file.
func TestItems_areWrittenAsTheyWere(t *testing.T) {
	cryptotest.SetGlobalRandom(t, 1)
	clock := clockwork.NewFakeClockAt(time.Date(2100, 3, 1, 12, 0, 0, 0, time.UTC))
	file := sqlitetest.Open(t, clock)
	tab, dump := written(t, file)
	k := newStoring(t, tab, file.Files(), clock).session()
	got := dump()
	if *update {
		if err := os.WriteFile(goldenItems, []byte(strings.Join(got, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "the items", got, goldenLines(t))
	t.Run("and are read", func(t *testing.T) { readGolden(t, clock, k) })
}

// readGolden reads the golden items in a table of their own, in another process.
func readGolden(t *testing.T, clock *clockwork.FakeClock, k kept) {
	tab := sqlitetest.Open(t, clock)
	s := newStoring(t, tab, tab.Files(), clock)
	for _, line := range goldenLines(t) {
		part := strings.SplitN(line, " ", 4)
		item := table.Item{Key: table.Key{Partition: part[0], Sort: part[1]}, Data: []byte(part[3])}
		if at, err := strconv.ParseInt(part[2], 10, 64); err != nil {
			t.Fatal(err)
		} else if at != 0 {
			item.Expires = time.Unix(at, 0)
		}
		s.store(item)
	}
	s.readRoom(k)
	s.readSeats(k)
	s.readBeside(k)
}

// readRoom reads what belongs to the room, before anything changes it.
func (s *storing) readRoom(k kept) {
	t, ctx := s.t, s.t.Context()
	t.Helper()
	if n, err := roomlog.Verify(ctx, s.table, k.hook.Room); n == 0 || err != nil {
		t.Errorf("the room has %d messages, %v", n, err)
	}
	info := s.info(k.ann.Token).Room
	same(t, "the room", append(seats(info), info.Description), []string{"Ann (admin)", "Bob (member)",
		"what we plan"})
	list, _ := s.list(chat.ListRequest{})
	same(t, "the list", list, []string{"plans"})
	same(t, "agreements", s.agreements(k.ann.Token), []string{"Ann: tea at five"})
	same(t, "tasks", s.tasks(k.ann.Token), []string{"t2 buy cake open"})
	same(t, "a name", s.agreements(k.nora.Token), []string{"Nora, for Nora's bot: at six"})
	closed := s.lists(chat.TaskListRequest{Token: k.ann.Token, Closed: true}).Tasks
	same(t, "closed tasks", board(closed), []string{"t3 brew tea done Ann", "t1 buy tea done Ann"})
	same(t, "checks", checks(closed[0]), []string{"Bob same 0"})
	if *closed[0].Evidence != ranTest {
		t.Errorf("what was run: %+v", closed[0].Evidence)
	}
	same(t, "unread", texts(s.look(k.bob.Token, "").Messages),
		[]string{"hello", "hello from me", "tea at five", "", "only for Bob"})
	got := s.sends(chat.SendRequest{Token: k.ann.Token, Text: "hello", Key: "once"})
	mine := s.sends(chat.SendRequest{Token: k.person, Text: "hello from me", Key: "once"})
	if !got.Duplicate || !mine.Duplicate {
		t.Errorf("a repeated call: %+v, %+v", got, mine)
	}
}

// readSeats reads what is stored beside the log of the room.
func (s *storing) readSeats(k kept) {
	t, ctx, now, store := s.t, s.t.Context(), s.clock.Now(), s.Store()
	t.Helper()
	l := store.Acquire(k.hook.Room)
	defer l.Release()
	seats := l.Items()
	const ann, bob, cid = 1, 2, 3
	all, people, err := seats.Presence(ctx, table.Strong)
	if all[ann].Activity != "planning" || all[bob].HookedMs != now.UnixMilli() || people[bob].IsZero() || err != nil {
		t.Errorf("presence: %+v, %v, %v", all, people, err)
	}
	gone, err := seats.Vacated(ctx, cid)
	person, failed := seats.Kept(ctx, "key:c", "cid")
	if gone.Reason != room.ReasonKicked || gone.By != "Ann" || person == nil || !person.Paused ||
		!person.Approve || person.ApproveSome != (room.Selection{Private: true, Agreements: true}) ||
		cmp.Or(err, failed) != nil {
		t.Errorf("who was kicked: %+v, %+v, %v", gone, person, cmp.Or(err, failed))
	}
	admin, _ := l.Peek().Seated(ann)
	uploads, err := seats.Uploads(ctx, admin)
	claims, failed := roomlog.Claims(ctx, s.table, k.hook.Room)
	if len(uploads) != 1 || uploads[0].Most != 1<<20 || len(claims) != 1 || claims[0].Size != 3 ||
		cmp.Or(err, failed) != nil {
		t.Errorf("files: %+v, %+v, %v", uploads, claims, cmp.Or(err, failed))
	}
	turns, err := seats.Turns(ctx, 5)
	first, failed := seats.ClaimTaskNotice(ctx, "t2#9#free")
	if !turns[bob].At.Equal(now) || turns[bob].N != 1 || first || cmp.Or(err, failed) != nil {
		t.Errorf("turns: %v, told first: %v, %v", turns, first, cmp.Or(err, failed))
	}
	hook, err := store.Hook(ctx, k.hook.ID)
	told, failed := store.Progress(ctx, hook)
	until, claimed := store.ClaimCall(ctx, hook, 1, now.Add(time.Minute))
	if hook.URL != k.hook.URL || told.Told != 3 || !until.Equal(now.Add(25*time.Second)) ||
		cmp.Or(err, failed, claimed) != nil {
		t.Errorf("a hook: %+v, %+v, claimed until %v, %v", hook, told, until, cmp.Or(err, failed, claimed))
	}
	guesses, err := store.Guesses(k.hook.Room).Read(ctx, table.Strong)
	calling, failed := store.Calling("ALL").Read(ctx, table.Strong)
	if len(guesses) != 4 || len(calling) != 2 || cmp.Or(err, failed) != nil {
		t.Errorf("slots: %v, %v, %v", guesses, calling, cmp.Or(err, failed))
	}
	wants(t, s.AllowRoom(ctx), fault.RateLimited)
}

// readBeside reads what belongs to no room.
func (s *storing) readBeside(k kept) {
	t, ctx := s.t, s.t.Context()
	t.Helper()
	met, err := s.queue.EnterQueue(ctx, pairing.Request{Ticket: k.match})
	waits, failed := s.queue.EnterQueue(ctx, pairing.Request{Ticket: k.ticket})
	if met.Status != pairing.Paired || met.Partner.Name != "Gil" || waits.Status != pairing.Waiting ||
		cmp.Or(err, failed) != nil {
		t.Errorf("the queue: %+v, %+v, %v", met, waits, cmp.Or(err, failed))
	}
	list, err := s.keys.List(ctx)
	holder, failed := s.gate.Key(ctx, k.key.String())
	if len(list) != 1 || list[0].Used != "2100-03-01" || holder.Owner != "Ida" || cmp.Or(err, failed) != nil {
		t.Errorf("keys: %+v, %+v, %v", list, holder, cmp.Or(err, failed))
	}
	accounts, err := access.ListAccounts(ctx, s.table)
	if len(accounts) != 1 || !slices.Equal(accounts[0].Person.Groups, []string{"agents"}) ||
		accounts[0].Barred.IsZero() || accounts[0].Label != "jo@acme.example" || err != nil {
		t.Errorf("accounts: %+v, %v", accounts, err)
	}
	again, err := s.signs.Refresh(ctx, signin.Refresh{Token: k.first.Refresh.String(), Client: k.used.Client})
	next, failed := s.signs.Refresh(ctx, signin.Refresh{Token: k.pair.Refresh.String(), Client: k.used.Client})
	if again != k.pair || next == k.pair || cmp.Or(err, failed) != nil {
		t.Errorf("a turn that is made again: %v, %v", again == k.pair, cmp.Or(err, failed))
	}
	_, err = s.signs.Exchange(ctx, k.used)
	_, failed = s.signs.Exchange(ctx, k.code)
	if !errors.Is(err, signin.ErrGrant) || failed != nil {
		t.Errorf("a code that was used: %v; one that was not: %v", err, failed)
	}
	if got := s.pushKey(); got != k.push {
		t.Errorf("the key of pushes is %s, before %s", got, k.push)
	}
}

// Each item of the table in docs/items.md is in the golden file: each sort key, and so at least one partition.
func TestItems_goldenFile_hasEachKindOfTheDocs(t *testing.T) {
	page, err := os.ReadFile("../../../docs/items.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rows, _ := strings.Cut(string(page), "|---|---|---|---|---|\n")
	rows, _, _ = strings.Cut(rows, "\n\n")
	code, placeholder := regexp.MustCompile("`([^`#][^`]*|[^`][^`]+)`"), regexp.MustCompile("<[^>]*>")
	patterns := func(cell string) (list []string) {
		for _, m := range code.FindAllStringSubmatch(cell, -1) {
			pattern := placeholder.ReplaceAllString(regexp.QuoteMeta(m[1]), "[^# ]+")
			list = append(list, strings.ReplaceAll(pattern, "…", "[^ ]+"))
		}
		if list == nil {
			list = []string{"[^ ]+"} // it is told in words
		}
		return list
	}
	all, kinds := strings.Join(goldenLines(t), "\n"), 0
	for row := range strings.Lines(rows) {
		cell := strings.Split(strings.TrimPrefix(row, "| "), " | ")
		for _, sort := range patterns(cell[2]) {
			kinds++
			at := "(?m)^(" + strings.Join(patterns(cell[1]), "|") + ") " + sort + " "
			if !regexp.MustCompile(at).MatchString(all) {
				t.Errorf("no item is the %s at %s", cell[0], at)
			}
		}
	}
	if kinds < 40 {
		t.Errorf("docs/items.md has %d kinds of items", kinds)
	}
}

func goldenLines(t *testing.T) []string {
	golden, err := os.ReadFile(goldenItems)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(golden), "\n"), "\n")
}

func TestSecrets_tokensPasswordsAndInvites_areNotStored(t *testing.T) {
	w := newWorld(t)
	ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Password: "open sesame", Public: true})
	invite := w.renew(ann.Token)
	bob := w.join("plans:open sesame", "Bob")
	w.say(bob.Token, "hello")
	w.look(ann.Token, "")
	w.clock.Advance(room.Lease)
	again := w.join("plans:open sesame", "Bob") // and an item that says why the old seat was freed
	w.leave(again.Token)
	count := 0
	for _, partition := range []string{"ROOM#" + ann.Token[:7], "NAME#plans", "LISTED"} {
		page, err := w.table.Query(t.Context(),
			table.Range{Partition: partition, Limit: 100, Consistency: table.Strong})
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			count++
			for _, secret := range []string{ann.Invite.Code[9:25], invite.Code[9:25], ann.Token[10:26],
				bob.Token[10:26], again.Token[10:26], "sesame"} {
				if strings.Contains(item.Key.Partition+item.Key.Sort+string(item.Data), secret) {
					t.Errorf("%s holds a secret: %s", item.Key, item.Data)
				}
			}
		}
	}
	if count < 10 { // seven events, a snapshot, a name, a listing
		t.Errorf("looked at %d items", count)
	}
}
