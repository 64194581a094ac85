package workers

import (
	"context"
	"errors"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// deliver makes one call of the outbox. Telegram does not recognize a repeated send, so a message whose sending was cut
// off is not sent again: the person is told that something may be missing, with a button that shows it. Calls that may
// be repeated are.
func (w *Workers) deliver(ctx context.Context, p queue.DeliverySend) error {
	if w.Telegram == nil {
		return later(errors.New("no bot to deliver with"), time.Minute)
	}
	d, err := w.Store.ClaimDelivery(ctx, p.ID)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	defer w.keepDelivery(ctx, d, cancel)()
	if !d.Expires.IsZero() && time.Now().After(d.Expires) {
		return w.notSent(ctx, d, "expired", storage.ReasonChat)
	}
	sent, err := w.send(ctx, d)
	if err == nil {
		return w.sent(ctx, d, sent)
	}
	return w.sendFailed(ctx, d, err)
}

// sendTime is how long one send may take, uploads included.
const sendTime = 50 * time.Second

// keepDelivery renews the claim until the returned function is called, and cancels the send when the claim is lost.
func (w *Workers) keepDelivery(ctx context.Context, d storage.Delivery, cancel func()) (stop func()) {
	return renewing(ctx, storage.LeaseRenew, func() time.Duration {
		if errors.Is(w.Store.RenewDelivery(ctx, d), storage.ErrFenced) {
			cancel()
			return 0
		}
		return storage.LeaseRenew
	})
}

// shown is what a send put into the chat, and what is owed after it.
type shown struct {
	messages []int64
	follow   []storage.Send
}

// errUncertain says that the call may have shown something before this process began.
var errUncertain = &telegram.Error{Method: "resume", Class: telegram.Uncertain}

func (w *Workers) send(ctx context.Context, d storage.Delivery) (shown, error) {
	if d.Kind == storage.SendResult {
		return w.sendResult(ctx, d)
	}
	if d.Interrupted && !d.Kind.Repeatable() {
		return shown{}, errUncertain
	}
	switch d.Kind {
	case storage.SendMessage:
		return w.sendMessage(ctx, d)
	case storage.SendStatus:
		return w.sendStatus(ctx, d)
	case storage.SendAnswer:
		return shown{}, w.sendAnswer(ctx, d)
	case storage.SendEdit:
		return shown{}, w.sendEdit(ctx, d)
	case storage.SendDelete:
		return shown{}, w.sendDelete(ctx, d)
	}
	return shown{}, errors.New("unknown kind of delivery")
}

func (w *Workers) sendMessage(ctx context.Context, d storage.Delivery) (shown, error) {
	var b messageBody
	if err := d.Decode(&b); err != nil {
		return shown{}, err
	}
	return one(w.Telegram.SendMessage(ctx, telegram.Text{ChatID: b.Chat, ReplyTo: b.ReplyTo, HTML: b.Text, Keyboard: b.Keyboard}))
}

// one is the outcome of a call that shows one message.
func one(m telegram.Sent, err error) (shown, error) {
	return shown{messages: []int64{m.ID}}, err
}

func (w *Workers) sendAnswer(ctx context.Context, d storage.Delivery) error {
	var b answerBody
	if err := d.Decode(&b); err != nil {
		return err
	}
	err := w.Telegram.AnswerCallback(ctx, telegram.Answer{QueryID: b.Query, Text: b.Text})
	if telegram.ClassOf(err) == telegram.TooOld {
		return nil
	}
	return err
}

func (w *Workers) sendEdit(ctx context.Context, d storage.Delivery) error {
	var b editBody
	err := d.Decode(&b)
	switch {
	case err != nil:
		return err
	case b.Menu != nil:
		err = w.sendMenu(ctx, d.User, b.Chat, *b.Menu)
	case b.Text == "":
		_, err = w.Telegram.EditKeyboard(ctx, b.Chat, b.Message, b.Keyboard)
	default:
		_, err = w.Telegram.EditText(ctx, telegram.TextEdit{ChatID: b.Chat, MessageID: b.Message, HTML: b.Text, Keyboard: b.Keyboard})
	}
	if telegram.ClassOf(err) == telegram.NotFound {
		return nil
	}
	return err
}

// sendDelete removes messages. One that is gone, or too old to be removed, is nothing to worry about.
func (w *Workers) sendDelete(ctx context.Context, d storage.Delivery) error {
	var b deleteBody
	if err := d.Decode(&b); err != nil {
		return err
	}
	for _, id := range b.Messages {
		err := w.Telegram.DeleteMessage(ctx, b.Chat, id)
		if c := telegram.ClassOf(err); err != nil && c != telegram.NotFound && c != telegram.Permanent {
			return err
		}
	}
	return nil
}

// sendStatus sends the first status message of a generation, if it still has something to tell.
func (w *Workers) sendStatus(ctx context.Context, d storage.Delivery) (shown, error) {
	g, err := w.Store.Generation(ctx, d.Generation)
	if err != nil || !g.Status.Open() {
		return shown{}, err
	}
	text, rows, err := w.statusText(ctx, g)
	if err != nil {
		return shown{}, err
	}
	return one(w.Telegram.SendMessage(ctx, telegram.Text{ChatID: g.Request.Chat, ReplyTo: g.Request.Message, HTML: text, Keyboard: rows}))
}

// sent notes what is out and starts what waited for it.
func (w *Workers) sent(ctx context.Context, d storage.Delivery, s shown) error {
	w.Step("sent")
	ctx, cancel := settled(ctx)
	defer cancel()
	var next *storage.Ref
	var out storage.Outbox
	err := w.insist(ctx, "database", func() (err error) { // it is out: forgetting that would show it twice
		next, out, err = w.Store.Sent(ctx, d, s.messages, s.follow)
		return err
	})
	if err != nil {
		return err
	}
	w.Metrics.delivered.WithLabelValues(string(d.Kind), "sent").Inc()
	w.post(ctx, out)
	w.postNext(ctx, next)
	if d.Kind == storage.SendStatus && len(s.messages) > 0 {
		w.enqueue(ctx, queue.NewGenerationProgressTask(d.Generation, 1).After(progressPause))
	}
	return nil
}

func (w *Workers) postNext(ctx context.Context, next *storage.Ref) {
	if next != nil {
		w.post(ctx, storage.Outbox{*next})
	}
}

// sendFailed decides what a failed send means.
func (w *Workers) sendFailed(ctx context.Context, d storage.Delivery, err error) error {
	if errors.Is(err, objects.ErrNotFound) {
		return w.lost(ctx, d, err)
	}
	var e *telegram.Error
	if !errors.As(err, &e) {
		if errors.Is(err, storage.ErrFenced) {
			return err
		}
		return w.postpone(ctx, d, "interrupted", 2*time.Second, err)
	}
	switch e.Class {
	case telegram.RateLimited:
		return w.postpone(ctx, d, "throttled", e.RetryAfter, nil)
	case telegram.Transient:
		return w.postpone(ctx, d, "transient", time.Second<<min(d.Fence-1, 5), err)
	case telegram.Unauthorized, telegram.Conflict:
		return w.postpone(ctx, d, "unauthorized", 30*time.Second, err)
	case telegram.Blocked:
		return w.notSent(ctx, d, "blocked", storage.ReasonBlocked)
	case telegram.Uncertain:
		if d.Kind.Repeatable() {
			return w.postpone(ctx, d, "transient", time.Second, err)
		}
		return w.uncertain(ctx, d)
	}
	w.Log.ErrorContext(ctx, "delivery refused", "kind", d.Kind, "error", err)
	return w.notSent(ctx, d, "refused", storage.ReasonChat)
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
		Chat: g.Request.Chat, Text: w.printer(owner.Lang).HTML(texts.MessageFailed, nil),
	}}}})
	if err != nil {
		return err
	}
	w.post(ctx, out)
	return w.notSent(ctx, d, "lost", storage.ReasonLost)
}

