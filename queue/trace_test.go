package queue_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/queue/queuetest"
)

// traced is a bundle whose spans are recorded.
func traced(t *testing.T, r *queue.Redis) (*bundle, *queue.Traces, *tracetest.InMemoryExporter) {
	t.Helper()
	spans := tracetest.NewInMemoryExporter()
	p := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans), sdktrace.WithIDGenerator(queue.TraceIDs{}))
	traces := queue.NewTraces(p)
	b := setup(t, r, queue.LaneConfig{})
	b.client.Follow(traces)
	b.front = queue.NewFront(r, b.keys, queue.FrontConfig{Traces: traces})
	t.Cleanup(func() { _ = b.front.Close() })
	return b, traces, spans
}

// The trace of an update goes from its push through its lane into the tasks it enqueues, and each try links to who
// enqueued it. Nobody carries it through the lane: the update's hash is its name.
func TestTraceFollowsAnUpdate(t *testing.T) {
	t.Parallel()
	b, traces, spans := traced(t, queuetest.Redis(t))
	w := newWorld()
	w.before = func(ctx context.Context, _ queue.Update) error {
		return b.client.Enqueue(ctx, queue.NewAlbumCloseTask("a", 1))
	}
	ended, tries := make(chan struct{}), 0
	b.start(t, queue.ServerConfig{
		Pools: map[string]int{queue.PoolInteractive: 1}, Traces: traces,
		Handlers: map[string]queue.HandlerFunc{
			queue.TypeChatDrain: func(ctx context.Context, payload []byte) error {
				d, err := queue.DecodeChatDrain(payload)
				if err != nil {
					return err
				}
				return b.lanes.Drain(ctx, d.Lane, d.Epoch, w)
			},
			queue.TypeAlbumClose: func(ctx context.Context, _ []byte) error {
				if tries++; tries == 1 {
					return errors.New("the words of somebody")
				}
				defer close(ended)
				// What a sweeper finds has no header, only its key; what is in the trace already stays where it is.
				if c := traces.Continue(ctx, b.keys.UpdateHash(7, 1)); c != ctx {
					t.Error("a trace that goes on began anew")
				}
				_, end := traces.Span(traces.Continue(context.Background(), b.keys.UpdateHash(7, 1)), "swept")
				end(nil)
				return nil
			},
		},
	})
	receipt := b.push(t, 1, 1)
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Fatal("the task is not tried again")
	}
	b.push(t, 2, 2) // another update is another trace
	got := byName(t, spans, 6)
	root := got["push update"][0].SpanContext
	if root.TraceID().String() != receipt.Hash {
		t.Errorf("trace %s, want the update's hash %s", root.TraceID(), receipt.Hash)
	}
	head := got["handle update"][0]
	if head.Parent.SpanID() != root.SpanID() {
		t.Errorf("the head is not under its push: %s", head.Parent.SpanID())
	}
	runs := got["process album:close"]
	if len(runs) != 2 {
		t.Fatalf("%d tries were followed, want 2", len(runs))
	}
	for i, run := range runs {
		if run.SpanKind != trace.SpanKindConsumer || len(run.Links) != 1 || run.Links[0].SpanContext.SpanID() != head.SpanContext.SpanID() {
			t.Errorf("try %d is not linked to who enqueued it: %+v", i+1, run.Links)
		}
		if run.SpanContext.TraceID() != root.TraceID() {
			t.Errorf("try %d is in trace %s", i+1, run.SpanContext.TraceID())
		}
	}
	if s := got["swept"][0]; s.SpanContext.TraceID() != root.TraceID() || s.Parent.SpanID() != root.SpanID() {
		t.Errorf("what was swept is in trace %s", s.SpanContext.TraceID())
	}
	if runs[0].Status.Code.String() != "Error" || runs[0].Status.Description != "" || len(runs[0].Events) != 0 {
		t.Errorf("a failed try says %+v, %d events; want that it failed, and no words", runs[0].Status, len(runs[0].Events))
	}
}

// byName waits for the spans and returns them by name, as they ended.
func byName(t *testing.T, spans *tracetest.InMemoryExporter, n int) map[string][]tracetest.SpanStub {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); len(spans.GetSpans()) < n; {
		if time.Now().After(end) {
			t.Fatalf("only %d spans", len(spans.GetSpans()))
		}
		pause(10 * time.Millisecond)
	}
	got := make(map[string][]tracetest.SpanStub)
	for _, s := range spans.GetSpans() {
		got[s.Name] = append(got[s.Name], s)
	}
	return got
}

// Without traces tasks carry none, and one that came with a trace is run without.
func TestTracesOff(t *testing.T) {
	t.Parallel()
	var off *queue.Traces
	ctx, end := off.Span(off.Continue(t.Context(), strings.Repeat("a", 32)), "nothing")
	end(errors.New("nobody notices"))
	if ctx != t.Context() || queue.TraceID(ctx) != "" {
		t.Error("something is traced")
	}
}
