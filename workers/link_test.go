package workers

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
)

// TestLinksEnd: a link to a picture shows it until its time is over, in whatever form; and nobody can make it last, or be of another.
func TestLinksEnd(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	v.w.decode = make(chan struct{}, 1)
	v.fill()
	held, err := v.w.Store.HeldImages(v.Context(), v.user.ID, storage.Cursor{}, 10)
	if err != nil {
		t.Fatal(err)
	}
	i := storage.Image{User: v.user.ID, Generation: held[0].Cursor.Generation, N: held[0].Cursor.N}
	token := func(form linkShape, ends time.Time) string {
		url := v.w.siteURL(i, form, ends)
		return url[strings.LastIndex(url, "/")+1:]
	}
	for _, form := range []linkShape{linkFile, linkInline, linkThumb, linkPreview} {
		good := token(form, time.Now().Add(time.Minute))
		f, err := v.w.OpenFile(t.Context(), good)
		if err != nil {
			t.Fatalf("%q: %v", form, err)
		}
		if body, err := io.ReadAll(f.Body); err != nil || int64(len(body)) != f.Bytes {
			t.Errorf("%q: %d bytes of %d, %v", form, len(body), f.Bytes, err)
		}
		_ = f.Body.Close()
		parts := strings.Split(good, ".")
		parts[3] = "zzzzzz" // far from now
		for desc, bad := range map[string]string{"over": token(form, time.Now().Add(-time.Second)), "made to last": strings.Join(parts, ".")} {
			if _, err := v.w.OpenFile(t.Context(), bad); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%q, %s: %v", form, desc, err)
			}
		}
	}
}
