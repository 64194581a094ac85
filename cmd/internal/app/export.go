package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// Exporter writes everything that is held about a person. The workers of this process are one, and so is another process
// behind its socket.
type Exporter interface {
	Export(ctx context.Context, by storage.By, person string, into io.Writer) error
}

var (
	_ Exporter = (*workers.Workers)(nil)
	_ Exporter = (*Remote)(nil)
)

// WithExporter hands f the process that owns the data folder, or the servers that the settings name, or its own as long as f
// takes.
func WithExporter(ctx context.Context, c config.Config, log *slog.Logger, f func(Exporter) error) (err error) {
	if c.RedisURL == "" {
		if remote := Dial(ctx, c.Data); remote != nil {
			return f(remote)
		}
		if err := hasData(c, c.Data); err != nil {
			return err
		}
		c.Role, c.Playground = config.RoleRun, config.PlaygroundOff
	}
	a := &App{options: Options{Config: c, Log: log, Quiet: true}}
	defer func() { err = errors.Join(err, a.stack.unwind(log)) }()
	if err := a.openServers(ctx); err != nil {
		return err
	}
	if a.core, err = a.openCore(ctx); err != nil {
		return err
	}
	return f(a.core.workers)
}

// controlExport serves an Exporter at the socket of the data folder.
func controlExport(mux *http.ServeMux, e Exporter) {
	mux.HandleFunc("POST /-/people/{person}/export", func(w http.ResponseWriter, r *http.Request) {
		out := &begun{Writer: w}
		err := e.Export(r.Context(), operator(r), r.PathValue("person"), out)
		switch {
		case err != nil && out.some:
			panic(http.ErrAbortHandler) // the reader must not take half of it for all
		case err != nil:
			refuse(w, err)
		}
	})
}

// begun knows whether anything was written.
type begun struct {
	io.Writer
	some bool
}

// Write implements io.Writer.
func (b *begun) Write(p []byte) (int, error) {
	b.some = true
	return b.Writer.Write(p)
}

// Export implements Exporter.
func (r *Remote) Export(ctx context.Context, by storage.By, person string, into io.Writer) error {
	query := url.Values{"who": {by.Who}, "why": {by.Why}}
	body, err := r.call(ctx, http.MethodPost, "", "?"+query.Encode(), "-", "people", person, "export")
	if err != nil {
		return err
	}
	defer body.Close()
	_, err = io.Copy(into, body)
	return err
}
