package sanitize_test

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/sanitize"
)

const (
	alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	base64       = alphanumeric + "+/"
	base64URL    = alphanumeric + "-_"

	longest = 32_768 // bytes of a message
)

// drawn returns n characters of an alphabet. No secret is in the source, where scanners for secrets would find it.
func drawn(seed uint64, alphabet string, n int) string {
	r := rand.New(rand.NewPCG(seed, 16))
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

// secrets are made-up credentials of each kind.
func secrets(seed uint64) map[string][]string {
	of := func(alphabet string, n int) string { return drawn(seed, alphabet, n) }
	key := of(base64, 64) + "\n" + of(base64, 64) + "\n"
	access := "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	return map[string][]string{
		"an AWS access key": {"AKIA" + of(access, 16), "ASIA" + of(access, 16)},
		"an AWS secret key": {
			"aws_secret_access_key = " + of(base64, 40), `"SecretAccessKey": "` + of(base64, 40) + `",`,
			"AWS_SECRET_ACCESS_KEY=" + of(base64, 40), "secret key:\t'" + of(base64, 40) + "'",
		},
		"a GitHub token": {"ghp_" + of(alphanumeric, 36), "ghs_" + of(alphanumeric, 36),
			"gho_" + of(alphanumeric, 40), "github_pat_" + of(alphanumeric, 22) + "_" + of(alphanumeric, 59)},
		"an OpenAI key": {"sk-" + of(alphanumeric, 20) + "T3BlbkFJ" + of(alphanumeric, 20),
			"sk-proj-" + of(base64URL, 74) + "T3BlbkFJ" + of(base64URL, 74)},
		"an Anthropic key": {"sk-ant-api03-" + of(base64URL, 93) + "AA", "sk-ant-oat01-" + of(base64URL, 80),
			"sk-ant-admin01-" + of(base64URL, 93) + "AA"},
		"a private key": {
			"-----BEGIN PRIVATE KEY-----\n" + key + "-----END PRIVATE KEY-----",
			"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0011\n\n" + key,
			"-----BEGIN OPENSSH PRIVATE KEY-----\\n" + strings.ReplaceAll(key, "\n", `\n`),
			"-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 1\n\n" + key,
		},
	}
}

func TestCredential_ofEachKind_isFoundInAText(t *testing.T) {
	for seed := range uint64(20) {
		for kind, list := range secrets(seed) {
			for _, secret := range list {
				for _, text := range []string{secret, "Use this:\n" + secret + "\nand go on.", "`" + secret + "`",
					"x: " + secret + ", ok?", "my-risk-" + secret, `{"env":"A=1\n` + secret, strconv.Quote(secret)} {
					if got := sanitize.Credential(text); got != kind {
						t.Errorf("%q holds %q, want %s", text, got, kind)
					}
				}
			}
		}
	}
}

func TestCredential_whatLooksSimilar_isNone(t *testing.T) {
	for _, text := range []string{
		"", "Put your secret key into the environment, and never into the code.",
		"AKIAIOSFODNN7EXAMPLE", "AKIAXXXXXXXXXXXXXXXX", "aws_secret_access_key = " +
			"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
		"ghp_" + strings.Repeat("x", 36), "ghp_short", "a_ghp_" + drawn(1, alphanumeric, 20),
		"the prefix of tokens is ghp_ or github_pat_",
		"sk-ant-api03-...", "sk-ant-api03-" + strings.Repeat("x", 95),
		"sk-learn and task-" + drawn(2, alphanumeric, 48),
		"A file that begins with -----BEGIN PRIVATE KEY----- is secret.",
		"-----BEGIN PUBLIC KEY-----\n" + drawn(3, base64, 64), "-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA " +
			"PRIVATE KEY-----",
		"-----BEGIN PRIVATE KEY-----\n" + strings.Repeat("A", 64), "commit " + drawn(4, "0123456789abcdef", 40),
		"secret_key: see the vault", "secret key = " + drawn(5, base64, 64),
		"TODAYINASIAASACKOFRICEFELLOVER", drawn(6, base64, 2000), strings.Repeat("PRIVATE KEY-----", 100),
	} {
		if got := sanitize.Credential(text); got != "" {
			t.Errorf("%q holds %s", text, got)
		}
	}
}

// TestCredential_ofLongText_takesTimeInProportion compares texts that almost match. Sixteen times the length would take
// 256 times as long if each character were compared with all. The shortest of many times, taken in turns, do not depend
// on other load of the machine.
func TestCredential_ofLongText_takesTimeInProportion(t *testing.T) {
	for _, unit := range []string{
		"sk-", "-sk-", "-sk-T3", "sk-T3BlbkFJ", "sk-ant-a01-", "ghp_0", "github_pat_", "AKIA", "secret_key: ",
		"secretkey" + drawn(7, base64, 39) + " ",
		"-----BEGIN PRIVATE KEY-----", "-----BEGIN ", drawn(8, alphanumeric, 30) + "T3BlbkFJ",
	} {
		long := strings.Repeat(unit, longest/len(unit))
		took := func(text string) time.Duration {
			began := time.Now()
			sanitize.Credential(text)
			return time.Since(began)
		}
		short, all := time.Hour, time.Hour
		for range 20 {
			short, all = min(short, took(long[:len(long)/16])), min(all, took(long))
		}
		if all > 80*max(short, 20*time.Microsecond) {
			t.Errorf("%q: %v for %d bytes, %v for a sixteenth", unit, all, len(long), short)
		}
	}
}

func FuzzIn(f *testing.F) {
	for _, list := range secrets(9) {
		for _, secret := range list {
			f.Add("see ", secret, " there")
		}
	}
	f.Fuzz(func(t *testing.T, before, text, after string) {
		kind := sanitize.Credential(text)
		if again := sanitize.Credential("\n" + text + "\n"); kind != "" && again == "" {
			t.Fatalf("%q holds %s, but not on a line of its own", text, kind)
		}
		sanitize.Credential(before + text + after)
	})
}

func BenchmarkIn(b *testing.B) {
	for name, text := range map[string]string{
		"ordinary": strings.Repeat("An ordinary text of some words. ", 1000),
		"secret":   strings.Repeat("A secret, kept. ", 2000),
		"worst":    strings.Repeat("sk-T3BlbkFJ", 2900),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				sanitize.Credential(text)
			}
		})
	}
}
