package telegramtest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// How long undelivered updates are kept.
const (
	updateLife = 24 * time.Hour
	queryLife  = 150 * time.Second // callback and pre-checkout queries
	inlineLife = 30 * time.Second
	chosenLife = 600 * time.Second
	maxHold    = 50    // seconds a long poll may last
	keptSeen   = 2_000 // confirmed updates kept for Redeliver
)

// Refusals of getUpdates.
const (
	wordsOtherPoller = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
	wordsNewWebhook  = "Conflict: terminated by setWebhook request"
	wordsWebhook     = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)

// pending is an update waiting for the bot. The body is made when the update
// happens; later edits do not show in it.
type pending struct {
	ID      int64           `json:"id"`
	Epoch   int             `json:"epoch"` // grows at each jump of the numbering
	Kind    string          `json:"kind"`
	Queue   int64           `json:"queue"` // webhooks keep order within one
	Body    json.RawMessage `json:"body"`
	Expires int64           `json:"expires"`         // Unix milliseconds
	Again   bool            `json:"again"`           // redelivered: survives one confirmation
	Twice   bool            `json:"twice,omitempty"` // delivered twice by a fault already
	Given   bool            `json:"given,omitempty"` // the bot may have got it

	tries     int
	notBefore time.Time // real time of the next webhook attempt
	late      bool      // held back: others may overtake it
}

// poller is what getUpdates remembers about its callers.
type poller struct {
	generation int // of the long poll in progress
	reason     string
	offset     int64
	answered   time.Time
}

// epoch is a run of update ids without a jump, [First, Next).
type epoch struct {
	First int64 `json:"first"`
	Next  int64 `json:"next"`
}

// The queues that webhooks keep apart, as the real server numbers them.
func queueOfChat(id int64) int64     { return id }
func queueOfInline(id int64) int64   { return id + 1<<33 }
func queueOfChosen(id int64) int64   { return id + 2<<33 }
func queueOfQueries(id int64) int64  { return id + 3<<33 }
func queueOfPayments(id int64) int64 { return id + 4<<33 }

// notByDefault are the kinds of updates that a bot has to ask for.
var notByDefault = []string{"chat_member", "message_reaction", "message_reaction_count"}

// wanted reports whether the bot takes updates of a kind.
func (s *Server) wanted(kind string) bool {
	if s.w.Allowed == nil {
		return !slices.Contains(notByDefault, kind)
	}
	return slices.Contains(s.w.Allowed, kind)
}

// push queues an update for the bot if the bot wants its kind. It returns the
// update's id, or 0.
func (s *Server) push(queue int64, u Update) int64 {
	kind, life := u.kind()
	if !s.wanted(kind) {
		return 0
	}
	p := &pending{Kind: kind, Queue: queue, Body: u.body(), Expires: s.until(life)}
	if s.shake(JumpIDs, p) != nil {
		s.jump()
	}
	p.ID, u.UpdateID = s.w.NextUpdate, s.w.NextUpdate
	p.Body = u.body()
	s.w.NextUpdate++
	p.Epoch = s.epoch()
	if s.w.Webhook.URL != "" {
		if f := s.shake(ReorderWebhooks, p); f != nil {
			p.late, p.notBefore = true, time.Now().Add(cmp.Or(f.Delay, lateness))
		}
	}
	s.w.Updates = append(s.w.Updates, p)
	if len(s.w.Updates) > maxUpdates {
		s.w.Updates = slices.Delete(s.w.Updates, 0, 1)
	}
	s.touch()
	return p.ID
}

// body is the update as JSON.
func (u Update) body() json.RawMessage {
	raw, err := json.Marshal(u.forBot())
	if err != nil {
		panic(err) // the types above marshal
	}
	return raw
}

// kind is the name of the update's field, and how long the update waits for the bot.
func (u Update) kind() (string, time.Duration) {
	switch {
	case u.Message != nil:
		return "message", updateLife
	case u.EditedMessage != nil:
		return "edited_message", updateLife
	case u.CallbackQuery != nil:
		return "callback_query", queryLife
	case u.PreCheckoutQuery != nil:
		return "pre_checkout_query", queryLife
	case u.MessageReaction != nil:
		return "message_reaction", updateLife
	case u.Poll != nil:
		return "poll", updateLife
	case u.PollAnswer != nil:
		return "poll_answer", updateLife
	case u.InlineQuery != nil:
		return "inline_query", inlineLife
	case u.ChosenInlineResult != nil:
		return "chosen_inline_result", chosenLife
	case u.PurchasedPaidMedia != nil:
		return "purchased_paid_media", updateLife
	case u.ChatMember != nil:
		return "chat_member", updateLife
	default:
		return "my_chat_member", updateLife
	}
}

// epoch is the number of the current run of ids; the run is extended to now.
func (s *Server) epoch() int {
	if len(s.w.Epochs) == 0 {
		s.w.Epochs = []epoch{{}}
	}
	last := len(s.w.Epochs) - 1
	s.w.Epochs[last].Next = s.w.NextUpdate
	return last
}

// JumpUpdateIDs makes the numbering go on at next, higher or lower, as Telegram does
// after a week without updates.
func (s *Server) JumpUpdateIDs(next int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.renumber(next)
}

