package workers

// Delivering: what is owed is a row of the outbox, written with its cause, and each row is one call. Telegram does not
// recognize a repeated send, so what may be out is never sent again silently. Where the process, or the line, can break:
//
//	it breaks…                            found as   then                                  the person sees
//	before the row is claimed             pending    the sweeper enqueues it again         it, later
//	while a result is prepared            pending    it is claimed again                   it, later
//	after the claim, before the call      sending    what an edit shows is shown again;    it, later; or a notice with a
//	                                                 a send is uncertain                   button that shows it
//	in the call, before it left           sending    it is put back: nothing happened      it, later
//	in the call, its answer is lost       sending    edits again, a send is uncertain      it; or it, maybe, and the notice
//	after the answer, before it is noted  sending    the same: nobody knows any more       the same
//	after it is noted                     sent       the sweeper enqueues what follows     it, then its buttons
//	between two parts of a result         sent       each part is a row: the next goes     all parts, each once
//	while the notice is sent              sending    there is no notice about a notice     it, maybe; /history has it
//	Telegram refuses the form             sending    the next form down the ladder         a file, a copy, a link
//	Telegram does not take a file id      sending    the object store has it: uploaded     it
//	Telegram says to wait                 pending    it waits, and what is behind it       all in order, later
//	the person blocked the bot            ended      everything for them stops             an offer when they are back
//	the group became another one          pending    it goes to the new one                it, there
//	the object store is away              pending    it steps aside, others go first       other messages, then it
//	the object store lost the image       ended      they are told                         that it went wrong
//	Redis lost everything                 pending    the sweeper enqueues all              it, later
//
// The tests are in cmd/internal/app: faults_delivery_test.go, faults_telegram_test.go and kill_test.go have a case for each
// line, faults_server_test.go for the servers.

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/workers/telegram"
)

// deliver makes one call of the outbox. Telegram does not recognize a repeated send, so a message whose sending was cut
// off is not sent again: the person is told that something may be missing, with a button that shows it. Calls that may
// be repeated are.
func (w *Workers) deliver(ctx context.Context, p queue.DeliverySend) (failed error) {
	if w.Telegram == nil {
		return later(errors.New("no bot to deliver with"), time.Minute)
	}
	d, err := w.Store.ClaimDelivery(ctx, p.ID)
	if err != nil {
		return err
	}
	ctx, end := w.Traces.Span(ctx, "deliver", "kind", string(d.Kind))
	defer func() { end(failed) }()
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	ctx, stop := whileClaimed(ctx, func(ctx context.Context) error { return w.Store.RenewDelivery(ctx, d) })
	defer stop()
	switch {
	case !d.Expires.IsZero() && time.Now().After(d.Expires):
		return w.notSent(ctx, d, "expired", storage.ReasonChat)
	case d.Private && d.Unreachable:
		return w.notSent(ctx, d, "blocked", storage.ReasonBlocked)
	}
	sent, err := w.send(ctx, d)
	if err == nil {
		return w.sent(ctx, d, sent)
	}
	return w.sendFailed(ctx, d, err)
}

// sendTime is how long one send may take, uploads included.
const sendTime = 50 * time.Second

// errUncertain says that the call may have shown something before this process began.
var errUncertain = &telegram.Error{Method: "resume", Class: telegram.Uncertain}

func (w *Workers) send(ctx context.Context, d storage.Delivery) (storage.Shown, error) {
	if d.Kind == storage.SendResult {
		return w.sendResult(ctx, d)
	}
	if d.Interrupted && !d.Kind.Repeatable() {
		return storage.Shown{}, errUncertain
	}
	switch d.Kind {
	case storage.SendMessage:
		return w.sendMessage(ctx, d)
	case storage.SendStatus:
		return w.sendStatus(ctx, d)
	case storage.SendAnswer:
		return storage.Shown{}, w.sendAnswer(ctx, d)
	case storage.SendEdit:
		return storage.Shown{}, w.sendEdit(ctx, d)
	case storage.SendDelete:
		return storage.Shown{}, w.sendDelete(ctx, d)
	}
	return storage.Shown{}, errors.New("unknown kind of delivery")
}

func (w *Workers) sendMessage(ctx context.Context, d storage.Delivery) (storage.Shown, error) {
	var b messageBody
	if err := d.Decode(&b); err != nil {
		return storage.Shown{}, err
	}
	chat, err := w.Store.MovedChat(ctx, b.Chat)
	if err != nil {
		return storage.Shown{}, err
	}
	if chat != b.Chat {
		b.ReplyTo = 0 // ids are counted anew there
	}
	switch b.Chat = chat; {
	case b.Sheet != nil:
		return w.sendSheet(ctx, d, b)
	case b.Invoice != nil:
		return w.sendInvoice(ctx, b)
	case b.Export != nil:
		return w.sendExport(ctx, d, b)
	}
	s, err := one(w.Telegram.SendMessage(ctx, telegram.Text{
		ChatID: chat, ThreadID: b.Thread, ReplyTo: b.ReplyTo, HTML: b.Text, Keyboard: b.Keyboard, ForceReply: b.Asks,
	}))
	if err == nil && b.About != nil {
		s.Notes = []storage.Note{{Chat: chat, Message: s.Messages[0], About: *b.About}}
	}
	return s, err
}

