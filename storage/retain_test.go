package storage_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// aged are rows of every kind that is kept for a time, made at $1 and for person 1: a kind without one has no proof. Rows that
// they refer to come first; the last statement makes the row that is to go.
var aged = map[string][]string{
	"seen_updates":     {`INSERT INTO seen_updates (update_key, body_sha256, seen_at) VALUES ('u', '', $1)`},
	"consumed_actions": {`INSERT INTO consumed_actions (nonce, user_id, consumed_at) VALUES ('n', 1, $1)`},
	"consumed_links":   {`INSERT INTO consumed_actions (nonce, user_id, consumed_at) VALUES ('export:n', 1, $1)`},
	"deliveries": {`INSERT INTO deliveries (id, send_key, user_id, kind, status, created_at, updated_at, sent_at)
		VALUES ('d', 'd', 1, 'message', 'sent', $1, $1, $1)`},
	"message_notes":         {`INSERT INTO message_notes (place, user_id, body, created_at) VALUES ('p', 1, '', $1)`},
	"message_notes_lasting": {`INSERT INTO message_notes (place, user_id, body, lasting, created_at) VALUES ('q', 1, '', TRUE, $1)`},
	"relays": {`INSERT INTO relays (conversation_id, side, seq, update_key, kind, status, created_at, updated_at)
		VALUES ('c', 0, 1, 'k', 'copy', 'sent', $1, $1)`},
	"relay_map": {`INSERT INTO relay_map (conversation_id, side, source_message, target_message, created_at) VALUES ('c', 0, 1, 2, $1)`},
	"mails": {`INSERT INTO mails (id, user_id, kind, status, expires_at, created_at, updated_at, ended_at)
		VALUES ('m', 1, 'letter', 'sent', $1, $1, $1, $1)`},
	"web_sessions":      {`INSERT INTO web_sessions (token_key, user_id, origin, expires_at, ends_at, created_at) VALUES ('w', 1, 'oidc', $1, $1, $1)`},
	"sign_ins":          {`INSERT INTO sign_ins (id, lookup, holder, expires_at, created_at) VALUES ('s', 'l', 'h', $1, $1)`},
	"prepared_messages": {`INSERT INTO prepared_messages (id, user_id, prepared, created_at) VALUES ('p', 1, '', $1)`},
	"mail_codes":        {`INSERT INTO mail_codes (id, user_id, purpose, lookup, address, expires_at, created_at) VALUES ('m', 1, 'link', 'l', 'a', $1, $1)`},
	"dead_letters":      {`INSERT INTO dead_letters (update_key, user_id, error, failures, created_at) VALUES ('l', 1, '', 1, $1)`},
	"announcement_people": {
		`INSERT INTO announcements (id, status, texts, audience, loud, pace, summary, created_at, updated_at, started_at, ended_at)
			VALUES ('a', 'done', '{}', '{}', FALSE, 1, '{}', $1, $1, $1, $1)`,
		`INSERT INTO announcement_people (announcement_id, user_id, status, updated_at) VALUES ('a', 1, 'sent', $1)`,
	},
	"quotes":  {`INSERT INTO quotes (id, user_id, body, expires_at, created_at) VALUES ('q', 1, '', $1, $1)`},
	"browses": {`INSERT INTO browses (id, user_id, body, created_at) VALUES ('b', 1, '', $1)`},
	"album_items": {
		`INSERT INTO albums (id, lookup, user_id, body, status, closes_at, created_at) VALUES ('a', 'a', 1, '', 'used', $1, $1)`,
		`INSERT INTO album_items (album_id, message_id, body) VALUES ('a', 1, '')`,
	},
	"albums":   {`INSERT INTO albums (id, lookup, user_id, body, status, closes_at, created_at) VALUES ('z', 'z', 1, '', 'used', $1, $1)`},
	"writings": {`INSERT INTO writings (id, user_id, kind, state, request, created_at, updated_at, ended_at) VALUES ('w', 1, 'improve', 'ready', '', $1, $1, $1)`},
	"unpainted": {`INSERT INTO generations (id, user_id, origin, request_key, form, status, model, operation, request, images_wanted, price, created_at, updated_at, done_at)
		VALUES ('g', 1, 'chat', 'r', 'chat', 'refused', 'm', 'generate', '', 1, 1, $1, $1, $1)`},
	"orders":       {`INSERT INTO orders (id, user_id, pack, stars, credits, status, created_at, expires_at) VALUES ('o', 1, 'p', 1, 1, 'open', $1, $1)`},
	"promo_misses": {`INSERT INTO promo_misses (user_id, misses, missed_at) VALUES (1, 1, $1)`},
	"strikes":      {`INSERT INTO strikes (id, user_id, cause, weight, created_at, expires_at) VALUES ('s', 1, 'rule', 1, $1, $1)`},
	"cases":        {`INSERT INTO cases (id, user_id, kind, cause, status, created_at) VALUES ('c', 1, 'prompt', 'r', 'open', $1)`},
	"ticket_words": {
		`INSERT INTO tickets (id, user_id, status, created_at, closed_at) VALUES ('t', 1, 'closed', $1, $1)`,
		`INSERT INTO ticket_words (id, ticket_id, user_id, by_operator, created_at) VALUES ('w', 't', 1, FALSE, $1)`,
	},
	"tickets": {`INSERT INTO tickets (id, user_id, status, created_at, closed_at) VALUES ('v', 1, 'closed', $1, $1)`},
	"reconciliations": {
		`INSERT INTO reconciliations (id, status, since_at, created_at, updated_at, ended_at) VALUES ('2', 'done', 1, $1, $1, 9000000000000000)`,
		`INSERT INTO reconciliations (id, status, since_at, created_at, updated_at, ended_at) VALUES ('1', 'done', 1, $1, $1, $1)`,
	},
	"chat_unseals": {
		`INSERT INTO conversations (id, lang, reason, opened_at, active_at, closed_at, pair, pair_until) VALUES ('c', '', 'left', $1, $1, $1, '', $1)`,
		`INSERT INTO chat_unseals (conversation_id, who, opened, created_at) VALUES ('c', 'ann', '', $1)`,
	},
	"pairs":             {`INSERT INTO conversations (id, lang, reason, opened_at, active_at, closed_at, pair, pair_until) VALUES ('d', '', 'left', $1, $1, $1, '', $1)`},
	"pair_bars":         {`INSERT INTO pair_bars (pair, kind, until, created_at) VALUES ('p', 'met', $1, $1)`},
	"chat_reports":      {`INSERT INTO chat_reports (id, conversation_id, accused, reason, status, created_at, decided_at) VALUES ('r', 'c', 1, 'spam', 'acted', $1, $1)`},
	"age_refusals":      {`INSERT INTO age_refusals (lookup, expires_at, created_at) VALUES ('l', $1, $1)`},
	"remembered":        {`INSERT INTO remembered (lookup, welcome, expires_at, created_at) VALUES ('l', TRUE, $1, $1)`},
	"page_views":        {`INSERT INTO page_views (day, page, referrer_host, country, device, views, visitors) VALUES ($1, 'home', '', 'DE', 'phone', 2, 1)`},
	"page_view_batches": {`INSERT INTO page_view_batches (process, n, added_at) VALUES ('p', 1, $1)`},
	"seconds":           {`INSERT INTO seconds (name, who, digest, created_at) VALUES ('wipe', 'ann', '', $1)`},
	"books":             {`INSERT INTO users (id, kind, erasing_at, erased_at, created_at) VALUES (2, 'person', $1, $1, $1)`},
	"rights": {`INSERT INTO rights (id, user_id, kind, origin, status, due_at, created_at, updated_at, ended_at)
		VALUES ('r', 1, 'export', 'chat', 'done', $1, $1, $1, $1)`},
}

