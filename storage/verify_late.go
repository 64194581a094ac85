package storage

// lateInvariants hold after a while: whatever is under way comes to an end, since a sweeper finds what its task lost. The bounds are
// well beyond those of the work itself, so that a row here is one that nobody looks after any more, or a queue that is paused. They go
// through open rows alone, which have indexes of their own, or through a day of what was made.
var lateInvariants = []invariant{
	{group: GroupGenerations, name: "credits are set aside for hours at most", ref: "I4", query: `
		SELECT o.generation_id FROM open_holds o LEFT JOIN generations g ON g.id = o.generation_id
		WHERE o.created_at < {ago 24h} OR o.created_at < {ago 3h} AND g.promoted_at < {ago 3h}`},
	{group: GroupGenerations, name: "work that waits is claimed", ref: "I9", query: `
		SELECT g.id FROM generations g WHERE g.status IN ('held','generating') AND g.sweeps > 12`},
	{group: GroupGenerations, name: "a call that left has an end or a handle", ref: "I5", query: `
		SELECT a.id FROM attempts a JOIN generations g ON g.id = a.generation_id WHERE a.state IN ('sending','submitted','running')
		AND a.state = 'sending' AND a.created_at < {ago 1h} AND g.lease_until < now_us() - 600000000`},
	{group: GroupGenerations, name: "a call that a provider works on is asked about, and ends", ref: "I5", query: `
		SELECT a.id FROM attempts a WHERE a.state IN ('submitted','running') AND (a.next_poll_at < {ago 1h} OR a.result_expires_at < {ago 1h} OR a.created_at < {ago 168h})`},
	{group: GroupGenerations, name: "words that were asked for have an end", ref: "I4", query: `
		SELECT w.id FROM writings w WHERE w.state IN ('waiting','calling') AND w.updated_at < {ago 1h}`},
	{group: GroupGenerations, name: "pictures that were sent together are asked about", ref: "I1", query: `
		SELECT b.id FROM albums b WHERE b.status = 'open' AND b.closes_at < {ago 1h}`},
	{group: GroupMessages, name: "a result for a chat is sent, or cannot be", ref: "I7", query: `
		SELECT g.id FROM {generations 26h} g WHERE g.form = 'chat' AND g.status = 'stored' AND g.stored_at < {ago 1h}`},
	{group: GroupMessages, name: "what is owed is sent, or cannot be", ref: "I7", query: `
		SELECT d.id FROM deliveries d WHERE d.status IN ('pending','sending') AND d.created_at < {ago 1h} AND d.not_before < {ago 1h}`},
	{group: GroupMessages, name: "an e-mail is out, or cannot be sent", ref: "I7", query: `
		SELECT m.id FROM mails m WHERE m.status = 'pending' AND m.expires_at < {ago 1h}`},
	{group: GroupLedger, name: "credits expire when they are said to", ref: "IL", query: `
		SELECT l.id FROM lots l JOIN accounts a ON a.user_id = l.user_id WHERE l.left_ > 0 AND l.expires_at IS NOT NULL AND l.expires_at < {ago 24h} AND a.held = 0`},
	{group: GroupCredits, name: "a gift that nobody opened goes back", ref: "IL", query: `
		SELECT f.id FROM gifts f WHERE f.status = 'open' AND f.expires_at < {ago 24h}`},
	{group: GroupPayments, name: "a payment that gave nothing goes back", ref: "I10", query: `
		SELECT p.charge_id FROM payments p WHERE p.status IN ('refunding','unmatched') AND p.status = 'unmatched' AND p.problem <> 'currency' AND p.updated_at < {ago 1h}
		AND NOT EXISTS (SELECT 1 FROM refunds r WHERE r.charge_id = p.charge_id)`},
	{group: GroupPayments, name: "a refund that was asked for is done, or refused", ref: "I11", query: `
		SELECT r.id FROM refunds r WHERE r.status = 'asked' AND r.created_at < {ago 24h} AND r.updated_at < {ago 1h}`},
	{group: GroupPayments, name: "payments are compared with Telegram's to the end", ref: "I10", query: `
		SELECT r.id FROM reconciliations r WHERE r.status = 'asked' AND r.created_at < {ago 24h}`},
	{group: GroupPayments, name: "a subscription that was not renewed is over", ref: "I10", query: `
		SELECT o.id FROM orders o WHERE o.until_at IS NOT NULL AND o.ended_at IS NULL AND o.until_at < {ago 168h}`},
	{group: GroupConversations, name: "who looks for a partner is let go after a while", ref: "I13", query: `
		SELECT l.user_id FROM lobby l WHERE l.since < {ago 2h}`},
	{group: GroupConversations, name: "a conversation in which nobody writes ends", ref: "I13", query: `
		SELECT c.id FROM conversations c WHERE c.closed_at IS NULL AND c.active_at < {ago 96h}`},
	{group: GroupConversations, name: "what is said is passed on", ref: "I14", query: `
		SELECT r.update_key FROM conversation_members m JOIN relays r ON r.conversation_id = m.conversation_id AND r.side = m.side AND r.seq > m.passed_seq
		WHERE r.status IN ('waiting','pending','sending') AND r.updated_at < {ago 1h} AND m.not_before < now_us() - 3600000000`},
	{group: GroupPrivacy, name: "a request about data is answered in time", ref: "I12", query: `
		SELECT r.id FROM rights r WHERE r.status IN ('asked','running') AND (r.due_at < {ago 0s} OR r.created_at < {ago 720h})`},
	{group: GroupPrivacy, name: "an erasure that has begun is done within a day", ref: "I12", query: `
		SELECT r.id FROM rights r JOIN users u ON u.id = r.user_id WHERE r.status IN ('asked','running') AND r.kind = 'erase' AND u.erasing_at < {ago 24h}`},
	{group: GroupPrivacy, name: "what is asked for about data is claimed", ref: "I12", query: `
		SELECT r.id FROM rights r WHERE r.status IN ('asked','running') AND r.sweeps > 12`},
	{group: GroupPrivacy, name: "a breach is told in time", ref: "I12", query: `
		SELECT b.id FROM breaches b WHERE b.authority_at IS NULL AND b.closed_at IS NULL AND b.discovered_at < {ago 72h}`},
}
