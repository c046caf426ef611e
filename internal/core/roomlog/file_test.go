package roomlog

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

// The bucket of the stack deletes no file whose message lives, which may have waited as a draft, and keeps none
// that was deleted.
func TestTemplate_bucket_keepsAFileAsLongAsItsMessageAndNoLonger(t *testing.T) {
	text, err := os.ReadFile("../../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	days := regexp.MustCompile(`ExpirationInDays: (\d+)`).FindStringSubmatch(string(text))
	if len(days) == 0 || strings.Contains(string(text), "VersioningConfiguration") {
		t.Fatal("the objects of the bucket do not expire, or have versions")
	}
	n, err := strconv.Atoi(days[1])
	if want := room.DraftLife + eventLife; err != nil || time.Duration(n)*24*time.Hour != want {
		t.Errorf("objects expire after %d days, %v; want %s", n, err, want)
	}
}