// Every row of the table is proved with a moved clock: what was put in is there until its time is over, then it is gone.
func TestRetention(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{storagetest.OnSQLite, storagetest.OnPostgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			var ahead atomic.Int64
			now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
			url := storagetest.Migrated(t, engine)
			s := storagetest.Open(t, url, now)
			raw := openRaw(t, engine, url)
			mustExec(t, raw, `INSERT INTO users (id, kind, created_at) VALUES (1, 'person', 1)`)
			for _, rule := range storage.RetentionRules() {
				made := now().UnixMicro()
				for _, q := range aged[rule.Kind] {
					args := []any{made}[:min(1, strings.Count(q, "$1"))]
					if _, err := raw.ExecContext(t.Context(), q, args...); err != nil {
						t.Fatalf("%s: %v", rule.Kind, err)
					}
				}
				ahead.Add(int64(rule.End(time.UnixMicro(made)).Sub(now()) - time.Minute))
				if n := retained(t, s, raw, rule); n != 1 {
					t.Errorf("%s: %d rows a minute before their time of %s", rule.Kind, n, rule.Keep)
				}
				ahead.Add(int64(2 * time.Minute))
				if by := overdue(t, s, rule.Kind); by < 30*time.Second || by > 3*time.Minute {
					t.Errorf("%s: is said to be late by %s", rule.Kind, by)
				}
				if n := retained(t, s, raw, rule); n != 0 {
					t.Errorf("%s: %d rows after their time of %s", rule.Kind, n, rule.Keep)
				}
				if by := overdue(t, s, rule.Kind); by != 0 {
					t.Errorf("%s: is still late by %s", rule.Kind, by)
				}
			}
		})
	}
}

