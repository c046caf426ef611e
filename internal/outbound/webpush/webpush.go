// Package webpush makes the parts of a call that brings a text to one browser by its push service (RFC 8030).
//
// A [Browser] encrypts the text, so that the push service cannot read it (RFC 8291, with the content coding of RFC
// 8188), and a [Key] proves which server calls (VAPID, RFC 8292). Package webpush makes no call: outbox does.
package webpush

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// The sizes of a body, which is one record. A push service takes 4,096 bytes (RFC 8030, section 7.2).
const (
	recordSize = 4096
	saltSize   = 16
	keySize    = 65
	headerSize = saltSize + 4 + 1 + keySize
	sealSize   = 16
	// MaxText is the longest text. One byte ends the text, before its padding.
	MaxText = recordSize - headerSize - 1 - sealSize
	// padTo hides how long a text is: the size of each body is a multiple of it.
	padTo = 512
)

// Browser is a browser that texts can be encrypted to.
type Browser struct {
	key    *ecdh.PublicKey // of the browser
	secret []byte          // by which the browser knows that the page has subscribed the server
}

// Subscription is what a page gets when it subscribes a browser.
type Subscription struct {
	URL     string // at the push service; unchecked
	Browser Browser
}

var (
	errJSON    = errors.New("it must be the JSON of a PushSubscription, with endpoint, and keys.p256dh and keys.auth")
	errBrowser = errors.New("p256dh and auth must be 65 and 16 bytes in base64url, as the browser gives them")
)

// ParseSubscription reads the JSON of a PushSubscription, as the Push API has it.
func ParseSubscription(text string) (s Subscription, err error) {
	var given struct {
		Endpoint string `json:"endpoint"`
		Keys     struct {
			Key    string `json:"p256dh"`
			Secret string `json:"auth"`
		} `json:"keys"`
	}
	if json.Unmarshal([]byte(text), &given) != nil || given.Endpoint == "" {
		return s, errJSON
	}
	s.URL = given.Endpoint
	s.Browser, err = newBrowser(given.Keys.Key, given.Keys.Secret)
	return s, err
}

func newBrowser(key, secret string) (b Browser, err error) {
	raw, ok := decode(key)
	if ok {
		b.secret, ok = decode(secret)
	}
	if ok {
		b.key, err = ecdh.P256().NewPublicKey(raw) // refuses what is no point of the curve
	}
	if !ok || err != nil || len(b.secret) != saltSize {
		return Browser{}, errBrowser
	}
	return b, nil
}

// ParseBrowser reads what [Browser.Text] has returned.
func ParseBrowser(text string) (Browser, error) {
	key, secret, _ := strings.Cut(text, ".")
	return newBrowser(key, secret)
}

// Text returns b as it is stored. It holds the secret.
func (b Browser) Text() string { return encode(b.key.Bytes()) + "." + encode(b.secret) }

// Encrypt returns the body that brings text to b.
func (b Browser) Encrypt(text []byte) ([]byte, error) {
	own, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails
	size := (headerSize + len(text) + 1 + sealSize + padTo - 1) / padTo * padTo
	return b.seal(text, own, salt, size-headerSize-sealSize)
}

// seal is Encrypt with the key and the salt of the body, and the size to which the text is padded.
func (b Browser) seal(text []byte, own *ecdh.PrivateKey, salt []byte, size int) ([]byte, error) {
	if len(text) > MaxText {
		return nil, fmt.Errorf("webpush: a text of %d bytes", len(text))
	}
	shared, err := own.ECDH(b.key)
	if err != nil {
		return nil, err
	}
	public := own.PublicKey().Bytes()
	info := "WebPush: info\x00" + string(b.key.Bytes()) + string(public)
	seed, err := hkdf.Key(sha256.New, shared, b.secret, info, sha256.Size)
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, seed, salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, err
	}
	nonce, err := hkdf.Key(sha256.New, seed, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	padded := make([]byte, max(size, len(text)+1))
	copy(padded, text)
	padded[len(text)] = 2 // the last record
	body := binary.BigEndian.AppendUint32(append([]byte{}, salt...), recordSize)
	body = append(append(body, byte(len(public))), public...)
	return gcm.Seal(body, nonce, padded, nil), nil
}

// Key is by which push services know the server that a browser has subscribed to. It is kept as a key of ecdh, which
// the program that only adds browsers has anyway: one of ecdsa would make it larger.
type Key struct{ private *ecdh.PrivateKey }

// NewKey returns a new key.
func NewKey() (Key, error) {
	private, err := ecdh.P256().GenerateKey(rand.Reader)
	return Key{private}, err
}

// ParseKey reads what [Key.Text] has returned.
func ParseKey(text string) (Key, error) {
	raw, ok := decode(text)
	if !ok {
		return Key{}, errors.New("webpush: a key must be in base64url")
	}
	private, err := ecdh.P256().NewPrivateKey(raw)
	return Key{private}, err
}

// Text returns k as it is stored. Who has the text can call the browsers that have subscribed.
func (k Key) Text() string { return encode(k.private.Bytes()) }

// Public returns the key that a page names when it subscribes its browser.
func (k Key) Public() string { return encode(k.private.PublicKey().Bytes()) }

// Authorization returns the header of that name for calls to a push service with an origin, such as
// https://push.example, until a time at most 24 hours away. contact is an https or a mailto address of the server's
// operator, which services check.
func (k Key) Authorization(origin, contact string, until time.Time) (string, error) {
	claims, err := json.Marshal(map[string]any{"aud": origin, "exp": until.Unix(), "sub": contact})
	if err != nil {
		return "", err
	}
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), k.private.Bytes())
	if err != nil {
		return "", err
	}
	said := encode([]byte(`{"typ":"JWT","alg":"ES256"}`)) + "." + encode(claims)
	sum := sha256.Sum256([]byte(said))
	r, s, err := ecdsa.Sign(rand.Reader, private, sum[:])
	if err != nil {
		return "", err
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return "vapid t=" + said + "." + encode(signature) + ", k=" + k.Public(), nil
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// decode reads base64url. It takes one spelling of each value: the decoder alone passes over line breaks, and over the
// last bits.
func decode(text string) (raw []byte, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	return raw, err == nil && encode(raw) == text
}
