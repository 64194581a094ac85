package app

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// exporter writes so many bytes and then fails, if it is to.
type exporter struct {
	bytes int
	err   error
	by    storage.By
	asked string
}

func (e *exporter) Export(_ context.Context, by storage.By, person string, into io.Writer) error {
	e.by, e.asked = by, person
	for range e.bytes / 1000 {
		if _, err := into.Write(make([]byte, 1000)); err != nil {
			return err
		}
	}
	return e.err
}

// What another process writes comes through its socket whole, or with an error.
func TestExportThroughTheSocket(t *testing.T) {
	t.Parallel()
	refused := &workers.OperatorError{Text: "there is no person x"}
	for _, tt := range []struct {
		desc string
		e    exporter
		fits func(error) bool
	}{
		{"whole", exporter{bytes: 1_000_000}, func(err error) bool { return err == nil }},
		{"refused", exporter{err: refused}, func(err error) bool {
			return errors.As(err, new(*workers.OperatorError)) && err.Error() == refused.Text
		}},
		{"broken off", exporter{bytes: 1_000_000, err: errors.New("gone")}, func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }},
	} {
		dir := t.TempDir()
		l, err := new(net.ListenConfig).Listen(t.Context(), "unix", filepath.Join(dir, socketName))
		if err != nil {
			t.Fatal(err)
		}
		mux := http.NewServeMux()
		controlExport(mux, &tt.e)
		srv := &httptest.Server{Listener: l, Config: &http.Server{Handler: mux}} //nolint:gosec // of a test
		srv.Start()
		var b bytes.Buffer
		err = Dial(t.Context(), dir).Export(t.Context(), storage.By{Who: "ann", Why: "a letter & more"}, "4242", &b)
		if !tt.fits(err) || err == nil && b.Len() != tt.e.bytes || tt.e.by.Why != "a letter & more" || tt.e.asked != "4242" {
			t.Errorf("%s: %d bytes, %v, %+v", tt.desc, b.Len(), err, tt.e)
		}
		srv.Close()
	}
}
