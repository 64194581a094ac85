package workers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// Erasing somebody. The request waits for its days of grace (erase_ask.go), then its task goes through these steps; the last one
// that is finished stands in its row, so that whoever continues after a crash begins with the next. What was under way when the
// person was marked is given the time of the longest lease to end, twice: before anything is deleted, and after their key is
// gone, when whatever a worker that was frozen still put somewhere is looked for again.

// eraseSettle is longer than an update is worked on, and then a lease and its grace; twice as long is longer than any process
// remembers a key ([keys.CacheTime]).
const eraseSettle = 35 * time.Second

// eraseStep is one of the steps. do may be done again; it returns how long to wait after it.
type eraseStep struct {
	name string
	do   func(context.Context, storage.Right) (wait time.Duration, err error)
}

func (w *Workers) eraseSteps() []eraseStep {
	return []eraseStep{
		{storage.EraseMarked, w.eraseMark},
		{storage.EraseStopped, w.eraseStop},
		{storage.EraseRefunded, w.eraseRefund},
		{storage.EraseObjects, w.eraseObjects},
		{storage.EraseRows, w.eraseRows},
		{storage.EraseKey, w.eraseKey},
		{storage.EraseSwept, w.eraseAgain},
		{storage.EraseTold, w.eraseTell},
	}
}

// notYetError says that a step has to be done again after a while.
type notYetError struct{ after time.Duration }

func (e notYetError) Error() string { return "not yet" }

// erase goes on with an erasure until it is over, or has to wait.
func (w *Workers) erase(ctx context.Context, r storage.Right) error {
	steps := w.eraseSteps()
	done := slices.IndexFunc(steps, func(s eraseStep) bool { return s.name == r.Step })
	for _, s := range steps[done+1:] {
		w.Step("erase " + s.name)
		wait, err := s.do(ctx, r)
		if later, ok := errors.AsType[notYetError](err); ok {
			return w.pauseRight(ctx, r, r.Step, later.after)
		}
		if err != nil {
			return fmt.Errorf("erase, step %s: %w", s.name, err)
		}
		w.Step("erased " + s.name)
		if wait > 0 {
			return w.pauseRight(ctx, r, s.name, wait)
		}
		if r.Step == s.name { // noted by itself
			continue
		}
		if err := w.Store.StepRight(ctx, r, s.name); err != nil {
			return err
		}
		r.Step = s.name
	}
	if err := w.Store.EndErasure(ctx, r); err != nil {
		return err
	}
	w.Step("erase ended")
	w.Log.InfoContext(ctx, "person erased", "right", r.ID)
	return nil
}

// pauseRight lets go of a request and enqueues the task that goes on.
func (w *Workers) pauseRight(ctx context.Context, r storage.Right, step string, wait time.Duration) error {
	epoch, err := w.Store.PauseRight(ctx, r, step, w.Store.Now().Add(wait))
	if err == nil {
		w.enqueue(ctx, queue.NewRightServeTask(r.ID, epoch).After(wait))
	}
	return err
}

// eraseMark makes everything else stop adding to what there is, and notes what is needed when the key is gone.
func (w *Workers) eraseMark(ctx context.Context, r storage.Right) (time.Duration, error) {
	p, err := w.Store.PersonByID(ctx, r.User)
	if err != nil {
		return 0, err
	}
	f := storage.Farewell{Chat: p.TelegramID, Lang: p.Lang}
	c, err := w.Store.Conversation(ctx, r.User)
	if ignore(err, storage.ErrNotFound) != nil {
		return 0, err
	}
	f.Conversation = c.ID
	return 0, w.Store.MarkErasing(ctx, r, f)
}

// eraseStop ends what runs, and has providers delete what they have. Then it waits for what does not know yet.
func (w *Workers) eraseStop(ctx context.Context, r storage.Right) (time.Duration, error) {
	w.takeBackAll(ctx, r.User)
	n, err := w.Store.StopGenerations(ctx, r)
	if err != nil {
		return 0, err
	}
	// A call that is only now told its handle is asked to be deleted by whoever is told.
	if _, err := w.Store.AskDeletions(ctx, r.User); err != nil {
		return 0, err
	}
	w.Metrics.finished.WithLabelValues(string(storage.StatusCanceled), string(storage.ReasonPerson)).Add(float64(n))
	for _, stop := range []func(context.Context, storage.Right) error{w.eraseTalk, w.eraseGifts, w.eraseSubscription} {
		if err := stop(ctx, r); err != nil {
			return 0, err
		}
	}
	return w.Settings.EraseSettle, nil
}

