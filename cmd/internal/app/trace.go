package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/cmd/internal/ops"
	"github.com/imagika/imagika/queue"
)

// openTraces follows updates, if there is somebody to tell.
func (a *App) openTraces(ctx context.Context) error {
	c := a.options.Config
	switch {
	case a.options.Traces != nil:
		a.traces = a.options.Traces
	case c.OTLPEndpoint == "":
		return nil
	default:
		headers, err := traceHeaders(c)
		if err != nil {
			return err
		}
		p, err := ops.OpenTraces(ctx, ops.TraceOptions{
			Endpoint: c.OTLPEndpoint, Headers: headers, Share: float64(c.OTLPPercent) / 100, Role: string(c.Role), Version: ops.Version(), IDs: queue.TraceIDs{},
		})
		if err != nil {
			return fmt.Errorf("IMAGIKA_OTLP_ENDPOINT: %w", err)
		}
		ops.RedirectTraceErrors(a.options.Log)
		a.traces = queue.NewTraces(p)
		a.stack.push("traces", func() error {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			if err := p.Shutdown(ctx); err != nil { // spans are lost, which is no reason to fail
				a.options.Log.WarnContext(ctx, "spans not sent", "error", err)
			}
			return nil
		})
	}
	a.options.Log = slog.New(ops.TraceLog(a.options.Log.Handler(), queue.TraceID))
	return nil
}

// traceHeaders reads name=value pairs, separated by commas.
func traceHeaders(c config.Config) (map[string]string, error) {
	headers := make(map[string]string)
	for part := range strings.SplitSeq(c.OTLPHeaders.Reveal(), ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		if !ok || name == "" {
			return nil, config.Refuse("IMAGIKA_OTLP_HEADERS", errors.New("want name=value, separated by commas"))
		}
		headers[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	return headers, nil
}
