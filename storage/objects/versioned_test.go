package objects_test

import (
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/storage/objects/objectstest"
)

// Of a person who is erased no version stays, in a bucket that keeps them, or did: neither what was overwritten, nor what was
// deleted, nor the mark that it was. Others keep all of theirs.
func TestPurgeVersions(t *testing.T) {
	t.Parallel()
	for _, status := range []string{minio.Enabled, minio.Suspended} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			conf := objectstest.Config(t)
			s, err := objects.Open(t.Context(), conf)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			raw, err := minio.New(conf.Endpoint, &minio.Options{Creds: credentials.NewStaticV4(conf.Key, conf.Secret, ""), Region: conf.Region})
			if err == nil {
				err = raw.EnableVersioning(t.Context(), conf.Bucket)
			}
			if err != nil {
				t.Fatal(err)
			}
			put := func(key string) {
				t.Helper()
				if err := s.Put(t.Context(), key, strings.NewReader(key), int64(len(key)), "image/png"); err != nil {
					t.Fatal(err)
				}
			}
			mine, deleted, others := objects.ResultKey(1, "g", "a", 0, "png"), objects.ResultKey(1, "g", "b", 0, "png"), objects.ResultKey(12, "g", "a", 0, "png")
			for _, key := range []string{mine, mine, mine, deleted, deleted, others, others} {
				put(key)
			}
			if err := s.Remove(t.Context(), deleted); err != nil {
				t.Fatal(err)
			}
			if status == minio.Suspended {
				if err := raw.SuspendVersioning(t.Context(), conf.Bucket); err != nil {
					t.Fatal(err)
				}
				put(mine)
			}
			left := func() (n map[string]int) {
				t.Helper()
				n = make(map[string]int)
				for o := range raw.ListObjectsIter(t.Context(), conf.Bucket, minio.ListObjectsOptions{Recursive: true, WithVersions: true}) {
					if o.Err != nil {
						t.Fatal(o.Err)
					}
					n[o.Key]++
				}
				return n
			}
			if n := left(); n[mine] < 3 || n[deleted] != 3 || n[others] != 2 {
				t.Fatalf("the server keeps no versions, so this proves nothing: %v", n)
			}
			if on, err := s.Versioned(t.Context()); err != nil || on != (status == minio.Enabled) {
				t.Errorf("versioned: %v, %v", on, err)
			}
			n, err := s.Purge(t.Context(), objects.UserPrefix(1))
			if err != nil || n < 6 {
				t.Errorf("%d versions are gone, %v", n, err)
			}
			if n := left(); len(n) != 1 || n[others] != 2 {
				t.Errorf("left: %v", n)
			}
		})
	}
}
