package workers

import (
	"context"
	"errors"
	"slices"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// reportReason is what can be wrong with a result.
type reportReason struct {
	name string // in the database and in buttons
	text texts.Key
}

func reportReasons() []reportReason {
	return []reportReason{
		{"minor", texts.ButtonReportMinor},
		{"sexual", texts.ButtonReportSexual},
		{"violent", texts.ButtonReportViolent},
		{"person", texts.ButtonReportPerson},
		{"other", texts.ButtonReportOther},
	}
}

// report asks what is wrong with a result, in place of its buttons.
func (w *Workers) report(ctx context.Context, in *incoming, p press, b board) error {
	var all []telegram.Button
	for _, r := range reportReasons() {
		all = append(all, b.free(r.text, telegram.OpReportAs, r.name))
	}
	all = append(all, b.free(texts.ButtonBack, telegram.OpMore, ""))
	w.answer(in, p, texts.AnswerReportAsk)
	w.edit(in, p, "", slices.Collect(slices.Chunk(all, 2)))
	return w.done(ctx, in)
}

// reportAs keeps the report, and puts the buttons of the result back.
func (w *Workers) reportAs(ctx context.Context, in *incoming, p press, b board, t target) error {
	w.answer(in, p, texts.AnswerReported)
	w.edit(in, p, "", b.more())
	out, err := w.Store.Report(ctx, in.effect, storage.Report{Generation: b.g.ID, User: in.person.ID, Reason: t.how})
	if errors.Is(err, storage.ErrConsumed) {
		in.effect.Sends = nil
		w.answer(in, p, texts.AnswerDone)
		w.edit(in, p, "", b.more())
		return w.done(ctx, in)
	}
	if err != nil {
		return err
	}
	w.Metrics.reports.WithLabelValues(t.how).Inc()
	w.post(ctx, out)
	return nil
}
