package tools_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// plain replaces what differs in each run.
func (s *story) plain(text string) string {
	text = strings.NewReplacer(s.names...).Replace(text)
	text = regexp.MustCompile(`view-[0-9a-z]{36}`).ReplaceAllString(text, "<the view>")
	text = roomID.ReplaceAllString(text, `"id":"<its id>","name"`)
	// An agent that is just waking up may be in either state, with or without the news.
	text = regexp.MustCompile(`"state":"(waiting|busy)"`).ReplaceAllString(text, `"state":"waiting or busy"`)
	text = regexp.MustCompile(`(long ){20,}`).ReplaceAllString(text, "long … ")
	text = regexp.MustCompile(`"unread":[0-9]+`).ReplaceAllString(text, `"unread":"some or none"`)
	text = regexp.MustCompile(`2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z`).ReplaceAllStringFunc(text,
		func(at string) string {
			when, err := time.Parse(time.RFC3339, at)
			if err != nil {
				s.t.Fatal(err)
			}
			return "+" + when.Sub(s.began).String()
		})
	return text
}

// roomID is the id of a room in the result of a join.
var roomID = regexp.MustCompile(`"id":"[0-9a-z]{7}","name"`)

// standIn makes a name stand for something that differs in each run. From the second of
// its kind on the name has a number.
func (s *story) standIn(volatile, name string) {
	if slices.Contains(s.names, volatile) {
		return
	}
	first, n := name, 1
	for slices.Contains(s.names, "<"+name+">") {
		n++
		name = fmt.Sprint(first, " ", n)
	}
	s.names = append(s.names, volatile, "<"+name+">")
}

// number makes a number stand for each id of a message in a result, in order of appearance, and a word for each
// cursor.
func (s *story) number(result string) {
	known := func(volatile string) bool { return slices.Contains(s.names, volatile) }
	result = roomID.ReplaceAllString(result, "") // the id of a room may look like the id of a message
	for _, found := range regexp.MustCompile(`"(?:id|reply_to|withdraws|agreed)":"(m[0-9a-z]{6})"`).FindAllStringSubmatch(result, -1) {
		if !known(found[1]) {
			s.ids++
			s.names = append(s.names, found[1], fmt.Sprintf("<m%d>", s.ids))
		}
	}
	for _, found := range regexp.MustCompile(`"cursor":"(c[0-9a-z]{13})"`).FindAllStringSubmatch(result, -1) {
		if !known(found[1]) {
			s.names = append(s.names, found[1], "<cursor>")
		}
	}
}
