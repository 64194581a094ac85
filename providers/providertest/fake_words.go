package providertest

import (
	"context"
	"slices"

	"github.com/imagika/imagika/providers"
)

// words is what a fake does besides images. It does nothing of it until it is told to.
type words struct {
	writings []providers.Writing
	write    func(n int, r providers.WriteRequest) (providers.Written, error)
	written  []providers.WriteRequest
	moderate func(text string, pictures int) ([]providers.Category, error)
}

var (
	_ providers.Writer    = (*Fake)(nil)
	_ providers.Moderator = (*Fake)(nil)
)

// ScriptWords makes the fake do these writings from now on: n counts all calls from zero.
func (f *Fake) ScriptWords(write func(n int, r providers.WriteRequest) (providers.Written, error), all ...providers.Writing) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.words.write, f.words.writings = write, all
}

// Writings implements Writer.
func (f *Fake) Writings() []providers.Writing {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.words.writings)
}

// Write implements Writer: it notes the call and does what the script says.
func (f *Fake) Write(ctx context.Context, r providers.WriteRequest) (providers.Written, error) {
	if err := ctx.Err(); err != nil {
		return providers.Written{}, err
	}
	f.mu.Lock()
	write, n := f.words.write, len(f.words.written)
	f.words.written = append(f.words.written, r)
	f.mu.Unlock()
	return write(n, r)
}

// Written lists the calls of Write so far.
func (f *Fake) Written() []providers.WriteRequest {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.words.written)
}

// ScriptModeration says what the fake thinks of texts with so many pictures from now on.
func (f *Fake) ScriptModeration(moderate func(text string, pictures int) ([]providers.Category, error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.words.moderate = moderate
}

// Moderate implements Moderator. Without a script nothing is objected to.
func (f *Fake) Moderate(ctx context.Context, text string, pictures []providers.Reference) ([]providers.Category, error) {
	f.mu.Lock()
	moderate := f.words.moderate
	f.mu.Unlock()
	if moderate == nil || ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return moderate(text, len(pictures))
}
