package providertest

import (
	"bytes"
	"context"
	"io"
	"testing"
	"time"

	"github.com/imagika/imagika/providers"
)

// Await polls until the call is done.
func Await(t *testing.T, p providers.Provider, sub providers.Submission) providers.Progress {
	t.Helper()
	checkSubmission(t, sub)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	next := sub.NextPoll
	for {
		select {
		case <-time.After(next):
		case <-ctx.Done():
			t.Fatal("the call was not done within a minute")
		}
		progress, err := p.(providers.Poller).Poll(ctx, sub.Handle)
		if err != nil {
			t.Fatalf("poll: %v", err)
		}
		if progress.Fraction > 1 {
			t.Errorf("fraction %v", progress.Fraction)
		}
		if progress.Done {
			return progress
		}
		if next = progress.NextPoll; next <= 0 {
			t.Fatal("not done, and no word on when to ask again")
		}
	}
}

func checkSubmission(t *testing.T, sub providers.Submission) {
	t.Helper()
	if len(sub.Handle) == 0 || len(sub.Handle) > maxHandle {
		t.Fatalf("a handle of %d bytes, want 1 to %d", len(sub.Handle), maxHandle)
	}
	if sub.NextPoll <= 0 {
		t.Error("no word on when to poll first")
	}
}

func submitAsync(t *testing.T, p providers.Provider, m providers.Model) providers.Submission {
	t.Helper()
	sub, err := p.Submit(t.Context(), Request(m, m.Operations[0]))
	if err != nil {
		t.Fatalf("submit: %v", err)
	}
	checkSubmission(t, sub)
	return sub
}

func testFetchTwice(t *testing.T, p providers.Provider, m providers.Model) {
	t.Helper()
	sub := submitAsync(t, p, m)
	Await(t, p, sub)
	var got [2][]Made
	for i := range got {
		images, err := p.(providers.Fetcher).Fetch(t.Context(), sub.Handle)
		if err != nil {
			t.Fatalf("fetch %d: %v", i, err)
		}
		if got[i], err = Collect(images); err != nil {
			t.Fatalf("fetch %d: %v", i, err)
		}
	}
	if len(got[0]) == 0 || len(got[0]) != len(got[1]) || got[0][0] != got[1][0] {
		t.Errorf("two fetches differ: %v and %v", got[0], got[1])
	}
}

// testCancel takes a call back right after it was submitted; a refusal has to be classified.
func testCancel(t *testing.T, p providers.Provider, m providers.Model) {
	t.Helper()
	if !m.Cancel {
		t.Skip("cannot be canceled")
	}
	sub := submitAsync(t, p, m)
	canceler, ok := p.(providers.Canceler)
	if !ok {
		t.Fatal("the model says it can be canceled, the provider cannot")
	}
	if _, err := canceler.Cancel(t.Context(), sub.Handle); err != nil {
		_ = CheckError(t, err)
	}
}

// testDelete deletes what a call left, twice, where that can be done.
func testDelete(t *testing.T, p providers.Provider, m providers.Model) {
	t.Helper()
	deleter, ok := p.(providers.Deleter)
	if !ok || !deleter.Deletes() {
		t.Skip("keeps what it got under its own terms")
	}
	sub := submitAsync(t, p, m)
	Await(t, p, sub)
	for range 2 {
		if err := deleter.Delete(t.Context(), sub.ExternalID); err != nil {
			t.Errorf("delete: %v", err)
		}
	}
	if _, err := p.(providers.Fetcher).Fetch(t.Context(), sub.Handle); err == nil {
		t.Error("what was deleted could be fetched")
	}
}

func testForeignHandle(t *testing.T, p providers.Provider) {
	t.Helper()
	poller, ok := p.(providers.Poller)
	if !ok {
		t.Fatal("an asynchronous provider cannot be polled")
	}
	_, err := poller.Poll(t.Context(), []byte("not a handle"))
	if err == nil {
		t.Fatal("a foreign handle was polled")
	}
	_ = CheckError(t, err)
}

// Request is a valid request for one image.
func Request(m providers.Model, op providers.Operation) providers.Request {
	r := providers.Request{
		AttemptID: "01K0000000000000000000TEST", Model: m.Name, Operation: op,
		Prompt: "a red fox under a full moon", Size: m.Sizes[0], Count: 1, Seed: 42,
	}
	if needsReference(op) {
		r.References = []providers.Reference{Picture()}
	}
	if op == providers.Expand {
		r.Margins = providers.Margins{Left: 0.5, Bottom: 0.25}
		r.Size = providers.Expanded(pictureSize, r.Margins, providers.Size{})
	}
	return r
}

// ReferenceOf is a reference of bytes in memory.
func ReferenceOf(mediaType string, file []byte) providers.Reference {
	return providers.Reference{
		MediaType: mediaType, Bytes: int64(len(file)),
		Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file)), nil },
	}
}
