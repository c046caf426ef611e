package shell

import (
	"context"
	"encoding/json"
	"math"
	"strings"

	"github.com/parley-chat/parley/internal/base/results"
)

// talk is what was said, with its outcome.
type talk struct {
	said, agreed, files []entry
	closed, open        results.Tasks
	info                results.Info
}

// talk reads the outcome of what was said. The result has everything as the server wrote it.
func (s *session) talk(ctx context.Context, said []entry) (t *talk, r result, err error) {
	t = &talk{said: said}
	t.agreed, _, err = s.latest(ctx, math.MaxInt, args{"agreed": true})
	if err != nil {
		return nil, nil, err
	}
	t.files, _, err = s.latest(ctx, mostListed, args{"files": true})
	if err != nil {
		return nil, nil, err
	}
	var closed, open, info result
	t.closed, closed, err = s.tasks(ctx, true)
	if err != nil {
		return nil, nil, err
	}
	t.open, open, err = s.tasks(ctx, false)
	if err != nil {
		return nil, nil, err
	}
	info, err = s.call(ctx, "room_info", args{}, &t.info)
	if err != nil {
		return nil, nil, err
	}
	r = result{
		"messages": page(said, false)["messages"], "agreed": page(t.agreed, false)["messages"],
		"closed_tasks": closed["tasks"], "open_tasks": open["tasks"],
		"files": page(t.files, false)["messages"], "requests": json.RawMessage("[]"),
	}
	if len(info["requests"]) > 0 {
		r["requests"] = info["requests"]
	}
	return t, r, nil
}

// minutes shows what was said, and the outcome: agreements, tasks done and by whom, open tasks and requests, and files.
func (s *session) minutes(ctx context.Context, said []entry, req HistoryRequest) error {
	t, all, err := s.talk(ctx, said)
	if err != nil {
		return err
	}
	return s.out.show(all, func() {
		if req.Markdown {
			s.out.Screen.write(t.markdown(s.seat.Name, s.clock.Now(), s.out.Screen))
		} else {
			s.write(ctx, t)
		}
		if t.open.HasMore {
			s.out.hint("More tasks are open than are shown.")
		}
	})
}

// write shows a talk as the screen shows messages, and then the minutes.
func (s *session) write(ctx context.Context, t *talk) {
	s.show(ctx, t.said)
	s.heading("Agreed", len(t.agreed))
	s.show(ctx, t.agreed)
	s.heading("Done", len(t.closed.Tasks))
	s.list(t.closed.Tasks, indent)
	s.heading("Open", len(t.open.Tasks)+len(t.info.Requests))
	s.list(t.open.Tasks, indent)
	for _, q := range t.info.Requests {
		s.out.row("%s%s", lines(indent), asksFor(q))
	}
	s.heading("Files", len(t.files))
	s.show(ctx, t.files)
}

// mostListed is how many files the minutes list: as many as a room keeps.
const mostListed = 1000

// heading begins a part of the minutes with the given number of entries.
func (s *session) heading(title string, entries int) {
	text := "\n" + strings.ToUpper(title)
	if entries == 0 {
		text += ": nothing"
	}
	s.out.print("%s", lines(text))
}

func (s *session) show(ctx context.Context, list []entry) {
	for _, e := range list {
		s.learn(ctx, e.Message)
		s.out.Screen.Show(e.Message)
	}
}
