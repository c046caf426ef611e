package archtest

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/constant"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// figures lists the sentences for models, and of the page, that repeat a constant of the code, and the numbers of
// settings and scripts that follow one: {} stands for the figure, as in "15 minutes", "a day" or "32,768", and {days}
// for a number of days without the unit. The figure is the constant, above it after >, and below it after <.
var figures = []struct{ doc, says, constant string }{
	{"docs/tools.md", "text has more than {} bytes", "internal/core.MaxText"},
	{"docs/tools.md", "that wrote something, in the last {} (a call", "internal/core/room.RepeatWindow"},
	{"README.md", "with its cursor, within {} says nothing twice", "internal/core/room.RepeatWindow"},
	{"docs/tools.md", "ends after {}, since some clients end it", "internal/api/tools.unseen"},
	{"docs/tools.md", "`enter_queue` ends after {} at most", "internal/core.MaxQueueWait"},
	{"docs/tools.md", "`enter_queue` ends after {}.", "internal/core.UnseenQueueWait"},
	{"docs/tools.md", "newest id as `after`: after {},", "internal/core/chat.pollInTalk"},
	{"docs/tools.md", "once the newest event is {} old", "internal/core/chat.talkLasts"},
	{"docs/tools.md", "and after {} of silence every 30", "internal/core/chat.silenceAfter"},
	{"docs/tools.md", "was not heard for {}, or may not speak", "internal/core/chat.PartnerSilent"},
	{"docs/tools.md", "withdraws the request, or {} has passed", "internal/core/room.DebtLife"},
	{"docs/tools.md", "An agent may have {} open requests;", "internal/core.MaxAsked"},
	{"docs/tools.md", "open requests; at most {} of them may be proposals,", "internal/core.MaxProposed"},
	{"docs/tools.md", "and at most {} may be private.", "internal/core.MaxAskedPrivate"},
	{"docs/tools.md", "A room may have {} that all see,", "internal/core.MaxOpen"},
	{"docs/tools.md", "that all see, and {} private ones.", "internal/core.MaxOpen"},
	{"docs/tools.md", "of private requests {} together.", "internal/core.MaxGroupPrivate"},
	{"docs/tools.md", "At most {} such checks", "internal/core.MaxDifferencesOf"},
	{"docs/tools.md", "of one checker, and {} of a room, need", "internal/core.MaxDifferences"},
	{"docs/tools.md", "`busy`: its last call was less than {} ago", "internal/core/room.PresentFor"},
	{"docs/tools.md", "edits or refuses within {}.", "internal/core/room.DraftLife"},
	{"docs/tools.md", "a free seat of this room within {},", "internal/core/room.InviteLife"},
	{"docs/tools.md", "If no admin was heard for {} (in a room", "internal/core/room.AdminSilent"},
	{"docs/tools.md", "to the same caller after {} without a call", "internal/core/room.RegainSilent"},
	{"docs/tools.md", "from the seat ({} if its token was never used)", "internal/core/room.RegainUnused"},
	{"docs/tools.md", "old one has ended: {} after its last call", "internal/core/room.Lease"},
	{"docs/tools.md", "announced return; {} if its token", "internal/core/room.UnusedLease"},
	{"docs/tools.md", "never used (of a guest {});", "internal/core/room.GuestLease"},
	{"docs/tools.md", "); {} for an admin", "internal/core/room.AdminLease"},
	{"internal/api/tools/instructions.go", "stays yours for {} after your last call", "internal/core/room.Lease"},
	{"internal/api/tools/instructions.go", "busy: called less than {} ago", "internal/core/room.PresentFor"},
	{"internal/api/tools/next_table.go", "stays yours for {} after {last}", "internal/core/room.Lease"},
	{"internal/api/tools/next.go", "within {} call enter_queue again", "internal/core/pairing.ticketGrace"},
	{"internal/api/tools/queue.go", "call again within {} with ticket", "internal/core/pairing.ticketGrace"},
	{"internal/base/results/task.go", "was not heard for {}, so anybody", "internal/core/room.StallsAfter"},
	{"internal/base/results/room.go", "busy: its last call was less than {} ago,", "internal/core/room.PresentFor"},
	{"internal/api/tools/send.go", "\"1-{} bytes. withdraw", "internal/core.MaxText"},
	{"internal/api/tools/file.go", "\"1-{} bytes. The file itself", "internal/core.MaxText"},
	{"internal/api/tools/admin.go", "\"1-{} names.", "internal/core.MaxManaged"},
	{"cmd/parley/room.go", "The agents, at most {}:", "internal/core.MaxManaged"},
	{"internal/api/tools/file.go", "or a list of 2-{}.", "internal/core.MaxFilesRead"},
	{"internal/api/tools/supervise.go", "Of decision edit: 1-{} bytes.", "internal/core.MaxText"},
	{"internal/web/assets/compose/may.js", "longest = {};", "internal/core.MaxText"},
	{"internal/web/assets/push/words.js", "hasn't answered after {}, and", "internal/outbound/outbox.agentTime"},
	{"internal/core/room/present.go", "In the table it may for {}.", "internal/core/chat.PartnerSilent"},
	{"internal/core/chat/file_get.go", "or is more than {} old.", "internal/core/room.DraftLife"},
	{"internal/core/room/draft.go", "or is more than {} old.", "internal/core/room.DraftLife"},
	{"internal/base/results/supervision.go", "it is dropped {} later", "internal/core/room.DraftLife"},
	{"internal/web/assets/sidebar/words.js", "A draft expires after {}.", "internal/core/room.DraftLife"},
	{"internal/web/assets/room-words.js", "or expired after {}.", "internal/core/room.DraftLife"},
	{"internal/web/assets/rooms/order.js", "life = {hours} * 3600_000", "internal/core/room.DraftLife"},
	{"internal/api/tools/instructions.go", "user needs you, or {} were quiet", "internal/api/tools.longQuiet"},
	{"internal/base/results/task.go", "whom it is offered to; {} later", "internal/core/room.OfferLife"},
	{"internal/web/assets/tasks/dialog-words.js", "Reserved for them for {}.", "internal/core/room.OfferLife"},
	{"internal/web/assets/tasks/dialog-words.js", "for someone else for up to {}.", "internal/core/room.OfferLife"},
	{"internal/web/assets/landing/error-words.js", "or its {} are over", "internal/core/roomlog.UploadLife"},
	{"internal/web/assets/landing/page-words.js", "takes one file, for {}.", "internal/core/roomlog.UploadLife"},
	{"internal/core/transcript/transcript.go", "is good for {}]", "internal/core/chat.ticketLife"},
	{"internal/auth/signin/signin.go", "or is older than {}:", "internal/auth/signin.codeLife"},
	{"cmd/parley/say.go", "Waits {}, or the TIME", "internal/cli/shell.usualWait"},
	{"cmd/parley/wait.go", "--agent) after {}.", "internal/cli/shell.agentsWait"},
	{"internal/web/assets/landing/error-words.js", "No one spoke in it for {}.", "internal/core/room.Life"},
	{"internal/web/assets/landing/error-words.js", "no one spoke in it for {}.", "internal/core/room.Life"},
	{"internal/web/assets/landing/error-words.js", "It was valid for {}.", "internal/core/room.InviteLife"},
	{"internal/web/assets/sidebar/setup-words.js", "exported for {}, and drafts", "internal/core/room.Life"},
	{"internal/web/assets/compose/closed.js", "// ms: {}, after which", "internal/core/room.Life"},
	{"internal/web/assets/landing/take.js", "[...name].length > {} ?", "internal/base.MaxName"},
	{"internal/web/assets/compose/name.js", `maxlength="{}"`, "internal/base.MaxName"},
	{"internal/web/assets/compose/mention.js", "{0,{}})$/u", "internal/base.MaxName"},
	{"internal/web/assets/sidebar/settings.js", `required maxlength="{}"`, "internal/base.MaxName"},
	{"internal/web/assets/hooks/add.js", `name="name" maxlength="{}"`, "internal/base.MaxName"},
	{"internal/api/tools/supervise.go", "unlike every other name there: 1-{} characters.", "internal/base.MaxName"},
	{"internal/web/assets/tasks/act.js", "mostTaken = {};", "internal/core.MaxTaken"},
	{"internal/base/results/room.go", "what binds you first: {} in force", "internal/core/chat.agreementsShown"},
	{"internal/base/results/room.go", "and {} that were replaced", "internal/core/chat.agreementsShown"},
	{"internal/base/results/seat.go", "what binds you first: {} in force", "internal/core/chat.agreementsShown"},
	{"internal/base/results/seat.go", "and {} that were replaced", "internal/core/chat.agreementsShown"},
	{"internal/web/assets/sidebar/agreements.js", "shown = {};", "internal/core/chat.agreementsShown"},
	{"docs/security.md", "nothing and, from {} to 10 minutes", "internal/auth/signin.again"},
	{"docs/security.md", "from 10 seconds to {} after the first, ends", "internal/auth/signin.usedLife"},
	{"docs/events.md", "keeps its seat for {} after the subscription", "internal/core/room.HookLease"},

	// Numbers of deployments. A message may have waited for a day as a draft before it lives for eventLife, with the file
	// that was uploaded before: a bucket that follows eventLife alone loses files of living messages.
	{"template.yaml", "ExpirationInDays: {days}", "internal/core/roomlog.eventLife + internal/core/room.DraftLife"},
	{"template.yaml", "A message lives for # {}, and may have", "internal/core/roomlog.eventLife"},
	{"template.yaml", "may have waited for {} before as a draft", "internal/core/room.DraftLife"},
	{"template.yaml", "LongestWait: Type: Number Default: {s}", "functions/mcp.usualWait"},
	{"template.yaml", "MessagesPerMinute: Type: Number Default: {}", "internal/server/app.usualMessages"},
	{"template.yaml", "BytesPerMinute: Type: Number Default: {}", "internal/server/app.usualBytes"},
	{"template.yaml", "UnitsPerMinute: Type: Number Default: {}", "functions/mcp.usualUnits"},
	{"template.yaml", "RoomsPerHour: Type: Number Default: {}", "internal/server/app.usualRooms"},
	// The outbox begins no call that could last longer than its invocation: with less time it would call no endpoint.
	{"template.yaml", "Timeout: {s} Tags: {parley: !Ref AWS::StackName} # Caps what slow",
		"> internal/outbound/outbox.maxEndpointCallTime + internal/outbound/outbox.maxPauseAfterCall"},
	// systemd and Docker kill the program after these times, and the program first answers the open calls.
	{"deploy/self-hosted/parley.service", "TimeoutStopSec={s}", "> cmd/parley.drainTime"},
	{"deploy/self-hosted/parley.service", "answers, for {} at most", "cmd/parley.drainTime"},
	{"deploy/self-hosted/compose.yaml", "stop_grace_period: {s}s", "> cmd/parley.drainTime"},
	{"deploy/self-hosted/compose.yaml", "first, for {} at most", "cmd/parley.drainTime"},
	{"scripts/sam/destroy", "which expire within {}.", "internal/core/roomlog.eventLife + internal/core/room.DraftLife"},
	{"scripts/sam/key.py", `[\w '.-]{1,{}}"`, "internal/base.MaxName"},
	{"scripts/sam/key.py", "The label must be 1 to {} letters", "internal/base.MaxName"},
	{"internal/server/app/settings.go", "has limits (here {})", "internal/server/app.usualMessages"},
	{"internal/server/app/settings.go", "bytes of text that may come from one caller per minute; 0 means no limit. On a " +
		"server that others can reach: {}.", "internal/server/app.usualBytes"},
	{"internal/server/app/settings.go", "a room may cost twice as much. 0 means no limit. On a server that others can " +
		"reach: {}.", "internal/server/app.usualUnits"},
	{"internal/server/app/settings.go", "in all processes; 0 means no limit. On a server that others can reach: {}.",
		"internal/server/app.usualRooms"},
	{"internal/server/app/settings.go", "may wait at once; 0 means no limit. On a server that others can reach: {}.",
		"internal/server/app.usualWaits"},
	{"internal/server/app/settings.go", "that is not known waits {s}s at most",
		"internal/api/tools.unknownLongest - internal/api/tools.beforeEnd"},
	{"docs/settings.md", "| messages a minute | {} |", "internal/server/app.usualMessages"},
	{"docs/settings.md", "| bytes of text a minute | {} |", "internal/server/app.usualBytes"},
	{"docs/settings.md", "| units a minute | {}; a room", "internal/server/app.usualUnits"},
	{"docs/settings.md", "has twice as many | {}, in each", "functions/mcp.usualUnits"},
	{"docs/settings.md", "| rooms created an hour | {} |", "internal/server/app.usualRooms"},
	{"docs/settings.md", "| calls that wait at once | {}. The last", "internal/server/app.usualWaits"},
	{"docs/settings.md", "which takes up to {}: let the proxy", "internal/api/httpapi.standbyWait"},
	{"docs/settings.md", "`proxy_read_timeout {s}s`", "> internal/api/httpapi.standbyWait"},
	{"docs/settings.md", "`/v1/news` waits for up to {},", "internal/api/tools.newsWait"},
	{"docs/security.md", "with up to {} tokens of persons", "internal/api.MaxNewsSeats"},
	{"internal/cli/client/standby.go", "standbyTime = {s} * time.Second", "> internal/api/httpapi.standbyWait"},

	// The lives of stored items.
	{"docs/items.md", "| its time + {} |", "internal/core/roomlog.eventLife"},
	{"docs/items.md", "#ACT` | {} |", "internal/core/roomlog.activityLife"},
	{"docs/items.md", "#ME` | {} |", "internal/core/presence.watchShown"},
	{"docs/items.md", "`AGREED#<16 digits>#<16 digits>` | {} |", "internal/core/roomlog.agreementLife"},
	{"docs/items.md", "`SAID#…` | {} |", "internal/core/roomlog.sentLife"},
	{"docs/items.md", "of principal and name>` | {} |", "internal/core/room.KeepPerson"},
	{"docs/items.md", "number>` | {}; of an endpoint", "internal/outbound/outbox.maxPostTime"},
	{"docs/items.md", "; of an endpoint {} |", "internal/outbound/outbox.maxEndpointCallTime"},
	{"docs/items.md", "seat, join, slot | {}, or until", "internal/core/roomlog.UploadLife"},
	{"docs/items.md", "`WRONG#KNOWN#<caller>` | {} |", "internal/core/roomlog.GuessLife"},
	{"docs/items.md", "`WRONG#FIRST` | {} |", "internal/core/roomlog.WatchLife"},
	{"docs/items.md", "`MADE#<5 digits>` | {} |", "internal/core/ratelimit.roomCounts"},
	{"docs/items.md", "`NOTED#-` | {} |", "internal/outbound/outbox.noteInterval"},
	{"docs/items.md", "the account's id | {} after that", "internal/auth/access.accountLife"},
	{"docs/items.md", "the sign-in's id | {} after its last", "internal/auth/signin.signInLife"},
	{"docs/items.md", "16 digits of its number | {} |", "internal/auth/signin.turnLife"},
	{"docs/items.md", "`USED#<hash>` | {}; 10 minutes |", "internal/auth/signin.codeLife"},
	{"docs/items.md", "`USED#<hash>` | 1 minute; {} |", "internal/auth/signin.usedLife"},
	{"docs/items.md", "the end of its call + {} |", "internal/core/pairing.ticketGrace"},
	{"docs/items.md", "`MATCH#<id>` | {} |", "internal/core/pairing.matchLife"},
	{"docs/settings.md", "its messages are stored for {}.", "internal/core/roomlog.eventLife"},
	{"docs/settings.md", "kept for {} after the agent's last call", "internal/core/room.Lease"},
	{"docs/settings.md", "announced return; for {} if the agent never", "internal/core/room.UnusedLease"},
	{"docs/settings.md", "made a call ({} if", "internal/core/room.GuestLease"},
	{"docs/settings.md", "free seats, and for {} |", "internal/core/room.InviteLife"},
	{"docs/hosted.md", "keeps: messages for {}, rooms", "internal/core/roomlog.eventLife"},
	{"docs/hosted.md", "rooms for {} after their last use", "internal/core/room.Life"},
	{"docs/files.md", "as long as its message**: {}.", "internal/core/roomlog.eventLife"},
	{"docs/files.md", "are deleted {} later, on S3", "internal/store/table/sqlite.unclaimed"},
	{"docs/files.md", "later, on S3 {} later", "internal/core/roomlog.eventLife + internal/core/room.DraftLife"},
	{"docs/design.md", "they are deleted: after {}, on S3", "internal/store/table/sqlite.unclaimed"},
	{"docs/design.md", ", on S3 after {}.", "internal/core/roomlog.eventLife + internal/core/room.DraftLife"},
	{"docs/cost.md", "a GB stored for {} |", "internal/core/roomlog.eventLife + internal/core/room.DraftLife"},
	{"internal/store/files/bucket/bucket.go", "life of a message, {}, and one", "internal/core/roomlog.eventLife"},
	{"internal/web/assets/compose/dialog-words.js", "or older than {}.", "internal/core/roomlog.eventLife"},

	// Limits of what a person writes on the page, and for how long the page sends a message again under its key.
	{"internal/web/assets/pending.js", "keyLife = {hours} * 3600_000", "< internal/core/roomlog.sentLife"},
	{"internal/web/assets/history.js", "pageSize = {};", "internal/core.PersonEvents"},
	{"internal/web/assets/rooms/mine.js", "most = {}; // seats that a call may have", "internal/api.MaxNewsSeats"},
	{"internal/web/assets/files/sharing.js", "longestName = {};", "internal/core.MaxFileName"},
	{"internal/web/assets/tasks/forms.js", `rows="2" maxlength="{}"`, "internal/core.MaxTaskText"},
	{"internal/web/assets/tasks/forms.js", `ref=${line} maxlength="{}"`, "internal/core.MaxTitle"},
	{"internal/web/assets/tasks/forms.js", `required maxlength="{}"`, "internal/core.MaxTitle"},
	{"internal/web/assets/sidebar/manage.js", `class="input" maxlength="{}"`, "internal/core.MaxNote"},
	{"internal/web/assets/talk/reason.js", `class="input" maxlength="{}"`, "internal/core.MaxNote"},
	{"internal/web/assets/landing/take.js", "limits: { maxlength: {} } }, { name: \"capacity\"", "internal/core.MaxDescription"},
	{"internal/web/assets/landing/take.js", "min: {}, max:", "internal/core.MinCapacity"},
	{"internal/web/assets/landing/take.js", "max: {} } }", "internal/core.MaxCapacity"},
	{"internal/web/assets/landing/take.js", "\"new-password\", maxlength: {} }", "internal/base.MaxPassword"},
	{"internal/web/assets/sidebar/settings.js", `rows="3" maxlength="{}"`, "internal/core.MaxDescription"},
	{"internal/web/assets/sidebar/settings.js", `autocomplete="off" maxlength="{}"`, "internal/base.MaxPassword"},
}

