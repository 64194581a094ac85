package workers

import (
	"context"

	"github.com/imagika/imagika/workers/texts"
)

func (w *Workers) balanceCommand(ctx context.Context, in *incoming, _ string) error {
	acc, err := w.Store.Account(ctx, in.person.ID)
	if err != nil {
		return err
	}
	w.say(in, texts.MessageBalance, map[string]any{"Count": acc.Available(), "Held": acc.Held})
	return w.done(ctx, in)
}