// takeBackAll asks providers to stop what they work on. Whether they do changes nothing.
func (w *Workers) takeBackAll(ctx context.Context, user int64) {
	calls, err := w.Store.RunningCalls(ctx, user)
	if err != nil {
		w.Log.WarnContext(ctx, "calls of somebody who is erased go on", "error", err)
	}
	for _, a := range calls {
		route, ok := w.Router.Route(a.Provider, a.Model)
		if !ok {
			continue
		}
		unbilled, err := w.Router.Cancel(ctx, route.Provider, a.Handle)
		if err == nil && unbilled {
			w.Router.Free(ctx, route, a.Generation)
			err = w.Store.EndAttempt(ctx, a.ID, storage.End{State: storage.AttemptCanceled, Billed: "no"})
		}
		if err != nil {
			w.Log.WarnContext(ctx, "provider did not cancel", "provider", a.Provider, "error", err)
		}
	}
}

// eraseTalk ends the conversation, of which the partner is told, and forgets what was said in it.
func (w *Workers) eraseTalk(ctx context.Context, r storage.Right) error {
	if err := w.endTalk(ctx, r.User, storage.EndBarred); err != nil {
		return err
	}
	f, err := w.Store.Farewell(ctx, r)
	if err != nil || f.Conversation == "" {
		return err
	}
	said, err := w.Store.RelayBodies(ctx, f.Conversation)
	var names []string
	for _, r := range said {
		names = append(names, w.bodyNames(r)...)
	}
	if err == nil && len(names) > 0 {
		err = w.Bodies.Drop(ctx, names...)
	}
	if err != nil {
		return err
	}
	return w.Store.ForgetRelays(ctx, f.Conversation)
}

// eraseGifts takes back gifts that nobody has opened: what they were paid with may go back.
func (w *Workers) eraseGifts(ctx context.Context, r storage.Right) error {
	gifts, err := w.Store.OpenGifts(ctx, r.User)
	for _, g := range gifts {
		if _, err := w.Store.ReturnGift(ctx, storage.Effect{}, g.ID, r.User); ignore(err, storage.ErrConsumed) != nil {
			return err
		}
	}
	return err
}

// eraseSubscription keeps Telegram from charging somebody who is not here any more.
func (w *Workers) eraseSubscription(ctx context.Context, r storage.Right) error {
	for {
		o, charge, err := w.Store.Subscription(ctx, r.User)
		if err != nil {
			return ignore(err, storage.ErrNotFound)
		}
		f, err := w.Store.Farewell(ctx, r)
		if err != nil {
			return err
		}
		if f.Chat != 0 && w.Telegram != nil {
			err = w.Telegram.EditSubscription(ctx, f.Chat, charge, true)
		}
		if c := telegram.ClassOf(err); err != nil && c != telegram.Permanent && c != telegram.NotFound && c != telegram.Blocked {
			return err
		}
		if err != nil {
			w.Log.WarnContext(ctx, "subscription of somebody who is erased not canceled", "error", err)
		}
		if _, err := w.Store.CancelSubscription(ctx, storage.Effect{}, r.User, o.ID, true); ignore(err, storage.ErrConsumed) != nil {
			return err
		}
		if _, err := w.Store.EndSubscription(ctx, storage.Effect{}, o); ignore(err, storage.ErrFenced) != nil {
			return err
		}
	}
}

// refundAgain is how often it is looked whether Telegram has given everything back.
const refundAgain = 5 * time.Second

// eraseRefund gives back every payment of which nothing is spent, waits for Telegram's answers, and closes the account.
func (w *Workers) eraseRefund(ctx context.Context, r storage.Right) (time.Duration, error) {
	all, err := w.bought(ctx, r.User, 1<<30)
	if err != nil {
		return 0, err
	}
	for _, b := range all {
		if err := w.eraseRefundOne(ctx, r, b); err != nil {
			return 0, err
		}
	}
	err = w.Store.CloseAccount(ctx, r)
	if errors.Is(err, storage.ErrHeld) {
		return 0, notYetError{min(refundAgain, w.Settings.EraseSettle)}
	}
	if err != nil {
		return 0, err
	}
	f, err := w.Store.Farewell(ctx, r)
	if err != nil {
		return 0, err
	}
	if f.Stars, f.Kept, err = w.Store.RefundedSince(ctx, r.User, r.Created); err != nil {
		return 0, err
	}
	return 0, w.Store.SetFarewell(ctx, r, f)
}

