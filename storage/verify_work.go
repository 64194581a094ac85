package storage

// generationInvariants are about what people asked for, what it cost, and what came of it.
var generationInvariants = []invariant{
	{name: "a generation's status agrees with its money", ref: "I4", query: `
		SELECT g.id FROM {generations} g LEFT JOIN transfers s ON s.id = 'settle:' || g.id LEFT JOIN open_holds o ON o.generation_id = g.id
		WHERE g.price > 0 AND NOT CASE WHEN g.status IN ('held','generating') THEN o.generation_id IS NOT NULL AND s.id IS NULL
			WHEN g.status IN ('stored','delivered','undeliverable') THEN o.generation_id IS NULL AND COALESCE(s.kind, '') = 'capture'
			ELSE o.generation_id IS NULL AND COALESCE(s.kind, '') = 'release' END`},
	{name: "a generation is paid for by its owner, with its price", ref: "I4", query: `
		SELECT g.id FROM {generations} g LEFT JOIN transfers h ON h.id = 'hold:' || g.id
		WHERE (g.price > 0) <> (h.id IS NOT NULL) OR h.amount <> g.price OR h.user_id <> g.user_id`},
	{name: "what was captured is the price of the images that exist", ref: "I6", query: `
		SELECT g.id FROM {generations} g JOIN transfers s ON s.id = 'settle:' || g.id AND s.kind = 'capture'
		WHERE g.deleted_at IS NULL AND s.amount <> g.price / g.images_wanted * (SELECT COUNT(*) FROM images i JOIN attempts a ON a.id = i.attempt_id
			WHERE i.generation_id = g.id AND a.late = FALSE)`},
	{name: "what is released has no image, but one that came too late", ref: "I6", query: `
		SELECT g.id FROM {generations} g JOIN transfers s ON s.id = 'settle:' || g.id AND s.kind = 'release'
		WHERE EXISTS (SELECT 1 FROM images i JOIN attempts a ON a.id = i.attempt_id WHERE i.generation_id = g.id AND a.late = FALSE)
			AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = g.user_id AND u.erasing_at IS NOT NULL)`},
	{name: "a generation that has a result has an image", ref: "I6", query: `
		SELECT g.id FROM {generations} g WHERE g.status IN ('stored','delivered','undeliverable') AND (g.stored_at IS NULL OR g.deleted_at IS NULL
		AND NOT EXISTS (SELECT 1 FROM images i WHERE i.generation_id = g.id AND i.role = 'result'))`},
	{name: "what was asked for is known until it is deleted", ref: "I6", query: `
		SELECT g.id FROM {generations} g WHERE g.request IS NULL AND g.deleted_at IS NULL`},
	{name: "no more images were made than were asked for", ref: "I6", query: `
		SELECT g.id FROM {generations} g JOIN images i ON i.generation_id = g.id AND i.role = 'result'
		GROUP BY g.id, g.images_wanted HAVING COUNT(*) > g.images_wanted`},
	{name: "an image is of a call for its own generation", ref: "I6", query: `
		SELECT i.object_key FROM {images} i JOIN attempts a ON a.id = i.attempt_id WHERE a.generation_id <> i.generation_id`},
	{name: "a picture lies where its own call put it", ref: "I6", query: `
		SELECT i.object_key FROM {images} i WHERE i.object_key NOT LIKE 'u/' || CAST(i.user_id AS TEXT) || '/' || i.generation_id || '/'
			|| COALESCE(i.attempt_id, 'ref') || '-' || CAST(i.n AS TEXT) || '.%'`},
	{name: "an image is of a call that succeeded", ref: "I6", query: `
		SELECT i.object_key FROM {images} i JOIN attempts a ON a.id = i.attempt_id WHERE a.state <> 'succeeded'`},
	{name: "a successful attempt has an image", ref: "I5", query: `
		SELECT a.id FROM {attempts} a JOIN generations g ON g.id = a.generation_id WHERE a.state = 'succeeded' AND g.deleted_at IS NULL
		AND NOT EXISTS (SELECT 1 FROM images i WHERE i.generation_id = a.generation_id AND i.attempt_id = a.id)`},
	{name: "nothing was sent after an unknown outcome", ref: "I5", query: `
		SELECT a.id FROM {attempts} a JOIN attempts u ON u.generation_id = a.generation_id AND u.state = 'unknown' AND u.seq < a.seq`},
	{name: "one call was over before the next one left", ref: "I5", query: `
		SELECT a.id FROM {attempts} a JOIN attempts b ON b.generation_id = a.generation_id AND b.seq = a.seq - 1
		WHERE b.ended_at IS NULL OR b.late = FALSE AND a.created_at < b.ended_at - 60000000`}, // clocks of two processes
	{name: "no call is missing before another", ref: "I5", query: `
		SELECT a.id FROM {attempts} a WHERE a.seq > 1 AND NOT EXISTS (SELECT 1 FROM attempts b WHERE b.generation_id = a.generation_id AND b.seq = a.seq - 1)
		AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = a.user_id AND u.erasing_at IS NOT NULL)`},
	{name: "a call is one of a claim that there was", ref: "I5", query: `
		SELECT a.id FROM {attempts} a LEFT JOIN generations g ON g.id = a.generation_id WHERE g.id IS NULL OR a.fence > g.fence`},
	{name: "no call left after the end", ref: "I5", query: `
		SELECT a.id FROM {attempts} a JOIN generations g ON g.id = a.generation_id WHERE a.created_at > g.done_at + 60000000`}, // clocks of two processes
	{name: "what ended without a result says why", ref: "I7", query: `
		SELECT g.id FROM {generations} g WHERE g.status IN ('undeliverable','canceled','refused','failed') AND g.reason = ''`},
}

