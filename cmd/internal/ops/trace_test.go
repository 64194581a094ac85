package ops

import (
	"context"
	"log/slog"
	"strings"
	"testing"
)

type lineKey struct{}

// A line that is part of a trace says of which, whatever was bound before; others do not.
func TestTraceLog(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	id := func(ctx context.Context) string {
		s, _ := ctx.Value(lineKey{}).(string)
		return s
	}
	log := slog.New(TraceLog(slog.NewJSONHandler(&b, nil), id)).With("pool", "generate")
	log.InfoContext(t.Context(), "outside")
	log.InfoContext(context.WithValue(t.Context(), lineKey{}, "0af7651916cd43dd8448eb211c80319c"), "inside", "n", 1)
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != 2 || strings.Contains(lines[0], "trace_id") ||
		!strings.HasSuffix(lines[1], `"msg":"inside","pool":"generate","n":1,"trace_id":"0af7651916cd43dd8448eb211c80319c"}`) {
		t.Errorf("got\n%s", &b)
	}
}
