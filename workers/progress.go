package workers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// progressPause is the least time between two edits of a status message.
const progressPause = 3 * time.Second

// progress looks at a generation every few seconds and edits its status message where there is something new to say.
// The chain of looks ends with the generation; a lost one only means that the message stands still.
func (w *Workers) progress(ctx context.Context, p queue.GenerationProgress) error {
	g, err := w.Store.Generation(ctx, p.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if !g.Status.Open() || g.StatusMessage == 0 || w.Telegram == nil {
		return nil
	}
	text, rows, err := w.statusText(ctx, g)
	if err != nil {
		return err
	}
	wait := progressPause
	sum := sha256.Sum256([]byte(text))
	changed, err := w.Store.ShowStatus(ctx, g.ID, hex.EncodeToString(sum[:8]), progressPause-200*time.Millisecond)
	if err != nil {
		return err
	}
	if changed {
		_, err = w.Telegram.EditText(ctx, telegram.TextEdit{ChatID: g.Request.Chat, MessageID: g.StatusMessage, HTML: text, Keyboard: rows})
		if telegram.ClassOf(err) == telegram.Blocked {
			return nil // the result finds out what that means
		}
		if e, ok := errors.AsType[*telegram.Error](err); ok {
			wait = max(wait, e.RetryAfter) // told to slow down; any other failure is not worth more than the next look
		}
	}
	w.enqueue(ctx, queue.NewGenerationProgressTask(g.ID, p.K+1).After(wait))
	return nil
}

// statusText says where a generation stands: its place in line and when it is likely done.
func (w *Workers) statusText(ctx context.Context, g storage.Generation) (string, [][]telegram.Button, error) {
	owner, err := w.Store.PersonByID(ctx, g.User)
	if err != nil {
		return "", nil, err
	}
	p := w.printer(owner.Lang)
	line, err := w.Store.Line(ctx, g)
	if err != nil {
		return "", nil, err
	}
	t, err := w.timing(ctx, g.Model)
	if err != nil {
		return "", nil, err
	}
	rows := w.cancelButton(p, owner.TelegramID, g.ID)
	switch {
	case !g.Promoted:
		return p.HTML(texts.MessageYourTurn, map[string]any{"Count": line.Own}), rows, nil
	case g.Status == storage.StatusHeld:
		rounds := time.Duration(line.Ahead/max(line.Running, 1) + 1)
		data := map[string]any{"Position": line.Ahead + 1, "From": round(rounds * t.P50), "Until": round(rounds * t.P90)}
		return p.HTML(texts.MessageQueued, data), rows, nil
	}
	spent := time.Since(g.Started)
	data := map[string]any{"From": round(max(t.P50-spent, time.Second)), "Until": round(max(t.P90-spent, 2*time.Second))}
	return p.HTML(texts.MessagePainting, data), rows, nil
}

// round makes a duration worth saying: whole seconds, from twenty seconds on in steps of five, so that a message is not
// edited for every second.
func round(d time.Duration) time.Duration {
	if d < 20*time.Second {
		return max(d.Round(time.Second), time.Second)
	}
	return d.Round(5 * time.Second)
}

// timing is how long a model takes: measured, or what it says of itself as long as there is too little to measure.
func (w *Workers) timing(ctx context.Context, model string) (storage.Timing, error) {
	w.timings.mu.Lock()
	defer w.timings.mu.Unlock()
	if t, ok := w.timings.of[model]; ok && time.Since(t.at) < 10*time.Second {
		return t.Timing, nil
	}
	t, err := w.Store.Timing(ctx, model)
	if err != nil {
		return t, err
	}
	if m, ok := w.Router.Model(model); ok && t.Samples < 5 {
		t.P50, t.P90 = m.Typical, 2*m.Typical
	}
	w.timings.of[model] = measured{t, time.Now()}
	return t, nil
}
