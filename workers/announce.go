package workers

// Announcing: a row for each person, written when it starts, and one worker that goes through them slowly (storage/announcement.go).
// A task works for a few seconds and hands over to the next, so that a process can stop at any time. Where it breaks:
//
//	it breaks…                            the row is   then
//	before the call, or it did not leave  waiting      they are told later
//	in the call, or before it is noted    sending      it is uncertain: counted, and never sent again
//	Telegram says to wait                 waiting      nobody is told until then
//	Telegram fails for this chat          waiting      others first; given up after a few times
//	the person blocked the bot            blocked      everything for them stops
//	Telegram refuses it again and again   failed       it pauses, and operators are told
//	the person opted out meanwhile        skipped      they are not told
//	Redis lost everything                 waiting      the sweeper enqueues it again

import (
	"context"
	"errors"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

const (
	announceTurn    = 5 * time.Second  // a task works that long
	announceCall    = 15 * time.Second // one call may take that long
	announceBatch   = 50
	announceGather  = 5000
	announceTries   = 5 // failures of Telegram's for one person
	announceRefused = 5 // people in a row to whom Telegram does not take it
)

// campaign is an announcement under a claim.
type campaign struct {
	*Workers
	storage.Announcement
	refused int // people in a row
}

// announce tells the next of the people an announcement is for.
func (w *Workers) announce(ctx context.Context, p queue.AnnouncementSend) error {
	if w.Telegram == nil {
		return later(errors.New("no bot to announce with"), time.Minute)
	}
	a, err := w.Store.ClaimAnnouncement(ctx, p.ID)
	if err != nil {
		return err
	}
	ctx, stop := whileClaimed(ctx, func(ctx context.Context) error { return w.Store.RenewAnnouncement(ctx, a) })
	defer stop()
	c := &campaign{Workers: w, Announcement: a}
	wait, over, err := c.turn(ctx)
	switch {
	case err != nil && !errors.Is(err, storage.ErrFenced): // an operator's word came in between, mostly
		return err
	case over:
		return c.end(ctx)
	}
	return c.handOver(ctx, wait)
}

// handOver gives the claim to the next task.
func (c *campaign) handOver(ctx context.Context, wait time.Duration) error {
	ctx, cancel := settled(ctx)
	defer cancel()
	epoch, err := c.Store.YieldAnnouncement(ctx, c.Announcement, wait)
	if err == nil {
		c.enqueue(ctx, queue.NewAnnouncementSendTask(c.ID, epoch).After(wait))
	}
	return err
}

// turn tells as many as there is time for. It says how long nobody is to be told, or that nobody is left.
func (c *campaign) turn(ctx context.Context) (wait time.Duration, over bool, err error) {
	until := time.Now().Add(announceTurn)
	if err := c.gather(ctx); err != nil {
		return 0, false, err
	}
	for time.Now().Before(until) {
		people, err := c.Store.Recipients(ctx, c.Announcement, announceBatch)
		if err != nil || len(people) == 0 {
			return 0, err == nil, err
		}
		for _, r := range people {
			if wait, err := c.reach(ctx, r, until); err != nil || wait > 0 {
				return wait, false, err
			}
			if c.refused >= announceRefused {
				return 0, false, c.stop(ctx)
			}
		}
	}
	return 0, false, nil
}

// gather finds everybody it is for.
func (c *campaign) gather(ctx context.Context) error {
	if c.Gathered || c.Status != storage.AnnouncementSending {
		return nil
	}
	if err := spokenTo(ctx, c.Store, c.Workers.Texts, &c.Audience); err != nil {
		return err
	}
	for {
		if all, err := c.Store.Gather(ctx, &c.Announcement, announceGather); err != nil || all {
			return err
		}
	}
}

// pace waits for the turn of the next call. All processes share it; it is far below what Telegram allows.
func (c *campaign) pace(ctx context.Context, until time.Time) (wait time.Duration, err error) {
	if c.Limits == nil {
		return 0, nil
	}
	wait, ok, err := c.Limits.Reserve(ctx, "announcements", time.Minute/time.Duration(c.Pace), 1, max(0, time.Until(until)))
	if err != nil {
		return 0, err
	}
	if !ok {
		return max(wait, time.Millisecond), nil
	}
	select {
	case <-time.After(wait):
		return 0, nil
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

// reach does for one person what is to be done.
func (c *campaign) reach(ctx context.Context, r storage.Recipient, until time.Time) (wait time.Duration, err error) {
	p, err := c.Store.PersonByID(ctx, r.User)
	if err != nil {
		return 0, err
	}
	told := r.Status == storage.RecipientSent
	if !told {
		if r.Status = unwanted(p, c.Must()); r.Status != "" {
			return 0, c.note(ctx, r)
		}
	}
	if wait, err := c.pace(ctx, until); err != nil || wait > 0 {
		return wait, err
	}
	if told {
		return c.follow(ctx, p, r)
	}
	err = c.Store.Announcing(ctx, c.Announcement, r.User)
	if errors.Is(err, storage.ErrRestricted) { // just now
		r.Status = storage.RecipientSkipped
		return 0, c.note(ctx, r)
	}
	if err != nil {
		return 0, err
	}
	c.Step("announcing")
	sent, err := c.call(ctx, func(ctx context.Context) (telegram.Sent, error) {
		return c.Telegram.SendMessage(ctx, telegram.Text{
			ChatID: p.TelegramID, HTML: c.text(p.Lang), Keyboard: c.buttons(p, true), Silent: !c.Loud,
		})
	})
	c.Step("announced")
	r.Message, r.Edition = sent.ID, c.Edition
	return c.outcome(ctx, r, err)
}

// unwanted is why somebody is not told after all; empty if they are. What they must know they are told whatever they opted out of.
func unwanted(p storage.Person, must bool) storage.RecipientStatus {
	switch {
	case p.Unreachable:
		return storage.RecipientBlocked
	case p.Erasing, p.TelegramID == 0, !must && (p.NoNews || p.Restricted || p.Ban.Active(time.Now())):
		return storage.RecipientSkipped
	}
	return ""
}

// text is what somebody reads who speaks a language.
func (c *campaign) text(lang string) string {
	if c.Announcement.Policy != "" {
		return c.Texts[c.Workers.Texts.For(lang).Language()]
	}
	return announcementText(c.Workers.Texts, c.Announcement, lang)
}

// buttons stand under it; what has to be told cannot be opted out of.
func (c *campaign) buttons(p storage.Person, wanted bool) [][]telegram.Button {
	switch {
	case c.Announcement.Policy != "":
		return c.policyButtons(p, c.Announcement.Policy)
	case c.Must():
		return nil
	}
	return c.newsButton(p, c.ID, wanted)
}

func (c *campaign) call(ctx context.Context, f func(context.Context) (telegram.Sent, error)) (telegram.Sent, error) {
	ctx, cancel := context.WithTimeout(ctx, announceCall)
	defer cancel()
	return f(ctx)
}

// follow changes or removes what somebody was told. Both may be done twice.
func (c *campaign) follow(ctx context.Context, p storage.Person, r storage.Recipient) (wait time.Duration, err error) {
	to := storage.RecipientSent
	_, err = c.call(ctx, func(ctx context.Context) (telegram.Sent, error) {
		if c.Status == storage.AnnouncementDeleting {
			to = storage.RecipientDeleted
			return telegram.Sent{}, c.Telegram.DeleteMessage(ctx, p.TelegramID, r.Message)
		}
		return c.Telegram.EditText(ctx, telegram.TextEdit{
			ChatID: p.TelegramID, MessageID: r.Message, HTML: c.text(p.Lang), Keyboard: c.buttons(p, !p.NoNews),
		})
	})
	switch class := telegram.ClassOf(err); {
	case class == telegram.RateLimited || class == telegram.Transient || class == telegram.Unauthorized || class == telegram.Conflict:
		return c.putBack(ctx, r, storage.RecipientSent, err)
	case class == telegram.NotFound && to == storage.RecipientDeleted:
		err = nil // they deleted it
	case err != nil && class == "":
		return 0, err
	}
	if r.Status, r.Edition = to, c.Edition; err != nil && to == storage.RecipientDeleted {
		r.Status = storage.RecipientKept
	}
	return 0, c.note(ctx, r)
}

// outcome notes what a call came to.
func (c *campaign) outcome(ctx context.Context, r storage.Recipient, err error) (wait time.Duration, _ error) {
	r.Status = storage.RecipientSent
	switch telegram.ClassOf(err) {
	case "":
		if err != nil {
			return 0, err
		}
		c.refused = 0
	case telegram.RateLimited, telegram.Transient, telegram.Unauthorized, telegram.Conflict:
		r.Edition, r.Message = 0, 0
		return c.putBack(ctx, r, storage.RecipientWaiting, err)
	case telegram.Blocked:
		r.Status = storage.RecipientBlocked
		settledCtx, cancel := settled(ctx)
		defer cancel()
		if err := c.stopFor(settledCtx, r.User); err != nil {
			return 0, err
		}
	case telegram.Uncertain:
		r.Status = storage.RecipientUncertain
	default:
		r.Status = storage.RecipientFailed
		c.refused++
		c.Log.WarnContext(ctx, "announcement refused", "announcement", c.ID, "error", err)
	}
	return 0, c.note(ctx, r)
}

// putBack leaves somebody for later, and everybody else too for as long as Telegram asked for or seems to be away.
func (c *campaign) putBack(ctx context.Context, r storage.Recipient, to storage.RecipientStatus, cause error) (wait time.Duration, err error) {
	r.Status = to
	var e *telegram.Error
	errors.As(cause, &e)
	switch e.Class {
	case telegram.RateLimited:
		wait = e.RetryAfter
	case telegram.Transient:
		wait = time.Second
		if r.Tries++; r.Tries >= announceTries {
			r.Status = storage.RecipientFailed
			if to == storage.RecipientSent {
				r.Status = storage.RecipientKept
			}
		}
	default:
		wait = 30 * time.Second
	}
	if e.Class != telegram.RateLimited {
		c.Log.WarnContext(ctx, "announcement waits", "announcement", c.ID, "wait", wait, "error", cause)
	}
	return wait, c.note(ctx, r)
}

// note writes down what became of it for somebody. It is out or not: forgetting that would make it uncertain.
func (c *campaign) note(ctx context.Context, r storage.Recipient) error {
	ctx, cancel := settled(ctx)
	defer cancel()
	err := c.insist(ctx, "database", func() error { return c.Store.Announced(ctx, c.Announcement, r) })
	if err == nil {
		c.Metrics.announced.WithLabelValues(string(r.Status)).Inc()
	}
	return err
}

// end is for an announcement of which nobody is left, and tells the operators what came of it.
func (c *campaign) end(ctx context.Context) error {
	to, key := storage.AnnouncementDone, texts.MessageDeskAnnounced
	if c.Status == storage.AnnouncementDeleting {
		to, key = storage.AnnouncementDeleted, texts.MessageDeskUnannounced
	}
	return c.close(ctx, to, key)
}

// stop pauses an announcement that Telegram does not take.
func (c *campaign) stop(ctx context.Context) error {
	return c.close(ctx, storage.AnnouncementPaused, texts.MessageDeskAnnounceRefused)
}

func (c *campaign) close(ctx context.Context, to storage.AnnouncementStatus, key texts.Key) error {
	by, _, err := c.Store.AnnouncementCounts(ctx, c.ID)
	if err != nil {
		return err
	}
	sends, err := c.operatorSends(ctx, key, map[string]any{
		"ID": c.ID, "Sent": by[storage.RecipientSent], "Failed": by[storage.RecipientFailed], "Blocked": by[storage.RecipientBlocked],
		"Uncertain": by[storage.RecipientUncertain], "Deleted": by[storage.RecipientDeleted], "Kept": by[storage.RecipientKept],
	})
	if err != nil {
		return err
	}
	out, err := c.Store.EndAnnouncement(ctx, c.Announcement, to, sends)
	if err == nil {
		c.Log.InfoContext(ctx, "announcement ended", "announcement", c.ID, "status", to)
		c.post(ctx, out)
	}
	return err
}

// sweepAnnouncements enqueues those that nobody works on: an operator's word is found here first.
func (w *Workers) sweepAnnouncements(ctx context.Context, all bool) (int, error) {
	return w.requeue(ctx, all, w.Store.SweepAnnouncements, queue.NewAnnouncementSendTask)
}
