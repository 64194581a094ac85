package workers

import (
	"sync"
	"testing"

	"github.com/imagika/imagika/storage"
)

// An invoice of the Mini App is paid as one of the chat is: once, and with its credits.
func TestInvoiceByALink(t *testing.T) {
	t.Parallel()
	b := newCounter(t)
	var link Link
	var err error
	var asking sync.WaitGroup
	asking.Go(func() { link, err = b.w.InvoiceLink(t.Context(), b.person(b.ada), "large", "key-0001") })
	done := make(chan struct{})
	go func() { asking.Wait(); close(done) }()
	for waits := true; waits; {
		select {
		case <-done:
			waits = false
		default:
			b.handle()
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, refused := b.through(b.ada.PayLink(link.URL)); refused != "" {
		t.Fatal(refused)
	}
	b.owns(b.ada, 125)
	if _, refused := b.through(b.ada.PayLink(link.URL)); refused == "" {
		t.Error("paid twice")
	}
	b.owns(b.ada, 125)
	if who := b.person(b.ada); who.Tier != storage.TierPaid {
		t.Errorf("tier is %s", who.Tier)
	}
}
