package storage_test

// insertTransfer is the beginning of one by hand.
const insertTransfer = `INSERT INTO transfers (id, kind, user_id, counter, amount, posted, held, ref, created_at) `

// erased makes of the person somebody who was erased, as far as their own row goes.
const erased = `UPDATE users SET lookup = NULL, profile = NULL, settings = NULL, lang = '', seen_at = NULL, ban_until = NULL, debt = 0, frozen_at = NULL,
	erasing_at = $NOW, erased_at = $NOW WHERE id = $USER`

// hours before now.
const (
	hour = "3600000000"
	day  = "86400000000"
)

// breaks are statements that break an invariant, by its name. $USER is the person who has a row everywhere.
var breaks = map[string][]string{
	// The ledger.
	"an account is the sum of its transfers":                       {`UPDATE accounts SET posted = posted + 1`},
	"what people have is what the house gave":                      {`UPDATE accounts SET posted = posted - 1`},
	"no balance is below zero":                                     {`UPDATE accounts SET held = posted + 1`},
	"a transfer of days ago is in a checkpoint":                    {`INSERT INTO checkpoints (n, covers_until, transfers, digest, prev, signature, created_at) SELECT 1, $NOW + 2 * ` + day + `, 0, lookup, lookup, lookup, 1 FROM users WHERE lookup IS NOT NULL LIMIT 1`},
	"a transfer in a checkpoint exists":                            {`INSERT INTO checkpoint_marks (transfer_id, n, digest) SELECT 'gone', 1, lookup FROM users WHERE lookup IS NOT NULL LIMIT 1`},
	"every transfer has an account":                                {`DELETE FROM accounts`},
	"every account is somebody's":                                  {`DELETE FROM users WHERE id = $USER`},
	"what a transfer gives or takes is in lots":                    {`UPDATE lots SET credits = credits + 1 WHERE source = 'promo'`},
	"a lot has what its uses left":                                 {`UPDATE lots SET left_ = left_ - 1 WHERE source = 'promo'`},
	"a lot was given, and used by transfers of its person":         {`UPDATE transfers SET user_id = user_id + 1 WHERE kind = 'capture'`},
	"a lot is of the kind that its transfer is":                    {`UPDATE lots SET source = 'welcome', charge_id = NULL WHERE source = 'purchase'`},
	"an account is the sum of its lots":                            {`UPDATE lots SET left_ = left_ - 1 WHERE source = 'promo'`},
	"open holds are the holds without a settlement":                {`DELETE FROM open_holds`},
	"every open hold has its transfer":                             {`UPDATE open_holds SET amount = amount + 1`},
	"an open hold is of a generation that is open":                 {`UPDATE generations SET status = 'failed' WHERE status = 'held'`},
	"a settlement undoes exactly its hold and captures at most it": {`UPDATE transfers SET held = -1 WHERE kind = 'capture'`},
	"a settlement is not before its hold":                          {`UPDATE transfers SET created_at = $NOW - ` + hour + ` WHERE kind = 'capture'`},
	// What is given.
	"a gift arrives once, with what was given":                 {`UPDATE transfers SET amount = 4 WHERE kind = 'gift' AND posted < 0`},
	"a gift is out of its giver's account, and in one at most": {`UPDATE gifts SET status = 'taken'`},
	"a code was used as often as it says":                      {`UPDATE promos SET used = 2`},
	"a friend brought what it says":                            {`UPDATE referrals SET credits = 3`},
	"what operators did moved credits, once":                   {`UPDATE credit_orders SET status = 'done'`},
	"credits were given for something that there is":           {`DELETE FROM consents`},
	"credits were taken for something that there is":           {insertTransfer + `VALUES ('take:nothing', 'take', $USER, 'operations', 1, -1, 0, 'nothing', $NOW)`},
	"what is owed was bought, and its Stars went back":         {`UPDATE users SET debt = 3, frozen_at = $NOW WHERE id = $USER`},
	"what an operator gave or took is in the audit log":        {`UPDATE credit_orders SET status = 'done'`},
	"who owes credits is frozen, and nobody else":              {`UPDATE users SET debt = 3 WHERE id = $USER`},
	// Stars.
	"a payment gave its credits once":                              {`DELETE FROM transfers WHERE kind = 'purchase'`},
	"a payment was granted, once, what it says":                    {`UPDATE payments SET credits = 51`},
	"what was bought was paid for":                                 {`DELETE FROM payments`},
	"credits of a payment are taken from its lot alone":            {`UPDATE transfers SET kind = 'refund' WHERE kind = 'capture'`},
	"an order that is paid has a payment":                          {`UPDATE payments SET order_id = NULL`},
	"a payment without a problem is as its order says":             {`UPDATE payments SET stars = 49`},
	"what gave nothing is not paid, and what gave something is":    {`UPDATE payments SET credits = 0`},
	"a payment is being given back while its refund is asked for":  {`UPDATE payments SET status = 'refunding'`},
	"what went back left nothing to spend":                         {`UPDATE payments SET status = 'refunded'`, `UPDATE refunds SET status = 'done'`},
	"what bought credits went back by a refund, or was taken back": {`UPDATE payments SET status = 'clawed_back'`},
	"a refund took the credits that it says":                       {`UPDATE refunds SET status = 'done', credits = 3`},
	"a refund is of its payment, and what is done went back":       {`UPDATE refunds SET status = 'done'`},
	"credits stay taken while their Stars are back, or on their way": {
		`UPDATE refunds SET status = 'done'`,
		insertTransfer + `SELECT 'grant:return:refund:' || charge_id, 'grant', user_id, 'stars', 5, 5, 0, 'return:refund:' || charge_id, $NOW FROM payments`,
	},
	"credits are taken before Stars go back": {
		insertTransfer + `SELECT 'refund:' || charge_id, 'refund', user_id, 'stars', 0, 0, 0, charge_id, $NOW + ` + hour + ` FROM payments`,
	},
	// What people asked for.
	"a generation's status agrees with its money":               {`UPDATE generations SET status = 'canceled' WHERE status = 'delivered'`},
	"a generation is paid for by its owner, with its price":     {`UPDATE transfers SET user_id = user_id + 1 WHERE kind = 'hold'`},
	"what was captured is the price of the images that exist":   {`DELETE FROM images WHERE role = 'result'`},
	"what is released has no image, but one that came too late": {`UPDATE transfers SET kind = 'release', amount = 0, posted = 0 WHERE kind = 'capture'`},
	"a generation that has a result has an image":               {`DELETE FROM images WHERE role = 'result'`},
	"what was asked for is known until it is deleted":           {`UPDATE generations SET request = NULL WHERE status = 'held'`},
	"no more images were made than were asked for": {`INSERT INTO images (generation_id, role, n, attempt_id, user_id, object_key, sha256, bytes, width, height, media_type, created_at)
		SELECT generation_id, role, n + 1, attempt_id, user_id, object_key || 'x', sha256, bytes, width, height, media_type, created_at FROM images WHERE role = 'result'`},
	"an image is of a call for its own generation": {`UPDATE images SET generation_id = (SELECT id FROM generations WHERE status = 'held') WHERE role = 'result'`},
	"a picture lies where its own call put it":     {`UPDATE images SET object_key = replace(object_key, '-0.png', '-1.png') WHERE role = 'result'`},
	"an image is of a call that succeeded":         {`UPDATE attempts SET state = 'failed'`},
	"no call is missing before another":            {`UPDATE attempts SET seq = 2`},
	"a successful attempt has an image":            {`DELETE FROM images WHERE role = 'result'`},
	"nothing was sent after an unknown outcome":    {`UPDATE attempts SET state = 'unknown'`, second + ` 2, 1, 'failed', $NOW, $NOW FROM attempts`},
	"one call was over before the next one left":   {second + ` 2, 1, 'failed', $NOW - ` + hour + `, $NOW FROM attempts`},
	"a call is one of a claim that there was":      {`UPDATE attempts SET fence = 9`},
	"no call left after the end":                   {`UPDATE attempts SET created_at = $NOW + ` + hour},
	"what ended without a result says why":         {`UPDATE generations SET status = 'refused'`},
	// What comes in and goes out.
	"an update that was given up is seen":                        {`UPDATE dead_letters SET retried_at = NULL`},
	"an update has one effect":                                   {`UPDATE relays SET update_key = (SELECT request_key FROM generations WHERE status = 'held')`},
	"a button does something for who pressed it":                 {`UPDATE deliveries SET user_id = user_id + 1, send_key = 'show:' || (SELECT nonce FROM consumed_actions) WHERE kind = 'message'`},
	"a result that is out, or cannot be, is not stored any more": {`UPDATE generations SET status = 'stored' WHERE status = 'delivered'`},
	"a generation stored for a chat has a delivery":              {`UPDATE generations SET status = 'stored'`, `DELETE FROM deliveries`},
	"what is delivered is out, or said to be uncertain":          {`UPDATE deliveries SET status = 'undeliverable'`},
	"what is sent as late came too late":                         {`UPDATE deliveries SET send_key = 'late:' || (SELECT id FROM attempts) WHERE kind = 'result'`},
	"a result is owed once, and to its owner":                    {`UPDATE deliveries SET send_key = send_key || 'again' WHERE kind = 'result'`},
	// Conversations.
	"nobody looks for a partner and has one":                       {`INSERT INTO lobby (user_id, lang, search, since) VALUES ($USER, 'de', 's', $NOW)`},
	"a conversation has two people while it lives, and none after": {`UPDATE conversations SET closed_at = $NOW`},
	"what is passed on is of a conversation that was open":         {`UPDATE conversations SET closed_at = $NOW - ` + hour},
	"nothing waits to be passed on when a conversation is over":    {`UPDATE conversations SET closed_at = $NOW`, `UPDATE relays SET status = 'pending'`},
	"what was passed on became a message of its own conversation":  {`UPDATE relay_map SET conversation_id = 'gone'`},
	"what a side says has the numbers that it was given":           {`UPDATE conversation_members SET last_seq = 0`},
	"what was passed on was said":                                  {`UPDATE conversation_members SET passed_seq = 9`},
	"nothing is left behind by what was passed on after it":        {`UPDATE conversation_members SET passed_seq = 1`, `UPDATE relays SET status = 'pending'`},
	"a message is passed on once": {`UPDATE relays SET status = 'sent'`, `INSERT INTO relays (conversation_id, side, seq, update_key, kind, status, sources, created_at, updated_at)
		SELECT conversation_id, side, 2, 'second', kind, status, sources, created_at, updated_at FROM relays`},
	"one message at a time is passed on": {`UPDATE relays SET status = 'sending'`, `INSERT INTO relays (conversation_id, side, seq, update_key, kind, status, created_at, updated_at)
		SELECT conversation_id, side, 2, 'second', 'copy', 'sending', $NOW, $NOW FROM relays`},
	// Who is erased, and who owns what.
	"an image lies under its owner's prefix":    {`UPDATE images SET object_key = 'u/1/' || object_key`},
	"a call is for the owner of its generation": {`UPDATE attempts SET user_id = user_id + 1`},
	"what a generation was made of is its owner's": {
		`UPDATE generations SET parent_id = (SELECT p.id FROM generations p WHERE p.status = 'delivered') WHERE status = 'held'`,
		`UPDATE generations SET user_id = user_id + 1 WHERE status = 'held'`,
	},
	"who judged something was asked about its owner's":           {`UPDATE judgings SET user_id = user_id + 1`},
	"a request for help is one person's":                         {`UPDATE tickets SET user_id = user_id + 1`},
	"a note about a result is its owner's":                       {`UPDATE message_notes SET user_id = user_id + 1`},
	"a file that Telegram has is of an image of its owner's":     {`UPDATE files SET user_id = user_id + 1`},
	"who is here is found by their Telegram id":                  {`UPDATE users SET lookup = NULL WHERE id = $USER`},
	"nothing is left of who was erased but what the law demands": {erased},
	"what is kept of who was erased says nothing about them": {
		erased, `UPDATE users SET tier = 'free', objected_at = NULL, no_news_at = NULL, ban_case = NULL WHERE id = $USER`,
		`UPDATE payments SET payer = (SELECT lookup FROM users WHERE lookup IS NOT NULL LIMIT 1)`,
	},
	"who was erased has no credits": {erased},
	// What takes too long.
	"credits are set aside for hours at most":                  {`UPDATE open_holds SET created_at = $NOW - 4 * ` + hour, `UPDATE generations SET promoted_at = $NOW - 4 * ` + hour + ` WHERE status = 'held'`},
	"work that waits is claimed":                               {`UPDATE generations SET sweeps = 13 WHERE status = 'held'`},
	"a call that left has an end or a handle":                  {`UPDATE attempts SET state = 'sending', ended_at = NULL, created_at = $NOW - 2 * ` + hour},
	"a call that a provider works on is asked about, and ends": {`UPDATE attempts SET state = 'running', ended_at = NULL, next_poll_at = $NOW - 2 * ` + hour},
	"words that were asked for have an end":                    {`UPDATE writings SET state = 'waiting', updated_at = $NOW - 2 * ` + hour},
	"pictures that were sent together are asked about":         {`UPDATE albums SET status = 'open', closes_at = $NOW - 2 * ` + hour},
	"a result for a chat is sent, or cannot be":                {`UPDATE generations SET status = 'stored', stored_at = $NOW - 2 * ` + hour + ` WHERE status = 'delivered'`},
	"what is owed is sent, or cannot be":                       {`UPDATE deliveries SET status = 'pending', created_at = $NOW - 2 * ` + hour},
	"an e-mail is out, or cannot be sent":                      {`UPDATE mails SET status = 'pending', expires_at = $NOW - 2 * ` + hour},
	"credits expire when they are said to":                     {`UPDATE lots SET expires_at = $NOW - 2 * ` + day + ` WHERE source = 'promo'`, `UPDATE accounts SET held = 0`},
	"a gift that nobody opened goes back":                      {`UPDATE gifts SET status = 'open', expires_at = $NOW - 2 * ` + day},
	"a payment that gave nothing goes back":                    {`UPDATE payments SET status = 'unmatched', updated_at = $NOW - 2 * ` + hour, `DELETE FROM refunds`},
	"a refund that was asked for is done, or refused":          {`UPDATE refunds SET status = 'asked', created_at = $NOW - 2 * ` + day + `, updated_at = $NOW - 2 * ` + hour},
	"payments are compared with Telegram's to the end":         {`INSERT INTO reconciliations (id, status, created_at, updated_at) VALUES ('r', 'asked', $NOW - 2 * ` + day + `, $NOW)`},
	"a subscription that was not renewed is over":              {`UPDATE orders SET ended_at = NULL, until_at = $NOW - 8 * ` + day},
	"who looks for a partner is let go after a while":          {`INSERT INTO lobby (user_id, lang, search, since) VALUES ($USER, 'de', 's', $NOW - 3 * ` + hour + `)`},
	"a conversation in which nobody writes ends":               {`UPDATE conversations SET active_at = $NOW - 5 * ` + day},
	"what is said is passed on":                                {`UPDATE relays SET status = 'pending', updated_at = $NOW - 2 * ` + hour},
	"a request about data is answered in time":                 {`UPDATE rights SET status = 'running', due_at = $NOW - 1000000`},
	"an erasure that has begun is done within a day":           {`UPDATE rights SET status = 'running', kind = 'erase'`, `UPDATE users SET erasing_at = $NOW - 2 * ` + day + ` WHERE id = $USER`},
	"who is being erased has an erasure that goes on":          {`UPDATE users SET erasing_at = $NOW WHERE id = $USER`},
	"what is asked for about data is claimed":                  {`UPDATE rights SET status = 'asked', sweeps = 13`},
	"a breach is told in time":                                 {`INSERT INTO breaches (id, body, discovered_at, created_at, updated_at) SELECT 'b', lookup, $NOW - 4 * ` + day + `, $NOW, $NOW FROM users WHERE lookup IS NOT NULL LIMIT 1`},
}

// second is the beginning of another attempt: its number, its claim, its state, when it left and ended.
const second = `INSERT INTO attempts (id, generation_id, user_id, provider, model, seq, fence, state, created_at, ended_at) SELECT 'second', generation_id, user_id, provider, model,`
