package embedded

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/s3response"
)

// synced writes objects to the disk before it says that they are stored. The server itself leaves that to the file system, which
// takes half a minute: after a power cut the database, which does not, would know of pictures that are not there.
type synced struct {
	*posix.Posix
	buckets string // absolute
	side    string // where metadata is, absolute; empty where it is in attributes of the files
}

func (s synced) PutObject(ctx context.Context, in s3response.PutObjectInput) (s3response.PutObjectOutput, error) {
	out, err := s.Posix.PutObject(ctx, in)
	if err == nil {
		err = s.sync(in.Bucket, in.Key)
	}
	return out, err
}

func (s synced) CopyObject(ctx context.Context, in s3response.CopyObjectInput) (s3response.CopyObjectOutput, error) {
	out, err := s.Posix.CopyObject(ctx, in)
	if err == nil {
		err = s.sync(in.Bucket, in.Key)
	}
	return out, err
}

func (s synced) CompleteMultipartUpload(
	ctx context.Context, in *s3.CompleteMultipartUploadInput,
) (s3response.CompleteMultipartUploadResult, string, error) {
	out, version, err := s.Posix.CompleteMultipartUpload(ctx, in)
	if err == nil {
		err = s.sync(in.Bucket, in.Key)
	}
	return out, version, err
}

// sync writes an object with its attributes, and the folders that lead to it. One that was deleted meanwhile need not be.
func (s synced) sync(bucket, key *string) error {
	err := syncUp(s.buckets, filepath.Join(s.buckets, *bucket, *key))
	if err == nil && s.side != "" {
		err = filepath.WalkDir(filepath.Join(s.side, *bucket, *key, "meta"), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			return syncFile(path)
		})
		if err == nil {
			err = syncUp(s.side, filepath.Join(s.side, *bucket, *key, "meta"))
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// syncUp writes a file or folder and every folder that it is in, up to root.
func syncUp(root, path string) error {
	for ; len(path) >= len(root); path = filepath.Dir(path) {
		if err := syncFile(path); err != nil {
			return err
		}
	}
	return nil
}

// syncFile writes one file or folder to the disk. A test listens here: nothing else tells what a power cut would leave.
var syncFile = func(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
