package workers

import (
	"bytes"
	"container/list"
	"context"
	"fmt"
	"image/jpeg"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/imagika/imagika/storage"
)

// Small copies for galleries are made when they are looked at, and kept in memory alone, for as long as their links work: a
// decoded picture costs some tens of milliseconds, and browsers keep what they got. Nothing of them has to be erased that way.
const (
	thumbBytes = 48 << 20 // of all copies
	thumbLife  = 2 * linkBucket
)

// thumbnail makes a copy of a stored image that fits a square of that many pixels, as a JPEG.
func (w *Workers) thumbnail(ctx context.Context, i storage.Image, sides int) ([]byte, error) {
	img, err := w.decodeStored(ctx, i)
	if err != nil {
		return nil, err
	}
	size := img.Bounds().Size()
	if longer := max(size.X, size.Y); longer > sides {
		size.X, size.Y = max(size.X*sides/longer, 1), max(size.Y*sides/longer, 1)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, onWhite(img, size), &jpeg.Options{Quality: 80}); err != nil {
		return nil, fmt.Errorf("encode a small copy: %w", err)
	}
	return b.Bytes(), nil
}

// thumbs keeps copies, the ones that were looked at last. The zero value is empty.
type thumbs struct {
	flight singleflight.Group
	mu     sync.Mutex
	kept   map[string]*list.Element
	order  list.List // of thumb, the newest first
	bytes  int
}

type thumb struct {
	key string
	jpg []byte
	at  time.Time
}

// of returns a copy, and makes it where there is none: once, however many ask.
func (t *thumbs) of(ctx context.Context, key string, draw func(context.Context) ([]byte, error)) ([]byte, error) {
	if jpg, ok := t.find(key); ok {
		return jpg, nil
	}
	made, err, _ := t.flight.Do(key, func() (any, error) {
		jpg, err := draw(context.WithoutCancel(ctx)) // others may wait for it
		if err == nil {
			t.keep(key, jpg)
		}
		return jpg, err
	})
	jpg, _ := made.([]byte)
	return jpg, err
}

func (t *thumbs) find(key string) ([]byte, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e, ok := t.kept[key]
	if !ok || time.Since(e.Value.(thumb).at) > thumbLife {
		return nil, false
	}
	t.order.MoveToFront(e)
	return e.Value.(thumb).jpg, true
}

// keep adds a copy, and drops what is too much or too old.
func (t *thumbs) keep(key string, jpg []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.kept == nil {
		t.kept = make(map[string]*list.Element)
	}
	if e, ok := t.kept[key]; ok {
		t.drop(e)
	}
	t.kept[key] = t.order.PushFront(thumb{key, jpg, time.Now()})
	t.bytes += len(jpg)
	for e := t.order.Back(); e != nil && (t.bytes > thumbBytes || time.Since(e.Value.(thumb).at) > thumbLife); e = t.order.Back() {
		t.drop(e)
	}
}

func (t *thumbs) drop(e *list.Element) {
	one := t.order.Remove(e).(thumb)
	delete(t.kept, one.key)
	t.bytes -= len(one.jpg)
}
