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
// that does not answer stops nothing, because the rules have judged and who paints judges too, unless the operator wants
// it closed: then nothing is painted or shown without an answer, and nothing is charged. Either is counted.

// errUnjudged says that a moderator did not answer, where nothing passes without. Its text is for operators.
var errUnjudged = errors.New("not judged: the moderator does not answer")

// objects returns what the moderator objects to; nothing where there is none, or no answer. errUnjudged says that the answer
// is needed.
func (w *Workers) objects(ctx context.Context, subject storage.Subject, g storage.Generation, text string, pictures []providers.Reference) ([]providers.Category, error) {
	found, by, err := w.Router.Moderate(ctx, text, pictures, g.Request.Without)
	w.noteJudge(ctx, g, by, subject, err == nil)
	switch {
	case err != nil:
		w.Log.WarnContext(ctx, "moderator does not answer", "subject", subject, "generation", g.ID, "error", err)
		w.Metrics.checked.WithLabelValues(string(subject), "unanswered").Inc()
		if w.Settings.Closed {
			return nil, errUnjudged
		}
	case by == "":
	case len(found) > 0:
		w.Log.InfoContext(ctx, "moderator objects", "subject", subject, "generation", g.ID, "by", by, "categories", fmt.Sprint(found))
		w.Metrics.checked.WithLabelValues(string(subject), "refused").Inc()
		return found, nil
	default:
		w.Metrics.checked.WithLabelValues(string(subject), "passed").Inc()
	}
	return nil, nil
}

// noteJudge keeps who was asked to judge, for whoever asks who got their data.
func (w *Workers) noteJudge(ctx context.Context, g storage.Generation, by string, subject storage.Subject, answered bool) {
	if by == "" {
		return
	}
	if err := w.Store.Judged(context.WithoutCancel(ctx), g, by, subject, answered); err != nil {
		w.Log.WarnContext(ctx, "who judged is not noted", "generation", g.ID, "by", by, "error", err)
	}
}

// requestRefused asks about the words and the references, and ends the generation if they are not to be painted.
func (w *Workers) requestRefused(ctx context.Context, c *claim) (bool, error) {
	refs, _, err := w.references(ctx, c.Generation)
	if err != nil {
		return false, err
	}
	text := strings.TrimSpace(c.Request.Prompt)
	found, err := w.objects(ctx, storage.SubjectRequest, c.Generation, text, refs)
	switch {
	case err != nil && ctx.Err() != nil: // it was us who stopped asking
		return false, context.Cause(ctx)
	case err != nil:
		return true, w.finish(ctx, c, storage.StatusFailed, storage.ReasonUnjudged, "", storage.End{})
	case len(found) == 0:
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
	found, by, err := w.Router.Moderate(ctx, "", []providers.Reference{ref}, g.Request.Without)
	w.noteJudge(ctx, g, by, storage.SubjectPreview, err == nil)
	return err == nil && len(found) == 0
}

// errHeldBack says that a result is not to be shown. Its text is for operators.
var errHeldBack = errors.New("held back by a moderator")

// askAgain is after how long a moderator that did not answer is asked once more about a result: that was paid for.
const askAgain = time.Second

// showable asks about a result that is still in the spool.
func (w *Workers) showable(ctx context.Context, g storage.Generation, a storage.Attempt, p picture) error {
	ref := providers.Reference{MediaType: p.mediaType, Bytes: p.Size(), Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(p.Reader()), nil
	}}
	found, err := w.objects(ctx, storage.SubjectResult, g, "", []providers.Reference{ref})
	if err != nil {
		select {
		case <-time.After(askAgain):
			found, err = w.objects(ctx, storage.SubjectResult, g, "", []providers.Reference{ref})
		case <-ctx.Done():
		}
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return &providers.Error{Provider: a.Provider, Class: providers.NoOutput, Billed: providers.BilledYes, Err: err}
	case len(found) == 0:
		return nil
	}
	return &providers.Error{Provider: a.Provider, Class: providers.Rejected, Billed: providers.BilledYes, Stage: "output", Err: errHeldBack}
}
