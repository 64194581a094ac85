package queue

import (
	"context"
	"fmt"
)

// Forget deletes what is kept of a chat's lane: updates that wait, hashes of those that were handled. What comes later finds an
// empty lane. It reads the names of all keys, so it is for what happens rarely.
func (l *Lanes) Forget(ctx context.Context, bot, chat int64) error {
	const page = 1000
	lane := l.keys.LaneHash(bot, chat)
	node, err := nodeOf(ctx, l.conn, laneKeys(lane)[0])
	if err != nil {
		return fmt.Errorf("forget a lane: %w", err)
	}
	keys := node.Scan(ctx, 0, lanePrefix+lane+"}:*", page).Iterator()
	for keys.Next(ctx) {
		if err := l.conn.Unlink(ctx, keys.Val()).Err(); err != nil {
			return fmt.Errorf("forget a lane: %w", err)
		}
	}
	if err := keys.Err(); err != nil {
		return fmt.Errorf("forget a lane: %w", err)
	}
	return nil
}
