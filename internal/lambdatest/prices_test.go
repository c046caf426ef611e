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

// What docs/cost.md takes a request to be.
const (
	loggedBytes        = 700     // of the log, for a request
	metricBytes        = 400     // of the log, for a minute of an instance
	answerBytes        = 130_000 // of an answer that reads nothing: the script of the page
	answerBytesPerRead = 15_000  // of an answer, for each unit that it read
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
	text, err := os.ReadFile(filepath.Join(append([]string{"..", ".."}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The tables of sums in docs/cost.md.
const (
	sumsHead  = "what | GB-seconds | reads | writes | requests | GB of log | GB stored | dollars"
	filesHead = "what | GB-seconds | reads | writes | requests | PUTs | GETs | " +
		"GB of log | GB in S3 | GB of traffic | dollars"
	mostHead = "what | GB-seconds | reads | writes | requests | PUTs | GETs | " +
		"GB of log | GB of traffic | GB stored | GB in S3 | dollars"
)

// pricesOf are the names of the prices of the columns of sums.
var pricesOf = map[string]string{
	"GB-seconds": "Lambda on arm64, a GB-second", "reads": "DynamoDB on demand, a million read units",
	"writes": "DynamoDB on demand, a million write units", "requests": "Lambda, a million requests",
	"GB of log": "CloudWatch, a GB of log", "GB of traffic": "traffic to the internet, a GB",
	"GB stored": "DynamoDB, a GB stored", "PUTs": "S3, a million PUTs", "GETs": "S3, a million GETs",
	"GB in S3": "S3, a GB stored",
}

func TestCostPage_sums_followFromThePrices(t *testing.T) {
	page := readPage(t, "docs", "cost.md")
	prices := tableBelow(t, page, "what | price")
	for head, least := range map[string]int{sumsHead: 8, filesHead: 2, mostHead: 5} {
		columns, rows := strings.Split(head, " | "), tableBelow(t, page, head)
		if len(rows) < least {
			t.Errorf("only %d sums: %q", len(rows), rows)
		}
		for _, row := range rows {
			sum, said := 0.0, row[len(row)-1]
			for i := 1; i < len(row)-1; i++ {
				sum += number(t, row[i]) * priceOf(t, prices, pricesOf[columns[i]])
			}
			_, decimals, _ := strings.Cut(said, ".")
			if got := strconv.FormatFloat(sum, 'f', len(decimals), 64); got != said {
				t.Errorf("%s costs %s (%v), and the page says %s", row[0], got, sum, said)
			}
		}
	}
}

func TestCostPage_sums_haveTheUnitsThatAreCounted(t *testing.T) {
	page := readPage(t, "docs", "cost.md")
	sums := tableBelow(t, page, sumsHead)
	for wait, counted := range map[string]string{
		"a wait of 50 s in a quiet room": "a wait of 50 s, later",
		"a wait of 50 s in a busy room":  "a wait of 50 s, the last word under ten minutes ago",
	} {
		i := slices.IndexFunc(sums, func(row []string) bool { return row[0] == wait })
		if i < 0 || !strings.Contains(page, "| "+counted+" | "+sums[i][2]+" | "+sums[i][3]+" |\n") {
			t.Errorf("%s has other units than %s", wait, counted)
		}
	}
	i := slices.IndexFunc(sums, func(row []string) bool { return row[0] == "a million messages" })
	if i < 0 || !strings.Contains(page, "A million messages cost "+sums[i][len(sums[i])-1]+" dollars") {
		t.Error("the page begins with another price of a million messages")
	}
}

// Each call is an invocation for the stream, of a tenth of a second, and one that makes the call, of 0.4 seconds and
// what the host takes. It reads the key of its agent, too, and after half a minute once more.
func TestCostPage_calls_haveTheUnitsThatAreCounted(t *testing.T) {
	page := readPage(t, "docs", "cost.md")
	units, sums := tableBelow(t, page, "what | read units | write units"), tableBelow(t, page, sumsHead)
	for what, c := range map[string]struct {
		unit                 string
		times, seconds, keys float64
	}{
		"a thousand wakes":                   {"a wake, by one that knows it", 1000, 0, 1},
		"a thousand deliveries to a webhook": {"a delivery to a webhook", 1000, 0, 1},
		"a thousand calls of an endpoint that answers after 20 s": {
			"a call of an endpoint, and its answer", 1000, 20, 1},
		"a month of an endpoint that is called as often as it may be, for a minute each time": {
			"a call of an endpoint, and its answer", 30 * 24 * 60, 60, 2},
	} {
		i := slices.IndexFunc(units, func(row []string) bool { return row[0] == c.unit })
		k := slices.IndexFunc(sums, func(row []string) bool { return row[0] == what })
		if i < 0 || k < 0 {
			t.Fatalf("the page does not say what %s costs", what)
		}
		for column, want := range []float64{(0.1 + 0.4 + c.seconds) * 128 / 1024, number(t, units[i][1]) + c.keys,
			number(t, units[i][2]), 2, 2 * loggedBytes / 1e9} {
			if got := number(t, sums[k][column+1]); math.Abs(got-c.times*want) > 1e-6 {
				t.Errorf("%s: the page says %v, want %v", what, got, c.times*want)
			}
		}
	}
	most := fmt.Sprintf("a month costs %.2f at most",
		sumOf(t, page, "a month of an endpoint that is called as often as it may be, for a minute each time"))
	usual := fmt.Sprintf("costs %.2f dollars a month",
		sumOf(t, page, "a thousand calls of an endpoint that answers after 20 s")/1000*50*30)
	text := strings.Join(strings.Fields(page), " ")
	if !strings.Contains(text, most) || !strings.Contains(text, usual) {
		t.Errorf("docs/cost.md does not say: %s, or: %s", most, usual)
	}
}

// A file is shared by a call and an upload, and each download needs a look.
func TestCostPage_sumOfFiles_hasTheUnitsThatAreCounted(t *testing.T) {
	page := readPage(t, "docs", "cost.md")
	sum := tableBelow(t, page, filesHead)[0]
	for column, k := range map[int]int{2: 1, 3: 2, 5: 3, 6: 4} {
		want := 1000 * (ofFile(t, page, "a call that asks where to upload a file", k) +
			ofFile(t, page, "its upload", k) +
			2*ofFile(t, page, "a look at it with get_file, by an instance that knows the room", k) +
			2*ofFile(t, page, "its download, by one that does not", k))
		if got := number(t, sum[column]); got != want {
			t.Errorf("column %d: %v, want %v", column, got, want)
		}
	}
}

// ofFile returns a figure of the table about files.
func ofFile(t *testing.T, page, what string, column int) float64 {
	t.Helper()
	rows := tableBelow(t, page, "of a file | read units | write units | PUTs | GETs")
	i := slices.IndexFunc(rows, func(row []string) bool { return row[0] == what })
	if i < 0 {
		t.Fatalf("no figures of %q", what)
	}
	return number(t, rows[i][column])
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

// sumOf is what a row of the sums costs, from its units and the prices.
func sumOf(t *testing.T, page, what string) (sum float64) {
	t.Helper()
	prices, columns, rows := tableBelow(t, page, "what | price"), strings.Split(sumsHead, " | "),
		tableBelow(t, page, sumsHead)
	i := slices.IndexFunc(rows, func(row []string) bool { return row[0] == what })
	if i < 0 {
		t.Fatalf("no sum of %q", what)
	}
	for k := 1; k < len(columns)-1; k++ {
		sum += number(t, rows[i][k]) * priceOf(t, prices, pricesOf[columns[k]])
	}
	return sum
}

// timesLess is how many times less a standby costs on such a day than an agent that waits.
func timesLess(t *testing.T, page, day string) string {
	t.Helper()
	day = "a " + day + " day of "
	return fmt.Sprintf("%.0f", sumOf(t, page, day+"one agent")/sumOf(t, page, day+"a program on standby"))
}

// A standby looks in as often as chat says, and costs what a look does.
func TestCostPage_standby_costsSoManyTimesLess(t *testing.T) {
	page := strings.Join(strings.Fields(readPage(t, "docs", "cost.md")), " ")
	table := readPage(t, "docs", "cost.md")
	said := fmt.Sprintf("costs %s times less than a waiting agent on a quiet day, and %s times less",
		timesLess(t, table, "quiet"), timesLess(t, table, "lively"))
	if !strings.Contains(page, said) {
		t.Errorf("docs/cost.md does not say: %s", said)
	}
	look := slices.IndexFunc(tableBelow(t, table, "what | read units | write units"), func(row []string) bool {
		return row[0] == "a look of a program on standby" && row[1] == "2" && row[2] == "0"
	})
	for what, every := range map[string]float64{"a quiet day of a program on standby": 15,
		"a lively day of a program on standby": 5} {
		i := slices.IndexFunc(tableBelow(t, table, sumsHead), func(row []string) bool { return row[0] == what })
		row, looks := tableBelow(t, table, sumsHead)[i], 24*60*60/every
		if look < 0 || number(t, row[4]) != looks || number(t, row[2]) != 2*looks ||
			number(t, row[1]) != looks/10*128/1024 || number(t, row[3]) != math.Ceil(24*60*60/260.0) {
			t.Errorf("%s: %q of %v looks", what, row, looks)
		}
	}
}

// The page says what a hundred agents that wait do to a new stack.
func TestCostPage_hundredThatWait_useSoMuchOfANewStack(t *testing.T) {
	page := readPage(t, "docs", "cost.md")
	rows := tableBelow(t, page, "what | read units | write units")
	i := slices.IndexFunc(rows, func(row []string) bool {
		return row[0] == "a wait of 50 s, the last word under ten minutes ago"
	})
	reads := number(t, rows[i][1]) / 50 * 100 // of a hundred agents, a second
	says := fmt.Sprintf("use %.0f of the %.0f reads a second and all reserved instances", reads,
		setting(t, "TableReadsPerSecond"))
	if !strings.Contains(strings.Join(strings.Fields(page), " "), says) {
		t.Errorf("docs/cost.md does not say: %s", says)
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
	rows := tableBelow(t, page, mostHead)
	proposed := regexp.MustCompile(`(?m)^PROPOSED = (\d+)$`).FindStringSubmatch(readPage(t, "scripts", "sam",
		"prepare.py"))
	if proposed == nil || !strings.Contains(page, "reserves up to "+proposed[1]+" instances") {
		t.Fatalf("the page reserves other instances than prepare.py: %v", proposed)
	}
	reads, writes, instances := setting(t, "TableReadsPerSecond")*day, setting(t, "TableWritesPerSecond")*day,
		number(t, proposed[1])
	requests := 10.0 * day // Lambda Developer Guide: "Control access and throttling" of Function URLs
	// Each request may look at a file. An hour's allowance may be taken at once, and then a day's.
	busy := []float64{setting(t, "MemorySize") / 1024 * day, 0, 0, requests, 0, requests,
		(requests*loggedBytes + 24*60*metricBytes) / 1e9,
		(requests*answerBytes + 25*bytesIn(t, "filesOut")) / 1e9, 0, 0}
	uploaded := writes / (ofFile(t, page, "a call that asks where to upload a file", 2) +
		ofFile(t, page, "its upload", 2))
	outbox := 0.0
	for _, function := range []string{"OutboxFunction", "StreamFunction"} {
		reserved := regexp.MustCompile(`!If \[ReservesOutbox, (\d+), `).FindStringSubmatch(resource(t, function))
		if reserved == nil {
			t.Fatalf("the template reserves no instances for %s", function)
		}
		outbox += number(t, reserved[1])
	}
	calls := requests * outbox
	want := [][]float64{
		{0, reads, writes, 0, 0, 0, 0, 0, writes * 1000 / 1e9, 0},
		{0, 0, 0, 0, 0, 0, 0, reads * answerBytesPerRead / 1e9, 0, 0},
		{0, 0, 0, 0, writes / ofFile(t, page, "a short text as a file", 2), 0, 0, 0, 0,
			uploaded * bytesIn(t, "fileLimit") / 1e9},
		busy, nil,
		{128.0 / 1024 * day * outbox, 0, 0, calls, 0, 0, calls * loggedBytes / 1e9, calls * calledBytes / 1e9, 0, 0},
	}
	for _, n := range busy {
		want[4] = append(want[4], n*instances)
	}
	whole := 0.0
	for i, row := range rows {
		for k, n := range want[i] {
			if said := number(t, row[k+1]); math.Abs(said-n) > n/1000 {
				t.Errorf("%s, column %d: the page says %v, the template %v", row[0], k+1, said, n)
			}
		}
		if i != 3 && i != 5 { // the rows of one instance, and of the outbox, which a new stack does not have
			whole += number(t, row[len(row)-1])
		}
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
