package telegramtest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// snapshotVersion is what Save writes; Load reads the earlier ones too.
const snapshotVersion = 2

// Save writes everything Telegram would remember as JSON: people, chats, files,
// queries, the bot's profile and webhook, and the updates not yet confirmed. The
// logs of events, calls and violations are not part of it.
func (s *Server) Save(w io.Writer) error {
	s.mu.Lock()
	raw, err := json.Marshal(&s.w)
	s.mu.Unlock()
	if err != nil {
		return fmt.Errorf("telegramtest: save: %w", err)
	}
	if _, err := w.Write(raw); err != nil {
		return fmt.Errorf("telegramtest: save: %w", err)
	}
	return nil
}

// Load replaces what the server remembers by what [Server.Save] wrote. On an error
// nothing is changed. Person and Group values whose ids are in it go on working; the
// others must not be used again.
func (s *Server) Load(r io.Reader) error {
	next := newWorld(0)
	if err := json.NewDecoder(r).Decode(&next); err != nil {
		return fmt.Errorf("telegramtest: load: %w", err)
	}
	if next.Version < 1 || next.Version > snapshotVersion {
		return fmt.Errorf("telegramtest: load: version %d is not known", next.Version)
	}
	if !next.intact() {
		return errors.New("telegramtest: load: damaged snapshot")
	}
	next.upgrade()
	s.mu.Lock()
	defer s.mu.Unlock()
	next.Seq = max(next.Seq, s.w.Seq)
	s.w = next
	s.touch()
	return nil
}

// upgrade brings a snapshot of an earlier version up to date. Version 1 knew no Stars
// of people and no ledger.
func (w *world) upgrade() {
	if w.Version == 1 {
		for _, u := range w.Users {
			u.Stars = defaultStars
		}
		for _, c := range w.Charges {
			e := starEntry{ID: c.ID, Amount: int64(c.Amount), Date: c.Date, UserID: c.UserID, For: forInvoice, Payload: c.Payload}
			w.Ledger = append(w.Ledger, &e)
			if c.Refunded != 0 {
				back := e
				back.Out, back.Date = true, c.Refunded
				w.Ledger = append(w.Ledger, &back)
			}
		}
		slices.SortStableFunc(w.Ledger, func(a, b *starEntry) int { return cmp.Compare(a.Date, b.Date) })
	}
	w.Version = snapshotVersion
}

// intact reports whether everything that the code relies on to be there is there.
func (w *world) intact() bool {
	return w.hasMaps() && w.hasPeople() && w.hasQueries() && w.hasMoney()
}

func (w *world) hasMaps() bool {
	return w.Users != nil && w.Chats != nil && w.Files != nil && w.Callbacks != nil && w.Commands != nil && w.Descriptions != nil &&
		w.Shorts != nil && w.Names != nil && w.Menus != nil && w.Links != nil && w.Invoices != nil && w.Checkouts != nil &&
		w.Subscriptions != nil && w.InlineQueries != nil && w.Prepared != nil && w.WebQueries != nil
}

// hasPeople looks at the people, their chats and files.
func (w *world) hasPeople() bool {
	return all(w.Users, func(id int64, u *userState) bool { return u != nil && w.Chats[id] != nil }) &&
		!slices.ContainsFunc(w.Joined, func(id int64) bool { return w.Users[id] == nil }) &&
		all(w.Chats, func(id int64, c *chatState) bool { return c != nil && c.Chat.ID == id && c.intact(w) }) &&
		all(w.Files, func(_ string, f *fileState) bool { return f != nil }) &&
		!slices.ContainsFunc(w.FileOrder, func(id string) bool { return w.Files[id] == nil })
}

func (c *chatState) intact(w *world) bool {
	return !slices.ContainsFunc(c.Messages, func(m *Message) bool { return m == nil || m.From == nil }) &&
		(c.MigratedTo == 0 || w.Chats[c.MigratedTo] != nil) &&
		all(c.Standings, func(_ int64, st *standing) bool {
			return st != nil && (st.Status != standingAdministrator || st.Rights != nil)
		})
}

// hasQueries looks at what waits for an answer, or had one.
func (w *world) hasQueries() bool {
	sendable := func(r InlineResult) bool { return r.Message != nil }
	return !slices.Contains(w.Updates, nil) && !slices.Contains(w.Polls, nil) &&
		all(w.Callbacks, func(_ string, c *callbackState) bool { return c != nil }) &&
		all(w.Prepared, func(_ string, p *preparedState) bool { return p != nil && sendable(p.Result) }) &&
		all(w.WebQueries, func(_ string, q *webQueryState) bool {
			return q != nil && w.Users[q.UserID] != nil && w.Chats[q.ChatID] != nil
		}) &&
		all(w.InlineQueries, func(_ string, q *inlineState) bool {
			return q != nil && !slices.ContainsFunc(q.Answer.Results, func(r InlineResult) bool { return !sendable(r) })
		})
}

// hasMoney looks at invoices, purchases and Stars.
func (w *world) hasMoney() bool {
	return all(w.Checkouts, func(_ string, c *checkoutState) bool {
		return c != nil && w.Users[c.UserID] != nil && w.Chats[c.ChatID] != nil
	}) &&
		!slices.ContainsFunc(w.Paying, func(id string) bool { return w.Checkouts[id] == nil }) &&
		all(w.Links, func(_ string, i *invoiceState) bool { return i != nil }) &&
		all(w.Invoices, func(_ string, i *invoiceState) bool { return i != nil }) &&
		!slices.ContainsFunc(w.Charges, func(c *chargeState) bool { return c == nil || w.Users[c.UserID] == nil }) &&
		!slices.Contains(w.Ledger, nil) &&
		all(w.Subscriptions, func(_ string, sub *subscriptionState) bool {
			return sub != nil && w.Users[sub.UserID] != nil && sub.Invoice.Period > 0
		})
}

func all[K comparable, V any](m map[K]V, holds func(K, V) bool) bool {
	for k, v := range m {
		if !holds(k, v) {
			return false
		}
	}
	return true
}
