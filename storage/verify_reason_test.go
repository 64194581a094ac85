package storage_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/imagika/imagika/storage"
)

// given and taken are invariants of which there are many ways to break them, and to keep them.
const (
	given = "credits were given for something that there is"
	taken = "credits were taken for something that there is"
	owed  = "what is owed was bought, and its Stars went back"
)

// gives is one of 5 credits by hand, for what is said.
func gives(ref string) string {
	return insertTransfer + `VALUES ('grant:' || ` + ref + `, 'grant', $USER, 'promo', 5, 5, 0, ` + ref + `, $NOW)`
}

// takes is one of a credit by hand.
func takes(kind, ref string) string {
	return insertTransfer + `VALUES ('` + kind + `:' || ` + ref + `, '` + kind + `', $USER, 'stars', 1, -1, 0, ` + ref + `, $NOW)`
}

const (
	ofUser      = `CAST($USER AS TEXT)`
	theFriend   = `(SELECT CAST(inviter_id AS TEXT) FROM referrals)`
	theCharge   = `(SELECT charge_id FROM payments)`
	someoneGone = `INSERT INTO users (id, kind, erasing_at, erased_at, created_at) VALUES (77, 'person', 1, $NOW, 1)`
	someClosed  = `INSERT INTO closings (n, people, transfers, sums, until_at, digest, prev, signature, created_at) SELECT 1, 1, 0, '{}', 1, lookup, lookup, lookup, 1 FROM users WHERE lookup IS NOT NULL LIMIT 1`
	takenBack   = `UPDATE payments SET status = 'clawed_back'`
)

// Each way in which credits can come or go leaves a row beside the books: without it, or with another, it is found. So are other ways
// to break what can be broken in several.
func TestEachWayToBreakIsFound(t *testing.T) {
	t.Parallel()
	ways := map[string]map[string][]string{
		given: {
			"for nothing":                     {gives(`'nothing'`)},
			"a welcome of somebody else":      {gives(`'welcome:1'`)},
			"an agreement that was not given": {`UPDATE consents SET granted = FALSE`},
			"a day without a streak":          {`DELETE FROM streaks`, gives(`'daily:' || ` + ofUser + ` || ':20000'`)},
			"a day that is to come":           {gives(`'daily:' || ` + ofUser + ` || ':20001'`)},
			"somebody else's day":             {gives(`'daily:1:19999'`)},
			"a code that was not used":        {`DELETE FROM promo_uses`},
			"a code used another time":        {gives(`(SELECT 'promo:' || promo_id || ':' || CAST(user_id AS TEXT) || ':2' FROM promo_uses)`)},
			"a code of another amount":        {`UPDATE promos SET credits = 6`},
			"an invitation that was void":     {gives(`'referred:' || ` + ofUser)},
			"a friend of somebody else":       {gives(`'referral:' || ` + theFriend)},
			"a friend who is nobody":          {gives(`'referral:x'`)},
			"a friend of too long a number":   {gives(`'referral:99999999999999999999'`)},
			"a friend who brought less":       {`UPDATE referrals SET inviter_id = $USER, friend_id = 77, status = 'paid', credits = 4`, gives(`'referral:77'`)},
			"a request that there is not":     {gives(`'operator:x'`)},
			"a request that cost less":        {gives(`(SELECT 'operator:' || id FROM generations WHERE status = 'delivered')`)},
			"an order that was refused":       {gives(`(SELECT 'order:' || id FROM credit_orders)`)},
			"a return of nothing":             {gives(`'return:refund:x'`)},
			"a return of more":                {takes("refund", theCharge), gives(`'return:refund:' || ` + theCharge)},
		},
		taken: {
			"an order that was refused":       {takes("take", `(SELECT id FROM credit_orders)`)},
			"an order of nobody":              {takes("take", `'x'`)},
			"a refund of no payment":          {takes("refund", `'x'`)},
			"a refund that was not refunded":  {`DELETE FROM refunds`, takes("refund", theCharge)},
			"a second try that there was not": {takes("refund", theCharge+` || ':2'`)},
			"a payment that was not reversed": {takes("clawback", theCharge)},
			"a cover of no payment":           {takes("take", `'debt:reversed:' || `+theCharge)},
			"a lot that stays":                {takes("expire", `(SELECT id FROM lots WHERE source = 'promo')`)},
			"a gift that there is not":        {`DELETE FROM gifts`},
			"a lot that there is not":         {takes("expire", `'x'`)},
		},
		owed: {
			"somebody who has paid":     {`UPDATE users SET debt = 1 WHERE id = $USER`},
			"more than was taken back":  {takenBack, `UPDATE users SET debt = 51 WHERE id = $USER`},
			"what is paid":              {takenBack, takes("take", `'debt:x'`), `UPDATE users SET debt = 50 WHERE id = $USER`},
			"what was covered":          {takenBack, takes("take", `'debt:reversed:' || `+theCharge), `UPDATE users SET debt = 50 WHERE id = $USER`},
			"what was there to be had":  {takenBack, takes("clawback", theCharge), `UPDATE users SET debt = 50 WHERE id = $USER`},
			"somebody who is gone":      {`INSERT INTO remembered (lookup, welcome, debt, expires_at, created_at) SELECT lookup, FALSE, 1, 1, 1 FROM users WHERE lookup IS NOT NULL LIMIT 1`},
			"more than of who was gone": {takenBack, someoneGone, `UPDATE payments SET user_id = 77`, `UPDATE users SET debt = 51 WHERE id = $USER`},
		},
	}
	maps.Copy(ways, map[string]map[string][]string{
		"a payment without a problem is as its order says": {
			"more than was ordered": {`UPDATE orders SET credits = 49`},
			"an order that is gone": {`DELETE FROM orders`},
		},
		"a generation that has a result has an image":                  {"at no time": {`UPDATE generations SET stored_at = NULL WHERE status = 'delivered'`}},
		"a conversation has two people while it lives, and none after": {"one who is nobody": {`UPDATE conversation_members SET user_id = user_id + 1 WHERE user_id = $USER`}},
		"a lot is of the kind that its transfer is": {
			"of another payment": {`UPDATE lots SET charge_id = 'x' WHERE source = 'purchase'`},
			"of an operator":     {`UPDATE lots SET source = 'operator' WHERE source = 'promo'`},
			"of a friend":        {`UPDATE lots SET source = 'gift' WHERE source = 'promo'`},
		},
		"a picture lies where its own call put it": {
			"another call":    {`UPDATE images SET object_key = replace(object_key, '/attempt-', '/second-') WHERE role = 'result'`},
			"another request": {`UPDATE images SET object_key = replace(object_key, '/fox-', '/waits-')`},
			"as it was sent":  {`UPDATE images SET object_key = replace(object_key, '/ref-', '/x-') WHERE role = 'reference'`},
		},
		"a result that is out, or cannot be, is not stored any more": {
			"cannot be": {`UPDATE generations SET status = 'stored' WHERE status = 'delivered'`, `UPDATE deliveries SET status = 'undeliverable' WHERE kind = 'result'`},
		},
	})
	bothEngines(t, func(t *testing.T, w sound) {
		w.unguard(t)
		for _, inv := range storage.Invariants() {
			for _, how := range slices.Sorted(maps.Keys(ways[inv.Name])) {
				t.Log(how)
				w.tryBreak(t, inv, ways[inv.Name][how])
			}
		}
	})
}