// PendingUpdates lists the ids of the updates the bot has not confirmed.
func (s *Server) PendingUpdates() []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire()
	ids := make([]int64, 0, len(s.w.Updates))
	for _, p := range s.w.Updates {
		ids = append(ids, p.ID)
	}
	return ids
}

// Redeliver queues an update once more under its old id, as happens when a
// confirmation is lost. It reports whether the update is still known.
func (s *Server) Redeliver(updateID int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range slices.Concat(s.w.Updates, s.w.Seen) {
		if p.ID == updateID {
			s.repeat(p)
			s.touch()
			return true
		}
	}
	return false
}

// expire drops the updates that waited too long.
func (s *Server) expire() {
	s.w.Updates = slices.DeleteFunc(s.w.Updates, func(p *pending) bool {
		past := s.past(p.Expires)
		if past && !p.Given {
			s.w.Stale = append(s.w.Stale, p.ID)
		}
		return past
	})
}

// StaleUpdates returns the ids of the updates that were given up because the bot did not ask for them in time.
func (s *Server) StaleUpdates() []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire()
	return slices.Clone(s.w.Stale)
}

// confirm forgets the updates before offset. An offset of an earlier numbering
// confirms only that numbering; one that fits none confirms nothing.
func (s *Server) confirm(offset int64) {
	s.epoch()
	at := -1
	for i, e := range s.w.Epochs {
		if e.First <= offset && offset <= e.Next {
			at = i
		}
	}
	var done []*pending
	s.w.Updates = slices.DeleteFunc(s.w.Updates, func(p *pending) bool {
		gone := !p.Again && (p.Epoch < at || p.Epoch == at && p.ID < offset)
		if gone {
			done = append(done, p)
		}
		return gone
	})
	for _, p := range done {
		s.confirmed(p)
	}
}

// setAllowed remembers allowed_updates; not given, the last list stays.
func (s *Server) setAllowed(c *call) error {
	if !c.has("allowed_updates") {
		return nil
	}
	var kinds []string
	if err := c.decode("allowed_updates", "allowed updates", &kinds); err != nil {
		return err
	}
	s.w.Allowed = kinds
	if len(kinds) == 0 {
		s.w.Allowed = nil
	}
	return nil
}

// getUpdates is the long poll. A newer one ends it with 409.
func (s *Server) getUpdates(c *call) (any, error) {
	limit, hold, mine, err := s.beginPoll(c)
	if err != nil {
		return nil, err
	}
	deadline := time.Now().Add(hold)
	for {
		s.mu.Lock()
		batch, err := s.takeBatch(mine, limit)
		changed := s.changed
		s.mu.Unlock()
		if err != nil || len(batch) > 0 || time.Until(deadline) <= 0 {
			return append([]json.RawMessage{}, batch...), err
		}
		timer := time.NewTimer(time.Until(deadline))
		select {
		case <-changed:
		case <-timer.C:
		case <-c.ctx.Done():
			timer.Stop()
			return nil, c.ctx.Err()
		case <-s.ctx.Done():
			timer.Stop()
			return []json.RawMessage{}, nil
		}
		timer.Stop()
	}
}

// beginPoll confirms by offset, ends the poll there may be, and settles how many
// updates to return and how long to wait for the first.
func (s *Server) beginPoll(c *call) (limit int, hold time.Duration, mine int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.w.Webhook.URL != "" {
		return 0, 0, 0, &apiError{Code: http.StatusConflict, Description: wordsWebhook}
	}
	if err := s.setAllowed(c); err != nil {
		return 0, 0, 0, err
	}
	s.poll.generation++
	s.poll.reason = wordsOtherPoller
	s.touch()
	limit, offset := int(c.clamp("limit", 1, 100, 100)), c.num("offset")
	hold = time.Duration(c.clamp("timeout", 0, maxHold, 0)) * time.Second
	limit, hold = s.throttle(offset, limit, hold)
	s.expire()
	if offset > 0 {
		s.confirm(offset)
	} else if n := len(s.w.Updates) + int(max(offset, -maxUpdates)); offset < 0 && n > 0 {
		s.w.Updates = slices.Delete(s.w.Updates, 0, n)
	}
	return limit, hold, s.poll.generation, nil
}

// throttle is Telegram's guard against asking for the same offset in a tight loop.
func (s *Server) throttle(offset int64, limit int, hold time.Duration) (int, time.Duration) {
	since := time.Since(s.poll.answered)
	same := offset == s.poll.offset
	s.poll.offset = offset
	if !s.opts.Throttle || !same {
		return limit, hold
	}
	if since < 500*time.Millisecond {
		limit = 1
	}
	if since < 3*time.Second {
		hold = max(hold, 3*time.Second)
	}
	return limit, hold
}

// takeBatch returns what is due for the long poll of generation mine.
func (s *Server) takeBatch(mine, limit int) ([]json.RawMessage, error) {
	if s.poll.generation != mine {
		return nil, &apiError{Code: http.StatusConflict, Description: s.poll.reason}
	}
	s.expire()
	var batch []json.RawMessage
	for _, p := range s.w.Updates[:min(limit, len(s.w.Updates))] {
		batch = append(batch, p.Body)
		p.Again, p.Given = false, true
	}
	if len(batch) > 0 {
		s.poll.answered = time.Now()
	}
	return batch, nil
}