// topics lists what pages say in figures. A sentence that the words match is about the topic, and each figure of its kind
// there is one of the constants of the sentence's topics. What no constant decides, such as how long a test takes, stands
// in one sentence: elsewhere a link leads there. Each target of the Makefile is such a topic, too.
var topics = []topic{
	{`\.ci/run`, "time", ""},
	{`\bclones?\b`, "size", ""},
	{`[Ff]irst build|[Cc]ompil`, "time", ""},
	{`[Ff]irst build|[Cc]ompil`, "size", ""},
	{`\b[Dd]emo\b.*\bminutes?\b|agents talk`, "time", ""},
	{`Go's caches?\b`, "size", ""},
	{`\bSAM CLI\b`, "size", ""},
	{`\b([Ee]ach|[Aa]|[Oo]ne) (waiter|waiting (call|agent)|agent that waits)\b|\bwaiting (calls|agents) take\b`, "size", ""},
	{`\b[Ss]tandby\b|[Oo]ne process for`, "size", ""},

	{`\b[Ss]eats?\b`, "time", "core/room.Lease, core/room.UnusedLease, core/room.GuestLease, core/room.AdminLease, " +
		"core/room.RegainSilent, core/room.RegainUnused, core/room.PresentFor, core/room.OfferLife, " +
		"core/room.InviteLife, cli/client.KeptUnknown, 8 hours"},
	{`\b([Ss]ilent|[Ii]nactive|[Aa]dmins?)\b`, "time", "core/room.AdminSilent, core/room.StallsAfter, " +
		"core/room.AdminSilentPair, core/room.PresentFor, core/room.RegainSilent, " +
		"core/room.RegainUnused, core/chat.PartnerSilent"},
	{`\b[Rr]ooms? (ends?|expires?)\b|\blast use\b|\bclosed room\b`, "time",
		"core/room.Life, core/room.Life - core/room.RenewAfter, core/roomlog.eventLife"},
	{`\b([Mm]essages?|[Ll]ist|[Ff]iles?|[Oo]bjects)\b.*\b(stored|expires?|keeps?|kept|lives?)\b|\b(stores?|keeps?) [a-z ]*(messages?|files?)\b`, "time", "core/room.Life, " +
		"core/roomlog.eventLife, core/room.DraftLife, core/roomlog.eventLife + core/room.DraftLife"},
	{`\b([Ii]nvites?|[Ll]inks?)\b.*\b(good|valid)\b`, "time", "core/room.InviteLife"},
	{`\b[Dd]rafts?\b`, "time", "core/room.DraftLife, outbound/outbox.agentTime, outbound/outbox.remindBefore"},
	{`\b[Uu]ploads?\b|\b[Aa]ddress\b.*\b(good|file)\b|\bone file\b`, "time", "core/roomlog.UploadLife, api.PaceTime"},
	{`\b[Aa]ccounts?\b.*\b(ends?|older|confirmed)\b|\bpresses Connect\b`, "time", "auth/access.accountLife"},
	{`\b[Ss]igned in\b`, "time", "auth/signin.signInLife"},
	{`\brevoked?\b|\bgo on with\b`, "time", "1 minute"},
	{`\bkeep-alive every\b|\bbyte every\b`, "time", "15 s, api/httpapi.headAfter"},
	{`\b([Ww]ait|waits) (for |of |is )?up to\b|\bthat a call waits\b|\blongest wait\b`, "time",
		"core.MaxWait, api/tools.unseen, api/a2a.blocks, api/tools.newsWait, auth.MaxLookUpWait"},
	{`\bwait, say\b|[Ww]ithout a time\b`, "time", "cli/shell.agentsWait"},
	{`\bat most once in\b|\bone call in\b`, "time", "outbound/outbox.pushInterval"},

	{`\b([Tt]exts?|[Mm]essages?)\b[^;|]*\bbytes\b`, "size", "core.MaxText, core.FirstPartBytes"},
	{`\b([Aa]|[Ee]ach|[Ee]very|[Tt]he) file\b|\b[Ff]iles\b`, "size", "core/chat.UsualFile, functions/mcp.fileLimit, " +
		"core.MaxRoomBytes, 62.5 MiB, server/app.usualFilesIn, server/app.usualFilesOut, store/table/sqlite.leastFree, 5 GiB, " +
		"core.MaxPictureBytes, 8 MiB, core.MaxText"},
	{`\bfree\b.*\bdisk\b|\bdisk\b.*\bfree\b`, "size", "core/chat.leastFree, core/chat.leastFree + core/chat.leastFree, store/table/sqlite.leastFree"},
}

