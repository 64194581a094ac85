package keys

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// update writes the golden file where there is none. One that is there is what a release has written: it is never changed.
var update = flag.Bool("update", false, "write golden files that are missing")

// goldenKeys is what a release has sealed, wrapped and signed.
type goldenKeys struct {
	Master    string `json:"master"`
	Wrapped   []byte `json:"wrapped"` // key of person 7
	Row       []byte `json:"row"`     // sealed for users|profile|7
	Object    []byte `json:"object"`  // likewise for u/7/x, as a stream
	Secret    []byte `json:"secret"`  // of the store, by which it signs and finds
	Index     []byte `json:"index"`   // of users, tg_id, 42
	Signature []byte `json:"signature"`
}

// goldenText is what was sealed. Of an object it is more than a segment.
var goldenText = "a person's own words"

func goldenObject() []byte { return bytes.Repeat([]byte(goldenText), 5000) }

func newGoldenKeys(t *testing.T) (g goldenKeys) {
	t.Helper()
	g.Master, g.Secret = GenerateMaster(), random()
	masters, err := ParseMasterKeys(g.Master)
	if err != nil {
		t.Fatal(err)
	}
	key := random()
	if g.Wrapped, err = ring(masters).wrap(personPlace(7), key); err != nil {
		t.Fatal(err)
	}
	s, err := newSealer(key)
	if err != nil {
		t.Fatal(err)
	}
	g.Row = s.Seal("users|profile|7", []byte(goldenText))
	var object bytes.Buffer
	w := s.SealWriter("u/7/x", &object)
	if _, err := w.Write(goldenObject()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	g.Object = object.Bytes()
	store := &Store{index: g.Secret, signing: g.Secret}
	g.Index, g.Signature = store.Index("users", "tg_id", "42"), store.Sign("receipt", []byte(goldenText))
	return g
}

// TestGoldenKeys: what any release so far has wrapped, sealed, found and signed is unwrapped, opened, found and believed by
// this one.
func TestGoldenKeys(t *testing.T) {
	t.Parallel()
	if name := filepath.Join("testdata", "golden", "keys.v1.json"); *update {
		if _, err := os.Stat(name); os.IsNotExist(err) {
			text, err := json.MarshalIndent(newGoldenKeys(t), "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, append(text, '\n'), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	files, err := filepath.Glob(filepath.Join("testdata", "golden", "keys.v*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there is no golden file: %v", err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var g goldenKeys
		if err := json.Unmarshal(text, &g); err != nil {
			t.Fatal(err)
		}
		checkGoldenKeys(t, name, g)
	}
}

func checkGoldenKeys(t *testing.T, name string, g goldenKeys) {
	t.Helper()
	masters, err := ParseMasterKeys(g.Master)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ring(masters).unwrap(personPlace(7), g.Wrapped)
	if err != nil {
		t.Fatalf("%s: key of a person: %v", name, err)
	}
	s, err := newSealer(key)
	if err != nil {
		t.Fatal(err)
	}
	if row, err := s.Open("users|profile|7", g.Row); err != nil || string(row) != goldenText {
		t.Errorf("%s: row: %q, %v", name, row, err)
	}
	if object, err := io.ReadAll(s.OpenReader("u/7/x", bytes.NewReader(g.Object))); err != nil || !bytes.Equal(object, goldenObject()) {
		t.Errorf("%s: object: %d bytes, %v", name, len(object), err)
	}
	store := &Store{index: g.Secret, signing: g.Secret}
	if !bytes.Equal(store.Index("users", "tg_id", "42"), g.Index) {
		t.Errorf("%s: a person is not found any more", name)
	}
	if !store.Signed("receipt", []byte(goldenText), g.Signature) || store.Signed("receipt", []byte(strings.ToUpper(goldenText)), g.Signature) {
		t.Errorf("%s: a signature is not what it was", name)
	}
}
