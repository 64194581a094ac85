package sim_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/imagika/imagika/workers/shop"
)

// goods is what there is to buy; it is read only.
var goods = sync.OnceValues(func() (*shop.Shelf, error) {
	packs, err := shop.Parse([]byte("packs:\n  - {id: small, stars: 10, credits: 10, title: {en: Small}}\n"))
	return shop.NewShelf(packs), err
})

// eventually has somebody try something every other second, until it works or the faults are over.
func (w *world) eventually(what string, after time.Duration, try func() bool) {
	w.after(after, what, func() {
		if !try() && !w.calmed() {
			w.eventually(what, 2*time.Second, try)
		}
	})
}

func (w *world) calmed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calm
}

// follows has somebody press one button after the other, as they come.
func (w *world) follows(p *person, labels ...string) {
	if len(labels) == 0 {
		return
	}
	w.eventually("presses "+labels[0], 3*time.Second, func() bool {
		pressed := w.presses(p, labels[0])
		if pressed {
			w.follows(p, labels[1:]...)
		}
		return pressed
	})
}

// presses presses the latest button with a label that begins so.
func (w *world) presses(p *person, label string) bool {
	for _, m := range slices.Backward(p.Messages()) {
		if m.Deleted || m.ReplyMarkup == nil {
			continue
		}
		for _, b := range slices.Concat(m.ReplyMarkup.InlineKeyboard...) {
			if strings.HasPrefix(b.Text, label) && b.CallbackData != "" {
				_, err := p.Press(m.MessageID, b.Text)
				w.stir()
				return err == nil
			}
		}
	}
	return false
}

// buys has somebody buy a pack twice and want the Stars of one back. Telegram's support may be quicker.
func (w *world) buys(p *person) {
	for range 2 {
		at := w.moment()
		w.after(at, "orders", func() { w.speak(p, "/start buy_small") })
		w.eventually("pays", at+2*time.Second, func() bool { return w.pays(p) })
	}
	at := w.moment() + 20*time.Second
	w.eventually("wants Stars back", at, func() bool {
		if w.number(`SELECT COUNT(*) FROM payments WHERE status = 'paid' AND user_id = $1`, p.id) == 0 {
			return false
		}
		w.speak(p, "/paysupport")
		w.follows(p, "↩️ Refund 1", "Yes, give it back")
		return true
	})
	if w.dice.IntN(3) == 0 {
		w.after(at+time.Duration(w.dice.IntN(12_000))*time.Millisecond, "support gives back", func() { w.givesBack(p) })
	}
}

// pays pays what was not paid yet. What the bot refuses or does not answer is left at that.
func (w *world) pays(p *person) bool {
	for _, m := range slices.Backward(p.Messages()) {
		if m.Invoice != nil && !m.Deleted && !p.paid[m.MessageID] {
			p.paid[m.MessageID] = true
			_, err := p.Pay(m.MessageID)
			w.stir()
			return err == nil
		}
	}
	return false
}

func (w *world) givesBack(p *person) {
	for _, m := range p.Messages() {
		if m.SuccessfulPayment != nil && w.tg.Refund(m.SuccessfulPayment.TelegramPaymentChargeID) == nil {
			w.struck("given back by support")
			w.stir()
			return
		}
	}
}

// freezes has somebody freeze their account, and end that later.
func (w *world) freezes(p *person) {
	w.after(w.moment(), "freezes", func() {
		w.speak(p, "/privacy")
		w.follows(p, "❄️ Freeze", "❄️ Yes, freeze it", "☀️ Unfreeze")
	})
}

// leaves has somebody want to be erased.
func (w *world) leaves(p *person) {
	w.after(w.moment(), "leaves", func() {
		w.speak(p, "/privacy")
		w.follows(p, "🗑 Erase everything", "🗑 Erase everything", "Yes, erase everything")
	})
}

// paymentDone is workers.Config.AckPayment.
func (w *world) paymentDone(ctx context.Context, hash string) error {
	w.at(ctx, "payment done")
	w.acknowledge(hash)
	return nil
}

