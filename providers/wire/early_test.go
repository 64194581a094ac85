package wire

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/imagika/imagika/providers"
)

// TestEarlyAnswer: an answer may begin before the request has gone out to its end, and must be read in full all the
// same: the call was accepted, and is paid for.
func TestEarlyAnswer(t *testing.T) {
	t.Parallel()
	const size = 16 << 20 // more than lies in buffers on the way
	c, _ := serve(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		duplex := http.NewResponseController(w)
		if err := duplex.EnableFullDuplex(); err != nil {
			t.Errorf("full duplex: %v", err)
		}
		_, _ = io.WriteString(w, `{"read":`)
		_ = duplex.Flush()
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil || n < size {
			t.Errorf("the request broke off after %d bytes: %v", n, err)
		}
		_, _ = io.WriteString(w, strconv.FormatInt(n, 10)+strings.Repeat(" ", 100)+"}")
	})
	var f Form
	f.File("image", "fox.png", providers.Reference{MediaType: "image/png", Open: picture(size).Open})
	body, err := c.Form(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := c.Post(t.Context(), "images", body)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Close()
	var v struct{ Read int64 }
	if err := reply.JSON(&v); err != nil || v.Read < size {
		t.Errorf("read %d, %v", v.Read, err)
	}
}

// TestGivenUpAtTheLastByte: who gives up when the body is read, and before net/http has said that it is written, does not
// know what became of the call.
func TestGivenUpAtTheLastByte(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := &outgoing{}
	r, err := http.NewRequestWithContext(out.trace(ctx), http.MethodPost, "http://127.0.0.1/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader("prompt")), 6
	out.watch(r)
	half := make([]byte, 3)
	for i, want := range []bool{false, true} {
		if _, err := io.ReadFull(r.Body, half); err != nil {
			t.Fatal(err)
		}
		cancel()
		if got := out.written(ctx); got != want {
			t.Errorf("after half %d of the body: written is %v, want %v", i+1, got, want)
		}
	}
	out.told.Store(true) // and it ended badly
	if out.written(ctx) {
		t.Error("a request that certainly did not leave counts as written")
	}
}