// messageInvariants are about updates that came in, and deliveries that go out.
var messageInvariants = []invariant{
	{name: "an update that was given up is seen", ref: "I1", query: `
		SELECT d.update_key FROM {dead_letters} d WHERE d.created_at >= {ago 24h} AND d.retried_at IS NULL
		AND NOT EXISTS (SELECT 1 FROM seen_updates u WHERE u.update_key = d.update_key)`},
	{name: "an update has one effect", ref: "I2", query: `
		SELECT r.update_key FROM {relays} r JOIN generations g ON g.request_key = r.update_key`},
	{name: "a button does something for who pressed it", ref: "I3", query: `
		SELECT c.nonce FROM {consumed_actions} c JOIN deliveries d ON d.send_key = 'show:' || c.nonce OR d.send_key = 'original:' || c.nonce
		WHERE d.user_id <> c.user_id`},
	{name: "a result that is out, or cannot be, is not stored any more", ref: "I7", query: `
		SELECT g.id FROM {generations} g JOIN deliveries d ON d.send_key = 'result:' || g.id
		WHERE g.status = 'stored' AND d.status IN ('sent','uncertain','undeliverable')`},
	{name: "a generation stored for a chat has a delivery", ref: "I7", query: `
		SELECT g.id FROM {generations} g WHERE g.form = 'chat' AND g.status = 'stored'
		AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.generation_id = g.id AND d.kind = 'result')`},
	{name: "what is delivered is out, or said to be uncertain", ref: "I7", query: `
		SELECT g.id FROM {generations} g WHERE g.form = 'chat' AND g.status = 'delivered' AND g.done_at >= {ago 24h} AND g.deleted_at IS NULL
		AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.generation_id = g.id AND d.kind = 'result' AND d.status IN ('sent','uncertain'))`},
	{name: "a result is owed once, and to its owner", ref: "I8", query: `
		SELECT d.id FROM {deliveries} d JOIN generations g ON g.id = d.generation_id WHERE d.kind IN ('result','status')
		AND (d.user_id <> g.user_id OR substr(d.send_key, 1, 7) = 'result:' AND d.send_key <> 'result:' || g.id)`},
	{name: "what is sent as late came too late", ref: "I8", query: `
		SELECT d.id FROM {deliveries} d WHERE d.kind = 'result' AND substr(d.send_key, 1, 5) = 'late:'
		AND EXISTS (SELECT 1 FROM generations g WHERE g.id = d.generation_id)
		AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.id = substr(d.send_key, 6) AND a.generation_id = d.generation_id AND a.late)`},
}