// eraseRefundOne asks for a payment to go back, unless Telegram has refused that before.
func (w *Workers) eraseRefundOne(ctx context.Context, r storage.Right, b storage.Bought) error {
	if b.Status != storage.PaymentPaid || b.Credits == 0 || b.Free < b.Credits || w.Telegram == nil {
		return nil
	}
	if p, err := w.Store.PersonByID(ctx, r.User); err != nil || p.TelegramID == 0 { // a backup: that was done before
		return err
	}
	_, status, _, err := w.Store.RefundOf(ctx, b.Charge)
	if err == nil && status == storage.RefundRefused || ignore(err, storage.ErrNotFound) != nil {
		return ignore(err, storage.ErrNotFound)
	}
	_, ref, _, err := w.Store.AskRefund(ctx, storage.Effect{}, nil, r.User, b.Charge, storage.RefundByPerson)
	if errors.Is(err, storage.ErrPartlySpent) || errors.Is(err, storage.ErrConsumed) {
		return nil
	}
	if err == nil {
		w.Metrics.refunds.WithLabelValues("asked").Inc()
		w.enqueue(ctx, queue.NewPaymentRefundTask(ref.ID, ref.Epoch))
	}
	return err
}

// eraseObjects deletes pictures and exports, and what waits in Redis.
func (w *Workers) eraseObjects(ctx context.Context, r storage.Right) (time.Duration, error) {
	for _, prefix := range []string{objects.UserPrefix(r.User), objects.ExportPrefix(r.User)} {
		n, err := w.Objects.Purge(ctx, prefix)
		if err != nil {
			return 0, err
		}
		if err := w.Store.NoteObjects(ctx, r, n); err != nil {
			return 0, err
		}
	}
	f, err := w.Store.Farewell(ctx, r)
	if err == nil && f.Chat != 0 && w.ForgetLane != nil {
		err = w.ForgetLane(ctx, f.Chat)
	}
	return 0, err
}

// eraseRows deletes the rows, and makes of the person's own a mark.
func (w *Workers) eraseRows(ctx context.Context, r storage.Right) (time.Duration, error) {
	if err := w.Store.EraseRows(ctx, r); err != nil {
		return 0, err
	}
	return 0, w.Store.ClearPerson(ctx, r, w.Settings.Remember)
}

// eraseKey destroys the key, and waits until no process has it any more.
func (w *Workers) eraseKey(ctx context.Context, r storage.Right) (time.Duration, error) {
	return 2 * w.Settings.EraseSettle, w.Keys.Destroy(ctx, r.User)
}

// eraseAgain deletes what somebody who had lost their claim put somewhere all the same. It could not be read.
func (w *Workers) eraseAgain(ctx context.Context, r storage.Right) (time.Duration, error) {
	if _, err := w.eraseObjects(ctx, r); err != nil {
		return 0, err
	}
	if err := w.Store.EraseRows(ctx, r); err != nil {
		return 0, err
	}
	return 0, w.Store.EraseTraces(ctx)
}

// eraseTell sends the receipt, past the outbox, which keeps nothing about nobody. It is never sent twice: what was about to be
// sent when the process died may be out.
func (w *Workers) eraseTell(ctx context.Context, r storage.Right) (time.Duration, error) {
	f, err := w.Store.Farewell(ctx, r)
	if err != nil || f.Chat == 0 || w.Telegram == nil {
		return 0, err
	}
	receipt, gone, err := w.Store.ErasureReceipt(ctx, r)
	if err != nil {
		return 0, err
	}
	if err := w.Store.StepRight(ctx, r, storage.EraseTold); err != nil {
		return 0, err
	}
	w.Step("erase telling")
	_, err = w.Telegram.SendMessage(ctx, telegram.Text{ChatID: f.Chat, HTML: w.printer(f.Lang).HTML(texts.MessageErased, map[string]any{
		"Records": gone.Rows, "Files": gone.Objects, "Stars": f.Stars, "Kept": f.Kept, "Receipt": receipt,
	})})
	switch e, _ := errors.AsType[*telegram.Error](err); {
	case err == nil:
		return 0, nil
	case e != nil && (e.Class == telegram.RateLimited || e.Class == telegram.Transient): // nothing is out
		return 0, notYetError{max(e.RetryAfter, 2*time.Second)}
	}
	w.Log.WarnContext(ctx, "receipt of an erasure not sent", "right", r.ID, "error", err)
	return 0, nil
}
