package workers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/imagika/imagika/storage"
)

// errGone says that a body is not there any more.
var errGone = errors.New("body is gone")

// putBody keeps what a copy does not carry.
func (w *Workers) putBody(ctx context.Context, r *storage.NewRelay, name string, v any) error {
	plain, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("body of a relay: %w", err)
	}
	r.Body = true
	return w.Bodies.Put(ctx, name, plain)
}

// readBody reads what was kept of a message of a relay, or returns errGone.
func (w *Workers) readBody(ctx context.Context, r storage.Relay, message int64, v any) error {
	plain, err := w.Bodies.Get(ctx, w.bodyName(r.Key, message))
	if err != nil {
		return err
	}
	if plain == nil {
		return errGone
	}
	if err := json.Unmarshal(plain, v); err != nil {
		return errGone // of a release that wrote it down otherwise
	}
	return nil
}

// dropBodies forgets what was kept. What cannot be forgotten now forgets itself.
func (w *Workers) dropBodies(ctx context.Context, r storage.Relay) {
	if !r.Body {
		return
	}
	if err := w.Bodies.Drop(ctx, w.bodyNames(r)...); err != nil {
		w.Log.WarnContext(ctx, "body of a relay not dropped yet", "error", err)
	}
}

// bodyNames names what may have been kept of a relay.
func (w *Workers) bodyNames(r storage.Relay) []string {
	names := make([]string, 0, len(r.Sources))
	for _, m := range r.Sources {
		names = append(names, w.bodyName(r.Key, m))
	}
	return names
}
