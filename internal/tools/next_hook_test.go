package tools

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
)

// hookedSituation is one in which every word in braces stands for something.
func hookedSituation() situation {
	s := situation{advisor: advise(), cursor: "c9", task: "t1", stalled: "t2", awayUntil: time.Unix(9, 0)}
	s.Situation = chat.Situation{Hooked: true, Others: 2, Owed: 1, OthersIdle: longIdle, OthersAway: time.Minute,
		Tasks: []chat.TaskBrief{{ID: "t3"}}, Offered: "t4", SilentTask: "t5", SilentFor: time.Hour}
	return s
}

// A hooked agent never waits, and is promised a call for nothing but what there is to read.
func TestNext_hookedAgent_endsItsTurnInEachSentenceThatHasOthersWait(t *testing.T) {
	busy, free := hookedSituation(), hookedSituation()
	free.Tasks, free.Offered = nil, ""
	waits := regexp.MustCompile(`\{(wait|outlast)\}`)
	end := regexp.MustCompile(`(?:^|: |, | or | and | then | else )(?:end your turn|End your turn)(?:$|\.|,|;| and | if )`)
	wrong := regexp.MustCompile(`wait_seconds [1-9]|[Cc]all end|end your turn,? (for|which|once|again)|` +
		`not your turn|for the turn|15 minutes|stop waiting|[][|{}]|  |, ?\.|\.\.`)
	for _, r := range slices.Concat(seatedRules(), waitedRules(), turnRules(), sentRules(), taskedRules(),
		unsharedRules(), []rule{{say: toUpload}}) {
		for _, is := range []situation{busy, free} {
			if strings.Contains(r.say, "{mine}") {
				is = busy
			}
			next := is.fill(r.say)
			before, ends := strings.CutSuffix(next, called)
			switch {
			case wrong.MatchString(next):
				t.Errorf("%s: %s", r.say, next)
			case strings.Count(strings.ToLower(next), endTurn) != len(end.FindAllString(before, -1)):
				t.Errorf("a clause does not fit: %s", next)
			case ends != strings.Contains(strings.ToLower(next), endTurn):
				t.Errorf("it is not said, or not only there, that the agent is called: %s", next)
			case waits.MatchString(r.say) && !ends && !strings.Contains(next, "do your own work, and look in with "+look9):
				t.Errorf("it is not said what to do instead of waiting: %s", next)
			case regexp.MustCompile(`ends when|\[to wait for it`).MatchString(r.say) && ends:
				t.Errorf("a free task calls nobody: %s", next)
			}
		}
	}
}
