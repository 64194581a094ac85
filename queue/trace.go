package queue

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Traces follows what an update sets off, from the push to the delivery, over all processes. Nil follows nothing and
// costs nothing.
//
// The id of a trace is the hash of its update (Keys.UpdateHash), which is also the request key of the generation it
// asked for. So nothing has to be carried through lanes, and what a sweeper finds in SQL after Redis lost everything
// still belongs to its trace: whoever knows the key continues it. Tasks carry the span that enqueued them besides, in a
// header, and link to it with each try.
//
// Spans hold names of closed sets and counts: no id of a person or chat, no words, and of an error only that there
// was one.
type Traces struct{ tracer trace.Tracer }

// NewTraces makes spans by p, which has to take its ids from TraceIDs.
func NewTraces(p trace.TracerProvider) *Traces {
	return &Traces{p.Tracer("github.com/imagika/imagika")}
}

// TraceIDs makes the ids of spans, and of the traces that Begin names.
type TraceIDs struct{}

type rootKey struct{}

// NewIDs returns the ids of a trace and its first span.
func (TraceIDs) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	if id, ok := ctx.Value(rootKey{}).(trace.TraceID); ok {
		return id, rootOf(id)
	}
	var id trace.TraceID
	_, _ = rand.Read(id[:]) // never fails
	return id, rootOf(id)
}

// NewSpanID returns the id of a further span.
func (TraceIDs) NewSpanID(context.Context, trace.TraceID) (id trace.SpanID) {
	_, _ = rand.Read(id[:]) // never fails
	return id
}

// traceOf is the trace of a key: a keyed hash as it is, anything else hashed.
func traceOf(key string) trace.TraceID {
	if id, err := trace.TraceIDFromHex(key); err == nil {
		return id
	}
	sum := sha256.Sum256([]byte(key))
	return trace.TraceID(sum[:16])
}

// rootOf is the first span of a trace, known to all who know the trace.
func rootOf(id trace.TraceID) trace.SpanID { return trace.SpanID(id[8:]) }

// TraceID is the trace of what runs under ctx in hex, "" where nothing is recorded.
func TraceID(ctx context.Context) string {
	if s := trace.SpanFromContext(ctx); s.IsRecording() {
		return s.SpanContext().TraceID().String()
	}
	return ""
}

// Begin starts the trace of a key with what began at a time. Pairs are names and values of attributes.
func (t *Traces) Begin(ctx context.Context, key, name string, at time.Time, pairs ...string) (context.Context, func(error)) {
	if t == nil {
		return ctx, func(error) {}
	}
	return t.start(
		context.WithValue(ctx, rootKey{}, traceOf(key)), name, pairs,
		trace.WithNewRoot(), trace.WithTimestamp(at), trace.WithSpanKind(trace.SpanKindProducer),
	)
}

// Continue returns a context in which spans belong to the trace of a key. One that is in it already stays as it is.
func (t *Traces) Continue(ctx context.Context, key string) context.Context {
	if t == nil {
		return ctx
	}
	id := traceOf(key)
	if trace.SpanContextFromContext(ctx).TraceID() == id {
		return ctx
	}
	return trace.ContextWithRemoteSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: id, SpanID: rootOf(id), TraceFlags: trace.FlagsSampled, Remote: true,
	}))
}

// Span starts a span, if ctx is in a trace, and returns what ends it. Pairs are names and values of attributes.
func (t *Traces) Span(ctx context.Context, name string, pairs ...string) (context.Context, func(error)) {
	if t == nil || !trace.SpanContextFromContext(ctx).IsValid() {
		return ctx, func(error) {}
	}
	return t.start(ctx, name, pairs)
}

// Call is Span for a call of another service.
func (t *Traces) Call(ctx context.Context, name string, pairs ...string) (context.Context, func(error)) {
	if t == nil || !trace.SpanContextFromContext(ctx).IsValid() {
		return ctx, func(error) {}
	}
	return t.start(ctx, name, pairs, trace.WithSpanKind(trace.SpanKindClient))
}

func (t *Traces) start(ctx context.Context, name string, pairs []string, o ...trace.SpanStartOption) (context.Context, func(error)) {
	attrs := make([]attribute.KeyValue, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		attrs = append(attrs, attribute.String(pairs[i], pairs[i+1]))
	}
	ctx, span := t.tracer.Start(ctx, name, append(o, trace.WithAttributes(attrs...))...)
	return ctx, func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}

// pushed tells of updates that were handed over.
func (t *Traces) pushed(ctx context.Context, at time.Time, all []Pushed) {
	if t == nil {
		return
	}
	for _, p := range all {
		if p.Err == nil && !p.Done {
			_, end := t.Begin(ctx, p.Hash, "push update", at)
			end(nil)
		}
	}
}

// head continues the trace of an update whose turn it is.
func (t *Traces) head(ctx context.Context, u Update) (context.Context, func(error)) {
	return t.Span(t.Continue(ctx, u.Hash), "handle update", "try", decimal(int64(u.Tries)))
}

// headerTrace is the task header that holds the span that enqueued it, as W3C's traceparent.
const headerTrace = "traceparent"

// inject puts the span of ctx, if there is one, among the headers of a task.
func (t *Traces) inject(ctx context.Context, header map[string]string) {
	if t != nil {
		propagation.TraceContext{}.Inject(ctx, propagation.MapCarrier(header))
	}
}

// task starts the span of a try of a task that was enqueued in a trace, and links it to who did.
func (t *Traces) task(ctx context.Context, typ, queue string, try int, header map[string]string) (context.Context, func(error)) {
	if t == nil || header[headerTrace] == "" {
		return ctx, func(error) {}
	}
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier(header))
	from := trace.SpanContextFromContext(ctx)
	if !from.IsValid() {
		return ctx, func(error) {}
	}
	return t.start(ctx, "process "+typ, []string{
		"messaging.system", "asynq", "messaging.operation.type", "process", "messaging.destination.name", queue, "try", decimal(int64(try)),
	}, trace.WithSpanKind(trace.SpanKindConsumer), trace.WithLinks(trace.Link{SpanContext: from}))
}