// movement is a movement of Stars, as Telegram lists it.
type movement struct {
	ID       string    `json:"id"`
	Amount   int64     `json:"amount"`
	Source   *struct{} `json:"source"`   // it came in
	Receiver *struct{} `json:"receiver"` // it went out
}

// movements are all there were.
func (w *world) movements() []movement {
	var list struct {
		Transactions []movement `json:"transactions"`
	}
	w.ask("getStarTransactions", url.Values{"limit": {"100"}}, &list)
	return list.Transactions
}

// unbooked says which movements are not in the books yet, and what in the books did not move.
func (w *world) unbooked() (all []string) {
	books := map[string]string{}
	for _, row := range w.texts(`SELECT charge_id || '|' || stars || ' ' || status FROM payments`) {
		charge, rest, _ := strings.Cut(row, "|")
		books[charge] = rest
	}
	back := map[string]bool{}
	in := 0
	for _, m := range w.movements() {
		stars, status, _ := strings.Cut(books[m.ID], " ")
		if m.Receiver != nil {
			back[m.ID] = true
			if status != "refunded" && status != "clawed_back" {
				all = append(all, "went back: "+m.ID+" "+books[m.ID])
			}
			continue
		}
		in++
		if stars != strconv.FormatInt(m.Amount, 10) {
			all = append(all, "came in: "+m.ID+" "+books[m.ID])
		}
	}
	for charge, rest := range books {
		if status := strings.Fields(rest)[1]; (status == "refunded" || status == "clawed_back") && !back[charge] {
			all = append(all, "did not go back: "+charge)
		}
	}
	if in < len(books) {
		all = append(all, fmt.Sprintf("%d payments, %d are known", in, len(books)))
	}
	return all
}

// mayCall looks whether a provider may be given what an attempt is for.
func (w *world) mayCall(attempt string) {
	if w.number(`SELECT COUNT(*) FROM attempts a JOIN generations g ON g.id = a.generation_id JOIN users u ON u.id = g.user_id
		WHERE a.id = $1 AND a.created_at > COALESCE(u.restricted_at, u.erasing_at)`, attempt) > 0 {
		w.wrong("attempt %s began after its person had said no", attempt)
	}
}

// mayRefund looks whether the credits of a payment are gone before its Stars are asked back.
func (w *world) mayRefund(r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.wrong("body of a refund: %v", err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	for _, charge := range w.texts(`SELECT charge_id FROM payments WHERE NOT EXISTS (SELECT 1 FROM transfers t
		WHERE t.kind = 'refund' AND (t.ref = charge_id OR t.ref LIKE charge_id || ':%'))`) {
		if bytes.Contains(body, []byte(charge)) {
			w.wrong("Stars of %s are given back, and its credits are still there", charge)
		}
	}
}

// checkErased looks for what there is of somebody who was erased.
func (w *world) checkErased(p *person) {
	user := strconv.FormatInt(p.id, 10)
	for _, query := range []string{
		`SELECT 'generation ' || id FROM generations WHERE user_id = $1 AND deleted_at IS NULL`,
		`SELECT 'image ' || object_key FROM images WHERE user_id = $1`,
		`SELECT 'message ' || id FROM deliveries WHERE user_id = $1`,
		`SELECT 'order ' || id FROM orders WHERE user_id = $1 AND status = 'open'`,
		`SELECT 'in a conversation' FROM conversation_members WHERE user_id = $1`,
		`SELECT 'has credits' FROM accounts WHERE user_id = $1 AND (posted <> 0 OR held <> 0)`,
	} {
		w.none("of somebody who was erased", query, p.id)
	}
	for _, key := range w.bucket.keys() {
		if strings.HasPrefix(key, "u/"+user+"/") {
			w.wrong("of somebody who was erased: object %s", key)
		}
	}
}

// gone reports whether somebody was erased.
func (w *world) gone(p *person) bool {
	return w.number(`SELECT COUNT(*) FROM users WHERE erased_at IS NOT NULL AND id = $1`, p.id) > 0
}
