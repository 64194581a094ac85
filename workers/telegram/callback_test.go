package telegram

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func testMAC(purpose string, parts ...string) []byte {
	m := hmac.New(sha256.New, []byte("key"))
	for _, p := range append([]string{purpose}, parts...) {
		_, _ = fmt.Fprintf(m, "%d:%s", len(p), p)
	}
	return m.Sum(nil)
}

const object = "01K9QZ3T7X8Y9ZABCDEFGHJKMN"

func TestButtonsComeBack(t *testing.T) {
	t.Parallel()
	s := NewSigner(testMAC)
	for _, op := range Ops() {
		if len(op) != 2 {
			t.Errorf("op %q is not two letters", op)
		}
		for _, want := range []Press{{op, object, "0123456789abcdef"}, {op, object, ""}, {op, "", ""}} {
			data := s.Data(want.Op, want.Object, 1<<62, want.Nonce)
			if len(data) > MaxData {
				t.Errorf("%d bytes: %s", len(data), data)
			}
			got, err := s.Parse(data, 1<<62)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%v %s", err, diff)
			}
		}
	}
}

func TestForgedButtons(t *testing.T) {
	t.Parallel()
	s := NewSigner(testMAC)
	data := s.Data(OpAgain, object, 7, "n1")
	tampered := map[string]string{
		"empty": "", "garbage": "garbage", "dots": "...", "many dots": strings.Repeat(".", 64), "not UTF-8": "\xff.\xfe.\x00.\x80",
		"truncated": data[:len(data)-1], "longer": data + "A", "too long": data + strings.Repeat("A", 64),
		"other op": string(OpDeleteYes) + data[2:], "other object": strings.Replace(data, object, object[:25]+"P", 1),
		"other nonce": strings.Replace(data, ".n1.", ".n2.", 1), "no nonce": strings.Replace(data, ".n1.", "..", 1),
		"moved border": strings.Replace(data, object+".n1", object[:25]+"."+object[25:]+"n1", 1),
		"no code":      data[:strings.LastIndex(data, ".")+1],
		"unknown op":   "zz." + object + ".n1." + s.code("zz", object, "n1", 7),
		"another key":  NewSigner(func(_ string, p ...string) []byte { return testMAC("other", p...) }).Data(OpAgain, object, 7, "n1"),
	}
	for name, d := range tampered {
		if p, err := s.Parse(d, 7); !errors.Is(err, ErrForged) || p != (Press{}) {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	if _, err := s.Parse(data, 8); !errors.Is(err, ErrForged) {
		t.Errorf("another person's press: %v", err)
	}
	// Every single bit counts, but for those that base64 leaves unused.
	for i := range data {
		b := []byte(data)
		b[i] ^= 1
		if p, err := s.Parse(string(b), 7); err == nil {
			t.Errorf("byte %d flipped: %+v", i, p)
		}
	}
}

func TestMistakesPanic(t *testing.T) {
	t.Parallel()
	s := NewSigner(testMAC)
	for name, make := range map[string]func(){
		"unknown op":    func() { s.Data("zz", object, 1, "") },
		"dot in object": func() { s.Data(OpShow, "a.b", 1, "") },
		"dot in nonce":  func() { s.Data(OpShow, "a", 1, ".") },
		"too long":      func() { s.Data(OpShow, strings.Repeat("x", 50), 1, "") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			make()
		}()
	}
}

func FuzzParsePress(f *testing.F) {
	s := NewSigner(testMAC)
	f.Add(s.Data(OpShow, object, 7, "n"), int64(7))
	f.Add("", int64(0))
	f.Add("ag...", int64(-1))
	f.Fuzz(func(t *testing.T, data string, from int64) {
		p, err := s.Parse(data, from)
		if err == nil && s.Data(p.Op, p.Object, from, p.Nonce) != data {
			t.Errorf("%q was believed as %+v", data, p)
		}
	})
}
