package storage

// ledgerInvariants are about what people have, and what the house gave and took.
var ledgerInvariants = []invariant{
	{name: "an account is the sum of its transfers", ref: "IL", query: `
		SELECT a.user_id FROM {accounts} a WHERE a.posted <> COALESCE((SELECT SUM(t.posted) FROM transfers t WHERE t.user_id = a.user_id), 0)
		OR a.held <> COALESCE((SELECT SUM(t.held) FROM transfers t WHERE t.user_id = a.user_id), 0)`},
	{name: "what people have is what the house gave", ref: "IL", nightly: true, query: `
		SELECT CAST(people - journal AS TEXT) FROM (SELECT (SELECT COALESCE(SUM(posted), 0) FROM accounts) AS people,
			(SELECT COALESCE(SUM(posted), 0) FROM transfers) AS journal) s WHERE people <> journal`},
	{name: "no balance is below zero", ref: "IL", query: `
		SELECT a.user_id FROM {accounts} a WHERE a.held < 0 OR a.posted < a.held`},
	{name: "a transfer of days ago is in a checkpoint", ref: "IL", nightly: true, query: `
		SELECT t.id FROM {transfers} t WHERE t.created_at < (SELECT MAX(covers_until) FROM checkpoints) - 86400000000
		AND NOT EXISTS (SELECT 1 FROM checkpoint_marks m WHERE m.transfer_id = t.id)`},
	{name: "a transfer in a checkpoint exists", ref: "IL", nightly: true, query: `
		SELECT m.transfer_id FROM checkpoint_marks m LEFT JOIN transfers t ON t.id = m.transfer_id WHERE t.id IS NULL`},
	{name: "every transfer has an account", ref: "IL", query: `
		SELECT t.id FROM {transfers} t WHERE NOT EXISTS (SELECT 1 FROM accounts a WHERE a.user_id = t.user_id)`},
	{name: "every account is somebody's", ref: "IL", query: `
		SELECT a.user_id FROM {accounts} a WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.id = a.user_id)`},
	{name: "what a transfer gives or takes is in lots", ref: "IL", query: `
		SELECT t.id FROM {transfers} t LEFT JOIN lots l ON l.id = t.id AND l.user_id = t.user_id
		WHERE t.posted <> COALESCE(l.credits, 0) - COALESCE((SELECT SUM(u.credits) FROM lot_uses u WHERE u.transfer_id = t.id), 0)`},
	{name: "a lot has what its uses left", ref: "IL", nightly: true, query: `
		SELECT l.id FROM {lots} l LEFT JOIN (SELECT lot_id, SUM(credits) AS credits FROM lot_uses GROUP BY lot_id) u ON u.lot_id = l.id
		WHERE l.left_ <> l.credits - COALESCE(u.credits, 0)`},
	{name: "a lot was given, and used by transfers of its person", ref: "IL", query: `
		SELECT l.id FROM {lots} l LEFT JOIN transfers t ON t.id = l.id WHERE t.id IS NULL
		UNION SELECT u.lot_id FROM {lot_uses} u LEFT JOIN lots l ON l.id = u.lot_id LEFT JOIN transfers t ON t.id = u.transfer_id
		WHERE l.id IS NULL OR t.id IS NULL OR t.user_id <> l.user_id`},
	{name: "a lot is of the kind that its transfer is", ref: "IL", query: `
		SELECT l.id FROM {lots} l JOIN transfers t ON t.id = l.id WHERE (l.source = 'purchase') <> (t.kind = 'purchase') OR l.charge_id <> t.ref
			OR (l.source = 'gift') <> (t.kind = 'gift') OR (l.source IN ('operator','return')) <> (t.counter = 'operations')`},
	{name: "an account is the sum of its lots", ref: "IL", query: `
		SELECT a.user_id FROM {accounts} a WHERE a.posted <> COALESCE((SELECT SUM(l.left_) FROM lots l WHERE l.user_id = a.user_id AND l.left_ > 0), 0)`},
	{name: "open holds are the holds without a settlement", ref: "I4", query: `
		SELECT h.ref FROM {transfers} h WHERE h.kind = 'hold'
		AND EXISTS (SELECT 1 FROM transfers s WHERE s.id = 'settle:' || h.ref) = EXISTS (SELECT 1 FROM open_holds o WHERE o.generation_id = h.ref)`},
	{name: "every open hold has its transfer", ref: "I4", query: `
		SELECT o.generation_id FROM open_holds o LEFT JOIN transfers h ON h.id = 'hold:' || o.generation_id
		WHERE h.id IS NULL OR h.amount <> o.amount OR h.user_id <> o.user_id`},
	{name: "an open hold is of a generation that is open", ref: "I4", query: `
		SELECT o.generation_id FROM open_holds o LEFT JOIN generations g ON g.id = o.generation_id
		WHERE g.id IS NULL OR g.user_id <> o.user_id OR g.price <> o.amount OR g.status NOT IN ('held','generating')`},
	{name: "a settlement undoes exactly its hold and captures at most it", ref: "I4", query: `
		SELECT s.id FROM {transfers} s LEFT JOIN transfers h ON h.id = 'hold:' || s.ref WHERE s.kind IN ('capture','release')
		AND (h.id IS NULL OR s.held <> -h.held OR s.user_id <> h.user_id OR s.amount > h.amount)`},
	{name: "a settlement is not before its hold", ref: "I4", query: `
		SELECT s.id FROM {transfers} s JOIN transfers h ON h.id = 'hold:' || s.ref
		WHERE s.kind IN ('capture','release') AND s.created_at < h.created_at - 60000000`}, // clocks of two processes
}