// retained runs through the table and counts what is left of a kind.
func retained(t *testing.T, s *storage.Store, raw *sql.DB, rule storage.RetentionRule) (n int) {
	t.Helper()
	if rule.Keep > 0 || rule.Years > 0 || overdue(t, s, rule.Kind) > 0 {
		if _, err := s.Retain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	q := `SELECT COUNT(*) FROM ` + rule.Table
	if rule.Kind == "books" {
		rule.Only = `id = 2`
	}
	if rule.Only != "" && rule.Kind != "announcement_people" && rule.Kind != "reconciliations" {
		q += ` WHERE ` + rule.Only
	}
	if rule.Kind == "reconciliations" {
		q += ` WHERE id = '1'`
	}
	if err := raw.QueryRowContext(context.Background(), q).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func overdue(t *testing.T, s *storage.Store, kind string) time.Duration {
	t.Helper()
	all, err := s.Overdue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all[slices.IndexFunc(all, func(o storage.Overdue) bool { return o.Kind == kind })].By
}

// What people are told about how long data is kept is what the table does.
func TestTheInventoryTellsTheRetention(t *testing.T) {
	t.Parallel()
	words := func(d time.Duration) string {
		switch {
		case d == time.Hour:
			return "an hour"
		case d%(365*24*time.Hour) == 0:
			return fmt.Sprintf("%d years", d/(365*24*time.Hour))
		case d > 48*time.Hour:
			return fmt.Sprintf("%d days", d/(24*time.Hour))
		}
		return fmt.Sprintf("%d hours", d/time.Hour)
	}
	kept := map[string]string{}
	for _, table := range storage.Inventory() {
		kept[table.Name] = table.Keep
	}
	for _, rule := range storage.RetentionRules() {
		if rule.Keep > 0 && !strings.Contains(kept[rule.Table], words(rule.Keep)) {
			t.Errorf("table %s: kept %q, and the retention of %s is %s", rule.Table, kept[rule.Table], rule.Kind, words(rule.Keep))
		}
		if len(aged[rule.Kind]) == 0 {
			t.Errorf("retention of %s is not proved", rule.Kind)
		}
	}
}

// Whoever comes no more is told once, and is free again when they are back.
func TestUnused(t *testing.T) {
	t.Parallel()
	eachTimed(t, func(t *testing.T, s *storage.Store, pass func(time.Duration)) {
		come := func(n int64) storage.Person {
			t.Helper()
			p, err := s.PersonByTelegram(t.Context(), n, "en")
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		away, back := come(1), come(2)
		long := func() time.Time { return come(3).Seen.Add(-90 * 24 * time.Hour) }
		unused := func(want ...int64) {
			t.Helper()
			got, err := s.Unused(t.Context(), long(), 10)
			if err != nil || !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
				t.Errorf("unused are %v, %v, want %v", got, err, want)
			}
		}
		unused()
		pass(92 * 24 * time.Hour)
		unused(away.ID, back.ID)
		for _, p := range []storage.Person{away, back} {
			if _, err := s.WarnUnused(t.Context(), storage.Effect{User: p.ID}, long()); err != nil {
				t.Error(err)
			}
		}
		if _, err := s.WarnUnused(t.Context(), storage.Effect{User: away.ID}, long()); err == nil {
			t.Error("told twice")
		}
		come(2)
		unused()
		lapsed, err := s.Lapsed(t.Context(), come(3).Seen.Add(48*time.Hour), 10)
		if err != nil || !slices.Equal(lapsed, []int64{away.ID}) {
			t.Errorf("lapsed are %v, %v, want %d", lapsed, err, away.ID)
		}
		if _, _, err := s.AskRight(t.Context(), storage.Effect{}, storage.Right{User: away.ID, Kind: storage.RightErase, Origin: storage.RightOperator, Status: storage.RightAsked}); err != nil {
			t.Fatal(err)
		}
		if lapsed, err = s.Lapsed(t.Context(), come(3).Seen.Add(48*time.Hour), 10); err != nil || len(lapsed) != 0 {
			t.Errorf("asked twice to erase %v, %v", lapsed, err)
		}
	})
}
