package objects_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/imagika/imagika/storage/keys"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/storage/objects/objectstest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	objectstest.Conformance(t, objectstest.Config)
}

// Parts that a crash left behind are listed nowhere; erasing a person must find them.
func TestRemovePrefixAbortsUploads(t *testing.T) {
	t.Parallel()
	conf := objectstest.Config(t)
	s, err := objects.Open(t.Context(), conf)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	raw, err := minio.NewCore(conf.Endpoint, &minio.Options{Creds: credentials.NewStaticV4(conf.Key, conf.Secret, ""), Region: conf.Region})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"u/1/g/a-0.png", "u/2/g/a-0.png"} {
		id, err := raw.NewMultipartUpload(t.Context(), conf.Bucket, key, minio.PutObjectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		part := bytes.NewReader(make([]byte, 5<<20))
		if _, err := raw.PutObjectPart(t.Context(), conf.Bucket, key, id, 1, part, part.Size(), minio.PutObjectPartOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.RemovePrefix(t.Context(), objects.UserPrefix(1)); err != nil {
		t.Fatal(err)
	}
	var left []string
	for u := range raw.ListIncompleteUploads(t.Context(), conf.Bucket, "", true) {
		if u.Err != nil {
			t.Fatal(u.Err)
		}
		left = append(left, u.Key)
	}
	if diff := cmp.Diff([]string{"u/2/g/a-0.png"}, left); diff != "" {
		t.Errorf("incomplete uploads (-want +got):\n%s", diff)
	}
}

// server is an S3 that answers every request as told.
func server(t testing.TB, handle http.HandlerFunc, timeout time.Duration, m *objects.Metrics) *objects.Store {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead && strings.Count(strings.Trim(r.URL.Path, "/"), "/") == 0 {
			return // the bucket exists
		}
		handle(w, r)
	}))
	t.Cleanup(srv.Close)
	s, err := objects.Open(t.Context(), objects.Config{
		Endpoint: srv.Listener.Addr().String(), Bucket: "images", Key: "k", Secret: "s", Timeout: timeout, Metrics: m,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestErrorClasses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status int
		code   string
		want   error
	}{
		{http.StatusNotFound, "NoSuchKey", objects.ErrNotFound},
		{http.StatusNotFound, "NoSuchBucket", objects.ErrRefused}, // a wrong setting, not an image that is gone
		{http.StatusForbidden, "AccessDenied", objects.ErrRefused},
		{http.StatusBadRequest, "InvalidArgument", objects.ErrRefused},
		{http.StatusBadRequest, "RequestTimeout", objects.ErrUnavailable},
		{http.StatusTooManyRequests, "TooManyRequests", objects.ErrUnavailable},
		{http.StatusInternalServerError, "InternalError", objects.ErrUnavailable},
		{http.StatusServiceUnavailable, "SlowDown", objects.ErrUnavailable},
		{http.StatusBadGateway, "", objects.ErrUnavailable},
	} {
		t.Run(fmt.Sprint(tt.status, tt.code), func(t *testing.T) {
			t.Parallel()
			s := server(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tt.status)
				if tt.code != "" {
					_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code><Message>no</Message></Error>", tt.code)
				}
			}, 0, nil)
			_, _, err := s.Get(t.Context(), "u/1/g/a-0.png")
			if !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
}

// An upload whose connection was cut is sent again from the start.
func TestPutRepeats(t *testing.T) {
	t.Parallel()
	content := bytes.Repeat([]byte("0123456789"), 50_000)
	var calls atomic.Int32
	var got atomic.Int64
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) == 1 {
			_, _ = io.CopyN(io.Discard, r.Body, 100_000)
			panic(http.ErrAbortHandler)
		}
		n, _ := io.Copy(io.Discard, r.Body)
		got.Store(n)
	}, 0, nil)
	if err := s.Put(t.Context(), "u/1/g/a-0.png", bytes.NewReader(content), int64(len(content)), ""); err != nil {
		t.Fatal(err)
	}
	if calls.Load() != 2 || got.Load() < int64(len(content)) {
		t.Errorf("%d calls, %d bytes in the last, want 2 and at least %d", calls.Load(), got.Load(), len(content))
	}
}

func TestCallsEndByThemselves(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	s := server(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}, time.Second, nil) // in which the server has to answer for the bucket, on a busy machine too
	t.Cleanup(func() { close(release) })
	_, err := s.Stat(t.Context(), "u/1/g/a-0.png")
	if !errors.Is(err, objects.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want ErrUnavailable, deadline exceeded", err)
	}
}

