package objectstest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage/objects"
)

// Conformance checks an S3. newConfig returns the settings of a bucket that does not exist yet and may be created.
func Conformance(t *testing.T, newConfig func(testing.TB) objects.Config) {
	t.Helper()
	for _, tt := range []struct {
		desc string
		test func(bucket, *testing.T)
	}{
		{"put, get, stat, remove", bucket.roundTrip},
		{"sizes", bucket.sizes},
		{"keys", bucket.keys},
		{"overwrite", bucket.overwrite},
		{"short body", bucket.shortBody},
		{"not found", bucket.notFound},
		{"refused", bucket.refused},
		{"unavailable", bucket.unavailable},
		{"canceled", bucket.canceled},
		{"list", bucket.list},
		{"remove prefix", bucket.removePrefix},
		{"parallel", bucket.parallel},
		{"one connection", bucket.oneConnection},
	} {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			conf := newConfig(t)
			s, err := objects.Open(t.Context(), conf)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Close)
			tt.test(bucket{Store: s, conf: conf}, t)
		})
	}
}

// bucket is a fresh bucket and how to reach it.
type bucket struct {
	*objects.Store
	conf objects.Config
}

func (b bucket) put(t *testing.T, key string, content []byte) {
	t.Helper()
	if err := b.Put(t.Context(), key, bytes.NewReader(content), int64(len(content)), "image/png"); err != nil {
		t.Fatalf("put %s: %v", key, err)
	}
}

func (b bucket) get(t *testing.T, key string) ([]byte, objects.Info) {
	t.Helper()
	r, info, err := b.Get(t.Context(), key)
	if err != nil {
		t.Fatalf("get %s: %v", key, err)
	}
	content, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close(), r.Close()); err != nil {
		t.Fatalf("get %s: %v", key, err)
	}
	return content, info
}

func (b bucket) names(t *testing.T, prefix string) []string {
	t.Helper()
	names := []string{}
	for info, err := range b.List(t.Context(), prefix) {
		if err != nil {
			t.Fatalf("list %s: %v", prefix, err)
		}
		names = append(names, info.Key)
	}
	return names
}

func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(n)}).Read(b)
	return b
}

