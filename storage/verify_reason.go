package storage

// reasonInvariants are about what credits came from and what they went for: each way to give or to take some leaves a row beside the
// books that says so, in the same transaction. A key of no known form is a way that there is not. Of whoever was erased, or is
// being erased, these rows are gone.
var reasonInvariants = []invariant{
	{name: "credits were given for something that there is", ref: "IL", query: `
		SELECT t.id FROM {transfers} t WHERE t.kind = 'grant' AND NOT ` + ofLeaver + ` AND NOT CASE
			WHEN t.ref = 'welcome:' || CAST(t.user_id AS TEXT) THEN EXISTS (SELECT 1 FROM consents c WHERE c.user_id = t.user_id AND c.granted)
			WHEN t.ref LIKE 'daily:%' THEN EXISTS (SELECT 1 FROM streaks k WHERE k.user_id = t.user_id
				AND t.ref BETWEEN 'daily:' || CAST(k.user_id AS TEXT) || ':' AND 'daily:' || CAST(k.user_id AS TEXT) || ':' || CAST(k.day AS TEXT))
			WHEN t.ref LIKE 'promo:%' THEN EXISTS (SELECT 1 FROM promo_uses u JOIN promos p ON p.id = u.promo_id WHERE u.user_id = t.user_id AND p.credits = t.amount
				AND t.ref = 'promo:' || u.promo_id || ':' || CAST(u.user_id AS TEXT) || ':' || CAST(u.n AS TEXT))
			WHEN t.ref = 'referred:' || CAST(t.user_id AS TEXT) THEN EXISTS (SELECT 1 FROM referrals r WHERE r.friend_id = t.user_id AND r.status = 'paid')
				OR ` + someoneLeft + `
			WHEN t.ref LIKE 'referral:%' THEN EXISTS (SELECT 1 FROM referrals r WHERE r.friend_id = ` + friendOf + ` AND r.inviter_id = t.user_id AND r.credits = t.amount)
				OR EXISTS (SELECT 1 FROM users f WHERE f.id = ` + friendOf + ` AND f.erasing_at IS NOT NULL) OR ` + booksClosed + `
			WHEN t.ref LIKE 'operator:%' THEN EXISTS (SELECT 1 FROM generations g WHERE g.id = substr(t.ref, 10) AND g.user_id = t.user_id AND g.price = t.amount)
			WHEN t.ref LIKE 'order:%' THEN EXISTS (SELECT 1 FROM credit_orders o WHERE o.id = substr(t.ref, 7) AND o.user_id = t.user_id AND o.status = 'done')
			WHEN t.ref LIKE 'return:%' THEN EXISTS (SELECT 1 FROM transfers k WHERE k.id = substr(t.ref, 8) AND k.user_id = t.user_id
				AND (k.amount = t.amount OR k.kind = 'capture' AND k.amount > t.amount))
			ELSE FALSE END`},
	{name: "credits were taken for something that there is", ref: "IL", query: `
		SELECT t.id FROM {transfers} t WHERE t.posted <= 0 AND t.kind IN ('take','refund','clawback','expire','gift') AND NOT CASE
			WHEN t.kind = 'refund' THEN EXISTS (SELECT 1 FROM refunds r WHERE r.user_id = t.user_id
				AND (t.ref = r.charge_id OR r.tries > 1 AND substr(t.ref, 1, length(r.charge_id) + 1) = r.charge_id || ':'))
			WHEN t.kind = 'clawback' OR t.ref LIKE 'debt:reversed:%' THEN EXISTS (SELECT 1 FROM payments p WHERE p.user_id = t.user_id AND p.status = 'clawed_back'
				AND p.charge_id = CASE t.kind WHEN 'clawback' THEN t.ref ELSE substr(t.ref, 15) END)
			WHEN t.kind = 'take' AND t.ref LIKE 'debt:%' OR ` + ofLeaver + ` THEN TRUE
			WHEN t.kind = 'take' THEN EXISTS (SELECT 1 FROM credit_orders o WHERE o.id = t.ref AND o.user_id = t.user_id AND o.status = 'done')
			WHEN t.kind = 'gift' THEN EXISTS (SELECT 1 FROM gifts f WHERE f.id = substr(t.ref, 1, length(t.ref) - 4) AND f.user_id = t.user_id)
			ELSE EXISTS (SELECT 1 FROM lots l WHERE l.id = t.ref AND l.expires_at IS NOT NULL) END`},
	{name: "what is owed was bought, and its Stars went back", ref: "I11", nightly: true, query: `
		SELECT CAST(u.id AS TEXT) FROM users u WHERE u.debt > 0 AND NOT ` + booksClosed + ` AND u.debt >
			COALESCE((SELECT SUM(` + owedFor + `) FROM payments p WHERE p.user_id = u.id AND p.status = 'clawed_back'), 0) + ` + owedByErased + `
			- COALESCE((SELECT SUM(t.amount) FROM transfers t WHERE t.user_id = u.id AND t.kind = 'take' AND t.ref LIKE 'debt:%' AND t.ref NOT LIKE 'debt:reversed:%'), 0)
		UNION SELECT 'remembered' FROM (SELECT SUM(debt) AS debt FROM remembered) m WHERE NOT ` + booksClosed + ` AND m.debt > ` + owedByErased},
	{name: "what an operator gave or took is in the audit log", ref: "IL", query: `
		SELECT o.id FROM {credit_orders} o WHERE o.status = 'done' AND NOT EXISTS (SELECT 1 FROM audit a WHERE a.object = o.id)`},
}

const (
	// ofLeaver is true of transfers t of somebody who was erased, or is being erased.
	ofLeaver = `EXISTS (SELECT 1 FROM users u WHERE u.id = t.user_id AND u.erasing_at IS NOT NULL)`
	// someoneLeft is true of transfers t since when anybody was erased, or is being erased: what was between two people is gone with either.
	someoneLeft = `COALESCE((SELECT MAX(e.erased_at) FROM users e WHERE e.erased_at IS NOT NULL), 0) > t.created_at - 3600000000
		OR EXISTS (SELECT 1 FROM rights w WHERE w.kind = 'erase' AND w.status IN ('asked','running')) OR ` + booksClosed
	// booksClosed is true where people who were erased long ago are gone altogether.
	booksClosed = `EXISTS (SELECT 1 FROM closings)`
	// friendOf is who came by the invitation that a transfer t is for, or NULL where it names nobody.
	friendOf = `CASE WHEN length(t.ref) BETWEEN 10 AND 25 AND trim(substr(t.ref, 10), '0123456789') = '' THEN CAST(substr(t.ref, 10) AS BIGINT) END`
	// owedFor is what came to be owed for a payment p that was taken back: what it bought less what was there to be taken.
	owedFor = `p.credits - COALESCE((SELECT c.amount FROM transfers c WHERE c.id = 'clawback:' || p.charge_id), 0)
		- COALESCE((SELECT v.amount FROM transfers v WHERE v.id = 'take:debt:reversed:' || p.charge_id), 0)`
	// owedByErased is what is owed by everybody who was erased: whoever comes back owes it again, and nothing says who they were.
	owedByErased = `COALESCE((SELECT SUM(` + owedFor + `) FROM users e JOIN payments p ON p.user_id = e.id WHERE e.erased_at IS NOT NULL AND p.status = 'clawed_back'), 0)`
)