// creditInvariants are about credits that were given.
var creditInvariants = []invariant{
	{name: "a gift arrives once, with what was given", ref: "IL", query: `
		SELECT i.id FROM {transfers} i LEFT JOIN transfers o ON o.id = substr(i.id, 1, length(i.id) - 3) || ':out'
		WHERE i.kind = 'gift' AND i.posted > 0 AND (o.amount <> i.amount
			OR o.id IS NULL AND NOT EXISTS (SELECT 1 FROM closed_gifts c WHERE c.transfer_id = substr(i.id, 1, length(i.id) - 3) || ':out'))`},
	{name: "a gift is out of its giver's account, and in one at most", ref: "IL", query: `
		SELECT f.id FROM {gifts} f LEFT JOIN transfers o ON o.id = 'gift:' || f.id || ':out' LEFT JOIN transfers i ON i.id = 'gift:' || f.id || ':in'
		LEFT JOIN closed_gifts c ON c.transfer_id = 'gift:' || f.id || ':in'
		WHERE o.id IS NULL OR o.amount <> f.credits OR o.user_id <> f.user_id OR (f.status = 'open') <> (i.id IS NULL AND c.transfer_id IS NULL)
		OR (f.status = 'returned') <> (COALESCE(i.user_id, 0) = f.user_id)`},
	{name: "a code was used as often as it says", ref: "I2", nightly: true, query: `
		SELECT p.id FROM promos p WHERE p.used - p.closed <> (SELECT COUNT(*) FROM transfers g WHERE g.kind = 'grant' AND g.amount = p.credits
			AND substr(g.ref, 1, length(p.id) + 7) = 'promo:' || p.id || ':')
		UNION SELECT u.promo_id FROM promo_uses u WHERE NOT EXISTS (SELECT 1 FROM transfers g
			WHERE g.id = 'grant:promo:' || u.promo_id || ':' || CAST(u.user_id AS TEXT) || ':' || CAST(u.n AS TEXT))`},
	{name: "a friend brought what it says", ref: "I2", nightly: true, query: `
		SELECT CAST(r.friend_id AS TEXT) FROM referrals r LEFT JOIN transfers g ON g.id = 'grant:referral:' || CAST(r.friend_id AS TEXT)
		WHERE COALESCE(g.amount, 0) <> r.credits OR g.user_id <> r.inviter_id`},
	{name: "what operators did moved credits, once", ref: "I2", query: `
		SELECT o.id FROM {credit_orders} o LEFT JOIN transfers m ON m.id = CASE WHEN o.credits > 0 THEN 'grant:order:' ELSE 'take:' END || o.id
		WHERE (o.status = 'done') <> (m.id IS NOT NULL) OR m.posted <> o.credits OR m.user_id <> o.user_id`},
	{name: "who owes credits is frozen, and nobody else", ref: "IL", nightly: true, query: `
		SELECT CAST(id AS TEXT) FROM users WHERE debt < 0 OR (debt > 0) <> (frozen_at IS NOT NULL)`},
}

