package queue_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/queue/queuetest"
)

// What people say to each other is in Redis for a moment only, and never so that it can be read there.
func TestBodies(t *testing.T) {
	t.Parallel()
	r := queuetest.Redis(t)
	b := queue.NewBodies(r, queuetest.Keys(t))
	ctx, canary := t.Context(), []byte("a secret of the two")
	if err := b.Put(ctx, "aa", canary); err != nil {
		t.Fatal(err)
	}
	raw := r.Conn()
	kept, err := raw.Get(ctx, "relay:{aa}").Bytes()
	if err != nil || bytes.Contains(kept, canary) {
		t.Fatalf("kept as %q, %v", kept, err)
	}
	if left := raw.PTTL(ctx, "relay:{aa}").Val(); left <= 0 || left.Hours() > 1 {
		t.Errorf("it stays for %v", left)
	}
	if got, err := b.Get(ctx, "aa"); err != nil || !bytes.Equal(got, canary) {
		t.Errorf("got %q, %v", got, err)
	}
	if err := raw.Set(ctx, "relay:{bb}", kept, 0).Err(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"bb", "cc"} { // moved to another name, and never there
		if got, err := b.Get(ctx, name); got != nil || err != nil {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	if err := b.Drop(ctx, "aa", "cc"); err != nil {
		t.Fatal(err)
	}
	if got, err := b.Get(ctx, "aa"); got != nil || err != nil {
		t.Errorf("dropped, and got %q, %v", got, err)
	}
	if err := b.Put(ctx, "dd", []byte(strings.Repeat("x", queue.MaxBody+1))); !errors.Is(err, queue.ErrBodyTooLarge) {
		t.Errorf("too large: %v", err)
	}
}
