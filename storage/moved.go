package storage

import (
	"context"
	"errors"
	"fmt"
	"strconv"
)

// nobody owns what belongs to no person: groups, and updates nobody knows the sender of.
const nobody = 0

// chatKey names a chat in a row without revealing it.
func (s *Store) chatKey(chat int64) []byte { return s.keys.Index("chat", strconv.FormatInt(chat, 10)) }

// MoveChat notes that a group became another chat, which takes its messages from now on. Doing it again changes nothing.
func (s *Store) MoveChat(ctx context.Context, from, to int64) error {
	key := s.chatKey(from)
	sealed, err := s.seal(ctx, nobody, "moved_chats|moved_to", string(key), to)
	if err != nil {
		return err
	}
	return s.write(ctx, func(t tx) error {
		_, err := t.exec(ctx, `INSERT INTO moved_chats (chat_key, moved_to, created_at) VALUES ($1,$2,$3) ON CONFLICT (chat_key) DO NOTHING`,
			key, sealed, t.now)
		return err
	})
}

// MovedChat returns the chat that takes the messages for chat: another one for a group that moved, else itself.
func (s *Store) MovedChat(ctx context.Context, chat int64) (int64, error) {
	if !mayMove(chat) {
		return chat, nil
	}
	var sealed []byte
	key := s.chatKey(chat)
	err := notFound(s.r.QueryRowContext(ctx, `SELECT moved_to FROM moved_chats WHERE chat_key = $1`, key).Scan(&sealed))
	if errors.Is(err, ErrNotFound) {
		return chat, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look for a moved chat: %w", err)
	}
	return chat, s.unseal(ctx, nobody, "moved_chats|moved_to", string(key), sealed, &chat)
}

// mayMove reports whether a chat is a group of the old kind: ids of supergroups begin below, those of people above.
func mayMove(chat int64) bool { return chat < 0 && chat > -1_000_000_000_000 }