// one is the outcome of a call that shows one message.
func one(m telegram.Sent, err error) (storage.Shown, error) {
	return storage.Shown{Messages: []int64{m.ID}}, err
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
	case b.Webhook != nil:
		return w.sendWebhook(ctx, d, *b.Webhook)
	case b.Menu != nil:
		err = w.sendMenu(ctx, d.User, b.Chat, *b.Menu)
	case b.Renewal != "":
		return w.sendRenewal(ctx, d, b.Renewal)
	case b.Invoice != nil:
		return w.linkInvoice(ctx, d.User, *b.Invoice)
	case b.Share != nil:
		return w.prepareShare(ctx, d.User, *b.Share)
	case b.Star != "":
		return w.drawStar(ctx, d, b)
	case b.Sheet != nil:
		err = w.editSheet(ctx, d, b)
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
	for _, g := range b.Results {
		shown, err := w.Store.ResultMessages(ctx, d.User, b.Chat, g)
		if err != nil {
			return err
		}
		b.Messages = append(b.Messages, shown...)
	}
	slices.Sort(b.Messages)
	for _, id := range slices.Compact(b.Messages) {
		err := w.Telegram.DeleteMessage(ctx, b.Chat, id)
		if c := telegram.ClassOf(err); err != nil && c != telegram.NotFound && c != telegram.Permanent {
			return err
		}
	}
	return nil
}

// sendStatus sends the first status message of a generation, if it still has something to tell.
func (w *Workers) sendStatus(ctx context.Context, d storage.Delivery) (storage.Shown, error) {
	g, err := w.Store.Generation(ctx, d.Generation)
	if err != nil || !g.Status.Open() {
		return storage.Shown{}, err
	}
	chat, err := w.Store.MovedChat(ctx, g.Request.Chat)
	if err != nil || chat != g.Request.Chat {
		return storage.Shown{}, err // in another chat it could not become the result
	}
	text, rows, promise, err := w.firstStatus(ctx, g)
	if err != nil {
		return storage.Shown{}, err
	}
	s, err := one(w.Telegram.SendMessage(ctx, telegram.Text{
		ChatID: chat, ThreadID: g.Request.Thread, ReplyTo: g.Request.Message, HTML: text, Keyboard: rows,
	}))
	s.Guess = promise
	return s, err
}

// sent notes what is out and starts what waited for it.
func (w *Workers) sent(ctx context.Context, d storage.Delivery, s storage.Shown) error {
	w.Step("sent")
	ctx, cancel := settled(ctx)
	defer cancel()
	var next *storage.Ref
	var out storage.Outbox
	err := w.insist(ctx, "database", func() (err error) { // it is out: forgetting that would show it twice
		next, out, err = w.Store.Sent(ctx, d, s)
		return err
	})
	if err != nil {
		return err
	}
	w.Step("noted")
	w.Metrics.sent(ctx, d)
	w.post(ctx, out)
	w.postNext(ctx, next)
	if d.Kind == storage.SendStatus && len(s.Messages) > 0 {
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
	switch {
	case errors.Is(err, objects.ErrNotFound):
		return w.lost(ctx, d, err)
	case errors.Is(err, objects.ErrUnavailable):
		return w.stepAside(ctx, d, err)
	}
	var e *telegram.Error
	if !errors.As(err, &e) {
		if errors.Is(err, storage.ErrFenced) {
			return err
		}
		return w.stepAside(ctx, d, err)
	}
	switch e.Class {
	case telegram.RateLimited:
		return w.postpone(ctx, d, "throttled", e.RetryAfter, nil)
	case telegram.Transient:
		return w.postpone(ctx, d, "transient", time.Second<<min(d.Fence-1, 5), err)
	case telegram.Unauthorized, telegram.Conflict:
		return w.postpone(ctx, d, "unauthorized", 30*time.Second, err)
	case telegram.Blocked:
		return w.blocked(ctx, d)
	case telegram.Migrated:
		if err := w.Store.MoveChat(ctx, e.ChatID, e.MigrateTo); err != nil {
			return err
		}
		return w.postpone(ctx, d, "moved", time.Duration(min(d.Fence-1, 30))*time.Second, nil)
	case telegram.Uncertain:
		if d.Kind.Repeatable() {
			return w.postpone(ctx, d, "transient", time.Second, err)
		}
		return w.uncertain(ctx, d)
	}
	w.Log.ErrorContext(ctx, "delivery refused", "kind", d.Kind, "error", err)
	return w.notSent(ctx, d, "refused", storage.ReasonChat)
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

// stepAside puts a delivery back that a fault of our own keeps from being made, and lets others go first.
func (w *Workers) stepAside(ctx context.Context, d storage.Delivery, cause error) error {
	const wait = 2 * time.Second
	ctx, cancel := settled(ctx)
	defer cancel()
	w.Metrics.delivered.WithLabelValues(string(d.Kind), "interrupted").Inc()
	w.Log.WarnContext(ctx, "delivery steps aside", "kind", d.Kind, "wait", wait, "error", cause)
	var epoch int64
	var next *storage.Ref
	err := w.insist(ctx, "database", func() (err error) {
		epoch, next, err = w.Store.StepAside(ctx, d, wait)
		return err
	})
	if err != nil {
		return err
	}
	w.enqueue(ctx, queue.NewDeliverySendTask(d.ID, epoch).After(wait))
	w.postNext(ctx, next)
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