type topic struct{ words, kind, constants string }

// planted are sentences that no page may have, each with a second figure for something.
var planted = []string{
	"`make test` takes 9 minutes.", "In a quarter of an hour `.ci/run` has played all.", "The clone has 70 MB.",
	"The first build takes three minutes.", "Two agents talk for 40 seconds.",
	"A seat is kept for 20 minutes.", "After two days without its admin a room has another.", "A room ends after 40 days.",
	"Messages are stored for a year.", "The room keeps its messages for 90 days.", "An invite is good for nine days.", "A draft waits for six hours.",
	"The address takes one file, for half an hour.", "A wait is up to 8 hours.", "A file has at most 30 MiB.",
	"A text has at most 16,384 bytes.", "Below 32 MiB of free disk nobody can add anything.",
}

// TestPages_figures_standOnceOrAgree reads the pages, the Makefile and the scripts.
func TestPages_figures_standOnceOrAgree(t *testing.T) {
	all := topics
	for _, target := range regexp.MustCompile(`(?m)^([a-z][a-z-]*):`).FindAllStringSubmatch(read(t, "Makefile"), -1) {
		words := `\bmake ` + target[1] + "(`|\\s|$)"
		all = append(all, topic{words, "time", ""}, topic{words, "size", ""})
	}
	form := map[topic]*regexp.Regexp{}
	for _, topic := range all {
		form[topic] = regexp.MustCompile(topic.words)
	}
	said := sentences(t)
	for _, plant := range planted {
		said = append(said, sentence{"", plant, figuresIn(t, plant)})
	}
	code := constants{t, sources(t), standard(), map[string]*types.Package{}}
	once, noticed := map[topic]sentence{}, map[string]bool{}
	report := func(s sentence, format string, args ...any) {
		noticed[s.text] = true
		if s.page != "" {
			t.Errorf(format, args...)
		}
	}
	for _, s := range said {
		want := map[string][]int64{} // by the kind of a figure
		for _, topic := range all {
			if !form[topic].MatchString(s.text) || !s.has(topic.kind) {
				continue
			}
			if topic.constants != "" {
				want[topic.kind] = append(want[topic.kind], code.figures(topic.constants)...)
			} else if first, again := once[topic]; again {
				report(s, "%s and %s have figures about %s, and one place may: %q and %q", first.page, s.page, topic.words,
					first.text, s.text)
			} else if s.page != "" {
				once[topic] = s
			}
		}
		for _, f := range s.figures {
			if len(want[f.kind]) > 0 && !slices.Contains(want[f.kind], f.value) {
				report(s, "%s: no constant of its topics is %s: %s", s.page, f.text, s.text)
			}
		}
	}
	for _, plant := range planted {
		if !noticed[plant] {
			t.Errorf("nobody notices if a page says: %s", plant)
		}
	}
	if len(said) < 200 {
		t.Errorf("only %d sentences have figures", len(said))
	}
}

