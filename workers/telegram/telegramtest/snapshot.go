package telegramtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

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
	if next.Version != 1 {
		return fmt.Errorf("telegramtest: load: version %d is not 1", next.Version)
	}
	if !next.intact() {
		return errors.New("telegramtest: load: damaged snapshot")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	next.Seq = max(next.Seq, s.w.Seq)
	s.w = next
	s.touch()
	return nil
}

// intact reports whether everything that the code relies on to be there is there.
func (w *world) intact() bool {
	maps := w.Users != nil && w.Chats != nil && w.Files != nil && w.Callbacks != nil && w.Commands != nil && w.Descriptions != nil &&
		w.Shorts != nil && w.Names != nil && w.Menus != nil && w.Links != nil && w.Invoices != nil && w.Checkouts != nil
	users := all(w.Users, func(id int64, u *userState) bool { return u != nil && w.Chats[id] != nil })
	chats := all(w.Chats, func(id int64, c *chatState) bool {
		return c != nil && c.Chat.ID == id && !slices.ContainsFunc(c.Messages, func(m *Message) bool { return m == nil || m.From == nil })
	})
	files := all(w.Files, func(_ string, f *fileState) bool { return f != nil }) &&
		!slices.ContainsFunc(w.FileOrder, func(id string) bool { return w.Files[id] == nil })
	queries := all(w.Callbacks, func(_ string, c *callbackState) bool { return c != nil }) &&
		all(w.Checkouts, func(_ string, c *checkoutState) bool { return c != nil && w.Users[c.UserID] != nil }) &&
		all(w.Links, func(_ string, i *invoiceState) bool { return i != nil }) &&
		all(w.Invoices, func(_ string, i *invoiceState) bool { return i != nil })
	lists := !slices.Contains(w.Updates, nil) &&
		!slices.ContainsFunc(w.Joined, func(id int64) bool { return w.Users[id] == nil }) &&
		!slices.ContainsFunc(w.Charges, func(c *chargeState) bool { return c == nil || w.Users[c.UserID] == nil })
	return maps && users && chats && files && queries && lists
}

func all[K comparable, V any](m map[K]V, holds func(K, V) bool) bool {
	for k, v := range m {
		if !holds(k, v) {
			return false
		}
	}
	return true
}
