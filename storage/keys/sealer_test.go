package keys_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/imagika/imagika/storage/keys"
)

func sealer(t *testing.T) *keys.Sealer {
	t.Helper()
	return person(t, open(t, "file:"+filepath.Join(t.TempDir(), "keys.db"), master(t, 1)...), 1)
}

func noise(n int) []byte {
	b := make([]byte, n)
	src := rand.NewChaCha8([32]byte{1})
	_, _ = src.Read(b)
	return b
}

func sealStream(t *testing.T, s *keys.Sealer, aad string, plain []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := s.SealWriter(aad, &buf)
	// Odd pieces, so that segments do not line up with writes.
	for piece := range slices.Chunk(plain, 10_007) {
		if _, err := w.Write(piece); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	s := sealer(t)
	sealed := s.Seal("generations|prompt|1", []byte("a cat"))
	mustOpen(t, s, "generations|prompt|1", sealed, "a cat")
	mustOpen(t, s, "x", s.Seal("x", nil), "")
	if bytes.Equal(sealed, s.Seal("generations|prompt|1", []byte("a cat"))) {
		t.Error("sealing twice gave the same bytes")
	}
	if _, err := s.Open("generations|prompt|2", sealed); !errors.Is(err, keys.ErrOpen) {
		t.Errorf("moved to another row: %v, want ErrOpen", err)
	}
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if _, err := s.Open("generations|prompt|1", bad); !errors.Is(err, keys.ErrOpen) {
			t.Fatalf("byte %d altered: %v, want ErrOpen", i, err)
		}
		if _, err := s.Open("generations|prompt|1", sealed[:i]); !errors.Is(err, keys.ErrOpen) {
			t.Fatalf("cut at %d: %v, want ErrOpen", i, err)
		}
	}
}

func TestStream(t *testing.T) {
	t.Parallel()
	s := sealer(t)
	const segment, tag, header = 64 << 10, 16, 40
	const first = segment - tag - header
	for _, size := range []int{
		0, 1, first - 1, first, first + 1, first + segment - tag - 1, first + segment - tag, first + segment - tag + 1, 5 << 20,
	} {
		t.Run(strconv.Itoa(size), func(t *testing.T) {
			t.Parallel()
			plain := noise(size)
			sealed := sealStream(t, s, "key", plain)
			if got := keys.SealedSize(int64(size)); got != int64(len(sealed)) {
				t.Errorf("SealedSize(%d) = %d, want %d", size, got, len(sealed))
			}
			got, err := io.ReadAll(s.OpenReader("key", iotest.HalfReader(bytes.NewReader(sealed))))
			if err != nil || !bytes.Equal(got, plain) {
				t.Fatalf("read back %d bytes, %v, want the %d written", len(got), err, size)
			}
		})
	}
}

func TestStreamRefuses(t *testing.T) {
	t.Parallel()
	s := sealer(t)
	const segment = 64 << 10
	sealed := sealStream(t, s, "key", noise(3*segment))
	altered := bytes.Clone(sealed)
	altered[2*segment] ^= 1
	swapped := bytes.Clone(sealed)
	copy(swapped[1+segment:1+2*segment], sealed[1+2*segment:1+3*segment])
	copy(swapped[1+2*segment:1+3*segment], sealed[1+segment:1+2*segment])
	for _, tt := range []struct {
		desc, aad string
		sealed    []byte
	}{
		{"another place", "other", sealed},
		{"another form", "key", append([]byte{2}, sealed[1:]...)},
		{"nothing", "key", nil},
		{"only the form", "key", sealed[:1]},
		{"only the header", "key", sealed[:41]},
		{"within the header", "key", sealed[:20]},
		{"cut within a segment", "key", sealed[:segment+100]},
		{"cut after a segment", "key", sealed[:1+2*segment]},
		{"less the last byte", "key", sealed[:len(sealed)-1]},
		{"a byte more", "key", append(bytes.Clone(sealed), 0)},
		{"a byte altered", "key", altered},
		{"segments swapped", "key", swapped},
		{"a row, not a stream", "key", s.Seal("key", noise(1000))},
	} {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			r := s.OpenReader(tt.aad, bytes.NewReader(tt.sealed))
			if _, err := io.Copy(io.Discard, r); !errors.Is(err, keys.ErrOpen) {
				t.Fatalf("%v, want ErrOpen", err)
			}
			// The error must stick: a reader that then says io.EOF looks like a good end.
			if _, err := r.Read(make([]byte, 1)); !errors.Is(err, keys.ErrOpen) {
				t.Errorf("read after the error: %v, want ErrOpen", err)
			}
		})
	}
}

