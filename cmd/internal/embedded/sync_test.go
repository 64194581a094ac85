package embedded

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/versity/versitygw/backend/meta"

	"github.com/imagika/imagika/storage/objects"
)

// What is stored is on the disk before the server says so, with its attributes and with every folder that leads to it: an object in
// one piece and one in several. A disk that does not take it is told to whoever stores.
func TestS3Syncs(t *testing.T) {
	dir := t.TempDir()
	s, err := S3(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	synced := listen(t)
	store, err := objects.Open(t.Context(), objects.Config{
		Endpoint: s.Endpoint, Region: s.Region, Key: s.Key, Secret: s.Secret, Bucket: "images", CreateBucket: true, Timeout: 10 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	put := func(key string, size int) error {
		return store.Put(t.Context(), key, bytes.NewReader(make([]byte, size)), int64(size), "image/png")
	}
	for key, size := range map[string]int{"a/b/small.png": 100, "a/c/large.png": 20 << 20} {
		synced(dir)
		if err := put(key, size); err != nil {
			t.Fatal(err)
		}
		folder := "buckets/images/a/" + key[2:3]
		want := []string{"buckets/images/" + key, folder, "buckets/images/a", "buckets/images", "buckets"}
		if got := synced(dir); !slices.Equal(got[:min(len(got), len(want))], want) {
			t.Errorf("got %q", got)
		}
	}
	syncFile = func(string) error { return os.ErrPermission }
	if put("a/b/other.png", 100) == nil {
		t.Error("stored although the disk did not take it")
	}
}

// listen hears of what is synced from now on. The returned function tells what was since it was last asked, below root.
func listen(t *testing.T) func(root string) []string {
	var mu sync.Mutex
	var synced []string
	real := syncFile
	t.Cleanup(func() { syncFile = real })
	syncFile = func(path string) error {
		mu.Lock()
		synced = append(synced, path)
		mu.Unlock()
		return real(path)
	}
	return func(root string) (all []string) {
		t.Helper()
		mu.Lock()
		defer mu.Unlock()
		for _, path := range synced {
			rel, err := filepath.Rel(root, path)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, rel)
		}
		synced = nil
		return all
	}
}

// Where a file system keeps no attributes, the files that hold them are synced too.
func TestS3SyncsTheSide(t *testing.T) {
	root := t.TempDir()
	s := synced{buckets: filepath.Join(root, "buckets"), side: filepath.Join(root, "side")}
	for _, dir := range []string{filepath.Join(s.buckets, "images", "a"), s.side} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	side, err := meta.NewSideCar(s.side)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.buckets, "images", "a", "x.png"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := side.StoreAttribute(nil, "images", "a/x.png", "content-type", []byte("image/png")); err != nil {
		t.Fatal(err)
	}
	synced := listen(t)
	bucket, key := "images", "a/x.png"
	if err := s.sync(&bucket, &key); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"buckets/images/a/x.png", "buckets/images/a", "buckets/images", "buckets",
		"side/images/a/x.png/meta/content-type",
		"side/images/a/x.png/meta", "side/images/a/x.png", "side/images/a", "side/images", "side",
	}
	if got := synced(root); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	key = "a/gone.png"
	if err := s.sync(&bucket, &key); err != nil {
		t.Errorf("deleted meanwhile: %v", err)
	}
}
