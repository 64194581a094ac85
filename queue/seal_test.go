package queue_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/queue/queuetest"
)

func secret(b byte) []byte { return bytes.Repeat([]byte{b}, queue.SecretSize) }

func newKeys(t *testing.T, secrets ...[]byte) *queue.Keys {
	t.Helper()
	k, err := queue.NewKeys(secrets...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSealRoundTrip(t *testing.T) {
	t.Parallel()
	k := queuetest.Keys(t)
	at := time.UnixMicro(1_794_830_000_123_456).UTC()
	for _, raw := range [][]byte{[]byte(`{"update_id":1}`), {}, bytes.Repeat([]byte("x"), 100_000)} {
		sealed, err := k.SealLane("h", "l", -42, at, raw)
		if err != nil {
			t.Fatal(err)
		}
		u, err := k.OpenLane("h", "l", sealed)
		if err != nil {
			t.Fatal(err)
		}
		want := queue.Update{Bot: -42, Hash: "h", Lane: "l", Raw: raw, Received: at}
		if diff := cmp.Diff(want, u); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if len(raw) > 0 && bytes.Contains(sealed, raw) {
			t.Error("the update shows")
		}
	}
}

func TestSealTamper(t *testing.T) {
	t.Parallel()
	k := queuetest.Keys(t)
	sealed, err := k.SealLane("h", "l", 1, time.Now(), []byte("text"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range sealed {
		for _, bit := range []byte{1, 0x80} {
			changed := bytes.Clone(sealed)
			changed[i] ^= bit
			if _, err := k.OpenLane("h", "l", changed); !errors.Is(err, queue.ErrUnsealable) {
				t.Fatalf("byte %d changed: %v", i, err)
			}
		}
		if _, err := k.OpenLane("h", "l", sealed[:i]); !errors.Is(err, queue.ErrUnsealable) {
			t.Fatalf("cut at %d: %v", i, err)
		}
	}
	if _, err := k.OpenLane("other", "l", sealed); !errors.Is(err, queue.ErrUnsealable) {
		t.Errorf("under another update: %v", err)
	}
	if _, err := k.OpenLane("h", "other", sealed); !errors.Is(err, queue.ErrUnsealable) {
		t.Errorf("in another lane: %v", err)
	}
	if _, err := k.OpenPayment(queue.UpdatePayment{Hash: "h", Sealed: sealed}); !errors.Is(err, queue.ErrUnsealable) {
		t.Errorf("as a payment: %v", err)
	}
	if _, err := queuetest.Keys(t).OpenLane("h", "l", sealed); !errors.Is(err, queue.ErrUnsealable) {
		t.Errorf("under another secret: %v", err)
	}
}

func TestSealRotation(t *testing.T) {
	t.Parallel()
	before, during, after := newKeys(t, secret(1)), newKeys(t, secret(2), secret(1)), newKeys(t, secret(2))
	old, _ := before.SealPayment("h", 1, time.Now(), []byte("old"))
	young, _ := during.SealPayment("h", 1, time.Now(), []byte("new"))
	for _, tc := range []struct {
		desc   string
		keys   *queue.Keys
		sealed []byte
		ok     bool
	}{
		{"old during", during, old, true},
		{"new during", during, young, true},
		{"new after", after, young, true},
		{"old after", after, old, false},
		{"new before", before, young, false},
	} {
		_, err := tc.keys.OpenPayment(queue.UpdatePayment{Hash: "h", Sealed: tc.sealed})
		if (err == nil) != tc.ok {
			t.Errorf("%s: %v", tc.desc, err)
		}
	}
}

func TestNewKeysRefuses(t *testing.T) {
	t.Parallel()
	for _, secrets := range [][][]byte{nil, {nil}, {secret(1)[:31]}, {secret(1), append(secret(2), 0)}} {
		if _, err := queue.NewKeys(secrets...); err == nil {
			t.Errorf("%d secrets were accepted", len(secrets))
		}
	}
}

func TestHashes(t *testing.T) {
	t.Parallel()
	a, b := newKeys(t, secret(1)), newKeys(t, secret(2))
	seen := make(map[string]string)
	for name, hash := range map[string]string{
		"lane": a.LaneHash(1, 2), "lane, swapped": a.LaneHash(2, 1), "lane, digits moved": a.LaneHash(11, 2),
		"lane 1 12": a.LaneHash(1, 12), "update": a.UpdateHash(1, 2), "lane of b": b.LaneHash(1, 2),
	} {
		if len(hash) != 32 {
			t.Errorf("%s: %d digits", name, len(hash))
		}
		if other, twice := seen[hash]; twice {
			t.Errorf("%s and %s are the same", name, other)
		}
		seen[hash] = name
	}
	if a.LaneHash(1, 2) != newKeys(t, secret(1)).LaneHash(1, 2) {
		t.Error("a hash depends on more than its key")
	}
	code := a.Code("safety", "person")
	if len(code) != 16 || code == a.Code("safety", "other") || code == a.Code("hello", "person") || code == b.Code("safety", "person") {
		t.Error("codes")
	}
}

func TestMAC(t *testing.T) {
	t.Parallel()
	k := newKeys(t, secret(1))
	base := k.MAC("callback", "a", "bc")
	if len(base) != 32 || !bytes.Equal(base, k.MAC("callback", "a", "bc")) {
		t.Error("a MAC is 32 bytes and repeatable")
	}
	for _, other := range [][]byte{
		k.MAC("callback", "ab", "c"), k.MAC("callback", "abc"), k.MAC("callback", "a", "bc", ""),
		k.MAC("link", "a", "bc"), newKeys(t, secret(2)).MAC("callback", "a", "bc"),
	} {
		if bytes.Equal(base, other) {
			t.Error("two inputs have one MAC")
		}
	}
}
