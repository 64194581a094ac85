package storage

import (
	"maps"
	"slices"
)

// window is a table that a query can go through: all of it, and what is new in it since {since}.
type window struct{ all, recent string }

// windows are those tables by name. What is new is found by an index, or in a table that has few rows.
var windows = map[string]window{
	"transfers": {"transfers", `SELECT * FROM transfers WHERE created_at >= {since}`},
	"accounts":  {"accounts", `SELECT * FROM accounts WHERE user_id IN (SELECT user_id FROM transfers WHERE created_at >= {since})`},
	"lots": {"lots", `SELECT * FROM lots WHERE id IN (SELECT id FROM transfers WHERE created_at >= {since}
		UNION SELECT n.lot_id FROM transfers t JOIN lot_uses n ON n.transfer_id = t.id WHERE t.created_at >= {since})`},
	"lot_uses": {"lot_uses", `SELECT n.* FROM transfers t JOIN lot_uses n ON n.transfer_id = t.id WHERE t.created_at >= {since}`},
	"generations": {"generations", `SELECT * FROM generations WHERE id IN (SELECT id FROM generations WHERE created_at >= {since}
		UNION SELECT ref FROM transfers WHERE created_at >= {since})`},
	"attempts":         {"attempts", `SELECT * FROM attempts WHERE created_at >= {since}`},
	"images":           {"images", `SELECT n.* FROM generations g JOIN images n ON n.generation_id = g.id WHERE g.created_at >= {since}`},
	"deliveries":       {"deliveries", `SELECT * FROM deliveries WHERE created_at >= {since}`},
	"consumed_actions": {"consumed_actions", `SELECT * FROM consumed_actions WHERE consumed_at >= {since}`},
	"dead_letters":     {"dead_letters", `SELECT * FROM dead_letters WHERE created_at >= {since}`},
	"relays":           {"relays", `SELECT * FROM relays WHERE created_at >= {since}`},
	"relay_map":        {"relay_map", `SELECT * FROM relay_map WHERE created_at >= {since}`},
	// Conversations stay as a mark that there was one: of those that are over, the ones in which something was said.
	"conversations": {"conversations", `SELECT * FROM conversations WHERE id IN (SELECT id FROM conversations WHERE closed_at IS NULL
		UNION SELECT conversation_id FROM conversation_members UNION SELECT conversation_id FROM relays WHERE created_at >= {since})`},
	// People who were erased, and whose erasure is over: until then what comes meanwhile is swept.
	"erased": {"(" + erasedPeople + ")", erasedPeople + ` AND e.erased_at >= {since}`},
	// A row per purchase, or fewer.
	"payments":      {"payments", `SELECT * FROM payments WHERE updated_at >= {since}`},
	"orders":        {"orders", `SELECT * FROM orders WHERE paid_at >= {since}`},
	"refunds":       {"refunds", `SELECT * FROM refunds WHERE updated_at >= {since}`},
	"gifts":         {"gifts", `SELECT * FROM gifts WHERE created_at >= {since} OR closed_at >= {since}`},
	"credit_orders": {"credit_orders", `SELECT * FROM credit_orders WHERE created_at >= {since} OR closed_at >= {since}`},
	"rights":        {"rights", `SELECT * FROM rights WHERE updated_at >= {since}`},
}

const erasedPeople = `SELECT e.id, e.erased_at FROM users e WHERE e.erased_at IS NOT NULL
	AND NOT EXISTS (SELECT 1 FROM rights w WHERE w.user_id = e.id AND w.kind = 'erase' AND w.status IN ('asked','running'))`

func windowNames() []string { return slices.Sorted(maps.Keys(windows)) }