// anotherRelay is the beginning of a second message that is passed on.
const anotherRelay = `INSERT INTO relays (conversation_id, side, seq, update_key, kind, status, sources, created_at, updated_at) SELECT conversation_id, side, 2, 'second', `

// What is as it should be is not found, however odd it looks: of people who left, of years ago, done again, given back.
func TestOddButSound(t *testing.T) {
	t.Parallel()
	ways := map[string]map[string][]string{
		given: {
			"somebody who leaves":            {`DELETE FROM consents`, `UPDATE users SET erasing_at = $NOW WHERE id = $USER`},
			"an agreement taken back":        {`INSERT INTO consents (id, user_id, document, version, locale, granted, update_key, created_at) SELECT 'c', user_id, document, version, locale, FALSE, 'u', $NOW FROM consents`},
			"a day long ago":                 {gives(`'daily:' || ` + ofUser + ` || ':19000'`)},
			"a code that is over":            {`UPDATE promos SET disabled_at = $NOW, expires_at = 1`},
			"a friend who came":              {`UPDATE referrals SET status = 'paid'`, gives(`'referred:' || ` + ofUser)},
			"an inviter who left":            {`DELETE FROM referrals`, someoneGone, gives(`'referred:' || ` + ofUser)},
			"an inviter whose books closed":  {`DELETE FROM referrals`, someClosed, gives(`'referred:' || ` + ofUser)},
			"an inviter who is leaving":      {`DELETE FROM referrals`, `UPDATE rights SET kind = 'erase', status = 'running'`, gives(`'referred:' || ` + ofUser)},
			"somebody who invited":           {`UPDATE referrals SET inviter_id = $USER, friend_id = 77, status = 'paid', credits = 5`, gives(`'referral:77'`)},
			"a friend who left":              {someoneGone, gives(`'referral:77'`)},
			"a friend whose books closed":    {someClosed, gives(`'referral:78'`)},
			"an operator's own request":      {`UPDATE generations SET price = 5 WHERE status = 'held'`, gives(`(SELECT 'operator:' || id FROM generations WHERE status = 'held')`)},
			"an operator who gave":           {`UPDATE credit_orders SET status = 'done'`, gives(`(SELECT 'order:' || id FROM credit_orders)`)},
			"what an operator gave back":     {gives(`(SELECT 'return:' || id FROM transfers WHERE kind = 'capture')`), `UPDATE transfers SET amount = 1 WHERE counter = 'promo' AND ref LIKE 'return:%'`},
			"a refund that Telegram refused": {`UPDATE refunds SET tries = 2`, insertTransfer + `SELECT 'refund:' || charge_id, 'refund', $USER, 'stars', 5, -5, 0, charge_id, $NOW FROM payments`, gives(`'return:refund:' || ` + theCharge)},
		},
		taken: {
			"an operator who took":          {`UPDATE credit_orders SET status = 'done', credits = -1`, takes("take", `(SELECT id FROM credit_orders)`)},
			"a gift of somebody who left":   {`DELETE FROM gifts`, `UPDATE users SET erasing_at = $NOW WHERE id = $USER`},
			"an order of somebody who left": {`DELETE FROM credit_orders`, `UPDATE users SET erasing_at = $NOW WHERE id = $USER`, takes("take", `'x'`)},
			"what is paid of a debt":        {takes("take", `'debt:x'`)},
			"a refund":                      {takes("refund", theCharge)},
			"a refund of the second try":    {`UPDATE refunds SET tries = 2`, takes("refund", theCharge+` || ':2'`)},
			"a reversal":                    {takenBack, takes("clawback", theCharge), takes("take", `'debt:reversed:' || `+theCharge)},
			"a lot that expires":            {`UPDATE lots SET expires_at = $NOW WHERE source = 'promo'`, takes("expire", `(SELECT id FROM lots WHERE source = 'promo')`)},
			"a lot of somebody who leaves":  {`UPDATE users SET erasing_at = $NOW WHERE id = $USER`, takes("expire", `(SELECT id FROM lots WHERE source = 'promo')`)},
		},
		owed: {
			"all of it":                 {takenBack, `UPDATE users SET debt = 50 WHERE id = $USER`},
			"the rest of it":            {takenBack, takes("clawback", theCharge), takes("take", `'debt:reversed:' || `+theCharge), takes("take", `'debt:x'`), `UPDATE users SET debt = 47 WHERE id = $USER`},
			"what was forgiven":         {takenBack, `UPDATE users SET debt = 0, frozen_at = NULL WHERE id = $USER`},
			"of who came back":          {takenBack, someoneGone, `UPDATE payments SET user_id = 77`, `UPDATE users SET debt = 50 WHERE id = $USER`},
			"of who may come back":      {takenBack, someoneGone, `UPDATE payments SET user_id = 77`, `INSERT INTO remembered (lookup, welcome, debt, expires_at, created_at) SELECT lookup, FALSE, 50, 1, 1 FROM users WHERE lookup IS NOT NULL LIMIT 1`},
			"of whose books are closed": {someClosed, `UPDATE users SET debt = 50 WHERE id = $USER`},
		},
	}
	maps.Copy(ways, map[string]map[string][]string{
		"a message is passed on once": {
			"refused before": {`UPDATE relays SET status = 'sent'`, anotherRelay + `'copy', 'dropped', sources, created_at, updated_at FROM relays`},
			"changed after":  {`UPDATE relays SET status = 'sent'`, anotherRelay + `'edit', 'sent', sources, created_at, updated_at FROM relays`},
			"shown again":    {`UPDATE relays SET status = 'sent', kind = 'share'`, anotherRelay + `'share', 'sent', sources, created_at, updated_at FROM relays`},
		},
		"no call is missing before another":               {"of somebody who leaves": {`UPDATE attempts SET seq = 2`, `UPDATE users SET erasing_at = $NOW WHERE id = $USER`}},
		"what is sent as late came too late":              {"late": {`UPDATE attempts SET late = TRUE`, `UPDATE deliveries SET send_key = 'late:' || (SELECT id FROM attempts) WHERE kind = 'result'`}},
		"what was asked for is known until it is deleted": {"deleted": {`UPDATE generations SET request = NULL, deleted_at = $NOW`}},
		"a lot is of the kind that its transfer is":       {"given back by an operator": {`UPDATE lots SET source = 'return' WHERE source = 'promo'`, `UPDATE transfers SET counter = 'operations' WHERE id IN (SELECT id FROM lots WHERE source = 'return')`}},
		"what an operator gave or took is in the audit log": {
			"it is": {`UPDATE credit_orders SET status = 'done'`, `INSERT INTO audit (id, who, what, object, created_at) SELECT id, who, 'give', id, $NOW FROM credit_orders`},
		},
	})
	bothEngines(t, func(t *testing.T, w sound) {
		w.unguard(t)
		for name, all := range ways {
			for how, by := range all {
				for _, scope := range []storage.Scope{storage.ScopeAll, storage.ScopeRecent} {
					if c := w.after(t, name, scope, by); c.Broken != 0 {
						t.Errorf("%s, looking at %s: %s: %v", name, scope, how, c.Rows)
					}
				}
			}
		}
	})
}

// after is what a look finds after some statements, which are taken back.
func (w *sound) after(t *testing.T, name string, scope storage.Scope, by []string) storage.Check {
	t.Helper()
	do, look, back := w.trial(t, name)
	defer back()
	do(by)
	return look(scope)
}
