package storage

import (
	"context"
	"errors"
)

// FileForm is the kind of thing a file id sends: Telegram has photos and documents apart.
type FileForm string

// The forms.
const (
	FilePhoto    FileForm = "photo"
	FileDocument FileForm = "document"
)

// File is what Telegram has of an image that was sent to a person.
type File struct {
	SHA256 string // of the stored image, hex
	Form   FileForm
	ID     string // Telegram's file id, for this bot
}

// FileID returns what sends an image of the person in a form without uploading it, or "" if it has to be uploaded.
func (s *Store) FileID(ctx context.Context, user int64, sha256 string, form FileForm) (string, error) {
	sealed, err := first(ctx, s, func(row scanner) (sealed []byte, err error) { return sealed, row.Scan(&sealed) },
		`SELECT file_id FROM files WHERE user_id = $1 AND sha256 = $2 AND form = $3`, user, sha256, string(form))
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	id, err := s.openBytes(ctx, user, "files|file_id", string(form)+sha256, sealed)
	return string(id), err
}

// ForgetFile drops a file id that Telegram does not take any more.
func (s *Store) ForgetFile(ctx context.Context, user int64, sha256 string, form FileForm) error {
	return s.alone(ctx, func(t tx) error {
		_, err := t.exec(ctx, `DELETE FROM files WHERE user_id = $1 AND sha256 = $2 AND form = $3`, user, sha256, string(form))
		return err
	})
}

// sealedFile is a row before it is inserted.
type sealedFile struct {
	File
	sealed []byte
}

func (s *Store) sealFiles(ctx context.Context, user int64, files []File) ([]sealedFile, error) {
	rows := make([]sealedFile, 0, len(files))
	for _, f := range files {
		sealed, err := s.sealBytes(ctx, user, "files|file_id", string(f.Form)+f.SHA256, []byte(f.ID))
		if err != nil {
			return nil, err
		}
		rows = append(rows, sealedFile{f, sealed})
	}
	return rows, nil
}

// keepFiles notes what Telegram has, as long as the person still has it too.
func (t tx) keepFiles(ctx context.Context, user int64, rows []sealedFile) error {
	for _, f := range rows {
		if err := t.put(ctx, `INSERT INTO files (user_id, sha256, form, file_id, created_at) SELECT $1, $2, $3, $4, $5
			WHERE EXISTS (SELECT 1 FROM images WHERE user_id = $1 AND sha256 = $2)
			ON CONFLICT (user_id, sha256, form) DO UPDATE SET file_id = excluded.file_id, created_at = excluded.created_at`,
			user, f.SHA256, string(f.Form), f.sealed, t.now); err != nil {
			return err
		}
	}
	return nil
}

// dropFiles forgets what Telegram has of images that the person no longer has.
func (t tx) dropFiles(ctx context.Context, user int64) error {
	_, err := t.exec(ctx, `DELETE FROM files WHERE user_id = $1
		AND NOT EXISTS (SELECT 1 FROM images i WHERE i.user_id = files.user_id AND i.sha256 = files.sha256)`, user)
	return err
}
