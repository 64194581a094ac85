package storage

import "context"

// NotePrepared keeps the id of a message that Telegram has ready for a person to send, for whoever waits for it under a key; empty
// says that there is none. ErrNotFound says that the person is gone or being erased.
func (s *Store) NotePrepared(ctx context.Context, user int64, key, prepared string) error {
	return s.write(ctx, func(t tx) error {
		return t.change(ctx, ErrNotFound, `INSERT INTO prepared_messages (id, user_id, prepared, created_at)
			SELECT $1, id, $3, $4 FROM users WHERE id = $2 AND erasing_at IS NULL
			ON CONFLICT (id) DO UPDATE SET prepared = excluded.prepared`, key, user, prepared, t.now)
	})
}

// TakePrepared returns what was noted under a key of the person's, once, or ErrNotFound.
func (s *Store) TakePrepared(ctx context.Context, user int64, key string) (prepared string, err error) {
	there := false
	err = s.r.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM prepared_messages WHERE id = $1 AND user_id = $2)`, key, user).Scan(&there)
	if err == nil && !there { // mostly: looking takes no lock
		err = ErrNotFound
	}
	if err != nil {
		return "", err
	}
	err = s.write(ctx, func(t tx) error {
		return notFound(t.QueryRowContext(ctx, `DELETE FROM prepared_messages WHERE id = $1 AND user_id = $2 RETURNING prepared`, key, user).Scan(&prepared))
	})
	return prepared, err
}
