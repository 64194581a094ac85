package storage

import (
	"slices"
	"strings"
)

// conversationInvariants are about who talks with whom, and what is passed on.
var conversationInvariants = []invariant{
	{name: "nobody looks for a partner and has one", ref: "I13", query: `
		SELECT user_id FROM lobby WHERE user_id IN (SELECT user_id FROM conversation_members)`},
	{name: "a conversation has two people while it lives, and none after", ref: "I13", query: `
		SELECT c.id FROM {conversations} c WHERE (SELECT COUNT(*) FROM conversation_members m JOIN users u ON u.id = m.user_id WHERE m.conversation_id = c.id)
		<> CASE WHEN c.closed_at IS NULL THEN 2 ELSE 0 END`},
	{name: "what is passed on is of a conversation that was open", ref: "I13", query: `
		SELECT r.update_key FROM {relays} r LEFT JOIN conversations c ON c.id = r.conversation_id
		WHERE c.id IS NULL OR r.created_at > c.closed_at + 60000000 OR r.created_at < c.opened_at - 60000000`}, // clocks of two processes
	{name: "nothing waits to be passed on when a conversation is over", ref: "I13", query: `
		SELECT r.update_key FROM {relays} r JOIN conversations c ON c.id = r.conversation_id
		WHERE c.closed_at IS NOT NULL AND r.status IN ('waiting','pending','asked')`},
	{name: "what was passed on became a message of its own conversation", ref: "I13", query: `
		SELECT r.conversation_id FROM {relay_map} r LEFT JOIN conversations c ON c.id = r.conversation_id WHERE c.id IS NULL`},
	{name: "what a side says has the numbers that it was given", ref: "I14", query: `
		SELECT r.update_key FROM {relays} r JOIN conversation_members m ON m.conversation_id = r.conversation_id AND m.side = r.side WHERE r.seq > m.last_seq`},
	{name: "what was passed on was said", ref: "I14", query: `
		SELECT m.conversation_id FROM conversation_members m WHERE m.passed_seq > m.last_seq`},
	{name: "nothing is left behind by what was passed on after it", ref: "I14", query: `
		SELECT r.update_key FROM {relays} r JOIN conversation_members m ON m.conversation_id = r.conversation_id AND m.side = r.side
		WHERE r.seq <= m.passed_seq AND r.status IN ('waiting','pending','sending')`},
	{name: "a message is passed on once", ref: "I14", query: `
		SELECT MAX(r.update_key) FROM {relays} r WHERE r.kind IN ('copy','album','location') AND r.status IN ('sending','sent','uncertain') AND r.sources <> ''
		GROUP BY r.conversation_id, r.side, r.sources HAVING COUNT(*) > 1`},
	{name: "one message at a time is passed on", ref: "I14", query: `
		SELECT r.update_key FROM {relays} r JOIN conversation_members m ON m.conversation_id = r.conversation_id AND m.side = r.side
		JOIN relays o ON o.conversation_id = r.conversation_id AND o.side = r.side AND o.seq < r.seq AND o.status IN ('pending','sending')
		WHERE r.status = 'sending'`},
}

