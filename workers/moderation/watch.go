package moderation

import (
	"context"
	"fmt"
	"time"

	"github.com/imagika/imagika/workers/datafile"
)

// Read reads rules from a file; an empty path is the embedded ones.
func Read(path string) (*Rules, error) {
	if path == "" {
		return Default()
	}
	text, err := datafile.Read(path)
	if err != nil {
		return nil, fmt.Errorf("moderation rules: %w", err)
	}
	return Parse(text)
}

// Watch gives the rules to changed, or why there are none, whenever their file changes. It returns when the context ends.
func Watch(ctx context.Context, path string, every time.Duration, changed func(*Rules, error)) {
	datafile.Watch(ctx, path, every, Parse, changed)
}
