package lambdatest_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// What the sums of docs/cost.md take a request to be.
const (
	loggedBytes        = 700     // of the log, for a request
	metricBytes        = 400     // of the log, for a minute of an instance
	answerBytes        = 130_000 // of an answer that reads nothing: the script of the page
	answerBytesPerRead = 15_000  // of an answer, for each unit that it read
	keptBytes          = 3_000   // of the server card, and of what else everybody may read
	calledBytes        = 2_000   // of a call of an agent
)

// tableBelow returns the cells of the table whose header begins with head, row by row.
func tableBelow(t *testing.T, page, head string) [][]string {
	t.Helper()
	_, text, found := strings.Cut(page, "\n| "+head+" |")
	if !found {
		t.Fatalf("no table of %q", head)
	}
	var rows [][]string
	for _, line := range strings.Split(text, "\n")[2:] {
		if !strings.HasPrefix(line, "| ") {
			break
		}
		rows = append(rows, strings.Split(strings.Trim(line, "| "), " | "))
	}
	return rows
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", ""), 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// priceOf returns the price of one unit of what begins with name.
func priceOf(t *testing.T, prices [][]string, name string) float64 {
	t.Helper()
	i := slices.IndexFunc(prices, func(row []string) bool { return strings.HasPrefix(row[0], name) })
	if i < 0 {
		t.Fatalf("no price of %q", name)
	}
	if strings.Contains(name, "a million") {
		return number(t, prices[i][1]) / 1e6
	}
	return number(t, prices[i][1])
}

func readPage(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{"..", "..", ".."}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The prices of docs/cost.md, by the first cells of their rows.
const (
	gbSeconds  = "Lambda on arm64, a GB-second"
	requests   = "Lambda, a million requests"
	readUnits  = "DynamoDB on demand, a million read units"
	writeUnits = "DynamoDB on demand, a million write units"
	gbStored   = "DynamoDB, a GB stored for a month, with point-in-time recovery"
	puts       = "S3, a million PUTs"
	gets       = "S3, a million GETs"
	gbInS3     = "S3, a GB stored for 33 days"
	aMachine   = "EC2, an hour of a t4g.micro"
	aProcessor = "EC2, an hour of a processor beyond that"
	gbOfDisk   = "EBS, a GB of gp3 for a month"
	anAddress  = "a public IPv4 address, an hour"
	gbLogged   = "CloudWatch, a GB of log"
	gbSent     = "traffic to the internet, a GB"
)

// use is how much somebody takes of what has a price.
type use map[string]float64

func sum(uses ...use) use {
	all := use{}
	for _, u := range uses {
		for what, n := range u {
			all[what] += n
		}
	}
	return all
}

func (u use) times(n float64) use {
	all := use{}
	for what := range u {
		all[what] = n * u[what]
	}
	return all
}

// dollars returns what u costs by the prices of the page.
func (u use) dollars(t *testing.T, page string) (sum float64) {
	t.Helper()
	prices := tableBelow(t, page, "what | price")
	for what, n := range u {
		sum += n * priceOf(t, prices, what)
	}
	return sum
}

// request returns what a call of the function takes, beside its units.
func request(seconds float64) use {
	return use{gbSeconds: seconds * 128 / 1024, requests: 1, gbLogged: loggedBytes / 1e9}
}

// minutes returns what the metrics of an instance take that is busy.
func minutes(n float64) use { return use{gbLogged: n * metricBytes / 1e9} }

// awaiting returns what an agent takes that waits for so many hours.
func awaiting(hours float64, where string) use {
	return sum(sum(request(50), units[where]).times(hours*60*60/50), minutes(hours*60))
}

func said(messages float64) use {
	return sum(request(0.1), units[aMessage]).
		times(messages)
}

// standby returns what a program takes in a day that looks in so often. Its presence is written every 260 seconds.
func standby(every float64) use {
	const day = 24 * 60 * 60
	return sum(sum(request(0.1), units[aLook]).times(day/every),
		use{writeUnits: math.Ceil(day / 260.0)})
}

// asking returns what a page takes in a month that asks for news of so many rooms three times a minute. The rooms are
// read one after the other, for a third of a second in all.
func asking(rooms float64) use {
	ofRoom := sum(units[inNews].times(2), units[inNewsOften])
	return sum(request(0.3).times(3), ofRoom.times(rooms)).times(30 * 24 * 60)
}

// called returns what an outgoing call takes: an invocation for the stream, and one that makes the call in 0.4 seconds
// and what the host takes. It reads the key of its agent, and again after half a minute.
func called(what string, seconds float64) use {
	return sum(request(0.1), request(0.4+seconds), units[what],
		use{readUnits: 1 + math.Floor(seconds/31)})
}

// file returns what a file of a megabyte takes that is uploaded and downloaded twice.
func file() use {
	return sum(request(0.16).times(6), units[anUploadCode], units[anUpload],
		units[aLookAtAFile].times(2),
		units[aDownload].times(2), use{gbSent: 2 * 0.001, gbInS3: 0.001})
}

// sums are the rows of the tables of docs/cost.md, with what each takes.
func sums() map[string]map[string]use {
	answers := called(anAnswer, 20)
	return map[string]map[string]use{
		"a month of | dollars": {
			"a stack that nobody uses, for each GB stored": {gbStored: 1},
			"two agents that wait four hours on 22 days and send 200 messages a day": sum(
				awaiting(4, inBusyRoom).times(2), said(200)).times(22),
			"one agent that waits day and night in a quiet room": awaiting(24, inQuietRoom).times(30),
			"one in a busy room": awaiting(24, inBusyRoom).times(30),
			"one on standby (`parley standby`) in a quiet room":                            standby(15).times(30),
			"one on standby in a room that is never silent":                                standby(5).times(30),
			"a page that is visible day and night, with forty rooms that it does not show": asking(40),
			"an endpoint with fifty calls a day of 20 seconds":                             answers.times(50 * 30),
			"an endpoint that is called as often as it may be, for a minute each time": called(
				anAnswer, 60).times(30 * 24 * 60),
			"a room full of files: 250 MiB": {gbInS3: 250 * 1.048576 / 1000},
		},
		"once | dollars": {
			"a million messages": said(1e6),
			"a million reads of the [server card](settings.md#what-everybody-may-read) and its like": sum(request(0.1),
				use{gbSent: keptBytes / 1e9}).times(1e6),
			"storing them for a month":                                     {gbStored: 0.55},
			"a thousand wakes":                                             called(aWake, 0).times(1000),
			"a thousand deliveries to a webhook":                           called(aDelivery, 0).times(1000),
			"a thousand pushes to a browser":                               called(aPush, 0).times(1000),
			"a thousand files of 1 MB, each uploaded and downloaded twice": file().times(1000),
		},
	}
}

func TestCostPage_sums_followFromTheUnitsAndThePrices(t *testing.T) {
	page := readPage(t, "docs", "cost.md")
	for head, wanted := range sums() {
		rows := tableBelow(t, page, head)
		if len(rows) != len(wanted) {
			t.Errorf("%d sums, want %d: %q", len(rows), len(wanted), rows)
		}
		for _, row := range rows {
			u, known := wanted[row[0]]
			if !known {
				t.Errorf("nothing is known of %q", row[0])
				continue
			}
			costs(t, page, row, u)
		}
	}
}

// costs checks the last cell of a row, which are the dollars for u.
func costs(t *testing.T, page string, row []string, u use) {
	t.Helper()
	sum, said := u.dollars(t, page), row[len(row)-1]
	_, decimals, _ := strings.Cut(said, ".")
	if got := strconv.FormatFloat(sum, 'f', len(decimals), 64); got != said {
		t.Errorf("%s costs %s (%v), and the page says %s", row[0], got, sum, said)
	}
}

// bytesIn returns a number of bytes that the function's source names.
func bytesIn(t *testing.T, name string) float64 {
	t.Helper()
	source := readPage(t, "functions", "mcp", "settings.go")
	found := regexp.MustCompile(`(?m)^const ` + name + ` = (\d+) << (\d+)$`).FindStringSubmatch(source)
	if found == nil {
		t.Fatalf("the function has no %s", name)
	}
	return number(t, found[1]) * math.Exp2(number(t, found[2]))
}

// What the page's machine has: "Key concepts for burstable performance instances" of the guide of EC2.
const (
	machineGB         = 1.0737
	machineProcessors = 0.2 // of which the price of an hour has so much on average
	mostProcessors    = 2
	monthHours        = 30 * 24
)

// machineNeeds returns what the page says that Parley and Caddy take on a machine, which an e2e test measures, and
// leaves to the system: in GB, in GB for each agent that waits, and in seconds of a processor for each read of a room.
func machineNeeds(t *testing.T, page string) (base, agent, read float64) {
	t.Helper()
	found := regexp.MustCompile(`at most (\d+) MB, ([\d.]+) MB more for each agent that waits, and ([\d.]+) ms of a ` +
		`processor [^\n]* leave the system (\d+) MB`).FindStringSubmatch(page)
	if found == nil {
		t.Fatal("docs/cost.md does not say what a machine needs")
	}
	return (number(t, found[1]) + number(t, found[4])) / 1000, number(t, found[2]) / 1000, number(t, found[3]) / 1000
}

// onMachines returns what agents take in a month that wait for so many hours on one of two machines. A read of a room
// costs half a unit.
func onMachines(t *testing.T, page string, agents, hours float64, where string) use {
	t.Helper()
	_, _, read := machineNeeds(t, page)
	busy := agents * units[where][readUnits] / 0.5 / 50 * read
	return sum(use{aMachine: monthHours, gbOfDisk: 8, anAddress: monthHours}.times(2),
		use{aProcessor: max(0, busy-machineProcessors) * hours}, units[where].times(agents*hours*60*60/50))
}

// The page says what agents cost that wait on machines, beside the same agents on Lambda, and from how many agents
// machines cost less.
func TestCostPage_machines_costWhatFollowsFromTheirPricesAndTheReads(t *testing.T) {
	page := readPage(t, "docs", "cost.md")
	wanted := []struct {
		agents        float64
		where         string
		lambda, table use // what is said: on Lambda, and of the table alone
	}{
		{10, inBusyRoom, said(10_000).times(30), units[aMessage].times(10_000 * 30)},
		{100, inQuietRoom, nil, nil},
		{1000, inQuietRoom, nil, nil},
		{1000, inBusyRoom, nil, nil},
	}
	rows := tableBelow(t, page, "a month of agents that wait day and night | Lambda | two t4g.micro")
	if len(rows) != len(wanted) {
		t.Fatalf("%d sums of machines, want %d", len(rows), len(wanted))
	}
	for i, w := range wanted {
		costs(t, page, rows[i][:2], sum(awaiting(24, w.where).times(30*w.agents), w.lambda))
		costs(t, page, rows[i], sum(onMachines(t, page, w.agents, monthHours, w.where), w.table))
	}
	from := func(hours float64) (agents float64) {
		for agents = 1; onMachines(t, page, agents, hours, inQuietRoom).dollars(t, page) >
			awaiting(hours, inQuietRoom).times(agents).dollars(t, page); agents++ {
			if agents > 1000 {
				t.Fatal("machines never cost less")
			}
		}
		return agents
	}
	base, agent, _ := machineNeeds(t, page)
	flooded := use{aMachine: 24, anAddress: 24, aProcessor: 24 * (mostProcessors - machineProcessors)}.dollars(t, page)
	for _, says := range []string{
		fmt.Sprintf("Each costs at most %.2f dollars a day, beside its disk and its traffic", flooded),
		fmt.Sprintf("less from **%.0f** agents that wait day and night, or **%.0f** that wait four hours on 22 days",
			from(monthHours), from(4*22)),
		fmt.Sprintf("memory for %.0f00 agents", math.Floor((machineGB-base)/agent/100)),
		fmt.Sprintf("must allow %v for each agent in a quiet room, and %v in a busy one",
			units[inQuietRoom][readUnits]/50, units[inBusyRoom][readUnits]/50),
	} {
		if !strings.Contains(page, says) {
			t.Errorf("docs/cost.md does not say: %s", says)
		}
	}
}

// What breaks first follows from the limits, and from what a wait takes.
func TestOperationsPage_whatBreaksFirst_followsFromTheSums(t *testing.T) {
	_, _, read := machineNeeds(t, readPage(t, "docs", "cost.md"))
	proposed := regexp.MustCompile(`(?m)^PROPOSED = (\d+)$`).FindStringSubmatch(readPage(t, "scripts", "sam",
		"prepare.py"))
	waits := regexp.MustCompile(`MaxWaits +int .* default:"(\d+)"`).FindStringSubmatch(readPage(t, "internal", "server",
		"app", "settings.go"))
	if proposed == nil || waits == nil {
		t.Fatalf("%v, %v", proposed, waits)
	}
	const newTable, account = 12_000, 1000 // as the page says
	rows := tableBelow(t, readPage(t, "docs", "operations.md"), "where | what is used up | quiet | busy")
	for at, where := range []string{inQuietRoom, inBusyRoom} {
		units := units[where][readUnits] / 50 // a second
		wanted := []float64{number(t, waits[1]), 0.5 / units / read, setting(t, "TableReadsPerSecond") / units,
			newTable / units, number(t, proposed[1]) / 2, account / 2}
		if len(rows) != len(wanted) {
			t.Fatalf("%d rows, want %d", len(rows), len(wanted))
		}
		for i, row := range rows {
			cells := row[len(row)-2:]
			if said := number(t, cells[at]); said > wanted[i] || said < 0.9*wanted[i] {
				t.Errorf("%q: %v agents, and the page says %v", row, wanted[i], said)
			}
		}
	}
}

// setting returns the default of a parameter of the template.
func setting(t *testing.T, parameter string) float64 {
	t.Helper()
	found := regexp.MustCompile(`(?m)^  ` + parameter +
		`:\n    Type: Number\n    Default: (\d+)$`).FindStringSubmatch(template(t))
	if found == nil {
		t.Fatalf("the template has no number %s", parameter)
	}
	return number(t, found[1])
}

// The most that a day costs is bounded by the template, by how many instances a
// deployment reserves, and by what the page takes a request to be.
func TestCostPage_mostOfADay_followsFromTheTemplate(t *testing.T) {
	const day = 24 * 60 * 60
	page := readPage(t, "docs", "cost.md")
	proposed := regexp.MustCompile(`(?m)^PROPOSED = (\d+)$`).FindStringSubmatch(readPage(t, "scripts", "sam",
		"prepare.py"))
	if proposed == nil || !strings.Contains(page, "reserves up to "+proposed[1]+" instances") {
		t.Fatalf("the page reserves other instances than prepare.py: %v", proposed)
	}
	reads, writes, instances := setting(t, "TableReadsPerSecond")*day, setting(t, "TableWritesPerSecond")*day,
		number(t, proposed[1])
	calls := 10.0 * day // Lambda Developer Guide: "Control access and throttling" of Function URLs
	asked, text := units[anUploadCode], units[aTextAsFile]
	uploaded := writes / (asked[writeUnits] + units[anUpload][writeUnits])
	instance := func(sent float64) use {
		return sum(use{gbSeconds: setting(t, "MemorySize") / 1024 * day, gbSent: sent / 1e9},
			use{requests: 1, gbLogged: loggedBytes / 1e9}.times(calls))
	}
	// Each request may look at a file. An hour's allowance may be taken at once, and then a day's.
	busy := sum(instance(calls*answerBytes+25*bytesIn(t, "filesOut")), use{gets: calls}, minutes(24*60))
	outbox := 0.0
	for _, function := range []string{"OutboxFunction", "StreamFunction"} {
		reserved := regexp.MustCompile(`!If \[ReservesOutbox, (\d+), `).FindStringSubmatch(resource(t, function))
		if reserved == nil {
			t.Fatalf("the template reserves no instances for %s", function)
		}
		outbox += number(t, reserved[1])
	}
	wanted := []use{
		{readUnits: reads, writeUnits: writes, gbStored: writes * 1000 / 1e9},
		{gbSent: reads * answerBytesPerRead / 1e9},
		{puts: writes / text[writeUnits], gbInS3: uploaded * bytesIn(t, "fileLimit") / 1e9},
		busy.times(instances),
		instance(calls * calledBytes).times(outbox),
	}
	rows, whole := tableBelow(t, page, "at most in a day | dollars"), 0.0
	if len(rows) != len(wanted) {
		t.Fatalf("the page has %d maxima of a day, want %d", len(rows), len(wanted))
	}
	for i, row := range rows {
		costs(t, page, row, wanted[i])
		if i < 4 { // the outbox is not in a new stack
			whole += number(t, row[len(row)-1])
		}
	}
	kept := sum(instance(calls*keptBytes), minutes(24*60)).times(instances).dollars(t, page)
	if says := fmt.Sprintf("like alone costs at most %.0f dollars a day", kept); !strings.Contains(page, says) {
		t.Errorf("docs/cost.md does not say: %s", says)
	}
	if figures := fmt.Sprintf("%.0f reads and %.0f writes a second", reads/day, writes/day); !strings.Contains(
		rows[0][0], figures) {
		t.Errorf("the page says %q of a table of %s", rows[0][0], figures)
	}
	said := fmt.Sprintf("%.0f dollars a day", whole)
	for _, name := range []string{"docs/cost.md", "docs/deploy.md"} {
		text := strings.Join(strings.Fields(readPage(t, filepath.FromSlash(name))), " ")
		if !strings.Contains(strings.ReplaceAll(text, "**", ""), "at most "+said) {
			t.Errorf("%s does not say that a new stack costs at most %s", name, said)
		}
	}
	if table := number(t, rows[0][len(rows[0])-1]); table > 20 {
		t.Errorf("a day of the table can cost %v dollars; it should be at most 20", table)
	}
}