// privacyInvariants are about what is left of whom, and what belongs to whom.
func privacyInvariants() []invariant {
	return slices.Concat(ownerInvariants, []invariant{
		{name: "nothing is left of who was erased but what the law demands", ref: "I12", nightly: true, query: leftOf()},
		{name: "what is kept of who was erased says nothing about them", ref: "I12", query: `
			SELECT e.id FROM {erased} e JOIN users u ON u.id = e.id WHERE u.lookup IS NOT NULL OR u.profile IS NOT NULL OR u.settings IS NOT NULL OR u.lang <> ''
				OR u.seen_at IS NOT NULL OR u.ban_until IS NOT NULL OR u.debt <> 0
				OR u.tier <> 'free' OR u.ban_case IS NOT NULL OR u.frozen_at IS NOT NULL
				OR COALESCE(u.unreachable_at, u.restricted_at, u.objected_at, u.no_news_at, u.no_reminders_at, u.welcomed_at, u.warned_at) IS NOT NULL
			UNION SELECT e.id FROM {erased} e JOIN payments p ON p.user_id = e.id WHERE p.payer IS NOT NULL
			UNION SELECT e.id FROM {erased} e JOIN rights r ON r.user_id = e.id WHERE r.body IS NOT NULL OR r.farewell IS NOT NULL
			UNION SELECT e.id FROM {erased} e JOIN orders o ON o.user_id = e.id WHERE o.link <> '' OR o.quote_id IS NOT NULL`},
		{name: "who is being erased has an erasure that goes on", ref: "I12", nightly: true, query: `
			SELECT u.id FROM users u WHERE u.erasing_at IS NOT NULL AND u.erased_at IS NULL
			AND NOT EXISTS (SELECT 1 FROM rights r WHERE r.user_id = u.id AND r.kind = 'erase' AND r.status IN ('asked','running'))`},
		{name: "who is here is found by their Telegram id", ref: "I15", nightly: true, query: `
			SELECT u.id FROM users u WHERE u.kind = 'person' AND u.lookup IS NULL AND u.erased_at IS NULL`},
		{name: "who was erased has no credits", ref: "I12", query: `
			SELECT e.id FROM {erased} e JOIN accounts a ON a.user_id = e.id WHERE a.posted <> 0 OR a.held <> 0`},
	})
}

// leftOf finds rows of people who were erased in every table that the inventory says has none then.
func leftOf() string {
	var parts []string
	for _, t := range Inventory() {
		if t.Fate == FateDeleted {
			parts = append(parts, "SELECT '"+t.Name+" ' || CAST(e.id AS TEXT) FROM {erased} e WHERE EXISTS (SELECT 1 FROM "+t.Name+
				" WHERE "+strings.ReplaceAll(t.Of, "$1", "e.id")+")")
		}
	}
	return strings.Join(parts, " UNION ALL ")
}

// ownerInvariants hold what people are shown to be theirs.
var ownerInvariants = []invariant{
	{name: "an image lies under its owner's prefix", ref: "I15", query: `
		SELECT i.object_key FROM {images} i JOIN generations g ON g.id = i.generation_id
		WHERE i.user_id <> g.user_id OR i.object_key NOT LIKE 'u/' || CAST(i.user_id AS TEXT) || '/%'`},
	{name: "a call is for the owner of its generation", ref: "I15", query: `
		SELECT a.id FROM {attempts} a JOIN generations g ON g.id = a.generation_id WHERE a.user_id <> g.user_id`},
	{name: "what a generation was made of is its owner's", ref: "I15", query: `
		SELECT g.id FROM {generations} g JOIN generations p ON p.id = g.parent_id WHERE p.user_id <> g.user_id`},
	{name: "who judged something was asked about its owner's", ref: "I15", query: `
		SELECT j.generation_id FROM judgings j JOIN generations g ON g.id = j.generation_id WHERE j.user_id <> g.user_id`, nightly: true},
	{name: "a request for help is one person's", ref: "I15", query: `
		SELECT w.id FROM ticket_words w LEFT JOIN tickets k ON k.id = w.ticket_id WHERE k.user_id <> w.user_id OR k.id IS NULL`, nightly: true},
	{name: "a note about a result is its owner's", ref: "I15", query: `
		SELECT n.generation_id FROM message_notes n JOIN generations g ON g.id = n.generation_id WHERE n.user_id <> g.user_id`, nightly: true},
	{name: "a file that Telegram has is of an image of its owner's", ref: "I15", query: `
		SELECT f.sha256 FROM files f WHERE EXISTS (SELECT 1 FROM images i WHERE i.sha256 = f.sha256)
		AND NOT EXISTS (SELECT 1 FROM images i WHERE i.sha256 = f.sha256 AND i.user_id = f.user_id)`, nightly: true},
}