// sentence is one with figures.
type sentence struct {
	page, text string
	figures    []figureIn
}

func (s sentence) has(kind string) bool {
	return slices.ContainsFunc(s.figures, func(f figureIn) bool { return f.kind == kind })
}

// sentences returns those of the pages, the Makefile and the scripts. In a table each has the first cell of its row before
// it. A target in the Makefile reads as pages have it. Pages that a test or a measurement computes are left out, and so is
// what was once.
func sentences(t *testing.T) (all []sentence) {
	t.Helper()
	texts := pages(t)
	for _, script := range []string{"Makefile", "lambda.mk", ".ci/run", "scripts/*", "scripts/sam/*"} {
		found, err := filepath.Glob(filepath.Join(root, script))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range found {
			if text, err := os.ReadFile(name); err == nil { // no folder
				texts[strings.TrimPrefix(filepath.ToSlash(name), root+"/")] = string(text)
			}
		}
	}
	delete(texts, "CHANGELOG.md")
	delete(texts, "docs/items.md")
	delete(texts, "docs/benchmarks.md")
	paragraph := regexp.MustCompile("(?m)\\n\\s*\\n|\\n\\s*(?:[-*#]|\\d+\\.) |\\n\\s*\\||^```+.*\\n")
	end := regexp.MustCompile(`[.?!]\s+`)
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		parts := paragraph.Split(texts[name], -1)
		if !strings.HasSuffix(name, ".md") {
			parts = strings.Split(regexp.MustCompile(`(?m)^([a-z][a-z-]*):`).ReplaceAllString(texts[name], "make $1 :"), "\n")
		}
		for _, part := range parts {
			first := ""
			if strings.Contains(part, " | ") && !strings.Contains(part, "\n") {
				first, part, _ = strings.Cut(part, " | ")
			}
			for _, text := range end.Split(strings.Join(strings.Fields(part), " "), -1) {
				text = strings.TrimSpace(strings.TrimSpace(first) + " " + text)
				if figures := figuresIn(t, text); figures != nil {
					all = append(all, sentence{name, text, figures})
				}
			}
		}
	}
	return all
}

