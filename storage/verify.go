package storage

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"
)

// Violation is a row that contradicts an invariant.
type Violation struct {
	Invariant string `json:"invariant"`
	Row       string `json:"row"`
}

// invariants are statements about the whole database; each query returns the rows that contradict one. They hold at
// every commit.
var invariants = []struct{ name, query string }{
	{"an account is the sum of its transfers", `
		SELECT a.user_id FROM accounts a LEFT JOIN (SELECT user_id, SUM(posted) AS posted, SUM(held) AS held FROM transfers GROUP BY user_id) t
		ON t.user_id = a.user_id WHERE a.posted <> COALESCE(t.posted, 0) OR a.held <> COALESCE(t.held, 0)`},
	{"what people have is what the house gave", `
		SELECT CAST(people - journal AS TEXT) FROM (SELECT (SELECT COALESCE(SUM(posted), 0) FROM accounts) AS people,
			(SELECT COALESCE(SUM(posted), 0) FROM transfers) AS journal) s WHERE people <> journal`},
	{"no balance is below zero", `
		SELECT user_id FROM accounts WHERE held < 0 OR posted < held`},
	{"a transfer of days ago is in a checkpoint", `
		SELECT t.id FROM transfers t WHERE t.created_at < (SELECT MAX(covers_until) FROM checkpoints) - 86400000000
		AND NOT EXISTS (SELECT 1 FROM checkpoint_marks m WHERE m.transfer_id = t.id)`},
	{"a transfer in a checkpoint exists", `
		SELECT m.transfer_id FROM checkpoint_marks m LEFT JOIN transfers t ON t.id = m.transfer_id WHERE t.id IS NULL`},
	{"every transfer has an account", `
		SELECT id FROM transfers WHERE user_id NOT IN (SELECT user_id FROM accounts)`},
	{"what a transfer gives or takes is in lots", `
		SELECT t.id FROM transfers t LEFT JOIN lots l ON l.id = t.id AND l.user_id = t.user_id
		LEFT JOIN (SELECT transfer_id, SUM(credits) AS credits FROM lot_uses GROUP BY transfer_id) u ON u.transfer_id = t.id
		WHERE t.posted <> COALESCE(l.credits, 0) - COALESCE(u.credits, 0)`},
	{"a lot has what its uses left", `
		SELECT l.id FROM lots l LEFT JOIN (SELECT lot_id, SUM(credits) AS credits FROM lot_uses GROUP BY lot_id) u ON u.lot_id = l.id
		WHERE l.left_ <> l.credits - COALESCE(u.credits, 0)`},
	{"a lot was given, and used by transfers of its person", `
		SELECT l.id FROM lots l LEFT JOIN transfers t ON t.id = l.id WHERE t.id IS NULL
		UNION SELECT u.lot_id FROM lot_uses u LEFT JOIN lots l ON l.id = u.lot_id LEFT JOIN transfers t ON t.id = u.transfer_id
		WHERE l.id IS NULL OR t.id IS NULL OR t.user_id <> l.user_id`},
	{"an account is the sum of its lots", `
		SELECT a.user_id FROM accounts a LEFT JOIN (SELECT user_id, SUM(left_) AS credits FROM lots WHERE left_ > 0 GROUP BY user_id) l
		ON l.user_id = a.user_id WHERE a.posted <> COALESCE(l.credits, 0)`},
	{"a gift arrives once, with what was given", `
		SELECT i.id FROM transfers i LEFT JOIN transfers o ON o.id = substr(i.id, 1, length(i.id) - 3) || ':out'
		WHERE i.kind = 'gift' AND i.posted > 0 AND (o.amount <> i.amount
			OR o.id IS NULL AND NOT EXISTS (SELECT 1 FROM closed_gifts c WHERE c.transfer_id = substr(i.id, 1, length(i.id) - 3) || ':out'))`},
	{"a payment gave its credits once", `
		SELECT p.charge_id FROM payments p LEFT JOIN transfers t ON t.id = 'pay:' || p.charge_id
		WHERE (p.credits > 0) <> (t.id IS NOT NULL) OR t.amount <> p.credits OR t.user_id <> p.user_id`},
	{"what was bought was paid for", `
		SELECT t.id FROM transfers t LEFT JOIN payments p ON p.charge_id = t.ref WHERE t.kind = 'purchase' AND p.charge_id IS NULL`},
	{"credits of a payment are taken from its lot alone", `
		SELECT t.id FROM transfers t JOIN lot_uses u ON u.transfer_id = t.id JOIN lots l ON l.id = u.lot_id
		WHERE t.kind IN ('refund','clawback') AND l.source <> 'purchase'`},
	{"open holds are the holds without a settlement", `
		SELECT h.ref FROM transfers h WHERE h.kind = 'hold'
		AND EXISTS (SELECT 1 FROM transfers s WHERE s.id = 'settle:' || h.ref) = EXISTS (SELECT 1 FROM open_holds o WHERE o.generation_id = h.ref)`},
	{"every open hold has its transfer", `
		SELECT o.generation_id FROM open_holds o LEFT JOIN transfers h ON h.id = 'hold:' || o.generation_id
		WHERE h.id IS NULL OR h.amount <> o.amount OR h.user_id <> o.user_id`},
	{"a settlement undoes exactly its hold and captures at most it", `
		SELECT s.id FROM transfers s LEFT JOIN transfers h ON h.id = 'hold:' || s.ref WHERE s.kind IN ('capture','release')
		AND (h.id IS NULL OR s.held <> -h.held OR s.user_id <> h.user_id OR s.amount > h.amount)`},
	{"a generation's status agrees with its money", `
		SELECT g.id FROM generations g LEFT JOIN transfers s ON s.id = 'settle:' || g.id LEFT JOIN open_holds o ON o.generation_id = g.id
		WHERE g.price > 0 AND NOT CASE WHEN g.status IN ('held','generating') THEN o.generation_id IS NOT NULL AND s.id IS NULL
			WHEN g.status IN ('stored','delivered','undeliverable') THEN o.generation_id IS NULL AND COALESCE(s.kind, '') = 'capture'
			ELSE o.generation_id IS NULL AND COALESCE(s.kind, '') = 'release' END`},
	{"what was captured is the price of the images that exist", `
		SELECT g.id FROM generations g JOIN transfers s ON s.id = 'settle:' || g.id AND s.kind = 'capture'
		WHERE g.deleted_at IS NULL AND s.amount <> g.price / g.images_wanted * (SELECT COUNT(*) FROM images i JOIN attempts a ON a.id = i.attempt_id
			WHERE i.generation_id = g.id AND a.late = FALSE)`},
	{"nobody looks for a partner and has one", `
		SELECT user_id FROM lobby WHERE user_id IN (SELECT user_id FROM conversation_members)`},
	{"a conversation has two people while it lives, and none after", `
		SELECT c.id FROM conversations c WHERE (SELECT COUNT(*) FROM conversation_members m WHERE m.conversation_id = c.id)
		<> CASE WHEN c.closed_at IS NULL THEN 2 ELSE 0 END`},
	{"a gift is out of its giver's account, and in one at most", `
		SELECT f.id FROM gifts f LEFT JOIN transfers o ON o.id = 'gift:' || f.id || ':out' LEFT JOIN transfers i ON i.id = 'gift:' || f.id || ':in'
		LEFT JOIN closed_gifts c ON c.transfer_id = 'gift:' || f.id || ':in'
		WHERE o.id IS NULL OR o.amount <> f.credits OR o.user_id <> f.user_id OR (f.status = 'open') <> (i.id IS NULL AND c.transfer_id IS NULL)
		OR (f.status = 'returned') <> (COALESCE(i.user_id, 0) = f.user_id)`},
	{"a code was used as often as it says", `
		SELECT p.id FROM promos p WHERE p.used - p.closed <> (SELECT COUNT(*) FROM transfers g WHERE g.kind = 'grant' AND g.amount = p.credits
			AND substr(g.ref, 1, length(p.id) + 7) = 'promo:' || p.id || ':')
		UNION SELECT u.promo_id FROM promo_uses u WHERE NOT EXISTS (SELECT 1 FROM transfers g
			WHERE g.id = 'grant:promo:' || u.promo_id || ':' || CAST(u.user_id AS TEXT) || ':' || CAST(u.n AS TEXT))`},
	{"a friend brought what it says", `
		SELECT CAST(r.friend_id AS TEXT) FROM referrals r LEFT JOIN transfers g ON g.id = 'grant:referral:' || CAST(r.friend_id AS TEXT)
		WHERE COALESCE(g.amount, 0) <> r.credits OR g.user_id <> r.inviter_id`},
	{"what operators did moved credits, once", `
		SELECT o.id FROM credit_orders o LEFT JOIN transfers m ON m.id = CASE WHEN o.credits > 0 THEN 'grant:order:' ELSE 'take:' END || o.id
		WHERE (o.status = 'done') <> (m.id IS NOT NULL) OR m.posted <> o.credits OR m.user_id <> o.user_id`},
	{"an image lies under its owner's prefix", `
		SELECT i.object_key FROM images i JOIN generations g ON g.id = i.generation_id
		WHERE i.user_id <> g.user_id OR i.object_key NOT LIKE 'u/' || CAST(i.user_id AS TEXT) || '/%'`},
	{"no more images were made than were asked for", `
		SELECT g.id FROM generations g JOIN images i ON i.generation_id = g.id AND i.role = 'result'
		GROUP BY g.id, g.images_wanted HAVING COUNT(*) > g.images_wanted`},
	{"a successful attempt has an image", `
		SELECT a.id FROM attempts a JOIN generations g ON g.id = a.generation_id WHERE a.state = 'succeeded' AND g.deleted_at IS NULL
		AND NOT EXISTS (SELECT 1 FROM images i WHERE i.attempt_id = a.id)`},
	{"nothing was sent after an unknown outcome", `
		SELECT a.id FROM attempts a JOIN attempts u ON u.generation_id = a.generation_id AND u.state = 'unknown' AND u.seq < a.seq`},
	{"a generation stored for a chat has a delivery", `
		SELECT g.id FROM generations g WHERE g.form = 'chat' AND g.status = 'stored'
		AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.generation_id = g.id AND d.kind = 'result')`},
	{"a payment was granted, once, what it says", `
		SELECT p.charge_id FROM payments p LEFT JOIN transfers t ON t.id = 'pay:' || p.charge_id
		WHERE p.credits <> COALESCE(t.amount, 0) OR t.id IS NOT NULL AND t.user_id <> p.user_id`},
	{"an order that is paid has a payment", `
		SELECT o.id FROM orders o WHERE o.status = 'paid' AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.order_id = o.id AND p.credits > 0)`},
	{"who owes credits is frozen, and nobody else", `
		SELECT CAST(id AS TEXT) FROM users WHERE debt < 0 OR (debt > 0) <> (frozen_at IS NOT NULL)`},
	{"a payment is being given back while its refund is asked for", `
		SELECT p.charge_id FROM payments p LEFT JOIN refunds r ON r.charge_id = p.charge_id AND r.status = 'asked'
		WHERE (p.status = 'refunding') <> (r.id IS NOT NULL)`},
	{"a refund took the credits that it says", `
		SELECT r.charge_id FROM refunds r LEFT JOIN transfers t ON t.kind = 'refund'
			AND t.ref = r.charge_id || CASE WHEN r.tries > 1 THEN ':' || CAST(r.tries AS TEXT) ELSE '' END
		WHERE r.status <> 'refused' AND r.credits <> COALESCE(t.amount, 0)`},
}