// A body that ends early is the network's fault, whatever reads it, and is counted as such.
func TestGetCutShort(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewPedanticRegistry()
	s := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.Header().Set("Last-Modified", "Sat, 21 Nov 2026 00:00:00 GMT")
		_, _ = w.Write(make([]byte, 300))
	}, 0, objects.NewMetrics(reg))
	r, info, err := s.Get(t.Context(), "u/1/g/a-0.png")
	if err != nil {
		t.Fatal(err)
	}
	if info.Size != 1000 {
		t.Errorf("size %d, want 1000", info.Size)
	}
	if _, err = io.Copy(io.Discard, r); !errors.Is(err, objects.ErrUnavailable) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v, want ErrUnavailable, unexpected EOF", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	want := map[string]float64{
		"imagika_storage_requests_total bucket ok": 1, "imagika_storage_requests_total get unavailable": 1,
		"imagika_storage_bytes_total received": 300,
	}
	if diff := cmp.Diff(want, counters(t, reg)); diff != "" {
		t.Errorf("counters (-want +got):\n%s", diff)
	}
}

// counters returns the counters of a registry by name and labels, without zeros.
func counters(t *testing.T, reg prometheus.Gatherer) map[string]float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if m.GetCounter().GetValue() == 0 {
				continue
			}
			name := []string{f.GetName()}
			for _, l := range m.GetLabel() {
				name = append(name, l.GetValue())
			}
			got[strings.Join(name, " ")] = m.GetCounter().GetValue()
		}
	}
	return got
}

// Logs must not learn whose object it was.
func TestErrorsDoNotNameTheKey(t *testing.T) {
	t.Parallel()
	s := server(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, nil)
	for _, err := range []error{
		s.Put(t.Context(), "u/77/g/a-0.png", bytes.NewReader(nil), 0, ""),
		s.Remove(t.Context(), "u/77/g/a-0.png"),
	} {
		if !errors.Is(err, objects.ErrUnavailable) || strings.Contains(err.Error(), "77") {
			t.Errorf("%v, want ErrUnavailable without the key", err)
		}
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	got := []string{
		objects.ResultKey(-7, "01JG", "01JA", 3, "png"), objects.ReferenceKey(-7, "01JG", 0, "jpg"), objects.UserPrefix(-7),
		objects.ExportKey(7, "NAME"), objects.ExportPrefix(7),
	}
	want := []string{"u/-7/01JG/01JA-3.png", "u/-7/01JG/ref-0.jpg", "u/-7/", "x/7/NAME.zip", "x/7/"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// image is the size of a large result.
const image = 8 << 20

// discard takes every upload at no cost in memory.
func discard(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("ETag", `"x"`)
}

func personSealer(tb testing.TB) *keys.Sealer {
	tb.Helper()
	ring, err := keys.ParseMasterKeys(keys.GenerateMaster())
	if err != nil {
		tb.Fatal(err)
	}
	k, err := keys.Open(tb.Context(), keys.Config{URL: "file:" + filepath.Join(tb.TempDir(), "keys.db"), Master: ring})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = k.Close() })
	s, err := k.Person(tb.Context(), 1)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// storeImage is the path of a result: from the provider through a spool and a seal into S3.
func storeImage(tb testing.TB, s *objects.Store, sealer *keys.Sealer, dir string) {
	tb.Helper()
	plain := spool(tb, dir, image)
	defer plain.Close()
	if _, err := io.Copy(plain, io.LimitReader(zeroes{}, image)); err != nil {
		tb.Fatal(err)
	}
	sealed := spool(tb, dir, keys.SealedSize(image))
	defer sealed.Close()
	key := objects.ResultKey(1, "g", "a", 0, "png")
	w := sealer.SealWriter(key, sealed)
	_, err := io.Copy(w, plain.Reader())
	if err := errors.Join(err, w.Close()); err != nil {
		tb.Fatal(err)
	}
	if err := s.Put(tb.Context(), key, sealed.Reader(), sealed.Size(), "application/octet-stream"); err != nil {
		tb.Fatal(err)
	}
}

type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// Not parallel: it counts what the whole process allocates.
func TestMemoryIsFlat(t *testing.T) {
	s, sealer, dir := server(t, discard, 0, nil), personSealer(t), t.TempDir()
	storeImage(t, s, sealer, dir) // warm up: connections, buffers
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const images = 4
	for range images {
		storeImage(t, s, sealer, dir)
	}
	runtime.ReadMemStats(&after)
	if per := (after.TotalAlloc - before.TotalAlloc) / images; per > 2<<20 {
		t.Errorf("%d bytes allocated per image of %d, want less than 2 MiB", per, image)
	}
}

func BenchmarkStoreImage(b *testing.B) {
	dir := b.TempDir()
	for name, s := range map[string]*objects.Store{
		"client": server(b, discard, 0, nil),
		"s3":     objectstest.New(b),
	} {
		b.Run(name, func(b *testing.B) {
			sealer := personSealer(b)
			b.SetBytes(image)
			b.ReportAllocs()
			for b.Loop() {
				storeImage(b, s, sealer, dir)
			}
		})
	}
}
