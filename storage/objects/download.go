package objects

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"
)

// download is an object being read. It counts as one call, from Get to Close.
type download struct {
	body    io.ReadCloser
	cancel  context.CancelFunc
	start   time.Time
	metrics *Metrics

	err  error // why reading failed
	once sync.Once
}

// Read implements io.Reader.
func (d *download) Read(p []byte) (int, error) {
	n, err := d.body.Read(p)
	d.metrics.received(int64(n))
	if err != nil && !errors.Is(err, io.EOF) {
		err = classify(opGet, err)
		d.err = err
	}
	return n, err
}

// Close implements io.Closer.
func (d *download) Close() error {
	var err error
	d.once.Do(func() {
		err = d.body.Close()
		d.cancel()
		d.metrics.done(opGet, d.start, d.err)
	})
	return err
}