// Verify checks every invariant, every checkpoint, every closing and the audit log, and returns what contradicts them, at most ten rows each.
func (s *Store) Verify(ctx context.Context) ([]Violation, error) {
	all := []Violation{}
	for _, inv := range invariants {
		rows, err := collect(ctx, s.r, func(row scanner) (v string, err error) { return v, row.Scan(&v) }, inv.query+" LIMIT 10")
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			all = append(all, Violation{Invariant: inv.name, Row: r})
		}
	}
	for _, look := range []func(context.Context) ([]Violation, error){s.verifyCheckpoints, s.verifyClosings, s.verifyActs} {
		broken, err := look(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, broken...)
	}
	return all, nil
}

// Books are the figures of a moment, and what is wrong with them.
type Books struct {
	At         time.Time   `json:"at"`
	Violations []Violation `json:"violations"`
	People     int64       `json:"people"` // accounts
	Posted     int64       `json:"posted"` // credits that people have
	Held       int64       `json:"held"`   // of them, set aside
	Lots       []Sum       `json:"lots"`   // what is left, by source
	House      []Sum       `json:"house"`  // accounts of the house; with Posted they come to zero
	Transfers  int64       `json:"transfers"`
	Closed     int64       `json:"closed_transfers"` // of people who were erased so long ago that their books are gone
	Off        []Sum       `json:"off"`              // by how much two ways to add up differ, by name; all zero where the books are right
	Checkpoint *Checkpoint `json:"checkpoint"`       // the newest
}

