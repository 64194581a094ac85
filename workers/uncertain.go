package workers

import (
	"cmp"
	"context"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// uncertain ends a send whose answer was lost, and offers what it was to show by a button. A status message is not
// missed, and there is no notice about a notice.
func (w *Workers) uncertain(ctx context.Context, d storage.Delivery) error {
	ctx, cancel := settled(ctx)
	defer cancel()
	w.Metrics.delivered.WithLabelValues(string(d.Kind), "uncertain").Inc()
	notice, err := w.uncertainNotice(ctx, d)
	if err != nil {
		return err
	}
	next, out, err := w.Store.Uncertain(ctx, d, notice)
	if err != nil {
		return err
	}
	w.post(ctx, out)
	w.postNext(ctx, next)
	return nil
}

func (w *Workers) uncertainNotice(ctx context.Context, d storage.Delivery) ([]storage.Send, error) {
	var b messageBody
	var tidy []storage.Send
	object := d.ID
	switch d.Kind {
	case storage.SendMessage:
		if err := d.Decode(&b); err != nil || b.Notice {
			return nil, err
		}
	case storage.SendResult:
		g, err := w.Store.Generation(ctx, d.Generation)
		if err != nil {
			return nil, err
		}
		var asked resultBody
		if d.Body != nil {
			if err := d.Decode(&asked); err != nil {
				return nil, err
			}
		}
		b.Chat, object = cmp.Or(asked.Chat, g.Request.Chat), g.ID
		if b.Chat == g.Request.Chat {
			b.Thread = g.Request.Thread
		}
		if asked.As == asUsual && g.StatusMessage != 0 { // it says that the picture is still to come
			tidy = append(tidy, storage.Send{Key: "tidy:" + d.ID, User: d.User, Kind: storage.SendDelete, Body: deleteBody{
				Chat: g.Request.Chat, Messages: []int64{g.StatusMessage},
			}})
		}
	default:
		return nil, nil
	}
	person, err := w.Store.PersonByID(ctx, d.User)
	if err != nil {
		return nil, err
	}
	p := w.printer(person.Lang)
	return append(tidy, storage.Send{Key: "uncertain:" + d.ID, User: d.User, Kind: storage.SendMessage, Body: messageBody{
		Chat: b.Chat, Thread: b.Thread, Notice: true, Text: p.HTML(texts.MessageUncertain, nil),
		Keyboard: [][]telegram.Button{{{Text: p.Plain(texts.ButtonShow, nil), Data: w.signer.Data(telegram.OpShow, object, person.TelegramID, "")}}},
	}}), nil
}

// lost ends a delivery whose image the object store no longer has. Trying again would not bring it back, so the person is
// told.
func (w *Workers) lost(ctx context.Context, d storage.Delivery, cause error) error {
	w.Log.ErrorContext(ctx, "a stored image is missing", "generation", d.Generation, "error", cause)
	g, err := w.Store.Generation(ctx, d.Generation)
	if err != nil {
		return err
	}
	owner, err := w.Store.PersonByID(ctx, d.User)
	if err != nil {
		return err
	}
	out, err := w.Store.Record(ctx, storage.Effect{Sends: []storage.Send{{Key: "lost:" + d.ID, User: d.User, Kind: storage.SendMessage, Body: messageBody{
		Chat: g.Request.Chat, Thread: g.Request.Thread, Text: w.printer(owner.Lang).HTML(texts.MessageFailed, nil),
	}}}})
	if err != nil {
		return err
	}
	w.post(ctx, out)
	return w.notSent(ctx, d, "lost", storage.ReasonLost)
}