// figureIn is a figure of a sentence: a time in nanoseconds, or a size in bytes.
type figureIn struct {
	text, kind string
	value      int64
}

var (
	figureForm = regexp.MustCompile(`(?:^|(\S+) )[(*"]*(` + number + `) (` + timeUnit + `|` + sizeUnit + `)\b`)
	timeForm   = regexp.MustCompile(`^(?:` + timeUnit + `)$`)
	spans      = regexp.MustCompile(`^(?:for|within|after|about|takes?|over|than|in|to|lives|has)$`) // "ten a minute" is a rate
)

// figuresIn returns the times and sizes of a sentence.
func figuresIn(t *testing.T, text string) (all []figureIn) {
	t.Helper()
	for _, m := range figureForm.FindAllStringSubmatch(text, -1) {
		if m[2] == "a" && m[3] == "second" || (m[2] == "a" || m[2] == "an") && !spans.MatchString(m[1]) {
			continue
		}
		kind := "size"
		if timeForm.MatchString(m[3]) {
			kind = "time"
		}
		all = append(all, figureIn{m[2] + " " + m[3], kind, valueOf(t, m[2]+" "+m[3])})
	}
	return all
}

// figures returns what constants are, of internal if no other folder stands before one, and figures that no constant has.
func (c constants) figures(list string) (all []int64) {
	c.t.Helper()
	for of := range strings.SplitSeq(list, ", ") {
		switch {
		case of[0] >= '0' && of[0] <= '9':
			all = append(all, valueOf(c.t, of))
		case strings.HasPrefix(of, "functions/"):
			all = append(all, c.value(of))
		default:
			all = append(all, c.sum("internal/"+strings.NewReplacer(" + ", " + internal/", " - ", " - internal/").Replace(of)))
		}
	}
	return all
}