// Sum is credits under a name.
type Sum struct {
	Name    string `json:"name"`
	Credits int64  `json:"credits"`
}

// Audit makes a checkpoint, verifies everything, and adds up.
func (s *Store) Audit(ctx context.Context) (b Books, err error) {
	c, err := s.Checkpoint(ctx)
	if err != nil {
		return b, err
	}
	b.At, b.Checkpoint = s.now(), &c
	if b.Violations, err = s.Verify(ctx); err != nil {
		return b, err
	}
	if err := s.r.QueryRowContext(ctx, `SELECT COUNT(*), CAST(COALESCE(SUM(posted), 0) AS BIGINT), CAST(COALESCE(SUM(held), 0) AS BIGINT),
		(SELECT COUNT(*) FROM transfers) FROM accounts`).Scan(&b.People, &b.Posted, &b.Held, &b.Transfers); err != nil {
		return b, err
	}
	if b.Lots, err = s.sums(ctx, `SELECT source, CAST(SUM(left_) AS BIGINT) FROM lots GROUP BY source ORDER BY source`); err != nil {
		return b, err
	}
	if b.House, err = s.sums(ctx, `SELECT counter, CAST(-SUM(posted) AS BIGINT) FROM transfers GROUP BY counter ORDER BY counter`); err != nil {
		return b, err
	}
	if err := s.addClosed(ctx, &b); err != nil {
		return b, err
	}
	b.Off, err = s.sums(ctx, `
		SELECT 'house', CAST(COALESCE((SELECT SUM(posted) FROM accounts), 0) - COALESCE((SELECT SUM(posted) FROM transfers), 0) AS BIGINT)
		UNION ALL SELECT 'lots', CAST(COALESCE((SELECT SUM(posted) FROM accounts), 0) - COALESCE((SELECT SUM(left_) FROM lots), 0) AS BIGINT)
		UNION ALL SELECT 'holds', CAST(COALESCE((SELECT SUM(held) FROM accounts), 0) - COALESCE((SELECT SUM(amount) FROM open_holds), 0) AS BIGINT)
		UNION ALL SELECT 'payments', CAST(COALESCE((SELECT SUM(credits) FROM payments), 0) -
			COALESCE((SELECT SUM(amount) FROM transfers WHERE kind = 'purchase'), 0) AS BIGINT)`)
	return b, err
}

// addClosed adds to the accounts of the house what they did with people whose books are gone.
func (s *Store) addClosed(ctx context.Context, b *Books) error {
	all, err := s.closings(ctx)
	for _, c := range all {
		b.Closed += c.Transfers
		for _, name := range slices.Sorted(maps.Keys(c.Sums)) {
			i := slices.IndexFunc(b.House, func(h Sum) bool { return h.Name == name })
			if i < 0 {
				i = len(b.House)
				b.House = append(b.House, Sum{Name: name})
			}
			b.House[i].Credits -= c.Sums[name]
		}
	}
	slices.SortFunc(b.House, func(a, b Sum) int { return strings.Compare(a.Name, b.Name) })
	return err
}

// Checks names what Books.Off compares.
func Checks() []string { return []string{"house", "lots", "holds", "payments"} }

func (s *Store) sums(ctx context.Context, query string) ([]Sum, error) {
	return collect(ctx, s.r, func(row scanner) (one Sum, err error) { return one, row.Scan(&one.Name, &one.Credits) }, query)
}
