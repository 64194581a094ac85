// Package datafile reads files that an operator may change while the program runs: the models, the rules on prompts, what
// is sold. Each has an embedded default that the file replaces as a whole.
package datafile

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"time"
)

const (
	maxFile = 4 << 20         // more than any of them has
	look    = 3 * time.Second // how soon a changed file counts
)

// Read returns what a file says by parse; an empty path is the default.
func Read[T any](path string, def func() (T, error), parse func([]byte) (T, error)) (T, error) {
	if path == "" {
		return def()
	}
	text, err := read(path)
	if err != nil {
		var none T
		return none, err
	}
	v, err := parse(text)
	return v, explain(path, text, err)
}

func read(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, fmt.Errorf("%s is a folder, want a file", path)
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%s is larger than %d MB", path, maxFile>>20)
	}
	return os.ReadFile(path)
}

// Watch looks at the file every few seconds and gives what parse says of it to changed, once for every change, beginning
// with what it says now. It returns when the context ends.
func Watch[T any](ctx context.Context, path string, parse func([]byte) (T, error), changed func(T, error)) {
	watch(ctx, path, look, parse, changed)
}

func watch[T any](ctx context.Context, path string, every time.Duration, parse func([]byte) (T, error), changed func(T, error)) {
	var known []byte
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		text, err := read(path)
		if err != nil || bytes.Equal(text, known) { // a file that is being replaced may be away for a moment
			continue
		}
		known = text
		v, err := parse(text)
		changed(v, explain(path, text, err))
	}
}