func (b bucket) roundTrip(t *testing.T) {
	content := noise(100_000)
	before := time.Now().Add(-time.Minute)
	b.put(t, "u/1/g/a-0.png", content)
	got, info := b.get(t, "u/1/g/a-0.png")
	if !bytes.Equal(got, content) {
		t.Fatalf("got %d other bytes", len(got))
	}
	stat, err := b.Stat(t.Context(), "u/1/g/a-0.png")
	if err != nil {
		t.Fatal(err)
	}
	if info.Modified.Before(before) || info.Modified.After(time.Now().Add(time.Minute)) {
		t.Errorf("modified %s", info.Modified)
	}
	want := objects.Info{Key: "u/1/g/a-0.png", Size: int64(len(content)), MediaType: "image/png", Modified: info.Modified}
	for _, got := range []objects.Info{info, stat} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("info (-want +got):\n%s", diff)
		}
	}
	for range 2 { // the second time it is not there any more
		if err := b.Remove(t.Context(), "u/1/g/a-0.png"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Stat(t.Context(), "u/1/g/a-0.png"); !errors.Is(err, objects.ErrNotFound) {
		t.Errorf("stat after remove: %v, want ErrNotFound", err)
	}
}

// sizes crosses the border to uploads in parts, at 16 MiB.
func (b bucket) sizes(t *testing.T) {
	for _, size := range []int{0, 1, 511, 8 << 20, 16<<20 + 1, 33 << 20} {
		content := noise(size)
		b.put(t, "u/1/g/a-0.png", content)
		if got, _ := b.get(t, "u/1/g/a-0.png"); !bytes.Equal(got, content) {
			t.Errorf("%d bytes became %d or others", size, len(got))
		}
	}
}

func (b bucket) keys(t *testing.T) {
	for i, key := range []string{
		"plain.png", "u/-12/01J/a-0.png", "u/1/g/ref-0.jpg", "x/1/NAME.zip", "u/1/space and +&=?#%41.png", "u/1/кот.png",
	} {
		b.put(t, key, noise(i+10))
		if got, info := b.get(t, key); !bytes.Equal(got, noise(i+10)) || info.Key != key {
			t.Errorf("%q came back as %q with %d bytes", key, info.Key, len(got))
		}
		if diff := cmp.Diff([]string{key}, b.names(t, key)); diff != "" {
			t.Errorf("listed (-want +got):\n%s", diff)
		}
	}
}

func (b bucket) overwrite(t *testing.T) {
	b.put(t, "u/1/g/a-0.png", noise(50_000))
	b.put(t, "u/1/g/a-0.png", noise(10))
	if got, _ := b.get(t, "u/1/g/a-0.png"); !bytes.Equal(got, noise(10)) {
		t.Errorf("got %d bytes, not those of the second put", len(got))
	}
}

// shortBody promises more than there is. Nothing of it may be seen, and what was there must stay.
func (b bucket) shortBody(t *testing.T) {
	b.put(t, "u/1/g/old-0.png", noise(10))
	for _, size := range []int64{2_000, 40 << 20} { // in one piece, in parts
		for _, key := range []string{"u/1/g/old-0.png", "u/1/g/new-0.png"} {
			if err := b.Put(t.Context(), key, bytes.NewReader(noise(1_000)), size, ""); err == nil {
				t.Errorf("%s: 1,000 bytes were taken for %d", key, size)
			}
		}
	}
	if got, _ := b.get(t, "u/1/g/old-0.png"); !bytes.Equal(got, noise(10)) {
		t.Errorf("the old object became %d other bytes", len(got))
	}
	if diff := cmp.Diff([]string{"u/1/g/old-0.png"}, b.names(t, "")); diff != "" {
		t.Errorf("listed (-want +got):\n%s", diff)
	}
}

func (b bucket) notFound(t *testing.T) {
	_, statErr := b.Stat(t.Context(), "u/1/none.png")
	r, _, getErr := b.Get(t.Context(), "u/1/none.png")
	if getErr == nil {
		_ = r.Close()
	}
	for call, err := range map[string]error{"stat": statErr, "get": getErr} {
		if !errors.Is(err, objects.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", call, err)
		}
	}
	if names := b.names(t, "none/"); len(names) != 0 {
		t.Errorf("listed %v", names)
	}
}

func (b bucket) refused(t *testing.T) {
	b.put(t, "u/1/g/a-0.png", noise(10))
	for desc, change := range map[string]func(*objects.Config){
		"wrong secret":   func(c *objects.Config) { c.Secret += "x" },
		"unknown key":    func(c *objects.Config) { c.Key += "x" },
		"anonymous":      func(c *objects.Config) { c.Key, c.Secret = "", "" },
		"missing bucket": func(c *objects.Config) { c.Bucket += "x"; c.CreateBucket = false },
	} {
		conf := b.conf
		change(&conf)
		s, err := objects.Open(t.Context(), conf)
		if err == nil {
			s.Close()
		}
		if !errors.Is(err, objects.ErrRefused) {
			t.Errorf("%s: %v, want ErrRefused", desc, err)
		}
	}
	if s, err := objects.Open(t.Context(), b.conf); err != nil {
		t.Errorf("open a bucket that exists: %v", err)
	} else {
		s.Close()
	}
}

// unavailable asks where nobody listens.
func (b bucket) unavailable(t *testing.T) {
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	conf := b.conf
	conf.Endpoint = l.Addr().String()
	if _, err := objects.Open(t.Context(), conf); !errors.Is(err, objects.ErrUnavailable) {
		t.Errorf("%v, want ErrUnavailable", err)
	}
}

// canceled is neither the server's fault nor an answer.
func (b bucket) canceled(t *testing.T) {
	b.put(t, "u/1/g/a-0.png", noise(10))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, statErr := b.Stat(ctx, "u/1/g/a-0.png")
	_, removeErr := b.RemovePrefix(ctx, "u/1/")
	var listErr error
	for _, err := range b.List(ctx, "u/1/") {
		listErr = err
	}
	for call, err := range map[string]error{"stat": statErr, "list": listErr, "remove prefix": removeErr} {
		if !errors.Is(err, context.Canceled) || errors.Is(err, objects.ErrUnavailable) {
			t.Errorf("%s: %v, want context.Canceled and no class", call, err)
		}
	}
	b.get(t, "u/1/g/a-0.png")
}

func (b bucket) list(t *testing.T) {
	want := []string{}
	for i := range 25 {
		key := objects.ResultKey(int64(i%3), "01JGEN", "01JATT", i, "png")
		b.put(t, key, noise(i))
		want = append(want, key)
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, b.names(t, "")); diff != "" {
		t.Errorf("all (-want +got):\n%s", diff)
	}
	for info, err := range b.List(t.Context(), objects.UserPrefix(2)) {
		if err != nil {
			t.Fatal(err)
		}
		if info.Size != 11 || info.Modified.IsZero() { // 01JATT-11 sorts before 01JATT-2
			t.Errorf("first of user 2: %+v", info)
		}
		break // and the rest is not fetched
	}
}

func (b bucket) removePrefix(t *testing.T) {
	for i := range 30 {
		b.put(t, objects.ResultKey(1, "g", "a", i, "png"), noise(10))
	}
	b.put(t, objects.ReferenceKey(1, "g", 0, "jpg"), noise(10))
	b.put(t, objects.ResultKey(12, "g", "a", 0, "png"), noise(10))
	b.put(t, objects.ExportKey(1, "NAME"), noise(10))
	for _, want := range []int{31, 0} {
		n, err := b.RemovePrefix(t.Context(), objects.UserPrefix(1))
		if err != nil || n != want {
			t.Fatalf("removed %d, %v, want %d", n, err, want)
		}
	}
	want := []string{objects.ResultKey(12, "g", "a", 0, "png"), objects.ExportKey(1, "NAME")}
	if diff := cmp.Diff(want, b.names(t, "")); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
	for _, prefix := range []string{"", "/", "u/1"} {
		if _, err := b.RemovePrefix(t.Context(), prefix); err == nil {
			t.Errorf("prefix %q was accepted", prefix)
		}
	}
}

// oneConnection goes on using a connection after the shortest of bodies: what one call leaves on it hits the next.
func (b bucket) oneConnection(t *testing.T) {
	for i := range 150 {
		b.put(t, "u/1/g/a-0.png", noise(i%3))
		if info, err := b.Stat(t.Context(), "u/1/g/a-0.png"); err != nil || info.Size != int64(i%3) {
			t.Fatalf("stat %d: %d bytes, %v", i, info.Size, err)
		}
	}
}

func (b bucket) parallel(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for n := range 5 {
				key := objects.ResultKey(int64(i), "g", "a", n, "png")
				content := append(noise(10_000), fmt.Sprint(i, n)...)
				if err := b.Put(t.Context(), key, bytes.NewReader(content), int64(len(content)), ""); err != nil {
					t.Error(err)
					return
				}
				r, _, err := b.Get(t.Context(), key)
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, content) {
					t.Errorf("%s: %d other bytes, %v", key, len(got), err)
				}
				_ = r.Close()
			}
		})
	}
	wg.Wait()
}