// paymentInvariants are about Stars.
var paymentInvariants = []invariant{
	{name: "a payment gave its credits once", ref: "I10", query: `
		SELECT p.charge_id FROM {payments} p LEFT JOIN transfers t ON t.id = 'pay:' || p.charge_id
		WHERE (p.credits > 0) <> (t.id IS NOT NULL) OR t.amount <> p.credits OR t.user_id <> p.user_id`},
	{name: "a payment was granted, once, what it says", ref: "I10", query: `
		SELECT p.charge_id FROM {payments} p LEFT JOIN transfers t ON t.id = 'pay:' || p.charge_id
		WHERE p.credits <> COALESCE(t.amount, 0) OR t.id IS NOT NULL AND t.user_id <> p.user_id`},
	{name: "what was bought was paid for", ref: "I10", query: `
		SELECT t.id FROM {transfers} t LEFT JOIN payments p ON p.charge_id = t.ref WHERE t.kind = 'purchase' AND p.charge_id IS NULL`},
	{name: "credits of a payment are taken from its lot alone", ref: "I11", query: `
		SELECT t.id FROM {transfers} t JOIN lot_uses u ON u.transfer_id = t.id JOIN lots l ON l.id = u.lot_id
		WHERE t.kind IN ('refund','clawback') AND l.source <> 'purchase'`},
	{name: "an order that is paid has a payment", ref: "I10", query: `
		SELECT o.id FROM {orders} o WHERE o.status = 'paid' AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.order_id = o.id AND p.credits > 0)`},
	{name: "a payment without a problem is as its order says", ref: "I10", query: `
		SELECT p.charge_id FROM {payments} p LEFT JOIN orders o ON o.id = p.order_id WHERE p.problem = '' AND p.credits > 0 AND p.order_id IS NOT NULL
		AND (o.id IS NULL OR p.user_id <> o.user_id OR p.stars <> o.stars OR p.credits <> o.credits OR o.status <> 'paid')`},
	{name: "what gave nothing is not paid, and what gave something is", ref: "I10", query: `
		SELECT p.charge_id FROM {payments} p WHERE p.status IN ('paid','clawed_back') AND p.credits = 0 OR p.status = 'unmatched' AND p.credits > 0`},
	{name: "a payment is being given back while its refund is asked for", ref: "I11", query: `
		SELECT p.charge_id FROM {payments} p LEFT JOIN refunds r ON r.charge_id = p.charge_id AND r.status = 'asked'
		WHERE (p.status = 'refunding') <> (r.id IS NOT NULL)`},
	{name: "what went back left nothing to spend", ref: "I11", query: `
		SELECT p.charge_id FROM {payments} p JOIN lots l ON l.charge_id = p.charge_id WHERE p.status = 'refunded' AND l.left_ > 0`},
	{name: "what bought credits went back by a refund, or was taken back", ref: "I11", query: `
		SELECT p.charge_id FROM {payments} p WHERE p.credits > 0
		AND (p.status = 'refunded' AND NOT EXISTS (SELECT 1 FROM refunds r WHERE r.charge_id = p.charge_id AND r.status = 'done')
			OR p.status = 'clawed_back' AND NOT EXISTS (SELECT 1 FROM transfers t WHERE t.id = 'clawback:' || p.charge_id))`},
	{name: "a refund took the credits that it says", ref: "I11", query: `
		SELECT r.charge_id FROM {refunds} r LEFT JOIN transfers t ON t.id = 'refund:' || r.charge_id || CASE WHEN r.tries > 1 THEN ':' || CAST(r.tries AS TEXT) ELSE '' END
		WHERE r.status <> 'refused' AND r.credits <> COALESCE(t.amount, 0)`},
	{name: "a refund is of its payment, and what is done went back", ref: "I11", query: `
		SELECT r.charge_id FROM {refunds} r LEFT JOIN payments p ON p.charge_id = r.charge_id
		WHERE p.charge_id IS NULL OR COALESCE(p.user_id, 0) <> COALESCE(r.user_id, 0) OR p.stars <> r.stars OR r.status = 'done' AND p.status <> 'refunded'`},
	{name: "credits stay taken while their Stars are back, or on their way", ref: "I11", query: `
		SELECT r.charge_id FROM {refunds} r JOIN transfers b ON b.id = 'grant:return:refund:' || r.charge_id || CASE WHEN r.tries > 1 THEN ':' || CAST(r.tries AS TEXT) ELSE '' END
		WHERE r.status <> 'refused'`},
	{name: "credits are taken before Stars go back", ref: "I11", query: `
		SELECT r.charge_id FROM {refunds} r JOIN transfers t ON t.id = 'refund:' || r.charge_id || CASE WHEN r.tries > 1 THEN ':' || CAST(r.tries AS TEXT) ELSE '' END
		WHERE t.created_at > r.ended_at + 60000000`}, // clocks of two processes
}
