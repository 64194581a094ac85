package ops

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// TraceOptions say where spans go.
type TraceOptions struct {
	Endpoint string            // URL of an OTLP receiver; without a path, /v1/traces of it
	Headers  map[string]string // sent along: credentials
	Share    float64           // of the traces that are recorded, 0 to 1
	Role     string            // of this process
	Version  string
	IDs      sdktrace.IDGenerator
}

// OpenTraces sends spans to an OTLP receiver. They wait in memory, a few thousand at most: a receiver that is away costs
// them and nothing else. Shutdown sends what waits.
//
// Which traces are recorded is a matter of their ids alone, so that all processes record the same ones.
func OpenTraces(ctx context.Context, o TraceOptions) (*sdktrace.TracerProvider, error) {
	u, err := url.Parse(o.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/v1/traces"
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(u.String()), otlptracehttp.WithHeaders(o.Headers), otlptracehttp.WithTimeout(10*time.Second))
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	return sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter), sdktrace.WithIDGenerator(o.IDs), sdktrace.WithSampler(sdktrace.TraceIDRatioBased(o.Share)),
		sdktrace.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "imagika"), attribute.String("service.namespace", o.Role), attribute.String("service.version", o.Version),
		)),
	), nil
}

// RedirectTraceErrors sends what goes wrong with spans to log. It acts on the whole process; the wiring calls it once.
func RedirectTraceErrors(log *slog.Logger) {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("spans not sent", "error", err) }))
}

// TraceLog adds to each line the trace it is part of, which id finds; "" is none.
func TraceLog(h slog.Handler, id func(context.Context) string) slog.Handler { return traceLog{h, id} }

type traceLog struct {
	slog.Handler
	id func(context.Context) string
}

// Handle implements slog.Handler.
func (h traceLog) Handle(ctx context.Context, r slog.Record) error {
	if id := h.id(ctx); id != "" {
		r = r.Clone()
		r.AddAttrs(slog.String("trace_id", id))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h traceLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return traceLog{h.Handler.WithAttrs(attrs), h.id}
}

// WithGroup implements slog.Handler.
func (h traceLog) WithGroup(name string) slog.Handler {
	return traceLog{h.Handler.WithGroup(name), h.id}
}
