package browser

import (
	"bytes"
	"testing"

	"github.com/parley-chat/parley/internal/s3local"
)

// The function takes files of at most 4 MiB, each as one event: the page shows pictures from there, and
// tells a person of what is larger.
func TestFiles_onLambda_areAtMostFourMegabytes(t *testing.T) {
	t.Parallel()
	launched(t)
	bucket := s3local.Start(t)
	talk := trioOn(onLambda(t, "PARLEY_FILES_BUCKET="+bucket.Bucket, "AWS_ENDPOINT_URL_S3="+bucket.Endpoint,
		"AWS_SESSION_TOKEN=")) // the gateway has no sessions
	tab := talk.page
	large := bytes.Repeat([]byte("x"), 4<<20)
	tab.picks(".compose input[type=file]", tab.kept(map[string][]byte{"1.png": encoded(t, drawn(300, 200), "png"),
		"2.bin": large, "3.bin": append(large, 'x')})...)
	tab.sends()
	talk.bob.hearsFile("2.bin")
	tab.sees("Not shared: It is too large")
	tab.pictures(1)
	whole := 0
	for _, content := range bucket.Objects(t) {
		if bytes.Equal(content, large) {
			whole++
		}
	}
	if n := len(bucket.Objects(t)); n != 2 || whole != 1 {
		t.Errorf("the bucket has %d objects, %d of them the file of 4 MiB", n, whole)
	}
}

// A server on a table without a bucket holds no files: the page says so when one is sent, keeps the words
// that go with it in sight, and asks for no bytes.
func TestFiles_onAServerWithoutABucket_areRefusedInWordsForPeople(t *testing.T) {
	t.Parallel()
	talk := trioOn(onTable(t))
	tab := talk.page
	tab.picks(".compose input[type=file]", tab.kept(map[string][]byte{"plan.txt": []byte("steel")})...)
	tab.types("Look at this")
	tab.sends()
	tab.sees("It cannot be shared here: the server accepts no files")
	tab.sees("Look at this")
	tab.click(button("Discard"))
	tab.isNot(css(".log .file"))
	tab.says("The plan is steel.")
	talk.bob.hearsText("The plan is steel.")
}
