package shell_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/shell"
)

func TestHistory_followedWhileManyUseTheSeat_losesAndRepeatsNothing(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob", "Cy")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	tails := []*command{at(t, base, nil), at(t, base, nil)}
	var ended []<-chan error
	for _, tail := range tails {
		ended = append(ended, begin(func() error {
			return tail.History(ctx, as("Ann"), shell.HistoryRequest{Last: 1, Follow: true})
		}))
		until(t, "tail has begun", func() bool { return tail.out.String() != "" })
	}
	waiting := at(t, base, nil)
	waited := begin(func() error { return waiting.Wait(ctx, as("Ann"), shell.WaitRequest{}) })
	var all sync.WaitGroup
	for _, name := range []string{"Ann", "Bob", "Cy"} {
		all.Go(func() {
			for n := range 8 {
				say(t, base, name, shell.SendRequest{Text: fmt.Sprintf("%s %d", name, n)})
			}
		})
	}
	all.Wait()
	if err := <-waited; err != nil {
		t.Error(err)
	}
	var want []string
	for _, m := range history(t, base) {
		if m.Type == "message" {
			want = append(want, string(m.Text))
		}
	}
	for i, tail := range tails {
		until(t, "tail has all", func() bool { return len(texts(t, tail.out.String())) >= len(want) })
		if got := texts(t, tail.out.String()); len(want) != 24 || !slices.Equal(got, want) {
			t.Errorf("tail %d showed %q, want %q", i, got, want)
		}
	}
	stop()
	for _, e := range ended {
		if err := <-e; err != nil {
			t.Errorf("tail ended with %v", err)
		}
	}
}

// What is said in a script that joins its letters is printed as it was said, however long it is.
func TestHistory_longText_isShownAsItWasSaid(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	text := strings.TrimSpace(strings.Repeat("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 ", 1700))
	say(t, base, "Ann", shell.SendRequest{Text: text})
	c := at(t, base, nil)
	c.Out.JSON = false
	if err := c.History(t.Context(), as("Bob"), shell.HistoryRequest{Last: 1}); err != nil ||
		!strings.Contains(c.out.String(), text) {
		t.Errorf("%v, printed %d bytes", err, len(c.out.String()))
	}
}

func TestHistory_search_findsTheLastInAnyCase(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	for _, text := range []string{"Milk?", "no", "MILK, then", "why milk"} {
		say(t, base, "Ann", shell.SendRequest{Text: text})
	}
	for n, want := range map[int][]string{0: {"Milk?", "MILK, then", "why milk"}, 2: {"MILK, then", "why milk"}} {
		c := at(t, base, nil)
		if err := c.History(t.Context(), as("Bob"), shell.HistoryRequest{Last: n, Search: "milk"}); err != nil {
			t.Fatal(err)
		}
		var got results.History
		read(t, c.out.String(), &got)
		var list []string
		for _, m := range got.Messages {
			list = append(list, string(m.Text))
		}
		if !slices.Equal(list, want) {
			t.Errorf("the last %d: %q, want %q", n, list, want)
		}
	}
}

func TestHistory_search_findsTitlesOfTasks(t *testing.T) {
	base := serve(t)
	meet(t, base, "Ann", "Bob")
	if err := at(t, base, nil).Task(t.Context(), as("Ann"), shell.TaskRequest{Action: "add",
		Title: "Buy milk"}); err != nil {
		t.Fatal(err)
	}
	c := at(t, base, nil)
	if err := c.History(t.Context(), as("Ann"), shell.HistoryRequest{Last: 20, Search: "MILK"}); err != nil ||
		!strings.Contains(c.out.String(), "Buy milk") {
		t.Errorf("%v, %q", err, &c.out)
	}
}