// The forms of a figure.
const (
	number = `\d[\d,_]*(?:\.\d+)?½?|half an?|a quarter of an|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|` +
		`fifteen|twenty|thirty|forty|sixty|ninety`
	timeUnit = `ms|s|seconds?|minutes?|hours?|days?|weeks?|years?`
	sizeUnit = `bytes?|[KMG]i?B`
)

// TestDocs_figures_areThoseOfTheCode reads the constants from the sources.
func TestDocs_figures_areThoseOfTheCode(t *testing.T) {
	const figure = `((?:` + number + `)(?: (?:` + timeUnit + `|` + sizeUnit + `)\b)?)`
	place := regexp.MustCompile(`\{(s|hours|days)?\}`)
	code := constants{t, sources(t), standard(), map[string]*types.Package{}}
	for _, f := range figures {
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(f.doc)))
		if err != nil {
			t.Fatal(err)
		}
		at := place.FindStringIndex(f.says)
		before, in, after := f.says[:at[0]], strings.Trim(f.says[at[0]:at[1]], "{}"), f.says[at[1]:]
		says := regexp.MustCompile(regexp.QuoteMeta(before) + figure + regexp.QuoteMeta(after))
		found := says.FindAllStringSubmatch(strings.Join(strings.Fields(string(text)), " "), -1)
		if found == nil {
			t.Errorf("%s does not say %q", f.doc, f.says)
		}
		constant, order := strings.TrimLeft(f.constant, "<> "), map[byte]int{'<': -1, '>': 1}[f.constant[0]]
		want := code.sum(constant)
		for _, m := range found {
			if got := valueOf(t, strings.TrimSpace(m[1]+" "+in)); cmp.Compare(got, want) != order {
				t.Errorf("%s says %q, which is %d, and %s is %d", f.doc, m[0], got, f.constant, want)
			}
		}
	}
}