// postpone puts a delivery back and enqueues its next try.
func (w *Workers) postpone(ctx context.Context, d storage.Delivery, outcome string, wait time.Duration, cause error) error {
	ctx, cancel := settled(ctx)
	defer cancel()
	w.Metrics.delivered.WithLabelValues(string(d.Kind), outcome).Inc()
	if cause != nil {
		w.Log.WarnContext(ctx, "delivery postponed", "kind", d.Kind, "wait", wait, "error", cause)
	}
	var epoch int64
	err := w.insist(ctx, "database", func() (err error) { // it is not out: forgetting that would make it uncertain
		epoch, err = w.Store.Postpone(ctx, d, wait)
		return err
	})
	if err != nil {
		return err
	}
	w.enqueue(ctx, queue.NewDeliverySendTask(d.ID, epoch).After(wait))
	return nil
}

func (w *Workers) notSent(ctx context.Context, d storage.Delivery, outcome string, reason storage.Reason) error {
	ctx, cancel := settled(ctx)
	defer cancel()
	w.Metrics.delivered.WithLabelValues(string(d.Kind), outcome).Inc()
	next, err := w.Store.NotSent(ctx, d, reason)
	if err != nil {
		return err
	}
	w.postNext(ctx, next)
	return nil
}

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
		b.Chat, object = g.Request.Chat, g.ID
	default:
		return nil, nil
	}
	person, err := w.Store.PersonByID(ctx, d.User)
	if err != nil {
		return nil, err
	}
	p := w.printer(person.Lang)
	return []storage.Send{{Key: "uncertain:" + d.ID, User: d.User, Kind: storage.SendMessage, Body: messageBody{
		Chat: b.Chat, Notice: true, Text: p.HTML(texts.MessageUncertain, nil),
		Keyboard: [][]telegram.Button{{{Text: p.Plain(texts.ButtonShow, nil), Data: w.signer.Data(telegram.OpShow, object, person.TelegramID, "")}}},
	}}}, nil
}
