package a2a_test

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	wire "github.com/a2aproject/a2a-go/v2/a2a"

	"github.com/parley-chat/parley/internal/api/mcp"
)

// keysOf returns the keys that a type is read from.
func keysOf(of reflect.Type) (keys []string) {
	for i := range of.NumField() {
		key, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
		keys = append(keys, key)
	}
	return keys
}

// A gateway that filters reads keys letter by letter, and Go's decoder does not.
func TestKeys_ofParamsInOtherLetters_areRefused(t *testing.T) {
	in := func(params string) string {
		return `{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":` + params + `}`
	}
	params := slices.Concat(keysOf(reflect.TypeFor[wire.SendMessageRequest]()),
		keysOf(reflect.TypeFor[wire.GetTaskRequest]()), keysOf(reflect.TypeFor[wire.ListTasksRequest]()),
		keysOf(reflect.TypeFor[wire.CancelTaskRequest]()), keysOf(reflect.TypeFor[wire.SubscribeToTaskRequest]()))
	part := []string{"text", "raw", "data", "url", "filename", "mediaType", "metadata"}
	for place, keys := range map[string][]string{
		in(`{"KEY":1}`):             params,
		in(`{"message":{"KEY":1}}`): keysOf(reflect.TypeFor[wire.Message]()),
		in(`{"message":{"parts":[{"text":"a"},{"KEY":1}]}}`): part,
		in(`{"configuration":{"KEY":1}}`):                    keysOf(reflect.TypeFor[wire.SendMessageConfig]()),
	} {
		for _, key := range keys {
			body := strings.ReplaceAll(place, "KEY", key)
			if _, refused := mcp.Parse([]byte(body)); refused != nil {
				t.Errorf("%s: %+v", body, refused)
			}
			body = strings.ReplaceAll(place, "KEY", strings.ToUpper(key))
			_, refused := mcp.Parse([]byte(body))
			if refused == nil || !strings.Contains(refused.Message, ` as "`+key+`", letter by letter`) {
				t.Errorf("%s: %+v", body, refused)
			}
		}
	}
	for _, body := range []string{ // keys outside of the envelope
		in(`{"message":{"metadata":{"Text":1,"x":[{"TEXT":1}]},"parts":[{"data":{"URL":1,"x":[{"Text":1}]}}]}}`),
		in(`{"metadata":{"Message":{"MessageID":1}}}`),
	} {
		if _, refused := mcp.Parse([]byte(body)); refused != nil {
			t.Errorf("%s: %+v", body, refused)
		}
	}
}

func TestSend_keyInOtherLetters_saysNothing(t *testing.T) {
	w := newWorld(t, set{})
	b := w.seated("Bob")
	w.hears()
	got := w.all(b.posts([]byte(`{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":{"message":{"messageid":"m1",`+
		`"role":"ROLE_USER","contextId":"`+b.context+`","parts":[{"text":"Hi."}]},`+
		`"configuration":{"returnImmediately":true}}}`), http.Header{"A2a-Version": {"1.0"}}))
	if len(got) != 1 || got[0].Error == nil || got[0].Error.Code != mcp.CodeInvalid ||
		!strings.Contains(got[0].Error.Message, `"messageId"`) {
		t.Errorf("%+v", got)
	}
	if texts := w.hears(); len(texts) > 0 {
		t.Errorf("Ann hears %q", texts)
	}
}
