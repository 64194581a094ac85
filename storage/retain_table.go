package storage

import (
	"context"
	"slices"
	"time"
)

// RetentionRule is how long one kind of data is kept while its person is here, and what becomes of it then.
type RetentionRule struct {
	Kind string        // closed set: a metric label
	What string        // for people
	Keep time.Duration // after At; zero where At itself says until when
	// Years, instead of Keep, is how many years after the end of that of At, in UTC.
	Years int

	Table string
	Key   string // of a row
	At    string // what the time runs from, in SQL
	Only  string // which rows; empty is all
	Set   string // what is emptied, with $2 for the time; empty: the row is deleted

	first func(context.Context, tx) error // what has to be done before
	// whole takes along what belongs to a row of which what was to be emptied is empty. It returns keys of objects.
	whole func(ctx context.Context, t tx, id string) (objects []string, err error)
	// does is what is done instead of a statement, to some rows at a time. It returns to how many.
	does func(*Store, context.Context, RetentionRule) (n int64, err error)
}

// before is what At has to be before at a moment for a row to be past its time.
func (r RetentionRule) before(now time.Time) time.Time {
	if r.Years > 0 {
		return time.Date(now.UTC().Year()-r.Years, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return now.Add(-r.Keep)
}

// End is until when a row is kept.
func (r RetentionRule) End(at time.Time) time.Time {
	if r.Years > 0 {
		return time.Date(at.UTC().Year()+r.Years+1, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return at.Add(r.Keep)
}

// How long is kept what has no constant of its own beside what it is about.
const (
	// Retention is how long rows are kept that only make things happen once, or lead from one message to another.
	Retention = 48 * time.Hour
	// LinksKept is how long it is kept that a link to an export was used: longer than any of them works.
	LinksKept = 8 * 24 * time.Hour
	// DeadLettersKept is how long an update is kept that was given up.
	DeadLettersKept = 30 * 24 * time.Hour
	// UnpaintedKept is how long is kept what was asked for and never painted: refused, failed, canceled.
	UnpaintedKept = 30 * 24 * time.Hour
	// RightsKept is how long is kept that somebody asked about their data, and when it was answered.
	RightsKept = 3 * 365 * 24 * time.Hour
)

// unpainted are the generations with nothing to show for.
const unpainted = `status IN ('refused','failed','canceled') AND deleted_at IS NULL
	AND NOT EXISTS (SELECT 1 FROM images r WHERE r.generation_id = generations.id AND r.role = 'result')`

// RetentionRules is the table, as it is where nothing else is set. Rows that others refer to come after them.
func RetentionRules() []RetentionRule { return retentionRules(BookYears) }

// RetentionRules is the table.
func (s *Store) RetentionRules() []RetentionRule { return retentionRules(s.bookYears) }

func retentionRules(bookYears int) []RetentionRule {
	all := slices.Concat(retentionsOfMessages(), retentionsOfWishes(), retentionsOfStanding(), retentionsOfVisits())
	return append(all, RetentionRule{
		Kind: "books", What: "books of people who were erased, after the last entry", Years: bookYears, Table: "users", Key: "id", At: "erased_at",
		Only: closeable, does: (*Store).closeBooks,
	})
}

// retentionsOfMessages are what is on its way, and what finds it again.
func retentionsOfMessages() []RetentionRule {
	return []RetentionRule{
		{Kind: "seen_updates", What: "which updates are done", Keep: Retention, Table: "seen_updates", Key: "update_key", At: "seen_at"},
		{
			Kind: "consumed_actions", What: "which buttons were used", Keep: Retention, Table: "consumed_actions", Key: "nonce", At: "consumed_at",
			Only: "nonce NOT LIKE '" + LinkNonce + "%'",
		},
		{
			Kind: "consumed_links", What: "which links to exports were used", Keep: LinksKept, Table: "consumed_actions", Key: "nonce", At: "consumed_at",
			Only: "nonce LIKE '" + LinkNonce + "%'",
		},
		{
			Kind: "deliveries", What: "what was sent", Keep: Retention, Table: "deliveries", Key: "id", At: "created_at",
			Only: "status IN ('sent','uncertain','undeliverable')",
		},
		{
			Kind: "message_notes", What: "what messages are about", Keep: Retention, Table: "message_notes", Key: "place", At: "created_at",
			Only: "generation_id IS NULL AND NOT lasting",
		},
		{
			Kind: "message_notes_lasting", What: "what messages about requests for help are about", Keep: TicketKept, Table: "message_notes", Key: "place",
			At: "created_at", Only: "lasting",
		},
		{Kind: "relays", What: "what was passed on in conversations", Keep: Retention, Table: "relays", Key: "update_key", At: "created_at"},
		{
			Kind: "relay_map", What: "which message became which in conversations", Keep: Retention, Table: "relay_map",
			Key: "conversation_id, side, source_message", At: "created_at",
		},
		{Kind: "web_sessions", What: "sessions of the Mini App that are over", Table: "web_sessions", Key: "token_key", At: "expires_at"},
		{Kind: "sign_ins", What: "who wanted to sign in by e-mail", Keep: Retention, Table: "sign_ins", Key: "id", At: "created_at"},
		{Kind: "prepared_messages", What: "messages that people can share", Keep: time.Hour, Table: "prepared_messages", Key: "id", At: "created_at"},
		{Kind: "mails", What: "e-mails that are out", Keep: Retention, Table: "mails", Key: "id", At: "ended_at"},
		{Kind: "mail_codes", What: "codes sent by e-mail", Keep: Retention, Table: "mail_codes", Key: "id", At: "created_at"},
		{Kind: "dead_letters", What: "updates that were given up", Keep: DeadLettersKept, Table: "dead_letters", Key: "update_key", At: "created_at"},
		{
			Kind: "announcement_people", What: "who got an announcement", Keep: announcementKept, Table: "announcement_people", Key: "announcement_id, user_id",
			At:   "(SELECT ended_at FROM announcements a WHERE a.id = announcement_people.announcement_id)",
			Only: "announcement_id IN (SELECT id FROM announcements WHERE summary <> '')", first: sumUp,
		},
	}
}

// retentionsOfWishes are what people asked for.
func retentionsOfWishes() []RetentionRule {
	return []RetentionRule{
		{Kind: "quotes", What: "wishes that wait to be confirmed", Keep: Retention, Table: "quotes", Key: "id", At: "created_at"},
		{Kind: "browses", What: "pages of a history that are open", Keep: Retention, Table: "browses", Key: "id", At: "created_at"},
		{
			Kind: "album_items", What: "pictures sent together", Keep: Retention, Table: "album_items", Key: "album_id, message_id",
			At: "(SELECT created_at FROM albums a WHERE a.id = album_items.album_id)",
		},
		{
			Kind: "albums", What: "albums of pictures sent together", Keep: Retention, Table: "albums", Key: "id", At: "created_at",
			Only: "NOT EXISTS (SELECT 1 FROM album_items i WHERE i.album_id = albums.id)",
		},
		{
			Kind: "writings", What: "words and pictures of descriptions, improvements and translations", Keep: WritingTTL, Table: "writings", Key: "id",
			At: "created_at", Only: "request IS NOT NULL AND state NOT IN ('waiting','calling')", Set: "request = NULL, answer = NULL, updated_at = $2",
		},
		{
			Kind: "unpainted", What: "prompts that were refused, failed or canceled", Keep: UnpaintedKept, Table: "generations", Key: "id",
			At: "updated_at", Only: unpainted, Set: "request = NULL, favorite_at = NULL, deleted_at = $2, updated_at = $2", whole: forgetWish,
		},
		{
			Kind: "orders", What: "orders that nobody paid", Keep: orderKept, Table: "orders", Key: "id", At: "created_at",
			Only: "status = 'open' AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.order_id = orders.id)",
		},
		{Kind: "promo_misses", What: "guesses of codes", Keep: Retention, Table: "promo_misses", Key: "user_id", At: "missed_at"},
	}
}

// retentionsOfStanding are what is held for or against somebody, and what operators look into.
func retentionsOfStanding() []RetentionRule {
	return []RetentionRule{
		{Kind: "strikes", What: "strikes, after they count no more", Keep: forgiven, Table: "strikes", Key: "id", At: "expires_at"},
		{
			Kind: "cases", What: "refusals that nobody appealed, or that were right", Keep: forgiven, Table: "cases", Key: "id", At: "created_at",
			// A ban that holds keeps its case.
			Only: `status IN ('open','rejected') AND id NOT IN (SELECT ban_case FROM users WHERE ban_case IS NOT NULL)
				AND id NOT IN (SELECT pause_case FROM chat_people WHERE pause_case IS NOT NULL)`,
		},
		{
			Kind: "ticket_words", What: "requests for help, after they are closed", Keep: TicketKept, Table: "ticket_words", Key: "id",
			At: "(SELECT closed_at FROM tickets k WHERE k.id = ticket_words.ticket_id)",
		},
		{
			Kind: "tickets", What: "requests for help, after they are closed", Keep: TicketKept, Table: "tickets", Key: "id", At: "closed_at",
			Only: "NOT EXISTS (SELECT 1 FROM ticket_words w WHERE w.ticket_id = tickets.id)",
		},
		{
			Kind: "reconciliations", What: "comparisons of payments with Telegram's", Keep: TicketKept, Table: "reconciliations", Key: "id", At: "ended_at",
			Only: "id < (SELECT MAX(id) FROM reconciliations WHERE status = 'done')",
		},
		{
			Kind: "chat_unseals", What: "pairs that one operator opened", Table: "chat_unseals", Key: "conversation_id",
			At: "(SELECT pair_until FROM conversations c WHERE c.id = chat_unseals.conversation_id)",
		},
		{
			Kind: "pairs", What: "who talked with whom", Table: "conversations", Key: "id", At: "pair_until", Only: "pair IS NOT NULL",
			Set: "pair = NULL, pair_until = NULL",
		},
		{Kind: "pair_bars", What: "who does not meet again", Table: "pair_bars", Key: "pair, kind", At: "until"},
		{Kind: "chat_reports", What: "reports of conversations, after the decision", Keep: ReportKept, Table: "chat_reports", Key: "id", At: "decided_at"},
		{Kind: "age_refusals", What: "who is too young, as a keyed hash", Table: "age_refusals", Key: "lookup", At: "expires_at"},
		{Kind: "seconds", What: "what an operator wanted and nobody agreed to", Keep: SecondTime, Table: "seconds", Key: "name", At: "created_at"},
		{Kind: "remembered", What: "what outlives an erasure against abuse", Table: "remembered", Key: "lookup", At: "expires_at"},
		{Kind: "rights", What: "requests about data, after they are answered", Keep: RightsKept, Table: "rights", Key: "id", At: "ended_at"},
	}
}

// retentionsOfVisits are sums that are about nobody; they go all the same.
func retentionsOfVisits() []RetentionRule {
	return []RetentionRule{
		{
			Kind: "page_views", What: "how often pages of the site were seen", Keep: VisitsKept, Table: "page_views",
			Key: "day, page, referrer_host, country, device", At: "day", first: foldReferrers,
		},
		{Kind: "page_view_batches", What: "which sums of visits were added", Keep: Retention, Table: "page_view_batches", Key: "process", At: "added_at"},
	}
}

// forgiven is how long after its time a strike is kept, and a case that nobody appealed or that was rejected.
const forgiven = 30 * 24 * time.Hour
