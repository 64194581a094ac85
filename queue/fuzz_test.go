package queue_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/imagika/imagika/queue"
)

// FuzzOpen: what lies in Redis opens only as what was sealed for this place. Whatever opens does so no more with one bit changed, in
// another lane, for another update or as a payment.
func FuzzOpen(f *testing.F) {
	k, err := queue.NewKeys(secret(7))
	if err != nil {
		f.Fatal(err)
	}
	for _, raw := range [][]byte{nil, []byte(`{"update_id":1}`), bytes.Repeat([]byte("x"), 300)} {
		sealed, err := k.SealLane("h", "l", 42, time.UnixMicro(1), raw)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(sealed, uint(len(sealed)-1))
	}
	f.Add([]byte{1}, uint(0))
	f.Fuzz(func(t *testing.T, sealed []byte, at uint) {
		if _, err := k.OpenLane("h", "l", sealed); err != nil {
			if !errors.Is(err, queue.ErrUnsealable) {
				t.Errorf("%v, want %v", err, queue.ErrUnsealable)
			}
			return
		}
		changed := bytes.Clone(sealed)
		changed[at/8%uint(len(sealed))] ^= 1 << (at % 8)
		_, changedErr := k.OpenLane("h", "l", changed)
		_, laneErr := k.OpenLane("h", "m", sealed)
		_, updateErr := k.OpenLane("i", "l", sealed)
		_, paymentErr := k.OpenPayment(queue.UpdatePayment{Hash: "h", Sealed: sealed})
		for desc, err := range map[string]error{"changed": changedErr, "another lane": laneErr, "another update": updateErr, "a payment": paymentErr} {
			if !errors.Is(err, queue.ErrUnsealable) {
				t.Errorf("%s: %v", desc, err)
			}
		}
	})
}
