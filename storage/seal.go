package storage

import (
	"context"
	"encoding/json"
	"fmt"
)

// seal encrypts v as JSON under the person's key. The column and row are bound in, so that a value cannot be moved.
func (s *Store) seal(ctx context.Context, user int64, column, row string, v any) ([]byte, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", column, err)
	}
	return s.sealBytes(ctx, user, column, row, plain)
}

func (s *Store) sealBytes(ctx context.Context, user int64, column, row string, plain []byte) ([]byte, error) {
	k, err := s.keys.Person(ctx, user)
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", column, err)
	}
	return k.Seal(column+"|"+row, plain), nil
}

// unseal reverses seal. A value that is gone (erased, past retention) leaves v as it is.
func (s *Store) unseal(ctx context.Context, user int64, column, row string, sealed []byte, v any) error {
	plain, err := s.openBytes(ctx, user, column, row, sealed)
	if err != nil || plain == nil {
		return err
	}
	if err := json.Unmarshal(plain, v); err != nil {
		return fmt.Errorf("unseal %s: %w", column, err)
	}
	return nil
}

func (s *Store) openBytes(ctx context.Context, user int64, column, row string, sealed []byte) ([]byte, error) {
	if sealed == nil {
		return nil, nil
	}
	k, err := s.keys.Person(ctx, user)
	if err != nil {
		return nil, fmt.Errorf("unseal %s: %w", column, err)
	}
	plain, err := k.Open(column+"|"+row, sealed)
	if err != nil {
		return nil, fmt.Errorf("unseal %s: %w", column, err)
	}
	return plain, nil
}
