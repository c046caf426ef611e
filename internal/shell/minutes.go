package shell

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/parley-chat/parley/internal/client"
)

// minutes shows what was said, and what came of it: what was agreed, what was done and by whom, what is
// open, and the files.
func (s *session) minutes(ctx context.Context, said []entry) error {
	agreed, _, err := s.history(ctx, args{"agreed": true, "limit": pageSize})
	if err != nil {
		return err
	}
	files, _, err := s.latest(ctx, mostListed, args{"files": true})
	if err != nil {
		return err
	}
	closed, closedRaw, err := s.tasks(ctx, true)
	if err != nil {
		return err
	}
	open, openRaw, err := s.tasks(ctx, false)
	if err != nil {
		return err
	}
	var info client.Info
	infoRaw, err := s.call(ctx, "room_info", args{}, &info)
	if err != nil {
		return err
	}
	all := result{
		"messages": page(said, false)["messages"], "agreed": page(agreed, false)["messages"],
		"closed_tasks": closedRaw["tasks"], "open_tasks": openRaw["tasks"],
		"files": page(files, false)["messages"], "requests": json.RawMessage("[]"),
	}
	if len(infoRaw["requests"]) > 0 {
		all["requests"] = infoRaw["requests"]
	}
	return s.out.show(all, func() {
		s.show(said)
		s.heading("Agreed", len(agreed))
		s.show(agreed)
		s.heading("Done", len(closed.Tasks))
		s.list(closed.Tasks, indent)
		s.heading("Open", len(open.Tasks)+len(info.Requests))
		s.list(open.Tasks, indent)
		for _, q := range info.Requests {
			s.out.row("%s%s", lines(indent), asksFor(q))
		}
		s.heading("Files", len(files))
		s.show(files)
		if open.HasMore {
			s.out.note("More tasks are open than are shown.")
		}
	})
}

// mostListed is how many files the minutes list: as many as a room keeps.
const mostListed = 1000

// heading begins a part of the minutes, which has so many entries.
func (s *session) heading(title string, entries int) {
	text := "\n" + strings.ToUpper(title)
	if entries == 0 {
		text += ": nothing"
	}
	s.out.print("%s", lines(text))
}

func (s *session) show(list []entry) {
	for _, e := range list {
		s.out.Screen.Show(e.Message)
	}
}
