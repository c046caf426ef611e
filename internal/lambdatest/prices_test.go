package lambdatest_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
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

func costPage(t *testing.T) (page string, sums [][]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "cost.md"))
	if err != nil {
		t.Fatal(err)
	}
	page = string(text)
	sums = tableBelow(t, page, "what | GB-seconds | reads | writes | requests | GB of log | GB stored | dollars")
	if len(sums) < 8 {
		t.Fatalf("only %d sums: %q", len(sums), sums)
	}
	return page, sums
}

func TestCostPage_sums_followFromThePrices(t *testing.T) {
	page, sums := costPage(t)
	prices := tableBelow(t, page, "what | price")
	var unit []float64 // in the order of the columns
	for _, name := range []string{
		"Lambda on arm64, a GB-second", "DynamoDB on demand, a million read units", "DynamoDB on demand, a million write units",
		"Lambda, a million requests", "CloudWatch, a GB of log", "DynamoDB, a GB stored",
	} {
		unit = append(unit, priceOf(t, prices, name))
	}
	for _, row := range sums {
		sum, said := 0.0, row[len(row)-1]
		for i, price := range unit {
			sum += number(t, row[i+1]) * price
		}
		_, decimals, _ := strings.Cut(said, ".")
		if got := strconv.FormatFloat(sum, 'f', len(decimals), 64); got != said {
			t.Errorf("%s costs %s (%v), and the page says %s", row[0], got, sum, said)
		}
	}
}

func TestCostPage_sums_haveTheUnitsThatAreCounted(t *testing.T) {
	page, sums := costPage(t)
	for wait, counted := range map[string]string{
		"a wait of 50 s in a quiet room": "a wait of 50 s, later",
		"a wait of 50 s in a busy room":  "a wait of 50 s, the last word under a minute ago",
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
