package room_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/core/room"
)

func TestProposeMessage_mention_isTheWholeNameInAnySpelling(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       bool
	}{
		{"Cid", "@cid", true},
		{"Cid", "what now, @CID?", true},
		{"Cid", "it is @Cid's turn", true},
		{"Cid", "@Bob and @Cid", true},
		{"Cid", "@@cid", true},
		{"Cid", "(@cid)", true},
		{"Cid", "@cid-", true},
		{"Cid", "what does Cid say?", false},
		{"Cid", "@ cid", false},
		{"Cid", "@Cider, anyone? @cid2?", false},
		{"Cid", "@cid-two and @cid_3 know", false},
		{"Cid", "@cid\u0301", false},
		{"Cid", "@Bob?", false},
		{"Cid", "meet @ noon @", false},
		{"Cid", "@cider or @cid", true},
		{"Zo\u00eb", "@Zo\u00eb?", true},
		{"Zo\u00eb", "@Zoe\u0308?", true},
		{"Zo\u00eb", "@ZO\u00cb", true},
		{"Zo\u00eb", "\uff20\uff3ao\u00eb", true},
		{"Zo\u00eb", "\ufe6bzo\u00eb", true},
		{"Zo\u00eb", "@Zoe", false},
		{"\u0130nci", "ask @\u0130NC\u0049", true},
		{"\u039d\u03af\u03ba\u03bf\u03c2", "@\u039d\u03af\u03ba\u03bf\u03c2, please", true},
		{"Ann Marie", "and @ann marie?", true},
		{"Ann Marie", "and @ann?", false},
		{"Bob", "@Bobさん、", true},
		{"Bob", "@Bobー、", true},
		{"Bob", "请@Bob看一下", true},
		{"Bob", "@Bob님", true},
		{"Bob", "@Bobครับ", true},
		{"Bob", "@Bobຈົ່ງ", true},
		{"Bob", "@Bobសូម", true},
		{"Bob", "@Bobက", true},
		{"Bob", "@Bob๑", false},
		{"小明", "请@小明看一下", true},
		{"agent-a", "交给@agent-a处理", true},
		{"Bob", "＠Bobさん", true},
		{"Bob", "@Bobｻﾝ", true},
		{"小明", "@小明明", true},
		{"Bob", "@Bobby", false},
		{"Bob", "@Bob2", false},
		{"Bob", "@Bobу", true},
		{"Bob", "@Bobजी, कब?", true},
		{"Bob", "@Bob-जी", true},
		{"Bob", "@Bob-さん", true},
		{"Bob", "@Bob-son", false},
		{"Bob", "@Bobის", true},
		{"agent7", "@agent7जी", true},
		{"agent7", "@agent7b", false},
		{"77", "@77b", false},
		{"राम", "@रामजी", false},
		{"राम", "@रामs turn", true},
		{"小明", "请@小明check一下", true},
		{"O'Neil", "@O\u2019Neil, please", true},
		{"O\u2019Neil", "@O'Neil", true},
		{"O\u2019Neil", "@o\u2019neil\u2019s turn", true},
	} {
		l := newRoom(t, "Ann", c.name)
		if e := l.say(ann, c.text); slices.Contains(e.Named, 2) != c.want {
			t.Errorf("%q names %v; want %s: %v", c.text, e.Named, c.name, c.want)
		}
	}
}

func TestProposeMessage_mention_namesOthersThatSeeTheMessageAndAreNotAskedAnyway(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	for what, c := range map[string]struct {
		e    room.Event
		want []int
	}{
		"Cid and Bob":               {room.Event{Text: "@Cid and @Bob"}, []int{bob, cid}},
		"Cid twice":                 {room.Event{Text: "@Cid? @Cid!"}, []int{cid}},
		"the sender":                {room.Event{Text: "ask @Ann"}, nil},
		"Cid and Bob, Cid is asked": {room.Event{Text: "@Cid and @Bob?", Ask: []int{cid}}, []int{bob}},
		"Cid and Bob, to Cid alone": {room.Event{Text: "@Cid and @Bob", To: []int{cid}}, []int{cid}},
	} {
		e, err := l.head.ProposeMessage(l.agent(ann), c.e, l.now)
		if err != nil || !slices.Equal(e.Named, c.want) {
			t.Errorf("%s: %v, %v; want %v", what, e.Named, err, c.want)
		}
	}
}

func TestProposeMessage_mentionWithoutASpace_isTheLongestName(t *testing.T) {
	l := newRoom(t, "Ann", "小明", "小明明")
	for text, want := range map[string][]int{"@小明明看": {3}, "@小明看": {2},
		"@小明 @小明明": {2, 3}} {
		if e := l.say(ann, text); !slices.Equal(e.Named, want) {
			t.Errorf("%q names %v; want %v", text, e.Named, want)
		}
	}
}

// A text of 32 KB took two seconds, since each @ copied what is behind the @ once for each longer name.
func TestProposeMessage_manyMentions_copyNothing(t *testing.T) {
	names := []string{"Ann", "b"}
	for c := 'a'; c <= 'z'; c++ {
		names = append(names, "bя"+string(c))
	}
	l := newRoom(t, append(names, "bя")...)
	text := strings.Repeat("@bяc", 1000)
	if n := testing.AllocsPerRun(1, func() { l.say(ann, text) }); n > 1000 {
		t.Errorf("%.0f allocations", n)
	}
}
