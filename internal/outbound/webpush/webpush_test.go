package webpush

import (
	"bytes"
	"crypto/ecdh"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/outbound/webpush/webpushtest"
)

// The example of RFC 8291, section 5 and appendix A.
const (
	rfcKey    = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
	rfcSecret = "BTBZMqHH6r4Tts7J_aSIgg"
	rfcText   = "When I grow up, I want to be a watermelon"
	rfcBody   = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz" +
		"AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)

func must[T any](t testing.TB, value T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// decoded is decode for texts of this file.
func decoded(t testing.TB, text string) []byte {
	t.Helper()
	raw, ok := decode(text)
	if !ok {
		t.Fatalf("%q is no base64url", text)
	}
	return raw
}

func TestSeal_exampleOfTheRFC_isThatBody(t *testing.T) {
	own, err := ecdh.P256().NewPrivateKey(decoded(t, "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
	must(t, own, err)
	browser, err := newBrowser(rfcKey, rfcSecret)
	must(t, browser, err)
	body, err := browser.seal([]byte(rfcText), own, decoded(t, "DGv6ra1nlYgDCS1FRnbzlw"), 0)
	if got := encode(body); err != nil || got != rfcBody {
		t.Errorf("the body is\n%s, want\n%s, %v", got, rfcBody, err)
	}
}

// A body tells a push service no more of the length of the text than its multiple of 512 bytes.
func TestEncrypt_textsOfEachLength_arriveInBodiesOfFewSizes(t *testing.T) {
	reader := webpushtest.NewBrowser(t)
	subscribed, err := ParseSubscription(reader.Subscription("https://push.example/"))
	browser := must(t, subscribed, err).Browser
	again, err := ParseBrowser(browser.Text())
	must(t, again, err)
	for _, n := range []int{0, 1, 408, 409, 410, 921, 922, MaxText - 1, MaxText} {
		text := strings.Repeat("é", n)[:n]
		body, err := again.Encrypt([]byte(text))
		must(t, body, err)
		if want := (n + 1 + headerSize + sealSize + 511) / 512 * 512; len(body) != want || len(body) > 4096 {
			t.Errorf("a text of %d bytes has a body of %d, want %d", n, len(body), want)
		}
		if got, err := reader.Open(body); err != nil || got != text {
			t.Errorf("a text of %d bytes arrives as %d: %v", n, len(got), err)
		}
	}
	one, err := browser.Encrypt(nil)
	must(t, one, err)
	two, err := browser.Encrypt(nil)
	must(t, two, err)
	if bytes.Equal(one[:headerSize], two[:headerSize]) {
		t.Error("two bodies have one salt and one key")
	}
	if _, err := browser.Encrypt(make([]byte, MaxText+1)); err == nil {
		t.Error("a text that is too long is encrypted")
	}
}

// subscription returns the JSON that a browser gives a page.
func subscription(endpoint, key, secret string) string {
	return fmt.Sprintf(`{"endpoint":%q,"expirationTime":null,"keys":{"p256dh":%q,"auth":%q}}`, endpoint, key, secret)
}

func TestParseSubscription_whatIsNone_isRefused(t *testing.T) {
	const at = "https://push.example/abc"
	got, err := ParseSubscription(subscription(at, rfcKey, rfcSecret))
	if err != nil || got.URL != at || got.Browser.Text() != rfcKey+"."+rfcSecret {
		t.Errorf("the browser's own is %+v, %v", got, err)
	}
	for what, text := range map[string]string{
		"nothing": "", "no JSON": "x", "a list": "[]", "nothing in it": "{}", "a number": "5",
		"no endpoint": subscription("", rfcKey, rfcSecret), "no key": subscription(at, "", rfcSecret),
		"no secret":       subscription(at, rfcKey, ""),
		"a short key":     subscription(at, rfcKey[:86], rfcSecret),
		"another point":   subscription(at, rfcKey[:86]+"5", rfcSecret),
		"infinity":        subscription(at, "AA", rfcSecret),
		"a short secret":  subscription(at, rfcKey, "BTBZ"),
		"a long secret":   subscription(at, rfcKey, rfcSecret+"AAAA"),
		"padding":         subscription(at, rfcKey+"=", rfcSecret+"=="),
		"a line break":    subscription(at, rfcKey[:40]+"\n"+rfcKey[40:], rfcSecret),
		"other last bits": subscription(at, rfcKey, rfcSecret[:21]+"h"),
		"base64":          subscription(at, strings.NewReplacer("-", "+", "_", "/").Replace(rfcKey), rfcSecret),
		"two of it":       subscription(at, rfcKey, rfcSecret) + "{}",
	} {
		if got, err := ParseSubscription(text); err == nil {
			t.Errorf("%s is taken: %+v", what, got)
		}
	}
}

// What is taken has one spelling, can be encrypted to, and is read again as it was stored.
func FuzzParseSubscription(f *testing.F) {
	f.Add(subscription("https://push.example/", rfcKey, rfcSecret))
	f.Add(subscription("x", rfcKey[:86]+"5", rfcSecret[:21]+"h"))
	f.Add(`{"endpoint":"x","keys":{"p256dh":null,"auth":[]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseSubscription(text)
		if err != nil {
			return
		}
		stored := got.Browser.Text()
		again, err := ParseBrowser(stored)
		if err != nil || again.Text() != stored || len(stored) != len(rfcKey)+1+len(rfcSecret) {
			t.Errorf("of %q %q is stored, and read as %q: %v", text, stored, again.Text(), err)
		}
		if _, err := again.Encrypt([]byte("hello")); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	})
}

// What is read from the table is what was written there, or an error: nothing of it breaks a call.
func FuzzParseBrowser(f *testing.F) {
	f.Add(rfcKey + "." + rfcSecret)
	f.Add(rfcKey + "." + rfcSecret + "\n")
	f.Add(rfcKey + "." + rfcSecret + "." + rfcSecret)
	f.Add(rfcKey[:86] + "5." + rfcSecret[:21] + "h")
	f.Add("." + rfcSecret)
	f.Add(rfcKey)
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		browser, err := ParseBrowser(text)
		if err != nil {
			return
		}
		if again := browser.Text(); again != text {
			t.Errorf("%q is read as %q", text, again)
		}
		if _, err := browser.Encrypt([]byte("hello")); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	})
}

func TestAuthorization_isSignedForTheServiceByTheStoredKey(t *testing.T) {
	made, err := NewKey()
	must(t, made, err)
	key, err := ParseKey(made.Text())
	must(t, key, err)
	if key.Public() != made.Public() || len(key.Public()) != 87 {
		t.Fatalf("the key is %s, and read again %s", made.Public(), key.Public())
	}
	until := time.Unix(1_900_000_000, 0)
	header, err := key.Authorization("https://push.example", "https://parley.example", until)
	must(t, header, err)
	claims, public, err := webpushtest.Check(header)
	want := webpushtest.Claims{Audience: "https://push.example", Contact: "https://parley.example", Until: until.Unix()}
	if err != nil || public != made.Public() || claims != want {
		t.Errorf("the header says %+v of %s: %v", claims, public, err)
	}
	for _, wrong := range []string{"", "AA", made.Text() + "\n", made.Public()} {
		if _, err := ParseKey(wrong); err == nil {
			t.Errorf("%q is taken for a key", wrong)
		}
	}
}