// The client of a person repeats limits of rooms without importing their rules.
func TestConstants_ofTheClient_areThoseOfRooms(t *testing.T) {
	code := constants{t, sources(t), standard(), map[string]*types.Package{}}
	for repeated, of := range map[string]string{
		"internal/cli.MaxText":           "internal/core.MaxText",
		"internal/cli.MaxPiped":          "internal/core/chat.UsualFile",
		"internal/cli.MaxTail":           "internal/core.MaxTaskText",
		"internal/cli/client.lease":      "internal/core/room.Lease",
		"internal/cli/client.adminLease": "internal/core/room.AdminLease",
	} {
		if is, want := code.value(repeated), code.value(of); is != want {
			t.Errorf("%s is %d, and %s is %d", repeated, is, of, want)
		}
	}
}

// valueOf returns what a figure is in the code: a number, of nanoseconds if it is a time, and of bytes if it is a size.
func valueOf(t *testing.T, figure string) int64 {
	t.Helper()
	words := map[string]float64{
		"a": 1, "an": 1, "half a": 0.5, "half an": 0.5, "a quarter of an": 0.25, "one": 1, "two": 2, "three": 3, "four": 4,
		"five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20,
		"thirty": 30, "forty": 40, "sixty": 60, "ninety": 90,
	}
	units := map[string]float64{
		"": 1, "ms": 1e6, "s": 1e9, "second": 1e9, "minute": 60e9, "hour": 3600e9, "day": 24 * 3600e9, "week": 7 * 24 * 3600e9,
		"year": 365 * 24 * 3600e9, "byte": 1, "KiB": 1 << 10, "KB": 1 << 10, "MiB": 1 << 20, "MB": 1 << 20, // as people say
		"GiB": 1 << 30, "GB": 1 << 30,
	}
	number, unit := figure, ""
	if last := strings.LastIndex(figure, " "); last >= 0 && words[figure] == 0 {
		number, unit = figure[:last], figure[last+1:]
	}
	each, known := units[unit]
	if !known {
		each = units[strings.TrimSuffix(unit, "s")]
	}
	n, isWord := words[number]
	if !isWord {
		digits, half := strings.CutSuffix(strings.NewReplacer(",", "", "_", "").Replace(number), "½")
		parsed, err := strconv.ParseFloat(digits, 64)
		if err != nil {
			t.Fatal(err)
		}
		n = parsed
		if half {
			n += 0.5
		}
	}
	return int64(n * each)
}