// A network that fails must not look like data that was altered: the one is tried again, the other never.
func TestStreamKeepsTheErrorOfItsSource(t *testing.T) {
	t.Parallel()
	s := sealer(t)
	sealed := sealStream(t, s, "key", noise(200_000))
	for _, cut := range []int{0, 1, 10, 35, 41, 100_000, len(sealed) - 1} {
		for _, fault := range []error{io.ErrUnexpectedEOF, errors.New("connection reset")} {
			src := io.MultiReader(bytes.NewReader(sealed[:cut]), iotest.ErrReader(fault))
			if _, err := io.Copy(io.Discard, s.OpenReader("key", src)); !errors.Is(err, fault) {
				t.Errorf("source failed after %d bytes: %v, want %v", cut, err, fault)
			}
		}
	}
}

// brokenWriter fails once and then works again.
type brokenWriter struct{ n int }

func (w *brokenWriter) Write(p []byte) (int, error) {
	w.n--
	if w.n == 0 {
		return 0, errors.New("disk full")
	}
	return len(p), nil
}

func TestStreamErrorOfTheWriterSticks(t *testing.T) {
	t.Parallel()
	s := sealer(t)
	for n := 1; n <= 5; n++ {
		w := s.SealWriter("key", &brokenWriter{n: n})
		_, _ = w.Write(noise(200_000))
		if err := w.Close(); err == nil {
			t.Errorf("write %d failed and Close returned nil", n)
		}
	}
}

func TestParseMasterKeys(t *testing.T) {
	t.Parallel()
	one, two := keys.GenerateMaster(), keys.GenerateMaster()
	short := "c2hvcnQ="
	for _, tt := range []struct {
		desc, list string
		want       int
		wantErr    string
	}{
		{"one", one, 1, ""},
		{"two, with blanks as files have them", one + " ,\n" + two + "\n", 2, ""},
		{"none", "", 0, "master key 1 has 0 bytes, want 32"},
		{"a comma too many", one + ",", 0, "master key 2 has 0 bytes, want 32"},
		{"too short", one + "," + short, 0, "master key 2 has 5 bytes, want 32"},
		{"not base64", "!secret!", 0, "master key 1 is not base64"},
		{"twice the same", one + "," + two + "," + one, 0, "master keys 1 and 3 are the same"},
	} {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			ring, err := keys.ParseMasterKeys(tt.list)
			if len(ring) != tt.want || tt.wantErr == "" && err != nil {
				t.Fatalf("%d keys, %v, want %d", len(ring), err, tt.want)
			}
			if tt.wantErr == "" {
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.wantErr) || strings.Contains(err.Error(), "secret") {
				t.Errorf("error %v, want %q", err, tt.wantErr)
			}
		})
	}
}

func TestMasterKeyDoesNotPrint(t *testing.T) {
	t.Parallel()
	k := master(t, 1)[0]
	want := "<master key " + k.ID() + ">"
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(format, k); got != want {
			t.Errorf("%s prints %s, want %s", format, got, want)
		}
	}
}

func BenchmarkSeal(b *testing.B) {
	ring, err := keys.ParseMasterKeys(keys.GenerateMaster())
	if err != nil {
		b.Fatal(err)
	}
	store, err := keys.Open(b.Context(), keys.Config{URL: "file:" + filepath.Join(b.TempDir(), "keys.db"), Master: ring})
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	s, err := store.Person(b.Context(), 1)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("row/1KiB", func(b *testing.B) {
		plain := noise(1 << 10)
		b.SetBytes(int64(len(plain)))
		b.ReportAllocs()
		for b.Loop() {
			s.Seal("generations|prompt|1", plain)
		}
	})
	b.Run("stream/8MiB", func(b *testing.B) {
		plain := noise(8 << 20)
		b.SetBytes(int64(len(plain)))
		b.ReportAllocs()
		for b.Loop() {
			w := s.SealWriter("key", io.Discard)
			if _, err := w.Write(plain); err != nil {
				b.Fatal(err)
			}
			if err := w.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
