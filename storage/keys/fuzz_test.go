package keys

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

// FuzzSealer: what lies in the database or the object store opens only as what was sealed for this place, and not with a bit changed.
// A stream that is not whole ends with an error, whatever came out of it before.
func FuzzSealer(f *testing.F) {
	s, err := newSealer(bytes.Repeat([]byte{3}, keySize))
	if err != nil {
		f.Fatal(err)
	}
	for _, plain := range []string{"", "a cat", strings.Repeat("x", 1000)} {
		var stream bytes.Buffer
		w := s.SealWriter("place", &stream)
		if _, err := io.WriteString(w, plain); err != nil {
			f.Fatal(err)
		}
		if err := w.Close(); err != nil {
			f.Fatal(err)
		}
		f.Add(s.Seal("place", []byte(plain)), uint(9))
		f.Add(stream.Bytes(), uint(9))
		f.Add(stream.Bytes()[:stream.Len()-1], uint(9))
	}
	openers := map[string]func(place string, sealed []byte) error{
		"row": func(place string, sealed []byte) error { _, err := s.Open(place, sealed); return err },
		"stream": func(place string, sealed []byte) error {
			_, err := io.ReadAll(s.OpenReader(place, bytes.NewReader(sealed)))
			return err
		},
	}
	f.Fuzz(func(t *testing.T, sealed []byte, at uint) {
		for desc, open := range openers {
			if err := open("place", sealed); err != nil {
				if !errors.Is(err, ErrOpen) {
					t.Errorf("%s: %v, want %v", desc, err, ErrOpen)
				}
				continue
			}
			changed := bytes.Clone(sealed)
			changed[at/8%uint(len(sealed))] ^= 1 << (at % 8)
			if open("place", changed) == nil || open("elsewhere", sealed) == nil {
				t.Errorf("%s: opens with a bit changed, or elsewhere", desc)
			}
		}
	})
}

// FuzzParseKeys: keys of operators and masters are read whole or refused, and what is refused is not told.
func FuzzParseKeys(f *testing.F) {
	public, private, err := GenerateOperator()
	if err != nil {
		f.Fatal(err)
	}
	other, _, err := GenerateOperator()
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{GenerateMaster(), GenerateMaster() + ", " + GenerateMaster(), "AAAA", "", ",", public, public + "\n" + other, private, operatorPublic, operatorPrivate + "AA"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		masters, err := ParseMasterKeys(text)
		quotes(t, text, err)
		if err == nil && len(masters) != strings.Count(text, ",")+1 {
			t.Errorf("%d master keys", len(masters))
		}
		operators, err := ParseOperators(text)
		quotes(t, text, err)
		if err == nil && len(operators) == 1 {
			t.Error("one operator alone can open it")
		}
		_, err = ParseOperatorKey(text)
		quotes(t, text, err)
	})
}

// quotes fails if an error holds a piece of what was refused.
func quotes(t *testing.T, text string, err error) {
	t.Helper()
	if err == nil {
		return
	}
	said := strings.NewReplacer(operatorPrivate, "", operatorPublic, "").Replace(err.Error()) // how they begin is no secret
	for i := 0; i+16 <= len(text); i++ {
		if strings.Contains(said, text[i:i+16]) {
			t.Errorf("%q is in %q", text[i:i+16], err)
		}
	}
}