// constants reads the constants of packages of this module from their sources. It is an importer
// that knows them and time. Whatever else does not compile then is of no interest.
type constants struct {
	t        *testing.T
	sources  []source
	standard types.Importer
	packages map[string]*types.Package // by path
}

// standard imports what the go command has compiled. Programs that are built with -trimpath do not know where that is.
func standard() types.Importer {
	return importer.ForCompiler(token.NewFileSet(), "gc", func(name string) (io.ReadCloser, error) {
		out, err := exec.Command("go", "list", "-export", "-f", "{{.Export}}", name).Output()
		if err != nil {
			return nil, fmt.Errorf("go list -export %s: %w", name, err)
		}
		return os.Open(strings.TrimSpace(string(out)))
	})
}

// sum returns what a constant is, or a sum or difference of two.
func (c constants) sum(expression string) int64 {
	c.t.Helper()
	if a, b, found := strings.Cut(expression, " + "); found {
		return c.value(a) + c.value(b)
	}
	if a, b, found := strings.Cut(expression, " - "); found {
		return c.value(a) - c.value(b)
	}
	return c.value(expression)
}

// value returns a constant by the folder of its package and its name. A time is in nanoseconds.
func (c constants) value(name string) int64 {
	c.t.Helper()
	dir, id := strings.TrimSuffix(name, path.Ext(name)), strings.TrimPrefix(path.Ext(name), ".")
	pkg, err := c.Import(module + "/" + dir)
	if err != nil {
		c.t.Fatal(err)
	}
	found, isConst := pkg.Scope().Lookup(id).(*types.Const)
	if !isConst {
		c.t.Fatalf("%s is no constant", name)
	}
	value, exact := constant.Int64Val(constant.ToInt(found.Val()))
	if !exact {
		c.t.Fatalf("%s is %v", name, found.Val())
	}
	return value
}

// Import is that of types.Importer.
func (c constants) Import(name string) (*types.Package, error) {
	if name == "time" {
		pkg, err := c.standard.Import(name)
		if err != nil {
			c.t.Fatal(err)
		}
		return pkg, nil
	}
	dir, own := strings.CutPrefix(name, module+"/")
	if c.packages[name] == nil && own {
		var files []*ast.File
		for _, s := range c.sources {
			if s.dir() == dir && !s.test() {
				files = append(files, s.file)
			}
		}
		checker := types.Config{Importer: c, Error: func(error) {}, IgnoreFuncBodies: true}
		c.packages[name], _ = checker.Check(name, c.sources[0].set, files, nil)
	}
	if c.packages[name] == nil {
		c.packages[name] = types.NewPackage(name, path.Base(name))
		c.packages[name].MarkComplete()
	}
	return c.packages[name], nil
}
