package workers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage"
)

// A provider that judges texts and pictures (providers.Moderator) is asked twice, where there is one that the person does
// not keep out: about the words and references before they are painted, and about every result before it is kept. One
// that does not answer stops nothing: the rules have judged, and who paints judges too. That is counted.

const (
	ofRequest = "request"
	ofResult  = "result"
)

// objects returns what the moderator objects to; nothing where there is none, or no answer.
func (w *Workers) objects(ctx context.Context, subject string, g storage.Generation, text string, pictures []providers.Reference) []providers.Category {
	found, by, err := w.Router.Moderate(ctx, text, pictures, g.Request.Without)
	switch {
	case err != nil:
		w.Log.WarnContext(ctx, "moderator does not answer", "subject", subject, "generation", g.ID, "error", err)
		w.Metrics.checked.WithLabelValues(subject, "unanswered").Inc()
	case by == "":
	case len(found) > 0:
		w.Log.InfoContext(ctx, "moderator objects", "subject", subject, "generation", g.ID, "by", by, "categories", fmt.Sprint(found))
		w.Metrics.checked.WithLabelValues(subject, "refused").Inc()
		return found
	default:
		w.Metrics.checked.WithLabelValues(subject, "passed").Inc()
	}
	return nil
}

// requestRefused asks about the words and the references, and ends the generation if they are not to be painted.
func (w *Workers) requestRefused(ctx context.Context, c *claim) (bool, error) {
	refs, _, err := w.references(ctx, c.Generation)
	if err != nil {
		return false, err
	}
	text := strings.TrimSpace(c.Request.Prompt)
	if len(w.objects(ctx, ofRequest, c.Generation, text, refs)) == 0 {
		return false, nil
	}
	return true, w.finish(ctx, c, storage.StatusRefused, storage.ReasonInput, "", storage.End{})
}

// judgeWithin is how long a preview waits for its judgment; the picture itself is judged however long that takes.
const judgeWithin = 3 * time.Second

// previewable asks about an unfinished picture. Unlike a result it is not shown without an answer.
func (w *Workers) previewable(ctx context.Context, g storage.Generation, preview []byte) bool {
	ctx, cancel := context.WithTimeout(ctx, judgeWithin)
	defer cancel()
	ref := providers.Reference{
		MediaType: http.DetectContentType(preview), Bytes: int64(len(preview)),
		Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(preview)), nil },
	}
	found, _, err := w.Router.Moderate(ctx, "", []providers.Reference{ref}, g.Request.Without)
	return err == nil && len(found) == 0
}

// errHeldBack says that a result is not to be shown. Its text is for operators.
var errHeldBack = errors.New("held back by a moderator")

// showable asks about a result that is still in the spool.
func (w *Workers) showable(ctx context.Context, g storage.Generation, a storage.Attempt, p picture) error {
	ref := providers.Reference{MediaType: p.mediaType, Bytes: p.Size(), Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(p.Reader()), nil
	}}
	if len(w.objects(ctx, ofResult, g, "", []providers.Reference{ref})) == 0 {
		return nil
	}
	return &providers.Error{Provider: a.Provider, Class: providers.Rejected, Billed: providers.BilledYes, Stage: "output", Err: errHeldBack}
}
